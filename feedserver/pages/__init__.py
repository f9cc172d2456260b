"""Our own pages for people.

Doors: `pages` (what stands on each), `templates`, `assets`.
"""
