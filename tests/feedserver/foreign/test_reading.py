"""Feeds of other sites, as they are found: what is kept, made good, left out and told."""

from __future__ import annotations

import json
import operator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedserver.errors import ArchiveError, ForeignError
from feedserver.feeds import catalogue
from feedserver.feeds.catalogue import NamedFeed
from feedserver.feeds.index import Index
from feedserver.foreign import isolated, reading
from feedserver.foreign.reading import Options, Reading
from feedserver.formats import archive as archives
from feedserver.formats import jsonfeed
from feedserver.model import Channel, Entry, Feed, Image, Person
from feedserver.newsletter import registry
from tests.samples import SITE, archive, post, update

ISSUE = """\
<h2>Dept of Clients 📱</h2>
<h3>Fractal (<a href="https://fractal.example">website</a>)</h3>
<p><a href="https://matrix.to/#/@ada:example.org">Ada</a> says</p>
<blockquote><p>We have <img src="/shot.png"> news.</p></blockquote>
<h3>Hydrogen 1.2.3</h3><p>Text.</p>
<h2>That’s all I know 🏁</h2><p>See you.</p>
"""


def atom(*entries: str, head: str = "") -> bytes:
    return f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en_GB">
<title>Letters</title><subtitle>Of a small town</subtitle>
<link href="https://letters.example"/><link rel="self" href="https://letters.example/atom.xml"/>
<author><name>The Editors</name></author>{head}{"".join(entries)}</feed>""".encode()


def entry(body: str = "", *, id: str = "https://letters.example/1/", title: str = "One") -> str:
    date = "" if "<updated>" in body else "<updated>2026-03-13T16:33:36+02:00</updated>"
    link = "" if "<link" in body else f'<link href="{id}"/>'
    return f"<entry><id>{id}</id><title>{title}</title>{date}{link}{body}</entry>"


def content(html: str, *, more: str = "") -> str:
    escaped = html.replace("&", "&amp;").replace("<", "&lt;")
    return f'<content type="html"{more}>{escaped}</content>'


def rss(*items: str) -> bytes:
    return f"""<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"><channel>
<title>Letters</title><link>https://letters.example/news</link><description>All</description>
{"".join(items)}</channel></rss>""".encode()


def feed(*items: dict[str, Any], **top: Any) -> bytes:
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Letters",
            "home_page_url": "https://letters.example/",
            **top,
            "items": items,
        }
    ).encode()


def read(data: bytes, **options: Any) -> Reading:
    found = reading.read(data, Options(**options))
    # What is made must be fit to be kept.
    assert archives.parse(archives.serialise(found.archive)) == found.archive
    return found


def one(data: bytes, **options: Any) -> Entry:
    [found] = read(data, **options).archive.entries
    return found


def messages(found: Reading) -> list[str]:
    return [str(finding) for finding in found.findings]


def test_an_atom_feed_keeps_ids_dates_authors_categories_and_the_picture() -> None:
    found = one(
        atom(
            entry(
                "<published>2026-03-13T18:33:36.5+02:00</published>"
                "<updated>2026-03-14T00:00:00Z</updated>"
                "<author><name>Ada</name><uri>https://ada.example/</uri></author>"
                "<author><name>Bo</name></author>"
                '<category term="News"/><category term="Not &amp; old"/>'
                '<link href="/1/"/>'
                '<link rel="enclosure" type="image/png" length="7" href="/shot.png"/>'
                + content("<p>See <a href='x'>x</a>.</p>", more=' xml:base="https://b.example/"'),
                id="tag:letters.example,2026:1",
            )
        )
    )
    zone = timezone(timedelta(hours=2))
    assert found.id == "tag:letters.example,2026:1"
    assert found.url == "https://letters.example/1/"
    assert found.published == datetime(2026, 3, 13, 18, 33, 36, tzinfo=zone)
    assert found.published.utcoffset() == timedelta(hours=2)
    assert found.modified == datetime(2026, 3, 14, tzinfo=UTC)
    assert found.authors == (Person("Ada", "https://ada.example/"), Person("Bo"))
    assert found.tags == ("News", "Not & old")
    assert found.image == Image("https://letters.example/shot.png", "image/png", 7)
    assert found.content == '<p>See <a href="https://b.example/x">x</a>.</p>'
    assert found.summary == "See x."


def test_the_site_is_the_feed_s() -> None:
    site = read(atom(entry(content("x")))).archive.site
    assert (site.title, site.url) == ("Letters", "https://letters.example/")
    assert (site.description, site.language) == ("Of a small town", "en-GB")
    assert (
        read(
            rss(
                "<item><guid>https://a.example/</guid><pubDate>Fri, 12 Dec 2025 17:19:38 +0000"
                "</pubDate></item>"
            )
        ).archive.site.url
        == "https://letters.example/news/"
    )
    found = reading.read(
        b"<rss version='2.0'><channel><item><guid>https://a.example/1</guid></item></channel></rss>",
        Options(),
        "https://b.example/feeds/rss.xml",
    )
    assert (found.archive.site.url, found.archive.site.title) == ("https://b.example/", "b.example")


def test_issues_are_divided_as_the_plugin_does() -> None:
    data = atom(
        entry(content(ISSUE), id="https://letters.example/i/", title="This Week in Letters 1")
    )
    found = read(data)
    issue, *updates = found.archive.entries
    assert issue.sections == ("clients",)
    assert [each.id for each in updates] == [
        "https://letters.example/i/#fractal-website",
        "https://letters.example/i/#hydrogen-1-2-3",
    ]
    assert [each.title for each in updates] == [
        "Fractal (Clients), 2026-03-13",
        "Hydrogen 1.2.3 (Clients), 2026-03-13",
    ]
    assert updates[0].authors == (Person("Ada", "https://matrix.to/#/@ada:example.org"),)
    assert updates[0].image == Image("https://letters.example/shot.png")
    assert updates[1].published - updates[0].published == timedelta(seconds=1)
    assert updates[1].authors == (Person("The Editors"),)
    paths = [feed.path for feed in found.archive.feeds]
    assert "/section/clients/" in paths and "/project/hydrogen/" in paths
    assert found.findings == ()


@pytest.mark.parametrize(
    ("body", "title", "issues", "divided"),
    [
        ('<category term="this week in LETTERS"/>', "Fifth", ("This Week in *",), True),
        ("", "this week in letters", ("This Week in *",), True),
        ("", "Fifth", ("This Week in *",), False),
        ("", "Fifth", ("F?fth",), True),
    ],
)
def test_what_is_an_issue(body: str, title: str, issues: tuple[str, ...], divided: bool) -> None:
    found = read(atom(entry(body + content(ISSUE), title=title)), issues=issues)
    assert (len(found.archive.entries) > 1) is divided


def test_headings_keep_the_ids_that_they_have() -> None:
    html = "<h2 id='c'>Clients</h2><p>x</p><h2>Bots</h2><p>y</p><h2>Bots</h2><p>z</p>"
    found = read(atom(entry(content(html), title="This Week in A")))
    ids = [each.id.partition("#")[2] for each in found.archive.entries]
    assert ids == ["", "c", "bots", "bots-1"]


def test_settings_are_used() -> None:
    known = registry.read(b'[[sections]]\ntitle = "Apps"\naliases = ["Clients"]\n', "x")
    found = read(
        atom(entry(content(ISSUE), title="This Week in A")),
        ignore_sections=("nothing",),
        registry=known,
        feeds=(NamedFeed("none", "None", None, {"not_category": ("x",)}),),
        feed_limit=3,
    ).archive
    sections = [feed.path for feed in found.feeds if feed.kind == "section"]
    assert sections == ["/section/apps/", "/section/that-s-all-i-know/"]
    assert found.redirects["/section/clients/atom.xml"] == "/section/apps/atom.xml"
    assert found.feed_limit == 3
    assert len(Index(found).entries(next(f for f in found.feeds if f.kind == "named"))) == 1


def test_pages_of_feeds_are_the_site_s_home_for_it_has_no_others() -> None:
    found = read(atom(entry(content(ISSUE), title="This Week in A"))).archive
    assert {catalogue.page_address(found.site.url, feed) for feed in found.feeds} == {
        "https://letters.example/"
    }


def test_an_rss_feed() -> None:
    found = read(
        rss(
            "<item><title>R&amp;amp;D &lt;b&gt;x&lt;/b&gt;</title><link>https://letters.example/1</link>"
            '<guid isPermaLink="false">one</guid><dc:creator>Ada</dc:creator>'
            "<pubDate>Fri, 12 Dec 2025 17:19:38 +0100</pubDate><category>News</category>"
            "<description>Short.</description><content:encoded>&lt;p>Long.&lt;/p></content:encoded>"
            '<media:content url="https://letters.example/a.avif" medium="image"/></item>',
            "<item><guid>https://letters.example/2</guid><author>bo@example.org (Bo)</author>"
            "<pubDate>Thu, 11 Dec 2025 17:19 GMT</pubDate>"
            "<description>&lt;h2>Bots&lt;/h2>&lt;p>x&lt;/p></description>"
            "<title>This Week in A</title></item>",
        )
    )
    first, issue, bots = found.archive.entries
    assert (first.id, first.url) == ("one", "https://letters.example/1")
    assert first.title == "R&D x"
    assert (first.summary, first.content) == ("Short.", "<p>Long.</p>")
    assert first.authors == (Person("Ada"),)
    assert first.image == Image("https://letters.example/a.avif")
    assert first.published.isoformat() == "2025-12-12T17:19:38+01:00"
    # Its one text is the content.
    assert issue.content == "<h2>Bots</h2><p>x</p>"
    assert issue.authors == (Person("Bo"),)
    assert bots.id == "https://letters.example/2#bots"
    assert found.findings == ()


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("dora@owls.co.uk (Dora)", ["Dora"]),
        ("Dora <dora@owls.co.uk>", ["Dora"]),
        ("<dora@owls.co.uk> Dora", ["Dora"]),
        ("<dora@owls.co.uk>Dora Owl", ["Dora Owl"]),
        ("<dora@owls.co.uk> (Dora)", ["Dora"]),
        ('"Dora Owl" <dora@owls.co.uk>', ["Dora Owl"]),
        ("<d@owls.co.uk> Dora, <e@owls.co.uk> Ede", ["Dora", "Ede"]),
        ("Owl, Dora <d@owls.co.uk>", ["Owl, Dora"]),
        ("dora@owls.co.uk", ["dora@owls.co.uk"]),
    ],
)
def test_an_author_of_rss_is_called_by_the_name(written: str, names: list[str]) -> None:
    item = (
        "<item><guid>https://letters.example/1</guid><title>a</title>"
        f"<author>{escape(written)}</author><pubDate>Fri, 12 Dec 2025 17:19 GMT</pubDate></item>"
    )
    [entry] = read(rss(item)).archive.entries
    assert [person.name for person in entry.authors] == names


def test_a_json_feed_of_either_version() -> None:
    found = read(
        feed(
            {
                "id": 7,
                "url": "https://letters.example/7",
                "content_text": "One & two.\n\nThree.",
                "date_published": "2026-01-02T03:04:05-07:00",
                "author": {"name": "Ada", "url": "javascript:alert(1)"},
                "tags": ["News", 3, None, "  "],
                "image": "/a.png",
            },
            {
                "id": "https://letters.example/8",
                "title": 5,
                "date_modified": "2026-01-01T00:00:00Z",
            },
            version="https://jsonfeed.org/version/1",
            language="de",
        )
    ).archive
    first, second = found.entries
    assert (first.id, first.title) == ("7", "One & two. Three.")
    assert first.content == "<p>One &amp; two.</p><p>Three.</p>"
    assert first.authors == (Person("Ada"),)
    assert first.tags == ("News",)
    assert first.image == Image("https://letters.example/a.png")
    assert (second.title, second.authors) == ("Untitled", (Person("Letters", SITE.url),))
    assert found.site.language == "de"


def test_a_json_feed_of_ours_keeps_its_updates() -> None:
    issue = post("week", sections=["clients"])
    entries = (update(issue, 3, project="fractal"), update(issue, 4, section="bots"))
    channel = Channel(
        "Clients", "", SITE.url + "section/clients/", SITE.url + "x.json", SITE, entries
    )
    found = read(jsonfeed.serialise(channel))
    assert found.archive.entries == entries
    assert (found.archive.site.title, found.archive.site.url) == (SITE.title, SITE.url)
    assert "/section/bots/" in [feed.path for feed in found.archive.feeds]
    assert found.findings == ()


def test_an_issue_whose_updates_stand_beside_it_is_not_divided_again() -> None:
    issue = replace(post("week", sections=["clients"], tags=["This Week in A"]), content=ISSUE)
    entries = (issue, update(issue, 0, project="fractal"))
    channel = Channel("All", "", SITE.url, SITE.url + "x.json", SITE, entries)
    found = read(jsonfeed.serialise(channel)).archive.entries
    assert [each.id for each in found] == [each.id for each in entries]


def test_the_title_of_a_site_is_no_name_of_an_author() -> None:
    site = replace(SITE, title="News <of ours>")
    channel = Channel("All", "", SITE.url, SITE.url + "x.json", site, (post("one"),))
    assert read(jsonfeed.serialise(channel)).archive.site.title == "News <of ours>"


def test_an_item_that_only_looks_like_ours_is_read_as_any_other() -> None:
    item = {"id": "https://a.example/1", "date_published": "2026-01-02T03:04:05Z", "_twim": {}}
    found = read(feed(item))
    assert found.archive.entries[0].id == "https://a.example/1"
    assert (
        "items[0]: is read as any other: items[0]._twim: object missing required field `kind`"
        in messages(found)[0]
    )


def test_an_archive_is_an_archive() -> None:
    feeds = [Feed("/", "All", "", "posts", "/blog/")]
    data = archives.serialise(archive([post("one")], feeds))
    assert reading.read(data, Options()) == Reading(archives.parse(data), complete=True)
    with pytest.raises(ArchiveError, match=r"_twim\.version: invalid enum value 2"):
        reading.read(data.replace(b'"_twim":{"version":1', b'"_twim":{"version":2'), Options())


def test_a_feed_of_summaries_gives_no_updates_and_says_so() -> None:
    summary = "<summary>What stood in the letters.</summary>"
    found = read(
        atom(entry(summary, title="This Week in A"), entry(summary, id="https://a.example/2"))
    )
    assert [each.content for each in found.archive.entries] == [None, None]
    assert found.archive.entries[0].summary == "What stood in the letters."
    assert messages(found) == [
        "feed: carries only summaries: there are no updates to be had of it (source)"
    ]
    mixed = read(
        atom(entry(summary, title="This Week in A"), entry(content("x"), id="https://a.example/2"))
    )
    assert messages(mixed) == [
        "https://letters.example/1/: carries only a summary: it gives no updates (source)"
    ]


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (
            "<entry><id>https://a.example/1</id><title>x</title></entry>",
            "has no date that can be read",
        ),
        (entry("<updated>soon</updated>"), "has no date that can be read"),
        (entry("<updated>0000-01-01T00:00:00Z</updated>"), "has no date that can be read"),
        (entry("<updated>2026-13-45T00:00:00Z</updated>"), "has no date that can be read"),
        (entry("<updated>2026-02-30</updated>"), "has no date that can be read"),
        (entry("<updated>06/07/2026</updated>"), "has no date that can be read"),
        (
            entry('<link href="javascript:alert(1)"/>', id="x:y", title=""),
            "has neither address nor title nor text",
        ),
    ],
)
def test_what_can_not_be_an_entry_is_left_out_and_told(item: str, told: str) -> None:
    found = read(atom(item, entry(content("x"), id="https://letters.example/good/")))
    assert [each.id for each in found.archive.entries] == ["https://letters.example/good/"]
    assert len(found.findings) == 1 and told in messages(found)[0]


def test_an_entry_without_an_address_has_the_site_s() -> None:
    data = atom(entry('<link href="javascript:alert(1)"/>', id="x:y"))
    assert one(data).url == "https://letters.example/"
    assert "has no address that can be followed" in messages(read(data))[0]


def test_an_episode_without_an_address_is_nothing_to_be_told() -> None:
    file = '<enclosure url="https://radio.example/17.mp3" length="7" type="audio/mpeg"/>'
    date = "<pubDate>Tue, 03 Mar 2026 08:00:00 GMT</pubDate>"
    text = f'<title>17</title><guid isPermaLink="false">ep 17</guid>{file}{date}'
    found = read(rss(f"<item>{text}<content:encoded>A talk.</content:encoded></item>"))
    [episode] = found.archive.entries
    assert (episode.id, episode.url, messages(found)) == (
        "ep 17",
        "https://letters.example/news/",
        [],
    )


NO_UPDATES = "gives no updates: nothing stands below a ## or ### at its top level (source)"


@pytest.mark.parametrize("tag", ["section", "div"])
def test_issues_whose_sections_stand_in_elements_are_divided(tag: str) -> None:
    text = f"<p>Hello.</p><{tag}><h2>Boats</h2><p>Launched.</p></{tag}>"
    found = read(atom(entry(content(text), title="This Week in Boats")))
    assert [each.content for each in found.archive.entries][1:] == ["<p>Launched.</p>"]
    assert messages(found) == []
    # What is no issue stays as it is.
    assert one(atom(entry(content(text)))).content == text


@pytest.mark.parametrize(
    "text",
    [
        "<blockquote><h2>Boats</h2><p>Launched.</p></blockquote>",
        "<p><strong>Boats</strong></p><p>Launched.</p>",
        "<h4>Boats</h4><p>Launched.</p>",
    ],
)
def test_an_issue_without_headings_that_divide_it_is_told(text: str) -> None:
    found = read(atom(entry(content(text), title="This Week in Boats")))
    assert messages(found) == [f"https://letters.example/1/: {NO_UPDATES}"]
    assert messages(read(atom(entry(content(text), title="Boats")))) == []


def test_an_issue_that_is_to_have_no_updates_is_not_told() -> None:
    text = "<h2>That’s all I know</h2><p>Bye.</p>"
    assert messages(read(atom(entry(content(text), title="This Week in Boats")))) == []


def test_without_an_id_the_address_is_the_id() -> None:
    item = entry(content("x")).replace("<id>https://letters.example/1/</id>", "")
    assert one(atom(item)).id == "https://letters.example/1/"


def test_terms_that_can_have_no_address_are_left_out() -> None:
    long = "x" * 300
    item = entry(
        content("x") + f'<category term="🎉🎉"/><category term="!"/><category term="{long}"/>'
    )
    found = read(atom(item, head="<author><name>…</name></author>")).archive
    assert all("//" not in feed.path for feed in found.feeds)
    assert long not in found.entries[0].tags


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no JSON Feed, Atom or RSS"),
        (b"<html><p>no feed</p></html>", "no JSON Feed, Atom or RSS"),
        (b"\xff\xfe\x00", "no JSON Feed, Atom or RSS"),
        (b"[1]", "expected `object`"),
        (b"{}", "expected that of JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "items: expected a list"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', "has an address"),
        (b"{" * 100_000, "the document"),
    ],
)
def test_what_is_no_feed_is_refused(data: bytes, told: str) -> None:
    with pytest.raises((ForeignError, ArchiveError), match=told):
        reading.read(data, Options())


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-8-sig", "utf-8"),
        ("iso8859-1", "ISO-8859-1"),
        ("cp1252", "windows-1252"),
        ("shift_jis", "Shift_JIS"),
    ],
)
def test_encodings(encoding: str, declared: str) -> None:
    title = "日本" if encoding == "shift_jis" else "Café"
    text = atom(entry(content("x"), title=title)).decode()
    text = text.replace('encoding="utf-8"', f'encoding="{declared}"')
    found = read(text.encode(encoding))
    assert found.archive.entries[0].title == title
    assert found.findings == ()


def test_the_encoding_of_the_answer_comes_first() -> None:
    data = atom(entry(title="Café")).decode().encode("iso8859-1")
    found = reading.read(data, Options(), None, "application/xml; charset=iso-8859-1")
    assert found.archive.entries[0].title == "Café"


def test_a_broken_encoding_is_read_and_told() -> None:
    data = atom(entry(content("x"), title="Caf\0\1é")).replace("é".encode(), b"\xe9\xff")
    found = read(data)
    assert found.archive.entries[0].title == "Caf"
    assert [each.rule for each in found.findings] == [23, 23]
    # Nobody may hide markup in an encoding that only Python knows.
    hidden = b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-ENTITY x "y"+AD4-'
    with pytest.raises(ForeignError, match="no JSON Feed, Atom or RSS"):
        reading.read(hidden, Options())


def test_xml_that_is_not_well_formed_is_read_as_far_as_it_goes() -> None:
    found = read(atom(entry(content("x"))).replace(b"</feed>", b"<entry>"))
    assert [each.id for each in found.archive.entries] == ["https://letters.example/1/"]
    # Of what the parser got nobody knows the lines: `check` tells those of the file.
    assert messages(found)[0] == (
        "feed: is no well-formed XML, and is read as far as it goes: no element found (source)"
    )


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for document in (data, atom().replace(b"</feed>", data), rss().replace(b"</channel>", data)):
        try:
            read(document)
        except (ForeignError, ArchiveError):
            continue


unicode = st.text(st.characters(exclude_categories=["Cs"]))
values = (
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
)
json_values = (
    values
    | st.lists(values, max_size=2)
    | st.dictionaries(st.sampled_from(["name", "url", "kind", "x"]), values, max_size=2)
)
_MEMBERS = (
    "id url external_url title content_html content_text summary image date_published date_modified"
    " authors author tags _twim"
).split()
items = st.dictionaries(st.sampled_from(_MEMBERS), json_values).map(
    lambda item: {"id": "https://a.example/1", "date_published": "2026-01-02T03:04:05Z", **item}
)


@given(
    st.lists(items, max_size=3), st.dictionaries(st.sampled_from(["title", "authors"]), json_values)
)
def test_any_json_feed_is_read(found: list[dict[str, Any]], top: dict[str, Any]) -> None:
    read(feed(*found, **top))


@given(unicode, unicode, st.lists(unicode, max_size=3))
def test_any_text_is_read_from_atom(title: str, html: str, tags: list[str]) -> None:
    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")

    categories = "".join(f'<category term="{escaped(tag)}"/>' for tag in tags)
    body = categories + content(html)
    read(atom(entry(body, title=escaped(title))))


def test_a_byte_order_mark_before_json_is_passed_over() -> None:
    mark = b"\xef\xbb\xbf"
    item = {"id": "https://a.example/1", "date_published": "2026-01-02T03:04:05Z"}
    assert len(read(mark + feed(item)).archive.entries) == 1
    data = archives.serialise(archive([post("one")]))
    assert read(mark + data).archive == archives.parse(data)


def test_half_a_surrogate_pair_does_not_stop_a_feed() -> None:
    item = {"id": "1", "url": "https://a.example/1/", "date_published": "2020-01-01T00:00:00Z"}
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "home_page_url": "https://a.example/",
        "items": [{**item, "title": "Cut \ud83e", "content_html": "<p>🦀</p>"}],
    }
    found = read(json.dumps(feed).encode()).archive.entries
    assert [(entry.title, entry.content) for entry in found] == [("Cut ?", "<p>🦀</p>")]


def test_what_of_an_issue_is_in_no_update_is_told() -> None:
    text = "<h1>Boats</h1><h3>Gull</h3><blockquote>x</blockquote><h1>Shore</h1><h3>Tern</h3>"
    text += "<blockquote>x</blockquote><h1>That's all I know</h1><p>See you.</p>"
    issue = entry(content(text), title="This Week in Boats")
    found = read(atom(issue, entry(content(text), id="https://letters.example/2/")))
    assert messages(found) == [
        "https://letters.example/1/: what stands below '# Shore' is in no update; sections are ##"
        " (source)"
    ]


TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"


def tombstone(id: str, when: str = "2026-04-01T00:00:00Z", *, name: str = "at:") -> str:
    declared = f"xmlns{':at' if name else ''}='{TOMBSTONES}'"
    return f"<{name}deleted-entry {declared} ref=\"{escape(id)}\" when='{when}'/>"


def test_a_tombstone_takes_an_entry_away_and_is_told() -> None:
    """RFC 6721, 3: however its namespace is declared."""
    gone, other = "https://letters.example/2/?a=b&c=d", "https://letters.example/3/"
    found = read(
        atom(
            entry(content("<p>One.</p>")),
            entry(content("<p>Two.</p>"), id=escape(gone), title="Two"),
            tombstone(gone),
            tombstone(other, name=""),
        )
    )
    assert [each.id for each in found.archive.entries] == ["https://letters.example/1/"]
    assert found.withdrawn == (gone, other)


def test_an_entry_that_came_back_after_its_tombstone_stands() -> None:
    """RFC 6721, 3: of two that contradict each other the later is true."""
    found = read(atom(entry(), tombstone("https://letters.example/1/", "2025-01-01T00:00:00Z")))
    assert len(found.archive.entries) == 1
    assert found.withdrawn == ()


@pytest.mark.parametrize(
    "written",
    [
        content("<p>x</p>") + f"<!-- {tombstone('https://letters.example/1/')} -->",
        f"<content type='html'><![CDATA[{tombstone('https://letters.example/1/')}]]></content>",
        content(tombstone("https://letters.example/1/")),
        f"<x:deleted-entry xmlns:x='urn:other' ref='https://letters.example/1/' y='{TOMBSTONES}'/>",
    ],
)
def test_what_only_looks_like_a_tombstone_is_none(written: str) -> None:
    found = read(atom(entry(written)))
    assert len(found.archive.entries) == 1
    assert found.withdrawn == ()


def test_the_order_of_a_feed_is_told() -> None:
    ids = [f"https://letters.example/{number}/" for number in (2, 1, 3)]
    found = read(atom(*(entry(id=id, title=id) for id in ids)))
    assert list(found.order) == ids
    assert not found.complete
    assert read(archives.serialise(archive([post("one")]))).complete


@pytest.mark.parametrize(
    "data",
    [
        atom(entry(), entry(id="https://letters.example/3/"), tombstone("https://x.example/2/")),
        archives.serialise(archive([post("one")])),
    ],
)
def test_what_a_process_reads_is_the_same(data: bytes) -> None:
    read_here, read_there = read(data), isolated.read(data, Options())
    assert read_there.archive.entries == read_here.archive.entries
    told = operator.attrgetter("findings", "complete", "order", "withdrawn")
    assert told(read_there) == told(read_here)
