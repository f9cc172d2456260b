"""Atom and RSS of other sites, by feedparser, which reads what others have long given up on.

It gets bytes and never an address, and neither sanitises nor resolves addresses: that is `html`'s.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.sax import SAXException

import feedparser  # type: ignore[import-untyped]  # it carries no types

from feedserver.check.findings import FEED, ILL_FORMED, Finding
from feedserver.errors import ForeignError
from feedserver.foreign import _content, _document, _identity
from feedserver.foreign.dates import instant
from feedserver.foreign.drafts import Draft, DraftFeed, is_picture
from feedserver.model import Attachment, Image, Origin, Person
from feedserver.text import encodings, html, urls

# At the end of the address that feedparser resolves others by: what has it knows no xml:base.
_NO_BASE = "#no-xml-base"
# That address if none is known, to which nothing is relative. With none at all feedparser would
# take the xml:base of an element for that of all which follow.
_NOWHERE = f"mailto:{_NO_BASE}"
_RELATIVE_BASE = re.compile(r"\sxml:base\s*=\s*[\"'](?!\s*[A-Za-z][\w.+-]*:)")
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
    text = _document.prepared(text)
    try:
        found, entries = _parsed(text, address or _document.self_link(text))
        # What is neither well-formed nor says what it is has tags by chance.
        if not found.get("version") and (found.bozo or not found.entries):
            raise ForeignError("it is no JSON Feed, Atom or RSS")
        if found.bozo:
            findings.append(Finding(0, FEED, f"{ILL_FORMED}: {_fault(found)}"))
        is_atom = str(found.get("version")).startswith("atom")
        drafts = tuple(_draft(item, number, is_atom) for number, item in enumerate(entries, 1))
        items, withdrawn = _without_deleted(drafts, _document.tombstones(text))
        return DraftFeed(
            title=_plain(found.feed, "title"),
            url=_own_link(found.feed),
            description=_plain(found.feed, "subtitle"),
            language=_text(found.feed, "language"),
            authors=tuple(_people(found.feed, _base_of(found.feed))),
            items=items,
            findings=tuple(findings),
            withdrawn=withdrawn,
        )
    except ForeignError:
        raise
    except Exception as error:
        # On hostile input it raises anything.
        raise ForeignError(f"it can't be read: {type(error).__name__}: {error}") from error


def _fault(found: Mapping[str, object]) -> str:
    """Why a document is no well-formed XML; the place would be one of what was made of it."""
    error = _raw(found, "bozo_exception")
    reason = error.getMessage() if isinstance(error, SAXException) else str(error or "")
    return html.one_line(reason) or "no reason is known"


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
    home = urls.absolute(_own_link(found.feed) or "", "")
    others = _parsed(text, home)[1] if home else found.entries
    pairs = zip(found.entries, others, strict=True)
    return found, [other if _has_base(other) else entry for entry, other in pairs]


def _has_base(item: Mapping[str, object]) -> bool:
    details = (_raw(item, f"{name}_detail") for name in ("title", "summary"))
    parts = (*details, *_list(item, "content"), {"base": _base_of(item)})
    return any(_base(part) for part in parts if isinstance(part, dict))


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


def _draft(item: Mapping[str, object], number: int, is_atom: bool) -> Draft:
    title = _plain(item, "title")
    id, url = _as_written(_text(item, "id")), _link(item)
    where = id or title or f"{'entry' if is_atom else 'item'} {number}"
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
        authors=tuple(_people(item, _base_of(item)))
        or tuple(_people(source, _base_within(source))),
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
    # RFC 4287, 4.1.3.2: the content itself may be a page.
    elsewhere = (url for url, kind in _elsewhere(item) if kind in _PAGES)
    return found or next(elsewhere, None) or _own_link(item)


def _own_link(values: Mapping[str, object]) -> str | None:
    """The link of an item or a feed: to feedparser the id is one, where there is no other."""
    link = _href(values, "link")
    url = _as_written(link)
    base = _href(_probe(values)) if url != link else None
    return (urls.absolute(url, base) if url and base else None) or url


def _as_written(text: str | None) -> str | None:
    """An id or an address that stands behind the mark of those that are as they were written."""
    return (text or "").removeprefix(f"{_document.WRITTEN}:").strip() or None


def _href(values: Mapping[str, object], name: str = "href") -> str | None:
    found = _text(values, name)
    return found.removesuffix(_NO_BASE) if found and found != _NOWHERE else None


def _elsewhere(item: Mapping[str, object]) -> Iterator[tuple[str, str | None]]:
    """The addresses of content that stands elsewhere, and what it is."""
    for each in _list(item, "content"):
        if url := _text(each, "src"):
            kind = _text(each, "type")
            # A page is where a link would lead: that is relative to the feed's address.
            base = _href(each, "base") if kind in _PAGES else _base(each)
            yield (urls.absolute(url, base) if base else None) or url, kind


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
    return _base({"base": _text(_probe(item), "href")})


def _base_within(source: Mapping[str, object]) -> str | None:
    """The `xml:base` that the source of an entry has, or stands in, as its title tells it."""
    title = _raw(source, "title_detail")
    return _base(title) if isinstance(title, dict) else None


def _probe(values: Mapping[str, object]) -> Mapping[str, object]:
    links = _list(values, "links")
    return next((link for link in links if link.get("rel") == _document.PROBE), {})


def _in_full(url: str, base: str | None, of: Mapping[str, object]) -> str:
    """An address in an element of an item, if the item's `base` or its own is said; or as it is."""
    own = _text(of, "xml:base")
    if _text(of, _document.WRITTEN):
        base = _base({"base": _text(of, "href")})
    elif own:
        base = urls.absolute(own, base or "") or base
    return (urls.absolute(url, base) if base else None) or url


def _people(values: Mapping[str, object], base: str | None) -> Iterator[Person]:
    """The authors: of `Ada <a@b.example>`, either way round, and `a@b.example (Ada)` the name.

    Their addresses are relative to `base`, else to where the link leads.
    """
    for person in _list(values, "authors"):
        names = (_text(person, "name") or "").replace(_document.HIDDEN_AT, "@")
        url = _href(person)
        if (written := _as_written(url)) and written != url:
            url = urls.absolute(written, base or _link(values) or "")
        for name in _identity.names(names):
            yield Person(name, url)


def _origin(source: Mapping[str, object]) -> Origin | None:
    """Where an aggregated entry comes from: the source of Atom (4.2.11) or of RSS."""
    links = _list(source, "links")
    # That of RSS has an attribute alone; to feedparser that of an author is one, too.
    own = next((link for link in links if link.get("rel") == "self"), {} if links else source)
    found = Origin(_plain(source, "title"), _link(source), _href(own))
    return None if found == Origin() else found


def _attachments(item: Mapping[str, object]) -> Iterator[Attachment]:
    base = _base_of(item)
    for link in _list(item, "links"):
        url, kind = _text(link, _document.WRITTEN) or _href(link), _text(link, "type")
        if link.get("rel") == "enclosure" and url:
            # A link of Atom that has no type is HTML to feedparser.
            kind = None if kind == "text/html" and _text(link, _document.WRITTEN) else kind
            url = _in_full(url, base, link)
            yield Attachment(url, kind, _size(link, "length"), _text(link, "title"))
    for each in _list(item, "media_content"):
        url, kind = _text(each, "url"), _text(each, "type")
        if url and not _is_picture(each) and kind != _FLASH:
            yield Attachment(_in_full(url, base, each), kind, _size(each, "filesize"))
    for url, kind in _elsewhere(item):
        if kind not in _PAGES:
            # What has no type is plain text to feedparser.
            yield Attachment(url, None if kind == "text/plain" else kind)


def _size(values: Mapping[str, object], name: str) -> int | None:
    written = _text(values, name) or ""
    return (int(written) if re.fullmatch("[0-9]{1,15}", written) else 0) or None


def _media(item: Mapping[str, object]) -> Iterator[Image]:
    """The pictures of Media RSS."""
    base = _base_of(item)
    for each in (*_list(item, "media_content"), *_list(item, "media_thumbnail")):
        url, kind = _text(each, "url"), _text(each, "type")
        if url and _is_picture(each):
            kind = kind if kind and _IMAGES.fullmatch(kind) else None
            yield Image(_in_full(url, base, each), kind)


def _is_picture(media: Mapping[str, object]) -> bool:
    url = _text(media, "url") or ""
    return is_picture(url, _text(media, "type"), _text(media, "medium"))
