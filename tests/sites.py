"""Sites that tests build: a dictionary of files, options, and what MkDocs says of it."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config

SITE_URL = "https://letters.example/"


@dataclass
class Built:
    """A built site and the warnings of its build."""

    folder: Path
    warnings: list[str] = field(default_factory=list)

    def read(self, path: str) -> str:
        return (self.folder / path).read_text("utf-8")

    def json(self, path: str) -> Any:
        return json.loads(self.read(path))

    def files(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.folder).as_posix(): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Built:
    """What `make` builds in the folder `site` of the folder that it is given, for all processes.

    It is made by the first of those that run the tests, and is to be read alone.
    """
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with FileLock(folder.with_suffix(".lock")):
        if not (folder / "warnings.json").exists():
            folder.mkdir(exist_ok=True)
            with messages() as warnings:
                make(folder)
            (folder / "warnings.json").write_text(json.dumps(warnings))
    return Built(folder / "site", json.loads((folder / "warnings.json").read_text()))


class _Messages(logging.Handler):
    def __init__(self, level: int = logging.WARNING) -> None:
        super().__init__(level)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage().removeprefix("twim: "))


@contextmanager
def messages() -> Iterator[list[str]]:
    """Collect what MkDocs and its plugins warn of."""
    handler = _Messages()
    logger = logging.getLogger("mkdocs")
    logger.addHandler(handler)
    try:
        yield handler.messages
    finally:
        logger.removeHandler(handler)


@contextmanager
def said() -> Iterator[list[str]]:
    """Collect what MkDocs and its plugins say at all, that is no detail."""
    handler = _Messages(logging.INFO)
    logger = logging.getLogger("mkdocs")
    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    try:
        yield handler.messages
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def build(
    folder: Path,
    files: Mapping[str, str | bytes],
    *,
    twim: Mapping[str, object] | None = None,
    **config: object,
) -> Built:
    """Write files below `folder`/docs and build the site into `folder`/site.

    The theme is MkDocs' own, the quickest, unless `config` names another.
    """
    docs = folder / "docs"
    docs.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    settings: dict[str, object] = {
        "site_name": "Letters",
        "site_url": SITE_URL,
        "theme": {"name": "mkdocs"},
        "plugins": ["search", {"twim": dict(twim or {})}],
        **config,
    }
    path = folder / "mkdocs.yml"
    path.write_text(yaml.safe_dump({k: v for k, v in settings.items() if v is not None}), "utf-8")
    built = Built(folder / "site")
    with messages() as built.warnings:
        loaded = load_config(str(path))
        loaded.plugins.on_startup(command="build", dirty=False)
        mkdocs_build(loaded)
    return built


def post(
    title: str | None = "Hello",
    body: str = "Text.\n",
    *,
    date: str | None = "2024-05-17",
    category: str = "News",
    more: str = "",
) -> str:
    """The text of a `+++` post; `more` is put before the tables."""
    lines = [f'title = "{title}"'] if title is not None else []
    lines += [f'date = "{date}"'] if date is not None else []
    lines += [more] if more else []
    lines += ["[taxonomies]", 'author = ["Ada"]', f'category = ["{category}"]']
    return "+++\n" + "\n".join(lines) + f"\n+++\n\n{body}"


ISSUE = """\
Hello, all.

<!-- more -->

## Dept of Clients 📱

### Fractal ([website](https://fractal.example))

[Ada](https://matrix.to/#/@ada:example.org) reports

> We have news. And a picture: ![shot](/img/a.png)

### Hydrogen 1.2.3

Text of Hydrogen.

## Dept of Bots 🤖

[Bo](https://matrix.to/#/@bo:example.org) says

> A bot.

## That's all I know 🏁

See you.
"""


def issue(number: int = 1, body: str = ISSUE) -> str:
    """An issue of a newsletter, in May of 2024."""
    return post(
        f"This Week in Letters {number}",
        body,
        date=f"2024-05-{number:02}T12:00:00+02:00",
        category="This Week in Letters",
    )
