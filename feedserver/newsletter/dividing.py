"""Posts become entries in other processes, while MkDocs renders the next.

What an entry is made of are values, and what comes back are values: the same, whoever made them.
Python starts these processes anew (`spawn`), on all systems: a copy of one with threads may stop
for ever. Where they can't be had, or end, the build goes on without them.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from feedserver.model import Entry, PackedEntry, Site
from feedserver.newsletter import entries
from feedserver.newsletter.entries import Post
from feedserver.text.clean import packed

# Nothing of MkDocs is imported here, for each process imports it.

_WORTH = 2_000_000
"""Bytes of posts from which on it takes less time to start processes than to do without."""
_MOST = 61
"""More Windows can't wait for."""

Work = tuple[Post, Site, tuple[str, ...]]
"""What `entries.of_post` takes."""
_Packed = tuple[Entry, bytes | None, bool]


class Division:
    """Divides posts, of one build after another; `tell` is told once if it goes on alone."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._has_given_up = False
        self._processes = 0
        self._pool: ProcessPoolExecutor | None = None
        self._work: dict[str, Callable[[], Work]] = {}
        self._futures: dict[str, Future[list[_Packed]]] = {}

    def begin(self, processes: int | None, size: int) -> None:
        """Begin a build of so many bytes of posts; `processes` is what the option says."""
        if processes is None:
            cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
            processes = min(8, cores) if cores > 1 and size >= _WORTH else 0
        # A process of a pool may have none of its own.
        processes = 0 if multiprocessing.current_process().daemon else min(_MOST, processes)
        self.end(goes_on=processes == self._processes)
        self._processes = processes
        if self._pool is None and processes and not self._has_given_up:
            try:
                spawn = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(processes, spawn, initializer=_begin)
            except (ImportError, NotImplementedError, OSError) as error:
                # Some systems have no semaphores, or no room for them.
                self._give_up(error)

    def take(self, path: str, make: Callable[[], Work]) -> None:
        """Let the post of a file be divided, as soon as there is a process for it.

        `make` gives it again, if need be: to keep it would take as much room as its text.
        """
        self._work[path] = make
        if self._pool is not None:
            try:
                with uninterrupted():
                    self._futures[path] = self._pool.submit(_divide, *make())
            except (BrokenExecutor, OSError, RuntimeError) as error:
                self._give_up(error)

    def entries(self, path: str) -> list[PackedEntry]:
        """The entries of the post of a file, which was taken."""
        make, future = self._work.pop(path), self._futures.pop(path, None)
        try:
            if future is not None:
                try:
                    return [
                        PackedEntry.of(entry, utf8, clean=clean)
                        for entry, utf8, clean in future.result()
                    ]
                except BrokenExecutor as error:
                    self._give_up(error)
            return [packed(entry) for entry in entries.of_post(*make())]
        except Exception as error:
            error.add_note(f"{path}: it can't be divided")
            raise

    def end(self, *, goes_on: bool) -> None:
        """End a build; if no other follows, the processes too."""
        for future in self._futures.values():
            future.cancel()
        self._work, self._futures = {}, {}
        if self._pool is not None and not goes_on:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _give_up(self, error: BaseException) -> None:
        if not self._has_given_up:
            why = str(error) or type(error).__name__
            self._tell(f"posts are divided by this process alone, no other can be had: {why}")
        self._has_given_up, self._pool = True, None


def is_running_a_script_again() -> bool:
    """Whether this is such a process, about to run a script that builds a site.

    Python does that with a script that isn't guarded by `if __name__ == "__main__":`.
    """
    script = sys.modules.get("__mp_main__")
    name = getattr(script, "__name__", None)
    return name == "__mp_main__" and script is not sys.modules["__main__"]


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Let a process that is started meanwhile never hear Ctrl+C: it is the build's to end it."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Begin such a process, which ends with the build, however that ends."""
    # Where signals can't be blocked, Ctrl+C comes to all processes of a console.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end, daemon=True).start()


def _end() -> None:
    build = multiprocessing.parent_process()
    assert build is not None
    build.join()
    os._exit(1)


def _divide(post: Post, site: Site, ignored: tuple[str, ...]) -> list[_Packed]:
    made = map(packed, entries.of_post(post, site, ignored))
    return [(replace(entry, content=None), entry.utf8, entry.clean) for entry in made]
