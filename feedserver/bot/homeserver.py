"""The calls of the Matrix Client-Server API (v1.18) that a bot needs, each a function.

What fails comes as a `HomeserverError` with the server's own code. A server that asks to wait is
waited for, and a connection that breaks is tried again: whatever is sent has a transaction id, so
it comes once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from feedserver.errors import FetchError, HomeserverError
from feedserver.sources.client import Client, Request

_API = "_matrix/client/v3"
_TRIES = 5
_PAUSE = 2.0
_LONGEST = 600.0
"""Seconds that a server may ask to wait; for longer it is left alone until the next poll."""
LIMITED = "M_LIMIT_EXCEEDED"
TOO_LARGE = "M_TOO_LARGE"
_OVERLOADED = {500, 502, 503, 504}

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Sent:
    """An event of a room, as far as the bot looks at it. `time` is in milliseconds since 1970."""

    type: str
    id: str
    sender: str
    time: int
    content: Json


class Homeserver:
    """A homeserver, asked as one account; `wait` is how to wait for some seconds."""

    def __init__(
        self, address: str, token: str, client: Client, wait: Callable[[float], None]
    ) -> None:
        self._address = address
        self._token = token
        self._client = client
        self._wait = wait

    def whoami(self) -> tuple[str, str | None]:
        """The account's user id, and the id of the device that the token is for, if it is."""
        found = self.ask("GET", "account/whoami")
        device = found.get("device_id")
        return _text(found, "user_id"), device if isinstance(device, str) else None

    def joined(self) -> frozenset[str]:
        """The ids of the rooms that the account is in."""
        return frozenset(map(str, _list(self.ask("GET", "joined_rooms"), "joined_rooms")))

    def members(self, room: str) -> frozenset[str]:
        """The users who are in a room."""
        return frozenset(_inner(self.ask("GET", f"rooms/{_part(room)}/joined_members"), "joined"))

    def resolve(self, alias: str) -> str:
        """The id of the room that an alias leads to."""
        return _text(self.ask("GET", f"directory/room/{_part(alias)}"), "room_id")

    def join(self, room: str) -> str:
        """Join a room by its id or alias; its id."""
        return _text(self.ask("POST", f"join/{_part(room)}", {}), "room_id")

    def state(self, room: str, type: str) -> Json | None:
        """The content of a state event with an empty key, if there is one."""
        try:
            return self.ask("GET", f"rooms/{_part(room)}/state/{_part(type)}")
        except HomeserverError as error:
            if error.code == "M_NOT_FOUND":
                return None
            raise

    def send(self, room: str, transaction: str, content: Json, type: str = "m.room.message") -> str:
        """Send an event; its id. Sent again in the same transaction it is the same event."""
        path = f"rooms/{_part(room)}/send/{_part(type)}/{_part(transaction)}"
        return _text(self.ask("PUT", path, content), "event_id")

    def redact(self, room: str, event: str, transaction: str) -> str:
        """Take an event back; the id of the redaction."""
        path = f"rooms/{_part(room)}/redact/{_part(event)}/{_part(transaction)}"
        return _text(self.ask("PUT", path, {}), "event_id")

    def own_messages(self, room: str, user: str, *, pages: int) -> Iterator[Sent]:
        """A user's messages in a room, the newest first, at most so many pages of a hundred."""
        kept = {"types": ["m.room.message", "m.room.encrypted"], "senders": [user]}
        query = {"dir": "b", "limit": "100", "filter": json.dumps(kept)}
        for _ in range(pages):
            found = self.ask("GET", f"rooms/{_part(room)}/messages?{urlencode(query)}")
            for event in _list(found, "chunk"):
                if isinstance(event, dict):
                    sent = event.get("origin_server_ts")
                    yield Sent(
                        str(event.get("type")),
                        str(event.get("event_id")),
                        str(event.get("sender")),
                        sent if isinstance(sent, int) else 0,
                        _inner(event, "content"),
                    )
            end = found.get("end")
            if not isinstance(end, str):
                return
            query["from"] = end

    def invitations(
        self, user: str, since: str | None
    ) -> tuple[str, list[tuple[str, frozenset[str]]]]:
        """The rooms that a user was invited to since then, each with all who are said to invite.

        First comes what the next call is to have as `since`.
        """
        nothing: Json = {"not_types": ["*"]}
        room = {"account_data": nothing, "ephemeral": nothing, "state": nothing}
        timeline = {"limit": 1, "types": []}
        wanted = {
            "presence": nothing,
            "account_data": nothing,
            "room": {**room, "timeline": timeline},
        }
        query = {"filter": json.dumps(wanted), "timeout": "0"}
        found = self.ask("GET", f"sync?{urlencode(query | ({'since': since} if since else {}))}")
        invited = _inner(_inner(found, "rooms"), "invite")
        return _text(found, "next_batch"), [
            (
                room,
                frozenset(
                    str(event.get("sender"))
                    for event in _list(_inner(_inner(invited, room), "invite_state"), "events")
                    if isinstance(event, dict)
                    and event.get("type") == "m.room.member"
                    and event.get("state_key") == user
                    and _inner(event, "content").get("membership") == "invite"
                ),
            )
            for room in invited
        ]

    def ask(self, method: str, path: str, content: Json | None = None) -> Json:
        """Call the API.

        Raises:
            HomeserverError: it can't be reached, or refuses.
        """
        waited, tries = 0.0, 0
        while True:
            try:
                return self._once(method, path, content)
            except HomeserverError as error:
                if error.wait is None:
                    raise
                # A limit is no failure: what is asked for passes when it has been waited for.
                tries += error.code != LIMITED
                pause = error.wait or _PAUSE * 2**tries
                waited += pause
                if tries == _TRIES or waited > _LONGEST:
                    raise
            self._wait(pause)

    def _once(self, method: str, path: str, content: Json | None) -> Json:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        body = None
        if content is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
        request = Request(f"{self._address}{_API}/{path}", method, headers, body)
        try:
            with self._client.ask(request) as answer:
                status, retry_after, data = (
                    answer.status,
                    answer.header("Retry-After"),
                    answer.read(),
                )
        except FetchError as error:
            # The address has the room's id, and never the token.
            raise HomeserverError(str(error), "", 0.0) from error
        found = _json(data)
        if status == 200:
            return found
        code = str(found.get("errcode") or "")
        told = str(found.get("error") or "")[:200]
        wait = None
        if status == 429:
            code = LIMITED
            wait = _waiting(found, retry_after)
        elif status == 413:
            # A proxy before the homeserver says so in its own words.
            code = TOO_LARGE
        elif status in _OVERLOADED:
            wait = 0.0
        raise HomeserverError(f"it answers {status} {code} {told}".strip(), code, wait)


def _waiting(found: Json, retry_after: str | None) -> float:
    """How many seconds a server asks to wait, by its header or, before v1.10, its body."""
    asked = found.get("retry_after_ms")
    if retry_after and retry_after.strip().isdigit():
        return float(retry_after) + 0.1
    return asked / 1000 + 0.1 if isinstance(asked, int | float) and asked > 0 else _PAUSE


def _json(data: bytes) -> Json:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(found: Json, name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str):
        raise HomeserverError(f"its answer has no {name}: is it a homeserver?", "", None)
    return value


def _inner(found: Json, name: str) -> Json:
    value = found.get(name)
    return value if isinstance(value, dict) else {}


def _list(found: Json, name: str) -> list[object]:
    value = found.get(name)
    return value if isinstance(value, list) else []


def _part(text: str) -> str:
    return quote(text, safe="")
