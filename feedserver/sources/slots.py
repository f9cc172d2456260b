"""The sources of a builder: what was read of each, how it is, and what is to be done next."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

from feedserver.errors import FeedServerError
from feedserver.foreign.reading import Reading
from feedserver.sources.keeping import Copy
from feedserver.sources.source import Source

_NOTES = 20

Stamp = tuple[int, int, int]
"""What tells one version of a file from another: time, size, inode."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a visit to an address came to; `kept` if it is the copy of an earlier one.

    `copy` is to be kept.
    """

    reading: Reading | None
    error: FeedServerError | None = None
    refused: bool = False
    moved: str | None = None
    kept: bool = False
    copy: Copy | None = None


@dataclass(slots=True)
class Slot:
    """A source, what was read of it last, and how it is; `served` is what the database has."""

    name: str
    source: Source | None = None
    reading: Reading | None = None
    served: Reading | None = None
    posts: int = 0
    updates: int = 0
    error: str | None = None
    refused: bool = False
    checked: datetime | None = None
    success: datetime | None = None
    changed: datetime | None = None
    moved: str | None = None
    # Of files.
    stamp: Stamp | None = None
    seen: Stamp | None = None
    known: set[int] = field(default_factory=set)
    # Of addresses.
    due: datetime | None = None
    barred: datetime | None = None
    again: bool = False
    failures: int = 0
    visit: Future[Outcome] | None = None
    copy: Copy | None = None
    unkept: str | None = None


def values(slot: Slot, trouble: str | None) -> dict[str, object]:
    """How a source is, as operators read it: what there isn't is left out.

    `state` is `stale` if it can't be reached and its old entries are served, or, for some `trouble`
    with the state folder, what was read isn't; `refused` if what it has now can't be taken;
    `missing` if nothing was ever read of it.
    """
    found = slot.reading
    error = slot.error or (trouble if found is not slot.served else None)
    state = "refused" if slot.refused else "stale" if error else "current"
    told: dict[str, object | None] = {
        "name": slot.name,
        "kind": slot.source.kind if slot.source else "missing",
        "state": state if found or slot.refused else "missing",
        "checked": _shown(slot.checked),
        "last_success": _shown(slot.success),
        "changed": _shown(slot.changed),
        "error": error,
        "moved": slot.moved,
        "posts": slot.posts,
        "updates": slot.updates,
        "notes": [f"{each.where}: {each.message}" for each in found.findings[:_NOTES]]
        if found
        else None,
    }
    return {name: value for name, value in told.items() if value is not None and value != []}


def _shown(moment: datetime | None) -> str | None:
    return moment.replace(microsecond=0).isoformat() if moment else None
