"""A bot that reposts entries of feeds into Matrix rooms: once, in order, and corrects itself.

`config` is what the bot is told, `homeserver` whom it talks to, `memory` what it knows of what it
has sent; `plan` decides what is to be done, and `bot` does it.

Door: `command` (what `feedserver bot` does).
"""
