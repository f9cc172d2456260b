"""All patterns take steps in line with the length of what others have written.

Each is fed what it is made of, in growing numbers, and its steps are counted: lines of Python tell
nothing of what a pattern does. A new one is fed too, wherever it stands.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import product
from re import _constants as c  # type: ignore[attr-defined]  # not in its stubs
from re import _parser  # type: ignore[attr-defined]  # not in its stubs
from types import ModuleType
from typing import Any

import h11
import pytest

import feedserver
from feedserver.serving import protocol
from feedserver.text import html
from tests.conftest import DEEP
from tests.steps import steps

_EXEMPT = {
    "bot.config._USER": "the operator's settings",
    "check._rss._COMMENT": "a date of at most 100 characters",
    "foreign._identity._NAME_AND_ADDRESS": "a name of at most 500 characters",
    "foreign._identity._SEVERAL": "a name of at most 500 characters",
    "pages.around._OWN_FEEDS": "a page of the site's own folder",
    "pages.around._TITLE": "a page of the site's own folder",
}
"""What may take more, and what of: it is short, or nobody else's."""

_SANITISED = {
    *("text._nesting._TAG", "formats.versions._TARGET", "text.summaries._NOTE"),
    "newsletter._reports._HEADING",
    *(f"text.html.{name}" for name in ("_INPUT", "_IMAGE", "_PRE", "_BOUNDARY", "_MARKUP")),
    *(f"text.summaries.{name}" for name in ("_ASIDE", "_PLAYER", "_EMBEDDED", "_NOTE_MARK")),
}
"""What reads HTML that a parser has written: elements are closed, and `<` begins only tags."""

_FEW = 30
_MOST = 200_000


@dataclass(frozen=True)
class _Found:
    """A pattern, what it is called, and whether it is never searched for."""

    name: str
    pattern: re.Pattern[Any]
    anchored: bool


def _modules() -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(feedserver.__path__, "feedserver."):
        if not module.name.endswith(".__main__"):
            yield importlib.import_module(module.name)


def _within(value: object) -> Iterator[re.Pattern[Any]]:
    """The patterns that a value is, or that stand in it."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _within(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _within(each)


def _found() -> Iterator[_Found]:
    """All patterns: of modules and of their classes, and those that are written where they act."""
    seen = set()
    sources = {module: inspect.getsource(module) for module in _modules()}
    everything = "".join(sources.values())
    for module, source in sources.items():
        place = module.__name__.removeprefix("feedserver.")
        values = list(vars(module).items())
        for name, value in tuple(values):
            if isinstance(value, type) and value.__module__ == module.__name__:
                values += [(f"{name}.{key}", each) for key, each in vars(value).items()]
        for name, value in values:
            for pattern in _within(value):
                users = source if name.startswith("_") or "." in name else everything
                used = set(re.findall(rf"\b{name.split('.')[-1]}\.(\w+)\(", users))
                found = _Found(f"{place}.{name}", pattern, used in _ANCHORED)
                if (pattern, found.anchored) not in seen:
                    yield found
                seen.add((pattern, found.anchored))
        for call in ast.walk(ast.parse(source)):
            match call:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="re"), attr=how),
                    args=[ast.Constant(value=str() as written), *_],
                ) if how != "compile":
                    name = f"{place}, line {call.lineno}"
                    yield _Found(name, re.compile(written), {how} in _ANCHORED)


_ANCHORED = ({"match"}, {"fullmatch"}, {"match", "fullmatch"})


def _parts(nodes: Any) -> Iterator[str]:
    """The texts that a pattern is made of, and a sign of each of its classes."""
    text = ""
    for op, value in nodes:
        if op is c.LITERAL:
            text += chr(value)
            continue
        if text:
            yield text
            text = ""
        if op is c.IN and value[0][0] in (c.LITERAL, c.RANGE):
            first = value[0][1]
            yield chr(first if isinstance(first, int) else first[0])
        for inner in value if isinstance(value, tuple | list) else ():
            for each in inner if isinstance(inner, list) else [inner]:
                if isinstance(each, _parser.SubPattern):
                    yield from _parts(each)
    if text:
        yield text


def _sample(nodes: Any) -> str:
    """What a pattern may match, or nearly."""
    text = ""
    for op, value in nodes:
        if op is c.LITERAL:
            text += chr(value)
        elif op is c.IN and value[0][0] is not c.NEGATE:
            text += next(_parts([(op, value)]), " ")
        elif op in (c.ANY, c.IN, c.NOT_LITERAL):
            text += "a"
        elif op is c.BRANCH:
            text += _sample(value[1][0])
        elif op is c.ATOMIC_GROUP:
            text += _sample(value)
        elif op in (c.SUBPATTERN, c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
            text += _sample(value[-1])
    return text


def _beginnings(nodes: Any) -> Iterator[str]:
    """Texts that a pattern takes for what it looks for, and that end too soon."""
    for count in range(2, len(nodes)):
        yield _sample(nodes[:count])
    if nodes and nodes[0][0] is c.BRANCH:
        for each in nodes[0][1][1]:
            yield from _beginnings(each)


_ALL = list(_found())


def _texts(parsed: Any, found: _Found) -> Iterator[tuple[str, str]]:
    """Texts to be fed, of few parts and of twice as many."""
    parts = [*dict.fromkeys((*_parts(parsed), " ", '"', "\\", "a"))][:8]
    pairs = map("".join, product(parts if DEEP else parts[:3], repeat=2))
    beginnings = [*dict.fromkeys(_beginnings(parsed))]
    repeated = [("", each) for each in (*parts, *(beginnings if DEEP else beginnings[-4:]))]
    for first, some in dict.fromkeys(repeated + [(parts[0], each) for each in (*parts, *pairs)]):
        few, many = (f"{first}{some * count}\n\x01" for count in (_FEW, 2 * _FEW))
        if found.name not in _SANITISED:
            yield few, many
            continue
        address = "https://letters.example/"
        for shape in ("<p>{}</p>", "<p>{}></p>", f'<a href="{address}" title="{{}}">x</a>'):
            in_full = escape if "title" in shape else str
            once, twice = (
                html.sanitise(shape.format(in_full(each)), address) for each in (few, many)
            )
            yield once, twice


@pytest.mark.parametrize(
    "found",
    [each for each in _ALL if each.name not in _EXEMPT],
    ids=lambda found: found.name,
)
def test_a_pattern_takes_steps_in_line_with_the_length(found: _Found) -> None:
    source = found.pattern.pattern
    flags = found.pattern.flags & ~(re.UNICODE if isinstance(source, bytes) else 0)
    parsed = _parser.parse(source if isinstance(source, str) else source.decode("latin-1"), flags)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        for texts in _texts(parsed, found):
            few, many = (
                steps(found.pattern, text, anchored=found.anchored, most=_MOST) for text in texts
            )
            assert many < 2.6 * few or many < 10 * len(texts[1]), texts[0]
    finally:
        sys.setrecursionlimit(limit)


def test_what_is_exempt_is_there() -> None:
    assert {*_EXEMPT, *_SANITISED} <= {each.name for each in _ALL}


def test_the_counter_sees_a_square() -> None:
    once, twice = (
        steps(re.compile(r'"(?:[^"\\]|\\.)*"'), '\\"' * count, anchored=False)
        for count in (_FEW, 2 * _FEW)
    )
    assert twice > 3 * once


@pytest.mark.parametrize("line", ["X:{}\0", "X:{}\x0b", "X:{}a\0", "X:{}\ra"])
def test_what_h11_is_slow_with_does_not_reach_it(line: str) -> None:
    """Of spaces before a sign that stands in no head its pattern takes the square."""
    connection = protocol._Connection(h11.SERVER, 40_000)
    head = f"GET / HTTP/1.1\r\nHost: x\r\n{line.format(' ' * 30_000)}\r\n\r\n"
    connection.receive_data(head.encode("latin-1"))
    with pytest.raises(h11.RemoteProtocolError, match="stands in no head"):
        connection.next_event()
    # Nor as the second of two, or in parts.
    connection = protocol._Connection(h11.SERVER, 40_000)
    for part in (head[:30_000], head[30_000:-5], head[-5:]):
        connection.receive_data(part.encode("latin-1"))
        try:
            assert connection.next_event() is h11.NEED_DATA
        except h11.RemoteProtocolError as error:
            assert "stands in no head" in str(error)
            break
    else:
        raise AssertionError
