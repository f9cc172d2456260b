from __future__ import annotations

import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feedserver.formats import rss, xml
from feedserver.model import Channel, Entry
from feedserver.text.clean import clean, packed
from tests.conftest import examples
from tests.samples import SITE, post

pytestmark = pytest.mark.dependency


@pytest.mark.parametrize(
    "text",
    ["plain", "a\tb\nc", "nbsp\xa0here", "👩‍👩‍👧 ❤️ \ufe0f", "한국어", "\U0010fffd", "\ue000", ""],
)
def test_clean_keeps_what_xml_and_html_can_hold(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    "character",
    list(
        "\x00\x08\x0b\x1f\x7f\x80\x9f\ud800\udfff\ufdd0\ufdef\ufffd\ufffe\uffff\U0001fffe\U0010ffff"
    ),
)
def test_clean_drops_what_makes_a_feed_unreadable(character: str) -> None:
    assert clean(f"a{character}b") == "ab"
    assert clean(f"é{character}📱{character}") == "é📱"


def test_clean_makes_lines_of_carriage_returns() -> None:
    assert clean("a\r\nb\rc") == "a\nb\nc"


def test_words_falls_back_when_nothing_is_left() -> None:
    assert xml.words("\x01 \x02", "https://example.org/") == "https://example.org/"
    assert xml.words(" a\x01", "b") == " a"


def test_plain_writes_no_closing_tag_and_no_entity() -> None:
    assert xml.plain("</b>") == "‹/b›"
    assert xml.plain("</code >") == "‹/code ›"
    assert "<" not in xml.plain("a < b <c> </ d>")
    assert "&" not in xml.plain("R&D &amp;")


def test_finish_drops_only_namespaces_that_nothing_uses() -> None:
    data = b'<?xml version=\'1.0\'?>\n<a xmlns:b="urn:b" xmlns:c="urn:c" d="e"><b:x/>&lt;c:y</a>'
    assert xml.finish(data) == (
        b'<?xml version=\'1.0\'?>\n<a xmlns:b="urn:b" d="e"><b:x/>&lt;c:y</a>'
    )


@settings(max_examples=examples(100))
@given(st.text(st.characters()))
def test_any_text_stands_in_xml_and_comes_back(text: str) -> None:
    element = etree.Element("a")
    cleaned = clean(text)
    element.text = xml.plain(cleaned)
    data = xml.finish(etree.tostring(element, xml_declaration=True, encoding="UTF-8"))
    read = etree.fromstring(data).text or ""
    assert read.replace("‹", "<").replace("›", ">") == cleaned.replace("‹", "<").replace("›", ">")
    assert html.unescape(xml.escape("&lt;")) == "&lt;"


@pytest.mark.parametrize(
    "content", ["<p>Tea 🫖 &amp; cake</p>", "<p>a\x0bb</p>", " \n", "", None, "<p>\ud800</p>"]
)
def test_packed_entries_are_written_as_they_were(content: str | None) -> None:
    entry = post("one", content=content)
    ready = packed(entry)

    def written(second: Entry) -> bytes:
        channel = Channel("T", "D", SITE.url, f"{SITE.url}rss.xml", SITE, (second,))
        return rss.serialise(channel)

    assert ready.content == (content and content.replace("\ud800", "?"))
    if ready.content == content:
        assert written(ready) == written(entry)
    assert packed(ready) == ready
