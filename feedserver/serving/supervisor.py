"""Keeps worker processes alive: starts them, starts those anew that die, and ends them."""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from feedserver.errors import ServingError

log = logging.getLogger("feedserver")

_LONGEST_DELAY = 30.0
_TRIES = 3
"""How often in a row a worker is started that ends before it answers, where none answers."""
_REMEMBERED = 60.0
"""For how many seconds a worker's end lets the next start later."""


@dataclass(slots=True)
class _Worker:
    """A worker's place, and the process that has it now.

    `ends` are when those before it ended; `failures` of them, the last ones, never answered.
    """

    process: SpawnProcess | None = None
    connection: Connection | None = None
    due: float = 0.0
    ready: bool = False
    failures: int = 0
    ends: list[float] = field(default_factory=list)
    told: object = None


class Supervisor:
    """Keeps `count` processes that each run `target(*arguments(), connection)`."""

    def __init__(
        self,
        count: int,
        target: Callable[..., None],
        arguments: Callable[[], tuple[object, ...]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._target = target
        self._arguments = arguments
        self._clock = clock
        self._workers = [_Worker() for _ in range(count)]
        self.restarts = 0

    @property
    def ready(self) -> bool:
        """Whether all workers answer."""
        return all(worker.ready for worker in self._workers)

    def connections(self) -> list[Connection]:
        """What to wait for: something was told, or a worker has ended."""
        return [worker.connection for worker in self._workers if worker.connection is not None]

    def processes(self) -> list[int]:
        """The processes that there are now, by the workers' places."""
        found = (worker.process for worker in self._workers)
        return [process.pid for process in found if process is not None and process.pid is not None]

    def start_due(self) -> float | None:
        """Start those whose time it is; in how many seconds the next is due, if one is."""
        now = self._clock()
        missing = [worker for worker in self._workers if worker.process is None]
        for worker in missing:
            if worker.due <= now:
                self._start(worker)
        due = [worker.due - now for worker in self._workers if worker.process is None]
        return min(due, default=None)

    def receive(self, connection: Connection) -> Iterator[object]:
        """What a worker tells.

        Raises:
            ServingError: it has ended, before it has answered anything, and not for the first time;
                and no other answers.
        """
        worker = next(each for each in self._workers if each.connection is connection)
        try:
            while connection.poll():
                told = connection.recv()
                worker.ready, worker.failures = True, 0
                yield told
        except (EOFError, OSError):
            self._bury(worker)

    def tell(self, connection: Connection, message: object) -> None:
        """Tell a worker something, in answer to what it told: so it waits for it.

        What it was told before isn't told again.
        """
        worker = next((each for each in self._workers if each.connection is connection), None)
        # One that has ended is buried when that is received.
        if worker and worker.told is not message:
            with suppress(OSError):
                connection.send(message)
            worker.told = message

    def stop(self, patience: float, hurry: Callable[[], bool]) -> Iterator[object]:
        """Tell all to end when they have answered, and what they still tell; kill who doesn't.

        `hurry` says to wait no longer.
        """
        deadline = time.monotonic() + patience
        processes = [worker.process for worker in self._workers if worker.process is not None]
        for process in processes:
            process.terminate()
        talking = self.connections()
        while talking and time.monotonic() < deadline and not hurry():
            for connection in wait(talking, 0.1):
                assert isinstance(connection, Connection)
                try:
                    yield connection.recv()
                except (EOFError, OSError):
                    talking.remove(connection)
        for process in processes:
            # One that has told all is about to end.
            process.join(1 if not talking else 0)
            if process.exitcode is None:
                log.warning("worker %s does not end; it is killed", process.pid)
                process.kill()
                process.join()
        for connection in self.connections():
            connection.close()

    def _start(self, worker: _Worker) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=self._target, args=(*self._arguments(), theirs), daemon=False
        )
        process.start()
        theirs.close()
        worker.process, worker.connection = process, ours
        worker.ready, worker.told = False, None

    def _bury(self, worker: _Worker) -> None:
        assert worker.process is not None and worker.connection is not None
        worker.process.join(1)
        if worker.process.exitcode is None:
            worker.process.kill()
            worker.process.join()
        now = self._clock()
        worker.ends = [each for each in worker.ends if now - each < _REMEMBERED] + [now]
        worker.failures += not worker.ready
        others = any(each.ready for each in self._workers if each is not worker)
        if worker.failures >= _TRIES and not others:
            raise ServingError("a worker ends before it answers; see above for why")
        delay = min(_LONGEST_DELAY, 0.25 * 2 ** len(worker.ends))
        pid, code = worker.process.pid, worker.process.exitcode
        log.error("worker %s has ended with %s; the next starts in %g s", pid, code, delay)
        worker.connection.close()
        worker.process = worker.connection = None
        worker.ready = False
        worker.due = now + delay
        self.restarts += 1
