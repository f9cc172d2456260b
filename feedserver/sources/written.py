"""The database in a state folder: written, looked after, and tried again where it can't be."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress

from feedserver.errors import DatabaseError, StateError
from feedserver.model import Archive
from feedserver.sources.statefolder import DATABASE, StateFolder
from feedserver.store import database

log = logging.getLogger("feedserver")

_SHARE = 10
_LONGEST_PAUSE = 60.0
"""After an attempt that failed, the next waits ten times as long as it took, at most so long."""


class Written:
    """A database of one server. What is wrong is in `trouble`, `problem` and `fault`."""

    def __init__(self, folder: StateFolder, name: str = DATABASE) -> None:
        self._folder = folder
        self._path = folder.path / name
        self._stamp: database.Stamp | None = None
        self._is_there = False
        self._again = 0.0
        self.due = False
        """Whether there is something that isn't in the database."""
        self.trouble: str | None = None
        """Why nothing can be written into the folder."""
        self.problem: str | None = None
        """Why the database couldn't be written."""
        self.fault: str | None = None
        """Why the database isn't what was written."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What operators should know."""
        found = (self.trouble, self.fault, None if self.trouble else self.problem)
        return tuple(dict.fromkeys(each for each in found if each))

    def look_at_folder(self) -> None:
        """See whether the folder can be written; where it can again, that is done at once."""
        try:
            self._folder.check()
        except StateError as error:
            self.trouble = str(error)
        else:
            if self.trouble:
                self._again = 0.0
            self.trouble = None

    def look_at_database(self) -> None:
        """See whether the database is what was written, if its file was touched since."""
        if not self._is_there:
            return
        try:
            stamp = database.stamp(self._path)
            if stamp != self._stamp:
                # One that is damaged isn't read again each second.
                self._stamp = stamp
                database.verify(self._path)
                self.fault = None
        except DatabaseError as error:
            self.fault = str(error)

    def suspect(self) -> None:
        """Let the next look read the database, and what is to be written be written at once."""
        self._stamp = None
        self._again = 0.0

    def write(self, make: Callable[[], Archive]) -> bool:
        """Write what `make` gives, if it is time to; whether it was written.

        What couldn't be is still due.
        """
        started = time.monotonic()
        if self.trouble or started < self._again:
            return False
        archive = make()
        try:
            database.write(archive, self._path)
            self._stamp = database.stamp(self._path)
            self._is_there = True
        except OSError as error:
            took = time.monotonic() - started
            self._again = started + took + min(_SHARE * took, _LONGEST_PAUSE)
            reason = f"{self._path}: {error.strerror}" if error.strerror else str(error)
            self.problem = reason
            return False
        if self.fault:
            log.warning("%s; it has been made anew", self.fault)
        self.due, self.problem, self.fault = False, None, None
        return True

    def adopt(self, archive: Archive | None) -> bool:
        """Take a database that is there for what is served; one of an archive, if it is given."""
        with suppress(DatabaseError):
            if archive is None:
                database.verify(self._path)
            elif not database.holds(archive, self._path):
                return False
            self._stamp = database.stamp(self._path)
            self._is_there = True
            return True
        return False
