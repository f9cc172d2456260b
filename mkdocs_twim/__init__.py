"""A MkDocs plugin for community newsletters such as *This Week in Matrix*."""

__version__ = "0.2.0"
