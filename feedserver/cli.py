"""The command `feedserver`: serve a site's feeds, export them, or say what is wrong with them."""

from __future__ import annotations

import argparse
import io
import logging
import signal
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from feedserver import audit, database, export, sources
from feedserver.app import create_app
from feedserver.errors import FeedServerError
from feedserver.query import Index
from feedserver.settings import Settings
from feedserver.sources import Source
from feedserver.store import Store
from feedserver.urls import absolute

log = logging.getLogger("feedserver")

_PATIENCE = 5
"""For how many seconds a shutdown waits for answers that are on their way."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code: 0, 1 if `check` found something, 2 if it can't be done."""
    options = parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A title may have what the console's encoding hasn't.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        result: int = options.run(options)
    except (FeedServerError, OSError) as error:
        print(f"feedserver: {error}", file=sys.stderr)
        return 2
    return result


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    top = argparse.ArgumentParser(prog="feedserver", description="Feeds of sections and projects.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="serve a site and its feeds")
    serve.add_argument("source", metavar="SOURCE", help="a built site's folder or an archive.json")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    serve.add_argument("--port", type=_port, default=8000, help="the port; 0 takes a free one")
    serve.add_argument("--url", type=_url, help="where the server is reached from outside")
    serve.set_defaults(run=_serve)

    exporter = commands.add_parser("export", help="write the feeds of a source as files")
    exporter.add_argument("source", metavar="SOURCE", help="a built site's folder or an archive")
    exporter.add_argument("folder", metavar="DIR", type=Path, help="where to write them")
    exporter.add_argument("--url", type=_url, help="where they will be fetched from")
    exporter.set_defaults(run=_export)

    check = commands.add_parser("check", help="say what is wrong with a source or a feed")
    check.add_argument("source", metavar="SOURCE", help="a folder, an archive, or a feed")
    check.set_defaults(run=_check)
    return top


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"no port: {text}")
    return port


def _url(text: str) -> str:
    url = absolute(text if text.endswith("/") else f"{text}/", "")
    if url is None or not url.startswith(("http://", "https://")) or "?" in url or "#" in url:
        raise argparse.ArgumentTypeError(f"no address such as https://feeds.example/: {text}")
    return url


def _serve(options: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s: %(message)s")
    source = sources.find(options.source)
    with TemporaryDirectory(prefix="feedserver-") as state:
        return _answer(options, source, Rebuilt(source, Path(state) / "site.sqlite"))


class Rebuilt(Store):
    """A store whose database is written anew when the archive of its source has changed.

    An archive is read when two looks in a row find its file the same, so not while it is written.
    """

    def __init__(self, source: Source, path: Path) -> None:
        self._source = source
        self._written = path
        self._stamp = self._seen = self._look()
        database.write(source.read(), path)
        super().__init__(path)

    def refresh(self) -> bool:
        stamp = self._look()
        if stamp == self._stamp or stamp != self._seen:
            self._seen = stamp
            return False
        self._stamp = stamp
        try:
            database.write(self._source.read(), self._written)
        except FeedServerError as error:
            log.warning("%s; the old archive stays", error)
            return False
        return super().refresh()

    def _look(self) -> tuple[int, int, int] | None:
        try:
            found = self._source.archive.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _answer(options: argparse.Namespace, source: Source, store: Store) -> int:
    settings = Settings(folder=source.folder, url=options.url)
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.create_server((options.host, options.port), family=family)
    # Readers' addresses are nobody's business: no access log.
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(settings, store=store),
            log_level="warning",
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=_PATIENCE,
        )
    )

    def stop(number: int, frame: object) -> None:
        # uvicorn raises a signal again after its shutdown, and one may come before it has begun.
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    host, port = listener.getsockname()[:2]
    _tell(
        store.snapshot.index, f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    )
    server.run(sockets=[listener])
    return 0


def _tell(index: Index, origin: str) -> None:
    print(f"Serving {index.archive.site.title} on {origin}/")
    print(f"  all feeds:        {origin}/feeds.json")
    for kind in ("section", "project"):
        found = next((feed for feed in index.feeds if feed.kind == kind), None)
        if found:
            name = f"the {kind} {found.path.split('/')[2]}:"
            print(f"  {name:17} {origin}{found.path}atom.xml")
    print("Press Ctrl+C to stop.", flush=True)


def _export(options: argparse.Namespace) -> int:
    archive = sources.find(options.source).read()
    count = export.write(archive, options.url or archive.site.url, options.folder)
    print(f"wrote {count} files into {options.folder}")
    return 0


def _check(options: argparse.Namespace) -> int:
    count = findings = 0
    for name, found in audit.audit(options.source, datetime.now(UTC)):
        count += 1
        for finding in found:
            findings += 1
            print(f"{name}: {finding}")
    print(f"checked {count} documents: {findings or 'nothing'} found")
    return 1 if findings else 0
