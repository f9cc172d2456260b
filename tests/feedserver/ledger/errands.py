"""A table of things to be done, and a sweeper that does them: what tests have done, and count."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Column, Float, Integer, Table, func, select, update

from feedserver.ledger import work
from feedserver.ledger.ledger import METADATA, Ledger, opened
from feedserver.ledger.runner import Runner, Sweeper

KIND = "errand"
SHARDS = 4
TOLD = "told"
"""The file where worker processes tell which errands they have done."""

ERRANDS = Table(
    "errands_of_a_test",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("shard", Integer, nullable=False),
    Column("due", Float),
    Column("attempts", Integer, nullable=False, default=0),
    Column("done", Integer, nullable=False, default=0),
    info={"kind": KIND},
)


class Errands:
    """Does each errand by counting it, after `do` was called with its number."""

    kind = KIND
    shards = SHARDS

    def __init__(self, ledger: Ledger, do: Callable[[int], None] = lambda number: None) -> None:
        self._ledger = ledger
        self._do = do

    def sweep(self, shard: int, budget: float) -> float | None:
        end = time.monotonic() + budget
        while True:
            mine = select(ERRANDS).where(ERRANDS.c.shard == shard, ERRANDS.c.due.is_not(None))
            with self._ledger.reading() as connection:
                row = connection.execute(mine.order_by(ERRANDS.c.due).limit(1)).one_or_none()
            if row is None or row.due > time.time() or time.monotonic() > end:
                return None if row is None else row.due
            self._do(row.number)
            values = {"due": None, "done": ERRANDS.c.done + 1, "attempts": ERRANDS.c.attempts + 1}
            with self._ledger.writing() as connection:
                one = update(ERRANDS).where(ERRANDS.c.number == row.number)
                connection.execute(one.values(values))


def add(ledger: Ledger, runner: Runner, numbers: Sequence[int], due: float = 0.0) -> None:
    """Have errands done, from then on."""
    rows = [{"number": each, "shard": each % SHARDS, "due": due} for each in numbers]
    with ledger.writing() as connection:
        connection.execute(ERRANDS.insert(), rows)
        runner.wake(connection, KIND, {each % SHARDS for each in numbers})


def done(ledger: Ledger) -> dict[int, int]:
    """How often each errand was done that was."""
    with ledger.reading() as connection:
        found = select(ERRANDS.c.number, ERRANDS.c.done).where(ERRANDS.c.done > 0)
        return dict(connection.execute(found).all())


def left(ledger: Ledger) -> int:
    with ledger.reading() as connection:
        waiting = select(func.count()).where(ERRANDS.c.due.is_not(None))
        return connection.scalar(waiting) or 0


@contextmanager
def running(ledger: Ledger, *sweepers: Sweeper) -> Iterator[Runner]:
    """A runner in a thread; what it raises comes at the end."""
    runner = work.runner(ledger, sweepers)
    raised: list[BaseException] = []

    def run() -> None:
        try:
            runner.run()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield runner
    finally:
        runner.stop()
        thread.join(60)
        assert not thread.is_alive()
    if raised:
        raise raised[0]


def main(folder: str, url: str) -> None:
    """A worker process; an errand takes it a moment, and is told of beside the ledger."""
    told = os.open(f"{folder}/{TOLD}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def do(number: int) -> None:
        time.sleep(0.002)
        os.write(told, f"{number}\n".encode())

    with opened(Path(folder), url or None) as ledger:
        work.runner(ledger, [Errands(ledger, do)]).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
