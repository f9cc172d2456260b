"""What is wrong with a feed: every rule that validators and feed readers hold a document to.

It knows nothing of the code that writes feeds, and shares none with it.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

from lxml import etree

from feedserver.check._atom import ATOM, check_atom
from feedserver.check._rss import check_rss
from feedserver.check.findings import FEED, NO_FEED, NO_XML, Finding
from feedserver.check.jsonfeed import check_json

MAX_BYTES = 5_000_000
_TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
    "json": "application/feed+json",
}
# RSS 0.90 and 1.0, and Atom 0.3: they are read, and how they are written is looked at nowhere.
_FORMER = ("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF", "{http://purl.org/atom/ns#}feed")
# Possessive, so that a prolog of many comments takes no time.
_DOCTYPE = re.compile(r"(?>[\ufeff\s]+|<\?.*?\?>|<!--.*?-->)*+<!DOCTYPE", re.DOTALL)
_DECLARATION = re.compile(rb"<\?xml version=(['\"])1\.0\1 encoding=(['\"])utf-8\2.*?\?>", re.I)
# What XML takes (1.0, sections 2.8 and 4.3.3): UTF-8 is what it is in if nothing is said.
_ANY_DECLARATION = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:<\?xml\s+version\s*=\s*([\"'])1\.0\1|<(?!\?xml\s))", re.I
)
# Others that validators take.
_ENCODING = re.compile(
    rb"<\?xml\s[^<>]{0,100}?\sencoding\s*=\s*[\"']"
    rb"(iso-8859-1|iso-8859-15|us-ascii|windows-125[0-8])[\"']",
    re.I,
)
_UTF_16 = re.compile(
    r"\ufeff?(<\?xml\s[^<>]{0,100}?)\sencoding\s*=\s*[\"']utf-16(?:[bl]e)?[\"']", re.I
)
_UNDECLARED = (
    "has something before its XML declaration, or another version than 1.0",
    "does not begin with an XML declaration of version 1.0 and UTF-8",
)


def check(
    data: bytes,
    *,
    address: str | None = None,
    content_type: str | None = None,
    now: datetime | None = None,
    own: bool = False,
) -> tuple[Finding, ...]:
    """Check a document in one of the three formats; it is told which by its beginning.

    `address` is where it was fetched from and `content_type` as what, if that is known. Dates
    later than `now` are findings. Of what this project writes itself, `own`, more is asked than
    what makes a feed valid.
    """
    # One date, as that of publication and of change, is one fault.
    return tuple(dict.fromkeys(_check(data, address, content_type, now, own)))


def _check(
    data: bytes, address: str | None, content_type: str | None, now: datetime | None, own: bool
) -> Iterator[Finding]:
    if len(data) >= MAX_BYTES:
        yield Finding(24, FEED, f"has {len(data):,} bytes, of which many readers refuse 5,000,000")
    encoding = "UTF-8" if own else _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        fault = f"is not {encoding}: {error.reason} at byte {error.start}"
        is_feed = re.match(rb"(?:\xef\xbb\xbf)?\s*+[<{]", data) or encoding != "UTF-8"
        yield Finding(24, FEED, fault if is_feed else f"{NO_FEED}: it {fault}")
        return
    if encoding.startswith("UTF-16"):
        if (text := text.removeprefix("\ufeff")).startswith("{"):
            yield Finding(24, FEED, f"is in {encoding}, and JSON in UTF-8 alone")
        data = _UTF_16.sub(r"\1", text, count=1).encode("utf-8", "surrogatepass")
    if _is_json(text):
        found = tuple(check_json(text, address, now, own=own))
        # Of what is no feed there is no type to be told.
        if not any(NO_FEED in finding.message for finding in found):
            yield from _content_type(content_type, "json", own)
        yield from found
        return
    if _DOCTYPE.match(text):
        # Entities can expand without bounds: what has some isn't parsed.
        yield Finding(24, FEED, "has a document type, which may hold entities")
        return
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    document = data.lstrip(b"\xef\xbb\xbf \t\r\n")
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        yield Finding(24, FEED, f"{NO_XML}: {_fault(error, data.removesuffix(document))}")
        return
    if root.tag in _FORMER and not own:
        return
    if root.tag not in (f"{{{ATOM}}}feed", "rss"):
        yield Finding(24, FEED, f"{NO_FEED}: its root is <{root.tag}>")
        return
    if not (_DECLARATION if own else _ANY_DECLARATION).match(data):
        yield Finding(24, FEED, _UNDECLARED[own])
    if root.tag == f"{{{ATOM}}}feed":
        yield from _content_type(content_type, "atom", own)
        yield from check_atom(root, address, now, own)
    else:
        yield from _content_type(content_type, "rss", own)
        yield from check_rss(root, text, address, now, own)


def _is_json(text: str) -> bool:
    """Whether a document is JSON, or was meant to be an object of it."""
    text = text.lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        return True
    with suppress(ValueError, RecursionError):
        json.loads(text)
        return True
    return False


def _fault(error: etree.XMLSyntaxError, before: bytes) -> str:
    """What is wrong with XML, and where; `before` is what stands before it."""
    reason = (error.msg or "").partition(", line ")[0]
    line, column = error.position
    line += before.count(b"\n")
    return f"{reason}, line {line}, column {column}"


def _encoding(data: bytes) -> str:
    """What a document is written in: by its mark, first bytes, or declaration (XML, F.1)."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    for start, name in ((b"<\0?\0", "UTF-16-LE"), (b"\0<\0?", "UTF-16-BE")):
        if data.startswith(start):
            return name
    declared = _ENCODING.match(data)
    return declared[1].decode() if declared else "UTF-8"


def _content_type(content_type: str | None, form: str, own: bool) -> Iterator[Finding]:
    """Rule 25."""
    if content_type is None:
        return
    tidied = "; ".join(map(str.strip, content_type.lower().split(";"))).replace('"', "")
    if tidied != _TYPES[form] and (own or tidied != _TYPES[form].partition(";")[0]):
        yield Finding(25, FEED, f"its Content-Type is {content_type!r}, not {_TYPES[form]}")
