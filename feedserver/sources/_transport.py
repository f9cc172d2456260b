"""The way of a request to its server, over sockets of ours: a transport of httpx2.

Whoever makes one gives it a function that connects, and so looks at addresses, and one deadline.
All that waits for the other side (look-up, connection, TLS, head, body) is given what is left until
then: a limit for each read doesn't help against who sends a byte a second. Nothing of it is kept
for a next request, and HTTP/2 is left out.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore2
import httpx2

Connect = Callable[[str, int, float], socket.socket]
"""Connect to a port of a host, until a time of the monotonic clock.

Raises:
    FetchError: it may not be connected to.
    OSError: it can't be; a `TimeoutError` if it is the time that is over.
"""

TOO_LONG = "it takes too long"


class Transport(httpx2.BaseTransport):
    """Brings requests to their servers by `connect`, until the `deadline` of the monotonic clock.

    Raises what `httpcore2` raises; its timeouts are those of the deadline.
    """

    def __init__(self, connect: Connect, context: ssl.SSLContext, deadline: float) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context,
            max_keepalive_connections=0,
            network_backend=_Backend(connect, deadline),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        assert isinstance(request.stream, httpx2.SyncByteStream)
        url = httpcore2.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = self._pool.handle_request(
            httpcore2.Request(
                request.method, url, headers=request.headers.raw, content=request.stream
            )
        )
        return httpx2.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    """The bytes of an answer, as they come."""

    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class _Backend(httpcore2.NetworkBackend):
    """Connects by a function of ours. The timeouts that are given to it have no meaning here."""

    def __init__(self, connect: Connect, deadline: float) -> None:
        self._connect = connect
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        with _told(httpcore2.ConnectTimeout, httpcore2.ConnectError):
            connected = self._connect(host, port, self._deadline)
            # A request's head and its body are written one after the other.
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _Stream(connected, self._deadline)


class _Stream(httpcore2.NetworkStream):
    """A connection, on which nothing is waited for beyond the deadline."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self._socket = connected
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _told(httpcore2.ReadTimeout, httpcore2.ReadError):
            return self._ready().recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        rest = memoryview(buffer)
        with _told(httpcore2.WriteTimeout, httpcore2.WriteError):
            while rest:
                # Of TLS `sendall` would give the whole time to each part.
                rest = rest[self._ready().send(rest) :]

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            with _told(httpcore2.ConnectTimeout, httpcore2.ConnectError):
                secured = ssl_context.wrap_socket(self._ready(), server_hostname=server_hostname)
        except BaseException:
            # The pool doesn't know this connection yet.
            self.close()
            raise
        return _Stream(secured, self._deadline)

    # As httpcore2 declares it.
    def get_extra_info(self, info: str) -> Any:
        # Asked for the protocol that was agreed on, which is HTTP/1.1.
        secured = info == "ssl_object" and isinstance(self._socket, ssl.SSLSocket)
        return self._socket if secured else None

    def _ready(self) -> socket.socket:
        """The socket, which waits as long as there is time.

        Raises:
            TimeoutError: there is none.
        """
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        return self._socket


@contextmanager
def _told(late: type[Exception], failed: type[Exception]) -> Iterator[None]:
    """Turn errors of sockets into those that httpcore2 knows; a number is the system's own."""
    try:
        yield
    except TimeoutError as error:
        raise late(str(error) if error.errno else TOO_LONG) from error
    except (OSError, ValueError) as error:
        raise failed(str(error) or type(error).__name__) from error
