"""What stands on each of the generated pages: posts, terms, updates, topics, feeds, in pages.

Decided here, apart from MkDocs' files and pages: a site's posts and feeds become listings, each
with an address, a title, and the values of its template.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import TypeVar

from feedserver.feeds.catalogue import GROUPS
from feedserver.feeds.index import Index, newest
from feedserver.newsletter import topics
from feedserver.newsletter.registry import EMPTY, Registry
from feedserver.text.slugs import slugify
from mkdocs_twim.markup import addresses
from mkdocs_twim.templating import views
from mkdocs_twim.templating.server import Server
from mkdocs_twim.templating.views import AuthorView, FeedView, Link, PostView, TermView, UpdateView
from mkdocs_twim.templating.words import Words

UPDATES_A_PAGE = 20

_PLURALS = {"author": "authors", "category": "categories", "tag": "tags"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pager:
    """Where a page stands in its list; `links` are the pages near it, `None` stands for a gap."""

    number: int
    count: int
    previous: str | None
    next: str | None
    links: tuple[Link | None, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A generated page: `template` is its file below `twim/parts`, `values` what that shows.

    `address` is relative to the site ("/blog/page/2/"); `first` is that of the list's first page,
    if it has several. Of one of posts `old` is the address that Zola gives that page, too (zola.md
    Z7.1). `anchors` are the ids and titles of its parts, for the table of contents.
    Of a section or a project `kind` says which it is, and `latest` is the date of its newest issue.
    """

    address: str
    template: str
    title: str
    values: Mapping[str, object] = field(default_factory=dict)
    feed: FeedView | None = None
    pager: Pager | None = None
    first: str = ""
    old: str = ""
    anchors: tuple[tuple[str, str], ...] = ()
    kind: str = ""
    latest: datetime | None = None


@dataclass(frozen=True, slots=True)
class PostList:
    """A list of posts: its address, title and posts, how many stand on a page (0: all).

    `path` is what stands before the number of a page in its address.
    """

    address: str
    title: str
    posts: tuple[PostView, ...]
    size: int
    path: str = "page"


@dataclass(frozen=True, slots=True)
class IssueUpdates:
    """The updates of one issue that stand in a list."""

    id: str
    issue: Link
    date: datetime
    updates: tuple[UpdateView, ...]


@dataclass(frozen=True, slots=True)
class FeedGroup:
    id: str
    title: str
    feeds: tuple[FeedView, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a site's lists are laid out.

    `lists` are the lists of posts, that of the blog first; `home` is whether that is the home page.
    `taxonomies` has the page size of each, by name; 0 is all. `words` are those of titles. `server`
    is where feeds can be had to be embedded.
    """

    lists: Sequence[PostList]
    taxonomies: Mapping[str, int]
    home: bool
    words: Words
    server: Server | None = None


def build(
    posts: Sequence[PostView],
    undated: Sequence[PostView],
    terms: Mapping[str, Mapping[str, str]],
    index: Index,
    layout: Layout,
    pageless: Collection[str] = (),
    registry: Registry = EMPTY,
    authors: Mapping[str, AuthorView] = {},
) -> Iterator[Listing]:
    """Yield all generated pages of a site.

    `posts` are in the order of lists, newest first; `undated` are on the pages of their terms
    alone. `terms` has the name of each term by slug, by taxonomy. `pageless` are the ids of posts
    that are in feeds and have no page. `registry` names and orders sections and projects.
    `authors` are those that are described, by their pages.
    """
    words = layout.words
    site, server = index.archive.site, layout.server
    feeds = {
        feed.path: views.feed(feed, index, words, server.embed(feed, site) if server else None)
        for feed in index.feeds
    }
    first, *others = layout.lists
    years = _years(posts, first, words)
    values = {
        "browse": _browse(terms, index, words),
        "years": [Link(year, addresses.url(of.address)) for year, of in years.items()],
    }
    pinned = tuple(sorted(first.posts, key=lambda post: not post.pin))
    blog = list(_posts(replace(first, posts=pinned), feeds.get("/"), values))
    yield from blog
    if layout.home and first.address != "/":
        yield replace(blog[0], address="/", title=index.archive.site.title)
    for each in others:
        yield from _posts(each, None)
    for each in years.values():
        # Zola has none of these.
        yield from (replace(page, old="") for page in _posts(each, None))
    for taxonomy, names in terms.items():
        described = authors if taxonomy == "author" else {}
        yield from _taxonomy(taxonomy, names, [*posts, *undated], layout, feeds, described)
    yield from _topics(index, feeds, words, pageless, registry)
    yield from _named(index, posts, feeds)
    yield _catalogue(index, feeds, tuple(terms), words)


def called(taxonomy: str, words: Words) -> str:
    """A taxonomy's name as the title of the list of its terms."""
    name = _PLURALS.get(taxonomy)
    return words.text(name) if name else taxonomy[:1].upper() + taxonomy[1:]


def first_pages(found: Iterable[Listing]) -> dict[str, str]:
    """The addresses that Zola gives the first pages of lists of posts, and where those are."""
    return {
        f"/{addresses.url(each.old)}": f"/{addresses.url(each.first)}" for each in found if each.old
    }


def pages(
    items: Sequence[T], size: int, address: str, path: str = "page"
) -> Iterator[tuple[str, Pager, Sequence[T]]]:
    """Cut a list into pages: address, place, items; at least one page, and all on it if 0."""
    size = size or max(1, len(items))
    count = max(1, -(-len(items) // size))
    for number in range(1, count + 1):
        near = sorted({1, count, *range(max(1, number - 1), min(count, number + 1) + 1)})
        links: list[Link | None] = []
        for before, each in zip([0, *near], near, strict=False):
            if each - before == 2:
                links.append(_page_link(address, path, before + 1))
            elif each - before > 2:
                links.append(None)
            links.append(_page_link(address, path, each))
        pager = Pager(
            number,
            count,
            _page_link(address, path, number - 1).url if number > 1 else None,
            _page_link(address, path, number + 1).url if number < count else None,
            tuple(links),
        )
        yield (
            addresses.paged(address, number, path),
            pager,
            items[(number - 1) * size : number * size],
        )


def _page_link(address: str, path: str, number: int) -> Link:
    return Link(str(number), addresses.url(addresses.paged(address, number, path)) or ".")


def _posts(
    of: PostList, feed: FeedView | None, more: Mapping[str, object] = {}
) -> Iterator[Listing]:
    rendered = tuple(post for post in of.posts if not post.is_left_out)
    rest = tuple(post for post in of.posts if post.is_left_out)
    for at, pager, shown in pages(rendered, of.size, of.address, of.path):
        listed = rest if pager.number == pager.count else ()
        values = {"posts": shown, "listed": listed, "total": len(of.posts), **more}
        # A list with all its posts on one page has no others in Zola, and no first one.
        old = addresses.later(of.address, of.path) + "1/" if pager.number == 1 and of.size else ""
        yield Listing(at, "posts.html", of.title, values, feed, pager, of.address, old)


def _years(posts: Sequence[PostView], blog: PostList, words: Words) -> dict[str, PostList]:
    """A list of the posts of each year, newest first, where Material's blog has it."""
    years: dict[str, list[PostView]] = {}
    for post in posts:
        if post.date:
            years.setdefault(f"{post.date.year:04}", []).append(post)
    return {
        year: PostList(
            f"{blog.address}archive/{year}/",
            words.text("archive_year", year=year),
            tuple(years[year]),
            blog.size,
            blog.path,
        )
        for year in sorted(years, reverse=True)
    }


def _browse(terms: Mapping[str, Mapping[str, str]], index: Index, words: Words) -> list[Link]:
    """Where else a site's posts can be found."""
    links = [
        Link(called(name, words), f"{slugify(name)}/") for name, names in terms.items() if names
    ]
    if any(entry.update for entry in index.archive.entries):
        folders = (("sections", "section/"), ("projects", "project/"), ("updates", "updates/"))
        links += [Link(words.text(name), folder) for name, folder in folders]
    return links


def _taxonomy(
    taxonomy: str,
    names: Mapping[str, str],
    posts: Sequence[PostView],
    layout: Layout,
    feeds: Mapping[str, FeedView],
    authors: Mapping[str, AuthorView],
) -> Iterator[Listing]:
    folder, size = f"/{slugify(taxonomy)}/", layout.taxonomies[taxonomy]
    by_url: dict[str, list[PostView]] = {}
    for post in posts:
        for terms in post.terms:
            if terms.taxonomy == taxonomy:
                for link in terms.links:
                    by_url.setdefault(link.url or "", []).append(post)
    shown = []
    for slug, name in names.items():
        address = f"{folder}{slug}/"
        found = by_url.get(address[1:], [])
        author = authors.get(address[1:])
        on_page = PostList(address, name, tuple(found), size)
        yield from _posts(on_page, feeds.get(address), {"author": author})
        latest = next((post for post in found if post.date), None)
        shown.append(
            TermView(
                name,
                address[1:],
                len(found),
                Link(latest.title, latest.url) if latest else None,
                latest.date if latest else None,
                author,
            )
        )
    title = called(taxonomy, layout.words)
    yield Listing(folder, "terms.html", title, {"terms": tuple(shown)})


def _topics(
    index: Index,
    feeds: Mapping[str, FeedView],
    words: Words,
    pageless: Collection[str],
    registry: Registry,
) -> Iterator[Listing]:
    entries = index.archive.entries
    site_url = index.archive.site.url
    years = [views.issue_date(entry).year for entry in entries if entry.update]
    span = range(min(years), max(years) + 1) if years else range(0)
    # Each stands on several pages.
    views_by_id = {
        entry.id: views.update(entry, site_url, pageless) for entry in entries if entry.update
    }
    for folder, title, found in (
        ("section", words.text("sections"), topics.sections(entries, registry)),
        ("project", words.text("projects"), topics.projects(entries, registry)),
    ):
        shown = [views.topic(topic, folder, span, views_by_id) for topic in found]
        by_name = [topic.slug for topic in found] == sorted(topic.slug for topic in found)
        of_all = {"topics": shown, "kind": folder, "by_name": by_name}
        yield Listing(f"/{folder}/", "topics.html", title, of_all)
        for topic, view in zip(found, shown, strict=True):
            address = f"/{folder}/{topic.slug}/"
            values = {"kind": folder, "topic": view}
            for at, pager, part in pages(topic.updates, UPDATES_A_PAGE, address):
                found_views = [views_by_id[entry.id] for entry in part]
                listing = _updates(at, topic.title, found_views, feeds.get(address), pager, values)
                yield replace(listing, first=address, kind=folder, latest=view.latest_date)
    updates = tuple(entry for entry in entries if entry.update)
    latest = newest(updates, UPDATES_A_PAGE)
    found_views = [views_by_id[entry.id] for entry in latest]
    older = len(updates) if len(latest) < len(updates) else 0
    values = {"total": older}
    title = words.text("updates")
    yield _updates("/updates/", title, found_views, feeds.get("/updates/"), None, values)


def _updates(
    address: str,
    title: str,
    shown: Sequence[UpdateView],
    feed: FeedView | None,
    pager: Pager | None,
    values: Mapping[str, object],
) -> Listing:
    """A list of updates, by issue."""
    groups = []
    issues = groupby(shown, lambda update: (update.date, update.issue))
    for number, (_, updates) in enumerate(issues, 1):
        found = tuple(updates)
        groups.append(IssueUpdates(f"twim-issue-{number}", found[0].issue, found[0].date, found))
    anchors = tuple((group.id, group.issue.title) for group in groups)
    shown_values = {"groups": groups, **values}
    return Listing(address, "updates.html", title, shown_values, feed, pager, anchors=anchors)


def _named(
    index: Index, posts: Sequence[PostView], feeds: Mapping[str, FeedView]
) -> Iterator[Listing]:
    """A page for each named feed: what it is, and the posts that stand in it."""
    site_url = index.archive.site.url
    by_url = {post.url: post for post in posts}
    for feed in index.feeds:
        if feed.kind == "named":
            entries = newest(index.entries(feed), index.archive.feed_limit)
            urls = [views.relative(entry.url, site_url) for entry in entries]
            shown = [by_url[url] for url in urls if url in by_url]
            values = {"posts": shown, "total": len(index.entries(feed)), "about": feed.description}
            view = feeds[feed.path]
            yield Listing(feed.page, "posts.html", view.title, values, view)


def _catalogue(
    index: Index, feeds: Mapping[str, FeedView], taxonomies: Sequence[str], words: Words
) -> Listing:
    groups: dict[tuple[str, str], list[FeedView]] = {}
    titles = {slugify(taxonomy): called(taxonomy, words) for taxonomy in taxonomies}
    for feed in index.feeds:
        folder, name = feed.path.split("/")[1], GROUPS[feed.kind].site
        key = "site" if name == "posts" else folder
        group = (key, words.text(name) if name else titles[folder])
        groups.setdefault(group, []).append(feeds[feed.path])
    found = tuple(
        FeedGroup(f"twim-feeds-{key}", title, tuple(shown))
        for (key, title), shown in groups.items()
    )
    anchors = tuple((group.id, group.title) for group in found)
    values = {"groups": found, "total": len(feeds)}
    title = words.text("feeds")
    return Listing("/feeds/", "catalogue.html", title, values, anchors=anchors)
