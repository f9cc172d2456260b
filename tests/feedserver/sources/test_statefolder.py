"""A state folder that fails while a builder uses it: what is served stays, and is tried again."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import platformdirs
import pytest
from sqlalchemy import select

from feedserver.errors import SourceError, StateError
from feedserver.ledger import work
from feedserver.network.pushes import Pushes
from feedserver.network.tables import PUSHES
from feedserver.settings.peers import Peer
from feedserver.settings.settings import Settings
from feedserver.sources import keeping, statefolder
from feedserver.sources.builder import DATABASE, Builder
from feedserver.sources.fetching import WebFetcher
from feedserver.sources.keeping import COPIES
from feedserver.sources.statefolder import LOCK, STATUS
from feedserver.store import database
from tests.feedserver.faults import DAMAGES, no_room, replace_by_pipe
from tests.feedserver.origin import Answer, Web
from tests.feedserver.sources.test_builder import Bench, Clock, clock, feed, put, touched, web

__all__ = ["clock", "web"]

ROOM = 70_000
"""Enough for a file as small as is tried, and too little for the database of `_large`."""


def _large(path: Path, *names: str) -> Path:
    put(path, *names)
    values = json.loads(path.read_bytes())
    for item in values["items"]:
        words = (os.urandom(3).hex() for _ in range(20_000))
        item["content_html"] = f"<p>{' '.join(words)}</p>"
    path.write_text(json.dumps(values))
    touched(path)
    return path


def _problems(bench: Bench) -> str:
    return "; ".join(bench.builder.health.problems)


def test_a_change_that_comes_while_nothing_can_be_written_is_taken_up_later(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    path = put(tmp_path / "archive.json", "one")
    bench = Bench(tmp_path, clock, str(path))
    assert bench.refresh()
    put(path, "one", "two")
    with no_room():
        assert [bench.refresh() for _ in range(4)] == [False] * 4
        assert bench.ids() == ["one/"]
        [found] = bench.builder.health.sources
        assert found.state == "stale" and "File too large" in str(found.error)
        assert "File too large" in _problems(bench)
        bench.builder.hurry()
        assert not bench.refresh()
    assert bench.refresh()
    assert bench.ids() == ["two/", "one/"]
    [found] = bench.builder.health.sources
    assert found.current and not bench.builder.health.problems
    assert bench.status()[0]["state"] == "current"
    said = [each.getMessage() for each in caplog.records if "File too large" in each.message]
    assert len(said) == 1 and said[0].endswith("what is served stays")


def test_a_change_for_which_there_is_too_little_room_is_taken_up_later(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "archive.json", "one")
    bench = Bench(tmp_path, clock, str(path))
    assert bench.refresh()
    _large(path, "one", "two")
    with no_room(ROOM):
        assert [bench.refresh() for _ in range(3)] == [False] * 3
        assert bench.ids() == ["one/"]
        # There it can be written, that it is stale.
        [found] = bench.status()
        assert found["state"] == "stale" and DATABASE.removesuffix(".sqlite") in found["error"]
        assert not list(bench.state.glob("*.unfinished*"))
    # An attempt takes time, and the next waits for it; not where somebody says so.
    bench.builder.hurry()
    assert bench.refresh()
    assert bench.ids() == ["two/", "one/"]
    assert bench.status()[0]["state"] == "current"


def test_attempts_that_fail_take_a_small_part_of_the_time(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("feedserver.sources.written.time.monotonic", lambda: now[0])
    path = put(tmp_path / "archive.json", "one")
    bench = Bench(tmp_path, clock, str(path))
    assert bench.refresh()
    put(path, "one", "two")
    bench.refresh()
    tries: list[float] = []

    def fail(*arguments: object) -> None:
        tries.append(now[0])
        now[0] += 2
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(database, "write", fail)
        for _ in range(50):
            bench.refresh()
            now[0] += 1
    assert tries == [1000.0, 1022.0, 1044.0]
    now[0] += 20
    assert bench.refresh() and bench.ids() == ["two/", "one/"]


@pytest.mark.parametrize("by", ["nothing", "a file", "another folder"])
def test_a_folder_that_is_taken_away_is_made_anew(tmp_path: Path, clock: Clock, by: str) -> None:
    path = put(tmp_path / "archive.json", "one")
    bench = Bench(tmp_path, clock, str(path))
    assert bench.refresh()
    shutil.rmtree(bench.state)
    if by == "a file":
        bench.state.write_text("")
        assert [bench.refresh() for _ in range(2)] == [False] * 2
        assert "it is no folder" in _problems(bench)
        bench.state.unlink()
    elif by == "another folder":
        bench.state.mkdir()
    assert bench.refresh()
    assert bench.ids() == ["one/"] and bench.status()[0]["state"] == "current"
    assert not bench.builder.health.problems
    assert not bench.refresh()


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_database_is_made_anew(
    tmp_path: Path,
    clock: Clock,
    damage: Callable[[Path], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = put(tmp_path / "archive.json", "one")
    bench = Bench(tmp_path, clock, str(path))
    assert bench.refresh()
    for again in (bench, Bench(tmp_path, clock, str(path))):
        database_path = bench.state / DATABASE
        damage(database.file_of(database_path, database.current(database_path)))
        assert again.refresh()
        assert bench.ids() == ["one/"] and not again.builder.health.problems
        assert not again.refresh()
    assert caplog.text.count("it has been made anew") == 1


def test_a_damaged_database_that_can_not_be_made_anew_is_told(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    path = put(tmp_path / "archive.json", "one")
    bench = Bench(tmp_path, clock, str(path))
    assert bench.refresh()
    database_path = bench.state / DATABASE
    DAMAGES["the middle"](database.file_of(database_path, database.current(database_path)))
    with no_room():
        assert [bench.refresh() for _ in range(3)] == [False] * 3
        assert "damaged" in _problems(bench)
    assert bench.refresh()
    assert not _problems(bench) and bench.ids() == ["one/"]


def test_what_a_worker_could_not_read_is_looked_at(tmp_path: Path, clock: Clock) -> None:
    path = put(tmp_path / "archive.json", "one")
    bench = Bench(tmp_path, clock, str(path))
    assert bench.refresh()
    database_path = bench.state / DATABASE
    file = database.file_of(database_path, database.current(database_path))
    times = file.stat()
    DAMAGES["the end"](file)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    bench.builder.suspect()
    assert bench.refresh()
    # What is whole stays.
    bench.builder.suspect()
    assert not bench.refresh()


@pytest.mark.parametrize("changed", [False, True])
def test_a_start_without_room_serves_what_is_there(
    tmp_path: Path, clock: Clock, changed: bool
) -> None:
    path = put(tmp_path / "archive.json", "one")
    assert Bench(tmp_path, clock, str(path)).refresh()
    if changed:
        put(path, "one", "two")
    bench = Bench(tmp_path, clock, str(path))
    with no_room():
        assert not bench.refresh()
        assert bench.ids() == ["one/"]
        [found] = bench.builder.health.sources
        assert found.current != changed and "File too large" in _problems(bench)
    assert bench.refresh() == changed
    assert len(bench.ids()) == 1 + changed and not _problems(bench)


def test_a_start_without_room_and_without_anything_says_why(tmp_path: Path, clock: Clock) -> None:
    path = put(tmp_path / "archive.json", "one")
    bench = Bench(tmp_path, clock, str(path))
    with no_room(), pytest.raises(SourceError, match="state: the state folder: File too large"):
        bench.refresh()
    # A database of other sources is none of these.
    assert bench.refresh()
    other = put(tmp_path / "other.json", "two")
    with no_room(), pytest.raises(SourceError, match="File too large"):
        Bench(tmp_path, clock, str(other)).refresh()


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_status_is_no_reason_not_to_start(
    tmp_path: Path, clock: Clock, damage: Callable[[Path], None]
) -> None:
    path = put(tmp_path / "archive.json", "one")
    assert Bench(tmp_path, clock, str(path)).refresh()
    damage(tmp_path / "state" / STATUS)
    bench = Bench(tmp_path, clock, str(path))
    bench.refresh()
    assert bench.ids() == ["one/"]
    [found] = bench.builder.health.sources
    assert found.current
    # What can't be put in the place of a folder is told.
    assert ("status.json" in _problems(bench)) == (damage is DAMAGES["a folder"])


def test_a_copy_that_could_not_be_kept_is_kept_later(
    tmp_path: Path, clock: Clock, web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    web.says(feed("one"))
    bench = Bench(tmp_path, clock, web.origin)
    bench.state.mkdir()
    (bench.state / COPIES).write_text("in the way")
    assert bench.refresh()
    assert [bench.refresh() for _ in range(3)] == [False] * 3
    assert f"{web.origin}: no copy can be kept" in _problems(bench)
    assert caplog.text.count("no copy can be kept") == 1
    (bench.state / COPIES).unlink()
    assert not bench.refresh() and not _problems(bench)
    web.says(Answer(status=503))
    again = Bench(tmp_path, clock, web.origin)
    assert again.refresh() or again.ids() == ["one/"]


@pytest.mark.parametrize("damage", ["the middle", "empty", "a folder", "a pipe"])
def test_a_damaged_copy_is_fetched_anew(
    tmp_path: Path, clock: Clock, web: Web, damage: str
) -> None:
    web.says(Answer(feed("one"), headers={"ETag": '"1"'}))
    assert Bench(tmp_path, clock, web.origin).refresh()
    [copy] = (tmp_path / "state" / COPIES).iterdir()
    DAMAGES[damage](copy)
    bench = Bench(tmp_path, clock, web.origin)
    bench.refresh()
    assert bench.ids() == ["one/"]
    # What is damaged isn't asked about, for it might be as it was there.
    assert "If-None-Match" not in web.requests[-1].headers
    assert [each.state for each in bench.builder.health.sources] == ["current"]


@pytest.mark.parametrize("by", ["a folder", "a pipe", "a device", "too much", "nothing"])
def test_an_archive_that_is_replaced_by_what_can_not_be_read_is_told(
    tmp_path: Path, clock: Clock, by: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    path = put(folder / "archive.json", "one")
    bench = Bench(tmp_path, clock, str(folder))
    assert bench.refresh()
    if by == "a pipe":
        replace_by_pipe(path)
    elif by == "too much":
        # A file with a hole, which takes no room here.
        os.truncate(path, bench.settings.archive_bytes + 1)
    else:
        path.unlink()
        if by == "a folder":
            path.mkdir()
        elif by == "a device":
            path.symlink_to("/dev/zero")
    assert [bench.refresh() for _ in range(4)] == [False] * 4
    [found] = bench.builder.health.sources
    expected = {
        "a folder": "Is a directory",
        "a pipe": "it is no regular file",
        "a device": "it is no regular file",
        "too much": "it has more than 500,000,000 bytes (the setting archive_bytes)",
        "nothing": "no archive.json in this folder, as a built site has",
    }
    assert not found.current and expected[by] in str(found.error)
    assert bench.ids() == ["one/"]
    assert caplog.text.count("the old archive stays") == 1
    # And as a start.
    with pytest.raises(SourceError):
        Builder(Settings(sources=(str(folder),), state=tmp_path / "new")).refresh()
    if by == "a folder":
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
    put(path, "one", "two")
    assert [bench.refresh() for _ in range(2)] == [False, True]
    assert bench.builder.health.sources[0].current


def test_the_limit_of_archives_is_a_setting(tmp_path: Path, clock: Clock) -> None:
    path = put(tmp_path / "archive.json", "one")
    size = path.stat().st_size
    assert Bench(tmp_path, clock, str(path), archive_bytes=size).refresh()
    with pytest.raises(SourceError, match="archive_bytes"):
        Bench(tmp_path / "x", clock, str(path), archive_bytes=size - 1).refresh()


def test_a_registry_that_is_a_pipe_is_refused(tmp_path: Path, clock: Clock) -> None:
    os.mkfifo(tmp_path / "registry.toml")
    with pytest.raises(Exception, match="it is no regular file"):
        Bench(tmp_path, clock, "x", registry=tmp_path / "registry.toml")


def test_a_folder_that_was_made_anew_is_locked_anew(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path / "state")
    with statefolder.held(settings) as held:
        shutil.rmtree(held.path)
        held.check()
        with pytest.raises(StateError, match="another server"), statefolder.held(settings):
            raise AssertionError
        # Another one may have been quicker.
        shutil.rmtree(held.path)
        with statefolder.held(settings):
            with pytest.raises(StateError, match="another server"):
                held.check()
            assert (held.path / LOCK).exists()
        held.check()
    with statefolder.held(settings):
        pass


def test_a_folder_in_which_nothing_can_be_written_is_held_if_it_can_be_served(
    tmp_path: Path, clock: Clock
) -> None:
    path = put(tmp_path / "archive.json", "one")
    settings = Settings(sources=(str(path),), state=tmp_path / "state")
    with no_room():
        with (
            pytest.raises(StateError, match="state: the state folder: File too large"),
            statefolder.held(settings),
        ):
            raise AssertionError
    assert Bench(tmp_path, clock, str(path)).refresh()
    with no_room():
        with statefolder.held(settings) as held:
            builder = Builder(settings, state=held, fetcher=WebFetcher(settings), now=clock)
            assert not builder.refresh()
            assert builder.health.sources[0].current and builder.health.problems


def test_what_may_not_be_lost_outlives_other_sources_and_peers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Histories and subscriptions lie in one ledger."""
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: tmp_path / "data" / name)
    peer = Peer("https://owls.example/")
    address = "https://letters.example/atom.xml"
    tokens, kept = [], []
    for settings in (
        Settings(sources=("site", address)),
        Settings(sources=(address,)),
        Settings(sources=(address, "https://foxes.example/"), peers=(peer,)),
    ):
        with statefolder.subscribed(settings) as folder, statefolder.held(settings) as held:
            assert folder == held.lasting == tmp_path / "data" / "feedserver"
            with keeping.ledger_of(settings, folder) as found:
                Pushes(found, work.runner(found)).want([address], subscribing=True)
                with found.reading() as connection:
                    tokens.append(connection.scalar(select(PUSHES.c.token)))
            with keeping.opened(settings, held.lasting) as histories:
                kept.append(histories.about(address))
                histories.mark(address, 1.0)
    assert tokens[0] and len(set(tokens)) == 1
    assert kept[0] is None and kept[1] == kept[2] is not None


def test_of_two_servers_without_a_state_one_has_the_subscribers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: tmp_path / "data" / name)
    first, second = Settings(sources=("a",)), Settings(sources=("b",))
    with statefolder.subscribed(first) as folder:
        assert folder
        with statefolder.subscribed(second) as other:
            assert other is None
        assert "name a folder, the setting state" in caplog.text
        with statefolder.subscribed(replace(second, state=tmp_path / "state")) as other:
            assert other == tmp_path / "state"
        with statefolder.subscribed(replace(second, database="postgresql://db/x")) as other:
            assert other is not None
    with statefolder.subscribed(second) as again:
        assert again == folder
