"""The servers that are measured, each in a process of its own, on the same uvicorn.

`python -m tests.bench.servers KIND PORT FOLDER`: `function` and `route` answer with what stands in
FOLDER (`body`, and `headers.json` with the headers of 200 and of 304) and do nothing else; `ours`
is the server of the database there.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from feedserver.settings.settings import Settings
from feedserver.store.store import Store
from feedserver.web.app import create_app

DATABASE = "site.sqlite"
UNCHANGED = "/unchanged"
"""Where the bare ones answer 304, whatever they are asked."""


def main(kind: str, port: str, folder: str) -> None:
    """Serve until the process is ended."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    app = {"function": _function, "route": _route, "ours": _ours}[kind](Path(folder))
    uvicorn.run(
        app,
        port=int(port),
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        lifespan="on",
        timeout_graceful_shutdown=1,
    )


def _ours(folder: Path) -> ASGIApp:
    return create_app(Settings(), store=Store(folder / DATABASE))


def _function(folder: Path) -> ASGIApp:
    body, full, unchanged = _answer(folder)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for phase in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{phase}.complete"})
        elif scope["path"] == UNCHANGED:
            await send({"type": "http.response.start", "status": 304, "headers": unchanged})
            await send({"type": "http.response.body", "body": b""})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": full})
            await send({"type": "http.response.body", "body": body})

    return app


def _route(folder: Path) -> ASGIApp:
    body, full, unchanged = _answer(folder)

    async def get(request: Request) -> Response:
        response = Response(body)
        response.raw_headers = full
        return response

    async def get_unchanged(request: Request) -> Response:
        response = Response(None, 304)
        response.raw_headers = unchanged
        return response

    return Starlette(routes=[Route(UNCHANGED, get_unchanged), Route("/{path:path}", get)])


def _answer(
    folder: Path,
) -> tuple[bytes, list[tuple[bytes, bytes]], list[tuple[bytes, bytes]]]:
    found = json.loads((folder / "headers.json").read_text("utf-8"))
    lists = [
        [(name.encode(), value.encode()) for name, value in found[status]]
        for status in ("200", "304")
    ]
    return (folder / "body").read_bytes(), lists[0], lists[1]


if __name__ == "__main__":
    main(*sys.argv[1:])
