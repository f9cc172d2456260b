"""Posts are divided in other processes: the same site, whatever becomes of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from mkdocs.exceptions import Abort

from tests.conftest import DEEP, ROOT
from tests.sites import SITE_URL, build, issue

ALONE = "posts are divided by this process alone"
GO_ON = os.environ | {"PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
FILES = {f"blog/{number:02}.md": issue(number) for number in range(1, 13)}


def _site(folder: Path, processes: int, files: dict[str, str] = FILES) -> None:
    for name, text in files.items():
        path = folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    options = {"processes": processes}
    config = {"site_name": "Letters", "site_url": SITE_URL, "plugins": [{"twim": options}]}
    (folder / "mkdocs.yml").write_text(yaml.safe_dump({**config, "theme": {"name": "mkdocs"}}))


@pytest.mark.dependency
@pytest.mark.parametrize("processes", [1, 3])
def test_the_same_bytes_whatever_the_number_of_processes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    processes: int,
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    here = build(tmp_path / "here", FILES, twim={"processes": 0})
    caplog.set_level("INFO")
    there = build(tmp_path / "there", FILES, twim={"processes": processes})
    assert here.files() == there.files() and ALONE not in caplog.text


def test_a_negative_number_is_an_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("ERROR")
    with pytest.raises(Abort):
        build(tmp_path, FILES, twim={"processes": -1})
    assert "twim: processes: expected 0 or more" in caplog.text


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
    """While the processes start, while they divide, and while the feeds are written."""
    body = "## Clients\n\n" + "### Fractal\n\nSome text of it.\n\n" * 300
    _site(tmp_path, 2, {f"blog/{number:02}.md": issue(number, body) for number in range(1, 25)})
    command = [sys.executable, "-m", "mkdocs", "build"]
    for seconds in (0, 0.3, 1, 2, 3) if DEEP else (0, 1, 2):
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
        _, said = process.communicate(timeout=300)
        # On a quick machine the last may come too late.
        assert "Traceback" not in said and ("Aborted!" in said or "built in" in said)
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
