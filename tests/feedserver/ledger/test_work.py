"""How the work stands, by kind."""

from __future__ import annotations

from feedserver.ledger import work
from feedserver.ledger.ledger import Ledger
from feedserver.ledger.work import Queue
from tests.feedserver.ledger.databases import Place
from tests.feedserver.ledger.errands import ERRANDS, KIND, Errands, running
from tests.feedserver.running import until


def of_kind(ledger: Ledger, now: float) -> Queue:
    return next(queue for queue in work.queues(ledger, now) if queue.kind == KIND)


def test_work_is_counted(place: Place) -> None:
    with place.opened() as ledger:
        with ledger.writing() as connection:
            for number, (due, attempts) in enumerate(
                [(10.0, 0), (20.0, 3), (30.0, 1), (None, 7), (40.0, 0)]
            ):
                row = ERRANDS.insert().values(number=number, shard=0, due=due, attempts=attempts)
                connection.execute(row)
        assert of_kind(ledger, 20.0) == Queue(KIND, 2, 2, 2, 3)


def test_what_is_broken_is_told_until_it_works(place: Place) -> None:
    class Broken(Errands):
        broken = True

        def sweep(self, shard: int, budget: float) -> float | None:
            if shard == 2 and self.broken:
                raise ValueError("no owl is there")
            return None

    with place.opened() as ledger:
        sweeper = Broken(ledger)
        with running(ledger, sweeper):
            until(lambda: of_kind(ledger, 0).broken)
            [broken] = of_kind(ledger, 0).broken
            assert (broken.shard, broken.error) == (2, "ValueError: no owl is there")
            sweeper.broken = False
            until(lambda: not of_kind(ledger, 0).broken)
