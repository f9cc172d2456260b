"""Load on a server: as fast as it can, by wrk, and as slow as a client may be."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
_RATE = re.compile(r"(?m)^Requests/sec: +([\d.]+)$")
_P99 = re.compile(r"(?m)^ +99% +([\d.]+)([a-z]+) *$")
_WRONG = re.compile(r"(?m)^ +(Non-2xx or 3xx responses|Socket errors): .*[1-9].*$")


@dataclass(frozen=True, slots=True)
class Sample:
    """What a server did in one run: requests a second, and how long 99 of 100 took at most."""

    rate: float
    p99: float


class LoadError(RuntimeError):
    """Raised by `wrk` when it is answered with errors, and where a program is missing."""


def require(program: str, package: str) -> str:
    """Where a program is.

    Raises:
        LoadError: it isn't there.
    """
    found = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise LoadError(f"{program} is needed; on Debian: apt-get install {package}")
    return found


def wrk(url: str, *, seconds: int, connections: int, headers: Sequence[str] = ()) -> Sample:
    """Ask for `url` over and over, for so long.

    Raises:
        LoadError: the server has failed.
    """
    command = ["wrk", "--latency", f"-d{seconds}s", "-t1", f"-c{connections}"]
    command += [part for header in headers for part in ("-H", header)]
    try:
        done = subprocess.run([*command, url], capture_output=True, text=True, check=True)
    except subprocess.CalledProcessError as error:
        raise LoadError(f"wrk: {error.stderr}{error.stdout}") from error
    return read(done.stdout)


def read(text: str) -> Sample:
    """Read what wrk says.

    Raises:
        LoadError: it tells of errors, or nothing.
    """
    rate, p99 = _RATE.search(text), _P99.search(text)
    if wrong := _WRONG.search(text):
        raise LoadError(f"wrk: {wrong[0].strip()}")
    if rate is None or p99 is None:
        raise LoadError(f"wrk says nothing of use:\n{text}")
    return Sample(float(rate[1]), float(p99[1]) * _UNITS[p99[2]])


class SlowClients:
    """Connections that send a byte of a request each second, and never an end of it."""

    def __init__(self, port: int, count: int) -> None:
        self._port = port
        self._count = count
        self._open = 0
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> SlowClients:
        self._thread.start()
        if not self._ready.wait(60):
            raise LoadError(f"only {self._open} of {self._count} connections were taken")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._all.cancel)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._clients())
            except asyncio.CancelledError:
                return

    async def _clients(self) -> None:
        self._all = asyncio.gather(*(self._client(number) for number in range(self._count)))
        await self._all

    async def _client(self, number: int) -> None:
        # Spread over the second, as clients are.
        await asyncio.sleep(number / self._count)
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                self._open += 1
                if self._open == self._count:
                    self._ready.set()
                try:
                    await _drip(writer)
                finally:
                    self._open -= 1
                    writer.close()
            except OSError:
                # The server may put an end to it; then the next client comes.
                await asyncio.sleep(1)


async def _drip(writer: asyncio.StreamWriter) -> None:
    for byte in b"GET /atom.xml HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"z" * 4000:
        writer.write(bytes((byte,)))
        await writer.drain()
        await asyncio.sleep(1)
