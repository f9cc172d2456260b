"""All files of a static site's feeds: for the plugin, and for `feedserver export`."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import unquote, urljoin

from feedserver.feeds import catalogue, documents
from feedserver.feeds.index import Index
from feedserver.formats import archive as archives
from feedserver.model import Archive
from feedserver.text import terminal

REDIRECTS = "_redirects"
_ASIDE = f".{archives.FILE}.unfinished"


def files(archive: Archive, base: str, hub: str | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield the path below the site's root and the bytes of each file; the archive comes last.

    `base` is where the feeds will be fetched from and ends in a slash, `hub` is their hub. Old
    addresses of `archive.redirects` get a copy of a feed, or a page that leads on, and a line in
    `_redirects`, which some hosts of plain files read.
    """
    yield from _beside(archive, Index(archive), base, hub)
    yield archives.FILE, archives.serialise(archive)


def _beside(
    archive: Archive, index: Index, base: str, hub: str | None
) -> Iterator[tuple[str, bytes]]:
    """All files but the archive."""
    copied = set(archive.redirects.values())
    rendered: dict[str, bytes] = {}
    for feed in index.feeds:
        for file, data in documents.of_feed(index, feed, base, hub):
            path = feed.path[1:] + file
            if f"/{path}" in copied:
                rendered[path] = data
            yield path, data
    yield from _redirects(archive.redirects, rendered, archive.site.url)
    yield catalogue.JSON, catalogue.to_json(index, base)
    yield catalogue.OPML, catalogue.to_opml(index, base)


def write(archive: Archive, base: str, folder: Path) -> int:
    """Write all files into a folder, those that are there already at once; the number of files.

    On a terminal a line says how far it is.

    The archive comes last, and at once: for a running server it is the sign that all is there.

    Raises:
        OSError: a file can't be written.
    """
    count = write_aside(archive, base, folder, shown=True)
    publish(folder)
    return count


def write_aside(
    archive: Archive,
    base: str,
    folder: Path,
    *,
    index: Index | None = None,
    but: Collection[str] = (),
    hub: str | None = None,
    shown: bool = False,
) -> int:
    """Write all files but those that are named; the archive under another name, for `publish`.

    `index` is that of the archive, or of one that differs in redirects alone, for who has it.
    `hub` is the address of the feeds' hub. With `shown`, a line on a terminal says how far it is.

    Raises:
        OSError: a file can't be written.
    """
    count = 0
    made: set[Path] = set()
    written = _beside(archive, index or Index(archive), base, hub)
    for name, data in terminal.counted(written, "files written") if shown else written:
        if name in but:
            continue
        path = folder / name
        if path.parent not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(path.parent)
        _write(path, [data])
        count += 1
    folder.mkdir(parents=True, exist_ok=True)
    # Item by item: it is as large as all posts twice.
    _write(folder / _ASIDE, archives.lines(archive))
    return count + 1


def publish(folder: Path) -> None:
    """Put the archive that was written aside in its place.

    Raises:
        OSError: it isn't there, or can't be moved.
    """
    os.replace(folder / _ASIDE, folder / archives.FILE)


def _write(path: Path, parts: Iterable[bytes]) -> None:
    try:
        # Most are new: a site's folder is emptied before a build.
        file = open(path, "xb")
    except FileExistsError:
        parts = tuple(parts)
        if _holds(path, parts):
            return
        unfinished = path.with_name(f".{path.name}.unfinished")
        with open(unfinished, "wb") as file:
            file.writelines(parts)
        os.replace(unfinished, path)
    else:
        with file:
            file.writelines(parts)


def _holds(path: Path, parts: Sequence[bytes]) -> bool:
    """Whether a file has these bytes already."""
    return path.stat().st_size == sum(map(len, parts)) and path.read_bytes() == b"".join(parts)


def redirect_file(old: str) -> str:
    """The file that stands for an old address: itself if it names one, else its `index.html`.

    An address is percent-encoded, a file's name isn't.
    """
    path = unquote(old.strip("/"))
    named = not old.endswith("/") and "." in posixpath.basename(path)
    return path if named else posixpath.join(path, "index.html")


def redirect_page(address: str) -> bytes:
    """A page that leads on to `address`: canonical link, refresh, and a link to click."""
    to = escape(address)
    return (
        "<!doctype html>\n"
        '<html lang="en">\n'
        '<meta charset="utf-8">\n'
        f'<link rel="canonical" href="{to}">\n'
        f'<meta http-equiv="refresh" content="0; url={to}">\n'
        "<title>Moved</title>\n"
        f'<p><a href="{to}">This page has moved.</a></p>\n'
        "</html>\n"
    ).encode()


def redirect_lines(redirects: Mapping[str, str]) -> bytes:
    """The file `_redirects`: an old address, the new one and a status, a line each."""
    return "".join(f"{old} {new} 301\n" for old, new in sorted(redirects.items())).encode()


def _redirects(
    redirects: Mapping[str, str], rendered: Mapping[str, bytes], site_url: str
) -> Iterator[tuple[str, bytes]]:
    for old, new in sorted(redirects.items()):
        path = redirect_file(old)
        copy = None if path.endswith(".html") else rendered.get(new[1:])
        yield path, redirect_page(urljoin(site_url, new[1:])) if copy is None else copy
    if redirects:
        yield REDIRECTS, redirect_lines(redirects)
