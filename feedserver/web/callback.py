"""The callbacks of our subscriptions at others' hubs, `/callback/<token>` (WebSub, 5.3 and 7)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import ParamSpec, TypeVar

from starlette.responses import PlainTextResponse, Response

from feedserver.errors import AwayError
from feedserver.network.hub import Hub
from feedserver.network.pushes import Pushes, Signature
from feedserver.web.routes import Asked

_MAX_CHALLENGE = 1000
_THREADS, _WAITING = 4, 60
"""How many calls of the ledger there are at once, and with those that wait for one to end."""
_SAFE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


_Arguments = ParamSpec("_Arguments")
_Found = TypeVar("_Found")


class Calls:
    """Calls of the ledger, in threads of their own.

    While it is busy or away they wait, and in others they would keep the site from being taken up.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, "ledger")
        self._room = threading.BoundedSemaphore(_WAITING)

    async def __call__(
        self,
        call: Callable[_Arguments, _Found],
        /,
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> _Found:
        """What a call comes to.

        Raises:
            StateError: too many wait, or the ledger can't be used.
        """
        if not self._room.acquire(blocking=False):
            raise AwayError("too many wait for the ledger")
        future = self._threads.submit(call, *args, **kwargs)
        # Who asked may have left before.
        future.add_done_callback(lambda _: self._room.release())
        return await asyncio.wrap_future(future)


@dataclass(frozen=True, slots=True)
class WebSub:
    """What takes that which other servers say; without a hub of ours there are callbacks alone."""

    hub: Hub | None
    pushes: Pushes
    calls: Calls = field(default_factory=Calls)


class Callbacks:
    """Answers hubs; `size` is how much of a delivery is read, in bytes."""

    def __init__(self, pushes: Pushes, size: int, calls: Calls) -> None:
        self._pushes = pushes
        self._size = size
        self._calls = calls

    async def agree(self, asked: Asked) -> Response:
        """Whether we have asked what a hub asks back."""
        fields = {}
        for name, value in asked.request.query_params.multi_items():
            fields[name] = value
        token = asked.request.path_params["token"]
        if len(fields.get("hub.challenge", "")) > _MAX_CHALLENGE:
            return _told(HTTPStatus.NOT_FOUND)
        answer = await self._calls(self._pushes.agree, token, fields)
        # What a stranger has written comes back: it is no page.
        if answer is None:
            return _told(HTTPStatus.NOT_FOUND)
        return PlainTextResponse(answer, headers=_SAFE)

    async def take(self, asked: Asked) -> Response:
        """Take what a hub delivers, if it has signed it."""
        token = asked.request.path_params["token"]
        secret = await self._calls(self._pushes.secret, token)
        if secret is None:
            # So that a hub sends nothing more of what we have forgotten.
            return _told(HTTPStatus.GONE)
        signature = Signature(asked.request.headers.get("x-hub-signature"), secret)
        size = 0
        async for piece in asked.request.stream():
            size += len(piece)
            if size > self._size:
                return _told(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            signature.add(piece)
        if not signature.is_right():
            return _told(HTTPStatus.FORBIDDEN)
        await self._calls(self._pushes.told, token)
        return Response(None, HTTPStatus.NO_CONTENT, _SAFE)


def _told(status: HTTPStatus) -> Response:
    return PlainTextResponse(f"{status.phrase}\n", status, _SAFE)
