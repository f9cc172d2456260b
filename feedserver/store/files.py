"""Files, read and written so that nothing worse than an `OSError` comes of it."""

from __future__ import annotations

import errno
import io
import os
import stat
from contextlib import suppress
from pathlib import Path

_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)


def opened(path: Path) -> io.BufferedReader:
    """A regular file, open to be read: a pipe would be waited for, and a device has no end.

    Raises:
        OSError: it can't be opened, or is no regular file.
    """
    # Without the flag it is the opening of a pipe that waits.
    found = open(path, "rb", opener=lambda name, flags: os.open(name, flags | _NONBLOCK))
    if not stat.S_ISREG(os.fstat(found.fileno()).st_mode):
        found.close()
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return found


def read(path: Path, most: int) -> bytes:
    """The bytes of a regular file that has no more of them than `most`.

    Raises:
        OSError: it can't be read, is no regular file, or has more (`EFBIG`).
    """
    with opened(path) as file:
        # It may grow meanwhile.
        size = os.fstat(file.fileno()).st_size
        data = file.read(most + 1) if size <= most else b""
    if size > most or len(data) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes", str(path))
    return data


def replace(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees half of it; its folder is made if it isn't there.

    Raises:
        OSError: it can't be written; then nothing of it is left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        unfinished.write_bytes(data)
        os.replace(unfinished, path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        raise


def put_aside(path: Path, aside: Path) -> None:
    """Move what is at a path, if the system allows; it may be a folder where a file should be."""
    # No file takes the place of a folder, nor a folder that of a file.
    for place in (aside, aside.with_name(f"{aside.name}.{os.getpid()}")):
        with suppress(OSError):
            os.replace(path, place)
            return
