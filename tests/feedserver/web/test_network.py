"""What is served below /network/: the entries of the site and its peers, which are nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from feedserver.check import check
from feedserver.feeds import catalogue, export
from feedserver.foreign import network
from feedserver.foreign.network import Member
from feedserver.formats.formats import FORMATS
from feedserver.model import Archive
from feedserver.settings.settings import Settings
from feedserver.store import database
from feedserver.web.app import create_app
from tests.feedserver.foreign.test_joining import OTHER, moved, site
from tests.feedserver.servers import URL, app_of
from tests.samples import SITE, post, update
from tests.served import served

ATOM = "{http://www.w3.org/2005/Atom}"


def _own() -> Archive:
    week = post("week", sections=["clients"])
    return site(week, update(week, 0, project="fractal"))


def _joined(*names: str) -> Archive:
    entries = []
    for days, name in enumerate(names, 1):
        issue = post(name, days=days, sections=["clients", "bots"])
        found = (issue, update(issue, 0, project="fractal"), update(issue, 1, section="bots"))
        entries += [moved(each) for each in found]
    feed = f"{OTHER.url}feed.json"
    peer = Member(site(*entries, of=OTHER), OTHER.url, feed, frozenset(["papers.example"]))
    return network.join([_own()], [peer])


class Served:
    def __init__(self, folder: Path, *names: str, url: str | None = URL) -> None:
        self.path = folder / "network.sqlite"
        if names:
            self.has(*names)
        export.write(_own(), SITE.url, folder / "site")
        settings = Settings(url=url, interval=0.01)
        self.app = create_app(settings, store=served(folder / "site"), network=self.path)

    def has(self, *names: str) -> None:
        database.write(_joined(*names), self.path)


@pytest.fixture
def found(tmp_path: Path) -> Served:
    return Served(tmp_path, "other")


@pytest.fixture
def client(found: Served) -> Iterator[TestClient]:
    with TestClient(found.app, base_url="https://feeds.example") as client:
        yield client


def _items(client: TestClient, path: str) -> list[dict[str, Any]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def _titles(client: TestClient, path: str) -> list[str]:
    return [item["title"] for item in _items(client, path)]


@pytest.mark.parametrize("path", ["/network/", "/network/atom.xml", "/network/feeds.json"])
def test_a_tag_of_the_network_is_known_however_a_proxy_has_changed_it(
    client: TestClient, path: str
) -> None:
    tag = client.get(path).headers["etag"]
    for known in (tag, f"W/{tag}", f'{tag[:-1]}-gzip"'):
        assert client.get(path, headers={"If-None-Match": known}).status_code == 304
    assert client.get(path, headers={"If-None-Match": '"x"'}).status_code == 200


def test_feeds_of_the_network_have_what_peers_have_and_those_of_the_site_have_not(
    client: TestClient,
) -> None:
    assert _titles(client, "/network/feed.json") == ["Other", "Week"]
    assert _titles(client, "/network/project/fractal/feed.json") == [
        "clients-fractal, Other, Papers",
        "clients-fractal, Week, Letters",
    ]
    assert len(_items(client, "/network/updates/feed.json")) == 3
    for path in ("/feed.json", "/updates/feed.json", "/section/clients/feed.json"):
        assert "papers.example" not in client.get(path).text
    assert client.get("/section/bots/feed.json").status_code == 404
    assert "papers.example" not in client.get("/archive.json").text


def test_each_entry_says_where_it_is_from_in_every_format(client: TestClient) -> None:
    theirs, own = _items(client, "/network/feed.json")
    assert theirs["_twim"]["source"] == {
        "title": "Papers",
        "url": "https://papers.example/",
        "feed": "https://papers.example/feed.json",
    }
    assert "source" not in own["_twim"] and theirs["id"] == "https://papers.example/blog/other/"
    atom = ElementTree.fromstring(client.get("/network/atom.xml").content)
    [source] = atom.iter(f"{ATOM}source")
    assert source.findtext(f"{ATOM}title") == "Papers"
    assert source.findtext(f"{ATOM}id") == "https://papers.example/feed.json"
    rss = ElementTree.fromstring(client.get("/network/rss.xml").content)
    [only] = rss.iter("source")
    assert (only.text, only.get("url")) == ("Papers", "https://papers.example/feed.json")


def test_entries_are_chosen_by_their_source_and_there_alone(client: TestClient) -> None:
    assert _titles(client, "/network/feed.json?source=papers") == ["Other"]
    assert _titles(client, "/network/feed.json?source=letters") == ["Week"]
    assert _titles(client, "/network/feed.json?not_source=papers") == ["Week"]
    assert len(_titles(client, "/network/feed.json?source=papers&source=letters")) == 2
    assert _titles(client, "/network/feed.json?source=nobody") == []
    assert _titles(client, "/network/section/clients/feed.json?source=papers&q=news&limit=1") == [
        "clients-fractal, Other, Papers"
    ]
    assert client.get("/network/feed.json?source=a%20b").status_code == 400
    for path in ("/feed.json", "/embed/", "/section/clients/atom.xml"):
        answer = client.get(f"{path}?source=papers")
        assert answer.status_code == 400 and answer.json()["parameter"] == "source"
    page = client.get("/embed/network/?source=papers").text
    assert "Other" in page and "Week" not in page


def test_links_lead_to_where_the_feed_is_fetched_from(tmp_path: Path) -> None:
    found = Served(tmp_path, "other", url=None)
    proxied = {"X-Forwarded-Host": "out.example", "X-Forwarded-Prefix": "/a"}
    with TestClient(found.app, client=("127.0.0.1", 1)) as client:
        for _ in range(2):
            feed = client.get("/network/section/clients/feed.json?limit=1", headers=proxied).json()
            here = "http://out.example/a/network/section/clients/"
            assert feed["feed_url"] == f"{here}feed.json?limit=1"
            assert feed["home_page_url"] == here and feed["next_url"].startswith(here)
            other = client.get("/network/section/clients/feed.json?limit=1").json()
            assert other["feed_url"].startswith("http://testserver/network/section/clients/")
        moved_to = client.get("/network/updates", headers=proxied, follow_redirects=False)
        assert moved_to.headers["location"] == "/a/network/updates/"


def test_the_catalogue_of_the_network(client: TestClient) -> None:
    found = client.get("/network/feeds.json").json()["feeds"]
    assert [each["path"] for each in found] == [
        "/network/",
        "/network/updates/",
        "/network/section/bots/",
        "/network/section/clients/",
        "/network/project/fractal/",
    ]
    for each in found:
        assert each["page"] == f"{URL}{each['path'][1:]}"
        for address in (*each["formats"].values(), each["page"]):
            assert client.get(address.removeprefix(URL[:-1])).status_code == 200, address
    assert "network" not in json.dumps(
        [e["path"] for e in client.get("/feeds.json").json()["feeds"]]
    )
    assert f"{URL}network/section/bots/atom.xml" in client.get("/network/feeds.opml").text


@pytest.mark.parametrize(
    "path", ["/network/", "/network/section/clients/", "/network/feeds/", "/network/feeds/?q=news"]
)
def test_pages_for_people_stay_in_the_network(client: TestClient, path: str) -> None:
    page = client.get(path, headers={"Accept": "text/html"})
    assert page.status_code == 200 and "Network of Letters" in page.text
    links = {
        link.partition('"')[0].partition("#")[0].replace("&amp;", "&")
        for link in page.text.split('href="/')[1:]
    }
    for link in links:
        assert client.get(f"/{link}").status_code == 200, link
    # What pages are made of is the server's, below its own catalogue.
    own = {link for link in links if not link.startswith("network/")}
    assert own and all("." in link for link in own), own


def test_what_is_embedded(client: TestClient) -> None:
    frame = client.get("/embed/network/section/clients/")
    assert frame.status_code == 200 and "Papers" in frame.text
    assert client.get("/embed/network/section/clients.svg").status_code == 200
    for path in ("network/section/clients/", "embed/network/section/clients/", "section/clients/"):
        answer = client.get("/oembed", params={"url": f"{URL}{path}"})
        shown = f"{URL}embed/{path.removeprefix('embed/')}"
        assert answer.status_code == 200 and shown in answer.json()["html"]
    assert client.get("/oembed", params={"url": f"{URL}network/x/"}).status_code == 404
    # Of a page of the site it may be anybody's note of where its readers come from.
    for path in ("section/clients/", "network/section/clients/"):
        answer = client.get("/oembed", params={"url": f"{URL}{path}?source=papers"})
        assert answer.status_code == 200
        assert ("source=papers" in answer.json()["html"]) == path.startswith("network/")


def test_what_is_new_is_served_and_what_was_remembered_is_not(found: Served) -> None:
    with TestClient(found.app) as client:
        first = client.get("/network/feed.json")
        assert client.get("/network/feed.json").headers["etag"] == first.headers["etag"]
        own = client.get("/feed.json").headers["etag"]
        found.has("other", "third")
        for _ in range(500):
            if "third" in client.get("/network/feed.json").text:
                break
        assert _titles(client, "/network/feed.json") == ["Third", "Other", "Week"]
        tag = {"If-None-Match": own}
        assert client.get("/feed.json", headers=tag).status_code == 304


def test_before_the_network_is_there_it_is_said_so(tmp_path: Path) -> None:
    found = Served(tmp_path)
    with TestClient(found.app) as client:
        answer = client.get("/network/feed.json")
        assert answer.status_code == 503 and answer.headers["retry-after"] == "5"
        assert client.get("/feed.json").status_code == 200
        found.has("other")
        for _ in range(500):
            if client.get("/network/feed.json").status_code == 200:
                break
        assert _titles(client, "/network/feed.json") == ["Other", "Week"]


def test_without_peers_the_addresses_are_the_site_s(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    export.write(_own(), SITE.url, folder)
    (folder / "network").mkdir()
    (folder / "network" / "index.html").write_text("Our radio network")
    app = create_app(Settings(folder=folder, url=URL), store=served(folder))
    with TestClient(app) as client:
        assert client.get("/network/").text == "Our radio network"
        assert client.get("/network/feed.json").status_code == 404
        assert client.get("/network/feeds/").status_code == 404


def test_no_taxonomy_can_be_called_so() -> None:
    assert {"network", "callback"} <= catalogue.RESERVED


def test_nothing_is_wrong_with_its_feeds(client: TestClient) -> None:
    for folder in ("", "updates/", "section/clients/", "project/fractal/"):
        for file in FORMATS:
            path = f"network/{folder}{file}"
            answer = client.get(f"/{path}")
            told = answer.headers["content-type"]
            found = check.check(answer.content, address=f"{URL}{path}", content_type=told)
            assert not found, (path, found)


def test_what_is_unknown_is_told_with_what_there_is(client: TestClient) -> None:
    problem = client.get("/network/feed.json?sauce=papers").json()
    assert problem["parameter"] == "sauce" and "not_source" in problem["expected"]
    assert "source" not in client.get("/feed.json?sauce=papers").json()["expected"]
    near = client.get("/network/section/client/feed.json").json()["near"]
    assert (near[0], near[-1]) == ("/network/section/clients/feed.json", "/network/feeds.json")


def test_all_sections_of_the_network_have_a_page(client: TestClient) -> None:
    page = client.get("/network/section/").text
    assert '<a href="/network/section/bots/">' in page and 'href="/network/feeds/"' in page
    assert "/network/section/bots/" not in client.get("/section/").text


def test_without_a_network_there_is_no_page_of_its_sections(tmp_path: Path) -> None:
    export.write(_own(), SITE.url, tmp_path)
    with TestClient(app_of(tmp_path)) as client:
        assert client.get("/network/section/").status_code == 404
