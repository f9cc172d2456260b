"""Posts are divided in other processes: the same site, whatever becomes of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from feedserver.model import Site
from feedserver.newsletter import entries
from feedserver.newsletter.entries import Post
from mkdocs_twim.output import dividing
from mkdocs_twim.output.dividing import Division
from tests.conftest import ROOT
from tests.sites import SITE_URL, build, issue

ALONE = "posts are divided by this process alone"
GO_ON = os.environ | {"PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
SITE = Site("Letters", SITE_URL, "Letters", None)
FILES = {f"blog/{number:02}.md": issue(number) for number in range(1, 13)}


def _site(folder: Path, processes: int, files: dict[str, str] = FILES) -> None:
    for name, text in files.items():
        path = folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    options = {"processes": processes}
    config = {"site_name": "Letters", "site_url": SITE_URL, "plugins": [{"twim": options}]}
    (folder / "mkdocs.yml").write_text(yaml.safe_dump({**config, "theme": {"name": "mkdocs"}}))


def _post(number: int, html: str = "<h2>Clients</h2><h3>Fractal</h3><p>News.</p>") -> Post:
    return Post(f"{SITE_URL}{number}/", "A", datetime(2024, 5, number, tzinfo=UTC), html, True)


@pytest.mark.parametrize("processes", [1, 3])
def test_the_same_bytes_whatever_the_number_of_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, processes: int
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    here = build(tmp_path / "here", FILES, twim={"processes": 0})
    there = build(tmp_path / "there", FILES, twim={"processes": processes})
    assert here.files() == there.files()


def test_a_negative_number_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BaseException, match="Abort"):
        build(tmp_path, FILES, twim={"processes": -1})


def test_small_sites_and_single_cores_start_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_pool(*arguments: object, **more: object) -> None:
        raise AssertionError("a process is started")

    monkeypatch.setattr(dividing, "ProcessPoolExecutor", no_pool)
    Division().begin(None, 100_000)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0}, raising=False)
    Division().begin(None, 100_000_000)
    Division().begin(0, 100_000_000)


def test_processes_serve_one_build_after_another() -> None:
    division = Division()
    for _ in range(2):
        division.begin(1, 0)
        for number in (1, 2):
            division.take(f"{number}.md", _post(number), SITE, ())
        found = [division.entries(f"{number}.md") for number in (2, 1)]
        assert found == [entries.of_post(_post(number), SITE, ()) for number in (2, 1)]
        division.end(goes_on=True)
    division.end(goes_on=False)


def test_no_more_is_done_of_a_build_that_has_failed() -> None:
    division = Division()
    division.begin(1, 0)
    for number in range(1, 20):
        division.take(f"{number}.md", _post(number), SITE, ())
    division.end(goes_on=False)
    with pytest.raises(KeyError):
        division.entries("1.md")


@pytest.mark.parametrize("error", [NotImplementedError("no semaphores"), OSError(28, "full")])
def test_without_semaphores_the_build_divides(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def no_pool(*arguments: object, **more: object) -> None:
        raise error

    monkeypatch.setattr(dividing, "ProcessPoolExecutor", no_pool)
    _expect_alone(Division(), caplog)


def test_a_process_that_cannot_be_started_is_told_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_process(*arguments: object) -> None:
        raise OSError(11, "no more processes")

    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor._adjust_process_count", no_process)
    _expect_alone(Division(), caplog)


def test_a_process_that_is_killed_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    division = Division()
    division.begin(1, 0)
    division.take("1.md", _post(1), SITE, ())
    assert division.entries("1.md")
    assert division._pool is not None
    [worker] = division._pool._processes
    os.kill(worker, signal.SIGTERM)
    _expect_alone(division, caplog)


def _expect_alone(division: Division, caplog: pytest.LogCaptureFixture) -> None:
    """All is divided all the same, in this build and in the next; and it is said once."""
    caplog.set_level("INFO")
    for _ in range(2):
        division.begin(1, 0)
        for number in (1, 2, 3):
            division.take(f"{number}.md", _post(number), SITE, ())
        for number in (1, 2, 3):
            found = division.entries(f"{number}.md")
            assert found == entries.of_post(_post(number), SITE, ())
        division.end(goes_on=True)
    assert caplog.text.count(ALONE) == 1


@pytest.mark.parametrize("processes", [0, 1])
def test_an_error_names_the_file(processes: int) -> None:
    division = Division()
    division.begin(processes, 0)
    broken: Any = 7
    division.take("blog/broken.md", _post(1, broken), SITE, ())
    with pytest.raises(AttributeError) as raised:
        division.entries("blog/broken.md")
    assert "blog/broken.md: it can't be divided" in raised.value.__notes__
    division.end(goes_on=False)


SCRIPT = """
import sys
from pathlib import Path
from mkdocs.commands.build import build
from mkdocs.config import load_config

with open("runs", "a") as runs:
    runs.write("x")
build(load_config("mkdocs.yml"))
sys.stdout.write("done")
"""


def test_a_script_without_a_guard_builds_once(tmp_path: Path) -> None:
    _site(tmp_path, 2)
    (tmp_path / "script.py").write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, env=GO_ON, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "done"), done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "site" / "archive.json").is_file()
    # Each process has run the script, up to the build.
    assert len((tmp_path / "runs").read_text()) > 1
    assert (tmp_path / "site" / "section" / "clients" / "atom.xml").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="its consoles have another Ctrl+C")
def test_ctrl_c_prints_no_traceback(tmp_path: Path) -> None:
    """While the processes start, and while they divide."""
    body = "## Clients\n\n" + "### Fractal\n\nSome text of it.\n\n" * 2_000
    _site(tmp_path, 2, {f"blog/{number:02}.md": issue(number, body) for number in range(1, 25)})
    command = [sys.executable, "-m", "mkdocs", "build"]
    for seconds in (0, 0.3, 1):
        process = subprocess.Popen(
            command,
            cwd=tmp_path,
            env=GO_ON,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stderr is not None
        while "Building documentation" not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert "Traceback" not in said and "Aborted!" in said
        assert not _alive(process.pid)


def _alive(group: int) -> bool:
    """Whether a process of a group is left, a moment after its first has ended."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.1)
    return True
