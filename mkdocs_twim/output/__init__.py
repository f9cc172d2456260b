"""What is written beside MkDocs: archive, feeds, the pages of sections and projects.

The door is `writer`; `feeds` makes the archive, `topicpages` the pages of
sections and projects.
"""
