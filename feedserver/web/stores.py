"""What is served where: the site, and below `/network/` the site and its peers."""

from __future__ import annotations

import re
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

from feedserver.errors import DatabaseError
from feedserver.http.answers import Answers
from feedserver.http.problems import Problem
from feedserver.http.proxies import Origins
from feedserver.store.store import Store
from feedserver.web.routes import Served

_OF_NETWORK = re.compile(r"/network(?:/.*)?|/embed/network(?:/.*|\.svg)?", re.DOTALL)


class Stores:
    """The store of the site, and that of the network, which comes when its database does.

    `path` is that database; without one there is no network.
    """

    def __init__(self, store: Store, path: Path | None, origins: Origins) -> None:
        self._site = Served(store, Answers(store, origins))
        self._path = path
        self._origins = origins
        self.network: Served | None = None
        """What the network has, if it is there."""
        self._begin()

    def of(self, path: str) -> Served:
        """What is served at a path.

        Raises:
            Problem: it is of the network, which isn't there yet.
        """
        if self._path is None or not _OF_NETWORK.fullmatch(path):
            return self._site
        if self.network is None:
            detail = "What the network has is being put together: ask again soon."
            early = Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail)
            early.headers = {"Cache-Control": "no-store", "Retry-After": "5"}
            raise early
        return self.network

    def answers(self, path: str) -> Answers | None:
        """What was answered at a path."""
        if self._path is None or not _OF_NETWORK.fullmatch(path):
            return self._site.answers
        return self.network.answers if self.network else None

    def refresh(self) -> None:
        """Take up what is new."""
        self._site.store.refresh()
        if self.network:
            self.network.store.refresh()
        else:
            self._begin()

    def _begin(self) -> None:
        if self._path is not None:
            with suppress(DatabaseError):
                store = Store(self._path, hub=self._site.store.hub)
                self.network = Served(store, Answers(store, self._origins))
