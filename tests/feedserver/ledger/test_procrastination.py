"""The tables of the library that says who does what on PostgreSQL."""

from __future__ import annotations

import psycopg
import pytest
from procrastinate.schema import SchemaManager

from feedserver.errors import StateError
from feedserver.ledger import work
from tests.feedserver.ledger.databases import Place
from tests.feedserver.ledger.errands import Errands, add, done, running
from tests.feedserver.running import until


def marked(place: Place, version: str) -> None:
    """Let the tables be of another version."""
    with psycopg.connect(place.url or "", autocommit=True) as connection:
        text = f"COMMENT ON TABLE procrastinate_jobs IS 'feedserver with procrastinate {version}'"
        connection.execute(text.encode())


def test_tables_of_an_earlier_version_are_made_anew_and_what_is_due_is_done(shared: Place) -> None:
    with shared.opened() as ledger:
        add(ledger, work.runner(ledger), [1])
        marked(shared, "0.9.9")
        with running(ledger, Errands(ledger)):
            until(lambda: done(ledger) == {1: 1})


def test_tables_of_a_later_version_are_left_alone(shared: Place) -> None:
    with shared.opened() as ledger:
        work.runner(ledger)
        marked(shared, "999.0")
        with pytest.raises(StateError, match=r"procrastinate 999\.0, and this is"):
            work.runner(ledger)


def test_tables_of_another_program_are_left_alone(shared: Place) -> None:
    with psycopg.connect(shared.url or "", autocommit=True) as connection:
        connection.execute(SchemaManager.get_schema())
    with shared.opened() as ledger:
        with pytest.raises(StateError, match="another program made"):
            work.runner(ledger)
