"""Settings, from wherever they are told."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from feedserver.errors import SettingsError
from feedserver.feeds.catalogue import NamedFeed
from feedserver.settings.settings import _READERS, Settings, load, names, password
from feedserver.settings.values import host_and_port

ALL = """
sources = ["site", "https://peer.example/atom.xml"]
folder = "site"
host = "::1"
port = 0
url = "https://feeds.example/news"
hub = "https://hub.example/"
workers = 4
state = "/var/lib/feedserver"
database = "postgresql://feeds@db.example/feeds"
database_password_file = "/run/secrets/database"
history = false
history_entries = 100
interval = 2
poll = 60
fetch_timeout = 1.5
archive_bytes = 5000
fetch_bytes = 1000
fetch_redirects = 0
private_addresses = true
issues = ["This Month *"]
ignore_sections = []
registry = "newsletter.toml"
feed_limit = 0
trusted_proxies = ["10.0.0.0/8", "unix"]
metrics = "[::1]:9100"
log_level = "debug"
log_format = "json"
log_requests = true
log_clients = true
max_connections = 10
max_path = 500
max_headers = 2000
max_parameters = 5
head_timeout = 3
drain = 1
peer_entries = 100
peer_bytes = 2000

[[peers]]
url = "https://news.example/"

[feeds.no-twim]
title = "Without the newsletter"
not_category = ["this-week-in-matrix"]
[feeds.'weather']
title = "Weather"
description = "Issues with a weather report"
section = ["weather", "climate"]
"""


def _load(folder: Path, text: str) -> Settings:
    path = folder / "feedserver.toml"
    path.write_text(text, "utf-8")
    return load(path, {}, {})


def _error(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as error:
        _load(folder, text)
    return str(error.value).removeprefix(f"{folder}/")


def test_without_anything_the_defaults_hold() -> None:
    assert load(None, {"PATH": "/bin"}, {"host": None}) == Settings()


def test_a_file_may_tell_all(tmp_path: Path) -> None:
    settings = _load(tmp_path, ALL)
    changed = {name for name in names() if getattr(settings, name) != getattr(Settings(), name)}
    assert changed == set(names())
    assert settings.sources == (str(tmp_path / "site"), "https://peer.example/atom.xml")
    assert settings.folder == tmp_path / "site"
    assert settings.state == Path("/var/lib/feedserver")
    assert settings.url == "https://feeds.example/news/"
    assert settings.interval == 2.0
    assert settings.feeds == {
        "no-twim": NamedFeed(
            "no-twim", "Without the newsletter", None, {"not_category": ("this-week-in-matrix",)}
        ),
        "weather": NamedFeed(
            "weather",
            "Weather",
            "Issues with a weather report",
            {"section": ("weather", "climate")},
        ),
    }


def test_every_setting_can_be_read() -> None:
    assert {each.name for each in dataclasses.fields(Settings)} == {*_READERS, "feeds", "peers"}


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("port = 1\nworkers = 2\ninterval = 3\n")
    environ = {"FEEDSERVER_PORT": "4", "FEEDSERVER_WORKERS": "5", "FEEDSERVER_CONFIG": str(path)}
    settings = load(None, environ, {"port": 6, "workers": None})
    assert (settings.port, settings.workers, settings.interval) == (6, 5, 3.0)


def test_the_environment_is_written_as_the_file() -> None:
    settings = load(
        None,
        {
            "FEEDSERVER_SOURCES": "my site",
            "FEEDSERVER_ISSUES": '["One *", "Two *"]',
            "FEEDSERVER_URL": "https://feeds.example/",
            "FEEDSERVER_HOST": "1",
            "FEEDSERVER_LOG_CLIENTS": "true",
            "FEEDSERVER_POLL": "1.5",
            "FEEDSERVER_STATE": "/var/x",
        },
        {},
    )
    assert settings.sources == ("my site",)
    assert settings.issues == ("One *", "Two *")
    assert (settings.host, settings.log_clients, settings.poll) == ("1", True, 1.5)
    assert settings.state == Path("/var/x")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\nwokers = 2", "feedserver.toml:2: there is no setting 'wokers'; is 'workers' meant?"),
        ("[nothing.like]\nit = 1", "feedserver.toml:1: there is no setting 'nothing'"),
        ("port = 80000", "1: port: expected a whole number from 0 to 65535, found 80000"),
        ("workers = true", "workers: expected a whole number from 1 to 256, found True"),
        ("port = '80'", "port: expected a whole number"),
        ("poll = 0", "poll: expected a number of seconds above 0, found 0"),
        ("poll = true", "poll: expected a number of seconds above 0"),
        ("log_clients = 1", "log_clients: expected true or false, found 1"),
        ("issues = 'x'", "issues: expected a list of texts, found 'x'"),
        ("host = ''", "host: expected text, found ''"),
        (f"host = [{', '.join(['1'] * 40)}]", "…"),
        ("url = 'feeds.example'", "url: expected an address such as https://feeds.example/"),
        ("trusted_proxies = ['proxy']", "trusted_proxies: expected addresses, networks"),
        ("metrics = '9100'", "metrics: expected an address such as 127.0.0.1:9100"),
        ("metrics = 'x:99999'", "metrics: expected an address such as 127.0.0.1:9100"),
        ("log_level = 'loud'", "log_level: expected one of debug, info, warning, error"),
        ("port = 1\nport = 2", "feedserver.toml:2: invalid TOML: "),
        ("port = ", "feedserver.toml:1: invalid TOML: "),
        ("a = [", "feedserver.toml:1: invalid TOML: "),
        ("a = " + "[" * 5000, "it is nested too deeply"),
        ("feeds = 1", "feedserver.toml:1: feeds: expected tables [feeds.NAME]"),
        ("[feeds]\nx = 1", "feedserver.toml:2: feeds.x: expected a table"),
        ("port = 1\n[feeds.x]\n", "feedserver.toml:2: feeds.x: expected a title"),
        ("[feeds.x]\ntitel = 'x'", "2: feeds.x: there is no setting 'titel'; is 'title' meant?"),
        ("[feeds.x]\ntitle = 'x'\nsection = 'x'", "3: feeds.x.section: expected a list of texts"),
        ("feeds.x.title = 1", "feedserver.toml:1: feeds.x.title: expected text, found 1"),
        ("[feeds.x]\ncategory = ['!']", "2: feeds.x.category: expected names or slugs"),
        ("url = 'https://u:p@x/'", "url: expected an address such as https://feeds.example/"),
        ("[feeds.hub]\ntitle = 'x'", "can't be called 'hub'"),
        ("[feeds.'A b']\ntitle = 'x'", "feeds: expected a name such as a-b, found 'A b'"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    error = _error(tmp_path, text)
    assert message in error
    assert error.startswith("feedserver.toml") and "\n" not in error


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"\xff")
    for name, message in (("x.toml", "it isn't UTF-8"), ("y.toml", "No such file")):
        with pytest.raises(SettingsError, match=rf"{name}: {message}"):
            load(tmp_path / name, {}, {})


def test_a_variable_that_is_none_is_named() -> None:
    with pytest.raises(SettingsError, match="'FEEDSERVER_PROT'; is 'FEEDSERVER_PORT' meant"):
        load(None, {"FEEDSERVER_PROT": "1"}, {})
    with pytest.raises(SettingsError, match="there is no setting 'FEEDSERVER_FEEDS'"):
        load(None, {"FEEDSERVER_FEEDS": "1"}, {})
    with pytest.raises(SettingsError, match=r"environment: workers: expected .*, found 'many'"):
        load(None, {"FEEDSERVER_WORKERS": "many"}, {})


def test_an_address_has_a_host_and_a_port() -> None:
    assert host_and_port("localhost:80") == ("localhost", 80)
    assert host_and_port("[::1]:0") == ("::1", 0)


def test_the_password_of_the_database_is_read_from_environment_or_file(tmp_path: Path) -> None:
    found = _load(tmp_path, 'database = "postgresql://ida@db.example/owls"')
    assert password(found, {}) is None
    assert password(found, {"DATABASE_PASSWORD": "mellon"}) == "mellon"
    told = 'database = "postgresql://db.example/owls"\ndatabase_password_file = "secret"'
    found = _load(tmp_path, told)
    with pytest.raises(SettingsError, match="secret: database_password_file: No such file"):
        password(found, {})
    (tmp_path / "secret").write_text("sesame\n")
    assert password(found, {}) == "sesame"
    assert password(found, {"DATABASE_PASSWORD": "mellon"}) == "mellon"


def test_a_password_in_the_database_s_address_is_never_shown(tmp_path: Path) -> None:
    found = _load(tmp_path, 'database = "postgresql://ida:sesame@db.example/owls"')
    assert "sesame" not in repr(found)
    error = _error(tmp_path, 'database = "mysql://ida:sesame@db.example/owls"')
    assert error == "feedserver.toml:1: database: expected an address postgresql://…, found another"
