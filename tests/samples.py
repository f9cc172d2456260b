"""Small values for tests: entries, a site, an archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from feedserver.model import (
    Archive,
    Entry,
    Feed,
    IssueRef,
    Person,
    Project,
    Reporter,
    Section,
    Site,
    UpdateOf,
)

SITE = Site("Letters", "https://letters.example/", "Letters of a small town", "en")
DAY = datetime(2026, 3, 13, 16, 33, 36, tzinfo=UTC)


def post(
    name: str,
    *,
    days: float = 0,
    tags: Sequence[str] = (),
    authors: Sequence[str] = ("Ada",),
    sections: Sequence[str] = (),
    content: str | None = "<p>Text of a post.</p>",
    terms: Mapping[str, tuple[str, ...]] | None = None,
) -> Entry:
    """A post at /blog/<name>/, `days` after a day in March."""
    url = f"{SITE.url}blog/{name}/"
    return Entry(
        id=url,
        url=url,
        title=name.capitalize(),
        published=DAY + timedelta(days=days),
        modified=DAY + timedelta(days=days),
        summary="Text of a post.",
        content=content,
        authors=tuple(Person(author) for author in authors) or (Person(SITE.title, SITE.url),),
        tags=tuple(tags),
        sections=tuple(sections),
        terms=terms or {},
    )


def update(
    issue: Entry, position: int, *, section: str | None = "clients", project: str | None = None
) -> Entry:
    """An update of an issue; section and project are slugs."""
    place = "-".join(part for part in (section, project) if part)
    moved = timedelta(seconds=position)
    return Entry(
        id=f"{issue.id}#{place}-{position}",
        url=f"{issue.url}#{place}-{position}",
        title=f"{place}, {issue.title}",
        published=issue.published + moved,
        modified=issue.modified + moved,
        summary=f"News of {place}.",
        content=f"<p>News of {place}.</p>",
        authors=(Person("Bo", "https://matrix.to/#/@bo:example.org"),),
        tags=issue.tags,
        update=UpdateOf(
            issue=IssueRef(issue.id, issue.url, issue.title),
            section=Section(section, f"Dept of {section.capitalize()}") if section else None,
            project=Project(project, project.capitalize()) if project else None,
            reporters=(Reporter("Bo", "@bo:example.org"),),
            position=position,
        ),
    )


def archive(
    entries: Sequence[Entry], feeds: Sequence[Feed] = (), *, feed_limit: int = 20
) -> Archive:
    return Archive(SITE, ("author", "category"), feed_limit, tuple(feeds), {}, tuple(entries))
