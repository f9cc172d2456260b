"""What the bot knows of what it has sent: a file of SQLite, written before and after each message.

An entry that is being sent is noted first, with its transaction; when the homeserver has answered,
with its event. So whoever is killed in between knows what to look for in the room. One bot at a
time uses a file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from feedserver.bot.config import Room
from feedserver.errors import StateError

Doing = Literal["new", "edit", "redaction"]

FILE = "bot.sqlite"
_VERSION = 1
_TABLES = f"""
PRAGMA user_version = {_VERSION};
CREATE TABLE account (one INTEGER PRIMARY KEY CHECK (one = 1), since TEXT, device TEXT) STRICT;
INSERT INTO account VALUES (1, NULL, NULL);
CREATE TABLE rooms (
  room TEXT NOT NULL, feed TEXT NOT NULL, place TEXT, begun TEXT, etag TEXT, modified TEXT,
  asked REAL, read REAL, due REAL, rest REAL, problem TEXT, notice TEXT,
  held INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (room, feed)
) STRICT;
CREATE TABLE entries (
  room TEXT NOT NULL, feed TEXT NOT NULL, entry TEXT NOT NULL,
  version TEXT NOT NULL, published TEXT NOT NULL, event TEXT, place TEXT, said TEXT,
  edits INTEGER NOT NULL DEFAULT 0, missing INTEGER NOT NULL DEFAULT 0,
  doing TEXT, coming TEXT, started INTEGER,
  PRIMARY KEY (room, feed, entry)
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of an entry: which version of it stands in the room as which event.

    `published` is its date. An entry without an event was there before the bot, and isn't posted,
    or its message was taken back: then it has `edits`, which count all that was sent.
    `place` is the id of the room, `said` a digest of what was sent. While something is being done,
    `doing` says what, `coming` the version that it is for, and `started` since when, in
    milliseconds since 1970. `missing` counts the polls since the entry was there.
    """

    version: str
    published: str
    event: str | None = None
    place: str | None = None
    said: str | None = None
    edits: int = 0
    missing: int = 0
    doing: Doing | None = None
    coming: str | None = None
    started: int | None = None

    def at_rest(self, **changes: Any) -> Known:
        """The same with nothing being done, and changed."""
        return replace(self, **{"doing": None, "coming": None, "started": None, **changes})


@dataclass(frozen=True, slots=True)
class Status:
    """How it stands with a room and its feed. Times are in seconds since 1970.

    `place` is the id of the room, `begun` the date of the oldest entry at the first run; entries
    that are older are none of the bot's. Before `rest` neither feed nor homeserver is asked, as one
    of them wished. `notice` is what was told last that is no problem. `held` is how many messages
    were too many.
    """

    place: str | None = None
    begun: str | None = None
    etag: str | None = None
    modified: str | None = None
    asked: float | None = None
    read: float | None = None
    due: float | None = None
    rest: float | None = None
    problem: str | None = None
    notice: str | None = None
    held: int = 0


_KNOWN = tuple(field.name for field in fields(Known))
_STATUS = tuple(field.name for field in fields(Status))


class Memory:
    """The open file; use `opened`."""

    def __init__(self, database: sqlite3.Connection, folder: Path) -> None:
        self._database = database
        self.folder = folder

    def since(self) -> str | None:
        """Up to where invitations have been looked at."""
        found: str | None = self._database.execute("SELECT since FROM account").fetchone()[0]
        return found

    def seen(self, since: str) -> None:
        """Invitations have been looked at up to there."""
        self._database.execute("UPDATE account SET since = ?", (since,))

    def device(self) -> str | None:
        """The device that the last token was for."""
        found: str | None = self._database.execute("SELECT device FROM account").fetchone()[0]
        return found

    def of_device(self, device: str | None) -> None:
        """The token is for this device now."""
        self._database.execute("UPDATE account SET device = ?", (device,))

    def status(self, room: Room) -> Status:
        """How it stands with a room."""
        asked = f"SELECT {', '.join(_STATUS)} FROM rooms WHERE room = ? AND feed = ?"
        row = self._database.execute(asked, (room.room, room.feed)).fetchone()
        return Status(*row) if row else Status()

    def note(self, room: Room, **changes: Any) -> Status:
        """Change what stands of a room."""
        status = replace(self.status(room), **changes)
        values = [getattr(status, name) for name in _STATUS]
        self._put("rooms", ("room", "feed", *_STATUS), (room.room, room.feed, *values))
        return status

    def known(self, room: Room) -> Mapping[str, Known]:
        """All entries that are known in a room, by id."""
        asked = f"SELECT entry, {', '.join(_KNOWN)} FROM entries WHERE room = ? AND feed = ?"
        rows = self._database.execute(asked, (room.room, room.feed))
        return {entry: Known(*rest) for entry, *rest in rows}

    def known_of(self, room: Room, entry: str) -> Known | None:
        """What is known of an entry."""
        asked = f"SELECT {', '.join(_KNOWN)} FROM entries WHERE room = ? AND feed = ? AND entry = ?"
        row = self._database.execute(asked, (room.room, room.feed, entry)).fetchone()
        return Known(*row) if row else None

    def remember(self, room: Room, entry: str, known: Known) -> None:
        """Put down what is known of an entry."""
        values = [getattr(known, name) for name in _KNOWN]
        names = ("room", "feed", "entry", *_KNOWN)
        self._put("entries", names, (room.room, room.feed, entry, *values))

    def forget(self, room: Room, entry: str) -> None:
        """Know nothing of an entry any more."""
        asked = "DELETE FROM entries WHERE room = ? AND feed = ? AND entry = ?"
        self._database.execute(asked, (room.room, room.feed, entry))

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """What is put down within is put down all together, or not at all."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def count(self, room: Room) -> int:
        """How many messages stand in a room."""
        asked = "SELECT count(event) FROM entries WHERE room = ? AND feed = ?"
        return int(self._database.execute(asked, (room.room, room.feed)).fetchone()[0])

    def _put(self, table: str, names: tuple[str, ...], values: tuple[object, ...]) -> None:
        marks = ", ".join("?" * len(names))
        self._database.execute(
            f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({marks})", values
        )


@contextmanager
def opened(folder: Path, *, reading: bool = False) -> Iterator[Memory]:
    """The memory in a folder, for one bot at a time; `reading` is for who only looks.

    Raises:
        StateError: it can't be used, or another bot uses it.
    """
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(folder / "bot.lock", timeout=0)
        if not reading:
            lock.acquire()
    except Timeout as error:
        raise StateError(f"{folder}: another bot uses this state") from error
    except OSError as error:
        raise StateError(f"{folder}: {error.strerror}") from error
    try:
        database = sqlite3.connect(path, isolation_level=None, timeout=10)
        try:
            yield Memory(_prepared(database, path), folder)
        finally:
            database.close()
    except sqlite3.Error as error:
        raise StateError(f"{path}: {error}") from error
    finally:
        lock.release()


def _prepared(database: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    database.execute("PRAGMA journal_mode = WAL")
    # What was answered must not be forgotten, whatever happens to the machine.
    database.execute("PRAGMA synchronous = FULL")
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        database.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
    elif version != _VERSION:
        raise StateError(f"{path}: it is of version {version}, and this is {_VERSION}")
    return database
