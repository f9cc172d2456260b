"""A ledger in either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.feedserver.ledger import databases
from tests.feedserver.ledger.databases import KINDS, Place


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a server of PostgreSQL."""
    with databases.postgresql() as found:
        yield found


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where a ledger is to be, in each database."""
    if request.param == "sqlite":
        yield Place(tmp_path)
        return
    with databases.emptied(request.getfixturevalue("postgresql")) as url:
        yield Place(tmp_path, url)


@pytest.fixture
def local(tmp_path: Path) -> Place:
    """Where a ledger of SQLite is to be."""
    return Place(tmp_path)


@pytest.fixture
def shared(postgresql: str, tmp_path: Path) -> Iterator[Place]:
    """Where a ledger of PostgreSQL is to be."""
    with databases.emptied(postgresql) as url:
        yield Place(tmp_path, url)
