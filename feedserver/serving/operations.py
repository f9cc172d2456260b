"""What operators ask a server: /healthz and /metrics."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from feedserver.feeds.index import Index
from feedserver.http import problems
from feedserver.http.problems import Problem
from feedserver.serving import metrics
from feedserver.serving.reports import Told
from feedserver.sources.statefolder import SourceStatus

HEALTH = "/healthz"
METRICS = "/metrics"

_UNCACHED = {"Cache-Control": "no-store"}


class Operations:
    """Answers operators, and hands on everybody else.

    `index` gives what is served now, `told` what the parent said last, and `problem` what this
    worker has to add. With `public_metrics` there is /metrics too.
    """

    def __init__(
        self,
        app: ASGIApp,
        told: Callable[[], Told],
        *,
        index: Callable[[], Index],
        problem: Callable[[], str | None] = lambda: None,
        public_metrics: bool,
    ) -> None:
        self._app = app
        self._told = told
        self._index = index
        self._problem = problem
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
        health, index, own = self._told().health, self._index(), self._problem()
        sources = health.sources
        problems = list(dict.fromkeys((*health.problems, *([own] if own else ()))))
        troubled = bool(problems) or not all(each.current for each in (*sources, *health.peers))
        state = "degraded" if troubled else "ok"
        if not index.feeds:
            # Whoever asks for a feed gets none.
            state = "failing"
        values: dict[str, object] = {
            "status": state,
            "entries": len(index.archive.entries),
            "feeds": len(index.feeds),
            "sources": [_shown(source) for source in sources],
        }
        if health.peers:
            values["peers"] = [_shown(peer) for peer in health.peers]
        if problems:
            values["problems"] = problems
        code = HTTPStatus.SERVICE_UNAVAILABLE if state == "failing" else HTTPStatus.OK
        return JSONResponse(values, code, _UNCACHED)

    def _metrics(self) -> Response:
        packed = self._told().metrics
        # At first nothing has been counted yet.
        text = zlib.decompress(packed) if packed else b""
        return Response(text, headers=_UNCACHED, media_type=metrics.MEDIA_TYPE)


def _shown(source: SourceStatus) -> dict[str, object]:
    return {
        name: value.isoformat() if name == "last_success" else value
        for name, value in asdict(source).items()
        if value is not None
    }
