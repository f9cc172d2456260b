"""What is seen of each request: as little as possible, since it is on the path of every answer.

Whoever counts takes it out of `seen` later, in another thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MAX_QUERY = 500


class Seen(NamedTuple):
    """A request's path and the status of its answer.

    `page` is whether the answer was one for a person; `agent` is there if it tells of subscribers,
    and then `query` too.
    """

    path: str
    status: int
    page: bool = False
    agent: bytes | None = None
    query: bytes = b""


class Observer:
    """Remembers what was asked and answered; if nobody takes it out, the newest."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # Its methods are atomic, so that no lock is needed.
        self.seen: deque[Seen] = deque(maxlen=100_000)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        def observed(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                self.seen.append(_seen(scope, message))
            return send(message)

        await self._app(scope, receive, observed)


def _seen(scope: Scope, message: Message) -> Seen:
    page = any(
        name == b"content-type" and value.startswith(b"text/html")
        for name, value in message.get("headers", ())
    )
    agent = _telling(scope)
    query = scope["query_string"][:_MAX_QUERY] if agent else b""
    return Seen(scope["path"], message["status"], page, agent, query)


def _telling(scope: Scope) -> bytes | None:
    """The User-Agent, if it may tell of subscribers."""
    for name, value in scope["headers"]:
        if name == b"user-agent":
            return value[:500] if b"subscriber" in value or b"reader" in value else None
    return None
