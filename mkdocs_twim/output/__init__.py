"""What is written beside MkDocs: archive, feeds, the pages of sections and projects.

Door: `writer`; `feeds` makes the archive, `topicpages` the pages of
sections and projects.
"""
