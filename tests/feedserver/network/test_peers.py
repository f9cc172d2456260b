"""The network's database: what peers have comes into it, and none of them is in another's way."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from feedserver.errors import ForeignError
from feedserver.foreign import isolated, reading
from feedserver.foreign.reading import Options, Reading
from feedserver.formats import archive
from feedserver.model import Archive, Feed
from feedserver.network.peers import Peers
from feedserver.settings.peers import Peer
from feedserver.settings.settings import Settings
from feedserver.sources.fetching import WebFetcher
from feedserver.sources.slots import Slot
from feedserver.sources.source import Source
from feedserver.sources.statefolder import NETWORK, PEERS
from feedserver.store.store import Store
from tests.feedserver.foreign.test_joining import OTHER, moved, site
from tests.feedserver.foreign.test_reading import ISSUE, atom, content, entry
from tests.feedserver.origin import Answer, Request, Web, serving
from tests.feedserver.sources.test_builder import Clock
from tests.samples import SITE, post


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process for each document would take most of the time."""

    def read(data: bytes, options: Options, *told: str | None, room: object) -> Reading:
        return reading.read(data, options, *told)

    monkeypatch.setattr(isolated, "read", read)


class _Waiting(Peers):
    """What was begun to be fetched has come when it is looked for."""

    def _visit(self, slot: Slot, source: Source) -> None:
        super()._visit(slot, source)
        if slot.visit:
            futures.wait([slot.visit])


class Bench:
    """The network of a site with one post, and peers on this machine."""

    def __init__(self, folder: Path, clock: Clock, *urls: str, **settings: Any) -> None:
        self.state = folder / "state"
        self.state.mkdir(exist_ok=True)
        self.own: tuple[Archive, ...] = (site(post("mine")),)
        peers = tuple(Peer(url) for url in urls)
        found = Settings(state=self.state, peers=peers, private_addresses=True, fetch_timeout=60)
        self.settings = replace(found, **settings)
        fetcher = WebFetcher(self.settings)
        self.peers = _Waiting(self.settings, lambda: self.own, fetcher=fetcher, now=clock)

    def refresh(self) -> bool:
        return self.peers.refresh()

    def titles(self) -> list[str]:
        store = Store(self.state / NETWORK)
        document = store.document(store.snapshot, "network/feed.json", "https://x.example/")
        assert document is not None
        return sorted(item["title"] for item in json.loads(document.body)["items"])

    def status(self) -> dict[str, dict[str, Any]]:
        found = json.loads((self.state / PEERS).read_bytes())["sources"]
        return {each["name"]: each for each in found}


def archive_of(*names: str) -> bytes:
    return archive.serialise(site(*(moved(post(name)) for name in names), of=OTHER))


def by_path(pages: dict[str, Answer | bytes]) -> Callable[[Request], Answer]:
    def answer(request: Request) -> Answer:
        found = pages.get(request.path, Answer(status=404))
        return Answer(found) if isinstance(found, bytes) else found

    return answer


def html(text: str) -> Answer:
    return Answer(text.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


def test_a_peer_s_entries_come_and_stay(tmp_path: Path, clock: Clock, web: Web) -> None:
    web.says(archive_of("one"))
    bench = Bench(tmp_path, clock, f"{web.origin}/archive.json")
    assert bench.refresh() and bench.titles() == ["Mine", "One"]
    assert not bench.refresh()
    clock.passes(900)
    web.says(archive_of("one", "two"))
    assert bench.refresh() and bench.titles() == ["Mine", "One", "Two"]
    bench.own = (site(post("mine"), post("new")),)
    assert bench.refresh() and bench.titles() == ["Mine", "New", "One", "Two"]
    [health] = bench.peers.health.peers
    assert (health.name, health.state) == (f"{web.origin}/archive.json", "current")
    assert bench.peers.health.sources == ()


def test_what_has_left_a_peer_s_feed_stays_unless_its_history_is_off(
    tmp_path: Path, clock: Clock, web: Web
) -> None:
    kept, left = f"{web.origin}/kept.xml", f"{web.origin}/left.xml"
    peers = (Peer(kept), Peer(left, history=False))
    bench = Bench(tmp_path, clock, peers=peers)

    def publish(*numbers: int) -> None:
        pages: dict[str, Answer | bytes] = {}
        for name in ("kept", "left"):
            feed = (
                f"<entry><id>https://{name}.example/{number}</id><title>{name} {number}</title>"
                f"<updated>2026-03-{number:02}T12:00:00Z</updated><summary>x</summary></entry>"
                for number in numbers
            )
            head = f"<title>{name}</title><link href='https://{name}.example/'/>"
            body = f"<feed xmlns='http://www.w3.org/2005/Atom'>{head}{''.join(feed)}</feed>"
            pages[f"/{name}.xml"] = body.encode()
        web.answer = by_path(pages)
        clock.passes(900)
        assert bench.refresh()

    publish(2, 1)
    publish(4, 3)
    assert bench.titles() == ["Mine", "kept 1", "kept 2", "kept 3", "kept 4", "left 3", "left 4"]


def test_what_an_address_is_is_found_out(tmp_path: Path, clock: Clock, web: Web) -> None:
    feed = atom(entry(content("x"), id="https://a.example/1", title="Of a feed"))
    page = '<!doctype html><link rel="alternate" type="application/{}" href="{}">'
    web.answer = by_path(
        {
            "/site/": html("<!doctype html><title>A site</title>"),
            "/site/archive.json": archive_of("of-a-site"),
            "/blog/": html(page.format("rss+xml", "rss.xml") + page.format("atom+xml", "a.xml")),
            "/blog/rss.xml": Answer(status=500),
            "/blog/a.xml": feed.replace(b"Of a feed", b"Of a page"),
            "/plain.xml": feed.replace(b"/1</id>", b"/2</id>"),
            "/nothing/": html("<html><p>Nothing.</p>"),
        }
    )
    urls = [f"{web.origin}{path}" for path in ("/site/", "/blog/", "/plain.xml", "/nothing/")]
    bench = Bench(tmp_path, clock, *urls)
    assert bench.refresh()
    assert bench.titles() == ["Mine", "Of a feed", "Of a page", "Of-a-site"]
    assert "has no feed" in bench.status()[urls[3]]["error"]
    # From then on the feed itself is asked for.
    web.requests.clear()
    clock.passes(900)
    bench.refresh()
    asked = [request.path for request in web.requests]
    assert "/site/" not in asked and "/site/archive.json" in asked


def test_one_that_fails_is_paused_alone_and_keeps_what_it_had(
    tmp_path: Path, clock: Clock, web: Web
) -> None:
    good, bad = archive_of("good"), archive.serialise(site(moved(post("bad")), of=OTHER))
    pages: dict[str, Answer | bytes] = {"/good": good, "/bad": bad}
    web.answer = by_path(pages)
    bench = Bench(tmp_path, clock, f"{web.origin}/bad", f"{web.origin}/good", peer_entries=3)
    assert bench.refresh() and bench.titles() == ["Bad", "Good", "Mine"]
    flood = archive_of(*(f"spam{number}" for number in range(4)))
    cases: list[tuple[Answer | bytes, str]] = [
        (b"{not json", "is not JSON"),
        (Answer(status=500), "it answers 500"),
        (flood, "it has 4 entries, and may have 3 (the setting peer_entries, or its own entries)"),
        (b"<html>", "it has no feed, nor does it lead to one"),
        # From here on it is asked no more.
        (Answer(status=410), "it answers 410"),
    ]
    for number, (broken, said) in enumerate(cases):
        clock.passes(100_000)
        pages["/bad"] = broken
        pages["/good"] = archive_of("good", f"new{number}")
        assert bench.refresh()
        assert {"Bad", "Good", f"New{number}"} < {*bench.titles()}
        status = bench.status()
        assert said in status[f"{web.origin}/bad"]["error"]
        assert status[f"{web.origin}/good"]["state"] == "current"


def test_one_that_is_too_large_is_not_read(tmp_path: Path, clock: Clock, web: Web) -> None:
    web.says(archive_of("one") + b" " * 5000)
    bench = Bench(tmp_path, clock, f"{web.origin}/archive.json", peer_bytes=5000)
    assert bench.refresh() and bench.titles() == ["Mine"]
    [status] = bench.status().values()
    assert "5,000" in status["error"] and status["state"] == "refused"


def test_each_may_have_its_own_limits(tmp_path: Path, clock: Clock, web: Web) -> None:
    def of(name: str, count: int, padding: int = 0) -> bytes:
        posts = [moved(post(f"{name}{number}", days=number)) for number in range(count)]
        return archive.serialise(site(*posts, of=OTHER)) + b" " * padding

    pages: dict[str, Answer | bytes] = {
        "/many": of("many", 3),
        "/few": of("few", 2),
        "/large": of("large", 1, padding=9000),
        "/small": of("small", 1, padding=9000),
    }
    web.answer = by_path(pages)
    peers = (
        Peer(f"{web.origin}/many", entries=3),
        Peer(f"{web.origin}/few"),
        Peer(f"{web.origin}/large", bytes=20_000),
        Peer(f"{web.origin}/small"),
    )
    bench = Bench(tmp_path, clock, peers=peers, peer_entries=1, peer_bytes=9000)
    # As the server does it: each is fetched within its limit, too.
    bench.peers = _Waiting(bench.settings, lambda: bench.own, now=clock)
    assert bench.refresh() and bench.titles() == ["Large0", "Many0", "Many1", "Many2", "Mine"]
    status = {name.rpartition("/")[2]: each for name, each in bench.status().items()}
    assert "it has 2 entries, and may have 1" in status["few"]["error"]
    assert "it has more than 9,000 bytes" in status["small"]["error"]


def test_what_has_left_a_peer_s_feed_counts_too(tmp_path: Path, clock: Clock, web: Web) -> None:
    url = f"{web.origin}/feed.xml"
    bench = Bench(tmp_path, clock, peers=(Peer(url, entries=3),))
    for first in (1, 3, 5):
        entries = (
            f"<entry><id>{web.origin}/{number}</id><title>Entry {number}</title>"
            f"<updated>2026-03-{number:02}T12:00:00Z</updated><summary>x</summary></entry>"
            for number in (first, first + 1)
        )
        head = f"<title>Owls</title><link href='{web.origin}/'/>"
        feed = f"<feed xmlns='http://www.w3.org/2005/Atom'>{head}{''.join(entries)}</feed>"
        web.says(feed.encode())
        clock.passes(900)
        assert bench.refresh()
    assert bench.titles() == ["Entry 4", "Entry 5", "Entry 6", "Mine"]


def _silent(connection: socket.socket) -> None:
    """Say nothing until the client has gone."""
    connection.recv(1)


def test_nobody_waits_for_a_peer(tmp_path: Path, clock: Clock, web: Web) -> None:
    web.answer = by_path({"/quick": archive_of("quick")})
    with serving(lambda request: Answer(raw=_silent)) as slow:
        found = Bench(tmp_path, clock, f"{slow.origin}/slow", f"{web.origin}/quick")
        # As the server does it.
        peers = Peers(found.settings, lambda: found.own, now=clock)
        assert peers.refresh()
        assert found.titles() == ["Mine"]
        visits = {slot.name: slot.visit for slot in peers._slots}
        visit = visits[f"{web.origin}/quick"]
        assert visit
        futures.wait([visit])
        assert peers.refresh()
        assert found.titles() == ["Mine", "Quick"]
        peers.close()


def test_a_restart_begins_with_what_was_there(tmp_path: Path, clock: Clock, web: Web) -> None:
    web.says(archive_of("one"))
    url = f"{web.origin}/archive.json"
    Bench(tmp_path, clock, url).refresh()
    again = Bench(tmp_path, clock, url)
    again.peers.close()
    web.says(Answer(status=500))
    # Until it has been looked at what is kept, nothing of it is taken away.
    again = Bench(tmp_path, clock, url)
    again.refresh()
    assert again.titles() == ["Mine", "One"]


def test_a_peer_that_is_named_no_more_is_gone(tmp_path: Path, clock: Clock, web: Web) -> None:
    web.answer = by_path({"/a": archive_of("one"), "/b": archive_of("two")})
    Bench(tmp_path, clock, f"{web.origin}/a", f"{web.origin}/b").refresh()
    bench = Bench(tmp_path, clock, f"{web.origin}/b")
    assert bench.refresh() and bench.titles() == ["Mine", "Two"]


def test_a_home_page_that_names_the_feed_makes_its_host_the_peer_s_own(
    tmp_path: Path, clock: Clock, web: Web
) -> None:
    """A planet, which comes first, has the entry until its owner is known as that."""
    with serving() as home:
        there = replace(OTHER, url=f"{home.origin}/")
        item = replace(post("one"), id=f"{home.origin}/1", url=f"{home.origin}/1")
        copy = replace(item, title="Copy")
        pages: dict[str, Answer | bytes] = {
            "/planet": archive.serialise(site(copy, of=replace(SITE, url=f"{web.origin}/"))),
            "/feed": archive.serialise(site(item, of=there)),
        }
        web.answer = by_path(pages)
        page = f'<html><head><link rel="alternate" href="{web.origin}/feed" type="x">'
        bench = Bench(tmp_path, clock, f"{web.origin}/planet", f"{web.origin}/feed")
        assert bench.refresh() and bench.titles() == ["Copy", "Mine"]
        home.says(html(page))
        clock.passes(100_000)
        bench.peers.hurry()
        pages["/feed"] = archive.serialise(site(item, replace(post("two"), id="urn:2"), of=there))
        assert bench.refresh() and bench.titles() == ["Mine", "One", "Two"]
        # When the page can't be had, it stays as it was.
        home.says(Answer(status=500))
        clock.passes(100_000)
        pages["/feed"] = archive.serialise(site(item, of=there))
        assert bench.refresh() and bench.titles() == ["Mine", "One"]


def test_what_is_hostile_in_an_archive_stays_with_the_peer(
    tmp_path: Path, clock: Clock, web: Web
) -> None:
    evil = moved(post("evil"))
    late = clock() + timedelta(days=9000)
    hostile = [
        replace(evil, content="<script>alert(1)</script><p onclick='x'>Text</p>"),
        replace(evil, id="urn:ahead", published=late, modified=late, title="Ahead"),
        replace(evil, id="urn:slug", sections=("../../x",), title="Slug"),
        # What it would take from the site.
        replace(post("mine"), title="Forged"),
    ]
    feeds = (Feed("/", "T", "D", "posts", "/"), Feed("/feeds/", "Own", "D", "named", "/", {}))
    given = replace(site(*hostile, of=OTHER), feeds=feeds, redirects={"/x.xml": "/atom.xml"})
    web.says(archive.serialise(given))
    bench = Bench(tmp_path, clock, f"{web.origin}/archive.json")
    assert bench.refresh()
    assert bench.titles() == ["Ahead", "Evil", "Mine", "Slug"]
    store = Store(bench.state / NETWORK)
    index = store.snapshot.index
    # Neither feeds nor redirects are a peer's to make.
    assert {feed.path for feed in index.feeds} == {"/network/"} and not index.archive.redirects
    found = {entry.title: entry for entry in store.snapshot.fill(index.posts.entries)}
    assert "script" not in (found["Evil"].content or "") and "Text" in (found["Evil"].content or "")
    assert found["Ahead"].published <= clock() and found["Slug"].sections == ()


def test_a_feed_of_anybody_is_divided_as_a_source_is(
    tmp_path: Path, clock: Clock, web: Web
) -> None:
    web.says(atom(entry(content(ISSUE), title="This Week in Owls", id="https://owls.example/1")))
    bench = Bench(tmp_path, clock, f"{web.origin}/atom.xml")
    assert bench.refresh()
    index = Store(bench.state / NETWORK).snapshot.index
    assert any(feed.path.startswith("/network/section/") for feed in index.feeds)
    [peer] = {each.origin.title for each in index.updates.entries if each.origin}
    assert all(each.title.endswith(f", {peer}") for each in index.updates.entries)


def test_one_that_takes_long_to_be_read_keeps_others_waiting_once(
    tmp_path: Path, clock: Clock, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms: dict[bytes, set[int]] = {}

    def read(data: bytes, *told: object, room: isolated.Room) -> Reading:
        rooms.setdefault(data[:4], set()).add(id(room))
        if data == b"slow":
            raise ForeignError("reading it takes more than 60 seconds")
        return reading.read(data, Options())

    monkeypatch.setattr(isolated, "read", read)
    web.answer = by_path({"/slow": b"slow", "/good": archive_of("good")})
    bench = Bench(tmp_path, clock, f"{web.origin}/slow", f"{web.origin}/good")
    bench.refresh()
    [shared] = rooms.pop(b"slow") & rooms.pop(archive_of("good")[:4])
    clock.passes(100_000)
    bench.refresh()
    assert shared not in rooms[b"slow"] and rooms[archive_of("good")[:4]] == {shared}
    assert id(isolated.ROOM) not in {*rooms[b"slow"], shared}
