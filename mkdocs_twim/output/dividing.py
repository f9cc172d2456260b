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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import contextmanager

from mkdocs.plugins import get_plugin_logger

from feedserver.model import Entry, Site
from feedserver.newsletter import entries
from feedserver.newsletter.entries import Post

log = get_plugin_logger("twim")

_WORTH = 2_000_000
"""Bytes of posts from which on it takes less time to start processes than to do without."""


class Division:
    """Divides posts, of one build after another."""

    def __init__(self) -> None:
        self._has_given_up = False
        self._pool: ProcessPoolExecutor | None = None
        self._known: dict[str, Callable[[], list[Entry]]] = {}
        self._futures: list[Future[list[Entry]]] = []

    def begin(self, processes: int | None, size: int) -> None:
        """Begin a build of so many bytes of posts; `processes` is what the option says."""
        self._known, self._futures = {}, []
        if processes is None:
            cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
            processes = min(8, cores) if cores > 1 and size >= _WORTH else 0
        if self._pool is None and processes and not self._has_given_up:
            try:
                self._pool = ProcessPoolExecutor(
                    processes,
                    multiprocessing.get_context("spawn"),
                    # Where signals can't be blocked, Ctrl+C comes to all processes of a console.
                    initializer=signal.signal,
                    initargs=(signal.SIGINT, signal.SIG_IGN),
                )
            except (ImportError, NotImplementedError, OSError) as error:
                # Some systems have no semaphores, or no room for them.
                self._give_up(error)

    def take(self, path: str, post: Post, site: Site, ignored: Sequence[str]) -> None:
        """Let the post of a file be divided, as soon as there is a process for it."""

        def here() -> list[Entry]:
            return entries.of_post(post, site, ignored)

        self._known[path] = here
        if self._pool is None:
            return
        try:
            with _uninterrupted():
                future = self._pool.submit(entries.of_post, post, site, ignored)
        except (BrokenExecutor, OSError, RuntimeError) as error:
            self._give_up(error)
            return

        def there() -> list[Entry]:
            try:
                return future.result()
            except BrokenExecutor as error:
                self._give_up(error)
                return here()

        self._futures.append(future)
        self._known[path] = there

    def entries(self, path: str) -> list[Entry]:
        """The entries of the post of a file, which was taken."""
        try:
            return self._known.pop(path)()
        except Exception as error:
            error.add_note(f"{path}: it can't be divided")
            raise

    def end(self, *, goes_on: bool) -> None:
        """End a build; if no other follows, the processes too."""
        for future in self._futures:
            future.cancel()
        self._known, self._futures = {}, []
        if self._pool is not None and not goes_on:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _give_up(self, error: BaseException) -> None:
        if not self._has_given_up:
            why = str(error) or type(error).__name__
            log.info(f"posts are divided by this process alone, no other can be had: {why}")
        self._has_given_up, self._pool = True, None


def is_running_a_script_again() -> bool:
    """Whether this is such a process, about to run a script that builds a site.

    Python does that with a script that isn't guarded by `if __name__ == "__main__":`.
    """
    script = sys.modules.get("__mp_main__")
    return script is not None and script is not sys.modules["__main__"]


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let a process that is started meanwhile never hear Ctrl+C: it is the build's to end it."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
