"""What this package raises. All inherit `FeedServerError`, and the builtin that they are."""

from __future__ import annotations

from collections.abc import Iterable


class FeedServerError(Exception):
    """The root of this package's errors."""


class ArchiveError(FeedServerError, ValueError):
    """An archive can't be read: not JSON, not a JSON Feed, or not of a known version.

    Raised by `archive.parse`, `jsonfeed.entry` and `decoding`. The message names the member.
    """


class SourceError(FeedServerError, OSError):
    """A source can't be opened or read. Raised by `sources`, `reading`, `builder` and `bot`."""


class DatabaseError(FeedServerError, OSError):
    """A database isn't there, or is none, or of another version. Raised by `database`."""


class CatalogueError(FeedServerError, ValueError):
    """Two feeds have one address, or a named feed has a reserved name. Raised by `catalogue`."""


class RegistryError(FeedServerError, ValueError):
    """A registry can't be read, or an alias belongs to two. Raised by `registry.read`.

    `path` is the file, or where the settings stand; `line` counts from 1, where it is known.
    """

    def __init__(self, message: str, path: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.message}"


class SettingsError(FeedServerError, ValueError):
    """A setting can't be taken. Raised by `settings.load`; `place` is where it stands."""

    def __init__(self, message: str, place: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place


class StateError(FeedServerError, OSError):
    """A state folder can't be used. Raised by `statefolder.held`, and by the bot's `memory`."""


class AwayError(StateError):
    """The ledger's database doesn't answer, and may do so later. Raised by `ledger`."""


class ServingError(FeedServerError, RuntimeError):
    """The workers can't be started, or nobody can listen. Raised by `parent.serve`."""


class ParameterError(FeedServerError, ValueError):
    """A query parameter can't be taken. Raised by `parameters.parse`.

    `expected` says what the parameter takes; it is `None` if there is no such parameter, but those
    that are `known`.
    """

    def __init__(self, parameter: str, expected: str | None, known: Iterable[str] = ()) -> None:
        super().__init__(f"{parameter}: " + (f"expected {expected}" if expected else "is unknown"))
        self.parameter = parameter
        self.expected = expected
        self.known = tuple(known)


class EntryNotFoundError(FeedServerError, LookupError):
    """There is no entry with this id in a feed. Raised by `Index.page` for `before`."""


class SearchTimeoutError(FeedServerError, TimeoutError):
    """A search has taken too long. Raised by `Snapshot.search`."""


class ForeignError(FeedServerError, ValueError):
    """A feed of another site can't be read. Raised in `foreign/`, and by the bot's `plan`."""


class FetchError(SourceError):
    """An address can't be fetched. Raised by `client`, `addresses` and `fetching`.

    `retry_after` is for how many seconds the other side asks not to be asked again.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class GoneError(FetchError):
    """An address says that it is gone for good (410). Raised by `fetching`."""


class HubError(FeedServerError, ValueError):
    """What a subscriber asks of the hub can't be done. Raised in `network/`.

    `is_busy` says that it could be at another time.
    """

    def __init__(self, message: str, *, is_busy: bool = False) -> None:
        super().__init__(message)
        self.is_busy = is_busy


class HomeserverError(FeedServerError, OSError):
    """A homeserver can't be reached, or refuses. Raised by `homeserver`.

    `code` is Matrix' own ("M_FORBIDDEN"), or empty. `wait` is `None` where asking again would be of
    no use, else for how many seconds the server asks to wait, 0 if it doesn't say.
    """

    def __init__(self, message: str, code: str, wait: float | None) -> None:
        super().__init__(message)
        self.code = code
        self.wait = wait


class HeldError(FeedServerError):
    """A poll would bring more messages than it may; none is sent. Raised by `bot`."""

    def __init__(self, count: int, most: int) -> None:
        super().__init__(
            f"{count} messages would be sent, of at most {most}: none is. If they are to be, raise"
            " `most`; if its ids have changed, ask the feed's site"
        )
        self.count = count
