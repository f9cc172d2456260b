"""A channel as JSON Feed 1.1, and an entry as its item and back.

https://www.jsonfeed.org/version/1.1/. What the format has no member for stands in the extension
`_twim`, so that nothing of an entry is lost on the way. What there isn't is left out: there is no
null and no empty list.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from feedserver.formats import message
from feedserver.formats.decoding import Address, Text, WebAddress, typed
from feedserver.formats.versions import version
from feedserver.model import (
    UNKNOWN_TYPE,
    Attachment,
    Channel,
    Entry,
    Image,
    IssueRef,
    Origin,
    Person,
    Project,
    Reporter,
    Section,
    Site,
    UpdateOf,
)
from feedserver.text.words import Words

MEDIA_TYPE = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"

# Before it C libraries differ in how a date is written.
_FIRST_YEAR = 1000

_Time = Annotated[datetime, Meta(tz=True)]


def serialise(channel: Channel) -> bytes:
    """Write a channel as a JSON Feed."""
    top = head(
        channel.site,
        title=channel.title,
        description=channel.description,
        home_url=channel.home_url,
        feed_url=channel.feed_url,
        next_url=channel.next_url,
        hub_url=channel.hub_url,
    )
    if not channel.messages:
        return write(top, channel.entries)
    words = Words(channel.site.language)
    return b"".join(lines(top, channel.entries, lambda entry: _message(entry, words)))


def head(
    site: Site,
    *,
    title: str,
    description: str,
    home_url: str,
    feed_url: str,
    next_url: str | None = None,
    hub_url: str | None = None,
) -> dict[str, object]:
    """Make the top of a feed, all but its items. Its author is the site."""
    return without_nothing(
        {
            "version": VERSION,
            "title": title,
            "home_page_url": home_url,
            "feed_url": feed_url,
            "next_url": next_url,
            "description": description or None,
            "language": site.language,
            "authors": [{"name": site.title, "url": site.url}],
            "hubs": [{"type": "WebSub", "url": hub_url}] if hub_url else None,
        }
    )


def write(top: Mapping[str, object], entries: Iterable[Entry]) -> bytes:
    """Write the top of a feed and its items, an item a line, so that a comparison shows which."""
    return b"".join(lines(top, entries))


def lines(
    top: Mapping[str, object],
    entries: Iterable[Entry],
    more: Callable[[Entry], Mapping[str, object]] = lambda entry: {},
) -> Iterator[bytes]:
    """Yield what `write` gives in parts: what stands before the items, each of them, the end.

    `more` are further members of an entry's item.
    """
    yield _bytes(f'{_dump(top)[:-1]},"items":[')
    separator = "\n"
    for entry in entries:
        yield _bytes(f"{separator}{_dump({**item(entry), **more(entry)})}")
        separator = ",\n"
    yield b"\n]}\n"


def item(entry: Entry, *, is_whole: bool = True) -> dict[str, object]:
    """Make an item of an entry; one that isn't whole has no version, for lack of its content."""
    return without_nothing(
        {
            "id": entry.id,
            "url": entry.url,
            "title": entry.title,
            "content_html": entry.content,
            "content_text": entry.summary if entry.content is None else None,
            "summary": entry.summary,
            "image": entry.image.url if entry.image else None,
            "date_published": entry.published.isoformat(),
            "date_modified": entry.modified.isoformat(),
            "authors": [
                without_nothing({"name": person.name, "url": person.url})
                for person in entry.authors
            ],
            "tags": entry.tags,
            "attachments": [_attachment_members(each) for each in entry.attachments],
            "_twim": {**_extension(entry), **({"version": version(entry)} if is_whole else {})},
        }
    )


def entry(item: object, path: str = "") -> Entry:
    """Make an entry of an item that `item` made; `path` is where it stands ("items[3]").

    Raises:
        ArchiveError: a member is missing or wrong; the message names it.
    """
    found = typed(item, _Item, path)
    twim = found.twim
    return Entry(
        id=found.id,
        url=str(found.url),
        title=found.title,
        published=found.date_published.replace(microsecond=0),
        modified=found.date_modified.replace(microsecond=0),
        summary=found.summary,
        content=found.content_html or None,
        authors=tuple(Person(person.name, known(person.url)) for person in found.authors),
        tags=found.tags,
        image=_image(found),
        sections=twim.sections,
        update=_update(twim) if isinstance(twim, _Update) else None,
        terms=twim.terms,
        attachments=tuple(map(_attachment, found.attachments)),
        origin=_origin(twim.source) if twim.source else None,
    )


def known(address: str | UnsetType) -> str | None:
    """An address as plain text, which takes less room, if it is there."""
    return str(address) if address else None


def without_nothing(members: Mapping[str, object]) -> dict[str, object]:
    """Leave out members that are `None` or have nothing in them; an empty text stays."""
    return {name: value for name, value in members.items() if value not in (None, (), [], {})}


def _message(entry: Entry, words: Words) -> Mapping[str, object]:
    """What an entry says in a room, as the member of its item."""
    content = message.of_entry(entry, words)
    return {} if content is None else {"_matrix": {"content": content}}


def _bytes(text: str) -> bytes:
    # A lone surrogate can't be written in UTF-8.
    return text.encode("utf-8", "replace")


def _dump(members: Mapping[str, object]) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def _attachment_members(attachment: Attachment) -> dict[str, object]:
    return without_nothing(
        {
            "url": attachment.url,
            "mime_type": attachment.type or UNKNOWN_TYPE,
            "title": attachment.title,
            "size_in_bytes": attachment.length,
            "duration_in_seconds": attachment.duration,
        }
    )


def _extension(entry: Entry) -> dict[str, object]:
    image, origin = entry.image, entry.origin
    return without_nothing(
        {
            "kind": entry.kind,
            **(_update_members(entry.update) if entry.update else {}),
            "sections": entry.sections,
            "terms": without_nothing(entry.terms),
            "image": without_nothing({"type": image.type, "length": image.length})
            if image
            else None,
            "source": without_nothing(
                {"title": origin.title, "url": origin.url, "feed": origin.feed}
            )
            if origin
            else None,
        }
    )


def _update_members(update: UpdateOf) -> dict[str, object]:
    issue, section, project = update.issue, update.section, update.project
    reporters = (
        without_nothing({"name": reporter.name, "id": reporter.id}) for reporter in update.reporters
    )
    members: dict[str, object] = {"issue": {"id": issue.id, "url": issue.url, "title": issue.title}}
    if section is not None:
        members["section"] = {"slug": section.slug, "title": section.title}
    if project is not None:
        members["project"] = without_nothing(
            {"slug": project.slug, "title": project.title, "url": project.url}
        )
    return {**members, "reporters": list(reporters), "position": update.position}


class _Person(Struct):
    name: str
    url: Address | UnsetType = UNSET


class _Section(Struct):
    slug: Text
    title: str


class _Project(Struct):
    slug: Text
    title: str
    url: Address | UnsetType = UNSET


class _Reporter(Struct):
    name: str
    # As everywhere, an empty one isn't there: there is no null, and in a document none is empty.
    id: Text = ""


class _Issue(Struct):
    id: Text
    url: WebAddress
    title: Text


class _Picture(Struct):
    type: Text = ""
    length: Annotated[int, Meta(ge=0, le=2**63 - 1)] | UnsetType = UNSET


class _Attachment(Struct):
    url: WebAddress
    mime_type: Text
    title: Text = ""
    size_in_bytes: Annotated[int, Meta(ge=0, le=2**63 - 1)] | UnsetType = UNSET
    duration_in_seconds: Annotated[int, Meta(ge=0, le=2**63 - 1)] | UnsetType = UNSET


class _Source(Struct):
    title: Text = ""
    url: WebAddress | UnsetType = UNSET
    feed: WebAddress | UnsetType = UNSET


class _Post(Struct, tag_field="kind", tag="post"):
    sections: tuple[str, ...] = ()
    terms: dict[str, tuple[str, ...]] = {}
    image: _Picture | UnsetType = UNSET
    source: _Source | UnsetType = UNSET


class _Update(_Post, tag="update", kw_only=True):
    issue: _Issue
    # Dates are moved by as many seconds.
    position: Annotated[int, Meta(ge=0, le=99_999)]
    section: _Section | UnsetType = UNSET
    project: _Project | UnsetType = UNSET
    reporters: tuple[_Reporter, ...] = ()

    def __post_init__(self) -> None:
        if not self.section and not self.project:
            raise ValueError("expected a section or a project, found neither")


class _Item(Struct):
    id: Text
    url: WebAddress
    title: Text
    date_published: _Time
    date_modified: _Time
    summary: Text
    authors: Annotated[tuple[_Person, ...], Meta(min_length=1)]
    twim: _Post | _Update = field(name="_twim")
    content_html: Text = ""
    tags: tuple[str, ...] = ()
    image: WebAddress | UnsetType = UNSET
    attachments: tuple[_Attachment, ...] = ()

    def __post_init__(self) -> None:
        if min(self.date_published.year, self.date_modified.year) < _FIRST_YEAR:
            raise ValueError(f"expected dates from the year {_FIRST_YEAR} on")


def _image(item: _Item) -> Image | None:
    if not item.image:
        return None
    picture = item.twim.image or _Picture()
    length = None if picture.length is UNSET else picture.length
    return Image(str(item.image), picture.type or None, length)


def _attachment(found: _Attachment) -> Attachment:
    return Attachment(
        str(found.url),
        None if found.mime_type == UNKNOWN_TYPE else found.mime_type,
        None if found.size_in_bytes is UNSET else found.size_in_bytes,
        found.title or None,
        None if found.duration_in_seconds is UNSET else found.duration_in_seconds,
    )


def _origin(found: _Source) -> Origin | None:
    """Where an entry comes from, if that is said: a source that says nothing is none."""
    origin = Origin(found.title or None, known(found.url), known(found.feed))
    return None if origin == Origin() else origin


def _update(twim: _Update) -> UpdateOf:
    issue, section, project = twim.issue, twim.section, twim.project
    return UpdateOf(
        issue=IssueRef(issue.id, str(issue.url), issue.title),
        section=Section(section.slug, section.title) if section else None,
        project=Project(project.slug, project.title, known(project.url)) if project else None,
        reporters=tuple(Reporter(each.name, each.id or None) for each in twim.reporters),
        position=twim.position,
    )
