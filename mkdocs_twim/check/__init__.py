"""What is wrong with posts, and how issues are divided, told without a build.

Door: `command`; `running` has MkDocs read and render what is asked for, and stops it there.
"""
