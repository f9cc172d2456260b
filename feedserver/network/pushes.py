"""What others tell us of our sources: hubs at our callbacks (WebSub, sections 5.3 and 7).

What a hub sends isn't read, but for its signature. It only has the source fetched, from its own
address: so who has got hold of a callback, or is a hub that lies, can bring nothing into our feeds
that the source hasn't; what is fetched goes one way, with one set of limits; and hubs that send
only a part of a feed do as well as others. The price is one request for each change.
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, delete, or_, select, update

from feedserver.ledger.atonce import host_of
from feedserver.ledger.ledger import Ledger, insert
from feedserver.ledger.runner import Runner, shard_of, shards
from feedserver.network.tables import PUSHES

METHODS = ("sha1", "sha256", "sha384", "sha512")
"""Those of the recommendation: most hubs sign with the first, which as an HMAC still holds."""

_MINUTE, _DAY = 60.0, 86_400.0
_LEASE = 10 * _DAY
_LEAST, _MOST = 60.0, 30 * _DAY
_KNOWN = 60.0
"""For how many seconds it is taken to be so that hubs tell of sources."""
_RENEWED = 0.75
"""After which part of a lease it is renewed: then there is time to try again."""
_NUMBER = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"(\w{1,10})=([0-9a-fA-F]{1,200})", re.ASCII)


class Pushes:
    """What hubs ask and tell us."""

    def __init__(
        self, ledger: Ledger, runner: Runner, now: Callable[[], float] = time.time
    ) -> None:
        self._ledger = ledger
        self._runner = runner
        self._now = now

    def want(self, sources: Collection[str], *, subscribing: bool) -> None:
        """These are our sources at addresses; if `subscribing`, to be subscribed to.

        Raises:
            StateError: the ledger can't be used.
        """
        now = self._now()
        with self._ledger.writing() as connection:
            known = set(connection.scalars(select(PUSHES.c.source)))
            for source in dict.fromkeys(sources):
                host = host_of(source)
                row = {"host": host, "shard": shard_of(host, shards(self._ledger))}
                row |= {"source": source, "token": _token(), "secret": _token()}
                found = insert(connection, PUSHES).values(row | {"attempts": 0, "missed": 0})
                connection.execute(found.on_conflict_do_nothing())
            gone: ColumnElement[bool] = PUSHES.c.source.in_(list(known - set(sources)))
            mine = PUSHES.c.source.in_(list(sources))
            if subscribing:
                # Of what isn't wanted any more the hub is told so, once.
                ours = PUSHES.c.hub.is_not(None)
                ended = update(PUSHES).where(gone, ours)
                connection.execute(ended.values(mode="unsubscribe", due=now))
                gone = gone & ~ours
                new = and_(mine, or_(PUSHES.c.due.is_(None), PUSHES.c.mode == "unsubscribe"))
                connection.execute(update(PUSHES).where(new).values(due=now, mode=None))
            else:
                connection.execute(update(PUSHES).where(mine).values(due=None))
            connection.execute(delete(PUSHES).where(gone))
            self._wake(connection)

    def agree(self, token: str, asked: Mapping[str, str]) -> str | None:
        """What to answer a hub that asks whether we want what was asked in our name.

        Nothing if we don't. What is denied is noted, and answered with nothing.
        """
        mode, now = asked.get("hub.mode"), self._now()
        challenge = asked.get("hub.challenge")

        def fits(row: Row[Any] | None) -> bool:
            if row is None or row.topic is None or asked.get("hub.topic") != row.topic:
                return False
            return mode == "denied" or bool(challenge and mode == row.mode)

        # Strangers don't keep who writes from it.
        with self._ledger.reading() as connection:
            if not fits(_row(connection, token)):
                return None
        with self._ledger.writing() as connection:
            row = _row(connection, token)
            if row is None or not fits(row):
                return None
            mine = PUSHES.c.id == row.id
            if mode == "denied":
                denied = {"mode": None, "expires": None, "due": now + _DAY}
                connection.execute(update(PUSHES).where(mine).values(denied))
                return ""
            if mode == "unsubscribe":
                connection.execute(delete(PUSHES).where(mine))
                return challenge
            written = asked.get("hub.lease_seconds", "")
            lease = float(written) if _NUMBER.fullmatch(written) else _LEASE
            lease = min(max(lease, _LEAST), _MOST)
            agreed = {"mode": None, "expires": now + lease, "due": now + lease * _RENEWED}
            # It may have changed since it was fetched last.
            agreed |= {"attempts": 0, "asked": now}
            agreed |= {"former_token": None, "former_secret": None}
            connection.execute(update(PUSHES).where(mine).values(agreed))
            self._wake(connection)
            return challenge

    def secret(self, token: str) -> bytes | None:
        """The secret of what is told at a callback; `None` if there is no such callback."""
        with self._ledger.reading() as connection:
            row = connection.execute(select(PUSHES).where(_at(token))).one_or_none()
        if row is None or row.topic is None:
            return None
        secret: str = row.secret if row.token == token else row.former_secret
        return secret.encode()

    def told(self, token: str) -> None:
        """Something that a hub has signed has come: the source is to be fetched."""
        now = self._now()
        with self._ledger.writing() as connection:
            row = update(PUSHES).where(_at(token))
            connection.execute(row.values(told=now, missed=0, asked=now))

    def published(self, sources: Collection[str]) -> None:
        """Anybody says that these sources have something new: they are fetched, once a minute.

        One that is to be fetched already isn't any sooner, for it may be one that fails.
        """
        now = self._now()
        next_minute = PUSHES.c.published + _MINUTE
        at = case((next_minute > now, next_minute), else_=now)
        mine = and_(PUSHES.c.source.in_(list(sources)), PUSHES.c.asked.is_(None))
        with self._ledger.writing() as connection:
            connection.execute(update(PUSHES).where(mine).values(asked=at, published=at))

    def _wake(self, connection: Connection) -> None:
        self._runner.wake(connection, "subscribe", range(shards(self._ledger)))


class Heard:
    """What is told of some of the sources, for who fetches them."""

    def __init__(
        self, ledger: Ledger, sources: Collection[str], now: Callable[[], float] = time.time
    ) -> None:
        self._ledger = ledger
        self._sources = frozenset(sources)
        self._now = now
        self._told: Collection[str] = ()
        self._again = 0.0
        # Since when those are to be fetched that were taken, and haven't been.
        self._asked: dict[str, float] = {}

    def take(self) -> tuple[Collection[str], Collection[str]]:
        """The sources that are to be fetched now, and those whose changes are told to us.

        What is to be fetched stays put down until it has been, for who ends before.
        Told is what a hub has told of before, and of which nothing was found since that it hasn't.
        """
        now = self._now()
        asked = select(PUSHES.c.source, PUSHES.c.asked).where(PUSHES.c.asked <= now)
        works = and_(PUSHES.c.told.is_not(None), PUSHES.c.missed == 0, PUSHES.c.expires > now)
        with self._ledger.reading() as connection:
            found = dict(connection.execute(asked).all())
            new = {
                source: since
                for source, since in found.items()
                if source in self._sources and self._asked.get(source) != since
            }
            if new or now >= self._again:
                told = connection.scalars(select(PUSHES.c.source).where(works))
                self._told, self._again = frozenset(told), now + _KNOWN
        self._asked |= new
        return list(new), self._told

    def fetched(self, source: str) -> None:
        """A source was fetched, for all that was told of it until it was taken last."""
        if (since := self._asked.get(source)) is None:
            return
        with self._ledger.writing() as connection:
            mine = and_(PUSHES.c.source == source, PUSHES.c.asked == since)
            connection.execute(update(PUSHES).where(mine).values(asked=None))
        del self._asked[source]

    def missed(self, source: str) -> None:
        """A change of a source was found that nobody had told."""
        self._again = 0.0
        with self._ledger.writing() as connection:
            row = update(PUSHES).where(PUSHES.c.source == source)
            connection.execute(row.values(missed=PUSHES.c.missed + 1))


class Signature:
    """Whether what comes in pieces has been signed with a secret (WebSub, section 7.1)."""

    def __init__(self, header: str | None, secret: bytes) -> None:
        found = _SIGNATURE.fullmatch((header or "").strip())
        known = found is not None and found[1].lower() in METHODS
        self._expected = found[2].lower() if found and known else ""
        self._made = hmac.new(secret, digestmod=found[1].lower() if found and known else "sha256")

    def add(self, piece: bytes) -> None:
        self._made.update(piece)

    def is_right(self) -> bool:
        return hmac.compare_digest(self._made.hexdigest(), self._expected)


def _row(connection: Connection, token: str) -> Row[Any] | None:
    return connection.execute(select(PUSHES).where(PUSHES.c.token == token)).one_or_none()


def _at(token: str) -> ColumnElement[bool]:
    return or_(PUSHES.c.token == token, PUSHES.c.former_token == token)


def _token() -> str:
    return secrets.token_urlsafe(32)
