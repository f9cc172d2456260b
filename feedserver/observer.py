"""What is seen of each request: as little as possible, since it is on the path of every answer.

Whoever counts takes it out of `seen` later, in another thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Seen(NamedTuple):
    """A request's path and the status of its answer; `agent` if it tells of subscribers."""

    path: str
    status: int
    agent: bytes | None


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
                self.seen.append(Seen(scope["path"], message["status"], _telling(scope)))
            return send(message)

        await self._app(scope, receive, observed)


def _telling(scope: Scope) -> bytes | None:
    """The User-Agent, if it may tell of subscribers."""
    for name, value in scope["headers"]:
        if name == b"user-agent":
            return value[:500] if b"subscriber" in value or b"reader" in value else None
    return None
