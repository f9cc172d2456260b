"""The process that workers belong to: what it listens on, and what it can't be told."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from feedserver.errors import SettingsError
from feedserver.serving import parent
from feedserver.settings.settings import Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_answers_do_not_wait_on_a_kept_connection(host: str) -> None:
    """By Nagle's algorithm each body would wait 40 ms for the client to acknowledge its headers."""
    if host == "::1" and not socket.has_dualstack_ipv6():
        pytest.skip("there is no IPv6")
    with parent._bound(host, 0) as listening:
        listening.listen()
        with socket.create_connection(listening.getsockname()[:2]):
            taken, _ = listening.accept()
            with taken:
                # asyncio goes by the protocol.
                assert taken.proto == socket.IPPROTO_TCP
                assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_hub_elsewhere_has_to_know_where_the_server_is(tmp_path: Path) -> None:
    (tmp_path / "atom.xml").write_text("x")
    settings = Settings(sources=(str(tmp_path / "atom.xml"),), hub="https://hub.example/")
    with pytest.raises(SettingsError, match="hub: a hub elsewhere has to know where we are"):
        parent.serve(settings, lambda ready, origin: None)
