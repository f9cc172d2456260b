"""The archive that is served now, and the documents that were rendered of it.

A snapshot never changes, and a request works on one from its beginning to its end. When the file
has changed a new snapshot takes the place of the old; a file that can't be read doesn't.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from feedserver import archive as archives
from feedserver import catalogue, documents, jsonfeed, opml
from feedserver.errors import ArchiveError
from feedserver.query import Index, newest

log = logging.getLogger("feedserver")

Stamp = tuple[int, int, int]
"""What tells one version of a file from another: time, size, inode."""

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes to be answered with. `modified` is when these bytes came to be, in whole seconds."""

    body: bytes
    media_type: str
    etag: str
    modified: datetime


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """One version of the archive, with its own file; `serial` counts the versions."""

    index: Index
    archive: Document
    serial: int


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A document, the digest of what it was made of, and the latest version that it fits."""

    document: Document
    digest: bytes
    serial: int


class Store:
    """Holds the archive of one file; `capacity` is how many bytes of documents are remembered.

    Raises:
        OSError, ArchiveError: the file can't be read at the start.
    """

    def __init__(
        self,
        path: Path,
        *,
        capacity: int = 256_000_000,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._path = path
        self._now = now
        self._capacity = capacity
        self._size = 0
        self._rendered: OrderedDict[tuple[str, str], _Rendered] = OrderedDict()
        self._lock = Lock()
        self._seen: Stamp | None = None
        self._stamp: Stamp | None = self._look()
        self.snapshot = self._read(datetime.fromtimestamp(0, UTC), serial=1)

    def refresh(self) -> bool:
        """Take up the file if it has changed; whether there is a new snapshot.

        A file is read when two looks in a row find it the same, so not while it is written. One
        that can't be read is logged once, and what was there stays.
        """
        try:
            stamp = self._look()
        except OSError as error:
            if self._stamp is not None:
                log.warning("%s: %s; the old archive stays", self._path, error.strerror)
            self._stamp = self._seen = None
            return False
        if stamp == self._stamp:
            return False
        if stamp != self._seen:
            self._seen = stamp
            return False
        self._stamp = stamp
        try:
            old = self.snapshot
            self.snapshot = self._read(old.archive.modified + _SECOND, serial=old.serial + 1)
        except (OSError, ArchiveError) as error:
            log.warning("%s: %s; the old archive stays", self._path, error)
            return False
        log.info("%s: taken up", self._path)
        return True

    def remembered(
        self, snapshot: Snapshot, name: str, base: str, part: object = None
    ) -> Document | None:
        """A document that was rendered of this snapshot, or is its file."""
        if name == archives.FILE:
            return snapshot.archive
        with self._lock:
            found = self._rendered.get((name, base))
            if found is None or found.serial != snapshot.serial:
                return None
            self._rendered.move_to_end((name, base))
            return found.document

    def document(
        self, snapshot: Snapshot, name: str, base: str, part: object = None
    ) -> Document | None:
        """The document at a path such as "section/clients/feed.json"; `None` if there is none.

        What was rendered of the same content before is taken again. This must be called in one
        thread: feedgen sets the locale of the process.
        """
        if found := self.remembered(snapshot, name, base):
            return found
        recipe = _recipe(snapshot, name, base)
        if recipe is None:
            return None
        known = self._rendered.get((name, base))
        if known is not None and known.digest == recipe.digest:
            document = known.document
        else:
            document = _document(recipe.render(), recipe.media_type, snapshot.archive.modified)
            if known is not None and known.document.body == document.body:
                document = known.document
        self._remember((name, base), _Rendered(document, recipe.digest, snapshot.serial))
        return document

    def _remember(self, key: tuple[str, str], rendered: _Rendered) -> None:
        with self._lock:
            before = self._rendered.pop(key, None)
            self._size += len(rendered.document.body)
            self._size -= len(before.document.body) if before else 0
            self._rendered[key] = rendered
            # The base of a document follows the Host header, so anyone could ask for more.
            while self._size > self._capacity and len(self._rendered) > 1:
                self._size -= len(self._rendered.popitem(last=False)[1].document.body)

    def _look(self) -> Stamp:
        found = os.stat(self._path)
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self, earliest: datetime, serial: int) -> Snapshot:
        """Read the archive; it counts as modified at `earliest` or later, and not in the future.

        Last-Modified has whole seconds: two versions of one second would be taken for one.
        """
        data = self._path.read_bytes()
        modified = datetime.fromtimestamp(int(self._path.stat().st_mtime), UTC)
        modified = max(min(modified, self._now().replace(microsecond=0)), earliest)
        index = Index(archives.parse(data))
        return Snapshot(index, _document(data, jsonfeed.MEDIA_TYPE, modified), serial)


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How a document is made; `digest` is of all that goes into it."""

    media_type: str
    digest: bytes
    render: Callable[[], bytes]


def _recipe(snapshot: Snapshot, name: str, base: str) -> _Recipe | None:
    index, whole = snapshot.index, snapshot.archive.etag.encode()
    match name:
        case "feeds.json":
            return _Recipe("application/json", whole, lambda: catalogue.to_json(index, base))
        case "feeds.opml":
            media_type = f"{opml.MEDIA_TYPE}; charset=utf-8"
            return _Recipe(media_type, whole, lambda: catalogue.to_opml(index, base))
    folder, _, file = name.rpartition("/")
    form = documents.FORMATS.get(file)
    feed = index.feed_at(f"/{folder}/" if folder else "/") if form else None
    if form is None or feed is None or name.startswith("/"):
        return None
    # JSON is UTF-8 by its definition (RFC 8259) and takes no parameter.
    suffix = "" if file.endswith(".json") else "; charset=utf-8"
    inputs = (feed, index.archive.site, newest(index.entries(feed), index.archive.feed_limit))
    return _Recipe(
        f"{form.media_type}{suffix}",
        hashlib.sha256(repr(inputs).encode("utf-8", "surrogatepass")).digest(),
        lambda: documents.render(index, feed, file, base),
    )


def _document(body: bytes, media_type: str, modified: datetime) -> Document:
    return Document(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"', modified)
