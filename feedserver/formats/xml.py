"""What Atom and RSS share: text that XML and validators accept, and the way through feedgen.

XML 1.0 (fifth edition) and rules 17, 18, 23 and 24 of the feeds' rules. feedgen can't say all that
a feed needs; what is missing is set by an `Extension`, which sees the tree that it has made.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, zip_longest
from typing import TypeGuard

from feedgen.feed import FeedGenerator  # type: ignore[import-untyped]  # it carries no types
from lxml import etree

from feedserver.model import UNKNOWN_TYPE, Attachment, Channel, Entry, Image, PackedEntry
from feedserver.text.clean import clean

GENERATOR = "mkdocs-twim"

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
_CLOSING_TAG = re.compile(r"<(/\w[^<>]*)>")
# `clean` leaves none of it in a text.
_MARK = "\x80"
# U+007F stands for "&#x" in the tree; `clean` leaves none in a text.
_REFERENCES = str.maketrans({"<": "\x7f3C;", "&": "\x7f26;"})
_NAMESPACE = re.compile(rb' xmlns:(\w+)="[^"]*"')


class Extension:
    """What feedgen calls with the tree of a feed's head, or of an entry.

    feedgen makes the objects itself, without arguments, and knows them by these three methods.
    For a head `channel` is set then, for an entry `entry`.
    """

    channel: Channel
    entry: Entry

    def extend_ns(self) -> Mapping[str, str]:
        """The namespaces of the document by prefix; those that it doesn't use are dropped."""
        return {}

    def extend_atom(self, tree: etree._Element) -> None:
        """Complete the element `feed` or `entry`."""

    def extend_rss(self, tree: etree._Element) -> None:
        """Complete the element `rss` or `item`."""


def generator(channel: Channel, head: type[Extension], entry: type[Extension]) -> FeedGenerator:
    """Begin a document: what both formats say of a feed in the same words.

    feedgen sets the locale of the whole process while it writes dates for RSS: documents are
    written in one thread, or in several processes.
    """
    feed = FeedGenerator()
    feed.register_extension("twim", head, entry)
    feed.twim.channel = channel
    feed.generator(GENERATOR)
    # Otherwise the current time.
    feed.updated(channel.updated)
    if channel.site.language:
        feed.language(clean(channel.site.language))
    return feed


def add_entry(feed: FeedGenerator, entry: Entry) -> FeedGenerator:
    """Add an entry behind those that are there, and say which to its extension."""
    item = feed.add_entry(order="append")
    item.twim.entry = entry
    item.published(entry.published)
    # Otherwise the current time.
    item.updated(entry.modified)
    return item


def links(channel: Channel, media_type: str) -> Iterator[dict[str, str]]:
    """The attributes of a feed's links beside those to itself and its page.

    To its hub (WebSub, section 4), and to its other documents (RFC 5005, section 3), which have
    its media type.
    """
    if channel.hub_url is not None:
        yield {"href": clean(channel.hub_url), "rel": "hub"}
    for rel, address in (("first", channel.first_url), ("next", channel.next_url)):
        if address is not None:
            yield {"href": clean(address), "rel": rel, "type": media_type}


def content(entry: Entry) -> str:
    """The content of an entry as it is given to feedgen; "" if there is none.

    What is known to be clean goes around lxml, which would check, copy and escape it: that is
    half of the time of writing a feed. A mark stands for it until `finish`.
    """
    if _goes_around(entry):
        return _MARK
    text = clean(entry.content or "")
    return "" if text.isspace() else text


def _goes_around(entry: Entry) -> TypeGuard[PackedEntry]:
    return isinstance(entry, PackedEntry) and entry.clean and bool(entry.utf8)


def finish(data: bytes, entries: Iterable[Entry] = ()) -> bytes:
    """Make a document of these entries final.

    It gets the references of `plain`, contents for their marks, and has no unused namespace.
    """
    data = _without_unused(data.replace(b"\x7f", b"&#x"))
    parts = data.split(_MARK.encode())
    contents = (_escaped(entry) for entry in entries if _goes_around(entry))
    return b"".join(chain.from_iterable(zip_longest(parts, contents, fillvalue=b"")))


def _escaped(entry: PackedEntry) -> bytes:
    data = entry.utf8 or b""
    return data.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def _without_unused(data: bytes) -> bytes:
    start = data.index(b"<", data.index(b"?>"))
    end = data.index(b">", start)

    def used(match: re.Match[bytes]) -> bytes:
        # A "<" in a text is escaped, so this finds elements only.
        return match[0] if b"<%b:" % match[1] in data else b""

    return data[:start] + _NAMESPACE.sub(used, data[start:end]) + data[end:]


def words(text: str, instead: str) -> str:
    """Clean a plain text; if nothing is left of it, take `instead`."""
    cleaned = clean(text)
    return clean(instead) if not cleaned or cleaned.isspace() else cleaned


def filled(texts: Iterable[str]) -> Iterator[str]:
    """Clean each of several texts, such as terms or names, and leave out the blank."""
    for text in texts:
        cleaned = clean(text).strip()
        if cleaned:
            yield cleaned


def files(entry: Entry) -> tuple[Image | Attachment, ...]:
    """The files that belong to an entry; what can be heard comes before what can be seen."""
    return (*entry.attachments, *([entry.image] if entry.image else []))


def media_type(file: Image | Attachment) -> str | None:
    """The media type of a picture or another file, if it is known and one.

    RSS encloses nothing without: what has a size is bytes of that number, at least.
    """
    if file.type and _MEDIA_TYPE.fullmatch(file.type):
        return file.type
    return UNKNOWN_TYPE if isinstance(file, Attachment) and file.length else None


def escape(text: str) -> str:
    """Make HTML of a plain text, for elements that hold HTML."""
    return html.escape(text, quote=False)


def plain(text: str) -> str:
    """Prepare a clean text for an element that holds plain text, which some read as HTML.

    Validators take `&lt;` for markup and `&#x3C;` not, so `finish` writes the latter. A closing
    tag they take for markup however it is written; it becomes `‹/b›`.
    """
    return _CLOSING_TAG.sub(r"‹\1›", text).translate(_REFERENCES)
