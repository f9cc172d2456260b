"""The bot's events: how one is made of a message, and what is read back from a room.

Relations are of the Client-Server API v1.18: "Event replacements" and "Threading".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from feedserver.bot.config import Room
from feedserver.bot.homeserver import Json, Sent
from feedserver.bot.plan import Post
from feedserver.formats.message import Content

ENTRY = "org.twim.entry"
"""Under this name an event says which entry it is of, in which version, from which feed."""


@dataclass(frozen=True, slots=True)
class Found:
    """The event of an entry in a room, and its newest version; `count` is of it and its edits."""

    event: str
    version: str
    count: int


def message(post: Post, room: Room, content: Content, thread: str | None) -> Json:
    """The event that says what an entry says; `thread` is the event in whose thread it goes."""
    said: dict[str, object] = {**content, ENTRY: _entry(post, room)}
    if thread is not None:
        said["m.relates_to"] = {
            "rel_type": "m.thread",
            "event_id": thread,
            # Clients without threads show it as an answer.
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": thread},
        }
    return said


def edit(post: Post, room: Room, content: Content, of: str) -> Json:
    """The event that puts a message in the place of another."""
    said = {**content, ENTRY: _entry(post, room)}
    return {
        **said,
        "body": f"* {content['body']}",
        "formatted_body": f"* {content['formatted_body']}",
        "m.new_content": said,
        "m.relates_to": {"rel_type": "m.replace", "event_id": of},
    }


def transaction(room: Room, id: str, version: str, what: str, number: int) -> str:
    """The same for the same thing to do, and another for any other; `number` counts edits."""
    told = json.dumps([room.feed, room.room, id, version, what, number])
    return f"twim{hashlib.sha256(told.encode()).hexdigest()[:40]}"


def digest(content: Content) -> str:
    """Whether two messages say the same."""
    return hashlib.sha256(written(content)).hexdigest()[:32]


def written(content: Content) -> bytes:
    """A message as bytes, always the same."""
    return json.dumps(content, sort_keys=True).encode()


def read(sent: Iterable[Sent], room: Room, since: int) -> Mapping[str, Found]:
    """The events of a feed's entries among those that a bot has sent, which come newest first.

    What was sent before `since`, in milliseconds since 1970, isn't looked at.
    """
    found: dict[str, Found] = {}
    versions: dict[str, str] = {}
    for event in sent:
        if event.time < since:
            break
        entry = event.content.get(ENTRY)
        if not isinstance(entry, dict) or entry.get("feed") != room.feed:
            continue
        id, version = str(entry.get("id")), str(entry.get("version"))
        # The newest that is met comes first: an edit, if there was one.
        version = versions.setdefault(id, version)
        relation = event.content.get("m.relates_to")
        replaced = relation.get("event_id") if isinstance(relation, dict) else None
        is_edit = isinstance(relation, dict) and relation.get("rel_type") == "m.replace"
        before = found.get(id)
        original = str(replaced) if is_edit else event.id
        found[id] = Found(
            before.event if before else original, version, before.count + 1 if before else 1
        )
    return found


def _entry(post: Post, room: Room) -> Json:
    return {"id": post.id, "version": post.version, "feed": room.feed}
