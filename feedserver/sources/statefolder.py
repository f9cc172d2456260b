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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
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
_A_SECOND = 1000
"""Of so many sources it is told each second how they are, of more less often."""
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


def pause(count: int) -> float:
    """In how many seconds it is told again how so many sources are: of many that takes long."""
    return float(count // _A_SECOND)


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
    kept = lasting(settings)
    if settings.peers or any(name.startswith(("http://", "https://")) for name in settings.sources):
        try:
            return stack.enter_context(_held(usual(settings), kept))
        except StateError as error:
            log.info("%s; what is fetched will not be kept", error)
    temporary = tempfile.TemporaryDirectory(prefix="feedserver-", ignore_cleanup_errors=True)
    path = Path(stack.enter_context(temporary))
    return StateFolder(path, locked=False, lasting=kept)


def lasting(settings: Settings) -> Path:
    """The folder of what may not be lost, where the settings name no database.

    Without `state` it is one for all, so that who has other sources or peers loses nothing.
    """
    return settings.state or platformdirs.user_data_path("feedserver")


@contextmanager
def subscribed(settings: Settings) -> Iterator[Path | None]:
    """The folder of subscriptions, as long as the block runs; nothing if another server has it.

    Each has other feeds at other addresses, so the subscribers of one aren't told by the other.
    """
    folder = lasting(settings)
    if settings.state or settings.database:
        # The folder is held, and a database is for servers that have the same.
        yield folder
        return
    lock = filelock.FileLock(folder / LOCK, timeout=0, thread_local=False)
    found: Path | None = folder
    try:
        # What is subscribed to has secrets.
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock.acquire()
    except filelock.Timeout:
        log.warning(
            "%s: another server has it, so nobody can subscribe: name a folder, the setting state",
            lock.lock_file,
        )
        found = None
    except OSError:
        # Who opens the ledger there says why not.
        pass
    try:
        yield found
    finally:
        with suppress(OSError):
            lock.release()


def _digest(names: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def usual(settings: Settings) -> Path:
    """The folder that the settings name, or that of these sources and peers below the cache."""
    if settings.state is not None:
        return settings.state
    names = (*settings.sources, *(peer.url for peer in settings.peers))
    return platformdirs.user_cache_path("feedserver") / _digest(names)


def note(settings: Settings, config: Path | None, sources: Sequence[str]) -> None:
    """Remember the sources that a server was given beside its file of settings, if it was.

    The commands are given that file alone.
    """
    if config is not None:
        path = _note(settings, config)
        # They can do without.
        with suppress(OSError):
            if sources:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                files.replace(path, json.dumps(list(sources)).encode())
            else:
                path.unlink(missing_ok=True)


def noted(settings: Settings, config: Path | None) -> Settings:
    """The settings of a file, with the sources that its server was given beside them."""
    with suppress(OSError, ValueError, TypeError):
        if config is not None:
            found = json.loads(files.read(_note(settings, config), _MOST))
            return replace(settings, sources=tuple(map(str, found)))
    return settings


def _note(settings: Settings, config: Path) -> Path:
    return lasting(settings) / "given" / f"{_digest([str(config.resolve())])}.json"


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
