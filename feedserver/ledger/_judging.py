"""What of a fetch is news: which entries are older than one that is missing, which edit counts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

DAY = 24 * 3600.0
_HOUR = 3600.0
_FREE = 5
"""How many edits of an entry are taken at once, if there was no day between two of them."""
_DOUBLINGS = 4


@dataclass(frozen=True, slots=True)
class Times:
    """When an entry that stands in a feed was published and modified."""

    published: float
    modified: float


@dataclass(frozen=True, slots=True)
class Edge:
    """The old end of a feed: what is newer than `since` and missing hasn't left by it.

    `column` is the time that the feed is ordered by.
    """

    column: str
    since: float

    def is_within(self, times: Times) -> bool:
        """Whether something older stands in the feed."""
        return bool(getattr(times, self.column) > self.since)


def edge(standing: Sequence[Times]) -> Edge | None:
    """Where a feed ends, whose entries these are in its own order.

    What stands out of the order, as an entry that is pinned to the top does, ends nothing.
    """
    if not standing:
        return None
    orders: tuple[tuple[str, Callable[[Times], float]], ...] = (
        ("published", lambda each: -each.published),
        ("published", lambda each: each.published),
        ("modified", lambda each: -each.modified),
        ("modified", lambda each: each.modified),
    )
    # Of several that explain as much the first is the likelier.
    column, run = max(
        ((column, _longest(standing, time)) for column, time in orders),
        key=lambda found: len(found[1]),
    )
    if column == "published":
        return Edge(column, min(each.published for each in run))
    # Entries that were modified at once have a second each.
    return Edge(column, min(each.modified for each in run) + len(standing))


def _longest(standing: Sequence[Times], time: Callable[[Times], float]) -> list[Times]:
    """The longest part whose times never fall, what is between left out."""
    ends: list[float] = []
    last: list[int] = []
    before: list[int | None] = []
    for number, each in enumerate(standing):
        place = bisect_right(ends, time(each))
        before.append(last[place - 1] if place else None)
        if place == len(ends):
            ends.append(time(each))
            last.append(number)
        else:
            ends[place], last[place] = time(each), number
    found = []
    at: int | None = last[-1]
    while at is not None:
        found.append(standing[at])
        at = before[at]
    return found[::-1]


def edits_with(edits: int, changed: float, now: float, *, loud: bool) -> int | None:
    """How many edits in a row there are with one that is taken now; nothing if it has to wait.

    `changed` is when the one before was taken. What nobody can read of, such as markup, waits for a
    day; and who edits again and again is taken more and more seldom. A clock may be put back.
    """
    since = now - changed
    if since >= DAY or since < 0:
        return 1
    if not loud:
        return None
    wait = _HOUR * 2 ** min(edits - _FREE, _DOUBLINGS) if edits >= _FREE else 0.0
    return edits + 1 if since >= wait else None
