"""A list of feeds as OPML 2.0 (http://opml.org/spec2.opml), which feed readers import.

Without the head's dates: they would be those of the writing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lxml import etree

from feedserver.formats import xml
from feedserver.text.clean import clean

MEDIA_TYPE = "text/x-opml"

Outline = tuple[str, str, str, str]
"""A feed: its title, its address, the address of its page, its description."""


def serialise(title: str, groups: Iterable[tuple[str, Sequence[Outline]]]) -> bytes:
    """Write a list of feeds; each group has a title and its feeds."""
    opml = etree.Element("opml", version="2.0")
    head = etree.SubElement(opml, "head")
    etree.SubElement(head, "title").text = clean(title)
    body = etree.SubElement(opml, "body")
    for group_title, outlines in groups:
        group = _outline(body, group_title)
        for feed_title, xml_url, html_url, description in outlines:
            feed = _outline(group, xml.words(feed_title, html_url))
            feed.set("type", "rss")
            feed.set("xmlUrl", clean(xml_url))
            feed.set("htmlUrl", clean(html_url))
            if clean(description):
                feed.set("description", clean(description))
    return etree.tostring(opml, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _outline(parent: etree._Element, title: str) -> etree._Element:
    """Add an outline; programs differ in which of the two names they read."""
    outline = etree.SubElement(parent, "outline", text=clean(title))
    outline.set("title", clean(title))
    return outline
