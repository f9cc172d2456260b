"""A real server as another process, for tests of what only a process has."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO, Any

from tests.conftest import ROOT


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Message[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Running:
    """A server; `address` has no slash at its end."""

    process: subprocess.Popen[str]
    address: str
    port: int
    log: IO[str]

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """What is answered, whatever it is."""
        request = urllib.request.Request(f"{self.address}{path}", headers=dict(headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.get("/healthz").body)
        return found

    def logged(self) -> str:
        """What it has said on its standard error."""
        self.log.seek(0)
        return self.log.read()

    def workers(self) -> list[int]:
        """The processes that answer."""
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rpartition(")")[2].split()
                command = (path.parent / "cmdline").read_bytes()
            except OSError:
                continue
            if int(fields[1]) == self.process.pid and b"spawn_main" in command:
                found.append(int(path.parent.name))
        return sorted(found)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        return self.process.wait(60)


@contextmanager
def running(*sources: object, settings: str = "", workers: int = 1) -> Iterator[Running]:
    """Serve sources on a free port, with the text of a file of settings."""
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/log", "w+") as log:
        config = Path(folder, "feedserver.toml")
        config.write_text(settings, "utf-8")
        command = [sys.executable, "-m", "feedserver", "serve", *map(str, sources)]
        command += ["--port", "0", "--workers", str(workers), "--config", str(config)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, encoding="utf-8", cwd=ROOT
        )
        assert process.stdout is not None
        try:
            told = "".join(iter(process.stdout.readline, "Press Ctrl+C to stop.\n"))
            match = re.search(r"http://127\.0\.0\.1:(\d+)", told)
            log.seek(0)
            assert match, told + log.read()
            yield Running(process, match[0], int(match[1]), log)
        finally:
            if process.poll() is None:
                # Its workers end with it.
                process.terminate()
                try:
                    process.wait(60)
                except subprocess.TimeoutExpired:
                    process.kill()
            process.communicate()


def put(path: Path, data: bytes) -> None:
    """Replace a file at once."""
    (path.parent / f"{path.name}.next").write_bytes(data)
    os.replace(path.parent / f"{path.name}.next", path)


def until(holds: Callable[[], object], *, seconds: float = 60) -> None:
    """Wait until something holds.

    Raises:
        AssertionError: it doesn't, in that time.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)
