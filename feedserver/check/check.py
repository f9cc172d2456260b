"""What is wrong with a feed: every rule that validators and feed readers hold a document to.

It knows nothing of the code that writes feeds, and shares none with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from lxml import etree

from feedserver.check._atom import ATOM, check_atom
from feedserver.check._rss import check_rss
from feedserver.check.findings import FEED, NO_FEED, Finding
from feedserver.check.jsonfeed import check_json

MAX_BYTES = 5_000_000
_TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json",
}
# Possessive, so that a prolog of many comments takes no time.
_DOCTYPE = re.compile(r"(?>[\ufeff\s]+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
_DECLARATION = re.compile(rb"<\?xml version=(['\"])1\.0\1 encoding=(['\"])utf-8\2.*?\?>", re.I)


def check(
    data: bytes,
    *,
    address: str | None = None,
    content_type: str | None = None,
    now: datetime | None = None,
) -> tuple[Finding, ...]:
    """Check a document in one of the three formats; it is told which by its beginning.

    `address` is where it was fetched from and `content_type` as what, if that is known. Dates
    later than `now` are findings.
    """
    return tuple(_check(data, address, content_type, now))


def _check(
    data: bytes, address: str | None, content_type: str | None, now: datetime | None
) -> Iterator[Finding]:
    if len(data) >= MAX_BYTES:
        yield Finding(24, FEED, f"has {len(data):,} bytes, of which many readers refuse 5,000,000")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        yield Finding(24, FEED, f"is not UTF-8: {error.reason} at byte {error.start}")
        return
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        yield from _content_type(content_type, "json")
        yield from check_json(text, address, now)
        return
    if _DOCTYPE.match(text):
        # Entities can expand without bounds: what has some isn't parsed.
        yield Finding(24, FEED, "has a document type, which may hold entities")
        return
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data.lstrip(b"\xef\xbb\xbf \t\r\n"), parser)
    except etree.XMLSyntaxError as error:
        yield Finding(24, FEED, f"{NO_FEED}: it is neither XML nor JSON: {error.msg}")
        return
    if root.tag not in (f"{{{ATOM}}}feed", "rss"):
        yield Finding(24, FEED, f"{NO_FEED}: its root is <{root.tag}>")
        return
    if not _DECLARATION.match(data):
        yield Finding(24, FEED, "does not begin with an XML declaration of version 1.0 and UTF-8")
    if root.tag == f"{{{ATOM}}}feed":
        yield from _content_type(content_type, "atom")
        yield from check_atom(root, address, now)
    else:
        yield from _content_type(content_type, "rss")
        yield from check_rss(root, text, address, now)


def _content_type(content_type: str | None, form: str) -> Iterator[Finding]:
    """Rule 25."""
    if content_type is None:
        return
    tidied = re.sub(r"\s*;\s*", "; ", content_type.strip().lower()).replace('"', "")
    if tidied != _TYPES[form]:
        yield Finding(25, FEED, f"its Content-Type is {content_type!r}, not {_TYPES[form]}")
