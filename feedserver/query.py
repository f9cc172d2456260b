"""Which entries a feed has, in which order, and where it is cut.

The parameters are the contract's: `category`, `author`, `section`, `project`, the name of any
other taxonomy, and each of them with `not_` before it. Several values of one parameter mean any
of them; several parameters mean all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import cached_property

from feedserver.model import Archive, Entry, Feed, Person, Query, Site
from feedserver.slugs import slugify

UPDATE_FEEDS = frozenset({"updates", "section", "project"})
"""The kinds of feeds that hold updates; the others hold posts."""


def feed_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Sort entries: newest issue or post first, the updates of one issue as in the document."""

    def key(entry: Entry) -> tuple[float, str, int]:
        if entry.update is None:
            return (-entry.published.timestamp(), entry.id, -1)
        position = entry.update.position
        date = entry.published - timedelta(seconds=position)
        return (-date.timestamp(), entry.update.issue.id, position)

    return tuple(sorted(entries, key=key))


def newest(entries: tuple[Entry, ...], limit: int) -> tuple[Entry, ...]:
    """Cut a feed's entries, which are in its order, to `limit`; 0 keeps all.

    A feed of updates never cuts an issue, and has all of its two newest issues: bots see only
    what stands in a feed when they poll.
    """
    if limit == 0 or not entries:
        return entries
    end = min(limit, len(entries))
    if entries[0].update is None:
        return entries[:end]
    issues = [entry.update.issue.id if entry.update else "" for entry in entries]
    while end < len(issues) and issues[end] == issues[end - 1]:
        end += 1
    seen: list[str] = []
    for position, issue in enumerate(issues):
        if issue not in seen:
            seen.append(issue)
        if len(seen) > 2:
            return entries[: max(end, position)]
    return entries


class Index:
    """An archive, prepared to be asked for the entries of its feeds."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._posts = feed_order(entry for entry in archive.entries if entry.update is None)
        self._updates = feed_order(entry for entry in archive.entries if entry.update)
        self._feeds = {feed.path: feed for feed in archive.feeds}

    def feed_at(self, path: str) -> Feed | None:
        """The feed whose folder is `path` ("/section/clients/"), if it has an entry."""
        feed = self._feeds.get(path)
        return feed if feed is not None and self.entries(feed) else None

    @cached_property
    def feeds(self) -> tuple[Feed, ...]:
        """The feeds that have at least one entry, in the archive's order."""
        return tuple(feed for feed in self.archive.feeds if self.entries(feed))

    def entries(self, feed: Feed) -> tuple[Entry, ...]:
        """All entries of a feed, in its order."""
        updates = feed.kind in UPDATE_FEEDS
        entries = self._updates if updates else self._posts
        if not feed.query:
            return entries
        table = self._updates_by if updates else self._posts_by
        chosen: set[int] | None = None
        excluded: set[int] = set()
        for parameter, values in feed.query.items():
            negated = parameter.startswith("not_")
            slugs = table.get(parameter.removeprefix("not_"), {})
            matching = {position for value in values for position in slugs.get(value, ())}
            if negated:
                excluded |= matching
            else:
                chosen = matching if chosen is None else chosen & matching
        positions = set(range(len(entries))) if chosen is None else chosen
        return tuple(entries[position] for position in sorted(positions - excluded))

    @cached_property
    def _posts_by(self) -> _Table:
        return _table(self._posts, self._facets)

    @cached_property
    def _updates_by(self) -> _Table:
        return _table(self._updates, self._facets)

    @cached_property
    def _facets(self) -> Mapping[str, Query]:
        """By id: the slugs of each entry. Author and category of an update are its issue's."""
        projects: dict[str, list[str]] = {}
        for entry in self._updates:
            if entry.update and entry.update.project:
                projects.setdefault(entry.update.issue.id, []).append(entry.update.project.slug)
        facets: dict[str, Query] = {}
        for post in self._posts:
            facets[post.id] = {
                **_terms(post, self.archive.site),
                "section": post.sections,
                "project": tuple(dict.fromkeys(projects.get(post.id, ()))),
            }
        for entry in self._updates:
            update = entry.update
            assert update is not None
            # An archive of another site may hold an issue's updates without the issue.
            terms = facets.get(update.issue.id) or _terms(entry, self.archive.site)
            facets[entry.id] = {
                **terms,
                "section": (update.section.slug,) if update.section else (),
                "project": (update.project.slug,) if update.project else (),
            }
        return facets


_Table = Mapping[str, Mapping[str, list[int]]]


def _terms(entry: Entry, site: Site) -> dict[str, tuple[str, ...]]:
    return {
        "author": tuple(slugify(person.name) for person in authors_of(entry, site)),
        "category": tuple(slugify(tag) for tag in entry.tags),
        **{name: tuple(slugify(term) for term in terms) for name, terms in entry.terms.items()},
    }


def authors_of(entry: Entry, site: Site) -> tuple[Person, ...]:
    """The authors of an entry, without the site, which stands in where there is none."""
    stand_in = Person(site.title, site.url)
    return tuple(person for person in entry.authors if person != stand_in)


def _table(entries: tuple[Entry, ...], facets: Mapping[str, Query]) -> _Table:
    table: dict[str, dict[str, list[int]]] = {}
    for position, entry in enumerate(entries):
        for parameter, slugs in facets[entry.id].items():
            for slug in dict.fromkeys(slugs):
                table.setdefault(parameter, {}).setdefault(slug, []).append(position)
    return table
