"""What a request may not be: too long, with too many parameters, or for a target that is no path
(RFC 9112, section 3.2); and what its answer may not do: fill the memory of a slow connection.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feedserver.http import problems
from feedserver.http.problems import Problem
from feedserver.settings.settings import Settings

_PIECE = 32 * 1024


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
            return too_many_parameters(self._max_parameters)
        return None


def too_many_parameters(most: int) -> Problem:
    """What is wrong with a query of more."""
    detail = f"There are too many parameters: at most {most} are taken."
    return Problem(HTTPStatus.BAD_REQUEST, detail)


class Targets:
    """Hands on requests whose target is a whole address, or `*`, as those of a path.

    The host of a whole address takes the place of the header Host, as it must.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/"):
            found = _of_path(scope)
            if found is None:
                problem = Problem(
                    HTTPStatus.BAD_REQUEST, "The target of the request is no address."
                )
                response = await problems.answer(Request({**scope, "path": "/"}), problem)
                await response(scope, receive, send)
                return
            scope = found
        await self._app(scope, receive, send)


def _of_path(scope: Scope) -> Scope | None:
    target = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
    if target == "*" and scope["method"] == "OPTIONS":
        # It asks of the server as a whole.
        return {**scope, "path": "/", "raw_path": b"/"}
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    path = parts.path or "/"
    headers = [each for each in scope["headers"] if each[0] != b"host"]
    headers.append((b"host", parts.netloc.encode("latin-1")))
    found = {"path": unquote(path), "raw_path": path.encode("latin-1"), "headers": headers}
    return {**scope, **found}


class Pieces:
    """Sends what is large in pieces, the next when the last has been taken.

    What is sent at once is copied for its connection, and stays until a slow reader has taken it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def in_pieces(message: Message) -> None:
            body = message.get("body", b"")
            if len(body) > _PIECE:
                last = (len(body) - 1) // _PIECE * _PIECE
                for start in range(0, last, _PIECE):
                    piece = body[start : start + _PIECE]
                    await send({**message, "body": piece, "more_body": True})
                    # A client that has gone is known when the loop has gone round.
                    await asyncio.sleep(0)
                message = {**message, "body": body[last:]}
            await send(message)

        await self._app(scope, receive, in_pieces)
