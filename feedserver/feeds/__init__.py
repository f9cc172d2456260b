"""Which feeds there are, which entries stand in each, and their documents.

Doors: `catalogue`, `index`, `documents`, `export`; `parameters` is what may be asked of a feed.
"""
