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
_OVERLOADED = {500, 502, 503, 504}

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Sent:
    """An event of a room, as far as the bot looks at it. `time` is in milliseconds since 1970."""

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

    def whoami(self) -> tuple[str, str]:
        """The account's user id, and the id of the device that the token is for."""
        found = self._ask("GET", "account/whoami")
        return _text(found, "user_id"), _text(found, "device_id")

    def joined(self) -> frozenset[str]:
        """The ids of the rooms that the account is in."""
        return frozenset(map(str, _list(self._ask("GET", "joined_rooms"), "joined_rooms")))

    def resolve(self, alias: str) -> str:
        """The id of the room that an alias leads to."""
        return _text(self._ask("GET", f"directory/room/{_part(alias)}"), "room_id")

    def join(self, room: str) -> str:
        """Join a room by its id or alias; its id."""
        return _text(self._ask("POST", f"join/{_part(room)}", {}), "room_id")

    def state(self, room: str, type: str) -> Json | None:
        """The content of a state event with an empty key, if there is one."""
        try:
            return self._ask("GET", f"rooms/{_part(room)}/state/{_part(type)}")
        except HomeserverError as error:
            if error.code == "M_NOT_FOUND":
                return None
            raise

    def send(self, room: str, transaction: str, content: Json, type: str = "m.room.message") -> str:
        """Send an event; its id. Sent again in the same transaction it is the same event."""
        path = f"rooms/{_part(room)}/send/{_part(type)}/{_part(transaction)}"
        return _text(self._ask("PUT", path, content), "event_id")

    def redact(self, room: str, event: str, transaction: str) -> str:
        """Take an event back; the id of the redaction."""
        path = f"rooms/{_part(room)}/redact/{_part(event)}/{_part(transaction)}"
        return _text(self._ask("PUT", path, {}), "event_id")

    def own_messages(self, room: str, user: str, *, pages: int) -> Iterator[Sent]:
        """A user's messages in a room, the newest first, at most so many pages of a hundred."""
        kept = {"types": ["m.room.message"], "senders": [user]}
        query = {"dir": "b", "limit": "100", "filter": json.dumps(kept)}
        for _ in range(pages):
            found = self._ask("GET", f"rooms/{_part(room)}/messages?{urlencode(query)}")
            for event in _list(found, "chunk"):
                if isinstance(event, dict) and isinstance(event.get("content"), dict):
                    yield Sent(
                        str(event.get("event_id")),
                        str(event.get("sender")),
                        int(event.get("origin_server_ts") or 0),
                        event["content"],
                    )
            end = found.get("end")
            if not isinstance(end, str):
                return
            query["from"] = end

    def invitations(self, since: str | None) -> tuple[str, tuple[tuple[str, str], ...]]:
        """The rooms that the account was invited to since then, each with who invites.

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
        found = self._ask("GET", f"sync?{urlencode(query | ({'since': since} if since else {}))}")
        rooms = found.get("rooms")
        invited = rooms.get("invite") if isinstance(rooms, dict) else None
        return _text(found, "next_batch"), tuple(
            (str(room), str(event.get("sender")))
            for room, told in (invited if isinstance(invited, dict) else {}).items()
            for event in told.get("invite_state", {}).get("events", [])
            if event.get("type") == "m.room.member"
            and event.get("content", {}).get("membership") == "invite"
        )

    def _ask(self, method: str, path: str, content: Json | None = None) -> Json:
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


def _list(found: Json, name: str) -> list[object]:
    value = found.get(name)
    return value if isinstance(value, list) else []


def _part(text: str) -> str:
    return quote(text, safe="")
