"""The address of a database, and its password, which is shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedserver.errors import SettingsError
from feedserver.settings import database
from feedserver.settings.settings import load


@pytest.mark.parametrize(
    "written",
    [
        "postgresql://feedserver@db.example/feedserver",
        "postgresql:///feedserver?host=/run/postgresql",
        "postgres://feedserver@[::1]:5433/feedserver?sslmode=require",
    ],
)
def test_an_address_of_postgresql_is_taken(written: str) -> None:
    assert database.address(written) == written


@pytest.mark.parametrize(
    "written", ["sqlite:///x", "db.example", "", 5, "postgresql://db.example:port/x"]
)
def test_any_other_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="an address such as postgresql://"):
        database.address(written)


@pytest.mark.parametrize(
    "written",
    [
        "postgresql://feedserver:hoot-hoot@db.example/feedserver",
        "postgresql://db.example/feedserver?password=hoot-hoot",
        "mysql://feedserver:hoot-hoot@db.example/feedserver",
        "postgresql://feedserver:hoot-hoot@db.example:port/feedserver",
    ],
)
def test_a_password_in_it_is_refused_and_not_shown(tmp_path: Path, written: str) -> None:
    path = tmp_path / "feedserver.toml"
    path.write_text(f'database = "{written}"\n', "utf-8")
    for told, environ in ((path, {}), (None, {"FEEDSERVER_DATABASE": written})):
        with pytest.raises(SettingsError, match="database: expected an address") as error:
            load(told, environ, {})
        assert "hoot" not in str(error.value)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("from the file\n", "utf-8")
    assert database.password(path, {}) == "from the file"
    assert database.password(path, {"DATABASE_PASSWORD": "other"}) == "other"
    assert database.password(None, {}) is None


@pytest.mark.parametrize("data", [b"", b"\n", b"one\ntwo\n", b"\xff\xfe", b"x" * 5000])
def test_a_file_that_is_none_of_a_password_is_told_and_not_shown(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "password"
    path.write_bytes(data)
    with pytest.raises(SettingsError, match="database_password_file: ") as error:
        database.password(path, {})
    assert "one" not in str(error.value).partition("expected")[0].replace(str(path), "")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        database.password(tmp_path / "password", {})
