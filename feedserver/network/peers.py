"""The network's database: the site's own entries with those of its peers.

It is made beside the site's own, by a thread of its own: a peer that is slow, gone or broken, or
that floods, keeps what it had, is asked again later, and delays nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from feedserver.errors import FetchError, ForeignError
from feedserver.foreign import isolated, network
from feedserver.foreign.network import Member, host_of
from feedserver.foreign.reading import Reading
from feedserver.formats import archive
from feedserver.model import Archive
from feedserver.network.looking import Looking, is_own
from feedserver.settings.settings import Settings
from feedserver.sources import statefolder
from feedserver.sources.builder import Builder
from feedserver.sources.fetching import Fetched, Fetcher, Validators, WebFetcher
from feedserver.sources.source import Source
from feedserver.sources.statefolder import Health
from feedserver.sources.written import Turns

_ROOM, _REAR = isolated.Room(), isolated.Room()
"""Where peers are read, one at a time, and those that have failed the last time: a document can be
made to take a minute, and that others wait for it must not happen again and again. The site's own
sources are read elsewhere."""


class _Each:
    """Fetches for each peer within its own limit of size."""

    def __init__(self, fetchers: Mapping[str, Fetcher]) -> None:
        looking = {fetcher: Looking(fetcher) for fetcher in fetchers.values()}
        self._fetchers = {name: looking[fetcher] for name, fetcher in fetchers.items()}

    def fetch(self, address: str, known: Validators) -> Fetched:
        return self._fetchers[address].fetch(address, known)


class Peers(Builder):
    """Makes the network's database in `settings.state`; `own` gives the site's own archives."""

    database = statefolder.NETWORK
    status = statefolder.PEERS
    waits = False
    at_once = 12

    def __init__(
        self,
        settings: Settings,
        own: Callable[[], Sequence[Archive]],
        *,
        fetcher: Fetcher | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        lasting: Path | None = None,
        turns: Turns | None = None,
    ) -> None:
        self._peers = {peer.url: peer for peer in settings.peers}
        self._most = {peer.url: peer.entries or settings.peer_entries for peer in settings.peers}
        self._sizes = {peer.url: peer.bytes or settings.peer_bytes for peer in settings.peers}
        most = max(self._most.values(), default=settings.peer_entries)
        within = replace(
            settings,
            sources=tuple(self._peers),
            fetch_bytes=max(self._sizes.values(), default=settings.peer_bytes),
            history_entries=min(settings.history_entries, most),
        )
        pages = {
            size: fetcher or WebFetcher(replace(within, fetch_bytes=size))
            for size in {*self._sizes.values()}
        }
        self._pages = {name: pages[size] for name, size in self._sizes.items()}
        each = _Each(self._pages)
        super().__init__(within, fetcher=each, now=now, lasting=lasting, turns=turns)
        self._past.without = frozenset(peer.url for peer in settings.peers if not peer.history)
        self._own = own
        self._joined: Sequence[Archive] = ()
        self._addresses: dict[str, str] = {}
        self._homes: dict[str, str | None] = {}
        self._is_old: bool | None = None

    def _make(self) -> bool:
        own, written = self._own(), self._written
        if not own or not (written.due or written.fault or own is not self._joined):
            return False
        if not self._is_settled():
            return False
        members = [self._member(slot.name, slot.reading) for slot in self._slots if slot.reading]
        if not written.write(lambda: network.join(own, members)):
            return False
        self._joined = own
        self._mark_served()
        return True

    def _is_settled(self) -> bool:
        """Whether there is nothing to be lost by a new database.

        After a restart the one that is there has what peers had, which is yet to be read again.
        """
        if self._is_old is None:
            self._is_old = self._written.adopt(None)
        if self._is_old:
            self._is_old = not all(slot.reading or not slot.look for slot in self._slots)
        return not self._is_old

    def _begin(self) -> None:
        """Nothing: without peers, and before they are read, there is the site's own."""

    def _parse(
        self, source: Source, body: bytes, address: str, content_type: str | None
    ) -> Reading:
        failing = any(slot.failures for slot in self._slots if slot.name == source.name)
        source = replace(source, room=_REAR if failing else _ROOM)
        size, most = self._sizes[source.name], self._most[source.name]
        if len(body) > size:
            raise ForeignError(f"{source.name}: it has more than {size:,} bytes")
        found = super()._parse(source, body, address, content_type)
        if len(found.archive.entries) > most:
            count = len(found.archive.entries)
            message = f"{source.name}: it has {count:,} entries, and may have {most:,}"
            raise ForeignError(f"{message} (the setting peer_entries, or its own entries)")
        # Where it came from is told by the copy, too.
        self._addresses[source.name] = address
        self._look_at_home(source.name, found.archive.site.url, address)
        return found

    def _look_at_home(self, name: str, home: str, address: str) -> None:
        """See whether a peer's home page, at a host of its own, names the feed: then it owns that.

        What can't be had now says neither yes nor no.
        """
        host = host_of(home)
        if host is None or host in self._hosts(name):
            return
        try:
            owned = is_own(home, address, self._pages[name])
        except FetchError:
            owned = self._homes.get(name) == host
        self._homes[name] = host if owned else None

    def _hosts(self, name: str) -> frozenset[str]:
        """The hosts that a peer owns by the settings."""
        return frozenset(filter(None, (host_of(name), *self._peers[name].hosts)))

    def _tell(self) -> None:
        super()._tell()
        self.health = Health((), self.health.problems, self.health.sources)

    def _member(self, name: str, reading: Reading) -> Member:
        peer, address = self._peers[name], self._addresses.get(name, name)
        folder, _, file = address.rpartition("/")
        # With what has left its feed it may have had more.
        entries = reading.archive.entries[: self._most[name]]
        return Member(
            replace(reading.archive, entries=entries),
            address=peer.url,
            feed=f"{folder}/feed.json" if file == archive.FILE else address,
            hosts=self._hosts(name) | {*filter(None, [self._homes.get(name)])},
            title=peer.title,
            query=peer.query,
            sections=peer.sections,
            projects=peer.projects,
        )
