"""The address of a database, and its password, which is shown nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedserver.errors import SettingsError
from feedserver.settings.settings import Settings, load, password


@pytest.mark.parametrize("written", ["mysql://owl:hoot-hoot@db.example/feeds", "hoot-hoot"])
def test_what_is_no_address_is_refused_and_not_shown(tmp_path: Path, written: str) -> None:
    path = tmp_path / "feedserver.toml"
    path.write_text(f'database = "{written}"\n', "utf-8")
    for told, environ in ((path, {}), (None, {"FEEDSERVER_DATABASE": written})):
        with pytest.raises(SettingsError, match="database: expected an address") as error:
            load(told, environ, {})
        assert "hoot" not in str(error.value)


def test_a_password_in_the_address_is_not_shown_with_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "feedserver.toml"
    path.write_text('database = "postgresql://owl:hoot-hoot@db.example/feeds"\n', "utf-8")
    assert "hoot" not in repr(load(path, {}, {}))


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("from the file\n", "utf-8")
    settings = Settings(database_password_file=path)
    assert password(settings, {}) == "from the file"
    assert password(settings, {"DATABASE_PASSWORD": "other"}) == "other"
    assert password(Settings(), {}) is None


def test_a_file_that_cannot_be_read_is_told_and_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "password"
    settings = Settings(database_password_file=path)
    with pytest.raises(SettingsError, match="No such file"):
        password(settings, {})
    path.write_bytes(b"hoot\xff\xfe")
    with pytest.raises(SettingsError, match="it isn't UTF-8") as error:
        password(settings, {})
    assert "hoot" not in str(error.value)
