"""Which lists there are, and what stands on each.

Doors: `listings` (apart from MkDocs), `pages` (files and pages of MkDocs), `frames` (what
stands in them).
"""
