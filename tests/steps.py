"""How many steps a pattern takes to read a text: counted, and not timed.

Python's matcher doesn't say, so this walks a parsed pattern as that does, by backtracking.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from re import _constants as c  # type: ignore[attr-defined]  # not in its stubs
from re import _parser  # type: ignore[attr-defined]  # not in its stubs
from typing import Any

Nodes = Sequence[tuple[Any, Any]]

_CATEGORIES = {
    c.CATEGORY_DIGIT: r"\d",
    c.CATEGORY_NOT_DIGIT: r"\D",
    c.CATEGORY_SPACE: r"\s",
    c.CATEGORY_NOT_SPACE: r"\S",
    c.CATEGORY_WORD: r"\w",
    c.CATEGORY_NOT_WORD: r"\W",
}
_IGNORECASE, _DOTALL = int(re.IGNORECASE), int(re.DOTALL)
_SINGLE = (c.LITERAL, c.NOT_LITERAL, c.ANY, c.IN)


class TooManyStepsError(Exception):
    """There is no need to count on."""


class _Walk:
    """One walk through a text; `most` steps at most."""

    def __init__(self, pattern: re.Pattern[Any], text: str, most: int) -> None:
        source = pattern.pattern
        # As numbers: each `&` of flags makes one.
        self._flags = int(pattern.flags)
        if isinstance(source, bytes):
            source, self._flags = source.decode("latin-1"), int(pattern.flags | re.ASCII)
        self._text = text
        self._most = most
        self._groups: dict[int, tuple[int, int]] = {}
        self._known: dict[tuple[int, str], bool] = {}
        self.nodes: Nodes = _parser.parse(source, self._flags & ~re.LOCALE).data
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps > self._most:
            raise TooManyStepsError

    def ends(self, nodes: Nodes, start: int) -> Iterator[int]:
        """Where the nodes may end that begin at a place, the preferred first."""
        if not nodes:
            yield start
            return
        (op, value), rest = nodes[0], nodes[1:]
        for end in self._node(op, value, start):
            yield from self.ends(rest, end)

    def _node(self, op: Any, value: Any, at: int) -> Iterator[int]:
        self.step()
        if op in _SINGLE:
            if at < len(self._text) and self._is(op, value, self._text[at]):
                yield at + 1
        elif op is c.AT:
            if self._holds(value, at):
                yield at
        elif op is c.BRANCH:
            for each in value[1]:
                yield from self.ends(each.data, at)
        elif op is c.SUBPATTERN:
            for end in self.ends(value[3].data, at):
                if value[0] is not None:
                    self._groups[value[0]] = (at, end)
                yield end
        elif op is c.ATOMIC_GROUP:
            yield from self._first(value.data, at)
        elif op in (c.ASSERT, c.ASSERT_NOT):
            direction, inner = value
            start = at if direction > 0 else at - inner.getwidth()[0]
            found = start >= 0 and bool(list(self._first(inner.data, start)))
            if found is (op is c.ASSERT):
                yield at
        elif op is c.GROUPREF:
            start, end = self._groups.get(value, (0, -1))
            if start <= end and self._text.startswith(self._text[start:end], at):
                yield at + end - start
        else:
            least, most, inner = value
            yield from self._repeat(op, least, most, inner.data, at)

    def _first(self, nodes: Nodes, at: int) -> Iterator[int]:
        for end in self.ends(nodes, at):
            yield end
            return

    def _repeat(self, op: Any, least: int, most: int, inner: Nodes, at: int) -> Iterator[int]:
        single = len(inner) == 1 and inner[0][0] in _SINGLE
        if op is c.POSSESSIVE_REPEAT or (single and op is c.MAX_REPEAT):
            ends = [at]
            while len(ends) <= most:
                found = next(iter(self.ends(inner, ends[-1])), None)
                if found is None or (found == ends[-1] and len(ends) > least):
                    break
                ends.append(found)
            if op is c.POSSESSIVE_REPEAT:
                ends = ends[-1:] if len(ends) > least else []
            else:
                ends = ends[least:]
            for end in reversed(ends):
                self.step()
                yield end
        elif op is c.MIN_REPEAT:
            yield from self._lazy(least, most, inner, at)
        else:
            yield from self._greedy(least, most, inner, at)

    def _greedy(self, least: int, most: int, inner: Nodes, at: int) -> Iterator[int]:
        self.step()
        if most > 0:
            for end in self.ends(inner, at):
                if end > at or least > 0:
                    yield from self._greedy(max(0, least - 1), most - 1, inner, end)
        if least == 0:
            yield at

    def _lazy(self, least: int, most: int, inner: Nodes, at: int) -> Iterator[int]:
        places = [at]
        for count in range(int(most) + 1 if most < 10**6 else len(self._text) + 2):
            self.step()
            if count >= least:
                yield places[-1]
            found = next(iter(self.ends(inner, places[-1])), None)
            if found is None or found == places[-1]:
                return
            places.append(found)

    def _is(self, op: Any, value: Any, sign: str) -> bool:
        if op is not c.IN:
            return self._fits(op, value, sign)
        # Classes are long, and the parsed pattern keeps each where it is.
        key = id(value), sign
        if key not in self._known:
            self._known[key] = self._fits(op, value, sign)
        return self._known[key]

    def _fits(self, op: Any, value: Any, sign: str) -> bool:
        cases = {sign, sign.lower(), sign.upper()} if self._flags & _IGNORECASE else {sign}
        if op is c.ANY:
            return bool(self._flags & _DOTALL) or sign != "\n"
        if op is c.LITERAL:
            return chr(value) in cases
        if op is c.NOT_LITERAL:
            return chr(value) not in cases
        negated = value[0][0] is c.NEGATE
        return negated is not any(self._has(each, cases) for each in value[negated:])

    def _has(self, item: tuple[Any, Any], cases: set[str]) -> bool:
        op, value = item
        if op is c.LITERAL:
            return chr(value) in cases
        if op is c.RANGE:
            return any(value[0] <= ord(case) <= value[1] for case in cases if len(case) == 1)
        ascii_only = self._flags & re.ASCII
        return any(re.match(_CATEGORIES[value], case, ascii_only) for case in cases)

    def _holds(self, place: Any, at: int) -> bool:
        text = self._text
        if place in (c.AT_BEGINNING, c.AT_BEGINNING_STRING):
            line = place is c.AT_BEGINNING and self._flags & re.MULTILINE
            return at == 0 or bool(line and text[at - 1] == "\n")
        if place in (c.AT_END, c.AT_END_STRING):
            last = place is c.AT_END and text[at:] == "\n"
            return at == len(text) or last
        around = [bool(re.match(r"\w", each)) for each in (text[at - 1 : at], text[at : at + 1])]
        return (around[0] is not around[1]) is (place is c.AT_BOUNDARY)


def steps(pattern: re.Pattern[Any], text: str, *, anchored: bool, most: int = 10**7) -> int:
    """How many steps it takes to find all that a pattern finds in a text, up to `most`.

    `anchored` is for a whole text, `fullmatch`; else it is searched for, again and again.
    """
    walk = _Walk(pattern, text, most)
    try:
        if anchored:
            for end in walk.ends(walk.nodes, 0):
                if end == len(text):
                    break
            return walk.steps
        at = 0
        while at <= len(text):
            walk.step()
            at = max(at + 1, next(iter(walk.ends(walk.nodes, at)), at))
    except TooManyStepsError:
        return most
    return walk.steps
