"""The folder of what one server has made of its sources. No two servers may have the same.

In it `status.json`, which the builder writes, says how the sources are.
"""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import filelock
import platformdirs

from feedserver.errors import StateError
from feedserver.settings.settings import Settings

log = logging.getLogger("feedserver")

LOCK = "lock"
STATUS = "status.json"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """When a source was read last, and how it is; `error` says what is wrong.

    `state` is current, stale, refused or missing, as the builder writes it.
    """

    name: str
    kind: str
    last_success: datetime | None
    error: str | None
    state: str

    @property
    def current(self) -> bool:
        """Whether what the source has now is what is served."""
        return self.state == "current"


@contextmanager
def held(settings: Settings) -> Iterator[Path]:
    """Hold the folder that the settings name, as long as the block runs.

    Without one, what was fetched is kept below the user's cache, in a folder for these sources;
    for sources that are files, or if another server has that folder, a temporary one will do.

    Raises:
        StateError: the folder that is named can't be used, or another server uses it.
    """
    with ExitStack() as stack:
        yield _enter(settings, stack)


def _enter(settings: Settings, stack: ExitStack) -> Path:
    if settings.state is not None:
        return stack.enter_context(_locked(settings.state))
    if any(source.startswith(("http://", "https://")) for source in settings.sources):
        digest = hashlib.sha256("\n".join(settings.sources).encode()).hexdigest()[:16]
        try:
            kept = platformdirs.user_cache_path("feedserver") / digest
            return stack.enter_context(_locked(kept))
        except StateError as error:
            log.info("%s; what is fetched will not be kept", error)
    temporary = tempfile.TemporaryDirectory(prefix="feedserver-", ignore_cleanup_errors=True)
    return Path(stack.enter_context(temporary))


@contextmanager
def _locked(folder: Path) -> Iterator[Path]:
    lock = filelock.FileLock(folder / LOCK, timeout=0)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout as error:
        raise StateError(f"{folder}: another server uses this state folder") from error
    except OSError as error:
        raise StateError(f"{folder}: the state folder: {error.strerror}") from error
    try:
        yield folder
    finally:
        lock.release()


def statuses(folder: Path) -> tuple[SourceStatus, ...]:
    """Read how the sources are; nothing if there is none yet."""
    try:
        data = json.loads((folder / STATUS).read_bytes())
    except FileNotFoundError:
        return ()
    return tuple(_source(values) for values in data["sources"])


def _source(values: Mapping[str, str]) -> SourceStatus:
    success = values.get("last_success")
    return SourceStatus(
        values["name"],
        values["kind"],
        datetime.fromisoformat(success) if success else None,
        values.get("error"),
        values["state"],
    )
