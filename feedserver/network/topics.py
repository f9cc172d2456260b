"""What can be subscribed to: the self addresses of our feeds, and of those of the site.

One form of each is the topic: its parameters sorted, less what is ignored, as the feed's self link
has them. The parts that `before` and `since` name aren't topics, for they are of one moment.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from feedserver.errors import HubError, ParameterError
from feedserver.feeds import documents, parameters
from feedserver.feeds.index import NETWORK, newest
from feedserver.feeds.parameters import Slice
from feedserver.formats.formats import FORMATS
from feedserver.store.snapshots import Snapshot
from feedserver.store.store import Document, Store
from feedserver.text.urls import absolute


@dataclass(frozen=True, slots=True)
class Topic:
    """A document whose changes are told: `name` below `base`, or the part of it in `query`.

    `is_file` says that it is one of the site's static files, which have no links to further parts.
    `hub` is the address of the hub.
    """

    address: str
    base: str
    name: str
    query: str
    is_file: bool
    hub: str

    @property
    def part(self) -> Slice:
        return parameters.parse(parse_qsl(self.query), network=self.is_network)

    @property
    def is_network(self) -> bool:
        """Whether it is of the site and its peers together."""
        return f"/{self.name}".startswith(NETWORK)


def find(
    address: str, *, base: str, hub: str, snapshot: Snapshot, network: Snapshot | None = None
) -> Topic:
    """The topic at an address, which may have its parameters in any order.

    `network` is what the site and its peers have, where there are peers.

    Raises:
        HubError: there is none.
    """
    wanted = (absolute(address, "") or "").partition("#")[0]
    site = snapshot.index.archive.site.url
    for root in dict.fromkeys((base, site)):
        if wanted.startswith(root):
            rest, is_file = wanted[len(root) :], root != base
            in_network = not is_file and f"/{rest}".startswith(NETWORK)
            there = network if in_network else snapshot
            topic = _below(root, rest, hub, there, is_file=is_file) if there else None
            if topic:
                return topic
    raise HubError(f"hub.topic: {address[:500]} is no feed of this server, nor of its site.")


def _below(root: str, rest: str, hub: str, snapshot: Snapshot, *, is_file: bool) -> Topic | None:
    path, _, query = rest.partition("?")
    name = unquote(path)
    folder, _, file = name.rpartition("/")
    if file not in FORMATS or name.startswith("/"):
        return None
    feed = snapshot.index.feed_at(f"/{folder}/" if folder else "/")
    if feed is None or (is_file and query):
        return None
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=50)
        part = parameters.parse(pairs, network=snapshot.index.is_network)
    except ParameterError as error:
        raise HubError(f"hub.topic: its parameter {error}.") from error
    except ValueError as error:
        raise HubError("hub.topic: its parameters can't be read.") from error
    if not part.is_lasting:
        raise HubError("hub.topic: it may have neither before nor since.")
    canonical = documents.address(feed, file, root, part)
    return Topic(canonical, root, f"{feed.path[1:]}{file}", part.query_string(), is_file, hub)


def document(store: Store, snapshot: Snapshot, topic: Topic) -> Document | None:
    """A topic's document as it is now; `None` if its feed is no more.

    This must be called in the one thread that renders.

    Raises:
        SearchTimeoutError: what is searched for takes too long to be found.
        DatabaseError: the database is damaged.
    """
    if not topic.is_file:
        return store.document(snapshot, topic.name, topic.base, topic.part)
    folder, _, file = topic.name.rpartition("/")
    index = snapshot.index
    feed = index.feed_at(f"/{folder}/" if folder else "/")
    if feed is None:
        return None
    entries = newest(index.entries(feed), index.archive.feed_limit)
    filled = tuple(documents.fitting(snapshot.fill(entries)))
    body = documents.render(index, feed, file, topic.base, filled, hub=topic.hub)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return Document(body, FORMATS[file].content_type, etag, snapshot.archive.modified)
