"""Work that waits for others, many pieces of it at once, but few with one host.

One transaction notes what ended and takes what is next, so that no more is done twice behind a
kill than what was under way. What couldn't be noted is noted before anything else is taken.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, Table, and_, func, select

from feedserver.errors import AwayError
from feedserver.ledger import _sweeps
from feedserver.ledger.ledger import Ledger

log = logging.getLogger("feedserver")

AT_ONCE, OTHERS, A_HOST = 32, 24, 4
"""How much is done at once, in all, with hosts that aren't known to be quick, and with one."""
_QUICK = 2.0
"""For how many seconds at most a host takes that is quick."""
_KNOWN = 1000
"""Of how many hosts it is known."""
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
        self._unnoted: dict[int, list[tuple[_Piece, _Came | None]]] = {}
        # The hosts that were asked last, and whether they were quick.
        self._hosts: dict[str, bool] = {}
        self._lock = threading.Lock()

    def sweep(self, shard: int, budget: float) -> float | None:
        """Do what is due of a shard; when the next is."""
        end = time.monotonic() + budget
        going: dict[Future[_Came], _Piece] = {}
        ended = self._unnoted.pop(shard, [])
        try:
            while True:
                due = None
                with self._ledger.writing() as connection:
                    for piece, came in ended:
                        self._work.note(connection, piece, came)
                    over = time.monotonic() >= end
                    taken = [] if over else self._next(connection, shard, going.values())
                    if not going and not taken:
                        due = self._due(connection, shard)
                if not going and not taken:
                    return due
                for piece in taken:
                    going[_sweeps.begun(partial(self._do, piece))] = piece
                wait(going, return_when=FIRST_COMPLETED)
                done, _ = wait(going, timeout=_GATHERED)
                ended = [(going.pop(future), _result(future)) for future in done]
        except AwayError:
            # It was done all the same, and isn't to be done again.
            more = [(piece, _result(future)) for future, piece in going.items()]
            self._unnoted[shard] = [*ended, *more]
            raise
        finally:
            # Nothing is done of a shard that nobody sweeps.
            wait(going)

    def _next(
        self, connection: Connection, shard: int, going: Collection[_Piece]
    ) -> Sequence[_Piece]:
        """What is due first, and isn't being done, of hosts that aren't busy with us.

        Who was slow comes behind the others, and so does what has failed before. Some places are
        kept for hosts that were quick: who answers late, or never, holds up none of those.
        """
        table, hosts = self._work.table, Counter(piece.host for piece in going)
        with self._lock:
            known = dict(self._hosts)
        quick = [host for host, was_quick in known.items() if was_quick]
        slow = [host for host, was_quick in known.items() if not was_quick]
        ids: list[int] = []

        def free() -> int:
            return AT_ONCE - len(going) - len(ids)

        def others() -> int:
            return OTHERS - sum(count for host, count in hosts.items() if not known.get(host))

        def add(which: ColumnElement[bool], room: int) -> bool:
            """Take so many rows; whether there were more."""
            if room <= 0:
                return True
            busy = [host for host, count in hosts.items() if count >= A_HOST]
            found = connection.execute(
                select(table.c.id, table.c.host)
                .where(self._of(shard), table.c.due <= self._now(), which)
                .where(table.c.id.not_in([*ids, *(piece.id for piece in going)]))
                .where(table.c.host.not_in(busy))
                .order_by(table.c.attempts, table.c.due, table.c.id)
                .limit(room)
            ).all()
            for id, host in found:
                if hosts[host] < A_HOST:
                    hosts[host] += 1
                    ids.append(id)
            return len(found) == room

        # A look at all rows takes long where there are many.
        more = add(table.c.host.not_in(slow), min(free(), others()))
        if slow and not more:
            add(table.c.host.in_(slow), min(free(), others()))
        if quick and others() <= 0:
            add(table.c.host.in_(quick), free())
        return self._work.take(connection, ids) if ids else []

    def _do(self, piece: _Piece) -> _Came:
        began = time.monotonic()
        try:
            return self._work.do(piece)
        finally:
            was_quick = time.monotonic() - began < _QUICK
            with self._lock:
                self._hosts.pop(piece.host, None)
                if len(self._hosts) >= _KNOWN:
                    del self._hosts[next(iter(self._hosts))]
                self._hosts[piece.host] = was_quick

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
