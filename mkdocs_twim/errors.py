"""What this package raises. All inherit `TwimError`, which says where in the site the fault is.

The plugin collects them over a whole build and reports them together, one line each, in the form
that editors and terminals can jump to: `blog/x.md:12:5: message`.
"""

from __future__ import annotations

from typing import Self


class TwimError(Exception):
    """The root of this package's errors.

    `path` is relative to the folder of `mkdocs.yml` or of the docs, with forward slashes; `line`
    and `column` count from 1. What isn't known is `None`.
    """

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
        place = self.path or ""
        if self.line is not None:
            place = f"{place}:{self.line}" if place else f"line {self.line}"
            if self.column is not None:
                place += f":{self.column}"
        return f"{place}: {self.message}" if place else self.message

    def at(self, path: str, line: int | None = None, column: int | None = None) -> Self:
        """The same error with a place, for code that knows the place to raise it again."""
        return type(self)(self.message, path=path, line=line, column=column)


class FrontMatterError(TwimError):
    """A post's front matter can't be read, or a key has a wrong value.

    Raised by `frontmatter.read` and `keys`. It is no `ValueError`, for python-frontmatter
    takes one to mean that there is no front matter, and goes on.
    """


class DateError(TwimError, ValueError):
    """A value is no date. Raised by `dates.parse`."""


class ShortcodeError(TwimError, ValueError):
    """A call of a shortcode can't be read or shown.

    Collected by `calls.extract`, raised by `library.render`.
    """


class AddressError(TwimError, ValueError):
    """Two outputs have one address, or an address can't be. Raised by `addresses`."""


class LinkError(TwimError, LookupError):
    """A link within the site leads nowhere, or is none. Raised by `links` and `related`."""


class AuthorError(TwimError, ValueError):
    """The file of authors can't be read. Raised by `authors.read`."""


class PeerError(TwimError, ValueError):
    """A file is no feed of another site. Raised by `peers`, collected by `feedcalls`."""


class OptionError(TwimError, ValueError):
    """An option of the plugin has a wrong value. Raised where it is used."""
