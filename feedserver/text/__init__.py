"""Any text, made fit for a feed: safe, absolute, short, in a language.

The doors: `html` (sanitise, parse, summarise), `slugs`, `urls`, `words`.
"""
