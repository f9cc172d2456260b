"""What `SOURCE` names: a built site's folder, an archive, or the file or address of any feed."""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from feedserver.errors import ArchiveError, ForeignError, RegistryError, SourceError
from feedserver.foreign import isolated, reading
from feedserver.foreign.reading import Options, Reading
from feedserver.formats import archive
from feedserver.model import Archive
from feedserver.newsletter import registry
from feedserver.settings.settings import Settings
from feedserver.sources.fetching import Fetcher, Validators
from feedserver.sources.sightings import Sightings
from feedserver.store import files

Kind = Literal["site", "file", "address"]

_HEAD = 65_536
_ARCHIVE = re.compile(rb'"_twim"\s*:\s*\{\s*"version"\s*:')


@dataclass(frozen=True, slots=True)
class Source:
    """Where entries are read from.

    `path` is the file to be read, and `folder` that of the site's pages, where there are such.
    `sightings` date what a source of another site dates ahead. In a `room` one source is read at a
    time.
    """

    name: str
    kind: Kind
    settings: Settings
    path: Path | None = None
    folder: Path | None = None
    sightings: Sightings | None = None
    room: isolated.Room = isolated.ROOM

    def read(self, fetcher: Fetcher | None = None) -> Archive:
        """Read the archive that the source is, or that can be made of it.

        Raises:
            SourceError: it isn't there, or can't be fetched.
            ArchiveError, ForeignError: it can't be read.
        """
        return self.reading(fetcher).archive

    def reading(self, fetcher: Fetcher | None = None) -> Reading:
        """The same, with what is to be said of it."""
        if self.path is not None:
            return self.parse(self.load())
        if fetcher is None:
            raise SourceError(f"{self.name}: a folder or a file is needed here, no address")
        fetched = fetcher.fetch(self.name, Validators())
        return self.parse(fetched.body or b"", fetched.address, fetched.content_type)

    def load(self) -> bytes:
        """The bytes of the file.

        Raises:
            SourceError: it can't be opened, is no regular file, or is larger than the settings say.
        """
        assert self.path is not None
        return read_file(self.path, self.settings)

    def parse(
        self,
        data: bytes,
        address: str | None = None,
        content_type: str | None = None,
        known: set[int] | None = None,
    ) -> Reading:
        """Read its document, which was fetched from `address` as `content_type` if it was fetched.

        An archive on disk is as large as its site, and read here; anything else within limits.
        `known` is what `reading.clean` remembers.

        Raises:
            ArchiveError, ForeignError: it can't be read.
        """
        place = str(self.path or self.name)
        try:
            if self.kind == "site" or (self.kind == "file" and _is_archive(data)):
                return reading.clean(archive.parse_packed(data), known)
            if len(data) > self.settings.fetch_bytes:
                raise ForeignError(f"it has more than {self.settings.fetch_bytes:,} bytes")
            found = isolated.read(
                data, options(self.settings), address, content_type, room=self.room
            )
            return self.sightings.settle(found) if self.sightings else found
        except ArchiveError as error:
            raise ArchiveError(f"{place}: {error}") from error
        except ForeignError as error:
            raise ForeignError(f"{place}: {error}") from error


def read_file(path: Path, settings: Settings) -> bytes:
    """The bytes of a file that no more is known of than its place.

    Raises:
        SourceError: as `Source.load`.
    """
    try:
        return files.read(path, settings.archive_bytes)
    except OSError as error:
        more = " (the setting archive_bytes)" if error.errno == errno.EFBIG else ""
        raise SourceError(f"{path}: {error.strerror}{more}") from error


def _is_archive(data: bytes) -> bool:
    """Whether a document begins as archives do; what stands there may have any size, so far.

    One that is written in another order is still read as one, within the limits of others' feeds.
    """
    return data[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and bool(
        _ARCHIVE.search(data, 0, _HEAD)
    )


def find(name: str, settings: Settings, sightings: Sightings | None = None) -> Source:
    """Find the source that a name stands for; it isn't read yet.

    Raises:
        SourceError: there is nothing of this name, or nothing that can be served.
    """
    if name.startswith(("http://", "https://")):
        return Source(name, "address", settings, sightings=sightings)
    path = Path(name)
    if path.is_dir():
        if not (path / archive.FILE).exists():
            raise SourceError(f"{name}: no {archive.FILE} in this folder, as a built site has")
        return Source(name, "site", settings, path / archive.FILE, path)
    if not path.exists():
        hint = "; an address begins with https://" if _is_like_a_host(name) else ""
        raise SourceError(f"{name}: there is no such folder or file{hint}")
    return Source(name, "file", settings, path, sightings=sightings)


def _is_like_a_host(name: str) -> bool:
    """Whether a name begins as an address without its scheme; a feed's file has a dot, too."""
    host = re.split("[:/]", name)[0].lower()
    return "." in host.strip(".") and not host.endswith((".atom", ".json", ".rss", ".xml"))


def options(settings: Settings) -> Options:
    """What the settings say of feeds that know nothing of sections.

    Raises:
        RegistryError: the registry can't be read.
    """
    path = settings.registry
    try:
        data = files.read(path, settings.fetch_bytes) if path else None
    except OSError as error:
        raise RegistryError(error.strerror or "it can't be read", str(path)) from error
    return Options(
        issues=settings.issues,
        ignore_sections=settings.ignore_sections,
        registry=registry.read(data, str(path)) if data is not None else registry.EMPTY,
        feeds=tuple(settings.feeds.values()),
        feed_limit=settings.feed_limit,
    )
