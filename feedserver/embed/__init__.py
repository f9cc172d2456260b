"""What pages of others show of a feed: modules, template, stylesheet and scripts.

Doors: `widget` (the entries of a frame; `frame.html` shows them), `component` (`embed.js`,
which shows them without a frame), `picture`, `snippets` (what to put into a page), `oembed`,
`rooms` (what brings a feed into a Matrix room).
"""
