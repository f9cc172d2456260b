"""Patterns that read headers, parameters and feeds of others take steps in line with the length:
each is fed what it is made of, in growing numbers, and its steps are counted.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from itertools import product
from re import _constants as c  # type: ignore[attr-defined]  # not in its stubs
from re import _parser  # type: ignore[attr-defined]  # not in its stubs
from types import ModuleType
from typing import Any

import h11
import pytest

from feedserver.embed import oembed
from feedserver.feeds import parameters
from feedserver.foreign import _document, _xml
from feedserver.http import conditions, negotiation, proxies
from feedserver.network import hubs, looking
from feedserver.serving import protocol, subscribers
from feedserver.text import _drawn, encodings, html, lazy, urls
from tests.conftest import DEEP
from tests.steps import steps

_MODULES = (
    *(conditions, negotiation, proxies, parameters, subscribers, protocol, oembed, urls),
    _drawn,
)
_MORE = (
    (_document, ("_AUTHOR", "_ITEM", "_SELF", "_HREF", "_DOCTYPE", "_AT")),
    (_xml, ("_RELATIVE_BASE",)),
    (_document, ("_BASE_WITHIN", "_OWN_BASE", "_RELATIVE")),
    (encodings, ("_DECLARATION", "_ENCODING", "_CHARSET")),
    (lazy, ("_PICTURE", "_OF_STYLE", "CANDIDATE", "_STANDS_IN", "_TAG", "_ROOTED")),
    (looking, ("_NO_MARKUP", "_HEAD_END", "_LINK", "_ATTRIBUTE")),
    (hubs, ("_LINK", "_PARAMETER")),
)
_FEW = 30


def _patterns() -> Iterator[tuple[ModuleType, str]]:
    for module in _MODULES:
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                yield module, name
    for module, names in _MORE:
        yield from ((module, name) for name in names)
    yield html, "_UNSEEN"


def _is_anchored(module: ModuleType, name: str) -> bool:
    """Whether it is never searched for."""
    with open(str(module.__file__), encoding="utf-8") as file:
        used = set(re.findall(rf"\b{name}\.(\w+)\(", file.read()))
    return bool(used) and used <= {"fullmatch", "match"}


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


@pytest.mark.parametrize(
    ("module", "name"), list(_patterns()), ids=lambda value: getattr(value, "__name__", value)
)
def test_a_pattern_takes_steps_in_line_with_the_length(module: ModuleType, name: str) -> None:
    pattern: re.Pattern[Any] = getattr(module, name)
    anchored = _is_anchored(module, name)
    source = pattern.pattern
    parsed = _parser.parse(source if isinstance(source, str) else source.decode("latin-1"))
    parts = [*dict.fromkeys((*_parts(parsed), " ", '"', "\\", "a"))][:8]
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        pairs = product(parts if DEEP else parts[:5], repeat=2)
        for some in (*parts, *map("".join, pairs)):
            few, many = (
                steps(pattern, f"{parts[0]}{some * count}\x01", anchored=anchored, most=40_000)
                for count in (_FEW, 2 * _FEW)
            )
            assert many < 2.6 * few or many < 2000, some
    finally:
        sys.setrecursionlimit(limit)


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
