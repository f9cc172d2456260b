"""JSON, read by msgspec, and strictly: what is wrong is an error that says where.

RFC 8259, without what it leaves open: a name stands once in an object, there is no NaN, and text is
Unicode that can be written again. Members that nobody asks for may be anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, ClassVar, NoReturn, TypeVar

import msgspec
from msgspec import Meta, Raw

from feedserver.errors import ArchiveError

_DOCUMENT = "the document"
# RFC 8259 (8.1) forbids the mark and lets readers pass over it.
_MARK = b"\xef\xbb\xbf"
_INNER = (dict, list)
_NAME_END = re.compile(rb'"[ \t\n\r]*:')
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
# A pair of surrogates, a half, anything else.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)
_PLACED = re.compile(r"(.*?)(?: - at `\$([^`]*)`)?", re.DOTALL)

_Value = TypeVar("_Value")

Text = Annotated[str, Meta(min_length=1)]
"""A text that is not empty."""


class Checked(str):
    """A text that has a pattern; `expected` is what an error calls it."""

    __slots__ = ()
    pattern: ClassVar[re.Pattern[str]]
    expected: ClassVar[str] = "an absolute address"


class WebAddress(Checked):
    """An absolute address of http or https."""

    __slots__ = ()
    pattern = re.compile(r"https?://[^\x00-\x20\x7f\"<>]+", re.IGNORECASE)


class Address(Checked):
    """An absolute address that is no script."""

    __slots__ = ()
    pattern = re.compile(
        r"(?!javascript:|data:|vbscript:)[a-z][a-z0-9+.-]*:[^\x00-\x20\x7f\"<>]+", re.IGNORECASE
    )


class _Name(str):
    """The name of a member; a type of its own, so that msgspec asks for each."""

    __slots__ = ()


def split(data: bytes) -> dict[str, Raw]:
    """The members of a document that is an object; each is still to be read.

    Raises:
        ArchiveError: it is something else, or no JSON.
    """
    names: list[str] = []

    def keep(kind: type[_Name], name: str) -> _Name:
        names.append(name)
        return kind(name)

    data = data.removeprefix(_MARK)
    with _told(data, _DOCUMENT):
        found = msgspec.json.decode(data, type=dict[_Name, Raw], dec_hook=keep)
        _unique((name, None) for name in names)
    return {str(name): value for name, value in found.items()}


def split_list(data: Raw, where: str) -> list[Raw]:
    """The items of a list; each is still to be read.

    Raises:
        ArchiveError: it is something else.
    """
    with _told(data, where):
        return msgspec.json.decode(data, type=list[Raw])


def read(data: bytes | str | Raw, where: str = _DOCUMENT) -> object:
    """Any value; `where` is its place in the document, such as "items[3]".

    Raises:
        ArchiveError: it is no JSON, or not in UTF-8, or a name stands twice in an object.
    """
    data = data.encode() if isinstance(data, str) else bytes(data).removeprefix(_MARK)
    with _told(data, where):
        found: object = msgspec.json.decode(data)
        # msgspec takes the last of two members with one name. Texts may have such ends too: then
        # it is the slower reader that knows.
        if sum(1 for _ in _NAME_END.finditer(data)) != _names(found):
            _by_python(data)
    return found


def mend(data: bytes) -> bytes:
    """A document with question marks for lone halves of surrogate pairs, as cut texts have."""
    if not _SURROGATE.search(data):
        return data
    return _ESCAPE.sub(lambda match: b"?" if match[1] else match[0], data)


def typed(value: object, kind: type[_Value], where: str = "") -> _Value:
    """A value that was read as what it should be; `where` is its place.

    Raises:
        ArchiveError: it isn't that; the message names the member.
    """
    try:
        return msgspec.convert(value, kind, dec_hook=_check)
    except msgspec.ValidationError as error:
        raise ArchiveError(_placed(error, where)) from error


@contextmanager
def _told(data: bytes | Raw, where: str) -> Iterator[None]:
    try:
        yield
    except msgspec.ValidationError as error:
        raise ArchiveError(_placed(error, where)) from error
    # Older versions of msgspec raise Python's error of what is not in UTF-8.
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ArchiveError(f"{where} {_fault(data)}") from error
    except RecursionError as error:
        raise ArchiveError(f"{where} is nested too deeply") from error
    except ValueError as error:
        raise ArchiveError(f"{where} is not JSON: {error}") from error


def _placed(error: msgspec.ValidationError, where: str) -> str:
    match = _PLACED.fullmatch(str(error))
    assert match is not None
    message, place = match.groups(default="")
    place = f"{where}{place}" if where else place.removeprefix(".")
    return f"{place or _DOCUMENT}: {message[0].lower()}{message[1:]}"


def _check(kind: type[Checked], value: object) -> object:
    if isinstance(value, str) and kind.pattern.fullmatch(value):
        return kind(value)
    found = json.dumps(value, ensure_ascii=False)
    shown = found if len(found) <= 60 else f'{found[:58]}…"'
    raise ValueError(f"expected {kind.expected}, found {shown}")


def _names(value: object) -> int:
    """How many members there are in a value, and all that is in it."""
    if isinstance(value, dict):
        return len(value) + sum(_names(each) for each in value.values() if type(each) in _INNER)
    if isinstance(value, list):
        return sum(_names(each) for each in value if type(each) in _INNER)
    return 0


def _by_python(data: bytes | Raw) -> None:
    json.loads(bytes(data).decode(), object_pairs_hook=_unique, parse_constant=_refuse)


def _fault(data: bytes | Raw) -> str:
    """Why msgspec can't read it, in the words of Python's reader, which knows line and column."""
    try:
        _by_python(data)
    except UnicodeDecodeError as error:
        return f"is not in UTF-8: {error.reason} at its byte {error.start}"
    except (ValueError, RecursionError) as error:
        return f"is not JSON: {error}"
    # Of half a surrogate pair msgspec says that the data are cut.
    halves = (match for match in _ESCAPE.finditer(data) if match[1])
    place = f" at its byte {half.start()}" if (half := next(halves, None)) else ""
    return f"is not JSON: it has text that is no Unicode{place}"


def _unique(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError(f"{name!a} stands twice in one object")
        members[name] = value
    return members


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
