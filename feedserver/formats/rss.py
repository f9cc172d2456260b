"""A channel as RSS 2.0, with Dublin Core, content, Media RSS and Atom's links.

The RSS Advisory Board's specification and best practices. Authors are `dc:creator`, because RSS
wants an e-mail address in `author`. A feed of several documents has the links of RFC 5005, section
3. The site's own pictures are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from feedserver.formats import xml
from feedserver.model import Attachment, Channel, Entry, Image
from feedserver.text.clean import clean

MEDIA_TYPE = "application/rss+xml"

_ATOM = "http://www.w3.org/2005/Atom"
_DC = "http://purl.org/dc/elements/1.1/"
_MEDIA = "http://search.yahoo.com/mrss/"
_MEDIUMS = frozenset({"image", "audio", "video"})
# Validators refuse an enclosure of a host without a dot, such as localhost.
_ENCLOSABLE = re.compile(r"https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:[0-9]+)?/")


def serialise(channel: Channel) -> bytes:
    """Write a channel as an RSS document.

    feedgen sets the locale of the whole process while it writes, see `xml.generator`.
    """
    feed = xml.generator(channel, _Head, _Item)
    title = xml.words(channel.title, channel.home_url)
    feed.title(xml.plain(title))
    feed.description(xml.plain(xml.words(channel.description, title)))
    feed.link(href=clean(channel.feed_url), rel="self", type=MEDIA_TYPE)
    # feedgen takes the last link for that of the channel.
    feed.link(href=clean(channel.home_url), rel="alternate")
    for entry in channel.entries:
        _fill(xml.add_entry(feed, entry), entry)
    return xml.finish(feed.rss_str(pretty=True), channel.entries)


def _fill(item: Any, entry: Entry) -> None:
    title = xml.words(entry.title, entry.url)
    item.title(xml.plain(title))
    item.link(href=clean(entry.url), rel="alternate")
    permalink = entry.id == entry.url and entry.id.startswith(("http://", "https://"))
    item.guid(xml.words(entry.id, entry.url), permalink=permalink)
    item.description(xml.escape(xml.words(entry.summary, title)))
    if content := xml.content(entry):
        item.content(content)
    for tag in xml.filled(entry.tags):
        item.category(term=xml.plain(tag))
    if file := _enclosure(entry):
        item.enclosure(clean(file.url), file.length, xml.media_type(file))


def _enclosure(entry: Entry) -> Image | Attachment | None:
    """The one file that an item may enclose."""
    return next((file for file in xml.files(entry) if _is_enclosable(file)), None)


def _is_enclosable(file: Image | Attachment) -> bool:
    return bool(xml.media_type(file) and file.length and _ENCLOSABLE.match(file.url))


class _Head(xml.Extension):
    """Declares the prefixes that items need, and adds links, of which feedgen writes one only."""

    def extend_ns(self) -> Mapping[str, str]:
        return {"dc": _DC, "media": _MEDIA}

    def extend_rss(self, tree: etree._Element) -> None:
        own = tree.find(f"channel/{{{_ATOM}}}link")
        if own is None:
            return
        for link in reversed(list(xml.links(self.channel, MEDIA_TYPE))):
            own.addnext(etree.Element(own.tag, link))


class _Item(xml.Extension):
    """Adds an item's authors, and files that it doesn't enclose: feedgen has no words for them."""

    def extend_rss(self, tree: etree._Element) -> None:
        for name in xml.filled(person.name for person in self.entry.authors):
            etree.SubElement(tree, f"{{{_DC}}}creator").text = xml.plain(name)
        origin = self.entry.origin
        if origin and origin.feed:
            source = etree.SubElement(tree, "source", url=clean(origin.feed))
            source.text = xml.plain(xml.words(origin.title or "", origin.feed))
        enclosure = _enclosure(self.entry)
        for file in xml.files(self.entry):
            if file is enclosure:
                continue
            media = etree.SubElement(tree, f"{{{_MEDIA}}}content", url=clean(file.url))
            media_type = xml.media_type(file)
            medium = "image" if isinstance(file, Image) else (media_type or "").partition("/")[0]
            if medium in _MEDIUMS:
                media.set("medium", medium)
            elif media_type is None:
                # Else it would be taken for a picture.
                media.set("medium", "document")
            if media_type:
                media.set("type", media_type)
