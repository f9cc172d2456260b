"""The grammar of a shortcode's arguments, as in Zola (zola.md §10): `(img="x.png" wide=true)`.

All arguments are named, the commas between them are optional, and blanks and line breaks may stand
between any two parts. Strings have no escapes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn

Value = str | int | float | bool | tuple["Value", ...]

BLANKS = r"[ \t\r\n]*"
NAME = r"[A-Za-z_][A-Za-z0-9_]*"

_BLANKS = re.compile(BLANKS)
_NAME = re.compile(NAME)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?")
# What a string that ran over its end has of the next argument, or of the text behind the call.
_OVERRUN = re.compile(r"\n|[,\s][A-Za-z_]\w*=$|\}\}|%\}")
_WORD = re.compile(r"[^\s(){}\[\],=]+|.", re.DOTALL)
_QUOTES = "\"'`"
_SMART_QUOTES = "“”„‘’‚«»"
_MAX_INT = 2**63 - 1
_MAX_DEPTH = 20


class GrammarError(ValueError):
    """A call isn't written as one; `position` is the index in the text where it goes wrong.

    `began` is that of the quote that opens a string which likely isn't closed.
    """

    def __init__(self, message: str, position: int, began: int | None = None) -> None:
        super().__init__(message)
        self.position = position
        self.began = began


def read(text: str, at: int, closer: str) -> tuple[Mapping[str, Value], int]:
    """Read a call from behind its `(` to the end of its `closer`, `}}` or `%}`.

    Returns the arguments, of which the last of one name wins, and the index behind the call.

    Raises:
        GrammarError: it is no valid call.
    """
    reader = _Reader(text, at)
    try:
        arguments = reader.arguments()
        reader.skip_blanks()
        if not text.startswith(closer, reader.at):
            reader.fail(f"expected '{closer}' after the call, found {reader.found()}")
    except GrammarError as error:
        message = str(error)
        if reader.suspect:
            message = f"the quote that opens the value of '{reader.suspect}' isn't closed"
        began = reader.began if reader.ends_here or reader.suspect else error.began
        raise GrammarError(message, error.position, began) from None
    return arguments, reader.at + len(closer)


class _Reader:
    """Reads from `at` on. `suspect` is the argument whose string ran over the end of a call.

    `began` is where the string begins that likely ran over its end, else where the last did.
    """

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at
        self.suspect = ""
        self.began: int | None = None
        self._doubtful = False
        self._end = self._name = -1

    @property
    def ends_here(self) -> bool:
        """Whether a string has run into what is wrong here, or over an argument."""
        return self._doubtful or self._end in (self.at, self._name)

    def fail(self, message: str) -> NoReturn:
        raise GrammarError(message, self.at)

    def found(self) -> str:
        word = _WORD.match(self.text, self.at)
        return f"'{word[0][:20]}'" if word else "the end of the text"

    def skip_blanks(self) -> None:
        match = _BLANKS.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def take(self, literal: str) -> bool:
        if not self.text.startswith(literal, self.at):
            return False
        self.at += len(literal)
        return True

    def arguments(self) -> dict[str, Value]:
        arguments: dict[str, Value] = {}
        comma = False
        while True:
            self.skip_blanks()
            if not comma and self.take(")"):
                return arguments
            name = _NAME.match(self.text, self.at)
            if name is None:
                self._fail_name(comma)
            self._name, self.at = name.span()
            self.skip_blanks()
            if not self.take("="):
                self.fail(f"expected '=' after '{name[0]}', found {self.found()}")
            self.skip_blanks()
            arguments[name[0]] = self.value(name[0], 0)
            self.skip_blanks()
            comma = self.take(",")

    def _fail_name(self, comma: bool) -> NoReturn:
        if self.at == len(self.text):
            self.fail("the call has no end")
        if comma:
            self.fail(f"expected another argument after ',', found {self.found()}")
        if self.text[self.at] == ">":
            self.fail("the lines of a call must not begin with '>', even in a quote")
        self.fail(f"expected a name, '=' and a value, or ')', found {self.found()}")

    def value(self, name: str, depth: int) -> Value:
        char = self.text[self.at : self.at + 1]
        if char and char in _QUOTES:
            return self._string(name, char)
        if self.take("["):
            return self._array(name, depth + 1)
        for word, truth in (("true", True), ("false", False)):
            if self.take(word):
                return truth
        if number := _NUMBER.match(self.text, self.at):
            return self._number(number)
        if char and char in _SMART_QUOTES:
            self.fail(f"the quotes of the value of '{name}' must be straight, found {char}")
        self.fail(
            f"expected a value of '{name}' (a string in quotes, a number, true, false or "
            f"a [list]), found {self.found()}"
        )

    def _string(self, name: str, quote: str) -> str:
        end = self.text.find(quote, self.at + 1)
        if end < 0:
            message = f"the quote that opens the value of '{name}' isn't closed"
            raise GrammarError(message, self.at, self.at)
        value = self.text[self.at + 1 : end]
        if not self._doubtful:
            self.began = self.at
            self._doubtful = _OVERRUN.search(value) is not None
        if not self.suspect and ("}}" in value or "%}" in value):
            self.suspect = name
        self.at = self._end = end + 1
        return value

    def _number(self, number: re.Match[str]) -> int | float:
        # Before it is converted: Python refuses integers of thousands of digits.
        if len(number[0]) > 300 or (not number[1] and abs(int(number[0])) > _MAX_INT):
            self.fail("the number is too large")
        self.at = number.end()
        return float(number[0]) if number[1] else int(number[0])

    def _array(self, name: str, depth: int) -> tuple[Value, ...]:
        if depth > _MAX_DEPTH:
            self.fail(f"the lists in '{name}' are nested too deeply")
        items: list[Value] = []
        while True:
            self.skip_blanks()
            if self.take("]"):
                return tuple(items)
            items.append(self.value(name, depth))
            self.skip_blanks()
            if not self.take(",") and not self.text.startswith("]", self.at):
                self.fail(f"expected ',' or ']' in the list of '{name}', found {self.found()}")
