"""The sources of a builder: what was read of each, how it is, and what is to be done next.

And what a visit to an address comes to, which is made in a thread of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol

from feedserver.errors import FeedServerError, FetchError, GoneError, StateError
from feedserver.foreign.reading import Reading
from feedserver.model import Archive
from feedserver.newsletter.registry import Registry
from feedserver.sources import keeping
from feedserver.sources.fetching import Fetched, Fetcher, Validators
from feedserver.sources.keeping import Copy, Past
from feedserver.sources.source import Source

FIRST_WAIT, _LONGEST_WAIT = 60.0, 6 * 3600.0
"""For how many seconds a source is left alone that has failed once, and often."""
_SOON = 5.0
"""The same of one that was never read."""
LONGEST_REQUEST = 24 * 3600.0
"""For how many seconds at most it is left alone that asks for it."""
_TOLD, _QUIET, _LONGEST = 12, 4, 6 * 3600.0
"""How many times as long a source is left alone whose changes are told, and one at most that has
had none for long; and for how long at most, in seconds."""
_STEPS = 24
"""After so many fetches without a change it is left alone for twice as long."""
_GAP = timedelta(seconds=2)
"""How long it is left alone, however often they are told."""
_AGAIN = timedelta(seconds=5)
_LOOK_BACK = 24 * 3600.0
"""How often, in seconds, a source that has moved is asked at its first address."""

GONE = "it answers 410 Gone: it is asked no more"


class Made(NamedTuple):
    """Of so many changes of histories a database has `least` all, and none later than `most`."""

    least: int
    most: int


Stamp = tuple[int, int, int]
"""What tells one version of a file from another: time, size, inode."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a visit to an address came to; `kept` if it is the copy of an earlier one.

    `copy` is to be kept. Without a reading `whole` may be what its source has by now.
    """

    reading: Reading | None
    error: FeedServerError | None = None
    refused: bool = False
    moved: str | None = None
    kept: bool = False
    copy: Copy | None = None
    whole: Archive | None = None


class Pushes(Protocol):
    """What others tell of sources at addresses, so that they needn't be asked as often."""

    def take(self) -> tuple[Collection[str], Collection[str]]:
        """The sources that are to be fetched now, and those of whose changes we are told.

        Raises:
            StateError: that isn't known at the moment.
        """

    def fetched(self, source: str) -> None:
        """A source was fetched since it was taken. Raises as `take` does."""

    def missed(self, source: str) -> None:
        """A change of a source was found that nobody had told. Raises as `take` does."""


@dataclass(slots=True)
class Slot:
    """A source, what was read of it last, and how it is; `served` is what the database has.

    `told` says that others tell of its changes, `asked` that it is to be fetched because they have,
    and `heard` that it is being fetched for that.
    """

    name: str
    source: Source | None = None
    reading: Reading | None = None
    served: Reading | None = None
    posts: int = 0
    updates: int = 0
    error: str | None = None
    refused: bool = False
    gone: bool = False
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
    quiet: int = 0
    told: bool = False
    asked: bool = False
    heard: bool = False
    visit: Future[Outcome] | None = None
    copy: Copy | None = None
    unkept: str | None = None
    # What is kept of it is to be looked at; it is ours to fetch; that isn't noted yet.
    look: bool = True
    mine: bool = False
    unnoted: bool = False
    # How often histories had changed when its visit began.
    since: int = 0


def listen(slots: Iterable[Slot], pushes: Pushes | None, now: datetime) -> None:
    """Hear of what others tell: what is to be fetched now is due."""
    asked, told = _told(pushes)
    for slot in slots:
        slot.told = slot.name in told
        if slot.name in asked:
            slot.asked = True
            # However often somebody says so, and unless the source has asked to be left alone.
            soon = slot.checked + _GAP if slot.checked else now
            slot.due = max(filter(None, (now, soon, slot.barred)))


def following(slot: Slot, poll: float, now: datetime, *, is_new: bool) -> datetime:
    """When a source is due again that was fetched now.

    That is after `poll` seconds, and later if many fetches in a row have brought nothing new.
    """
    slot.quiet = 0 if is_new else slot.quiet + 1
    if slot.asked:
        # What was told while it was being fetched may be newer.
        return now + _GAP
    if slot.heard and not is_new:
        # A site may tell what not all of its servers have yet.
        return now + _AGAIN
    # Who is told of changes looks for those alone that were lost on the way.
    times = _TOLD if slot.told else min(1 + slot.quiet // _STEPS, _QUIET)
    return now + timedelta(seconds=max(poll, min(poll * times, _LONGEST)))


def postpone(slot: Slot, error: Exception, poll: float, now: datetime) -> None:
    """Say when a source is due again that has failed: later each time, and when it asks for it."""
    slot.failures += 1
    # What was told is yet to be fetched.
    slot.asked |= slot.heard
    wait = min(min(FIRST_WAIT, poll) * 2 ** min(slot.failures - 1, 20), _LONGEST_WAIT)
    if slot.reading is None:
        # It may be starting just now, as we are.
        wait = min(wait, _SOON * 2 ** min(slot.failures - 1, 20))
    if isinstance(error, FetchError) and error.retry_after is not None:
        asked = min(error.retry_after, LONGEST_REQUEST)
        slot.barred = now + timedelta(seconds=asked)
        wait = max(wait, asked)
    slot.due = now + timedelta(seconds=wait)


def tell(slot: Slot, pushes: Pushes | None, *, is_new: bool) -> None:
    """Tell that a source was fetched, and of a change that was found by asking alone."""
    if pushes is None:
        return
    with suppress(StateError):
        if is_new and not slot.heard:
            pushes.missed(slot.name)
        if not slot.asked:
            pushes.fetched(slot.name)


def _told(pushes: Pushes | None) -> tuple[Collection[str], Collection[str]]:
    # Where it isn't known, sources are asked as often as without it.
    with suppress(StateError):
        return pushes.take() if pushes else ((), ())
    return (), ()


def is_address(name: str) -> bool:
    """Whether a source is fetched."""
    return name.startswith(("http://", "https://"))


Parse = Callable[[Source, bytes, str, str | None], Reading]
"""Reads a document of a source, which came from an address as a media type."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Visits addresses; of each it keeps what it has had."""

    copies: Path
    past: Past
    fetcher: Fetcher
    parse: Parse
    registry: Callable[[], Registry]
    now: Callable[[], datetime]
    others: Callable[[str, str | None], Copy | None] = lambda name, digest: None
    """What others have read of a source last, if it is another document."""

    def visit(self, source: Source, first: bool, again: bool, fetching: bool = True) -> Outcome:
        """Visit an address; at `first` what was kept will do for now. Nothing is fetched unless
        `fetching`.

        What hasn't changed is read `again` from the copy, as the settings may have.
        """
        try:
            return self._visit(source, first, again, fetching)
        except StateError as error:
            # What it has brought isn't lost: it is fetched once more.
            return Outcome(None, error)
        except FeedServerError as error:
            return Outcome(None, error, refused=not isinstance(error, FetchError))

    def _visit(self, source: Source, first: bool, again: bool, fetching: bool) -> Outcome:
        name, past = source.name, self.past
        copy = keeping.load(self.copies, name)
        copy = self.others(name, copy.digest if copy else None) or copy
        found = self._before(source, copy) if first else None
        if found or not fetching:
            return Outcome(found, kept=True)
        if first:
            # One of an older version of ours is fetched anew.
            copy = None
        if not again and past.is_gone(name):
            raise GoneError(GONE)
        now = self.now().timestamp()
        try:
            fetched = self._fetched(name, copy.validators if copy else Validators(), now)
        except GoneError:
            past.mark(name, now)
            raise
        if fetched.body is not None:
            copy, is_new = Copy.of(fetched, fetched.body), True
        elif copy and not past.has_taken(name, copy.digest):
            # Others may have taken another since, who have the same histories.
            is_new = True
        elif copy and again:
            is_new = False
        else:
            whole = past.confirmed(name, now, self.registry())
            return Outcome(None, moved=fetched.moved, whole=whole)
        try:
            found = self.parse(source, copy.body, copy.address, copy.content_type)
        except FeedServerError as error:
            return Outcome(None, error, refused=True, moved=fetched.moved)
        registry = self.registry()
        found = past.whole(name, found, now, registry, digest=copy.digest, again=not is_new)
        return Outcome(found, moved=fetched.moved, copy=copy)

    def _fetched(self, name: str, known: Validators, now: float) -> Fetched:
        """Fetch a document from where it has moved to for good.

        That may have been a mistake, or the word of somebody who had no right to it: so the first
        address is asked too, once a day, and if the other one fails.
        """
        move = self.past.moved(name)
        if move is None:
            found = self.fetcher.fetch(name, known)
            if found.moved:
                self.past.move(name, found.moved, now)
            return found
        to, asked = move
        is_due = not 0 <= now - asked < _LOOK_BACK
        if is_due:
            # It may fail as often as it likes.
            with suppress(FetchError):
                return self._back(name, now)
        try:
            found = self.fetcher.fetch(to, known)
        except FetchError as error:
            if not is_due and error.retry_after is None:
                with suppress(FetchError):
                    return self._back(name, now)
            raise
        if is_due or found.moved:
            self.past.move(name, found.moved or to, now)
        return replace(found, moved=found.moved or to)

    def _back(self, name: str, now: float) -> Fetched:
        """Fetch a document from its first address; what is known of it is of another one.

        Raises:
            FetchError: it can't be had there.
        """
        found = self.fetcher.fetch(name, Validators())
        self.past.move(name, found.moved, now)
        return found

    def _before(self, source: Source, copy: Copy | None) -> Reading | None:
        """What was read of an address before this server was started, by today's settings."""
        name = source.name
        if copy := copy or keeping.earlier(name):
            with suppress(FeedServerError):
                found = self.parse(source, copy.body, copy.address, copy.content_type)
                now, registry, digest = self.now().timestamp(), self.registry(), copy.digest
                try:
                    return self.past.whole(name, found, now, registry, digest=digest, again=True)
                except StateError:
                    whole = self.past.kept(name, registry)
                    return replace(found, archive=whole) if whole else found
        whole = self.past.kept(name, self.registry())
        return Reading(whole) if whole else None
