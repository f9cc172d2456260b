"""The server's parts, put together: the route table, and what stands around it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp

from feedserver.embed import oembed, snippets
from feedserver.errors import (
    DatabaseError,
    EntryNotFoundError,
    ParameterError,
    SearchTimeoutError,
    StateError,
)
from feedserver.feeds import catalogue
from feedserver.feeds.index import NETWORK
from feedserver.formats import archive
from feedserver.http import problems
from feedserver.http.answers import FastPath
from feedserver.http.conditions import joined
from feedserver.http.proxies import Origins
from feedserver.network.subscribing import CALLBACK
from feedserver.pages import assets, cards, pages, sections
from feedserver.settings.settings import Settings
from feedserver.store.store import HUB, Store
from feedserver.web import openapi
from feedserver.web.browsers import Browsers, feed_page
from feedserver.web.callback import Callbacks, WebSub
from feedserver.web.embedding import Embedding
from feedserver.web.feeds import FeedPage, Feeds
from feedserver.web.folder import Pages
from feedserver.web.hub import HubEndpoint
from feedserver.web.routes import READ, Asked, Endpoint, Row, readable
from feedserver.web.site import Site
from feedserver.web.stores import Stores


def create_app(
    settings: Settings,
    *,
    store: Store,
    network: Path | None = None,
    page: FeedPage = feed_page,
    websub: WebSub | None = None,
) -> ASGIApp:
    """Make the server of one store: its feeds, and the pages of `settings.folder`.

    `network` is the database of the site and its peers, which may come later. `page` makes what a
    browser gets at a feed's address; `websub` takes what subscribers and other hubs say.
    """
    origins = Origins(settings)
    stores = Stores(store, network, origins)
    documents = Feeds(settings, page)

    def endpoint(answer: Endpoint) -> Callable[[Request], Awaitable[ASGIApp]]:
        async def answered(request: Request) -> ASGIApp:
            served = stores.of(request.scope["path"])
            snapshot = served.store.snapshot
            request.state.site = snapshot.index.archive.site
            base = origins.base(request.scope, joined(request.scope["headers"]))
            path = readable(request.scope["path"])
            asked = Asked(request, path, base, snapshot, served, stores.network)
            request.state.prefix = f"{asked.prefix}/"
            request.state.feeds = partial(cards.of_site, snapshot.index, base)
            request.state.home = base if settings.folder else None
            return await answer(asked)

        return answered

    files = Pages(settings)
    browsers = Browsers(documents, settings, files)
    rows = [
        *_of_websub(settings, websub),
        *_table(browsers, Embedding(documents), Site(documents, files, browsers)),
    ]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, object]]:
        watcher = asyncio.create_task(_watch(stores, settings.interval))
        one = partial(ThreadPoolExecutor, max_workers=1)
        with (
            one(thread_name_prefix="render") as renderer,
            one(thread_name_prefix="search") as searcher,
        ):
            try:
                yield {"renderer": renderer, "searcher": searcher}
            finally:
                watcher.cancel()
                with suppress(asyncio.CancelledError):
                    await watcher

    known = (HTTPException, ParameterError, EntryNotFoundError, SearchTimeoutError)
    errors = (*known, ClientDisconnect, DatabaseError, StateError, Exception)
    app = Starlette(
        routes=[
            Row(path, methods, endpoint(answer), described=described)
            for path, methods, answer, described in rows
        ],
        exception_handlers={error: problems.answer for error in errors},
        lifespan=lifespan,
    )
    return FastPath(app, stores.answers)


def _of_websub(
    settings: Settings, websub: WebSub | None
) -> Iterator[tuple[str, Sequence[str], Endpoint, bool]]:
    """The addresses by which servers tell each other what is new."""
    if websub is None:
        return
    if websub.hub:
        answer = HubEndpoint(websub.hub, websub, settings).answer
        yield f"/{HUB}", ("POST",), answer, True
    callbacks = Callbacks(websub.pushes, settings.fetch_bytes, websub.calls)
    address = f"/{CALLBACK}/{{token}}"
    yield address, ("GET",), callbacks.agree, False
    yield address, ("POST",), callbacks.take, False


def _table(
    browsers: Browsers, embedding: Embedding, site: Site
) -> Iterator[tuple[str, Sequence[str], Endpoint, bool]]:
    """Each address, its methods and endpoint, and whether `/openapi.json` describes it.

    The first row that fits answers: what a site's folder has comes last, but stands in for feeds
    that there aren't.
    """
    for name in sorted(assets.NAMES):
        yield f"/{name}", READ, browsers.asset, False
    yield f"/{pages.CATALOGUE}", READ, browsers.catalogue, True
    yield f"/{snippets.SCRIPT}", READ, embedding.script, True
    yield f"/{oembed.NAME}", READ, embedding.oembed, True
    yield "/embed", READ, embedding.root, False
    yield "/embed.svg", READ, embedding.picture_of_all, True
    yield "/embed/{folder:anything}.svg", READ, embedding.picture, True
    yield "/embed/{folder:anything}", READ, embedding.page, True
    yield f"/{catalogue.JSON}", READ, site.catalogue, True
    yield f"/{catalogue.OPML}", READ, site.catalogue, True
    yield f"{NETWORK}{catalogue.JSON}", READ, site.catalogue, True
    yield f"{NETWORK}{catalogue.OPML}", READ, site.catalogue, True
    yield f"{NETWORK}{pages.CATALOGUE}", READ, browsers.network, True
    yield f"/{archive.FILE}", READ, site.archive, True
    yield f"/{openapi.NAME}", READ, site.description, True
    for folder in openapi.FOLDERS:
        yield f"{folder}{{file:feed}}", READ, site.feed, True
    for path in (pages.CATALOGUE, sections.PATH):
        yield f"/{path.rstrip('/')}", READ, site.to_slash, False
    yield f"/{sections.PATH}", READ, site.sections, True
    yield f"{NETWORK}{sections.PATH}", READ, browsers.network_sections, True
    for folder in openapi.FOLDERS:
        yield folder, READ, site.folder, True
    # An archive may name feeds in any folder.
    yield "/{folder:anything}/{file:feed}", READ, site.feed, False
    yield "/{folder:anything}/", READ, site.folder, False
    yield "/{path:anything}", READ, site.other, False


async def _watch(stores: Stores, interval: float) -> None:
    """Look at the databases from time to time, off the event loop."""
    while True:
        await asyncio.sleep(interval)
        await asyncio.to_thread(stores.refresh)
