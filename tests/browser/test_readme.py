"""The README's commands, in a folder that has the project's files and nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import DEEP, ROOT


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project; its environment is borrowed, which `./run` has made in the same way.

    `./run deep` makes one anew.
    """
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    folder = tmp_path / "mkdocs-twim"
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    if not DEEP:
        (folder / ".venv").symlink_to(ROOT / ".venv")
        os.utime(folder / "pyproject.toml", (0, 0))
    return folder


def test_serve_builds_the_site_and_serves_it_with_its_feeds(copy: Path) -> None:
    readme = (copy / "README.md").read_text("utf-8")
    assert "\n$ ./run serve " in readme and "\n$ ./run test " in readme
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    # The readme's command takes port 8000, which may be in use here.
    process = subprocess.Popen(
        ["./run", "serve", "--port", "0"],
        cwd=copy,
        env=environment,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        assert process.stdout is not None
        told = ""
        for line in process.stdout:
            told += line
            if line == "Press Ctrl+C to stop.\n":
                break
        match = re.search(r"http://127\.0\.0\.1:\d+", told)
        assert match, told
        for path in ("/", "/blog/", "/blog/2026/08/21/this-month-in-twim/"):
            with urllib.request.urlopen(match[0] + path) as answer:
                assert answer.status == 200
        with urllib.request.urlopen(f"{match[0]}/section/feeds/feed.json") as answer:
            assert len(json.load(answer)["items"]) > 3
        with urllib.request.urlopen(f"{match[0]}/feeds.json") as answer:
            assert len(json.load(answer)["feeds"]) > 10
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0


def test_run_says_what_it_can_do() -> None:
    done = subprocess.run(["./run", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for verb in ("serve", "test", "check", "docs", "screenshots", "lowest", "clean"):
        assert f"./run {verb}" in done.stdout
    wrong = subprocess.run(["./run", "nosuch"], cwd=ROOT, capture_output=True, text=True)
    assert wrong.returncode == 2
