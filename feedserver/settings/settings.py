"""What a server is told: one record, read from a TOML file, the environment and the command line.

The environment has the names of the settings in capitals behind `FEEDSERVER_`. A value there is
written as in the file; text needs no quotes, and a list of one no brackets. What is told last wins:
first the file, then the environment, then the command line. A file's paths are relative to it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal, get_args

from feedserver.errors import CatalogueError, SettingsError
from feedserver.feeds import catalogue
from feedserver.feeds.catalogue import NamedFeed
from feedserver.feeds.parameters import OF_SLUGS
from feedserver.settings import peers, values
from feedserver.settings.peers import Peer
from feedserver.settings.places import place, unknown
from feedserver.text.slugs import slugify

LogFormat = Literal["plain", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

PREFIX = "FEEDSERVER_"
CONFIG = "FEEDSERVER_CONFIG"
"""The variable that names the file, if the command line doesn't."""
PASSWORD = "DATABASE_PASSWORD"
"""The variable with the password of the database."""

_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a server. Times are in seconds, sizes in bytes."""

    sources: tuple[str, ...] = ()
    """Where entries are read from: folders, archives, files and addresses of feeds."""

    folder: Path | None = None
    """The built site whose pages are served too; else the first source that is a folder."""

    host: str = "127.0.0.1"
    """The address to listen on."""

    port: int = 8000
    """The port to listen on; 0 takes a free one."""

    url: str | None = None
    """Where the server is reached from outside, with a slash at its end; else the request tells."""

    workers: int = 1
    """How many processes answer requests."""

    state: Path | None = None
    """The folder of what is kept between restarts; else histories are among the user's data."""

    database: str | None = field(default=None, repr=False)
    """The address of one of PostgreSQL, for what has to last; else SQLite in the state folder."""

    database_password_file: Path | None = None
    """The file of its password, unless that is in the variable DATABASE_PASSWORD."""

    history: bool = True
    """Whether of sources at addresses is kept what has left their feeds."""

    history_entries: int = 100_000
    """How many entries of a source are kept; the oldest go."""

    interval: float = 1.0
    """How often files are looked at for changes."""

    archive_bytes: int = 500_000_000
    """How large the file of an archive may be."""

    poll: float = 900.0
    """How often addresses are fetched."""

    fetch_timeout: float = 20.0
    """How long fetching an address may take."""

    fetch_bytes: int = 50_000_000
    """How large a fetched document may be, unpacked."""

    fetch_redirects: int = 5
    """How many redirects are followed."""

    private_addresses: bool = False
    """Whether sources, subscribers and hubs may be at private addresses, such as localhost."""

    issues: tuple[str, ...] = ("This Week in *",)
    """Of sources that are no archive: an entry is an issue if a category or its title matches."""

    ignore_sections: tuple[str, ...] = ("That's all I know*",)
    """Of sources that are no archive: globs on headings of sections that give no updates."""

    registry: Path | None = None
    """Of sources that are no archive: hebbot's config.toml, with titles of topics."""

    feed_limit: int = 20
    """Of sources that are no archive: how many entries a feed has; 0 is all that fits."""

    feeds: Mapping[str, NamedFeed] = field(default_factory=dict)
    """Named feeds, by the name that is their folder."""

    hub: str = "own"
    """The WebSub hub of our feeds: "own" is /hub here, an address is one elsewhere, "" is none."""

    peers: tuple[Peer, ...] = ()
    """Sites whose entries stand in the network, beside the site's own."""

    peer_entries: int = 50_000
    """How many entries a peer may have."""

    peer_bytes: int = 50_000_000
    """How large a document of a peer may be, unpacked."""

    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    """The proxies, addresses or networks, whose word on scheme, host, prefix and client counts."""

    metrics: str | None = None
    """An address such as 127.0.0.1:9100 where /metrics is, and then there alone."""

    log_level: LogLevel = "info"
    """What is logged: this and what is worse."""

    log_format: LogFormat = "plain"
    """Lines for people, or JSON for programs."""

    log_requests: bool = False
    """Whether each request is logged."""

    log_clients: bool = False
    """Whether the log of requests has the addresses of readers."""

    max_connections: int = 2000
    """How many connections a worker answers at once."""

    max_path: int = 8000
    """How long the target of a request may be, path and query."""

    max_headers: int = 32_768
    """How large the head of a request may be."""

    max_parameters: int = 50
    """How many query parameters a request may have."""

    head_timeout: float = 10.0
    """How long a client may take to send a request, with its body."""

    drain: float = 10.0
    """How long a shutdown waits for answers that are on their way."""


_READERS: Mapping[str, Callable[[object], object]] = {
    **dict.fromkeys(("sources", "issues", "ignore_sections"), values.texts),
    **dict.fromkeys(("folder", "state", "registry", "database_password_file"), values.path),
    **dict.fromkeys(("interval", "poll", "fetch_timeout", "head_timeout", "drain"), values.seconds),
    **dict.fromkeys(("private_addresses", "history", "log_requests", "log_clients"), values.flag),
    "host": values.text,
    "port": values.whole(0, 65535),
    "url": values.url,
    "workers": values.whole(1, 256),
    "database": values.database,
    "history_entries": values.whole(1, 10**7),
    "archive_bytes": values.whole(1, 10**12),
    "fetch_bytes": values.whole(1, 10**10),
    "peer_entries": values.whole(1, 10**6),
    "peer_bytes": values.whole(1, 10**10),
    "fetch_redirects": values.whole(0, 100),
    "feed_limit": values.whole(0, 10**6),
    "trusted_proxies": values.networks,
    "hub": values.hub,
    "metrics": values.listening,
    "log_level": values.choice(*get_args(LogLevel)),
    "log_format": values.choice(*get_args(LogFormat)),
    "max_connections": values.whole(1, 10**6),
    "max_path": values.whole(100, 10**6),
    "max_headers": values.whole(1000, 10**6),
    "max_parameters": values.whole(1, 10**4),
}
_LISTS = ("sources", "issues", "ignore_sections", "trusted_proxies")
_TEXTS = (
    *("host", "url", "hub", "metrics", "log_level", "log_format"),
    *("folder", "state", "registry", "database", "database_password_file"),
)


def file(path: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The file of settings: without a `path` the environment may name it."""
    named = environ.get(CONFIG)
    return Path(named) if path is None and named else path


def load(
    path: Path | None,
    environ: Mapping[str, str],
    command_line: Mapping[str, object],
) -> Settings:
    """Read the settings; what is `None` on the command line isn't told there.

    Without a `path` the environment may name the file.

    Raises:
        SettingsError: a file can't be read, a name is unknown, or a value is wrong.
    """
    path = file(path, environ)
    found: dict[str, object] = {}
    if path is not None:
        found |= _from_file(path)
    found |= _from_environment(environ)
    told = {name: value for name, value in command_line.items() if value is not None}
    found |= {name: _read(name, value, "command line") for name, value in told.items()}
    # Each value was read by the type of its field.
    return Settings(**found)  # type: ignore[arg-type]  # as told above


def password(settings: Settings, environ: Mapping[str, str]) -> str | None:
    """The password of the database: that of the environment, else of the file that is named.

    Raises:
        SettingsError: the file can't be read.
    """
    if told := environ.get(PASSWORD):
        return told
    path = settings.database_password_file
    try:
        return path.read_text("utf-8").strip() if path else None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it isn't UTF-8"
        raise SettingsError(f"database_password_file: {reason}", str(path)) from error


def names() -> tuple[str, ...]:
    """The names of all settings."""
    return tuple(each.name for each in fields(Settings))


def _from_file(path: Path) -> Iterator[tuple[str, object]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(error.strerror or "it can't be read", str(path)) from error
    except UnicodeDecodeError as error:
        raise SettingsError("it isn't UTF-8", str(path)) from error
    for name, value in _toml(text, str(path)).items():
        where = place(text, path, name)
        if name == "feeds":
            yield name, _feeds(value, text, path)
        elif name == "peers":
            yield name, peers.read(value, text, path)
        elif name not in _READERS:
            raise SettingsError(unknown(name, names()), where)
        else:
            yield name, _beside(path, name, _read(name, value, where))


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, object]]:
    for variable, text in sorted(environ.items()):
        if not variable.startswith(PREFIX) or variable == CONFIG:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in _READERS:
            known = [PREFIX + each.upper() for each in _READERS]
            raise SettingsError(unknown(variable, known), "environment")
        try:
            value: object = tomllib.loads(f"value = {text}")["value"]
        except (ValueError, RecursionError):
            # Text without quotes.
            value = text
        if name in _LISTS and not isinstance(value, list):
            value = [text]
        elif name in _TEXTS and not isinstance(value, str):
            value = text
        yield name, _read(name, value, "environment")


def _toml(text: str, path: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise SettingsError("it is nested too deeply", path) from error
    except ValueError as error:
        found = _TOML_PLACE.search(str(error))
        message = str(error)[: found.start()] if found else str(error)
        line = found[1] if found and found[1] else text.rstrip().count("\n") + 1
        raise SettingsError(f"invalid TOML: {message}", f"{path}:{line}") from error


def _read(name: str, value: object, where: str) -> object:
    try:
        return _READERS[name](value)
    except ValueError as error:
        # A database's may have a password.
        shown = "another" if name == "database" else values.shown(value)
        raise SettingsError(f"{name}: expected {error}, found {shown}", where) from error


def _beside(path: Path, name: str, value: object) -> object:
    """A value of a file, its paths relative to the file's folder."""
    if name == "sources" and isinstance(value, tuple):
        return tuple(
            each if each.startswith(("http://", "https://")) else str(path.parent / each)
            for each in value
        )
    return path.parent / value if isinstance(value, Path) else value


def _feeds(value: object, text: str, path: Path) -> Mapping[str, NamedFeed]:
    if not isinstance(value, dict):
        raise SettingsError("feeds: expected tables [feeds.NAME]", place(text, path, "feeds"))
    found = {name: _feed(name, table, text, path) for name, table in value.items()}
    for name in found:
        if slugify(name) != name:
            message = f"feeds: expected a name such as {slugify(name) or 'news'}, found {name!r}"
            raise SettingsError(message, place(text, path, "feeds", name))
        try:
            catalogue.check_names([name])
        except CatalogueError as error:
            raise SettingsError(str(error), place(text, path, "feeds", name)) from error
    return found


def _feed(name: str, table: object, text: str, path: Path) -> NamedFeed:
    key = f"feeds.{name}"
    if not isinstance(table, dict):
        raise SettingsError(f"{key}: expected a table", place(text, path, "feeds", name))
    query: dict[str, tuple[str, ...]] = {}
    told: dict[str, str] = {}
    for part, value in table.items():
        where = place(text, path, "feeds", name, part)
        known = ("title", "description", *OF_SLUGS)
        if part not in known:
            raise SettingsError(f"{key}: {unknown(part, known)}", where)
        try:
            if part in ("title", "description"):
                told[part] = values.text(value)
            else:
                query[part] = values.slugs(value)
        except ValueError as error:
            raise SettingsError(
                f"{key}.{part}: expected {error}, found {value!r}", where
            ) from error
    if "title" not in told:
        raise SettingsError(f"{key}: expected a title", place(text, path, "feeds", name))
    return NamedFeed(name, told["title"], told.get("description"), query)
