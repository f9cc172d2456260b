"""What this package raises. All inherit `TwimError`, which says where in the site the fault is.

The plugin collects them over a whole build and reports them together, one line each, in the form
that editors and terminals can jump to: `blog/x.md:12:5: message`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, Self


class TwimError(Exception):
    """The root of this package's errors.

    `path` is relative to the folder of `mkdocs.yml` or of the docs, with forward slashes; `line`
    and `column` count from 1. What isn't known is `None`. `rule` is a word for what it is about.
    """

    rule = "file"

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return _said(self.message, self.path, self.line, self.column)

    def at(self, path: str, line: int | None = None, column: int | None = None) -> Self:
        """The same error with a place, for code that knows the place to raise it again."""
        return type(self)(self.message, path=path, line=line, column=column)


class FrontMatterError(TwimError):
    """A post's front matter can't be read, or a key has a wrong value.

    Raised by `frontmatter.read` and `keys`. It is no `ValueError`, for python-frontmatter
    takes one to mean that there is no front matter, and goes on.
    """

    rule = "front-matter"


class DateError(TwimError, ValueError):
    """A value is no date. Raised by `dates.parse`."""


class ShortcodeError(TwimError, ValueError):
    """A call of a shortcode can't be read or shown.

    Collected by `calls.extract`, raised by `library.render`.
    """

    rule = "shortcode"


class AddressError(TwimError, ValueError):
    """Two outputs have one address, or an address can't be. Raised by `addresses`."""

    rule = "address"


class LinkError(TwimError, LookupError):
    """A link within the site leads nowhere, or is none. Raised by `links` and `related`."""

    rule = "link"


class AuthorError(TwimError, ValueError):
    """The file of authors can't be read. Raised by `authors.read`."""

    rule = "author"


class PeerError(TwimError, ValueError):
    """A file is no feed of another site. Raised by `peers`, collected by `feedcalls`."""

    rule = "feed"


class OptionError(TwimError, ValueError):
    """An option of the plugin has a wrong value. Raised where it is used."""

    rule = "option"


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a build tells and goes on with: it is probably not meant so.

    `path`, `line`, `column` and `rule` are as of `TwimError`; in `others` the same is so.
    """

    rule: str
    message: str
    path: str
    line: int | None = None
    column: int | None = None
    others: tuple[tuple[str, int], ...] = ()

    def __str__(self) -> str:
        more = f"; so in {len(self.others)} more" if self.others else ""
        return _said(self.message + more, self.path, self.line, self.column)


CONFIG = "mkdocs.yml"
"""What the site's settings are called in messages, whatever their file is."""


def of_option(message: str) -> Doubt:
    """What is to be said of an option of the plugin, with whose name the message begins."""
    return Doubt("option", f"twim: {message}", CONFIG)


class _Log(Protocol):
    def log(self, level: int, msg: object, *, extra: Mapping[str, object]) -> None: ...


def tell(log: _Log, doubt: Doubt, level: int = logging.WARNING) -> None:
    """Say it as a line of the log, whose record has the doubt itself, for `check`."""
    log.log(level, str(doubt), extra={DOUBT: doubt})


DOUBT = "doubt"
"""The name under which the record of a log has what was told."""


def _said(message: str, path: str | None, line: int | None, column: int | None = None) -> str:
    place = path or ""
    if line is not None:
        place = f"{place}:{line}" if place else f"line {line}"
        if column is not None:
            place += f":{column}"
    return f"{place}: {message}" if place else message
