"""What builds have made of what, kept for the next: a database of SQLite below `.cache`.

A value is found by the digest of all that it was made of, our own code included, so that a build
with a cache writes the bytes of one without. What the last build didn't ask for is forgotten. A
cache that can't be read or written is done without.
"""

from __future__ import annotations

import platform
import sqlite3
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path

from mkdocs.plugins import get_plugin_logger

import feedserver

log = get_plugin_logger("twim")

FOLDER = Path(".cache") / "plugin" / "twim"
"""The folder of caches, below that of mkdocs.yml; Material's plugins have theirs beside it."""

_LIBRARIES = (
    *("babel", "feedgen", "jinja2", "lxml", "markupsafe", "mkdocs", "nh3", "pygments", "pyromark"),
    "selectolax",
)
_OF_PYGMENTS = ("pygments.lexers", "pygments.filters", "pygments.styles")
_BATCH = 4_000_000


class Cache:
    """The values of one file; without a path there are none.

    What builds of one process have made of values passes from `before` to the next, as it is.
    """

    def __init__(self, path: Path | None = None, before: Cache | None = None) -> None:
        self._path = path
        self._database = None if path is None else _open(path)
        self._used: set[bytes] = set()
        self._new: dict[bytes, bytes] = {}
        self._size = 0
        self._had: Mapping[bytes, object] = before._has if before else {}
        self._has: dict[bytes, object] = {}

    def recall(self, key: bytes) -> object:
        """What the last build of this process has made of a value, if anything."""
        found = self._had.get(key)
        if found is not None:
            self.remember(key, found)
        return found

    def remember(self, key: bytes, made: object) -> None:
        """Let the next build of this process have what was made of a value."""
        self._used.add(key)
        self._has[key] = made

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, as `key` gives it, if it was kept."""
        self._used.add(key)
        if self._database is None:
            return None
        try:
            found = self._database.execute("SELECT value, sum FROM kept WHERE key = ?", (key,))
            for value, sum in found:
                # A disk may have lost what it was given last.
                return bytes(value) if _sum(value) == sum else None
        except sqlite3.Error as error:
            self._give_up(error)
        return None

    def keep(self, key: bytes) -> None:
        """Let a key's value stay, if it was kept."""
        self._used.add(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Keep a value from now on."""
        self._used.add(key)
        if self._database is not None:
            self._new[key] = value
            self._size += len(value)
            if self._size > _BATCH:
                self._write()

    def close(self, *, forget: bool = True) -> None:
        """End the use of the cache; unless told otherwise, forget what wasn't asked for."""
        if not forget:
            # A build that failed didn't come to ask for all.
            self._has = {**self._had, **self._has}
        self._had = {}
        self._write()
        if self._database is None:
            return
        try:
            if forget:
                known = self._database.execute("SELECT key FROM kept").fetchall()
                rest = [(key,) for (key,) in known if key not in self._used]
                if rest:
                    with self._database:
                        self._database.executemany("DELETE FROM kept WHERE key = ?", rest)
                    # Else the file would keep its largest size.
                    [(free,)] = self._database.execute("PRAGMA freelist_count")
                    [(pages,)] = self._database.execute("PRAGMA page_count")
                    if free > pages // 2:
                        self._database.execute("VACUUM")
            self._database.close()
        except sqlite3.Error as error:
            self._give_up(error)
        self._database = None

    def _write(self) -> None:
        new, self._new, self._size = self._new, {}, 0
        if self._database is None or not new:
            return
        try:
            with self._database:
                rows = ((key, value, _sum(value)) for key, value in new.items())
                self._database.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", rows)
        except sqlite3.Error as error:
            self._give_up(error)

    def _give_up(self, error: sqlite3.Error) -> None:
        """Go on without; a file that is no database of ours is removed, for the next build."""
        log.debug(f"the cache {self._path} is not used: {error}")
        if self._database is not None:
            self._database.close()
            self._database = None
        if self._path and not isinstance(error, sqlite3.OperationalError):
            try:
                self._path.unlink(missing_ok=True)
            except OSError as denied:
                log.debug(f"the cache {self._path} can't be removed: {denied}")


def file_of(config_file: str, command: str, name: str) -> Path:
    """The file of a cache: of two configurations in one folder each has its own.

    `config_file` is the path of mkdocs.yml. The `command` serve has its own too, for its pages and
    feeds have the addresses of the preview.
    """
    file = Path(config_file)
    return file.parent / FOLDER / f"{file.name}-{command}-{name}.sqlite"


def key(*parts: str | bytes) -> bytes:
    """The key of what is made of these parts by the code of today."""
    digest = blake2b(_code(), digest_size=20)
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.digest()


def _open(path: Path) -> sqlite3.Connection | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Nobody wants it among a site's sources. Written once, for the folder may be watched.
        ignored = path.with_name(".gitignore")
        if not ignored.is_file():
            ignored.write_text("*\n", "utf-8")
        try:
            return _connect(path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            log.debug(f"the cache {path} is begun anew: {error}")
            path.unlink()
            return _connect(path)
    except (OSError, sqlite3.Error) as error:
        log.debug(f"there is no cache at {path}: {error}")
        return None


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=1)
    try:
        # What a failing machine loses is made again.
        database.execute("PRAGMA synchronous = OFF")
        database.execute(
            "CREATE TABLE IF NOT EXISTS"
            " kept (key BLOB PRIMARY KEY, value BLOB NOT NULL, sum BLOB NOT NULL)"
        )
    except sqlite3.Error:
        database.close()
        raise
    return database


@cache
def _code() -> bytes:
    """A digest of what makes the values: Python, libraries and what they plug in, both packages."""
    digest = blake2b(platform.python_version().encode())
    for name in _LIBRARIES:
        digest.update(f"{name} {_version(name)}\n".encode())
    for group in _OF_PYGMENTS:
        for point in sorted(entry_points(group=group)):
            made = point.dist.version if point.dist else ""
            digest.update(f"{group} {point.name} {point.value} {made}\n".encode())
    for package in (Path(__file__).parent, Path(feedserver.__file__).parent):
        for file in sorted(package.rglob("*")):
            if file.suffix in (".py", ".html", ".json") and file.is_file():
                digest.update(blake2b(file.read_bytes()).digest())
    return digest.digest()


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        # Some systems install libraries without what tells their version.
        return ""


def _sum(value: bytes) -> bytes:
    return blake2b(value, digest_size=16).digest()
