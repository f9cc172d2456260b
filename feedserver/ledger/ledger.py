"""The database that the ledger is: opened, created, and written in transactions.

Times in it are seconds since 1970, as floating point numbers, so that both databases compare them
alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy
from sqlalchemy import Connection, Engine, Table, event, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from feedserver.errors import StateError
from feedserver.ledger.tables import METADATA, SCHEMA, VERSION

FILE = "ledger.sqlite"
_BUSY = 30.0
"""How long, in seconds, a transaction waits for another one of SQLite."""
_CREATING = 7_449_313
"""Any number that nobody else locks."""


class Ledger:
    """An open database, for any number of threads; use `opened`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def url(self) -> URL:
        """Where it is, with its password: not to be shown but as `str`, which hides it."""
        return self._engine.url

    @property
    def is_shared(self) -> bool:
        """Whether processes on several machines may work on it."""
        return self._engine.dialect.name == "postgresql"

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: all of it is kept, or none. On SQLite it is the only one.

        Raises:
            StateError: the database can't be used.
        """
        with _told(self._engine), self._engine.connect() as connection:
            with connection.execution_options(writes=True).begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database from its beginning to its end.

        Raises:
            StateError: the database can't be used.
        """
        with _told(self._engine), self._engine.connect() as connection:
            if self.is_shared:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that may say what is to be done where the row is there, `on_conflict_do_…`."""
    shared = connection.dialect.name == "postgresql"
    return postgresql.insert(table) if shared else sqlite.insert(table)


@contextmanager
def opened(folder: Path, url: str | None = None, password: str | None = None) -> Iterator[Ledger]:
    """The ledger in a state folder, or at the address of a database of PostgreSQL.

    Raises:
        StateError: it can't be used, or an other version of the server wrote it.
    """
    engine = _engine(folder, url, password)
    try:
        with _told(engine):
            _create(engine)
        yield Ledger(engine)
    finally:
        engine.dispose()


def is_there(folder: Path | None) -> bool:
    """Whether a ledger is in a state folder."""
    return folder is not None and (folder / FILE).is_file()


def _engine(folder: Path, url: str | None, password: str | None) -> Engine:
    if url is None:
        try:
            # What is subscribed to has secrets.
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StateError(f"{folder}: {error.strerror}") from error
        engine = sqlalchemy.create_engine(
            URL.create("sqlite", database=str(folder / FILE)), connect_args={"timeout": _BUSY}
        )
        event.listen(engine, "connect", _connected)
        event.listen(engine, "begin", _begun)
        return engine
    try:
        found = make_url(url)
        if found.drivername not in ("postgresql", "postgres"):
            raise StateError(f"{found!r}: a database is at an address postgresql://…")
        found = found.set(drivername="postgresql+psycopg")
        if password is not None:
            found = found.set(password=password)
        return sqlalchemy.create_engine(found, pool_pre_ping=True)
    except ArgumentError as error:
        raise StateError("the setting database is no address postgresql://…") from error
    except ImportError as error:
        message = (
            "the setting database needs PostgreSQL's driver: pip install mkdocs-twim[postgresql]"
        )
        raise StateError(message) from error


def _connected(connection: object, record: object) -> None:
    # Transactions are begun below, and what was answered isn't forgotten, whatever happens.
    connection.isolation_level = None  # type: ignore[attr-defined]
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begun(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _create(engine: Engine) -> None:
    ledger = Ledger(engine)
    with ledger.writing() as connection:
        if ledger.is_shared:
            # Of several that come first one makes the tables, and the others find them.
            connection.execute(select(func.pg_advisory_xact_lock(_CREATING)))
        METADATA.create_all(connection)
        version = connection.scalar(select(SCHEMA.c.version))
        if version is None:
            connection.execute(SCHEMA.insert().values(version=VERSION))
        elif version != VERSION:
            raise StateError(f"{engine.url!r}: it is of version {version}, and this is {VERSION}")


@contextmanager
def _told(engine: Engine) -> Iterator[None]:
    """Say what is wrong with a database, and not what was put into it, as SQLAlchemy does."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StateError(f"{engine.url!r}: {reason}") from error
