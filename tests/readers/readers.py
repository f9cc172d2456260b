"""Real feed readers, each told to subscribe to an address and to poll it.

They have in common what a person sees: which entries there are, and which of them are news.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import feedparser  # type: ignore[import-untyped]  # it carries no types
import reader

from tests.browser.conftest import component
from tests.conftest import absent


class FeedReader(Protocol):
    """One subscription."""

    def poll(self) -> set[str]:
        """Look at the feed; the ids of entries that are news."""

    def contents(self) -> Mapping[str, str]:
        """What is known of all entries, by id."""


class Reader:
    """The library `reader`, with its database in memory."""

    def __init__(self, address: str, folder: Path) -> None:
        self._reader = reader.make_reader(":memory:")
        self._reader.add_feed(address)
        self._address = address

    def poll(self) -> set[str]:
        before = set(self.contents())
        updated = self._reader.update_feed(self._address)
        news = {entry.id for entry in self._reader.get_entries(read=False)}
        assert len(news) == (updated.new if updated else 0)
        for entry in self._reader.get_entries(read=False):
            self._reader.mark_entry_as_read(entry)
        return news - before

    def contents(self) -> Mapping[str, str]:
        return {
            entry.id: "".join(content.value for content in entry.content)
            for entry in self._reader.get_entries()
        }


class Feedparser:
    """The library feedparser, and what a bot around it remembers."""

    def __init__(self, address: str, folder: Path) -> None:
        self._address = address
        self._etag: str | None = None
        self._modified: str | None = None
        self._entries: dict[str, str] = {}

    def poll(self) -> set[str]:
        found = feedparser.parse(self._address, etag=self._etag, modified=self._modified)
        assert not found.bozo, found
        assert found.status in (200, 304, 308)
        before = set(self._entries)
        if found.status != 304:
            self._etag, self._modified = found.get("etag"), found.get("modified")
            for entry in found.entries:
                self._entries[entry.id] = entry.content[0].value
        return set(self._entries) - before

    def contents(self) -> Mapping[str, str]:
        return self._entries


class Newsboat:
    """Newsboat, without its screen: its cache says what it knows."""

    def __init__(self, address: str, folder: Path) -> None:
        program = shutil.which("newsboat")
        if program is None:
            absent("newsboat")
        self._cache = folder / "cache.db"
        (folder / "urls").write_text(f"{address}\n")
        (folder / "config").write_text("")
        self._command = [str(program), "-u", str(folder / "urls"), "-c", str(self._cache)]
        self._command += ["-C", str(folder / "config")]

    def poll(self) -> set[str]:
        done = subprocess.run(
            [*self._command, "-x", "reload", "print-unread"],
            capture_output=True,
            text=True,
            check=True,
        )
        news = {guid for (guid,) in self._ask("SELECT guid FROM rss_item WHERE unread = 1")}
        assert done.stdout.startswith(f"{len(news)} unread articles"), done
        with closing(sqlite3.connect(self._cache)) as cache:
            cache.execute("UPDATE rss_item SET unread = 0")
            cache.commit()
        return news

    def contents(self) -> Mapping[str, str]:
        return dict(self._ask("SELECT guid, content FROM rss_item"))

    def _ask(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self._cache)) as cache:
            return cache.execute(query).fetchall()


class Feedsmith:
    """feedsmith of npm, which parses what node fetches."""

    def __init__(self, address: str, folder: Path) -> None:
        program = shutil.which("node")
        if program is None:
            absent("node")
        parser = component("feedsmith/dist/index.mjs")
        script = Path(__file__).with_name("feedsmith.mjs")
        self._command = [
            str(program),
            str(script),
            str(parser),
            str(folder / "state.json"),
            address,
        ]
        self._entries: dict[str, str] = {}

    def poll(self) -> set[str]:
        done = subprocess.run(self._command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)["entries"]
        before = set(self._entries)
        self._entries |= {entry["id"]: entry["content"] for entry in found}
        return set(self._entries) - before

    def contents(self) -> Mapping[str, str]:
        return self._entries


READERS = (Reader, Feedparser, Newsboat, Feedsmith)
