"""What `SOURCE` on the command line names: a built site's folder, or an archive."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from feedserver import archive as archives
from feedserver.errors import ArchiveError, SourceError
from feedserver.model import Archive


@dataclass(frozen=True, slots=True)
class Source:
    """Where a site's archive is, and the folder of its pages, if there is one."""

    archive: Path
    folder: Path | None

    def read(self) -> Archive:
        """Read the archive.

        Raises:
            SourceError: it isn't there.
            ArchiveError: it is none.
        """
        try:
            data = self.archive.read_bytes()
        except OSError as error:
            raise SourceError(f"{self.archive}: {error.strerror}") from error
        try:
            return archives.parse(data)
        except ArchiveError as error:
            raise ArchiveError(f"{self.archive}: {error}") from error


def find(name: str) -> Source:
    """Find the source that a name stands for; it isn't read yet.

    Raises:
        SourceError: there is nothing of this name, or nothing that can be served.
    """
    path = Path(name)
    if path.is_dir():
        if not (path / archives.FILE).is_file():
            raise SourceError(f"{name}: no {archives.FILE} in this folder: is it a built site?")
        return Source(path / archives.FILE, path)
    if name.startswith(("http://", "https://")):
        raise SourceError(f"{name}: a built site's folder or an archive is needed, no address")
    if not path.is_file():
        raise SourceError(f"{name}: there is no such folder or file")
    return Source(path, None)
