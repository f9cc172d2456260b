"""The command `feedserver`: serve a site's feeds, export them, or say what is wrong with them."""

from __future__ import annotations

import argparse
import io
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from feedserver import audit, export, settings, sources
from feedserver.app import create_app
from feedserver.builder import DATABASE, Builder
from feedserver.errors import FeedServerError
from feedserver.fetching import WebFetcher
from feedserver.query import Index
from feedserver.settings import Settings
from feedserver.store import Store
from feedserver.urls import absolute

_SOURCE = "a built site's folder, an archive.json, or the file or address of any feed"
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
    serve.add_argument("source", metavar="SOURCE", nargs="+", help=_SOURCE)
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    serve.add_argument("--port", type=_port, default=8000, help="the port; 0 takes a free one")
    serve.add_argument("--url", type=_url, help="where the server is reached from outside")
    serve.set_defaults(run=_serve)

    exporter = commands.add_parser("export", help="write the feeds of a source as files")
    exporter.add_argument("source", metavar="SOURCE", help=_SOURCE)
    exporter.add_argument("folder", metavar="DIR", type=Path, help="where to write them")
    exporter.add_argument("--url", type=_url, help="where they will be fetched from")
    exporter.add_argument("--config", type=Path, metavar="FILE", help="the settings, as of serve")
    exporter.set_defaults(run=_export)

    check = commands.add_parser("check", help="say what is wrong with a source or a feed")
    check.add_argument("source", metavar="SOURCE", help=_SOURCE)
    check.add_argument("--config", type=Path, metavar="FILE", help="the settings, as of serve")
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
    with TemporaryDirectory(prefix="feedserver-") as state:
        told = Settings(
            sources=tuple(options.source),
            state=Path(state),
            url=options.url,
        )
        builder = Builder(told)
        store = Rebuilt(builder, Path(state) / DATABASE)
        return _answer(options, replace(told, folder=builder.folder), store)


class Rebuilt(Store):
    """A store whose database is written anew when a source has changed."""

    def __init__(self, builder: Builder, path: Path) -> None:
        self._builder = builder
        builder.refresh()
        super().__init__(path)

    def refresh(self) -> bool:
        self._builder.refresh()
        return super().refresh()


def _answer(options: argparse.Namespace, settings: Settings, store: Store) -> int:
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


def _by_hand(options: argparse.Namespace) -> Settings:
    """The settings of a command, which may look wherever the person who runs it says."""
    return replace(settings.load(options.config, os.environ, {}), private_addresses=True)


def _export(options: argparse.Namespace) -> int:
    by_hand = _by_hand(options)
    archive = sources.find(options.source, by_hand).read(WebFetcher(by_hand))
    count = export.write(archive, options.url or archive.site.url, options.folder)
    print(f"wrote {count} files into {options.folder}")
    return 0


def _check(options: argparse.Namespace) -> int:
    count = findings = 0
    by_hand = _by_hand(options)
    source = sources.find(options.source, by_hand)
    for name, found in audit.audit(source, WebFetcher(by_hand), datetime.now(UTC)):
        count += 1
        for finding in found:
            findings += 1
            print(f"{name}: {finding}")
    print(f"checked {count} documents: {findings or 'nothing'} found")
    return 1 if findings else 0
