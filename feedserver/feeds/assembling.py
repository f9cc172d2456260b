"""An archive of entries that no plugin has written: which feeds they have, and what leads to them.

For what is read of a site by and by as for what is read of it at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from feedserver.feeds import catalogue
from feedserver.feeds.catalogue import NamedFeed
from feedserver.feeds.terms import names_of
from feedserver.formats.formats import FORMATS
from feedserver.model import TAXONOMIES, Archive, Entry, Site
from feedserver.newsletter import order
from feedserver.newsletter.merges import merge
from feedserver.newsletter.registry import EMPTY, Registry


@dataclass(frozen=True, slots=True)
class Rules:
    """What a site's own settings would say of its feeds; `redirects` are known of old."""

    registry: Registry = EMPTY
    feeds: tuple[NamedFeed, ...] = ()
    feed_limit: int = 20
    redirects: Mapping[str, str] = field(default_factory=dict)


def assemble(entries: Iterable[Entry], site: Site, rules: Rules) -> Archive:
    """The archive of a site whose entries these are, in any order, each id once."""
    found, merges = merge(order.arrange(entries), rules.registry)
    feeds = catalogue.feeds(found, site, named=rules.feeds, registry=rules.registry)
    # Its site has no pages of ours: the home page stands for all of them.
    feeds = tuple(replace(feed, page="/") for feed in feeds if "//" not in feed.path)
    there = {f"{feed.path}{file}" for feed in feeds for file in ("", *FORMATS)}
    redirects = {
        **{old: new for old, new in rules.redirects.items() if new in there and old not in there},
        **catalogue.former(names_of(found, site), feeds),
        **catalogue.redirects(merges),
    }
    return Archive(
        site=site,
        taxonomies=TAXONOMIES,
        feed_limit=rules.feed_limit,
        feeds=feeds,
        redirects=redirects,
        entries=found,
    )
