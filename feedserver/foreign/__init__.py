"""Feeds of others become archives, and several archives become one.

Doors: `reading` (bytes to an archive), `isolated` (the same in a process of its own),
`joining`, `network` (several sites that stay several).
"""
