"""What browsers get beside feeds: pages about them, the catalogue, and what these need."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from feedserver.feeds.index import Page
from feedserver.feeds.parameters import Slice
from feedserver.model import Feed
from feedserver.pages import assets
from feedserver.pages import pages as people
from feedserver.store.snapshots import Snapshot
from feedserver.web.feeds import Feeds


def feed_page(snapshot: Snapshot, feed: Feed, base: str, name: str, part: Slice) -> Response:
    """The page of a feed; `name` is where it is asked for ("section/clients/atom.xml").

    Raises:
        EntryNotFoundError: there is no entry `part.before`.
    """
    return people.feed_page(snapshot.index, feed, base, name, part, _finder(snapshot))


def _finder(snapshot: Snapshot) -> people.Find:
    def find(feed: Feed, part: Slice) -> Page:
        return snapshot.index.page(feed, part, snapshot.search)

    return find


class Browsers:
    """Answers requests for addresses that are for people alone."""

    def __init__(self, documents: Feeds) -> None:
        self._documents = documents

    async def get(
        self, request: Request, name: str, base: str, snapshot: Snapshot
    ) -> ASGIApp | None:
        """The catalogue and what pages need, which a site's own files don't replace.

        Raises:
            EntryNotFoundError, Problem: the request is a wrong one.
        """
        if name in assets.NAMES:
            known = request.headers.get("if-none-match")
            return _bodiless(request, assets.respond(name, known))
        if name != people.CATALOGUE:
            return None
        pairs = self._documents.pairs(request)
        make = partial(people.catalogue_page, snapshot.index, base, pairs, _finder(snapshot))
        return await self._page(request, snapshot, make)

    async def folder(
        self, request: Request, name: str, base: str, snapshot: Snapshot
    ) -> ASGIApp | None:
        """The page of the feed whose folder this is.

        Raises:
            ParameterError, EntryNotFoundError, Problem: the request is a wrong one.
        """
        feed = snapshot.index.feed_at(f"/{name}")
        if feed is None:
            return None
        part = self._documents.part(request)
        make = partial(feed_page, snapshot, feed, base, name, part)
        return await self._page(request, snapshot, make)

    async def _page(
        self, request: Request, snapshot: Snapshot, make: Callable[[], Response]
    ) -> ASGIApp:
        made = await asyncio.to_thread(make)
        if made.status_code != HTTPStatus.OK:
            return _bodiless(request, made)
        return await self._documents.answer_page(request, snapshot, made)


def _bodiless(request: Request, response: Response) -> Response:
    if request.method == "HEAD":
        response.body = b""
    return response
