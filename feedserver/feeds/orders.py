"""Entries of one kind in a feed's order, and which of them have what: sets as bits of a number.

Bit n stands for the entry at position n. Among 30,000 entries a set takes 4 KB, and two sets are
joined in microseconds; kept ones are compressed, because most have few entries.
"""

from __future__ import annotations

import re
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from feedserver.model import Entry, Query

Kept = Mapping[str, Mapping[str, bytes]]
"""By parameter and slug: the set of entries that have it, as `keep` gives it."""

_FILLED = re.compile(rb"[^\0]")
_BITS = tuple(tuple(bit for bit in range(8) if byte >> bit & 1) for byte in range(256))


def bits(positions: Iterable[int], size: int) -> int:
    """The set of these positions, all below `size`."""
    data = bytearray(size // 8 + 1)
    for position in positions:
        data[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(data, "little")


def positions(of: int) -> Iterator[int]:
    """The positions in a set, ascending, and no more work than for those that are taken."""
    data = of.to_bytes((of.bit_length() + 7) // 8, "little")
    for filled in _FILLED.finditer(data):
        start = filled.start()
        for bit in _BITS[data[start]]:
            yield start * 8 + bit


def after(position: int, of: int) -> int:
    """The part of a set that stands behind a position."""
    return of >> (position + 1) << (position + 1)


def keep(members: Sequence[int], size: int) -> bytes:
    """The set of these positions, to be kept."""
    return zlib.compress(bits(members, size).to_bytes(size // 8 + 1, "little"), 1)


@dataclass(frozen=True, slots=True)
class Times:
    """When entries were modified: seconds in ascending order, and the position of each."""

    seconds: array[int]
    positions: array[int]


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """The entries of one kind in their order, with the sets of those that have a slug."""

    entries: tuple[Entry, ...]
    kept: Kept
    times: Times
    _places: dict[str, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        # Now, and not when it is first asked for: several threads ask, and none may see a part.
        for position in range(len(self.entries) - 1, -1, -1):
            self._places[self.entries[position].id] = position

    @property
    def all(self) -> int:
        """The set of all entries."""
        return (1 << len(self.entries)) - 1

    def having(self, query: Query) -> int:
        """The entries that a query selects: any value of a parameter, and all parameters."""
        chosen, excluded = self.all, 0
        for parameter, values in query.items():
            slugs = self.kept.get(parameter.removeprefix("not_"), {})
            matching = 0
            for value in values:
                if value in slugs:
                    matching |= int.from_bytes(zlib.decompress(slugs[value]), "little")
            if parameter.startswith("not_"):
                excluded |= matching
            else:
                chosen &= matching
        return chosen & ~excluded

    def later(self, since: datetime) -> int:
        """The entries that were modified later."""
        count = len(self.entries)
        start = bisect_right(self.times.seconds, since.timestamp())
        if start > count // 2:
            return bits(self.times.positions[start:], count)
        return self.all ^ bits(self.times.positions[:start], count)

    def place(self, entry_id: str) -> int | None:
        """The position of an entry; of two with one id that of the first."""
        return self._places.get(entry_id)


def order(entries: tuple[Entry, ...], facets: Mapping[str, Query]) -> Order:
    """Make the order of entries that stand in it; `facets` are the slugs of each by its id."""
    table: dict[str, dict[str, list[int]]] = {}
    for position, entry in enumerate(entries):
        for parameter, slugs in facets[entry.id].items():
            for slug in dict.fromkeys(slugs):
                table.setdefault(parameter, {}).setdefault(slug, []).append(position)
    size = len(entries)
    kept = {
        parameter: {slug: keep(members, size) for slug, members in slugs.items()}
        for parameter, slugs in table.items()
    }
    times = sorted((int(entry.modified.timestamp()), n) for n, entry in enumerate(entries))
    seconds = array("q", (time for time, _ in times))
    return Order(entries, kept, Times(seconds, array("q", (position for _, position in times))))
