"""What operators ask a server: /healthz and /metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from feedserver.feeds.index import Index
from feedserver.http import problems
from feedserver.http.problems import Problem
from feedserver.serving import metrics
from feedserver.sources import statefolder

HEALTH = "/healthz"
METRICS = "/metrics"
METRICS_FILE = "metrics.txt"
"""What is answered at /metrics; the parent process writes it into the state folder."""

_UNCACHED = {"Cache-Control": "no-store"}


class Operations:
    """Answers operators, and hands on everybody else.

    `index` gives what is served now. With `public_metrics` there is /metrics too.
    """

    def __init__(
        self, app: ASGIApp, folder: Path, *, index: Callable[[], Index], public_metrics: bool
    ) -> None:
        self._app = app
        self._folder = folder
        self._index = index
        self._answers = {HEALTH: self._health}
        if public_metrics:
            self._answers[METRICS] = self._metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in self._answers:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if scope["method"] in ("GET", "HEAD"):
            response = self._answers[scope["path"]]()
            response.body = b"" if scope["method"] == "HEAD" else response.body
        else:
            refused = Problem(HTTPStatus.METHOD_NOT_ALLOWED, "Only GET and HEAD are answered here.")
            refused.headers = {"Allow": "GET, HEAD"}
            response = await problems.answer(request, refused)
        await response(scope, receive, send)

    def _health(self) -> Response:
        sources = statefolder.statuses(self._folder)
        index = self._index()
        troubled = any(not source.current for source in sources)
        state = "degraded" if troubled else "ok"
        if not index.feeds:
            # Whoever asks for a feed gets none.
            state = "failing"
        values = {
            "status": state,
            "entries": len(index.archive.entries),
            "feeds": len(index.feeds),
            "sources": [
                {
                    name: value.isoformat() if name == "last_success" else value
                    for name, value in asdict(source).items()
                    if value is not None
                }
                for source in sources
            ],
        }
        code = HTTPStatus.SERVICE_UNAVAILABLE if state == "failing" else HTTPStatus.OK
        return JSONResponse(values, code, _UNCACHED)

    def _metrics(self) -> Response:
        try:
            text = (self._folder / METRICS_FILE).read_bytes()
        except FileNotFoundError:
            # Nothing has been counted yet.
            text = b""
        return Response(text, headers=_UNCACHED, media_type=metrics.MEDIA_TYPE)
