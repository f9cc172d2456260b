"""What websub.rocks looks for at a publisher: hub and topic, in headers and in documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from feedserver.check.check import check
from feedserver.ledger import work
from feedserver.network.hubs import Advert, find
from feedserver.network.pushes import Pushes
from feedserver.network.tables import PUSHES
from feedserver.settings.settings import Settings
from tests.feedserver.network import hubs
from tests.feedserver.network.hubs import ATOM, HUB, Running
from tests.feedserver.servers import URL
from tests.samples import SITE

FILES = ("atom.xml", "rss.xml", "feed.json")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with hubs.hub(tmp_path_factory.mktemp("publisher")) as found:
        yield found


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("query", ["", "?limit=1&project=fractal", "?q=news"])
def test_headers_and_documents_name_hub_and_topic(running: Running, file: str, query: str) -> None:
    topic = f"{URL}section/clients/{file}{query}"
    written = query.replace("?limit=1&project=fractal", "?utm_source=x&project=fractal&limit=1")
    answer = running.client.get(f"/section/clients/{file}{written}")
    canonical = topic.replace("?limit=1&project=fractal", "?project=fractal&limit=1")
    expected = Advert((HUB,), canonical)
    content_type = answer.headers["Content-Type"]
    assert find(topic, answer.headers["Link"], b"", content_type) == expected
    assert find(topic, None, answer.content, content_type) == expected
    found = check(answer.content, address=canonical, content_type=content_type)
    assert not found, found


def test_what_is_not_changed_is_still_named(running: Running) -> None:
    first = running.client.get("/atom.xml")
    again = running.client.get("/atom.xml", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304 and again.headers["Link"] == first.headers["Link"]
    head = running.client.head("/atom.xml")
    assert head.headers["Link"] == first.headers["Link"]


@pytest.mark.parametrize("query", ["since=2020-01-01T00:00:00Z", "before={}"])
def test_parts_of_one_moment_name_no_hub(running: Running, query: str) -> None:
    entry = running.client.get("/section/clients/feed.json").json()["items"][0]["id"]
    answer = running.client.get(
        "/section/clients/atom.xml?" + query.format(entry.replace("#", "%23"))
    )
    assert answer.status_code == 200
    assert "Link" not in answer.headers and b"hub" not in answer.content


def test_what_is_no_feed_names_no_hub(running: Running) -> None:
    for path in ("/feeds.json", "/feeds.opml", "/archive.json", "/openapi.json"):
        assert "Link" not in running.client.get(path).headers


def test_who_says_that_there_is_news_has_the_sources_looked_at(running: Running) -> None:
    form = {"hub.mode": "publish", "hub.url": ATOM}
    assert running.send(form)[0] == 202
    assert running.send({"hub.mode": "publish", "hub.topic": "https://letters.example/x"})[0] == 202
    status, text = running.send({"hub.mode": "publish", "hub.url": "https://x.example/"})
    assert status == 400 and "is no feed of this server" in text
    status, text = running.send({"hub.mode": "publish"})
    assert status == 400 and "hub.url: it is missing" in text


def _asked(running: Running) -> set[str]:
    """The sources that are to be fetched."""
    with running.ledger.reading() as connection:
        return set(connection.scalars(select(PUSHES.c.source).where(PUSHES.c.asked.is_not(None))))


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("https://letters.example/section/owls/atom.xml", {"letters"}),
        ("https://owls.example:8443/x", {"owls"}),
        ("https://owls.example/x", None),
        ("https://peer.example/archive.json", None),
        ("http://[", None),
        (ATOM, set()),
    ],
)
def test_what_is_named_is_looked_at_and_no_peer(
    tmp_path: Path, named: str, expected: set[str] | None
) -> None:
    sources = {
        "letters": "https://letters.example/archive.json",
        "owls": "https://owls.example:8443/feed",
        "file": "/srv/site",
    }
    settings = Settings(url=URL, sources=tuple(sources.values()))
    with hubs.hub(tmp_path, settings=settings) as running:
        pushes = Pushes(running.ledger, work.runner(running.ledger))
        pushes.want([*sources.values(), "https://peer.example/archive.json"], subscribing=False)
        status, _ = running.send({"hub.mode": "publish", "hub.url": named})
        assert status == (400 if expected is None else 202)
        assert _asked(running) == {sources[name] for name in expected or ()}


def test_a_site_whose_archive_is_kept_elsewhere_is_looked_at(tmp_path: Path) -> None:
    source = "https://files.example/archive.json"
    with hubs.hub(tmp_path, settings=Settings(url=URL, sources=(source,))) as running:
        Pushes(running.ledger, work.runner(running.ledger)).want([source], subscribing=False)
        assert running.send({"hub.mode": "publish", "hub.url": f"{SITE.url}atom.xml"})[0] == 202
        assert _asked(running) == {source}
