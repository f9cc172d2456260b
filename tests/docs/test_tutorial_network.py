"""The tutorial of two newsletters, done as it says, on ports that are free here."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.test_tutorial import environment as environment
from tests.feedserver import running
from tests.served import free_ports

TEXT = (ROOT / "docs" / "tutorial-network.md").read_text("utf-8")
_BLOCK = re.compile(r"(?ms)^```(\w+)[ ]?(.*?)\n(.*?)^```$")
until = partial(running.until, seconds=300)
"""Long for a slow machine, and short beside the quarter of an hour after which peers are asked."""
OWLS, FOXES = "http://127.0.0.1:8001", "http://127.0.0.1:8002"


def _blocks() -> list[tuple[str, str]]:
    return [(match[2], match[3]) for match in _BLOCK.finditer(TEXT)]


def _block(mark: str) -> str:
    [text] = [text for attributes, text in _blocks() if mark in attributes]
    return text


class Laptop:
    """The folder, and the ports that stand for those of the page."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self.ports = dict(zip(("8001", "8002"), map(str, free_ports(2)), strict=True))

    def here(self, text: str) -> str:
        return re.sub("800[12]", lambda match: self.ports[match[0]], text)

    def write(self, later: bool) -> None:
        for attributes, text in _blocks():
            title = re.search(r'title="([^"]+)"', attributes)
            if title and (".later" in attributes) == later:
                path = self.folder / title[1]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(self.here(text), "utf-8")

    def run(self, text: str) -> str:
        said = ""
        for command in commands(text):
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=self.environment,
                capture_output=True,
                encoding="utf-8",
            )
            assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
            said += done.stdout
        return said

    def get(self, address: str) -> bytes:
        with urllib.request.urlopen(self.here(address)) as answer:
            found: bytes = answer.read()
        return found

    def is_subscribed(self, name: str) -> bool:
        """Whether the hub of the peer of one of them has agreed to tell it."""
        said = self.run(f"$ feedserver work --config {name}/feedserver.toml")
        return "subscribe: 0 due, 1 later\n" in said

    def was_told(self, name: str) -> bool:
        """Whether that hub has sent anything to it."""
        with closing(sqlite3.connect(self.folder / name / "state" / "ledger.sqlite")) as ledger:
            [[count]] = ledger.execute("SELECT count(told) FROM pushes")
        return bool(count)

    def titles(self, address: str) -> list[str]:
        try:
            return [item["title"] for item in json.loads(self.get(address))["items"]]
        except OSError:
            # Not there yet.
            return []


def commands(text: str) -> list[Sequence[str]]:
    return [shlex.split(line[2:]) for line in text.splitlines() if line.startswith("$ ")]


@pytest.fixture(scope="module")
def laptop(
    tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]
) -> Iterator[Laptop]:
    found = Laptop(tmp_path_factory.mktemp("laptop"), environment)
    found.write(later=False)
    for attributes, text in _blocks():
        if attributes == "":
            found.run(text)
    with ExitStack() as stack:
        for command in commands(_block(".serve")):
            process = stack.enter_context(
                subprocess.Popen(
                    command,
                    cwd=found.folder,
                    env=environment,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            stack.callback(process.terminate)
        yield found


def test_both_have_a_section_together_and_what_is_new_comes(laptop: Laptop) -> None:
    section = f"{OWLS}/network/section/clients/feed.json"
    expected = _block(".titles").splitlines()
    until(lambda: laptop.titles(section) == expected)
    until(lambda: len(laptop.titles(f"{FOXES}/network/updates/feed.json")) == 2)
    assert not any("Hooter" in each for each in laptop.titles(f"{FOXES}/network/updates/feed.json"))
    assert len(laptop.titles(f"{OWLS}/section/clients/feed.json")) == 1
    for address in re.findall(r"<(http://127\.0\.0\.1:800\d/.*?)>", TEXT):
        assert laptop.get(address)
    assert b"The Foxes" not in laptop.get(f"{OWLS}/network/updates/atom.xml?not_source=the-foxes")
    until(lambda: laptop.is_subscribed("owls"))
    assert not laptop.was_told("owls")
    laptop.write(later=True)
    laptop.run(_block(".again"))
    # Without being told the owls would come in a quarter of an hour.
    fractal = f"{OWLS}/network/project/fractal/feed.json"
    until(lambda: laptop.titles(fractal)[:1] == ["Fractal 2.1 (Apps), 2026-05-16, The Foxes"])
    assert laptop.was_told("owls")
    assert f"{FOXES}/: current, read".replace("8002", laptop.ports["8002"]) in laptop.run(
        _block(".peers")
    )
