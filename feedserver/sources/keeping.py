"""What is kept of addresses: the last good copy, and the history of all that they have had.

A copy has all that is needed to ask for a newer one. It is a file for each address: a line of JSON,
and the document behind it. So both are written at once. Histories stand in the ledger.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs
from msgspec import Struct

from feedserver.errors import ArchiveError, FeedServerError, SourceError, StateError
from feedserver.foreign.reading import Reading
from feedserver.formats import decoding
from feedserver.ledger import history, ledger
from feedserver.ledger.history import About, History
from feedserver.ledger.ledger import Ledger
from feedserver.model import Archive
from feedserver.newsletter.registry import Registry
from feedserver.settings.settings import Settings, password
from feedserver.sources import source as sources
from feedserver.sources.fetching import Fetched, Validators
from feedserver.sources.statefolder import lasting
from feedserver.store import files

COPIES = "sources"
"""The folder of copies within a state folder."""

_VERSION = 1
_MOST = 10**10
"""More than is ever fetched."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A document, where it came from at last and as what, and what its server said of it."""

    body: bytes
    address: str
    content_type: str | None
    validators: Validators

    @property
    def digest(self) -> str:
        """What tells the document from others."""
        return _digest(self.body)

    @classmethod
    def of(cls, fetched: Fetched, body: bytes) -> Copy:
        return cls(body, fetched.address, fetched.content_type, fetched.validators)


class _Head(Struct):
    version: int
    source: str
    address: decoding.Text
    digest: str = ""
    content_type: str = ""
    etag: str = ""
    modified: str = ""


def load(folder: Path, address: str) -> Copy | None:
    """The copy of an address; nothing if there is none, or none that can be read."""
    try:
        head, _, body = files.read(_file(folder, address), _MOST).partition(b"\n")
        found = decoding.typed(decoding.read(head), _Head)
        if found.version != _VERSION or found.source != address or found.digest != _digest(body):
            return None
        # What isn't there is empty, as it is where a server says nothing.
        validators = Validators(found.etag or None, found.modified or None)
        return Copy(body, found.address, found.content_type or None, validators)
    except (OSError, ArchiveError):
        return None


def earlier(address: str) -> Copy | None:
    """The newest copy of an address that a server with other sources has kept below the cache."""
    name = _file(Path(), address).name
    found = platformdirs.user_cache_path("feedserver").glob(f"*/{COPIES}/{name}")
    times = {}
    for path in found:
        with suppress(OSError):
            times[path] = path.stat().st_mtime
    copies = (load(path.parent, address) for path in sorted(times, key=lambda each: -times[each]))
    return next((copy for copy in copies if copy), None)


def save(folder: Path, address: str, copy: Copy) -> None:
    """Keep a copy in place of the one before.

    Raises:
        OSError: it can't be written.
    """
    values = {
        "version": _VERSION,
        "source": address,
        "address": copy.address,
        # Its server may say that it hasn't changed: then what is damaged here would stay.
        "digest": copy.digest,
        "content_type": copy.content_type,
        "etag": copy.validators.etag,
        "modified": copy.validators.modified,
    }
    head = json.dumps({name: value for name, value in values.items() if value is not None})
    files.replace(_file(folder, address), head.encode() + b"\n" + copy.body)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _file(folder: Path, address: str) -> Path:
    return folder / hashlib.sha256(address.encode()).hexdigest()


def ledger_of(
    settings: Settings, folder: Path, *, patient: bool = False, busy: float = ledger.BUSY
) -> AbstractContextManager[Ledger]:
    """The ledger that the settings name, or that in a folder; the rest as of `ledger.opened`.

    Raises:
        StateError, SettingsError: it can't be used, or its password isn't there.
    """
    secret = password(settings, os.environ) if settings.database else None
    return ledger.opened(folder, settings.database, secret, patient=patient, busy=busy)


@contextmanager
def opened(settings: Settings, folder: Path) -> Iterator[History]:
    """The histories in a folder, or in the database that the settings name.

    Raises:
        StateError, SettingsError: they can't be used.
    """
    with ledger_of(settings, folder) as found:
        yield History(found, settings.history_entries)


def whole(settings: Settings, address: str, fetched: Reading | None, now: float) -> Archive | None:
    """All that a source has had, with what was fetched of it just now, which isn't kept.

    Nothing if there is no history of it.

    Raises:
        StateError, SettingsError: the ledger can't be used.
    """
    folder = lasting(settings)
    if not settings.history or not (settings.database or (folder / ledger.FILE).exists()):
        return None
    with opened(settings, folder) as found:
        if found.about(address) is None:
            return None
        registry = sources.options(settings).registry
        if fetched is None:
            return found.archive(address, registry)
        return found.preview(address, taken(fetched), now, registry)


def begin(settings: Settings, archive: Archive, now: float) -> tuple[str, int]:
    """Add entries to the history of the source whose site they are of; which that is, and how many.

    Raises:
        SourceError: that can't be told, or there is no such source.
        StateError, SettingsError: the ledger can't be used.
    """
    names = (*settings.sources, *(peer.url for peer in settings.peers if peer.history))
    addresses = [name for name in names if name.startswith(("http://", "https://"))]
    if not addresses or not settings.history:
        raise SourceError("the settings name no source at an address whose history is kept")
    with opened(settings, lasting(settings)) as found:
        address = _owner(found, addresses, archive.site.url)
        about = found.about(address)
        if about and about.complete:
            raise SourceError(f"{address}: it is an archive, and has all that there is")
        return address, found.begin(address, archive, now)


def forget(settings: Settings, id: str) -> int:
    """Forget an entry for ever, or all of the source at an address; how many entries these are.

    Raises:
        SourceError: nothing of that id is kept.
        StateError, SettingsError: the ledger can't be used.
    """
    with opened(settings, lasting(settings)) as found:
        is_source = found.count(id) > 0
        count = found.leave(id) if is_source else found.forget(id)
    if is_source:
        name = _file(Path(), id).name
        caches = platformdirs.user_cache_path("feedserver").glob(f"*/{COPIES}/{name}")
        for copy in (lasting(settings) / COPIES / name, *caches):
            copy.unlink(missing_ok=True)
    if not count:
        raise SourceError(f"{id}: nothing of this id or address is kept")
    return count


def _owner(found: History, addresses: Sequence[str], home: str) -> str:
    if len(addresses) == 1:
        return addresses[0]
    for which in (
        [each for each in addresses if found.home(each) == home],
        [each for each in addresses if urlsplit(each).netloc == urlsplit(home).netloc],
    ):
        if len(which) == 1:
            return which[0]
    told = ", ".join(addresses)
    raise SourceError(f"{home}: of which source these entries are can't be told: {told}")


def taken(reading: Reading, digest: str | None = None) -> history.Fetched:
    """A reading, as a history takes it; `digest` tells the document that was read."""
    return history.Fetched(
        reading.archive, reading.complete, reading.order, reading.withdrawn, digest
    )


class Past:
    """The histories of a server's sources; may be used in any thread.

    Where they could never be opened, sources are what they are without: `problem` says why.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._history: History | None = None
        self._whole: dict[str, tuple[int, int, Registry, Archive]] = {}
        self._gone: set[str] = set()
        self._moved: dict[str, tuple[str, float]] = {}
        self.changes = 0
        """How often histories had changed when they were looked at last."""
        self.without: frozenset[str] = frozenset()
        """Addresses of which no history is kept."""
        self.problem: str | None = None
        # Also of one that nobody closes.
        self.close = weakref.finalize(self, self._stack.close)

    def whole(
        self,
        address: str,
        reading: Reading,
        now: float,
        registry: Registry,
        *,
        digest: str,
        again: bool = False,
    ) -> Reading:
        """A reading with all that its source has had; what was read `again` is no fetch.

        Of a document that is older than what is kept nothing is taken then.

        Raises:
            StateError: it can't be taken now.
        """
        if not again:
            self._gone.discard(address)
        if (found := self._opened(address)) is None:
            return reading
        found.take(address, taken(reading, digest), now, again=again)
        return replace(reading, archive=self._archive(found, address, registry) or reading.archive)

    def has_taken(self, address: str, digest: str) -> bool:
        """Whether a document is what was taken last; also where no history is kept.

        Raises:
            StateError: the same.
        """
        if (found := self._opened(address)) is None:
            return True
        about = found.about(address)
        return about is not None and about.digest == digest

    def confirmed(self, address: str, now: float, registry: Registry) -> Archive | None:
        """All of a source that has nothing new; nothing if nothing is known of it.

        Raises:
            StateError: the same.
        """
        self._gone.discard(address)
        if (found := self._opened(address)) is None or found.about(address) is None:
            return None
        found.confirm(address, now)
        return self._archive(found, address, registry)

    def kept(self, address: str, registry: Registry) -> Archive | None:
        """All that a source has had; nothing if nothing is known of it."""
        with suppress(StateError):
            if found := self._opened(address):
                return self._archive(found, address, registry)
        return None

    def is_gone(self, address: str) -> bool:
        """Whether a source has said that it is gone, and nothing since."""
        about: About | None = None
        with suppress(StateError):
            about = found.about(address) if (found := self._opened(address)) else None
        return address in self._gone or (about is not None and about.gone is not None)

    def mark(self, address: str, gone: float) -> None:
        """Remember that a source is gone."""
        self._gone.add(address)
        with suppress(StateError):
            if found := self._opened(address):
                found.mark(address, gone)

    def moved(self, address: str) -> tuple[str, float] | None:
        """Where a source has moved to, if it has, and when it was asked at its own address."""
        with suppress(StateError):
            if (found := self._opened(address)) and (about := found.about(address)):
                return (about.moved, about.asked or 0.0) if about.moved else None
        return self._moved.get(address)

    def move(self, address: str, to: str | None, now: float) -> None:
        """Remember where a source has moved to, or that it is at its own address."""
        if to:
            self._moved[address] = to, now
        else:
            self._moved.pop(address, None)
        with suppress(StateError):
            if found := self._opened(address):
                found.move(address, to, now)

    def changed(self, registry: Callable[[], Registry]) -> Mapping[str, Archive]:
        """All that those sources have had of which others have changed something meanwhile.

        Other servers do, which have the same database, and commands.
        """
        found = self._history
        news: dict[str, Archive] = {}
        # What can't be had now is looked at again.
        with suppress(FeedServerError):
            if found and (count := found.changes()) != self.changes:
                revisions = found.revisions()
                for address, (revision, *_) in list(self._whole.items()):
                    if revisions.get(address, revision) != revision:
                        if archive := self._archive(found, address, registry()):
                            news[address] = archive
                self.changes = count
        return news

    def _opened(self, address: str) -> History | None:
        if address in self.without:
            return None
        with self._lock:
            if self._history is None and self._settings.history and self.close.alive:
                try:
                    kept = opened(self._settings, self._folder)
                    self._history = self._stack.enter_context(kept)
                    self.problem = None
                except FeedServerError as error:
                    self.problem = f"what leaves the sources' feeds is not kept: {error}"
            return self._history

    def _archive(self, found: History, address: str, registry: Registry) -> Archive | None:
        """It is made anew only if it has changed."""
        about = found.about(address)
        known = self._whole.get(address)
        if about and known and known[:3] == (about.revision, found.losses, registry):
            return known[3]
        archive = found.archive(address, registry)
        if about and archive:
            self._whole[address] = (about.revision, found.losses, registry, archive)
        return archive
