"""Several sources make one site, named by the first.

What stands in two of them belongs to the first that has it: an id, an issue with its updates, a
feed's title, an old address. Sections, projects and terms of one slug are one. An id that is no
IRI, such as a number, is its source's alone: many number their entries from one on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from feedserver.feeds import catalogue
from feedserver.formats.formats import FORMATS
from feedserver.model import Archive, Entry, Feed, Site
from feedserver.newsletter import order

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def join(archives: Sequence[Archive]) -> Archive:
    """One archive of one or more, which come in the order of their rank."""
    first = archives[0]
    if len(archives) == 1:
        return first
    taxonomies = tuple(dict.fromkeys(name for each in archives for name in each.taxonomies))
    feeds = _feeds(archives, taxonomies)
    return Archive(
        site=first.site,
        taxonomies=taxonomies,
        feed_limit=first.feed_limit,
        feeds=feeds,
        redirects=_redirects(archives, feeds),
        entries=order.arrange(_entries(archives)),
    )


def _entries(archives: Iterable[Archive]) -> Iterator[Entry]:
    """The entries of all, each id once, and the updates of an issue from one source alone."""
    ids: set[str] = set()
    issues: dict[str, int] = {}
    for rank, archive in enumerate(archives):
        for each in archive.entries:
            entry = _apart(each, archive.site) if rank else each
            issue = entry.update.issue.id if entry.update else entry.id
            # Else one could put updates into the issue of another.
            if issues.setdefault(issue, rank) == rank and entry.id not in ids:
                ids.add(entry.id)
                yield titled(entry, archive.site.title) if entry.update else entry


def _apart(entry: Entry, site: Site) -> Entry:
    """An entry whose id is nobody else's, wherever it is of another site's making."""

    def apart(id: str) -> str:
        return id if _SCHEME.match(id) else f"{site.url}#{quote(id, safe='')}"

    of = entry.update
    if of and not _SCHEME.match(of.issue.id):
        of = replace(of, issue=replace(of.issue, id=apart(of.issue.id)))
    id = apart(entry.id)
    return entry if id == entry.id and of is entry.update else replace(entry, id=id, update=of)


def titled(entry: Entry, source: str) -> Entry:
    """An update among those of several sources, which have the same sections and projects."""
    title = f"{entry.title}, {source}"
    # Without any text the summary is the title.
    summary = title if entry.summary == entry.title else entry.summary
    return replace(entry, title=title, summary=summary)


def _feeds(archives: Sequence[Archive], taxonomies: Sequence[str]) -> tuple[Feed, ...]:
    feeds: dict[str, Feed] = {}
    site = archives[0].site
    for archive in archives:
        for feed in archive.feeds:
            feeds.setdefault(feed.path, renamed(feed, archive.site, site))
    return tuple(catalogue.in_order(feeds.values(), taxonomies))


def renamed(feed: Feed, old: Site, new: Site) -> Feed:
    """A feed of another site as one of this: its title ends in the site's."""
    if old.title == new.title or feed.kind == "named":
        return feed
    title, description = feed.title, feed.description
    if title.endswith(f", {old.title}"):
        title = f"{title.removesuffix(old.title)}{new.title}"
    if description.endswith(f" of {old.title}"):
        description = f"{description.removesuffix(old.title)}{new.title}"
    return replace(feed, title=title, description=description)


def _redirects(archives: Sequence[Archive], feeds: Iterable[Feed]) -> Mapping[str, str]:
    """All old addresses of the first; of the others those that lead to a feed, not to a page."""
    there = {f"{feed.path}{file}" for feed in feeds for file in ("", *FORMATS)}
    found = dict(archives[0].redirects)
    for archive in archives[1:]:
        for old, new in archive.redirects.items():
            if new in there:
                found.setdefault(old, new)
    return {old: new for old, new in found.items() if old not in there}
