"""CommonMark to HTML, and the addresses and pictures in HTML.

The doors: `commonmark`, `links`, `addresses` (where a page goes).
"""
