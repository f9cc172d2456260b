"""That long work goes on: a line on a terminal that is written over, and nothing anywhere else.

It is on the standard error, so that what a command prints can be piped while somebody looks on. A
line is cleared before anything else is written, by a carriage return and spaces: every terminal
knows these.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO, TypeVar

_Value = TypeVar("_Value")
_PAUSE = 0.1
"""How often a line changes, in seconds: more can't be read, and costs time."""
_WIDEST = 70


@contextmanager
def said(text: str) -> Iterator[None]:
    """A line that stands as long as something is done."""
    stream = _terminal()
    if stream is None:
        yield
        return
    width = _show(stream, f"{text} …", 0)
    try:
        yield
    finally:
        _show(stream, "", width)


def counted(values: Iterable[_Value], text: str) -> Iterator[_Value]:
    """The values, while a line says how many there were: `documents checked: 120`."""
    stream = _terminal()
    if stream is None:
        yield from values
        return
    count, shown_at, width = 0, time.monotonic(), _show(stream, f"{text}: 0", 0)
    try:
        for value in values:
            count += 1
            if time.monotonic() - shown_at >= _PAUSE:
                width = _show(stream, f"{text}: {count}", width)
                shown_at = time.monotonic()
            yield value
    finally:
        _show(stream, "", width)


def _terminal() -> TextIO | None:
    """The standard error, if somebody looks at it."""
    stream = sys.stderr
    return stream if stream is not None and stream.isatty() else None


def _show(stream: TextIO, text: str, before: int) -> int:
    """Write over a line that was `before` wide; how wide it is now."""
    text = text[:_WIDEST]
    blank = f"\r{' ' * before}" if before else ""
    stream.write(f"{blank}\r{text}")
    stream.flush()
    return len(text)
