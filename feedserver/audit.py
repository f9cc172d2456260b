"""What `feedserver check` looks at: every document of a site, of an archive, or one feed."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from feedserver import archive as archives
from feedserver.catalogue import feed_address
from feedserver.check import check
from feedserver.documents import FORMATS, render
from feedserver.errors import ArchiveError, SourceError
from feedserver.findings import FEED, Finding
from feedserver.query import Index

MAX_BYTES = 20_000_000
_TIMEOUT = 20
_AGENT = "feedserver-check (mkdocs-twim)"

Result = tuple[str, tuple[Finding, ...]]
"""The name of a document, and what is wrong with it."""


def audit(source: str, now: datetime) -> Iterator[Result]:
    """Check all documents of a source; dates later than `now` are findings.

    Raises:
        SourceError: it can't be read.
    """
    path = Path(source)
    if source.startswith(("http://", "https://")):
        data, content_type = _fetch(source)
        yield source, check(data, address=source, content_type=content_type, now=now)
    elif path.is_dir():
        yield from _folder(path, now)
    else:
        data = _read(path)
        try:
            index = Index(archives.parse(data))
        except ArchiveError:
            yield source, check(data, now=now)
        else:
            yield from _archive(index, now)


def _folder(folder: Path, now: datetime) -> Iterator[Result]:
    """The feeds of a built site as they lie there; each must be what the archive gives."""
    try:
        index = Index(archives.parse(_read(folder / archives.FILE)))
    except ArchiveError as error:
        yield archives.FILE, (Finding(0, FEED, str(error)),)
        return
    base = index.archive.site.url
    for feed in index.feeds:
        for file in FORMATS:
            name = feed.path[1:] + file
            try:
                data = (folder / name).read_bytes()
            except OSError:
                yield name, (Finding(0, FEED, "the archive lists it, and it isn't there"),)
                continue
            found = check(data, address=feed_address(base, feed, file), now=now)
            if data != render(index, feed, file, base):
                found += (Finding(0, FEED, "differs from what the archive gives"),)
            yield name, found


def _archive(index: Index, now: datetime) -> Iterator[Result]:
    base = index.archive.site.url
    for feed in index.feeds:
        for file in FORMATS:
            data = render(index, feed, file, base)
            name = feed.path[1:] + file
            yield name, check(data, address=feed_address(base, feed, file), now=now)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error


def _fetch(address: str) -> tuple[bytes, str]:
    """The bytes of an address and their media type, up to `MAX_BYTES`."""
    request = urllib.request.Request(address, headers={"User-Agent": _AGENT})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
            data = response.read(MAX_BYTES + 1)
            content_type = response.headers.get("Content-Type", "")
    except (OSError, urllib.error.URLError, ValueError) as error:
        raise SourceError(f"{address}: {error}") from error
    if len(data) > MAX_BYTES:
        raise SourceError(f"{address}: more than {MAX_BYTES:,} bytes")
    return data, content_type
