"""The database that workers answer from: one file of SQLite for each version of a site.

It holds the entries without their content, which workers have in memory; the content, which they
fetch; the archive in pieces, as it is answered with; an index of all words (FTS5); and what is
worked out once for all of them: orders, and the sets of entries that have a slug. It is written
once and then never changed.

A version's file has a name of its own, and the file at the path that is asked for names it, with
the hash of its bytes. So a worker keeps the version that it has open, on Windows too, where an open
file can't be replaced, and a damaged one is known. Of older versions one is left, for workers that
are just opening it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import time
import zlib
from array import array
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from feedserver.errors import DatabaseError
from feedserver.feeds.index import Index
from feedserver.formats import archive as archives
from feedserver.formats import jsonfeed
from feedserver.model import Archive, Entry
from feedserver.store import files
from feedserver.text import html
from feedserver.text.clean import packed

FORMAT = 4
"""Goes up when the tables change, or what stands in them; a file of another format isn't opened."""

_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE heads (number INTEGER PRIMARY KEY, head BLOB NOT NULL, sum INTEGER NOT NULL);
CREATE TABLE bodies (number INTEGER PRIMARY KEY, content BLOB, clean INTEGER NOT NULL,
                     sum INTEGER NOT NULL);
CREATE TABLE pieces (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL, sum INTEGER NOT NULL);
CREATE TABLE slugs (kind TEXT, parameter TEXT, slug TEXT, members BLOB,
                    PRIMARY KEY (kind, parameter, slug)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(title, summary, content, content='', columnsize=0,
                                      tokenize='unicode61 remove_diacritics 2');
"""
DIGEST = 16
"""How many bytes of an entry's hash are kept."""

PIECE = 16 * 1024
"""How many bytes a piece of the archive has: so much of it is held for a reader."""

_UNPARTED = re.compile(
    "["
    # Thai, Lao, Tibetan, Burmese, Hangul, Khmer, Yi, Javanese.
    "\u0e01-\u0eff\u0f00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\ua000-\ua48c\ua980-\ua9df"
    # Kana, Hangul, ideographs, and what is written among them.
    "\u3005-\u3007\u3040-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7ff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff"
    "]"
)
"""Letters of scripts whose words aren't parted by spaces, or have endings that grow on to them."""

_LINE = re.compile(r"([0-9a-f]{32}) ([0-9a-f]{32})")
_NAMES = 10
"""How many names a version may have: a damaged file that is open can't be moved on Windows."""
_MAX_POINTER = 1000

Stamp = tuple[str, int, int, int, int]
"""What tells that a version's file was touched: its name, inode, size, and two times."""


def write(archive: Archive, path: Path) -> None:
    """Write the database of an archive and put it in place; the same archive gives the same bytes.

    A version that is there and whole isn't written again, and a damaged one is put aside.

    Raises:
        OSError: a file can't be written; what was there stays.
    """
    known = _Known.of(archive)
    versions = _versions(path)
    before = next(iter(versions), None)
    names = [_name(known.etag, number) for number in range(_NAMES)]
    if before in names and _is_whole(path, before, versions):
        return
    name = next((each for each in names if _is_free(path, each, versions)), None)
    if name is None:
        raise DatabaseError(f"{path}: damaged, and its files can't be moved")
    if name not in versions or not file_of(path, name).exists():
        versions[name] = _write(archive, known, file_of(path, name), _aside(path))
    if before is not None and before != name:
        _await_second_after(file_of(path, before))
    # One that was served before comes back: that is a change, and Last-Modified says so. A file
    # system's own clock may lag, and be in the second that is over.
    moment = time.time_ns()
    os.utime(file_of(path, name), ns=(moment, moment))
    if path.is_dir():
        files.put_aside(path, _aside(path))
    kept = dict.fromkeys(each for each in (name, before) if each is not None)
    files.replace(path, "".join(f"{each} {versions[each]}\n" for each in kept).encode())
    _remove_others(path, set(kept))


def holds(archive: Archive, path: Path) -> bool:
    """Whether the current version is that of an archive, and whole."""
    known = _Known.of(archive)
    versions = _versions(path)
    name = next(iter(versions), None)
    names = [_name(known.etag, number) for number in range(_NAMES)]
    return name in names and _is_whole(path, name, versions)


def _name(etag: str, number: int) -> str:
    """A name of a version; the first will do, but where its file is damaged."""
    again = f" {number}" if number else ""
    return hashlib.sha256(f"{FORMAT} {etag}{again}".encode()).hexdigest()[:32]


def _aside(path: Path) -> Path:
    """Where what is damaged is put: one file, for who wants to know what has become of it."""
    return path.with_name(f"{path.name}.damaged")


def _is_free(path: Path, name: str, versions: Mapping[str, str]) -> bool:
    """Whether the file of a version is whole or can be written; a damaged one is put aside."""
    file = file_of(path, name)
    if not file.is_dir() and (name not in versions or not os.path.lexists(file)):
        return True
    if _is_whole(path, name, versions):
        return True
    files.put_aside(file, _aside(path))
    return not os.path.lexists(file)


def _write(archive: Archive, known: _Known, file: Path, aside: Path) -> str:
    """Write a version's file; the hash of its bytes."""
    unfinished = file.with_suffix(".unfinished")
    for suffix in ("", "-journal", "-wal", "-shm"):
        unfinished.with_name(f"{unfinished.name}{suffix}").unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
            _fill(connection, archive, known)
        with open(unfinished, "rb+") as written:
            os.fsync(written.fileno())
        digest = _digest(unfinished)
        os.replace(unfinished, file)
    except (OSError, sqlite3.Error) as error:
        # Where there is no room, they would take what little there is.
        for each in (unfinished, aside):
            with suppress(OSError):
                each.unlink()
        strerror = error.strerror if isinstance(error, OSError) else None
        raise DatabaseError(f"{file}: {strerror or error}") from error
    return digest


def _digest(file: Path) -> str:
    with files.opened(file) as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _is_whole(path: Path, name: str, versions: Mapping[str, str]) -> bool:
    """Whether the file of a version has the bytes that were written."""
    with suppress(OSError):
        return _digest(file_of(path, name)) == versions.get(name)
    return False


def _await_second_after(file: Path) -> None:
    """Wait until the second in which a version was written is over.

    Last-Modified has whole seconds: of two versions of one second, a reader that knows the first
    by its time alone would never be told of the other. All workers go by the time of the file.
    """
    try:
        wait = int(file.stat().st_mtime) + 1 - time.time()
    except FileNotFoundError:
        return
    # More than a second is a clock that was put back, and not to be waited for.
    if 0 < wait <= 1:
        time.sleep(wait)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of an archive once its bytes have been made."""

    etag: str
    length: int
    digests: dict[int, bytes]
    """By `id` of an entry: the hash of its item."""

    @classmethod
    def of(cls, archive: Archive) -> _Known:
        whole, length = hashlib.sha256(), 0
        digests: list[bytes] = []
        for line in archives.lines(archive):
            whole.update(line)
            length += len(line)
            digests.append(hashlib.sha256(line.lstrip(b",")).digest()[:DIGEST])
        found = zip(archive.entries, digests[1:-1], strict=True)
        return cls(
            f'"{whole.hexdigest()[:32]}"', length, {id(entry): digest for entry, digest in found}
        )


def _fill(connection: sqlite3.Connection, archive: Archive, known: _Known) -> None:
    # Nobody sees the file before it is complete.
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("PRAGMA synchronous=OFF")
    connection.executescript(_TABLES)
    connection.execute("BEGIN")
    index = Index(archive)
    orders = (("posts", index.posts), ("updates", index.updates))
    entries = [entry for _, order in orders for entry in order.entries]
    numbers = {id(entry): number for number, entry in enumerate(entries)}
    top = json.loads(b"".join(archives.lines(replace(archive, entries=()))))
    facts = {
        "format": str(FORMAT),
        "top": json.dumps(top),
        "etag": known.etag,
        "length": str(known.length),
        "digests": b"".join(known.digests[id(entry)] for entry in entries),
        "archive": array("q", (numbers[id(entry)] for entry in archive.entries)).tobytes(),
        "posts": str(len(index.posts.entries)),
    }
    for name, order in orders:
        facts[f"{name} seconds"] = order.times.seconds.tobytes()
        facts[f"{name} positions"] = order.times.positions.tobytes()
        for parameter, slugs in sorted(order.kept.items()):
            rows = ((name, parameter, slug, members) for slug, members in sorted(slugs.items()))
            connection.executemany("INSERT INTO slugs VALUES (?, ?, ?, ?)", rows)
    connection.executemany("INSERT INTO facts VALUES (?, ?)", sorted(facts.items()))
    for number, entry in enumerate(entries):
        _insert(connection, number, entry)
    pieces = ((number, piece, zlib.crc32(piece)) for number, piece in enumerate(_pieces(archive)))
    connection.executemany("INSERT INTO pieces VALUES (?, ?, ?)", pieces)
    connection.execute("INSERT INTO words(words) VALUES ('optimize')")
    connection.execute("COMMIT")


def _insert(connection: sqlite3.Connection, number: int, entry: Entry) -> None:
    item = jsonfeed.item(replace(entry, content=None), is_whole=False)
    # It stands in for the content, which has a place of its own.
    del item["content_text"]
    head = _text(json.dumps(item, ensure_ascii=False, separators=(",", ":"))).encode()
    connection.execute("INSERT INTO heads VALUES (?, ?, ?)", (number, head, zlib.crc32(head)))
    ready = packed(entry)
    values = (number, ready.utf8, ready.clean, zlib.crc32(ready.utf8 or b""))
    connection.execute("INSERT INTO bodies VALUES (?, ?, ?, ?)", values)
    text = html.sanitised_text(ready.content or "")
    connection.execute(
        "INSERT INTO words(rowid, title, summary, content) VALUES (?, ?, ?, ?)",
        (number, *(separated(_text(each)) for each in (entry.title, entry.summary, text))),
    )


def _pieces(archive: Archive) -> Iterator[bytes]:
    rest = bytearray()
    for line in archives.lines(archive):
        rest += line
        whole = len(rest) - len(rest) % PIECE
        for start in range(0, whole, PIECE):
            yield bytes(rest[start : start + PIECE])
        del rest[:whole]
    if rest:
        yield bytes(rest)


def separated(text: str) -> str:
    """A text for the index of words, and for a search in it: where words aren't parted, letters
    are, so that those of a search are found next to each other.
    """
    return text if text.isascii() else _UNPARTED.sub(r" \g<0> ", text)


def _text(text: str) -> str:
    # A lone surrogate can't be stored.
    return text.encode("utf-8", "replace").decode()


def file_of(path: Path, name: str) -> Path:
    """The file of a version of the database at `path`."""
    return path.with_name(f"{path.stem}.{name}{path.suffix}")


def current(path: Path) -> str:
    """The name of the version that is served now.

    Raises:
        DatabaseError: there is none.
    """
    return next(_named(path))[0]


def stamp(path: Path) -> Stamp:
    """What changes when the file of the current version is touched.

    Raises:
        DatabaseError: there is no version, or its file isn't there.
    """
    name = current(path)
    found = _stat(path, name)
    return name, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def identity(path: Path, name: str) -> tuple[int, int]:
    """What tells one file from another that has taken its place.

    Raises:
        DatabaseError: it isn't there.
    """
    found = _stat(path, name)
    return found.st_dev, found.st_ino


def verify(path: Path) -> None:
    """See to it that the current version is what was written.

    Raises:
        DatabaseError: it isn't, or there is none.
    """
    name = current(path)
    if not _is_whole(path, name, _versions(path)):
        raise DatabaseError(f"{file_of(path, name)}: damaged")


def _stat(path: Path, name: str) -> os.stat_result:
    try:
        return file_of(path, name).stat()
    except OSError as error:
        raise DatabaseError(f"{file_of(path, name)}: {error.strerror}") from error


def _versions(path: Path) -> dict[str, str]:
    """The versions that are kept, the current one first, and the hashes of their bytes."""
    try:
        return dict(_named(path))
    except DatabaseError:
        return {}


def _named(path: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = files.read(path, _MAX_POINTER).decode("ascii", "replace").splitlines()
    except OSError as error:
        raise DatabaseError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise DatabaseError(f"{path}: {error}") from error
    found = [_LINE.fullmatch(line) for line in lines]
    if not found or None in found:
        raise DatabaseError(f"{path}: doesn't name a version")
    yield from ((match[1], match[2]) for match in found if match)


def _remove_others(path: Path, names: set[str]) -> None:
    kept = {path, *(file_of(path, name) for name in names)}
    suffixes = (path.suffix, ".unfinished")
    for file in path.parent.glob(f"{path.stem}.{'[0-9a-f]' * 32}.*"):
        if file not in kept and file.suffix in suffixes:
            # Windows: a worker has it open still. The next version takes it away.
            with suppress(OSError):
                file.unlink()
