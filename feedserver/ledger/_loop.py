"""Work on SQLite: a loop in one process, and a thread in it for each kind of work.

There is no queue beside the tables. What is due is found by looking, at the time that a sweeper
said, or when `SWEEPS` says that a shard was woken, by whichever process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from functools import partial
from math import inf
from pathlib import Path

import filelock
from sqlalchemy import Connection, select

from feedserver.errors import StateError
from feedserver.ledger import _sweeps
from feedserver.ledger.ledger import SWEEPS, Ledger, insert
from feedserver.ledger.runner import Sweeper

_LOOK = 0.1
"""How often, in seconds, it is looked whether a shard was woken."""
_BREATH = 0.005
"""How long, in seconds, the loop waits at least, whatever a sweeper says."""


class Loop:
    """A `Runner`; of one ledger only one runs."""

    def __init__(self, ledger: Ledger, sweepers: Sequence[Sweeper]) -> None:
        self._ledger = ledger
        self._sweepers = sweepers
        self._stopping = threading.Event()

    def run(self) -> None:
        path = Path(self._ledger.url.database or "").with_suffix(".lock")
        try:
            with filelock.FileLock(path, timeout=0, thread_local=False):
                self._run()
        except filelock.Timeout as error:
            raise StateError(f"{path}: another process does the work of this ledger") from error
        except OSError as error:
            if isinstance(error, StateError):
                raise
            raise StateError(f"{path}: {error.strerror}") from error

    def stop(self) -> None:
        self._stopping.set()

    def wake(self, connection: Connection, kind: str, shards: Iterable[int]) -> None:
        rows = [
            {"kind": kind, "shard": shard, "woken": 1, "failures": 0}
            for shard in sorted(set(shards))
        ]
        if rows:
            again = {"woken": SWEEPS.c.woken + 1}
            found = insert(connection, SWEEPS)
            connection.execute(
                found.on_conflict_do_update(index_elements=["kind", "shard"], set_=again), rows
            )

    def _run(self) -> None:
        if not self._sweepers:
            self._stopping.wait()
            return
        kinds: list[Future[None]] = []
        try:
            for sweeper in self._sweepers:
                kinds.append(_sweeps.begun(partial(self._work, sweeper)))
            wait(kinds, return_when=FIRST_EXCEPTION)
        finally:
            self._stopping.set()
            wait(kinds)
        for each in kinds:
            each.result()

    def _work(self, sweeper: Sweeper) -> None:
        absence = _sweeps.Absence()
        # What was due when the last process ended is due.
        due = dict.fromkeys(range(sweeper.shards), 0.0)
        woken: Mapping[int, int] = {}
        losses = 0
        # To note that all is well each time would take longer than a sweep.
        failing = set(due)
        while not self._stopping.is_set():
            try:
                found = self._woken(sweeper.kind)
                absence.over()
                if losses != self._ledger.losses:
                    # In another file it is counted anew.
                    woken, losses = {}, self._ledger.losses
                due |= {
                    shard: 0.0
                    for shard, number in found.items()
                    if shard in due and woken.get(shard, 0) != number
                }
                woken = found
                for shard in [each for each in due if due[each] <= time.time()]:
                    if not self._stopping.is_set():
                        due[shard] = self._sweep(sweeper, shard, failing)
            except StateError as error:
                absence.noticed(error)
                self._stopping.wait(_sweeps.AGAIN)
            soonest = min(due.values()) - time.time()
            self._stopping.wait(max(_BREATH, min(_LOOK, soonest)))

    def _woken(self, kind: str) -> Mapping[int, int]:
        with self._ledger.reading() as connection:
            columns = select(SWEEPS.c.shard, SWEEPS.c.woken)
            return dict(connection.execute(columns.where(SWEEPS.c.kind == kind)).all())

    def _sweep(self, sweeper: Sweeper, shard: int, failing: set[int]) -> float:
        due, error = _sweeps.swept(sweeper, shard)
        if error is not None or shard in failing:
            with self._ledger.writing() as connection:
                due = _sweeps.note(connection, sweeper.kind, shard, due, error)
            failing.add(shard) if error is not None else failing.discard(shard)
        return inf if due is None else due
