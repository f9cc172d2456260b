"""Sources that mean harm: nothing unsanitised gets out, each takes bounded time and memory, and
the rest is served."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from feedserver.check.check import check
from feedserver.errors import FeedServerError, ForeignError
from feedserver.feeds import export
from feedserver.foreign import _xml, isolated
from feedserver.foreign.reading import Options
from feedserver.formats import archive as archives
from feedserver.model import Archive
from feedserver.settings.settings import Settings
from feedserver.sources import source
from feedserver.sources.builder import DATABASE, Builder
from feedserver.sources.statefolder import STATUS
from feedserver.store.store import Store
from feedserver.text import html
from tests.conftest import ends, steps, tenth
from tests.feedserver.foreign.test_identity import item
from tests.feedserver.foreign.test_reading import atom, content, entry, feed, rss
from tests.feedserver.origin import Answer, serving
from tests.samples import archive, post

NEWS = "https://evil.example/i/"
SCRIPTS = """\
<h2 onclick="steal()">Dept of <script>steal()</script>Clients</h2>
<h3>Fractal <a href="javascript:steal()">x</a></h3>
<p style="background:url(javascript:steal())"><a href=" java&#10;script:steal()">y</a>
<a href="data:text/html,<script>steal()</script>">z</a></p>
<p>text</p>
<svg onload="steal()"><script>steal()</script><foreignObject><p>in svg</p></foreignObject></svg>
<math><mtext><style><img src=x onerror=steal()></style></mtext></math>
<img src="x" onerror="steal()"><img src="javascript:steal()">
<iframe srcdoc="<script>steal()</script>"></iframe><object data="javascript:steal()"></object>
<form action="https://evil.example/"><button formaction="javascript:steal()">b</button></form>
<noscript><p title="</noscript><img src=x onerror=steal()>"></noscript>
<template><script>steal()</script></template><base href="https://evil.example/">
<meta http-equiv="refresh" content="0; url=javascript:steal()"><link rel=stylesheet href=x>
"""
# In tags alone: as text it is what it is, and harmless.
HARM = re.compile(
    r"<(?:script|svg|math|style|iframe|object|embed|base|meta|link|form|button|template|noscript)\b"
    r"|<[^>]*\s(?:on\w+|srcdoc|formaction)\s*="
    r"|<[^>]*=\s*[\"']?\s*(?:javascript|data|vbscript):",
    re.IGNORECASE,
)


def served(folder: Path, *sources: Path | str) -> Archive:
    """What is served of sources that mean harm and, behind them, one that doesn't."""
    good = folder / "good.json"
    good.write_bytes(archives.serialise(archive([post("good")])))
    settings = Settings(
        sources=(*map(str, sources), str(good)), state=folder / "state", private_addresses=True
    )
    assert Builder(settings).refresh()
    snapshot = Store(folder / "state" / DATABASE).snapshot
    heads = snapshot.index.archive
    found = replace(heads, entries=tuple(snapshot.fill(heads.entries)))
    assert any(each.id == post("good").id for each in found.entries)
    return found


def errors(folder: Path) -> list[str]:
    found = json.loads((folder / "state" / STATUS).read_bytes())["sources"]
    return [each.get("error", "") for each in found]


HOSTILE = {
    "atom": lambda: atom(
        entry(content(SCRIPTS), id=NEWS, title="This Week in &lt;script>steal()&lt;/script>")
    ),
    "xhtml": lambda: atom(
        entry(
            '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><h2>S</h2>'
            '<p onclick="steal()">text</p><script>steal()</script>'
            '<svg xmlns="http://www.w3.org/2000/svg" onload="steal()"/></div></content>',
            id=NEWS,
            title="This Week in X",
        )
    ),
    "rss": lambda: rss(
        f"<item><guid>{NEWS}</guid><title>This Week in X</title>"
        "<pubDate>Fri, 12 Dec 2025 17:19:38 +0000</pubDate>"
        f"<description><![CDATA[{SCRIPTS}]]></description></item>"
    ),
    "json": lambda: feed(
        {
            "id": NEWS,
            "title": "This Week in X",
            "date_published": "2026-01-02T03:04:05Z",
            "content_html": SCRIPTS,
            "authors": [{"name": "<b onclick=steal()>", "url": "javascript:steal()"}],
            "image": "javascript:steal()",
        }
    ),
    "archive": lambda: archives.serialise(
        archive([replace(post("evil"), id=NEWS, content=SCRIPTS, title="<script>steal()</script>")])
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_script_gets_out(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "evil"
    path.write_bytes(HOSTILE[kind]())
    found = served(tmp_path, path)
    assert any(each.id == NEWS for each in found.entries)
    for each in found.entries:
        assert not HARM.search(each.content or ""), each.content
        picture = each.image.url if each.image else None
        for address in (each.url, picture, *(person.url for person in each.authors)):
            assert address is None or address.startswith("https://")
        project = each.update and each.update.project
        assert not (project and project.url and not project.url.startswith("https://"))
    for name, data in export.files(found, found.site.url):
        if name.endswith("feed.json"):
            for item in json.loads(data)["items"]:
                assert not HARM.search(item.get("content_html", ""))
    assert "text" in "".join(each.content or "" for each in found.entries)


def test_what_is_served_of_them_is_a_good_feed(tmp_path: Path) -> None:
    for kind in HOSTILE:
        path = tmp_path / kind
        path.write_bytes(HOSTILE[kind]())
        found = served(tmp_path, path)
        for name, data in export.files(found, found.site.url):
            if name.endswith(("atom.xml", "rss.xml", "/feed.json")):
                assert check(data, address=found.site.url + name, own=True) == (), name


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
_DECLARING = [
    BOMB,
    BOMB.replace("<!DOCTYPE", "<!-- <a> --><!DOCTYPE"),
    BOMB.replace("<!DOCTYPE", "<?x y?>\n<!dOcTyPe"),
    '<!DOCTYPE feed [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE feed [<!ENTITY % a SYSTEM "http://127.0.0.1/x"> %a;]>',
    f'<!DOCTYPE feed [<!ENTITY a "{"x" * 100_000}">]>',
]


@pytest.mark.parametrize("declaring", _DECLARING)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
def test_entities_are_not_expanded(declaring: str, encoding: str, tmp_path: Path) -> None:
    body = atom(entry(content("x") + "<rights>&i;&a;</rights>", title="&i;&a;"))
    text = declaring + body.decode().partition("?>")[2]
    path = tmp_path / "bomb.xml"
    path.write_bytes(text.encode(encoding))
    with ends():
        served(tmp_path, path)
    assert "entities" in errors(tmp_path)[0] or "no JSON Feed" in errors(tmp_path)[0]


def test_a_document_type_alone_does_no_harm(tmp_path: Path) -> None:
    doctype = b'<!DOCTYPE feed PUBLIC "-//x//y" "http://127.0.0.1:1/x.dtd">'
    path = tmp_path / "atom.xml"
    path.write_bytes(doctype + atom(entry(content("x"), id=NEWS)).partition(b"?>")[2])
    assert any(each.id == NEWS for each in served(tmp_path, path).entries)


def test_a_gzip_bomb_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(b"\0" * 100_000_000, 1)
    with serving(lambda request: Answer(bomb, headers={"Content-Encoding": "gzip"})) as web:
        with ends():
            served(tmp_path, web.origin)
        assert "more than 50,000,000 bytes" in errors(tmp_path)[0]


def test_100_mb_of_one_tag_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "atom.xml"
    path.write_bytes(atom("<b>" * 33_000_000))
    with ends():
        served(tmp_path, path)
    assert "more than 50,000,000 bytes" in errors(tmp_path)[0]


_TAGS = (
    "<b>",
    "<div>",
    "<p>",
    "<table>",
    "<ul><li>",
    "<a href=x>",
    "<svg>",
    "<pre>\n\n",
    "<h2>x</h2>",
)
_ACTIVE = "".join(f"<b id=a{number}>" for number in range(tenth(30_000)))
_ACTIVE += "<p>x</p>" * tenth(30_000)


@pytest.mark.parametrize(
    "text", [*(tag * (tenth(1_000_000) // len(tag)) for tag in _TAGS), _ACTIVE]
)
def test_much_of_one_tag_in_an_entry_takes_bounded_time(text: str, tmp_path: Path) -> None:
    path = tmp_path / "feed.json"
    issue = {
        "id": NEWS,
        "title": "This Week in X",
        "date_published": "2026-01-02T03:04:05Z",
        "content_html": text,
    }
    path.write_bytes(feed(issue))
    with ends():
        found = served(tmp_path, path)
    assert any(each.id == NEWS for each in found.entries)


def test_tags_that_stand_deep_are_taken_out_and_their_text_stays() -> None:
    deep = "<div>" * 2000 + "core" + "</div>" * 2000
    assert "core" in html.sanitise(deep, NEWS)
    # Nobody's list of a thousand is touched.
    flat = "".join(f"<p><b>{number}</b></p>" for number in range(2000))
    assert html.sanitise(flat, NEWS) == flat
    sloppy = "".join(f"<p><a name=n{number}>{number}<br>" for number in range(2000))
    assert html.sanitise(sloppy, NEWS).count("<a ") == 2000


def test_content_beyond_what_a_feed_can_hold_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "atom.xml"
    path.write_bytes(atom(entry(content("x" * 5_000_000), id=NEWS)))
    [evil] = [each for each in served(tmp_path, path).entries if each.id == NEWS]
    assert evil.content is None
    own = tmp_path / "archive.json"
    own.write_bytes(archives.serialise(archive([replace(post("x"), content="y" * 5_000_000)])))
    assert all(
        each.content is None or len(each.content) < 99 for each in served(tmp_path, own).entries
    )


@pytest.mark.parametrize(
    "date", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"]
)
def test_dates_at_the_end_of_time(date: str, tmp_path: Path) -> None:
    item = {
        "id": NEWS,
        "title": "This Week in X",
        "content_html": "<h2>a</h2>b",
        "date_published": date,
    }
    ours = {**json.loads(archives.serialise(archive([post("x")])))}
    ours["items"][0] |= {"id": NEWS, "date_published": date, "date_modified": date}
    for number, data in enumerate([feed(item), json.dumps(ours).encode()]):
        path = tmp_path / f"{number}.json"
        path.write_bytes(data)
        served(tmp_path, path)


def test_ids_of_other_sites_are_the_first_source_s(tmp_path: Path) -> None:
    good = post("good")
    path = tmp_path / "evil.json"
    item = {"id": good.id, "title": "Taken over", "date_published": "2026-01-02T03:04:05Z"}
    path.write_bytes(feed(item))
    own = tmp_path / "own.json"
    own.write_bytes(archives.serialise(archive([good])))
    settings = Settings(sources=(str(own), str(path)), state=tmp_path / "state")
    assert Builder(settings).refresh()
    [entry] = Store(tmp_path / "state" / DATABASE).snapshot.index.archive.entries
    assert entry.title == good.title


def test_thousands_of_sections(tmp_path: Path) -> None:
    text = "".join(f"<h2>Section {number}</h2><p>x</p>" for number in range(tenth(10_000)))
    path = tmp_path / "atom.xml"
    path.write_bytes(atom(entry(content(text), id=NEWS, title="This Week in X")))
    with ends():
        found = served(tmp_path, path)
    assert len(found.entries) == tenth(10_000) + 2
    assert len([feed for feed in found.feeds if feed.kind == "section"]) == tenth(10_000)


def test_more_sections_than_anyone_writes_are_none(tmp_path: Path) -> None:
    path = tmp_path / "atom.xml"
    long = f"<h2>{'x' * 300}</h2><p>y</p><h2>Short</h2><p>z</p>"
    path.write_bytes(
        atom(
            entry(content("<h2>a</h2>b" * 21_000), id=NEWS, title="This Week in X"),
            entry(content(long), id="https://evil.example/2", title="This Week in Y"),
        )
    )
    found = served(tmp_path, path)
    updates = [each.id for each in found.entries if each.update]
    assert updates == ["https://evil.example/2#short"]
    [first, _] = json.loads((tmp_path / "state" / STATUS).read_bytes())["sources"]
    assert any("more than 20,000 headings" in note for note in first["notes"])
    assert any("a heading is too long" in note for note in first["notes"])


def _slow_author() -> bytes:
    name = "a@" + "a." * 100_000 + "!"
    return atom(entry(f"<author><!-- -->{name}</author>"))


@pytest.mark.parametrize("make", [_slow_author])
def test_what_takes_a_parser_too_long_is_ended(make: Callable[[], bytes]) -> None:
    with ends(), pytest.raises(ForeignError, match="takes more than 3 seconds"):
        isolated.read(make(), Options(), seconds=3)


def test_what_takes_too_much_memory_is_ended() -> None:
    with ends(), pytest.raises(ForeignError, match=r"memory|MemoryError"):
        isolated.read(atom() + b"<b " + b"x" * 49_000_000, Options())


@pytest.mark.parametrize("name", ["rss", "item", "dc:date", "p", "a·b", "a\u0301b"])
def test_an_element_of_more_attributes_than_anyone_writes_is_refused(name: str) -> None:
    def read(count: int) -> int:
        many = " ".join(f"a{n}='1'" for n in range(count))
        body = "<?x <!-- ?><?x <![CDATA[ ?><dc:date/><p/><a·b/><a\u0301b/>"
        data = rss(item("Tide", body)).decode().replace(f"<{name}", f"<{name} {many}")
        return len(_xml.read(data.encode(), None).items)

    with pytest.raises(ForeignError, match="an element has more than 256 attributes"):
        read(257)
    # Some have a few already.
    assert read(250) == 1


@pytest.mark.parametrize(
    "text",
    ["<!-- <a {}> -->", "<description><![CDATA[<a {}>]]></description>", "<?x <a {}> ?>"],
)
def test_what_is_no_element_of_the_feed_may_have_more(text: str) -> None:
    data = rss(item("Tide", text.format(" ".join(f"a{n}='1'" for n in range(300)))))
    assert len(_xml.read(data, None).items) == 1


def test_files_of_an_entry_are_read_in_steps_that_grow_with_them() -> None:
    def read(count: int) -> int:
        file = '<enclosure url="https://a.example/" length="1" type="audio/mpeg"/>'
        data = rss(item("Tide", file * count))
        return steps(lambda: _xml.read(data, None))

    assert read(400) < 2.5 * read(200)


def test_a_long_author_without_tricks_costs_nothing() -> None:
    name = "a@" + "a." * 100_000 + "!"
    with ends():
        found = isolated.read(atom(entry(f"<author><name>{name}</name></author>")), Options())
    assert len(found.archive.entries[0].authors[0].name) <= 200


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 1000,
        b"<" * 100_000,
        b"&" * 100_000,
        b"<!" * 50_000,
        b"<!--" * 50_000,
        b"<feed><entry>" * 20_000,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"<?xml " * 50_000,
        b"<rss><channel><item>&#" + b"9" * 5000 + b";</item></channel></rss>",
        b"<rss><channel><item><title>&#x110000;&#xd800;</title></item></channel></rss>",
    ],
    ids=range(12),
)
def test_nonsense_is_refused_in_time(data: bytes) -> None:
    with ends():
        try:
            found = isolated.read(data, Options(), "https://evil.example/")
        except FeedServerError:
            return
    assert found.archive.entries == ()


def test_whether_a_file_is_an_archive_is_told_by_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b'{"items": [' + b"{}," * 3_000_000 + b"{}]}")
    settings = Settings(fetch_bytes=5_000_000)
    with ends(), pytest.raises(ForeignError, match="more than 5,000,000 bytes"):
        source.find(str(path), settings).read()
    # Ours may be larger.
    path.write_bytes(archives.serialise(archive([post("one")])))
    assert len(source.find(str(path), replace(settings, fetch_bytes=10)).read().entries) == 1
