"""What the bot is told: `bot.toml`, and the access token from the environment or a file.

The token is in no setting, on no command line and in no log: `token_file` names a file, which is
read again at each poll, so that a new one needs no restart; `TWIM_MATRIX_TOKEN` has it otherwise.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from feedserver.errors import SettingsError
from feedserver.feeds.parameters import FACETS
from feedserver.formats.message import NAMES
from feedserver.model import Query
from feedserver.settings import values

Mode = Literal["updates", "issues", "threads"]

TOKEN = "TWIM_MATRIX_TOKEN"

_USER = re.compile(r"@[^:\s]+:[^\s]+")
_ROOM = re.compile(r"[!#][^\s]+")
_NAME = re.compile(r"{([^{}]*)}")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Room:
    """A room, and the feed whose entries are posted there."""

    room: str
    """The room's id or alias."""

    feed: str
    """The address of a feed."""

    mode: Mode = "updates"
    """Updates one by one, issues (posts) as digests, or a digest with its updates in a thread."""

    whole: bool = False
    """Whether updates are sent whole, up to 23,000 bytes, and not cut at 6,000."""

    first: Literal["none", "newest"] = "none"
    """What is posted at the first run: nothing, or the newest issue."""

    most: int = 30
    """How many messages and edits a poll may bring; of more none is sent, and that is told."""

    gone: Literal["leave", "redact"] = "leave"
    """What becomes of the message of an entry that isn't there any more."""

    first_line: str | None = None
    """Another first line, with {title}, {project}, {section}, {issue}."""

    query: Query = field(default_factory=dict)
    """What of the feed is posted: the parameters `section`, `not_section` and the like."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of the bot. Times are in seconds."""

    homeserver: str
    """The address of the homeserver's client-server API."""

    user: str
    """The bot's own id."""

    rooms: tuple[Room, ...]
    """Where what is posted."""

    token_file: Path | None = None
    """The file with the access token; else the environment's TWIM_MATRIX_TOKEN."""

    state: Path | None = None
    """The folder of what was sent; else one below the user's data."""

    interval: float = 900.0
    """How often feeds are asked, give or take a tenth."""

    invites: tuple[str, ...] = ()
    """Whose invitations are accepted."""


def load(path: Path) -> Config:
    """Read the settings.

    Raises:
        SettingsError: they can't be read, or one can't be taken; the message names it.
    """
    place = str(path)
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(error.strerror or "it can't be read", place) from error
    except UnicodeDecodeError as error:
        raise SettingsError("it is not in UTF-8", place) from error
    except tomllib.TOMLDecodeError as error:
        found = _TOML_PLACE.search(str(error))
        line = f"{place}:{found[1]}" if found and found[1] else place
        raise SettingsError(_TOML_PLACE.sub("", str(error)), line) from error
    rooms = told.pop("rooms", None)
    if not isinstance(rooms, list) or not rooms:
        raise SettingsError("rooms: expected at least one [[rooms]]", place)
    taken = _taken(told, _SETTINGS, ("homeserver", "user"), place, "")
    for name in ("token_file", "state"):
        if name in taken:
            taken[name] = path.parent / taken[name]
    found_rooms = tuple(
        _room(room, place, f"rooms[{number}].") for number, room in enumerate(rooms, start=1)
    )
    pairs = [(room.room, room.feed) for room in found_rooms]
    for number, pair in enumerate(pairs):
        if pair in pairs[:number]:
            raise SettingsError(f"rooms[{number + 1}]: {pair[0]} has this feed twice", place)
    return Config(rooms=found_rooms, **taken)


def token(config: Config, environment: Mapping[str, str]) -> str:
    """The access token.

    Raises:
        SettingsError: there is none.
    """
    if config.token_file is None:
        if not (found := environment.get(TOKEN, "").strip()):
            raise SettingsError(f"no access token: set {TOKEN}, or token_file", "environment")
        return _checked(found, TOKEN)
    try:
        found = config.token_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not in UTF-8"
        raise SettingsError(reason or "it can't be read", str(config.token_file)) from error
    return _checked(found, str(config.token_file))


def _checked(found: str, place: str) -> str:
    # It becomes a header: what is no token is neither sent to anyone nor told in an error.
    if not found.isascii() or not found.isprintable() or " " in found or not found:
        raise SettingsError("there is no access token in it", place)
    return found


def _room(told: object, place: str, prefix: str) -> Room:
    if not isinstance(told, dict):
        raise SettingsError(f"{prefix[:-1]}: expected a table", place)
    taken = _taken(dict(told), _ROOMS, ("room", "feed"), place, prefix)
    query = {name: taken.pop(name) for name in _FACETS if name in taken}
    return Room(query=query, **taken)


Reader = Callable[[object], object]


def _taken(
    told: Mapping[str, object],
    known: Mapping[str, Reader],
    required: tuple[str, ...],
    place: str,
    prefix: str,
) -> dict[str, Any]:
    taken: dict[str, Any] = {}
    for name, value in told.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f": is {near[0]} meant?" if near else ""
            raise SettingsError(f"{prefix}{name}: there is no such setting{hint}", place)
        try:
            taken[name] = known[name](value)
        except ValueError as error:
            raise SettingsError(f"{prefix}{name}: expected {error}", place) from error
    for name in required:
        if name not in taken:
            raise SettingsError(f"{prefix}{name}: is missing", place)
    return taken


def _matching(pattern: re.Pattern[str], expected: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(expected)
        return value

    return read


def _users(value: object) -> tuple[str, ...]:
    read = _matching(_USER, "a list of users such as @ida:owls.example")
    return tuple(map(read, values.texts(value)))


def _feed(value: object) -> str:
    written = values.text(value)
    if not written.startswith(("https://", "http://")):
        raise ValueError("the address of a feed, such as https://feeds.example/feed.json")
    return written


def _line(value: object) -> str:
    written = values.text(value)
    if "\n" in written or not {*_NAME.findall(written)} <= {*NAMES}:
        names = ", ".join(f"{{{name}}}" for name in NAMES)
        raise ValueError(f"a line of text with any of {names}")
    return written


_FACETS = (*FACETS, *(f"not_{name}" for name in FACETS))
_SETTINGS: Mapping[str, Reader] = {
    "homeserver": values.url,
    "user": _matching(_USER, "a user such as @news:owls.example"),
    "token_file": values.path,
    "state": values.path,
    "interval": values.seconds,
    "invites": _users,
}
_ROOMS: Mapping[str, Reader] = {
    "room": _matching(_ROOM, "a room's id (!…) or alias (#…)"),
    "feed": _feed,
    "mode": values.choice("updates", "issues", "threads"),
    "whole": values.flag,
    "first": values.choice("none", "newest"),
    "most": values.whole(1, 1000),
    "gone": values.choice("leave", "redact"),
    "first_line": _line,
    **dict.fromkeys(_FACETS, values.slugs),
}
