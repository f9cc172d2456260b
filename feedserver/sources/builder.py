"""Looking at all sources, and making the database anew when one of them has changed.

A source that fails keeps the entries that it had, and says so in `status.json`. Files are looked at
each time, and read when two looks in a row find them the same, so not while they are written.
Addresses are fetched when they are due, beside all else.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feedserver.errors import DatabaseError, FeedServerError, FetchError, SourceError
from feedserver.foreign import joining as sites
from feedserver.foreign.reading import Reading
from feedserver.model import Archive
from feedserver.settings.settings import Settings
from feedserver.sources import keeping, statefolder
from feedserver.sources import source as sources
from feedserver.sources.fetching import Fetcher, Validators, WebFetcher
from feedserver.sources.keeping import Copy
from feedserver.sources.source import Source
from feedserver.store import database

log = logging.getLogger("feedserver")

DATABASE = "site.sqlite"
COPIES = "sources"

_AT_ONCE = 4
_FIRST_WAIT = 60.0
_LONGEST_WAIT = 6 * 3600.0
_LONGEST_REQUEST = 24 * 3600.0
_NOTES = 20

Stamp = tuple[int, int, int]
"""What tells one version of a file from another: time, size, inode."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a visit to an address came to; `kept` if it is the copy of an earlier one."""

    reading: Reading | None
    error: FeedServerError | None = None
    refused: bool = False
    moved: str | None = None
    kept: bool = False


@dataclass(slots=True)
class _Slot:
    """A source, what was read of it last, and how it is."""

    name: str
    source: Source | None = None
    reading: Reading | None = None
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
    visit: Future[_Outcome] | None = None


class Builder:
    """Makes the database of `settings.state` from `settings.sources`.

    Raises:
        SourceError, RegistryError: the settings can't be followed.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        fetcher: Fetcher | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if settings.state is None or not settings.sources:
            raise SourceError("no source is named" if settings.state else "no state folder")
        self._settings = settings
        self._state = settings.state
        self._fetcher = fetcher or WebFetcher(settings)
        self._now = now
        self._slots = [_Slot(name) for name in dict.fromkeys(settings.sources)]
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self._closed = False
        self._built = False
        self._status: bytes | None = None
        sources.options(settings)

    @property
    def folder(self) -> Path | None:
        """The folder of the first source that has pages."""
        folders = (slot.source.folder for slot in self._slots if slot.source)
        return next((folder for folder in folders if folder), None)

    def refresh(self, *, wait: bool = False) -> bool:
        """Look at all sources; whether there is a new database.

        Fetching goes on beside it, and is waited for only the first time, or with `wait`.

        Raises:
            FeedServerError: no source could be read, and none ever was.
            OSError: the database can't be written.
        """
        changed = False
        for slot in self._slots:
            changed |= self._look(slot)
        for slot in self._slots:
            if slot.visit and (wait or not self._built or slot.visit.done()):
                try:
                    outcome = slot.visit.result()
                except CancelledError:
                    return False
                finally:
                    slot.visit = None
                changed |= self._take(slot, outcome)
        if not self._built and not any(slot.reading for slot in self._slots):
            served = self._is_served()
            self._write_status()
            errors = "; ".join(filter(None, (slot.error for slot in self._slots)))
            if not served:
                raise SourceError(errors)
            self._built = True
            log.warning("%s; what was served before stays", errors)
        if changed:
            readings = [slot.reading for slot in self._slots if slot.reading]
            _write_database(sites.join([each.archive for each in readings]), self._state / DATABASE)
            self._built = True
        self._write_status()
        return changed

    def hurry(self) -> None:
        """Let all sources be read, whether they have changed and whenever they are due.

        Only who has asked not to be asked before some time isn't.
        """
        for slot in self._slots:
            slot.stamp = None
            slot.again = True
            slot.due = slot.barred

    def close(self) -> None:
        """Let go of what is being fetched; who waits for it in `refresh` gets nothing."""
        self._closed = True
        for slot in self._slots:
            if slot.visit:
                slot.visit.cancel()

    def _look(self, slot: _Slot) -> bool:
        """Look at a file, or see to it that an address is visited; whether there is news."""
        try:
            slot.source = slot.source or sources.find(slot.name, self._settings)
            if slot.source.path is None:
                self._visit(slot, slot.source)
                return False
            return self._look_at(slot, slot.source, slot.source.path)
        except (SourceError, OSError) as error:
            slot.stamp = slot.seen = None
            strerror = error.strerror if isinstance(error, OSError) else None
            self._fail(slot, f"{slot.name}: {strerror}" if strerror else str(error))
            return False

    def _look_at(self, slot: _Slot, source: Source, path: Path) -> bool:
        found = path.stat()
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        if stamp == slot.stamp:
            return False
        if stamp != slot.seen and slot.reading:
            slot.seen = stamp
            return False
        slot.stamp = slot.seen = stamp
        slot.checked = self._now()
        try:
            reading = source.parse(source.load(), known=slot.known)
        except (SourceError, OSError):
            raise
        except FeedServerError as error:
            self._fail(slot, str(error), refused=True)
            return False
        return self._succeed(slot, reading)

    def _visit(self, slot: _Slot, source: Source) -> None:
        """Visit an address if that is due and not being done."""
        if slot.visit is None and (slot.due is None or slot.due <= self._now()):
            first = slot.reading is None
            again, slot.again = slot.again, False
            slot.visit = Future()
            # A daemon, for the end of the process doesn't wait for those.
            arguments = (slot.visit, source, first, again)
            threading.Thread(target=self._answer, args=arguments, daemon=True).start()

    def _answer(self, visit: Future[_Outcome], source: Source, first: bool, again: bool) -> None:
        with self._room:
            if self._closed:
                return
            try:
                outcome = self._fetch(source, first, again)
            except BaseException as error:
                # Raised again where it is waited for; unless nobody does any more.
                with suppress(InvalidStateError):
                    visit.set_exception(error)
            else:
                with suppress(InvalidStateError):
                    visit.set_result(outcome)

    def _fetch(self, source: Source, first: bool, again: bool) -> _Outcome:
        """Visit an address, in a thread of its own; at `first` a kept copy will do for now.

        What hasn't changed is read `again` from the copy, as the settings may have.
        """
        copies = self._state / COPIES
        copy = keeping.load(copies, source.name)
        if first and copy:
            try:
                found = source.parse(copy.body, copy.address, copy.content_type)
                return _Outcome(found, kept=True)
            except FeedServerError:
                # Of an older version of ours: fetched anew.
                copy = None
        try:
            fetched = self._fetcher.fetch(source.name, copy.validators if copy else Validators())
            if fetched.body is None and not (copy and again):
                return _Outcome(None, moved=fetched.moved)
        except FetchError as error:
            return _Outcome(None, error)
        if fetched.body is None and copy:
            fetched = replace(
                fetched, body=copy.body, address=copy.address, content_type=copy.content_type
            )
        assert fetched.body is not None
        try:
            reading = source.parse(fetched.body, fetched.address, fetched.content_type)
        except FeedServerError as error:
            return _Outcome(None, error, refused=True, moved=fetched.moved)
        try:
            keeping.save(copies, source.name, Copy.of(fetched, fetched.body))
        except OSError as error:
            log.warning("%s: no copy can be kept: %s", source.name, error)
        return _Outcome(reading, moved=fetched.moved)

    def _take(self, slot: _Slot, outcome: _Outcome) -> bool:
        """Take what a visit came to, and say when the next one is due."""
        now = self._now()
        if outcome.kept:
            slot.due = now
            self._read(slot, outcome.reading)
            return True
        if outcome.moved and outcome.moved != slot.moved:
            log.warning("%s has moved for good, to %s", slot.name, outcome.moved)
        slot.checked = now
        # What fails tells nothing of a move.
        slot.moved = outcome.moved if outcome.error is None else outcome.moved or slot.moved
        if outcome.error:
            slot.failures += 1
            wait = min(_FIRST_WAIT * 2 ** min(slot.failures - 1, 20), _LONGEST_WAIT)
            if isinstance(outcome.error, FetchError) and outcome.error.retry_after is not None:
                asked = min(outcome.error.retry_after, _LONGEST_REQUEST)
                slot.barred = now + timedelta(seconds=asked)
                wait = max(wait, asked)
            slot.due = now + timedelta(seconds=wait)
            self._fail(slot, str(outcome.error), refused=outcome.refused)
            return False
        slot.failures, slot.barred = 0, None
        slot.due = now + timedelta(seconds=self._settings.poll)
        if outcome.reading is None:
            self._succeed(slot, None)
            return False
        return self._succeed(slot, outcome.reading)

    def _succeed(self, slot: _Slot, reading: Reading | None) -> bool:
        """Whether what was read is other than what was there."""
        now = self._now()
        if slot.error:
            log.info("%s: it can be read again", slot.name)
        slot.error, slot.refused, slot.success = None, False, now
        if reading is None or reading == slot.reading:
            return False
        slot.changed = now
        self._read(slot, reading)
        return True

    def _read(self, slot: _Slot, reading: Reading | None) -> None:
        slot.reading = reading
        found = reading.archive.entries if reading else ()
        slot.updates = sum(1 for entry in found if entry.update)
        slot.posts = len(found) - slot.updates
        log.info("%s: taken up", slot.name)

    def _fail(self, slot: _Slot, error: str, *, refused: bool = False) -> None:
        # Where nothing else is there, the error is raised.
        if error != slot.error and (self._built or len(self._slots) > 1):
            stays = "; the old archive stays" if slot.reading else ""
            log.warning("%s%s", error, stays)
        slot.error, slot.refused = error, refused

    def _is_served(self) -> bool:
        """Whether the state folder has a database, and of one of these sources."""
        try:
            name = database.current(self._state / DATABASE)
            known = statefolder.statuses(self._state)
        except (DatabaseError, ValueError, LookupError):
            return False
        times = {each.name: each.last_success for each in known}
        for slot in self._slots:
            # Else the next restart wouldn't know.
            slot.success = slot.success or times.get(slot.name)
        read = any(slot.success for slot in self._slots)
        return read and database.file_of(self._state / DATABASE, name).is_file()

    def _write_status(self) -> None:
        """Write `status.json`, if anything in it is new."""
        values = {"version": 1, "sources": [_status(slot) for slot in self._slots]}
        data = (json.dumps(values, ensure_ascii=False, indent=1) + "\n").encode()
        if data != self._status:
            keeping.replace_file(self._state / statefolder.STATUS, data)
            self._status = data


def _write_database(archive: Archive, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    database.write(archive, path)


def _status(slot: _Slot) -> dict[str, object]:
    """How a source is, as operators read it: what there isn't is left out.

    `state` is `stale` if it can't be reached and its old entries are served, `refused` if what it
    has now can't be taken, `missing` if nothing was ever read of it.
    """
    found = slot.reading
    state = "refused" if slot.refused else "stale" if slot.error else "current"
    values: dict[str, object | None] = {
        "name": slot.name,
        "kind": slot.source.kind if slot.source else "missing",
        "state": state if found or slot.refused else "missing",
        "checked": _shown(slot.checked),
        "last_success": _shown(slot.success),
        "changed": _shown(slot.changed),
        "error": slot.error,
        "moved": slot.moved,
        "posts": slot.posts,
        "updates": slot.updates,
        "notes": [f"{each.where}: {each.message}" for each in found.findings[:_NOTES]]
        if found
        else None,
    }
    return {name: value for name, value in values.items() if value is not None and value != []}


def _shown(moment: datetime | None) -> str | None:
    return moment.replace(microsecond=0).isoformat() if moment else None
