"""What the hub and the subscriber put down, on both databases."""

from __future__ import annotations

import random
import shutil
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select, text, update

from feedserver.ledger import work
from feedserver.network.delivering import Answered, Content, Deliverer, Delivery
from feedserver.network.hub import Bounds
from feedserver.network.publishing import Publisher
from feedserver.network.pushes import Heard, Pushes
from feedserver.network.tables import (
    DOCUMENTS,
    PUBLISHED,
    PUSHES,
    REQUESTS,
    SUBSCRIPTIONS,
    TOPICS,
)
from feedserver.network.topics import Announcer
from feedserver.sources.builder import DATABASE
from feedserver.sources.slots import Made
from feedserver.store.store import OWN, Store
from tests.feedserver.ledger.databases import Place
from tests.feedserver.network import hubs
from tests.feedserver.network.hubs import ATOM, Running
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
        pushes.published(["https://a.example/feed", "https://b.example/feed"])
        assert mine.take() == (["https://a.example/feed"], frozenset())
        assert mine.take() == ([], frozenset())
        # Who ends before it has been fetched finds it again.
        mine = Heard(found, ["https://a.example/feed"])
        assert mine.take()[0] == ["https://a.example/feed"]
        with found.reading() as connection:
            asked = select(PUSHES.c.token).where(PUSHES.c.source == "https://a.example/feed")
            token = connection.scalar(asked)
        assert token is not None
        pushes.told(token)
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


def test_what_anybody_may_say_has_a_source_fetched_once_a_minute(place: Place) -> None:
    one, other = "https://a.example/feed", "https://b.example/feed"
    with place.opened() as found:
        clock = hubs.Clock()
        pushes = Pushes(found, work.runner(found), clock)
        pushes.want([one, other], subscribing=False)
        heard = Heard(found, [one, other], clock)
        pushes.published([one])
        assert heard.take()[0] == [one]
        # It fails, and is left alone for as long as ever.
        for _ in range(3):
            clock.pass_by(100)
            pushes.published([one])
            assert heard.take()[0] == []
        heard.fetched(one)
        pushes.published([one])
        assert heard.take()[0] == [one]
        heard.fetched(one)
        for _ in range(3):
            pushes.published([one])
            assert heard.take()[0] == []
        clock.pass_by(60)
        assert heard.take()[0] == [one]


def test_long_addresses(place: Place, tmp_path: Path) -> None:
    with hubs.hub(tmp_path, place=place) as running:
        # What differs from byte to byte isn't made shorter by a database.
        chance = random.Random(1)
        callback = f"https://b.example/{chance.randbytes(950).hex()}"
        word = "".join(chr(chance.randrange(0x4E00, 0x9FA6)) for _ in range(200))
        topic = f"{ATOM}?q={word}"
        for mode in ("subscribe", "unsubscribe"):
            assert running.ask(callback, topic, mode=mode)[0] == 202
        # Of what is none any more an end is wished for, too.
        assert running.ask(callback, f"{callback}{word * 5}", mode="unsubscribe")[0] == 202
        with running.ledger.reading() as connection:
            found = connection.execute(select(REQUESTS.c.mode, REQUESTS.c.callback)).all()
        assert found == [("unsubscribe", callback)] * 2


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


def _subscription(connection: Connection, address: str, delivered: str, due: float | None) -> int:
    """Somebody who is subscribed to a topic that is of version 1."""
    topic = TOPICS.insert().values(
        address=address,
        base=URL,
        name="section/clients/atom.xml",
        query="",
        is_file=False,
        hub=f"{URL}hub",
        version="1",
    )
    id: int | None = connection.scalar(topic.returning(TOPICS.c.id))
    assert id is not None
    document = {"topic": id, "version": "1", "media_type": "x", "body": zlib.compress(b"")}
    connection.execute(DOCUMENTS.insert().values(document))
    row = {"topic": id, "callback": "http://b/", "host": "b", "expires": 9e9, "shard": 0}
    row |= {"delivered": delivered, "due": due, "since": due}
    connection.execute(SUBSCRIPTIONS.insert().values(row))
    return id


def _answered(status: int) -> Callable[[Deliverer, Connection], None]:
    def note(deliverer: Deliverer, connection: Connection) -> None:
        row = connection.execute(select(SUBSCRIPTIONS)).one()
        piece = Delivery(row, Content("1", "x", b"", ""))
        deliverer.note(connection, piece, Answered(status))

    return note


def _taken(deliverer: Deliverer, connection: Connection) -> None:
    """Take one that has had what there was."""
    deliverer.take(connection, connection.scalars(select(SUBSCRIPTIONS.c.id)).all())


@pytest.mark.parametrize(
    ("delivered", "at_work"), [("0", _answered(200)), ("0", _answered(500)), ("1", _taken)]
)
def test_what_changes_while_it_is_noted_stays_due(
    shared: Place,
    tmp_path: Path,
    delivered: str,
    at_work: Callable[[Deliverer, Connection], None],
) -> None:
    with hubs.hub(tmp_path, place=shared) as running:
        ledger, announcer = running.ledger, running.announcer
        with ledger.writing() as connection:
            topic = _subscription(connection, ATOM, delivered, 1.0)

        def work() -> None:
            with ledger.writing() as connection:
                at_work(running.deliverer, connection)

        thread = threading.Thread(target=work)
        with ledger.writing() as connection:
            mine = TOPICS.c.id == topic
            connection.execute(update(TOPICS).where(mine).values(version="2"))
            announcer._wake(connection, topic, "2", 5.0)
            thread.start()
            _wait_for_one_that_waits(running)
        thread.join()
        with ledger.reading() as connection:
            row = connection.execute(select(SUBSCRIPTIONS.c.due, SUBSCRIPTIONS.c.since)).one()
        assert row == (5.5, 5.0)


def _wait_for_one_that_waits(running: Running) -> None:
    """Return when a transaction waits for another one."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(500):
        with running.ledger.reading() as connection:
            if connection.scalar(waiting):
                return
        time.sleep(0.02)
    raise AssertionError("nothing waits")


def test_topics_are_looked_at_in_whichever_order_they_come(shared: Place, tmp_path: Path) -> None:
    with hubs.hub(tmp_path, place=shared) as running:
        running.announcer.look()
        with running.ledger.writing() as first:
            _subscription(first, f"{ATOM}?1", "1", None)
            with running.ledger.writing() as second:
                _subscription(second, f"{ATOM}?2", "1", None)
            assert running.announcer.look() == 1
        assert running.announcer.look() == 1
        assert running.announcer.look() == 0


def test_who_is_behind_announces_nothing(shared: Place, tmp_path: Path) -> None:
    """Of two machines the second yet has what was before."""
    with hubs.hub(tmp_path, place=shared) as running, subscriber() as found:
        running.subscribe(found.callback)
        running.change()
        shutil.copytree(tmp_path / "site.state", tmp_path / "old.state")
        behind = Made(4, 6)

        def store(of_network: bool) -> Store:
            return Store(tmp_path / "old.state" / DATABASE, hub=OWN)

        def announcer(made: Callable[[bool], Made]) -> Announcer:
            runner, clock = work.runner(running.ledger), running.clock
            return Announcer(running.ledger, runner, store, clock, made=made)

        other = announcer(lambda of_network: behind)
        assert other.look() == 0
        running.announcer._made = lambda of_network: Made(3, 5)
        running.change()
        running.work()
        newest = found.got[-1].body
        # What it has is another version, but an older one.
        late = announcer(lambda of_network: behind)
        for each in (other, late):
            assert each.look() == 0
        behind = Made(5, 6)
        # By now it has all that there was: so the files have changed otherwise.
        assert late.look() == 1 and late.look() == 0
        running.clock.pass_by(1)
        running.work()
        assert found.got[-1].body != newest
