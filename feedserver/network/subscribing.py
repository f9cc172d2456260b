"""Subscribing to our sources at the hubs that they name (WebSub, sections 4 and 5.1)."""

from __future__ import annotations

import logging
import random
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from sqlalchemy import Connection, Row, and_, delete, select, update

from feedserver.errors import FetchError
from feedserver.formats import archive
from feedserver.ledger.atonce import AtOnce
from feedserver.ledger.ledger import Ledger
from feedserver.ledger.runner import shards
from feedserver.network import hubs
from feedserver.network.hubs import Advert
from feedserver.network.looking import is_page, named
from feedserver.network.tables import PUSHES
from feedserver.sources.client import Client, Request
from feedserver.sources.fetching import ACCEPT, Fetched

log = logging.getLogger("feedserver")

CALLBACK = "callback"
"""The folder of our callbacks."""

_DAY = 86_400.0
_LEASE = 10 * _DAY
_PATIENCE = 120.0
"""For how many seconds a hub may take to ask back what we have asked."""
_FIRST_WAIT = 5.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: a hub has taken it, or the source names none, or it failed."""

    taken: bool
    has_hub: bool = True
    retry_after: float | None = None


class Subscriber:
    """Subscribes at hubs, and renews that; `base` is the root by which others reach us."""

    kind = "subscribe"
    table = PUSHES

    def __init__(
        self, ledger: Ledger, client: Client, base: str, now: Callable[[], float] = time.time
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._base = base
        self._now = now
        self.shards = shards(ledger)
        self.sweep = AtOnce[Row[Any], Asked](ledger, self, now).sweep

    def take(self, connection: Connection, ids: Sequence[int]) -> Sequence[Row[Any]]:
        return connection.execute(select(PUSHES).where(PUSHES.c.id.in_(ids))).all()

    def do(self, piece: Row[Any]) -> Asked:
        try:
            if piece.mode == "unsubscribe":
                self._ask(piece.hub, piece.topic, piece.token, None, "unsubscribe")
                return Asked(True)
            # A topic may have moved, and its hub changed (section 6.1).
            found = self._advert(piece.source)
            return self._subscribe(piece, found) if found else Asked(False, has_hub=False)
        except FetchError as error:
            log.debug("%s: no subscription: %s", piece.source, error)
            return Asked(False, retry_after=error.retry_after)

    def note(self, connection: Connection, piece: Row[Any], came: Asked | None) -> None:
        mine = and_(PUSHES.c.id == piece.id, PUSHES.c.due == piece.due)
        if piece.mode == "unsubscribe":
            # A hub that can't be reached finds the callback gone.
            if came is None or not came.taken or piece.attempts:
                connection.execute(delete(PUSHES).where(mine))
            else:
                row: dict[str, object] = {"attempts": 1, "due": self._now() + _PATIENCE}
                connection.execute(update(PUSHES).where(mine).values(row))
            return
        attempts = piece.attempts + 1
        wait = min(_FIRST_WAIT * 2 ** min(attempts - 1, 20), _DAY)
        if came and came.taken:
            # If it doesn't ask back it is asked again.
            wait = max(wait, _PATIENCE)
        elif came and not came.has_hub:
            attempts, wait = 0, _DAY
        elif came and came.retry_after:
            wait = max(wait, min(came.retry_after, _DAY))
        row = {"attempts": attempts, "due": self._now() + wait * random.uniform(0.9, 1.1)}
        if came and not came.has_hub:
            row |= {"hub": None, "topic": None, "mode": None, "expires": None}
            row |= {"former_token": None, "former_secret": None}
        # What the hub has agreed to meanwhile stays as it is.
        connection.execute(update(PUSHES).where(mine).values(row))

    def _advert(self, source: str) -> Advert | None:
        """What a source says of its hub, or the feed that stands for it: a page's, an archive's."""
        if source.endswith(f"/{archive.FILE}"):
            return self._read(urljoin(source, "feed.json"))[0]
        found, fetched = self._read(source)
        feeds = named(fetched) if found is None and is_page(fetched) else []
        return self._read(feeds[0][1])[0] if feeds else found

    def _read(self, address: str) -> tuple[Advert | None, Fetched]:
        with self._client.ask(Request(address, headers={"Accept": ACCEPT})) as answer:
            if answer.status != 200:
                message = f"it answers {answer.status} {answer.reason}".strip()
                raise FetchError(message, answer.retry_after)
            links, content_type = answer.header("Link"), answer.header("Content-Type")
            body = answer.read()
            found = hubs.find(answer.address, links, body, content_type)
            return found, Fetched(body, answer.address, content_type)

    def _subscribe(self, piece: Row[Any], found: Advert) -> Asked:
        """Ask the hubs of a source, first the one that we have, until one takes it.

        Raises:
            FetchError: none does.
        """
        failed: FetchError | None = None
        for hub in sorted(found.hubs, key=lambda each: each != piece.hub):
            row = {"hub": hub, "topic": found.topic}
            token, secret = piece.token, piece.secret
            if piece.hub is not None and (piece.hub, piece.topic) != (hub, found.topic):
                # A callback is one hub's, for one topic.
                token, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
                if piece.expires is not None and piece.former_token is None:
                    row |= {"former_token": piece.token, "former_secret": piece.secret}
            row |= {"token": token, "secret": secret}
            # The hub may ask back before it answers.
            with self._ledger.writing() as connection:
                mine = update(PUSHES).where(PUSHES.c.id == piece.id)
                connection.execute(mine.values(**row, mode="subscribe"))
            try:
                self._ask(hub, found.topic, token, secret, "subscribe")
            except FetchError as error:
                failed = error
            else:
                return Asked(True)
        raise failed or FetchError("it names no hub")

    def _ask(self, hub: str, topic: str, token: str, secret: str | None, mode: str) -> None:
        fields = {
            "hub.mode": mode,
            "hub.topic": topic,
            "hub.callback": f"{self._base}{CALLBACK}/{token}",
        }
        if secret:
            fields |= {"hub.secret": secret, "hub.lease_seconds": str(round(_LEASE))}
        hubs.ask(self._client, hub, fields)
