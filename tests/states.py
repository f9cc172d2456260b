"""A state folder of a server of today, kept for the versions to come: `python -m tests.states`.

It writes `tests/data/state/`, once before each release that changes what stands in one, with the
server's version in the folder's name. Folders of versions before stay as they are.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import mkdocs_twim
from tests.conftest import ROOT
from tests.feedserver.running import running, until

FOLDER = ROOT / "tests" / "data" / "state"
ADDRESS = "http://127.0.0.1:9/atom.xml"
"""Port 9 throws away what it gets where there is anybody at all: later nobody answers."""
WEEKS = (1, 2, 3, 4)
SETTINGS = 'private_addresses = true\npoll = 1\nurl = "https://feeds.example/"\n'

_ENTRY = """\
<entry>
  <id>https://harbour.example/blog/week-{0}/</id>
  <link href="https://harbour.example/blog/week-{0}/"/>
  <title>This Week in the Harbour {0}</title>
  <published>2026-05-0{0}T12:00:00+00:00</published>
  <updated>2026-05-0{0}T12:00:00+00:00</updated>
  <category term="This Week in the Harbour"/>
  <content type="html">&lt;h2&gt;Dept of Boats&lt;/h2&gt;&lt;h3&gt;Seagull&lt;/h3&gt;
    &lt;p&gt;Seagull has mast number {0}.&lt;/p&gt;</content>
</entry>
"""


def feed(weeks: Sequence[int]) -> bytes:
    """A newsletter's feed as others write it, the newest issue first."""
    entries = "".join(_ENTRY.format(week) for week in sorted(weeks, reverse=True))
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        "<id>https://harbour.example/</id>\n<title>The Harbour News</title>\n"
        '<link href="https://harbour.example/"/>\n<updated>2026-05-08T12:00:00+00:00</updated>\n'
        f"<author><name>Ben</name></author>\n{entries}</feed>\n"
    ).encode()


class _Site(HTTPServer):
    said = b""


class _Handler(BaseHTTPRequestHandler):
    server: _Site

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/atom+xml")
        self.send_header("Content-Length", str(len(self.server.said)))
        self.end_headers()
        self.wfile.write(self.server.said)

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def _site() -> Iterator[_Site]:
    with _Site(("127.0.0.1", 9), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def main() -> int:
    """Serve a feed that its first issues leave, and keep the state folder; the exit code."""
    folder = FOLDER / mkdocs_twim.__version__
    with tempfile.TemporaryDirectory() as temporary, _site() as site:
        state = Path(temporary) / "state"
        site.said = feed(WEEKS[:3])
        with running(ADDRESS, settings=f'{SETTINGS}state = "{state}"\n') as server:
            until(lambda: b"week-3" in server.get("/feed.json").body)
            site.said = feed(WEEKS[2:])
            until(lambda: b"week-4" in server.get("/feed.json").body)
            assert b"week-1/" in server.get("/feed.json").body
        with closing(sqlite3.connect(state / "ledger.sqlite")) as ledger:
            ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(state, folder, ignore=shutil.ignore_patterns("*-wal", "*-shm", "lock"))
    print(f"states: {folder.relative_to(ROOT)}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
