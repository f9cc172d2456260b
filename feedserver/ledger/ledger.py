"""The database that the ledger is: opened, created, and written in transactions.

Times in it are seconds since 1970, as floating point numbers, so that both databases compare them
alike.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    MetaData,
    Table,
    Text,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from feedserver.errors import AwayError, StateError

log = logging.getLogger("feedserver")

METADATA = MetaData()
"""On which rooms declare tables of their own."""

VERSION = 1
"""Of all tables together."""

Number = BigInteger().with_variant(Integer, "sqlite")
"""A key that a database counts up by itself: SQLite does so for its own integers alone."""

SCHEMA = Table("schema", METADATA, Column("version", Integer, nullable=False))
"""One row."""

SWEEPS = Table(
    "sweeps",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("woken", Number, nullable=False),
    Column("due", Float),
    Column("failures", Integer, nullable=False),
    Column("error", Text),
)
"""How often a shard was woken, when it is to be swept, and how often that failed in a row."""

FILE = "ledger.sqlite"
BUSY = 30.0
"""How long, in seconds, a transaction waits for another one of SQLite, unless it is said."""
_CONNECTING = 5
"""How long, in seconds, a connection to PostgreSQL may take."""
_KEPT, _MOST = 4, 8
"""How many connections to PostgreSQL are kept, and at most opened: it has a hundred for all."""
_CREATING = 7_449_313
"""Any number that nobody else locks."""


class Ledger:
    """An open database, for any number of threads; use `opened`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._created = False
        self._creating = threading.Lock()
        # Of SQLite's file.
        self._identity: tuple[int, int] | None = None
        self.losses = 0
        """How often it was taken away and made anew, with nothing in it, while it was open."""

    @property
    def url(self) -> URL:
        """Where it is, with its password, and for PostgreSQL's driver: not to be shown."""
        return self.engine.url

    @property
    def is_shared(self) -> bool:
        """Whether processes on several machines may work on it."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: all of it is kept, or none. On SQLite it is the only one.

        Raises:
            StateError: the database can't be used.
        """
        self.create()
        with self._writing() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database from its beginning to its end.

        Raises:
            StateError: the database can't be used.
        """
        self.create()
        with _told(self.engine), self.engine.connect() as connection:
            if self.is_shared:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    def create(self) -> None:
        """See to it that its tables are there.

        Raises:
            StateError: the database can't be used, or an other version of the server wrote it.
        """
        with self._creating:
            if self._created and self._found() != self._identity:
                # What is written into a file that was deleted or replaced is lost.
                self.engine.dispose()
                self._created = False
                self.losses += 1
            if not self._created:
                if not self.is_shared and self._found() is None:
                    self._clear()
                with self._writing() as connection:
                    self._create(connection)
                self._created = True
                self._identity = self._found()

    def _clear(self) -> None:
        """Let there be a place for a file of SQLite, with nothing of one that was deleted there."""
        path = Path(self.url.database or "")
        # What can't be done SQLite tells then.
        with suppress(OSError):
            _folder(path.parent)
        for end in ("-wal", "-shm"):
            with suppress(OSError):
                path.with_name(f"{path.name}{end}").unlink()

    def _found(self) -> tuple[int, int] | None:
        """What tells SQLite's file from another one at its place; nothing if there is none."""
        if self.is_shared:
            return None
        try:
            found = os.stat(self.url.database or "")
        except OSError:
            return None
        return found.st_dev, found.st_ino

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _told(self.engine), self.engine.connect() as connection:
            with connection.execution_options(writes=True).begin():
                yield connection

    def _create(self, connection: Connection) -> None:
        if self.is_shared:
            # Of several that come first one makes the tables, and the others find them.
            connection.execute(select(func.pg_advisory_xact_lock(_CREATING)))
        METADATA.create_all(connection)
        version = connection.scalar(select(SCHEMA.c.version))
        if version is None:
            if self.losses:
                log.error(
                    "%s: it was taken away, and is made anew: subscribers and histories are lost",
                    _shown(self.engine.url),
                )
            connection.execute(SCHEMA.insert().values(version=VERSION))
        elif version != VERSION:
            known = "a later" if version > VERSION else "an earlier"
            advice = "update it" if version > VERSION else "export with that one, and import"
            raise StateError(
                f"{_shown(self.engine.url)}: {known} feedserver made this ledger, of version"
                f" {version}, and this one reads version {VERSION}: {advice}"
            )


class Locks:
    """Locks of what several machines may want to do, for one thread of one process.

    On PostgreSQL they are the database's own: they are over when their process is, however that
    ends, and nobody waits for a time to pass. On SQLite there is one process, and nothing to lock.
    """

    def __init__(self, ledger: Ledger, kind: int) -> None:
        self._ledger = ledger
        self._kind = kind
        self._connection: Connection | None = None

    def take(self, ids: Collection[int]) -> set[int]:
        """Those of them that nobody has; they are to be none that this has already.

        Raises:
            StateError: the database can't be used; then nothing is locked any more.
        """
        return self._ask("pg_try_advisory_lock", ids)

    def free(self, ids: Collection[int]) -> None:
        """Let go of what was taken. Raises as `take` does."""
        self._ask("pg_advisory_unlock", ids)

    def close(self) -> None:
        """Let go of all; it may be used again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            # One that goes back to the others keeps its locks.
            connection.invalidate()
            connection.close()

    def _ask(self, what: str, ids: Collection[int]) -> set[int]:
        if not ids or not self._ledger.is_shared:
            return {*ids}
        query = text(
            f"SELECT id FROM unnest(CAST(:ids AS integer[])) AS id WHERE {what}(:kind, id)"
        )
        try:
            with _told(self._ledger.engine):
                if self._connection is None:
                    found = self._ledger.engine.connect()
                    self._connection = found.execution_options(isolation_level="AUTOCOMMIT")
                asked = {"ids": [*ids], "kind": self._kind}
                return {*self._connection.execute(query, asked).scalars()}
        except StateError:
            self.close()
            raise


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that may say what is to be done where the row is there, `on_conflict_do_…`."""
    shared = connection.dialect.name == "postgresql"
    return postgresql.insert(table) if shared else sqlite.insert(table)


@contextmanager
def opened(
    folder: Path,
    url: str | None = None,
    password: str | None = None,
    *,
    patient: bool = False,
    busy: float = BUSY,
) -> Iterator[Ledger]:
    """The ledger in a state folder, or at the address of a database of PostgreSQL.

    Who is `patient` gets that of a database that is away; its transactions raise until it is back.
    They wait `busy` seconds for others, on SQLite.

    Raises:
        AwayError: its database is away.
        StateError: it can't be used, or an other version of the server wrote it.
    """
    engine = _engine(folder, url, password, busy)
    try:
        found = Ledger(engine)
        try:
            found.create()
        except AwayError as error:
            if not (patient and found.is_shared):
                raise
            log.error("the ledger is away, and is waited for: %s", error)
        yield found
    finally:
        engine.dispose()


def is_there(folder: Path | None) -> bool:
    """Whether a ledger is in a state folder."""
    return folder is not None and (folder / FILE).is_file()


def _engine(folder: Path, url: str | None, password: str | None, busy: float) -> Engine:
    if url is None:
        try:
            _folder(folder)
        except OSError as error:
            raise StateError(f"{folder}: {error.strerror}") from error
        engine = sqlalchemy.create_engine(
            URL.create("sqlite", database=str(folder / FILE)),
            connect_args={"timeout": busy},
            hide_parameters=True,
        )
        event.listen(engine, "connect", _connected)
        event.listen(engine, "begin", _begun)
        return engine
    try:
        found = make_url(url)
        if found.drivername not in ("postgresql", "postgres"):
            raise StateError(f"{_shown(found)}: a database is at an address postgresql://…")
        found = found.set(drivername="postgresql+psycopg")
        if password is not None:
            found = found.set(password=password)
        within = {"connect_timeout": _CONNECTING}
        return sqlalchemy.create_engine(
            found,
            pool_pre_ping=True,
            pool_size=_KEPT,
            max_overflow=_MOST - _KEPT,
            connect_args=within,
            hide_parameters=True,
        )
    except (ArgumentError, ValueError) as error:
        raise StateError("the setting database is no address postgresql://…") from error
    except ImportError as error:
        message = (
            "the setting database needs PostgreSQL's driver: pip install mkdocs-twim[postgresql]"
        )
        raise StateError(message) from error


def _folder(path: Path) -> None:
    """Make a folder of a ledger: what is subscribed to has secrets."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)


def _connected(connection: object, record: object) -> None:
    # Transactions are begun below, and what was answered isn't forgotten, whatever happens.
    connection.isolation_level = None  # type: ignore[attr-defined]  # it is SQLite's
    cursor = connection.cursor()  # type: ignore[attr-defined]  # the same
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begun(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    """Say what is wrong with a database, and not what was put into it, as SQLAlchemy does.

    Neither is its error a cause: who logs that would log secrets of subscribers.
    """
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        kind = AwayError if isinstance(error, OperationalError) else StateError
        told = kind(f"{_shown(engine.url)}: {reason}")
        raise told.with_traceback(error.__traceback__) from None


def _shown(url: URL) -> str:
    """An address without what is secret of it: libpq takes passwords among the parameters, too."""
    return repr(url.set(query={}))
