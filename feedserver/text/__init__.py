"""Any text, made fit for a feed: safe, absolute, short, in a language.

Doors: `html` (sanitise, parse, summarise), `slugs`, `urls`, `words`.
"""
