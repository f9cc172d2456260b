from __future__ import annotations

import html
import re
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path

import feedparser  # type: ignore[import-untyped]  # it carries no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feedserver.formats import rss, xml
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

NS = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
}


def attributes_of(element: etree._Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def item(data: bytes) -> etree._Element:
    found = etree.fromstring(data).find("channel/item")
    assert found is not None
    return found


def shown(text: str) -> str:
    """A plain text as RSS has it: no closing tag, which readers take for markup."""
    return re.sub(r"<(/\w[^<>]*)>", r"‹\1›", text)


@pytest.mark.parametrize("name", ["full", "minimal", "hostile"])
def test_golden(name: str, tmp_path: Path) -> None:
    data = rss.serialise(golden_channel(name, "rss.xml"))
    assert_golden(data, f"{name}.rss.xml", tmp_path)


@pytest.mark.parametrize("title", HOSTILE)
def test_feedparser_reads_back_what_went_in(title: str) -> None:
    entry = post(
        title,
        summary=title,
        content="<p>Vec&lt;T&gt; <b>&amp;</b> ]]&gt;</p>",
        authors=(Person(title), Person("Ann")),
    )
    feed = feedparser.parse(rss.serialise(channel(entry, title=title)))
    assert feed.bozo is False
    assert feed.feed.title == shown(title)
    assert feed.entries[0].title == shown(title)
    assert html.unescape(feed.entries[0].summary) == title
    assert feed.entries[0].content[0].value == entry.content
    assert [author.name for author in feed.entries[0].authors] == [shown(title), "Ann"]
    assert feed.entries[0].id == entry.id
    assert feed.entries[0].link == entry.url


def test_reader_reads_back_what_went_in(tmp_path: Path) -> None:
    posts = [post(title, summary=title, number=n) for n, title in enumerate(HOSTILE, 1)]
    (tmp_path / "rss.xml").write_bytes(rss.serialise(channel(*posts, file="rss.xml")))
    read = read_by_reader(tmp_path / "rss.xml")
    assert read.keys() == {entry.id for entry in posts}
    for entry in posts:
        assert read[entry.id].title == shown(entry.title)
        assert html.unescape(read[entry.id].summary or "") == entry.summary
        assert read[entry.id].published == entry.published
        assert [content.value for content in read[entry.id].content] == [entry.content]


@settings(max_examples=examples(50))
@given(title=hostile_texts, summary=hostile_texts, content=hostile_texts, tag=hostile_texts)
def test_any_text_comes_back(title: str, summary: str, content: str, tag: str) -> None:
    entry = replace(post(title, summary=summary, content=content), tags=(tag, "last"))
    data = rss.serialise(channel(entry, title=title))
    read = item(data)
    expected = xml.words(title, entry.url)
    assert read.findtext("title") == shown(expected)
    assert read.findtext("description") == xml.escape(xml.words(summary, expected))
    encoded = read.findtext("content:encoded", "", NS)
    assert encoded.strip() == clean(content).strip()
    assert read.findall("category")[-1].text == "last"
    assert b"<![CDATA[" not in data


@settings(max_examples=examples(50))
@given(st.lists(entries, min_size=1, max_size=3))
def test_any_entries_make_a_document(many: list[Entry]) -> None:
    made = channel(*many)
    tree = etree.fromstring(rss.serialise(made))
    assert len(tree.findall("channel/item")) == len(many)


def test_plain_text_is_written_as_validators_want_it() -> None:
    entry = post("Vec<T> & R&D", summary="Vec<T>")
    data = rss.serialise(channel(entry))
    assert b"<title>Vec&#x3C;T&gt; &#x26; R&#x26;D</title>" in data
    assert b"<description>Vec&amp;lt;T&amp;gt;</description>" in data


@pytest.mark.parametrize(
    ("id", "expected"),
    [
        ("https://example.org/blog/1/", "true"),
        ("https://example.org/other/", "false"),
        ("urn:uuid:7f0c1f2e-0000-4000-8000-000000000001", "false"),
    ],
)
def test_an_id_is_a_permalink_if_it_is_the_address(id: str, expected: str) -> None:
    guid = item(rss.serialise(channel(replace(post(), id=id)))).find("guid")
    assert guid is not None
    assert (guid.text, guid.get("isPermaLink")) == (id, expected)


@pytest.mark.parametrize(
    ("image", "enclosed"),
    [
        (Image("https://example.org/a.png", "image/png", 7), True),
        (Image("https://192.0.2.1:8000/a.png", "image/png", 7), True),
        (Image("http://localhost:8000/a.png", "image/png", 7), False),
        (Image("https://example.org/a.png", "image/png"), False),
        (Image("https://example.org/a.png", None, 7), False),
        (Image("https://example.org/a.png", "image/png", 0), False),
    ],
)
def test_a_picture_is_an_enclosure_only_if_all_is_known(image: Image, enclosed: bool) -> None:
    read = item(rss.serialise(channel(post(image=image))))
    enclosure, media = read.find("enclosure"), read.find("media:content", NS)
    if enclosed:
        assert media is None and enclosure is not None
        assert attributes_of(enclosure) == {"url": image.url, "length": "7", "type": "image/png"}
    else:
        assert enclosure is None and media is not None
        assert (media.get("url"), media.get("medium")) == (image.url, "image")
        assert media.get("type") == image.type


def test_only_namespaces_in_use_are_declared() -> None:
    entry = post(content=None, authors=(Person(""),))
    root = etree.fromstring(rss.serialise(channel(entry)))
    assert root.nsmap == {"atom": NS["atom"]}


def test_authors_without_a_name_are_left_out() -> None:
    read = item(rss.serialise(channel(post(authors=(Person(" "), Person("Zoë"), Person("Ann"))))))
    assert [name.text for name in read.iterfind("dc:creator", NS)] == ["Zoë", "Ann"]


def test_the_head_of_the_channel() -> None:
    read = etree.fromstring(rss.serialise(channel(post(), file="rss.xml"))).find("channel")
    assert read is not None
    assert read.findtext("link") == "https://example.org/blog/"
    assert read.findtext("language") == "en-GB"
    assert read.findtext("lastBuildDate") == "Thu, 11 Dec 2025 17:19:38 +0000"
    link = read.find("atom:link", NS)
    assert link is not None
    assert attributes_of(link) == {
        "href": "https://example.org/rss.xml",
        "rel": "self",
        "type": "application/rss+xml",
    }


def test_without_a_language_there_is_none() -> None:
    made = replace(channel(post()), site=replace(SITE, language=None))
    assert b"<language>" not in rss.serialise(made)


def test_a_blank_description_does_not_spoil_the_feed() -> None:
    made = replace(channel(post()), title="\x01", description=" ")
    read = etree.fromstring(rss.serialise(made)).find("channel")
    assert read is not None
    assert read.findtext("title") == read.findtext("description") == made.home_url


def test_dates_keep_their_offset() -> None:
    entry = golden_channel("hostile", "rss.xml").entries[0]
    written = item(rss.serialise(channel(entry))).findtext("pubDate", "")
    assert written == "Thu, 29 Feb 2024 00:00:00 -0330"
    assert parsedate_to_datetime(written) == entry.published


def test_same_channel_same_bytes() -> None:
    made = channel(post(), post(number=2))
    assert rss.serialise(made) == rss.serialise(made)
