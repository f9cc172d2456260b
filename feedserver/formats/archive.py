"""The archive: a site's every entry and feed as one JSON Feed, to and from bytes.

The plugin writes it and the server reads it, also that of another server. At the top stands what a
JSON Feed can't say, in `_twim`; its `version` changes when an old reader would misread a new
archive.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, get_args

from feedserver.errors import ArchiveError
from feedserver.formats import jsonfeed, members, streams
from feedserver.formats.members import Members
from feedserver.model import Archive, Entry, Feed, FeedKind, PackedEntry, Site

VERSION = 1
FILE = "archive.json"

_KINDS: dict[str, FeedKind] = {kind: kind for kind in get_args(FeedKind)}
_MAX_LIMIT = 1_000_000
# Files are written at these addresses, so none may lead out of the folder or to another drive.
_SEGMENT = r"(?!\.{1,2}(?:/|$))[^/\\:?#\x00-\x20\x7f]+"
_FOLDER = re.compile(rf"/(?:{_SEGMENT}/)*")
_PATH = re.compile(rf"/(?:{_SEGMENT}/)*(?:{_SEGMENT})?")


def serialise(archive: Archive) -> bytes:
    """Write an archive."""
    return b"".join(lines(archive))


def lines(archive: Archive, entries: Iterable[Entry] | None = None) -> Iterator[bytes]:
    """Yield what `serialise` gives in parts, see `jsonfeed.lines`.

    `entries` takes the place of those of the archive.
    """
    site = archive.site
    top = jsonfeed.head(
        site,
        title=site.title,
        description=site.description,
        home_url=site.url,
        feed_url=site.url + FILE,
    )
    top["_twim"] = jsonfeed.without_nothing(
        {
            "version": VERSION,
            "site": jsonfeed.without_nothing(
                {
                    "title": site.title,
                    "url": site.url,
                    "language": site.language,
                    "description": site.description,
                }
            ),
            "taxonomies": archive.taxonomies,
            "feed_limit": archive.feed_limit,
            "feeds": [_feed_members(feed) for feed in archive.feeds],
            "redirects": archive.redirects,
        }
    )
    return jsonfeed.lines(top, archive.entries if entries is None else entries)


def is_archive(data: bytes) -> bool:
    """Whether a document says that it is an archive, of whatever version.

    Raises:
        ArchiveError: it is no JSON object.
    """
    twim = members.parse(data).values.get("_twim")
    return isinstance(twim, dict) and "version" in twim


def parse(data: bytes) -> Archive:
    """Read an archive. Members that this version doesn't know are ignored.

    Raises:
        ArchiveError: it is no archive, or of another version, or something in it is wrong; the
            message names the member.
    """
    top = members.parse(data)
    items = top.children("items")
    return _archive(top, (jsonfeed.entry(item.values, item.path) for item in items))


def read(path: Path) -> Archive:
    """Read an archive's file, item by item, as `parse` does.

    The content of its entries is held in UTF-8. As text one emoji makes it four times as long.

    Raises:
        OSError: the file can't be read.
        ArchiveError: as `parse`.
    """
    with open(path, "rb") as file:
        return parse_stream(file)


def parse_stream(file: BinaryIO) -> Archive:
    """The same, of an open file.

    Raises:
        ArchiveError: as `parse`.
    """
    stream = streams.Stream(file, "items")
    entries = [_packed(item, number) for number, item in enumerate(stream)]
    return _archive(Members(stream.members), entries)


def _archive(top: Members, entries: Iterable[Entry]) -> Archive:
    if not top.text("version").startswith("https://jsonfeed.org/version/"):
        top.fail("version", "a version of JSON Feed")
    twim = top.child("_twim")
    if twim.number("version", _MAX_LIMIT) != VERSION:
        twim.fail("version", str(VERSION))
    if not isinstance(top.values.get("items"), list):
        top.fail("items", "a list")
    return Archive(
        site=_site(twim.child("site")),
        taxonomies=twim.texts("taxonomies"),
        feed_limit=twim.number("feed_limit", _MAX_LIMIT),
        feeds=tuple(_feed(feed) for feed in twim.children("feeds")),
        redirects=_redirects(twim.optional_child("redirects")),
        entries=tuple(entries),
    )


def _packed(item: object, number: int) -> Entry:
    path = f"items[{number}]"
    if not isinstance(item, dict):
        Members({path: item}).fail(path, "an object")
    entry = jsonfeed.entry(item, path)
    return PackedEntry.of(entry, None if entry.content is None else entry.content.encode())


def _feed_members(feed: Feed) -> dict[str, object]:
    return jsonfeed.without_nothing(
        {
            "path": feed.path,
            "title": feed.title,
            "description": feed.description,
            "kind": feed.kind,
            "page": feed.page,
            "query": jsonfeed.without_nothing(feed.query),
        }
    )


def _site(site: Members) -> Site:
    url = site.web_address("url")
    if not url.endswith("/"):
        site.fail("url", "an address that ends in a slash")
    return Site(
        title=site.text("title"),
        url=url,
        description=site.loose_text("description"),
        language=site.optional_text("language"),
    )


def _feed(feed: Members) -> Feed:
    kind = _KINDS.get(feed.text("kind"))
    query = feed.optional_child("query")
    return Feed(
        path=_folder(feed, "path"),
        title=feed.text("title"),
        description=feed.loose_text("description"),
        kind=kind or feed.fail("kind", f"one of {', '.join(_KINDS)}"),
        page=_folder(feed, "page"),
        query={} if query is None else {name: query.texts(name) for name in query.names()},
    )


def _folder(feed: Members, name: str) -> str:
    path = feed.text(name)
    return path if _FOLDER.fullmatch(path) else feed.fail(name, "the path of a folder")


def _redirects(redirects: Members | None) -> dict[str, str]:
    if redirects is None:
        return {}
    paths = {old: redirects.text(old) for old in redirects.names()}
    for old, new in paths.items():
        if not _PATH.fullmatch(old) or not _PATH.fullmatch(new):
            raise ArchiveError(f"{redirects.path}: expected two paths, found {old!a}: {new!a}")
    return paths
