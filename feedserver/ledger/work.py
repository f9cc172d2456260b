"""Who does the work that stands in a ledger: on SQLite a loop, on PostgreSQL any worker."""

from __future__ import annotations

from collections.abc import Sequence

from feedserver.ledger._loop import Loop
from feedserver.ledger._procrastination import Procrastination
from feedserver.ledger.ledger import Ledger
from feedserver.ledger.runner import Runner, Sweeper


def runner(ledger: Ledger, sweepers: Sequence[Sweeper] = ()) -> Runner:
    """A runner for these sweepers, or, without, one that only wakes those of other processes.

    Raises:
        StateError: the database can't be used, or a library for it isn't there.
    """
    return (Procrastination if ledger.is_shared else Loop)(ledger, sweepers)
