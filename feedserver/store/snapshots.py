"""One version of a site, as a worker serves it: heads in memory, content in the database.

A snapshot never changes. The entries of its index have no content, even those that have some:
`Snapshot.fill` puts it in, for the few that a document needs.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import msgspec

from feedserver.errors import DatabaseError, SearchTimeoutError
from feedserver.feeds.index import Index
from feedserver.feeds.orders import Order, Times
from feedserver.formats import archive as archives
from feedserver.formats import jsonfeed
from feedserver.model import Entry, PackedEntry
from feedserver.store import database
from feedserver.store.database import DIGEST, FORMAT, PIECE, file_of, separated

_EPOCH = datetime.fromtimestamp(0, UTC)
_BATCH = 50
_STEP = 10
_STRIDE = 200
"""After so many entries that are read, or looked at, other threads get their turn."""

_PATIENCE = 2.0
"""For how many seconds a search may go on; other searches wait for it."""
_INSTRUCTIONS = 1000
"""After how many instructions SQLite asks whether to go on."""

_Value = TypeVar("_Value", bound=Hashable)


class _Connection:
    """A version's file, open to be read by several threads."""

    def __init__(self, file: Path) -> None:
        self._lock = Lock()
        self._file = file
        self.damaged = False
        address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        self._deadline: float | None = None
        self._connection.set_progress_handler(self._is_late, _INSTRUCTIONS)

    def __del__(self) -> None:
        if hasattr(self, "_connection"):
            self._connection.close()

    def fault(self, error: object) -> DatabaseError:
        """What to raise where something isn't as it was written; it is remembered."""
        self.damaged = True
        return DatabaseError(f"{self._file}: {error}")

    def checked(self, data: object, sum: object) -> bytes:
        """Bytes as they were written.

        Raises:
            DatabaseError: they have changed since.
        """
        if not isinstance(data, bytes) or zlib.crc32(data) != sum:
            raise self.fault("damaged")
        return data

    def _is_late(self) -> bool:
        return self._deadline is not None and time.monotonic() > self._deadline

    @contextmanager
    def _used(self, deadline: float | None = None) -> Iterator[sqlite3.Connection]:
        """The connection for one thread alone, until a deadline."""
        with self._lock:
            self._deadline = deadline
            try:
                yield self._connection
            except sqlite3.Error as error:
                # Python's own errors of what isn't UTF-8 have no code.
                if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                    raise SearchTimeoutError from error
                raise self.fault(error) from error
            finally:
                self._deadline = None

    def rows(self, query: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, one by one."""
        return chain.from_iterable(self.batches(query, values))

    def batches(
        self, query: str, values: Sequence[object] = (), patience: float | None = None
    ) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a query, of which no more are made than are taken, and some.

        Raises:
            SearchTimeoutError: it takes more seconds than there is patience for.
            DatabaseError: the file is damaged.
        """
        deadline = None if patience is None else time.monotonic() + patience
        with self._used(deadline) as connection:
            cursor = connection.execute(query, values)
        while True:
            with self._used(deadline):
                rows = cursor.fetchmany(_BATCH)
            if not rows:
                return
            yield rows

    def row(self, query: str, number: int) -> tuple[Any, ...] | None:
        """The one row of a query for a number; `None` if it has none."""
        with self._used() as connection:
            row: tuple[Any, ...] | None = connection.execute(query, (number,)).fetchone()
        return row


@dataclass(frozen=True, slots=True)
class Stream:
    """Bytes to be answered with that are too many to be held; `chunks` makes them, each time."""

    media_type: str
    etag: str
    modified: datetime
    length: int
    chunks: Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Snapshot:
    """A version of a site; `serial` counts those that a store has had, `archive` is its own file.

    Several threads may use it.
    """

    name: str
    serial: int
    index: Index
    archive: Stream
    identity: tuple[int, int]
    _connection: _Connection
    _searched: _Connection
    _digests: bytes

    def found_damage(self) -> bool:
        """Whether, since it was asked, something couldn't be read or wasn't as it was written."""
        connections = (self._connection, self._searched)
        found = any(each.damaged for each in connections)
        for each in connections:
            each.damaged = False
        return found

    def fill(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Yield entries of the index with their content.

        Raises:
            DatabaseError: the file is damaged.
        """
        return _filled(self.index, self._connection, entries)

    def digest(self, entry: Entry) -> bytes:
        """A hash of all of an entry of the index, with its content."""
        start = _number(self.index, entry) * DIGEST
        return self._digests[start : start + DIGEST]

    def search(self, text: str, *, updates: bool, behind: int) -> Iterator[int]:
        """The positions in an order of the entries behind one that have all the words.

        Raises:
            SearchTimeoutError: it takes too long; while the positions are taken, too.
        """
        expression = _expression(text)
        if not expression:
            return iter(())
        first = len(self.index.posts.entries) if updates else 0
        last = first + len((self.index.updates if updates else self.index.posts).entries)
        rows = self._searched.batches(
            "SELECT rowid - ? FROM words WHERE words MATCH ? AND rowid > ? AND rowid < ?"
            " ORDER BY rowid",
            (first, expression, first + behind, last),
            _PATIENCE,
        )
        return (position for batch in rows for (position,) in batch)


def load(
    path: Path,
    name: str,
    *,
    serial: int = 1,
    earliest: datetime = _EPOCH,
    before: Snapshot | None = None,
    pause: Callable[[], object] = lambda: None,
) -> Snapshot:
    """Read the version `name` of the database at `path`.

    What is the same in the version `before` is shared with it. It counts as modified at `earliest`
    or later. `pause` is called again and again, to let other threads work.

    Raises:
        DatabaseError: the version isn't there, or damaged, or of another format.
    """
    file = file_of(path, name)
    identity = database.identity(path, name)
    try:
        modified = datetime.fromtimestamp(int(file.stat().st_mtime), UTC)
        # One of its own for searches: whoever waits for a connection waits for all they take.
        connection, searched = _Connection(file), _Connection(file)
        loader = _Loader(connection, before, pause)
        index, facts = loader.index(), loader.facts
    except DatabaseError:
        raise
    except (OSError, sqlite3.Error, LookupError, AttributeError, TypeError, ValueError) as error:
        # In a damaged file may be anything.
        raise DatabaseError(f"{file}: {error}") from error

    length = int(facts["length"])

    def chunks() -> Iterator[bytes]:
        # Whoever reads slowly holds one piece, and no connection.
        for number in range(-(-length // PIECE)):
            row = connection.row("SELECT bytes, sum FROM pieces WHERE number = ?", number)
            yield connection.checked(*(row or (None, None)))

    stream = Stream(jsonfeed.MEDIA_TYPE, facts["etag"], max(modified, earliest), length, chunks)
    return Snapshot(name, serial, index, stream, identity, connection, searched, facts["digests"])


class _Loader:
    """Reads the heads of a version, and what was worked out of them."""

    def __init__(
        self, connection: _Connection, before: Snapshot | None, pause: Callable[[], object]
    ) -> None:
        self._connection = connection
        self._before = before
        self._pause = pause
        self._same: dict[Hashable, Any] = {}
        self.facts: dict[str, Any] = dict(connection.rows("SELECT name, value FROM facts"))
        if self.facts["format"] != str(FORMAT):
            raise connection.fault(f"of format {self.facts['format']}, and not {FORMAT}")

    def index(self) -> Index:
        entries = tuple(self._entries())
        first = int(self.facts["posts"])
        posts = self._order("posts", entries[:first])
        updates = self._order("updates", entries[first:])
        numbers = array("q", self.facts["archive"])
        top = archives.parse(self.facts["top"].encode())
        return Index(
            replace(top, entries=tuple(entries[number] for number in numbers)), posts, updates
        )

    def _entries(self) -> Iterator[Entry]:
        known = self._known()
        digests: bytes = self.facts["digests"]
        read = 0
        for number in range(len(digests) // DIGEST):
            entry = known.get(digests[number * DIGEST : (number + 1) * DIGEST])
            if entry is None:
                entry = self._head(number)
                read += 1
            if read == _STEP or number % _STRIDE == 0:
                read = 0
                self._pause()
            yield entry

    def _known(self) -> dict[bytes, Entry]:
        """The entries of the version before, by their hashes."""
        if self._before is None:
            return {}
        index = self._before.index
        known: dict[bytes, Entry] = {}
        for position, entry in enumerate((*index.posts.entries, *index.updates.entries)):
            if position % _STRIDE == 0:
                self._pause()
            known[self._before.digest(entry)] = entry
        return known

    def _head(self, number: int) -> Entry:
        row = self._connection.row("SELECT head, sum FROM heads WHERE number = ?", number)
        head = self._connection.checked(*(row or (None, None)))
        entry = jsonfeed.entry(msgspec.json.decode(head))
        update = entry.update
        if update is not None:
            update = replace(
                update,
                issue=self._once(update.issue),
                section=self._once(update.section),
                project=self._once(update.project),
            )
        return replace(
            entry,
            url=entry.id if entry.url == entry.id else entry.url,
            authors=self._once(entry.authors),
            tags=self._once(entry.tags),
            sections=self._once(entry.sections),
            update=update,
        )

    def _once(self, value: _Value) -> _Value:
        """One object for all values that are the same: thousands of entries have one issue."""
        same: _Value = self._same.setdefault(value, value)
        return same

    def _order(self, kind: str, entries: tuple[Entry, ...]) -> Order:
        kept: dict[str, dict[str, bytes]] = {}
        rows = self._connection.rows(
            "SELECT parameter, slug, members FROM slugs WHERE kind = ?", (kind,)
        )
        for count, (parameter, slug, members) in enumerate(rows):
            if count % _STRIDE == 0:
                self._pause()
            kept.setdefault(parameter, {})[slug] = members
        times = Times(
            array("q", self.facts[f"{kind} seconds"]), array("q", self.facts[f"{kind} positions"])
        )
        return Order(entries, kept, times)


def _number(index: Index, entry: Entry) -> int:
    """Where an entry stands in the database: the posts in their order, then the updates."""
    order, first = index.posts, 0
    if entry.update is not None:
        order, first = index.updates, len(index.posts.entries)
    place = order.place(entry.id)
    assert place is not None
    return first + place


def _filled(index: Index, connection: _Connection, entries: Iterable[Entry]) -> Iterator[Entry]:
    for some in _batches(entries, _BATCH):
        numbers = [_number(index, entry) for entry in some]
        places = ", ".join("?" * len(numbers))
        query = f"SELECT number, content, clean, sum FROM bodies WHERE number IN ({places})"
        found = {number: rest for number, *rest in connection.rows(query, numbers)}
        for number, entry in zip(numbers, some, strict=True):
            content, clean, sum = found.get(number, (b"", 0, None))
            utf8 = connection.checked(b"" if content is None else content, sum)
            yield entry if content is None else PackedEntry.of(entry, utf8, clean=bool(clean))


def _batches(entries: Iterable[Entry], size: int) -> Iterator[list[Entry]]:
    rest = iter(entries)
    while some := list(islice(rest, size)):
        yield some


def _expression(text: str) -> str:
    """What FTS5 is asked for: all words, each as it stands there; "word*" is its beginning."""
    words = []
    for word in text.encode("utf-8", "replace").decode().replace("\0", " ").split():
        start = word.rstrip("*")
        if not start:
            continue
        quoted = '"' + separated(start).replace('"', '""') + '"'
        words.append(f"{quoted} *" if start != word else quoted)
    return " ".join(words)
