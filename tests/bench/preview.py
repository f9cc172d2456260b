"""How long an author waits for a page: `mkdocs serve`, a post that changes, and the page asked for.

Told by what a browser would be given, not by what the server says of itself.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO

from tests.bench.runs import PAST, TIMEOUT, BuildError, set_aside

_ASK_EVERY = 0.02
_WATCHES_AFTER = 3
# Whatever proxy the environment names, the server is on this machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def preview(folder: Path, page: str, edit: Callable[[], None], sentence: str) -> float:
    """Serve `folder`, built from nothing, and `edit` it: the seconds until `page` has `sentence`.

    Raises:
        BuildError: the server ends instead, or the page doesn't come within `TIMEOUT`.
    """
    set_aside(folder)
    # The site is built into a temporary folder, which is removed with what was set aside.
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "TMPDIR": str(folder / PAST)}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "mkdocs", "serve", "--livereload", "--dev-addr", address]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=said, stderr=said, start_new_session=True
        )
        try:
            url = f"http://{address}/{page}"
            _wait(process, said, url, "")
            # It looks at the folder first: what is changed sooner is no change.
            time.sleep(_WATCHES_AFTER)
            start = time.perf_counter()
            edit()
            _wait(process, said, url, sentence)
            return time.perf_counter() - start
        finally:
            _kill(process)


def _wait(process: subprocess.Popen[bytes], said: IO[bytes], url: str, sentence: str) -> None:
    """Ask for a page until it is there and has a sentence."""
    until = time.monotonic() + TIMEOUT
    while not _shows(url, sentence):
        if process.poll() is not None or time.monotonic() > until:
            said.seek(0)
            text = said.read().decode(errors="replace")
            raise BuildError(f"mkdocs serve has ended, or never shows {url}:\n{text}")
        time.sleep(_ASK_EVERY)


def _shows(url: str, sentence: str) -> bool:
    try:
        with _OPENER.open(url, timeout=TIMEOUT) as answer:
            return sentence in answer.read().decode()
    except urllib.error.HTTPError as error:
        error.close()
    except OSError:
        # The site is being built, and no server is there yet.
        pass
    return False


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the server, and the processes that help it."""
    if sys.platform == "win32":
        process.kill()
    elif process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
