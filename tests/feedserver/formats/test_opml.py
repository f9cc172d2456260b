from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from feedserver.formats import opml
from tests.conftest import examples
from tests.feedserver.examples import assert_golden

POSTS = ("Everything", "https://example.org/atom.xml", "https://example.org/blog/", "All posts")
HOSTILE = (
    'Vec<T> & "R&D" </b>\x01',
    "https://example.org/a/atom.xml?b=1&c=2",
    "https://e.example/",
    "",
)


def test_golden(tmp_path: Path) -> None:
    data = opml.serialise("Example & Sons", [("Posts", [POSTS]), ("Projects", [HOSTILE, POSTS])])
    assert_golden(data, "feeds.opml", tmp_path)


def test_nothing_to_list_is_a_document() -> None:
    tree = etree.fromstring(opml.serialise("Example", []))
    assert tree.findtext("head/title") == "Example"
    assert len(tree.findall("body/outline")) == 0


@settings(max_examples=examples(50))
@given(st.text(st.characters()), st.text(st.characters()))
def test_any_text_makes_a_document(title: str, description: str) -> None:
    feed = (title, "https://example.org/atom.xml", "https://example.org/", description)
    tree = etree.fromstring(opml.serialise(title, [(title, [feed])]))
    outline = tree.find("body/outline/outline")
    assert outline is not None
    assert outline.get("text") == outline.get("title")
    assert outline.get("type") == "rss"
