"""The ledger: the same on both databases, kept or not, and told what is wrong."""

from __future__ import annotations

import logging
import shutil
import threading
from pathlib import Path

import pytest
from sqlalchemy import Column, Table, Text, func, inspect, select, text

from feedserver.errors import StateError
from feedserver.ledger import ledger
from feedserver.ledger.ledger import METADATA, SCHEMA, Ledger
from tests.feedserver.ledger.databases import Place

WORDS = Table("words_of_a_test", METADATA, Column("word", Text, primary_key=True))


def words(found: Ledger) -> list[str]:
    with found.reading() as connection:
        return sorted(connection.scalars(select(WORDS.c.word)))


def test_all_of_a_transaction_is_kept_or_none(place: Place) -> None:
    with place.opened() as found:
        with found.writing() as connection:
            connection.execute(WORDS.insert().values(word="owl"))
        with pytest.raises(RuntimeError), found.writing() as connection:
            connection.execute(WORDS.insert().values(word="heron"))
            raise RuntimeError
        assert words(found) == ["owl"]
    with place.opened() as found:
        assert words(found) == ["owl"]


def test_who_writes_waits_for_who_wrote_before(place: Place) -> None:
    """Numbers that eight threads count up are none too few."""
    with place.opened() as found:
        with found.writing() as connection:
            connection.execute(WORDS.insert().values(word="0"))

        def count() -> None:
            for _ in range(10):
                with found.writing() as connection:
                    row = connection.execute(select(WORDS.c.word).with_for_update()).scalar_one()
                    connection.execute(WORDS.update().values(word=str(int(row) + 1)))

        threads = [threading.Thread(target=count) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert words(found) == ["80"]


def test_who_reads_sees_one_state(place: Place) -> None:
    with place.opened() as found, found.reading() as before:
        count = select(func.count()).select_from(WORDS)
        assert before.scalar(count) == 0
        with found.writing() as connection:
            connection.execute(WORDS.insert().values(word="owl"))
        assert before.scalar(count) == 0
        assert words(found) == ["owl"]


def test_what_is_there_may_be_met(place: Place) -> None:
    with place.opened() as found:
        for _ in range(2):
            with found.writing() as connection:
                met = ledger.insert(connection, WORDS).values(word="owl")
                connection.execute(met.on_conflict_do_nothing())
        assert words(found) == ["owl"]


@pytest.mark.parametrize(
    ("version", "says"),
    [
        (99, "a later feedserver .* version 99.*: update it"),
        (0, "an earlier .* version 0.* import"),
    ],
)
def test_another_version_is_refused_and_left_as_it_is(
    place: Place, version: int, says: str
) -> None:
    with place.opened() as found, found.writing() as connection:
        WORDS.drop(connection)
        connection.execute(SCHEMA.update().values(version=version))
        there = inspect(connection).get_table_names()
        kept = found
    with pytest.raises(StateError, match=says), place.opened():
        pass
    with kept.engine.connect() as connection:
        assert inspect(connection).get_table_names() == there
        assert connection.scalar(select(SCHEMA.c.version)) == version
    kept.engine.dispose()


@pytest.mark.parametrize("what", ["its folder", "it alone"])
def test_what_is_taken_away_is_made_anew(
    tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    """For all that have it open, and told by one of them; what is written then is kept."""
    folder = tmp_path / "state"
    with ledger.opened(folder) as one, ledger.opened(folder) as other:
        for number in range(3):
            for found in (one, other):
                with found.writing() as connection:
                    connection.execute(WORDS.insert().values(word=f"{number} {found}"))
            (folder / ledger.FILE).unlink() if what == "it alone" else shutil.rmtree(folder)
            for found, word in ((other, "fox"), (one, "heron"), (other, "owl")):
                with found.writing() as connection:
                    connection.execute(WORDS.insert().values(word=word))
            assert words(one) == words(other) == ["fox", "heron", "owl"]
            assert len(caplog.records) == number + 1 == one.losses == other.losses
    assert "taken away" in caplog.text
    with ledger.opened(folder) as found:
        assert words(found) == ["fox", "heron", "owl"]


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / ledger.FILE).write_text("No database. " * 1000)
    with pytest.raises(StateError, match=r"ledger\.sqlite: file is not a database"):
        with ledger.opened(tmp_path):
            pass


@pytest.mark.parametrize(
    "address", ["mysql://ida@db.example/owls", "nothing", "postgresql://ida:sesame@db:owls/x"]
)
def test_another_address_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(StateError, match="postgresql://…") as caught:
        with ledger.opened(tmp_path, address):
            pass
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ida:sesame@127.0.0.1:1/owls?connect_timeout=2",
        "postgresql://ida@127.0.0.1:1/owls?password=sesame",
        "postgresql://ida@127.0.0.1:1/owls?connect_timeout=2&sslpassword=sesame",
        "mysql://ida@127.0.0.1:1/owls?password=sesame",
    ],
)
def test_a_password_is_never_shown(tmp_path: Path, address: str) -> None:
    with pytest.raises(StateError) as caught, ledger.opened(tmp_path, address, "mellon"):
        pass
    assert "127.0.0.1" in str(caught.value)
    assert "sesame" not in str(caught.value) and "mellon" not in str(caught.value)


def test_what_was_to_be_kept_is_never_shown(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    secret = "".join(["mel", "lon"])
    with place.opened() as found:
        try:
            with found.writing() as connection:
                for _ in range(2):
                    connection.execute(WORDS.insert().values(word=secret))
        except StateError:
            logging.getLogger("feedserver").exception("a sweep failed")
    assert "words_of_a_test" in caplog.text and "connection.execute(" in caplog.text
    assert secret not in caplog.text


def test_many_threads_take_few_connections(shared: Place) -> None:
    """A database has a hundred, for all servers and workers."""
    count = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
    most = []
    with shared.opened() as found:

        def work() -> None:
            for _ in range(5):
                with found.writing() as connection:
                    most.append(connection.scalar(count))

        threads = [threading.Thread(target=work) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(most) == 150 and max(most) <= 8
