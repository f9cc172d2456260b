"""oEmbed 1.0 (https://oembed.com): from the address of a feed to what embeds it.

Sections 2.2 to 2.3.5. A feed is of the type "rich": its HTML is a frame. There is no thumbnail, for
there is no picture but one of texts, and no author but of an author's feed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from lxml import etree

from feedserver.embed import snippets
from feedserver.embed import widget as widgets
from feedserver.embed.widget import Widget
from feedserver.errors import ParameterError
from feedserver.feeds import parameters
from feedserver.feeds.choices import short_title
from feedserver.feeds.index import Index
from feedserver.feeds.parameters import WHOLE
from feedserver.formats.formats import FORMATS
from feedserver.model import Feed
from feedserver.text.clean import clean

NAME = "oembed"
"""The path that answers."""
MEDIA_TYPES: Mapping[str, str] = {"json": "application/json", "xml": "text/xml; charset=utf-8"}
DISCOVERY: Mapping[str, str] = {"json": "application/json+oembed", "xml": "text/xml+oembed"}
"""What a link in a page's head says that it leads to."""
WIDTH = 640
CACHE_AGE = 86400
"""In seconds: what is embedded is a frame, whose page is as fresh as the feed."""

_LATER = re.compile(r"page/\d{1,6}/\Z", re.ASCII)
_INDEX = re.compile(r"/index\.html\Z")
_EMBEDDED = re.compile(r"/embed((?:/.*?)?)(?:\.svg)?", re.DOTALL)
_SIZE = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked; `format` may be one that there isn't."""

    url: str
    format: str = "json"
    maxwidth: int | None = None
    maxheight: int | None = None


def parse(pairs: Iterable[tuple[str, str]]) -> Request:
    """Read the parameters of a request. Others than ours are ignored: consumers add their own.

    Raises:
        ParameterError: one is missing, malformed, or there twice.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found and name in ("url", "format", "maxwidth", "maxheight"):
            raise ParameterError(name, "to stand there once")
        found[name] = value
    url = found.get("url", "").strip()
    if _split(url) is None:
        raise ParameterError("url", "the absolute address of a feed or its page")
    return Request(
        url,
        found.get("format", "json"),
        _size("maxwidth", found.get("maxwidth")),
        _size("maxheight", found.get("maxheight")),
    )


def discovery(base: str, address: str) -> tuple[tuple[str, str], ...]:
    """Media type and address of the documents on a page, for the page's head."""
    asked = f"{base}{NAME}?url={quote(address, safe='')}"
    return tuple((media_type, f"{asked}&format={name}") for name, media_type in DISCOVERY.items())


def find(index: Index, base: str, address: str) -> tuple[Feed, Widget] | None:
    """The feed that is meant by an address, and what is to be shown of it; `None` if none is.

    It may be the feed's page on its site, its page or one of its files on this server or the site,
    or the page for frames or the picture; the scheme, and the later pages of a list, make no
    difference.
    """
    parts = _split(address)
    if parts is None:
        return None
    place, query = parts
    pairs = parse_qsl(query, keep_blank_values=True)
    try:
        for path, widget in _paths(index, base, place, pairs):
            if feed := index.feed_at(path):
                return feed, widget
    except ParameterError:
        # There is nothing at such an address, or an error.
        return None
    return None


def document(index: Index, base: str, asked: Request, found: tuple[Feed, Widget]) -> bytes:
    """The answer, as JSON, or as XML if that is asked for."""
    feed, widget = found
    site = index.archive.site
    width = min(WIDTH, asked.maxwidth or WIDTH)
    widget, height = _fitting(widget, width, asked.maxheight)
    values: dict[str, str | int] = {
        "version": "1.0",
        "type": "rich",
        "title": feed.title,
        "provider_name": site.title,
        "provider_url": site.url,
        "cache_age": CACHE_AGE,
        "html": snippets.inline_frame(feed, base, widget, width, height),
        "width": width,
        "height": height,
    }
    if feed.kind == "term" and "author" in feed.query:
        values["author_name"] = short_title(feed, site)
        values["author_url"] = snippets.home_address(feed, site, base, WHOLE)
    if asked.format == "json":
        return json.dumps(values, ensure_ascii=False, indent=1).encode() + b"\n"
    root = etree.Element("oembed")
    for name, value in values.items():
        etree.SubElement(root, name).text = clean(str(value))
    # The declaration of the specification's example.
    return etree.tostring(root, xml_declaration=True, encoding="utf-8", standalone=True) + b"\n"


def _split(address: str) -> tuple[str, str] | None:
    """Host with path, and query, of an address."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return None
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    host = parts.hostname if port in (None, usual) else f"{parts.hostname}:{port}"
    return host + (unquote(parts.path) or "/"), parts.query


def _paths(
    index: Index, base: str, place: str, pairs: list[tuple[str, str]]
) -> Iterable[tuple[str, Widget]]:
    """What may be the folder of a feed, and what is to be shown of it."""
    site = index.archive.site
    pages = {feed.page: feed.path for feed in reversed(index.feeds)}
    for own, is_server in ((base, True), (site.url, False)):
        root = _split(own)
        if root is None or not f"{place}/".startswith(root[0]):
            continue
        path = f"/{place.removeprefix(root[0])}" if place.startswith(root[0]) else "/"
        if is_server and (shown := _EMBEDDED.fullmatch(path)):
            yield _folder(shown[1]), widgets.parse(pairs, network=index.is_network)
            continue
        folder, _, file = path.rpartition("/")
        if file in FORMATS:
            # Hosts of files ignore a query, the server doesn't.
            yield f"{folder}/", _of(pairs if is_server else _known(pairs, index), index)
            continue
        folder = _LATER.sub("", _folder(path))
        # On a page of the site a parameter is no feed's: `q` may be one of its search.
        yield pages.get(folder, folder), _of(_known(pairs, index) if is_server else [], index)


def _folder(path: str) -> str:
    path = _INDEX.sub("/", path)
    return path if path.endswith("/") else f"{path}/"


def _known(pairs: list[tuple[str, str]], index: Index) -> list[tuple[str, str]]:
    """Without what others add to a page's address, to know where its readers come from."""
    names = parameters.OF_NETWORK if index.is_network else parameters.PARAMETERS
    return [each for each in pairs if each[0] in names]


def _of(pairs: list[tuple[str, str]], index: Index) -> Widget:
    """A widget of what a feed's parameters ask for, of as many entries as fit into one."""
    part = parameters.parse(pairs, network=index.is_network)
    limit = min(part.limit or widgets.LIMIT, widgets.MAX_LIMIT)
    return Widget(replace(part, limit=None), limit)


def _fitting(widget: Widget, width: int, most: int | None) -> tuple[Widget, int]:
    """A widget that is no higher than that, with fewer entries or smaller ones; and its height.

    Where not even a line fits, the frame is scrolled.
    """
    height = snippets.height(widget, width)
    if most is None or height <= most:
        return widget, height
    for layout in (widget.layout, "compact"):
        for limit in range(widget.limit, 0, -1):
            smaller = replace(widget, layout=layout, limit=limit)
            if (height := snippets.height(smaller, width)) <= most:
                return smaller, height
    return replace(widget, layout="compact", limit=1), most


def _size(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not _SIZE.fullmatch(text):
        raise ParameterError(name, "a number of pixels, from 1 to 99999")
    return int(text)
