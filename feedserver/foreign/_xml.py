"""Atom and RSS of other sites, by feedparser, which reads what others have long given up on.

It gets bytes and never an address, and neither sanitises nor resolves addresses: that is `html`'s.
What is known to run away with a parser is refused before: declarations of entities.
"""

from __future__ import annotations

import html as entities
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import feedparser  # type: ignore[import-untyped]  # it carries no types

from feedserver.check.findings import FEED, Finding
from feedserver.errors import ForeignError
from feedserver.foreign import _content, _files, _identity
from feedserver.foreign.dates import instant
from feedserver.foreign.drafts import Draft, DraftFeed
from feedserver.model import Attachment, Image, Origin, Person
from feedserver.text import encodings, html, urls

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
# No text of a feed has it.
_HIDDEN_AT = "\ue00f"
_LONGEST_NAME = 500
_ITEM = re.compile(r"<(?:\w++:)?(?:entry|item)\b")
_SELF = re.compile(r"<(?:\w++:)?link\b(?=[^<>]*\srel\s*=\s*[\"']self[\"'])[^<>]*+>")
_HREF = re.compile(r"\shref\s*=\s*[\"']([^\"'<>]*)[\"']")
# At the end of the address that feedparser resolves others by: what has it knows no xml:base.
_NO_BASE = "#no-xml-base"
# That address if none is known, to which nothing is relative. With none at all feedparser would
# take the xml:base of an element for that of all which follow.
_NOWHERE = f"mailto:{_NO_BASE}"
_RELATIVE_BASE = re.compile(r"\sxml:base\s*=\s*[\"'](?!\s*[A-Za-z][\w.+-]*:)")
# RFC 6721, 3; feedparser leaves it out.
_TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_TOMBSTONE = re.compile(r"<(?:([\w.-]++):)?deleted-entry(\s[^<>]*+)>")
_ATTRIBUTE = re.compile(r"([\w.:-]++)\s*=\s*(?:\"([^\"]*+)\"|'([^']*+)')")
# A player in a page, as YouTube has it, and no file.
_FLASH = "application/x-shockwave-flash"
_PAGES = ("text/html", "application/xhtml+xml")
_IMAGES = re.compile(r"image/[\w.+-]+")


def read(data: bytes, address: str | None, content_type: str | None = None) -> DraftFeed:
    """Read a feed that was fetched from `address`, if it was.

    Raises:
        ForeignError: it is neither Atom nor RSS, or declares entities.
    """
    text, lost = encodings.decoded(data, content_type)
    findings = [Finding(23, FEED, message) for message in lost]
    text = _content.with_bases(_AUTHOR.sub(_hidden, _without_doctype(text)))
    try:
        found, entries = _parsed(text, address or _self(text))
        if not found.get("version") and not found.entries:
            raise ForeignError("it is no JSON Feed, Atom or RSS")
        if found.bozo:
            fault = str(found.get("bozo_exception", "")) or "no reason is known"
            message = f"is no well-formed XML, and is read as far as it goes: {fault}"
            findings.append(Finding(0, FEED, message))
        is_atom = str(found.get("version")).startswith("atom")
        drafts = tuple(_draft(item, number, is_atom) for number, item in enumerate(entries, 1))
        items, withdrawn = _without_deleted(drafts, _tombstones(text))
        return DraftFeed(
            title=_plain(found.feed, "title"),
            url=_href(found.feed, "link"),
            description=_plain(found.feed, "subtitle"),
            language=_text(found.feed, "language"),
            authors=tuple(_people(found.feed)),
            items=items,
            findings=tuple(findings),
            withdrawn=withdrawn,
        )
    except ForeignError:
        raise
    except Exception as error:
        # On hostile input it raises anything.
        raise ForeignError(f"it can't be read: {type(error).__name__}: {error}") from error


def _parsed(text: str, address: str | None) -> tuple[Any, list[Mapping[str, object]]]:
    """A document as feedparser reads it, and its entries.

    If its address isn't known, an `xml:base` that is relative is so to the site's home page.
    """
    headers = {
        "content-type": "application/xml; charset=utf-8",
        "content-location": address.partition("#")[0] + _NO_BASE if address else _NOWHERE,
    }
    found = feedparser.parse(
        io.BytesIO(text.encode()),
        response_headers=headers,
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    if address or not _RELATIVE_BASE.search(text):
        return found, found.entries
    home = urls.absolute(_href(found.feed, "link") or "", "")
    others = _parsed(text, home)[1] if home else found.entries
    pairs = zip(found.entries, others, strict=True)
    return found, [other if _has_base(other) else entry for entry, other in pairs]


def _has_base(item: Mapping[str, object]) -> bool:
    details = (_raw(item, f"{name}_detail") for name in ("title", "summary"))
    parts = (*details, *_list(item, "content"), {"base": _base_of(item)})
    return any(_base(part) for part in parts if isinstance(part, dict))


def _hidden(author: re.Match[str]) -> str:
    """An author whose addresses of mail feedparser doesn't see."""
    name = author[2] if author[2].lstrip().startswith("<") else author[2][:_LONGEST_NAME]
    return author[1] + _AT.sub(_HIDDEN_AT, name[: 2 * _LONGEST_NAME])


def _self(text: str) -> str | None:
    """The address that a feed says it has, for one that is read from a file."""
    # An entry has that of the feed which it comes from.
    first = _ITEM.search(text)
    link = _SELF.search(text, 0, first.start() if first else len(text))
    href = _HREF.search(link[0]) if link else None
    return urls.absolute(entities.unescape(href[1]), "") if href else None


def _tombstones(text: str) -> dict[str, datetime | None]:
    """The ids of entries that a feed says were deleted, and when (RFC 6721, 3)."""
    if _TOMBSTONES not in text:
        return {}
    text = _content.OPAQUE.sub("", text)
    declared = {key: a or b for key, a, b in _ATTRIBUTE.findall(text) if key.startswith("xmlns:")}
    found: dict[str, datetime | None] = {}
    for prefix, written in _TOMBSTONE.findall(text):
        attributes = declared | {key: a or b for key, a, b in _ATTRIBUTE.findall(written)}
        if attributes.get(f"xmlns:{prefix}".rstrip(":")) == _TOMBSTONES:
            id = entities.unescape(attributes.get("ref", "")).strip()
            when = instant(attributes.get("when"))
            found[id] = max(filter(None, (when, found.get(id))), default=None)
    return found


def _without_deleted(
    items: tuple[Draft, ...], deleted: Mapping[str, datetime | None]
) -> tuple[tuple[Draft, ...], tuple[str, ...]]:
    """The items without those that were deleted, and their ids; of both the later is true."""
    gone = dict.fromkeys(deleted)
    for item in items:
        when = deleted.get(item.id or "")
        if item.updated and when and item.updated > when:
            gone.pop(item.id or "", None)
    return tuple(item for item in items if item.id not in gone), tuple(gone)


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


def _draft(item: Mapping[str, object], number: int, is_atom: bool) -> Draft:
    title = _plain(item, "title")
    id, url = _text(item, "id"), _link(item)
    where = id or title or f"entry {number}"
    body = _body(item, is_atom)
    published, updated = instant(_raw(item, "published")), instant(_raw(item, "updated"))
    source = _raw(item, "source")
    source = source if isinstance(source, dict) else {}
    return Draft(
        where=where,
        id=id,
        url=url,
        base=_base(body.part),
        title=title,
        published=published or updated,
        updated=updated,
        html=body.html,
        is_brief=body.is_brief,
        unread=body.unread,
        description=_plain(item, "summary") if body.text != _text(item, "summary") else None,
        # RFC 4287, 4.2.1.
        authors=tuple(_people(item)) or tuple(_people(source)),
        categories=tuple(filter(None, (_text(tag, "term") for tag in _list(item, "tags")))),
        image=next(_media(item), None),
        attachments=tuple(_attachments(item)),
        origin=_origin(source),
    )


def _raw(values: Mapping[str, object], name: str) -> object:
    # feedparser's own look-up has other members stand in for one that isn't there, and warns.
    return dict.get(values, name) if isinstance(values, dict) else None


def _text(values: Mapping[str, object], name: str) -> str | None:
    value = _raw(values, name)
    return value if isinstance(value, str) and value.strip() else None


def _list(values: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    value = _raw(values, name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _plain(values: Mapping[str, object], name: str) -> str | None:
    """A text that may be HTML, which its type tells, as a line of plain text."""
    value = _text(values, name)
    detail = _raw(values, f"{name}_detail")
    if value is None:
        return None
    kind = _text(detail, "type") if isinstance(detail, dict) else None
    if kind == "text/plain":
        return html.one_line(value) or None
    return html.plain(html.sanitise(value, "https://localhost/")) or None


def _link(item: Mapping[str, object]) -> str | None:
    """The address of an item: its alternate link, of several that of a page."""
    links = [link for link in _list(item, "links") if link.get("rel") == "alternate"]
    pages = (link for link in links if link.get("type") in (None, "text/html"))
    found = _href(next(pages, {}))
    # RFC 4287, 4.1.3.2: the content itself may be a page. To feedparser the id is a link, too.
    elsewhere = (url for url, kind in _elsewhere(item) if kind in _PAGES)
    return found or next(elsewhere, None) or _href(item, "link")


def _href(values: Mapping[str, object], name: str = "href") -> str | None:
    found = _text(values, name)
    return found.removesuffix(_NO_BASE) if found and found != _NOWHERE else None


def _elsewhere(item: Mapping[str, object]) -> Iterator[tuple[str, str | None]]:
    """The addresses of content that stands elsewhere, and what it is."""
    for each in _list(item, "content"):
        if url := _text(each, "src"):
            base = _base(each)
            yield (urls.absolute(url, base) if base else None) or url, _text(each, "type")


@dataclass(frozen=True, slots=True)
class _Body:
    """The HTML of an item, and the text that it is made of; the rest is as in a draft."""

    html: str | None = None
    text: str | None = None
    part: Mapping[str, object] = field(default_factory=dict)
    is_brief: bool = False
    unread: str | None = None


def _body(item: Mapping[str, object], is_atom: bool) -> _Body:
    """The content of an item.

    RSS has one element for both content and summary: it is taken for content if there is no other,
    and it says more than its plain text does, or is long. That of iTunes may stand beside it, which
    is content in plain text to feedparser.
    """
    detail, text = _raw(item, "summary_detail"), _text(item, "summary") or ""
    summary: Mapping[str, object] = detail if isinstance(detail, dict) else {}
    parts = _list(item, "content")
    found = [(part, made) for part in parts if (made := _html(part, is_atom))]
    marked = [(part, made) for part, made in found if made == _text(part, "value")]
    is_content = _content.is_content(text)
    as_html = _html({"type": "text/html", **summary, "value": text}, is_atom)
    if marked or (found and is_atom):
        part, made = (marked or found)[0]
    elif as_html and (is_content or (as_html == text and _content.has_markup(text))):
        return _Body(as_html, text, summary, is_brief=not is_content)
    elif found:
        part, made = found[0]
    else:
        others = (_kind(part) for part in parts if not _text(part, "src"))
        unread = next((kind for kind in others if kind not in _PAGES and not _is_text(kind)), None)
        return _Body(part=summary, unread=unread)
    return _Body(made, _text(part, "value"), part)


def _html(part: Mapping[str, object], is_atom: bool) -> str | None:
    """A text as HTML: by its type (RFC 4287, 4.1.3.3), and in RSS by what it holds."""
    value, kind = _text(part, "value"), _kind(part)
    if value is None or kind in _PAGES:
        return value
    if not _is_text(kind):
        return None
    is_html = not is_atom and _content.has_markup(value)
    return value if is_html else _content.paragraphs(value)


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") and not kind.endswith("xml")


def _kind(part: Mapping[str, object]) -> str:
    return (_text(part, "type") or "").partition(";")[0].strip()


def _base(part: Mapping[str, object]) -> str | None:
    base = _text(part, "base")
    return None if base is None or base.endswith(_NO_BASE) else base


def _base_of(item: Mapping[str, object]) -> str | None:
    """The `xml:base` that an item stands in, or has."""
    probe = next((link for link in _list(item, "links") if link.get("rel") == _content.PROBE), {})
    return _base({"base": _text(probe, "href")})


def _in_full(url: str, item: Mapping[str, object], of: Mapping[str, object]) -> str:
    """An address in an element of an item, if a base is said of either; else as it is."""
    base, own = _base_of(item), _text(of, "xml:base")
    if _text(of, _content.WRITTEN):
        base = _base({"base": _text(of, "href")})
    elif own:
        base = urls.absolute(own, base or "") or base
    return (urls.absolute(url, base) if base else None) or url


def _people(values: Mapping[str, object]) -> Iterator[Person]:
    """The authors: of `Ada <a@b.example>`, either way round, and `a@b.example (Ada)` the name."""
    for person in _list(values, "authors"):
        written = (_text(person, "name") or "").replace(_HIDDEN_AT, "@")[:_LONGEST_NAME]
        url = _href(person)
        if url and url.startswith(f"{_content.WRITTEN}:"):
            base = _base_of(values) or _link(values)
            url = urls.absolute(url.removeprefix(f"{_content.WRITTEN}:"), base or "")
        for name in _identity.names(written):
            yield Person(name, url)


def _origin(source: Mapping[str, object]) -> Origin | None:
    """Where an aggregated entry comes from: the source of Atom (4.2.11) or of RSS."""
    links = _list(source, "links")
    # That of RSS has an attribute alone; to feedparser that of an author is one, too.
    own = next((link for link in links if link.get("rel") == "self"), {} if links else source)
    found = Origin(_plain(source, "title"), _link(source), _href(own))
    return None if found == Origin() else found


def _attachments(item: Mapping[str, object]) -> Iterator[Attachment]:
    for link in _list(item, "links"):
        url, kind = _text(link, _content.WRITTEN) or _href(link), _text(link, "type")
        if link.get("rel") == "enclosure" and url:
            # What has no type is HTML to feedparser.
            kind = None if kind == "text/html" else kind
            url = _in_full(url, item, link)
            yield Attachment(url, kind, _size(link, "length"), _text(link, "title"))
    for each in _list(item, "media_content"):
        url, kind = _text(each, "url"), _text(each, "type")
        if url and not _is_picture(each) and kind != _FLASH:
            yield Attachment(_in_full(url, item, each), kind, _size(each, "filesize"))
    for url, kind in _elsewhere(item):
        if kind not in _PAGES:
            # What has no type is plain text to feedparser.
            yield Attachment(url, None if kind == "text/plain" else kind)


def _size(values: Mapping[str, object], name: str) -> int | None:
    written = _text(values, name) or ""
    return (int(written) if re.fullmatch("[0-9]{1,15}", written) else 0) or None


def _media(item: Mapping[str, object]) -> Iterator[Image]:
    """The pictures of Media RSS."""
    for each in (*_list(item, "media_content"), *_list(item, "media_thumbnail")):
        url, kind = _text(each, "url"), _text(each, "type")
        if url and _is_picture(each):
            kind = kind if kind and _IMAGES.fullmatch(kind) else None
            yield Image(_in_full(url, item, each), kind)


def _is_picture(media: Mapping[str, object]) -> bool:
    url = _text(media, "url") or ""
    return _files.is_picture(url, _text(media, "type"), _text(media, "medium"))
