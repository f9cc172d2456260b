"""What a site's updates are about: its sections and projects, each with its history.

Headings with one slug are one section or project; the newest heading names it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from feedserver.model import Entry, IssueRef, Project, Section, UpdateOf
from feedserver.query import feed_order
from feedserver.slugs import section_title


@dataclass(frozen=True, slots=True)
class Topic:
    """A section or a project, as a person calls it ("Clients"); `updates` in the order of feeds."""

    slug: str
    title: str
    updates: tuple[Entry, ...]

    @property
    def website(self) -> str | None:
        """The newest address that a project's heading leads to."""
        projects = (entry.update.project for entry in self.updates if entry.update)
        return next((project.url for project in projects if project and project.url), None)

    @property
    def issues(self) -> tuple[IssueRef, ...]:
        """The issues that it stands in, newest first, each once."""
        issues = (entry.update.issue for entry in self.updates if entry.update)
        return tuple({issue.id: issue for issue in issues}.values())


def sections(entries: Iterable[Entry]) -> tuple[Topic, ...]:
    """All sections that have updates, by slug."""
    return _topics(entries, lambda update: update.section, lambda title: section_title(title))


def projects(entries: Iterable[Entry]) -> tuple[Topic, ...]:
    """All projects, by slug."""
    return _topics(entries, lambda update: update.project, lambda title: title)


def _topics(
    entries: Iterable[Entry],
    of: Callable[[UpdateOf], Section | Project | None],
    called: Callable[[str], str],
) -> tuple[Topic, ...]:
    titles: dict[str, str] = {}
    updates: dict[str, list[Entry]] = {}
    for entry in feed_order(entry for entry in entries if entry.update):
        found = of(entry.update) if entry.update else None
        if found is not None:
            titles.setdefault(found.slug, called(found.title) or found.title or found.slug)
            updates.setdefault(found.slug, []).append(entry)
    return tuple(Topic(slug, titles[slug], tuple(updates[slug])) for slug in sorted(titles))
