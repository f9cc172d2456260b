"""Who tells of subscribers, and how it is counted."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from feedserver.feeds import export
from feedserver.serving import reports
from feedserver.serving.reports import Observer
from feedserver.serving.subscribers import Subscribers, Subscription, parse
from feedserver.settings.settings import Settings
from feedserver.web.app import create_app
from tests.feedserver.servers import small_archive
from tests.samples import DAY, SITE
from tests.served import served


@pytest.mark.parametrize(
    ("agent", "told"),
    [
        ("Feedbin feed-id:1373711 - 142 subscribers", ("Feedbin", 142, "1373711")),
        (
            "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 34 subscribers; like FeedFetcher)",
            ("Feedly", 34, None),
        ),
        (
            "NewsBlur Feed Fetcher - 5 subscribers - https://www.newsblur.com/site/1/x",
            ("NewsBlur Feed Fetcher", 5, None),
        ),
        (
            "Mozilla/5.0 (compatible; inoreader.com; 7 subscribers)",
            ("inoreader.com", 7, None),
        ),
        (
            "Inoreader/1.0 (+http://www.inoreader.com/feed-fetcher; 7 subscribers; )",
            ("Inoreader", 7, None),
        ),
        (
            "Mozilla/5.0 (compatible; theoldreader.com; 1 subscribers; feed-id=51b2e8)",
            ("theoldreader.com", 1, "51b2e8"),
        ),
        ("Feed Wrangler/1.0 (3 subscribers; feed-id=42)", ("Feed Wrangler", 3, "42")),
        ("G2Reader/1.0 (compatible; 9 readers)", ("G2Reader", 9, None)),
        ("BazQux/2.4 (+https://bazqux.com/fetcher; 1 subscriber)", ("BazQux", 1, None)),
    ],
)
def test_services_are_understood(agent: str, told: tuple[str, int, str | None]) -> None:
    assert parse(agent) == Subscription(*told)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
        "newsboat/2.32.0 (Linux 6.1.0; x86_64)",
        "Feeder/2.6.5 (Android)",
        "reader/3.1 (+https://github.com/lemon24/reader)",
        "",
        "12 subscribers",
        "X 99999999999 subscribers",
    ],
)
def test_others_tell_nothing(agent: str) -> None:
    assert parse(agent) is None


def test_the_last_number_of_each_service_and_feed_counts() -> None:
    now = [DAY]
    subscribers = Subscribers(lambda: now[0])
    subscribers.add("/section/clients/atom.xml", Subscription("Feedly", 30))
    subscribers.add("/section/clients/atom.xml", Subscription("Feedly", 34))
    subscribers.add("/section/clients/rss.xml", Subscription("Feedly", 2))
    subscribers.add("/atom.xml", Subscription("Feedbin", 5, "1"))
    now[0] += timedelta(days=4)
    subscribers.add("/atom.xml", Subscription("Feedbin", 6, "2"))
    assert subscribers.counts() == {
        ("/", "Feedbin"): 11,
        ("/section/clients/", "Feedly"): 36,
    }
    now[0] += timedelta(days=4)
    assert subscribers.counts() == {("/", "Feedbin"): 6}


def test_not_all_that_is_told_is_believed() -> None:
    subscribers = Subscribers(lambda: DAY)
    for number in range(11_000):
        subscribers.add("/atom.xml", Subscription(f"Reader{number}", 1))
    assert len(subscribers.counts()) == 100


def test_a_slice_has_subscribers_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    export.write(small_archive(), SITE.url, folder)
    store = served(folder)
    observer = Observer(create_app(Settings(), store=store))
    feedly = {"User-Agent": "Feedly/1.0 (+http://www.feedly.com/fetcher.html; %s subscribers)"}
    with TestClient(observer) as client:
        for query, count in (("", "34"), ("?q=fractal", "5"), ("?q=server", "7"), ("", "35")):
            headers = {"User-Agent": feedly["User-Agent"] % count}
            assert (
                client.get(f"/section/clients/atom.xml{query}", headers=headers).status_code == 200
            )
        browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
        assert client.get("/section/clients/atom.xml", headers=browser).text.startswith(
            "<!doctype html>"
        )
    snapshot = store.snapshot
    found = reports.report(observer.seen, snapshot.index, snapshot.archive.modified)
    told = Subscribers(lambda: DAY)
    for address, subscription in found.subscriptions:
        told.add(address, subscription)
    assert told.counts() == {("/section/clients/", "Feedly"): 35 + 5 + 7}
    asked = {about.format: count for about, count in found.asked.items()}
    assert asked == {"atom": 4, "html": 1}
