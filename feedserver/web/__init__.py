"""The answers: an endpoint for each address.

The door is `app`, which puts them together.
"""
