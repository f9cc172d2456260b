"""One homeserver for all tests of a process: to start it takes as long as many of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rooms.synapse import Member, Synapse, homeserver


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    with homeserver(tmp_path_factory.mktemp("synapse")) as found:
        yield found


@pytest.fixture(scope="session")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """A homeserver with limits, which is stopped and started."""
    with homeserver(tmp_path_factory.mktemp("strict"), limited=True) as found:
        yield found


@pytest.fixture(scope="session")
def ida(server: Synapse) -> Member:
    """Who reads what the bot has posted."""
    return server.register("ida")
