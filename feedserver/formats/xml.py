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

from feedserver.model import Attachment, Channel, Entry, Image, PackedEntry

GENERATOR = "mkdocs-twim"

# What XML 1.0 can't hold, what is a parse error in HTML, and U+FFFD, which says that text is lost.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffd-\uffff]+"
)
_PLANE_ENDS = "".join(
    chr(plane | 0xFFFE) + chr(plane | 0xFFFF) for plane in range(0x10000, 0x110000, 0x10000)
)
# The range in front makes it ten times as fast as the set alone.
_FORBIDDEN_BEYOND = re.compile(f"[\U0001fffe-\U0010ffff](?<=[{_PLANE_ENDS}])")
# A text whose bytes have none of these is clean; that is known in a tenth of the time.
_SUSPECT_CONTROLS = bytes(range(32)).replace(b"\t", b"").replace(b"\n", b"") + b"\x7f"
_SUSPECT_BYTES = (b"\xc2", b"\xed", b"\xef", b"\xbf\xbe", b"\xbf\xbf")

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


def paging(channel: Channel) -> Iterator[tuple[str, str]]:
    """The links of a feed of several documents (RFC 5005, section 3): what each is, and where."""
    if channel.first_url is not None:
        yield "first", channel.first_url
    if channel.next_url is not None:
        yield "next", channel.next_url


def content(entry: Entry) -> str:
    """The content of an entry as it is given to feedgen; "" if there is none.

    What is known to be clean goes around lxml, which would check, copy and escape it: that is
    half of the time of writing a feed. A mark stands for it until `finish`.
    """
    if _goes_around(entry):
        return _MARK
    text = clean(entry.content or "")
    return "" if text.isspace() else text


def packed(entry: Entry) -> PackedEntry:
    """An entry whose content is ready to be written: checked, and in UTF-8."""
    if isinstance(entry, PackedEntry) and entry.clean:
        return entry
    text = entry.content
    if text is None:
        return PackedEntry.of(entry, None)
    # What is blank only is as little to be written as what has to be cleaned.
    is_clean = clean(text) == text and not text.isspace()
    return PackedEntry.of(entry, text.encode("utf-8", "replace"), clean=is_clean)


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


def clean(text: str) -> str:
    """Drop the characters that a feed can't hold; a carriage return is a line's end."""
    if text.isascii() and text.isprintable():
        return text
    data = text.encode("utf-8", "surrogatepass")
    if len(data.translate(None, _SUSPECT_CONTROLS)) == len(data):
        for suspect in _SUSPECT_BYTES:
            if suspect in data:
                break
        else:
            return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN_BEYOND.sub("", _FORBIDDEN.sub("", text))


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
    """The media type of a picture or another file, if it is known and one."""
    return file.type if file.type and _MEDIA_TYPE.fullmatch(file.type) else None


def escape(text: str) -> str:
    """Make HTML of a plain text, for elements that hold HTML."""
    return html.escape(text, quote=False)


def plain(text: str) -> str:
    """Prepare a clean text for an element that holds plain text, which some read as HTML.

    Validators take `&lt;` for markup and `&#x3C;` not, so `finish` writes the latter. A closing
    tag they take for markup however it is written; it becomes `‹/b›`.
    """
    return _CLOSING_TAG.sub(r"‹\1›", text).translate(_REFERENCES)
