"""What both engines have of sweeps: their threads, what is noted, and what is said of failures."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from sqlalchemy import Connection, select

from feedserver.errors import StateError
from feedserver.ledger.ledger import SWEEPS, insert
from feedserver.ledger.runner import Sweeper

log = logging.getLogger("feedserver")

BUDGET = 1.0
"""How long, in seconds, a sweep goes on: a stop waits for it, as do others on PostgreSQL."""
AGAIN = 1.0
"""How soon, in seconds, it is looked whether a database is back."""
_LONGEST = 300.0
"""The longest, in seconds, that a sweeper that fails isn't called."""

_Came = TypeVar("_Came")


def begun(call: Callable[[], _Came]) -> Future[_Came]:
    """Have something called in a thread of its own; what comes of it.

    The thread is a daemon, for the end of the process waits for no other server. For the threads of
    Python's pools it does, whatever they are.
    """
    future: Future[_Came] = Future()
    # What is on its way can't be cancelled.
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            came = call()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(came)

    threading.Thread(target=run, daemon=True).start()
    return future


def swept(sweeper: Sweeper, shard: int) -> tuple[float | None, Exception | None]:
    """Sweep; when the next is due, and what went wrong."""
    try:
        return sweeper.sweep(shard, BUDGET), None
    except Exception as error:
        return None, error


def note(
    connection: Connection, kind: str, shard: int, due: float | None, error: Exception | None
) -> float | None:
    """Note when a shard is due next; that time. One that fails is due later and later."""
    one = select(SWEEPS).where(SWEEPS.c.kind == kind, SWEEPS.c.shard == shard)
    found = connection.execute(one.with_for_update()).one_or_none()
    failures = 0 if found is None else found.failures
    if error is None:
        values: dict[str, object] = {"failures": 0, "error": None}
        if failures:
            log.info("%s: shard %s is worked on again", kind, shard)
    else:
        text = f"{type(error).__name__}: {error}"[:1000]
        due = time.time() + min(_LONGEST, 2.0 ** min(failures, 10))
        values = {"failures": failures + 1, "error": text}
        if found is None or text != found.error:
            message = "%s: shard %s can't be worked on, and is tried again: %s"
            log.error(message, kind, shard, text, exc_info=error)
    values |= {"due": due}
    added = insert(connection, SWEEPS).values(kind=kind, shard=shard, woken=0, **values)
    connection.execute(added.on_conflict_do_update(index_elements=["kind", "shard"], set_=values))
    return due


class Absence:
    """Says once that a database is away, and once that it is back."""

    def __init__(self) -> None:
        self._told = False

    def noticed(self, error: BaseException) -> None:
        if not self._told:
            # A library that says no more than that it is the database has the reason as its cause.
            cause = None if isinstance(error, StateError) else error.__cause__
            reason = " ".join(str(cause or error).split())
            log.error("the ledger is away, and work waits for it: %s", reason)
        self._told = True

    def over(self) -> None:
        if self._told:
            log.info("the ledger is back")
        self._told = False
