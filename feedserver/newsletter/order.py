"""The order of entries: in a feed, on a site, and by when they were modified.

The rules of the contract's "Identity and order".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from feedserver.model import Entry

SECOND = timedelta(seconds=1)


def feed_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Sort entries: newest issue or post first, the updates of one issue as in the document.

    A post stands before its updates.
    """

    def key(entry: Entry) -> tuple[float, str, int]:
        if entry.update is None:
            return (-entry.published.timestamp(), entry.id, -1)
        position = entry.update.position
        return (position - entry.published.timestamp(), entry.update.issue.id, position)

    return tuple(sorted(entries, key=key))


def arrange(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Put the entries of a site in order, and give each a second of its own to be modified in.

    Posts come newest first, each with its updates behind it.
    """
    entries = feed_order(entries)
    modified = _unique(entry for entry in entries if entry.update is None)
    modified |= _unique(entry for entry in entries if entry.update)
    return tuple(
        entry
        if entry.modified == modified[entry.id]
        else replace(entry, modified=modified[entry.id])
        for entry in entries
    )


def _unique(entries: Iterable[Entry]) -> dict[str, datetime]:
    """Give each entry a second of its own to be modified in: the first that is free.

    Feed readers warn of two entries that were updated at one instant (feed-rules 10), and bots
    lose the second of them.
    """

    def key(entry: Entry) -> tuple[datetime, str, int]:
        if entry.update is None:
            return (entry.modified, entry.id, 0)
        return (entry.modified, entry.update.issue.id, entry.update.position)

    modified: dict[str, datetime] = {}
    last: datetime | None = None
    for entry in sorted(entries, key=key):
        free = entry.modified
        if last is not None and free <= last:
            # As they come in order, what is taken from here on is one run without a gap.
            free = (last + SECOND).astimezone(entry.modified.tzinfo)
        last = modified[entry.id] = free
    return modified
