from __future__ import annotations

import json
from dataclasses import replace

import pytest

from feedserver.feeds import export
from feedserver.formats import archive as archives
from feedserver.model import Feed
from tests.samples import archive, post

BASE = "https://letters.example/"
ALL = Feed("/", "Letters", "All", "posts", "/blog/")
NEWS = Feed("/category/news/", "News", "News", "term", "/category/news/", {"category": ("news",)})
EMPTY = Feed("/author/bo/", "Bo", "Bo", "term", "/author/bo/", {"author": ("bo",)})


def _files(redirects: dict[str, str] | None = None) -> dict[str, bytes]:
    found = archive([post("one", tags=["News"])], [ALL, NEWS, EMPTY])
    return dict(export.files(replace(found, redirects=redirects or {}), BASE))


def test_every_feed_with_an_entry_is_written_and_the_archive_last() -> None:
    files = _files()
    assert list(files) == [
        "atom.xml",
        "rss.xml",
        "feed.json",
        "category/news/atom.xml",
        "category/news/rss.xml",
        "category/news/feed.json",
        "feeds.json",
        "feeds.opml",
        "archive.json",
    ]
    assert archives.parse(files["archive.json"]).feeds == (ALL, NEWS, EMPTY)
    assert len(json.loads(files["feeds.json"])["feeds"]) == 2


def test_an_old_feed_file_is_a_copy_and_a_folder_leads_on() -> None:
    files = _files({"/blog/rss.xml": "/rss.xml", "/blog/feed/": "/atom.xml", "/old": "/blog/x/"})
    assert files["blog/rss.xml"] == files["rss.xml"]
    page = files["blog/feed/index.html"].decode()
    assert '<link rel="canonical" href="https://letters.example/atom.xml">' in page
    assert 'url=https://letters.example/blog/x/"' in files["old/index.html"].decode()
    assert files["_redirects"] == (
        b"/blog/feed/ /atom.xml 301\n/blog/rss.xml /rss.xml 301\n/old /blog/x/ 301\n"
    )


@pytest.mark.parametrize(
    ("old", "file"),
    [
        ("/blog/feed/", "blog/feed/index.html"),
        ("/blog/feed", "blog/feed/index.html"),
        ("/blog/rss.xml", "blog/rss.xml"),
        ("/v1.0/", "v1.0/index.html"),
        ("/older.html", "older.html"),
        ("/gr%C3%BC%C3%9Fe%201/", "grüße 1/index.html"),
    ],
)
def test_the_file_of_an_old_address(old: str, file: str) -> None:
    assert export.redirect_file(old) == file


def test_a_redirect_page_is_safe() -> None:
    assert b"<script>" not in export.redirect_page('https://x.example/"><script>')
