"""What can be subscribed to, and what of it has changed.

Topics are the self addresses of our feeds, and of those of the site: one form of each, with its
parameters sorted, less what is ignored, as the feed's self link has them. The parts that `before`
and `since` name aren't topics, for they are of one moment.

What each topic was stands in the ledger, and what it is now is rendered: so nothing is forgotten,
whenever a process ends, and a change that changes nothing of a topic is told to nobody. Parts of
feeds are topics as feeds are.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
import zlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from sqlalchemy import Connection, Row, delete, exists, select, update

from feedserver.errors import (
    DatabaseError,
    HubError,
    ParameterError,
    SearchTimeoutError,
    StateError,
)
from feedserver.feeds import documents, parameters
from feedserver.feeds.index import NETWORK, Page, newest
from feedserver.feeds.parameters import Slice
from feedserver.formats.formats import FORMATS
from feedserver.ledger.ledger import Ledger, insert
from feedserver.ledger.runner import Runner
from feedserver.network.tables import DOCUMENTS, MAKERS, SUBSCRIPTIONS, TOPICS
from feedserver.sources.slots import Made
from feedserver.store.snapshots import Snapshot
from feedserver.store.store import Document, Store
from feedserver.text.urls import absolute

log = logging.getLogger("feedserver")

_PERIOD = 0.25
_SETTLED = 0.5
"""How long, in seconds, nobody is told, so that who comes for what is new finds it: the processes
that answer take it up by themselves."""
_PACKING = 3
_MAX_ADDRESS = 2000
_SEARCHING = 5.0
"""For how many seconds topics with parameters are looked at, before it is seen whether the site has
changed again."""
_PATIENCE = 30.0
"""After how many seconds it is searched again for what took too long to be found."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A document whose changes are told: `name` below `base`, or the part of it in `query`.

    `is_file` says that it is one of the site's static files, which have no links to further parts.
    `hub` is the address of the hub.
    """

    address: str
    base: str
    name: str
    query: str
    is_file: bool
    hub: str

    @property
    def part(self) -> Slice:
        return parameters.parse(parse_qsl(self.query), network=self.is_network)

    @property
    def is_network(self) -> bool:
        """Whether it is of the site and its peers together."""
        return f"/{self.name}".startswith(NETWORK)


def find(
    address: str, *, base: str, hub: str, snapshot: Snapshot, network: Snapshot | None = None
) -> Topic:
    """The topic at an address, which may have its parameters in any order.

    `network` is what the site and its peers have, where there are peers.

    Raises:
        HubError: there is none.
    """
    wanted = (absolute(address, "") or "").partition("#")[0]
    site = snapshot.index.archive.site.url
    for root in dict.fromkeys((base, site)):
        if wanted.startswith(root):
            rest, is_file = wanted[len(root) :], root != base
            in_network = not is_file and f"/{rest}".startswith(NETWORK)
            there = network if in_network else snapshot
            topic = _below(root, rest, hub, there, is_file=is_file) if there else None
            if topic:
                return topic
    raise HubError(f"hub.topic: {address[:500]} is no feed of this server, nor of its site.")


def _below(root: str, rest: str, hub: str, snapshot: Snapshot, *, is_file: bool) -> Topic | None:
    path, _, query = rest.partition("?")
    name = unquote(path)
    folder, _, file = name.rpartition("/")
    if file not in FORMATS or name.startswith("/"):
        return None
    feed = snapshot.index.feed_at(f"/{folder}/" if folder else "/")
    if feed is None or (is_file and query):
        return None
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=50)
        part = parameters.parse(pairs, network=snapshot.index.is_network)
    except ParameterError as error:
        raise HubError(f"hub.topic: its parameter {error}.") from error
    except ValueError as error:
        raise HubError("hub.topic: its parameters can't be read.") from error
    if not part.is_lasting:
        raise HubError("hub.topic: it may have neither before nor since.")
    canonical = documents.address(feed, file, root, part)
    if len(canonical) > _MAX_ADDRESS:
        raise HubError(f"hub.topic: expected at most {_MAX_ADDRESS} characters, percent-encoded.")
    return Topic(canonical, root, f"{feed.path[1:]}{file}", part.query_string(), is_file, hub)


def document(
    store: Store, snapshot: Snapshot, topic: Topic, found: Page | None = None
) -> Document | None:
    """A topic's document as it is now; `None` if its feed is no more.

    This must be called in the one thread that renders. `found` is as of `Store.document`.

    Raises:
        SearchTimeoutError: what is searched for takes too long to be found.
        DatabaseError: the database is damaged.
    """
    if not topic.is_file:
        return store.document(snapshot, topic.name, topic.base, topic.part, found)
    folder, _, file = topic.name.rpartition("/")
    index = snapshot.index
    feed = index.feed_at(f"/{folder}/" if folder else "/")
    if feed is None:
        return None
    entries = newest(index.entries(feed), index.archive.feed_limit)
    filled = tuple(documents.fitting(snapshot.fill(entries)))
    body = documents.render(index, feed, file, topic.base, filled, hub=topic.hub)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Document(body, FORMATS[file].content_type, etag, snapshot.archive.modified)


def keep(look: Callable[[], object], stop: threading.Event) -> None:
    """Look from time to time, until it is to stop."""
    failed: str | None = None
    while not stop.is_set():
        try:
            look()
            failed = None
        except (DatabaseError, StateError) as error:
            if str(error) != failed:
                log.warning("%s: what has changed is told later", error)
            failed = str(error)
        stop.wait(_PERIOD)


class Announcer:
    """Compares topics with what they were.

    `stores` opens the store of the site, and that of the network if it is `networked`: for this
    alone, as it renders, and when somebody is subscribed. `made` tells which changes their
    databases have: of several machines one that is behind announces nothing in their place.
    """

    def __init__(
        self,
        ledger: Ledger,
        runner: Runner,
        stores: Callable[[bool], Store],
        now: Callable[[], float] = time.time,
        *,
        networked: bool = True,
        made: Callable[[bool], Made] = lambda of_network: Made(0, 0),
    ) -> None:
        self._ledger = ledger
        self._made = made
        self._name = secrets.token_hex(8)
        self._runner = runner
        self._now = now
        # Who is subscribed to a network that is no more hears nothing, until the lease ends.
        places = (False, True) if networked else (False,)
        self._sites = {of_network: _Site(stores, of_network) for of_network in places}

    def look(self) -> int:
        """Let all that has changed be delivered; how many topics that is.

        Raises:
            DatabaseError: the site's database is damaged, or that of the network.
            StateError: the ledger can't be used.
        """
        count, failed = 0, None
        there = self._tidied()
        for of_network, site in self._sites.items():
            try:
                count += self._look_at(site) if of_network in there else 0
            except DatabaseError as error:
                # The other one has changed all the same.
                failed = failed or error
        if failed:
            raise failed
        return count

    def _look_at(self, site: _Site) -> int:
        # What is read meanwhile may have more, and not less.
        least = self._made(site.of_network).least
        store, is_new = site.refreshed()
        mine = TOPICS.c.name.startswith(NETWORK[1:])
        there = exists().where(DOCUMENTS.c.topic == TOPICS.c.id)
        late = exists().where(SUBSCRIPTIONS.c.topic == TOPICS.c.id, SUBSCRIPTIONS.c.due > 0)
        # Of two who subscribed while it changed the second may have seen what was before.
        bare = ~there & late
        wanted = select(TOPICS, bare.label("bare")).where(mine if site.of_network else ~mine)
        if not is_new:
            wanted = wanted.where(~TOPICS.c.seen | bare | TOPICS.c.id.in_(site.left | site.late))
        with self._ledger.reading() as connection:
            known = connection.execute(wanted).all()
        for ids in (site.left, site.late):
            ids.intersection_update(row.id for row in known)
        held = site.held(self._now(), is_new=is_new)
        rows = sorted((row for row in known if row.id not in held), key=site.rank)
        count, end = 0, time.monotonic() + _SEARCHING
        for row in rows:
            if row.query and time.monotonic() > end:
                site.left.add(row.id)
                continue
            topic = Topic(row.address, row.base, row.name, row.query, row.is_file, row.hub)
            site.left.discard(row.id)
            try:
                found = document(store, store.snapshot, topic)
            except SearchTimeoutError:
                site.late.add(row.id)
            else:
                if found is not None and (found.etag != row.version or row.bare):
                    count += self._changed(row, found, site, least)
                site.late.discard(row.id)
        self._mark([row.id for row in rows if not row.seen])
        site.seen = store.snapshot
        return count

    def _mark(self, ids: Sequence[int]) -> None:
        """Note that topics were looked at; what is left of them isn't forgotten but by an end."""
        if ids:
            with self._ledger.writing() as connection:
                rows = update(TOPICS).where(TOPICS.c.id.in_(ids))
                connection.execute(rows.values(seen=True))

    def _changed(self, row: Row[Any], found: Document, site: _Site, least: int) -> bool:
        """Put down a topic's new document, unless another process has done that.

        If that had changes that this one may not have yet, it is looked at again.
        """
        now, most = self._now(), self._made(site.of_network).most
        version = {"version": found.etag}
        body = {
            "version": found.etag,
            "media_type": found.media_type,
            "body": zlib.compress(found.body, _PACKING),
        }
        with self._ledger.writing() as connection:
            was = (TOPICS.c.id == row.id, TOPICS.c.version == row.version)
            held = select(TOPICS.c.id).where(*was).with_for_update()
            if connection.scalar(held) is None:
                return False
            other = (MAKERS.c.topic == row.id, MAKERS.c.maker != self._name)
            if (connection.scalar(select(MAKERS.c.made).where(*other)) or 0) > least:
                site.left.add(row.id)
                return False
            maker = {"maker": self._name, "made": most}
            connection.execute(
                insert(connection, MAKERS)
                .values(topic=row.id, **maker)
                .on_conflict_do_update(index_elements=["topic"], set_=maker)
            )
            connection.execute(update(TOPICS).where(*was).values(version))
            connection.execute(
                insert(connection, DOCUMENTS)
                .values(topic=row.id, **body)
                .on_conflict_do_update(index_elements=["topic"], set_=body)
            )
            self._wake(connection, row.id, found.etag, now)
        return True

    def _wake(self, connection: Connection, topic: int, version: str, now: float) -> None:
        behind = (SUBSCRIPTIONS.c.topic == topic, SUBSCRIPTIONS.c.delivered != version)
        connection.execute(
            update(SUBSCRIPTIONS).where(*behind).values(due=now + _SETTLED, since=now)
        )
        shards = connection.scalars(select(SUBSCRIPTIONS.c.shard).where(*behind).distinct())
        self._runner.wake(connection, "deliver", list(shards))

    def _tidied(self) -> Collection[bool]:
        """Forget what has ended, and what nobody is subscribed to.

        What is left is of the site (False) or of the network (True), or both.
        """
        ended = SUBSCRIPTIONS.c.expires <= self._now()
        idle = ~exists().where(SUBSCRIPTIONS.c.topic == TOPICS.c.id)
        with self._ledger.reading() as connection:
            over = connection.scalar(select(exists().where(ended)))
            over = over or connection.scalar(select(exists().select_from(TOPICS).where(idle)))
        if over:
            with self._ledger.writing() as connection:
                connection.execute(delete(SUBSCRIPTIONS).where(ended))
                connection.execute(delete(TOPICS).where(idle))
        with self._ledger.reading() as connection:
            found = select(TOPICS.c.name.startswith(NETWORK[1:])).distinct()
            return [bool(each) for each in connection.scalars(found)]


class _Site:
    """A store whose topics are looked at: of which snapshot, and what is to be looked at again.

    `left` are those for which there was no time, and `late` those that took too long.
    """

    def __init__(self, stores: Callable[[bool], Store], of_network: bool) -> None:
        self.of_network = of_network
        self._stores = stores
        self._store: Store | None = None
        self._again = 0.0
        self.seen: Snapshot | None = None
        self.left: set[int] = set()
        self.late: set[int] = set()

    def refreshed(self) -> tuple[Store, bool]:
        """The store as it is now, and whether that is new.

        Raises:
            DatabaseError: it can't be read.
        """
        store = self._store = self._store or self._stores(self.of_network)
        store.refresh()
        return store, store.snapshot is not self.seen

    def held(self, now: float, *, is_new: bool) -> Collection[int]:
        """What isn't looked at yet, as it took too long a moment ago."""
        if not is_new and now < self._again:
            return self.late - self.left
        self._again = now + _PATIENCE
        return ()

    def rank(self, row: Row[Any]) -> tuple[bool, bool, bool]:
        """The order in which topics are looked at: those that may take long come last."""
        return row.query != "", row.id in self.late, row.id not in self.left
