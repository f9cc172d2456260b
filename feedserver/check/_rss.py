"""The rules for RSS 2.0, on the tree of a document, and on its source where how a text is
written counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from itertools import chain, repeat
from urllib.parse import urljoin, urlsplit

from lxml import etree

from feedserver.check._html import check_html
from feedserver.check.findings import (
    FEED,
    IS_EMPTY,
    Finding,
    address_fault,
    bad_language,
    implausible,
    is_empty,
    rfc3339,
    same_ids,
    self_link,
    stray_characters,
    unknown_namespaces,
)

_ATOM_LINK = "{http://www.w3.org/2005/Atom}link"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_DC_DATE = "{http://purl.org/dc/elements/1.1/}date"
_DC_LANGUAGE = "{http://purl.org/dc/elements/1.1/}language"
_ENCODED = "{http://purl.org/rss/1.0/modules/content/}encoded"

_WEEKDAYS = "Mon Tue Wed Thu Fri Sat Sun".split()
# RFC 822, 5.1, less comments, and with years of four digits, which RSS takes too.
_DATE = re.compile(
    rf"(?:({'|'.join(_WEEKDAYS)})\s*,\s*)?\d{{1,2}}\s+(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r"\s+(?:\d{4}|\d\d)\s+\d\d:\d\d(?::\d\d)?\s+(?:[+-]\d{4}|UT|GMT|[ECMP][SD]T|Z)",
    re.ASCII | re.IGNORECASE,
)
_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")
_LONGEST_DATE = 100
_AUTHOR = re.compile(r"[^\s@<>]+@[^\s@<>]+ \([^()]+\)")
# What isn't closed takes what is left, so that nothing is looked at twice.
_RAW = re.compile(
    r"<!--(?>.*?-->|.*)|<\?(?>.*?\?>|.*)|<!\[(CDATA)\[(?>.*?\]\]>|.*)",
    re.DOTALL,
)
_PLAIN = re.compile(r"<(/?)(title|category|dc:creator|media:title)(?:\s[^<>]*)?(?<!/)>")
_HEAD_DESCRIPTION = re.compile(r"<(/?)(description)\s*>")
_SUSPECT = re.compile(r"&(?:lt|amp|#0*(?:60|38));|\0")
_ITEM = re.compile(r"<item(?=[\s/>])")
_ITEM_END = re.compile(r"</item\s*>")
_CLOSING_TAG = re.compile(r"</[A-Za-z][^<>]*>")
_PICTURE = re.compile(r".*\.(?:png|jpe?g|gif)(?:\?.*)?", re.IGNORECASE)
_WIDEST = 144


def check_rss(
    root: etree._Element, source: str, address: str | None, now: datetime | None, own: bool
) -> Iterator[Finding]:
    """Everything that an RSS document can break, rules on a single document only."""
    if root.get("version") != "2.0":
        yield Finding(11, FEED, f"its version is {root.get('version')}, not 2.0")
    channel = root.find("channel")
    if channel is None:
        yield Finding(11, FEED, "has no channel")
        return
    items = channel.findall("item")
    if not items:
        yield Finding(0, FEED, "has no entries")
    yield from unknown_namespaces(root)
    yield from self_link(_self(channel), address)
    yield from _channel(channel)
    yield from _image(channel)
    yield from _doubled(channel, FEED)
    yield from _dates(channel, ("pubDate", "lastBuildDate"), FEED, now)
    places = [_where(item, number) for number, item in enumerate(items, 1)]
    yield from _plain_texts(source, places)
    yield from same_ids(6, (_text(item, "guid") for item in items), "guid", "items")
    for where, item in zip(places, items, strict=True):
        if is_empty(item):
            yield Finding(0, where, IS_EMPTY)
        else:
            yield from _item(item, where, now, own)


def _text(parent: etree._Element, name: str) -> str:
    return (parent.findtext(name) or "").strip()


def _where(item: etree._Element, number: int) -> str:
    return _text(item, "guid") or _text(item, "title") or f"item {number}"


def _self(channel: etree._Element) -> str | None:
    links = (link for link in channel.findall(_ATOM_LINK) if link.get("rel") == "self")
    # An `xml:base` may stand above it.
    return next((urljoin(link.base or "", link.get("href", "")) for link in links), None)


def _channel(channel: etree._Element) -> Iterator[Finding]:
    """Rules 2 and 11: what a channel must have, in which order."""
    for name in ("title", "link", "description"):
        if not _text(channel, name):
            yield Finding(11, FEED, f"the channel has no {name}")
    link = _text(channel, "link")
    if link and (fault := address_fault(link)):
        yield Finding(2, FEED, f"the channel's link {fault}")
    for name in ("language", _DC_LANGUAGE):
        if channel.find(name) is not None:
            yield from bad_language(_text(channel, name))
    in_items = False
    for child in channel:
        if child.tag == "item":
            in_items = True
        elif in_items:
            yield Finding(11, FEED, f"<{etree.QName(child).localname}> stands behind an item")


def _image(channel: etree._Element) -> Iterator[Finding]:
    """Rule 13: the channel's image."""
    image = channel.find("image")
    if image is None:
        return
    url = _text(image, "url")
    if fault := address_fault(url):
        yield Finding(13, FEED, f"the address of its image {fault}")
    elif not _PICTURE.fullmatch(url):
        yield Finding(13, FEED, f"its image is no png, jpg or gif: {url}")
    for name in ("title", "link"):
        if _text(image, name) != _text(channel, name):
            yield Finding(13, FEED, f"the {name} of its image is not that of the channel")
    width = _text(image, "width")
    if width and not (re.fullmatch(r"[0-9]{1,4}", width) and int(width) <= _WIDEST):
        yield Finding(13, FEED, f"its image is {width} wide, {_WIDEST} are allowed")


def _doubled(parent: etree._Element, where: str) -> Iterator[Finding]:
    """Rule 16: a thing is not said in two vocabularies."""
    for name, other in (("pubDate", _DC_DATE), ("language", _DC_LANGUAGE)):
        if parent.find(name) is not None and parent.find(other) is not None:
            yield Finding(16, where, f"has {name} and dc:{etree.QName(other).localname}")


def _dates(
    parent: etree._Element, names: tuple[str, ...], where: str, now: datetime | None
) -> Iterator[Finding]:
    """Rules 8 and 9."""
    for name in names:
        for element in parent.findall(name):
            written = (element.text or "").strip()
            moment = _rfc822(written)
            if moment is None:
                yield Finding(8, where, f"{name} is no date of RSS: {written}")
            elif written[:3].isalpha() and _WEEKDAYS[moment.weekday()] != written[:3].title():
                yield Finding(8, where, f"{name} has the wrong weekday: {written}")
            else:
                yield from implausible(moment, where, now)
    for element in parent.findall(_DC_DATE):
        if rfc3339((element.text or "").strip()) is None:
            yield Finding(8, where, f"dc:date is no RFC 3339 date: {element.text}")


def _rfc822(written: str) -> datetime | None:
    while len(written) <= _LONGEST_DATE and (less := _COMMENT.sub(" ", written)) != written:
        written = less
    if not _DATE.fullmatch(written.strip()):
        return None
    try:
        # Python knows no leap second.
        moment = parsedate_to_datetime(written.replace(":60 ", ":59 "))
    except ValueError:
        return None
    # An offset of -0000 says that the zone is unknown, and "UT" is none that Python knows.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _plain_texts(source: str, places: list[str]) -> Iterator[Finding]:
    """Rule 17: in titles, names and terms `<` is `&#x3C;` and `&` is `&#x26;`."""
    source = _RAW.sub(lambda match: "\0" if match[1] else "", source)
    head, *parts = _ITEM.split(source)
    for name, written in _written(_HEAD_DESCRIPTION, head):
        yield from _plain_text(name, written, FEED)
    for where, part in zip(chain([FEED], places, repeat(FEED)), [head, *parts], strict=False):
        # What stands behind an item is of none.
        for place, text in zip((where, FEED), _ITEM_END.split(part, maxsplit=1), strict=False):
            for name, written in _written(_PLAIN, text):
                yield from _plain_text(name, written, place)


def _written(tags: re.Pattern[str], text: str) -> Iterator[tuple[str, str]]:
    """The names of elements that have these tags, and what is written in them."""
    name, start = None, 0
    for tag in tags.finditer(text):
        if name is None and not tag[1]:
            name, start = tag[2], tag.end()
        elif tag[1] and tag[2] == name:
            yield name, text[start : tag.start()]
            name = None


def _plain_text(name: str, written: str, where: str) -> Iterator[Finding]:
    if found := _SUSPECT.search(written):
        way = "CDATA" if found[0] == "\0" else found[0]
        yield Finding(17, where, f"the {name} is written with {way}")
    if _CLOSING_TAG.search(unescape(written)):
        yield Finding(17, where, f"the {name} has a closing tag")


def _item(item: etree._Element, where: str, now: datetime | None, own: bool) -> Iterator[Finding]:
    """What the specification asks of an item; of our own, too, what it leaves open."""
    if not _text(item, "title") and (own or not _text(item, "description")):
        yield Finding(11, where, "has no title" if own else "has neither title nor description")
    yield from _links(item, where, own)
    yield from _authors(item, where)
    yield from _enclosures(item, where)
    yield from _doubled(item, where)
    if own and item.find("pubDate") is None and item.find(_DC_DATE) is None:
        yield Finding(8, where, "has no date")
    yield from _dates(item, ("pubDate",), where, now)
    yield from _content(item, where)


def _links(item: etree._Element, where: str, own: bool) -> Iterator[Finding]:
    """Rules 2 and 6: an item's link, and its guid."""
    link = _text(item, "link")
    if (own or item.find("link") is not None) and (fault := address_fault(link)):
        yield Finding(2, where, f"its link {fault}")
    elif link.lower().startswith("matrix:"):
        yield Finding(2, where, f"its link is of a scheme that feed readers don't know: {link}")
    guid = item.find("guid")
    if guid is None or not (guid.text or "").strip():
        yield Finding(6, where, "has no guid")
        return
    permanent = guid.get("isPermaLink", "true")
    if permanent not in ("true", "false"):
        yield Finding(6, where, f"isPermaLink is {permanent}, not true or false")
    elif permanent == "true" and (fault := address_fault((guid.text or "").strip())):
        yield Finding(2, where, f"its guid {fault}")


def _authors(item: etree._Element, where: str) -> Iterator[Finding]:
    """Rule 4: dc:creator, or one author that is `email (Name)`."""
    authors, creators = item.findall("author"), item.findall(_CREATOR)
    for author in authors:
        if not _AUTHOR.fullmatch((author.text or "").strip()):
            yield Finding(4, where, f"its author is not email (Name): {author.text}")
    if len(authors) > 1:
        yield Finding(4, where, "has more than one author")
    if authors and creators:
        yield Finding(4, where, "has an author and a dc:creator")
    for creator in creators:
        if not (creator.text or "").strip():
            yield Finding(4, where, "has an empty dc:creator")


def _enclosures(item: etree._Element, where: str) -> Iterator[Finding]:
    """Rule 12: one enclosure, complete and reachable."""
    enclosures = item.findall("enclosure")
    if len(enclosures) > 1:
        yield Finding(12, where, "has more than one enclosure")
    for enclosure in enclosures:
        for name in ("url", "type", "length"):
            if not enclosure.get(name):
                yield Finding(12, where, f"its enclosure has no {name}")
        if not re.fullmatch(r"[0-9]*", enclosure.get("length", "")):
            yield Finding(12, where, "the length of its enclosure is no number")
        url = enclosure.get("url", "")
        if url and (fault := address_fault(url)):
            yield Finding(12, where, f"the url of its enclosure {fault}")
        elif url and (urlsplit(url).hostname or "") in ("localhost", "127.0.0.1", "::1"):
            yield Finding(12, where, f"its enclosure is on localhost: {url}")


def _content(item: etree._Element, where: str) -> Iterator[Finding]:
    """Rules 11 and 18 to 23: description before content, both HTML."""
    names = [child.tag for child in item if child.tag in ("description", _ENCODED)]
    if names and names[0] == _ENCODED and "description" in names:
        yield Finding(11, where, "content:encoded stands before the description")
    for name in ("description", _ENCODED):
        for element in item.findall(name):
            yield from check_html(element.text or "", where)
    yield from stray_characters(_text(item, "title"), where)
