"""`feedserver publish`: the hub of a site on a host of plain files is told of a deployment."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urljoin

from feedserver.errors import FetchError, ForeignError
from feedserver.feeds import catalogue
from feedserver.network import hubs
from feedserver.network.hubs import Advert
from feedserver.sources.client import Client, Request
from feedserver.sources.fetching import ACCEPT

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Told:
    """How many topics a hub was told of, and why not of others."""

    hub: str
    count: int
    failures: tuple[str, ...]


def publish(address: str, client: Client) -> Told:
    """Tell the hub of a feed, or of all feeds of a site, that there is something new.

    Raises:
        FetchError: the site can't be read.
        ForeignError: it names no hub.
    """
    found, _, place = _read(client, address)
    topics: Sequence[str] = [found.topic] if found else []
    if found is None:
        topics = _feeds(client, urljoin(place, catalogue.JSON))
        # All name the same one.
        found = _read(client, topics[0])[0] if topics else None
    if found is None:
        raise ForeignError(
            f"{address}: it names no hub: the plugin's option hub has the site's feeds name one"
        )
    hub = found.hubs[0]

    def told(topic: str) -> str | None:
        try:
            hubs.publish(client, hub, topic)
        except FetchError as error:
            return f"{topic}: {error}"
        return None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        failures = tuple(filter(None, pool.map(told, topics)))
    return Told(hub, len(topics) - len(failures), failures)


def _read(client: Client, address: str) -> tuple[Advert | None, bytes, str]:
    """What a document says of its hub, the document, and where it is."""
    with client.ask(Request(address, headers={"Accept": ACCEPT})) as answer:
        if answer.status != 200:
            raise FetchError(f"it answers {answer.status} {answer.reason}".strip())
        body = answer.read()
        links, content_type = answer.header("Link"), answer.header("Content-Type")
        found = hubs.find(answer.address, links, body, content_type)
        return found, body, answer.address


def _feeds(client: Client, address: str) -> Sequence[str]:
    """The addresses of all feeds of a site, in each format.

    Raises:
        ForeignError: its catalogue can't be read.
    """
    _, body, _ = _read(client, address)
    try:
        feeds = json.loads(body)["feeds"]
        return [str(each) for feed in feeds for each in feed["formats"].values()]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ForeignError(f"{address}: it is no list of feeds") from error
