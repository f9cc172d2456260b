"""A thread of the parent process that looks at the sources, and makes the database anew."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Protocol, Self

from feedserver.sources.statefolder import Health

log = logging.getLogger("feedserver")

_LOOKS = 100
_PAUSE = 0.25
"""How often, and how soon again, sources are looked at when all are to be read now."""


class Builds(Protocol):
    """What makes the database; `health` is how all was after the last refresh."""

    health: Health

    def refresh(self) -> bool:
        """Look at all sources; whether there is a new database."""

    def hurry(self) -> None:
        """Let the next refresh fetch what isn't due."""

    def suspect(self) -> None:
        """Let the next refresh see whether the database is whole."""


class Rebuilding:
    """Refreshes a builder each `interval` seconds, once started.

    The first refresh is made at once; `wait` tells when it is done, and raises if it failed. If it
    is `needed`, there is no second one then.
    """

    def __init__(self, builder: Builds, interval: float, *, needed: bool = True) -> None:
        self._builder = builder
        self._interval = interval
        self._needed = needed
        self._wake = threading.Event()
        self._ended = self._hurry = False
        self._first: Future[bool] = Future()
        self._failed: str | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="rebuilding")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def wait(self, seconds: float) -> bool:
        """Whether the first refresh is done, or will be in that time.

        Raises:
            Exception: what it raised.
        """
        with suppress(TimeoutError):
            self._first.result(seconds)
        return self._first.done()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended = True
        self._wake.set()
        # One that is in the middle of a large source isn't waited for long: it is a daemon.
        self._thread.join(timeout=2)

    def now(self) -> None:
        """Refresh now, whatever is due when."""
        self._hurry = True
        self._wake.set()

    def suspect(self) -> None:
        """See now whether the database is whole: a worker couldn't read it."""
        self._builder.suspect()
        self._wake.set()

    def health(self) -> Health:
        """How all is, to the knowledge of the last refresh."""
        found = self._builder.health
        if self._failed is None:
            return found
        problem = f"the sources can't be read: {self._failed}"
        return replace(found, problems=(*found.problems, problem))

    def _run(self) -> None:
        try:
            self._first.set_result(self._builder.refresh())
        except BaseException as error:
            self._first.set_exception(error)
            if self._needed or not isinstance(error, Exception):
                return
        wait = self._interval
        looks = 0
        while True:
            self._wake.wait(wait)
            self._wake.clear()
            if self._ended:
                return
            if self._hurry:
                self._hurry = False
                self._builder.hurry()
                looks = _LOOKS
            self._refresh()
            # What is fetched comes beside, and a file is read when it was found the same twice.
            looks = max(0, looks - 1)
            wait = min(_PAUSE, self._interval) if looks else self._interval

    def _refresh(self) -> None:
        try:
            self._builder.refresh()
            self._failed = None
        except Exception as error:
            # A mistake of ours: what is served stays, and it is said once.
            if str(error) != self._failed:
                log.exception("the sources can't be read; what was there stays")
            self._failed = str(error)
