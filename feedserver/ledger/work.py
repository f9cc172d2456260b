"""Who does the work that stands in a ledger: on SQLite a loop, on PostgreSQL any worker."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from feedserver.ledger._loop import Loop
from feedserver.ledger._procrastination import Procrastination
from feedserver.ledger.ledger import METADATA, SWEEPS, Ledger
from feedserver.ledger.runner import Runner, Sweeper


def runner(ledger: Ledger, sweepers: Sequence[Sweeper] = ()) -> Runner:
    """A runner for these sweepers, or, without, one that only wakes those of other processes.

    Raises:
        StateError: the database can't be used, or a library for it isn't there.
    """
    return (Procrastination if ledger.is_shared else Loop)(ledger, sweepers)


@dataclass(frozen=True, slots=True)
class Broken:
    """A shard whose sweeper fails, how often in a row, and what it said last."""

    shard: int
    failures: int
    error: str


@dataclass(frozen=True, slots=True)
class Queue:
    """How much work of a kind there is: due by now, and due later.

    Of both `retried` have been tried before, the most tried one `attempts` times.
    """

    kind: str
    due: int
    waiting: int
    retried: int
    attempts: int
    broken: tuple[Broken, ...] = ()


def queues(ledger: Ledger, now: float | None = None) -> tuple[Queue, ...]:
    """How the work stands, by kind.

    Raises:
        StateError: the database can't be used.
    """
    tables = {table.info["kind"]: table for table in METADATA.tables.values() if table.info}
    now = time.time() if now is None else now
    found = []
    with ledger.reading() as connection:
        broken = _broken(connection)
        for kind, table in sorted(tables.items()):
            columns = table.c
            counts = select(
                func.count(case((columns.due <= now, 1))),
                func.count(case((columns.due > now, 1))),
                func.count(case((columns.attempts > 0, 1))),
                func.coalesce(func.max(columns.attempts), 0),
            ).where(columns.due.is_not(None))
            due, waiting, retried, attempts = connection.execute(counts).one()
            failing = tuple(broken.get(kind, ()))
            found.append(Queue(kind, due, waiting, retried, attempts, failing))
    return tuple(found)


def _broken(connection: Connection) -> dict[str, list[Broken]]:
    found: dict[str, list[Broken]] = {}
    failing = select(SWEEPS).where(SWEEPS.c.failures > 0).order_by(SWEEPS.c.kind, SWEEPS.c.shard)
    for row in connection.execute(failing):
        found.setdefault(row.kind, []).append(Broken(row.shard, row.failures, row.error or ""))
    return found
