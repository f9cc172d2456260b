"""Reading a foreign document in another process, with limits of time and memory.

Parsers of what others write have been made to run for hours, and are again (feedparser's pattern
for addresses of mail takes the square of a name's length). What happens there stops at that source.
`python -m feedserver.foreign.isolated` is the process: it is told by pickle, and answers with a
line of JSON and an archive, so that nothing which comes back can be more than that. To start it
takes longer than most documents do, so it goes on to the next one, unless that one was large or
couldn't be read.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import IO

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

_SMALL = 1_000_000
"""How large a document may be whose process reads another: memory isn't given back."""
_IDLE = 5.0
"""How long, in seconds, a process waits for the next document."""
_SIZE = 8
"""In how many bytes a message says how long it is."""
_PACKAGES = Path(__file__).parents[2]


class Room:
    """Where documents are read one at a time, so that this is all that reading ever takes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end: Callable[[], object] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._idle: threading.Timer | None = None

    def ask(self, told: bytes, seconds: float) -> bytes:
        """What a process answers that is told this: a line of JSON, and an archive.

        Raises:
            ForeignError: it does not answer in time, or not at all.
        """
        with self._lock:
            if self._idle:
                self._idle.cancel()
            process = self._process
            if process is None or process.poll() is not None:
                process = self._started()
            late = threading.Event()

            def kill() -> None:
                late.set()
                process.kill()

            timer = threading.Timer(seconds, kill)
            timer.start()
            try:
                answer = _exchange(process, told)
            finally:
                timer.cancel()
            if answer is None or len(told) > _SMALL or answer.startswith(b'{"error"'):
                self._ended()
            else:
                self._idle = threading.Timer(_IDLE, self.close)
                self._idle.daemon = True
                self._idle.start()
        if answer is not None:
            return answer
        if late.is_set():
            raise ForeignError(f"reading it takes more than {seconds:g} seconds")
        raise ForeignError("reading it takes more memory than it may, or fails")

    def close(self) -> None:
        """End the process, if one waits."""
        with self._lock:
            self._ended()

    def _started(self) -> subprocess.Popen[bytes]:
        self._ended()
        paths = [str(_PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "feedserver.foreign.isolated"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )
        # Also of a room that nobody closes.
        self._end = weakref.finalize(self, _stop, self._process)
        return self._process

    def _ended(self) -> None:
        if self._end:
            self._end()
        self._end = self._process = None


ROOM = Room()
"""The one of all that has none of its own."""


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    # Closes what leads to it, and waits for its end.
    process.communicate()


def _exchange(process: subprocess.Popen[bytes], told: bytes) -> bytes | None:
    """What the process answers; nothing if it has ended."""
    assert process.stdin and process.stdout
    try:
        _send(process.stdin, told)
        return _receive(process.stdout)
    except OSError:
        return None


def _send(stream: IO[bytes], message: bytes) -> None:
    stream.write(len(message).to_bytes(_SIZE, "big") + message)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes | None:
    """The next message; nothing where there is no whole one."""
    size = int.from_bytes(stream.read(_SIZE), "big")
    message = stream.read(size)
    return message if size and len(message) == size else None


def read(
    data: bytes,
    options: Options,
    address: str | None = None,
    content_type: str | None = None,
    *,
    seconds: float = SECONDS,
    room: Room = ROOM,
) -> Reading:
    """Read a document as `reading.read` does, or fail in time; in a `room` one at a time.

    Raises:
        ForeignError: it can't be read, or not within the limits.
    """
    told = pickle.dumps((data, options, address, content_type))
    head, _, body = room.ask(told, seconds).partition(b"\n")
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


def main(told: IO[bytes], answers: IO[bytes]) -> None:
    """Be the process: read what is told, and write the answers, until no more is told."""
    while (message := _receive(told)) is not None:
        if sys.platform != "win32":
            resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
            # Where its parent has ended nobody else ends it.
            spent = resource.getrusage(resource.RUSAGE_SELF)
            _, most = resource.getrlimit(resource.RLIMIT_CPU)
            seconds = SECONDS + int(spent.ru_utime + spent.ru_stime) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, most))
        _send(answers, _answer(message))


def _answer(message: bytes) -> bytes:
    data, options, address, content_type = pickle.loads(message)
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
    return json.dumps(head).encode() + b"\n" + body


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
