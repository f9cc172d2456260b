"""What has changed for subscribers, when the site has another version.

What each topic was stands in the ledger, and what it is now is rendered: so nothing is forgotten,
whenever a process ends, and a change that changes nothing of a topic is told to nobody. Parts of
feeds are topics as feeds are.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, select, update

from feedserver.errors import SearchTimeoutError
from feedserver.ledger.ledger import Ledger, insert
from feedserver.ledger.runner import Runner
from feedserver.network import topics
from feedserver.network.tables import DOCUMENTS, SUBSCRIPTIONS, TOPICS
from feedserver.network.topics import Topic
from feedserver.store.store import Document, Store

_PACKING = 3


class Announcer:
    """Compares topics with what they were; `store` is for it alone, as it renders."""

    def __init__(
        self,
        ledger: Ledger,
        runner: Runner,
        store: Store,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._runner = runner
        self._store = store
        self._now = now

    def look(self) -> int:
        """Let all that has changed be delivered; how many topics that is.

        Raises:
            DatabaseError: the site's database is damaged.
            StateError: the ledger can't be used.
        """
        self._store.refresh()
        snapshot = self._store.snapshot
        modified = snapshot.archive.modified.timestamp()
        self._tidy()
        with self._ledger.reading() as connection:
            known = connection.execute(select(TOPICS).where(TOPICS.c.modified <= modified)).all()
        count = 0
        for row in known:
            topic = Topic(row.address, row.base, row.name, row.query, row.is_file, row.hub)
            try:
                found = topics.document(self._store, snapshot, topic)
            except SearchTimeoutError:
                # Looked for again when the site changes again.
                continue
            if found is not None and found.etag != row.version:
                count += self._changed(row, found, modified)
        return count

    def _changed(self, row: Row[Any], document: Document, modified: float) -> bool:
        """Put down a topic's new document, unless another process has done that."""
        now = self._now()
        version = {"version": document.etag, "modified": modified}
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

    def _tidy(self) -> None:
        """Forget subscriptions that have ended, and what nobody is subscribed to."""
        with self._ledger.writing() as connection:
            ended = SUBSCRIPTIONS.c.expires <= self._now()
            connection.execute(delete(SUBSCRIPTIONS).where(ended))
            wanted = exists().where(SUBSCRIPTIONS.c.topic == TOPICS.c.id)
            connection.execute(delete(TOPICS).where(~wanted))


