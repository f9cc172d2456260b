"""What our pages show of feeds and entries, as plain values for templates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from babel import Locale
from babel.dates import format_date
from markupsafe import Markup

from feedserver.feeds.catalogue import (
    GROUPS,
    feed_address,
    in_order,
    page_address,
    taxonomy_of,
)
from feedserver.feeds.choices import Options, short_title
from feedserver.feeds.index import Index
from feedserver.feeds.parameters import WHOLE, Slice
from feedserver.formats.formats import FORMATS
from feedserver.model import Entry, Feed, FeedKind, Site
from feedserver.newsletter import names
from feedserver.pages.excerpts import Words, around, marked
from feedserver.text.html import sanitised_text
from feedserver.text.slugs import project_title, slug_of

LONG_GROUP = 150
"""A group of more feeds shows their names alone."""


@dataclass(frozen=True, slots=True)
class Link:
    text: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Day:
    """A date for machines, and as the language of the site writes it."""

    iso: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """An entry in a list. `people` are an update's reporters, or a post's authors.

    In `title` and `summary` the words of a search are marked.
    """

    title: Markup
    url: str
    date: Day
    summary: Markup
    people: tuple[Link, ...]
    is_update: bool
    section: Link | None
    project: Link | None
    tags: tuple[Link, ...]
    source: Link | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """One of the three formats of a feed, to be subscribed to."""

    file: str
    name: str
    media_type: str
    url: str


@dataclass(frozen=True, slots=True)
class Row:
    """A feed in the catalogue; `path` is relative to the server.

    The feeds of all posts and of all updates have no title of their own.
    """

    kind: FeedKind
    title: str | None
    path: str
    count: int
    date: Day

    @property
    def folder(self) -> str:
        """Where its three files are."""
        return self.path.rpartition("/")[0] + "/" if "/" in self.path else ""


@dataclass(frozen=True, slots=True)
class Group:
    """Feeds of one kind; of terms, those of one taxonomy. `is_long`: names alone are shown.

    `name` is that of its words, or empty of terms.
    """

    name: str
    taxonomy: str | None
    rows: tuple[Row, ...]

    @property
    def is_long(self) -> bool:
        return len(self.rows) > LONG_GROUP


@dataclass(frozen=True, slots=True)
class Filter:
    """What a slice asks of a facet: any of these names, or none of them."""

    facet: str
    negated: bool
    names: tuple[str, ...]


def card(
    entry: Entry, index: Index, prefix: str, locale: Locale, words: Words | None = None
) -> Card:
    """An entry as a list shows it; `prefix` is the path of the server.

    Where `words` were searched for, it shows where they stand.
    """
    update = entry.update
    section = project = None
    if update is not None and update.section is not None:
        title = names.of_section(update.section)
        section = _topic(title, f"section/{update.section.slug}/", index, prefix)
    if update is not None and update.project is not None:
        title = project_title(names.of_project(update.project))
        project = _topic(title, f"project/{update.project.slug}/", index, prefix)
    return Card(
        title=marked(entry.title, words),
        url=entry.url,
        date=day(entry, locale),
        summary=marked(_summary(entry, words), words),
        people=tuple(
            Link(person.name, person.url) for person in names.people(entry, index.archive.site)
        ),
        is_update=bool(update and update.reporters),
        section=section,
        project=project,
        tags=()
        if update
        else tuple(_topic(tag, f"category/{slug_of(tag)}/", index, prefix) for tag in entry.tags),
        source=_source(entry) if index.is_network else None,
    )


def _source(entry: Entry) -> Link | None:
    """The site of a peer's entry."""
    origin = entry.origin
    return Link(origin.title, origin.url) if origin and origin.title else None


def _summary(entry: Entry, words: Words | None) -> str:
    if words and around(entry.summary, words) is None:
        found = around(sanitised_text(entry.content or ""), words)
        if found is not None:
            return found
    return names.summary(entry) or ""


def _topic(title: str, path: str, index: Index, prefix: str) -> Link:
    """What an entry belongs to: by the name of its feed if it has one, else by this title."""
    feed = index.feed_at(f"{index.root}{path}")
    if feed is None:
        return Link(title, None)
    return Link(short_title(feed, index.archive.site), f"{prefix}{feed.path[1:]}atom.xml")


def day(entry: Entry, locale: Locale) -> Day:
    """When an entry was published."""
    text = format_date(entry.published, "long", locale=locale)
    return Day(entry.published.isoformat(), text)


def addresses(feed: Feed, base: str, part: Slice) -> tuple[Address, ...]:
    """The addresses of a feed, or of a slice of it, in the three formats."""
    query = part.query_string()
    return tuple(
        Address(
            file,
            form.name,
            form.media_type,
            feed_address(base, feed, file) + (f"?{query}" if query else ""),
        )
        for file, form in FORMATS.items()
    )


def of_site(index: Index, base: str, own: Feed | None = None) -> tuple[Address, ...]:
    """The feed of all posts, which every page names behind its own."""
    feed = index.feed_at(index.root)
    return addresses(feed, base, WHOLE) if feed and feed is not own else ()


def groups(index: Index, locale: Locale) -> tuple[Group, ...]:
    """All feeds, as the catalogue groups them."""
    found: dict[tuple[str, str | None], list[Row]] = {}
    for feed in in_order(index.feeds):
        is_all = feed.kind in ("posts", "updates")
        rows = found.setdefault((GROUPS[feed.kind].served, taxonomy_of(feed)), [])
        entries = index.entries(feed)
        rows.append(
            Row(
                kind=feed.kind,
                title=None if is_all else short_title(feed, index.archive.site),
                path=f"{feed.path[1:]}atom.xml",
                count=len(entries),
                date=day(max(entries, key=lambda entry: entry.published), locale),
            )
        )
    return tuple(Group(*key, tuple(rows)) for key, rows in found.items())


def filters(part: Slice, known: Options) -> tuple[Filter, ...]:
    """What a slice takes and leaves, by names."""
    found = []
    for facet in known:
        names = {option.slug: option.title for option in known.get(facet, ())}
        for negated in (False, True):
            slugs: Iterable[str] = part.query.get(f"not_{facet}" if negated else facet, ())
            if chosen := tuple(names.get(slug, slug) for slug in slugs):
                found.append(Filter(facet, negated, chosen))
    return tuple(found)


def home(feed: Feed, site: Site, base: str, path: str) -> str | None:
    """The page of a feed on its site, unless it is the page at a path of this server."""
    address = page_address(site.url, feed, base)
    return None if address == f"{base}{path}" else address
