"""Names whose signs are words of their slugs, and what becomes of the slugs without."""

from __future__ import annotations

from feedserver.feeds import catalogue
from feedserver.feeds.index import Index
from feedserver.feeds.parameters import parse
from feedserver.feeds.terms import former_slugs, joined, names_of
from feedserver.model import Entry
from tests.samples import SITE, archive, post

PLUS, SHARP = post("plus", tags=["C++"]), post("sharp", days=1, tags=["C#"])


def _with(*entries: Entry) -> Index:
    feeds = catalogue.feeds(entries, SITE)
    return Index(archive(entries, feeds))


def _filtered(index: Index, query: str) -> list[str]:
    feed = index.feed_at("/")
    assert feed
    name, _, value = query.partition("=")
    return [entry.title for entry in index.page(feed, parse([(name, value)])).entries]


def test_terms_that_differ_in_signs_are_told_apart() -> None:
    index = _with(PLUS, SHARP, post("c", days=2, tags=["C", "c "]))
    paths = [feed.path for feed in index.feeds if feed.path.startswith("/category/")]
    assert paths == ["/category/c/", "/category/c-plus-plus/", "/category/c-sharp/"]
    assert _filtered(index, "category=c") == ["C"]
    assert _filtered(index, "category=c-sharp") == ["Sharp"]
    assert _filtered(index, "not_category=c") == ["Sharp", "Plus"]
    assert former_slugs(names_of(index.archive.entries, SITE)) == {}


def test_a_slug_that_nothing_else_has_leads_on() -> None:
    index = _with(PLUS)
    assert _filtered(index, "category=c") == ["Plus"]
    found = catalogue.former(names_of([PLUS], SITE), index.feeds)
    assert found == {
        f"/category/c/{file}": f"/category/c-plus-plus/{file}"
        for file in ("", "atom.xml", "rss.xml", "feed.json")
    }


def test_a_slug_of_several_leads_to_the_first_and_filters_take_all() -> None:
    index = _with(PLUS, SHARP)
    assert _filtered(index, "category=c") == ["Sharp", "Plus"]
    found = catalogue.former(names_of([PLUS, SHARP], SITE), index.feeds)
    assert found["/category/c/"] == "/category/c-plus-plus/"


def test_names_of_one_slug_are_told_if_more_than_case_differs() -> None:
    names = {
        "category": [("cafe", "Café"), ("cafe", "Cafe"), ("news", "News"), ("news", "NEWS")],
        "author": [("zoe", "Zo\u00eb"), ("zoe", "Zoe\u0308")],
        "project": [
            ("heron-web", "Heron Web 1.0"),
            ("heron-web", "Heron-Web 2.0"),
            ("pike", "Pike 🐟"),
            ("pike", "pike updates"),
        ],
        "section": [("matrix-live", "Matrix Live S1"), ("matrix-live", "Matrix Live S2")],
    }
    assert list(joined(names)) == [
        "the category 'Cafe' is 'Café' too: they have one slug, cafe",
        "the project 'Heron Web' is 'Heron-Web' too: they have one slug, heron-web",
    ]
