"""Reading a foreign document in a process of its own, with limits of time and memory.

Parsers of what others write have been made to run for hours, and are again (feedparser's pattern
for addresses of mail takes the square of a name's length). What happens there stops at that source.
`python -m feedserver.foreign.isolated` is the process: it is told by pickle, and answers with a
line of JSON and an archive, so that nothing which comes back can be more than that.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path
from typing import BinaryIO

from feedserver.check.findings import Finding
from feedserver.errors import ArchiveError, FeedServerError, ForeignError
from feedserver.foreign import reading
from feedserver.foreign.reading import Options, Reading
from feedserver.formats import archive

if sys.platform != "win32":
    import resource

SECONDS = 60
"""How long reading a document may take."""
BYTES = 1_000_000_000
"""How much memory it may take, where the system can limit it."""

ROOM = threading.Lock()
"""One document at a time, so that this is all that reading ever takes."""
_PACKAGES = Path(__file__).parents[2]


def read(
    data: bytes,
    options: Options,
    address: str | None = None,
    content_type: str | None = None,
    *,
    seconds: float = SECONDS,
    room: threading.Lock = ROOM,
) -> Reading:
    """Read a document as `reading.read` does, or fail in time; in a `room` one at a time.

    Raises:
        ForeignError: it can't be read, or not within the limits.
    """
    told = pickle.dumps((data, options, address, content_type))
    paths = [str(_PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        with room:
            done = subprocess.run(
                [sys.executable, "-m", "feedserver.foreign.isolated"],
                input=told,
                capture_output=True,
                timeout=seconds,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            )
    except subprocess.TimeoutExpired as error:
        raise ForeignError(f"reading it takes more than {seconds:g} seconds") from error
    head, _, body = done.stdout.partition(b"\n")
    if done.returncode != 0 or not head:
        raise ForeignError("reading it takes more memory than it may, or fails")
    answer = json.loads(head)
    if "error" in answer:
        raise ForeignError(answer["error"])
    findings = tuple(Finding(*each) for each in answer["findings"])
    try:
        return Reading(
            archive.parse(body),
            findings,
            bool(answer["complete"]),
            tuple(map(str, answer["order"])),
            tuple(map(str, answer["withdrawn"])),
        )
    except ArchiveError as error:
        raise ForeignError(f"it can't be kept as an archive: {error}") from error


def main(told: BinaryIO, answer: BinaryIO) -> None:
    """Be the process: read what is told, and write the answer."""
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
        # Where its parent has ended nobody else ends it.
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    data, options, address, content_type = pickle.load(told)
    try:
        found = reading.read(data, options, address, content_type)
        body = archive.serialise(found.archive)
        findings = [(each.rule, each.where, each.message) for each in found.findings]
        head: dict[str, object] = {
            "findings": findings,
            "complete": found.complete,
            "order": found.order,
            "withdrawn": found.withdrawn,
        }
    except (FeedServerError, MemoryError) as error:
        body = b""
        head = {"error": str(error) or "reading it takes more memory than it may"}
    answer.write(json.dumps(head).encode() + b"\n" + body)


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
