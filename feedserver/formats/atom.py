"""A channel as Atom 1.0 (RFC 4287), with what validators ask for beyond it.

Titles and summaries are HTML, because there a reader can't mistake a text for markup. A feed of
several documents has the links of RFC 5005, section 3, and one id. The site's own pictures are left
out.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from lxml import etree

from feedserver.formats import xml
from feedserver.model import Attachment, Channel, Entry, Origin
from feedserver.text import urls
from feedserver.text.clean import clean

MEDIA_TYPE = "application/atom+xml"

# RFC 4287, 4.2.6: an IRI. Of `urn:` and `tag:` validators know the form (RFC 8141, RFC 4151).
_CHARACTER = r"(?:[^\[\]\0-\x20\x7f-\xa0\"<>\\^`{|}%]|%[0-9A-Fa-f]{2})"
_IRI = re.compile(
    rf"(?!(?:https?|urn|tag):)[A-Za-z][A-Za-z0-9+.-]*:{_CHARACTER}+"
    rf"|https?://(?=[^/?#])(?:\[[0-9A-Fa-f:.]+\])?{_CHARACTER}*"
    rf"|urn:[a-z0-9][a-z0-9-]{{1,31}}:{_CHARACTER}+"
    rf"|tag:[A-Za-z0-9@._-]+,[0-9]{{4}}(?:-[0-9]{{2}}){{0,2}}:{_CHARACTER}*"
)
_EMAIL = re.compile(r"<([^<>\s@]+@[^<>\s@]+)>")


def serialise(channel: Channel) -> bytes:
    """Write a channel as an Atom document.

    feedgen sets the locale of the whole process while it writes, see `xml.generator`.
    """
    feed = xml.generator(channel, _Head, _Entry)
    title = xml.words(channel.title, channel.home_url)
    feed.id(clean(channel.first_url or channel.feed_url))
    feed.title(xml.escape(title))
    feed.subtitle(xml.escape(xml.words(channel.description, title)))
    feed.link(href=clean(channel.feed_url), rel="self", type=MEDIA_TYPE)
    feed.link(href=clean(channel.home_url), rel="alternate", type="text/html")
    for link in xml.links(channel, MEDIA_TYPE):
        feed.link(**link)
    site = clean(channel.site.url)
    feed.author(name=_name(channel.site.title) or site, uri=site)
    for entry in channel.entries:
        _fill(xml.add_entry(feed, entry), entry)
    return xml.finish(feed.atom_str(pretty=True), channel.entries)


def _fill(item: Any, entry: Entry) -> None:
    title = xml.words(entry.title, entry.url)
    item.id(_id(xml.words(entry.id, entry.url), entry.url))
    item.title(xml.escape(title))
    item.link(href=clean(entry.url), rel="alternate")
    item.summary(xml.escape(xml.words(entry.summary, title)), type="html")
    if content := xml.content(entry):
        item.content(content, type="html")
    for person in entry.authors:
        # feedgen leaves out a person without a name.
        item.author(name=_name(person.name), uri=clean(person.url or ""))
    for tag in xml.filled(entry.tags):
        item.category(term=tag)


def _id(id: str, url: str) -> str:
    """An id as Atom can have it: what others call an entry may be no IRI, such as `post 17`.

    Then it is made of that and of the host that has the entry, so that it is the same each time,
    and another one's `post 17` is another.
    """
    if _IRI.fullmatch(id) and id.count("#") < 2:
        return id
    address = urls.absolute(id, "") if id.startswith(("http://", "https://")) else None
    host = urlsplit(url).netloc
    return address or uuid5(NAMESPACE_URL, f"https://{host}/#{id}").urn


def _name(text: str) -> str:
    """Prepare a person's name; validators take an address in angle brackets for a leak."""
    name = clean(text).strip()
    return xml.plain(_EMAIL.sub(r"‹\1›", name))


class _Head(xml.Extension):
    """Says that the feed's title and subtitle are HTML, which feedgen can't."""

    def extend_atom(self, tree: etree._Element) -> None:
        for element in tree.iterchildren("title", "subtitle"):
            element.set("type", "html")


class _Entry(xml.Extension):
    """Gives an entry what feedgen loses: the title's type, and all of a link but its address."""

    def extend_atom(self, tree: etree._Element) -> None:
        for element in tree.iterchildren("title"):
            element.set("type", "html")
        for element in tree.iterchildren("link"):
            element.set("rel", "alternate")
            element.set("type", "text/html")
        for each in xml.files(self.entry):
            link = etree.SubElement(tree, "link", rel="enclosure", href=clean(each.url))
            if media_type := xml.media_type(each):
                link.set("type", media_type)
            if each.length:
                link.set("length", str(each.length))
            if isinstance(each, Attachment) and each.title:
                link.set("title", clean(each.title))
        if origin := self.entry.origin:
            _add_source(tree, origin, self.entry.modified)


def _add_source(tree: etree._Element, origin: Origin, modified: datetime) -> None:
    """Say where an entry comes from (4.2.11), of which nothing is known but what a feed has to say.

    Its feed is as new as the entry, at least.
    """
    source = etree.SubElement(tree, "source")
    address = clean(origin.feed or origin.url or "")
    title = xml.words(origin.title or "", address)
    etree.SubElement(source, "id").text = _id(address or title, address)
    etree.SubElement(source, "title", type="html").text = xml.escape(title)
    etree.SubElement(source, "updated").text = modified.isoformat()
    for rel, media_type, to in (
        ("self", None, origin.feed),
        ("alternate", "text/html", origin.url),
    ):
        if to:
            link = etree.SubElement(source, "link", rel=rel, href=clean(to))
            if media_type:
                link.set("type", media_type)
