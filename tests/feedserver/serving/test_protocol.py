"""What a connection holds of an answer that nobody takes, and how it ends."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from collections.abc import Mapping

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from feedserver.serving.protocol import limited
from feedserver.settings.settings import Settings
from feedserver.web.limits import Pieces

_LARGE = 16_000_000
"""Larger than what systems buffer of a connection."""
_START: Mapping[str, object] = {"type": "http.response.start", "status": 200}


async def _at_once(scope: Scope, receive: Receive, send: Send) -> None:
    await send({**_START, "headers": [(b"content-length", b"%d" % _LARGE)]})
    await send({"type": "http.response.body", "body": b"x" * _LARGE})


async def _bit_by_bit(scope: Scope, receive: Receive, send: Send) -> None:
    await send({**_START, "headers": []})
    for _ in range(_LARGE // 10_000):
        await send({"type": "http.response.body", "body": b"x" * 10_000, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize("app", [_at_once, _bit_by_bit])
def test_a_slow_reader_holds_a_piece(app: ASGIApp) -> None:
    protocol = limited(Settings())
    config = uvicorn.Config(Pieces(app), http=protocol, ws="none", lifespan="off")
    config.load()

    async def run() -> tuple[int, bytes]:
        loop, state = asyncio.get_running_loop(), ServerState()
        server = await loop.create_server(
            lambda: protocol(config, state, {}),
            "127.0.0.1",
            0,
        )
        with socket.create_connection(server.sockets[0].getsockname()) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            while not (connections := list(state.connections)):
                await asyncio.sleep(0)
            [connection] = connections
            assert isinstance(connection, H11Protocol)
            cycle = connection.cycle
            while not (connection.flow.write_paused or (cycle and cycle.response_complete)):
                cycle = connection.cycle
                await asyncio.sleep(0)
            held = connection.transport.get_write_buffer_size()
            client.setblocking(False)
            got = b""
            while part := await loop.sock_recv(client, 1_000_000):
                got += part
        server.close()
        return held, got

    held, got = asyncio.run(run())
    assert held < 100_000
    assert got.count(b"x") == _LARGE


async def _reads(scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass


def test_to_a_client_that_goes_nothing_more_is_written(caplog: pytest.LogCaptureFixture) -> None:
    client = socket.socket()

    async def leaves(scope: Scope, receive: Receive, send: Send) -> None:
        await send({**_START, "headers": []})
        # With a reset, as a program that is killed.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        await send({"type": "http.response.body", "body": b"x" * _LARGE})

    protocol = limited(Settings())
    config = uvicorn.Config(Pieces(leaves), http=protocol, ws="none", lifespan="off")
    config.load()

    async def run() -> None:
        loop, state = asyncio.get_running_loop(), ServerState()
        server = await loop.create_server(lambda: protocol(config, state, {}), "127.0.0.1", 0)
        client.connect(server.sockets[0].getsockname())
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        while not state.tasks:
            await asyncio.sleep(0)
        await asyncio.gather(*state.tasks)
        server.close()

    asyncio.run(run())
    # asyncio warns of each after some.
    assert caplog.messages == []


@pytest.mark.parametrize(
    "start",
    [b"GET / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n"],
    ids=["head", "body"],
)
def test_what_comes_byte_by_byte_is_timed_out(start: bytes) -> None:
    protocol = limited(Settings(head_timeout=1))
    config = uvicorn.Config(_reads, http=protocol, ws="none", lifespan="off")
    config.load()

    async def run() -> bytes:
        """What is answered first; nothing, if nobody says that it takes too long."""
        loop, state = asyncio.get_running_loop(), ServerState()
        server = await loop.create_server(lambda: protocol(config, state, {}), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(start)
        answer = asyncio.ensure_future(reader.readline())
        for _ in range(300):
            if not answer.done():
                writer.write(b"x")
                await asyncio.sleep(0.02)
        writer.close()
        server.close()
        reader.feed_eof()
        return await answer

    assert asyncio.run(run()).startswith(b"HTTP/1.1 408 ")


class _Left(asyncio.Transport):
    """The connection of a client that has gone, which the system tells only of its end."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_closed = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def write_eof(self) -> None:
        raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True


def test_a_client_that_has_gone_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedserver.serving.protocol._LINGER", 0)
    protocol = limited(Settings())
    config = uvicorn.Config(_reads, http=protocol, ws="none", lifespan="off")
    config.load()

    async def run() -> _Left:
        transport, connection = _Left(), protocol(config, ServerState(), {})
        connection.connection_made(transport)
        connection.data_received(b"HELLO\r\n\r\n")
        while not transport.is_closed:
            await asyncio.sleep(0)
        connection.connection_lost(None)
        return transport

    assert asyncio.run(run()).written.startswith(b"HTTP/1.1 400 ")
