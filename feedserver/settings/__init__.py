"""What the server is told by its file, its environment and its command line.

Door: `settings`.
"""
