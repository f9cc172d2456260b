"""Who does the work that stands in a ledger: on SQLite a loop, on PostgreSQL any worker."""

from __future__ import annotations

from collections.abc import Sequence

from feedserver.ledger._loop import Loop
from feedserver.ledger.ledger import Ledger
from feedserver.ledger.runner import Runner, Sweeper


def runner(ledger: Ledger, sweepers: Sequence[Sweeper] = ()) -> Runner:
    """A runner for these sweepers, or, without, one that only wakes those of other processes.

    Raises:
        StateError: the database can't be used, or a library for it isn't there.
    """
    if not ledger.is_shared:
        return Loop(ledger, sweepers)
    # Nothing else needs the library.
    from feedserver.ledger._procrastination import Procrastination

    return Procrastination(ledger, sweepers)
