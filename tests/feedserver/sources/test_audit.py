"""What `feedserver check` says of a feed: one line for one cause, whoever finds it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedserver.settings.settings import Settings
from feedserver.sources.audit import audit
from feedserver.sources.fetching import WebFetcher
from feedserver.sources.source import Source

NOW = datetime(2026, 7, 1, tzinfo=UTC)
ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Tides</title><id>https://tides.example/</id>
<link href="https://tides.example/"/><link rel="self" href="https://tides.example/atom.xml"/>
<updated>2026-03-03T08:00:00Z</updated><author><name>Ada</name></author>{}</feed>"""
ENTRY = """<entry><title>{0}</title><id>urn:tides:1</id><updated>2026-03-03T08:00:0{1}Z</updated>
<link href="https://tides.example/{0}/"/><content>Text.</content></entry>"""
RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Tides</title>
<link>https://tides.example/</link><description>All tides</description>
<atom:link rel="self" href="https://tides.example/rss.xml"/>{}</channel></rss>"""
ITEM = """<item><title>{0}</title><link>https://tides.example/{0}/</link>
<description>&lt;p>High.&lt;/p>&lt;p>Low.&lt;/p></description>
<guid isPermaLink="false">urn:tides:1</guid>
<pubDate>Tue, 03 Mar 2026 08:00:00 GMT</pubDate></item>"""
RSS_1 = """<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns="http://purl.org/rss/1.0/">
<channel rdf:about="https://tides.example/rss"><title>Tides</title>
<link>https://tides.example/</link><description>All tides</description>
<items><rdf:Seq><rdf:li rdf:resource="https://tides.example/ebb/"/></rdf:Seq></items></channel>
<item rdf:about="https://tides.example/ebb/"><title>ebb</title>
<link>https://tides.example/ebb/</link><dc:date>2026-03-03T08:00:00Z</dc:date>
<description>&lt;p>High.&lt;/p>&lt;p>Low.&lt;/p></description></item></rdf:RDF>"""
ATOM_03 = """<?xml version="1.0" encoding="utf-8"?>
<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Tides</title>
<link rel="alternate" type="text/html" href="https://tides.example/"/>
<modified>2026-03-03T08:00:00Z</modified><author><name>Ada</name></author><entry>
<title>ebb</title><link rel="alternate" type="text/html" href="https://tides.example/ebb/"/>
<id>urn:tides:1</id><issued>2026-03-03T08:00:00Z</issued><modified>2026-03-03T08:00:00Z</modified>
<content type="text/html" mode="escaped">&lt;p>High.&lt;/p>&lt;p>Low.&lt;/p></content>
</entry></feed>"""
PIECE = {
    "id": "urn:tides:1",
    "url": "https://tides.example/ebb/",
    "content_html": "<p>Low.</p>",
    "date_published": "2026-03-03T08:00:00Z",
}


def feed(*items: Any, **head: Any) -> str:
    known = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Tides",
        "home_page_url": "https://tides.example/",
        "feed_url": "https://tides.example/feed.json",
    }
    return json.dumps({**known, **head, "items": items})


def told(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "feed"
    path.write_text(text, "utf-8")
    source = Source("feed", "file", Settings(), path=path)
    return [str(each) for _, found in audit(source, WebFetcher(Settings()), NOW) for each in found]


@pytest.mark.parametrize(
    "text",
    [
        ATOM.format(ENTRY.format("ebb", 1) + ENTRY.format("flood", 2)),
        RSS.format(ITEM.format("ebb") + ITEM.format("flood")),
        feed(PIECE, {**PIECE, "url": "https://tides.example/flood/"}),
    ],
)
def test_an_id_of_two_entries_is_told_once(tmp_path: Path, text: str) -> None:
    line = "urn:tides:1: is the id of 2 entries: address, date and title tell them apart (id)"
    assert told(tmp_path, text) == [line]


@pytest.mark.parametrize("date", ["lun., 2 novembre 2026", "Mon, 30 Feb 2026 08:00:00 GMT", ""])
def test_a_date_that_is_none_is_told_once(tmp_path: Path, date: str) -> None:
    """With what becomes of the entry."""
    text = RSS.format(ITEM.format("ebb").replace("Tue, 03 Mar 2026 08:00:00 GMT", date))
    [line] = told(tmp_path, text)
    assert line == " ".join(
        f"urn:tides:1: pubDate is no date of RSS, and the entry is left out: {date} (date)".split()
    )


@pytest.mark.parametrize("guid", ['<guid isPermaLink="false">urn:ebb</guid>', ""])
def test_a_date_in_the_future_is_told_once(tmp_path: Path, guid: str) -> None:
    item = f"""<item><title>ebb</title><link>https://tides.example/ebb/</link>{guid}
<description>Low.</description><pubDate>Tue, 27 Jun 2062 13:00:00 GMT</pubDate></item>"""
    [date] = [each for each in told(tmp_path, RSS.format(item)) if "future" in each]
    assert date.endswith("a date in the future: 2062-06-27T13:00:00+00:00 (unlikely-date)")


def test_who_is_left_out_for_its_date_is_told_apart_from_who_is_not(tmp_path: Path) -> None:
    """The command has a line for each cause, with the first entry of it."""
    late = ITEM.format("ebb").replace("08:00:00 GMT", "08:00:00 +02:00")
    none = ITEM.format("low").replace("08:00:00 GMT", "08:00:00 IST").replace("tides:1", "tides:2")
    path = tmp_path / "feed"
    path.write_text(RSS.format(late + none), "utf-8")
    source = Source("feed", "file", Settings(), path=path)
    [(_, found)] = audit(source, WebFetcher(Settings()), NOW)
    assert len({each.cause for each in found}) == len(found) == 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            feed({**PIECE, "date_published": "2026-02-30T08:00:00Z"}),
            "urn:tides:1: date_published is no RFC 3339 date, and the entry is left out: "
            "2026-02-30T08:00:00Z (date)",
        ),
        (
            feed({each: PIECE[each] for each in PIECE if each != "date_published"}),
            "urn:tides:1: has no date that can be read, and is left out (source)",
        ),
        (feed().replace(', "items": []', ""), "feed: has no items (document)"),
        (feed().replace("[]", '"x"'), "feed: items is not a list (document)"),
        (feed().replace("[]", "null"), "feed: items is null (null)"),
        *(
            (text, "feed: is no JSON Feed, Atom or RSS: it is JSON, and no object (document)")
            for text in ("null", '"x"', "[]", " 7")
        ),
    ],
)
def test_what_no_entry_can_be_made_of_is_told_once(tmp_path: Path, text: str, line: str) -> None:
    assert told(tmp_path, text) == [line]


def test_a_long_id_of_two_entries_is_told_once(tmp_path: Path) -> None:
    text = RSS.format(ITEM.format("ebb") + ITEM.format("flood")).replace("tides:1", "tides:" * 50)
    assert len(told(tmp_path, text)) == 1


@pytest.mark.parametrize("text", [RSS.format(ITEM.format("ebb") * 2), feed(PIECE, PIECE)])
def test_what_stands_there_twice_is_told_once(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, text) == ["urn:tides:1: stands twice in the feed, and counts once (id)"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (ATOM.format(ENTRY.format("ebb", 1) + "<entry/>"), "entry 2"),
        (RSS.format(ITEM.format("ebb") + "<item/>"), "item 2"),
        (RSS.format(ITEM.format("ebb") + "<item><title/><guid> </guid></item>"), "item 2"),
        (feed(PIECE, {}), "item 2"),
        (feed(PIECE, {"title": "", "tags": []}), "item 2"),
    ],
)
def test_an_empty_entry_is_told_once(tmp_path: Path, text: str, where: str) -> None:
    assert told(tmp_path, text) == [f"{where}: is empty, and is left out (source)"]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (feed(PIECE, None), "items[1]"),
        (feed({**PIECE, "id": None}), "items[0].id"),
        (feed({**PIECE, "content_html": None, "summary": "Low."}), "items[0].content_html"),
        (feed({**PIECE, "tags": [None]}), "items[0].tags[0]"),
        (feed({**PIECE, "authors": [None]}), "items[0].authors[0]"),
        (feed({**PIECE, "authors": [{"name": None}]}), "items[0].authors[0].name"),
        (feed({**PIECE, "attachments": [None]}), "items[0].attachments[0]"),
        (feed(PIECE, title=None), "title"),
        (feed(PIECE, feed_url=None), "feed_url"),
    ],
)
def test_what_is_null_is_told_once(tmp_path: Path, text: str, where: str) -> None:
    found = [line for line in told(tmp_path, text) if "only summaries" not in line]
    assert found == [f"feed: {where} is null (null)"]


def test_entries_behind_one_that_is_null_are_called_by_their_place(tmp_path: Path) -> None:
    bare = {name: value for name, value in PIECE.items() if name not in ("id", "date_published")}
    assert told(tmp_path, feed(None, bare))[1:] == [
        "item 2: has no id that is a text (json-feed)",
        "item 2: has no date that can be read, and is left out (source)",
    ]


@pytest.mark.parametrize("text", [RSS_1, ATOM_03])
def test_a_feed_of_a_former_version_is_a_feed(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, text) == []
    undated = text.replace("2026-03-03T08:00:00Z", "once")
    [line] = told(tmp_path, undated)
    assert line.endswith("has no date that can be read, and is left out (source)")


def test_rdf_that_is_no_feed_is_none(tmp_path: Path) -> None:
    text = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>'
    assert told(tmp_path, text) == ["feed: it is no JSON Feed, Atom or RSS (source)"]


def test_what_is_read_is_not_said_to_be_no_feed(tmp_path: Path) -> None:
    text = ATOM.format(ENTRY.format("ebb", 1)).replace(' xmlns="http://www.w3.org/2005/Atom"', "")
    assert told(tmp_path, text)[0] == (
        "feed: is read, but how it is written is not looked at: its root is <feed> (document)"
    )


@pytest.mark.parametrize(
    "text", [RSS.format(ITEM.format("ebb")), ATOM.format(ENTRY.format("ebb", 1))]
)
def test_broken_xml_is_told_once_with_its_place_in_the_file(tmp_path: Path, text: str) -> None:
    start = "feed: is no well-formed XML, and is read as far as it goes: "
    with_entity = text.replace("Tides", "The&nbsp;Tides", 1)
    # A parser wants nothing before the declaration, but who mends a file counts all lines.
    for before, row in (("", 2), ("\n\n", 4)):
        [line] = told(tmp_path, before + with_entity)
        assert line.startswith(f"{start}Entity 'nbsp' not defined, line {row}, column ")
        assert line.endswith(" (document)")
    [line] = told(tmp_path, text[: text.rindex("</")])
    assert line.startswith(start)
    assert line.endswith(" (document)")


@pytest.mark.parametrize(
    "text",
    [
        'print("<item><title>Tide</title><pubDate>2026-03-03</pubDate></item>")',
        "<html><p>Tides<br></html>",
        "Tides",
    ],
)
def test_what_is_no_feed_is_told_once(tmp_path: Path, text: str) -> None:
    [line] = told(tmp_path, text)
    assert line.startswith("feed: is no JSON Feed, Atom or RSS: it is neither XML nor JSON: ")
