"""`feedserver peers`: how the peers are, and what to write for a new one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from feedserver.errors import FetchError
from feedserver.foreign.network import host_of
from feedserver.formats import archive
from feedserver.model import Archive
from feedserver.network.looking import Looking, is_own
from feedserver.settings.settings import Settings
from feedserver.sources import source, statefolder
from feedserver.sources.fetching import Fetcher, Validators
from feedserver.text.words import counted

_MOST = 30
"""How many sections are named."""


def listed(settings: Settings) -> Iterator[str]:
    """A line for each peer, and one for what is wrong with it."""
    if not settings.peers:
        yield "there are no peers: feedserver peers add URL says what to write into the settings"
        return
    folder = statefolder.usual(settings)
    known = {each.name: each for each in statefolder.statuses(folder, statefolder.PEERS)}
    for peer in settings.peers:
        name = f"{peer.url} ({peer.title})" if peer.title else peer.url
        status = known.get(peer.url)
        if status is None:
            yield f"{name}: not read yet, to the knowledge of {folder}"
            continue
        read = f", read {status.last_success.isoformat()}" if status.last_success else ""
        yield f"{name}: {status.state}{read}"
        if status.error:
            yield f"  {status.error}"


def described(url: str, settings: Settings, fetcher: Fetcher) -> Iterator[str]:
    """What stands at an address, and the lines that name it in the settings.

    Raises:
        FetchError, ForeignError: there is nothing that can be read.
    """
    fetched = Looking(fetcher).fetch(url, Validators())
    within = replace(settings, fetch_bytes=settings.peer_bytes)
    reading = source.find(url, within).parse(
        fetched.body or b"", fetched.address, fetched.content_type
    )
    found = reading.archive
    updates = sum(1 for entry in found.entries if entry.update)
    kind = "an archive" if fetched.address.endswith(f"/{archive.FILE}") else "a feed"
    count = f"{counted(len(found.entries) - updates, 'post')}, {counted(updates, 'update')}"
    yield f"# {fetched.address}: {kind}, {count}"
    yield "[[peers]]"
    yield f"url = {_text(url)}"
    yield f"title = {_text(found.site.title)}"
    if (host := host_of(found.site.url)) and not _owns(url, found, fetched.address, fetcher):
        yield f"# Its entries are of {host}, which doesn't say that this feed is its own. If it is:"
        yield f"# hosts = [{_text(host)}]"
    if sections := _sections(found):
        yield "# What is taken; without it, all:"
        yield f"# section = [{', '.join(map(_text, sections))}]"


def _text(text: str) -> str:
    """A text as TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "")


def _owns(url: str, found: Archive, address: str, fetcher: Fetcher) -> bool:
    """Whether the site's host is that of the peer without a word in the settings."""
    host = host_of(found.site.url)
    if host == host_of(url):
        return True
    with suppress(FetchError):
        return is_own(found.site.url, address, fetcher)
    return False


def _sections(found: Archive) -> list[str]:
    slugs = {
        entry.update.section.slug
        for entry in found.entries
        if entry.update and entry.update.section
    }
    return sorted(slugs)[:_MOST]
