"""Servers that read each other, and tell each other what is new: WebSub, both ways.

Doors: `peers` (what they have, and the database that comes of it), `looking` (what an address is),
`telling` (how they are). Of a hub: `hub` (what subscribers ask), `topics` (what can be subscribed
to, and what of it has changed), `verifying` and `delivering` (the work that comes of it). Of a
subscriber: `subscribing` (at the hubs of others, which are in `hubs`), `pushes` (what these ask and
tell us). `publishing` tells hubs elsewhere.
"""
