"""What a request may not exceed: the length of its target, and the number of its parameters."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from feedserver.http import problems
from feedserver.http.problems import Problem
from feedserver.settings.settings import Settings


class Limits:
    """Answers a request that exceeds a limit, and hands on the others."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._max_path = settings.max_path
        self._max_parameters = settings.max_parameters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            problem = self._problem(scope)
            if problem is not None:
                response = await problems.answer(Request(scope), problem)
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _problem(self, scope: Scope) -> Problem | None:
        query: bytes = scope["query_string"]
        if len(scope.get("raw_path") or scope["path"]) + len(query) > self._max_path:
            detail = f"The address is too long: at most {self._max_path} bytes are taken."
            return Problem(HTTPStatus.REQUEST_URI_TOO_LONG, detail)
        # One that is empty is none, but whoever sends so many is to be told the same.
        if query and query.count(b"&") >= self._max_parameters:
            detail = f"There are too many parameters: at most {self._max_parameters} are taken."
            return Problem(HTTPStatus.BAD_REQUEST, detail)
        return None
