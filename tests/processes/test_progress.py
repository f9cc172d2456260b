"""Commands that may take long: a line on a terminal alone, that goes when they are done."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import states
from tests.conftest import ROOT
from tests.feedserver import origin
from tests.feedserver.servers import write_site
from tests.sites import post

pty = pytest.importorskip("pty", reason="a system that has terminals")

ZOLA = 'base_url = "https://letters.example"\ntitle = "Letters"\ngenerate_feed = true\n'


def _on_terminal(command: Sequence[str], folder: Path) -> tuple[str, str]:
    """What a command prints, and what stands on the terminal that its errors go to."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                # So Linux says that nobody writes any more.
                break
            if not part:
                break
            shown += part
        os.close(ours)
        assert process.stdout is not None
        said = process.stdout.read()
    assert process.returncode == 0, (said, shown)
    return said, shown.decode()


def _left(shown: str) -> str:
    """What a reader sees in the end: a carriage return writes over what was there."""
    line = ""
    for part in shown.replace("\r\n", "\n").split("\r"):
        line = part + line[len(part) :]
    return line.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_site(tmp_path / "site")
    (tmp_path / "zola/content/blog").mkdir(parents=True)
    (tmp_path / "zola/config.toml").write_text(ZOLA, "utf-8")
    (tmp_path / "zola/content/blog/one.md").write_text(post(date="2024-04-01"), "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (["feedserver", "check", "site"], "documents checked: 0"),
        (["feedserver", "export", "site", "out"], "files written: 0"),
        (["mkdocs_twim", "migrate", "zola", "moved"], "files written: 0"),
    ],
)
def test_a_terminal_is_told_and_a_pipe_is_not(folder: Path, command: list[str], line: str) -> None:
    said, shown = _on_terminal(command, folder)
    assert line in shown and said
    assert _left(shown) == "" and line not in said
    for name in ("out", "moved"):
        if (folder / name).exists():
            (folder / name).rename(folder / f"{name}-before")
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")


def test_an_import_tells_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "old.xml").write_bytes(states.feed([1, 2]))
    with origin.serving() as web:
        settings = f'sources = ["{web.origin}/atom.xml"]\nstate = "state"\n'
        (tmp_path / "feedserver.toml").write_text(settings, "utf-8")
        command = ["feedserver", "import", "old.xml", "--config", "feedserver.toml"]
        said, shown = _on_terminal(command, tmp_path)
    assert said.startswith("added 4 entries")
    assert "reading old.xml" in shown and "posts and issues looked at: 0" in shown
    assert _left(shown) == ""
