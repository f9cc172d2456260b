"""What this package raises. All inherit `FeedServerError`, and the builtin that they are."""


class FeedServerError(Exception):
    """The root of this package's errors."""


class ArchiveError(FeedServerError, ValueError):
    """An archive can't be read: not JSON, not a JSON Feed, or not of a known version.

    Raised by `archive.parse`, `jsonfeed.entry` and `members`. The message names the member.
    """


class SourceError(FeedServerError, OSError):
    """A source can't be opened, or is of no kind that is known. Raised by `sources.open_source`."""


class CatalogueError(FeedServerError, ValueError):
    """Two feeds have one address, or a named feed has a reserved name. Raised by `catalogue`."""
