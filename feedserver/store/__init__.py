"""A site's version in a file of SQLite, and what was rendered of it.

Doors: `store` (the version that is served now), `database` (written once for each version).
"""
