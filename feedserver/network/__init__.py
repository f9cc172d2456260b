"""Servers that read each other.

Doors: `peers` (what they have, and the database that comes of it), `looking` (what an
address is), `telling` (how they are).
"""
