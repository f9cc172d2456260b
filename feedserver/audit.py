"""What `feedserver check` looks at: every document of a site, of an archive, or one feed."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO

from feedserver import archive as archives
from feedserver import export
from feedserver.check import check
from feedserver.check_json import check_json
from feedserver.documents import FORMATS
from feedserver.errors import ArchiveError, SourceError
from feedserver.findings import FEED, Finding
from feedserver.model import Archive

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
        data, address, content_type = _fetch(source)
        yield source, check(data, address=address, content_type=content_type, now=now)
    elif path.is_dir():
        yield from _folder(path, now)
    else:
        data = _read(path)
        try:
            archive = archives.parse(data)
        except ArchiveError:
            yield source, check(data, now=now)
        else:
            yield from _archive(archive, now)


def _folder(folder: Path, now: datetime) -> Iterator[Result]:
    """The files of a built site's feeds as they lie there; each must be what the archive gives."""
    try:
        archive = archives.parse(_read(folder / archives.FILE))
    except ArchiveError as error:
        yield archives.FILE, (Finding(0, FEED, str(error)),)
        return
    for name, data in export.files(archive, archive.site.url):
        try:
            written = (folder / name).read_bytes()
        except OSError:
            yield name, (Finding(0, FEED, "belongs to the site, and isn't there"),)
            continue
        found = _document(archive, name, written, now)
        # A site may have lines of its own in that one.
        if data != written and name != "_redirects":
            found += (Finding(0, FEED, "differs from what the archive gives"),)
        yield name, found


def _archive(archive: Archive, now: datetime) -> Iterator[Result]:
    for name, data in export.files(archive, archive.site.url):
        yield name, _document(archive, name, data, now)


def _document(archive: Archive, name: str, data: bytes, now: datetime) -> tuple[Finding, ...]:
    """The rules for a feed, and for the archive but for its size."""
    base = archive.site.url
    if name == archives.FILE:
        return tuple(check_json(data.decode(), base + name, now))
    # At an old address lies a copy, which says where the feed is now.
    copies = {export.redirect_file(old): new[1:] for old, new in archive.redirects.items()}
    name = copies.get(name, name)
    if name.rpartition("/")[2] not in FORMATS or data.startswith(b"<!doctype"):
        return ()
    return check(data, address=base + name, now=now)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error


class _WebRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects within the web: the library's own goes to FTP servers too."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if not newurl.startswith(("http://", "https://")):
            raise urllib.error.URLError(f"it leads to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _fetch(address: str) -> tuple[bytes, str, str]:
    """The bytes of an address, where they came from at last, and their media type."""
    request = urllib.request.Request(address, headers={"User-Agent": _AGENT})
    try:
        with urllib.request.build_opener(_WebRedirects).open(request, timeout=_TIMEOUT) as response:
            data = response.read(MAX_BYTES + 1)
            content_type = response.headers.get("Content-Type", "")
            final = response.url
    except (OSError, ValueError, HTTPException) as error:
        raise SourceError(f"{address}: {error}") from error
    if len(data) > MAX_BYTES:
        raise SourceError(f"{address}: more than {MAX_BYTES:,} bytes")
    return data, final, content_type
