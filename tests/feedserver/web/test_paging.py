"""Parts of feeds: which entries they have, walking through them, and their documents."""

from __future__ import annotations

import io
import json
import os
import re
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import feedparser  # type: ignore[import-untyped]  # it carries no types
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from feedserver.check.check import check
from feedserver.errors import EntryNotFoundError
from feedserver.feeds import documents
from feedserver.feeds.index import Index, Page
from feedserver.feeds.parameters import WHOLE, Slice, parse
from feedserver.formats import archive as archives
from feedserver.formats.formats import FORMATS
from feedserver.model import Entry, Feed
from feedserver.store import database
from feedserver.store.store import Store
from tests.conftest import ROOT, examples
from tests.feedserver.examples import hostile_texts
from tests.samples import DAY, archive, post, update

BASE = "https://feeds.example/"
POSTS = Feed("/", "Letters", "All", "posts", "/blog/")
UPDATES = Feed("/updates/", "Updates", "All updates", "updates", "/updates/")
NEWS = Feed("/category/news/", "News", "News", "term", "/category/news/", {"category": ("news",)})
FEEDS = [POSTS, UPDATES, NEWS]
FILES = ("atom.xml", "rss.xml", "feed.json")
ATOM = "{http://www.w3.org/2005/Atom}"
LINK = f"{ATOM}link"


def _store(folder: Path, entries: Sequence[Entry], feed_limit: int = 20) -> Store:
    path = folder / "site.sqlite"
    database.write(archive(entries, FEEDS, feed_limit=feed_limit), path)
    return Store(path)


def _issue(name: str, days: float, *projects: str) -> list[Entry]:
    issue = post(name, days=days, tags=["This Week"], sections=["clients"])
    return [issue, *(update(issue, n, project=slug) for n, slug in enumerate(projects))]


def _ask(store: Store, feed: Feed, query: str) -> list[str]:
    page = _page(store, feed, parse(parse_qsl(query)))
    return [entry.title for entry in page.entries]


def _page(store: Store, feed: Feed, slice: Slice) -> Page:
    return store.snapshot.index.page(feed, slice, store.snapshot.search)


def _links(data: bytes, file: str) -> dict[str, str]:
    """The links that a document has by relation: self, first and next."""
    if file == "feed.json":
        top = json.loads(data)
        names = {"feed_url": "self", "next_url": "next"}
        return {rel: top[name] for name, rel in names.items() if name in top}
    links = etree.fromstring(data).iterfind(LINK if file == "atom.xml" else f"channel/{LINK}")
    return {
        str(link.get("rel")): str(link.get("href"))
        for link in links
        if link.get("rel") != "alternate"
    }


def _ids(data: bytes, file: str) -> list[str]:
    if file == "feed.json":
        return [item["id"] for item in json.loads(data)["items"]]
    tree = etree.fromstring(data)
    if file == "atom.xml":
        return [str(entry.findtext(f"{ATOM}id")) for entry in tree.iterfind(f"{ATOM}entry")]
    return [str(guid.text) for guid in tree.iterfind("channel/item/guid")]


def _get(store: Store, name: str, slice: Slice = WHOLE) -> bytes:
    document = store.document(store.snapshot, name, BASE, slice)
    assert document is not None
    return document.body


@pytest.fixture
def site(tmp_path: Path) -> Store:
    return _store(
        tmp_path,
        [
            *_issue("newest", 14, "fractal", "hydrogen"),
            replace(post("plain", days=10, tags=["News"]), content="<p>Größe &amp; R&amp;D 🦀</p>"),
            *_issue("middle", 7, "fractal", "nheko", "hydrogen"),
            *_issue("oldest", 0, "nheko"),
        ],
    )


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("project=fractal", ["clients-fractal, Newest", "clients-fractal, Middle"]),
        (
            "project=fractal&project=nheko&limit=2",
            ["clients-fractal, Newest", "clients-fractal, Middle"],
        ),
        ("not_project=hydrogen&limit=1", ["clients-fractal, Newest"]),
        (
            "section=clients&not_project=fractal&not_project=hydrogen",
            ["clients-nheko, Middle", "clients-nheko, Oldest"],
        ),
        ("category=this-week&author=ada&project=nheko&limit=1", ["clients-nheko, Middle"]),
        ("q=nheko", ["clients-nheko, Middle", "clients-nheko, Oldest"]),
        ("q=nhe*+news", ["clients-nheko, Middle", "clients-nheko, Oldest"]),
        ("q=nhe", []),
        ("q=nheko&since=2026-03-14T00:00:00Z", ["clients-nheko, Middle"]),
        ("project=nothing", []),
        ("author=bo", []),
        ("q=*", []),
        ("q=-", []),
    ],
)
def test_parameters_are_combined(site: Store, query: str, titles: list[str]) -> None:
    assert _ask(site, UPDATES, query) == titles


def test_words_are_found_whatever_their_case_accents_and_markup(site: Store) -> None:
    for words in ("grosse", "GRÖSSE"):
        assert _ask(site, POSTS, f"q={words}") == []
    for words in ("größe", "GROßE", "R%26D", "plain", '"größe"', "größe+r"):
        assert _ask(site, POSTS, f"q={words}") == ["Plain"], words
    for words in ("amp", "p", "nbsp", "größe+nothing"):
        assert _ask(site, POSTS, f"q={words}") == [], words


@settings(
    max_examples=examples(200),
    # A store doesn't change by being asked.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(hostile_texts | st.text("\"'*()^:-+ANDORNT \0{}", min_size=1))
def test_any_words_can_be_searched_for(site: Store, text: str) -> None:
    page = _page(site, UPDATES, Slice(text=text))
    assert page.next is None


def test_since_is_later_than(site: Store) -> None:
    at = DAY + timedelta(days=7, seconds=1)
    found = _page(site, UPDATES, Slice(since=at)).entries
    assert [entry.title for entry in found] == [
        "clients-fractal, Newest",
        "clients-hydrogen, Newest",
        "clients-hydrogen, Middle",
    ]


@pytest.mark.parametrize(
    "query", ["since=0001-01-01T00:00:00%2B23:59", "since=9999-12-31T23:59:59-23:59"]
)
def test_times_at_the_ends_of_the_calendar(site: Store, query: str) -> None:
    assert len(_ask(site, UPDATES, query)) in (0, 6)


def test_an_entry_that_is_in_no_part_of_the_feed_is_an_error(site: Store) -> None:
    plain = "https://letters.example/blog/plain/"
    assert _ask(site, POSTS, f"before={plain}&category=this-week") == ["Middle", "Oldest"]
    for feed, before in ((UPDATES, plain), (POSTS, "x"), (NEWS, plain.replace("plain", "middle"))):
        with pytest.raises(EntryNotFoundError):
            _page(site, feed, Slice(before=before))
        with pytest.raises(EntryNotFoundError):
            site.document(site.snapshot, f"{feed.path[1:]}atom.xml", BASE, Slice(before=before))


@pytest.mark.parametrize("file", FILES)
def test_documents_lead_through_the_feed(site: Store, file: str) -> None:
    query = "limit=2&not_project=nheko"
    seen: list[str] = []
    slice = parse(parse_qsl(query))
    while True:
        data = _get(site, f"updates/{file}", slice)
        address = f"{BASE}updates/{file}?{slice.query_string()}"
        media_type = FORMATS[file].media_type
        suffix = "" if file == "feed.json" else "; charset=utf-8"
        assert check(data, address=address, content_type=media_type + suffix) == ()
        links = _links(data, file)
        assert links["self"] == address
        if file != "feed.json":
            assert urlsplit(links["first"]).query == parse(parse_qsl(query)).query_string()
        seen += _ids(data, file)
        if "next" not in links:
            break
        slice = parse(parse_qsl(urlsplit(links["next"]).query))
    whole = _page(site, UPDATES, parse([("not_project", "nheko"), ("limit", "200")]))
    assert seen == [entry.id for entry in whole.entries]


def test_the_documents_of_a_feed_have_one_id(site: Store) -> None:
    first = _get(site, "updates/atom.xml", Slice(limit=2))
    [after] = [
        parse(parse_qsl(urlsplit(_links(first, "atom.xml")["next"]).query)),
    ]
    second = _get(site, "updates/atom.xml", after)
    assert feedparser.parse(first).feed.id == feedparser.parse(second).feed.id


@pytest.mark.parametrize("file", FILES)
def test_a_feed_that_is_cut_leads_on_and_one_that_is_whole_does_not(
    tmp_path: Path, file: str
) -> None:
    entries = [post(f"p{n}", days=n) for n in range(3)]
    store = _store(tmp_path, entries, feed_limit=2)
    links = _links(_get(store, file), file)
    assert parse(parse_qsl(urlsplit(links["next"]).query)) == Slice(before=entries[1].id)
    whole = archive(entries, FEEDS, feed_limit=3)
    database.write(whole, tmp_path / "site.sqlite")
    assert store.refresh()
    assert _get(store, file) == documents.render(Index(whole), POSTS, file, BASE)


@pytest.mark.parametrize("file", FILES)
def test_a_part_without_an_entry_is_a_feed_all_the_same(site: Store, file: str) -> None:
    data = _get(site, f"updates/{file}", parse([("project", "nothing")]))
    assert _ids(data, file) == []
    assert "next" not in _links(data, file)
    if file == "atom.xml":
        changed = DAY + timedelta(days=14, seconds=1)
        assert feedparser.parse(data).feed.updated == changed.isoformat()
    assert site.document(site.snapshot, f"section/nothing/{file}", BASE) is None


@pytest.mark.parametrize("file", FILES)
def test_a_document_that_would_be_too_large_goes_on_in_the_next(tmp_path: Path, file: str) -> None:
    entries = [
        replace(post(f"p{n}", days=-n), content=f"<p>{'é' * (90_000 + n)}</p>") for n in range(30)
    ]
    entries[4] = replace(entries[4], content="x" * 5_000_000)
    store = _store(tmp_path, entries)
    slice, seen = Slice(limit=200), []
    while True:
        data = _get(store, file, slice)
        assert len(data) <= documents.MAX_BYTES
        seen += _ids(data, file)
        links = _links(data, file)
        if "next" not in links:
            break
        slice = parse(parse_qsl(urlsplit(links["next"]).query))
    assert seen == [entry.id for entry in entries]


@settings(max_examples=examples(100))
@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=5),
    st.integers(1, 5),
    st.lists(st.integers(0, 3), max_size=4),
    st.sampled_from(["", "section=clients", "not_project=p9", "since=1999-01-01T00:00:00Z"]),
)
def test_walking_while_the_feed_grows_and_is_edited_neither_skips_nor_repeats(
    sizes: list[int], limit: int, events: list[int], query: str
) -> None:
    entries = [
        entry
        for n, size in enumerate(sizes)
        for entry in _issue(f"i{n}", n, *(f"p{k}" for k in range(size)))
    ]
    there = [entry.id for entry in Index(archive(entries, FEEDS)).entries(UPDATES)]
    seen: list[str] = []
    before: str | None = None
    for turn in range(len(there) + 1):
        slice = replace(parse(parse_qsl(query)), limit=limit, before=before)
        page = Index(archive(entries, FEEDS)).page(UPDATES, slice)
        seen += [entry.id for entry in page.entries]
        if page.next is None:
            break
        before = page.next
        event = events[turn] if turn < len(events) else 0
        if event == 1:
            entries = [*_issue(f"new{turn}", 100 + turn, "p0", "p1"), *entries]
        elif event == 2:
            # An edit; now and then of the entry that was seen last.
            entries = [_edited(entry) if entry.id == before else entry for entry in entries]
        elif event == 3:
            entries = [_edited(entry) for entry in entries]
    assert seen == there


def _edited(entry: Entry) -> Entry:
    """An entry whose text was edited, which the words that it was found by may be gone from."""
    return replace(
        entry,
        content="<p>Other words.</p>",
        summary="Other words.",
        modified=entry.modified + timedelta(days=1),
    )


@settings(max_examples=examples(50))
@given(st.lists(hostile_texts, min_size=1, max_size=4))
def test_a_database_gives_the_documents_that_files_have(
    tmp_path_factory: pytest.TempPathFactory, contents: list[str]
) -> None:
    entries = [
        replace(post(f"p{n}", days=n), content=content.encode("utf-8", "replace").decode())
        for n, content in enumerate(contents)
    ]
    whole = archive(entries, FEEDS)
    store = _store(tmp_path_factory.mktemp("site"), entries)
    for file in FILES:
        assert _get(store, file) == documents.render(Index(whole), POSTS, file, BASE)
    assert b"".join(store.snapshot.archive.chunks()) == archives.serialise(whole)


def test_the_same_archive_gives_the_same_database(tmp_path: Path) -> None:
    entries = [*_issue("one", 0, "a", "b"), post("two", days=1, content=None)]
    files: list[Mapping[str, bytes]] = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        database.write(archive(entries, FEEDS), tmp_path / name / "site.sqlite")
        files.append({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()})
    assert files[0] == files[1]


def test_one_older_version_is_left(tmp_path: Path) -> None:
    path = tmp_path / "site.sqlite"
    names = []
    for n in range(4):
        database.write(archive([post(f"p{n}")], FEEDS), path)
        names.append(database.current(path))
    files = {file.name for file in tmp_path.iterdir()}
    assert files == {"site.sqlite", *(f"site.{name}.sqlite" for name in names[-2:])}


def test_a_version_that_comes_back_is_a_change_and_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "site.sqlite"
    one, two = (archive([post(name)], FEEDS) for name in ("one", "two"))
    database.write(one, path)
    name = database.current(path)
    file = database.file_of(path, name)
    os.utime(file, (1_700_000_000, 1_700_000_000))
    inode = file.stat().st_ino
    database.write(one, path)
    assert file.stat().st_mtime == 1_700_000_000
    database.write(two, path)
    database.write(one, path)
    assert database.current(path) == name
    assert file.stat().st_ino == inode and file.stat().st_mtime > 1_700_000_000


@pytest.mark.parametrize("damage", [b"", b"nonsense" * 1000])
def test_a_damaged_version_is_written_again(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "site.sqlite"
    made = archive([post("one")], FEEDS)
    database.write(made, path)
    database.file_of(path, database.current(path)).write_bytes(damage)
    database.write(made, path)
    assert len(_ids(_get(Store(path), "feed.json"), "feed.json")) == 1


def test_an_entry_without_content_has_none_and_one_with_has_its_own(tmp_path: Path) -> None:
    store = _store(tmp_path, [post("empty", content=None), post("full", days=1)])
    full, empty = json.loads(_get(store, "feed.json"))["items"]
    assert "content_html" in full and "content_text" not in full
    assert "content_html" not in empty and "content_text" in empty
    assert all(entry.content is None for entry in store.snapshot.index.archive.entries)


def test_what_did_not_change_is_shared_with_the_version_before(tmp_path: Path) -> None:
    entries = _issue("one", 0, "a", "b")
    store = _store(tmp_path, entries)
    old = {entry.id: entry for entry in store.snapshot.index.archive.entries}
    database.write(archive([_edited(entries[0]), *entries[1:]], FEEDS), tmp_path / "site.sqlite")
    assert store.refresh()
    new = {entry.id: entry for entry in store.snapshot.index.archive.entries}
    assert [new[entry.id] is old[entry.id] for entry in entries] == [False, True, True]


def test_the_limit_of_a_feed_counts_for_its_parts(tmp_path: Path) -> None:
    entries = [entry for n in range(4) for entry in _issue(f"i{n}", n, "a", "b", "c")]
    store = _store(tmp_path, entries, feed_limit=1)
    # The two newest issues, which a reader must see whole.
    assert len(_ask(store, UPDATES, "section=clients")) == 6
    assert len(_ask(store, UPDATES, "project=a")) == 2
    assert len(_ask(store, UPDATES, "section=clients&limit=1")) == 1
    assert len(_ask(store, POSTS, "section=clients")) == 1


def test_the_how_to_s_bot_sees_each_entry_once(
    site: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "docs" / "how-to" / "slices.md").read_text("utf-8")
    [code, _] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    asked: list[str] = []

    def answer(address: str) -> io.BytesIO:
        asked.append(address)
        slice = parse(parse_qsl(urlsplit(address).query))
        return io.BytesIO(_get(site, "updates/feed.json", slice))

    monkeypatch.setattr(urllib.request, "urlopen", answer)
    names: dict[str, Any] = {}
    exec(code, names)
    seen: dict[str, list[str]] = {}
    address = f"{BASE}updates/feed.json"
    new = names["poll"](address, seen)
    assert [item["id"] for item in new] == [
        entry.id for entry in site.snapshot.index.entries(UPDATES)
    ]
    assert names["poll"](address, seen) == []
    assert "since=" in asked[-1] and "since=" not in asked[0]
    edited = new[0]["id"]
    seen[edited][1] = "0123456789ab"
    assert [item["id"] for item in names["poll"](address, seen)] == [edited]
    # A date in the future would hide all else until it has come.
    seen[edited][0] = "2999-01-01T00:00:00+00:00"
    names["poll"](address, seen)
    [since] = parse_qs(urlsplit(asked[-1]).query)["since"]
    assert datetime.fromisoformat(since) < datetime.now(UTC)
