"""Which feeds a site has, what they are called, and where they are.

The one place where the addresses of feeds are made. The catalogue itself comes as `feeds.json`,
for programs, and as `feeds.opml` (OPML 2.0), for feed readers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from feedserver.errors import CatalogueError
from feedserver.feeds.index import NETWORK, Index
from feedserver.feeds.terms import former_slugs, terms_of
from feedserver.formats import opml
from feedserver.formats.formats import FORMATS
from feedserver.model import TAXONOMIES, Entry, Feed, FeedKind, Query, Site
from feedserver.newsletter import topics
from feedserver.newsletter.merges import Merge
from feedserver.newsletter.registry import EMPTY, Registry
from feedserver.text.slugs import slug_of, slugify

RESERVED = frozenset(
    "blog section project updates feeds archive embed oembed hub callback network healthz metrics"
    " page".split()
)
"""What neither a taxonomy nor a named feed may be called."""
JSON = "feeds.json"
OPML = "feeds.opml"
"""The files of the catalogue, for programs and for feed readers."""


@dataclass(frozen=True, slots=True)
class Group:
    """Where the feeds of a kind stand: in `feeds.opml`, on the server's page, on the site's.

    These are the title there, and the names of words here; terms are named by their taxonomy.
    """

    outline: str
    served: str = ""
    site: str = ""


GROUPS: Mapping[FeedKind, Group] = {
    "posts": Group("Posts", "group_all", "posts"),
    "updates": Group("Updates", "group_all", "posts"),
    "named": Group("Selections", "group_named", "posts"),
    "section": Group("Sections", "group_section", "sections"),
    "project": Group("Projects", "group_project", "projects"),
    "term": Group("Terms"),
}
"""By kind of feed, in the order of all catalogues."""


@dataclass(frozen=True, slots=True)
class NamedFeed:
    """A feed of posts that a site's settings name; `name` is the folder."""

    name: str
    title: str
    description: str | None = None
    query: Query = field(default_factory=dict)


def feeds(
    entries: Sequence[Entry],
    site: Site,
    *,
    page: str = "/blog/",
    taxonomies: Iterable[str] = TAXONOMIES,
    named: Iterable[NamedFeed] = (),
    registry: Registry = EMPTY,
) -> tuple[Feed, ...]:
    """List the feeds of a site: all posts, all updates, the named, then each section and so on.

    `page` is where the posts are listed; `taxonomies` those whose terms have feeds.
    `registry` names and orders sections and projects.

    Raises:
        CatalogueError: a taxonomy or a named feed has a reserved name, or two have one.
    """
    title, description = site.title, site.description
    taxonomies, named = tuple(taxonomies), tuple(named)
    check_names([*(slugify(name) for name in taxonomies), *(feed.name for feed in named)])
    result = [
        Feed("/", title, description, "posts", page),
        Feed("/updates/", f"Updates, {title}", f"All updates of {title}", "updates", "/updates/"),
    ]
    for feed in named:
        path = f"/{feed.name}/"
        text = feed.description or f"{feed.title}, from {title}"
        result.append(Feed(path, feed.title, text, "named", path, feed.query))
    for topic in topics.sections(entries, registry):
        about = topic.description
        result.append(_feed("section", "section", topic.slug, topic.title, title, about))
    for topic in topics.projects(entries, registry):
        about = topic.description
        result.append(_feed("project", "project", topic.slug, topic.title, title, about))
    for taxonomy in taxonomies:
        for slug, term in _terms(entries, taxonomy, site):
            result.append(_feed("term", taxonomy, slug, term, title))
    return tuple(result)


def in_order(feeds: Iterable[Feed], taxonomies: Sequence[str] = ()) -> list[Feed]:
    """Feeds by kind; those of terms by taxonomy too, if `taxonomies` are given."""
    kinds = list(GROUPS)
    places = {name: place for place, name in enumerate(taxonomies)}

    def key(feed: Feed) -> tuple[int, int]:
        return (kinds.index(feed.kind), places.get(taxonomy_of(feed) or "", len(places)))

    return sorted(feeds, key=key)


def taxonomy_of(feed: Feed) -> str | None:
    """The taxonomy whose term a feed is of."""
    return next(iter(feed.query), None) if feed.kind == "term" else None


def redirects(merges: Iterable[Merge]) -> dict[str, str]:
    """The page and the feeds of what was joined to another, each with that of the other."""
    return {
        f"/{each.kind}/{each.old}/{file}": f"/{each.kind}/{each.new}/{file}"
        for each in merges
        for file in ("", *FORMATS)
    }


def former(names: Mapping[str, Iterable[tuple[str, str]]], feeds: Iterable[Feed]) -> dict[str, str]:
    """The page and the feeds of slugs without words for signs, each with that which it leads to.

    `names` are slugs and their names, by parameter. Of several the first has the address.
    """
    paths = {feed.path for feed in feeds}
    found: dict[str, str] = {}
    for parameter, leads in former_slugs(names).items():
        for old, (new, *_) in leads.items():
            folder = f"/{slugify(parameter)}"
            files = ("", *FORMATS) if f"{folder}/{new}/" in paths else ("",)
            found |= {f"{folder}/{old}/{file}": f"{folder}/{new}/{file}" for file in files}
    return found


def feed_address(base: str, feed: Feed, file: str) -> str:
    """The absolute address of a feed's file; `base` ends in a slash."""
    return f"{base}{feed.path[1:]}{file}"


def page_address(site: str, feed: Feed, base: str | None = None) -> str:
    """The absolute address of the page of a feed, on its site; of the network, below `base`.

    Both end in a slash.
    """
    there = base if base and feed.path.startswith(NETWORK) else site
    return f"{there}{feed.page[1:]}"


def to_json(index: Index, base: str) -> bytes:
    """Write `feeds.json`: each feed that has an entry, with absolute addresses."""
    items = []
    for feed in index.feeds:
        entries = index.entries(feed)
        items.append(
            {
                "path": feed.path,
                "title": feed.title,
                "description": feed.description,
                "kind": feed.kind,
                "page": page_address(index.archive.site.url, feed, base),
                "count": len(entries),
                "updated": index.updated(feed).isoformat(),
                "formats": {
                    form.key: feed_address(base, feed, file) for file, form in FORMATS.items()
                },
            }
        )
    document = {"version": 1, "feeds": items}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def to_opml(index: Index, base: str) -> bytes:
    """Write `feeds.opml`: the same feeds, as Atom, in groups."""
    home = index.archive.site.url
    groups: dict[str, list[opml.Outline]] = {group.outline: [] for group in GROUPS.values()}
    for feed in index.feeds:
        address = feed_address(base, feed, "atom.xml")
        outline = (feed.title, address, page_address(home, feed, base), feed.description)
        groups[GROUPS[feed.kind].outline].append(outline)
    present = [(name, outlines) for name, outlines in groups.items() if outlines]
    return opml.serialise(index.archive.site.title, present)


def term_names(posts: Iterable[Iterable[str]]) -> dict[str, str]:
    """The name of each term by slug; each item of `posts` is what one post has.

    Of equal slugs the smallest spelling names it, as in Zola, and not the newest: a name that
    doesn't change with each post. A term of signs alone has no slug, and so no address.
    """
    names: dict[str, str] = {}
    for terms in posts:
        for term in terms:
            if slug := slug_of(term):
                names[slug] = min(names.get(slug, term), term)
    return names


def _feed(
    kind: FeedKind,
    parameter: str,
    slug: str,
    name: str,
    site_title: str,
    about: str | None = None,
) -> Feed:
    path = f"/{slugify(parameter)}/{slug}/"
    what = {"section": "The section", "project": "The project"}.get(kind, parameter.capitalize())
    return Feed(
        path=path,
        title=f"{name}, {site_title}",
        description=about or f"{what} {name} of {site_title}",
        kind=kind,
        page=path,
        query={parameter: (slug,)},
    )


def check_names(names: Sequence[str]) -> None:
    """See that taxonomies and named feeds, whose slugs these are, have folders of their own.

    Raises:
        CatalogueError: a name is reserved, or two are the same.
    """
    for position, name in enumerate(names):
        if name in RESERVED or not name:
            raise CatalogueError(f"a taxonomy or named feed can't be called {name!r}")
        if name in names[:position]:
            raise CatalogueError(f"two taxonomies or named feeds are called {name!r}")


def _terms(entries: Iterable[Entry], taxonomy: str, site: Site) -> list[tuple[str, str]]:
    """Slug and name of a taxonomy's terms, by slug."""
    posts = (entry for entry in entries if entry.update is None)
    return sorted(term_names(terms_of(post, site).get(taxonomy, ()) for post in posts).items())
