"""HTTP/1.1 of uvicorn, by h11, with limits of our own and clear answers beyond them.

uvicorn has no limit on how long a head may take, answers plain text to what it can't read, and
counts connections only when a request has come.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from feedserver.http import problems
from feedserver.settings.settings import Settings

RETRY_AFTER = 5
"""After how many seconds to come again, if there are too many connections."""

_LINGER = 1.0


@dataclass(frozen=True, slots=True)
class _Refusal:
    status: HTTPStatus
    detail: str

    def headers(self, body: bytes) -> list[tuple[bytes, bytes]]:
        found = [
            (b"content-type", problems.MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            found.append((b"retry-after", str(RETRY_AFTER).encode()))
        return found

    def body(self) -> bytes:
        values = {"type": "about:blank", "title": self.status.phrase, "status": self.status}
        return json.dumps(values | {"detail": self.detail}).encode()


_TOO_MANY = _Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "There are too many connections.")
_TOO_SLOW = _Refusal(HTTPStatus.REQUEST_TIMEOUT, "The request took too long to arrive.")
_MALFORMED = _Refusal(HTTPStatus.BAD_REQUEST, "This is no request of HTTP/1.1.")
_LONG_LINE = _Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, "The request line is too long.")
_LARGE_HEAD = _Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The head of the request is too large."
)


def limited(settings: Settings) -> type[H11Protocol]:
    """The protocol with the limits of the settings."""

    class Limited(_Limited):
        max_connections = settings.max_connections
        max_head = settings.max_headers
        head_timeout = settings.head_timeout

    return Limited


class _Limited(H11Protocol):
    max_connections: int
    max_head: int
    head_timeout: float

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_timer: asyncio.TimerHandle | None = None
        self._refused = False

    # The type is that of uvicorn's method; asyncio's is wider.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        count = len(self.connections)
        if count > 2 * self.max_connections:
            # Whoever sends nothing can't be answered; a descriptor more is a feed less.
            transport.abort()
        elif count > self.max_connections:
            self.app = _too_many
        self._head_timer = self.loop.call_later(self.head_timeout, self._too_slow)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        if len(data) > self.max_head and self.conn.their_state is h11.IDLE:
            # h11 looks at the size only of what isn't complete.
            end = data.find(b"\r\n\r\n")
            if end < 0 or end > self.max_head:
                self._refuse(_LARGE_HEAD if b"\n" in data[: self.max_head] else _LONG_LINE)
                return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._disarm()
        elif self._head_timer is None and not self.transport.is_closing():
            self._head_timer = self.loop.call_later(self.head_timeout, self._too_slow)

    def send_400_response(self, msg: str) -> None:
        """Answer what can't be read; uvicorn calls it while it handles the exception."""
        error = sys.exception()
        hint = getattr(error, "error_status_hint", HTTPStatus.BAD_REQUEST)
        if hint != HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
            self._refuse(_MALFORMED)
        else:
            self._refuse(_LARGE_HEAD if b"\n" in self.conn.trailing_data[0] else _LONG_LINE)

    def _too_slow(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self._refuse(_TOO_SLOW)

    def _refuse(self, refusal: _Refusal) -> None:
        body = refusal.body()
        response = h11.Response(
            status_code=refusal.status,
            headers=refusal.headers(body),
            reason=refusal.status.phrase.encode(),
        )
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            for event in (response, h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        # What is still coming is read and thrown away for a while: to close a connection at once
        # would reset it, and the answer with it.
        self._disarm()
        self._refused = True
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_LINGER, self.transport.close)

    def _disarm(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


async def _too_many(scope: Scope, receive: Receive, send: Send) -> None:
    body = _TOO_MANY.body()
    headers = _TOO_MANY.headers(body)
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
