from __future__ import annotations

import gc
import json
import logging
import os
import sqlite3
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feedserver.errors import DatabaseError, SearchTimeoutError
from feedserver.feeds.parameters import WHOLE, Slice
from feedserver.formats import archive as archives
from feedserver.model import Archive, Feed
from feedserver.store import database
from feedserver.store.store import Document, Store
from tests.samples import archive, post

BASE = "https://feeds.example/"
ALL = Feed("/", "Letters", "All", "posts", "/blog/")
NEWS = Feed("/category/news/", "News", "News", "term", "/category/news/", {"category": ("news",)})


def _archive(*names: str) -> Archive:
    posts = [post(name, days=n, tags=["News"] if n == 0 else []) for n, name in enumerate(names)]
    return archive(posts, [ALL, NEWS])


class _File:
    """A database, whose every version has a time of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "site.sqlite"
        self.time = 1_700_000_000

    @property
    def version(self) -> Path:
        return database.file_of(self.path, database.current(self.path))

    def write(self, content: Archive) -> None:
        database.write(content, self.path)
        self.time += 10
        os.utime(self.version, (self.time, self.time))


@pytest.fixture
def file(tmp_path: Path) -> _File:
    found = _File(tmp_path)
    found.write(_archive("one"))
    return found


def _get(store: Store, name: str, base: str = BASE, slice: Slice = WHOLE) -> Document:
    document = store.document(store.snapshot, name, base, slice)
    assert document is not None
    return document


def test_documents_are_rendered_once(file: _File) -> None:
    store = Store(file.path)
    assert store.remembered(store.snapshot, "atom.xml", BASE) is None
    first = _get(store, "atom.xml")
    assert _get(store, "atom.xml") is first
    assert store.remembered(store.snapshot, "atom.xml", BASE) is first
    assert _get(store, "atom.xml", "https://other.example/") is not first


def test_every_document_of_the_contract_is_there(file: _File) -> None:
    store = Store(file.path)
    types = {
        name: _get(store, name).media_type
        for name in (
            "atom.xml",
            "category/news/rss.xml",
            "category/news/feed.json",
            "feeds.json",
            "feeds.opml",
        )
    }
    assert types == {
        "atom.xml": "application/atom+xml; charset=utf-8",
        "category/news/rss.xml": "application/rss+xml; charset=utf-8",
        "category/news/feed.json": "application/feed+json",
        "feeds.json": "application/json",
        "feeds.opml": "text/x-opml; charset=utf-8",
    }
    for name in ("", "nothing.xml", "category/none/atom.xml", "category/news", "archive.json"):
        assert store.document(store.snapshot, name, BASE) is None


def test_the_archive_comes_as_a_stream(file: _File) -> None:
    found = Store(file.path).snapshot.archive
    data = b"".join(found.chunks())
    assert data == archives.serialise(_archive("one"))
    assert found.length == len(data)
    assert found.media_type == "application/feed+json"


def test_a_new_version_is_taken_up(file: _File) -> None:
    store = Store(file.path)
    old = store.snapshot
    assert not store.refresh()
    file.write(_archive("one", "two"))
    assert store.refresh()
    assert store.snapshot is not old and store.snapshot.serial == 2
    assert b"Two" in _get(store, "atom.xml").body


def test_a_request_stays_with_the_snapshot_that_it_began_with(file: _File) -> None:
    store = Store(file.path)
    old = store.snapshot
    for names in (["one", "two"], ["three"], ["four"]):
        file.write(_archive(*names))
        assert store.refresh()
    document = store.document(old, "feed.json", BASE)
    assert document is not None
    assert [item["title"] for item in json.loads(document.body)["items"]] == ["One"]
    assert b"".join(old.archive.chunks()) == archives.serialise(_archive("one"))


def test_what_did_not_change_keeps_its_time(file: _File) -> None:
    store = Store(file.path)
    before = {name: _get(store, name) for name in ("atom.xml", "category/news/atom.xml")}
    file.write(_archive("one", "two"))
    assert store.refresh()
    assert _get(store, "category/news/atom.xml") is before["category/news/atom.xml"]
    assert _get(store, "atom.xml").modified > before["atom.xml"].modified
    assert _get(store, "atom.xml").etag != before["atom.xml"].etag


def test_other_input_that_gives_the_same_bytes_is_no_change(file: _File) -> None:
    store = Store(file.path)
    before = _get(store, "feeds.opml")
    changed = _archive("one")
    entry = replace(changed.entries[0], summary="Other words.")
    file.write(replace(changed, entries=(entry,)))
    assert store.refresh()
    assert _get(store, "feeds.opml") is before


def test_a_broken_version_is_refused_and_logged_once(
    file: _File, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(file.path)
    old = store.snapshot
    file.write(_archive("one", "two"))
    file.version.write_bytes(b"nonsense")
    with caplog.at_level(logging.WARNING):
        assert [store.refresh() for _ in range(4)] == [False] * 4
    assert store.snapshot is old
    assert len(caplog.records) == 1 and "the old version stays" in caplog.text
    file.write(_archive("one", "two", "three"))
    assert store.refresh()


@pytest.mark.parametrize("content", [None, b"", b"x" * 32, b"\xff"])
def test_a_database_that_is_none_is_logged_once_and_taken_up_when_it_is_back(
    file: _File, caplog: pytest.LogCaptureFixture, content: bytes | None
) -> None:
    store = Store(file.path)
    file.path.unlink()
    if content is not None:
        file.path.write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert [store.refresh() for _ in range(3)] == [False] * 3
    assert len(caplog.records) == 1
    file.write(_archive("one", "two"))
    assert store.refresh()


def test_a_store_can_not_begin_without_a_database(file: _File, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError):
        Store(tmp_path / "none.sqlite")
    file.version.write_bytes(b"")
    with pytest.raises(DatabaseError):
        Store(file.path)


def test_a_database_of_another_format_is_refused(file: _File) -> None:
    with closing(sqlite3.connect(file.version)) as connection:
        connection.execute("UPDATE facts SET value = '0' WHERE name = 'format'")
        connection.commit()
    with pytest.raises(DatabaseError, match="of format 0"):
        Store(file.path)


def test_the_oldest_documents_are_forgotten(file: _File) -> None:
    size = len(_get(Store(file.path), "atom.xml", "https://a.example/").body)
    store = Store(file.path, capacity=2 * (size + 1100))
    for host in ("a", "b", "c"):
        _get(store, "atom.xml", f"https://{host}.example/")
    assert store.remembered(store.snapshot, "atom.xml", "https://a.example/") is None
    assert store.remembered(store.snapshot, "atom.xml", "https://c.example/") is not None


def test_two_versions_of_one_second_have_two_times(file: _File) -> None:
    store = Store(file.path)
    before = _get(store, "atom.xml").modified
    file.write(_archive("one", "two"))
    os.utime(file.version, (1_600_000_000, 1_600_000_000))
    assert store.refresh()
    assert _get(store, "atom.xml").modified > before


def test_versions_that_follow_at_once_have_seconds_of_their_own(tmp_path: Path) -> None:
    # Newsboat doesn't take what isn't later than what it knows, whatever the ETag is.
    path, seconds = tmp_path / "site.sqlite", []
    for names in (("one",), ("one", "two"), ("one",), ("one", "two")):
        database.write(_archive(*names), path)
        seconds.append(int(database.file_of(path, database.current(path)).stat().st_mtime))
    assert seconds == sorted(set(seconds))


def test_workers_agree_on_the_times_of_versions(file: _File) -> None:
    first = Store(file.path)
    before = _get(first, "atom.xml").modified
    file.write(_archive("one", "two"))
    # One that has seen the version before, and one that was started later.
    assert first.refresh()
    times = {_get(store, "atom.xml").modified for store in (first, Store(file.path))}
    assert len(times) == 1 and before < min(times) <= datetime.now(UTC)


def test_a_file_of_the_future_was_modified_now(file: _File) -> None:
    os.utime(file.version, (4_000_000_000, 4_000_000_000))
    now = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    store = Store(file.path, now=lambda: now)
    assert _get(store, "atom.xml").modified == now.replace(microsecond=0)


def test_old_versions_are_let_go(file: _File) -> None:
    store = Store(file.path)
    _get(store, "atom.xml")
    old = weakref.ref(store.snapshot)
    file.write(_archive("one", "two"))
    assert store.refresh()
    gc.collect()
    assert old() is None


def test_a_first_look_finds_every_entry_from_any_thread(file: _File) -> None:
    file.write(archive([post(f"p{n}", days=n) for n in range(500)], [ALL]))
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            posts = Store(file.path).snapshot.index.posts
            asked = [posts.entries[0].id, posts.entries[-1].id] * 4
            assert list(pool.map(posts.place, asked)) == [0, 499] * 4


def test_a_search_ends_in_time(file: _File, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write(archive([post(f"p{n}", days=n) for n in range(500)], [ALL]))
    monkeypatch.setattr("feedserver.store.snapshots._PATIENCE", -1.0)
    monkeypatch.setattr("feedserver.store.snapshots._INSTRUCTIONS", 1)
    store = Store(file.path)
    with pytest.raises(SearchTimeoutError):
        _get(store, "feed.json", slice=Slice(text="te* p*"))
    # What isn't searched isn't late.
    assert b"P499" in _get(store, "feed.json").body


def test_a_version_that_was_refused_is_tried_again_later(
    file: _File, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    store = Store(file.path, now=lambda: now[0])
    file.write(_archive("one", "two"))
    with monkeypatch.context() as broken:
        broken.setattr("feedserver.store.snapshots.FORMAT", 0)
        assert not store.refresh()
    assert not store.refresh()
    now[0] += timedelta(seconds=60)
    assert store.refresh()


def test_the_archive_comes_in_pieces_whatever_an_entry_s_size(file: _File) -> None:
    content = replace(post("one"), content=f"<p>{'Long. ' * 100_000}</p>")
    whole = archive([content, post("two")], [ALL])
    file.write(whole)
    pieces = list(Store(file.path).snapshot.archive.chunks())
    assert max(map(len, pieces)) <= database.PIECE
    assert b"".join(pieces) == archives.serialise(whole)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        (
            "日本語のニュースレター",
            ("日本", "日本語", "本語", "ニュース", "レター", "日*", "ニュー*"),
        ),
        ("Matrixの新しい橋 (bridge)", ("matrix", "橋", "新しい", "bridge 橋", "Matrixの")),
        ("マトリックス", ("マトリ", "ックス")),
        ("本周矩阵新闻", ("矩阵", "新闻 本周")),
        ("새로운 서버를 소개합니다", ("서버", "소개")),
        ("จดหมายข่าวภาษาไทย", ("ข่าว", "ไทย")),
        ("ꦥꦭꦧꦸꦲꦤ꧀ꦥꦸꦤꦶꦏꦶ", ("ꦭꦧꦸ", "ꦥꦸꦤ")),
        ("ꆈꌠꁱꂷ", ("ꌠꁱ", "ꆈꌠ", "ꁱ*")),
        ("Été à Paris", ("ete", "paris", "par*")),
    ],
)
def test_words_are_found_in_scripts_that_do_not_part_them(
    file: _File, text: str, asked: tuple[str, ...]
) -> None:
    file.write(archive([replace(post("one"), content=f"<p>{text}</p>"), post("two")], [ALL]))
    snapshot = Store(file.path).snapshot
    for words in asked:
        assert len(list(snapshot.search(words, updates=False, behind=-1))) == 1, words
    for words in ("語日", "闻新", "버서", "par", "ニニ", "trix"):
        assert not list(snapshot.search(words, updates=False, behind=-1)), words


def test_a_search_holds_nobody_who_needs_the_content(file: _File) -> None:
    file.write(archive([post(str(n), days=n) for n in range(200)], [ALL]))
    store = Store(file.path)
    begun = store.snapshot.search("text", updates=False, behind=-1)
    next(begun)
    with store.snapshot._searched._used(), ThreadPoolExecutor(1) as other:
        # A search is on its way in this thread.
        document = other.submit(_get, store, "atom.xml").result(120)
    assert document.body.startswith(b"<?xml")
    assert len(list(begun)) == 199
