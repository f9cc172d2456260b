"""Sites served by the real server, as another process, or as plain files."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar


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


class _Files(SimpleHTTPRequestHandler):
    """Files with the types that `docs/how-to/host.md` wants."""

    _types: ClassVar[Mapping[str, str]] = {
        "atom.xml": "application/atom+xml; charset=utf-8",
        "rss.xml": "application/rss+xml; charset=utf-8",
        "feed.json": "application/feed+json",
    }

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        return self._types.get(Path(path).name) or super().guess_type(path)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def hosted(folder: Path, port: int = 0) -> Iterator[str]:
    """Serve a built site as a host of plain files does, on a free port if it is 0.

    Every page is the theme's then: the real server has a page of its own at `/feeds/`.
    """
    handler = partial(_Files, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port
