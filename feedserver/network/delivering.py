"""What has changed, sent to whoever is subscribed to it (WebSub, section 7).

A subscriber gets a topic's document as it is, and not what lies between. Who can't be reached is
tried again over a day, and gets the next one in any case, until the lease ends.
"""

from __future__ import annotations

import hmac
import logging
import random
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from feedserver.errors import FetchError
from feedserver.feeds import documents
from feedserver.ledger.atonce import AtOnce
from feedserver.ledger.ledger import Ledger
from feedserver.ledger.runner import shards
from feedserver.network.hub import DAY
from feedserver.network.tables import DOCUMENTS, SUBSCRIPTIONS, TOPICS
from feedserver.sources.client import Client, Limits, Request

log = logging.getLogger("feedserver")

LIMITS = Limits(timeout=10.0, size=4_000, redirects=0)
_FIRST_WAIT = 30.0
_LONGEST_WAIT = 4 * 3600.0
_SOON = 1.0
"""How long, in seconds, is waited for a document that is being made."""
_SIGNED = "sha256"
_KEPT = 16
"""How many documents are held unpacked."""


@dataclass(frozen=True, slots=True)
class Content:
    """A version of a topic, as it is sent."""

    version: str
    media_type: str
    body: bytes
    links: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A subscription that is behind, and what it is to have."""

    row: Row[Any]
    content: Content

    @property
    def id(self) -> int:
        found: int = self.row.id
        return found

    @property
    def host(self) -> str:
        found: str = self.row.host
        return found


@dataclass(frozen=True, slots=True)
class Answered:
    """What a subscriber has answered, `None` if nothing, and after how long it is to be asked."""

    status: int | None
    retry_after: float | None = None


class Deliverer:
    """Sends topics that have changed to their subscribers."""

    kind = "deliver"
    table = SUBSCRIPTIONS

    def __init__(
        self, ledger: Ledger, client: Client, now: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._now = now
        self._contents: dict[int, Content] = {}
        self.shards = shards(ledger)
        self.sweep = AtOnce[Delivery, Answered](ledger, self, now).sweep

    def take(self, connection: Connection, ids: Sequence[int]) -> Sequence[Delivery]:
        _hold(connection, ids)
        asked = (
            select(SUBSCRIPTIONS, TOPICS.c.version.label("wanted"))
            .join(TOPICS, TOPICS.c.id == SUBSCRIPTIONS.c.topic)
            .where(SUBSCRIPTIONS.c.id.in_(ids))
        )
        found, over, bare = [], [], []
        for row in connection.execute(asked).all():
            content = self._content(connection, row)
            if row.expires <= self._now() or row.delivered == row.wanted:
                over.append(row.id)
            elif content is None:
                bare.append(row.id)
            else:
                found.append(Delivery(row, content))
        for ids, due in ((over, None), (bare, self._now() + _SOON)):
            if ids:
                rows = update(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id.in_(ids))
                connection.execute(rows.values(due=due, since=due))
        return found

    def do(self, piece: Delivery) -> Answered:
        content = piece.content
        headers = {"Content-Type": content.media_type, "Link": content.links}
        if piece.row.secret:
            key = piece.row.secret.encode()
            signature = hmac.new(key, content.body, _SIGNED).hexdigest()
            headers["X-Hub-Signature"] = f"{_SIGNED}={signature}"
        request = Request(piece.row.callback, "POST", headers, content.body)
        try:
            # What it says beside is of no interest (section 7).
            with self._client.ask(request) as answer:
                return Answered(answer.status, answer.retry_after)
        except FetchError:
            return Answered(None)

    def note(self, connection: Connection, piece: Delivery, came: Answered | None) -> None:
        mine = SUBSCRIPTIONS.c.id == piece.id
        status = came.status if came else None
        if status == 410:
            connection.execute(delete(SUBSCRIPTIONS).where(mine))
            return
        # What has come meanwhile is due as it was put down.
        is_newest = _is_newest(connection, piece)
        if status is None or not 200 <= status < 300:
            if is_newest:
                self._failed(connection, piece, came)
            return
        row: dict[str, object] = {"delivered": piece.content.version, "attempts": 0}
        if is_newest:
            row |= {"due": None, "since": None}
        connection.execute(update(SUBSCRIPTIONS).where(mine).values(row))

    def _failed(self, connection: Connection, piece: Delivery, came: Answered | None) -> None:
        now = self._now()
        attempts = piece.row.attempts + 1
        wait = min(_FIRST_WAIT * 2 ** min(attempts - 1, 20), _LONGEST_WAIT)
        # Not all that failed together are tried together.
        wait *= random.uniform(0.8, 1.2)
        if came and came.retry_after:
            wait = max(wait, min(came.retry_after, DAY))
        begun = piece.row.since or now
        row: dict[str, object] = {"attempts": attempts, "due": now + wait}
        if now + wait - begun > DAY:
            log.info("%s: no delivery in a day; it gets the next", piece.host)
            row |= {"due": None, "since": None}
        connection.execute(update(SUBSCRIPTIONS).where(SUBSCRIPTIONS.c.id == piece.id).values(row))

    def _content(self, connection: Connection, row: Row[Any]) -> Content | None:
        known = self._contents.get(row.topic)
        if known is not None and known.version == row.wanted:
            return known
        found = connection.execute(
            select(DOCUMENTS, TOPICS.c.address, TOPICS.c.hub)
            .join(TOPICS, TOPICS.c.id == DOCUMENTS.c.topic)
            .where(DOCUMENTS.c.topic == row.topic)
        ).one_or_none()
        if found is None:
            return None
        links = documents.links(found.hub, found.address)
        body = zlib.decompress(found.body)
        content = Content(found.version, found.media_type, body, links)
        while len(self._contents) >= _KEPT:
            self._contents.pop(next(iter(self._contents)), None)
        self._contents[row.topic] = content
        return content


def _hold(connection: Connection, ids: Sequence[int]) -> None:
    """Let nobody else change subscriptions until the transaction ends.

    Who has changed a topic has them due in that transaction. So a version that is read behind this
    is that of all who have had them due, and who comes later finds what was noted. On PostgreSQL a
    comparison in one statement with a change would have the version of before a wait for the rows.
    """
    rows = select(SUBSCRIPTIONS.c.id).where(SUBSCRIPTIONS.c.id.in_(ids))
    connection.execute(rows.order_by(SUBSCRIPTIONS.c.id).with_for_update())


def _is_newest(connection: Connection, piece: Delivery) -> bool:
    """Whether the topic is still what was sent."""
    _hold(connection, [piece.id])
    version = select(TOPICS.c.version).where(TOPICS.c.id == piece.row.topic)
    return bool(connection.scalar(version) == piece.content.version)
