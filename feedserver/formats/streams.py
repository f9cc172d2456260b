"""A JSON object of any size, read from a file bit by bit: one of its lists item by item.

As strict as `members.parse`, and never more in memory than a part of the file and one value.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import BinaryIO, NoReturn

from feedserver.errors import ArchiveError
from feedserver.formats.members import refuse_constant, unique

_MOST = 1 << 26
"""How many characters one value may have."""
_NEAR = 32
"""How far from the end a fault may be one of what isn't there yet, such as a half escape."""

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder(object_pairs_hook=unique, parse_constant=refuse_constant)


class Stream:
    """An object in a file. Iterated, once, it yields the items of its list `name`.

    Then `members` has all others, and an empty list for that one if it was there.
    """

    def __init__(self, file: BinaryIO, name: str, *, chunk: int = 1 << 20) -> None:
        self.members: dict[str, object] = {}
        self._name = name
        self._file = file
        self._chunk = chunk
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._text = ""
        self._at = 0
        self._ended = False

    def __iter__(self) -> Iterator[object]:
        """Yield the items.

        Raises:
            ArchiveError: the file holds something else than an object, or no JSON.
        """
        if self._peek() != "{":
            self._fail("expected an object")
        self._at += 1
        if self._peek() == "}":
            self._at += 1
        else:
            while True:
                yield from self._member()
                if self._next(",}") == "}":
                    break
        if self._peek():
            self._fail("something stands behind it")

    def _member(self) -> Iterator[object]:
        if self._peek() != '"':
            self._fail("expected a name")
        name = str(self._value())
        self._next(":")
        if name in self.members:
            raise ArchiveError(f"{name!a}: stands twice in one object")
        if name == self._name and self._peek() == "[":
            self.members[name] = []
            yield from self._list()
        else:
            self.members[name] = self._value()

    def _list(self) -> Iterator[object]:
        self._at += 1
        if self._peek() == "]":
            self._at += 1
            return
        while True:
            yield self._value()
            if self._next(",]") == "]":
                return

    def _value(self) -> object:
        self._peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.msg.startswith("Unterminated") or (error.pos > len(self._text) - _NEAR)
                if self._ended or not cut:
                    self._fail(error.msg)
            except RecursionError as error:
                raise ArchiveError("the document is nested too deeply") from error
            else:
                # A number may go on behind what is there: "1" may become "1e+5".
                number = isinstance(value, int | float)
                if self._ended or not number or len(self._text) - end > len("e+"):
                    self._at = end
                    return value
            if len(self._text) - self._at > _MOST:
                self._fail(f"a value has more than {_MOST:,} characters")
            # As much again, so that a long value isn't begun too often.
            self._read(max(self._chunk, len(self._text) - self._at))

    def _next(self, expected: str) -> str:
        found = self._peek()
        if not found or found not in expected:
            self._fail(f"expected {' or '.join(expected)}")
        self._at += 1
        return found

    def _peek(self) -> str:
        """The next character that is no space; "" at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            assert space is not None
            self._at = space.end()
            if self._at < len(self._text) or self._ended:
                return self._text[self._at : self._at + 1]
            self._read(self._chunk)

    def _read(self, size: int) -> None:
        data = self._file.read(size)
        self._ended = not data
        try:
            self._text = self._text[self._at :] + self._decode(data, final=self._ended)
        except UnicodeDecodeError as error:
            raise ArchiveError(f"the document is not in UTF-8: {error.reason}") from error
        self._at = 0

    def _fail(self, message: str) -> NoReturn:
        raise ArchiveError(f"the document is not JSON: {message}")
