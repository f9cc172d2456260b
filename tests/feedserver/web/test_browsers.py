"""Pages for people: what a browser gets of feeds, and the catalogue with its search and builder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode
from starlette.testclient import TestClient

from feedserver.feeds import catalogue
from feedserver.feeds.catalogue import NamedFeed
from feedserver.feeds.index import Index
from feedserver.feeds.parameters import WHOLE, parse
from feedserver.formats import archive as archives
from feedserver.model import Archive, Entry, Person, Project, Reporter, Section, Site
from feedserver.pages import assets, pages, templates
from feedserver.settings.settings import Settings
from feedserver.text.words import Words
from feedserver.web.app import create_app
from tests.conftest import ROOT
from tests.feedserver.examples import HOSTILE
from tests.samples import SITE, archive, post, update
from tests.served import served

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PAGES = (
    "/atom.xml",
    "/section/clients/rss.xml",
    "/section/clients/feed.json?limit=2",
    "/updates/atom.xml?q=news&not_project=p1&since=2026-01-01T00:00:00Z",
    "/feeds/",
    "/feeds/?q=news",
    "/feeds/?q=nothing+like+it",
    "/feeds/?kind=posts&author=ada&limit=3",
    "/feeds/?colour=red",
    "/nothing/",
)


def _entries(issues: int = 9) -> list[Entry]:
    """Issues, each with three updates, and a post that is none."""
    found = [post("apart", days=-1, tags=["Notes"], authors=["Cy"])]
    for number in range(issues):
        issue = post(f"week-{number}", days=7 * number, sections=["clients"], tags=["Week"])
        found += [issue, update(issue, 0), update(issue, 1, project=f"p{number % 2}")]
        found.append(update(issue, 2, section=None, project="alone"))
    return found


def _archive(entries: Iterable[Entry], site: Site = SITE) -> Archive:
    listed = list(entries)
    named = [NamedFeed("quiet", "Quiet", None, {"not_category": ("week",)})]
    feeds = catalogue.feeds(listed, site, named=named)
    return replace(archive(listed, feeds), site=site)


def _client(tmp_path: Path, found: Archive, *, url: str | None = None) -> TestClient:
    folder = tmp_path / "site"
    folder.mkdir(exist_ok=True)
    (folder / "archive.json").write_bytes(archives.serialise(found))
    app = create_app(Settings(url=url), store=served(folder))
    return TestClient(
        app, base_url="https://feeds.example", headers=BROWSER, follow_redirects=False
    )


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with _client(tmp_path, _archive(_entries())) as found:
        yield found


def _page(client: TestClient, path: str, status: int = 200) -> LexborHTMLParser:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return LexborHTMLParser(answer.text)


def _texts(page: LexborHTMLParser, selector: str) -> list[str]:
    return [" ".join(node.text().split()) for node in page.css(selector)]


def _hrefs(page: LexborHTMLParser, selector: str) -> list[str]:
    return [str(node.attributes["href"]) for node in page.css(selector)]


def _one(page: LexborHTMLParser, selector: str) -> LexborNode:
    [node] = page.css(selector)
    return node


def _ids(client: TestClient, address: str) -> list[str]:
    answer = client.get(address, headers={"Accept": "*/*"})
    assert answer.status_code == 200
    return [item["url"] for item in answer.json()["items"]]


def test_a_browser_gets_a_page_of_a_feed(client: TestClient) -> None:
    page = _page(client, "/section/clients/atom.xml")
    assert _texts(page, "h1") == ["Clients"]
    assert _texts(page, "title") == ["Clients, Letters"]
    assert "The section Clients of Letters" in _texts(page, ".description")
    assert _texts(page, ".facts span") == ["18 entries", "latest of May 8, 2026"]
    assert _hrefs(page, ".facts a") == ["https://letters.example/section/clients/"]
    kinds = {"atom.xml": "atom+xml", "rss.xml": "rss+xml", "feed.json": "feed+json"}
    files = [f"https://feeds.example/section/clients/{file}" for file in kinds]
    assert _hrefs(page, ".address a") == files == _texts(page, ".address p")
    links = page.css("head link[rel=alternate]:not([type$=oembed])")
    # Then those of the site.
    assert [link.attributes["href"] for link in links] == [
        *files,
        *(f"https://feeds.example/{file}" for file in kinds),
    ]
    assert [link.attributes["type"] for link in links] == [
        f"application/{kind}" for kind in kinds.values()
    ] * 2
    assert page.css_first("meta[name=robots]") is None


def test_entries_say_what_when_by_whom_and_where(client: TestClient) -> None:
    page = _page(client, "/section/clients/atom.xml")
    second = page.css(".entries article")[1]
    [title] = second.css("h3 a")
    assert title.text() == "clients-p0, Week-8"
    assert title.attributes["href"] == "https://letters.example/blog/week-8/#clients-p0-1"
    time = second.css_first("time")
    assert time is not None and time.attributes["datetime"] == "2026-05-08T16:33:37+00:00"
    about = [" ".join(span.text().split()) for span in second.css(".about > span")]
    assert about == ["reported by Bo", "in Clients", "on P0"]
    assert [link.attributes["href"] for link in second.css(".about a")] == [
        "https://matrix.to/#/@bo:example.org",
        "/section/clients/atom.xml",
        "/project/p0/atom.xml",
    ]
    assert "News of clients-p0." in second.text()
    posts = _page(client, "/atom.xml")
    assert _texts(posts, ".entries li:first-child .about > span") == ["by Ada", "in Week"]


def test_a_project_is_called_by_its_name_whatever_the_heading_s_version(tmp_path: Path) -> None:
    issue = post("week", sections=["clients"])
    headings = ("Heron 1.2.0 beta4", "Heron 1.1: the big one")
    updates = []
    for position, heading in enumerate(headings):
        plain = update(issue, position, project="heron")
        assert plain.update is not None
        of = replace(plain.update, project=Project("heron", heading))
        updates.append(replace(plain, update=of))
    with _client(tmp_path, _archive([issue, *updates])) as client:
        found = _texts(_page(client, "/section/clients/atom.xml"), ".about > span:last-child")
        assert found == ["on Heron"] * 2


@pytest.mark.parametrize("accept", ["*/*", None, "application/atom+xml, text/html;q=0.2"])
def test_feed_readers_get_the_feed(client: TestClient, accept: str | None) -> None:
    client.headers.pop("Accept")
    answer = client.get("/atom.xml", headers={"Accept": accept} if accept else {})
    assert answer.headers["content-type"].startswith("application/atom+xml")
    assert answer.headers["vary"].startswith("Accept")


def test_pages_are_answered_by_their_conditions(client: TestClient) -> None:
    for path in ("/atom.xml", "/feeds/", "/feeds/?q=news"):
        answer = client.get(path)
        again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        head = client.head(path)
        assert head.content == b"" and head.headers["etag"] == answer.headers["etag"]


def test_older_entries_are_a_walk_through_all(client: TestClient) -> None:
    path, seen = "/updates/rss.xml", []
    while True:
        page = _page(client, path)
        seen += _hrefs(page, ".entries h3 a")
        older = _hrefs(page, ".pages .older")
        if not older:
            break
        path = older[0]
        assert path.startswith("/updates/rss.xml?before=")
    assert len(seen) == len(set(seen)) == 27
    # The way back, and addresses to subscribe to that don't begin in the middle.
    assert _hrefs(page, ".pages a") == ["/updates/rss.xml"]
    assert _texts(page, "#entries") == ["Older entries"]
    assert not any("before" in address for address in _hrefs(page, ".address a"))
    assert page.css_first("meta[name=robots]") is not None
    assert client.get("/updates/rss.xml?before=x").status_code == 404


def test_a_page_of_a_slice_says_what_it_is_of(client: TestClient) -> None:
    path = "/updates/atom.xml?section=clients&not_project=p1&limit=4&q=news&not_author=cy"
    page = _page(client, path)
    assert _texts(page, ".filters li") == [
        "With the words “news”",
        "Not by Cy",
        "Only from Clients",
        "Not on P1",
        "At most 4 entries",
    ]
    assert len(page.css(".entries > li")) == 4
    assert _texts(page, ".found") == ["4 entries"]
    without = _page(client, path.replace("&limit=4", ""))
    assert _texts(without, ".found") == [f"{len(without.css('.entries > li'))} entries"]
    assert _texts(_page(client, "/updates/atom.xml?q=nothing+like+it"), ".found") == ["0 entries"]
    assert _texts(_page(client, "/updates/atom.xml"), ".found") == []
    # Of the older ones alone it would be wrong.
    assert _texts(_page(client, _hrefs(page, ".pages .older")[0]), ".found") == []
    change, whole = _hrefs(page, ".part .links a")
    assert whole == "/updates/atom.xml"
    filled = _page(client, change)
    assert _hrefs(filled, ".entries h3 a") == _hrefs(page, ".entries h3 a")
    for address in _hrefs(page, ".address a"):
        query = urlsplit(address).query
        assert query == "not_author=cy&not_project=p1&section=clients&q=news&limit=4"
    shown = _hrefs(page, ".entries h3 a")
    assert _ids(client, _hrefs(page, ".address a")[2]) == shown


def test_a_feed_is_narrowed_down_in_the_builder(client: TestClient) -> None:
    [change] = _hrefs(_page(client, "/section/clients/atom.xml"), ".list-head a")
    assert change == "/feeds/?kind=updates&section=clients#narrow"
    page = _page(client, change)
    checked = page.css(".choices input[checked]")
    assert [box.attributes["value"] for box in checked] == ["clients"]
    assert page.css_first("details #narrow") is not None
    [change] = _hrefs(_page(client, "/quiet/atom.xml"), ".list-head a")
    assert change == "/feeds/?kind=posts&not_category=week#narrow"
    # What the form can't say isn't offered.
    both = _page(client, "/section/clients/atom.xml?section=clients")
    assert _hrefs(both, ".part .links a") == ["/section/clients/atom.xml"]


def test_without_a_site_s_folder_a_feed_s_folder_is_its_page(client: TestClient) -> None:
    for path in ("/", "/section/clients/", "/project/alone/", "/updates/", "/quiet/"):
        client.headers.pop("Accept", None)
        page = _page(client, f"{path}?limit=1")
        assert len(page.css(".entries > li")) == 1
        # The next page is there too.
        for address in _hrefs(page, ".pages a"):
            assert address.startswith(f"{path}?limit=1&before=")
    assert client.get("/section/clients/?colour=red").status_code == 400
    assert client.get("/section/none/").status_code == 404
    answer = client.get("/section/clients")
    assert (answer.status_code, answer.headers["location"]) == (308, "/section/clients/")


def test_the_page_of_a_feed_is_not_linked_to_from_itself(tmp_path: Path) -> None:
    with _client(tmp_path, _archive(_entries()), url=SITE.url) as client:
        assert _hrefs(_page(client, "/section/clients/"), ".facts a") == []
        assert len(_hrefs(_page(client, "/section/clients/atom.xml"), ".facts a")) == 1


def test_the_server_s_catalogue_wins_over_the_site_s(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    (folder / "feeds").mkdir(parents=True)
    (folder / "feeds" / "index.html").write_text("<h1>The site's</h1>")
    (folder / "archive.json").write_bytes(archives.serialise(_archive(_entries())))
    app = create_app(Settings(folder=folder), store=served(folder))
    with TestClient(app, follow_redirects=False) as client:
        assert _texts(_page(client, "/feeds/"), "h1") == ["All feeds"]
        answer = client.get("/feeds")
        assert (answer.status_code, answer.headers["location"]) == (308, "/feeds/")


def test_the_catalogue_has_all_feeds_in_groups(client: TestClient) -> None:
    page = _page(client, "/feeds/")
    assert _texts(page, ".group h3") == [
        *("Everything 2", "Selections 1", "Sections 1", "Projects 3", "Authors 2", "Categories 2"),
    ]
    listed = _hrefs(page, ".group > ul > li > a")
    known = client.get("/feeds.json").json()["feeds"]
    assert sorted(listed) == sorted(f"{feed['path']}atom.xml" for feed in known)
    for path in listed:
        assert client.get(path).status_code == 200
    first = _texts(page, ".group li")[0]
    assert first.startswith("All posts 10 entries May 8, 2026 Embed")
    # Each in each format, with what is copied.
    [formats] = [node for node in page.css(".formats") if "/section/clients/" in (node.html or "")]
    assert [link.attributes["href"] for link in formats.css("a")] == [
        f"/section/clients/{file}" for file in ("atom.xml", "rss.xml", "feed.json")
    ]
    assert [link.text() for link in formats.css("a")] == [
        f"Clients {name}" for name in ("Atom", "RSS", "JSON")
    ]
    # The builder comes behind them, and is a step away.
    html = client.get("/feeds/").text
    assert html.index('href="#build"') < html.index('class="all"') < html.index('id="build"')
    assert _hrefs(page, ".files a") == ["/feeds.opml", "/feeds.json"]
    assert _hrefs(page, ".top [aria-current=page]") == ["/feeds/"]


def test_a_search_is_a_feed(client: TestClient) -> None:
    page = _page(client, "/feeds/?q=alone")
    assert len(page.css(".entries > li")) == 9
    assert _texts(page, ".tabs a") == ["Updates 9", "Posts 0"]
    [atom, _, json] = _hrefs(page, ".address a")
    assert atom == "https://feeds.example/updates/atom.xml?q=alone"
    assert _ids(client, json) == _hrefs(page, ".entries h3 a")
    found = _hrefs(page, "head link[rel=alternate]:not([type$=oembed])")
    assert found[:3] == _hrefs(page, ".address a")
    assert [address.removeprefix("https://feeds.example/") for address in found[3:]] == [
        *("atom.xml", "rss.xml", "feed.json")
    ]


def test_a_search_says_so_and_shows_first_what_it_found(client: TestClient) -> None:
    page = _page(client, "/feeds/?q=alone+%3Ci%3E")
    assert _texts(page, "h1") == ["Search for “alone <i>”"]
    assert _texts(page, "title") == ["Search for “alone <i>”, Letters"]
    [columns] = page.css(".columns")
    assert [each.attributes["class"] for each in columns.iter()] == ["list", "beside"]
    # The tabs above what was found say in which kind; the next search is in the same.
    kind = page.css("form.builder [name=kind]")
    assert [(each.attributes["type"], each.attributes["value"]) for each in kind] == [
        ("hidden", "updates")
    ]
    page = _page(client, "/feeds/?section=clients")
    assert _texts(page, "h1") == ["Your selection"]
    assert _texts(page, "title") == ["A selection from Letters"]


def test_a_search_says_how_many_and_where(tmp_path: Path) -> None:
    found = _entries()
    long = replace(
        found[0],
        title="Café news",
        content=f"<p>{'Much else. ' * 60}The <b>Straße</b> of CAFES &amp; cafe.</p>",
    )
    with _client(tmp_path, _archive([long, *found[1:]])) as client:
        page = _page(client, "/feeds/?q=cafe")
        assert _texts(page, ".found") == ["1 entry"]
        assert _texts(page, ".entries h3 mark") == ["Café"]
        assert _texts(page, ".entries article > p mark") == ["cafe"]
        [shown] = _texts(page, ".entries article > p:last-child")
        assert shown.startswith("… ") and shown.endswith("CAFES & cafe.")
        assert _texts(_page(client, "/feeds/?q=caf*"), "p mark") == ["CAFES", "cafe"]
        assert _texts(_page(client, "/feeds/?q=news&kind=updates"), ".found") == ["27 entries"]
        assert _texts(_page(client, "/feeds/?q=nothing-like"), ".found") == ["0 entries"]
        assert _page(client, "/feeds/?section=clients").css("mark") == []


def test_dates_in_titles_do_not_break(tmp_path: Path) -> None:
    entries = [replace(entry, title=f"{entry.title}, 2026-03-13") for entry in _entries()]
    with _client(tmp_path, _archive(entries)) as client:
        for path in ("/updates/atom.xml", "/feeds/?kind=posts&limit=20", "/embed/"):
            titles = _page(client, path).css(":is(h2, h3):has(a)")
            dates = [each.css(".day") for each in titles if "2026-03-13" in each.text()]
            assert dates and all([day.text() for day in each] == ["2026-03-13"] for each in dates)


def test_dates_in_names_do_not_break(tmp_path: Path) -> None:
    entries = [
        replace(
            entry, update=replace(entry.update, section=Section("ships", "Ships of 2026-03-13/14"))
        )
        for entry in _entries()
        if entry.update
    ]
    with _client(tmp_path, _archive(entries)) as client:
        for path in ("/feeds/", "/feeds/?section=ships", "/section/ships/atom.xml", "/section/"):
            names = [each for each in _page(client, path).css("main bdi") if "Ships" in each.text()]
            assert names, path
            assert all(each.css(".day")[0].text() == "2026-03-13" for each in names), path


SITE_PAGE = """<!doctype html>
<html lang="en" data-scheme="dark"><head><meta charset="utf-8"><title>Feeds - Letters</title>
<link rel="alternate" type="application/atom+xml" title="Letters" href="../atom.xml">
<link title="Letters" href=../rss.xml type=application/rss+xml rel=alternate>
<link rel='alternate' type='application/feed+json' href='../feed.json' />
<link rel="alternate" type="application/rss+xml" href="../podcast/rss.xml"></head>
<body><nav>The site's own</nav><h1>Feeds</h1>
{place}
<footer>Its footer</footer></body></html>
"""


def _on_site(tmp_path: Path, place: str) -> TestClient:
    folder = tmp_path / "site"
    (folder / "feeds").mkdir(parents=True)
    (folder / "feeds" / "index.html").write_text(SITE_PAGE.replace("{place}", place))
    (folder / "archive.json").write_bytes(archives.serialise(_archive(_entries())))
    app = create_app(Settings(folder=folder), store=served(folder))
    return TestClient(app, follow_redirects=False)


def test_the_catalogue_stands_in_the_site_s_page(tmp_path: Path) -> None:
    with _on_site(tmp_path, '<div class="x" id="twim-catalogue"></div>') as client:
        page = _page(client, "/feeds/")
        assert _texts(page, "h1") == ["Feeds"] and _texts(page, "nav")[0] == "The site's own"
        assert _texts(page, "body > footer") == ["Its footer"]
        assert len(page.css("#twim-catalogue .group")) == 6
        assert len(page.css("#twim-catalogue form.builder")) == 1
        assert _one(page, "html").attributes["data-scheme"] == "dark"
        answer = client.get("/feeds/?q=alone")
        # As the site's other pages: their scripts may run.
        assert answer.headers["content-security-policy"] == "frame-ancestors 'self'"
        found = LexborHTMLParser(answer.text)
        assert len(found.css("#twim-catalogue .entries > li")) == 9
        assert _texts(page, "title") == ["Feeds - Letters"]
        assert _texts(found, "title") == ["Search for “alone”, Letters"]
        links = _hrefs(found, "head link[rel=alternate]:not([type$=oembed])")
        assert links[0].endswith("/updates/atom.xml?q=alone")
        assert [link for link in links if "?" not in link] == [
            *(f"http://testserver/{file}" for file in ("atom.xml", "rss.xml", "feed.json")),
            "../podcast/rss.xml",
        ]
        assert len(found.css("meta[name=robots]")) == 1
        # What the site's page is now, though the feeds are the same.
        path = tmp_path / "site" / "feeds" / "index.html"
        path.write_text(path.read_text().replace("Its footer", "Another"))
        assert _texts(_page(client, "/feeds/"), "body > footer") == ["Another"]


def test_feeds_that_the_site_s_page_lists_are_not_listed_twice(tmp_path: Path) -> None:
    with _on_site(tmp_path, "<div id=twim-catalogue data-twim-feeds></div>") as client:
        page = _page(client, "/feeds/")
        assert len(page.css("#twim-catalogue form")) == 1 and not page.css(".group")


@pytest.mark.parametrize(
    "place",
    [
        "",
        '<div id="twim-catalogue">Something</div>',
        '<div id="twim-catalogue"></div><div id="twim-catalogue"></div>',
        '<div id="twim-catalogues"></div>',
        '<p>id="twim-catalogue"></p>',
    ],
)
def test_without_a_place_the_catalogue_is_a_page_of_its_own(tmp_path: Path, place: str) -> None:
    with _on_site(tmp_path, place) as client:
        assert _texts(_page(client, "/feeds/"), "h1") == ["All feeds"]
        assert "default-src 'none'" in client.get("/feeds/").headers["content-security-policy"]


def test_a_search_without_a_kind_finds_posts_too(client: TestClient) -> None:
    page = _page(client, "/feeds/?q=apart")
    assert _texts(page, ".entries h3") == ["Apart"]
    assert _texts(page, ".tabs [aria-current]") == ["Posts 1"]
    assert _texts(_page(client, "/feeds/?q=apart&kind=updates"), ".entries h3") == []


def test_what_is_not_there_can_be_subscribed_to(client: TestClient) -> None:
    page = _page(client, "/feeds/?q=zebrafish")
    assert "There is nothing that fits." in _texts(page, ".nothing p")
    assert _ids(client, _hrefs(page, ".address a")[2]) == []


def test_the_builder_takes_what_its_form_sends(client: TestClient) -> None:
    form = (
        "kind=updates&q=&section=clients&not_project=p1&project=&not_author=&category=week&limit="
    )
    page = _page(client, f"/feeds/?{form}")
    [_, _, json] = _hrefs(page, ".address a")
    assert urlsplit(json).query == "category=week&not_project=p1&section=clients"
    shown = _hrefs(page, ".entries h3 a")
    assert shown and _ids(client, json) == shown
    boxes = {
        f"{box.attributes['name']}={box.attributes['value']}"
        for box in page.css(".choices input[checked]")
    }
    assert boxes == {"section=clients", "not_project=p1", "category=week"}
    # What was found comes first; the form is a press away.
    assert page.css_first(".builder details") is not None
    assert page.css_first(".builder details[open]") is None


def test_all_of_the_form_s_parameters_are_known(client: TestClient) -> None:
    page = _page(client, "/feeds/")
    names = {str(field.attributes["name"]) for field in page.css("form [name]")}
    facets = {"section", "project", "category", "author"}
    assert names == {"q", "kind", "limit", *facets, *(f"not_{name}" for name in facets)}
    form = _one(page, "form")
    assert (form.attributes["method"], form.attributes["action"]) == ("get", "/feeds/")


@pytest.mark.parametrize(
    ("typed", "slug"),
    [("Alone", "alone"), ("  aLONE ", "alone"), ("p1", "p1"), ("No Such", "no-such")],
)
def test_names_are_understood(client: TestClient, typed: str, slug: str) -> None:
    page = _page(client, f"/feeds/?project={typed}")
    assert _hrefs(page, ".address a")[0].endswith(f"/updates/atom.xml?project={slug}")


def test_pages_of_a_selection_keep_it(client: TestClient) -> None:
    page = _page(client, "/feeds/?kind=updates&section=clients&limit=10")
    [older] = _hrefs(page, ".pages a")
    assert older.startswith("/feeds/?kind=updates&section=clients&limit=10&before=")
    second = _page(client, older)
    assert len(second.css(".entries > li")) == 8
    assert _hrefs(second, ".pages a") == ["/feeds/?kind=updates&section=clients&limit=10"]
    assert client.get("/feeds/?before=x").status_code == 404


def test_what_is_wrong_is_said_where_it_was_typed(client: TestClient) -> None:
    page = _page(client, "/feeds/?limit=1000&q=kept", 400)
    assert _texts(page, "[role=alert]") == ["The parameter limit takes a number from 1 to 200."]
    assert _one(page, "#q").attributes["value"] == "kept"
    assert page.css_first(".builder details[open]") is not None
    html = client.get("/feeds/?limit=1000").text
    assert html.index('role="alert"') < html.index('class="all"')
    page = _page(client, "/feeds/?colour=red", 400)
    assert _texts(page, "[role=alert]") == ["There is no parameter colour."]
    assert _texts(_page(client, "/feeds/?kind=all", 400), "[role=alert]") == [
        "The parameter kind takes updates or posts."
    ]
    assert _texts(_page(client, "/feeds/?utm_source=x"), "h1") == ["All feeds"]


def test_long_lists_are_fields_that_complete(tmp_path: Path) -> None:
    issue = post("week", sections=["clients"])
    updates = [update(issue, number, project=f"p{number}") for number in range(200)]
    with _client(tmp_path, _archive([issue, *updates])) as client:
        page = _page(client, "/feeds/?project=p7&not_project=unknown")
        fields = page.css("input[list=all-project]")
        assert [field.attributes["name"] for field in fields] == ["project", "not_project"]
        assert len(page.css("#all-project option")) == 200
        boxes = page.css(".choices [type=checkbox]")
        values = {str(box.attributes["value"]) for box in boxes if "project" in str(box.html)}
        assert values == {"p7", "unknown"}
        page = _page(client, "/feeds/")
        # So many feeds are named only.
        assert len(page.css(".group .names a")) == 200
        assert page.css(".group .names button") == []


def test_a_site_of_posts_alone_has_one_kind(tmp_path: Path) -> None:
    with _client(tmp_path, _archive([post("one")])) as client:
        page = _page(client, "/feeds/?q=text")
        assert page.css(".kinds") == page.css(".tabs") == []
        assert _texts(page, ".entries h3") == ["One"]
        # A kind that isn't there is as good as none.
        assert _texts(_page(client, "/feeds/?kind=updates"), ".entries h3") == ["One"]


def test_a_site_without_entries_has_an_empty_catalogue(tmp_path: Path) -> None:
    with _client(tmp_path, _archive([])) as client:
        assert _texts(_page(client, "/feeds/"), "h1") == ["All feeds"]
        assert _texts(_page(client, "/feeds/?q=x"), ".entries") == []
        assert client.get("/").status_code == 404


def _hostile() -> Archive:
    entries = []
    for number, text in enumerate(HOSTILE):
        title = " ".join(text.split())
        issue = replace(
            post(f"h{number}", days=number, tags=[f"T {text}"]), title=title, summary=title
        )
        about = update(issue, 0, project="p")
        assert about.update is not None
        about = replace(
            about,
            title=title,
            update=replace(
                about.update,
                section=Section("clients", title),
                project=Project(f"p{number}", title),
                reporters=(Reporter(title, "@a:b"),),
            ),
        )
        entries += [replace(issue, authors=(Person(f"A {text}"),)), about]
    site = replace(SITE, title="<script>alert(1)</script>", description="</title><b>")
    return _archive(entries, site)


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    with _client(tmp_path, _hostile()) as client:
        paths = [*PAGES, "/feeds/?q=%3Cscript%3Ealert(1)%3C/script%3E&kind=updates"]
        for path in paths:
            text = client.get(path).text
            page = LexborHTMLParser(text)
            assert [str(node.attributes.get("src"))[:16] for node in page.css("script")] == [
                "/feeds/feeds.js?"
            ], path
            assert page.css("b, style, iframe, img") == [], path
            assert not any(
                href.lower().startswith(("javascript:", "data:")) for href in _hrefs(page, "[href]")
            ), path
        titles = _texts(_page(client, "/updates/atom.xml"), ".entries h3")
        assert set(titles) == {" ".join(text.split()) for text in HOSTILE}


def test_addresses_that_run_are_no_links() -> None:
    bad = "javascript:alert(1)"
    entry = replace(post("one"), url=bad, authors=(Person("A", bad), Person("B", "https://[")))
    found = _archive([entry], replace(SITE, url=bad))
    index = Index(found)
    find = Mock(side_effect=index.page)
    answer = pages.feed_page(index, found.feeds[0], "https://x.example/", "", WHOLE, find)
    page = LexborHTMLParser(bytes(answer.body))
    assert not [href for href in _hrefs(page, "[href]") if href.startswith(("javascript", "//["))]
    assert _hrefs(page, ".about a") == []


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(client: TestClient) -> None:
    for path in PAGES:
        answer = client.get(path)
        policy = dict(
            part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; ")
        )
        assert policy == {
            "default-src": "'none'",
            "style-src": "'self'",
            "script-src": "'self'",
            "img-src": "'self'",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
            **({"frame-src": "'self'"} if answer.status_code != 404 else {}),
        }
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        page = LexborHTMLParser(answer.text)
        for node in page.css("*"):
            inline = [name for name in node.attributes if name == "style" or name.startswith("on")]
            assert inline == [], path
        assert all(not node.text().strip() for node in page.css("script"))
        fetched = [*_hrefs(page, "link[rel=stylesheet], link[rel=icon]")]
        fetched += [str(node.attributes["src"]) for node in page.css("[src]")]
        of_others = {"feeds/frame.css", "feeds/frame.js", "feeds/part.css"}
        names = {urlsplit(address).path.lstrip("/") for address in fetched}
        assert names == assets.NAMES - of_others
        for address in fetched:
            assert client.get(address).status_code == 200


def test_assets_are_kept_and_known_again(client: TestClient) -> None:
    for name in assets.NAMES:
        answer = client.get(f"/{name}")
        assert "immutable" in answer.headers["cache-control"]
        again = client.get(f"/{name}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.head(f"/{name}").content == b""
    assert client.get("/feeds/style.css").headers["content-type"] == "text/css; charset=utf-8"
    assert client.get("/feeds/none.css").status_code == 404


def test_all_links_lead_somewhere(client: TestClient) -> None:
    for path in PAGES:
        base = f"https://feeds.example{path}"
        for href in _hrefs(LexborHTMLParser(client.get(path).text), "a"):
            address = urljoin(base, href)
            if address.startswith("https://feeds.example/") and not href.startswith("#"):
                assert client.get(address).status_code == 200, (path, href)


def test_a_server_below_a_path_leads_to_addresses_below_it(tmp_path: Path) -> None:
    url = "https://x.example/pre/"
    with _client(tmp_path, _archive(_entries()), url=url) as client:
        for path in PAGES:
            page = LexborHTMLParser(client.get(path).text)
            own = [*_hrefs(page, "[href]"), *(str(n.attributes["src"]) for n in page.css("[src]"))]
            own += [str(node.attributes["action"]) for node in page.css("form")]
            for address in own:
                below = ("/pre/", url, "#", SITE.url, "https://matrix.to/", "feed://x.example/pre/")
                assert address.startswith(below), (path, address)


@pytest.mark.parametrize(
    ("language", "attributes", "subscribe"),
    [
        ("en-GB", {"lang": "en-GB", "dir": "ltr"}, "Subscribe"),
        ("de", {"lang": "de", "dir": "ltr"}, "Abonnieren"),
        ("ar", {"lang": "ar", "dir": "rtl"}, "اشترك"),
        ("he", {"lang": "he", "dir": "rtl"}, '<span lang="en" dir="ltr">Subscribe</span>'),
        (None, {"lang": "en", "dir": "ltr"}, "Subscribe"),
    ],
)
def test_pages_are_in_the_site_s_language(
    tmp_path: Path, language: str | None, attributes: dict[str, str], subscribe: str
) -> None:
    site = replace(SITE, language=language)
    with _client(tmp_path, _archive(_entries(), site)) as client:
        for path in ("/updates/atom.xml", "/feeds/?q=news", "/nothing/"):
            page = LexborHTMLParser(client.get(path).text)
            assert _one(page, "html").attributes == attributes
        html = client.get("/updates/atom.xml").text
        assert f'<h2 id="subscribe">{subscribe}</h2>' in html


def test_errors_look_like_the_rest(client: TestClient) -> None:
    page = _page(client, "/section/client/atom.xml", 404)
    assert _texts(page, "h1") == ["Not Found"]
    assert "There is no such feed, or it has no entry." in _texts(page, ".description")
    assert _hrefs(page, ".near a") == ["/section/clients/atom.xml"]
    assert _texts(page, ".site") == ["Letters"]
    page = _page(client, "/atom.xml?limit=x", 400)
    assert _texts(page, ".description") == [
        "The parameter 'limit': expected a number from 1 to 200."
    ]
    answer = client.post("/atom.xml")
    assert answer.status_code == 405 and "GET" in answer.headers["allow"]
    assert _texts(LexborHTMLParser(answer.text), "h1") == ["Method Not Allowed"]
    for path in ("/nothing/", "/atom.xml?limit=x"):
        answer = client.get(path, headers={"Accept": "*/*"})
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Accept" in answer.headers["vary"]


def test_templates_escape_what_they_are_given() -> None:
    package = ROOT / "feedserver"
    paths = {*package.rglob("*.html")}
    assert package / "pages" / "feed.html" in paths
    assert package / "embed" / "frame.html" in paths
    unescaped = []
    for path in sorted(paths):
        text = path.read_text("utf-8")
        assert not re.search(r"autoescape|Markup", text), path
        unescaped += [(path.name, found) for found in re.findall(r"(\S*)\s*\|\s*safe", text)]
    # What a page of the site has around a page of ours is the site's own HTML.
    assert unescaped == [("part.html", f"around.{part}") for part in ("start", "middle", "end")]


def test_the_documentation_says_the_same() -> None:
    docs = ROOT / "docs"
    addresses = (docs / "reference" / "addresses.md").read_text("utf-8")
    assert all(f"`/{name}`" in addresses for name in assets.NAMES)
    assert f"`Content-Security-Policy: {templates.POLICY}`" in addresses
    how_to = (docs / "how-to" / "build-a-feed.md").read_text("utf-8")
    shown = re.findall(r"(?m)^https://news\.example/updates/atom\.xml\?(.*)$", how_to)
    assert len(shown) == 2
    for query in shown:
        assert parse(parse_qsl(query)).query_string() == query
    words = Words("en")
    for name in ("search_entries", "search", "subscribe", "narrow", "narrow_feed", "show"):
        assert f"**{words.text(name)}**" in how_to, name


def test_parameters_that_cannot_be_read_are_refused(client: TestClient) -> None:
    for query in ("q=%ff", "&".join(f"section=s{number}" for number in range(99))):
        assert client.get(f"/feeds/?{query}").status_code == 400
        assert client.get(f"/atom.xml?{query}").status_code == 400
    for method in ("GET", "HEAD"):
        answer = client.request(method, "/feeds/?limit=0")
        assert answer.status_code == 400 and bool(answer.content) == (method == "GET")
