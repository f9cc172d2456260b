"""What has changed for subscribers, when the site has another version.

What each topic was stands in the ledger, and what it is now is rendered: so nothing is forgotten,
whenever a process ends, and a change that changes nothing of a topic is told to nobody. Parts of
feeds are topics as feeds are.
"""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, select, update

from feedserver.errors import DatabaseError, SearchTimeoutError, StateError
from feedserver.ledger.ledger import Ledger, insert
from feedserver.ledger.runner import Runner
from feedserver.network import topics
from feedserver.network.tables import DOCUMENTS, SUBSCRIPTIONS, TOPICS
from feedserver.network.topics import Topic
from feedserver.store.snapshots import Snapshot
from feedserver.store.store import Document, Store

log = logging.getLogger("feedserver")

_PERIOD = 1.0
_PACKING = 3


class Announcer:
    """Compares topics with what they were.

    `store` opens the site's store, for it alone, as it renders, and when somebody is subscribed.
    """

    def __init__(
        self,
        ledger: Ledger,
        runner: Runner,
        store: Callable[[], Store],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._runner = runner
        self._open = store
        self._store: Store | None = None
        self._now = now
        self._seen: Snapshot | None = None

    def run(self, stop: threading.Event) -> None:
        """Look from time to time, until it is to stop."""
        failed: str | None = None
        while not stop.is_set():
            try:
                self.look()
                failed = None
            except (DatabaseError, StateError) as error:
                if str(error) != failed:
                    log.warning("%s: what has changed is told later", error)
                failed = str(error)
            stop.wait(_PERIOD)

    def look(self) -> int:
        """Let all that has changed be delivered; how many topics that is.

        Raises:
            DatabaseError: the site's database is damaged.
            StateError: the ledger can't be used.
        """
        if not self._tidied():
            return 0
        store = self._store = self._store or self._open()
        store.refresh()
        snapshot = store.snapshot
        wanted = select(TOPICS)
        if snapshot is self._seen:
            # Of two who subscribed while it changed the second may have seen what was before.
            there = exists().where(DOCUMENTS.c.topic == TOPICS.c.id)
            mine = SUBSCRIPTIONS.c.topic == TOPICS.c.id
            due = exists().where(mine, SUBSCRIPTIONS.c.due.is_not(None))
            wanted = wanted.where(~there, due)
        with self._ledger.reading() as connection:
            known = connection.execute(wanted).all()
        count = 0
        for row in known:
            topic = Topic(row.address, row.base, row.name, row.query, row.is_file, row.hub)
            try:
                found = topics.document(store, snapshot, topic)
            except SearchTimeoutError:
                # Looked for again when the site changes again.
                continue
            if found is not None and (found.etag != row.version or snapshot is self._seen):
                count += self._changed(row, found)
        self._seen = snapshot
        return count

    def _changed(self, row: Row[Any], document: Document) -> bool:
        """Put down a topic's new document, unless another process has done that."""
        now = self._now()
        version = {"version": document.etag}
        body = {
            "version": document.etag,
            "media_type": document.media_type,
            "body": zlib.compress(document.body, _PACKING),
        }
        with self._ledger.writing() as connection:
            was = (TOPICS.c.id == row.id, TOPICS.c.version == row.version)
            if not connection.execute(update(TOPICS).where(*was).values(version)).rowcount:
                return False
            connection.execute(
                insert(connection, DOCUMENTS)
                .values(topic=row.id, **body)
                .on_conflict_do_update(index_elements=["topic"], set_=body)
            )
            self._wake(connection, row.id, document.etag, now)
        return True

    def _wake(self, connection: Connection, topic: int, version: str, now: float) -> None:
        behind = (SUBSCRIPTIONS.c.topic == topic, SUBSCRIPTIONS.c.delivered != version)
        connection.execute(
            update(SUBSCRIPTIONS).where(*behind).values(due=now, since=now, attempts=0)
        )
        shards = connection.scalars(select(SUBSCRIPTIONS.c.shard).where(*behind).distinct())
        self._runner.wake(connection, "deliver", list(shards))

    def _tidied(self) -> bool:
        """Forget what has ended, and what nobody is subscribed to; whether anybody is."""
        ended = SUBSCRIPTIONS.c.expires <= self._now()
        idle = ~exists().where(SUBSCRIPTIONS.c.topic == TOPICS.c.id)
        with self._ledger.reading() as connection:
            over = connection.scalar(select(exists().where(ended)))
            over = over or connection.scalar(select(exists().select_from(TOPICS).where(idle)))
        with self._ledger.writing() if over else self._ledger.reading() as connection:
            if over:
                connection.execute(delete(SUBSCRIPTIONS).where(ended))
                connection.execute(delete(TOPICS).where(idle))
            return bool(connection.scalar(select(exists().select_from(TOPICS))))
