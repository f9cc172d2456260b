"""HTTP/1.1 of uvicorn, by h11, with limits of our own and clear answers beyond them.

uvicorn has no limit on how long a head may take, answers plain text to what it can't read, and
counts connections only when a request has come. h11 takes what makes two readers of a request see
two different ones, and the square of a header's length for what it doesn't take.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from contextlib import suppress
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
_WRITTEN = 16 * 1024
"""How many bytes of an answer may wait to be taken, before no more are made."""

_HEAD_END = re.compile(rb"\n\r?\n")
_STRAY = re.compile(rb"[\0\x0b\x0c]|\r(?=[^\n])")
"""What stands in no head: h11's pattern of a line fails there, for each space before it anew."""


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
_VERSION = _Refusal(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "Only HTTP/1.1 and 1.0 are spoken here.")
_LONG_LINE = _Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, "The request line is too long.")
_LARGE_HEAD = _Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The head of the request is too large."
)


class _Connection(h11.Connection):
    """h11's connection, as strict as RFC 9112 is, and as patient."""

    _seen = 0

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        if self.their_state is h11.IDLE and not self._is_at_a_start():
            return h11.NEED_DATA
        event = super().next_event()
        if isinstance(event, h11.Request):
            _check(event)
        return event

    @property
    def is_head(self) -> bool:
        """Whether the answer to the request that began last has no body."""
        return self._request_method == b"HEAD"

    def begins(self, head: bytes) -> None:
        """Know of what method a request is whose head is refused; of others h11 does by itself."""
        self._request_method = b"HEAD" if head.startswith(b"HEAD ") else None

    def _is_at_a_start(self) -> bool:
        """Overlook empty lines before a request (section 2.2), and refuse what h11 is slow with.

        Raises:
            RemoteProtocolError: the head has a character that stands in none.
        """
        head = self.trailing_data[0]
        while head.startswith((b"\r\n", b"\n")):
            line, _, head = head.partition(b"\n")
            self._receive_buffer.maybe_extract_at_most(len(line) + 1)
            self._seen = 0
        self.begins(head)
        start = max(0, self._seen - 3)
        end = _HEAD_END.search(head, start)
        if _STRAY.search(head, start, end.end() if end else len(head)):
            raise h11.RemoteProtocolError("a character that stands in no head")
        self._seen = 0 if end else len(head)
        # It may be half of the end of an empty line.
        return head != b"\r"


def _check(request: h11.Request) -> None:
    """Refuse a request that is of another protocol, or whose end may be seen in two places.

    Raises:
        RemoteProtocolError: it is one.
    """
    if not request.http_version.startswith(b"1."):
        status = HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
        raise h11.RemoteProtocolError("another version", error_status_hint=status)
    names = {name for name, _ in request.headers}
    # RFC 9112, section 6.1: a proxy may have believed the other of the two.
    old = request.http_version == b"1.0"
    if b"transfer-encoding" in names and (b"content-length" in names or old):
        raise h11.RemoteProtocolError("two lengths")


def limited(settings: Settings) -> type[H11Protocol]:
    """The protocol with the limits of the settings."""

    class Limited(_Limited):
        max_connections = settings.max_connections
        max_head = settings.max_headers
        head_timeout = settings.head_timeout

    return Limited


class _Limited(H11Protocol):
    conn: _Connection
    max_connections: int
    max_head: int
    head_timeout: float

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.conn = _Connection(h11.SERVER, self.max_head)
        self._timer: asyncio.TimerHandle | None = None
        self._refused = False

    # The type is that of uvicorn's method; asyncio's is wider.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as told above
        super().connection_made(transport)
        transport.set_write_buffer_limits(_WRITTEN)
        count = len(self.connections)
        if count > 2 * self.max_connections:
            # Whoever sends nothing can't be answered; a descriptor more is a feed less.
            transport.abort()
        elif count > self.max_connections:
            self.app = _too_many
        self._timer = self.loop.call_later(self.head_timeout, self._too_slow)

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
                self.conn.begins(self.conn.trailing_data[0] + data)
                self._refuse(_LARGE_HEAD if b"\n" in data[: self.max_head] else _LONG_LINE)
                return
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):
            self._disarm()
        elif self._timer is None and not self.transport.is_closing():
            self._timer = self.loop.call_later(self.head_timeout, self._too_slow)

    def send_400_response(self, msg: str) -> None:
        """Answer what can't be read; uvicorn calls it while it handles the exception."""
        error = sys.exception()
        hint = getattr(error, "error_status_hint", HTTPStatus.BAD_REQUEST)
        if hint == HTTPStatus.HTTP_VERSION_NOT_SUPPORTED:
            self._refuse(_VERSION)
        elif hint != HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
            self._refuse(_MALFORMED)
        else:
            self._refuse(_LARGE_HEAD if b"\n" in self.conn.trailing_data[0] else _LONG_LINE)

    def on_response_complete(self) -> None:
        """Go on with the next request; if this one's body is still coming, nobody wants it."""
        if self.conn.their_state is h11.SEND_BODY and not self.transport.is_closing():
            self.server_state.total_requests += 1
            self.flow.resume_reading()
            self._leave()
        else:
            super().on_response_complete()

    def shutdown(self) -> None:
        if self._refused:
            self.transport.close()
        else:
            super().shutdown()

    def _too_slow(self) -> None:
        self._timer = None
        # An answer that is on its way is finished, and with it the wait for the request's body.
        if not self.transport.is_closing() and self.conn.our_state is not h11.SEND_BODY:
            self._refuse(_TOO_SLOW)

    def _refuse(self, refusal: _Refusal) -> None:
        body = refusal.body()
        response = h11.Response(
            status_code=refusal.status,
            headers=refusal.headers(body),
            reason=refusal.status.phrase.encode(),
        )
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            sent = h11.Data(data=b"" if self.conn.is_head else body)
            for event in (response, sent, h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        if self.cycle is not None and not self.cycle.response_complete:
            # Whoever waits for the body waits for nothing.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._leave()

    def _leave(self) -> None:
        # What is still coming is read and thrown away for a while: to close a connection at once
        # would reset it, and the answer with it.
        self._disarm()
        self._refused = True
        with suppress(OSError):
            # The client may be gone already.
            self.transport.write_eof()
        self.loop.call_later(_LINGER, self.transport.close)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


async def _too_many(scope: Scope, receive: Receive, send: Send) -> None:
    body = _TOO_MANY.body()
    headers = _TOO_MANY.headers(body)
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
