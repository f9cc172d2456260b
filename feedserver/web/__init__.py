"""The answers: an endpoint for each address.

Door: `app`, the table of routes; `feeds` reads a query, `limits` stands before all of it.
"""
