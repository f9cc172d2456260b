"""A server whose files fail: the state folder, the database, the archive. It serves on."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from pathlib import Path

import pytest

from feedserver.feeds import export
from feedserver.formats import archive
from feedserver.serving.supervisor import Supervisor
from feedserver.sources.statefolder import DATABASE
from feedserver.store import database
from tests.conftest import ROOT, some
from tests.feedserver.faults import DAMAGES, no_room, replace_by_pipe
from tests.feedserver.running import Running, put, running, until
from tests.processes.test_serving import small_archive
from tests.processes.workers import answers_once
from tests.samples import SITE


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    export.write(small_archive(), SITE.url, folder)
    return folder


def _titles(server: Running) -> list[str]:
    answer = server.get("/feed.json")
    assert answer.status == 200
    return [item["title"] for item in json.loads(answer.body)["items"]]


def _grow(site: Path) -> None:
    put(site / "archive.json", archive.serialise(small_archive("week", "newer")))


def _settings(state: Path) -> str:
    return f"state = '{state}'\ninterval = 0.1\n"


def _is_degraded(server: Running, words: str) -> bool:
    health = server.health()
    return health["status"] == "degraded" and words in str(health.get("problems"))


def _serves_on(server: Running, site: Path, words: str, free: Callable[[], object]) -> None:
    """A server that can't write does what it should, and all again when it can."""
    until(lambda: _is_degraded(server, words))
    assert _titles(server) == ["Week"]
    _grow(site)
    until(lambda: server.health()["sources"][0]["state"] == "stale")
    assert words in server.health()["sources"][0]["error"]
    assert b"feedserver_entries 2.0" in server.get("/metrics").body
    until(lambda: b"feedserver_source_current{" in server.get("/metrics").body)
    until(lambda: b'/site"} 0.0' in server.get("/metrics").body)
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "the sources are read again" in server.logged())
    assert _titles(server) == ["Week"]
    [worker] = server.workers()
    os.kill(worker, signal.SIGKILL)
    until(lambda: server.workers() not in ([], [worker]))
    until(lambda: server.health()["sources"][0]["state"] == "stale")
    free()
    until(lambda: _titles(server) == ["Newer", "Week"])
    until(lambda: server.health()["status"] == "ok")
    assert "problems" not in server.health()
    assert server.logged().count(f"{words}; what is served stays") == 1
    assert "Traceback" not in server.logged()


def test_a_server_that_can_not_write_serves_on(site: Path, tmp_path: Path) -> None:
    with running(site, settings=_settings(tmp_path / "state")) as server:
        limited = no_room(process=server.process.pid)
        limited.__enter__()
        _serves_on(
            server,
            site,
            f"{tmp_path}/state: the state folder: File too large",
            lambda: limited.__exit__(None, None, None),
        )
        assert server.end() == 0


@contextmanager
def _mounted(folder: Path, options: str) -> Iterator[Path]:
    """A small disk, where there are the privileges."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        # Without privileges there are the tests by the process' own limits.
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("lacks", ["room", "inodes"])
def test_a_disk_that_is_full(site: Path, tmp_path: Path, lacks: str) -> None:
    with _mounted(tmp_path / "disk", "size=8m,nr_inodes=64") as disk:
        with running(site, settings=_settings(disk / "state")) as server:
            filling = disk / "filling"
            filling.mkdir()
            with pytest.raises(OSError, match="No space left"):
                for number in range(100):
                    size = 1_000_000 if lacks == "room" else 0
                    (filling / str(number)).write_bytes(bytes(size))
            words = f"{disk}/state: the state folder: No space left on device"
            _serves_on(server, site, words, lambda: shutil.rmtree(filling))


def test_a_disk_that_is_read_only_when_the_server_starts(site: Path, tmp_path: Path) -> None:
    with _mounted(tmp_path / "disk", "size=8m") as disk:
        with running(site, settings=_settings(disk / "state")) as server:
            assert server.end() == 0
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with running(site, settings=_settings(disk / "state")) as server:
            assert _is_degraded(server, "Read-only file system")
            assert _titles(server) == ["Week"]


def test_a_start_without_room(site: Path, tmp_path: Path) -> None:
    settings = _settings(tmp_path / "state")
    with running(site, settings=settings) as server:
        assert server.end() == 0
    _grow(site)
    # The server's process has the limits of this one.
    with no_room(), running(site, settings=settings) as server:
        assert _titles(server) == ["Week"]
        assert _is_degraded(server, "File too large")
        assert server.health()["sources"][0]["state"] == "stale"


def _take_away(folder: Path) -> None:
    """At once: the server may be writing there."""
    elsewhere = folder.with_name("taken away")
    shutil.rmtree(elsewhere, ignore_errors=True)
    folder.rename(elsewhere)


def _put(file: Path) -> bool:
    try:
        file.write_text("")
    except IsADirectoryError:
        return False
    return True


@pytest.mark.parametrize("by", some(["a file", "nothing"]))
def test_a_state_folder_that_is_taken_away(site: Path, tmp_path: Path, by: str) -> None:
    state = tmp_path / "state"
    with running(site, settings=_settings(state)) as server:
        _take_away(state)
        if by == "a file":
            # The server makes the folder anew, and may have done so by now.
            while not _put(state):
                _take_away(state)
            until(lambda: _is_degraded(server, "it is no folder"))
            assert _titles(server) == ["Week"]
            state.unlink()
        until(lambda: (state / "status.json").exists())
        until(lambda: server.health()["status"] == "ok")
        _grow(site)
        until(lambda: _titles(server) == ["Newer", "Week"])
        # It is this server's, as before.
        command = [sys.executable, "-m", "feedserver", "serve", str(site), "--port", "0"]
        environ = {**os.environ, "FEEDSERVER_STATE": str(state)}
        second = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environ)
        assert second.returncode == 2 and "another server uses" in second.stderr
        [worker] = server.workers()
        os.kill(worker, signal.SIGKILL)
        until(lambda: server.workers() not in ([], [worker]))
        until(lambda: _titles(server) == ["Newer", "Week"])


@pytest.mark.parametrize("damage", some(["the middle", "empty", "half of it"]))
def test_a_damaged_database_is_made_anew_while_it_is_served(
    site: Path, tmp_path: Path, damage: str
) -> None:
    state = tmp_path / "state"
    with running(site, settings=_settings(state), workers=2) as server:
        version = database.file_of(state / DATABASE, database.current(state / DATABASE))
        DAMAGES[damage](version)
        answers: list[int] = []

        def is_well() -> bool:
            answer = server.get(f"/feed.json?q=week&limit={1 + len(answers) % 100}")
            answers.append(answer.status)
            return "it has been made anew" in server.logged() and answers[-5:] == [200] * 5

        until(is_well)
        assert set(answers) <= {200, 503}
        assert server.health()["status"] == "ok"
        DAMAGES[damage](database.file_of(state / DATABASE, database.current(state / DATABASE)))
        server.process.kill()
        server.process.wait()
    with running(site, settings=_settings(state)) as server:
        assert server.get("/feed.json?q=week").status == 200


def test_damage_that_is_met_on_the_way_ends_the_answer(site: Path, tmp_path: Path) -> None:
    content = "".join(f"<p>Owl {number}</p>" for number in range(100_000))
    put(site / "archive.json", archive.serialise(small_archive(content=content)))
    state = tmp_path / "state"
    with running(site, settings=_settings(state)) as server:
        version = database.file_of(state / DATABASE, database.current(state / DATABASE))
        with open(version, "r+b") as file:
            file.seek(8192)
            file.write(b"\xa5" * (version.stat().st_size - 8192 - 4096))
        with pytest.raises(http.client.IncompleteRead):
            server.get("/archive.json")
        until(lambda: "it has been made anew" in server.logged())
        until(lambda: server.health()["status"] == "ok")
        assert len(server.get("/archive.json").body) > len(content)
        logged = server.logged()
        assert ".sqlite: " in logged and "'/archive.json' isn't sent to its end" in logged
        assert "Traceback" not in logged and "ASGI" not in logged


def test_an_archive_that_becomes_a_pipe_stops_nothing(site: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(archive.serialise(small_archive("other")))
    with running(site, other, settings=_settings(tmp_path / "state")) as server:
        replace_by_pipe(site / "archive.json")
        until(lambda: server.health()["status"] == "degraded")
        assert "it is no regular file" in server.health()["sources"][0]["error"]
        # What else there is is read.
        put(other, archive.serialise(small_archive("other", "newer")))
        until(lambda: "Newer" in _titles(server))
        (site / "archive.json").unlink()
        _grow(site)
        until(lambda: server.health()["status"] == "ok")


def _attend(supervisor: Supervisor, holds: Callable[[], bool]) -> None:
    def look() -> bool:
        supervisor.start_due()
        for connection in wait(supervisor.connections(), 0.05):
            assert isinstance(connection, Connection)
            list(supervisor.receive(connection))
        return holds()

    until(look)


def test_crashes_are_counted_by_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two workers one is killed while it serves, again and again, and fails to start."""
    monkeypatch.setattr("feedserver.serving.supervisor._LONGEST_DELAY", 0.1)
    supervisor = Supervisor(2, answers_once, lambda: (tmp_path,))
    try:
        _attend(supervisor, lambda: supervisor.ready)
        first, second = supervisor.processes()
        for count in (1, 2):
            os.kill(supervisor.processes()[0], signal.SIGKILL)
            _attend(supervisor, lambda count=count: supervisor.restarts == count)  # type: ignore[misc]  # mypy can't infer it
            _attend(supervisor, lambda: supervisor.ready)
        (tmp_path / "fails").touch()
        os.kill(supervisor.processes()[0], signal.SIGKILL)
        # Once to be killed, and thrice to be started for nothing.
        _attend(supervisor, lambda: supervisor.restarts == 6)
        (tmp_path / "fails").unlink()
        _attend(supervisor, lambda: supervisor.ready)
        assert supervisor.processes()[1] == second != first
    finally:
        list(supervisor.stop(0, lambda: True))


def test_a_worker_alone_may_fail_to_start_after_it_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedserver.serving.supervisor._LONGEST_DELAY", 0.1)
    supervisor = Supervisor(1, answers_once, lambda: (tmp_path,))
    try:
        # Once it is killed while it serves, which doesn't count, and twice it fails to start.
        for count in (3, 6):
            _attend(supervisor, lambda: supervisor.ready)
            (tmp_path / "fails").touch()
            os.kill(supervisor.processes()[0], signal.SIGKILL)
            _attend(supervisor, lambda count=count: supervisor.restarts == count)  # type: ignore[misc]  # mypy can't infer it
            (tmp_path / "fails").unlink()
        _attend(supervisor, lambda: supervisor.ready)
    finally:
        list(supervisor.stop(0, lambda: True))


def test_ends_of_more_than_a_minute_ago_are_forgotten(tmp_path: Path) -> None:
    now = [0.0]
    supervisor = Supervisor(1, answers_once, lambda: (tmp_path,), lambda: now[0])
    delays = []
    try:
        for count, passed in enumerate((0, 59, 61), 1):
            now[0] += passed
            _attend(supervisor, lambda: supervisor.ready)
            os.kill(supervisor.processes()[0], signal.SIGKILL)
            _attend(supervisor, lambda count=count: supervisor.restarts == count)  # type: ignore[misc]  # mypy can't infer it
            delays.append(supervisor.start_due())
    finally:
        list(supervisor.stop(0, lambda: True))
    assert delays == [0.5, 1, 0.5]


def test_a_server_without_its_ledger_says_so(site: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "ledger.sqlite").write_bytes(b"\xa7 no database" * 1000)
    with running(site, settings=_settings(state)) as server:
        assert _titles(server) == ["Week"]
        assert _is_degraded(server, f"{state}: the ledger can't be used")
        assert "file is not a database: nobody can subscribe" in server.logged()
