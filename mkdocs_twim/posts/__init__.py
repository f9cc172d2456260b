"""A post as a page of MkDocs; calls on ordinary pages.

Doors: `page`, `workshops` (what posts are made with), `previews`.
"""
