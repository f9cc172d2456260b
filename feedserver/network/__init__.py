"""Servers that tell each other what is new: WebSub, both ways.

Doors: `hub` (what subscribers ask), `announcing` (what has changed), `verifying` and `delivering`
(the work that comes of it).
"""
