"""Slices never asked for, memory and reload of a store: `python -m tests.bench.slices`.

30,000 entries of 10 KB with emoji, of which each document has 20. A slice is measured beside
feedgen alone, which writes the same entries; the memory is that of a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median, quantiles

from feedgen.feed import FeedGenerator  # type: ignore[import-untyped]  # it carries no types

from feedserver.feeds.parameters import Slice
from feedserver.formats import archive
from feedserver.model import Entry, Feed
from feedserver.store import database
from feedserver.store.store import Store
from tests.bench import entries

COUNT = 30_000
ROUNDS = 200
TO_FEEDGEN = 1.5
MEMORY = 300_000_000
TO_QUIET = 3.0
"""Aims: times what feedgen takes; bytes of a worker; times the quiet p99 of a loop."""

_BASE = "https://feeds.example/"
_PROBE = 0.0005


@dataclass(frozen=True, slots=True)
class Timed:
    """Medians in seconds: a slice's document, and feedgen alone with the same entries."""

    ours: float
    feedgen: float

    @property
    def ratio(self) -> float:
        return self.ours / self.feedgen


@dataclass(frozen=True, slots=True)
class Reload:
    """Seconds that a reload takes, and the 99th percentile of a loop's delay beside it."""

    seconds: float
    quiet: float
    meanwhile: float


@dataclass(frozen=True, slots=True)
class Result:
    slices: dict[str, Timed]
    loading: float
    memory: int
    reload: Reload


def prepare(folder: Path, count: int = COUNT) -> Path:
    """Write a site of `count` entries and its database; the path of the database."""
    path = folder / "site.sqlite"
    entries.write(folder / "archive.json", count)
    database.write(archive.parse_packed((folder / archive.FILE).read_bytes()), path)
    return path


def measure(folder: Path, count: int = COUNT, rounds: int = ROUNDS) -> Result:
    """Measure all of it in `folder`, which is empty."""
    path = prepare(folder, count)
    command = [sys.executable, "-m", "tests.bench.slices", "--worker", str(path)]
    worker = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    store = Store(path)
    slices = {file: _slices(store, file, rounds) for file in ("atom.xml", "rss.xml")}
    entries.write(folder / "archive.json", count, changed=1)
    database.write(archive.parse_packed((folder / archive.FILE).read_bytes()), path)
    return Result(slices, worker["loading"], worker["memory"], asyncio.run(_reload(store)))


def _slices(store: Store, file: str, rounds: int) -> Timed:
    snapshot = store.snapshot
    feed = snapshot.index.feed_at("/updates/")
    assert feed is not None
    chance = random.Random(2)
    ours: list[float] = []
    alone: list[float] = []
    for slice in _unasked(store, chance, rounds):
        page = snapshot.index.page(feed, slice, snapshot.search)
        found = [_plain(entry) for entry in snapshot.fill(page.entries)]
        for turn in chance.sample((0, 1), 2):
            start = time.perf_counter()
            if turn:
                store.document(snapshot, f"updates/{file}", _BASE, slice)
            else:
                write_by_feedgen(feed, found, file)
            (ours if turn else alone).append(time.perf_counter() - start)
    return Timed(median(ours), median(alone))


def _unasked(store: Store, chance: random.Random, rounds: int) -> list[Slice]:
    """Slices of 20 entries each, anywhere in the feed of all updates, no two of them the same."""
    updates = store.snapshot.index.updates.entries
    found = []
    for place in chance.sample(range(len(updates) * 2 // 3), min(rounds, len(updates) // 2)):
        topic = (f"project-{chance.randrange(entries.PROJECTS)}",)
        query = {"not_project": topic} if chance.randrange(2) else {}
        found.append(Slice(query=query, limit=20, before=updates[place].id))
    return found


def _plain(entry: Entry) -> Entry:
    """An entry as feedgen's users have it, with its content as text."""
    return Entry(**{each.name: getattr(entry, each.name) for each in fields(Entry)})


def write_by_feedgen(feed: Feed, found: Sequence[Entry], file: str) -> bytes:
    """What feedgen alone makes of the entries, with all that it has words for."""
    generator = FeedGenerator()
    generator.id(f"{_BASE}{file}")
    generator.title(feed.title)
    generator.description(feed.description)
    generator.link(href=_BASE, rel="alternate")
    generator.updated(max(entry.modified for entry in found))
    for entry in found:
        item = generator.add_entry(order="append")
        item.id(entry.id)
        item.title(entry.title)
        item.link(href=entry.url)
        item.published(entry.published)
        item.updated(entry.modified)
        item.summary(entry.summary)
        item.content(entry.content, type="html")
        for person in entry.authors:
            item.author(name=person.name, uri=person.url)
        for tag in entry.tags:
            item.category(term=tag)
    write: Callable[..., bytes] = generator.atom_str if file == "atom.xml" else generator.rss_str
    return write(pretty=True)


async def _reload(store: Store) -> Reload:
    quiet = await _delays(lambda: time.sleep(1.0))
    start = time.perf_counter()
    meanwhile = await _delays(store.refresh)
    return Reload(time.perf_counter() - start, quiet, meanwhile)


async def _delays(work: Callable[[], object]) -> float:
    """The 99th percentile of how late a loop comes back while another thread works."""
    done = threading.Event()

    def run() -> None:
        work()
        done.set()

    thread = threading.Thread(target=run)
    thread.start()
    late = []
    while not done.is_set():
        start = time.perf_counter()
        await asyncio.sleep(_PROBE)
        late.append(time.perf_counter() - start)
    thread.join()
    return quantiles(late, n=100)[98]


def worker(path: Path) -> dict[str, float]:
    """Load a store, answer as a worker does, and tell how long it took and its memory."""
    start = time.perf_counter()
    store = Store(path)
    loading = time.perf_counter() - start
    for slice in _unasked(store, random.Random(3), ROUNDS):
        store.document(store.snapshot, "updates/atom.xml", _BASE, slice)
    for _ in store.snapshot.archive.chunks():
        pass
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {"loading": loading, "memory": pages * os.sysconf("SC_PAGE_SIZE")}


def markdown(result: Result) -> str:
    """The measures as a table, with what was aimed at."""
    lines = ["| aim | at most | measured | reached |", "|---|---:|---:|---:|"]
    for file, timed in result.slices.items():
        name = f"{file} of a slice: {timed.ours * 1000:.2f} ms, to feedgen alone"
        lines.append(_row(name, TO_FEEDGEN, timed.ratio))
    lines.append(_row("resident, a worker, MB", MEMORY / 1e6, result.memory / 1e6))
    reload = result.reload
    name = f"a loop's p99 in a reload ({reload.seconds:.1f} s) to the quiet one"
    lines.append(_row(name, TO_QUIET, reload.meanwhile / reload.quiet))
    return "\n".join([*lines, "", f"A worker has loaded the site in {result.loading:.1f} s."])


def _row(name: str, aim: float, measured: float) -> str:
    return f"| {name} | {aim:.2f} | {measured:.2f} | {'yes' if measured <= aim else 'no'} |"


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["--worker"]:
        print(json.dumps(worker(Path(arguments[1]))))
        return 0
    with tempfile.TemporaryDirectory(prefix="twim-bench-") as folder:
        print(markdown(measure(Path(folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
