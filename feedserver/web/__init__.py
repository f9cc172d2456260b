"""The answers: an endpoint for each address.

The door is `app`, the table of routes; `feeds` reads a query, `limits` stands before all of it.
"""
