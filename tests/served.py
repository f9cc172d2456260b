"""A store of a built site, whose database stands beside the site's folder."""

from __future__ import annotations

from pathlib import Path

from feedserver import archive as archives
from feedserver import database
from feedserver.errors import FeedServerError
from feedserver.store import Store


class Rebuilt(Store):
    """A store whose database is written anew when the archive of its site has changed.

    It stands for the builder of a server. An archive is read when two looks in a row find its file
    the same, so not while it is written.
    """

    def __init__(self, archive: Path, path: Path) -> None:
        self._archive = archive
        self._written = path
        self._stamp = self._seen = self._look()
        database.write(archives.parse(archive.read_bytes()), path)
        super().__init__(path)

    def refresh(self) -> bool:
        stamp = self._look()
        if stamp == self._stamp or stamp != self._seen:
            self._seen = stamp
            return False
        self._stamp = stamp
        try:
            database.write(archives.parse(self._archive.read_bytes()), self._written)
        except (OSError, FeedServerError):
            return False
        return super().refresh()

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = self._archive.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def served(folder: Path) -> Rebuilt:
    """The store of the site in a folder; the database is written anew with its archive."""
    state = folder.parent / f"{folder.name}.state"
    state.mkdir(exist_ok=True)
    return Rebuilt(folder / archives.FILE, state / "site.sqlite")
