"""JSON Feed 1.0 and 1.1 of other sites (https://www.jsonfeed.org/version/1.1/), read leniently.

A member that is wrong counts as not there. Items that this project wrote are entries already.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from feedserver.check.findings import Finding
from feedserver.errors import ArchiveError, ForeignError
from feedserver.foreign import _content, _identity
from feedserver.foreign.dates import instant
from feedserver.foreign.drafts import Draft, DraftFeed
from feedserver.formats import decoding, jsonfeed
from feedserver.model import Attachment, Entry, Image, Person
from feedserver.text import html


@dataclass(frozen=True, slots=True)
class Mixed:
    """A feed: what of it is to be made into entries, and the entries that stand in it."""

    feed: DraftFeed
    entries: tuple[Entry, ...]


def read(data: bytes) -> Mixed:
    """Read a feed.

    Raises:
        ForeignError: it is no JSON Feed.
    """
    try:
        top = decoding.typed(decoding.read(data), dict[str, Any])
    except ArchiveError as error:
        raise ForeignError(str(error)) from error
    version = _text(top, "version") or ""
    if not re.fullmatch(r"https?://(?:www\.)?jsonfeed\.org/version/1(?:\.1)?/?", version):
        raise ForeignError("it is no JSON Feed, Atom or RSS: version: expected that of JSON Feed")
    if not isinstance(top.get("items"), list):
        raise ForeignError("items: expected a list")
    findings: list[Finding] = []
    drafts: list[Draft] = []
    entries: list[Entry] = []
    for number, item in enumerate(top["items"]):
        if not isinstance(item, dict):
            continue
        where = f"items[{number}]"
        if isinstance(item.get("_twim"), dict):
            try:
                entries.append(jsonfeed.entry(item, where))
                continue
            except ArchiveError as error:
                findings.append(Finding(0, where, f"is read as any other: {error}"))
        drafts.append(_draft(item, number + 1))
    # In a feed of ours the first author is the site.
    site = next((each for each in _list(top, "authors") if _text(each, "name")), {})
    ours = _text(site, "url") if entries else None
    feed = DraftFeed(
        # The page of one of our feeds is not the site.
        title=_text(site, "name") if ours else _text(top, "title"),
        url=ours or _text(top, "home_page_url"),
        description=_text(top, "description"),
        language=_text(top, "language"),
        authors=tuple(_people(top)),
        items=tuple(drafts),
        findings=tuple(findings),
    )
    return Mixed(feed, tuple(entries))


def _draft(item: Mapping[str, object], place: int) -> Draft:
    number = item.get("id")
    # Version 1.1 has it coerced.
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    id = str(number) if is_number else _text(item, "id")
    url = _text(item, "url") or _text(item, "external_url")
    text = _text(item, "content_text")
    published = instant(_text(item, "date_published"))
    updated = instant(_text(item, "date_modified"))
    image = _text(item, "image") or _text(item, "banner_image")
    return Draft(
        where=id or f"item {place}",
        id=id,
        url=url,
        title=_text(item, "title"),
        published=published or updated,
        updated=updated,
        html=_text(item, "content_html") or (_content.paragraphs(text) if text else None),
        description=html.one_line(_text(item, "summary") or "") or None,
        authors=tuple(_people(item)),
        categories=tuple(_texts(item, "tags")),
        image=Image(image) if image else None,
        attachments=tuple(_attachments(item)),
    )


def _attachments(item: Mapping[str, object]) -> Iterator[Attachment]:
    for each in _list(item, "attachments"):
        if url := _text(each, "url"):
            yield Attachment(
                url,
                _text(each, "mime_type"),
                _number(each, "size_in_bytes"),
                _text(each, "title"),
                _number(each, "duration_in_seconds"),
            )


def _people(values: Mapping[str, object]) -> Iterator[Person]:
    """The authors; version 1.0 has one, `author`."""
    people = _list(values, "authors")
    author = values.get("author")
    if not people and isinstance(author, dict):
        people = [author]
    for person in people:
        for name in _identity.names(_text(person, "name") or ""):
            yield Person(name, _text(person, "url"))


def _text(values: Mapping[str, object], name: str) -> str | None:
    found = values.get(name)
    return (found.strip() or None) if isinstance(found, str) else None


def _number(values: Mapping[str, object], name: str) -> int | None:
    """A whole number above one, also where it is written as a text."""
    found = values.get(name)
    if isinstance(found, str) and re.fullmatch("[0-9]{1,15}", found.strip()):
        found = int(found)
    return int(found) if isinstance(found, int | float) and 1 < found < 10**15 else None


def _texts(values: Mapping[str, object], name: str) -> Iterator[str]:
    found = values.get(name)
    for each in found if isinstance(found, list) else ():
        if isinstance(each, str) and each.strip():
            yield each.strip()


def _list(values: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    found = values.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
