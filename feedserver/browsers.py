"""What browsers get beside feeds: pages about them, the catalogue, and the files that these need."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from starlette.responses import Response

from feedserver import people
from feedserver.model import Feed
from feedserver.slices import Slice
from feedserver.store import Snapshot, Store


class Browsers:
    """Makes the pages of a store's site. Raises `EntryNotFoundError` for an unknown `before`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def feed(
        self, snapshot: Snapshot, feed: Feed, base: str, name: str, part: Slice
    ) -> Response:
        """The page of a feed; `name` is where it is asked for ("section/clients/atom.xml")."""
        find = partial(self._store.entries, snapshot)
        return people.feed_page(snapshot.index, feed, base, name, part, find)

    def catalogue(
        self, snapshot: Snapshot, base: str, parameters: Iterable[tuple[str, str]]
    ) -> Response:
        """The page `/feeds/`."""
        find = partial(self._store.entries, snapshot)
        return people.catalogue_page(snapshot.index, base, parameters, find)
