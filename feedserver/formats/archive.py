"""The archive: a site's every entry and feed as one JSON Feed, to and from bytes.

The plugin writes it and the server reads it, also that of another server. At the top stands what a
JSON Feed can't say, in `_twim`; its `version` changes when an old reader would misread a new
archive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from feedserver.errors import ArchiveError
from feedserver.formats import decoding, jsonfeed
from feedserver.formats.decoding import Checked, Text, WebAddress
from feedserver.model import Archive, Entry, Feed, FeedKind, PackedEntry, Site

VERSION = 1
FILE = "archive.json"

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
    raw = decoding.split(data).get("_twim")
    twim = None if raw is None else decoding.read(raw, "_twim")
    return isinstance(twim, dict) and "version" in twim


def parse(data: bytes) -> Archive:
    """Read an archive. Members that this version doesn't know are ignored.

    Raises:
        ArchiveError: it is no archive, or of another version, or something in it is wrong; the
            message names the member.
    """
    return _archive(data, jsonfeed.entry)


def parse_packed(data: bytes) -> Archive:
    """The same, but the content of its entries is held in UTF-8.

    As text one emoji makes it four times as long.

    Raises:
        ArchiveError: as `parse`.
    """
    return _archive(data, _packed)


class _Version(Checked):
    __slots__ = ()
    pattern = re.compile(r"https://jsonfeed\.org/version/.*", re.DOTALL)
    expected = "a version of JSON Feed"


class _Home(WebAddress):
    __slots__ = ()
    pattern = re.compile(f"{WebAddress.pattern.pattern}(?<=/)", re.IGNORECASE)
    expected = "an absolute address that ends in a slash"


class _Folder(Checked):
    __slots__ = ()
    pattern = _FOLDER
    expected = "the path of a folder"


class _Site(Struct):
    title: Text
    url: _Home
    description: str
    # An empty one isn't there.
    language: Text = ""


class _Feed(Struct):
    path: _Folder
    title: Text
    description: str
    kind: FeedKind
    page: _Folder
    query: dict[str, tuple[str, ...]] = {}


class _Twim(Struct):
    version: Literal[1]
    site: _Site
    feed_limit: Annotated[int, Meta(ge=0, le=1_000_000)]
    taxonomies: tuple[str, ...] = ()
    feeds: tuple[_Feed, ...] = ()
    redirects: dict[str, str] = {}


class _Top(Struct):
    version: _Version
    twim: _Twim = field(name="_twim")


def _archive(data: bytes, entry: Callable[[object, str], Entry]) -> Archive:
    """An archive's items are read one by one: as values they take more room than their text."""
    raw = decoding.split(data)
    items = raw.pop("items", None)
    if items is None:
        raise ArchiveError("the document: object missing required field `items`")
    members = {name: decoding.read(value, name) for name, value in raw.items()}
    top = decoding.typed(members, _Top)
    site, twim = top.twim.site, top.twim
    return Archive(
        site=Site(site.title, str(site.url), site.description, site.language or None),
        taxonomies=twim.taxonomies,
        feed_limit=twim.feed_limit,
        feeds=tuple(_feed(feed) for feed in twim.feeds),
        redirects=_redirects(twim.redirects),
        entries=tuple(
            entry(decoding.read(item, f"items[{number}]"), f"items[{number}]")
            for number, item in enumerate(decoding.split_list(items, "items"))
        ),
    )


def _packed(item: object, path: str) -> Entry:
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


def _feed(feed: _Feed) -> Feed:
    path, page = str(feed.path), str(feed.page)
    return Feed(path, feed.title, feed.description, feed.kind, page, feed.query)


def _redirects(paths: dict[str, str]) -> dict[str, str]:
    for old, new in paths.items():
        if not _PATH.fullmatch(old) or not _PATH.fullmatch(new):
            raise ArchiveError(f"_twim.redirects: expected two paths, found {old!a}: {new!a}")
    return paths
