"""A post as a page of MkDocs; calls on ordinary pages.

The doors: `page`, `workshops` (what posts are made with), `previews`.
"""
