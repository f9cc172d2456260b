"""What pages of others show of a feed: the component, pages for frames, pictures, oEmbed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import pyromark
import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from selectolax.lexbor import LexborHTMLParser
from starlette.testclient import TestClient

from feedserver.embed import component, oembed, picture, snippets
from feedserver.embed import widget as widgets
from feedserver.embed._lettering import ELLIPSIS, shortened, width
from feedserver.embed.widget import LAYOUTS, THEMES, Widget
from feedserver.errors import ParameterError
from feedserver.feeds import catalogue
from feedserver.feeds.index import Index
from feedserver.feeds.parameters import Slice
from feedserver.formats import archive as archives
from feedserver.model import Archive, Entry, Person, Project, Reporter, Section
from feedserver.pages import templates
from feedserver.settings.settings import Settings
from feedserver.web import embedding
from feedserver.web.app import create_app
from tests.conftest import ROOT
from tests.feedserver.examples import HOSTILE
from tests.samples import SITE, archive, post, update
from tests.served import served

URL = "https://feeds.example/"
SVG = "{http://www.w3.org/2000/svg}"


def _archive(*more: Entry, language: str = "en") -> Archive:
    entries = list(more)
    for number in range(9):
        issue = post(f"week-{number}", days=7 * number, sections=["clients"], tags=["Week"])
        entries += [issue, update(issue, 0), update(issue, 1, project=f"p{number % 2}")]
        entries.append(update(issue, 2, section=None, project="alone"))
    found = archive(entries, catalogue.feeds(entries, SITE))
    redirects = {f"/section/apps/{file}": f"/section/clients/{file}" for file in ("", "atom.xml")}
    return replace(found, site=replace(SITE, language=language), redirects=redirects)


INDEX = Index(_archive())


def _client(tmp_path: Path, found: Archive, url: str | None = URL) -> TestClient:
    folder = tmp_path / "site"
    folder.mkdir(exist_ok=True)
    (folder / "archive.json").write_bytes(archives.serialise(found))
    app = create_app(Settings(url=url), store=served(folder))
    return TestClient(app, base_url="https://feeds.example", follow_redirects=False)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with _client(tmp_path, _archive()) as found:
        yield found


def _page(client: TestClient, path: str) -> LexborHTMLParser:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return LexborHTMLParser(answer.text)


def _texts(page: LexborHTMLParser, selector: str) -> list[str]:
    return [" ".join(node.text().split()) for node in page.css(selector)]


def _lines(data: bytes) -> list[str]:
    return [
        str(etree.tostring(node, method="text", encoding="unicode", with_tail=False))
        for node in etree.fromstring(data).iter(f"{SVG}text")
    ]


def test_the_component_is_served_to_pages_of_all_sites(client: TestClient) -> None:
    answer = client.get("/embed.js")
    assert answer.content == component.component().body
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["cache-control"].startswith("public, max-age=")
    assert answer.headers["content-encoding"] in ("br", "gzip", "zstd")
    assert re.fullmatch('"[^"]+"', answer.headers["etag"])
    again = client.get("/embed.js?v=2", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head("/embed.js").headers["etag"] == answer.headers["etag"]


def test_a_page_for_a_frame_has_the_latest_entries(client: TestClient) -> None:
    page = _page(client, "/embed/section/clients/")
    assert _texts(page, "h2") == ["Week-8", "P0", "Week-7", "P1", "Week-6"]
    assert _texts(page, "h1") == _texts(page, "title") == ["Clients, Letters"]
    assert _texts(page, ".about")[1] == "May 8, 2026 Bo"
    assert "News of clients-p0." in _texts(page, ".summary")
    links = page.css("a")
    assert all(link.attributes["target"] == "_blank" for link in links)
    assert all(link.attributes["rel"] == "noopener" for link in links)
    assert links[1].attributes["href"] == "https://letters.example/blog/week-8/#clients-p0-1"
    assert links[-1].attributes["href"] == "https://letters.example/section/clients/"
    assert links[-1].text() == "More from Clients, Letters"
    robots = page.css_first("meta[name=robots]")
    assert robots is not None and robots.attributes["content"] == "noindex"


def test_titles_say_what_the_feed_does_not(client: TestClient) -> None:
    assert _texts(_page(client, "/embed/updates/?limit=3"), "h2") == ["Clients", "P0", "Alone"]
    assert "May 8, 2026 Clients Bo" in _texts(_page(client, "/embed/updates/"), ".about")
    page = _page(client, "/embed/project/p0/?limit=2")
    assert _texts(page, "h2") == ["Week-8", "Week-6"]
    assert _texts(page, ".about")[0] == "May 8, 2026 Clients Bo"
    page = _page(client, "/embed/?limit=1")
    assert (_texts(page, "h2"), _texts(page, ".about")) == (["Week-8"], ["May 8, 2026 Ada"])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("theme", THEMES)
def test_layouts_and_themes(client: TestClient, layout: str, theme: str) -> None:
    page = _page(client, f"/embed/section/clients/?layout={layout}&theme={theme}&limit=50")
    assert len(page.css(f"ul.{layout} > li")) == 18
    assert (page.css(".summary") == []) == (layout == "compact")
    [root] = page.css("html")
    assert root.attributes["class"] == theme
    scheme = page.css_first("meta[name=color-scheme]")
    expected = "light dark" if theme == "auto" else theme
    assert scheme is not None and scheme.attributes["content"] == expected


def test_a_part_of_a_feed(client: TestClient) -> None:
    page = _page(client, "/embed/updates/?project=p1&q=news&limit=3&utm_source=x")
    assert _texts(page, "h2") == ["P1"] * 3
    more = page.css(".more a")[0].attributes["href"]
    assert more == "https://feeds.example/updates/atom.xml?project=p1&q=news"
    assert _texts(_page(client, "/embed/?q=zebrafish"), ".nothing") == [
        "There is nothing that fits."
    ]
    before = quote("https://letters.example/blog/week-8/", safe="")
    assert _texts(_page(client, f"/embed/?limit=1&before={before}"), "h2") == ["Week-7"]


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("/embed/?colour=red", "colour", "one of layout, theme, limit"),
        ("/embed/?layout=wide", "layout", "one of list, compact, cards"),
        ("/embed/?layout=list&layout=list", "layout", "to stand there once"),
        ("/embed/?theme=blue", "theme", "one of auto, light, dark"),
        ("/embed/?limit=51", "limit", "a number from 1 to 50"),
        ("/embed/?limit=0", "limit", "a number from 1 to 50"),
        ("/embed/?since=now", "since", "a time of RFC 3339"),
        ("/embed/section/clients.svg?layout=list", "layout", "one of theme, limit"),
        ("/embed.svg?limit=99", "limit", "a number from 1 to 50"),
    ],
)
def test_what_is_unknown_is_refused(
    client: TestClient, path: str, name: str, expected: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["parameter"] == name
    assert problem["expected"].startswith(expected)


def test_what_is_not_there(client: TestClient) -> None:
    paths = ["/embed/section/none/", "/embed/section/none.svg", "/embed/.svg", "/embed//"]
    paths += ["/embed/section/clients/.svg", "/embed/feeds/", "/embed/?before=x", "/embedded/"]
    for path in [*paths, "/embed/section/clients/feed.json"]:
        assert client.get(path).status_code == 404, path


def test_other_addresses_lead_there(client: TestClient) -> None:
    for path, target in {
        "/embed": "/embed/",
        "/embed/section/clients?limit=2": "/embed/section/clients/?limit=2",
        "/embed/section/apps/": "/embed/section/clients/",
        "/embed/section/apps.svg": "/embed/section/clients.svg",
    }.items():
        answer = client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (308, target)


def test_pages_are_answered_by_their_conditions(client: TestClient) -> None:
    for path in ("/embed/section/clients/", "/embed.svg", f"/oembed?url={URL}atom.xml"):
        answer = client.get(path)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "max-age" in answer.headers["cache-control"]
        again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        head = client.head(path)
        assert (head.content, head.headers["etag"]) == (b"", answer.headers["etag"])
        assert client.post(path).status_code == 405


FRAMING = (
    "content-security-policy",
    "cross-origin-embedder-policy",
    "cross-origin-resource-policy",
)


def test_only_pages_for_frames_may_be_framed(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "archive.json").write_bytes(archives.serialise(_archive()))
    for name in ("page.html", "404.html"):
        (folder / name).write_text("<h1>Mine</h1>")
    app = create_app(Settings(folder=folder, url=URL), store=served(folder))
    with TestClient(app, headers={"Accept": "text/html"}) as client:
        assert client.get("/embed/").headers["content-security-policy"] == embedding.POLICY
        assert "frame-ancestors" not in embedding.POLICY
        # What is wrong with a frame's address is said in the frame.
        for path in ("/embed/?limit=x", "/embed/section/clients/?images", "/embed/section/none/"):
            problem = client.get(path)
            assert problem.is_client_error and "<h1" in problem.text, path
            # What its links lead to may be framed by nobody.
            assert '<base target="_blank">' in problem.text
            for name in FRAMING:
                assert problem.headers[name] == client.get("/embed/").headers[name], (path, name)
        wrong = ("/feeds/?limit=x", "/atom.xml?limit=x", "/embed.svg?limit=x", "/oembed?url=")
        for path in ("/atom.xml", "/feeds/", "/feeds/?q=x", "/embed.svg", *wrong):
            policy = client.get(path).headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy, path
        for path in ("/page.html", "/nothing/"):
            policy = client.get(path).headers["content-security-policy"]
            assert policy == "frame-ancestors 'self'"


def _hostile() -> Archive:
    entries = []
    for number, text in enumerate(HOSTILE):
        issue = post(f"week-{number}", days=number + 100, sections=["clients"])
        about = update(issue, 0, project="x")
        assert about.update is not None
        about = replace(
            about,
            summary=text,
            update=replace(
                about.update,
                project=Project("x", text),
                section=Section("clients", text),
                reporters=(Reporter(text), Reporter("B"), Reporter("C"), Reporter("D")),
            ),
        )
        entries += [replace(issue, title=text, authors=(Person(f"A {text}"),)), about]
    return _archive(*entries)


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    with _client(tmp_path, _hostile()) as client:
        for layout in LAYOUTS:
            page = _page(client, f"/embed/updates/?layout={layout}&limit=50")
            shown = {" ".join(text.split()) for text in HOSTILE}
            assert shown <= set(_texts(page, "h2")), layout
            assert page.css("b, style, iframe, img") == [] and len(page.css("script")) == 1
        for path in ("/embed/updates.svg?limit=50", "/embed.svg?limit=50"):
            lines = _lines(client.get(path).content)
            for text in HOSTILE[:-1]:
                assert any(line.startswith(" ".join(text.split())) for line in lines), text


def test_a_picture_has_the_latest_entries(client: TestClient) -> None:
    answer = client.get("/embed/section/clients.svg?limit=2")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["content-security-policy"] == embedding.PICTURE_POLICY
    root = etree.fromstring(answer.content)
    assert root.get("role") == "img"
    named = str(root.get("aria-labelledby")).split()
    found = [
        root.find(f"{SVG}{tag}[@id='{name}']")
        for tag, name in zip(("title", "desc"), named, strict=True)
    ]
    assert [node.text for node in found if node is not None] == [
        "Clients",
        "Week-8 (May 8, 2026); P0 (May 8, 2026)",
    ]
    assert _lines(answer.content) == [
        *("Letters", "Clients"),
        *("May 8, 2026", "Week-8Bo", "News of clients."),
        *("May 8, 2026", "P0Bo", "News of clients-p0."),
    ]


def test_a_picture_loads_nothing(client: TestClient) -> None:
    for theme in THEMES:
        body = client.get(f"/embed/updates.svg?theme={theme}").content
        tags = {etree.QName(node).localname for node in etree.fromstring(body).iter()}
        assert tags == {"svg", "title", "desc", "style", "rect", "path", "text", "tspan"}
        assert not re.search(rb"href|url\(|@import|@font-face|data:|on\w+=", body)
        assert (b"prefers-color-scheme" in body) == (theme == "auto")
    assert _lines(client.get("/embed.svg?q=zebrafish").content)[-1] == "There is nothing that fits."
    first = client.get("/embed.svg").content
    assert first == client.get("/embed.svg").content


def test_a_picture_is_mirrored_where_the_language_is(tmp_path: Path) -> None:
    with _client(tmp_path, _archive(language="ar")) as client:
        root = etree.fromstring(client.get("/embed/section/clients.svg").content)
        assert root.get("direction") == "rtl"
        date, title = [*root.iter(f"{SVG}text")][2:4]
        assert (title.get("x"), title.get("text-anchor")) == ("620", None)
        assert (date.get("x"), date.get("text-anchor")) == ("20", "end")
        page = _page(client, "/embed/section/clients/")
        assert page.css("html")[0].attributes["dir"] == "rtl"


def test_long_texts_of_a_picture_are_bounded(tmp_path: Path) -> None:
    marks = "e" + "\u0301" * 100_000
    entries = []
    for number, text in enumerate(("long " * 100_000, marks, "👩‍🚀" * 100_000)):
        entries.append(replace(post(f"long-{number}", days=200 + number), title=text, summary=text))
    site = replace(SITE, title="Letters " * 10_000)
    found = replace(_archive(*entries), site=site)
    feeds = [replace(feed, title=feed.title + marks) for feed in found.feeds]
    with _client(tmp_path, replace(found, feeds=tuple(feeds))) as client:
        body = client.get("/embed.svg").content
    assert len(body) < 20_000
    said = etree.fromstring(body).findtext(f"{SVG}desc")
    assert said is not None and said.startswith("👩‍🚀👩‍🚀") and len(said) < 5 * 350
    assert f"🚀{ELLIPSIS} (" in said


@pytest.mark.parametrize("size", [13, 15])
@pytest.mark.parametrize("bold", [False, True])
def test_texts_are_cut_to_fit(size: int, bold: bool) -> None:
    for text in (*HOSTILE, "кириллица " * 20, "漢字" * 90, "👩‍🚀" * 90, "é" * 200, "مرحبا " * 60):
        for room in (0, 20, 60, 300, 600):
            shown = shortened(text, room, size, bold=bold)
            assert width(shown, size, bold=bold) <= max(room, 0)
            assert shown == text or shown == "" or shown.endswith(ELLIPSIS)


def test_no_character_is_cut_through() -> None:
    for text in ("👩‍🚀" * 9, "🇩🇪" * 9, "e\u0301" * 40, "❤️" * 9):
        for room in range(20, 200, 3):
            kept = shortened(text, room, 13).removesuffix(ELLIPSIS)
            assert len(kept) % (len(text) // (40 if "e" in text else 9)) == 0
    assert shortened("one two three four", 80, 13) == f"one two{ELLIPSIS}"
    assert shortened("a veryveryverylongword", 120, 13).startswith("a veryvery")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://letters.example/section/clients/", "section/clients/?layout=list&limit=5"),
        ("http://LETTERS.example:80/section/clients", "section/clients/?layout=list&limit=5"),
        (
            "https://letters.example/section/clients/page/2/#x",
            "section/clients/?layout=list&limit=5",
        ),
        ("https://letters.example/blog/", "?layout=list&limit=5"),
        ("https://letters.example/feed.json", "?layout=list&limit=5"),
        ("https://letters.example", "?layout=list&limit=5"),
        ("https://feeds.example/", "?layout=list&limit=5"),
        ("https://feeds.example/updates/rss.xml?q=a+b", "updates/?layout=list&limit=5&q=a+b"),
        ("https://feeds.example/updates/?limit=99", "updates/?layout=list&limit=50"),
        ("HTTPS://letters.EXAMPLE/section/clients/", "section/clients/?layout=list&limit=5"),
        (" https://letters.example/section/clients/\n", "section/clients/?layout=list&limit=5"),
        (
            "https://letters.example/section/clients/index.html",
            "section/clients/?layout=list&limit=5",
        ),
        ("https://letters.example/index.html?ref=x", "?layout=list&limit=5"),
        ("https://letters.example/blog/page/2/index.html", "?layout=list&limit=5"),
        (
            "https://letters.example/section/clients/?ref=x&q=a&before=b&limit=x",
            "section/clients/?layout=list&limit=5",
        ),
        ("https://letters.example/feed.json?ref=x&limit=2", "?layout=list&limit=2"),
        ("https://feeds.example/updates/?ref=x&q=a", "updates/?layout=list&limit=5&q=a"),
        ("https://feeds.example/embed.svg", "?layout=list&limit=5"),
        (
            "https://feeds.example/embed/section/clients.svg?limit=2&theme=dark",
            "section/clients/?layout=list&limit=2&theme=dark",
        ),
        ("https://feeds.example/embed", "?layout=list&limit=5"),
        (
            "https://feeds.example/embed/project/p0/?theme=dark&limit=2&layout=cards",
            "project/p0/?layout=cards&limit=2&theme=dark",
        ),
    ],
)
def test_oembed_knows_feeds_by_their_addresses(
    client: TestClient, address: str, shown: str
) -> None:
    answer = client.get("/oembed", params={"url": address, "dnt": "1"})
    assert answer.status_code == 200, answer.text
    source = re.match(r'<iframe src="([^"]*)"', answer.json()["html"])
    assert source and unescape(source[1]) == f"https://feeds.example/embed/{shown}"
    assert client.get(unescape(source[1]).removeprefix("https://feeds.example")).status_code == 200


_PASTED = st.lists(
    st.sampled_from(
        [
            *("https:", "HTTP:", "//", "/", "letters.example", "feeds.example", ":443", "@", "?"),
            *("embed", ".svg", "section", "clients", "page/2", "index.html", "feed.json", "&"),
            *(
                "limit=2",
                "layout=x",
                "q=",
                "before=",
                "ref=a",
                "#",
                "%2F",
                "%",
                "[",
                " ",
                "\n",
                "é",
            ),
        ]
    )
)


@given(start=st.sampled_from(["", "https://letters.example/", URL]), pasted=_PASTED)
def test_whatever_is_pasted_is_a_feed_or_none(start: str, pasted: list[str]) -> None:
    address = start + "".join(pasted)
    try:
        asked = oembed.parse([("url", address)])
    except ParameterError:
        assert oembed.find(INDEX, URL, address) is None or address != address.strip()
        return
    found = oembed.find(INDEX, URL, asked.url)
    if found is not None:
        assert found[0] in INDEX.archive.feeds and 1 <= found[1].limit <= 50
        host = urlsplit(asked.url).hostname
        assert host in ("letters.example", "feeds.example")
        assert json.loads(oembed.document(INDEX, URL, asked, found))["height"] > 0


def test_oembed_in_both_formats(client: TestClient) -> None:
    address = f"{URL}author/ada/atom.xml"
    answer = client.get("/oembed", params={"url": address})
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    assert {name: found[name] for name in found if name != "html"} == {
        "version": "1.0",
        "type": "rich",
        "title": "Ada, Letters",
        "provider_name": "Letters",
        "provider_url": "https://letters.example/",
        "author_name": "Ada",
        "author_url": "https://letters.example/author/ada/",
        "cache_age": 86400,
        "width": 640,
        "height": 672,
    }
    answer = client.get("/oembed", params={"url": address, "format": "xml"})
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    root = etree.fromstring(answer.content)
    assert root.tag == "oembed"
    assert {str(node.tag): node.text for node in root} == {
        name: str(value) for name, value in found.items()
    }
    [frame] = LexborHTMLParser(found["html"]).css("iframe")
    assert (frame.attributes["width"], frame.attributes["height"]) == ("640", "672")
    assert frame.attributes["title"] == "Ada, Letters"


def test_oembed_fits_into_the_size(client: TestClient) -> None:
    for wide, tall, layout, limit in (
        (320, 400, "list", "2"),
        (640, 400, "list", "2"),
        (640, 430, "list", "3"),
        (9999, 100, "compact", "1"),
        (1, 1, "compact", "1"),
    ):
        asked = {"url": f"{URL}atom.xml", "maxwidth": str(wide), "maxheight": str(tall)}
        found = client.get("/oembed", params=asked).json()
        assert found["width"] <= wide and found["height"] <= tall
        assert f"?layout={layout}&amp;limit={limit}" in found["html"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("url=", 400),
        ("url=atom.xml", 400),
        ("url=https://[", 400),
        ("url=https://", 400),
        ("url=https://x.example:y/", 400),
        (f"url={URL}&url={URL}", 400),
        (f"url={URL}&maxwidth=0", 400),
        (f"url={URL}&maxheight=many", 400),
        (f"url={URL}&format=yaml", 501),
        ("url=ftp://letters.example/", 400),
        ("url=javascript:alert(1)//letters.example/", 400),
        ("url=https://elsewhere.example/atom.xml", 404),
        ("url=https://elsewhere.example/embed.svg", 404),
        ("url=https://letters.example.elsewhere.example/", 404),
        ("url=https://letters.example/embed.svg", 404),
        (f"url={URL}embed/section/none.svg", 404),
        (f"url={URL}index.htm", 404),
        (f"url={URL}atom.xml%3Fref=x", 404),
        (f"url={URL}section/none/", 404),
        (f"url={URL}feeds/", 404),
        (f"url={URL}embed/%3Flimit=x", 404),
        (f"url={URL}atom.xml%3Fcolour=red", 404),
        (f"url={URL}atom.xml%3Fbefore=x", 404),
    ],
)
def test_oembed_refuses(client: TestClient, query: str, status: int) -> None:
    answer = client.get(f"/oembed?{query}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_oembed_is_found_from_pages(client: TestClient) -> None:
    for path in ("/section/clients/rss.xml?q=news", "/embed/section/clients/", "/feeds/?q=news"):
        page = LexborHTMLParser(client.get(path, headers={"Accept": "text/html"}).text)
        links = page.css("head link[rel=alternate][type$=oembed]")
        assert [link.attributes["type"] for link in links] == [
            *("application/json+oembed", "text/xml+oembed"),
        ]
        types = [
            client.get(str(link.attributes["href"]).removeprefix("https://feeds.example"))
            for link in links
        ]
        assert [answer.status_code for answer in types] == [200, 200]
        assert "q=news" in types[0].text or "q=" not in path


def test_the_dialogue_has_three_snippets(client: TestClient) -> None:
    answer = client.get("/section/clients/atom.xml", headers={"Accept": "text/html"})
    assert "frame-src 'self'" in answer.headers["content-security-policy"]
    page = LexborHTMLParser(answer.text)
    assert [node.text() for node in page.css(".embed pre")] == [
        '<script type="module" src="https://feeds.example/embed.js"></script>\n'
        '<twim-feed src="https://feeds.example/section/clients/feed.json" layout="list" '
        'limit="5"><a href="https://letters.example/section/clients/">Clients, Letters</a>'
        "</twim-feed>",
        '<iframe src="https://feeds.example/embed/section/clients/?layout=list&amp;limit=5" '
        'title="Clients, Letters" width="100%" height="794" frameborder="0" loading="lazy">'
        "</iframe>",
        "[![Clients, Letters](https://feeds.example/embed/section/clients.svg?limit=5)]"
        "(https://letters.example/section/clients/)",
    ]
    copied = [button.attributes["data-copy"] for button in page.css(".embed .snippet button")]
    assert copied == [node.text() for node in page.css(".embed pre")]
    # Within a site's page Material would put buttons of its own there, which copy something else.
    assert page.css("pre code") == []


def test_snippets_of_a_part_with_options() -> None:
    feed = catalogue.feeds([post("a")], replace(SITE, title="A [b](c) & <d>"))[0]
    widget = Widget(Slice(text='a "b"'), 2, "cards", "dark")
    script, frame, image = (each.text(widget) for each in snippets.of(feed, SITE, URL, widget.part))
    assert 'src="https://feeds.example/feed.json?q=a+%22b%22" layout="cards" limit="2"' in script
    assert script.endswith(">A [b](c) &amp; &lt;d&gt;</a></twim-feed>")
    assert "/embed/?layout=cards&amp;limit=2&amp;theme=dark&amp;q=a+%22b%22" in frame
    assert f'height="{snippets.height(widget)}"' in frame
    assert image == (
        r"[![A \[b\](c) \& \<d\>](https://feeds.example/embed.svg?limit=2&theme=dark&q=a+%22b%22)]"
        "(https://feeds.example/atom.xml?q=a+%22b%22)"
    )
    assert snippets.height(replace(widget, limit=3)) == 3 * 210 + 74
    heights = [snippets.height(Widget(limit=5, layout="cards"), width) for width in (439, 640, 800)]
    assert heights == [5 * 210 + 74, 3 * 206 + 50, 2 * 206 + 50]


_SIGNS = "()[]<>\\*_~`&;! a1é"


@given(title=st.text(_SIGNS, min_size=1), folder=st.text("()&;!*_~'$,a1", min_size=1))
def test_a_picture_in_markdown_is_one_whatever_the_names(title: str, folder: str) -> None:
    """As CommonMark reads it, which is what READMEs are in."""
    title = " ".join(title.split()) or "-"
    site, base = replace(SITE, url=f"https://x.example/{folder}/"), f"{URL}{folder}/"
    feed = replace(catalogue.feeds([post("a")], SITE)[0], title=title)
    text = snippets.of(feed, site, base, Slice())[2].text(Widget())
    tree = LexborHTMLParser(pyromark.html(text))
    [link], [image] = tree.css("a"), tree.css("img")
    assert tree.body is not None and tree.body.text().strip() == ""
    assert image.attributes["alt"] == title
    assert unquote(str(link.attributes["href"])) == f"https://x.example/{folder}/blog/"
    assert unquote(str(image.attributes["src"])) == f"{base}embed.svg?limit=5"


def test_a_site_without_an_address_of_the_web_is_not_led_to() -> None:
    feed = catalogue.feeds([post("a")], SITE)[0]
    site = replace(SITE, url="javascript:alert(1)/")
    assert snippets.home_address(feed, site, URL, Slice()) == "https://feeds.example/atom.xml"


def test_an_entry_without_an_address_of_the_web_is_no_link() -> None:
    found = replace(post("a"), url="javascript:alert(1)")
    feed = catalogue.feeds([found], SITE)[0]
    values = {
        "feed": feed,
        "widget": Widget(),
        "rows": [widgets.row(found, feed, SITE, Locale("en"))],
        "home": "javascript:alert(1)",
        "oembed": (),
    }
    page = LexborHTMLParser(bytes(templates.page("frame.html", "en", "/", values).body))
    assert (_texts(page, "h2"), page.css("a")) == (["A"], [])


def test_many_reporters_are_some() -> None:
    about = update(post("a"), 0)
    assert about.update is not None
    people = tuple(Reporter(name) for name in ("Ada", "Bo", "Cy", "Di"))
    about = replace(about, update=replace(about.update, reporters=people))
    feed = catalogue.feeds([post("a"), about], SITE)[1]
    words = picture.draw("T", "S", [], nothing="-", language="en", direction="ltr")
    assert widgets.row(about, feed, SITE, Locale("en")).people == ("Ada", "Bo", "+2")
    assert _lines(words) == ["S", "T", "-"]


def test_the_documentation_says_the_same(client: TestClient) -> None:
    addresses = (ROOT / "docs" / "reference" / "addresses.md").read_text("utf-8")
    assert f"`Content-Security-Policy: {embedding.POLICY}`" in addresses
    feed = replace(catalogue.feeds([post("a")], SITE)[0], path="/section/clients/", title="Clients")
    _, frame, image = (each.text(Widget()) for each in snippets.of(feed, SITE, URL, Slice()))
    assert f"\n{frame}\n" in addresses
    assert image.removeprefix("[![Clients]").partition(")](")[0] in addresses
    for name in (*LAYOUTS, *THEMES):
        assert f"`{name}`" in addresses
