"""What a worker tells its parent: that it answers, and what it has answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from feedserver.feeds.index import Index
from feedserver.formats.formats import FORMATS
from feedserver.serving import subscribers
from feedserver.serving.observer import Seen
from feedserver.serving.subscribers import Subscription

_KINDS = {
    "/feeds.json": "catalogue",
    "/feeds.opml": "catalogue",
    "/archive.json": "archive",
    "/healthz": "operations",
    "/metrics": "operations",
}


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker answers. `paths` are those of a feed of a section and of one of a project."""

    title: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What requests have in common. `feed` is a folder such as "/section/clients/"."""

    kind: str
    format: str
    status: int
    feed: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What was asked since the last report, and what is served now."""

    asked: Mapping[Asked, int]
    subscriptions: tuple[tuple[str, Subscription], ...]
    entries: int
    feeds: int
    modified: datetime


def ready(index: Index) -> Ready:
    """What to tell of a site when it is served."""
    feeds = (
        next((feed.path for feed in index.feeds if feed.kind == kind), None)
        for kind in ("section", "project")
    )
    return Ready(index.archive.site.title, tuple(path for path in feeds if path))


def report(seen: Iterable[Seen], index: Index, modified: datetime) -> Report:
    """Count what was seen, by the feeds that there are."""
    asked: Counter[Asked] = Counter()
    told: dict[tuple[str, str, str | None], tuple[str, Subscription]] = {}
    for path, status, page, agent, query in seen:
        about = _asked(path, status, index, page=page)
        asked[about] += 1
        found = subscribers.parse(agent.decode("latin-1")) if agent and about.feed else None
        if found is not None:
            # Who reads a slice of a feed reads that, and not the same as another who reads it.
            address = f"{path}?{query.decode('latin-1')}" if query else path
            told[address, found.reader, found.feed_id] = (address, found)
    entries, feeds = len(index.archive.entries), len(index.feeds)
    return Report(dict(asked), tuple(told.values()), entries, feeds, modified)


def _asked(path: str, status: int, index: Index, *, page: bool) -> Asked:
    folder, _, file = path.rpartition("/")
    feed = index.feed_at(f"{folder}/")
    format = FORMATS[file].key if file in FORMATS else None
    if feed is not None and (format or not file):
        shown = "html" if page or format is None else format
        return Asked(feed.kind, shown, status, feed.path)
    return Asked(_KINDS.get(path, "other"), format or "other", status)
