"""What commands have of the terminal: what was typed, what is written, that long work goes on.

The latter is a line that is written over, and nothing where no terminal is. It is on the standard
error, so that what a command prints can be piped while somebody looks on. A line is cleared before
anything else is written, by a carriage return and spaces: every terminal knows these.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import NoReturn, TextIO, TypeVar

_Value = TypeVar("_Value")
_PAUSE = 0.1
"""How often a line changes, in seconds: more can't be read, and costs time."""
_WIDEST = 70
_UNREAD = 128 + 13
"""The exit code of programs that SIGPIPE ends."""


class Parser(argparse.ArgumentParser):
    """Says what may have been meant by an option or a command that there isn't."""

    _given: Sequence[str] = ()

    # The type is that of argparse's method for the namespace that we use.
    def parse_known_args(  # type: ignore[override]  # as told above
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        self._given = sys.argv[1:] if args is None else args
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        words = {*self._option_string_actions}
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                for name, below in action.choices.items():
                    words |= {name, *below._option_string_actions}
        if message.startswith("the following arguments are required"):
            # That an option is written wrongly may be why one is missing, and is never told then.
            given = (each.partition("=")[0] for each in self._given if each.startswith("--"))
            # The beginning of an option's name will do.
            strange = (each for each in given if not any(word.startswith(each) for word in words))
            if unknown := next(strange, None):
                message = f"unrecognized arguments: {unknown}"
        found = re.match(r"unrecognized arguments: (\S+)|.*invalid choice: '([^']*)'", message)
        if found:
            written = (found[1] or found[2]).partition("=")[0]
            if near := get_close_matches(written, sorted(words - {written}), n=1):
                message += f"; is {near[0]} meant?"
        super().error(message)


def run(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> int:
    """Do what the arguments ask for, by their `run`; the exit code.

    Raises: what `run` raises, but for what can't be written because nobody reads it any more.
    """
    try:
        try:
            options = parser.parse_args(arguments)
            for stream in (sys.stdout, sys.stderr):
                # A title may have what the console's encoding hasn't.
                if isinstance(stream, io.TextIOWrapper):
                    stream.reconfigure(errors="backslashreplace")
            result: int = options.run(options)
            return result
        finally:
            # What can't be written is to be known here, and not when Python ends.
            print(end="", flush=True)
    except BrokenPipeError:
        # Who reads it, such as `head`, has had enough. What is left goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return _UNREAD


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
