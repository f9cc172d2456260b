"""Both databases: SQLite, and a PostgreSQL of Debian's that the tests start."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from feedserver.ledger import ledger
from feedserver.ledger.ledger import Ledger
from tests.conftest import absent

KINDS = ("sqlite", "postgresql")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ledger is, which may be opened again; `url` is that of a database of PostgreSQL."""

    folder: Path
    url: str | None = None

    def opened(self) -> AbstractContextManager[Ledger]:
        return ledger.opened(self.folder, self.url)


def programs() -> Path | None:
    """The folder of PostgreSQL's server programs; Debian has them outside of PATH."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


@contextmanager
def postgresql() -> Iterator[str]:
    """A server of its own, in memory where there is a place for it; its address.

    It listens at a socket alone. Root may not run it: then it runs as `nobody`.
    """
    found = programs()
    if found is None:
        absent("PostgreSQL")
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    user = "nobody" if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="twim-", dir=place) as name, ExitStack() as stack:
        if user:
            shutil.chown(name, user)

        def run(program: str, *arguments: str) -> None:
            # What a server writes goes to its log: a pipe would be open as long as it is.
            with open(f"{name}/said", "w+") as said:
                done = subprocess.run(
                    [found / program, "--pgdata", f"{name}/data", *arguments],
                    stdout=said,
                    stderr=said,
                    cwd=name,
                    user=user,
                    timeout=120,
                )
                said.seek(0)
                assert done.returncode == 0, said.read()

        run("initdb", "--username=twim", "--auth=trust", "--no-sync", "--encoding=UTF8")
        options = f"-k {name} -c listen_addresses= -c fsync=off -c max_connections=60"
        run("pg_ctl", "start", "--wait", "--log", f"{name}/log", "--options", options)
        stack.callback(run, "pg_ctl", "stop", "--mode=immediate")
        yield f"postgresql://twim@/postgres?host={name}"


@contextmanager
def refused(address: str) -> Iterator[None]:
    """A database of that server that breaks off all connections, and takes none."""
    found = make_url(address)
    admin = found.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        name = sql.Identifier(found.database or "")
        allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        connection.execute(allow.format(name, sql.SQL("false")))
        breaking = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        connection.execute(breaking, [found.database])
        yield
        connection.execute(allow.format(name, sql.SQL("true")))


@contextmanager
def emptied(address: str) -> Iterator[str]:
    """A new database of that server; its address."""
    name = f"twim{os.urandom(6).hex()}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield address.replace("/postgres?", f"/{name}?")
        finally:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )
