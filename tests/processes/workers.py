"""What stands in the place of a worker; alone, for each process loads the module that it is in."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path


def answers_once(folder: Path, connection: Connection) -> None:
    """A worker that is ready, or, while there is a file that says so, ends before."""
    if (folder / "fails").exists():
        raise SystemExit(3)
    connection.send("ready")
    connection.recv()
