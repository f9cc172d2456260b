"""One format a module: a feed to bytes, and where we read it, back.

Doors: `formats`, the table of what a feed is written in, and `archive`.
"""
