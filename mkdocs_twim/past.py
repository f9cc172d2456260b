"""The pages and feeds of sections and projects in the site's folder, kept from build to build.

MkDocs empties that folder first. Tens of thousands of files would be removed and made again, most
of them the same: that takes as long as all that is in them, and on some file systems many times as
long. So these folders are set aside while MkDocs does so, and put back; what a build doesn't write
again, and isn't known to be as it was, is removed at its end.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

FOLDERS = ("section", "project")
_ASIDE = ".twim-aside"


class Past:
    """What the last build has left in a site's folder; nothing, where `keeps` is false.

    Windows doesn't tell when a file was written last: there nothing is kept.
    """

    def __init__(self, site_dir: str, *, keeps: bool = sys.platform != "win32") -> None:
        self._site = Path(site_dir)
        self._aside = self._site / _ASIDE
        self._keeps = keeps
        self._began = 0
        self._kept: list[Path] = []

    def set_aside(self) -> None:
        """Take the folders out of the way, to where MkDocs leaves all as it is.

        Raises:
            OSError: they can't be moved.
        """
        shutil.rmtree(self._aside, ignore_errors=True)
        found = [self._site / name for name in FOLDERS]
        found = [folder for folder in found if folder.is_dir() and not folder.is_symlink()]
        if not self._keeps or not found or any(map(_is_linked, found)):
            return
        self._aside.mkdir()
        self._began = self._aside.stat().st_ctime_ns
        for folder in found:
            folder.rename(self._aside / folder.name)
            self._kept.append(folder)

    def put_back(self) -> None:
        """Put the folders where they were.

        Raises:
            OSError: they can't be moved.
        """
        for folder in self._kept:
            (self._aside / folder.name).rename(folder)
        if self._kept:
            self._aside.rmdir()

    def sweep(self, known: Collection[str]) -> None:
        """Remove what wasn't written since, but for `known` files, below the site's folder.

        Raises:
            OSError: something can't be removed.
        """
        for folder in self._kept:
            for path, found in _files(folder):
                stale = found.st_ctime_ns < self._began
                if stale and path[len(str(self._site)) + 1 :] not in known:
                    os.unlink(path)
            _remove_empty(folder)

    def discard(self) -> None:
        """Leave nothing of the last build, as MkDocs does: this one has failed."""
        shutil.rmtree(self._aside, ignore_errors=True)
        for folder in self._kept:
            shutil.rmtree(folder, ignore_errors=True)


def _is_linked(folder: Path) -> bool:
    """Whether a file is somewhere else too: to write it again would change it there."""
    return any(found.st_nlink > 1 for _, found in _files(folder))


def _files(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The files below a folder."""
    pending = [str(folder)]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                else:
                    yield entry.path, entry.stat(follow_symlinks=False)


def _remove_empty(folder: Path) -> None:
    for path, folders, files in os.walk(folder, topdown=False):
        if not files and not any(os.path.isdir(os.path.join(path, name)) for name in folders):
            os.rmdir(path)
