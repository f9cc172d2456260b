"""Whose turn it is to fetch a source, and when: after a restart, and of several servers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from feedserver.errors import AwayError, SourceError
from feedserver.foreign import isolated, reading
from feedserver.foreign.reading import Reading
from feedserver.formats import archive as archives
from feedserver.ledger import work
from feedserver.ledger.fetches import FETCHES, Fetches
from feedserver.ledger.ledger import Ledger
from feedserver.sources import written
from feedserver.sources.fetching import WebFetcher
from feedserver.sources.keeping import COPIES
from feedserver.sources.written import Turns
from tests.feedserver.ledger.conftest import local, place, shared
from tests.feedserver.ledger.databases import Place
from tests.feedserver.origin import Answer, Web
from tests.feedserver.running import until
from tests.feedserver.sources.test_builder import FEEDS, Bench, Clock, _Waiting, clock, web
from tests.samples import archive, post

__all__ = ["clock", "local", "place", "shared", "web"]


@pytest.fixture(autouse=True)
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """To read each document in a process of its own would take most of the time."""

    def read(data: bytes, *given: Any, room: object) -> Reading:
        return reading.read(data, *given)

    monkeypatch.setattr(isolated, "read", read)


def feed(*names: str) -> bytes:
    posts = [post(name, days=-days) for days, name in enumerate(names)]
    return archives.serialise(archive(posts, FEEDS))


class Server(Bench):
    """A builder that has a ledger, as one of several may."""

    def __init__(self, folder: Path, clock: Clock, ledger: Ledger, *sources: str, **more: Any):
        super().__init__(folder, clock, *sources, **more)
        self.settings = replace(self.settings, database=more.get("database"))
        self.turns = Turns(Fetches(ledger, lambda: clock().timestamp()))
        self.builder = _Waiting(
            self.settings, fetcher=WebFetcher(self.settings), now=clock, turns=self.turns
        )

    @property
    def state_of_source(self) -> str:
        state: str = self.status()[0]["state"]
        return state


@contextmanager
def started(
    where: Place, clock: Clock, *sources: str, name: str = "one", **settings: Any
) -> Iterator[Server]:
    """A server, until it ends."""
    with where.opened() as ledger:
        settings = {"database": where.url, **settings}
        found = Server(where.folder / name, clock, ledger, *sources, **settings)
        try:
            yield found
        finally:
            found.builder.close()


def test_a_restart_fetches_nothing_that_isn_t_due(place: Place, clock: Clock, web: Web) -> None:
    web.says(Answer(feed("one"), headers={"ETag": '"1"'}))
    sources = [f"{web.origin}/{number}" for number in range(3)]
    with started(place, clock, *sources) as server:
        assert server.refresh() and len(web.requests) == 3
    clock.passes(600)
    with started(place, clock, *sources) as server:
        server.refresh()
        server.refresh()
        assert server.ids() == ["one/"] and len(web.requests) == 3
        assert server.status()[0]["checked"] == "2026-11-24T12:00:00+00:00"
        clock.passes(299)
        server.refresh()
        assert len(web.requests) == 3
        clock.passes(1)
        server.refresh()
        assert len(web.requests) == 6
        assert web.requests[-1].headers["If-None-Match"] == '"1"'


def test_back_off_outlives_a_restart(place: Place, clock: Clock, web: Web) -> None:
    web.says(feed("one"))
    with started(place, clock, web.origin) as server:
        server.refresh()
        web.says(Answer(status=500))
        for seconds in (900, 60, 120):
            clock.passes(seconds)
            server.refresh()
    asked = len(web.requests)
    with started(place, clock, web.origin) as server:
        server.refresh()
        server.refresh()
        assert server.ids() == ["one/"] and len(web.requests) == asked
        [status] = server.status()
        assert status["state"] == "stale" and "500" in status["error"]
        clock.passes(239)
        server.refresh()
        assert len(web.requests) == asked
        web.says(Answer(status=503, headers={"Retry-After": "5000"}))
        clock.passes(1)
        server.refresh()
        assert len(web.requests) == asked + 1
    clock.passes(4999)
    with started(place, clock, web.origin) as server:
        server.refresh()
        server.builder.hurry()
        server.refresh()
        assert len(web.requests) == asked + 1
        web.says(feed("one", "two"))
        clock.passes(1)
        assert server.refresh()
        assert server.state_of_source == "current"


def test_who_is_gone_is_asked_no_more(place: Place, clock: Clock, web: Web) -> None:
    web.says(feed("one"))
    with started(place, clock, web.origin) as server:
        server.refresh()
        web.says(Answer(status=410))
        clock.passes(900)
        server.refresh()
    asked = len(web.requests)
    for _ in range(3):
        clock.passes(100_000)
        with started(place, clock, web.origin) as server:
            server.refresh()
            server.refresh()
            assert server.ids() == ["one/"] and server.state_of_source == "gone"
    assert len(web.requests) == asked


def test_what_was_never_read_is_asked_at_each_start_unless_it_asked_not_to_be(
    place: Place, clock: Clock, web: Web
) -> None:
    web.says(Answer(status=500))
    for count in (1, 2):
        with started(place, clock, web.origin) as server:
            with pytest.raises(SourceError, match="500"):
                server.refresh()
            assert len(web.requests) == count
    web.says(Answer(status=429, headers={"Retry-After": "600"}))
    for _ in range(2):
        with started(place, clock, web.origin) as server:
            with pytest.raises(SourceError, match="429"):
                server.refresh()
            assert len(web.requests) == 3
    web.says(feed("one"))
    clock.passes(600)
    with started(place, clock, web.origin) as server:
        assert server.refresh()


@pytest.mark.parametrize("history", [True, False])
def test_a_copy_that_is_lost_is_fetched_whenever_it_is_due(
    local: Place, clock: Clock, web: Web, history: bool
) -> None:
    web.says(feed("one"))
    with started(local, clock, web.origin, history=history) as server:
        server.refresh()
    shutil.rmtree(server.state / COPIES)
    with started(local, clock, web.origin, history=history) as server:
        server.refresh()
        assert server.ids() == ["one/"]
    # What has been read stands in the history, too.
    assert len(web.requests) == (1 if history else 2)


@pytest.mark.parametrize("history", [True, False])
def test_of_several_servers_one_fetches(
    shared: Place, clock: Clock, web: Web, history: bool
) -> None:
    web.says(Answer(feed("one"), headers={"ETag": '"1"'}))
    with (
        started(shared, clock, web.origin, name="one", history=history) as one,
        started(shared, clock, web.origin, name="other", history=history) as other,
    ):
        assert one.refresh() and other.refresh()
        assert one.ids() == other.ids() == ["one/"] and len(web.requests) == 1
        web.says(Answer(feed("one", "two"), headers={"ETag": '"2"'}))
        clock.passes(900)
        assert other.refresh()
        for _ in range(3):
            one.refresh()
        assert one.ids() == other.ids() == ["one/", "two/"] and len(web.requests) == 2
        # Whoever fetches next knows what the other one has read.
        web.says(Answer(status=304))
        clock.passes(900)
        one.refresh()
        other.refresh()
        assert web.requests[-1].headers["If-None-Match"] == '"2"' and len(web.requests) == 3
        web.says(Answer(status=500))
        clock.passes(900)
        other.refresh()
        one.refresh()
        assert len(web.requests) == 4
        assert one.state_of_source == other.state_of_source == "stale"


def test_what_is_being_fetched_is_fetched_by_nobody_else(
    shared: Place, clock: Clock, web: Web
) -> None:
    web.says(feed("one"))
    with (
        started(shared, clock, web.origin, name="one") as one,
        started(shared, clock, web.origin, name="other") as other,
    ):
        one.refresh()
        other.refresh()
        clock.passes(900)
        one.turns.take(one.builder._slots, clock())
        other.refresh()
        assert len(web.requests) == 1
        # Who ends, however that comes, has nothing any more, as soon as the database has seen it.
        one.turns.close()

        def is_fetched() -> bool:
            other.refresh()
            return len(web.requests) == 2

        until(is_fetched)


def test_what_a_machine_that_hangs_has_is_fetched_in_the_end(
    shared: Place, clock: Clock, web: Web
) -> None:
    web.says(feed("one"))
    with (
        started(shared, clock, web.origin, name="one") as one,
        started(shared, clock, web.origin, name="other") as other,
    ):
        one.refresh()
        other.refresh()
        clock.passes(900)
        one.turns.take(one.builder._slots, clock())
        clock.passes(300)
        other.refresh()
        assert len(web.requests) == 1
        clock.passes(1)
        other.refresh()
        assert len(web.requests) == 2


def test_how_much_is_to_be_fetched_is_shown(place: Place, clock: Clock, web: Web) -> None:
    web.says(feed("one"))
    sources = [f"{web.origin}/{name}" for name in ("a", "b")]
    with started(place, clock, *sources) as server, place.opened() as ledger:
        server.refresh()
        web.says(Answer(status=500))
        clock.passes(900)
        server.refresh()
        now = clock().timestamp()
        [queue] = [each for each in work.queues(ledger, now) if each.kind == "fetch"]
        assert (queue.due, queue.waiting, queue.retried, queue.attempts) == (0, 2, 2, 1)
        Fetches(ledger).keep(sources[:1])
        [queue] = [each for each in work.queues(ledger, now + 60) if each.kind == "fetch"]
        assert (queue.due, queue.waiting) == (1, 0)


def test_what_can_not_be_noted_is_noted_later(
    shared: Place, clock: Clock, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.says(feed("one"))
    with started(shared, clock, web.origin, history=False) as server, shared.opened() as ledger:
        with monkeypatch.context() as patched:
            patched.setattr(Fetches, "note", _away)
            patched.setattr(written, "_PAUSE", 0.0)
            server.refresh()
        assert not _checked(ledger)
        server.refresh()
        assert _checked(ledger) and len(web.requests) == 1


def _away(*args: object) -> None:
    raise AwayError("it is away")


def _checked(ledger: Ledger) -> bool:
    with ledger.writing() as connection:
        rows = update(FETCHES).where(FETCHES.c.checked.is_not(None)).values(quiet=0)
        return connection.execute(rows).rowcount == 1


def test_who_asked_to_be_left_alone_is_though_it_has_failed_often(
    local: Place, clock: Clock, web: Web
) -> None:
    """By then it would be asked later than it has said."""
    web.says(Answer(status=500))
    for _ in range(5):
        with started(local, clock, web.origin) as server, pytest.raises(SourceError):
            server.refresh()
        clock.passes(1000)
    web.says(Answer(status=503, headers={"Retry-After": "10"}))
    with started(local, clock, web.origin) as server, pytest.raises(SourceError):
        server.refresh()
    asked = len(web.requests)
    clock.passes(9)
    with started(local, clock, web.origin) as server, pytest.raises(SourceError, match="503"):
        server.refresh()
    assert len(web.requests) == asked
    clock.passes(1)
    with started(local, clock, web.origin) as server, pytest.raises(SourceError):
        server.refresh()
    assert len(web.requests) == asked + 1
