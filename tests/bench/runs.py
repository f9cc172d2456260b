"""One build of a site by a command: how long it takes, how much memory, and what it has written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TIMEOUT = 3600
"""Seconds after which a build is given up."""

_FEEDS = {
    *("atom.xml", "rss.xml", "feed.json"),
    *("feed_rss_created.xml", "feed_rss_updated.xml"),
    *("feed_json_created.json", "feed_json_updated.json"),
    "index.xml",
}
_SAMPLE_EVERY = 0.5
_SHARE = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
PAST = "past"
"""The folder beside a site of what was set aside, and of what is to be removed with it."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a build took: seconds, bytes of resident memory at the peak, over all its processes."""

    seconds: float
    memory: int


@dataclass(frozen=True, slots=True)
class Output:
    """What a site's folder holds."""

    pages: int
    feeds: int
    size: int


class BuildError(RuntimeError):
    """Raised when a command fails or writes nothing."""


def build(command: Sequence[str], folder: Path) -> Run:
    """Build into `folder`/site, from nothing: without what the last build has left.

    Raises:
        BuildError: the command ends with an error, or after `TIMEOUT`.
    """
    set_aside(folder)
    # So that builds at different times may have the same bytes.
    env = {**os.environ, "SOURCE_DATE_EPOCH": "1767225600", "NO_MKDOCS_2_WARNING": "1"}
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=said, stderr=said)
        peak = _Peak(process.pid)
        try:
            code = process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        seconds = time.perf_counter() - start
        memory = peak.stop()
        said.seek(0)
        text = said.read().decode(errors="replace")
    if code or not (folder / "site").is_dir():
        raise BuildError(f"{' '.join(command)} ended with {code} after {seconds:.0f} s:\n{text}")
    return Run(seconds, memory)


def set_aside(folder: Path) -> None:
    """Move what a build has left out of the way of the next.

    It isn't removed while anything is measured: where tens of thousands of files have just been
    removed, ext4 without a journal, which virtual machines have, makes new ones ten times as
    slowly: for some seconds it leaves their inodes alone, and looks at each for each new file.
    """
    past = folder / PAST
    past.mkdir(exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=past))
    for name in ("site", ".cache"):
        if (folder / name).exists():
            (folder / name).rename(aside / name)


def clear(folder: Path) -> None:
    """Remove what was set aside."""
    shutil.rmtree(folder / PAST, ignore_errors=True)


def output(folder: Path) -> Output:
    """Count what stands in `folder`/site."""
    pages = feeds = size = 0
    for path in (folder / "site").rglob("*"):
        if path.is_file():
            size += path.stat().st_size
            pages += path.suffix == ".html"
            feeds += path.name in _FEEDS
    return Output(pages, feeds, size)


class _Peak:
    """The most memory that a process and its descendants have at once; 0 where there is no /proc.

    What they share counts once.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peak = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        if sys.platform == "linux":
            self._thread.start()

    def stop(self) -> int:
        self._done.set()
        if self._thread.is_alive():
            self._thread.join()
        return self._peak

    def _watch(self) -> None:
        while not self._done.wait(_SAMPLE_EVERY):
            now = sum(_resident(pid) for pid in _tree(self._pid))
            self._peak = max(self._peak, now)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [child for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        # It has ended meanwhile.
        return
    for child in children:
        yield from _tree(int(child))


def _resident(pid: int) -> int:
    """A process's bytes in memory, with its share of what others have too."""
    try:
        found = _SHARE.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0
