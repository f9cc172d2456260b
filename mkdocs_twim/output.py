"""The files of a site's feeds, written into the folder of the built site.

They are several times as many as a site's pages. What they hold is known before the first page is
built, so they are written meanwhile, by a process of their own where that is safe.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path

from mkdocs.plugins import get_plugin_logger

from feedserver import documents, export
from feedserver.model import Archive, Entry, Feed
from feedserver.query import Index
from mkdocs_twim.cache import Cache, key
from mkdocs_twim.past import FOLDERS

log = get_plugin_logger("twim")


class Output:
    """All feeds, the catalogue, the redirects and the archive of one build.

    `index` is that of the archive, as far as it was made already.
    """

    def __init__(
        self,
        archive: Archive,
        site_dir: str,
        *,
        index: Index | None = None,
        cache: Path | None = None,
    ) -> None:
        self._archive = archive
        self._index = index
        self._cache = cache
        self._folder = Path(site_dir)
        self._process: BaseProcess | None = None

    def start(self) -> None:
        """Begin to write in another process; nothing is done where that can't be."""
        if not _can_fork():
            return
        process = multiprocessing.get_context("fork").Process(target=self._in_process, daemon=True)
        try:
            process.start()
        except OSError as error:
            log.debug(f"the feeds are written by this process: {error}")
        else:
            self._process = process

    def finish(self) -> None:
        """Write what is not yet written, and last the archive: then all is there.

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
        export.publish(self._folder)

    def stop(self) -> None:
        """Give up: the build has failed."""
        if self._process is not None:
            self._process.terminate()
            self._process.join()

    def _write(self) -> None:
        # Opened here: a database doesn't survive that a process is copied.
        known = Known(Cache(self._cache), self._folder, self._archive.redirects.values())
        base = self._archive.site.url
        export.write_aside(
            self._archive,
            base,
            self._folder,
            index=self._index,
            but={export.REDIRECTS},
            make=known.documents,
        )
        known.close()

    def _in_process(self) -> None:
        # What the build has made is never freed here: to look for it would copy it.
        gc.freeze()
        try:
            self._write()
        except OSError:
            # The build writes it all itself then, and meets the error that it can tell.
            sys.exit(1)


class Known:
    """Documents of feeds, which are made and written anew only where something in them has changed.

    `folder` is the site's; the files of feeds that have one in `copied` ("/atom.xml") are always
    given. Only the files of sections and projects are still there from the last build, see `past`.
    """

    def __init__(self, cache: Cache, folder: Path, copied: Collection[str] = ()) -> None:
        self._cache = cache
        self._folder = folder
        self._copied = frozenset(copied)
        self._digests: dict[int, bytes] = {}
        self._name = key("feeds", str(folder.resolve()))
        # By the path of a feed: the key of what its files hold, and how they were when written.
        before = cache.get(self._name)
        self._before: Mapping[str, object] = json.loads(before) if before else {}
        self._now: dict[str, object] = {}

    def documents(self, index: Index, feed: Feed, base: str) -> Iterator[tuple[str, bytes]]:
        """The documents of a feed that aren't in the folder as they are to be, with their files.

        The entries of the index live as long as this does.
        """
        entries = documents.contents(index, feed)
        site = repr((index.archive.site, feed, base))
        made_of = key(site, b"".join(map(self._digest, entries)))
        names = {file: key(made_of, file) for file in documents.FORMATS}
        if not self._is_written(feed, made_of):
            for file, name in names.items():
                data = self._cache.get(name)
                if data is None:
                    data = documents.render(index, feed, file, base, entries)
                    self._cache.put(name, data)
                yield file, data
        for name in names.values():
            self._cache.keep(name)
        if feed.kind in FOLDERS:
            # Who asked for more has written what there was.
            self._now[feed.path] = [made_of.hex(), self._found(feed)]

    def close(self) -> None:
        """Keep what is known for the next build."""
        if self._now != self._before:
            self._cache.put(self._name, json.dumps(self._now).encode())
        self._cache.close()

    def _is_written(self, feed: Feed, made_of: bytes) -> bool:
        if self._copied.intersection(feed.path + file for file in documents.FORMATS):
            return False
        found = self._found(feed)
        return bool(found) and self._before.get(feed.path) == [made_of.hex(), found]

    def _found(self, feed: Feed) -> list[list[int]]:
        """The files of a feed as they are in the folder: each with its size and times."""
        found = []
        for file in documents.FORMATS:
            try:
                stat = os.stat(f"{self._folder}{feed.path}{file}")
            except OSError:
                return []
            found.append([stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns])
        return found

    def _digest(self, entry: Entry) -> bytes:
        digest = self._digests.get(id(entry))
        if digest is None:
            digest = self._digests[id(entry)] = key(repr(entry))
        return digest


def _can_fork() -> bool:
    """Whether a copy of this process can go on: elsewhere system libraries forbid it.

    While other threads run, of Python as in `mkdocs serve` or of a library, it could wait for a
    lock that one of them has. A process that multiprocessing has made for a pool may have none.
    """
    if sys.platform != "linux" or multiprocessing.current_process().daemon:
        return False
    return len(os.sched_getaffinity(0)) > 1 and len(os.listdir("/proc/self/task")) == 1
