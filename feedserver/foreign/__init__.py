"""Feeds of others become archives, and several archives become one.

The doors: `reading` (bytes to an archive), `isolated` (the same in a process of its own),
`joining`.
"""
