"""When sources at addresses are due, and what came of asking them: kept over restarts, for all.

A source has a row, which whoever fetches it writes when it has been fetched, behind its history: a
kill between the two has it fetched once more. On PostgreSQL several machines look at the same rows.
Who fetches holds a lock meanwhile, and the others take what it read from here.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, Table, Text, delete, func, select

from feedserver.ledger.atonce import host_of
from feedserver.ledger.ledger import METADATA, Ledger, Locks, Number, insert
from feedserver.ledger.runner import shard_of, shards

FETCHES = Table(
    "fetches",
    METADATA,
    Column("id", Number, primary_key=True),
    Column("source", Text, nullable=False, unique=True),
    # How often it was fetched: by that others see that it was.
    Column("visits", Number, nullable=False),
    # Before then it has asked not to be asked.
    Column("barred", Float),
    # How many fetches in a row have brought nothing new.
    Column("quiet", Integer, nullable=False),
    Column("checked", Float),
    Column("success", Float),
    Column("error", Text),
    # "refused" or "gone", if it is.
    Column("state", Text),
    Column("moved", Text),
    # What tells the document that was read last from others, and on PostgreSQL that itself.
    Column("digest", Text),
    Column("body", LargeBinary),
    Column("address", Text),
    Column("content_type", Text),
    Column("etag", Text),
    Column("modified", Text),
    Column("host", Text, nullable=False),
    Column("shard", Integer, nullable=False),
    Column("due", Float),
    Column("attempts", Integer, nullable=False),
    Index("fetches_due", "shard", "due"),
    Index("fetches_checked", "checked"),
    info={"kind": "fetch"},
)
"""A row for each source at an address, peers among them."""

_LOCK = 7_449_316
"""Any number that nobody else locks."""
_AT_ONCE = 256
"""How many sources one of several machines takes at most, those that wait for a thread too.

No more than it can fetch until it looks again, which is seconds where it has many."""
_PATIENCE = 300.0
"""How long, in seconds, a source may be due that another machine has taken."""
_SKEW = 60.0
"""By how many seconds the clocks of machines may differ."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """How a source stands after `visits` fetches; times are seconds since 1970.

    `barred` is until when it has asked to be left alone, `attempts` how many fetches in a row have
    failed, and `quiet` how many have brought nothing new.
    """

    visits: int = 0
    due: float | None = None
    attempts: int = 0
    barred: float | None = None
    quiet: int = 0
    checked: float | None = None
    success: float | None = None
    error: str | None = None
    state: str | None = None
    moved: str | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """What was read of a source, where it came from at last, and what its server said of it."""

    body: bytes
    address: str
    content_type: str | None
    etag: str | None
    modified: str | None


_STATE = tuple(FETCHES.c[each.name] for each in fields(Fetch))
_DOCUMENT = tuple(FETCHES.c[each.name] for each in fields(Document))


class Fetches:
    """The rows of the sources of one server, or of one that is made of several machines.

    Raises in all that it does:
        StateError: the ledger can't be used.
    """

    def __init__(self, ledger: Ledger, now: Callable[[], float] = time.time) -> None:
        self._ledger = ledger
        self._now = now
        self._locks = Locks(ledger, _LOCK)
        self._ids: dict[str, int] = {}
        self._looked = 0.0

    @property
    def is_shared(self) -> bool:
        """Whether others may fetch the same sources."""
        return self._ledger.is_shared

    def keep(self, sources: Collection[str]) -> None:
        """These are all sources that there are: what stands of others goes."""
        with self._ledger.writing() as connection:
            gone = set(connection.scalars(select(FETCHES.c.source))) - {*sources}
            for source in gone:
                connection.execute(delete(FETCHES).where(FETCHES.c.source == source))

    def begin(self, sources: Collection[str]) -> Mapping[str, Fetch]:
        """How these sources stand; those that never were fetched are due."""
        new = Fetch(due=self._now())
        with self._ledger.writing() as connection:
            known = set(connection.scalars(select(FETCHES.c.source)))
            rows = [self._row(source, new) for source in dict.fromkeys(sources)]
            if rows := [row for row in rows if row["source"] not in known]:
                added = insert(connection, FETCHES).on_conflict_do_nothing()
                connection.execute(added, rows)
            found = connection.execute(select(FETCHES.c.source, FETCHES.c.id, *_STATE)).all()
            self._looked = connection.scalar(select(func.max(FETCHES.c.checked))) or 0.0
        self._ids |= {source: id for source, id, *_ in found if source in sources}
        return {source: Fetch(*state) for source, _, *state in found if source in self._ids}

    def news(self) -> Mapping[str, Fetch]:
        """How those stand that were fetched of late, by anybody; what is told may be known."""
        columns = select(FETCHES.c.source, *_STATE)
        with self._ledger.reading() as connection:
            late = FETCHES.c.checked >= self._looked - _SKEW
            found = connection.execute(columns.where(late)).all()
        mine = {source: Fetch(*state) for source, *state in found if source in self._ids}
        times = [each.checked for each in mine.values() if each.checked]
        self._looked = max([self._looked, *times])
        return mine

    def take(self, known: Mapping[str, Fetch], under_way: int) -> set[str]:
        """Those of these sources, as they are known, that are now ours to fetch.

        Until they are noted, nobody else fetches them. Where there are others, some are left to
        them, and so many are `under_way` here.
        """
        if not self._ledger.is_shared:
            return {*known}
        first = sorted(known, key=lambda source: known[source].due or 0.0)
        room = max(0, _AT_ONCE - under_way)
        ids = {self._ids[source]: source for source in first[:room] if source in self._ids}
        held = self._locks.take(ids)
        # Who has it for so long hangs.
        late = self._now() - _PATIENCE
        mine = held | {id for id in ids if (known[ids[id]].due or 0.0) < late}
        # What another one has fetched since is no more due: it notes before it lets go.
        query = select(FETCHES.c.id, FETCHES.c.visits).where(FETCHES.c.id.in_(mine))
        with self._ledger.reading() as connection:
            visits = dict(connection.execute(query).all())
        over = {id for id in mine if visits.get(id) != known[ids[id]].visits}
        self._locks.free(held & over)
        return {ids[id] for id in mine - over}

    def note(self, found: Iterable[tuple[str, Fetch, Document | None]]) -> None:
        """Note what came of fetching sources, which then are anybody's again."""
        names = []
        with self._ledger.writing() as connection:
            for source, fetch, document in found:
                row = self._row(source, fetch)
                if document is not None and self._ledger.is_shared:
                    row |= asdict(document) | {"body": zlib.compress(document.body)}
                added = insert(connection, FETCHES).values(row)
                again = added.on_conflict_do_update(index_elements=["source"], set_=row)
                connection.execute(again)
                names.append(source)
        self._locks.free([self._ids[name] for name in names if name in self._ids])

    def document(self, source: str) -> Document | None:
        """What was read of a source last; nothing if it isn't here."""
        query = select(*_DOCUMENT).where(FETCHES.c.source == source, FETCHES.c.body.is_not(None))
        with self._ledger.reading() as connection:
            found = connection.execute(query).first()
        if found is None:
            return None
        body, *rest = found
        return Document(zlib.decompress(body), *rest)

    def close(self) -> None:
        """Let go of what is being fetched."""
        self._locks.close()

    def _row(self, source: str, fetch: Fetch) -> dict[str, object]:
        host = host_of(source)
        where = {"source": source, "host": host, "shard": shard_of(host, shards(self._ledger))}
        # PostgreSQL takes none.
        error = fetch.error and fetch.error.replace("\0", "")
        return where | asdict(fetch) | {"error": error}
