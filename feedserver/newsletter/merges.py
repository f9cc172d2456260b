"""Updates under headings that the registry knows for one section or project become its own.

A project's history stays one page and one feed when its heading changes. Titles stay as the
headings have them, and so do ids and dates; what changes is the slug, and the website of a project
whose heading leads nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from feedserver.model import Entry, Project, Section
from feedserver.newsletter.registry import SLUGS, Registry, TopicKind


@dataclass(frozen=True, slots=True)
class Merge:
    """A slug whose updates have another one now; `heading` is the newest that has it.

    An alias without a heading is one too, with no updates: its address may be known of old.
    """

    kind: TopicKind
    old: str
    new: str
    heading: str
    updates: int

    def __str__(self) -> str:
        count = f"{self.updates} update{'' if self.updates == 1 else 's'}"
        return (
            f"the {self.kind} '{self.heading}' ({count}) is at /{self.kind}/{self.new}/, "
            f"where /{self.kind}/{self.old}/ leads"
        )


def merge(
    entries: Sequence[Entry], registry: Registry
) -> tuple[tuple[Entry, ...], tuple[Merge, ...]]:
    """Give updates and issues the slugs of the registry; what was joined thereby, in order.

    `entries` come newest first.
    """
    merges: list[Merge] = []
    for kind in SLUGS:
        headings = _headings(entries, kind)
        present = {registry.slug(kind, slug) for slug in headings}
        aliases = {
            alias
            for slug in present
            if (registered := registry.find(kind, slug))
            for alias in registered.aliases
        }
        for old in headings.keys() | aliases:
            new = registry.slug(kind, old)
            if new != old:
                titles = headings.get(old) or ()
                merges.append(Merge(kind, old, new, titles[0] if titles else old, len(titles)))
    merges.sort(key=lambda each: (each.kind, each.new, each.old))
    return tuple(_merged(entry, registry) for entry in entries), tuple(merges)


def _headings(entries: Iterable[Entry], kind: TopicKind) -> dict[str, list[str]]:
    """The headings of all updates by slug."""
    headings: dict[str, list[str]] = {}
    for entry in entries:
        of = entry.update
        topic = None if of is None else of.section if kind == "section" else of.project
        if topic is not None:
            headings.setdefault(topic.slug, []).append(topic.title or topic.slug)
    return headings


def _merged(entry: Entry, registry: Registry) -> Entry:
    of = entry.update
    if of is None:
        slugs = (registry.slug("section", slug) for slug in entry.sections)
        sections = tuple(dict.fromkeys(slugs))
        return replace(entry, sections=sections) if sections != entry.sections else entry
    section = of.section and _section(of.section, registry)
    project = of.project and _project(of.project, registry)
    if section == of.section and project == of.project:
        return entry
    return replace(entry, update=replace(of, section=section, project=project))


def _section(section: Section, registry: Registry) -> Section:
    return replace(section, slug=registry.slug("section", section.slug))


def _project(project: Project, registry: Registry) -> Project:
    found = registry.find("project", project.slug)
    if found is None:
        return project
    return replace(project, slug=found.slug, url=project.url or found.website)
