"""What the hub and the subscriber put down, on both databases."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from feedserver.ledger import work
from feedserver.network.hub import Bounds
from feedserver.network.publishing import Publisher
from feedserver.network.pushes import Heard, Pushes
from feedserver.network.tables import PUBLISHED, PUSHES, SUBSCRIPTIONS, TOPICS
from feedserver.sources.builder import DATABASE
from feedserver.store.store import Store
from tests.feedserver.ledger.databases import Place
from tests.feedserver.network import hubs
from tests.feedserver.network.hubs import ATOM
from tests.feedserver.network.subscribers import subscriber
from tests.feedserver.servers import URL


def test_a_hub(place: Place, tmp_path: Path) -> None:
    bounds = Bounds(a_host=3, filtered_a_host=1)
    with hubs.hub(tmp_path, place=place, bounds=bounds) as running, subscriber() as found:
        one, two, three = (f"{found.callback}{number}" for number in range(3))
        running.subscribe(one)
        running.subscribe(two, f"{ATOM}?q=owl0")
        assert running.ask(three, f"{ATOM}?q=x")[0] == 429
        running.subscribe(one, secret="s")
        running.change()
        running.work()
        assert sorted(request.path for request in found.got) == ["/callback0", "/callback1"]
        found.status = 500
        running.change()
        running.work()
        running.clock.pass_by(3600)
        found.status = 200
        running.work()
        assert len(found.got) == 4
        running.ask(one, mode="unsubscribe")
        running.work()
        found.status = 410
        running.change()
        running.work()
        running.clock.pass_by(86_400 * 31)
        running.announcer.look()
        with running.ledger.reading() as connection:
            for table in (SUBSCRIPTIONS, TOPICS):
                assert connection.scalar(select(func.count()).select_from(table)) == 0


def test_what_is_heard(place: Place) -> None:
    with place.opened() as found:
        pushes = Pushes(found, work.runner(found))
        pushes.want(["https://a.example/feed", "https://b.example/feed"], subscribing=True)
        mine = Heard(found, ["https://a.example/feed"])
        assert mine.take() == ([], frozenset())
        pushes.ask_all()
        assert mine.take() == (["https://a.example/feed"], frozenset())
        assert mine.take() == ([], frozenset())
        # Who ends before it has been fetched finds it again.
        mine = Heard(found, ["https://a.example/feed"])
        assert mine.take()[0] == ["https://a.example/feed"]
        pushes.ask_all()
        mine.fetched("https://a.example/feed")
        assert mine.take()[0] == ["https://a.example/feed"]
        mine.fetched("https://a.example/feed")
        mine = Heard(found, ["https://a.example/feed"])
        assert mine.take() == ([], frozenset())
        # What somebody else fetches is left to him.
        assert Heard(found, ["https://b.example/feed"]).take()[0] == ["https://b.example/feed"]
        mine.missed("https://a.example/feed")
        pushes.want(["https://b.example/feed"], subscribing=False)
        with found.reading() as connection:
            assert connection.scalars(select(PUSHES.c.source)).all() == ["https://b.example/feed"]


def test_what_a_hub_elsewhere_is_to_be_told(place: Place, tmp_path: Path) -> None:
    with hubs.hub(tmp_path, place=place) as running, subscriber() as hub:
        client = running.deliverer._client
        told = Publisher(running.ledger, client, hub.web.origin, URL, running.clock)
        runner = work.runner(running.ledger)
        running.announcer.look()

        def look() -> None:
            told.look(runner, lambda: Store(tmp_path / "site.state" / DATABASE))
            running.clock.pass_by(1)
            for shard in range(told.shards):
                told.sweep(shard, 10.0)

        look()
        assert not hub.got
        running.subscribe(f"{hub.callback}x")
        hub.status = 500
        running.change()
        look()
        assert len(hub.got) == 1
        hub.status = 200
        running.clock.pass_by(60)
        look()
        assert len(hub.got) == 4
        assert {b"hub.mode=publish" in request.body for request in hub.got} == {True}
        with running.ledger.reading() as connection:
            assert connection.scalars(select(PUBLISHED.c.due)).all() == [None, None]
