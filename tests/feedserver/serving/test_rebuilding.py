"""The thread that refreshes a builder: what it does when that fails."""

from __future__ import annotations

from threading import Event

import pytest

from feedserver.serving.rebuilding import Rebuilding
from feedserver.sources.statefolder import Health, SourceStatus


class Builder:
    """Fails so often, and then doesn't."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.health = Health(peers=(SourceStatus("a", "address", None, None, "current"),))
        self.refreshed = Event()

    def refresh(self) -> bool:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("broken")
        self.refreshed.set()
        return True

    def hurry(self) -> None: ...

    def suspect(self) -> None: ...


def test_the_first_refresh_has_to_work_where_it_is_needed() -> None:
    builder = Builder(1)
    with Rebuilding(builder, 0.001) as rebuilding, pytest.raises(RuntimeError, match="broken"):
        rebuilding.wait(60)
    assert not builder.refreshed.is_set()


def test_elsewhere_it_goes_on_and_peers_are_still_told_of() -> None:
    builder = Builder(3)
    with Rebuilding(builder, 0.001, needed=False) as rebuilding:
        assert builder.refreshed.wait(60)
        assert rebuilding.health().peers == builder.health.peers
