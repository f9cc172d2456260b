"""What a worker tells its parent: that it answers, and what it has answered.

What is seen of each request: as little as possible, since it is on the path of every answer.

Whoever counts takes it out of `seen` later, in another thread.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feedserver.feeds import catalogue
from feedserver.feeds.index import NETWORK, Index
from feedserver.formats import archive
from feedserver.formats.formats import FORMATS
from feedserver.serving import subscribers
from feedserver.serving.subscribers import Subscription
from feedserver.sources.statefolder import Health

_MAX_QUERY = 500


class Seen(NamedTuple):
    """A request's path and the status of its answer.

    `page` is whether the answer was one for a person; `agent` is there if it tells of subscribers,
    and then `query` too.
    """

    path: str
    status: int
    page: bool = False
    agent: bytes | None = None
    query: bytes = b""


class Observer:
    """Remembers what was asked and answered; if nobody takes it out, the newest."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # Its methods are atomic, so that no lock is needed.
        self.seen: deque[Seen] = deque(maxlen=100_000)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        def observed(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                self.seen.append(_seen(scope, message))
            return send(message)

        await self._app(scope, receive, observed)


def _seen(scope: Scope, message: Message) -> Seen:
    page = any(
        name == b"content-type" and value.startswith(b"text/html")
        for name, value in message.get("headers", ())
    )
    agent = _telling(scope)
    query = scope["query_string"][:_MAX_QUERY] if agent else b""
    return Seen(scope["path"], message["status"], page, agent, query)


def _telling(scope: Scope) -> bytes | None:
    """The User-Agent, if it may tell of subscribers."""
    for name, value in scope["headers"]:
        if name == b"user-agent":
            return value[:500] if b"subscriber" in value or b"reader" in value else None
    return None


_KINDS = {
    f"/{catalogue.JSON}": "catalogue",
    f"/{catalogue.OPML}": "catalogue",
    f"/{archive.FILE}": "archive",
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
    damaged: bool = False
    """Whether the database couldn't be read."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the parent tells a worker, which it answers operators with.

    `metrics` are packed, so that to send them takes no longer than the system's buffer allows.
    """

    health: Health
    metrics: bytes


def ready(index: Index) -> Ready:
    """What to tell of a site when it is served."""
    feeds = (
        next((feed.path for feed in index.feeds if feed.kind == kind), None)
        for kind in ("section", "project")
    )
    return Ready(index.archive.site.title, tuple(path for path in feeds if path))


def report(
    seen: Iterable[Seen], index: Index, modified: datetime, *, damaged: bool = False
) -> Report:
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
    return Report(dict(asked), tuple(told.values()), entries, feeds, modified, damaged)


def _asked(path: str, status: int, index: Index, *, page: bool) -> Asked:
    folder, _, file = path.rpartition("/")
    feed = index.feed_at(f"{folder}/")
    format = FORMATS[file].key if file in FORMATS else None
    if feed is not None and (format or not file):
        shown = "html" if page or format is None else format
        return Asked(feed.kind, shown, status, feed.path)
    other = "network" if path.startswith(NETWORK) else "other"
    return Asked(_KINDS.get(path, other), format or "other", status)
