"""The processes: a parent, its workers, their logs and numbers.

The door is `parent`.
"""
