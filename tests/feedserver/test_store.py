from __future__ import annotations

import gc
import logging
import os
import weakref
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedserver import archive as archives
from feedserver.errors import ArchiveError
from feedserver.model import Archive, Feed
from feedserver.store import Document, Store
from tests.samples import archive, post

BASE = "https://feeds.example/"
ALL = Feed("/", "Letters", "All", "posts", "/blog/")
NEWS = Feed("/category/news/", "News", "News", "term", "/category/news/", {"category": ("news",)})


def _archive(*names: str) -> Archive:
    posts = [post(name, days=n, tags=["News"] if n == 0 else []) for n, name in enumerate(names)]
    return archive(posts, [ALL, NEWS])


class _File:
    """An archive's file, whose every version has a time of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "archive.json"
        self.time = 1_700_000_000

    def write(self, content: Archive | bytes) -> None:
        data = content if isinstance(content, bytes) else archives.serialise(content)
        self.path.write_bytes(data)
        self.time += 10
        os.utime(self.path, (self.time, self.time))


@pytest.fixture
def file(tmp_path: Path) -> _File:
    found = _File(tmp_path)
    found.write(_archive("one"))
    return found


def _get(store: Store, name: str, base: str = BASE) -> Document:
    document = store.document(store.snapshot, name, base)
    assert document is not None
    return document


def _taken_up(store: Store) -> bool:
    return [store.refresh() for _ in range(3)] == [False, True, False]


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
            "archive.json",
        )
    }
    assert types == {
        "atom.xml": "application/atom+xml; charset=utf-8",
        "category/news/rss.xml": "application/rss+xml; charset=utf-8",
        "category/news/feed.json": "application/feed+json",
        "feeds.json": "application/json",
        "feeds.opml": "text/x-opml; charset=utf-8",
        "archive.json": "application/feed+json",
    }
    assert _get(store, "archive.json").body == file.path.read_bytes()
    for name in ("", "nothing.xml", "category/none/atom.xml", "category/news", "x/archive.json"):
        assert store.document(store.snapshot, name, BASE) is None


def test_a_changed_archive_is_taken_up_when_it_has_come_to_rest(file: _File) -> None:
    store = Store(file.path)
    old = store.snapshot
    assert not store.refresh()
    file.write(_archive("one", "two"))
    assert _taken_up(store)
    assert store.snapshot is not old
    assert b"Two" in _get(store, "atom.xml").body


def test_what_did_not_change_keeps_its_time(file: _File) -> None:
    store = Store(file.path)
    before = {name: _get(store, name) for name in ("atom.xml", "category/news/atom.xml")}
    file.write(_archive("one", "two"))
    assert _taken_up(store)
    assert _get(store, "category/news/atom.xml") is before["category/news/atom.xml"]
    assert _get(store, "atom.xml").modified > before["atom.xml"].modified
    assert _get(store, "atom.xml").etag != before["atom.xml"].etag


def test_other_input_that_gives_the_same_bytes_is_no_change(file: _File) -> None:
    store = Store(file.path)
    before = _get(store, "feeds.opml")
    changed = _archive("one")
    entry = replace(changed.entries[0], summary="Other words.")
    file.write(replace(changed, entries=(entry,)))
    assert _taken_up(store)
    assert _get(store, "feeds.opml") is before


def test_a_broken_archive_is_refused_and_logged_once(
    file: _File, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(file.path)
    old = store.snapshot
    file.write(b'{"version": "nonsense"')
    with caplog.at_level(logging.WARNING):
        assert [store.refresh() for _ in range(4)] == [False] * 4
    assert store.snapshot is old
    assert len(caplog.records) == 1 and "the old archive stays" in caplog.text
    file.write(_archive("one", "two"))
    assert _taken_up(store)


def test_a_missing_archive_is_logged_once_and_taken_up_when_it_is_back(
    file: _File, caplog: pytest.LogCaptureFixture
) -> None:
    store = Store(file.path)
    data = file.path.read_bytes()
    file.path.unlink()
    with caplog.at_level(logging.WARNING):
        assert [store.refresh() for _ in range(3)] == [False] * 3
    assert len(caplog.records) == 1
    file.write(data)
    assert _taken_up(store)


def test_a_store_can_not_begin_without_an_archive(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        Store(tmp_path / "archive.json")
    (tmp_path / "archive.json").write_text("[]")
    with pytest.raises(ArchiveError):
        Store(tmp_path / "archive.json")


def test_the_oldest_documents_are_forgotten(file: _File) -> None:
    size = len(_get(Store(file.path), "atom.xml", "https://a.example/").body)
    store = Store(file.path, capacity=2 * size)
    for host in ("a", "b", "c"):
        _get(store, "atom.xml", f"https://{host}.example/")
    assert store.remembered(store.snapshot, "atom.xml", "https://a.example/") is None
    assert store.remembered(store.snapshot, "atom.xml", "https://c.example/") is not None


def test_two_versions_of_one_second_have_two_times(file: _File) -> None:
    store = Store(file.path)
    before = _get(store, "atom.xml").modified
    file.write(_archive("one", "two"))
    os.utime(file.path, (1_600_000_000, 1_600_000_000))
    assert _taken_up(store)
    assert _get(store, "atom.xml").modified > before


def test_a_file_of_the_future_was_modified_now(file: _File) -> None:
    os.utime(file.path, (4_000_000_000, 4_000_000_000))
    now = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    store = Store(file.path, now=lambda: now)
    assert _get(store, "atom.xml").modified == now.replace(microsecond=0)


def test_old_archives_are_let_go(file: _File) -> None:
    store = Store(file.path)
    _get(store, "atom.xml")
    old = weakref.ref(store.snapshot.index)
    file.write(_archive("one", "two"))
    assert _taken_up(store)
    gc.collect()
    assert old() is None
