"""Our own pages for people.

The doors: `pages` (what stands on each), `templates`, `assets`.
"""
