"""Posts are divided in other processes: the same entries, whatever becomes of them."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedserver.model import Entry, Site
from feedserver.newsletter import dividing, entries
from feedserver.newsletter.dividing import Division, Work
from feedserver.newsletter.entries import Post
from tests.conftest import ROOT

ALONE = "posts are divided by this process alone"
SITE = Site("Letters", "https://letters.example/", "Letters", None)
BODY = "<h2>Clients 📱</h2><h3>Fractal</h3><p>News.</p>"


def _work(number: int, html: str = BODY) -> Work:
    permalink = f"{SITE.url}{number}/"
    return Post(permalink, "A", datetime(2024, 5, number, tzinfo=UTC), html, True), SITE, ()


def _take(division: Division, *numbers: int) -> None:
    for number in numbers:
        division.take(f"{number}.md", lambda number=number: _work(number))  # type: ignore[misc]  # mypy can't infer it


def _plain(found: list[Any]) -> list[tuple[object, ...]]:
    return [
        (entry.id, entry.title, entry.content, entry.published, entry.update) for entry in found
    ]


def _expected(number: int) -> list[tuple[object, ...]]:
    made: list[Entry] = entries.of_post(*_work(number))
    return _plain(made)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def division(told: list[str]) -> Any:
    division = Division(told.append)
    yield division
    division.end(goes_on=False)


def test_processes_serve_one_build_after_another(
    division: Division, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = {number: _expected(number) for number in (1, 2)}
    # Not here.
    monkeypatch.setattr(entries, "of_post", None)
    for _ in range(2):
        division.begin(1, 0)
        _take(division, 1, 2)
        for number in (2, 1):
            assert _plain(division.entries(f"{number}.md")) == expected[number]
        division.end(goes_on=True)
    assert told == []


def test_a_build_may_have_another_number_of_processes(division: Division) -> None:
    division.begin(1, 0)
    _take(division, 1)
    assert _plain(division.entries("1.md")) == _expected(1)
    division.begin(0, 0)
    assert division._pool is None
    division.begin(2, 0)
    assert division._pool is not None


def test_no_more_is_done_of_a_build_that_has_failed(division: Division) -> None:
    division.begin(1, 0)
    _take(division, *range(1, 20))
    division.end(goes_on=False)
    with pytest.raises(KeyError):
        division.entries("1.md")


def test_long_blogs_have_processes_and_small_ones_and_single_cores_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[int] = []

    class Pool:
        def __init__(self, processes: int, *arguments: object, **more: object) -> None:
            started.append(processes)

        def shutdown(self, **more: object) -> None:
            pass

    monkeypatch.setattr(dividing, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr("os.cpu_count", lambda: 20)
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(20)), raising=False)
    Division(print).begin(None, 2_000_000)
    Division(print).begin(3, 0)
    Division(print).begin(None, 1_999_999)
    Division(print).begin(0, 100_000_000)
    assert started == [8, 3]
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0}, raising=False)
    Division(print).begin(None, 100_000_000)
    assert started == [8, 3]


@pytest.mark.parametrize("error", [NotImplementedError("no semaphores"), OSError(28, "full")])
def test_without_semaphores_the_build_divides(
    division: Division, told: list[str], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def no_pool(*arguments: object, **more: object) -> None:
        raise error

    monkeypatch.setattr(dividing, "ProcessPoolExecutor", no_pool)
    _expect_alone(division, told)


def test_a_process_that_cannot_be_started_is_told_once(
    division: Division, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_process(*arguments: object) -> None:
        raise OSError(11, "no more processes")

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor._adjust_process_count", no_process)
    _expect_alone(division, told)


def test_a_process_that_is_killed_is_told_once(division: Division, told: list[str]) -> None:
    division.begin(1, 0)
    _take(division, 1)
    assert division.entries("1.md")
    assert division._pool is not None
    [worker] = division._pool._processes
    os.kill(worker, signal.SIGTERM)
    _expect_alone(division, told)


def _expect_alone(division: Division, told: list[str]) -> None:
    """All is divided all the same, in this build and in the next; and it is said once."""
    for _ in range(2):
        division.begin(1, 0)
        _take(division, 1, 2, 3)
        for number in (1, 2, 3):
            assert _plain(division.entries(f"{number}.md")) == _expected(number)
        division.end(goes_on=True)
    assert len(told) == 1 and told[0].startswith(ALONE)


@pytest.mark.parametrize("processes", [0, 1])
def test_an_error_names_the_file(division: Division, processes: int) -> None:
    division.begin(processes, 0)
    broken: Any = 7
    division.take("blog/broken.md", lambda: _work(1, broken))
    with pytest.raises(AttributeError) as raised:
        division.entries("blog/broken.md")
    assert "blog/broken.md: it can't be divided" in raised.value.__notes__


def _in_a_pool() -> bool:
    division = Division(print)
    division.begin(2, 0)
    _take(division, 1)
    return _plain(division.entries("1.md")) == _expected(1)


def test_a_process_of_a_pool_divides_alone() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_in_a_pool)


def test_whoever_runs_a_script_by_another_name_is_no_such_process(tmp_path: Path) -> None:
    """As `coverage run` does, and debuggers."""
    script = tmp_path / "script.py"
    script.write_text(
        "from feedserver.newsletter import dividing\nfound = dividing.is_running_a_script_again()"
    )
    code = (
        "import multiprocessing, runpy, sys\n"
        "sys.path.insert(0, '.')\n"
        "found = runpy.run_module('script', run_name='__main__', alter_sys=True)['found']\n"
        "raise SystemExit(found)"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env)
    assert done.returncode == 0
    assert runpy.run_path(str(script), run_name="__mp_main__")["found"] is True


PARENT = """
import sys, time
from feedserver.newsletter.dividing import Division
from tests.feedserver.newsletter.test_dividing import _take

if __name__ == "__main__":
    division = Division(print)
    division.begin(2, 0)
    _take(division, 1, 2)
    division.entries("1.md")
    print(*division._pool._processes, flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="its processes are known otherwise")
def test_they_end_when_the_build_is_killed(tmp_path: Path) -> None:
    (tmp_path / "parent.py").write_text(PARENT)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(tmp_path / "parent.py")]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        workers = [int(number) for number in process.stdout.readline().split()]
        process.kill()
    assert workers
    for _ in range(200):
        if not any(map(_runs, workers)):
            return
        time.sleep(0.1)
    raise AssertionError("a process is left")


def _runs(process: int) -> bool:
    """Whether a process is there, and isn't only waiting to be forgotten."""
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
