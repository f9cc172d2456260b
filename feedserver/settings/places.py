"""Where something stands in a file of settings, and what may have been meant by a wrong name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

_HEAD = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?")
_LIST = re.compile(r"\s*\[\[([^\[\]]+)\]\]\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")


def place(text: str, path: Path, *key: str) -> str:
    """The file and, where it can be found, the line of a key.

    A table of a list, as `[[peers]]`, has its number behind the list's name, from 0: `"peers", "1",
    "url"`. What isn't found itself is where that is which it belongs to.
    """
    for length in range(len(key), 0, -1):
        if number := _line(text, key[:length]):
            return f"{path}:{number}"
    return str(path)


def _line(text: str, key: tuple[str, ...]) -> int | None:
    table: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if head := _LIST.fullmatch(line):
            name = head[1].strip()
            counts[name] = counts.get(name, -1) + 1
            table = (*_parts(name), str(counts[name]))
        elif head := _HEAD.fullmatch(line):
            first, *rest = _parts(head[1])
            table = (first, *([str(counts[first])] if first in counts else []), *rest)
        elif found := _KEY.match(line):
            if (*table, *_parts(found[1]))[: len(key)] == key:
                return number
            continue
        if table[: len(key)] == key:
            return number
    return None


def _parts(key: str) -> tuple[str, ...]:
    """The parts of a dotted key."""
    return tuple(part.strip().strip("\"'") for part in key.split("."))


def unknown(name: str, known: Iterable[str]) -> str:
    """What to say of a name that there isn't."""
    near = get_close_matches(name, list(known), n=1)
    return f"there is no setting '{name}'" + (f"; is '{near[0]}' meant?" if near else "")
