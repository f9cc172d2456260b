"""The files of a site's feeds, written into the folder of the built site.

They are several times as many as a site's pages. What they hold is known before the first page is
built, so they are written meanwhile, by a process of their own where that is safe.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

from mkdocs.plugins import get_plugin_logger

from feedserver.feeds import export
from feedserver.feeds.index import Index
from feedserver.model import Archive
from feedserver.newsletter.dividing import uninterrupted

log = get_plugin_logger("twim")


class Output:
    """All feeds, the catalogue, the redirects and the archive of one build.

    `index` is that of the archive, as far as it was made already; `pages` writes the pages that
    stand beside the feeds; `hub` is the address of their hub.
    """

    def __init__(
        self,
        archive: Archive,
        site_dir: str,
        *,
        index: Index | None = None,
        pages: Callable[[], None] = lambda: None,
        hub: str | None = None,
    ) -> None:
        self._archive = archive
        self._index = index
        self._pages = pages
        self._hub = hub
        self._folder = Path(site_dir)
        self._process: BaseProcess | None = None

    def start(self) -> None:
        """Begin to write in another process; nothing is done where that can't be."""
        if not _can_fork():
            return
        process = multiprocessing.get_context("fork").Process(target=self._in_process, daemon=True)
        try:
            with uninterrupted():
                process.start()
        except OSError as error:
            log.debug(f"the feeds are written by this process: {error}")
        else:
            self._process = process

    def finish(self) -> None:
        """Write what is not yet written, but for the archive.

        What a site's own `_redirects` says comes before ours.

        Raises:
            OSError: a file can't be written.
        """
        if self._process is not None:
            self._process.join()
        if self._process is None or self._process.exitcode:
            self._write()
        redirects = self._archive.redirects
        if redirects:
            path = self._folder / export.REDIRECTS
            own = path.read_bytes().rstrip(b"\n") + b"\n" if path.is_file() else b""
            path.write_bytes(own + export.redirect_lines(redirects))

    def publish(self) -> None:
        """Put the archive in its place: all is there.

        Raises:
            OSError: it can't be.
        """
        export.publish(self._folder)

    def stop(self) -> None:
        """Give up: the build has failed."""
        if self._process is not None:
            self._process.terminate()
            self._process.join()

    def _write(self) -> None:
        export.write_aside(
            self._archive,
            self._archive.site.url,
            self._folder,
            index=self._index,
            but={export.REDIRECTS},
            hub=self._hub,
        )
        self._pages()

    def _in_process(self) -> None:
        # What the build has made is never freed here: to look for it would copy it.
        gc.freeze()
        try:
            self._write()
        except Exception:
            # The build writes it all itself then, and meets the error that it can tell.
            sys.exit(1)


def _can_fork() -> bool:
    """Whether a copy of this process can go on: elsewhere system libraries forbid it.

    While other threads run, of Python as in `mkdocs serve` or of a library, it could wait for a
    lock that one of them has. A process that multiprocessing has made for a pool may have none.
    """
    if sys.platform != "linux" or multiprocessing.current_process().daemon:
        return False
    return len(os.sched_getaffinity(0)) > 1 and len(os.listdir("/proc/self/task")) == 1
