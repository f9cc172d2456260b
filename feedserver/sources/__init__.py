"""Where entries come from: found, fetched, kept, built into a database.

Doors: `source`, `builder` (all of them, anew when one has changed), `audit` (what is wrong),
`client` (whatever is asked of an address).
"""
