"""How many people read a feed by a service that fetches it for all of them once.

Such services tell it in their User-Agent: "Feedbin feed-id:1 - 12 subscribers",
"Feedly/1.0 (+http://www.feedly.com/fetcher.html; 34 subscribers)". There is no standard of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

_COUNT = re.compile(r"\b(\d{1,8}) (?:subscribers?|readers?)\b", re.I)
_NAME = re.compile(
    r"(?:Mozilla/[\d.]+ \(compatible; ?)?([A-Za-z][\w.-]*(?: [A-Z][\w-]*){0,3})", re.ASCII
)
_ID = re.compile(r"\bfeed-?id[:=] ?([\w-]{1,64})", re.I | re.ASCII)
_MAX_NAME = 40
_MAX_KNOWN = 10_000
_MAX_READERS = 100


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a service said: its name, how many read by it, and which of its feeds this is to it."""

    reader: str
    count: int
    feed_id: str | None = None


def parse(agent: str) -> Subscription | None:
    """Read a User-Agent; `None` if it tells nothing of subscribers."""
    count = _COUNT.search(agent)
    name = _NAME.match(agent)
    if count is None or name is None:
        return None
    feed_id = _ID.search(agent)
    return Subscription(name[1][:_MAX_NAME], int(count[1]), feed_id[1] if feed_id else None)


class Subscribers:
    """The last number that each service told of each feed, as long as it isn't too old.

    Anyone can tell anything, so no more than a certain number of services is believed in.
    """

    def __init__(self, now: Callable[[], datetime], *, kept: timedelta = timedelta(days=7)) -> None:
        self._now = now
        self._kept = kept
        self._told: dict[tuple[str, str, str | None], tuple[int, datetime]] = {}

    def add(self, address: str, told: Subscription) -> None:
        """Take down what was told when the document at `address`, with its query, was fetched."""
        key = (address, told.reader, told.feed_id)
        self._told.pop(key, None)
        if len(self._told) < _MAX_KNOWN:
            self._told[key] = (told.count, self._now())

    def counts(self) -> Mapping[tuple[str, str], int]:
        """How many there are, by the folder of the feed and by the service's name."""
        oldest = self._now() - self._kept
        self._told = {key: value for key, value in self._told.items() if value[1] >= oldest}
        found: dict[tuple[str, str], int] = defaultdict(int)
        readers: set[str] = set()
        for (address, reader, _), (count, _) in self._told.items():
            if reader in readers or len(readers) < _MAX_READERS:
                readers.add(reader)
                folder = address.partition("?")[0].rpartition("/")[0]
                found[f"{folder}/", reader] += count
        return dict(sorted(found.items()))
