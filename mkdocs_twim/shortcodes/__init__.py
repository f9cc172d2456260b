"""Calls in a text: found, checked, put in.

Doors: `calls` (taken out of a text), `library` (which shortcodes there are, looked up by name);
`feedcalls` are those that show a feed.
"""
