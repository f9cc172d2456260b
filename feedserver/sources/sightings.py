"""When entries that are dated ahead were first seen: that is the date they have.

One date in the year 2062 would stand first in all feeds, and blind whoever asks for what is newer
than the newest. What is remembered of a source is a file of the state folder, so that a restart
changes no date; an entry whose date is mended gets it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from feedserver.check.findings import UNLIKELY_DATE, Finding
from feedserver.foreign.reading import Reading
from feedserver.model import Entry
from feedserver.newsletter import names, order
from feedserver.store import files

log = logging.getLogger("feedserver")

FOLDER = "sightings"
_AHEAD = timedelta(days=1)
# The times of entries that were modified at once are moved by seconds, and by others elsewhere.
_NEAR = timedelta(hours=1)


class _Sighting(msgspec.Struct, frozen=True, omit_defaults=True):
    """When an entry was first seen, and which of its dates were ahead then, as it has them."""

    seen: datetime
    published: datetime | None = None
    modified: datetime | None = None


class Sightings:
    """Those of one source; `file` keeps them, if there is one."""

    def __init__(self, now: Callable[[], datetime], file: Path | None = None) -> None:
        self._now = now
        self._file = file
        self._known = _load(file) if file else {}

    @classmethod
    def of(cls, state: Path, source: str, now: Callable[[], datetime]) -> Sightings:
        """Those of the source of a name, kept in a state folder."""
        name = hashlib.sha256(source.encode()).hexdigest()
        return cls(now, state / FOLDER / f"{name}.json")

    def settle(self, reading: Reading) -> Reading:
        """A reading whose entries are dated no more than a day ahead."""
        now = self._now().replace(microsecond=0)
        known: dict[str, _Sighting] = {}
        settled: list[Entry] = []
        for id, group in _groups(reading.archive.entries).items():
            if sighting := _sighting(group, self._known.get(id), now):
                known[id] = sighting
                group = [_dated(entry, sighting) for entry in group]
            settled.extend(group)
        self._keep(known)
        if not known:
            return reading
        archive = replace(reading.archive, entries=order.arrange(settled))
        return replace(reading, archive=archive, findings=(*reading.findings, *_told(known)))

    def _keep(self, known: dict[str, _Sighting]) -> None:
        if known == self._known:
            return
        self._known = known
        if self._file:
            try:
                files.replace(self._file, msgspec.json.encode(known, order="sorted"))
            except OSError as error:
                log.warning("%s: can't be written: %s", self._file, error.strerror)


def _load(file: Path) -> dict[str, _Sighting]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, _Sighting])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def _groups(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Posts, each with its updates, whose dates follow from its own."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        id = entry.update.issue.id if entry.update else entry.id
        groups.setdefault(id, []).append(entry)
    return groups


def _sighting(group: Sequence[Entry], before: _Sighting | None, now: datetime) -> _Sighting | None:
    """What is to be remembered of a post; nothing if its dates are what they may be.

    A date that was ahead once and is still the same was wrong, also when its time has come.
    """
    first = min(group, key=lambda entry: (entry.update is not None, _offset(entry)))
    published, modified = first.published - _offset(first), first.modified - _offset(first)

    def wrong(date: datetime, known: datetime | None) -> datetime | None:
        same = known is not None and abs(date - known) < _NEAR
        return date if date - now > _AHEAD or same else None

    found = _Sighting(
        before.seen if before else now,
        wrong(published, before.published if before else None),
        wrong(modified, before.modified if before else None),
    )
    return found if found.published or found.modified else None


def _dated(entry: Entry, sighting: _Sighting) -> Entry:
    seen = sighting.seen + _offset(entry)
    published = _in_zone(seen, entry.published) if sighting.published else entry.published
    modified = _in_zone(seen, entry.modified) if sighting.modified else entry.modified
    return replace(
        _titled(entry, published), published=published, modified=max(published, modified)
    )


def _titled(entry: Entry, published: datetime) -> Entry:
    """An update by whose title its issue is of the date that it has."""
    of = entry.update
    if of is None:
        return entry
    before, title = (
        names.title(of.section, of.project, date - _offset(entry))
        for date in (entry.published, published)
    )
    if entry.title != before:
        return entry
    # Without any text the summary is the title.
    summary = title if entry.summary == entry.title else entry.summary
    return replace(entry, title=title, summary=summary)


def _offset(entry: Entry) -> timedelta:
    return (entry.update.position if entry.update else 0) * order.SECOND


def _in_zone(moment: datetime, other: datetime) -> datetime:
    return moment.astimezone(other.tzinfo)


def _told(known: dict[str, _Sighting]) -> Iterable[Finding]:
    for id, sighting in known.items():
        date = sighting.published or sighting.modified
        assert date is not None
        message = f"a date in the future: {date.isoformat()}; it has that when it was first seen"
        yield Finding(UNLIKELY_DATE, id, message)
