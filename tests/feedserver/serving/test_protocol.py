"""What a connection holds of an answer that nobody takes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from feedserver.serving.protocol import limited
from feedserver.settings.settings import Settings
from feedserver.web.limits import Pieces

_LARGE = 30_000_000
"""Larger than what systems buffer of a connection."""
_START: Mapping[str, object] = {"type": "http.response.start", "status": 200}


async def _at_once(scope: Scope, receive: Receive, send: Send) -> None:
    await send({**_START, "headers": [(b"content-length", b"%d" % _LARGE)]})
    await send({"type": "http.response.body", "body": b"x" * _LARGE})


async def _bit_by_bit(scope: Scope, receive: Receive, send: Send) -> None:
    await send({**_START, "headers": []})
    for _ in range(_LARGE // 1000):
        await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
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
