"""The command `feedserver`: serve a site's feeds, export them, or say what is wrong with them.

A command imports what it needs when it runs: `serve` starts processes that read this module again,
and nobody waits for a database to be told the version.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from feedserver.errors import FeedServerError, GoneError, SettingsError
from feedserver.settings import values
from feedserver.text import terminal
from feedserver.text.urls import absolute
from feedserver.text.words import counted

if TYPE_CHECKING:
    from feedserver.model import Archive
    from feedserver.serving.reports import Ready
    from feedserver.settings.settings import Settings
    from feedserver.sources.source import Source

_SOURCE = "a built site's folder, an archive.json, or the file or address of any feed"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code: 0, 1 if `check` found something, 2 if it can't be done."""
    try:
        return terminal.run(parser(), arguments)
    except (FeedServerError, OSError) as error:
        print(f"feedserver: {error}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    top = terminal.Parser(prog="feedserver", description="Feeds of sections and projects.")
    # One distribution has both packages, and this one doesn't know the other.
    told = f"feedserver {version('mkdocs-twim')}"
    top.add_argument("--version", action="version", version=told, help="tell the version")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="serve a site and its feeds")
    serve.add_argument("sources", metavar="SOURCE", nargs="*", help=_SOURCE)
    serve.add_argument("--config", metavar="FILE", type=Path, help="a TOML file of settings")
    serve.add_argument("--host", help="the address to listen on")
    serve.add_argument("--port", type=int, help="the port; 0 takes a free one")
    serve.add_argument("--url", help="where the server is reached from outside")
    serve.add_argument("--workers", metavar="N", type=int, help="how many processes answer")
    serve.set_defaults(run=_serve)

    exporter = commands.add_parser("export", help="write the feeds of a source as files")
    exporter.add_argument("source", metavar="SOURCE", help=_SOURCE)
    exporter.add_argument("folder", metavar="DIR", type=Path, help="where to write them")
    exporter.add_argument("--url", type=_url, help="where they will be fetched from")
    exporter.add_argument("--config", type=Path, metavar="FILE", help="the settings, as of serve")
    exporter.set_defaults(run=_export)

    importer = commands.add_parser("import", help="begin a history with entries of before")
    importer.add_argument("source", metavar="SOURCE", help=_SOURCE)
    importer.add_argument("--config", type=Path, metavar="FILE", help="the settings, as of serve")
    importer.set_defaults(run=_import)

    check = commands.add_parser("check", help="say what is wrong with a source or a feed")
    check.add_argument("source", metavar="SOURCE", help=_SOURCE)
    check.add_argument("--config", type=Path, metavar="FILE", help="the settings, as of serve")
    check.set_defaults(run=_check)

    publisher = commands.add_parser("publish", help="tell a site's hub that there is news")
    publisher.add_argument("address", metavar="URL", help="the site, or one of its feeds")
    publisher.set_defaults(run=_publish)

    working = commands.add_parser("work", help="show what is to be done, and what fails")
    working.add_argument("--config", type=Path, metavar="FILE", help="the settings, as of serve")
    working.set_defaults(run=_work)

    worker = commands.add_parser("worker", help="do what is to be done, beside others")
    worker.add_argument("--config", type=Path, metavar="FILE", help="the settings, as of serve")
    worker.set_defaults(run=_worker)

    peers = commands.add_parser("peers", help="say how the peers are, or what to write for one")
    peers.add_argument("--config", type=Path, metavar="FILE", help="the settings, as of serve")
    peers.set_defaults(run=_peers)
    asked = peers.add_subparsers(metavar="add URL | forget ID")
    adding = asked.add_parser("add", help="look at an address, and print the lines that name it")
    adding.add_argument("url", metavar="URL", type=_web, help="of a site, a server or any feed")
    # What stands before the word isn't forgotten.
    adding.add_argument("--config", type=Path, metavar="FILE", default=argparse.SUPPRESS)
    adding.set_defaults(run=_add_peer)
    forgetting = asked.add_parser("forget", help="forget an entry at once, or all of a source")
    forgetting.add_argument("id", metavar="ID", help="of an entry, or the address of a source")
    forgetting.add_argument("--config", type=Path, metavar="FILE", default=argparse.SUPPRESS)
    forgetting.set_defaults(run=_forget)

    reposting = commands.add_parser("bot", help="repost entries into Matrix rooms")
    reposting.add_argument(
        "--config", metavar="FILE", type=Path, required=True, help="its settings"
    )
    reposting.add_argument("--once", action="store_true", help="poll once, and end")
    reposting.add_argument("--dry-run", action="store_true", help="show what would be sent")
    reposting.add_argument("--status", action="store_true", help="show how it stands")
    reposting.set_defaults(run=_bot)
    return top


def _url(text: str) -> str:
    try:
        return values.url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected {error}, found {text}") from error


def _web(text: str) -> str:
    try:
        return values.address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected {error}, found {values.shown(text)}") from error


def _serve(options: argparse.Namespace) -> int:
    from feedserver.serving import parent
    from feedserver.settings.settings import file, load
    from feedserver.sources import statefolder

    told = {name: getattr(options, name) for name in ("host", "port", "url", "workers")}
    told["sources"] = options.sources or None
    settings = load(options.config, os.environ, told)
    if not settings.sources:
        raise SettingsError("sources: name at least one SOURCE", "command line")

    def begun(ready: Ready, origin: str) -> None:
        statefolder.note(settings, file(options.config, os.environ), options.sources)
        _tell(ready, origin, network=bool(settings.peers))

    parent.serve(settings, begun)
    return 0


def _tell(ready: Ready, origin: str, *, network: bool) -> None:
    from feedserver.feeds import catalogue
    from feedserver.feeds.index import NETWORK

    lines = [
        f"Serving {ready.title} on {origin}/",
        f"  all feeds:        {origin}/{catalogue.JSON}",
    ]
    for path in ready.paths:
        name = f"the {' '.join(path.strip('/').split('/'))}:"
        lines.append(f"  {name:17} {origin}{path}atom.xml")
    if network:
        lines.append(f"  {'the network:':17} {origin}{NETWORK}")
    # On a disk that is full this can't be kept, and is no reason not to serve.
    with suppress(OSError):
        print("\n".join((*lines, "Press Ctrl+C to stop.")), flush=True)


def _settings(options: argparse.Namespace) -> Settings:
    """The settings of a command, with the sources that the server was given beside them."""
    from feedserver.settings.settings import file, load
    from feedserver.sources import statefolder

    found = load(options.config, os.environ, {})
    return statefolder.noted(found, file(options.config, os.environ))


def _by_hand(options: argparse.Namespace) -> Settings:
    """The settings of a command, which may look wherever the person who runs it says."""
    return replace(_settings(options), private_addresses=True)


def _export(options: argparse.Namespace) -> int:
    from feedserver.feeds import export
    from feedserver.sources.sightings import Sightings
    from feedserver.sources.source import find

    by_hand = _by_hand(options)
    source = find(options.source, by_hand, Sightings(_now))
    with terminal.said(f"reading {options.source}"):
        archive = _whole(source, by_hand) if source.path is None else source.read()
    count = export.write(archive, options.url or archive.site.url, options.folder)
    print(f"wrote {counted(count, 'file')} into {options.folder}")
    return 0


def _whole(source: Source, settings: Settings) -> Archive:
    """All that a source at an address has had; one that is gone has no more than that."""
    from feedserver.sources import keeping
    from feedserver.sources.fetching import WebFetcher

    try:
        fetched = source.reading(WebFetcher(settings))
    except GoneError:
        if (kept := keeping.whole(settings, source.name, None, 0.0)) is None:
            raise
        return kept
    found = keeping.whole(settings, source.name, fetched, _now().timestamp())
    return found or fetched.archive


def _import(options: argparse.Namespace) -> int:
    from feedserver.sources import keeping
    from feedserver.sources.fetching import WebFetcher
    from feedserver.sources.sightings import Sightings
    from feedserver.sources.source import find

    by_hand = _by_hand(options)
    source = find(options.source, by_hand, Sightings(_now))
    with terminal.said(f"reading {options.source}"):
        archive = source.read(WebFetcher(by_hand))
    address, count = keeping.begin(by_hand, archive, _now().timestamp())
    print(f"added {counted(count, 'entry', 'entries')} to what is kept of {address}")
    return 0


def _now() -> datetime:
    """The time; that of `SOURCE_DATE_EPOCH` where the same input has to give the same bytes."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)


def _check(options: argparse.Namespace) -> int:
    from feedserver.sources.audit import audit
    from feedserver.sources.fetching import WebFetcher
    from feedserver.sources.source import find

    count = 0
    causes: dict[tuple[int, str], list[str]] = {}
    by_hand = _by_hand(options)
    source = find(options.source, by_hand)
    audited = audit(source, WebFetcher(by_hand), datetime.now(UTC))
    for name, found in terminal.counted(audited, "documents checked"):
        count += 1
        for finding in found:
            causes.setdefault(finding.cause, []).append(f"{name}: {finding}")
    for first, *others in causes.values():
        more = "once" if len(others) == 1 else f"{len(others)} times"
        print(first + (f", and {more} more" if others else ""))
    print(f"checked {counted(count, 'document')}: {len(causes) or 'nothing'} found")
    return 1 if causes else 0


def _publish(options: argparse.Namespace) -> int:
    from feedserver.network import hubs, publishing
    from feedserver.settings.settings import load
    from feedserver.sources.addresses import Dialler
    from feedserver.sources.client import Client

    settings = load(None, os.environ, {})
    limits = replace(hubs.LIMITS, size=settings.fetch_bytes)
    # Who runs it says where to look, and the site where its hub is.
    host = urlsplit(absolute(options.address, "") or "").hostname
    dialler = Dialler(private=settings.private_addresses, trusted=host)
    client = Client(limits, dialler.connect)
    told = publishing.publish(options.address, client)
    for failure in told.failures:
        print(failure, file=sys.stderr)
    print(f"told {told.hub} of {counted(told.count, 'feed')}")
    return 1 if told.failures else 0


def _work(options: argparse.Namespace) -> int:
    from feedserver.serving import networking

    return _print(networking.status(_settings(options)))


def _worker(options: argparse.Namespace) -> int:
    from feedserver.serving import networking

    networking.worker(_settings(options))
    return 0


def _peers(options: argparse.Namespace) -> int:
    from feedserver.network import telling

    return _print(telling.listed(_settings(options)))


def _add_peer(options: argparse.Namespace) -> int:
    from feedserver.network import telling
    from feedserver.sources.fetching import WebFetcher

    by_hand = _by_hand(options)
    return _print(telling.described(options.url, by_hand, WebFetcher(by_hand)))


def _forget(options: argparse.Namespace) -> int:
    from feedserver.sources import keeping

    count = keeping.forget(_settings(options), options.id)
    print(f"forgot {counted(count, 'entry', 'entries')}")
    return 0


def _bot(options: argparse.Namespace) -> int:
    from feedserver.bot import command, config

    told = config.load(options.config)
    if options.status:
        return _print(command.status(told))
    if options.dry_run:
        return _print(command.preview(told))
    return 0 if command.run(told, os.environ, once=options.once) else 1


def _print(lines: Iterable[str]) -> int:
    for line in lines:
        print(line)
    return 0
