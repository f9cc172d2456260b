from __future__ import annotations

import json

import pytest
from lxml import etree

from feedserver.errors import CatalogueError
from feedserver.feeds import catalogue
from feedserver.feeds.catalogue import NamedFeed
from feedserver.feeds.index import Index
from tests.samples import SITE, archive, post, update


def _site() -> Index:
    issue = post("week", tags=["This Week", "news"], authors=["Ada B"], sections=["clients"])
    newer = post("plain", days=1, tags=["News"], terms={"series": ("One",)}, authors=[])
    entries = [newer, issue, update(issue, 0), update(issue, 1, project="fractal")]
    feeds = catalogue.feeds(
        entries,
        SITE,
        taxonomies=("author", "category", "series"),
        named=[NamedFeed("plain", "No issues", query={"not_category": ("this-week",)})],
    )
    return Index(archive(entries, feeds))


def test_a_site_has_a_feed_of_everything() -> None:
    feeds = {feed.path: feed for feed in _site().archive.feeds}
    assert list(feeds) == [
        "/",
        "/updates/",
        "/plain/",
        "/section/clients/",
        "/project/fractal/",
        "/author/ada-b/",
        "/category/news/",
        "/category/this-week/",
        "/series/one/",
    ]
    section = feeds["/section/clients/"]
    assert (section.title, section.kind, section.page) == (
        "Clients, Letters",
        "section",
        "/section/clients/",
    )
    assert section.query == {"section": ("clients",)}
    assert feeds["/category/news/"].title == "News, Letters"
    assert feeds["/"].page == "/blog/"


def test_the_newest_heading_names_a_section() -> None:
    old, new = post("old"), post("new", days=7)
    entries = [old, new, update(old, 0, section="clients"), update(new, 0, section="clients")]
    assert entries[3].update is not None and entries[3].update.section is not None
    object.__setattr__(entries[3].update.section, "title", "Department of All Clients 📱")
    feeds = {feed.path: feed for feed in catalogue.feeds(entries, SITE)}
    assert feeds["/section/clients/"].title == "All Clients, Letters"


@pytest.mark.parametrize("name", sorted(catalogue.RESERVED))
def test_reserved_names_are_refused(name: str) -> None:
    with pytest.raises(CatalogueError, match=name):
        catalogue.feeds([], SITE, taxonomies=[name])
    with pytest.raises(CatalogueError, match=name):
        catalogue.feeds([], SITE, named=[NamedFeed(name, "x")])


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(CatalogueError, match="'author'"):
        catalogue.feeds([], SITE, taxonomies=["author"], named=[NamedFeed("author", "x")])


def test_the_catalogue_for_programs() -> None:
    document = json.loads(catalogue.to_json(_site(), "https://feeds.example/"))
    assert document["version"] == 1
    feed = next(feed for feed in document["feeds"] if feed["path"] == "/section/clients/")
    assert feed == {
        "path": "/section/clients/",
        "title": "Clients, Letters",
        "description": "The section Clients of Letters",
        "kind": "section",
        "page": "https://letters.example/section/clients/",
        "count": 2,
        "updated": "2026-03-13T16:33:37+00:00",
        "formats": {
            "atom": "https://feeds.example/section/clients/atom.xml",
            "rss": "https://feeds.example/section/clients/rss.xml",
            "json": "https://feeds.example/section/clients/feed.json",
        },
    }


def test_the_catalogue_for_feed_readers() -> None:
    tree = etree.fromstring(catalogue.to_opml(_site(), "https://feeds.example/"))
    groups = tree.findall("body/outline")
    assert [group.get("text") for group in groups] == [
        "Posts",
        "Updates",
        "Selections",
        "Sections",
        "Projects",
        "Terms",
    ]
    outline = groups[3][0]
    assert outline.get("xmlUrl") == "https://feeds.example/section/clients/atom.xml"
    assert outline.get("htmlUrl") == "https://letters.example/section/clients/"


def test_the_smallest_spelling_names_a_term() -> None:
    assert catalogue.term_names([("GSoC", "B"), ("GSOC",), ()]) == {"b": "B", "gsoc": "GSOC"}


def test_a_term_of_signs_alone_has_no_feed() -> None:
    feeds = catalogue.feeds([post("week", tags=["]]>", "News"], authors=["<->"])], SITE)
    assert [feed.path for feed in feeds] == ["/", "/updates/", "/category/news/"]
