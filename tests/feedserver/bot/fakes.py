"""A homeserver and a feed in memory, for tests of the bot that need no other process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

from feedserver.bot import memory
from feedserver.bot.bot import Bot
from feedserver.bot.config import TOKEN, Config, Room
from feedserver.errors import FetchError
from feedserver.sources.client import Client, Limits, Request
from feedserver.sources.fetching import Fetched, Validators
from tests.rooms.newsletter import Newsletter

ROOM = "!nest"
USER = "@bot:owls.test"
IDA = "@ida:owls.test"
FEED = "https://owls.example/updates/feed.json"


class Reply:
    """What is answered; `retry` is the header that asks to wait."""

    def __init__(self, status: int, told: object, retry: str | None = None) -> None:
        self.status = status
        self._told = told
        self._retry = retry

    def header(self, name: str) -> str | None:
        return self._retry if name == "Retry-After" else None

    def read(self) -> bytes:
        return self._told if isinstance(self._told, bytes) else json.dumps(self._told).encode()


def refused(status: int, code: str, **more: object) -> Reply:
    return Reply(status, {"errcode": code, "error": "so it is", **more})


class Home(Client):
    """A homeserver: its rooms with their events, of which `largest` bytes are the limit.

    `fails` are answers given in place of its own, by the part of an address that asks for them.
    """

    def __init__(self) -> None:
        super().__init__(Limits(1, 1, 1), _nowhere)
        self.rooms: dict[str, list[dict[str, Any]]] = {ROOM: []}
        self.states: dict[tuple[str, str], object] = {}
        self.joined = {ROOM}
        self.whoami: dict[str, object] = {"user_id": USER, "device_id": "A"}
        self.invitations: dict[str, object] = {}
        self.largest = 60_000
        self.fails: dict[str, list[Reply | None]] = {}
        self.asked: list[str] = []
        self.behind: Callable[[str], None] = lambda path: None
        self._transactions: dict[tuple[object, str], str] = {}

    @contextmanager
    def ask(self, request: Request) -> Iterator[Any]:
        assert request.headers["Authorization"] == "Bearer secret"
        path = unquote(request.address.partition("/_matrix/client/v3/")[2])
        self.asked.append(f"{request.method} {path}")
        for part, answers in self.fails.items():
            if part in path and answers:
                if (answer := answers.pop(0)) is None:
                    raise FetchError("https://owls.test/: connection refused")
                yield answer
                return
        answer = self._answer(request, path)
        self.behind(path)
        yield answer

    def _answer(self, request: Request, path: str) -> Reply:
        path, _, query = path.partition("?")
        parts = path.split("/")
        match parts:
            case ["account", "whoami"]:
                return Reply(200, self.whoami)
            case ["joined_rooms"]:
                return Reply(200, {"joined_rooms": sorted(self.joined)})
            case ["directory", "room", _]:
                return Reply(200, {"room_id": ROOM})
            case ["join", room]:
                self.joined.add(ROOM if room.startswith("#") else room)
                return Reply(200, {"room_id": ROOM if room.startswith("#") else room})
            case ["sync"]:
                invitations, self.invitations = self.invitations, {}
                return Reply(200, {"next_batch": "s1", "rooms": {"invite": invitations}})
            case ["rooms", room, *_] if room not in self.joined:
                return refused(403, "M_FORBIDDEN")
            case ["rooms", room, "state", kind]:
                found = self.states.get((room, kind))
                return Reply(200, found) if found else refused(404, "M_NOT_FOUND")
            case ["rooms", room, "messages"]:
                assert json.loads(parse_qs(query)["filter"][0])["senders"] == [USER]
                return Reply(200, {"chunk": self.rooms[room][::-1]})
            case ["rooms", room, "send", kind, transaction]:
                return self._sent(room, kind, transaction, request.content or b"")
            case ["rooms", room, "redact", event, transaction]:
                (found,) = (each for each in self.rooms[room] if each["event_id"] == event)
                found["content"] = {}
                return Reply(200, {"event_id": "$redaction"})
        raise AssertionError(path)

    def _sent(self, room: str, kind: str, transaction: str, content: bytes) -> Reply:
        if len(content) > self.largest:
            return refused(413, "M_TOO_LARGE")
        key = (self.whoami.get("device_id"), f"{room}/{transaction}")
        if key not in self._transactions:
            event = f"${sum(map(len, self.rooms.values()))}"
            self._transactions[key] = event
            self.rooms[room].append(
                {
                    "type": kind,
                    "event_id": event,
                    "sender": USER,
                    "origin_server_ts": 10**15,
                    "content": json.loads(content),
                }
            )
        return Reply(200, {"event_id": self._transactions[key]})

    def shown(self, room: str = ROOM) -> list[str]:
        """The bodies of the messages of a room, as they stand after edits."""
        found: dict[str, str] = {}
        for event in self.rooms[room]:
            content = event["content"]
            relation = content.get("m.relates_to", {})
            if relation.get("rel_type") == "m.replace":
                if relation["event_id"] in found:
                    found[relation["event_id"]] = content["m.new_content"]["body"]
            elif content:
                found[event["event_id"]] = content["body"]
        return list(found.values())


def _nowhere(host: str, port: int, deadline: float) -> Any:
    raise AssertionError(host)


@dataclass
class Feeds:
    """The feeds that are written into a folder, with the digest of each as its tag."""

    folder: Path
    fails: list[FetchError] = field(default_factory=list)
    unchanged: int = 0

    def fetch(self, address: str, known: Validators) -> Fetched:
        if self.fails:
            raise self.fails.pop(0)
        body = (self.folder / address.removeprefix("https://owls.example/")).read_bytes()
        etag = hashlib.sha256(body).hexdigest()
        if known.etag == etag:
            self.unchanged += 1
            return Fetched(None, address, validators=known)
        return Fetched(body, address, "application/feed+json", Validators(etag))


class Patient(Bot):
    """Notes how long it would wait."""

    waited: float = 0.0

    def _wait(self, seconds: float) -> None:
        self.waited += seconds


class Killed(BaseException):
    """What ends a bot."""


class World:
    """A bot, its homeserver and its feed; `now` is the time."""

    def __init__(self, folder: Path) -> None:
        self.home = Home()
        self.news = Newsletter(folder / "site")
        self.feeds = Feeds(folder / "site")
        self.folder = folder / "state"
        self.now = 1_000_000.0
        self.waited = 0.0
        self.invites: tuple[str, ...] = ()
        self.token: Mapping[str, str] = {TOKEN: "secret"}
        self.room = Room(ROOM, FEED, first="newest")
        self.more: tuple[Room, ...] = ()

    @property
    def config(self) -> Config:
        return Config(
            "https://owls.test/",
            USER,
            (self.room, *self.more),
            None,
            self.folder,
            900.0,
            self.invites,
        )

    def poll(self, *, all_rooms: bool = True) -> bool:
        """Poll once, as a bot that was just started."""
        with memory.opened(self.folder) as kept:
            bot = Patient(
                self.config,
                self.token,
                kept,
                fetcher=self.feeds,
                client=self.home,
                now=lambda: self.now,
            )
            try:
                return bot.poll(all_rooms=all_rooms)
            finally:
                self.waited += bot.waited

    def killed_behind(self, what: str) -> None:
        """Poll, and end the bot when the homeserver has done this ("/send/")."""

        def die(path: str) -> None:
            if what in path:
                raise Killed

        self.home.behind = die
        try:
            self.poll()
        except Killed:
            self.home.behind = lambda path: None
            return
        raise AssertionError(f"nothing was asked for with {what}")

    def status(self) -> memory.Status:
        with memory.opened(self.folder, reading=True) as kept:
            return kept.status(self.room)
