from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedserver.errors import ArchiveError
from feedserver.formats import archive
from feedserver.model import Archive, Feed, Site
from tests.conftest import examples
from tests.feedserver.examples import SITE, assert_golden, entries, golden_channel, texts

FULL = Archive(
    site=SITE,
    taxonomies=("author", "category"),
    feed_limit=20,
    feeds=(
        Feed("/", "Everything", "All posts", "posts", "/blog/"),
        Feed(
            "/section/clients/",
            "Clients",
            "The section Clients",
            "section",
            "/section/clients/",
            {"section": ("clients",)},
        ),
    ),
    redirects={"/blog/feed/": "/atom.xml", "/old.xml": "/rss.xml"},
    entries=golden_channel("full", "archive.json").entries,
)
EMPTY = Archive(Site("Small", "https://small.example/", ""), (), 0, (), {}, ())

_segments = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,5}", fullmatch=True)
_folders = st.lists(_segments, max_size=3).map(
    lambda parts: "".join(["/", *(f"{p}/" for p in parts)])
)
_queries = st.dictionaries(texts, st.lists(texts, min_size=1, max_size=2).map(tuple), max_size=2)
archives = st.builds(
    Archive,
    site=st.builds(Site, texts, st.just("https://example.org/blog/"), st.text(), st.none() | texts),
    taxonomies=st.lists(texts, max_size=3).map(tuple),
    feed_limit=st.integers(0, 1000),
    feeds=st.lists(
        st.builds(
            Feed,
            _folders,
            texts,
            st.text(),
            st.sampled_from(["posts", "updates", "term", "section", "project", "named"]),
            _folders,
            _queries,
        ),
        max_size=2,
    ).map(tuple),
    redirects=st.dictionaries(_folders, _folders, max_size=2),
    entries=st.lists(entries, max_size=2).map(tuple),
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def members() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(archive.serialise(FULL))
    return document


@pytest.mark.parametrize(("name", "made"), [("full", FULL), ("empty", EMPTY)])
def test_golden(name: str, made: Archive, tmp_path: Path) -> None:
    assert_golden(archive.serialise(made), f"{name}.archive.json", tmp_path)


@settings(max_examples=examples(100))
@given(archives)
def test_every_archive_comes_back(made: Archive) -> None:
    data = archive.serialise(made)
    assert archive.parse(data) == made
    assert archive.serialise(archive.parse(data)) == data


@settings(max_examples=examples(100))
@given(archives, st.sampled_from([None, 1, "\t"]))
def test_every_archive_is_read_from_its_file(
    tmp_path_factory: pytest.TempPathFactory, made: Archive, indent: int | str | None
) -> None:
    path = tmp_path_factory.getbasetemp() / "read.json"
    data = archive.serialise(made)
    path.write_bytes(
        data if indent is None else json.dumps(json.loads(data), indent=indent).encode()
    )
    assert archive.serialise(archive.parse_packed(path.read_bytes())) == data


@settings(max_examples=examples(200))
@given(st.binary() | _json.map(lambda value: json.dumps(value).encode()))
def test_a_file_of_anything_else_is_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "other.json"
    path.write_bytes(data)
    with pytest.raises(ArchiveError):
        archive.parse_packed(path.read_bytes())


@settings(max_examples=examples(100))
@given(st.binary() | _json.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ArchiveError):
        archive.parse(data)


@settings(max_examples=examples(200))
@given(st.data())
def test_an_archive_with_anything_in_it_is_read_or_refused(data: st.DataObject) -> None:
    document = members()
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not place[key] or not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(_json)
            break
        place = place[key]
    try:
        archive.serialise(archive.parse(json.dumps(document).encode()))
    except ArchiveError as error:
        assert re.search("not JSON|: (expected|invalid|object missing) |out of range", str(error))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda d: d.update(version="2"),
            'version: expected a version of JSON Feed, found "2"',
        ),
        (lambda d: d.pop("_twim"), "the document: object missing required field `_twim`"),
        (lambda d: d["_twim"].update(version=2), "_twim.version: invalid enum value 2"),
        (lambda d: d.pop("items"), "the document: object missing required field `items`"),
        (lambda d: d["items"].append(7), "items[3]: expected `object`, got `int`"),
        (
            lambda d: d["items"][2].update(date_published=7),
            "items[2].date_published: expected `datetime`, got `int`",
        ),
        (
            lambda d: d["_twim"]["site"].update(url="https://example.org"),
            "_twim.site.url: expected an absolute address that ends in a slash, found"
            ' "https://example.org"',
        ),
        (
            lambda d: d["_twim"]["feeds"][1].update(kind="all"),
            "_twim.feeds[1].kind: invalid enum value 'all'",
        ),
        (
            lambda d: d["_twim"]["feeds"][1]["query"].update(section="clients"),
            "_twim.feeds[1].query[...]: expected `array`, got `str`",
        ),
        (
            lambda d: d["_twim"].update(redirects={"/a": "https://example.org/"}),
            "_twim.redirects: expected two paths, found '/a': 'https://example.org/'",
        ),
    ],
)
def test_a_wrong_member_is_named(change: Callable[[dict[str, Any]], object], message: str) -> None:
    document = members()
    change(document)
    with pytest.raises(ArchiveError) as raised:
        archive.parse(json.dumps(document).encode())
    assert str(raised.value) == message


@pytest.mark.parametrize(
    "path",
    [
        "a/",
        "/a",
        "//",
        "/../",
        "/./",
        "/a/../b/",
        "/a\\b/",
        "/C:/",
        "/a b/",
        "/a\x00/",
        "/?/",
        "/#/",
    ],
)
def test_a_feed_is_written_nowhere_but_below_the_site(path: str) -> None:
    for name in ("path", "page"):
        document = members()
        document["_twim"]["feeds"][0][name] = path
        with pytest.raises(ArchiveError, match=name):
            archive.parse(json.dumps(document).encode())


@pytest.mark.parametrize("path", ["a", "//a", "/..", "/../a", "/a/..", "/a\\b", "/a\nb", "/C:"])
def test_a_redirect_stays_below_the_site(path: str) -> None:
    for redirects in ({path: "/atom.xml"}, {"/old": path}):
        document = members()
        document["_twim"]["redirects"] = redirects
        with pytest.raises(ArchiveError, match="redirects"):
            archive.parse(json.dumps(document).encode())


def test_unknown_members_are_ignored() -> None:
    document = members()
    document["hubs"] = None
    document["_twim"]["new"] = {"a": [1.5]}
    document["_twim"]["feeds"][0]["new"] = 1
    assert archive.parse(json.dumps(document).encode()) == FULL
