"""A Zola site or a Material blog moves in.

Door: `command`.
"""
