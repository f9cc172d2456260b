"""What Atom and RSS hold as HTML is HTML without an error, as validators read it."""

from __future__ import annotations

import pytest
from html5lib import HTMLParser
from hypothesis import given, settings
from lxml import etree

from feedserver.formats import atom, rss
from feedserver.text.html import sanitise
from tests.conftest import examples
from tests.feedserver.examples import HOSTILE, channel, hostile_texts, post

pytestmark = pytest.mark.dependency

_ATOM = "{http://www.w3.org/2005/Atom}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


def parse_strictly(data: bytes, *tags: str) -> int:
    """Parse the text of all elements of these names; html5lib raises at the first error."""
    elements = list(etree.fromstring(data).iter(*tags))
    for element in elements:
        HTMLParser(strict=True).parseFragment(element.text or "")
    return len(elements)


def check_strictly(title: str, summary: str, content: str) -> None:
    html = sanitise(content, "https://example.org/blog/1/")
    made = channel(post(title, summary=summary, content=html or None), title=title)
    tags = (f"{_ATOM}title", f"{_ATOM}subtitle", f"{_ATOM}summary", f"{_ATOM}content")
    assert parse_strictly(atom.serialise(made), *tags) == 4 + bool(html.strip())
    items = parse_strictly(rss.serialise(made), "description", _CONTENT)
    assert items == 2 + bool(html.strip())


def test_hostile_texts() -> None:
    for text in HOSTILE:
        check_strictly(text, text, text)


@settings(max_examples=examples(50))
@given(hostile_texts, hostile_texts, hostile_texts)
def test_any_text(title: str, summary: str, content: str) -> None:
    check_strictly(title, summary, content)
