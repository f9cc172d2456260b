"""What a site's updates are about: its sections and projects, each with its history.

Headings with one slug are one section or project; the registry names it, else its newest heading,
without a version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from feedserver.model import Entry, IssueRef, Project, Section, UpdateOf
from feedserver.newsletter.order import feed_order
from feedserver.newsletter.registry import EMPTY, Registered, Registry, TopicKind
from feedserver.text.slugs import project_title, section_title


@dataclass(frozen=True, slots=True)
class Topic:
    """A section or a project, as a person calls it ("Clients"); `updates` in the order of feeds.

    `website` is the registry's, else the newest address that a project's heading leads to.
    """

    slug: str
    title: str
    updates: tuple[Entry, ...]
    website: str | None = None
    description: str | None = None

    @property
    def issues(self) -> tuple[IssueRef, ...]:
        """The issues that it stands in, newest first, each once."""
        issues = (entry.update.issue for entry in self.updates if entry.update)
        return tuple({issue.id: issue for issue in issues}.values())


def sections(entries: Iterable[Entry], registry: Registry = EMPTY) -> tuple[Topic, ...]:
    """All sections that have updates: in the registry's order, the others after them by slug."""
    return _topics(entries, registry, "section", lambda update: update.section, section_title)


def projects(entries: Iterable[Entry], registry: Registry = EMPTY) -> tuple[Topic, ...]:
    """All projects, in the same order."""
    return _topics(entries, registry, "project", lambda update: update.project, project_title)


def _topics(
    entries: Iterable[Entry],
    registry: Registry,
    kind: TopicKind,
    of: Callable[[UpdateOf], Section | Project | None],
    called: Callable[[str], str],
) -> tuple[Topic, ...]:
    titles: dict[str, str] = {}
    websites: dict[str, str] = {}
    updates: dict[str, list[Entry]] = {}
    for entry in feed_order(entry for entry in entries if entry.update):
        found = of(entry.update) if entry.update else None
        if found is not None:
            titles.setdefault(found.slug, called(found.title) or found.title or found.slug)
            updates.setdefault(found.slug, []).append(entry)
            if isinstance(found, Project) and found.url:
                websites.setdefault(found.slug, found.url)
    topics = []
    for slug in sorted(titles, key=lambda slug: registry.place(kind, slug)):
        known = registry.find(kind, slug) or Registered(slug)
        title = known.title or titles[slug]
        website = known.website or websites.get(slug)
        topics.append(Topic(slug, title, tuple(updates[slug]), website, known.description))
    return tuple(topics)
