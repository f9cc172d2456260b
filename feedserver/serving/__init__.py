"""The processes: a parent, its workers, their logs and numbers.

Door: `parent`.
"""
