"""What the hub refuses and bears: wrong requests, too many of them, subscribers that fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Connection, select

from feedserver.errors import AwayError
from feedserver.ledger import work
from feedserver.ledger.ledger import Ledger
from feedserver.network import topics
from feedserver.network.hub import Bounds
from feedserver.network.pushes import Pushes
from feedserver.network.tables import REQUESTS
from feedserver.settings.settings import Settings
from feedserver.store.store import Store
from feedserver.web.stores import Stores
from tests.feedserver.network import hubs
from tests.feedserver.network.hubs import ATOM, Running
from tests.feedserver.network.subscribers import Subscriber, fields, subscriber
from tests.feedserver.origin import Answer, Request
from tests.feedserver.running import until
from tests.feedserver.servers import URL
from tests.samples import SITE

DAY = 86_400


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with hubs.hub(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for tests that leave it as it was."""
    with hubs.hub(tmp_path_factory.mktemp("shared")) as found:
        yield found


@pytest.fixture
def found() -> Iterator[Subscriber]:
    with subscriber() as made:
        yield made


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"hub.mode": ""}, "hub.mode: expected subscribe or unsubscribe"),
        ({"hub.mode": "SUBSCRIBE"}, "hub.mode: expected"),
        ({"hub.callback": ""}, "hub.callback: it is missing"),
        ({"hub.topic": ""}, "hub.topic: it is missing"),
        ({"hub.callback": "/callback"}, "hub.callback: expected an address of http or https"),
        ({"hub.callback": "ftp://a.example/"}, "hub.callback: expected an address"),
        ({"hub.callback": "https://a@b.example/"}, "without a user's name"),
        ({"hub.callback": "https://b.example/#x"}, "without a fragment"),
        ({"hub.callback": "https://b.example/ü"}, "percent-encoded"),
        ({"hub.callback": "https://b.example/\r\nx"}, "percent-encoded"),
        ({"hub.callback": "https://b.example:x/"}, "with a host"),
        ({"hub.callback": "https://b.example:99999/"}, "with a host"),
        ({"hub.callback": "https:///x"}, "hub.callback: expected an address"),
        ({"hub.callback": f"https://b.example/{'x' * 2000}"}, "at most 2000 characters"),
        ({"hub.secret": "s" * 200}, "hub.secret: expected less than 200 bytes"),
        ({"hub.secret": "ß" * 100}, "hub.secret: expected less than 200 bytes"),
        ({"hub.secret": "s\0"}, "hub.secret: it has a character that is none"),
        ({"hub.topic": f"{ATOM}?q=\0"}, "hub.topic: it has a character that is none"),
        ({"hub.topic": f"{ATOM}?q={'ü' * 400}"}, "hub.topic: expected at most 2000 characters"),
        ({"hub.lease_seconds": "0"}, "hub.lease_seconds: expected a whole number"),
        ({"hub.lease_seconds": "-5"}, "hub.lease_seconds: expected"),
        ({"hub.lease_seconds": "ten"}, "hub.lease_seconds: expected"),
        ({"hub.lease_seconds": "٣"}, "hub.lease_seconds: expected"),
        ({"hub.topic": "https://elsewhere.example/atom.xml"}, "is no feed of this server"),
        ({"hub.topic": f"{URL}feeds.json"}, "is no feed of this server"),
        ({"hub.topic": f"{URL}section/none/atom.xml"}, "is no feed of this server"),
        ({"hub.topic": f"{URL}../atom.xml"}, "is no feed of this server"),
        ({"hub.topic": "javascript:alert(1)"}, "is no feed of this server"),
        ({"hub.topic": f"{ATOM}?before=x"}, "neither before nor since"),
        ({"hub.topic": f"{ATOM}?since=2026-01-01T00:00:00Z"}, "neither before nor since"),
        ({"hub.topic": f"{ATOM}?colour=blue"}, "hub.topic: its parameter colour"),
        ({"hub.topic": f"{ATOM}?limit=0"}, "hub.topic: its parameter limit"),
        ({"hub.topic": f"{ATOM}?q=%ff"}, "hub.topic: its parameters can't be read"),
        ({"hub.topic": f"{SITE.url}atom.xml?q=owl"}, "is no feed of this server"),
    ],
)
def test_a_wrong_request_is_refused_in_plain_text(
    shared: Running, form: dict[str, str], said: str
) -> None:
    whole = {"hub.mode": "subscribe", "hub.callback": "https://b.example/x", "hub.topic": ATOM}
    answer = shared.client.post("/hub", data={**whole, **form})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert said in answer.text
    with shared.ledger.reading() as connection:
        assert not connection.execute(select(REQUESTS)).all()


def test_forms_that_are_none(running: Running) -> None:
    post = running.client.post
    assert post("/hub", json={"hub.mode": "subscribe"}).status_code == 415
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert post("/hub", content=b"x" * 20_000, headers=form).status_code == 413
    assert post("/hub", content=b"hub.mode=%ff", headers=form).status_code == 400
    assert post("/hub", content=b"\xff", headers=form).status_code == 400
    assert post("/hub", content=b"a=b&" * 60, headers=form).status_code == 400
    twice = b"hub.mode=subscribe&hub.mode=unsubscribe"
    assert "it is there twice" in post("/hub", content=twice, headers=form).text
    with_charset = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    assert "hub.mode" in post("/hub", content=b"", headers=with_charset).text


@pytest.mark.parametrize(
    "written",
    [
        f"{ATOM}?q=owl0&limit=5",
        f"{ATOM}?limit=5&q=owl0&utm_source=x",
        "HTTPS://Feeds.example/section/clients/atom.xml?limit=5&q=owl0#top",
    ],
)
def test_a_topic_has_one_form(running: Running, found: Subscriber, written: str) -> None:
    running.subscribe(found.callback, written)
    # It is asked back in the words of the subscriber.
    assert fields(found.asked[0])["hub.topic"] == written
    running.change()
    running.work()
    [got] = found.got
    assert f'<{ATOM}?q=owl0&limit=5>; rel="self"' in got.headers["Link"]
    assert got.body == running.get("/section/clients/atom.xml?q=owl0&limit=5")
    # The next change has no such word.
    running.change()
    running.work()
    assert len(found.got) == 1


def test_files_of_the_site_are_topics_too(running: Running, found: Subscriber) -> None:
    topic = f"{SITE.url}section/clients/feed.json"
    running.subscribe(found.callback, topic)
    running.change()
    running.work()
    [got] = found.got
    file = (running.folder / "section/clients/feed.json").read_bytes()
    hub = b'"hubs":[{"type":"WebSub","url":"https://feeds.example/hub"}],"items"'
    assert got.body == file.replace(b'"items"', hub, 1)
    assert f'<{topic}>; rel="self"' in got.headers["Link"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"no"),
        Answer(b""),
        Answer(status=404),
        Answer(status=302, headers={"Location": "/agreed"}),
        Answer(b"x" * 10_000),
    ],
)
def test_who_does_not_agree_is_not_subscribed(
    running: Running, found: Subscriber, answer: Answer
) -> None:
    found.agrees = lambda request: answer
    running.subscribe(found.callback)
    running.change()
    running.work()
    assert not found.got
    assert {urlsplit_path(request) for request in found.asked} == {"/callback"}


def urlsplit_path(request: Request) -> str:
    return request.path.partition("?")[0]


def test_a_failed_renewal_leaves_what_there_is(running: Running, found: Subscriber) -> None:
    running.subscribe(found.callback)
    found.agrees = lambda request: Answer(status=404)
    running.subscribe(found.callback, secret="s")
    running.ask(found.callback, mode="unsubscribe")
    running.work()
    running.change()
    running.work()
    [got] = found.got
    assert "X-Hub-Signature" not in got.headers


def test_who_cannot_be_reached_is_asked_again(running: Running, found: Subscriber) -> None:
    found.agrees = lambda request: Answer(status=503)
    running.subscribe(found.callback)
    running.work()
    assert len(found.asked) == 1
    found.agrees = None
    running.clock.pass_by(60)
    running.work()
    assert len(found.asked) == 2
    running.change()
    running.work()
    assert len(found.got) == 1


def test_private_addresses_are_asked_and_told_nothing(tmp_path: Path, found: Subscriber) -> None:
    with hubs.hub(tmp_path, private=False) as running:
        running.subscribe(found.callback)
        for _ in range(3):
            running.clock.pass_by(600)
            running.work()
        assert not found.asked


def test_an_address_that_has_become_private_is_told_nothing(
    running: Running, tmp_path: Path, found: Subscriber
) -> None:
    running.subscribe(found.callback)
    with hubs.hub(tmp_path / "other", private=False) as strict:
        # The same subscription, in a hub that isn't to go there.
        running.change()
        running.deliverer._client = strict.deliverer._client
        running.work()
        assert not found.got


def test_a_delivery_is_tried_again_over_a_day(running: Running, found: Subscriber) -> None:
    running.subscribe(found.callback)
    found.status = 500
    running.change()
    began = running.clock()
    tries: list[float] = []
    for _ in range(2 * DAY // 600):
        running.work()
        while len(tries) < len(found.got):
            tries.append(running.clock() - began)
        running.clock.pass_by(600)
    assert 8 <= len(tries) <= 20
    assert DAY * 0.7 < tries[-1] <= DAY
    # The next change is told in any case.
    found.status = 204
    running.change()
    running.work()
    assert len(found.got) == len(tries) + 1


def test_a_subscriber_that_asks_to_wait_is_waited_for(running: Running, found: Subscriber) -> None:
    running.subscribe(found.callback)
    found.status, found.headers = 503, {"Retry-After": "7200"}
    running.change()
    running.work()
    running.clock.pass_by(7100)
    running.work()
    assert len(found.got) == 1
    running.clock.pass_by(200)
    running.work()
    assert len(found.got) == 2


@pytest.mark.parametrize(("status", "later"), [(410, 1), (404, 2), (302, 2), (500, 2)])
def test_gone_ends_a_subscription_and_nothing_else_does(
    running: Running, found: Subscriber, status: int, later: int
) -> None:
    running.subscribe(found.callback)
    found.status = status
    running.change()
    running.work()
    assert len(found.got) == 1
    found.status = 200
    running.change()
    running.work()
    assert len(found.got) == later


def test_what_comes_while_a_delivery_fails_is_delivered_in_its_place(
    running: Running, found: Subscriber
) -> None:
    running.subscribe(found.callback)
    found.status = 500
    running.change()
    running.work()
    running.change()
    found.status = 200
    running.work()
    assert b"owl1" in found.got[-1].body
    running.clock.pass_by(DAY)
    running.work()
    assert len(found.got) == 2


def test_a_change_of_something_else_is_not_told(running: Running, found: Subscriber) -> None:
    running.subscribe(found.callback, f"{URL}section/clients/atom.xml?project=fractal")
    running.change()
    running.work()
    assert not found.got


def test_a_change_between_request_and_agreement_is_told(
    running: Running, found: Subscriber
) -> None:
    with subscriber() as other:
        running.subscribe(other.callback)
        assert running.ask(found.callback)[0] == 202
        running.change()
        running.work()
        running.work()
        assert len(other.got) == len(found.got) == 1


def test_there_are_bounds(tmp_path: Path, found: Subscriber) -> None:
    bounds = Bounds(in_all=5, a_host=4, a_callback=2, filtered=9, filtered_a_host=2)
    with hubs.hub(tmp_path, bounds=bounds) as running:

        def refused(callback: str, query: str = "") -> str:
            status, text = running.ask(callback, f"{ATOM}{query}")
            running.work()
            return "" if status == 202 else f"{status} {text}"

        one, two, three = (f"{found.callback}{number}" for number in range(3))
        assert not refused(one, "?q=a")
        assert not refused(one, "?q=b")
        assert "429 One callback may have at most 2" in refused(one)
        # One that is there can be renewed.
        assert not refused(one, "?q=a")
        assert "429 One host may have at most 2 topics" in refused(two, "?q=c")
        assert not refused(two, "?q=a")
        assert not refused(two)
        assert "429 One host may have at most 4" in refused(three)
        # What is over makes room.
        running.ask(one, f"{ATOM}?q=b", mode="unsubscribe")
        running.work()
        assert not refused(three)


def test_topics_are_few(tmp_path: Path, found: Subscriber) -> None:
    def refused(running: Running, file: str) -> str:
        status, text = running.ask(found.callback, f"{URL}section/clients/{file}")
        running.work()
        return "" if status == 202 else f"{status} {text}"

    for bounds, said in (
        (Bounds(topics=2), "429 This hub has its 2 topics."),
        (Bounds(topics_a_host=2), "429 One host may have at most 2 topics."),
    ):
        with hubs.hub(tmp_path / said, bounds=bounds) as running:
            assert not refused(running, "atom.xml")
            assert not refused(running, "rss.xml")
            assert said in refused(running, "feed.json")
            # One that is there may have more subscribers.
            assert not refused(running, "rss.xml")


@pytest.mark.parametrize(
    ("listener", "host", "is_taken"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://127.0.0.1:8000", "localhost:8000", True),
        ("http://127.0.0.1", "127.0.0.1", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://[::ffff:192.0.2.1]:8000", "192.0.2.1:8000", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8001", False),
        ("http://127.0.0.1:8000", "127.0.0.2:8000", False),
        ("http://192.0.2.1:8000", "localhost:8000", False),
        ("http://127.0.0.1:8000", "made-up.example:8000", False),
    ],
)
def test_without_url_a_server_knows_its_listener_alone(
    tmp_path: Path, found: Subscriber, listener: str, host: str, is_taken: bool
) -> None:
    with hubs.hub(tmp_path, settings=Settings()) as running:
        running.client.base_url = listener
        topic = f"http://{host}/section/clients/atom.xml"
        form = {"hub.mode": "subscribe", "hub.callback": found.callback, "hub.topic": topic}
        answer = running.client.post("/hub", data=form, headers={"Host": host})
        assert answer.status_code == (202 if is_taken else 400)
        assert is_taken or "its setting url has to say so" in answer.text
        # Nobody is kept from an end.
        form["hub.mode"] = "unsubscribe"
        answer = running.client.post("/hub", data=form, headers={"Host": host})
        assert answer.status_code == 202


def test_a_search_is_made_where_searches_are_and_a_feed_where_feeds_are(
    running: Running, found: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def noted(kind: type[object] | ModuleType, name: str) -> None:
        done = getattr(kind, name)

        def call(*arguments: object) -> object:
            threads.append(f"{name} in {threading.current_thread().name.partition('_')[0]}")
            return done(*arguments)

        monkeypatch.setattr(kind, name, call)

    noted(topics, "document")
    noted(Store, "search")
    assert running.ask(found.callback, f"{ATOM}?q=owl0")[0] == 202
    assert running.ask(found.callback, ATOM)[0] == 202
    assert threads == ["search in search", "document in render", "document in render"]


def test_too_many_that_are_not_asked_yet(tmp_path: Path, found: Subscriber) -> None:
    with hubs.hub(tmp_path, bounds=Bounds(asked=3, asked_a_host=2)) as running:
        assert running.ask(f"{found.callback}1")[0] == 202
        assert running.ask(f"{found.callback}2")[0] == 202
        status, text = running.ask(f"{found.callback}3")
        assert status == 429 and "ask again" in text
        running.work()
        assert running.ask(f"{found.callback}3")[0] == 202


def test_who_has_no_place_any_more_is_told_so(tmp_path: Path, found: Subscriber) -> None:
    with hubs.hub(tmp_path, bounds=Bounds(a_host=1)) as running:
        first, second = f"{found.callback}1", f"{found.callback}2"
        assert running.ask(first)[0] == running.ask(second)[0] == 202
        running.work()
        running.work()
        [denied] = [each for each in map(fields, found.asked) if each["hub.mode"] == "denied"]
        assert denied["hub.topic"] == ATOM
        assert denied["hub.reason"] == "One host may have at most 1 subscriptions."


def test_a_slow_subscriber_does_not_hold_up_the_others(running: Running, found: Subscriber) -> None:
    with subscriber() as slow:
        for number in range(20):
            running.subscribe(f"{slow.callback}{number}".replace("127.0.0.1", "localhost"))
        running.subscribe(found.callback)
        running.change()
        seen: list[int] = []
        answer = slow.web.answer

        def late(request: Request) -> Answer:
            time.sleep(0.05)
            seen.append(len(found.got))
            return answer(request)

        slow.web.answer = late
        running.work()
        assert len(slow.got) == 20
        assert seen.count(0) <= 8


def test_who_has_failed_before_comes_behind_the_others(running: Running, found: Subscriber) -> None:
    with subscriber() as failing:
        failing.status = 500
        order: list[str] = []
        for each in (failing, found):
            answer = each.web.answer

            def noted(request: Request, answer: Callable[[Request], Answer] = answer) -> Answer:
                if request.method == "POST":
                    order.append(request.path)
                return answer(request)

            each.web.answer = noted
        for number in range(40):
            running.subscribe(
                f"{failing.callback}?failing={number}".replace("127.0.0.1", "localhost")
            )
        running.change()
        running.work()
        assert len(order) == 40
        running.subscribe(found.callback)
        running.change()
        running.work()
        assert "/callback" in order[40:46]


def test_get_of_the_hub_is_nothing(running: Running) -> None:
    assert running.client.get("/hub").status_code == 404
    assert running.client.options("/hub").headers["Allow"] == "POST, OPTIONS"


def test_while_the_ledger_is_busy_the_site_is_taken_up_and_few_wait(
    running: Running, found: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[None] = []
    refresh = Stores.refresh

    def counted(stores: Stores) -> None:
        looks.append(None)
        refresh(stores)

    monkeypatch.setattr(Stores, "refresh", counted)
    told: list[int] = []

    def ask(number: int) -> None:
        told.append(running.ask(f"{found.callback}{number}")[0])

    threads = [threading.Thread(target=ask, args=[number]) for number in range(70)]
    with running.ledger.writing():
        for thread in threads:
            thread.start()
        until(lambda: told.count(503) == 10, seconds=25)
        had = len(looks)
        until(lambda: len(looks) > had + 5, seconds=25)
        assert len(told) == 10
    for thread in threads:
        thread.join()
    assert told.count(202) == 60


def test_a_stranger_at_a_callback_does_not_wait_for_the_ledger(running: Running) -> None:
    pushes = Pushes(running.ledger, work.runner(running.ledger))
    told: list[str | None] = []
    asked = {"hub.mode": "subscribe", "hub.topic": "https://x.example/", "hub.challenge": "x"}
    with running.ledger.writing():
        stranger = threading.Thread(target=lambda: told.append(pushes.agree("x", asked)))
        stranger.start()
        until(lambda: told == [None], seconds=25)
    stranger.join()


def test_what_was_acknowledged_is_noted_again_and_not_sent_again(
    running: Running, found: Subscriber
) -> None:
    for number in range(3):
        running.subscribe(f"{found.callback}{number}")
    running.change()
    writing = Ledger.writing
    begun: list[None] = []

    @contextmanager
    def broken(ledger: Ledger) -> Iterator[Connection]:
        begun.append(None)
        with writing(ledger) as connection:
            yield connection
            if len(begun) == 2:
                raise AwayError("the disk is full")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "writing", broken)
        with pytest.raises(AwayError):
            running.deliverer.sweep(0, 10.0)
    assert len(found.got) == 3
    running.work()
    running.clock.pass_by(DAY)
    running.work()
    assert len(found.got) == 3
