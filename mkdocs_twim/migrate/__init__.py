"""A Zola site or a Material blog moves in.

The door is `command`.
"""
