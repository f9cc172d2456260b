from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from feedserver.errors import ArchiveError
from feedserver.formats import jsonfeed
from feedserver.model import Entry, Image, Person
from tests.feedserver.examples import (
    HOSTILE,
    SITE,
    assert_golden,
    channel,
    entries,
    golden_channel,
    post,
    read_by_reader,
)

UPDATE = golden_channel("full", "feed.json").entries[1]


def everything(value: object) -> list[object]:
    """A value and all that is in it."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *(found for part in inner for found in everything(part))]


@pytest.mark.parametrize("name", ["full", "minimal", "hostile"])
def test_golden(name: str, tmp_path: Path) -> None:
    data = jsonfeed.serialise(golden_channel(name, "feed.json"))
    assert_golden(data, f"{name}.feed.json", tmp_path)


@pytest.mark.parametrize("name", ["full", "minimal", "hostile"])
def test_nothing_is_null_or_empty(name: str) -> None:
    document = json.loads(jsonfeed.serialise(golden_channel(name, "feed.json")))
    for value in everything(document):
        assert value is not None and value != [] and value != {}


def test_the_head_of_the_feed() -> None:
    document = json.loads(jsonfeed.serialise(channel(post(), file="feed.json")))
    del document["items"]
    assert document == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Posts",
        "home_page_url": "https://example.org/blog/",
        "feed_url": "https://example.org/feed.json",
        "description": "All posts",
        "language": "en-GB",
        "authors": [{"name": "Example & Sons", "url": "https://example.org/"}],
    }


def test_what_a_site_does_not_say_is_left_out() -> None:
    made = replace(channel(post()), site=replace(SITE, language=None), description="")
    document = json.loads(jsonfeed.serialise(made))
    assert document.keys().isdisjoint({"language", "description"})


def test_an_item_a_line() -> None:
    lines = jsonfeed.serialise(channel(post(), post(number=2))).decode().splitlines()
    assert [json.loads(line.rstrip(","))["url"] for line in lines[1:-1]] == [
        "https://example.org/blog/1/",
        "https://example.org/blog/2/",
    ]


def test_without_content_the_summary_is_the_text() -> None:
    item = jsonfeed.item(post(content=None, summary="Vec<T>"))
    assert item["content_text"] == "Vec<T>"
    assert "content_html" not in item


def test_text_that_is_not_unicode_does_not_stop_the_feed() -> None:
    document = json.loads(jsonfeed.serialise(channel(post("a\ud800b"))))
    assert document["items"][0]["title"] == "a?b"


def test_reader_reads_back_what_went_in(tmp_path: Path) -> None:
    posts = [post(title, summary=title, number=n) for n, title in enumerate(HOSTILE, 1)]
    (tmp_path / "feed.json").write_bytes(jsonfeed.serialise(channel(*posts, file="feed.json")))
    read = read_by_reader(tmp_path / "feed.json")
    assert read.keys() == {entry.id for entry in posts}
    for entry in posts:
        assert read[entry.id].title == entry.title
        assert read[entry.id].summary == entry.summary
        assert read[entry.id].published == entry.published
        assert [content.value for content in read[entry.id].content] == [entry.content]


@settings(max_examples=150, deadline=None)
@given(entries)
def test_every_entry_comes_back(entry: Entry) -> None:
    read = jsonfeed.entry(json.loads(json.dumps(jsonfeed.item(entry))))
    assert read == entry
    assert (read.published.utcoffset(), read.modified.utcoffset()) == (
        entry.published.utcoffset(),
        entry.modified.utcoffset(),
    )


@pytest.mark.parametrize(
    "image",
    [
        Image("https://example.org/a.png"),
        Image("https://example.org/a.png", "image/png"),
        Image("https://example.org/a.png", None, 0),
        Image("https://example.org/a.png", "image/png", 7),
    ],
)
def test_a_picture_comes_back(image: Image) -> None:
    assert jsonfeed.entry(jsonfeed.item(post(image=image))).image == image


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    item: dict[str, Any] = json.loads(json.dumps(jsonfeed.item(UPDATE)))
    change(item)
    return item


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda i: i.pop("id"), "items[3].id: expected text, found nothing"),
        (lambda i: i.update(id=""), 'items[3].id: expected text, found ""'),
        (
            lambda i: i.update(date_published=7),
            "items[3].date_published: expected an RFC 3339 date, found 7",
        ),
        (
            lambda i: i.update(url="javascript:alert(1)"),
            'items[3].url: expected an absolute address, found "javascript:alert(1)"',
        ),
        (lambda i: i.pop("_twim"), "items[3]._twim: expected an object, found nothing"),
        (
            lambda i: i["_twim"].update(kind="page"),
            'items[3]._twim.kind: expected "post" or "update", found "page"',
        ),
        (
            lambda i: i.update(authors=[]),
            "items[3].authors: expected at least one author, found a list",
        ),
        (
            lambda i: i["authors"][0].update(url=None),
            "items[3].authors[0].url: expected text, found null",
        ),
        (
            lambda i: [i["_twim"].pop("section"), i["_twim"].pop("project")],
            "items[3]._twim.section: expected a section or a project, found nothing",
        ),
        (
            lambda i: i["_twim"].update(position=10**9),
            "items[3]._twim.position: expected a whole number from 0 to 99999, found 1000000000",
        ),
        (
            lambda i: i["_twim"]["reporters"].append("Ann"),
            'items[3]._twim.reporters[1]: expected an object, found "Ann"',
        ),
        (
            lambda i: i["_twim"].update(terms={"series": "2020"}),
            'items[3]._twim.terms.series: expected a list, found "2020"',
        ),
        (
            lambda i: i["_twim"]["image"].update(length=-1),
            "items[3]._twim.image.length: expected a whole number from 0 to"
            " 9223372036854775807, found -1",
        ),
    ],
)
def test_a_wrong_member_is_named(change: Callable[[dict[str, Any]], object], message: str) -> None:
    with pytest.raises(ArchiveError) as raised:
        jsonfeed.entry(changed(change), "items[3]")
    assert str(raised.value) == message


def test_unknown_members_are_ignored() -> None:
    item = changed(lambda i: [i.update(_other=None, banner_image=7), i["_twim"].update(x=[[]])])
    assert jsonfeed.entry(item) == UPDATE


def test_a_person_may_have_any_address_that_is_no_script() -> None:
    people = (Person("Ann", "mailto:ann@example.org"), Person("", "matrix:u/ann:example.org"))
    assert jsonfeed.entry(jsonfeed.item(post(authors=people))).authors == people
