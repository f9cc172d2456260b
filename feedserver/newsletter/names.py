"""What an entry is called, by whom it is, and what is said of it beside its name.

The one place where that is decided, for feeds, pages, lists and frames. The component `<twim-feed>`
goes by the same rules (`entry` in `feedserver/embed/embed.js`); it reads feeds of anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from feedserver.model import Entry, FeedKind, Person, Project, Section, Site
from feedserver.newsletter._inline import runs_of, tidied, title_of, without_permalink
from feedserver.newsletter.registry import EMPTY, Registry
from feedserver.text import html
from feedserver.text.slugs import section_title, without_emoji


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry among others of a feed: `title` says what is new in it beside the feed.

    `about` is the section that it belongs to, unless the title or the feed says that.
    """

    title: str
    about: Section | None = None


def of_section(found: Section, registry: Registry = EMPTY) -> str:
    """A section's name: the registry's, else its heading less "Dept of" and emoji."""
    known = registry.find("section", found.slug)
    return (known and known.title) or section_title(found.title) or found.title or found.slug


def of_project(found: Project, registry: Registry = EMPTY) -> str:
    """A project's name: the registry's, else its heading."""
    known = registry.find("project", found.slug)
    return (known and known.title) or found.title or found.slug


def width(name: str) -> Literal["letter", "brief"] | None:
    """How a name is narrower than what is easily pressed, 24 pixels, if it is."""
    return "letter" if len(name) == 1 else "brief" if len(name) == 2 else None


def without_links(heading: str) -> str | None:
    """The text of a heading that is given as HTML, less the links at its end, if it has any."""
    if "</a>" not in heading:
        return None
    nodes = html.parse(heading)
    runs = without_permalink(runs_of(nodes), nodes[0].id or "")
    name, _ = title_of(runs)
    return name if name != tidied(runs) else None


def heading(section: Section | None, project: Project | None) -> str:
    """What an update is about: "Fractal 5 (Clients)", "Clients", or "Matrix Spec"."""
    name = of_section(section) if section else ""
    if project is None:
        return name
    own = without_emoji(project.title) or of_project(project)
    return f"{own} ({name})" if name else own


def title(section: Section | None, project: Project | None, date: datetime) -> str:
    """An update's title: `heading`, and its issue's date where that was written."""
    return f"{heading(section, project)}, {date.date().isoformat()}"


def shown(entry: Entry, kind: FeedKind | None = None, registry: Registry = EMPTY) -> Shown:
    """What an entry is called in a feed of a kind."""
    of = entry.update
    if of is None:
        return Shown(entry.title)
    project = of_project(of.project, registry) if of.project else None
    if kind == "project":
        return Shown(of.issue.title, of.section)
    if kind == "section":
        return Shown(project or of.issue.title)
    if project:
        return Shown(project, of.section)
    return Shown(of_section(of.section, registry) if of.section else of.issue.title)


def people(entry: Entry, site: Site) -> tuple[Person, ...]:
    """An update's reporters, else the authors."""
    reporters = entry.update.reporters if entry.update else ()
    return tuple(Person(each.name, each.url) for each in reporters) or authors(entry, site)


def authors(entry: Entry, site: Site) -> tuple[Person, ...]:
    """The authors of an entry, without the site, which stands in where there is none."""
    stand_in = Person(site.title, site.url)
    return tuple(person for person in entry.authors if person != stand_in)


def summary(entry: Entry, title: str | None = None) -> str | None:
    """An entry's summary, if it says more than the title that it has, or that is shown."""
    return None if entry.summary in (entry.title, title) else entry.summary
