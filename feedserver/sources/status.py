"""How the sources are: `status.json` in the state folder, and what is told to operators."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from feedserver.errors import FeedServerError
from feedserver.foreign.reading import Reading
from feedserver.sources.keeping import Copy
from feedserver.sources.source import Source
from feedserver.store import files

FILE = "status.json"

_MOST = 10_000_000
_NOTES = 20

Stamp = tuple[int, int, int]
"""What tells one version of a file from another: time, size, inode."""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """When a source was read last, and how it is; `error` says what is wrong.

    `state` is current, stale, refused or missing, as the builder writes it.
    """

    name: str
    kind: str
    last_success: datetime | None
    error: str | None
    state: str

    @property
    def current(self) -> bool:
        """Whether what the source has now is what is served."""
        return self.state == "current"


@dataclass(frozen=True, slots=True)
class Health:
    """How all is; `problems` are those of the server itself, such as a disk that is full."""

    sources: tuple[SourceStatus, ...] = ()
    problems: tuple[str, ...] = ()


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


def read(folder: Path) -> tuple[SourceStatus, ...]:
    """Read the file; nothing if there is none yet, or none that can be read."""
    try:
        data = json.loads(files.read(folder / FILE, _MOST))
        return tuple(source(values) for values in data["sources"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        # Who finds it full of anything does as without it.
        return ()


def source(values: Mapping[str, object]) -> SourceStatus:
    """How a source is, by its values in the file."""
    success, error = values.get("last_success"), values.get("error")
    return SourceStatus(
        str(values["name"]),
        str(values["kind"]),
        datetime.fromisoformat(str(success)) if success else None,
        str(error) if error else None,
        str(values["state"]),
    )


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
