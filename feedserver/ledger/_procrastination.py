"""Work on PostgreSQL: procrastinate says which worker has which shard of which kind of work.

A job is one sweep of one shard, and has the shard's lock. It is deferred when the shard is due, and
never before: a locked job that waits would hold up those behind it. When a shard is due next stands
in `SWEEPS`, where each worker looks. Jobs hold nothing that isn't in the tables, so that those of
another version of procrastinate may be thrown away.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select, update

from feedserver.errors import AwayError, StateError
from feedserver.ledger import _sweeps
from feedserver.ledger.ledger import SWEEPS, Ledger
from feedserver.ledger.runner import Sweeper

if TYPE_CHECKING:
    from procrastinate import App

_AT_ONCE = 4
"""How many shards of each kind a worker sweeps at once."""
_LOOK = 0.5
"""How often, in seconds, a worker looks which shards are due, and for jobs of dead workers."""
_NET = 60.0
"""How soon, in seconds, a shard is due again whose job was lost, however that came."""
_HEARTBEAT = 1.0
_DEAD = 6.0
"""How often, in seconds, a worker says that it lives, and when another is taken for dead."""
_PATIENCE = 3.0
"""How long, in seconds, a worker waits for a connection."""
_RESCUING, _CREATING = 7_449_314, 7_449_315
"""Any numbers that nobody else locks."""

_TASK = "sweep"
_OURS = "feedserver with procrastinate "
"""What stands at the table of jobs, before the version that made it."""
_DROP = r"""
DO $$ DECLARE found text; BEGIN
    FOR found IN SELECT 'TABLE IF EXISTS ' || oid::regclass FROM pg_class
        WHERE relname LIKE 'procrastinate\_%' AND relkind = 'r' AND pg_table_is_visible(oid)
    UNION ALL SELECT 'FUNCTION IF EXISTS ' || oid::regprocedure FROM pg_proc
        WHERE proname LIKE 'procrastinate\_%' AND pg_function_is_visible(oid)
    LOOP EXECUTE 'DROP ' || found || ' CASCADE'; END LOOP;
    FOR found IN SELECT oid::regtype FROM pg_type
        WHERE typname LIKE 'procrastinate\_%' AND typtype IN ('c', 'e') AND pg_type_is_visible(oid)
    LOOP EXECUTE 'DROP TYPE IF EXISTS ' || found || ' CASCADE'; END LOOP;
END $$
"""


class Procrastination:
    """A `Runner`; of one ledger any number runs, on any number of machines."""

    def __init__(self, ledger: Ledger, sweepers: Sequence[Sweeper]) -> None:
        try:
            # They take a moment, and who has SQLite needs none of them.
            from procrastinate import App, SyncPsycopgConnector
        except ImportError as error:
            message = "the setting database needs more: pip install mkdocs-twim[postgresql]"
            raise StateError(message) from error
        # It says by exceptions what we say, and we say it once.
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
        logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
        self._ledger = ledger
        self._sweepers = {sweeper.kind: sweeper for sweeper in sweepers}
        self._stopping = threading.Event()
        # It is never opened: what it defers goes through our connections.
        self._deferred = App(connector=SyncPsycopgConnector()).configure_task
        self._created = False
        # While the database is away it is made by who comes first when it is back.
        with suppress(AwayError):
            self._create()

    def run(self) -> None:
        absence = _sweeps.Absence()
        while not self._stopping.is_set():
            if not self._sweepers:
                self._stopping.wait()
                return
            try:
                self._wake_all()
                absence.over()
                asyncio.run(self._run(absence))
            except Exception as error:
                if not _is_away(error):
                    raise
                absence.noticed(error)
            self._stopping.wait(_sweeps.AGAIN)

    def stop(self) -> None:
        self._stopping.set()

    def wake(self, connection: Connection, kind: str, shards: Iterable[int]) -> None:
        # One job for each call: to leave it to one that is there would be wrong, for that may be
        # taken before this transaction is over.
        found = sorted(set(shards))
        if not found:
            return
        if not self._created:
            _create(connection)
        driver = connection.connection.driver_connection
        for shard in found:
            self._deferred(_TASK, queue=kind, lock=f"{kind} {shard}", connection=driver).defer(
                kind=kind, shard=shard
            )

    def _create(self) -> None:
        with self._ledger.writing() as connection:
            _create(connection)
        self._created = True

    def _wake_all(self) -> None:
        """What was due when the last process ended is due."""
        self._create()
        with self._ledger.writing() as connection:
            for kind, sweeper in self._sweepers.items():
                self.wake(connection, kind, range(sweeper.shards))

    async def _run(self, absence: _sweeps.Absence) -> None:
        from procrastinate import App, PsycopgConnector, RetryStrategy

        url = self._ledger.url.set(drivername="postgresql")
        connector = PsycopgConnector(
            conninfo=url.render_as_string(hide_password=False),
            min_size=1,
            max_size=4,
            timeout=_PATIENCE,
        )
        app = App(connector=connector)
        # What fails here is the database; the sweeper's own failures are noted.
        app.task(name=_TASK, retry=RetryStrategy(wait=1))(self._job)
        asyncio.get_running_loop().set_exception_handler(_unheard)
        async with app.open_async():
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=list(self._sweepers),
                    concurrency=_AT_ONCE * len(self._sweepers),
                    fetch_job_polling_interval=_LOOK,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=_HEARTBEAT,
                    stalled_worker_timeout=_DEAD,
                )
            )
            tending = asyncio.create_task(self._tend(app))
            tasks = worker, tending
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done() and (error := task.exception()) and _is_away(error):
                    absence.noticed(error)
                # Sweeps that are on their way are waited for.
                task.cancel()
            for found in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(found, Exception):
                    raise found

    async def _tend(self, app: App) -> None:
        """Have swept what is due, until `stop`."""
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            await asyncio.to_thread(self._look, app, loop)
            await asyncio.to_thread(self._stopping.wait, _LOOK)

    def _look(self, app: App, loop: asyncio.AbstractEventLoop) -> None:
        now = time.time()
        with self._ledger.writing() as connection:
            columns = SWEEPS.c.kind, SWEEPS.c.shard
            due = select(*columns).where(SWEEPS.c.kind.in_(self._sweepers), SWEEPS.c.due <= now)
            for kind, shard in connection.execute(due.with_for_update(skip_locked=True)):
                one = (SWEEPS.c.kind == kind) & (SWEEPS.c.shard == shard)
                connection.execute(update(SWEEPS).where(one).values(due=now + _NET))
                self.wake(connection, kind, [shard])
        with self._ledger.writing() as connection:
            # Of two that free a job, the second would free it of who has it from the first.
            if connection.scalar(select(func.pg_try_advisory_xact_lock(_RESCUING))):
                asyncio.run_coroutine_threadsafe(_rescue(app), loop).result()

    async def _job(self, kind: str, shard: int) -> None:
        await asyncio.wrap_future(_sweeps.begun(partial(self._sweep, kind, shard)))

    def _sweep(self, kind: str, shard: int) -> None:
        due, error = _sweeps.swept(self._sweepers[kind], shard)
        with self._ledger.writing() as connection:
            due = _sweeps.note(connection, kind, shard, due, error)
            if due is not None and due <= time.time():
                self.wake(connection, kind, [shard])


def _is_away(error: BaseException | None) -> bool:
    """Whether it is the database that something fails for."""
    from procrastinate.exceptions import ConnectorException
    from psycopg import OperationalError

    return isinstance(error, (StateError, ConnectorException, OperationalError))


def _unheard(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say what nobody waits for, but not of each job that the database is away."""
    if not _is_away(context.get("exception")):
        loop.default_exception_handler(context)


async def _rescue(app: App) -> None:
    """Let others have the jobs of workers that have died."""
    from procrastinate.exceptions import ConnectorException

    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_DEAD):
        # It has ended meanwhile.
        with suppress(ConnectorException):
            await app.job_manager.retry_job(job)


def _create(connection: Connection) -> None:
    """Have procrastinate's tables, of its version.

    Raises:
        StateError: a later version works here, or another program has such tables.
    """
    from procrastinate.schema import SchemaManager
    from psycopg import Connection as Driver

    ours = _OURS + version("procrastinate")
    table = func.to_regclass("procrastinate_jobs")
    there = select(func.obj_description(table, "pg_class"))
    if connection.scalar(there) == ours:
        return
    # Of several that come first one makes them, and the others find them.
    connection.execute(select(func.pg_advisory_xact_lock(_CREATING)))
    found = connection.scalar(there) or ""
    if found == ours:
        return
    if connection.scalar(select(table)) is not None and not found.startswith(_OURS):
        raise StateError("the database has tables of procrastinate that another program made")
    if _parts(found) > _parts(ours):
        raise StateError(f"the ledger is worked on with {found}, and this is {ours}")
    driver = connection.connection.driver_connection
    assert isinstance(driver, Driver)
    driver.execute(_DROP)
    driver.execute(SchemaManager.get_schema())
    connection.exec_driver_sql(f"COMMENT ON TABLE procrastinate_jobs IS '{ours}'")
    connection.execute(update(SWEEPS).values(due=0.0))


def _parts(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]
