"""Telling hubs elsewhere of what has changed: by `feedserver publish`, and by a server itself.

The command is for hosts of plain files, behind a deployment. A server whose settings name a hub
knows which of its feeds have changed, and tells it of those.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from sqlalchemy import Connection, Row, delete, select, update

from feedserver.errors import FetchError, ForeignError
from feedserver.feeds import catalogue
from feedserver.formats.formats import FORMATS
from feedserver.ledger.atonce import AtOnce, host_of
from feedserver.ledger.ledger import Ledger
from feedserver.ledger.runner import Runner, shard_of, shards
from feedserver.network import hubs
from feedserver.network.hubs import Advert
from feedserver.network.tables import PUBLISHED
from feedserver.sources.client import Client, Request
from feedserver.sources.fetching import ACCEPT
from feedserver.store.snapshots import Snapshot
from feedserver.store.store import Store

_AT_ONCE = 4
_FIRST_WAIT, _LONGEST_WAIT = 30.0, 4 * 3600.0
_MOST = 12
"""After how many failures a hub isn't told of a change any more: that is a day."""
_SETTLED = 0.5
"""How long, in seconds, the hub isn't told, so that it finds what is new when it comes for it."""


@dataclass(frozen=True, slots=True)
class Told:
    """How many topics a hub was told of, and why not of others."""

    hub: str
    count: int
    failures: tuple[str, ...]


def publish(address: str, client: Client) -> Told:
    """Tell the hub of a feed, or of all feeds of a site, that there is something new.

    Raises:
        FetchError: the site can't be read.
        ForeignError: it names no hub.
    """
    found, _, place = _read(client, address)
    topics: Sequence[str] = [found.topic] if found else []
    if found is None:
        topics = _feeds(client, urljoin(place, catalogue.JSON))
        # All name the same one.
        found = _read(client, topics[0])[0] if topics else None
    if found is None:
        raise ForeignError(
            f"{address}: it names no hub: the plugin's option hub has the site's feeds name one"
        )
    hub = found.hubs[0]

    def told(topic: str) -> str | None:
        try:
            hubs.publish(client, hub, topic)
        except FetchError as error:
            return f"{topic}: {error}"
        return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        failures = tuple(filter(None, pool.map(told, topics)))
    return Told(hub, len(topics) - len(failures), failures)


def _read(client: Client, address: str) -> tuple[Advert | None, bytes, str]:
    """What a document says of its hub, the document, and where it is."""
    with client.ask(Request(address, headers={"Accept": ACCEPT})) as answer:
        if answer.status != 200:
            raise FetchError(f"it answers {answer.status} {answer.reason}".strip())
        body = answer.read()
        links, content_type = answer.header("Link"), answer.header("Content-Type")
        found = hubs.find(answer.address, links, body, content_type)
        return found, body, answer.address


def _feeds(client: Client, address: str) -> Sequence[str]:
    """The addresses of all feeds of a site, in each format.

    Raises:
        ForeignError: its catalogue can't be read.
    """
    _, body, _ = _read(client, address)
    try:
        feeds = json.loads(body)["feeds"]
        return [str(each) for feed in feeds for each in feed["formats"].values()]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ForeignError(f"{address}: it is no list of feeds") from error


class Publisher:
    """Tells the hub that the settings name of our feeds; `base` is the root of their addresses."""

    kind = "publish"
    table = PUBLISHED

    def __init__(
        self,
        ledger: Ledger,
        client: Client,
        hub: str,
        base: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._hub = hub
        self._base = base
        self._now = now
        self._store: Store | None = None
        self._seen: Snapshot | None = None
        self.shards = shards(ledger)
        self.sweep = AtOnce[Row[Any], bool](ledger, self, now).sweep

    def look(self, runner: Runner, opened: Callable[[], Store]) -> None:
        """Let the hub be told of the feeds that have changed; `opened` gives the site's store.

        Raises:
            DatabaseError: the site's database is damaged.
            StateError: the ledger can't be used.
        """
        store = self._store = self._store or opened()
        store.refresh()
        snapshot = store.snapshot
        if snapshot is self._seen:
            return
        found = {
            feed.path: store.digest(snapshot, f"{feed.path[1:]}atom.xml") or ""
            for feed in snapshot.index.feeds
        }
        host = host_of(self._hub)
        place = {"host": host, "shard": shard_of(host, self.shards), "attempts": 0}
        due = self._now() + _SETTLED
        with self._ledger.writing() as connection:
            columns = select(PUBLISHED.c.path, PUBLISHED.c.digest)
            known = {path: digest for path, digest in connection.execute(columns)}
            gone = PUBLISHED.c.path.in_(known.keys() - found.keys())
            connection.execute(delete(PUBLISHED).where(gone))
            new = [
                # At the first time nothing is known to have changed.
                {"path": path, "digest": digest, "due": due if known else None, **place}
                for path, digest in found.items()
                if path not in known
            ]
            if new:
                connection.execute(PUBLISHED.insert(), new)
            for path, digest in found.items():
                if known.get(path, digest) != digest:
                    row = update(PUBLISHED).where(PUBLISHED.c.path == path)
                    connection.execute(row.values(digest=digest, due=due, **place))
            runner.wake(connection, self.kind, [shard_of(host, self.shards)])
        self._seen = snapshot

    def take(self, connection: Connection, ids: Sequence[int]) -> Sequence[Row[Any]]:
        return connection.execute(select(PUBLISHED).where(PUBLISHED.c.id.in_(ids))).all()

    def do(self, piece: Row[Any]) -> bool:
        try:
            for file in FORMATS:
                hubs.publish(self._client, self._hub, f"{self._base}{piece.path[1:]}{file}")
        except FetchError:
            return False
        return True

    def note(self, connection: Connection, piece: Row[Any], came: bool | None) -> None:
        mine = (PUBLISHED.c.id == piece.id, PUBLISHED.c.digest == piece.digest)
        attempts = piece.attempts + 1
        wait = min(_FIRST_WAIT * 2 ** min(attempts - 1, 20), _LONGEST_WAIT)
        again = self._now() + wait * random.uniform(0.8, 1.2)
        row: dict[str, object] = {"attempts": attempts, "due": again}
        if came or attempts >= _MOST:
            row = {"attempts": 0, "due": None}
        connection.execute(update(PUBLISHED).where(*mine).values(row))
