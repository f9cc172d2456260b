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
from tests.conftest import examples
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


@settings(max_examples=examples(150))
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
        (lambda i: i.pop("id"), "items[3]: object missing required field `id`"),
        (lambda i: i.update(id=""), "items[3].id: expected `str` of length >= 1"),
        (
            lambda i: i.update(date_published=7),
            "items[3].date_published: expected `datetime`, got `int`",
        ),
        (
            lambda i: i.update(url="javascript:alert(1)"),
            'items[3].url: expected an absolute address, found "javascript:alert(1)"',
        ),
        (lambda i: i.pop("_twim"), "items[3]: object missing required field `_twim`"),
        (
            lambda i: i["_twim"].update(kind="page"),
            "items[3]._twim.kind: invalid value 'page'",
        ),
        (
            lambda i: i.update(authors=[]),
            "items[3].authors: expected `array` of length >= 1",
        ),
        (
            lambda i: i["authors"][0].update(url=None),
            "items[3].authors[0].url: expected an absolute address, found null",
        ),
        (
            lambda i: [i["_twim"].pop("section"), i["_twim"].pop("project")],
            "items[3]._twim: expected a section or a project, found neither",
        ),
        (
            lambda i: i["_twim"].update(position=10**9),
            "items[3]._twim.position: expected `int` <= 99999",
        ),
        (
            lambda i: i["_twim"]["reporters"].append("Ann"),
            "items[3]._twim.reporters[1]: expected `object`, got `str`",
        ),
        (
            lambda i: i["_twim"].update(terms={"series": "2020"}),
            "items[3]._twim.terms[...]: expected `array`, got `str`",
        ),
        (
            lambda i: i["_twim"]["image"].update(length=-1),
            "items[3]._twim.image.length: expected `int` >= 0",
        ),
    ],
)
def test_a_wrong_member_is_named(change: Callable[[dict[str, Any]], object], message: str) -> None:
    with pytest.raises(ArchiveError) as raised:
        jsonfeed.entry(changed(change), "items[3]")
    assert str(raised.value) == message


@pytest.mark.parametrize("value", [None, 7, [], {}, ""])
def test_an_optional_text_is_never_null_or_empty(value: object) -> None:
    for path in ("content_html", "_twim.image.type", "_twim.reporters.0.id"):
        item: Any = changed(lambda i: i["_twim"].update(image={}))
        *parents, name = path.split(".")
        place = item
        for parent in parents:
            place = place[int(parent) if parent.isdigit() else parent]
        place[name] = value
        with pytest.raises(ArchiveError, match=rf"{name}: expected `str`"):
            jsonfeed.entry(item)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2020-02-29T01:02:03Z", "2020-02-29T01:02:03+00:00"),
        ("2020-02-29t01:02:03.999z", "2020-02-29T01:02:03+00:00"),
        ("2020-02-29 01:02:03-03:30", "2020-02-29T01:02:03-03:30"),
    ],
)
def test_dates_of_rfc_3339_are_read(text: str, date: str) -> None:
    found = jsonfeed.entry(changed(lambda i: i.update(date_published=text)))
    assert found.published.isoformat() == date


@pytest.mark.parametrize(
    "value",
    [
        7,
        "",
        "20200229",
        "2020-02-29",
        "2020-02-29T01:02:03",
        "2020-02-29T25:02:03Z",
        "2020-02-29T01:02:03+99:00",
        "2021-02-29T01:02:03Z",
        "0001-01-01T00:00:00Z",
        "٢٠٢٠-02-29T01:02:03Z",
    ],
)
def test_other_dates_are_refused(value: object) -> None:
    for name in ("date_published", "date_modified"):
        item = changed(lambda i: None)
        item[name] = value
        with pytest.raises(ArchiveError, match="date"):
            jsonfeed.entry(item)


@pytest.mark.parametrize("value", [-1, 100_000, 1.0, True, "1", None, float("inf"), 10**30])
def test_numbers_are_whole_and_in_bounds(value: object) -> None:
    with pytest.raises(ArchiveError, match=r"^_twim\.position: (expected `int`|integer value out)"):
        jsonfeed.entry(changed(lambda i: i["_twim"].update(position=value)))


def test_unknown_members_are_ignored() -> None:
    item = changed(lambda i: [i.update(_other=None, banner_image=7), i["_twim"].update(x=[[]])])
    assert jsonfeed.entry(item) == UPDATE


def test_a_person_may_have_any_address_that_is_no_script() -> None:
    people = (Person("Ann", "mailto:ann@example.org"), Person("", "matrix:u/ann:example.org"))
    assert jsonfeed.entry(jsonfeed.item(post(authors=people))).authors == people
