"""Every rule has a sample that breaks it: a good feed with one thing changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedserver.check._html import check_html
from feedserver.check.check import check
from feedserver.check.findings import DATE, RULES, SAME_ID, UNLIKELY_DATE, UNREADABLE, Finding
from feedserver.check.jsonfeed import check_json
from tests.conftest import ROOT, ends, examples
from tests.feedserver.counting import steps

FOLDER = Path(__file__).parents[2] / "data" / "check"
FILES = ("good.atom.xml", "good.rss.xml", "good.feed.json")
ATOM, RSS, JSON = ((FOLDER / name).read_text("utf-8") for name in FILES)
NOW = datetime(2026, 1, 1, tzinfo=UTC)

LINK = '<link href="https://example.org/blog/one/"/>'
SELF = '<link href="https://example.org/atom.xml" rel="self" type="application/atom+xml"/>'
HEADING = '&lt;h2 id="a"&gt;Two&lt;/h2&gt;'


def rules(text: str) -> set[int]:
    found = list(check(text.encode(), now=NOW, own=True))
    # Each can be told, with a word for its rule.
    assert all(str(finding).endswith(")") for finding in found)
    return {finding.rule for finding in found}


def test_each_rule_has_a_word() -> None:
    code = [path.read_text("utf-8") for path in (ROOT / "feedserver").rglob("*.py")]
    used = {int(number) for text in code for number in re.findall(r"\bFinding\((\d+)", text)}
    named = {DATE, UNLIKELY_DATE, SAME_ID, UNREADABLE}
    assert len(used) > 20 and used | named <= RULES.keys()
    assert len(set(RULES.values())) == len(RULES)


@pytest.mark.parametrize(
    ("text", "name", "content_type"),
    [
        (ATOM, "atom.xml", "application/atom+xml; charset=utf-8"),
        (RSS, "rss.xml", "application/rss+xml; charset=UTF-8"),
        (JSON, "feed.json", "application/feed+json"),
    ],
)
def test_nothing_is_wrong_with_good_feeds(text: str, name: str, content_type: str) -> None:
    address = f"https://example.org/{name}"
    for own in (True, False):
        found = check(text.encode(), address=address, content_type=content_type, now=NOW, own=own)
        assert found == check(text.encode(), own=own) == ()


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        (0, ATOM[ATOM.index("  <entry>") :], "</feed>"),
        (1, SELF, ""),
        (1, SELF, SELF.replace("https://example.org", "")),
        (2, LINK, '<link href="/blog/one/"/>'),
        (2, LINK, '<link href="https://example.org/é"/>'),
        (2, ATOM[ATOM.index(LINK) : ATOM.index("    <updated>2025-12-12T17:19:38Z")], ""),
        (2, "<uri>https://example.org/</uri>", "<uri>example.org</uri>"),
        (2, '<link href="https://example.org/blog/one/" hreflang="de"/>', '<link rel="via"/>'),
        (3, 'one/" hreflang="de"/>', 'one/"/>'),
        (3, 'hreflang="de"/>', 'rel="author"/>'),
        (3, 'hreflang="de"/>', 'rel="me"/>'),
        (5, "<name>Ben</name>", "<name> </name>"),
        (5, "<email>zoe@example.org</email>", "<email/>"),
        (5, "    <name>Example</name>\n", ""),
        (7, "<id>https://example.org/blog/one/</id>", "<id>one</id>"),
        (7, "<id>https://example.org/blog/one/</id>", "<id>https://Example.org/one/</id>"),
        (7, "<id>https://example.org/blog/one/</id>", "<id>https://example.org</id>"),
        (7, "<id>https://example.org/blog/one/</id>", "<id>https://example.org/%c3</id>"),
        (7, "<id>https://example.org/blog/one/</id>", "<id>https://example.org/blog/two/</id>"),
        (7, "<id>https://example.org/blog/one/</id>", ""),
        (8, "17:19:38Z", "17:19Z"),
        (8, "2025-12-12T17:19:38Z", "2025-02-30T17:19:38Z"),
        (8, "<updated>2025-12-12T17:19:38Z</updated>", ""),
        (9, "<updated>2025-12-12T17:19:38Z", "<updated>1989-12-12T17:19:38Z"),
        (9, "<updated>2025-12-12T17:19:38Z", "<updated>2026-12-12T17:19:38Z"),
        (10, "17:19:38Z", "17:19:39Z"),
        (11, "en-GB", "en_GB"),
        (14, "</feed>", "<generator>x</generator></feed>"),
        (18, '<content type="html">', '<content type="text">'),
        (11, '<title type="text">One, 3 &gt; 2</title>', ""),
        (15, "<feed ", '<feed xmlns:x="https://example.org/ns" '),
        (15, "<feed ", '<feed xmlns:dublin="http://purl.org/dc/elements/1.1/" '),
        (17, '<title type="text">One', '<title type="text">&lt;b&gt; One'),
        (17, '<title type="text">One', '<title type="text">&amp;lt; One'),
        (17, '<title type="text">One', '<title type="html">&lt;b&gt;One&lt;/b&gt;'),
        (17, '<title type="text">One', '<title type="html">R&amp;D'),
        (17, '<title type="text">', '<title type="xhtml">'),
        (18, HEADING, "&lt;p&gt;&lt;div&gt;&lt;/div&gt;&lt;/p&gt;"),
        (18, HEADING, "R&amp;D &amp;nope;"),
        (18, HEADING, "&lt;b&gt;"),
        (18, "Read &amp;lt;b&amp;gt;", "Read &lt;b&gt;"),
        (23, "One, 3", "One,\u0085 3"),
        (23, "<name>Ben", "<name>\ufffdBen"),
        (23, 'term="a', 'term="\x7fa'),
        (23, HEADING, "a\ufffdb"),
        (24, "<?xml", " <?xml"),
        (24, "<?xml", "\ufeff<?xml"),
        (24, 'encoding="utf-8"', 'encoding="iso-8859-1"'),
        (24, 'version="1.0"', 'version="1.1"'),
        (24, "One, 3", "One &nbsp; 3"),
        (24, "</feed>", ""),
        (24, "<feed ", '<!DOCTYPE feed [<!ENTITY a "aaa">]><feed '),
    ],
)
def test_rules_of_atom(rule: int, old: str, new: str) -> None:
    assert old in ATOM
    assert rule in rules(ATOM.replace(old, new, 1))


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        (0, RSS[RSS.index("    <item>") : RSS.index("  </channel>")], ""),
        (1, 'rel="self"', 'rel="hub"'),
        (2, "<link>https://example.org/blog/one/", "<link>https://example.org/blog/o ne/"),
        (2, "<link>https://example.org/blog/one/", "<link>/blog/one/"),
        (2, "<link>https://example.org/blog/one/", "<link>matrix:u/a:b"),
        (2, "<link>https://example.org/blog/one/", "<link>https://exämple.org/"),
        (2, "<link>https://example.org/blog/one/", "<link>https://"),
        (2, "<link>https://example.org/blog/one/", "<link>https://example.org:0/"),
        (2, "<link>https://example.org/blog/one/", "<link>https://[/"),
        (2, "    <link>https://example.org/blog/</link>", "    <link>blog</link>"),
        (2, '"true">https://example.org/blog/two/', '"true">two'),
        (4, "ben@example.org (Ben)", "Ben"),
        (4, "<author>", "<author>a@example.org (A)</author><author>"),
        (4, "<author>", "<dc:creator>Ben</dc:creator><author>"),
        (4, "<dc:creator>Ben<", "<dc:creator><"),
        (6, 'isPermaLink="false"', 'isPermaLink="no"'),
        (6, '"false">one<', '"false">https://example.org/blog/two/<'),
        (6, '<guid isPermaLink="false">one</guid>', ""),
        (8, "Fri, 12 Dec 2025 17:19:38", "Sat, 12 Dec 2025 17:19:38"),
        (8, "Fri, 12 Dec 2025 17:19:38", "Fri, 12 Dez 2025 17:19:38"),
        (8, "Fri, 12 Dec 2025 17:19:38", "Fri, 42 Dec 2025 17:19:38"),
        (8, "17:19:38 GMT", "17:19:38 CET"),
        (8, "17:19:38 GMT", "17:19:38 +01:00"),
        (8, "Fri, 12 Dec 2025 17:19:38 GMT", "12/12/2025 17:19:38"),
        (8, "<pubDate>Fri, 12 Dec 2025 17:19:38 GMT</pubDate>", ""),
        (8, "<pubDate>Fri, 12 Dec 2025 17:19:38 GMT</pubDate>", "<dc:date>now</dc:date>"),
        (9, "Fri, 12 Dec 2025 17:19:38", "Tue, 12 Dec 1989 17:19:38"),
        (9, "Fri, 12 Dec 2025 17:19:38", "Sat, 12 Dec 2026 17:19:38"),
        (11, '"2.0"', '"0.92"'),
        (11, "<title>One</title>", ""),
        (11, "<description>What ‹/b› closes</description>", ""),
        (11, "en-GB", "en_GB"),
        (11, "  </channel>", "  <ttl>60</ttl></channel>"),
        (11, "<description>Read", "<content:encoded>x</content:encoded><description>Read"),
        (12, "<enclosure ", '<enclosure url="https://e.org/" length="1" type="a/b"/><enclosure '),
        (12, 'length="10" ', ""),
        (12, 'length="10" ', 'length="ten" '),
        (12, '"https://example.org/a.png"', '"/a.png"'),
        (12, '"https://example.org/a.png"', '"http://localhost/a.png"'),
        (13, "logo.png", "logo.webp"),
        (13, "https://example.org/logo.png", "/logo.png"),
        (13, "<width>144", "<width>145"),
        (13, "<link>https://example.org/blog/</link>\n      <width>", "<width>"),
        (15, "<rss ", '<rss xmlns:x="https://example.org/ns" '),
        (16, "<author>", "<dc:date>2025-12-12T17:19:38Z</dc:date><author>"),
        (16, "<language>", "<dc:language>en</dc:language><language>"),
        (17, "<title>One", "<title>&lt;One"),
        (17, "<title>One", "<title>&#60;One"),
        (17, "<title>One", "<title>R&amp;D"),
        (17, "<title>One", "<title><![CDATA[One]]>"),
        (17, "<title>One", "<title>&#x3C;/b> One"),
        (17, "<dc:creator>Ben", "<dc:creator>Ben &amp; Co"),
        (17, "<category>a", "<category>&lt;a"),
        (17, "<description>What", "<description>&lt;What"),
        (18, "<h2>Two</h2>", "<p><p></p></p>"),
        (23, "<title>One", "<title>One\u0080"),
        (24, "</rss>", "</rdf>"),
        (24, RSS[RSS.index("<rss") :], "<html/>"),
        (24, RSS[RSS.index("<rss") :], ""),
    ],
)
def test_rules_of_rss(rule: int, old: str, new: str) -> None:
    assert old in RSS
    assert rule in rules(RSS.replace(old, new, 1))


def test_texts_of_rss_are_told_of_their_item_and_are_one_cause_each() -> None:
    item = (
        "<item><title><![CDATA[Hello]]></title><guid isPermaLink='false'>urn:{0}</guid>"
        "<category><![CDATA[a]]></category><category><![CDATA[b]]></category></item>"
    )
    whole = (
        '<rss version="2.0"><channel><title><![CDATA[All]]></title><link>https://example.org/'
        "</link><description>x</description><item/>"
        f"{item.format(1)}<!-- <item> -->{item.format(2)}<image><title>&lt;</title></image>"
        "</channel></rss>"
    )
    found = [each for each in check(whole.encode()) if each.rule == 17]
    assert [(each.where, each.message) for each in found] == [
        ("feed", "the title is written with CDATA"),
        ("urn:1", "the title is written with CDATA"),
        ("urn:1", "the category is written with CDATA"),
        ("urn:2", "the title is written with CDATA"),
        ("urn:2", "the category is written with CDATA"),
        ("feed", "the title is written with &lt;"),
    ]
    assert len({each.cause for each in found}) == 3


MANY = " ".join(f"a{n}='x'" for n in range(300))
XHTML = """<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml" xml:base="/x/"
><p>R&amp;D, <a href="y">y</a> <img src="z.png"/></p><svg xmlns="http://www.w3.org/2000/svg"/></div
></content>"""
CONTENT = ATOM[ATOM.index('<content type="html">') : ATOM.index("</content>") + 10]
ITEM = RSS[RSS.index("    <item>") : RSS.index("    </item>")]
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (' encoding="utf-8"', ""),
        ('<?xml version="1.0" encoding="utf-8"?>', "<?xml version = '1.0' standalone='yes'?>"),
        ('<?xml version="1.0" encoding="utf-8"?>\n', ""),
        ("<?xml", "\ufeff<?xml"),
        ("<feed ", f'<feed xmlns:itunes="{ITUNES}" xmlns:xhtml="http://www.w3.org/1999/xhtml" '),
        ("<feed ", '<feed xmlns:thr="http://purl.org/syndication/thread/1.0" '),
        (CONTENT, XHTML),
        (
            CONTENT,
            '<content type="xhtml"><xhtml:div xmlns:xhtml="http://www.w3.org/1999/xhtml"><xhtml:p>x'
            "</xhtml:p></xhtml:div></content>",
        ),
        (CONTENT, '<content type="html" xml:base="/x/">&lt;a href="y"&gt;y&lt;/a&gt;</content>'),
        (CONTENT, '<content type="text">Tom &amp; Jerry</content>'),
        (CONTENT, '<content type="audio/mpeg" src="https://example.org/a.mp3"/>'),
        ('<title type="text">One, 3 &gt; 2', '<title type="html">&lt;b&gt;One&lt;/b&gt;'),
        (
            '<title type="text">One, 3 &gt; 2',
            '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><b>One</b></div>',
        ),
        (LINK, '<link href="/blog/é/"/>'),
        ("<id>https://example.org/blog/one/</id>", "<id>https://example.org/blog/é/</id>"),
        ('    <link href="https://example.org/blog/two/" rel="alternate"/>\n', ""),
    ],
)
def test_nothing_is_said_of_valid_atom(old: str, new: str) -> None:
    assert old in ATOM
    assert list(map(str, check(ATOM.replace(old, new, 1).encode(), now=NOW))) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<rss ", f'<rss xmlns:itunes="{ITUNES}" '),
        ("<rss ", '<rss xmlns:itunes="http://www.itunes.com/DTDs/PodCast-1.0.dtd" '),
        ("<rss ", '<rss xmlns:slash="http://purl.org/rss/1.0/modules/slash/" '),
        ("<item>", '<item><p xmlns="http://www.w3.org/1999/xhtml"/>'),
        (ITEM, "<item><description>Short.</description><guid isPermaLink='false'>1</guid>"),
        (ITEM, "<item><title>Short</title><guid>https://example.org/1</guid>"),
    ],
)
def test_nothing_is_said_of_valid_rss(old: str, new: str) -> None:
    assert old in RSS
    assert list(map(str, check(RSS.replace(old, new, 1).encode(), now=NOW))) == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("text", [ATOM, RSS])
def test_nothing_is_said_of_utf_16(text: str, mark: str, encoding: str) -> None:
    text = text.replace('encoding="utf-8"', 'encoding="UTF-16"').replace("One", "Öne", 1)
    mark = "" if encoding == "utf-16" else mark
    assert list(map(str, check((mark + text).encode(encoding), now=NOW))) == []
    told = check((mark + text.replace("</title>", "", 1)).encode(encoding))
    assert [finding.rule for finding in told] == [24]


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (ATOM, "<feed ", '<feed xml:base="https://example.org/" '),
        (RSS, "<channel>", '<channel xml:base="https://example.org/x/">'),
    ],
)
def test_a_self_link_is_relative_to_its_base(text: str, old: str, new: str) -> None:
    address = "https://example.org/" + ("atom.xml" if text is ATOM else "rss.xml")
    written = f'href="{address}"'
    assert old in text and written in text
    based = text.replace(old, new, 1).replace(written, f'href="/{address[20:]}"', 1)
    assert check(based.encode(), now=NOW, address=address) == ()
    told = check(text.replace(written, f'href="/{address[20:]}"', 1).encode(), now=NOW)
    assert [finding.rule for finding in told] == [1]


@pytest.mark.parametrize(
    "declared",
    [
        'xmlns:cf="http://www.microsoft.com/schemas/rss/core/2005"',
        'xmlns:taxo="http://purl.org/rss/1.0/modules/taxonomy/"',
        'xmlns:rawvoice="http://www.rawvoice.com/rawvoiceRssModule/"',
        'xmlns:gd="http://schemas.google.com/g/2005"',
        'xmlns:p20="https://podcastindex.org/namespace/1.0"',
        'xmlns:opensearch10="http://a9.com/-/spec/opensearchrss/1.0/"',
    ],
)
def test_nothing_is_said_of_namespaces_that_validators_know(declared: str) -> None:
    assert check(RSS.replace("<rss ", f"<rss {declared} ", 1).encode(), now=NOW) == ()
    assert check(ATOM.replace("<feed ", f"<feed {declared} ", 1).encode(), now=NOW) == ()


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ('<a href="https://e.org/?a=1&b=2&utm_source=x">a</a>', False),
        ("<a href='https://e.org/?a=1&copy=2&lt2=3'>a</a>", False),
        ('<img src="https://e.org/?a&b" alt="R&D">', False),
        ('<img src="https://e.org/" alt="A &lt B">', True),
        ('<a href="https://e.org/?a=&#x;">a</a>', True),
        ("<p>R&D</p>", True),
    ],
)
def test_a_sign_in_an_attribute_is_one_where_it_can_be_nothing_else(html: str, told: bool) -> None:
    assert rules(_changed("items.0.content_html", html)) == ({18} if told else set())


def test_an_entry_has_the_author_of_its_source() -> None:
    without = ATOM.replace("    <name>Example</name>\n", "", 1)
    named = "<source><author><name>Ada</name></author></source></entry>"
    told = {finding.where for finding in check(without.encode()) if finding.rule == 5}
    kept = check(without.replace("</entry>", named).encode())
    assert told == {"feed", "https://example.org/blog/one/"}
    assert {finding.where for finding in kept if finding.rule == 5} == {"feed"}


def test_nothing_is_said_of_valid_json() -> None:
    feed = json.loads(JSON)
    for item in feed["items"]:
        del item["date_published"], item["url"]
    assert check(json.dumps(feed).encode()) == ()
    feed = json.loads(JSON)
    feed["version"] = "https://jsonfeed.org/version/1"
    for holder in (feed, *feed["items"]):
        if authors := holder.pop("authors", ()):
            holder["author"] = authors[0]
    assert check(json.dumps(feed).encode()) == ()


def test_nothing_is_said_of_what_others_are_sent_and_written_as() -> None:
    for text, kind in ((ATOM, "application/atom+xml"), (RSS, "application/rss+xml")):
        assert check(text.encode(), content_type=kind) == ()
    for encoding in ("ISO-8859-1", "windows-1252"):
        text = ATOM.replace('encoding="utf-8"', f'encoding="{encoding}"')
        text = text.replace("‹", "").replace("›", "")
        assert check(text.encode(encoding)) == ()


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        (2, LINK, '<link href="a b"/>'),
        (2, LINK, '<link href="https://["/>'),
        (7, "<id>https://example.org/blog/one/</id>", "<id>one</id>"),
        (11, '<title type="text">One, 3 &gt; 2</title>', ""),
        (15, "<feed ", '<feed xmlns:x="https://example.org/ns" '),
        (15, "<feed ", f'<feed xmlns:pod="{ITUNES}" '),
        (17, '<title type="text">One', '<title type="html">R&amp;D'),
        (18, CONTENT, XHTML.replace("<div ", "<p ").replace("/div", "/p")),
        (18, CONTENT, '<content type="xhtml">x</content>'),
        (18, CONTENT, XHTML.replace("<img", f"<img {MANY}")),
        (19, CONTENT, XHTML.replace("<img", "<script/><img")),
        (19, CONTENT, XHTML.replace("<img", "<img onload='x'")),
        (19, CONTENT, XHTML.replace('"y"', '"javascript:x"')),
        (22, CONTENT, '<content type="html">&lt;a href="y"&gt;y&lt;/a&gt;</content>'),
        (24, "<?xml", " <?xml"),
        (24, 'version="1.0"', 'version="1.1"'),
        (24, 'encoding="utf-8"', 'encoding="us-ascii"'),
    ],
)
def test_what_is_said_of_the_atom_of_others(rule: int, old: str, new: str) -> None:
    assert old in ATOM
    found = check(ATOM.replace(old, new, 1).encode(), now=NOW)
    assert rule in {finding.rule for finding in found}


@pytest.mark.parametrize(
    "date",
    [
        "12 Dec 25 17:19 EST",
        "12 Dec 2025 17:19:38 +0000",
        "Fri, 5 Dec 2025 17:19:38 UT",
        "fri, 12 dec 2025 17:19:38 Z",
        "Fri, 12 Dec 2025 17:19:38 -0000",
        "Fri, 12 Dec 2025 17:19:38 +0100 (CET)",
        "Fri,  12 Dec 2025 17:19:38 PDT",
        "Fri,12 Dec 2025 17:19:38 GMT",
        "Fri, 12 Dec 2025 17:19:60 +0000",
        "Fri, 12 Dec 2025 17:19:60 +0000 (GMT (of old))",
        "Fri, 12 (twelfth) Dec 2025 17:19:38 +0000 (a) (b)",
    ],
)
def test_nothing_is_said_of_a_date_of_rfc_822(date: str) -> None:
    old = "Fri, 12 Dec 2025 17:19:38 GMT"
    assert old in RSS
    assert rules(RSS.replace(old, date)) == set()


def test_nothing_is_said_of_a_leap_second_in_atom() -> None:
    old, new = "<updated>2025-12-12T17:19:38Z<", "<updated>2025-12-12T17:19:60.5Z<"
    assert old in ATOM
    assert rules(ATOM.replace(old, new)) == set()


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "<div>" * n,
        lambda n: "<ul><li>" * n,
        lambda n: "<dl><dd>" * n,
        lambda n: "<b><p>" * n,
        lambda n: "<table><tr><td>" * n,
        lambda n: "<table><a href='https://a.example/'>" * n,
        lambda n: "<svg><g>" * n,
        lambda n: "".join(f"<font a{number}>" for number in range(n)),
        lambda n: "".join(f"<p><b a{number}></p>" for number in range(n)),
        lambda n: "<p " + " ".join(f"a{number}='>'" for number in range(n)) + ">",
        lambda n: "<p " + "/".join(f"a{number}" for number in range(n)) + ">",
        lambda n: "</p>" * n,
        lambda n: "a & b <i>" * n,
        lambda n: "<!--" + "-x" * n,
    ],
    ids=range(14),
)
def test_html_is_checked_in_steps_that_grow_with_it(make: Callable[[int], str]) -> None:
    first, second = make(400), make(800)
    assert steps(lambda: list(check_html(second, "x"))) < 2.5 * steps(
        lambda: list(check_html(first, "x"))
    )


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ("<div>" * 300, "more than 256 elements stand in one another"),
        ("<p " + " ".join(f"a{n}" for n in range(300)) + ">", "more than 256 attributes"),
        (f"<p title='{'&' * 200_000}'>", "an attribute has more than 100,000 characters"),
        (f"<p {'a' * 5_000}>", "an attribute has more than"),
        (f"<{'a' * 5_000}>", "a name has more than 1,000 characters"),
        (f"<!--{'x-' * 200_000}-->", "a comment has more than 100,000 characters"),
        ("<p class=a>x<//p>", "its HTML is wrong"),
        ("<a x><//", "its HTML is wrong"),
    ],
    ids=range(8),
)
def test_html_that_nobody_writes_is_looked_at_no_further(html: str, told: str) -> None:
    [found] = check_html(html, "x")
    assert found.rule == 18 and told in found.message


def test_a_title_that_nobody_writes_is_looked_at_no_further() -> None:
    assert 17 in rules(ATOM.replace("Tom &amp;amp;amp; Jerry", "&lt;b>" * 300))


def test_rss_without_a_channel() -> None:
    assert rules('<?xml version="1.0" encoding="utf-8"?><rss version="2.0"/>') == {11}


@pytest.mark.parametrize(
    ("rule", "html"),
    [
        (18, "<p><div></div></p>"),
        (18, '<?xml:namespace prefix = o ns = "urn:example:office" /><p>a</p>'),
        (18, "<![CDATA[<p>a</p>]]>"),
        (18, "a <!x><p>a</p>"),
        (18, " </ p>"),
        (18, "<a href='https://e.org/'><table><tr><td><a>x</a></td></tr></table></a>"),
        (19, "<iframe></iframe>"),
        (19, "<script></script>"),
        (19, "<style></style>"),
        (19, "<object></object>"),
        (19, "<embed>"),
        (19, "<link>"),
        (19, "<meta>"),
        (19, "<base>"),
        (19, "<param>"),
        (19, "<p onclick=''>a</p>"),
        (19, "<youtube-player></youtube-player>"),
        (19, "<mx-reply></mx-reply>"),
        (19, "<svg><path></path></svg>"),
        (19, "<math></math>"),
        (19, "<unheard>a</unheard>"),
        (19, "<a href='javascript:x'>a</a>"),
        (19, "<img src='data:image/png;base64,AA'>"),
        (21, "<p style='position: fixed'>a</p>"),
        (21, "<p style='color: url(x)'>a</p>"),
        (22, "<a href='#fn1'>a</a>"),
        (22, "<a href='/x'>a</a>"),
        (22, "<a href='//e.org/'>a</a>"),
        (22, "<a href='https://e.org/ü'>a</a>"),
        (22, "<img srcset='https://e.org/a.png 1x, b.png 2x'>"),
        (22, "<video poster='p.png'></video>"),
        (22, "<video src='v.mp4'></video>"),
        (22, "<img src=''>"),
        (23, "a\ufffdb"),
    ],
)
def test_rules_of_html(rule: int, html: str) -> None:
    feed = json.loads(JSON)
    feed["items"][0]["content_html"] = html
    found = check(json.dumps(feed).encode())
    assert {finding.rule for finding in found} == {rule}
    assert found[0].where == "https://example.org/blog/two/"


def test_rule_23_is_also_a_parse_error() -> None:
    assert rules(_changed("items.0.content_html", "a\u0091b")) == {18, 23}


@pytest.mark.parametrize(
    "html",
    [
        "<video controls='' src='https://e.org/v.mp4'></video><audio></audio>",
        "<picture><source srcset='https://e.org/a.webp 2x'><img src='https://e.org/a.png'></picture>",
        "<details><summary>a</summary>b</details><figure id='a' class='b'></figure>",
        "<table><tbody><tr><td>a</td></tr></tbody></table>",
        "<p style='color: #fff; background-color: rgb(1, 2, 3); width: 1.5em;'>a</p>",
        "<a href='mailto:a@e.org'>a</a><a href='https://[::1]/'>b</a>",
        "<!-- a comment -->",
    ],
)
def test_rule_20_what_is_fine(html: str) -> None:
    feed = json.loads(JSON)
    feed["items"][0]["content_html"] = html
    assert check(json.dumps(feed).encode()) == ()


def _changed(path: str, value: Any) -> str:
    feed = json.loads(JSON)
    *way, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    holder = feed
    for key in way:
        holder = holder[key]
    if value is ...:
        del holder[last]
    else:
        holder[last] = value
    return json.dumps(feed)


@pytest.mark.parametrize(
    ("rule", "path", "value"),
    [
        (0, "items", []),
        (24, "items", ...),
        (1, "feed_url", ...),
        (1, "feed_url", "/feed.json"),
        (2, "home_page_url", "/"),
        (2, "items.0.url", "/blog/two/"),
        (2, "items.0.url", ...),
        (2, "items.0.image", "a.png"),
        (2, "items.0.authors.0.url", "@zoe:example.org"),
        (2, "items.0.attachments.0.url", "a.mp3"),
        (5, "items.0.authors.0", {}),
        (6, "items.1.id", "https://example.org/blog/two/"),
        (8, "items.0.date_published", "2025-12-12"),
        (8, "items.0.date_published", ...),
        (8, "items.0.date_modified", "yesterday"),
        (9, "items.0.date_published", "1980-01-01T00:00:00Z"),
        (9, "items.0.date_published", "2030-01-01T00:00:00Z"),
        (11, "title", ...),
        (11, "language", "en_GB"),
        (23, "items.0.title", "a\ufffd"),
        (23, "items.0.title", "a\ud800"),
        (26, "description", None),
        (26, "items.0._twim.issue", None),
        (26, "items.0.tags", [None]),
        (27, "version", "https://jsonfeed.org/version/1"),
        (27, "author", {"name": "a"}),
        (27, "items.0.author", {"name": "a"}),
        (27, "title", 1),
        (27, "items.0", "text"),
        (27, "items.0.id", 1),
        (27, "items.0.id", ...),
        (27, "items.0.summary", ["a"]),
        (27, "items.0.tags", "a"),
        (27, "items.0.tags", [1]),
        (27, "items.0.authors", {"name": "a"}),
        (27, "items.0.authors.0", "Zoë"),
        (27, "items.0.attachments.0", "a.mp3"),
        (27, "items.0.attachments.0.mime_type", ...),
        (27, "items.0.content_html", ...),
    ],
)
def test_rules_of_json(rule: int, path: str, value: Any) -> None:
    assert rule in rules(_changed(path, value))


def test_a_json_feed_is_an_object() -> None:
    assert [finding.rule for finding in check_json("[]", None, None)] == [24]


def test_a_null_is_named() -> None:
    (finding,) = check(_changed("items.1.tags", None).encode())
    assert str(finding) == "feed: items[1].tags is null (null)"


def test_the_self_link_is_the_address() -> None:
    for text in (ATOM, RSS, JSON):
        found = check(text.encode(), address="http://example.org/feed")
        assert [finding.rule for finding in found] == [1]


@pytest.mark.parametrize("tag", ["title", "description", "![CDATA[", "!--"])
def test_what_stands_in_an_instruction_is_no_text(tag: str) -> None:
    with ends():
        written = f"<?x <title>&lt;</title> {f'<{tag}>' * 200_000}?><title>"
        assert rules(RSS.replace("<title>", written, 1)) == set()
        kind = f"application/rss+xml{' ' * 500_000}x"
        assert {each.rule for each in check(RSS.encode(), content_type=kind, own=True)} == {25}


@pytest.mark.parametrize(
    ("text", "content_type"),
    [
        (ATOM, "text/xml; charset=utf-8"),
        (ATOM, "application/atom+xml"),
        (RSS, "application/atom+xml; charset=utf-8"),
        (RSS, "application/rss+xml; charset=latin-1"),
        (JSON, "application/json"),
    ],
)
def test_rule_25_content_types(text: str, content_type: str) -> None:
    found = check(text.encode(), content_type=content_type, own=True)
    assert [finding.rule for finding in found] == [25]


def test_rule_24_size_and_encoding() -> None:
    large = ATOM.replace("</feed>", " " * 5_000_000 + "</feed>")
    assert rules(large) == {24}
    assert {finding.rule for finding in check(JSON.encode("utf-16"))} == {24}
    assert {finding.rule for finding in check(ATOM.encode("utf-16"), own=True)} == {24}
    assert {finding.rule for finding in check(ATOM.encode("latin-1"))} == {24}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0",
        b"hello",
        b"{",
        b"{}x",
        b'{"a": NaN}',
        b"{" + b'"a":[' * 100_000,
        b"<",
        b"<a/>",
        b"<a>" * 100_000,
        b"<?xml version='1.0' encoding='utf-8'?>",
        b"<?xml version='1.0' encoding='nonsense'?><a/>",
    ],
)
def test_what_is_no_feed_is_one_finding_or_two(data: bytes) -> None:
    found = check(data)
    assert found
    assert {finding.rule for finding in found} == {24}


def test_entities_are_not_expanded() -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1 if n else str()};" * 10}">' for n in range(9)
    )
    text = RSS.replace("<rss", f"<!-- <rss --> {bomb}]><rss", 1).replace("One", "&a8;")
    assert rules(text) == {24}


def test_a_document_type_named_in_content_is_none() -> None:
    assert check(RSS.replace("R&amp;D", "&lt;!DOCTYPE x&gt;").encode()) == ()


def test_a_comment_behind_the_items_is_nothing() -> None:
    assert check(RSS.replace("  </channel>", "<!-- x --></channel>").encode()) == ()


def test_a_finding_is_one_line() -> None:
    assert str(Finding(6, "a\nb", "is  odd")) == "a b: is odd (guid)"


@settings(max_examples=examples(60))
@given(st.sampled_from((ATOM, RSS, JSON)), st.data())
def test_a_damaged_feed_raises_nothing(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    damaged = text[:start] + data.draw(st.text(max_size=5)) + text[end:]
    check(damaged.encode("utf-8", "replace"), now=NOW)


def test_a_byte_order_mark_before_json_is_told_and_the_rest_is_checked() -> None:
    found = check(b'\xef\xbb\xbf{"version": "https://jsonfeed.org/version/1.1", "items": []}')
    assert "byte order mark" in found[0].message
    assert any("has no entries" in each.message for each in found)
