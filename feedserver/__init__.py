"""Feeds of a newsletter's sections and projects: a library, a server, a command."""
