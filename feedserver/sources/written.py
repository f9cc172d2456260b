"""What a server writes: its database, how its sources are, and when those at addresses are due.

The database is looked after, and tried again where it can't be written.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from feedserver.errors import DatabaseError, StateError
from feedserver.ledger.fetches import Document, Fetch, Fetches
from feedserver.model import Archive
from feedserver.sources import statefolder
from feedserver.sources.fetching import Validators
from feedserver.sources.keeping import Copy
from feedserver.sources.slots import Slot, is_address
from feedserver.sources.statefolder import DATABASE, STATUS, Health, StateFolder
from feedserver.store import database, files

log = logging.getLogger("feedserver")

_NOTES = 20
_PAUSE = 5.0
"""For how many seconds a ledger that can't be used isn't asked."""
_SHARE = 10
_LONGEST_PAUSE = 60.0
"""After an attempt that failed, the next waits ten times as long as it took, at most so long."""


class Written:
    """A database of one server. What is wrong is in `trouble`, `problem` and `fault`."""

    def __init__(self, folder: StateFolder, name: str = DATABASE, status: str = STATUS) -> None:
        self._folder = folder
        self._status_path = folder.path / status
        self._status: bytes | None = None
        self._path = folder.path / name
        self._stamp: database.Stamp | None = None
        self._is_there = False
        self._again = 0.0
        self.due = False
        """Whether there is something that isn't in the database."""
        self.trouble: str | None = None
        """Why nothing can be written into the folder."""
        self.problem: str | None = None
        """Why the database couldn't be written."""
        self.fault: str | None = None
        """Why the database isn't what was written."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What operators should know."""
        found = (self.trouble, self.fault, None if self.trouble else self.problem)
        return tuple(dict.fromkeys(each for each in found if each))

    def look_at_folder(self) -> None:
        """See whether the folder can be written; where it can again, that is done at once."""
        try:
            self._folder.check()
        except StateError as error:
            self.trouble = str(error)
        else:
            if self.trouble:
                self._again = 0.0
            self.trouble = None

    def look_at_database(self) -> None:
        """See whether the database is what was written, if its file was touched since."""
        if not self._is_there:
            return
        try:
            stamp = database.stamp(self._path)
            if stamp != self._stamp:
                # One that is damaged isn't read again each second.
                self._stamp = stamp
                database.verify(self._path)
                self.fault = None
        except DatabaseError as error:
            self.fault = str(error)

    def suspect(self) -> None:
        """Let the next look read the database, and what is to be written be written at once."""
        self._stamp = None
        self._again = 0.0

    def write(self, make: Callable[[], Archive]) -> bool:
        """Write what `make` gives, if it is time to; whether it was written.

        What couldn't be is still due.
        """
        started = time.monotonic()
        if self.trouble or started < self._again:
            return False
        archive = make()
        try:
            database.write(archive, self._path)
            self._stamp = database.stamp(self._path)
            self._is_there = True
        except OSError as error:
            took = time.monotonic() - started
            self._again = started + took + min(_SHARE * took, _LONGEST_PAUSE)
            reason = f"{self._path}: {error.strerror}" if error.strerror else str(error)
            self.problem = reason
            return False
        if self.fault:
            log.warning("%s; it has been made anew", self.fault)
        self.due, self.problem, self.fault = False, None, None
        return True

    def tell(self, slots: Iterable[Slot], *more: str | None) -> Health:
        """Write how the sources are, if anything of it is new, and tell it.

        There is `more` that operators should know.
        """
        trouble = self.trouble or self.problem
        found = [values(slot, trouble) for slot in slots]
        unwritten = self._write_status({"version": 1, "sources": found})
        told = (*self.problems, unwritten, *more)
        return Health(tuple(map(statefolder.status, found)), tuple(each for each in told if each))

    def _write_status(self, values: object) -> str | None:
        """Write the status; why it couldn't be."""
        data = (json.dumps(values, ensure_ascii=False, indent=1) + "\n").encode()
        if self.trouble or (data == self._status and self._status_path.is_file()):
            return None
        try:
            files.replace(self._status_path, data)
            self._status = data
        except OSError as error:
            return f"{self._status_path}: {error.strerror}"
        return None

    def adopt(self, archive: Archive | None) -> bool:
        """Take a database that is there for what is served; one of an archive, if it is given."""
        with suppress(DatabaseError):
            if archive is None:
                database.verify(self._path)
            elif not database.holds(archive, self._path):
                return False
            self._stamp = database.stamp(self._path)
            self._is_there = True
            return True
        return False


def values(slot: Slot, trouble: str | None) -> dict[str, object]:
    """How a source is, as operators read it: what there isn't is left out.

    `state` is `gone` if it has said that it is no more, and what was read of it is served; `stale`
    if it can't be reached and its old entries are served, or, for some `trouble`
    with the state folder, what was read isn't; `refused` if what it has now can't be taken;
    `missing` if nothing was ever read of it.
    """
    found = slot.reading
    error = slot.error or (trouble if found is not slot.served else None)
    state = "refused" if slot.refused else "stale" if error else "current"
    state = "gone" if slot.gone and found is slot.served else state
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


class Turns:
    """When sources are due, as it stands in the ledger, and whose turn it is to fetch them.

    What can't be noted is noted later. While the ledger can't be used, sources are fetched as they
    are without it. For one thread, but for `copy`.
    """

    def __init__(self, fetches: Fetches) -> None:
        self._fetches = fetches
        self._known: dict[str, Fetch] = {}
        self._notes: dict[str, tuple[Fetch, Document | None]] = {}
        self._again = 0.0

    def hear(self, slots: Iterable[Slot]) -> None:
        """Hear how sources stand, by what was noted here before and by others since."""
        here = {slot.name: slot for slot in slots if is_address(slot.name)}
        with self._asked() as may:
            if not may:
                return
            if not self._known:
                found = self._fetches.begin(here)
            elif self._fetches.is_shared:
                found = self._fetches.news()
            else:
                return
            for name, fetch in found.items():
                before, slot = self._known.get(name), here[name]
                if name in self._notes or slot.mine or fetch == before:
                    continue
                self._known[name] = fetch
                _recall(slot, fetch)
                if before and fetch.digest != before.digest:
                    slot.look = True

    def take(self, slots: Iterable[Slot], now: datetime) -> None:
        """Take those that are due and that nobody else fetches."""
        several = [slot for slot in slots if is_address(slot.name)]
        free = (slot for slot in several if slot.visit is None and not slot.mine)
        due = {slot.name: slot for slot in free if slot.due is None or slot.due <= now}
        mine: Collection[str] = due
        with self._asked() as may:
            if due and may:
                known = {name: self._known[name] for name in due if name in self._known}
                taken = self._fetches.take(known, sum(slot.mine for slot in several))
                mine = taken | (due.keys() - known.keys())
        for name in mine:
            due[name].mine = True

    def note(self, slots: Iterable[Slot]) -> None:
        """Note what came of fetching, and let go."""
        for slot in slots:
            if slot.unnoted:
                before = self._known.get(slot.name, Fetch())
                fetch, document = _noted(slot, before)
                self._known[slot.name] = fetch
                # What couldn't be noted is replaced, but for what was read.
                _, earlier = self._notes.get(slot.name, (None, None))
                self._notes[slot.name] = fetch, document or earlier
                slot.unnoted = slot.mine = False
        with self._asked() as may:
            if self._notes and may:
                self._fetches.note((name, *note) for name, note in self._notes.items())
                self._notes.clear()

    def copy(self, name: str, digest: str | None) -> Copy | None:
        """What was read of a source last, if others have it and it is another one."""
        fetch = self._known.get(name)
        if not self._fetches.is_shared or fetch is None or fetch.digest in (None, digest):
            return None
        with suppress(StateError):
            if found := self._fetches.document(name):
                validators = Validators(found.etag, found.modified)
                return Copy(found.body, found.address, found.content_type, validators)
        return None

    def close(self) -> None:
        self._fetches.close()

    @contextmanager
    def _asked(self) -> Iterator[bool]:
        """Whether the ledger may be asked: not for a while where it couldn't be used.

        To find that out may take seconds, in which the site's files aren't looked at.
        """
        try:
            yield time.monotonic() >= self._again
        except StateError:
            self._again = time.monotonic() + _PAUSE


def _recall(slot: Slot, fetch: Fetch) -> None:
    slot.due, slot.barred = _moment(fetch.due), _moment(fetch.barred)
    slot.failures, slot.quiet = fetch.attempts, fetch.quiet
    slot.checked, slot.success = _moment(fetch.checked), _moment(fetch.success)
    slot.error, slot.moved = fetch.error, fetch.moved
    slot.refused, slot.gone = fetch.state == "refused", fetch.state == "gone"
    # What was told of it was told to who has fetched it, too.
    slot.asked = slot.asked and fetch.visits == 0


def _noted(slot: Slot, before: Fetch) -> tuple[Fetch, Document | None]:
    copy, document = slot.copy, None
    if copy and copy.digest != before.digest:
        known = copy.validators
        document = Document(copy.body, copy.address, copy.content_type, known.etag, known.modified)
    fetch = Fetch(
        before.visits + 1,
        _stamp(slot.due),
        slot.failures,
        _stamp(slot.barred),
        slot.quiet,
        _stamp(slot.checked),
        _stamp(slot.success),
        slot.error,
        "refused" if slot.refused else "gone" if slot.gone else None,
        slot.moved,
        copy.digest if copy else before.digest,
    )
    return fetch, document


def _moment(time: float | None) -> datetime | None:
    return None if time is None else datetime.fromtimestamp(time, UTC)


def _stamp(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None
