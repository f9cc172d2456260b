"""What templates show of posts, updates, topics and feeds: plain values, nothing of MkDocs.

Addresses are relative to the site's root and percent-encoded, as MkDocs' filter `url` takes them;
those of other sites are absolute. `None` is what isn't known. Texts are plain, but for `excerpt`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from feedserver.embed import rooms
from feedserver.embed.rooms import Told
from feedserver.embed.widget import Layout
from feedserver.feeds.choices import short_title
from feedserver.feeds.index import Index
from feedserver.formats.formats import FORMATS
from feedserver.model import Entry, Feed, Project, Reporter, Section
from feedserver.newsletter import names
from feedserver.newsletter.registry import EMPTY, Registry
from feedserver.newsletter.topics import Topic
from feedserver.text.slugs import project_title, slug_of, slugify
from mkdocs_twim.markup import addresses
from mkdocs_twim.markup.pictures import Picture
from mkdocs_twim.templating.words import Words


@dataclass(frozen=True, slots=True)
class Link:
    """`url` is `None` where there is no page to lead to."""

    title: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms that a post has of a taxonomy."""

    taxonomy: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class AuthorView:
    """An author whom `.authors.yml` describes; `url` is the page of the posts, `website` theirs."""

    title: str
    url: str
    avatar: Picture | None
    description: str | None
    website: str | None


@dataclass(frozen=True, slots=True)
class RelatedLink:
    """A link that a post names as related; one without `url` heads the `links` below it."""

    title: str
    url: str | None
    links: tuple[RelatedLink, ...] = ()


@dataclass(frozen=True, slots=True)
class PostView:
    """A post, as its page and the lists show it.

    `excerpt` is the HTML above the mark `<!-- more -->`, with absolute addresses; `summary` is its
    first sentences. `terms` has every taxonomy that the post has terms of, `authors` those of its
    authors that are described. `readtime` is in minutes. `is_left_out` is of previews.
    """

    title: str
    url: str
    date: datetime | None
    updated: datetime | None
    terms: tuple[Terms, ...]
    picture: Picture | None
    excerpt: str | None
    summary: str | None
    authors: tuple[AuthorView, ...] = ()
    readtime: int | None = None
    pin: bool = False
    draft: bool = False
    is_left_out: bool = False
    links: tuple[RelatedLink, ...] = ()

    def of(self, taxonomy: str) -> tuple[Link, ...]:
        """The post's terms of a taxonomy."""
        return next((terms.links for terms in self.terms if terms.taxonomy == taxonomy), ())


@dataclass(frozen=True, slots=True)
class UpdateView:
    """An update, as the pages of its section and its project show it; `date` is its issue's.

    `title` is its heading, whose version is what is new; `project` has none. `url` is `None` where
    the issue has no page.
    """

    title: str
    url: str | None
    issue: Link
    date: datetime
    section: Link | None
    project: Link | None
    reporters: tuple[Reporter, ...]
    summary: str | None


@dataclass(frozen=True, slots=True)
class TopicView:
    """A section or a project among all of its kind.

    `years` has the number of updates by year, from the site's first issue to its latest.
    """

    title: str
    url: str
    website: str | None
    description: str | None
    updates: int
    issues: int
    first: Link
    first_date: datetime
    latest: Link
    latest_date: datetime
    years: tuple[tuple[int, int], ...]

    @property
    def activity(self) -> str:
        """The years in which there were updates, in words."""
        return ", ".join(f"{year}: {count}" for year, count in self.years if count)

    @property
    def bars(self) -> str:
        """The years as a path of SVG: bars of four units and gaps of one, at most 16 high."""
        most = max(count for _, count in self.years)
        heights = [-(-16 * count // most) for _, count in self.years]
        return "".join(
            f"M{5 * place} 16v-{height}h4v{height}z"
            for place, height in enumerate(heights)
            if height
        )


@dataclass(frozen=True, slots=True)
class TermView:
    """A term among those of its taxonomy; `latest` is its newest post.

    `author` is what is known of the person, if the term is a described author.
    """

    title: str
    url: str
    posts: int
    latest: Link | None
    latest_date: datetime | None
    author: AuthorView | None = None


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry of a feed, as a page shows it that calls `feed`.

    Of an update `title` is its project's, else its section's; where the feed says that, it is that
    of the issue. `authors` are those of posts.
    """

    title: str
    url: str | None
    date: datetime
    summary: str | None
    picture: Picture | None = None
    issue: Link | None = None
    section: Link | None = None
    reporters: tuple[Reporter, ...] = ()
    authors: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class CalledFeed:
    """A feed, as a page shows it that calls `feed`.

    `heading` is what the call names it, `url` the page of all its entries. `layout` is "list",
    "compact" or "cards". `language` is that of another site.
    """

    title: str
    url: str
    heading: str | None
    layout: str
    entries: tuple[EntryView, ...]
    language: str | None = None


@dataclass(frozen=True, slots=True)
class EmbedView:
    """What another site needs to show a feed; all addresses are absolute.

    `title` and `url` are those of the feed and its page, `script` that of the web component, which
    shows `feed`, `page` one for a frame, and `picture` one of the latest entries. `heights` are
    those of a frame: by layout what each entry takes, and what stands around all.
    """

    title: str
    url: str
    script: str
    feed: str
    page: str
    picture: str
    heights: Mapping[Layout, tuple[int, int]]

    @property
    def json(self) -> str:
        """All of it, for the script."""
        return json.dumps(asdict(self), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class FeedView:
    """A feed; `formats` are its three documents, each with the name of its format.

    `rooms` is what bots are told to post it into a Matrix room. `embed` is there where a server of
    the site is known.
    """

    title: str
    description: str
    url: str
    entries: int
    formats: tuple[Link, ...]
    rooms: tuple[Told, ...]
    embed: EmbedView | None = None


def relative(address: str, site_url: str) -> str:
    """An absolute address of the site, relative to its root; that of the root is "."."""
    return address.removeprefix(site_url) or "." if address.startswith(site_url) else address


def term_links(taxonomy: str, terms: Iterable[str]) -> Terms:
    """The terms of a post, each once, with the pages that they have."""
    found: dict[str, str] = {}
    for term in terms:
        found.setdefault(slug_of(term), term)
    folder = slugify(taxonomy)
    return Terms(taxonomy, tuple(Link(name, f"{folder}/{slug}/") for slug, name in found.items()))


def linked(post: PostView, pages: Collection[str]) -> PostView:
    """A post whose terms lead to none but `pages`."""

    def link(to: Link) -> Link:
        return to if to.url in pages else Link(to.title, None)

    terms = (replace(of, links=tuple(map(link, of.links))) for of in post.terms)
    return replace(post, terms=tuple(terms))


def issue_date(entry: Entry) -> datetime:
    """The date of an update's issue."""
    return entry.published - timedelta(seconds=entry.update.position if entry.update else 0)


def section_link(found: Section, registry: Registry = EMPTY) -> Link:
    """A section's page, and its name."""
    return Link(names.of_section(found, registry), _url("section", found.slug))


def project_link(found: Project, registry: Registry = EMPTY) -> Link:
    """A project's page, and its name, which is without a version."""
    known = registry.find("project", found.slug)
    name = (known and known.title) or project_title(names.of_project(found))
    return Link(name, _url("project", found.slug))


def update(entry: Entry, site_url: str, pageless: Collection[str] = ()) -> UpdateView:
    """An update, which the entry must be; `pageless` are the ids of issues without a page."""
    of = entry.update
    assert of is not None
    linked = of.issue.id not in pageless
    section = section_link(of.section) if of.section else None
    return UpdateView(
        title=names.of_project(of.project) if of.project else section.title if section else "",
        url=relative(entry.url, site_url) if linked else None,
        issue=Link(of.issue.title, relative(of.issue.url, site_url) if linked else None),
        date=issue_date(entry),
        section=section,
        project=project_link(of.project) if of.project else None,
        reporters=of.reporters,
        summary=names.summary(entry),
    )


def topic(found: Topic, folder: str, years: range, updates: Mapping[str, UpdateView]) -> TopicView:
    """A section or project; `folder` is "section" or "project", `updates` are all by id."""
    by_year = dict.fromkeys(years, 0)
    for entry in found.updates:
        by_year[updates[entry.id].date.year] += 1
    first, latest = updates[found.updates[-1].id], updates[found.updates[0].id]
    return TopicView(
        title=found.title,
        url=_url(folder, found.slug),
        website=found.website,
        description=found.description,
        updates=len(found.updates),
        issues=len(found.issues),
        first=Link(first.issue.title, first.url),
        first_date=first.date,
        latest=Link(latest.issue.title, latest.url),
        latest_date=latest.date,
        years=tuple(by_year.items()),
    )


def feed(found: Feed, index: Index, words: Words, embed: EmbedView | None = None) -> FeedView:
    """A feed of the site; its title is without the site's."""
    site = index.archive.site
    name = {"posts": "all_posts", "updates": "all_updates"}.get(found.kind)
    return FeedView(
        title=words.text(name) if name else short_title(found, site),
        description=found.description,
        url=found.page[1:] or ".",
        entries=len(index.entries(found)),
        formats=tuple(
            Link(form.name.removesuffix(" Feed"), found.path[1:] + file)
            for file, form in FORMATS.items()
        ),
        rooms=rooms.of(found, site.url),
        embed=embed,
    )


def _url(folder: str, slug: str) -> str:
    return addresses.url(f"/{folder}/{slug}/")
