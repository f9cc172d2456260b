"""What subscribers ask of the hub (WebSub, section 5.1), checked and put down.

Nothing is believed here: who is named as the subscriber is asked back by `verifying`.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, Table, distinct, func, select, true

from feedserver.errors import HubError
from feedserver.ledger.atonce import host_of
from feedserver.ledger.ledger import Ledger, insert
from feedserver.ledger.runner import Runner, shard_of, shards
from feedserver.network.tables import REQUESTS, SUBSCRIPTIONS, TOPICS
from feedserver.network.topics import Topic

MODES = ("subscribe", "unsubscribe")
DAY = 86_400

_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_CALLBACK = re.compile(r"https?://[\x21-\x7e]+", re.ASCII | re.IGNORECASE)
_MAX_CALLBACK = 2000
_MAX_SECRET = 200


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much the hub does for others. A host is that of callbacks; leases are in seconds.

    Each of the `topics` is looked at whenever the site changes. `filtered` are those with
    parameters, of which anybody can think of ever more.
    """

    in_all: int = 1_000_000
    a_host: int = 200_000
    a_callback: int = 100
    topics: int = 20_000
    topics_a_host: int = 5_000
    filtered: int = 2_000
    filtered_a_host: int = 200
    asked: int = 20_000
    asked_a_host: int = 2_000
    lease: int = 10 * DAY
    least_lease: int = 600
    most_lease: int = 30 * DAY


@dataclass(frozen=True, slots=True)
class Wish:
    """What a subscriber asks; `topic` as it has written it."""

    mode: str
    callback: str
    topic: str
    lease: int
    secret: str | None = None


class Hub:
    """Takes what subscribers ask."""

    def __init__(
        self,
        ledger: Ledger,
        runner: Runner,
        *,
        bounds: Bounds | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._ledger = ledger
        self._runner = runner
        self._bounds = bounds or Bounds()
        self._now = now

    def read(self, pairs: Iterable[tuple[str, str]]) -> Wish:
        """Read the fields of a request; those that aren't known are passed over.

        Raises:
            HubError: one is missing, there twice or wrong.
        """
        found: dict[str, str] = {}
        for name, value in pairs:
            if name.startswith("hub."):
                if name in found:
                    raise HubError(f"{name[:100]}: it is there twice.")
                if "\0" in value:
                    raise HubError(f"{name[:100]}: it has a character that is none.")
                found[name] = value
        mode = found.get("hub.mode", "")
        if mode not in MODES:
            raise HubError("hub.mode: expected subscribe or unsubscribe.")
        for name in ("hub.callback", "hub.topic"):
            if not found.get(name):
                raise HubError(f"{name}: it is missing.")
        secret = found.get("hub.secret") or None
        if secret and len(secret.encode()) >= _MAX_SECRET:
            raise HubError(f"hub.secret: expected less than {_MAX_SECRET} bytes.")
        callback = found["hub.callback"]
        _check_callback(callback)
        # With unsubscriptions it says nothing.
        lease = found.get("hub.lease_seconds", "") if mode == "subscribe" else ""
        return Wish(mode, callback, found["hub.topic"], self._lease(lease), secret)

    def published(self, pairs: Iterable[tuple[str, str]]) -> Collection[str] | None:
        """The topics of which a request says that they have changed; `None` if it isn't one.

        Raises:
            HubError: it names none.
        """
        found = tuple(pairs)
        if ("hub.mode", "publish") not in found:
            return None
        topics = [value for name, value in found if name in ("hub.url", "hub.topic") and value]
        if not topics:
            raise HubError("hub.url: it is missing.")
        return topics

    def take(self, wish: Wish, topic: Topic, version: str) -> None:
        """Put down what is asked; the subscriber is asked back, and until then nothing changes.

        `version` is what the topic was when it was asked for.

        Raises:
            HubError: there is too much of it.
            StateError: it can't be put down.
        """
        host = host_of(wish.callback)
        shard = shard_of(host, shards(self._ledger))
        row = {
            "digest": hashlib.sha256(f"{wish.callback} {topic.address}".encode()).hexdigest(),
            "mode": wish.mode,
            "callback": wish.callback,
            "address": topic.address,
            "topic": wish.topic,
            "base": topic.base,
            "name": topic.name,
            "query": topic.query,
            "is_file": topic.is_file,
            "hub": topic.hub,
            "version": version,
            "secret": wish.secret,
            "lease": wish.lease,
            "challenge": secrets.token_urlsafe(32),
            "reason": None,
            "host": host,
            "shard": shard,
            "due": self._now(),
            "attempts": 0,
        }
        with self._ledger.writing() as connection:
            self._check_requests(connection, wish, topic, host)
            if wish.mode == "subscribe":
                reason = refusal(connection, self._bounds, wish.callback, topic)
                if reason:
                    raise HubError(reason, is_busy=True)
            # What the same subscriber has asked of the same topic before is over.
            connection.execute(
                insert(connection, REQUESTS)
                .values(row)
                .on_conflict_do_update(index_elements=["digest"], set_=row)
            )
            self._runner.wake(connection, "verify", [shard])

    def _lease(self, text: str) -> int:
        if not text:
            return self._bounds.lease
        if not _NUMBER.fullmatch(text) or not int(text):
            raise HubError("hub.lease_seconds: expected a whole number of seconds above 0.")
        return min(max(int(text), self._bounds.least_lease), self._bounds.most_lease)

    def _check_requests(self, connection: Connection, wish: Wish, topic: Topic, host: str) -> None:
        of_host = _count(connection, REQUESTS, REQUESTS.c.host == host)
        if of_host >= self._bounds.asked_a_host or (
            _count(connection, REQUESTS) >= self._bounds.asked
        ):
            message = "Too many requests wait to be verified: ask again in some minutes."
            raise HubError(message, is_busy=True)


def refusal(connection: Connection, bounds: Bounds, callback: str, topic: Topic) -> str | None:
    """Why one more subscription can't be had; one that is there can always be renewed."""
    mine = SUBSCRIPTIONS.c.callback == callback
    joined = select(SUBSCRIPTIONS.c.id).join(TOPICS, TOPICS.c.id == SUBSCRIPTIONS.c.topic)
    if connection.scalar(joined.where(mine, TOPICS.c.address == topic.address)) is not None:
        return None
    host = host_of(callback)
    if _count(connection, SUBSCRIPTIONS, mine) >= bounds.a_callback:
        return f"One callback may have at most {bounds.a_callback} subscriptions."
    # There are no more than their numbers say, and to count many takes long.
    most = connection.scalar(select(func.max(SUBSCRIPTIONS.c.id))) or 0
    of_this_host = SUBSCRIPTIONS.c.host == host
    if most >= bounds.a_host and _count(connection, SUBSCRIPTIONS, of_this_host) >= bounds.a_host:
        return f"One host may have at most {bounds.a_host} subscriptions."
    if most >= bounds.in_all and _count(connection, SUBSCRIPTIONS) >= bounds.in_all:
        return f"This hub has its {bounds.in_all} subscriptions."
    known = select(TOPICS.c.id).where(TOPICS.c.address == topic.address)
    if connection.scalar(known) is not None:
        return None
    every: ColumnElement[bool] = true()
    kinds = [("topics", every, bounds.topics, bounds.topics_a_host)]
    if topic.query:
        filtered = TOPICS.c.query != ""
        kinds.append(("topics with parameters", filtered, bounds.filtered, bounds.filtered_a_host))
    for what, those, in_all, a_host in kinds:
        if _count(connection, TOPICS, those) >= in_all:
            return f"This hub has its {in_all} {what}."
        of_host = (
            select(func.count(distinct(SUBSCRIPTIONS.c.topic)))
            .join(TOPICS, TOPICS.c.id == SUBSCRIPTIONS.c.topic)
            .where(of_this_host, those)
        )
        if (connection.scalar(of_host) or 0) >= a_host:
            return f"One host may have at most {a_host} {what}."
    return None


def _count(connection: Connection, table: Table, *where: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(*where)) or 0


def _check_callback(address: str) -> None:
    """See that a callback is an address of the web.

    Raises:
        HubError: it is none, or one that can't be used as it is.
    """
    expected = "hub.callback: expected an address of http or https"
    if len(address) > _MAX_CALLBACK:
        raise HubError(f"{expected} of at most {_MAX_CALLBACK} characters.")
    if not _CALLBACK.fullmatch(address) or "#" in address:
        raise HubError(f"{expected}, percent-encoded and without a fragment.")
    try:
        parts = urlsplit(address)
        fits = bool(parts.hostname) and "@" not in parts.netloc and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits:
        raise HubError(f"{expected}, with a host and without a user's name.")
