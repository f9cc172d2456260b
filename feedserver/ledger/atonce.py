"""Work that waits for others, many pieces of it at once, but few with one host.

One transaction notes what ended and takes what is next, so that no more is done twice behind a
kill than what was under way.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, Table, and_, func, select

from feedserver.ledger.ledger import Ledger

log = logging.getLogger("feedserver")

AT_ONCE = 32
A_HOST = 4
_GATHERED = 0.005
"""For how many seconds what ends is waited for, to be noted together."""


class Piece(Protocol):
    """A row of a table of work."""

    @property
    def id(self) -> int: ...

    @property
    def host(self) -> str: ...


_Piece = TypeVar("_Piece", bound=Piece)
_Came = TypeVar("_Came")


class Work(Protocol[_Piece, _Came]):
    """What is to be done with the rows of a table."""

    table: Table

    def take(self, connection: Connection, ids: Sequence[int]) -> Sequence[_Piece]:
        """The rows with these ids."""

    def do(self, piece: _Piece) -> _Came:
        """Do what it says; called in any thread."""

    def note(self, connection: Connection, piece: _Piece, came: _Came | None) -> None:
        """Note what came of it; nothing if a mistake of ours has kept it from being done."""


class AtOnce(Generic[_Piece, _Came]):
    """Does the work of a table, as a sweep."""

    def __init__(
        self, ledger: Ledger, work: Work[_Piece, _Came], now: Callable[[], float] = time.time
    ) -> None:
        self._ledger = ledger
        self._work = work
        self._now = now

    def sweep(self, shard: int, budget: float) -> float | None:
        """Do what is due of a shard; when the next is."""
        end = time.monotonic() + budget
        going: dict[Future[_Came], _Piece] = {}
        ended: list[tuple[_Piece, _Came | None]] = []
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="network") as pool:
            while True:
                with self._ledger.writing() as connection:
                    for piece, came in ended:
                        self._work.note(connection, piece, came)
                    over = time.monotonic() >= end
                    taken = [] if over else self._next(connection, shard, going.values())
                    if not going and not taken:
                        return self._due(connection, shard)
                for piece in taken:
                    going[pool.submit(self._work.do, piece)] = piece
                wait(going, return_when=FIRST_COMPLETED)
                done, _ = wait(going, timeout=_GATHERED)
                ended = [(going.pop(future), _result(future)) for future in done]

    def _next(
        self, connection: Connection, shard: int, going: Collection[_Piece]
    ) -> Sequence[_Piece]:
        """What is due first, and isn't being done, of hosts that aren't busy with us.

        What has failed before comes behind all else, so that who never answers holds up nobody.
        """
        free = AT_ONCE - len(going)
        if not free:
            return []
        table, hosts = self._work.table, Counter(piece.host for piece in going)
        busy = [host for host, count in hosts.items() if count >= A_HOST]
        found = connection.execute(
            select(table.c.id, table.c.host)
            .where(self._of(shard), table.c.due <= self._now())
            .where(table.c.id.not_in([piece.id for piece in going]))
            .where(table.c.host.not_in(busy))
            .order_by(table.c.attempts, table.c.due, table.c.id)
            .limit(free)
        )
        ids = []
        for id, host in found:
            if hosts[host] < A_HOST:
                hosts[host] += 1
                ids.append(id)
        return self._work.take(connection, ids) if ids else []

    def _due(self, connection: Connection, shard: int) -> float | None:
        table = self._work.table
        due: float | None = connection.scalar(select(func.min(table.c.due)).where(self._of(shard)))
        return due

    def _of(self, shard: int) -> ColumnElement[bool]:
        table = self._work.table
        return and_(table.c.shard == shard, table.c.due.is_not(None))


def _result(future: Future[_Came]) -> _Came | None:
    try:
        return future.result()
    except Exception:
        # A mistake of ours with one row is not to keep all others waiting for ever.
        log.exception("a piece of work could not be done")
        return None


def host_of(address: str) -> str:
    """The host of an address of the web, without its port: of which we ask little at once."""
    return urlsplit(address).hostname or ""
