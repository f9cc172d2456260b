"""The folder of what one server has made of its sources. No two servers may have the same.

It may fill, be taken away or be made read-only while a server runs. So it is looked at again and
again, and nothing is written unless the last look found it well. In it `status.json`, which the
builder writes, says how the sources are.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path

import filelock
import platformdirs

from feedserver.errors import DatabaseError, StateError
from feedserver.settings.settings import Settings
from feedserver.store import database, files

log = logging.getLogger("feedserver")

DATABASE = "site.sqlite"
LOCK = "lock"
STATUS = "status.json"
NETWORK = "network.sqlite"
PEERS = "peers.json"
"""The database of the network, and how the peers are."""

_MOST = 10_000_000
_PROBE = "probe"
_ROOM = bytes(65_536)
"""What is written to see whether files can be: less room isn't worth the name."""


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """When a source was read last, and how it is; `error` says what is wrong.

    `state` is current, gone, stale, refused or missing, as the builder writes it.
    """

    name: str
    kind: str
    last_success: datetime | None
    error: str | None
    state: str

    @property
    def current(self) -> bool:
        """Whether what the source has now is what is served, or the last that it had."""
        return self.state in ("current", "gone")


@dataclass(frozen=True, slots=True)
class Health:
    """How all is; `problems` are those of the server itself, such as a disk that is full."""

    sources: tuple[SourceStatus, ...] = ()
    problems: tuple[str, ...] = ()
    peers: tuple[SourceStatus, ...] = ()


def together(several: Iterable[Health]) -> Health:
    """How all of several are."""
    found = tuple(several)
    return Health(
        tuple(chain.from_iterable(each.sources for each in found)),
        tuple(dict.fromkeys(chain.from_iterable(each.problems for each in found))),
        tuple(chain.from_iterable(each.peers for each in found)),
    )


class StateFolder:
    """A folder, and the lock that makes it one server's, unless it needs none."""

    def __init__(self, path: Path, *, locked: bool = True, lasting: Path | None = None) -> None:
        self.path = path
        self.lasting = lasting or path
        """The folder of what may not be lost when this one is."""
        # It is taken in one thread, and let go in another.
        lock = filelock.FileLock(path / LOCK, timeout=0, thread_local=False)
        self._lock = lock if locked else None
        self._locked: tuple[int, int] | None = None

    def check(self) -> None:
        """See to it that the folder is there and this server's, and that it takes files.

        Raises:
            StateError: it isn't or doesn't; the message says why.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._write_probe()
            if self._lock is not None:
                self._take(self._lock)
        except filelock.Timeout as error:
            raise StateError(f"{self.path}: another server uses this state folder") from error
        except FileExistsError as error:
            raise StateError(f"{self.path}: the state folder: it is no folder") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise StateError(f"{self.path}: the state folder: {reason}") from error

    def is_readable(self) -> bool:
        """Whether there is a database that can be served, even if nothing can be written."""
        with suppress(DatabaseError):
            database.verify(self.path / DATABASE)
            return True
        return False

    def release(self) -> None:
        if self._lock is not None:
            # Of a folder that is gone, too.
            with suppress(OSError):
                self._lock.release(force=True)

    def _write_probe(self) -> None:
        probe = self.path / _PROBE
        try:
            probe.write_bytes(_ROOM)
        finally:
            with suppress(OSError):
                probe.unlink()

    def _take(self, lock: filelock.BaseFileLock) -> None:
        """Lock the folder, if the lock's file isn't the one that is locked."""
        with suppress(OSError):
            if self._locked is not None and _identity(self.path / LOCK) == self._locked:
                return
        self._locked = None
        self.release()
        lock.acquire()
        self._locked = _identity(self.path / LOCK)


def _identity(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


@contextmanager
def held(settings: Settings) -> Iterator[StateFolder]:
    """Hold the folder that the settings name, as long as the block runs.

    Without one, what was fetched is kept below the user's cache, in a folder for these sources;
    for sources that are files, or if another server has that folder, a temporary one will do. What
    may not be lost is then among the user's data.

    Raises:
        StateError: another server uses the folder that is named, or it can neither be written nor
            has it what could be served.
    """
    with ExitStack() as stack:
        yield _enter(settings, stack)


def _enter(settings: Settings, stack: ExitStack) -> StateFolder:
    if settings.state is not None:
        return stack.enter_context(_held(settings.state))
    lasting = platformdirs.user_data_path("feedserver")
    if settings.peers or any(name.startswith(("http://", "https://")) for name in settings.sources):
        try:
            return stack.enter_context(_held(usual(settings), lasting))
        except StateError as error:
            log.info("%s; what is fetched will not be kept", error)
    temporary = tempfile.TemporaryDirectory(prefix="feedserver-", ignore_cleanup_errors=True)
    path = Path(stack.enter_context(temporary))
    return StateFolder(path, locked=False, lasting=lasting)


def own(settings: Settings) -> Path:
    """The folder of what one server has to keep: without `state` it is among the user's data.

    It has a name that these sources have, for another server's subscribers aren't this one's.
    """
    if settings.state is not None:
        return settings.state
    names = [
        name if name.startswith(("http://", "https://")) else str(Path(name).resolve())
        for name in (*settings.sources, *(peer.url for peer in settings.peers))
    ]
    return platformdirs.user_data_path("feedserver") / _digest(names)


def _digest(names: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def usual(settings: Settings) -> Path:
    """The folder that the settings name, or that of these sources and peers below the cache."""
    if settings.state is not None:
        return settings.state
    names = (*settings.sources, *(peer.url for peer in settings.peers))
    return platformdirs.user_cache_path("feedserver") / _digest(names)


@contextmanager
def _held(path: Path, lasting: Path | None = None) -> Iterator[StateFolder]:
    folder = StateFolder(path, lasting=lasting)
    try:
        try:
            folder.check()
        except StateError as error:
            # Who only reads takes nothing from the one that writes; but that one is the server.
            if isinstance(error.__cause__, filelock.Timeout) or not folder.is_readable():
                raise
        yield folder
    finally:
        folder.release()


def statuses(folder: Path, file: str = STATUS) -> tuple[SourceStatus, ...]:
    """Read how the sources are; nothing if there is no file yet, or none that can be read."""
    try:
        data = json.loads(files.read(folder / file, _MOST))
        return tuple(status(values) for values in data["sources"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        # Who finds it full of anything does as without it.
        return ()


def status(values: Mapping[str, object]) -> SourceStatus:
    """How a source is, by its values in the file."""
    success, error = values.get("last_success"), values.get("error")
    return SourceStatus(
        str(values["name"]),
        str(values["kind"]),
        datetime.fromisoformat(str(success)) if success else None,
        str(error) if error else None,
        str(values["state"]),
    )
