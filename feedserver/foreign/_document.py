"""The text of an Atom or RSS document, made such that feedparser reads of it what there is.

It resolves addresses and ids by a base that it tells nobody, and passes over elements that it
doesn't know. What is known to run away with a parser is refused: declarations of entities.
"""

from __future__ import annotations

import html as entities
import re
from datetime import datetime
from urllib.parse import urljoin

from feedserver.errors import ForeignError
from feedserver.foreign.dates import instant
from feedserver.text import urls

PROBE = "x-base"
"""The link of an entry, or of the feed, that is what addresses in it are relative to."""
WRITTEN = "x-written"
"""What stands before an address or an id that is as it was written, and names such an attribute."""
HIDDEN_AT = "\ue00f"
"""What stands for an @ in the names of authors: no text of a feed has it."""
LONGEST_NAME = 500

# Possessive, so that a prolog of many comments takes no time.
_DOCTYPE = re.compile(
    r"((?>\s+|<\?.*?\?>|<!--.*?-->)*+)<!DOCTYPE([^>\[]*)([>\[])", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(r"<\w")
# feedparser looks for an address of mail in it, of which it knows few, and takes the square of its
# length to.
_AUTHOR = re.compile(
    r"(<(?:\w++:)?(?:author|creator|name|managingEditor|webMaster)\b[^<>]*+>)"
    r"(\s*<!\[CDATA\[(?:[^\]]|\](?!\]>))*+|[^<]+)"
)
_AT = re.compile("@|&#0*64;|&#[xX]0*40;|&commat;")
_ITEM = re.compile(r"<(?:\w++:)?(?:entry|item)\b")
_SELF = re.compile(r"<(?:\w++:)?link\b(?=[^<>]*\srel\s*=\s*[\"']self[\"'])[^<>]*+>")
_HREF = re.compile(r"\shref\s*=\s*[\"']([^\"'<>]*)[\"']")
# RFC 6721, 3; feedparser leaves it out.
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_TOMBSTONE = re.compile(r"<(?:([\w.-]++):)?deleted-entry(\s[^<>]*+)>")
_ATTRIBUTE = re.compile(r"(?<![\w.:-])([\w.:-]++)\s*=\s*(?:\"([^\"]*+)\"|'([^']*+)')")
# feedparser takes the one element of XHTML content away, and its xml:base with it.
_BASE = r"\sxml:base\s*=\s*(\"[^\"<>]*+\"|'[^'<>]*+')"
_OWN_BASE = re.compile(_BASE)
_BASE_WITHIN = re.compile(
    r"(<(?:\w++:)?(?:content|summary)\b[^<>]*+)(>(?>\s+|<!--(?:[^<-]|-(?!->))*+-->)*+"
    rf"<(?:\w++:)?div\b[^<>]*?){_BASE}"
)
# What is no markup.
_OPAQUE = re.compile(r"<!--(?>.*?-->|.*)|<!\[CDATA\[(?>.*?\]\]>|.*)|<\?(?>.*?\?>|.*)", re.DOTALL)
_MOST_ATTRIBUTES = 256
# An element of more: feedparser takes the square of their number to.
_CROWDED = re.compile(
    rf"{_OPAQUE.pattern}|(?P<crowded><[^\s<>/!?=]++(?:\s++[^\s=<>\"'/]++\s*+=\s*+"
    rf"(?:\"[^\"<]*+\"|'[^'<]*+')){{{_MOST_ATTRIBUTES + 1}}})",
    re.DOTALL,
)
_RELATIVE = re.compile(
    rf"{_OPAQUE.pattern}"
    r"|(?P<start><(?P<prefix>\w++:)?(?:channel|entry|feed|item)\b(?:[^<>/]|/(?!>))*+>)"
    r"|(?P<link><(?:\w++:)?link\b(?=[^<>]*\srel\s*=\s*[\"']enclosure[\"'])[^<>]*?)\shref(?=\s*=)"
    r"|(?P<uri><(?:\w++:)?uri\b[^<>]*+>)(?!\s*(?:[A-Za-z][\w.+-]*+:|<))\s*"
    r"|(?P<id><(?:\w++:)?(?i:guid|id)(?:\s(?:[^<>/]|/(?!>))*+)?>)",
    re.DOTALL,
)


def prepared(text: str) -> str:
    """A document of which feedparser tells what its addresses are relative to.

    It tells that of texts alone, takes the feed's address for the base where none is said, and
    resolves what is relative to it. So an entry gets a link, `PROBE`, of no address, which is
    the base when resolved; so do links to files, with their address in `WRITTEN`; and to
    addresses of authors that stands in front, as if it were a scheme. It stands before all ids,
    too, which are no addresses: `17` is the same id wherever the feed was read from. XHTML content
    has the base that its one element gives it.

    Raises:
        ForeignError: it declares entities, which can expand without bounds, or an element has more
            attributes than anyone writes.
    """
    if any(found["crowded"] for found in _CROWDED.finditer(text)):
        raise ForeignError(f"an element has more than {_MOST_ATTRIBUTES} attributes")
    text = _AUTHOR.sub(_hidden, _without_doctype(text))
    return _RELATIVE.sub(_told, _BASE_WITHIN.sub(_based, text))


def _told(found: re.Match[str]) -> str:
    if start := found["start"]:
        return f'{start}<{found["prefix"] or ""}link rel="{PROBE}" href=""/>'
    if link := found["link"]:
        return f'{link} href="" {WRITTEN}'
    start = found["uri"] or found["id"]
    return f"{start}{WRITTEN}:" if start else found[0]


def _based(content: re.Match[str]) -> str:
    """The beginning of XHTML content that has the base which its one element gives it."""
    head, rest, base = content[1], content[2], entities.unescape(content[3][1:-1])
    if own := _OWN_BASE.search(head):
        head = head[: own.start()] + head[own.end() :]
        try:
            base = urljoin(entities.unescape(own[1][1:-1]), base)
        except ValueError:
            return content[0]
    return f'{head} xml:base="{entities.escape(base)}"{rest}'


def _hidden(author: re.Match[str]) -> str:
    """An author whose addresses of mail feedparser doesn't see."""
    name = author[2] if author[2].lstrip().startswith("<") else author[2][:LONGEST_NAME]
    return author[1] + _AT.sub(HIDDEN_AT, name[: 2 * LONGEST_NAME])


def self_link(text: str) -> str | None:
    """The address that a feed says it has, for one that is read from a file."""
    # An entry has that of the feed which it comes from.
    first = _ITEM.search(text)
    link = _SELF.search(text, 0, first.start() if first else len(text))
    href = _HREF.search(link[0]) if link else None
    return urls.absolute(entities.unescape(href[1]), "") if href else None


def tombstones(text: str) -> dict[str, datetime | None]:
    """The ids of entries that a feed says were deleted, and when (RFC 6721, 3)."""
    if _TOMBSTONES not in text:
        return {}
    text = _OPAQUE.sub("", text)
    declared = {key: a or b for key, a, b in _ATTRIBUTE.findall(text) if key.startswith("xmlns:")}
    found: dict[str, datetime | None] = {}
    for prefix, written in _TOMBSTONE.findall(text):
        attributes = declared | {key: a or b for key, a, b in _ATTRIBUTE.findall(written)}
        if attributes.get(f"xmlns:{prefix}".rstrip(":")) == _TOMBSTONES:
            id = entities.unescape(attributes.get("ref", "")).strip()
            when = instant(attributes.get("when"))
            found[id] = max(filter(None, (when, found.get(id))), default=None)
    return found


def _without_doctype(text: str) -> str:
    """The text less its document type.

    Raises:
        ForeignError: it declares entities, which can expand without bounds.
    """
    refused = ForeignError("it declares entities, which could expand without bounds")
    if match := _DOCTYPE.match(text):
        if match[3] == "[":
            raise refused
        text = match[1] + text[match.end() :]
    root = _ROOT.search(text)
    head = text[: root.start()] if root else text
    if "<!entity" in head.lower() or "<!doctype" in head.lower():
        raise refused
    return text
