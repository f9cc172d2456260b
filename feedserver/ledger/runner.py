"""The seam between work that has to be done and what sees to it that it is.

What is to be done stands in tables of the rooms that do it, in rows with `shard` (`shard_of` a
host, so that a host's limit holds over all machines), `due` (seconds since 1970, or NULL while
nothing is to be done) and `attempts`. Such a table says in its `info` which `kind` of work it has
(`Table(…, info={"kind": "deliver"})`), so that `feedserver work` can count. A `Sweeper` does what
is due in a shard. A `Runner` (`work.runner`) calls it: one call of a kind and shard at a time, over
all machines, as soon as something is due.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Protocol

from sqlalchemy import Connection

from feedserver.ledger.ledger import Ledger

_SHARDS = 16
"""More workers of one kind than that have nothing to do. Rows keep the shard that they have."""


class Sweeper(Protocol):
    """Does one kind of work; called in any thread, for several shards at once.

    A process may be killed at any instant. So the answer to each piece of work is noted in its row
    at once, before the next is begun, and work may be done twice. What fails is noted, too: with
    one more of `attempts`, and due later. To raise is to say that the sweeper itself is broken:
    then it is called again, later and later.
    """

    @property
    def kind(self) -> str:
        """The kind of work, such as "deliver"; a word."""

    @property
    def shards(self) -> int:
        """How many shards its rows have; see `shards`."""

    def sweep(self, shard: int, budget: float) -> float | None:
        """Do what of this shard is due, beginning nothing more when `budget` seconds are over.

        Return when the next of it is due, in seconds since 1970, which may be now, or None.
        """


class Runner(Protocol):
    """Calls sweepers, while it runs; one that doesn't, or has none, can still be woken."""

    def run(self) -> None:
        """Do what is due, when it is due, until `stop`.

        While the database is away it waits for it.

        Raises:
            StateError: another process works on this ledger of SQLite, or the database isn't fit.
        """

    def stop(self) -> None:
        """Let `run` return, when each sweeper has done what it has at hand; in any thread."""

    def wake(self, connection: Connection, kind: str, shards: Iterable[int]) -> None:
        """Within a transaction of the ledger: in these shards there is something due.

        Or it will be, sooner than the sweeper said. When the transaction is over the shards are
        swept, whichever process was told; when it is undone they aren't.
        """


def shards(ledger: Ledger) -> int:
    """How many shards a sweeper's rows should have: one where one loop does all."""
    return _SHARDS if ledger.is_shared else 1


def shard_of(host: str, count: int) -> int:
    """The shard, of so many, that what is done with this host has."""
    return zlib.crc32(host.casefold().encode()) % count
