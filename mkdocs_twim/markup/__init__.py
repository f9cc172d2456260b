"""CommonMark to HTML, and the addresses and pictures in HTML.

Doors: `commonmark`, `links`, `addresses` (where a page goes).
"""
