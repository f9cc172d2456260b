"""Histories: all that sources at addresses have had, and not only what stands in their feeds now.

A feed holds its newest entries; what has left it stays here. What was withdrawn goes: an entry that
is missing in two good fetches in a row, while older ones stand in the feed. An archive is complete:
what isn't in it any more is gone.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, exists, func, select

from feedserver.errors import ArchiveError
from feedserver.feeds.assembling import Rules, assemble
from feedserver.feeds.catalogue import NamedFeed
from feedserver.formats import archive as archives
from feedserver.ledger import _rows
from feedserver.ledger._rows import ENTRIES, SOURCES, Rows
from feedserver.ledger._taking import Taking
from feedserver.ledger.ledger import Ledger, insert, opened
from feedserver.model import Archive, Entry
from feedserver.newsletter import order
from feedserver.newsletter.registry import EMPTY, Registry

log = logging.getLogger("feedserver")

MOST = 100_000
"""How many entries of a source are kept."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a good fetch has brought.

    `complete` says that the source has no more than this; `order` are the ids of its posts as they
    stand in the document, and `withdrawn` those that it says were deleted. `digest` tells the
    document from others.
    """

    archive: Archive
    complete: bool = False
    order: Sequence[str] = ()
    withdrawn: Sequence[str] = ()
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a source; `revision` goes up when what is served of it changes.

    `digest` tells the document that was taken last from others, and `good` is when that was; `gone`
    is when it said that it is no more, and `moved` where it said that it has moved to, when it was
    `asked` at its own address.
    """

    revision: int
    complete: bool
    digest: str | None
    good: float | None
    gone: float | None
    moved: str | None
    asked: float | None


class History:
    """The histories in a ledger, of which each source may have `most` entries."""

    def __init__(self, ledger: Ledger, most: int = MOST) -> None:
        self._ledger = ledger
        self._most = most

    @property
    def losses(self) -> int:
        """How often all of them were lost: revisions are counted anew then."""
        return self._ledger.losses

    def take(self, address: str, fetched: Fetched, now: float, *, again: bool = False) -> bool:
        """Take what a good fetch has brought; whether anything is other than it was.

        What was taken before is read `again` where the settings may have changed: that is no fetch,
        and no noise. It is passed over if something else was taken since.

        Raises:
            StateError: the ledger can't be used; then nothing was taken.
        """
        rows, before = self._made(address, fetched)
        head = _head(fetched, before)
        with self._ledger.writing() as connection:
            source = _source(connection, address)
            if again and source.digest not in (None, fetched.digest):
                return False
            if source.head != before:
                head = _head(fetched, source.head)
            taking = _taking(connection, source, self._most, now, rows)
            changed = taking.take(fetched, again=again)
            changed |= bool(head != source.head or fetched.complete != source.complete)
            _note(
                connection,
                source.source,
                head=head,
                complete=fetched.complete,
                digest=fetched.digest,
                good=source.good if again else now,
                gone=source.gone if again else None,
                revision=source.revision + changed,
            )
            return changed

    def confirm(self, address: str, now: float) -> bool:
        """Take it that a good fetch has brought what the last one did."""
        of = SOURCES.c.address == address
        missing = exists().where(
            ENTRIES.c.source == SOURCES.c.source, ENTRIES.c.missing.is_not(None)
        )
        news = select(SOURCES.c.source).where(of, SOURCES.c.gone.is_not(None) | missing)
        with self._ledger.reading() as connection:
            # Most sources have nothing new most of the time.
            if connection.scalar(news) is None:
                return False
        with self._ledger.writing() as connection:
            source = _source(connection, address)
            changed = _taking(connection, source, self._most, now, Rows()).confirm()
            _note(
                connection, source.source, good=now, gone=None, revision=source.revision + changed
            )
            return changed

    def begin(self, address: str, archive: Archive, now: float) -> int:
        """Add entries that a source had before it was first read; how many there were.

        What is there stays as it is, and so does what was forgotten. A source that is complete
        takes none, for they aren't in it.
        """
        rows, _ = self._made(address, Fetched(archive))
        head = _head(Fetched(archive), None)
        with self._ledger.writing() as connection:
            source = _source(connection, address)
            if source.complete:
                return 0
            count = _taking(connection, source, self._most, now, rows).begin(archive)
            head = source.head or head
            _note(connection, source.source, head=head, revision=source.revision + (count > 0))
            return count

    def mark(self, address: str, gone: float) -> None:
        """Remember that a source has said that it is gone."""
        with self._ledger.writing() as connection:
            _note(connection, _source(connection, address).source, gone=gone)

    def move(self, address: str, to: str | None, now: float) -> None:
        """Remember where a source has moved to for good; or that it is at its own address."""
        with self._ledger.writing() as connection:
            _note(connection, _source(connection, address).source, moved=to, asked=now)

    def forget(self, id: str, address: str | None = None) -> int:
        """Forget an entry, and an issue with its updates, for ever; how many rows these are.

        It doesn't come back, though its source still has it. Without an address it is forgotten of
        all sources.
        """
        found = _rows.key(id)
        of = (ENTRIES.c.key == found) | (ENTRIES.c.issue == found), ENTRIES.c.item.is_not(None)
        with self._ledger.writing() as connection:
            query = select(SOURCES.c.source, SOURCES.c.revision).with_for_update()
            if address is not None:
                query = query.where(SOURCES.c.address == address)
            count = 0
            for source in connection.execute(query).all():
                rows = ENTRIES.update().where(ENTRIES.c.source == source.source, *of)
                if done := connection.execute(rows.values(item=None, missing=None)).rowcount:
                    _note(connection, source.source, revision=source.revision + 1)
                    count += done
            return count

    def leave(self, address: str) -> int:
        """Let go of a source and of all that it had; how many entries these were."""
        with self._ledger.writing() as connection:
            source = _source(connection, address)
            of = ENTRIES.c.source == source.source
            count = connection.execute(ENTRIES.delete().where(of)).rowcount
            _note(
                connection,
                source.source,
                head=None,
                complete=False,
                digest=None,
                good=None,
                gone=None,
                moved=None,
                asked=None,
                # Others have what was there, and see that it isn't any more.
                revision=source.revision + 1,
            )
            return count

    def about(self, address: str) -> About | None:
        """What is known of a source; nothing if nothing ever was read of it."""
        with self._ledger.reading() as connection:
            columns = (SOURCES.c[each.name] for each in fields(About))
            found = connection.execute(select(*columns).where(SOURCES.c.address == address)).first()
            return About(*found) if found else None

    def count(self, address: str) -> int:
        """How many entries of a source are kept."""
        count = select(func.count()).join(SOURCES, SOURCES.c.source == ENTRIES.c.source)
        of = SOURCES.c.address == address, ENTRIES.c.item.is_not(None)
        with self._ledger.reading() as connection:
            return connection.scalar(count.where(*of)) or 0

    def home(self, address: str) -> str | None:
        """The page of a source's site, if anything was read of it."""
        with self._ledger.reading() as connection:
            found = _known(connection, address)
            return archives.parse(found.head).site.url if found and found.head else None

    def archive(self, address: str, registry: Registry = EMPTY) -> Archive | None:
        """All that a source has had, with the feeds of all of it; nothing if that is nothing."""
        with self._ledger.reading() as connection:
            return _archive(connection, address, registry)

    def preview(
        self, address: str, fetched: Fetched, now: float, registry: Registry = EMPTY
    ) -> Archive | None:
        """All that a source would have with what a fetch has brought, of which nothing is kept."""
        with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as apart:
            with self._ledger.reading() as connection, apart.writing() as copy:
                _copy(connection, copy, address)
            found = History(apart, self._most)
            found.take(address, fetched, now, again=True)
            return found.archive(address, registry)

    def revisions(self) -> Mapping[str, int]:
        """The revision of each source, by which others see that it has changed."""
        with self._ledger.reading() as connection:
            found = connection.execute(select(SOURCES.c.address, SOURCES.c.revision))
            return {address: revision for address, revision in found}

    def changes(self) -> int:
        """How often anything has changed."""
        with self._ledger.reading() as connection:
            return connection.scalar(select(func.sum(SOURCES.c.revision))) or 0

    def _made(self, address: str, fetched: Fetched) -> tuple[Rows, bytes | None]:
        """The rows of what was fetched, and the head that is there: before others have to wait."""
        with self._ledger.reading() as connection:
            source = _known(connection, address)
            if source is None:
                rows = Rows()
                Taking(connection, -1, self._most, 0, True, rows).prepare(fetched)
                return rows, None
            stored = select(ENTRIES.c.key, ENTRIES.c.digest).where(
                ENTRIES.c.source == source.source, ENTRIES.c.item.is_not(None)
            )
            rows = Rows({key: digest for key, digest in connection.execute(stored)})
            _taking(connection, source, self._most, 0, rows).prepare(fetched)
            return rows, source.head


def _known(connection: Connection, address: str) -> Row[Any] | None:
    """The row of a source; nothing if nothing ever was read of it."""
    return connection.execute(select(SOURCES).where(SOURCES.c.address == address)).first()


def _copy(connection: Connection, copy: Connection, address: str) -> None:
    """Copy all of a source into another ledger, which has nothing of it."""
    source = _known(connection, address)
    if source is None:
        return
    # Whatever is read next is taken.
    copy.execute(SOURCES.insert().values({**source._mapping, "digest": None}))
    query = select(ENTRIES).where(ENTRIES.c.source == source.source)
    rows = connection.execute(query, execution_options={"yield_per": _BATCH})
    for some in rows.mappings().partitions():
        copy.execute(ENTRIES.insert(), [{**each} for each in some])


def _source(connection: Connection, address: str) -> Row[Any]:
    """The row of a source, which from here on is this transaction's."""
    new = insert(connection, SOURCES).values(address=address, complete=False, revision=0)
    connection.execute(new.on_conflict_do_nothing())
    query = select(SOURCES).where(SOURCES.c.address == address).with_for_update()
    return connection.execute(query).one()


def _note(connection: Connection, source: int, **values: object) -> None:
    connection.execute(SOURCES.update().where(SOURCES.c.source == source).values(**values))


def _taking(connection: Connection, source: Row[Any], most: int, now: float, rows: Rows) -> Taking:
    return Taking(connection, source.source, most, now, source.good is None, rows)


def _head(fetched: Fetched, before: bytes | None) -> bytes:
    """What an archive says beside its entries; of a feed that which doesn't come of them.

    Old addresses stay, for what they lead to does.
    """
    archive = replace(fetched.archive, entries=())
    if fetched.complete:
        return archives.serialise(archive)
    redirects = dict(archives.parse(before).redirects) if before else {}
    return archives.serialise(
        replace(
            archive,
            feeds=tuple(feed for feed in archive.feeds if feed.kind == "named"),
            redirects={**redirects, **archive.redirects},
        )
    )


def _archive(connection: Connection, address: str, registry: Registry) -> Archive | None:
    source = _known(connection, address)
    if source is None or source.head is None:
        return None
    entries = tuple(_entries(connection, source.source))
    head = archives.parse(source.head)
    if source.complete:
        return replace(head, entries=order.feed_order(entries))
    named = (
        NamedFeed(feed.path.strip("/"), feed.title, feed.description, feed.query)
        for feed in head.feeds
    )
    rules = Rules(registry, tuple(named), head.feed_limit, head.redirects)
    return assemble(entries, head.site, rules)


def _entries(connection: Connection, source: int) -> Iterator[Entry]:
    query = select(ENTRIES.c.id, ENTRIES.c.item).where(
        ENTRIES.c.source == source, ENTRIES.c.item.is_not(None)
    )
    for id, item in connection.execute(query, execution_options={"yield_per": _BATCH}):
        try:
            yield _rows.entry(item)
        except ArchiveError as error:
            log.warning("%s: what is kept of it can't be read: %s", id, error)
