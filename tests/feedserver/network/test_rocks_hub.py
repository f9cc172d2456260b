"""websub.rocks' tests of hubs, by their numbers, and what the recommendation says beside them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.feedserver.network import hubs
from tests.feedserver.network.hubs import ATOM, HUB, Running
from tests.feedserver.network.subscribers import Subscriber, fields, subscriber
from tests.feedserver.servers import URL


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with hubs.hub(tmp_path) as found:
        yield found


@pytest.fixture
def found() -> Iterator[Subscriber]:
    with subscriber() as made:
        yield made


def test_100_a_typical_request(running: Running, found: Subscriber) -> None:
    assert running.ask(found.callback)[0] == 202
    # It is asked back when the answer has been given.
    assert not found.asked
    running.work()
    [asked] = found.asked
    told = fields(asked)
    assert told.keys() == {f"hub.{name}" for name in "mode topic challenge lease_seconds".split()}
    assert told["hub.mode"] == "subscribe" and told["hub.topic"] == ATOM
    assert int(told["hub.lease_seconds"]) == 864_000
    assert len(told["hub.challenge"]) > 20
    running.work()
    assert not found.got
    running.change()
    running.work()
    [got] = found.got
    assert got.path == "/callback"
    assert got.body == running.get("/section/clients/atom.xml")
    assert got.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert got.headers["Link"] == f'<{HUB}>; rel="hub", <{ATOM}>; rel="self"'
    assert "X-Hub-Signature" not in got.headers
    running.work()
    assert len(found.got) == 1


def test_101_a_secret(running: Running, found: Subscriber) -> None:
    running.subscribe(found.callback, secret="a secret of güte")
    assert "hub.secret" not in found.asked[0].path
    running.change()
    running.work()
    [got] = found.got
    key = "a secret of güte".encode()
    expected = hmac.new(key, got.body, hashlib.sha256).hexdigest()
    assert got.headers["X-Hub-Signature"] == f"sha256={expected}"


def test_102_parameters_that_are_not_known_are_ignored(running: Running, found: Subscriber) -> None:
    form = {
        "hub.mode": "subscribe",
        "hub.topic": ATOM,
        "hub.callback": found.callback,
        "foo": "bar",
        "hub.foo": "hub.bar",
        "hub.verify": "sync",
    }
    assert running.send(form)[0] == 202
    running.work()
    running.change()
    running.work()
    assert len(found.got) == 1


def test_103_who_subscribes_again_has_one_subscription(running: Running, found: Subscriber) -> None:
    running.subscribe(found.callback, lease_seconds="3600", secret="old")
    running.clock.pass_by(3000)
    running.subscribe(found.callback, lease_seconds="3600", secret="new")
    running.clock.pass_by(3000)
    running.change()
    running.work()
    [got] = found.got
    expected = hmac.new(b"new", got.body, hashlib.sha256).hexdigest()
    assert got.headers["X-Hub-Signature"] == f"sha256={expected}"


def test_104_unsubscription(running: Running, found: Subscriber) -> None:
    running.subscribe(found.callback)
    assert running.ask(found.callback, mode="unsubscribe", lease_seconds="-1")[0] == 202
    running.work()
    told = fields(found.asked[1])
    assert told["hub.mode"] == "unsubscribe" and told["hub.topic"] == ATOM
    assert told["hub.challenge"] != fields(found.asked[0])["hub.challenge"]
    running.change()
    running.work()
    assert not found.got


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("rss.xml", "application/rss+xml; charset=utf-8"),
        # 106.
        ("feed.json", "application/feed+json"),
    ],
)
def test_105_and_106_other_formats(
    running: Running, found: Subscriber, path: str, media_type: str
) -> None:
    topic = f"{URL}section/clients/{path}"
    running.subscribe(found.callback, topic)
    running.change()
    running.work()
    [got] = found.got
    assert got.headers["Content-Type"] == media_type
    assert got.body == running.get(f"/section/clients/{path}")


def test_the_query_of_a_callback_stays(running: Running, found: Subscriber) -> None:
    callback = f"{found.callback}?id=7&hub.mode=denied&x=%2F"
    running.subscribe(callback)
    [asked] = found.asked
    assert asked.path.startswith("/callback?id=7&hub.mode=denied&x=%2F&hub.mode=subscribe&")
    running.change()
    running.work()
    assert [got.path for got in found.got] == ["/callback?id=7&hub.mode=denied&x=%2F"]


@pytest.mark.parametrize(("asked", "given"), [("1", 600), ("7200", 7200), ("9" * 15, 2_592_000)])
def test_leases_have_bounds_and_end(
    running: Running, found: Subscriber, asked: str, given: int
) -> None:
    running.subscribe(found.callback, lease_seconds=asked)
    assert fields(found.asked[0])["hub.lease_seconds"] == str(given)
    running.clock.pass_by(given - 2)
    running.change()
    running.work()
    assert len(found.got) == 1
    running.clock.pass_by(1)
    running.change()
    running.work()
    assert len(found.got) == 1
