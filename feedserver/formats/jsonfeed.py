"""A channel as JSON Feed 1.1, and an entry as its item and back.

https://www.jsonfeed.org/version/1.1/. What the format has no member for stands in the extension
`_twim`, so that nothing of an entry is lost on the way. What there isn't is left out: there is no
null and no empty list. Hubs are left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from feedserver.formats.members import Members
from feedserver.model import (
    Channel,
    Entry,
    Image,
    IssueRef,
    Person,
    Project,
    Reporter,
    Section,
    Site,
    UpdateOf,
)

MEDIA_TYPE = "application/feed+json"
VERSION = "https://jsonfeed.org/version/1.1"

# Dates are moved by as many seconds.
_MAX_POSITION = 99_999
_MAX_LENGTH = 2**63 - 1


def serialise(channel: Channel) -> bytes:
    """Write a channel as a JSON Feed."""
    top = head(
        channel.site,
        title=channel.title,
        description=channel.description,
        home_url=channel.home_url,
        feed_url=channel.feed_url,
        next_url=channel.next_url,
    )
    return write(top, channel.entries)


def head(
    site: Site,
    *,
    title: str,
    description: str,
    home_url: str,
    feed_url: str,
    next_url: str | None = None,
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
        }
    )


def write(top: Mapping[str, object], entries: Iterable[Entry]) -> bytes:
    """Write the top of a feed and its items, an item a line, so that a comparison shows which."""
    return b"".join(lines(top, entries))


def lines(top: Mapping[str, object], entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield what `write` gives in parts: what stands before the items, each of them, the end."""
    yield _bytes(f'{_dump(top)[:-1]},"items":[')
    separator = "\n"
    for entry in entries:
        yield _bytes(f"{separator}{_dump(item(entry))}")
        separator = ",\n"
    yield b"\n]}\n"


def item(entry: Entry) -> dict[str, object]:
    """Make an item of an entry."""
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
            "_twim": _extension(entry),
        }
    )


def entry(item: Mapping[str, object], path: str = "") -> Entry:
    """Make an entry of an item that `item` made; `path` is where it stands ("items[3]").

    Raises:
        ArchiveError: a member is missing or wrong; the message names it.
    """
    members = Members(item, path)
    twim = members.child("_twim")
    kind = twim.text("kind")
    if kind not in ("post", "update"):
        twim.fail("kind", '"post" or "update"')
    authors = tuple(
        Person(person.loose_text("name"), person.optional_address("url"))
        for person in members.children("authors")
    )
    terms = twim.optional_child("terms")
    return Entry(
        id=members.text("id"),
        url=members.web_address("url"),
        title=members.text("title"),
        published=members.date("date_published"),
        modified=members.date("date_modified"),
        summary=members.text("summary"),
        content=members.optional_text("content_html"),
        authors=authors or members.fail("authors", "at least one author"),
        tags=members.texts("tags"),
        image=_image(members, twim),
        sections=twim.texts("sections"),
        update=_update(twim) if kind == "update" else None,
        terms={} if terms is None else {name: terms.texts(name) for name in terms.names()},
    )


def without_nothing(members: Mapping[str, object]) -> dict[str, object]:
    """Leave out members that are `None` or have nothing in them; an empty text stays."""
    return {name: value for name, value in members.items() if value not in (None, (), [], {})}


def _bytes(text: str) -> bytes:
    # A lone surrogate can't be written in UTF-8.
    return text.encode("utf-8", "replace")


def _dump(members: Mapping[str, object]) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def _extension(entry: Entry) -> dict[str, object]:
    image = entry.image
    return without_nothing(
        {
            "kind": entry.kind,
            **(_update_members(entry.update) if entry.update else {}),
            "sections": entry.sections,
            "terms": without_nothing(entry.terms),
            "image": without_nothing({"type": image.type, "length": image.length})
            if image
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


def _image(members: Members, twim: Members) -> Image | None:
    url = members.optional_web_address("image")
    known = twim.optional_child("image")
    if url is None or known is None:
        return None if url is None else Image(url)
    length = known.number("length", _MAX_LENGTH) if known.has("length") else None
    return Image(url, known.optional_text("type"), length)


def _update(twim: Members) -> UpdateOf:
    issue = twim.child("issue")
    section = twim.optional_child("section")
    project = twim.optional_child("project")
    if section is None and project is None:
        twim.fail("section", "a section or a project")
    return UpdateOf(
        issue=IssueRef(issue.text("id"), issue.web_address("url"), issue.text("title")),
        section=_section(section) if section else None,
        project=_project(project) if project else None,
        reporters=tuple(
            Reporter(reporter.loose_text("name"), reporter.optional_text("id"))
            for reporter in twim.children("reporters")
        ),
        position=twim.number("position", _MAX_POSITION),
    )


def _section(section: Members) -> Section:
    return Section(section.text("slug"), section.loose_text("title"))


def _project(project: Members) -> Project:
    return Project(
        project.text("slug"), project.loose_text("title"), project.optional_address("url")
    )
