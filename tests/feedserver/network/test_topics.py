"""Which topics are looked at, and when: none is forgotten, and none keeps others waiting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feedserver.errors import DatabaseError, SearchTimeoutError
from feedserver.feeds.index import Page
from feedserver.network import topics
from feedserver.network.tables import SUBSCRIPTIONS, TOPICS
from feedserver.network.topics import Announcer, Topic
from feedserver.store.snapshots import Snapshot
from feedserver.store.store import Document, Store
from tests.feedserver.network import hubs
from tests.feedserver.network.hubs import ATOM, Running
from tests.feedserver.network.subscribers import Subscriber, subscriber
from tests.feedserver.servers import URL


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with hubs.hub(tmp_path) as found:
        found.announcer.look()
        yield found


@pytest.fixture
def found() -> Iterator[Subscriber]:
    with subscriber() as made:
        yield made


class Slow:
    """Looks at topics: some take too long, as long as they are in `late`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.late: set[str] = set()
        self.seen: list[str] = []
        self._document = topics.document
        monkeypatch.setattr(topics, "document", self)

    def __call__(
        self, store: Store, snapshot: Snapshot, topic: Topic, found: Page | None = None
    ) -> Document | None:
        self.seen.append(topic.query)
        if topic.query in self.late:
            raise SearchTimeoutError
        return self._document(store, snapshot, topic, found)


def test_a_change_before_who_has_come_again_agrees_is_told(
    running: Running, found: Subscriber
) -> None:
    with subscriber() as other:
        running.subscribe(other.callback, f"{URL}section/clients/rss.xml")
        running.announcer.look()
        running.subscribe(found.callback)
        running.announcer.look()
        running.subscribe(found.callback, mode="unsubscribe")
        running.announcer.look()
        assert running.ask(found.callback)[0] == 202
        running.change()
        # It gets the number that the topic had which is no more.
        running.verifier.sweep(0, 10.0)
        running.announcer.look()
        running.clock.pass_by(1)
        running.work()
        assert [each.body for each in found.got] == [running.get("/section/clients/atom.xml")]


def _network_topic(running: Running) -> None:
    """Let somebody be subscribed to the network."""
    topic = TOPICS.insert().values(
        address=f"{URL}network/atom.xml",
        base=URL,
        name="network/atom.xml",
        query="",
        is_file=False,
        hub=f"{URL}hub",
        version="1",
    )
    row = {"callback": "http://b/", "host": "b", "expires": 9e9, "delivered": "1", "shard": 0}
    with running.ledger.writing() as connection:
        id = connection.scalar(topic.returning(TOPICS.c.id))
        connection.execute(SUBSCRIPTIONS.insert().values(topic=id, **row))


def test_a_network_that_is_not_there_keeps_nobody_else_waiting(
    running: Running, found: Subscriber
) -> None:
    _network_topic(running)
    running.subscribe(found.callback)
    opened = running.announcer._sites[False]._stores

    def stores(of_network: bool) -> Store:
        if of_network:
            raise DatabaseError("network.sqlite: it is not there")
        return opened(of_network)

    for site in running.announcer._sites.values():
        site._stores = stores
    for _ in range(2):
        with pytest.raises(DatabaseError, match=r"network\.sqlite"):
            running.change()
        for _ in range(3):
            with pytest.raises(DatabaseError, match=r"network\.sqlite"):
                running.announcer.look()
        running.clock.pass_by(1)
        running.work()
    assert len(found.got) == 2


def test_without_peers_no_network_is_looked_for(running: Running) -> None:
    _network_topic(running)

    def stores(of_network: bool) -> Store:
        raise DatabaseError("it is not there")

    runner = running.announcer._runner
    assert Announcer(running.ledger, runner, stores, networked=False).look() == 0


def test_a_search_that_takes_too_long_is_looked_for_again(
    running: Running, found: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(monkeypatch)
    running.subscribe(found.callback, f"{ATOM}?q=owl0")
    slow.late = {"q=owl0"}
    running.change()
    slow.seen.clear()
    for _ in range(3):
        running.announcer.look()
    # Not at every look.
    assert not slow.seen
    running.clock.pass_by(60)
    running.announcer.look()
    assert slow.seen == ["q=owl0"]
    slow.late.clear()
    running.clock.pass_by(60)
    running.announcer.look()
    running.clock.pass_by(1)
    running.work()
    assert len(found.got) == 1


def test_searches_come_behind_all_else(
    running: Running, found: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    for query in ("?q=owl0", "?q=x", "?limit=5", ""):
        running.subscribe(found.callback, f"{ATOM}{query}")
    running.announcer.look()
    slow = Slow(monkeypatch)
    slow.late = {"q=owl0"}
    running.change()
    assert slow.seen[0] == ""
    # There is no time for those that have parameters: they come at the next look.
    monkeypatch.setattr(topics, "_SEARCHING", -1.0)
    slow.seen.clear()
    running.change()
    assert set(slow.seen) == {""}
    monkeypatch.undo()
    slow = Slow(monkeypatch)
    running.announcer.look()
    # What took too long is the last.
    assert slow.seen == ["q=x", "limit=5", "q=owl0"]
    running.announcer.look()
    assert len(slow.seen) == 3
