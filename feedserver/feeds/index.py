"""Which entries a feed has, in which order, and where it is cut.

The parameters are the contract's: `category`, `author`, `section`, `project`, the name of any
other taxonomy, and each of them with `not_` before it. Several values of one parameter mean any
of them; several parameters mean all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Protocol

from feedserver.errors import EntryNotFoundError
from feedserver.feeds.orders import Order, after, order, positions
from feedserver.feeds.parameters import WHOLE, Slice
from feedserver.feeds.terms import former_slugs, names_of, terms_of
from feedserver.model import Archive, Entry, Feed, Query, Site
from feedserver.newsletter.order import feed_order
from feedserver.text.slugs import slug_of

NETWORK = "/network/"
"""The folder of the feeds of a site and its peers together; their pages are the server's."""

NETWORK_OF = "Network of "
"""What its title begins with, before the site's."""

UPDATE_FEEDS = frozenset({"updates", "section", "project"})
"""The kinds of feeds that hold updates; the others hold posts."""


def newest(entries: tuple[Entry, ...], limit: int) -> tuple[Entry, ...]:
    """Cut a feed's entries, which are in its order, to `limit`; 0 keeps all.

    A feed of updates never cuts an issue, and has all of its two newest issues: bots see only
    what stands in a feed when they poll.
    """
    return _cut(iter(entries), limit, whole=True).entries


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries of a feed, in its order; `next` is the `before` of what follows, if anything."""

    entries: tuple[Entry, ...]
    next: str | None = None


class Search(Protocol):
    """Finds entries by their text."""

    def __call__(self, text: str, *, updates: bool, behind: int) -> Iterable[int]:
        """The positions, ascending, of the entries behind one that have all the words."""


class Index:
    """An archive, prepared to be asked for the entries of its feeds.

    `posts` and `updates` are given by who has them prepared.
    """

    def __init__(
        self, archive: Archive, posts: Order | None = None, updates: Order | None = None
    ) -> None:
        self.archive = archive
        self._feeds = {feed.path: feed for feed in archive.feeds}
        self._entries: dict[str, tuple[Entry, ...]] = {}
        if posts is not None and updates is not None:
            self.posts, self.updates = posts, updates

    @property
    def root(self) -> str:
        """The folder that all its feeds stand in: `/`, or that of the network."""
        return NETWORK if NETWORK in self._feeds and "/" not in self._feeds else "/"

    @property
    def is_network(self) -> bool:
        """Whether it is that of a site and its peers."""
        return self.root == NETWORK

    @cached_property
    def posts(self) -> Order:
        """All posts."""
        return order(self._sorted_posts, self._facets)

    @cached_property
    def updates(self) -> Order:
        """All updates."""
        return order(self._sorted_updates, self._facets)

    def order_of(self, feed: Feed) -> Order:
        """The order that a feed is part of."""
        return self.updates if feed.kind in UPDATE_FEEDS else self.posts

    def feed_at(self, path: str) -> Feed | None:
        """The feed whose folder is `path` ("/section/clients/"), if it has an entry."""
        feed = self._feeds.get(path)
        return feed if feed is not None and self._has_entries(feed) else None

    @cached_property
    def feeds(self) -> tuple[Feed, ...]:
        """The feeds that have at least one entry, in the archive's order."""
        return tuple(feed for feed in self.archive.feeds if self._has_entries(feed))

    def entries(self, feed: Feed) -> tuple[Entry, ...]:
        """All entries of a feed of the archive, in its order."""
        found = self.order_of(feed)
        if not feed.query:
            return found.entries
        entries = self._entries.get(feed.path)
        if entries is None:
            # A build asks several times.
            places = positions(found.having(feed.query))
            entries = self._entries[feed.path] = tuple(found.entries[place] for place in places)
        return entries

    def updated(self, feed: Feed) -> datetime:
        """When a feed, which has an entry, was last changed."""
        return max(entry.modified for entry in self.entries(feed))

    def page(self, feed: Feed, slice: Slice = WHOLE, search: Search | None = None) -> Page:
        """The entries of a part of a feed that stand in one document.

        Without `limit` it is cut as the feed is, see `newest`. What stands before is looked for in
        the whole feed: an entry that is edited while a reader walks on may be in the part no more.

        Raises:
            EntryNotFoundError: the feed has no entry with the id `slice.before`.
        """
        limit = self.archive.feed_limit if slice.limit is None else slice.limit
        return _cut(self._matching(feed, slice, search), limit, whole=slice.limit is None)

    def count(self, feed: Feed, slice: Slice, search: Search | None, most: int) -> int:
        """How many entries a part of a feed has, whatever its limit; `most` if there are more.

        Raises:
            EntryNotFoundError: the feed has no entry with the id `slice.before`.
        """
        return sum(1 for _ in islice(self._matching(feed, slice, search), most))

    def _matching(self, feed: Feed, slice: Slice, search: Search | None) -> Iterator[Entry]:
        found = self.order_of(feed)
        chosen = found.having(feed.query)
        behind = -1
        if slice.before is not None:
            place = found.place(slice.before)
            if place is None or not chosen >> place & 1:
                raise EntryNotFoundError(slice.before)
            behind = place
            chosen = after(place, chosen)
        if slice.query:
            chosen &= found.having(slice.query)
        if slice.since is not None:
            chosen &= found.later(slice.since)
        matching = positions(chosen)
        if slice.text is not None:
            assert search is not None
            updates = feed.kind in UPDATE_FEEDS
            texts = search(slice.text, updates=updates, behind=behind)
            # A bit of bytes is found sooner than that of a number.
            data = chosen.to_bytes(len(found.entries) // 8 + 1, "little")
            matching = (each for each in texts if data[each >> 3] >> (each & 7) & 1)
        return (found.entries[position] for position in matching)

    def _has_entries(self, feed: Feed) -> bool:
        return self.order_of(feed).having(feed.query) != 0

    @cached_property
    def _sorted_posts(self) -> tuple[Entry, ...]:
        return feed_order(entry for entry in self.archive.entries if entry.update is None)

    @cached_property
    def _sorted_updates(self) -> tuple[Entry, ...]:
        return feed_order(entry for entry in self.archive.entries if entry.update)

    @cached_property
    def _facets(self) -> Mapping[str, Query]:
        """By id: the slugs of each entry, those that lead to them too.

        Author and category of an update are its issue's.
        """
        projects: dict[str, list[str]] = {}
        for entry in self._sorted_updates:
            if entry.update and entry.update.project:
                projects.setdefault(entry.update.issue.id, []).append(entry.update.project.slug)
        facets: dict[str, Query] = {}
        for post in self._sorted_posts:
            facets[post.id] = {
                **_terms(post, self.archive.site),
                "section": post.sections,
                "project": tuple(dict.fromkeys(projects.get(post.id, ()))),
            }
        for entry in self._sorted_updates:
            update = entry.update
            assert update is not None
            # An archive of another site may hold an issue's updates without the issue.
            terms = facets.get(update.issue.id) or _terms(entry, self.archive.site)
            facets[entry.id] = {
                **terms,
                "section": (update.section.slug,) if update.section else (),
                "project": (update.project.slug,) if update.project else (),
            }
        former = former_slugs(names_of(self.archive.entries, self.archive.site))
        for id, source in self.archive.sources.items():
            facets[id] = {**facets[id], "source": (source,)}
        return {id: _with_former(slugs, former) for id, slugs in facets.items()}


def _cut(entries: Iterator[Entry], limit: int, *, whole: bool) -> Page:
    """Take entries from an iterator as `newest` does; unless `whole`, just `limit` of them."""
    taken: list[Entry] = []
    issues = 0
    for entry in entries:
        last = taken[-1] if taken else None
        begins = last is None or _issue_of(entry) != _issue_of(last)
        full = bool(limit) and len(taken) >= limit
        if last and full and (not whole or (begins and (entry.update is None or issues >= 2))):
            return Page(tuple(taken), last.id)
        issues += begins
        taken.append(entry)
    return Page(tuple(taken))


def _issue_of(entry: Entry) -> str:
    return entry.id if entry.update is None else entry.update.issue.id


def _terms(entry: Entry, site: Site) -> dict[str, tuple[str, ...]]:
    return {name: tuple(map(slug_of, terms)) for name, terms in terms_of(entry, site).items()}


def _with_former(facets: Query, former: Mapping[str, Mapping[str, tuple[str, ...]]]) -> Query:
    """The slugs of an entry, and those that led to them before."""
    if not former:
        return facets
    found = dict(facets)
    for parameter, leads in former.items():
        slugs = found.get(parameter, ())
        old = (old for old, new in leads.items() if not set(new).isdisjoint(slugs))
        found[parameter] = (*slugs, *old)
    return found
