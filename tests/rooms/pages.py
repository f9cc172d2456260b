"""What the pages of the documentation show, to be done as it stands there."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

_BLOCK = re.compile(r"(?ms)^```(\w+)[ ]?(.*?)\n(.*?)^```$")
ENVIRONMENT: Mapping[str, str] = {
    # As after "source .venv/bin/activate", with the commands of this interpreter.
    **os.environ,
    "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
    "NO_MKDOCS_2_WARNING": "1",
    "PYTHONPATH": str(ROOT),
}


def path(page: str) -> Path:
    return ROOT / "docs" / f"{page}.md"


def blocks(page: str, mark: str) -> list[str]:
    """The code blocks of a page with a mark, such as `.once`."""
    found = _BLOCK.findall(path(page).read_text("utf-8"))
    return [text for _, attributes, text in found if f" {mark} " in attributes]


def block(page: str, mark: str) -> str:
    [found] = blocks(page, mark)
    return found


def files(page: str) -> dict[str, str]:
    """The files that a page shows whole, by name."""
    found = _BLOCK.findall(path(page).read_text("utf-8"))
    titles = {re.sub(r'title="(.*)"', r"\1", about): text for _, about, text in found if about}
    return {name: text for name, text in titles.items() if "{" not in name}


def commands(page: str, mark: str) -> list[list[str]]:
    """The commands of the blocks of a page with a mark."""
    lines = "".join(blocks(page, mark)).splitlines()
    return [shlex.split(line[2:]) for line in lines if line.startswith("$ ")]


def done(command: list[str], folder: Path, typed: str = "") -> str:
    """What a command says that does well; `typed` is what it asks for."""
    ended = subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT,
        input=typed,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        # Without a terminal a password is read from the input.
        start_new_session=True,
    )
    assert ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
    return ended.stdout


def json_items(feed: Path) -> list[dict[str, Any]]:
    """The items of a JSON Feed."""
    items: list[dict[str, Any]] = json.loads(feed.read_text("utf-8"))["items"]
    return items
