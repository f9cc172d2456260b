"""The version of a site that is served now, and the documents that were rendered of it.

A snapshot never changes, and a request works on one from its beginning to its end. When there is a
new version in the database it takes the place of the old; one that can't be read doesn't.
"""

from __future__ import annotations

import gc
import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from feedserver.errors import DatabaseError
from feedserver.feeds import catalogue, documents
from feedserver.feeds.index import Page
from feedserver.feeds.parameters import WHOLE, Slice
from feedserver.formats import opml
from feedserver.formats.formats import FORMATS
from feedserver.model import Feed
from feedserver.store import database, snapshots
from feedserver.store.snapshots import Snapshot

log = logging.getLogger("feedserver")

OWN = "own"
HUB = "hub"
"""What the settings call a server's own hub, and where that is."""

_SECOND = timedelta(seconds=1)
_RETRY = timedelta(seconds=60)
_PAUSE = 0.001
_OVERHEAD = 1000
"""How many bytes a document takes that is remembered, beside its body."""

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes to be answered with. `modified` is when these bytes came to be, in whole seconds."""

    body: bytes
    media_type: str
    etag: str
    modified: datetime


@dataclass(frozen=True, slots=True)
class _Rendered:
    """A document, the digest of what it was made of, and the latest version that it fits."""

    document: Document
    digest: bytes
    serial: int


class Store:
    """Holds one version of a database; `capacity` is how many bytes of documents are remembered.

    `hub` is where changes of feeds can be subscribed to: an address, "own" for that of the server
    itself, or nothing.

    Raises:
        DatabaseError: the database can't be read at the start.
    """

    def __init__(
        self,
        database: Path,
        *,
        capacity: int = 64_000_000,
        hub: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._path = database
        self.hub = hub
        self._now = now
        self._capacity = capacity
        self._size = 0
        self._rendered: OrderedDict[_Key, _Rendered] = OrderedDict()
        self._lock = Lock()
        self._refused: str | None = None
        self._again = now()
        self.problem: str | None = None
        """Why what is in the database now isn't served."""
        self.snapshot = self._first()

    def refresh(self) -> bool:
        """Take up a new version, if there is one; whether there is a new snapshot.

        One that can't be read is logged once, and what was there stays.
        """
        old = self.snapshot
        try:
            name = database.current(self._path)
            # A file that was damaged, or gone, may have been made anew with the name that it had.
            same = name == old.name and database.identity(self._path, name) == old.identity
            if same:
                self.problem = None
            if same or (name == self._refused and self._now() < self._again):
                return False
        except DatabaseError as error:
            self._refuse("", error)
            return False
        try:
            self.snapshot = snapshots.load(
                self._path,
                name,
                serial=old.serial + 1,
                # Last-Modified has whole seconds: two versions of one would be taken for one.
                earliest=old.archive.modified + _SECOND,
                before=old,
                pause=lambda: time.sleep(_PAUSE),
            )
        except DatabaseError as error:
            self._refuse(name, error)
            return False
        self._refused = self.problem = None
        _settle()
        log.debug("%s: taken up", self._path)
        return True

    def hub_of(self, base: str, slice: Slice = WHOLE) -> str | None:
        """The address of the hub of a part of a feed below the server's root."""
        if not slice.is_lasting:
            return None
        return f"{base}{HUB}" if self.hub == OWN else self.hub or None

    def remembered(
        self, snapshot: Snapshot, name: str, base: str, slice: Slice = WHOLE
    ) -> Document | None:
        """A document that was rendered of this snapshot."""
        key = (name, base, slice.query_string())
        with self._lock:
            found = self._rendered.get(key)
            if found is None or found.serial != snapshot.serial:
                return None
            self._rendered.move_to_end(key)
            return found.document

    def document(
        self,
        snapshot: Snapshot,
        name: str,
        base: str,
        slice: Slice = WHOLE,
        found: Page | None = None,
    ) -> Document | None:
        """The document at a path such as "section/clients/feed.json"; `None` if there is none.

        The archive isn't among them, see `Snapshot.archive`. What was rendered of the same content
        before is taken again. This must be called in one thread: feedgen sets the locale of the
        process. `found` is what `search` gives, which may be called in another thread.

        Raises:
            EntryNotFoundError: the feed has no entry with the id `slice.before`.
        """
        key = (name, base, slice.query_string())
        with self._lock:
            known = self._rendered.get(key)
        if known is not None and known.serial == snapshot.serial:
            return known.document
        recipe = _recipe(snapshot, name, base, slice, found, self.hub_of(base, slice))
        if recipe is None:
            return None
        if known is not None and known.digest == recipe.digest:
            document = known.document
        else:
            document = self._document(recipe, snapshot)
            if known is not None and known.document.body == document.body:
                document = known.document
        self._remember(key, _Rendered(document, recipe.digest, snapshot.serial))
        return document

    def digest(self, snapshot: Snapshot, name: str) -> str | None:
        """What a document is made of, without making it; `None` if there is none."""
        recipe = _recipe(snapshot, name, "", WHOLE, None, None)
        return None if recipe is None else recipe.digest.hex()

    def search(self, snapshot: Snapshot, name: str, slice: Slice) -> Page | None:
        """The entries of a document without their content; `None` if it is no feed's.

        Raises:
            EntryNotFoundError: the feed has no entry with the id `slice.before`.
            SearchTimeoutError: it takes too long.
        """
        feed = _feed_of(snapshot, name)
        return None if feed is None else snapshot.index.page(feed, slice, snapshot.search)

    def _first(self) -> Snapshot:
        snapshot = snapshots.load(self._path, database.current(self._path))
        _settle()
        return snapshot

    def _refuse(self, name: str, error: DatabaseError) -> None:
        if self._refused != name:
            log.warning("%s; the old version stays", error)
        self._refused, self.problem = name, str(error)
        # The cause may pass, such as memory or descriptors that were short.
        self._again = self._now() + _RETRY

    def _document(self, recipe: _Recipe, snapshot: Snapshot) -> Document:
        body = recipe.render()
        # A version may be of the future, and nothing was modified there.
        modified = min(snapshot.archive.modified, self._now().replace(microsecond=0))
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        return Document(body, recipe.media_type, etag, modified)

    def _remember(self, key: _Key, rendered: _Rendered) -> None:
        with self._lock:
            before = self._rendered.pop(key, None)
            self._size += _weight(key, rendered) - (_weight(key, before) if before else 0)
            self._rendered[key] = rendered
            # Bases follow the Host header and slices the query: anyone could ask for more.
            while self._size > self._capacity and len(self._rendered) > 1:
                self._size -= _weight(*self._rendered.popitem(last=False))


def _weight(key: _Key, rendered: _Rendered) -> int:
    return len(rendered.document.body) + sum(map(len, key)) + _OVERHEAD


def _settle() -> None:
    """Leave what is there now alone in later searches for garbage.

    A search through the heads of 30,000 entries stops all threads for a tenth of a second.
    """
    gc.freeze()


def _filled(snapshot: Snapshot, page: Page) -> Page:
    """A page with its entries' content, as far as they fit into a document."""
    entries = tuple(documents.fitting(snapshot.fill(page.entries)))
    cut = len(entries) < len(page.entries)
    return Page(entries, entries[-1].id if cut else page.next)


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How a document is made; `digest` is of all that goes into it."""

    media_type: str
    digest: bytes
    render: Callable[[], bytes]


def _feed_of(snapshot: Snapshot, name: str) -> Feed | None:
    folder, _, file = name.rpartition("/")
    if file not in FORMATS or name.startswith("/"):
        return None
    return snapshot.index.feed_at(f"/{folder}/" if folder else "/")


def _recipe(
    snapshot: Snapshot, name: str, base: str, slice: Slice, found: Page | None, hub: str | None
) -> _Recipe | None:
    index, whole = snapshot.index, snapshot.archive.etag.encode()
    match name.removeprefix(index.root[1:]):
        case catalogue.JSON:
            return _Recipe("application/json", whole, lambda: catalogue.to_json(index, base))
        case catalogue.OPML:
            media_type = f"{opml.MEDIA_TYPE}; charset=utf-8"
            return _Recipe(media_type, whole, lambda: catalogue.to_opml(index, base))
    feed = _feed_of(snapshot, name)
    if feed is None:
        return None
    file = name.rpartition("/")[2]
    page = found or index.page(feed, slice, snapshot.search)
    return _Recipe(
        FORMATS[file].content_type,
        _digest(snapshot, feed, page),
        lambda: documents.render_page(index, feed, file, base, slice, _filled(snapshot, page), hub),
    )


def _digest(snapshot: Snapshot, feed: Feed, page: Page) -> bytes:
    index = snapshot.index
    found = hashlib.sha256(repr((feed, index.archive.site, page.next)).encode("utf-8", "replace"))
    if not page.entries:
        found.update(repr(index.updated(feed)).encode())
    for entry in page.entries:
        found.update(snapshot.digest(entry))
    return found.digest()
