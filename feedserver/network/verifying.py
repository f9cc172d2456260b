"""Whether subscribers want what was asked in their name (WebSub, section 5.3).

Each is asked by `GET`, with a challenge that it has to give back: in one answer, of few bytes and
in little time, for which no redirect is followed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection, Row, and_, delete, select, update

from feedserver.errors import FetchError
from feedserver.ledger.atonce import AtOnce
from feedserver.ledger.ledger import Ledger, insert
from feedserver.ledger.runner import Runner, shards
from feedserver.network.hub import Bounds, refusal
from feedserver.network.tables import REQUESTS, SUBSCRIPTIONS, TOPICS
from feedserver.network.topics import Topic
from feedserver.sources.client import Client, Limits, Request

LIMITS = Limits(timeout=10.0, size=4_000, redirects=0)
_WAITS = (15.0, 120.0)
"""Before who can't be reached is asked again, and then no more."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of asking at a time: the subscriber agrees or not, or wasn't reached."""

    agrees: bool
    reached: bool
    at: float


class Verifier:
    """Asks subscribers back, and keeps what they agree to."""

    kind = "verify"
    table = REQUESTS

    def __init__(
        self,
        ledger: Ledger,
        runner: Runner,
        client: Client,
        *,
        bounds: Bounds | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._runner = runner
        self._client = client
        self._bounds = bounds or Bounds()
        self._now = now
        self.shards = shards(ledger)
        self.sweep = AtOnce[Row[Any], Said](ledger, self, now).sweep

    def take(self, connection: Connection, ids: Sequence[int]) -> Sequence[Row[Any]]:
        return connection.execute(select(REQUESTS).where(REQUESTS.c.id.in_(ids))).all()

    def do(self, piece: Row[Any]) -> Said:
        at = self._now()
        fields = {"hub.mode": piece.mode, "hub.topic": piece.topic}
        if piece.mode == "denied":
            fields["hub.reason"] = piece.reason or ""
        else:
            fields["hub.challenge"] = piece.challenge
        if piece.mode == "subscribe":
            fields["hub.lease_seconds"] = str(piece.lease)
        # The callback's own parameters stay, whatever they are called.
        mark = "&" if "?" in piece.callback else "?"
        address = f"{piece.callback}{mark}{urlencode(fields)}"
        try:
            with self._client.ask(Request(address)) as answer:
                if not 200 <= answer.status < 300:
                    return Said(False, answer.status < 500, at)
                return Said(answer.read() == piece.challenge.encode(), True, at)
        except FetchError:
            return Said(False, False, at)

    def note(self, connection: Connection, piece: Row[Any], came: Said | None) -> None:
        # Another request may have taken its place meanwhile, with a challenge of its own.
        mine = and_(REQUESTS.c.id == piece.id, REQUESTS.c.challenge == piece.challenge)
        if (came is None or not came.reached) and piece.attempts < len(_WAITS):
            due = self._now() + _WAITS[piece.attempts]
            row = {"attempts": piece.attempts + 1, "due": due}
            connection.execute(update(REQUESTS).where(mine).values(row))
            return
        if not connection.execute(delete(REQUESTS).where(mine)).rowcount:
            return
        if came is None or not came.agrees:
            return
        if piece.mode == "unsubscribe":
            topic = select(TOPICS.c.id).where(TOPICS.c.address == piece.address)
            connection.execute(
                delete(SUBSCRIPTIONS).where(
                    SUBSCRIPTIONS.c.callback == piece.callback,
                    SUBSCRIPTIONS.c.topic == topic.scalar_subquery(),
                )
            )
        elif piece.mode == "subscribe":
            self._subscribe(connection, piece, came.at)

    def _subscribe(self, connection: Connection, piece: Row[Any], at: float) -> None:
        topic = Topic(piece.address, piece.base, piece.name, piece.query, piece.is_file, piece.hub)
        reason = refusal(connection, self._bounds, piece.callback, topic)
        if reason:
            self._deny(connection, piece, reason)
            return
        row = {
            name: getattr(piece, name)
            for name in ("address", "base", "name", "query", "is_file", "hub")
        }
        connection.execute(
            insert(connection, TOPICS)
            .values({**row, "version": piece.version})
            .on_conflict_do_update(index_elements=["address"], set_=row)
        )
        known = select(TOPICS.c.id, TOPICS.c.version).where(TOPICS.c.address == piece.address)
        id, version = connection.execute(known).one()
        # What has come between the request and now is told, as to who was there before.
        due = self._now() if version != piece.version else None
        agreed = {"secret": piece.secret, "expires": at + piece.lease}
        connection.execute(
            insert(connection, SUBSCRIPTIONS)
            .values(
                topic=id,
                callback=piece.callback,
                host=piece.host,
                shard=piece.shard,
                delivered=piece.version,
                since=due,
                due=due,
                attempts=0,
                **agreed,
            )
            .on_conflict_do_update(index_elements=["callback", "topic"], set_=agreed)
        )
        if due:
            self._runner.wake(connection, "deliver", [piece.shard])

    def _deny(self, connection: Connection, piece: Row[Any], reason: str) -> None:
        """Tell the subscriber that there is no place for it any more (section 5.2)."""
        row = {**piece._mapping, "mode": "denied", "reason": reason}
        row |= {"due": self._now(), "attempts": 0}
        del row["id"]
        connection.execute(REQUESTS.insert().values(row))
