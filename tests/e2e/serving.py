"""Sites served by the real server, as another process."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def served(folder: Path, port: int = 0) -> Iterator[str]:
    """Serve a built site, on a free port if it is 0; the address, without a slash at its end."""
    command = [sys.executable, "-m", "feedserver", "serve", str(folder), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
    assert process.stdout is not None
    try:
        match = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
        assert match
        yield match[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()
        assert process.returncode == 0


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port
