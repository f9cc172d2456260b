"""What is wrong with a feed; shares nothing with what writes one.

The door is `check`; `jsonfeed` checks one that is no archive, and `findings` are what is found.
"""
