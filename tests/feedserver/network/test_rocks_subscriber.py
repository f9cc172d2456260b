"""websub.rocks' tests of subscribers, by their numbers, and what the recommendation says beside.

A hub of a few lines asks back before it answers, as that site's does.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest
from starlette.testclient import TestClient

from feedserver.ledger import ledger, work
from feedserver.ledger.ledger import Ledger
from feedserver.network.hubs import LIMITS
from feedserver.network.pushes import METHODS, Heard, Pushes
from feedserver.network.subscribing import Subscriber
from feedserver.settings.settings import Settings
from feedserver.sources.addresses import Dialler
from feedserver.sources.client import Client
from feedserver.web.app import create_app
from feedserver.web.callback import WebSub
from tests.feedserver import origin
from tests.feedserver.network.hubs import Clock
from tests.feedserver.origin import Answer, Request, Web
from tests.feedserver.servers import URL, write_site
from tests.served import served


@dataclass
class Site:
    """A site with a hub. `links` are headers of its feed; `asked` what the hub was asked."""

    web: Web
    call: Callable[[str, Mapping[str, str]], tuple[int, bytes]]
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"<p>News"
    status: int = 202
    asked: list[dict[str, str]] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    lease: str = "3600"
    # In the place of the topic that it was asked for, when it asks back.
    topic: str | None = None
    fetched: list[str] = field(default_factory=list)

    @property
    def feed(self) -> str:
        return f"{self.web.origin}/feed"

    @property
    def hub(self) -> str:
        return f"{self.web.origin}/hub"

    def names(self, topic: str, hub: str | None = None) -> None:
        """Let the feed's headers name a topic, and a hub."""
        self.headers = {"Link": f'<{topic}>; rel="self", <{hub or self.hub}>; rel="hub"'}

    def answer(self, request: Request) -> Answer:
        path = request.path
        if path.startswith("/moved"):
            status = int(path.removeprefix("/moved"))
            where = "/feed" if request.method == "GET" else "/hub"
            return Answer(status=status, headers={"Location": where})
        if request.method == "GET":
            self.fetched.append(path)
            return Answer(self.body, headers=self.headers)
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        self.asked.append(form)
        if self.status == 202:
            self.answers.append(self.ask_back(form))
        return Answer(b"", self.status)

    def ask_back(self, form: Mapping[str, str], mode: str | None = None) -> tuple[int, bytes]:
        fields = {
            "hub.mode": mode or form["hub.mode"],
            "hub.topic": self.topic or form["hub.topic"],
            "hub.challenge": "a challenge <b>",
            "hub.lease_seconds": self.lease,
        }
        return self.call(f"{form['hub.callback']}?{urlencode(fields)}", {})


@dataclass
class Here:
    """Our side: a server that subscribes, and the site that it subscribes to."""

    client: TestClient
    pushes: Pushes
    ledger: Ledger
    subscriber: Subscriber
    clock: Clock
    site: Site
    heard: Heard = field(init=False)

    def subscribe(self, source: str | None = None) -> None:
        self.heard = Heard(self.ledger, [source or self.site.feed], self.clock)
        self.pushes.want([source or self.site.feed], subscribing=True)
        self.work()

    def work(self) -> None:
        self.subscriber.sweep(0, 10.0)

    def works(self) -> bool:
        """Whether its changes are known to be told, as is looked at each minute."""
        self.clock.pass_by(60)
        return bool(self.heard.take()[1])

    def deliver(self, body: bytes, signature: str | None) -> int:
        """What a delivery to the callback is answered with."""
        headers = {"X-Hub-Signature": signature} if signature else {}
        callback = self.site.asked[-1]["hub.callback"]
        return self.client.post(callback, content=body, headers=headers).status_code

    def signed(self, body: bytes, method: str = "sha256") -> str:
        key = self.site.asked[-1]["hub.secret"].encode()
        return f"{method}={hmac.new(key, body, method).hexdigest()}"

    def is_asked(self) -> bool:
        """Whether a source is to be fetched since the last time."""
        return bool(self.heard.take()[0])


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    write_site(tmp_path / "site")
    clock = Clock()
    with origin.serving() as web, ledger.opened(tmp_path / "ledger") as found:
        pushes = Pushes(found, work.runner(found), clock)
        app = create_app(
            Settings(url=URL, fetch_bytes=100_000),
            store=served(tmp_path / "site"),
            websub=WebSub(None, pushes),
        )
        connect = Dialler(private=True).connect
        with TestClient(app, base_url=URL) as client:

            def call(address: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
                assert address.startswith(f"{URL}callback/")
                answer = client.get(address, headers=dict(headers))
                return answer.status_code, answer.content

            site = Site(web, call)
            web.answer = site.answer
            site.names(site.feed)
            made = Subscriber(found, Client(LIMITS, connect), URL, clock)
            yield Here(client, pushes, found, made, clock, site)


def _elements(site: Site, form: str) -> bytes:
    hub, topic = site.hub, site.feed
    texts = {
        "html": f'<!doctype html><head><link rel="hub" href="{hub}">'
        f'<link rel="self" href="{topic}">',
        "atom": f'<feed xmlns="http://www.w3.org/2005/Atom"><link rel="hub" href="{hub}"/>'
        f'<link rel="self" href="{topic}"/></feed>',
        "rss": '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f'<atom:link rel="hub" href="{hub}"/><atom:link rel="self" href="{topic}"/>'
        "</channel></rss>",
    }
    return texts[form].encode()


def test_100_discovery_by_headers(here: Here) -> None:
    here.subscribe()
    [asked] = here.site.asked
    assert asked["hub.mode"] == "subscribe" and asked["hub.topic"] == here.site.feed
    assert asked["hub.callback"].startswith(f"{URL}callback/")
    assert len(asked["hub.callback"]) > len(f"{URL}callback/") + 40
    assert 40 < len(asked["hub.secret"]) < 200
    assert int(asked["hub.lease_seconds"]) == 864_000
    assert here.site.answers == [(200, b"a challenge <b>")]


@pytest.mark.parametrize("form", ["html", "atom", "rss"])
def test_101_102_103_discovery_by_elements(here: Here, form: str) -> None:
    here.site.headers = {}
    here.site.body = _elements(here.site, form)
    here.subscribe()
    assert here.site.answers == [(200, b"a challenge <b>")]


def test_104_headers_come_first(here: Here) -> None:
    wrong = here.site.hub.replace("/hub", "/wrong")
    here.site.body = _elements(here.site, "atom").replace(here.site.hub.encode(), wrong.encode())
    here.subscribe()
    assert here.site.answers == [(200, b"a challenge <b>")]


def test_200_another_self(here: Here) -> None:
    here.site.names(f"{here.site.feed}?self=other")
    here.subscribe()
    assert here.site.asked[0]["hub.topic"] == f"{here.site.feed}?self=other"
    assert here.site.answers[0][0] == 200


@pytest.mark.parametrize("status", [302, 301])
def test_201_202_a_topic_that_leads_elsewhere(here: Here, status: int) -> None:
    here.subscribe(f"{here.site.web.origin}/moved{status}")
    assert here.site.asked[0]["hub.topic"] == here.site.feed
    assert here.site.answers[0][0] == 200


@pytest.mark.parametrize("status", [307, 308])
def test_203_204_a_hub_that_leads_elsewhere(here: Here, status: int) -> None:
    here.site.names(here.site.feed, f"{here.site.web.origin}/moved{status}")
    here.subscribe()
    assert here.site.asked[0]["hub.topic"] == here.site.feed
    assert here.site.answers[0][0] == 200


def test_205_another_topic_is_not_agreed_to(here: Here) -> None:
    here.site.topic = f"{here.site.feed}?invalid"
    here.subscribe()
    assert [status for status, _ in here.site.answers] == [404]


def test_300_a_delivery_is_answered_with_2xx(here: Here) -> None:
    here.subscribe()
    assert here.is_asked()
    assert not here.works()
    assert here.deliver(b"news", here.signed(b"news")) == 204
    assert here.is_asked() and not here.is_asked()
    assert here.works()


@pytest.mark.parametrize("method", METHODS)
def test_signatures(here: Here, method: str) -> None:
    here.subscribe()
    assert here.deliver(b"news", here.signed(b"news", method)) == 204


@pytest.mark.parametrize(
    "signature",
    [
        "sha256=" + "0" * 64,
        "sha256=",
        "sha256",
        "=",
        "md5=" + hashlib.md5(b"news").hexdigest(),
        "sha512=" + "a" * 64,
        "sha256=+-",
        "x" * 4000,
    ],
)
def test_301_a_wrong_signature_is_rejected(here: Here, signature: str) -> None:
    here.subscribe()
    here.is_asked()
    assert here.deliver(b"news", signature) == 403
    assert not here.is_asked()


def test_301_a_signature_of_something_else_is_rejected(here: Here) -> None:
    here.subscribe()
    assert here.deliver(b"other news", here.signed(b"news")) == 403


def test_302_no_signature_is_rejected(here: Here) -> None:
    here.subscribe()
    here.is_asked()
    assert here.deliver(b"news", None) == 403
    assert not here.is_asked()


def test_what_was_not_asked_is_not_agreed_to(here: Here) -> None:
    here.subscribe()
    [form] = here.site.asked
    # It was agreed to once, and unsubscribing was never asked.
    assert here.site.ask_back(form)[0] == 404
    assert here.site.ask_back(form, "unsubscribe")[0] == 404
    wrong = {**form, "hub.callback": f"{URL}callback/{'x' * 43}"}
    assert here.site.ask_back(wrong)[0] == 404
    assert here.client.get(form["hub.callback"]).status_code == 404


def test_a_challenge_is_no_page(here: Here) -> None:
    here.subscribe()
    here.clock.pass_by(3000)
    here.site.status = 500
    here.work()
    form = here.site.asked[-1]
    fields = {
        "hub.mode": "subscribe",
        "hub.topic": form["hub.topic"],
        "hub.challenge": "<script>alert(1)</script>",
    }
    answer = here.client.get(form["hub.callback"], params=fields)
    assert answer.status_code == 200 and answer.text == fields["hub.challenge"]
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    long = {**fields, "hub.challenge": "x" * 5000}
    assert here.client.get(form["hub.callback"], params=long).status_code == 404


def test_a_lease_is_renewed_before_it_ends(here: Here) -> None:
    here.subscribe()
    here.clock.pass_by(2600)
    here.work()
    assert len(here.site.asked) == 1
    here.clock.pass_by(200)
    here.work()
    first, second = here.site.asked
    assert first == second
    assert here.deliver(b"x", here.signed(b"x")) == 204
    # A hub that is gone lets it end.
    here.site.status = 500
    here.clock.pass_by(3000)
    here.work()
    assert here.works()
    here.clock.pass_by(700)
    assert not here.works()


@pytest.mark.parametrize("lease", ["", "0", "-1", "x", "9" * 12])
def test_odd_leases(here: Here, lease: str) -> None:
    here.site.lease = lease
    here.subscribe()
    assert here.site.answers[0][0] == 200
    here.clock.pass_by(50 * 86_400)
    here.work()
    assert len(here.site.asked) == 2


def test_a_topic_that_has_moved_gets_a_callback_of_its_own(here: Here) -> None:
    here.subscribe()
    here.site.names(f"{here.site.feed}/new")
    here.clock.pass_by(3000)
    here.work()
    first, second = here.site.asked
    assert second["hub.topic"] == f"{here.site.feed}/new"
    assert first["hub.callback"] != second["hub.callback"]
    assert first["hub.secret"] != second["hub.secret"]
    # What comes to the old one ends there.
    assert here.client.post(first["hub.callback"], content=b"x").status_code == 410


def test_the_hub_that_is_there_is_renewed_and_stays_until_another_has_agreed(here: Here) -> None:
    here.site.names(here.site.feed, f"{here.site.web.origin}/moved404")
    here.site.headers["Link"] += f', <{here.site.hub}>; rel="hub"'
    here.subscribe()
    # The one that comes first fails: the other one is renewed, at its callback.
    here.clock.pass_by(3000)
    here.work()
    first, second = here.site.asked
    assert first == second
    # Its callback takes what it sends while a third one is asked that hasn't agreed yet.
    here.site.names(here.site.feed, f"{here.site.hub}?other")
    here.site.topic = "https://x.example/"
    here.clock.pass_by(3000)
    for _ in range(2):
        here.work()
        here.clock.pass_by(600)
        here.site.asked.append(first)
        here.is_asked()
        assert here.deliver(b"x", "sha1=x") == 403
        assert here.deliver(b"x", here.signed(b"x")) == 204
        assert here.is_asked()
    here.site.topic = None
    here.work()
    third = here.site.asked[-1]
    assert third["hub.callback"] != first["hub.callback"]
    assert here.deliver(b"x", here.signed(b"x")) == 204
    assert here.client.post(first["hub.callback"], content=b"x").status_code == 410


def test_a_hub_that_refuses_is_asked_again_later(here: Here) -> None:
    here.site.status = 503
    here.subscribe()
    here.work()
    assert len(here.site.asked) == 1
    # At first soon, for it may be starting just now.
    for seconds in (6, 11, 22):
        here.clock.pass_by(seconds / 2)
        here.work()
        asked = len(here.site.asked)
        here.clock.pass_by(seconds / 2)
        here.work()
        assert len(here.site.asked) == asked + 1
    here.site.status = 202
    here.clock.pass_by(80)
    here.work()
    assert here.site.answers[0][0] == 200


def test_a_hub_that_never_asks_back_is_asked_again(here: Here) -> None:
    here.site.topic = "https://x.example/"
    here.subscribe()
    here.clock.pass_by(100)
    here.work()
    assert len(here.site.asked) == 1
    here.clock.pass_by(60)
    here.work()
    assert len(here.site.asked) == 2


def test_who_is_denied_asks_again_in_a_day(here: Here) -> None:
    here.subscribe()
    [form] = here.site.asked
    assert here.deliver(b"x", here.signed(b"x")) == 204
    assert here.site.ask_back(form, "denied")[0] == 200
    assert not here.works()
    here.clock.pass_by(79_000)
    here.work()
    assert len(here.site.asked) == 1
    here.clock.pass_by(10_000)
    here.work()
    assert len(here.site.asked) == 2


def test_a_site_without_hub_is_looked_at_once_a_day(here: Here) -> None:
    here.site.headers = {}
    here.subscribe()
    here.clock.pass_by(70_000)
    here.work()
    assert len(here.site.fetched) == 1 and not here.site.asked
    here.site.names(here.site.feed)
    here.clock.pass_by(30_000)
    here.work()
    assert here.site.answers[0][0] == 200


def test_the_feed_of_a_page_and_of_an_archive(here: Here) -> None:
    here.site.headers = {}
    here.site.body = (
        b'<!doctype html><link rel="alternate" type="application/atom+xml" href="/atom.xml">'
    )
    here.subscribe()
    assert here.site.fetched == ["/feed", "/atom.xml"]
    here.subscribe(f"{here.site.web.origin}/archive.json")
    assert here.site.fetched[2:] == ["/feed.json"]


def test_what_is_no_source_any_more_is_unsubscribed(here: Here) -> None:
    here.subscribe()
    here.pushes.want([], subscribing=True)
    here.work()
    first, second = here.site.asked
    assert second["hub.mode"] == "unsubscribe" and "hub.secret" not in second
    assert here.site.answers[1] == (200, b"a challenge <b>")
    assert here.client.post(first["hub.callback"], content=b"x").status_code == 410


def test_a_hub_that_is_gone_keeps_no_source(here: Here) -> None:
    here.subscribe()
    here.site.status = 500
    here.pushes.want([], subscribing=True)
    here.work()
    callback = here.site.asked[0]["hub.callback"]
    assert here.client.post(callback, content=b"x").status_code == 410


def test_a_source_that_comes_back_is_subscribed_to(here: Here) -> None:
    here.subscribe()
    here.pushes.want([], subscribing=True)
    here.pushes.want([here.site.feed], subscribing=True)
    here.work()
    assert [asked["hub.mode"] for asked in here.site.asked] == ["subscribe", "subscribe"]


def test_a_change_that_was_not_told_is_remembered(here: Here) -> None:
    here.subscribe()
    assert here.deliver(b"x", here.signed(b"x")) == 204
    assert here.works()
    here.heard.missed(here.site.feed)
    assert not here.works()
    assert here.deliver(b"x", here.signed(b"x")) == 204
    assert here.works()


def test_hubs_at_private_addresses_are_not_asked(here: Here) -> None:
    sockets: list[str] = []

    class Strict(Dialler):
        def connect(self, host: str, port: int, deadline: float) -> socket.socket:
            sockets.append(host)
            private = host == "localhost"
            return Dialler(private=not private).connect(host, port, deadline)

    here.subscriber._client = Client(LIMITS, Strict(private=False).connect)
    here.site.names(here.site.feed, here.site.hub.replace("127.0.0.1", "localhost"))
    here.subscribe()
    assert sockets == ["127.0.0.1", "localhost"]
    assert not here.site.asked


def test_a_delivery_that_is_too_large_is_not_read(here: Here) -> None:
    here.subscribe()
    body = b"x" * 100_001
    assert here.deliver(body, here.signed(body)) == 413
