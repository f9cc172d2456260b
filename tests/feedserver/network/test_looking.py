"""What stands behind an address, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from feedserver.errors import FetchError
from feedserver.network.looking import Looking, is_own
from feedserver.sources.fetching import Fetched, Validators

HOME = "https://news.example/"
FEED = "https://feeds.news.example/atom.xml"
ARCHIVE = "https://feeds.news.example/archive.json"


class Pages:
    """A fetcher that has these; what it was asked is in `asked`."""

    def __init__(self, pages: Mapping[str, str | bytes]) -> None:
        self.pages = dict(pages)
        self.asked: list[tuple[str, Validators]] = []

    def fetch(self, address: str, known: Validators) -> Fetched:
        self.asked.append((address, known))
        found = self.pages.get(address)
        if found is None:
            raise FetchError(f"{address}: it answers 404 Not Found")
        if isinstance(found, bytes):
            return Fetched(found, address, "application/octet-stream")
        return Fetched(found.encode(), address, "text/html; charset=utf-8")


def link(address: str, rel: str = "alternate", type: str = "application/atom+xml") -> str:
    return f'<!doctype html><head><LINK Rel="{rel}" type="{type}" href="{address}"></head>'


def found(pages: Mapping[str, str | bytes], address: str = HOME) -> str:
    return Looking(Pages(pages)).fetch(address, Validators()).address


def test_a_feed_is_what_it_is() -> None:
    assert found({FEED: b"<feed/>"}, FEED) == FEED


def test_the_archive_of_a_site_or_a_server_is_taken() -> None:
    pages: dict[str, str | bytes] = {
        HOME: link("/atom.xml"),
        f"{HOME}archive.json": b"{}",
        f"{HOME}atom.xml": b"<feed/>",
    }
    assert found(pages) == f"{HOME}archive.json"
    below: dict[str, str | bytes] = {
        f"{HOME}deep/index.html": "<html>",
        f"{HOME}deep/archive.json": b"{}",
    }
    assert found(below, f"{HOME}deep/index.html") == f"{HOME}deep/archive.json"


@pytest.mark.parametrize("feed", ["<?xml version='1.0'?><rss/>", '{"title": "<html>"}', "<feed/>"])
def test_a_feed_is_one_whatever_its_server_calls_it(feed: str) -> None:
    assert found({FEED: feed}, FEED) == FEED


def test_a_site_that_leads_on_has_its_archive_where_it_was_asked_for() -> None:
    class Leading(Pages):
        def fetch(self, address: str, known: Validators) -> Fetched:
            answer = super().fetch(address, known)
            there = f"{HOME}blog/" if address == HOME else address
            return Fetched(answer.body, there, answer.content_type)

    pages = Leading({HOME: "<html>", f"{HOME}archive.json": b"{}"})
    assert Looking(pages).fetch(HOME, Validators()).address == f"{HOME}archive.json"
    # That of a host isn't the archive of one of its many sites.
    with pytest.raises(FetchError):
        found({f"{HOME}~owl/": "<html>", f"{HOME}archive.json": b"{}"}, f"{HOME}~owl/")


@pytest.mark.parametrize(
    "page",
    [
        link("feed.json"),
        "<html><link type='application/feed+json' rel='home alternate' href=/feed.json>",
        f"<html><link rel=alternate type=application/feed+json href={HOME}feed.json>",
        "<html><link rel=alternate type=application/rss+xml href=rss.xml>"
        "<link rel=alternate type=application/atom+xml href=gone.xml>"
        "<link rel=alternate type=application/feed+json href=feed.json>",
    ],
)
def test_else_a_feed_that_a_page_names_json_before_atom_and_rss(page: str) -> None:
    assert found({HOME: page, f"{HOME}feed.json": b"{}", f"{HOME}rss.xml": b"<rss/>"}) == (
        f"{HOME}feed.json"
    )


@pytest.mark.parametrize(
    "page",
    [
        "<html>Nothing",
        link("javascript:alert(1)"),
        link("/atom.xml", rel="stylesheet"),
        f"<html><!-- {link('/atom.xml')} -->",
        f"<html><body>{link('/atom.xml')}",
        f"<html><script>'{link('/atom.xml')}'</script>",
        link(HOME),
    ],
)
def test_a_page_without_a_feed_is_no_peer(page: str) -> None:
    with pytest.raises(FetchError, match="has no feed, nor does it lead to one"):
        found({HOME: page, f"{HOME}atom.xml": b"<feed/>"})


def test_what_was_found_is_asked_for_until_it_is_gone() -> None:
    pages = Pages({HOME: link("/atom.xml"), f"{HOME}atom.xml": b"<feed/>"})
    looking = Looking(pages)
    looking.fetch(HOME, Validators('"old"'))
    # What is known is of the feed; the page isn't asked by it.
    assert {known for _, known in pages.asked} == {Validators()}
    pages.asked.clear()
    looking.fetch(HOME, Validators('"1"'))
    assert pages.asked == [(f"{HOME}atom.xml", Validators('"1"'))]
    del pages.pages[f"{HOME}atom.xml"]
    with pytest.raises(FetchError, match="404"):
        looking.fetch(HOME, Validators('"1"'))
    pages.pages = {HOME: link("/new.xml"), f"{HOME}new.xml": b"<feed/>"}
    assert looking.fetch(HOME, Validators()).address == f"{HOME}new.xml"


def test_a_site_says_which_feed_is_its_own() -> None:
    for page, address in (
        (link(FEED), FEED),
        # A site that has a server names what that has, and not the archive.
        (link(f"{ARCHIVE.removesuffix('archive.json')}oembed?url=x", type="text/x"), ARCHIVE),
        (link("https://feeds.news.example/section/clients/atom.xml"), ARCHIVE),
    ):
        assert is_own(HOME, address, Pages({HOME: page}))


def test_nobody_owns_a_site_that_does_not_say_so() -> None:
    for page in (
        "<html>",
        link("https://feeds.news.example/other.xml"),
        link("https://feeds.news.example.evil.example/atom.xml"),
        link(FEED, rel="stylesheet"),
        f"<html><!-- {link(FEED)} -->",
        f"<html><body><p>{link(FEED)}",
        f"&lt;html>{link(FEED).replace('<', '&lt;')}",
    ):
        assert not is_own(HOME, FEED, Pages({HOME: page}))
    assert not is_own(HOME, ARCHIVE, Pages({HOME: link("https://feeds.news.example.evil/x")}))


def test_a_site_that_is_elsewhere_says_nothing_of_this_host() -> None:
    class Redirecting(Pages):
        def fetch(self, address: str, known: Validators) -> Fetched:
            found = super().fetch(address, known)
            return Fetched(found.body, "https://evil.example/", found.content_type)

    assert not is_own(HOME, FEED, Redirecting({HOME: link(FEED)}))


@pytest.mark.parametrize(
    "page", ["<script>" * 50_000, "<!--" * 80_000, "<link " * 60_000, "<link a='" + "a='" * 80_000]
)
def test_a_hostile_page_takes_no_time(page: str) -> None:
    assert not is_own(HOME, FEED, Pages({HOME: f"<html>{page}"}))
