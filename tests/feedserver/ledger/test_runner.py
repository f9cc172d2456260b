"""What is due is done, on both databases, whatever fails and whoever is killed."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NoReturn

import pytest
from sqlalchemy import select, update

from feedserver.errors import AwayError, StateError
from feedserver.ledger import work
from feedserver.ledger.ledger import Ledger, opened
from feedserver.ledger.runner import shard_of, shards
from tests.conftest import ROOT
from tests.feedserver.ledger import waiting
from tests.feedserver.ledger.databases import Place, refused
from tests.feedserver.ledger.errands import ERRANDS, KIND, SHARDS, Errands, add, done, left, running
from tests.feedserver.ledger.killing import killed
from tests.feedserver.ledger.test_atonce import CALLS
from tests.feedserver.running import until


class Broken:
    """A sweeper that fails so often, and then does nothing."""

    kind = "broken"
    shards = 1

    def __init__(self, failures: int) -> None:
        self.left = failures
        self.calls: list[float] = []

    def sweep(self, shard: int, budget: float) -> float | None:
        self.calls.append(time.monotonic())
        if self.left:
            self.left -= 1
            raise ValueError("no owl is there")
        return None


def test_what_is_due_is_done_once(place: Place) -> None:
    with place.opened() as ledger:
        add(ledger, work.runner(ledger), range(20))
        with running(ledger, Errands(ledger)):
            until(lambda: len(done(ledger)) == 20)
        assert set(done(ledger).values()) == {1}


def test_what_is_due_later_waits_for_its_time(place: Place) -> None:
    with place.opened() as ledger:
        due = time.time() + 1.5
        add(ledger, work.runner(ledger), [1], due)
        add(ledger, work.runner(ledger), [2], time.time() + 3600)
        times: list[float] = []
        with running(ledger, Errands(ledger, lambda number: times.append(time.time()))):
            until(lambda: done(ledger) == {1: 1})
        assert times[0] >= due
        assert left(ledger) == 1


def test_who_sleeps_is_woken(place: Place) -> None:
    """By another connection, as that of another process; and also for what is due sooner."""
    with place.opened() as ledger, place.opened() as other:
        add(ledger, work.runner(ledger), [1])
        add(ledger, work.runner(ledger), [5], time.time() + 3600)
        with running(ledger, Errands(ledger)):
            until(lambda: done(ledger) == {1: 1})
            add(other, work.runner(other), [2])
            until(lambda: done(ledger).keys() == {1, 2})
            with other.writing() as connection:
                connection.execute(
                    update(ERRANDS).where(ERRANDS.c.number == 5).values(due=time.time())
                )
                work.runner(other).wake(connection, KIND, [5 % SHARDS])
            until(lambda: done(ledger).keys() == {1, 2, 5})


def test_who_undoes_a_transaction_wakes_nobody(place: Place) -> None:
    with place.opened() as ledger:
        runner = work.runner(ledger)
        with pytest.raises(RuntimeError), ledger.writing() as connection:
            runner.wake(connection, KIND, range(SHARDS))
            raise RuntimeError
        with ledger.writing() as connection:
            runner.wake(connection, KIND, [])
        assert jobs(ledger) == 0


def jobs(ledger: Ledger) -> int:
    """How many jobs of procrastinate's there are; none on SQLite."""
    if not ledger.is_shared:
        return 0
    with ledger.reading() as connection:
        return int(
            connection.exec_driver_sql("SELECT count(*) FROM procrastinate_jobs").scalar_one()
        )


def test_nothing_is_left_behind_by_what_is_done(place: Place) -> None:
    with place.opened() as ledger, running(ledger, Errands(ledger)) as runner:
        for number in range(5):
            add(ledger, runner, [number])
        until(lambda: len(done(ledger)) == 5)
        until(lambda: jobs(ledger) == 0)


def test_a_sweeper_that_fails_is_tried_again_and_told_of_once(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "feedserver")
    broken = Broken(2)
    with place.opened() as ledger:
        with running(ledger, broken, Errands(ledger)) as runner:
            add(ledger, runner, range(3))
            until(lambda: len(done(ledger)) == 3)
            until(lambda: "worked on again" in caplog.text)
    first, second, third = broken.calls
    assert second - first >= 1
    assert third - second >= 2
    told = [record for record in caplog.records if "broken: shard 0" in record.getMessage()]
    assert [record.levelname for record in told] == ["ERROR", "INFO"]
    assert "no owl is there" in told[0].getMessage()


def test_a_stop_comes_behind_what_is_at_hand(place: Place) -> None:
    """It is noted as done, and nothing after it is begun once the sweep's time is over."""
    begun, go_on = threading.Event(), threading.Event()

    def do(number: int) -> None:
        begun.set()
        go_on.wait(60)

    with place.opened() as ledger:
        add(ledger, work.runner(ledger), [0])
        with running(ledger, Errands(ledger, do)) as runner:
            assert begun.wait(60)
            runner.stop()
            assert done(ledger) == {}
            go_on.set()
        assert done(ledger) == {0: 1}


def test_a_process_ends_without_waiting_for_another_server(place: Place) -> None:
    """One that never answers; it is asked once more at the next start."""
    command = [sys.executable, "-m", waiting.__name__, str(place.folder), place.url or ""]
    assert subprocess.run(command, cwd=ROOT, timeout=120).returncode == 0
    with place.opened() as ledger, ledger.reading() as connection:
        assert connection.scalars(select(CALLS.c.due)).all() == [0.0]


class Overlaps:
    """Notes which shards are swept at once by several runners."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now: Counter[int] = Counter()
        self.most = 0
        self.by: Counter[str] = Counter()

    @contextmanager
    def counted(self, shard: int, name: str) -> Iterator[None]:
        with self._lock:
            self._now[shard] += 1
            self.most = max(self.most, self._now[shard])
            self.by[name] += 1
        yield
        with self._lock:
            self._now[shard] -= 1


class Counted(Errands):
    """Of one errand a sweep, and each tells who does it."""

    def __init__(self, ledger: Ledger, name: str, overlaps: Overlaps) -> None:
        super().__init__(ledger, lambda number: time.sleep(0.01))
        self._name = name
        self._overlaps = overlaps

    def sweep(self, shard: int, budget: float) -> float | None:
        with self._overlaps.counted(shard, self._name):
            return super().sweep(shard, budget / 50)


def test_workers_share_shards_and_never_one_at_once(shared: Place) -> None:
    overlaps = Overlaps()
    with shared.opened() as one, shared.opened() as other:
        add(one, work.runner(one), range(60))
        with running(one, Counted(one, "one", overlaps)):
            with running(other, Counted(other, "other", overlaps)):
                until(lambda: len(done(one)) == 60)
        assert set(done(one).values()) == {1}
    assert overlaps.most == 1
    assert overlaps.by.keys() == {"one", "other"}


def test_one_process_works_on_a_ledger_of_sqlite(local: Place) -> None:
    with local.opened() as ledger, running(ledger, Errands(ledger)) as runner:
        add(ledger, runner, [1])
        until(lambda: done(ledger) == {1: 1})
        with pytest.raises(StateError, match="another process does the work"):
            work.runner(ledger, [Errands(ledger)]).run()


def test_a_database_that_is_away_is_waited_for(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "feedserver")
    with place.opened() as ledger:
        with running(ledger, Errands(ledger)) as runner:
            add(ledger, runner, [1])
            until(lambda: done(ledger) == {1: 1})
            add(ledger, runner, [2], time.time() + 0.5)
            with away(place, ledger, monkeypatch):
                until(lambda: "the ledger is away" in caplog.text)
            until(lambda: "the ledger is back" in caplog.text)
            until(lambda: done(ledger) == {1: 1, 2: 1})
    told = [line for line in caplog.text.splitlines() if "the ledger is" in line]
    assert len(told) == 2


@contextmanager
def away(place: Place, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that breaks off all connections and takes none; or a disk that is gone."""

    def gone() -> NoReturn:
        raise StateError("the disk is gone")

    if place.url is not None:
        with refused(place.url):
            yield
        return
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "reading", gone)
        patched.setattr(ledger, "writing", gone)
        yield


def test_who_is_patient_waits_for_a_database_from_the_beginning(
    shared: Place, caplog: pytest.LogCaptureFixture
) -> None:
    assert shared.url is not None
    with ExitStack() as stack:
        with refused(shared.url):
            with pytest.raises(AwayError):
                stack.enter_context(shared.opened())
            ledger = stack.enter_context(opened(shared.folder, shared.url, patient=True))
            waking = work.runner(ledger)
            stack.enter_context(running(ledger, Errands(ledger)))
            with pytest.raises(AwayError):
                add(ledger, waking, [1])
        add(ledger, waking, [1])
        until(lambda: done(ledger) == {1: 1})


def test_what_is_killed_loses_nothing(place: Place) -> None:
    """And does nothing twice but what was at hand: an errand of each shard."""
    outcome = killed(place, 3, random.Random(17))
    assert not outcome.lost
    assert len(outcome.twice) <= 3 * (1 if place.url is None else SHARDS)


def test_a_host_has_one_shard_of_as_many_as_the_database_has_workers(place: Place) -> None:
    with place.opened() as ledger:
        count = shards(ledger)
    assert (count == 1) is (place.url is None)
    assert shard_of("News.example", count) == shard_of("news.example", count) < count
