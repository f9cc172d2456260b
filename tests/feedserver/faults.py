"""What goes wrong with files: no room, damage, and what is no file. None of it needs privileges."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def no_room(most: int = 16_000, *, process: int = 0) -> Iterator[None]:
    """Let no file of a process, or of this one, grow beyond some bytes: that fails as if full."""
    soft, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (soft, hard))


def _write_at(part: float) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        size = path.stat().st_size
        with open(path, "r+b") as file:
            file.seek(int(size * part))
            file.write(b"\xa5" * (size // 4))

    return damage


def _fill(data: bytes) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.write_bytes(data)

    return damage


def _truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _set_application(path: Path) -> None:
    # SQLite's header has it in the bytes from 68 on.
    with open(path, "r+b") as file:
        file.seek(68)
        file.write(b"GP10")


def _replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGES: Mapping[str, Callable[[Path], None]] = {
    "the start": _write_at(0),
    "the middle": _write_at(0.4),
    "the end": _write_at(0.8),
    "half of it": _truncate,
    "empty": _fill(b""),
    "other bytes": _fill(b"nonsense" * 1000),
    "another application's": _set_application,
    "gone": Path.unlink,
    "a folder": _replace_by_folder,
    "a pipe": replace_by_pipe,
}
"""What becomes of a file, by a name for the test."""
