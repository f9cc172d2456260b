"""The server's parts, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from feedserver import archive, feeds, problems
from feedserver.pages import Pages
from feedserver.settings import Settings
from feedserver.store import Store


def create_app(settings: Settings, *, store: Store) -> Starlette:
    """Make the server of one store: its feeds, and the pages of `settings.folder`."""
    pages = Pages(settings)

    async def get(request: Request) -> Response:
        if request.method == "OPTIONS":
            return feeds.preflight()
        # ASGI allows half a character in it.
        path = request.scope["path"].encode("utf-8", "replace").decode()
        snapshot = store.snapshot
        name, base = path.removeprefix("/"), feeds.base_of(request, settings)
        if path == f"/{archive.FILE}":
            feeds.check_parameters(request)
            return feeds.respond(request, snapshot.archive)
        document = store.remembered(snapshot, name, base)
        if document is None:
            loop = asyncio.get_running_loop()
            document = await loop.run_in_executor(
                request.state.renderer, store.document, snapshot, name, base
            )
        if document is not None:
            feeds.check_parameters(request)
            return feeds.respond(request, document)
        if moved := pages.redirect(request, path, snapshot.index):
            return moved
        page = await pages.get(request, path)
        return page or pages.not_found(request, path, snapshot.index)

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

    return Starlette(
        routes=[Route("/{path:path}", get, methods=["GET", "OPTIONS"])],
        exception_handlers={HTTPException: problems.answer, Exception: problems.answer},
        lifespan=lifespan,
    )


async def _watch(store: Store, interval: float) -> None:
    """Look at the archive's file from time to time, off the event loop."""
    while True:
        await asyncio.sleep(interval)
        await asyncio.to_thread(store.refresh)
