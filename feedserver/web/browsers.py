"""What browsers get beside feeds: pages about them, the catalogue, and what these need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from feedserver.feeds.index import Page
from feedserver.feeds.parameters import WHOLE, Slice
from feedserver.http.conditions import evaluate, joined
from feedserver.model import Feed
from feedserver.pages import assets, pages, sections
from feedserver.settings.settings import Settings
from feedserver.store.snapshots import Snapshot
from feedserver.web.feeds import Feeds
from feedserver.web.folder import FRAMED, Pages
from feedserver.web.routes import Asked


def feed_page(snapshot: Snapshot, feed: Feed, base: str, name: str, part: Slice) -> Response:
    """The page of a feed; `name` is where it is asked for ("section/clients/atom.xml").

    Raises:
        EntryNotFoundError: there is no entry `part.before`.
    """
    return pages.feed_page(snapshot.index, feed, base, name, part, _Finder(snapshot))


class _Finder:
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def __call__(self, feed: Feed, part: Slice, /) -> Page:
        found = self._snapshot.index.page(feed, part, self._snapshot.search)
        if part.text is None:
            return found
        # What was searched for is shown where it stands.
        return replace(found, entries=tuple(self._snapshot.fill(found.entries)))

    def count(self, feed: Feed, part: Slice, most: int) -> int:
        return self._snapshot.index.count(feed, part, self._snapshot.search, most)


class Browsers:
    """Answers requests for addresses that are for people alone."""

    def __init__(self, documents: Feeds, settings: Settings, files: Pages) -> None:
        self._documents = documents
        self._settings = settings
        self._files = files

    async def asset(self, asked: Asked) -> ASGIApp:
        """A file that our pages need, which a site's own doesn't replace."""
        tag = assets.etag(asked.name).encode()
        known = (
            evaluate(joined(asked.request.scope["headers"]), tag, None) is HTTPStatus.NOT_MODIFIED
        )
        return _bodiless(asked.request, assets.respond(asked.name, known=known))

    async def catalogue(self, asked: Asked) -> ASGIApp:
        """The catalogue, in the site's page if that has a place for it.

        Raises:
            EntryNotFoundError, Problem: the request is a wrong one.
        """
        pairs = self._documents.pairs(asked.request)
        snapshot = asked.snapshot

        def make() -> Response:
            index, find = snapshot.index, _Finder(snapshot)
            # The site's page is of its own feeds.
            page = None if index.is_network else self._files.around()
            made = pages.catalogue_page(index, asked.base, pairs, find, page)
            if page is not None:
                # The page is one of the site's, with scripts of its own.
                made.headers.update(FRAMED)
            return made

        part = Slice(text=dict(pairs).get("q") or None)
        return await self._page(asked, make, part, kept=False)

    async def network(self, asked: Asked) -> ASGIApp:
        """The catalogue of the network. Raises as `catalogue` does.

        Raises:
            Problem: there is no network.
        """
        if not asked.snapshot.index.is_network:
            return self._files.not_found(asked)
        return await self.catalogue(asked)

    async def folder(self, asked: Asked) -> ASGIApp | None:
        """The page of the feed whose folder this is, or `None`.

        Raises:
            ParameterError, EntryNotFoundError, Problem: the request is a wrong one.
        """
        feed = asked.snapshot.index.feed_at(f"/{asked.name}")
        if feed is None:
            return None
        part = self._documents.part(asked)
        make = partial(feed_page, asked.snapshot, feed, asked.base, asked.name, part)
        return await self._page(asked, make, part)

    async def sections(self, asked: Asked) -> ASGIApp:
        """The page of all sections, or of why there are none."""
        make = partial(sections.page, asked.snapshot.index, asked.base, self._settings)
        return await self._page(asked, make, WHOLE)

    async def network_sections(self, asked: Asked) -> ASGIApp:
        """The page of all sections of the network.

        Raises:
            Problem: there is no network.
        """
        if not asked.snapshot.index.is_network:
            return self._files.not_found(asked)
        return await self.sections(asked)

    async def _page(
        self, asked: Asked, make: Callable[[], Response], part: Slice, *, kept: bool = True
    ) -> ASGIApp:
        made = await asked.made(make, part)
        if made.status_code != HTTPStatus.OK:
            asked.lead_home(made)
            return _bodiless(asked.request, made)
        return await self._documents.answer_page(asked, made, kept=kept)


def _bodiless(request: Request, response: Response) -> Response:
    if request.method == "HEAD":
        response.body = b""
    return response
