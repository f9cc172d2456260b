"""What is due is done, on both databases, whatever fails and whoever is killed."""

from __future__ import annotations

from feedserver.ledger import work
from tests.feedserver.ledger.databases import Place
from tests.feedserver.ledger.errands import Errands, add, done, running
from tests.feedserver.running import until


def test_what_is_due_is_done_once(place: Place) -> None:
    with place.opened() as ledger:
        add(ledger, work.runner(ledger), range(20))
        with running(ledger, Errands(ledger)):
            until(lambda: len(done(ledger)) == 20)
        assert set(done(ledger).values()) == {1}
