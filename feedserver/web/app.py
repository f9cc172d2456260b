"""The server's parts, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp

from feedserver.errors import EntryNotFoundError, ParameterError, SearchTimeoutError
from feedserver.http import problems
from feedserver.http.answers import Answers
from feedserver.http.fastpath import FastPath
from feedserver.http.proxies import Origins, prefix_of
from feedserver.settings.settings import Settings
from feedserver.store.store import Store
from feedserver.web import feeds
from feedserver.web.browsers import Browsers, feed_page
from feedserver.web.catalogue import Pages
from feedserver.web.embedding import Embedding
from feedserver.web.feeds import FeedPage, Feeds


def create_app(settings: Settings, *, store: Store, page: FeedPage = feed_page) -> ASGIApp:
    """Make the server of one store: its feeds, and the pages of `settings.folder`.

    `page` makes what a browser gets at a feed's address.
    """
    pages, origins = Pages(settings), Origins(settings)
    answers = Answers(store, origins)
    documents = Feeds(settings, store, answers, page)
    browsers, embedding = Browsers(documents), Embedding(documents)

    async def get(request: Request) -> ASGIApp:
        if request.method == "OPTIONS":
            return feeds.preflight()
        # ASGI allows half a character in it.
        path = request.scope["path"].encode("utf-8", "replace").decode()
        snapshot, name = store.snapshot, path.removeprefix("/")
        request.state.site = snapshot.index.archive.site
        base = origins.base(request.scope, feeds.joined(request.scope))
        prefix = prefix_of(base)
        request.state.prefix = f"{prefix}/"
        if answer := await browsers.get(request, name, base, snapshot):
            return answer
        if answer := await embedding.get(request, name, base, snapshot):
            return answer
        try:
            if answer := await documents.get(request, name, base, snapshot):
                return answer
        except ParameterError:
            # What an old address takes is for the new one to say.
            if moved := pages.redirect(request, path, prefix, snapshot.index):
                return moved
            raise
        if moved := pages.redirect(request, path, prefix, snapshot.index):
            return moved
        if found := await pages.get(request, path, prefix):
            return found
        about = await browsers.folder(request, name, base, snapshot)
        return about or pages.not_found(request, path, prefix, snapshot.index)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, object]]:
        watcher = asyncio.create_task(_watch(store, settings.interval))
        # One thread, because feedgen sets the locale of the process.
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="render") as renderer:
            try:
                yield {"renderer": renderer}
            finally:
                watcher.cancel()
                with suppress(asyncio.CancelledError):
                    await watcher

    known = (HTTPException, ParameterError, EntryNotFoundError, SearchTimeoutError)
    errors = (*known, Exception)
    app = Starlette(
        routes=[Route("/{path:anything}", get, methods=["GET", "OPTIONS"])],
        exception_handlers={error: problems.answer for error in errors},
        lifespan=lifespan,
    )
    return FastPath(app, answers)


class _Anything(Convertor[str]):
    """Takes every path; Starlette's own ends where a line does."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())


async def _watch(store: Store, interval: float) -> None:
    """Look at the archive's file from time to time, off the event loop."""
    while True:
        await asyncio.sleep(interval)
        await asyncio.to_thread(store.refresh)
