"""One build of a site by a command: how long it takes, how much memory, and what it has written."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

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
_PAST = "past"
_BUILT = re.compile(r"Documentation built in ([0-9.]+) seconds")
_SERVING = re.compile(r"Serving on ")


@dataclass(frozen=True, slots=True)
class Run:
    """What a build took: seconds, bytes of resident memory at the peak, over all its processes."""

    seconds: float
    memory: int


@dataclass(frozen=True, slots=True)
class Output:
    """What a site's folder holds; `digest` is that of all names and bytes."""

    pages: int
    feeds: int
    size: int
    digest: str


class BuildError(RuntimeError):
    """Raised by `build` when a command fails or writes nothing."""


def build(command: Sequence[str], folder: Path, *, again: bool = False) -> Run:
    """Build into `folder`/site: from nothing, or `again`, with what the last build has left.

    Raises:
        BuildError: the command ends with an error, or after `TIMEOUT`.
    """
    if not again:
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


def preview(folder: Path, edit: Callable[[], None]) -> tuple[float, float]:
    """Let `mkdocs serve` build `folder`, from nothing, and again after `edit`: seconds of each.

    Raises:
        BuildError: it ends instead.
    """
    set_aside(folder)
    # The site is built into a temporary folder, which is removed with what was set aside.
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "TMPDIR": str(folder / _PAST)}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "mkdocs", "serve", "--livereload", "--dev-addr", address]
    process = subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        first = _built(process.stderr)
        _said(process.stderr, _SERVING)
        # It looks at the folder first: what is changed sooner is no change.
        time.sleep(3)
        edit()
        return first, _built(process.stderr)
    finally:
        process.kill()
        process.communicate()


def _built(said: IO[str]) -> float:
    return float(_said(said, _BUILT)[1])


def _said(said: IO[str], wanted: re.Pattern[str]) -> re.Match[str]:
    lines = []
    for line in said:
        if found := wanted.search(line):
            return found
        lines.append(line)
    raise BuildError(f"mkdocs serve has ended:\n{''.join(lines)}")


def set_aside(folder: Path) -> None:
    """Move what a build has left out of the way of the next.

    It isn't removed while anything is measured: where tens of thousands of files have just been
    removed, ext4 without a journal, which virtual machines have, makes new ones ten times as
    slowly: for some seconds it leaves their inodes alone, and looks at each for each new file.
    """
    past = folder / _PAST
    past.mkdir(exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=past))
    for name in ("site", ".cache"):
        if (folder / name).exists():
            (folder / name).rename(aside / name)


def clear(folder: Path) -> None:
    """Remove what was set aside."""
    shutil.rmtree(folder / _PAST, ignore_errors=True)


def output(folder: Path) -> Output:
    """Count what stands in `folder`/site."""
    digest = hashlib.sha256()
    pages = feeds = size = 0
    for path in sorted((folder / "site").rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            size += len(data)
            pages += path.suffix == ".html"
            feeds += path.name in _FEEDS
            digest.update(f"{path.relative_to(folder).as_posix()}\0{len(data)}\0".encode() + data)
    return Output(pages, feeds, size, digest.hexdigest())


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
