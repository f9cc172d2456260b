"""The database that workers answer from: one file of SQLite for each version of a site.

It holds the entries without their content, which workers have in memory; the content, which they
fetch; the archive in pieces, as it is answered with; an index of all words (FTS5); and what is
worked out once for all of them: orders, and the sets of entries that have a slug. It is written
once and then never changed.

A version's file has a name of its own, and the file at the path that is asked for names it.
So a worker keeps the version that it has open, on Windows too, where an open file can't be
replaced. Of older versions one is left, for workers that are just opening it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import time
from array import array
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from feedserver.errors import DatabaseError
from feedserver.feeds.index import Index
from feedserver.formats import archive as archives
from feedserver.formats import jsonfeed
from feedserver.model import Archive, Entry
from feedserver.text import html
from feedserver.text.clean import packed

FORMAT = 2
"""Goes up when the tables change; a file of another format isn't opened."""

_TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE heads (number INTEGER PRIMARY KEY, head TEXT NOT NULL);
CREATE TABLE bodies (number INTEGER PRIMARY KEY, content BLOB NOT NULL,
                     clean INTEGER NOT NULL);
CREATE TABLE pieces (number INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
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
    # Thai, Lao, Tibetan, Burmese, Hangul, Khmer.
    "\u0e01-\u0eff\u0f00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff"
    # Kana, Hangul, ideographs, and what is written among them.
    "\u3005-\u3007\u3040-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7ff\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff"
    "]"
)
"""Letters of scripts whose words aren't parted by spaces, or have endings that grow on to them."""

_NAME = re.compile(r"[0-9a-f]{32}")


def write(archive: Archive, path: Path) -> None:
    """Write the database of an archive and put it in place; the same archive gives the same bytes.

    Raises:
        OSError: a file can't be written.
    """
    known = _Known.of(archive)
    name = hashlib.sha256(f"{FORMAT} {known.etag}".encode()).hexdigest()[:32]
    file = file_of(path, name)
    if not _is_complete(file):
        unfinished = file.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
            _fill(connection, archive, known)
        with open(unfinished, "rb+") as written:
            os.fsync(written.fileno())
        os.replace(unfinished, file)
    before = None
    with suppress(DatabaseError):
        before = current(path)
    if before == name:
        return
    if before is not None:
        _await_second_after(file_of(path, before))
    # One that was served before comes back: that is a change, and Last-Modified says so.
    os.utime(file)
    pointer = path.with_suffix(".unfinished")
    pointer.write_text(f"{name}\n", "ascii")
    os.replace(pointer, path)
    _remove_others(path, {name, before})


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


def _is_complete(file: Path) -> bool:
    """Whether a version was written before; a disk may have failed since."""
    if not file.is_file():
        return False
    address = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        try:
            query = "SELECT value FROM facts WHERE name = 'format'"
            return bool(connection.execute(query).fetchone() == (str(FORMAT),))
        except sqlite3.DatabaseError:
            return False


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
    connection.executemany("INSERT INTO pieces VALUES (?, ?)", enumerate(_pieces(archive)))
    connection.execute("INSERT INTO words(words) VALUES ('optimize')")
    connection.execute("COMMIT")


def _insert(connection: sqlite3.Connection, number: int, entry: Entry) -> None:
    item = jsonfeed.item(replace(entry, content=None))
    # It stands in for the content, which has a place of its own.
    del item["content_text"]
    head = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
    connection.execute("INSERT INTO heads VALUES (?, ?)", (number, _text(head)))
    ready = packed(entry)
    if ready.utf8 is not None:
        values = (number, ready.utf8, ready.clean)
        connection.execute("INSERT INTO bodies VALUES (?, ?, ?)", values)
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
    try:
        name = path.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise DatabaseError(f"{path}: {error}") from error
    if not _NAME.fullmatch(name):
        raise DatabaseError(f"{path}: doesn't name a version")
    return name


def _remove_others(path: Path, names: set[str | None]) -> None:
    kept = {file_of(path, name) for name in names if name}
    for file in path.parent.glob(f"{path.stem}.*{path.suffix}"):
        if file not in kept and _NAME.fullmatch(file.name.removesuffix(path.suffix)[-32:]):
            try:
                file.unlink()
            except PermissionError:
                # Windows: a worker has it open still. The next version takes it away.
                continue
