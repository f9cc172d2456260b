"""What pages of others show of a feed.

The doors: `widget` (the entries of a frame), `picture`, `snippets` (what to put into a page),
`oembed`.
"""
