"""The tables of histories, and what of an entry stands in a row.

An item stands there as an archive has it, packed, so that nothing is made of it anew. Beside it
stands what is asked of many rows at once, so that few items are unpacked. Ids and addresses may be
longer than a database's index takes: keys are hashes.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from feedserver.errors import ArchiveError
from feedserver.formats import jsonfeed
from feedserver.ledger.ledger import METADATA, Number
from feedserver.model import Entry, PackedEntry

SOURCES = Table(
    "history_sources",
    METADATA,
    Column("source", Number, primary_key=True),
    Column("address", Text, nullable=False),
    # An archive without entries; nothing was ever read if there is none.
    Column("head", LargeBinary),
    Column("complete", Boolean, nullable=False),
    # What tells the document that was taken last from others.
    Column("digest", Text),
    # Goes up when anything changes that is served.
    Column("revision", Integer, nullable=False),
    Column("good", Float),
    Column("gone", Float),
    # Where it has moved to, and when it was last asked at its own address since.
    Column("moved", Text),
    Column("asked", Float),
    UniqueConstraint("address"),
)
"""A row for each address that was ever read."""

ENTRIES = Table(
    "history_entries",
    METADATA,
    Column("source", Number, ForeignKey(SOURCES.c.source), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("id", Text, nullable=False),
    # The key of its issue's id, or of its own.
    Column("issue", Text, nullable=False),
    # In its issue; a post has -1.
    Column("position", Integer, nullable=False),
    # Of the issue, for updates have its time and their position.
    Column("published", Float, nullable=False),
    Column("modified", Float, nullable=False),
    # By what a post is known whose id is another one; updates have none.
    Column("face", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("loud", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("bare", Boolean, nullable=False),
    # Of what is forgotten nothing but the key is left.
    Column("item", LargeBinary),
    Column("added", Float, nullable=False),
    Column("changed", Float, nullable=False),
    Column("edits", Integer, nullable=False),
    # Since when it is missing though older ones are there.
    Column("missing", Float),
    Index("history_issues", "source", "issue"),
    Index("history_faces", "source", "face"),
    Index("history_versions", "source", "version"),
    Index("history_published", "source", "published"),
    Index("history_modified", "source", "modified"),
)
"""A row for each post and each update that a source has had."""

_QUIET = ("content_html", "content_text", "date_modified")
"""What may change at each fetch of a page that nobody edits; a text that changes has another
version."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is asked of an entry that is stored."""

    key: str
    issue: str
    position: int
    loud: str
    digest: str
    bare: bool
    forgotten: bool
    added: float
    changed: float
    edits: int
    missing: float | None


def key(text: str) -> str:
    """What stands for an id in tables."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def issue_of(entry: Entry) -> str:
    """The id of the issue that an entry is of, or is."""
    return entry.update.issue.id if entry.update else entry.id


def position(entry: Entry) -> int:
    return entry.update.position if entry.update else -1


def times(entry: Entry) -> tuple[float, float]:
    """When an entry's issue was published and modified."""
    offset = entry.update.position if entry.update else 0
    return entry.published.timestamp() - offset, entry.modified.timestamp() - offset


def face(entry: Entry) -> str:
    """What an entry is known by where its id is another one at each fetch."""
    address = entry.url.partition("://")[2]
    return key(f"{address}\0{entry.published.timestamp()}\0{entry.title}")


class Rows:
    """The rows of entries, each made once: before a transaction, as others wait while one writes.

    `stored` are the digests that are there, by key: what is so already isn't packed.
    """

    def __init__(self, stored: Mapping[str, str] | None = None) -> None:
        self._stored = stored or {}
        self._made: dict[str, tuple[Entry, Mapping[str, object]]] = {}

    def of(self, entry: Entry) -> Mapping[str, object]:
        """What stands in the row of an entry, but for its source and how often it was edited."""
        known = self._made.get(entry.id)
        if known is None or (known[0] is not entry and known[0] != entry):
            known = self._made[entry.id] = (entry, _values(entry, self._stored))
        return known[1]


def _values(entry: Entry, stored: Mapping[str, str]) -> Mapping[str, object]:
    item = jsonfeed.item(entry)
    twim = item["_twim"]
    assert isinstance(twim, dict)
    data = _bytes(item)
    published, modified = times(entry)
    name, digest = key(entry.id), _hash(data)
    return {
        "key": name,
        "id": entry.id,
        "issue": key(issue_of(entry)),
        "position": position(entry),
        "published": published,
        "modified": modified,
        "face": "" if entry.update else face(entry),
        # What a post is known by where its date is another one, too.
        "version": twim["version"] if entry.content and not entry.update else "",
        "loud": _hash(_bytes({name: each for name, each in item.items() if name not in _QUIET})),
        "digest": digest,
        "bare": entry.content is None,
        "item": entry if stored.get(name) == digest else zlib.compress(data),
        "missing": None,
    }


def packed(row: Mapping[str, object]) -> dict[str, object]:
    """A row as it is written."""
    item = row["item"]
    return (
        {**row, "item": zlib.compress(_bytes(jsonfeed.item(item)))}
        if isinstance(item, Entry)
        else {**row}
    )


def entry(packed: bytes) -> Entry:
    """An entry of its item; its content stays in UTF-8.

    Raises:
        ArchiveError: it can't be read: it is damaged, or another version of this program wrote it.
    """
    try:
        item = msgspec.json.decode(zlib.decompress(packed))
    except (msgspec.MsgspecError, zlib.error) as error:
        raise ArchiveError(str(error)) from error
    found = jsonfeed.entry(item)
    return PackedEntry.of(found, None if found.content is None else found.content.encode())


def _bytes(item: Mapping[str, object]) -> bytes:
    # A lone surrogate can't be written in UTF-8.
    text = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:32]
