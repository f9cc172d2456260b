"""A site and its peers as one archive, that of the network.

Nobody can speak for another. A source owns some hosts, and what an entry is known by, its id, is of
a host: of two sources that have an id the one has it that owns its host, else the first. An id
without a host, such as `tag:` or `urn:`, says nothing of whose it is, so it counts only with its
source: entries of two sources that have one stand both, and the id of the second gets that
source's address before it, and as such is nobody else's. But where such an entry leads to a page of
another source, which has an entry for that page, it is a copy. An update goes where its issue does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, count
from urllib.parse import quote, urlsplit

from feedserver.feeds import catalogue
from feedserver.feeds.index import NETWORK, NETWORK_OF, Index
from feedserver.feeds.orders import positions
from feedserver.foreign import joining
from feedserver.model import Archive, Entry, Feed, Origin, Query, Site, UpdateOf
from feedserver.newsletter import order
from feedserver.text.slugs import slug_of

MOST_TOPICS = 3_000
"""How many sections and projects are taken of a peer: no newsletter has as many."""

_ORIGIN = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Member:
    """A peer's archive, which was read at `address`; the other members are as the settings say.

    `hosts` are those that it owns, `feed` is the address of a feed of all its posts.
    """

    archive: Archive
    address: str
    feed: str
    hosts: frozenset[str]
    title: str | None = None
    query: Query = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    projects: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.title or self.archive.site.title


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    address: str
    hosts: frozenset[str]
    entries: Sequence[Entry]
    slug: str

    def given(self, id: str) -> str:
        """What an id without a host is here, if it is another source's, too."""
        return f"{self.address}#{quote(id, safe='')}"


def host_of(address: str) -> str | None:
    """The host of a web address, with its port if that isn't the usual one."""
    found = _ORIGIN.match(address)
    return _host(found[0]) if found else None


@lru_cache(maxsize=1000)
def _host(origin: str) -> str | None:
    # Of thousands of entries there are few.
    try:
        parts = urlsplit(origin)
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return host if port in (None, _PORTS[parts.scheme]) else f"{host}:{port}"


def join(own: Sequence[Archive], members: Iterable[Member]) -> Archive:
    """The archive of the network, of one's own archives, of which there is one, and the peers'."""
    first = joining.join(own)
    site = Site(
        f"{NETWORK_OF}{first.site.title}",
        first.site.url,
        f"{first.site.title}, and what it reads",
        first.site.language,
    )
    entries: Sequence[Entry] = first.entries
    if len(own) == 1:
        # Else each says already whose it is.
        entries = [_titled(entry, first.site.title) for entry in entries]
    hosts = frozenset(filter(None, [host_of(first.site.url)]))
    slugs = _Slugs()
    own_slug = slugs.take(first.site.title)
    sources = [_Source(first.site.title, first.site.url, hosts, entries, own_slug)]
    sources += [_source(member, slugs.take(member.name)) for member in members]
    found = list(_resolved(sources))
    return Archive(
        site=site,
        taxonomies=(),
        feed_limit=first.feed_limit,
        feeds=tuple(_feeds(first, site, found)),
        redirects={},
        entries=order.arrange(entry for entry, _ in found),
        sources={entry.id: source.slug for entry, source in found},
    )


class _Slugs:
    """The slugs of sources. Who calls itself as one before gets `-2`, for it is another."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, name: str) -> str:
        slug = slug_of(name) or "source"
        numbered = (f"{slug}-{number}" for number in count(2))
        found = next(each for each in chain([slug], numbered) if each not in self._taken)
        self._taken.add(found)
        return found


def _source(member: Member, slug: str) -> _Source:
    origin = Origin(member.name, member.archive.site.url, member.feed)
    entries = [
        replace(_titled(entry, member.name), origin=origin)
        for entry in _bounded(
            _taken(member, [_mapped(entry, member) for entry in member.archive.entries])
        )
    ]
    return _Source(member.name, member.address, member.hosts, entries, slug)


def _titled(entry: Entry, source: str) -> Entry:
    if entry.update is None or entry.title.endswith(f", {source}"):
        return entry
    return joining.titled(entry, source)


def _mapped(entry: Entry, member: Member) -> Entry:
    """An entry whose sections and projects have our slugs."""
    of = entry.update
    if of is None:
        slugs = tuple(dict.fromkeys(member.sections.get(slug, slug) for slug in entry.sections))
        return entry if slugs == entry.sections else replace(entry, sections=slugs)
    section, project = of.section, of.project
    if section and section.slug in member.sections:
        section = replace(section, slug=member.sections[section.slug])
    if project and project.slug in member.projects:
        project = replace(project, slug=member.projects[project.slug])
    if (section, project) == (of.section, of.project):
        return entry
    return replace(entry, update=replace(of, section=section, project=project))


def _taken(member: Member, entries: Sequence[Entry]) -> Sequence[Entry]:
    """The entries that the settings take, as the same parameters of a feed would."""
    if not member.query:
        return entries
    index = Index(replace(member.archive, entries=tuple(entries)))
    return [
        found.entries[place]
        for found in (index.posts, index.updates)
        for place in positions(found.having(member.query))
    ]


def _bounded(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The entries less the updates in sections and projects beyond those that a peer may have.

    Those of the newest updates are had. Each has feeds, a page, and a line in each catalogue.
    """
    had: set[tuple[str, str]] = set()
    for entry in order.feed_order(entry for entry in entries if entry.update):
        new = _topics(entry) - had
        if len(had) + len(new) <= MOST_TOPICS:
            had |= new
    return [entry for entry in entries if _topics(entry) <= had]


def _topics(entry: Entry) -> set[tuple[str, str]]:
    """The section and the project of an update."""
    of = entry.update
    section, project = (of.section, of.project) if of else (None, None)
    found = {("section", section.slug)} if section else set()
    return found | ({("project", project.slug)} if project else set())


def _group(entry: Entry) -> tuple[str, str]:
    """The id and the address of an issue, of an update's or a post's own."""
    issue = entry.update.issue if entry.update else entry
    return issue.id, issue.url


class _Claims:
    """Which source has an id, and which pages are of those that own them."""

    def __init__(self, sources: Sequence[_Source]) -> None:
        self._sources = sources
        self._best: dict[str, tuple[bool, int]] = {}
        self._pages: dict[str, int] = {}
        self._given: dict[str, int] = {}
        for rank, source in enumerate(sources):
            for entry in source.entries:
                group, address = _group(entry)
                for id, place in ((group, address), (entry.id, entry.url)):
                    claim = (host_of(id) or host_of(place)) not in source.hosts, rank
                    self._best[id] = min(self._best.get(id, claim), claim)
                    if host_of(id) is None:
                        self._given.setdefault(source.given(id), rank)
                if host_of(address) in source.hosts:
                    self._pages.setdefault(address, rank)

    def has(self, rank: int, id: str) -> bool:
        """Whether an id is a source's."""
        return self._given.get(id, self._best[id][1]) == rank

    def is_copy(self, rank: int, group: str, address: str) -> bool:
        """Whether another source has the issue, or, by its page, what has no host."""
        if host_of(group):
            return not self.has(rank, group)
        owner = self._pages.get(address, rank)
        return owner != rank and host_of(address) not in self._sources[rank].hosts


def _resolved(sources: Sequence[_Source]) -> Iterator[tuple[Entry, _Source]]:
    """The entries that stand in the network, each id once, with their sources."""
    claims = _Claims(sources)
    taken: set[str] = set()
    for rank, source in enumerate(sources):

        def own(id: str, rank: int = rank, source: _Source = source) -> str:
            return id if claims.has(rank, id) else source.given(id)

        for entry in source.entries:
            group, address = _group(entry)
            if claims.is_copy(rank, group, address):
                continue
            if host_of(entry.id) and not claims.has(rank, entry.id):
                continue
            if (group, entry.id) != (own(group), own(entry.id)):
                of = entry.update
                entry = replace(entry, id=own(entry.id), update=of and _within(of, own(group)))
            if entry.id not in taken:
                taken.add(entry.id)
                yield entry, source


def _within(of: UpdateOf, issue: str) -> UpdateOf:
    return replace(of, issue=replace(of.issue, id=issue))


def _feeds(own: Archive, site: Site, found: Sequence[tuple[Entry, _Source]]) -> Iterator[Feed]:
    """The feeds of the network. Who comes first names a section or a project: the site itself."""
    known: dict[str, Feed] = {}
    by_source: dict[int, list[Entry]] = {}
    for entry, source in found:
        by_source.setdefault(id(source), []).append(entry)
    feeds = [joining.renamed(feed, own.site, site) for feed in own.feeds]
    for entries in by_source.values():
        feeds += catalogue.feeds(entries, site, page="/", taxonomies=())
    all_posts, all_updates, *_ = catalogue.feeds((), site, page="/", taxonomies=())
    for feed in (all_posts, all_updates, *feeds):
        if feed.kind in ("section", "project") or feed in (all_posts, all_updates):
            known.setdefault(feed.path, feed)
    order_of_paths = sorted(known.values(), key=lambda feed: feed.path)
    for feed in catalogue.in_order(order_of_paths):
        path = f"{NETWORK}{feed.path[1:]}"
        yield replace(feed, path=path, page=path)
