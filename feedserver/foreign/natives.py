"""Entries that come as entries, in an archive or a feed of ours: nothing says who wrote them.

What this project writes comes through unchanged. In what others wrote texts become lines,
addresses that have no place in a feed are left out, and so are entries whose slugs can't stand in
an address, or name a file. The content is `reading`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from feedserver.model import (
    Attachment,
    Entry,
    Origin,
    Person,
    Project,
    Reporter,
    Section,
    Site,
    UpdateOf,
)
from feedserver.text import html, urls

MAX_TEXT = 10_000
MAX_NAME = 200
"""How many characters a text of one line may have, and a name or a slug; our own are shorter."""

_SLUG = re.compile(rf"(?!\.)[A-Za-z0-9_.-]{{1,{MAX_NAME}}}")
_LINE = re.compile(r"[^\t\n\x0b\x0c\r\x85\u2028\u2029]*")
# As findings have it; a wrong one makes a feed invalid in all formats.
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_MAX_LANGUAGE = 35


def line(text: str, limit: int = MAX_TEXT) -> str:
    """A text in one line, without control characters; as it is if it has neither."""
    if not _LINE.fullmatch(text) or urls.BAD.search(text):
        text = html.one_line(text[: limit * 2])
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def language(tag: str | None) -> str | None:
    """A language as feeds have it, if it is one."""
    found = (tag or "").strip().replace("_", "-")
    return found if len(found) <= _MAX_LANGUAGE and _LANGUAGE.fullmatch(found) else None


def site(given: Site) -> Site:
    """A site whose texts are of one line."""
    title = line(given.title).strip() or given.url
    about = line(given.description)
    return replace(given, title=title, description=about, language=language(given.language))


def entry(given: Entry, owner: Site) -> Entry | None:
    """An entry as a feed may hold it; nothing if it has no id, or a slug that is none.

    `owner` stands in for authors without a name.
    """
    id = line(given.id).strip()
    of = given.update
    update = _update(of) if of else None
    if not id or (of and update is None):
        return None
    title = line(given.title).strip() or "Untitled"
    made: dict[str, Any] = {
        "id": id,
        "title": title,
        "summary": line(given.summary).strip() or title,
        "authors": tuple(_people(given.authors)) or (Person(owner.title, owner.url),),
        "tags": tuple(filter(None, (line(tag, MAX_NAME) for tag in given.tags))),
        "sections": tuple(slug for slug in given.sections if _SLUG.fullmatch(slug)),
        "update": update,
        "attachments": tuple(_attachment(each) for each in given.attachments),
        "origin": _origin(given.origin),
    }
    # Most need nothing, and a copy would unpack the content.
    changes = {name: value for name, value in made.items() if value != getattr(given, name)}
    return replace(given, **changes) if changes else given


def _attachment(given: Attachment) -> Attachment:
    title = line(given.title) if given.title else None
    return replace(given, type=line(given.type, MAX_NAME) if given.type else None, title=title)


def _origin(given: Origin | None) -> Origin | None:
    return replace(given, title=line(given.title)) if given and given.title else given


def _update(of: UpdateOf) -> UpdateOf | None:
    topics: tuple[Section | Project | None, ...] = (of.section, of.project)
    if not all(_SLUG.fullmatch(topic.slug) for topic in topics if topic):
        return None
    section, project, issue = of.section, of.project, of.issue
    return replace(
        of,
        issue=replace(issue, id=line(issue.id), title=line(issue.title)),
        section=section and replace(section, title=line(section.title)),
        project=project and replace(project, title=line(project.title), url=_followed(project.url)),
        reporters=tuple(
            Reporter(line(each.name, MAX_NAME), line(each.id, MAX_NAME) if each.id else None)
            for each in of.reporters
        ),
    )


def _people(people: Iterable[Person]) -> Iterable[Person]:
    for each in people:
        if name := line(each.name, MAX_NAME).strip():
            yield Person(name, _followed(each.url))


def _followed(address: str | None) -> str | None:
    return address if address and urls.absolute(address, "") else None
