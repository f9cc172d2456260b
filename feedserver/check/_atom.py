"""The rules for Atom 1.0 (RFC 4287), on the tree of a document."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urljoin

from lxml import etree

from feedserver.check._html import check_html, check_xhtml
from feedserver.check._parsing import BeyondError, parse
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

ATOM = "http://www.w3.org/2005/Atom"

_A = f"{{{ATOM}}}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_XHTML = "{http://www.w3.org/1999/xhtml}"
_RELATIVE = 22
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_MARKUP = re.compile(r"</?[A-Za-z]|&(?:#\w+|\w+);")


def check_atom(
    root: etree._Element, address: str | None, now: datetime | None, own: bool
) -> Iterator[Finding]:
    """Everything that an Atom document can break, rules on a single document only."""
    entries = root.findall(f"{_A}entry")
    if not entries:
        yield Finding(0, FEED, "has no entries")
    yield from unknown_namespaces(root)
    yield from self_link(_self(root), address)
    if _LANG in root.attrib:
        yield from bad_language(str(root.get(_LANG)))
    yield from _order(root)
    yield from _ids(root, FEED, own)
    yield from _head(root, FEED, now, own)
    yield from _distinct(entries)
    inherited = _is_named(root)
    for number, entry in enumerate(entries):
        where = _text(entry, "id") or _text(entry, "title") or f"entry {number + 1}"
        if is_empty(entry):
            yield Finding(0, where, IS_EMPTY)
            continue
        yield from _ids(entry, where, own)
        yield from _head(entry, where, now, own)
        yield from _entry(entry, where, own)
        source = entry.find(f"{_A}source")
        if not (inherited or _is_named(entry) or (source is not None and _is_named(source))):
            yield Finding(5, where, "has no author with a name")


def _text(parent: etree._Element, name: str) -> str:
    return (parent.findtext(f"{_A}{name}") or "").strip()


def _self(root: etree._Element) -> str | None:
    links = (link for link in root.findall(f"{_A}link") if link.get("rel") == "self")
    # An `xml:base` may stand above it.
    return next((_full(link, link.get("href", "")) for link in links), None)


def _full(element: etree._Element, address: str) -> str:
    try:
        return urljoin(element.base or "", address)
    except ValueError:
        return address


def _head(parent: etree._Element, where: str, now: datetime | None, own: bool) -> Iterator[Finding]:
    """What the rules say of a feed and of an entry alike."""
    yield from _links(parent, where, own)
    yield from _authors(parent, where, own)
    yield from _dates(parent, where, now)
    yield from _plain_texts(parent, where, own)


def _fault(address: str, own: bool) -> str | None:
    """What is wrong with an address; in Atom one may be relative, or have letters beyond ASCII."""
    if own or not address:
        return address_fault(address)
    address = _BEYOND_ASCII.sub("x", address)
    try:
        return address_fault(urljoin("https://example.org/", address))
    except ValueError:
        return f"is no valid URL: {address}"


def _links(parent: etree._Element, where: str, own: bool) -> Iterator[Finding]:
    """Rules 2 and 3: absolute addresses; one alternate of a type and language."""
    seen: Counter[tuple[str | None, str | None]] = Counter()
    for link in parent.findall(f"{_A}link"):
        rel = link.get("rel", "alternate")
        if rel in ("author", "me"):
            yield Finding(3, where, f"has a link with rel={rel}")
        if rel == "alternate":
            seen[link.get("type"), link.get("hreflang")] += 1
        if rel != "self" and (fault := _fault(link.get("href", ""), own)):
            yield Finding(2, where, f"its link {fault}")
    if seen and max(seen.values()) > 1:
        yield Finding(3, where, "has two alternate links of one type and language")
    # RFC 4287, 4.1.1 and 4.1.2: an entry without content has one.
    has_content = parent.tag == f"{_A}feed" or parent.find(f"{_A}content") is not None
    if not seen and (own or not has_content):
        yield Finding(2, where, "has no alternate link")


def _authors(parent: etree._Element, where: str, own: bool) -> Iterator[Finding]:
    """Rule 5: no author without a name, no empty address."""
    for author in parent.findall(f"{_A}author"):
        name = _text(author, "name")
        if not name:
            yield Finding(5, where, "has an author without a name")
        yield from stray_characters(name, where)
        if any(not (email.text or "").strip() for email in author.findall(f"{_A}email")):
            yield Finding(5, where, "has an author with an empty email")
        for uri in author.findall(f"{_A}uri"):
            if fault := _fault((uri.text or "").strip(), own):
                yield Finding(2, where, f"the uri of an author {fault}")


def _is_named(parent: etree._Element) -> bool:
    return any(_text(author, "name") for author in parent.findall(f"{_A}author"))


def _ids(parent: etree._Element, where: str, own: bool) -> Iterator[Finding]:
    """Rule 7: ids are absolute and canonical."""
    name = _text(parent, "id")
    # It may have letters beyond ASCII (RFC 4287, 2).
    if fault := address_fault(name if own else _BEYOND_ASCII.sub("x", name)):
        yield Finding(7, where, f"its id {fault}")
        return
    scheme, _, rest = name.partition(":")
    host = re.match(r"//([^/?#]*)(.?)", rest)
    if scheme != scheme.lower() or (host and host[1] != host[1].lower()):
        yield Finding(7, where, f"its id has capitals in scheme or host: {name}")
    if host and host[2] != "/":
        yield Finding(7, where, f"its id has no slash after the host: {name}")
    if any(escape != escape.upper() for escape in _ESCAPE.findall(name)):
        yield Finding(7, where, f"its id has a percent escape in lower case: {name}")


def _dates(parent: etree._Element, where: str, now: datetime | None) -> Iterator[Finding]:
    """Rules 8 and 9."""
    if parent.find(f"{_A}updated") is None:
        yield Finding(8, where, "has no updated")
    for name in ("updated", "published"):
        for element in parent.findall(f"{_A}{name}"):
            written = (element.text or "").strip()
            if moment := rfc3339(written):
                yield from implausible(moment, where, now)
            else:
                yield Finding(8, where, f"{name} is no RFC 3339 date with seconds: {written}")


def _distinct(entries: list[etree._Element]) -> Iterator[Finding]:
    """Rules 7 and 10: an id and a time of update belong to one entry."""
    yield from same_ids(7, (_text(entry, "id") for entry in entries), "id", "entries")
    seen: set[datetime] = set()
    for entry in entries:
        moment = rfc3339(_text(entry, "updated"))
        if moment in seen:
            yield Finding(10, _text(entry, "id"), "was updated at the same time as another entry")
        if moment:
            seen.add(moment)


def _order(root: etree._Element) -> Iterator[Finding]:
    """Rule 14: what is said of the feed stands before the entries."""
    in_entries = False
    for child in root:
        if child.tag == f"{_A}entry":
            in_entries = True
        elif in_entries:
            name = etree.QName(child).localname
            yield Finding(14, FEED, f"<{name}> stands behind an entry")


def _plain_texts(parent: etree._Element, where: str, own: bool) -> Iterator[Finding]:
    """Rules 11, 17 and 23: titles and summaries are escaped text, declared as HTML."""
    title = parent.find(f"{_A}title")
    if title is None or not "".join(map(str, title.itertext())).strip():
        yield Finding(11, where, "has no title")
    for name in ("title", "subtitle", "summary", "rights"):
        for element in parent.findall(f"{_A}{name}"):
            text = element.text or ""
            if element.get("type") == "xhtml" and not own:
                yield from _xhtml(element, name, where)
            elif len(element) or element.get("type", "text") not in ("text", "html"):
                yield Finding(17, where, f"{name} is not of type html")
            elif element.get("type") != "html":
                if _MARKUP.search(text):
                    yield Finding(17, where, f"{name} looks like HTML, but is of type text")
            elif name == "summary":
                yield from check_html(text, where)
            else:
                yield from _escaped(text, name, where, own)
            yield from stray_characters("".join(map(str, element.itertext())), where)
    for category in parent.findall(f"{_A}category"):
        yield from stray_characters(category.get("term", ""), where)


def _escaped(text: str, name: str, where: str, own: bool) -> Iterator[Finding]:
    """Rule 17: as HTML, a title is one text without elements."""
    try:
        tree, fault = parse(text)
    except BeyondError as error:
        yield Finding(17, where, f"{name} is looked at no further: {error}")
        return
    if fault or (own and len(tree)):
        yield Finding(17, where, f"{name} has markup, or characters that are not escaped: {text}")


def _entry(entry: etree._Element, where: str, own: bool) -> Iterator[Finding]:
    """Rules 18 to 23: the content of an entry."""
    content = entry.find(f"{_A}content")
    if content is None or content.get("src"):
        return
    kind = content.get("type", "text")
    if kind == "html":
        for finding in check_html(content.text or "", where):
            # With a base of its own it is right (RFC 4287, 2).
            if own or finding.rule != _RELATIVE or not content.base:
                yield finding
    elif own:
        yield Finding(18, where, "its content is not of type html")
    elif kind == "xhtml":
        yield from _xhtml(content, "content", where)
    elif kind == "text":
        yield from stray_characters(content.text or "", where)


def _xhtml(parent: etree._Element, name: str, where: str) -> Iterator[Finding]:
    """Rules 18 and 19 (RFC 4287, 3.1.1.3): XHTML stands in one `div`."""
    if [child.tag for child in parent] != [f"{_XHTML}div"]:
        yield Finding(18, where, f"{name} of type xhtml is not one <div> of XHTML")
    yield from check_xhtml(parent, where)
