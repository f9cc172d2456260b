"""A JSON document, read strictly: a wrong member is an error that names it.

RFC 8259, without what it leaves open: a name stands once in an object, there is no NaN, and text is
Unicode that can be written again. Members that nobody asks for are not looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from feedserver.errors import ArchiveError

_ADDRESS = re.compile(
    r"(?!javascript:|data:|vbscript:)[a-z][a-z0-9+.-]*:[^\x00-\x20\x7f\"<>]+", re.IGNORECASE
)
_WEB_ADDRESS = re.compile(r"https?://[^\x00-\x20\x7f\"<>]+", re.IGNORECASE)
# Years from 1000 on, because before them C libraries differ in how a date is written.
_DATE = re.compile(
    r"([1-9][0-9]{3}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})",
    re.IGNORECASE,
)
_ABSENT = object()


def parse(data: bytes) -> Members:
    """Read a document that is an object.

    Raises:
        ArchiveError: it is something else, or no JSON, or not in UTF-8.
    """
    try:
        # RFC 8259 (8.1) forbids the mark and lets readers pass over it.
        text = data.decode("utf-8-sig")
        values = json.loads(text, object_pairs_hook=unique, parse_constant=refuse_constant)
    except ArchiveError:
        raise
    except UnicodeDecodeError as error:
        raise ArchiveError(f"the document is not in UTF-8: {error.reason}") from error
    except RecursionError as error:
        raise ArchiveError("the document is nested too deeply") from error
    except ValueError as error:
        raise ArchiveError(f"the document is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise ArchiveError(f"the document: expected an object, found {_describe(values)}")
    return Members(values)


@dataclass(frozen=True, slots=True)
class Members:
    """The members of an object. All methods raise `ArchiveError` if a member isn't as asked for.

    `path` is where the object stands in the document: "" for the document itself, "items[3]".
    """

    values: Mapping[str, object]
    path: str = ""

    def has(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str:
        """A text that is not empty."""
        return self._text(name) or self.fail(name, "text")

    def loose_text(self, name: str) -> str:
        """A text that may be empty."""
        return self._text(name)

    def optional_text(self, name: str) -> str | None:
        return self.text(name) if self.has(name) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty if there is no such member."""
        values = self._list(name)
        for value in values:
            if not _is_text(value):
                self.fail(name, "a list of texts", value)
        return tuple(str(value) for value in values)

    def number(self, name: str, most: int) -> int:
        """A whole number from 0 to `most`."""
        value = self.values.get(name, _ABSENT)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
            return value
        self.fail(name, f"a whole number from 0 to {most}")

    def web_address(self, name: str) -> str:
        """An absolute address of http or https."""
        value = self._text(name)
        return value if _WEB_ADDRESS.fullmatch(value) else self.fail(name, "an absolute address")

    def optional_web_address(self, name: str) -> str | None:
        return self.web_address(name) if self.has(name) else None

    def optional_address(self, name: str) -> str | None:
        """An absolute address that is no script."""
        if not self.has(name):
            return None
        value = self._text(name)
        return value if _ADDRESS.fullmatch(value) else self.fail(name, "an absolute address")

    def date(self, name: str) -> datetime:
        """A date of RFC 3339, to the second."""
        value = self.values.get(name, _ABSENT)
        match = _DATE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            self.fail(name, "an RFC 3339 date")
        day, time, offset = match.groups()
        try:
            return datetime.fromisoformat(f"{day}T{time}{offset.upper()}")
        except ValueError:
            self.fail(name, "an RFC 3339 date")

    def child(self, name: str) -> Members:
        """An object."""
        value = self.values.get(name, _ABSENT)
        if not isinstance(value, dict):
            self.fail(name, "an object")
        return Members(value, self._path(name))

    def optional_child(self, name: str) -> Members | None:
        return self.child(name) if self.has(name) else None

    def children(self, name: str) -> Iterator[Members]:
        """The objects of a list; none if there is no such member."""
        for position, value in enumerate(self._list(name)):
            path = f"{name}[{position}]"
            if not isinstance(value, dict):
                self.fail(path, "an object", value)
            yield Members(value, self._path(path))

    def names(self) -> tuple[str, ...]:
        """The names of all members."""
        for name in self.values:
            if not _is_text(name):
                self.fail(ascii(name), "a name in Unicode", name)
        return tuple(self.values)

    def fail(self, name: str, expected: str, found: object = _ABSENT) -> NoReturn:
        """Raise the error that a member is not what was expected."""
        value = self.values.get(name, _ABSENT) if found is _ABSENT else found
        raise ArchiveError(f"{self._path(name)}: expected {expected}, found {_describe(value)}")

    def _path(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _text(self, name: str) -> str:
        value = self.values.get(name, _ABSENT)
        return value if isinstance(value, str) and _is_text(value) else self.fail(name, "text")

    def _list(self, name: str) -> list[object]:
        value = self.values.get(name, _ABSENT)
        if value is _ABSENT:
            return []
        return value if isinstance(value, list) else self.fail(name, "a list")


def _is_text(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        # A lone surrogate, which JSON can say and UTF-8 can't.
        return False
    return True


def _describe(value: object) -> str:
    if value is _ABSENT:
        return "nothing"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, ensure_ascii=not _is_text(value))
    return text if len(text) <= 60 else f"{text[:59]}…"


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object of its members.

    Raises:
        ArchiveError: two have one name.
    """
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ArchiveError(f"{twice!a}: stands twice in one object")
    return members


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and the like, which Python reads and JSON hasn't."""
    raise ArchiveError(f"the document is not JSON: {name} is no number")
