"""Looking at all sources, and making the database anew when one of them has changed.

A source that fails keeps the entries that it had, and says so. What can't be written is served on
as it was, and tried again; `health` and `status.json` tell of both. Files are looked at
each time, and read when two looks in a row find them the same, so not while they are written.
Addresses are fetched when they are due, beside all else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from feedserver.errors import FeedServerError, GoneError, SourceError, StateError
from feedserver.foreign import joining
from feedserver.foreign.reading import Reading
from feedserver.model import Archive
from feedserver.settings.settings import Settings
from feedserver.sources import keeping, slots, statefolder
from feedserver.sources import source as sources
from feedserver.sources.fetching import Fetcher, Threads, WebFetcher
from feedserver.sources.keeping import COPIES, Past
from feedserver.sources.sightings import Sightings
from feedserver.sources.slots import GONE, Made, Outcome, Pushes, Slot, Visitor
from feedserver.sources.source import Source
from feedserver.sources.statefolder import Health, StateFolder
from feedserver.sources.written import Turns, Written

log = logging.getLogger("feedserver")

DATABASE = statefolder.DATABASE


class Builder:
    """Makes the database of `settings.state` from `settings.sources`.

    `state` is that folder, where it is held, and `lasting` the one of histories, if it is another.

    Raises:
        SourceError, RegistryError: the settings can't be followed.
    """

    database = DATABASE
    status = statefolder.STATUS
    waits = True
    at_once = 4
    """The names of its files, whether the first refresh waits for what is being fetched, and from
    how many addresses that is at once."""

    def __init__(
        self,
        settings: Settings,
        *,
        state: StateFolder | None = None,
        fetcher: Fetcher | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        lasting: Path | None = None,
        turns: Turns | None = None,
    ) -> None:
        if settings.state is None or not settings.sources:
            raise SourceError("no source is named" if settings.state else "no state folder")
        self._settings = settings
        self._state = settings.state
        self._written = Written(
            state or StateFolder(settings.state, locked=False), self.database, self.status
        )
        self._past = Past(settings, lasting or (state.lasting if state else settings.state))
        self._visitor = Visitor(
            self._state / COPIES,
            self._past,
            fetcher or WebFetcher(settings),
            self._parse,
            lambda: sources.options(settings).registry,
            now,
        )
        if turns:
            self._visitor = replace(self._visitor, others=turns.copy)
        self._now = now
        self._turns = turns
        self._slots = [Slot(name) for name in dict.fromkeys(settings.sources)]
        self._threads = Threads(self.at_once)
        self._built = False
        self._telling: datetime | None = None
        self.pushes: Pushes | None = None
        """What tells of changes; set by who has it."""
        self.health = Health()
        self.archives: tuple[Archive, ...] = ()
        """How all was at the end of the last refresh, and what the database has then; both may be
        read in another thread."""
        self.made = Made(0, 0)
        """Which changes of histories the database has."""
        sources.options(settings)

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the sources."""
        return tuple(slot.name for slot in self._slots)

    @property
    def folder(self) -> Path | None:
        """The folder of the first source that has pages."""
        folders = (slot.source.folder for slot in self._slots if slot.source)
        return next((folder for folder in folders if folder), None)

    def refresh(self) -> bool:
        """Look at all sources; whether there is a new database.

        Fetching goes on beside it, and is waited for only the first time.

        Raises:
            FeedServerError: nothing can be served: no source could be read and none ever was, or
                the database can't be written.
        """
        changed = False
        if self._turns:
            self._turns.hear(self._slots)
        slots.listen(self._slots, self.pushes, self._now())
        if self._turns:
            self._turns.take(self._slots, self._now())
        for slot in self._slots:
            changed |= self._look(slot)
        for slot in self._slots:
            if slot.visit and ((self.waits and not self._built) or slot.visit.done()):
                try:
                    outcome = slot.visit.result()
                except CancelledError:
                    return False
                finally:
                    slot.visit = None
                changed |= self._take(slot, outcome)
        changed |= self._look_at_histories()
        self._written.look_at_folder()
        self._written.look_at_database()
        self._written.due |= changed
        try:
            made = self._make()
            if not self._built and not made:
                self._begin()
            self._built = True
            if not self._written.due:
                under_way = [slot.since for slot in self._slots if slot.visit]
                self.made = Made(min([self._past.changes, *under_way]), self._past.changes)
        finally:
            if self._turns:
                self._turns.note(self._slots)
            for slot in self._slots:
                self._keep(slot)
            self._tell()
        return made

    def _make(self) -> bool:
        """Make the database anew, if that is due; whether there is a new one."""
        written = self._written
        readings = [slot.reading for slot in self._slots if slot.reading]
        if not readings or not (written.due or written.fault):
            return False
        if not written.write(lambda: joining.join([each.archive for each in readings])):
            return False
        self._mark_served()
        return True

    def _mark_served(self) -> None:
        for slot in self._slots:
            if slot.reading is not slot.served:
                log.info("%s: taken up", slot.name)
            slot.served = slot.reading
        self.archives = tuple(slot.served.archive for slot in self._slots if slot.served)

    def _begin(self) -> None:
        """Begin with the database that is there, as there can't be a new one.

        Raises:
            SourceError: there is none, or it is of other sources.
        """
        readings = [slot.reading for slot in self._slots if slot.reading]
        archive = joining.join([each.archive for each in readings]) if readings else None
        if archive and self._written.adopt(archive):
            self._written.due = False
            self._mark_served()
            return
        served = self._is_served()
        errors = [slot.error for slot in self._slots if slot.error]
        told = "; ".join((*errors, *(self._written.problems if readings else ())))
        if not served:
            raise SourceError(told)
        log.warning("%s; what was served before stays", told)

    def hurry(self) -> None:
        """Let all sources be read, whether they have changed and whenever they are due.

        Only who has asked not to be asked before some time isn't.
        """
        self._written.due = True
        self.suspect()
        for slot in self._slots:
            slot.stamp = None
            slot.again = True
            slot.due = slot.barred

    def suspect(self) -> None:
        """Let the next refresh see whether the database is whole."""
        self._written.suspect()

    def close(self) -> None:
        """Let go of what is being fetched; who waits for it in `refresh` gets nothing."""
        for slot in self._slots:
            if slot.visit:
                slot.visit.cancel()
        self._past.close()
        if self._turns:
            self._turns.close()

    def _look(self, slot: Slot) -> bool:
        """Look at a file, or see to it that an address is visited; whether there is news."""
        try:
            if slot.source is None:
                slot.source = self._found(slot.name)
            if slot.source.path is None:
                self._visit(slot, slot.source)
                return False
            return self._look_at(slot, slot.source, slot.source.path)
        except (SourceError, OSError) as error:
            slot.stamp = slot.seen = None
            strerror = error.strerror if isinstance(error, OSError) else None
            self._fail(slot, f"{slot.name}: {strerror}" if strerror else str(error))
            return False

    def _found(self, name: str) -> Source:
        """The source of a name."""
        return sources.find(name, self._settings, Sightings.of(self._state, name, self._now))

    def _parse(
        self, source: Source, body: bytes, address: str, content_type: str | None
    ) -> Reading:
        """Read what was fetched. Raises as `Source.parse`."""
        return source.parse(body, address, content_type)

    def _look_at(self, slot: Slot, source: Source, path: Path) -> bool:
        try:
            found = path.stat()
        except FileNotFoundError:
            # What is missing is told as at the start.
            self._found(slot.name)
            raise
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

    def _visit(self, slot: Slot, source: Source) -> None:
        """Visit an address if that is due and not being done.

        Raises:
            OSError: it can't be now.
        """
        is_due = slot.due is None or slot.due <= self._now()
        fetching = slot.mine if self._turns else is_due
        first = slot.reading is None or (slot.look and not fetching)
        if slot.visit is not None or not (fetching or (slot.look and self._turns)):
            return
        if slot.reading is None and self.waits:
            # If nothing of it is kept, it can't wait, unless it has asked us to.
            fetching |= slot.barred is None or slot.barred <= self._now()
        visit = partial(self._visitor.visit, source, first, slot.again, fetching)
        slot.visit, slot.again = self._threads.answer(visit), False
        slot.since = self._past.changes
        slot.heard, slot.asked = slot.asked, False

    def _look_at_histories(self) -> bool:
        """Take what others have changed of what is kept; whether there is any."""
        news = self._past.changed(self._visitor.registry)
        changed = False
        for slot in self._slots:
            if slot.reading and (archive := news.get(slot.name)):
                changed |= self._succeed(slot, replace(slot.reading, archive=archive))
        return changed

    def _take(self, slot: Slot, outcome: Outcome) -> bool:
        """Take what a visit came to, and say when the next one is due."""
        now, slot.look = self._now(), False
        if outcome.kept:
            return self._take_kept(slot, outcome.reading)
        slot.unnoted = self._turns is not None
        if outcome.moved and outcome.moved != slot.moved:
            log.warning("%s has moved for good, to %s", slot.name, outcome.moved)
        slot.checked = now
        # What fails tells nothing of a move.
        slot.moved = outcome.moved if outcome.error is None else outcome.moved or slot.moved
        slot.gone = isinstance(outcome.error, GoneError)
        if slot.gone:
            slot.due = now + timedelta(seconds=slots.LONGEST_REQUEST)
            self._fail(slot, f"{slot.name}: {GONE}")
            return False
        if isinstance(outcome.error, StateError):
            # It is not the source that has failed.
            slot.due = now + timedelta(seconds=slots.FIRST_WAIT)
            self._fail(slot, f"{slot.name}: {outcome.error}")
            return False
        if outcome.error:
            slots.postpone(slot, outcome.error, self._settings.poll, now)
            self._fail(slot, str(outcome.error), refused=outcome.refused)
            return False
        slot.copy = outcome.copy or slot.copy
        slot.failures, slot.barred = 0, None
        known, reading = slot.reading, outcome.reading
        if outcome.whole and known and outcome.whole is not known.archive:
            reading = replace(known, archive=outcome.whole)
        changed = self._succeed(slot, reading)
        slot.due = slots.following(slot, self._settings.poll, now, is_new=changed)
        slots.tell(slot, self.pushes, is_new=changed and known is not None)
        return changed

    def _take_kept(self, slot: Slot, reading: Reading | None) -> bool:
        """Take what was there, here or with others: so it isn't the less due."""
        slot.asked |= slot.heard
        if self._turns is None or (reading is None and not slot.failures):
            slot.due = self._now()
        if reading is None or reading == slot.reading:
            return False
        self._read(slot, reading)
        return True

    def _succeed(self, slot: Slot, reading: Reading | None) -> bool:
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

    def _read(self, slot: Slot, reading: Reading | None) -> None:
        slot.reading = reading
        found = reading.archive.entries if reading else ()
        slot.updates = sum(1 for entry in found if entry.update)
        slot.posts = len(found) - slot.updates

    def _fail(self, slot: Slot, error: str, *, refused: bool = False) -> None:
        # Where nothing else is there, the error is raised.
        if error != slot.error and (self._built or len(self._slots) > 1):
            stays = "; the old archive stays" if slot.reading else ""
            log.warning("%s%s", error, stays)
        slot.error, slot.refused = error, refused

    def _is_served(self) -> bool:
        """Whether the state folder has a database, and of one of these sources."""
        times = {each.name: each.last_success for each in statefolder.statuses(self._state)}
        for slot in self._slots:
            # Else the next restart wouldn't know.
            slot.success = slot.success or times.get(slot.name)
        return any(times.get(slot.name) for slot in self._slots) and self._written.adopt(None)

    def _keep(self, slot: Slot) -> None:
        """Keep a copy of what was fetched; what can't be kept is tried again."""
        if slot.copy is None or self._written.trouble:
            return
        try:
            keeping.save(self._state / COPIES, slot.name, slot.copy)
            slot.copy = slot.unkept = None
        except OSError as error:
            slot.unkept = f"{slot.name}: no copy can be kept: {error.strerror}"

    def _tell(self) -> None:
        """Tell how all is, if anything of it is new, and it is time to."""
        now = self._now()
        if self._telling and now < self._telling:
            return
        self._telling = now + timedelta(seconds=statefolder.pause(len(self._slots)))
        unkept = (slot.unkept for slot in self._slots)
        health = self._written.tell(self._slots, self._past.problem, *unkept)
        for problem in health.problems:
            if problem not in self.health.problems:
                log.warning("%s; what is served stays", problem)
        if self.health.problems and not health.problems:
            log.info("%s: it can be written again", self._state)
        self.health = health
