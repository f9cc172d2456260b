from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import feedparser  # type: ignore[import-untyped]  # it carries no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feedserver.check import check
from feedserver.formats import atom, xml
from feedserver.model import Entry, Image, Person
from feedserver.text.clean import clean
from tests.conftest import examples
from tests.feedserver.examples import (
    HOSTILE,
    SITE,
    assert_golden,
    channel,
    entries,
    golden_channel,
    hostile_texts,
    post,
    read_by_reader,
)

NS = {"atom": "http://www.w3.org/2005/Atom"}


def attributes_of(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def text(tree: etree._Element, path: str) -> str:
    return str(tree.xpath(f"string({path})", namespaces=NS))


def attributes(data: bytes, path: str) -> list[dict[str, str]]:
    return [attributes_of(found) for found in etree.fromstring(data).iterfind(path, NS)]


@pytest.mark.parametrize("name", ["full", "minimal", "hostile"])
def test_golden(name: str, tmp_path: Path) -> None:
    data = atom.serialise(golden_channel(name, "atom.xml"))
    assert_golden(data, f"{name}.atom.xml", tmp_path)


@pytest.mark.parametrize("title", HOSTILE)
def test_feedparser_reads_back_what_went_in(title: str) -> None:
    entry = post(title, summary=title, content="<p>Vec&lt;T&gt; <b>&amp;</b> ]]&gt;</p>")
    feed = feedparser.parse(atom.serialise(channel(entry, title=title)))
    assert feed.bozo is False
    assert html.unescape(feed.feed.title) == title
    assert html.unescape(feed.entries[0].title) == title
    assert html.unescape(feed.entries[0].summary) == title
    assert feed.entries[0].content[0].value == entry.content
    assert feed.entries[0].id == entry.id
    assert feed.entries[0].link == entry.url
    assert feed.entries[0].published == entry.published.isoformat()


def test_reader_reads_back_what_went_in(tmp_path: Path) -> None:
    posts = [post(title, summary=title, number=n) for n, title in enumerate(HOSTILE, 1)]
    (tmp_path / "atom.xml").write_bytes(atom.serialise(channel(*posts)))
    read = read_by_reader(tmp_path / "atom.xml")
    assert read.keys() == {entry.id for entry in posts}
    for entry in posts:
        assert html.unescape(read[entry.id].title or "") == entry.title
        assert html.unescape(read[entry.id].summary or "") == entry.summary
        assert read[entry.id].updated == entry.modified
        assert [content.value for content in read[entry.id].content] == [entry.content]


@settings(max_examples=examples(50))
@given(title=hostile_texts, summary=hostile_texts, content=hostile_texts, name=hostile_texts)
def test_any_text_comes_back(title: str, summary: str, content: str, name: str) -> None:
    entry = post(title, summary=summary, content=content, authors=(Person(name), Person("Ann")))
    tree = etree.fromstring(atom.serialise(channel(entry, title=title)))
    expected = xml.words(title, entry.url)
    assert html.unescape(text(tree, "atom:entry/atom:title")) == html.unescape(xml.escape(expected))
    assert text(tree, "atom:entry/atom:summary") == xml.escape(xml.words(summary, expected))
    assert text(tree, "atom:entry/atom:content").strip() == clean(content).strip()
    assert text(tree, "atom:entry/atom:author[last()]/atom:name") == "Ann"


@settings(max_examples=examples(50))
@given(st.lists(entries, min_size=1, max_size=3))
def test_any_entries_make_a_document(many: list[Entry]) -> None:
    made = channel(*many)
    tree = etree.fromstring(atom.serialise(made))
    assert len(tree.findall("atom:entry", NS)) == len(many)


def test_links_of_the_feed() -> None:
    assert attributes(atom.serialise(channel(post())), "atom:link") == [
        {"href": "https://example.org/atom.xml", "rel": "self", "type": "application/atom+xml"},
        {"href": "https://example.org/blog/", "rel": "alternate", "type": "text/html"},
    ]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (None, []),
        (Image("https://example.org/a"), [{"href": "https://example.org/a"}]),
        (
            Image("https://example.org/a.webp", "image/webp"),
            [{"href": "https://example.org/a.webp", "type": "image/webp"}],
        ),
        (
            Image("https://example.org/a.png", "image/png", 7),
            [{"href": "https://example.org/a.png", "type": "image/png", "length": "7"}],
        ),
    ],
)
def test_a_picture_is_a_link(image: Image | None, expected: list[dict[str, str]]) -> None:
    page = {"href": "https://example.org/blog/1/", "rel": "alternate", "type": "text/html"}
    links = attributes(atom.serialise(channel(post(image=image))), "atom:entry/atom:link")
    assert links == [page, *({"rel": "enclosure", **link} for link in expected)]


@pytest.mark.parametrize("content", [None, "", " \x01"])
def test_an_entry_without_content_has_no_content_element(content: str | None) -> None:
    data = atom.serialise(channel(post(content=content)))
    assert b"<content" not in data
    assert b"<summary" in data


def test_authors_without_a_name_are_left_out() -> None:
    people = (Person(" "), Person("Zoë <zoe@example.org>", "https://example.org/zoe/"))
    data = atom.serialise(channel(post(authors=people)))
    assert [
        author.findtext("atom:name", None, NS)
        for author in etree.fromstring(data).iter("{http://www.w3.org/2005/Atom}author")
    ] == ["Example & Sons", "Zoë ‹zoe@example.org›"]


def test_the_date_of_the_feed_is_its_newest_change() -> None:
    newer = post(number=1)
    older = replace(post(number=2), modified=newer.modified.replace(year=2026))
    tree = etree.fromstring(atom.serialise(channel(newer, older)))
    assert tree.findtext("atom:updated", None, NS) == "2026-12-11T17:19:38+00:00"


def test_without_a_language_there_is_none() -> None:
    made = replace(channel(post()), site=replace(SITE, language=None))
    assert b"xml:lang" not in atom.serialise(made)


def test_same_channel_same_bytes() -> None:
    made = channel(post(), post(number=2))
    assert atom.serialise(made) == atom.serialise(made)


@pytest.mark.parametrize(
    ("id", "written"),
    [
        ("https://a.example/1", "https://a.example/1"),
        ("https://a.example/ü#ö", "https://a.example/ü#ö"),
        ("https://a.example/a b", "https://a.example/a%20b"),
        ("tag:a.example,2005:/17", "tag:a.example,2005:/17"),
        ("urn:isbn:9780", "urn:isbn:9780"),
        ("yt:video:17", "yt:video:17"),
        *((id, None) for id in ("post 17", "17", "a#b", "x:a b", "tag:17", "urn:17")),
    ],
)
def test_an_id_is_an_iri(id: str, written: str | None) -> None:
    def found(id: str, url: str) -> str:
        data = atom.serialise(channel(replace(post(), id=id, url=url)))
        assert not [each for each in check.check(data) if each.rule == 7]
        return text(etree.fromstring(data), "atom:entry/atom:id")

    one = found(id, "https://a.example/x")
    assert one == written if written else re.fullmatch("urn:uuid:[0-9a-f-]{36}", one)
    assert one == found(id, "https://a.example/y"), "it stays when the entry moves"
    if not written:
        assert one != found(id, "https://b.example/x"), "another's is another"
        assert one != found(f"{id}7", "https://a.example/x")
