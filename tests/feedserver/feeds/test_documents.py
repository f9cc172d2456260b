from __future__ import annotations

import json
from dataclasses import replace

import pytest

from feedserver.feeds import documents
from feedserver.feeds.index import Index
from feedserver.formats.formats import FORMATS
from feedserver.model import Feed
from tests.samples import archive, post

FEED = Feed("/section/x/", "X", "About X", "posts", "/blog/")


def _render(sizes: list[int], file: str = "feed.json", limit: int = 0) -> bytes:
    entries = [
        replace(post(f"p{n}", days=-n), content=f"<p>{'é' * size}</p>")
        for n, size in enumerate(sizes)
    ]
    index = Index(archive(entries, [FEED], feed_limit=limit))
    return documents.render(index, FEED, file, "https://feeds.example/sub/")


def test_a_document_says_where_it_was_fetched_from() -> None:
    document = json.loads(_render([10]))
    assert document["feed_url"] == "https://feeds.example/sub/section/x/feed.json"
    assert document["home_page_url"] == "https://letters.example/blog/"
    assert document["title"] == "X"


def test_the_limit_of_the_site_counts() -> None:
    assert len(json.loads(_render([10] * 5, limit=3))["items"]) == 3
    assert len(json.loads(_render([10] * 5))["items"]) == 5


@pytest.mark.parametrize("file", FORMATS)
def test_no_document_is_above_the_limit_in_bytes(file: str) -> None:
    data = _render([900_000] * 4, file)
    assert len(data) <= documents.MAX_BYTES
    assert b"/blog/p0/" in data and b"/blog/p1/" in data
    assert b"/blog/p3/" not in data


def test_one_entry_that_is_too_large_loses_its_content_only() -> None:
    [item] = json.loads(_render([5_000_000, 10]))["items"]
    assert item["title"] == "P0"
    assert "content_html" not in item
