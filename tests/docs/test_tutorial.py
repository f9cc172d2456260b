"""The tutorial, done as it says: its files written, its commands run, its claims looked at."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
_BLOCK = re.compile(r"(?ms)^```(\w+)[ ]?(.*?)\n(.*?)^```$")


def _blocks() -> list[tuple[str, str, str]]:
    return [(match[1], match[2], match[3]) for match in _BLOCK.finditer(TEXT)]


def _block(mark: str) -> str:
    [text] = [text for _, attributes, text in _blocks() if mark in attributes]
    return text


def _commands(text: str) -> list[list[str]]:
    return [shlex.split(line[2:]) for line in text.splitlines() if line.startswith("$ ")]


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    """As after "source .venv/bin/activate", with the commands of this interpreter."""
    folder = str(Path(sys.executable).parent)
    path = os.pathsep.join((folder, os.environ["PATH"]))
    return {**os.environ, "PATH": path, "NO_MKDOCS_2_WARNING": "1"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    """The folder after all commands but those that install and serve."""
    folder = tmp_path_factory.mktemp("tutorial")
    for _, attributes, text in _blocks():
        if title := re.search(r'title="([^"]+)"', attributes):
            path = folder / title[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    outputs = []
    for _, attributes, text in _blocks():
        if attributes == "":
            for command in _commands(text):
                done = subprocess.run(
                    command, cwd=folder, env=environment, capture_output=True, encoding="utf-8"
                )
                assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
                outputs.append(done.stdout)
    (folder / "outputs.json").write_text(json.dumps(outputs))
    return folder


def test_the_page_says_what_to_install() -> None:
    assert [".venv/bin/pip", "install", "mkdocs-twim"] in _commands(_block(".install"))


def test_the_section_has_the_entries_that_the_page_shows(folder: Path) -> None:
    assert (folder / "site/blog/this-week-1/index.html").is_file()
    items = json.loads((folder / "site/section/boats/feed.json").read_text("utf-8"))["items"]
    assert len(items) == 2
    shown = json.loads(_block(".items"))
    assert {name: items[0][name] for name in shown} == shown


def test_the_second_issue_can_follow(folder: Path, environment: dict[str, str]) -> None:
    [first] = re.findall(r'title="(docs/blog/.*?)"', TEXT)
    [second] = re.findall(r"issue is `(.*?)`", TEXT)
    shutil.copytree(folder, folder.parent / "second", ignore=shutil.ignore_patterns("site"))
    text = (folder / first).read_text("utf-8").replace("2026-05-08", "2026-05-15")
    (folder.parent / "second/docs/blog" / second).write_text(text, "utf-8")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    subprocess.run(command, cwd=folder.parent / "second", env=environment, check=True)
    for number in (1, 2):
        assert (folder.parent / f"second/site/blog/this-week-{number}/index.html").is_file()


def test_the_check_finds_nothing(folder: Path) -> None:
    said = json.loads((folder / "outputs.json").read_text())[-1].strip()
    assert said.endswith(": nothing found") and f"It says `{said}`." in TEXT


@pytest.fixture(scope="module")
def server(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """The server of the page, on a port that is free here."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    [command] = _commands(_block(".serve"))
    process = subprocess.Popen(
        [*command, "--port", str(port)], cwd=folder, env=environment, stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/feeds.json").close()
            break
        except OSError:
            time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/"
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def test_a_reader_subscribes(folder: Path, server: str, environment: dict[str, str]) -> None:
    script = folder / "subscribe.py"
    script.write_text(script.read_text("utf-8").replace("http://127.0.0.1:8000/", server), "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", script.name],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout == _block(".printed")


def test_the_addresses_of_the_page_answer(server: str) -> None:
    found = re.findall(r"<http://127\.0\.0\.1:8000/(.*?)>", TEXT)
    assert found == ["", "section/boats/atom.xml"]
    for path in found:
        with urllib.request.urlopen(server + path) as answer:
            assert answer.status == 200
