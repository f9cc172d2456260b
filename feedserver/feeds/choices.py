"""What a person asks of all entries by the form on `/feeds/`, and what there is to choose from.

A form sends its empty fields too, and people write names: both are put right here, and what comes
of it is read as strictly as the parameters of a feed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from feedserver.errors import ParameterError
from feedserver.feeds.index import NETWORK_OF, Index
from feedserver.feeds.parameters import FACETS, WHOLE, Slice, parse
from feedserver.model import Feed, Site
from feedserver.text.slugs import slug_of

Kind = Literal["updates", "posts"]
KINDS: Mapping[Kind, str] = {"updates": "updates/", "posts": ""}
"""The feeds that have all entries of a kind, by their paths below the root of an index."""


@dataclass(frozen=True, slots=True)
class Option:
    """A section, a project, a category or an author."""

    slug: str
    title: str


Options = Mapping[str, tuple[Option, ...]]
"""By facet ("section"): what there is of it, in the order of the catalogue."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which entries are wanted: those of a kind, if one was chosen, and of them a slice.

    `slice` is `None` if nothing was asked for.
    """

    kind: Kind | None
    slice: Slice | None


def options(index: Index) -> Options:
    """All sections, projects, categories and authors that have a feed; the sites of the network."""
    found: dict[str, list[Option]] = {facet: [] for facet in FACETS}
    for feed in index.feeds:
        if feed.kind not in ("section", "project", "term"):
            continue
        # What an archive of others says of its feeds may be anything.
        for facet, slugs in feed.query.items():
            if facet in found and len(feed.query) == len(slugs) == 1:
                found[facet].append(Option(slugs[0], short_title(feed, index.archive.site)))
    if index.is_network:
        found["source"] = list(_sources(index))
    return {facet: tuple(each) for facet, each in found.items()}


def _sources(index: Index) -> Iterable[Option]:
    entries = (*index.posts.entries, *index.updates.entries)
    origins = {entry.origin.title: None for entry in entries if entry.origin}
    titles = {slug_of(title): title for title in origins if title}
    own = index.archive.site.title.removeprefix(NETWORK_OF)
    slugs = {
        slug for order in (index.posts, index.updates) for slug in order.kept.get("source", ())
    }
    return [Option(slug, titles.get(slug, own)) for slug in sorted(slugs)]


def short_title(feed: Feed, site: Site) -> str:
    """A feed's title without the site's, which the catalogue puts behind it."""
    return feed.title.removesuffix(f", {site.title}") or feed.title


def read(parameters: Iterable[tuple[str, str]], known: Options, *, network: bool = False) -> Choice:
    """Read what a form sends, that of the `network` or of the site.

    Raises:
        ParameterError: something isn't understood.
    """
    kind: Kind | None = None
    asked: list[tuple[str, str]] = []
    for name, value in parameters:
        facet = name.removeprefix("not_")
        if not value.strip():
            continue
        if name == "kind":
            kind = _kind(value)
        elif facet in known:
            asked.append((name, _slug(value, known.get(facet, ()))))
        else:
            asked.append((name, value))
    chosen = parse(asked, network=network)
    return Choice(kind, None if chosen == WHOLE and kind is None else chosen)


def _kind(value: str) -> Kind:
    for kind in KINDS:
        if value == kind:
            return kind
    raise ParameterError("kind", "updates or posts")


def _slug(value: str, known: Iterable[Option]) -> str:
    """The slug that is meant: itself, or that of what has this name."""
    name = " ".join(value.split()).casefold()
    slugs = {option.title.casefold(): option.slug for option in known}
    if name in slugs.values():
        return name
    return slugs.get(name) or slug_of(name) or value
