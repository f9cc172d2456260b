"""A database that is damaged or can't be written: known as such, put aside, made anew."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from feedserver.errors import DatabaseError
from feedserver.feeds.parameters import WHOLE, Slice
from feedserver.model import Archive, Feed
from feedserver.store import database
from feedserver.store.store import Store
from tests.feedserver.faults import DAMAGES, no_room
from tests.samples import archive, post

BASE = "https://feeds.example/"
ALL = Feed("/", "Letters", "All", "posts", "/blog/")


def _archive(*names: str) -> Archive:
    return archive([post(name, days=days) for days, name in enumerate(names)], [ALL])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    database.write(_archive("owl", "wren"), tmp_path / "site.sqlite")
    return tmp_path / "site.sqlite"


def _version(path: Path) -> Path:
    return database.file_of(path, database.current(path))


def _body(store: Store, slice: Slice = WHOLE) -> bytes:
    found = store.document(store.snapshot, "feed.json", BASE, slice)
    assert found is not None
    return found.body


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_version_is_known_and_made_anew(
    path: Path, damage: Callable[[Path], None]
) -> None:
    store = Store(path)
    whole = _body(store)
    database.verify(path)
    assert database.holds(_archive("owl", "wren"), path)
    stamp = database.stamp(path)
    damage(_version(path))
    with pytest.raises(DatabaseError):
        # Touched, and then not what was written.
        assert database.stamp(path) != stamp
        database.verify(path)
    assert not database.holds(_archive("owl", "wren"), path)
    database.write(_archive("owl", "wren"), path)
    database.verify(path)
    # One that serves takes it up, though it has the name of the old one, and so does a new one.
    assert store.refresh()
    assert _body(store, Slice(text="wren")) == _body(Store(path), Slice(text="wren"))
    assert _body(Store(path)) == whole
    put_aside = path.with_name("site.sqlite.damaged")
    assert put_aside.exists() == (damage is not DAMAGES["gone"]) or put_aside.is_dir()


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_what_names_the_version_is_made_anew_as_well(
    path: Path, damage: Callable[[Path], None]
) -> None:
    store = Store(path)
    damage(path)
    # Bytes that a name doesn't depend on may be another's.
    with pytest.raises(DatabaseError):
        database.stamp(path)
        database.verify(path)
    database.write(_archive("owl", "wren"), path)
    database.verify(path)
    store.refresh()
    assert _body(store) == _body(Store(path))


def test_what_lies_beside_a_version_is_no_part_of_it(path: Path) -> None:
    version = _version(path)
    unfinished = version.with_suffix(".unfinished")
    for suffix in ("-wal", "-shm", "-journal"):
        version.with_name(f"{version.name}{suffix}").write_bytes(b"garbage" * 1000)
        unfinished.with_name(f"{unfinished.name}{suffix}").write_bytes(b"garbage" * 1000)
    database.verify(path)
    whole = _body(Store(path))
    version.unlink()
    database.write(_archive("owl", "wren"), path)
    assert _body(Store(path)) == whole


def test_content_that_has_changed_is_not_served(path: Path) -> None:
    """SQLite doesn't see what happens within a value."""
    store = Store(path)
    with closing(sqlite3.connect(_version(path))) as connection:
        connection.execute("UPDATE bodies SET content = replace(content, 'Text', 'Lies')")
        connection.commit()
    with pytest.raises(DatabaseError, match="damaged"):
        _body(store)
    assert store.snapshot.found_damage()
    # It is told once.
    assert not store.snapshot.found_damage()
    # Nor is what is missing left out without a word.
    store = Store(path)
    with closing(sqlite3.connect(_version(path))) as connection:
        connection.execute("DELETE FROM bodies")
        connection.commit()
    with pytest.raises(DatabaseError, match="damaged"):
        _body(store)


def test_an_archive_that_has_changed_is_not_sent_as_if_it_had_not(path: Path) -> None:
    store = Store(path)
    with closing(sqlite3.connect(_version(path))) as connection:
        connection.execute("UPDATE pieces SET bytes = replace(bytes, 'Owl', 'Fox')")
        connection.commit()
    with pytest.raises(DatabaseError, match="damaged"):
        b"".join(store.snapshot.archive.chunks())
    assert store.snapshot.found_damage()


def test_a_head_that_has_changed_is_not_taken_up(path: Path) -> None:
    with closing(sqlite3.connect(_version(path))) as connection:
        connection.execute("UPDATE heads SET head = replace(head, 'Owl', 'Fox')")
        connection.commit()
    with pytest.raises(DatabaseError, match="damaged"):
        Store(path)


def test_a_search_in_a_damaged_index_says_so(path: Path) -> None:
    store = Store(path)
    with closing(sqlite3.connect(_version(path))) as connection:
        connection.execute("DELETE FROM words_data")
        connection.commit()
    with pytest.raises(DatabaseError):
        _body(store, Slice(text="wren"))
    assert store.snapshot.found_damage()


def test_without_room_nothing_changes_and_nothing_is_left(path: Path) -> None:
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    with no_room(), pytest.raises(DatabaseError, match=r"site\.[0-9a-f]+\.sqlite: "):
        database.write(_archive("owl", "wren", "crow"), path)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before
    # What is there needs no room.
    with no_room():
        database.write(_archive("owl", "wren"), path)
    database.write(_archive("owl", "wren", "crow"), path)
    assert b"Crow" in _body(Store(path))


def test_what_was_put_aside_gives_way_where_there_is_no_room(path: Path) -> None:
    DAMAGES["the middle"](_version(path))
    with no_room(), pytest.raises(DatabaseError):
        database.write(_archive("owl", "wren"), path)
    assert not path.with_name("site.sqlite.damaged").exists()


def test_what_an_end_in_the_middle_left_is_removed(path: Path) -> None:
    left = path.with_name(f"site.{'0' * 32}.unfinished")
    left.write_bytes(b"half")
    other = path.with_name("site.mine.sqlite")
    other.write_bytes(b"")
    database.write(_archive("crow"), path)
    assert not left.exists() and other.exists()


def test_a_file_that_can_not_be_moved_is_left_where_it_is(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where a worker has it open."""
    whole, version = _body(Store(path)), _version(path)
    DAMAGES["the middle"](version)
    move = os.replace

    def refuse(source: Path, target: Path) -> None:
        if source == version:
            raise PermissionError(13, "in use", str(source))
        move(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    database.write(_archive("owl", "wren"), path)
    assert _version(path) != version and version.exists()
    assert _body(Store(path)) == whole
    name = database.current(path)
    database.write(_archive("owl", "wren"), path)
    assert database.current(path) == name
    database.write(replace(_archive("crow"), feed_limit=7), path)
    assert b"Crow" in _body(Store(path))


def test_a_name_of_a_version_that_is_damaged_is_told(path: Path) -> None:
    path.write_bytes(b"\xa7\x00 no name\n")
    with pytest.raises(DatabaseError, match=r"site\.sqlite: doesn't name a version"):
        database.current(path)
    database.write(_archive("owl", "wren"), path)
    assert database.holds(_archive("owl", "wren"), path)
