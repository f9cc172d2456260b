"""What is wrong with a feed; shares nothing with what writes one.

Door: `check`; `findings` are what is found, and `jsonfeed` is what archives are checked by
too.
"""
