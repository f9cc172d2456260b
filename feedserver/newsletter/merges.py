"""Updates under headings that the registry knows for one section or project become its own.

A project's history stays one page and one feed when its heading changes. One that leads to the
website of a registered project is that project, unless the heading's words name another. Titles
stay as the headings have them, and so do ids and dates; what changes is the slug, and the website
of a project whose heading leads nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from feedserver.model import Entry, Project, Section
from feedserver.newsletter.registry import SLUGS, Registered, Registry, TopicKind


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
    registry = _with_websites(entries, registry)
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


def _with_websites(entries: Iterable[Entry], registry: Registry) -> Registry:
    """The registry with the slugs of headings that lead to the website of one of its projects."""
    known = registry.by_slug.get("project", {})
    sites: dict[str, set[str]] = {}
    for each in known.values():
        if each.website:
            sites.setdefault(_site(each.website), set()).add(each.slug)
    found = dict(known)
    for entry in entries:
        project = entry.update.project if entry.update else None
        if project is None or not project.url or project.slug in found:
            continue
        slugs = sites.get(_site(project.url), set())
        # Several that share a website are told apart by their words alone.
        own = next(iter(slugs)) if len(slugs) == 1 else None
        if own and not _names_another(project.slug, own, known):
            found[project.slug] = known[own]
    return Registry({**registry.by_slug, "project": found}) if len(found) > len(known) else registry


def _site(address: str) -> str:
    """An address as far as it tells of which website it is."""
    address = address.partition("#")[0].casefold().partition("://")[2]
    return address.removeprefix("www.").rstrip("/").removesuffix(".git")


def _names_another(slug: str, own: str, known: Mapping[str, Registered]) -> bool:
    """Whether words of a slug are those of another project than `own`."""
    words = f"-{slug}-"
    for name in sorted(known, key=len, reverse=True):
        if f"-{name}-" in words:
            if known[name].slug != own:
                return True
            words = words.replace(f"-{name}-", "--")
    return False


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
