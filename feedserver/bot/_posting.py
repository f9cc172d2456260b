"""What is sent into a room, one message after another: each noted before and after.

What was being sent when the bot was ended is looked for in the room, by what its event carries,
before it is sent again in the same transaction, which a homeserver takes for the same message for a
day.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from feedserver.bot import _events
from feedserver.bot.config import Room
from feedserver.bot.homeserver import TOO_LARGE, Json, Sent
from feedserver.bot.memory import Doing, Known, Memory
from feedserver.bot.plan import Post
from feedserver.errors import HomeserverError
from feedserver.formats.message import Content

log = logging.getLogger("feedserver.bot")
EVER = datetime(1000, 1, 1, tzinfo=UTC)
_PAGES = 20
"""Of a hundred messages of its own in which the bot looks for what it may have sent."""
_SKEW = 600_000
"""Milliseconds by which the homeserver's clock may be behind."""
_SHORTEST = 500


class Rooms(Protocol):
    """Where messages are sent and found, plain or encrypted.

    Raises:
        HomeserverError: the homeserver can't be reached, or refuses.
    """

    def send(self, room: str, transaction: str, content: Json) -> str: ...

    def redact(self, room: str, event: str, transaction: str) -> str: ...

    def own_messages(self, room: str, user: str, *, pages: int) -> Iterator[Sent]: ...


@dataclass(frozen=True, slots=True)
class Poster:
    """Sends into the room with the id `place`, and remembers what; `now` is in seconds."""

    room: Room
    place: str
    user: str
    home: Rooms
    memory: Memory
    now: Callable[[], float]

    def settled(self, joined: Collection[str | None]) -> Mapping[str, Known]:
        """What is known of a room, when what was being done has been looked for there.

        Also in the room that was replaced since. At the first run what stands in the room is the
        bot's own, if it has lost its memory.
        """
        begun = self.memory.status(self.room).begun
        known = dict(self.memory.known(self.room))
        open_ones = {id: each for id, each in known.items() if each.doing}
        if not open_ones and begun is not None:
            return known
        since = min((each.started or 0 for each in open_ones.values()), default=0) - _SKEW
        places = {self.place, *(each.place for each in open_ones.values() if each.place in joined)}
        there = {
            where: _events.read(
                self.home.own_messages(where, self.user, pages=_PAGES), self.room, since
            )
            for where in filter(None, places)
        }
        for id, each in open_ones.items():
            found = there.get(each.place or self.place, {}).get(id)
            if each.doing == "redaction":
                # The same transaction: taken back once is taken back.
                if each.place in joined:
                    self.take_back(id)
                else:
                    self.memory.remember(self.room, id, each.at_rest())
            elif found and found.version == each.coming:
                event, edits = each.event or found.event, each.edits + 1
                settled = each.at_rest(version=found.version, event=event, edits=edits, said=None)
                self.memory.remember(self.room, id, settled)
            elif each.event is None and not each.edits:
                # As if it had never been begun: the same transaction comes of it again.
                self.memory.forget(self.room, id)
            else:
                self.memory.remember(self.room, id, each.at_rest(said=None))
        if begun is None:
            for id, found in there[self.place].items():
                if id not in known:
                    edits, date = found.count, EVER.isoformat()
                    adopted = Known(found.version, date, found.event, self.place, edits=edits)
                    self.memory.remember(self.room, id, adopted)
        return self.memory.known(self.room)

    def say(self, post: Post) -> None:
        """Send a message, or put it in the place of the one that stands there."""
        known = self.memory.known_of(self.room, post.id) or Known("", post.published.isoformat())
        said = _events.digest(post.content)
        if known.said == said:
            # What has changed is behind the end of the message.
            self.memory.remember(self.room, post.id, replace(known, version=post.version))
            return
        what: Doing = "edit" if known.event else "new"
        number = _events.transaction(self.room, post.id, post.version, what, known.edits)
        begun = replace(
            known, doing=what, coming=post.version, started=int(self.now() * 1000), place=self.place
        )
        self.memory.remember(self.room, post.id, begun)
        sent = self._sent(number, post, known)
        event, edits = known.event or sent, known.edits + (sent is not None)
        done = begun.at_rest(version=post.version, event=event, said=said, edits=edits)
        self.memory.remember(self.room, post.id, done)

    def _sent(self, number: str, post: Post, known: Known) -> str | None:
        """Send what a post says, shorter where it is too large; `None` if that doesn't help."""
        thread = self.memory.known_of(self.room, post.thread) if post.thread else None
        root = thread.event if thread and thread.place == self.place else None
        content: Content | None = post.content
        size = len(_events.written(post.content))
        while content is not None:
            if content is not post.content:
                self._tell(f"{post.id} is too large for the homeserver, and is cut")
            if known.event:
                event = _events.edit(post, self.room, content, known.event)
            else:
                event = _events.message(post, self.room, content, root)
            try:
                return self.home.send(self.place, number, event)
            except HomeserverError as error:
                if error.code != TOO_LARGE:
                    raise
            size //= 2
            content = post.shorter(size) if size > _SHORTEST else None
        self._tell(f"{post.id} is too large for the homeserver, and is left out")
        return None

    def _tell(self, notice: str) -> None:
        """Say what is no failure, but should be known."""
        if self.memory.status(self.room).notice != notice:
            log.warning("%s: %s", self.room.room, notice)
            self.memory.note(self.room, notice=notice)

    def take_back(self, id: str) -> None:
        """Redact the message of an entry that is gone."""
        known = self.memory.known_of(self.room, id)
        assert known and known.event and known.place
        started = int(self.now() * 1000)
        self.memory.remember(self.room, id, replace(known, doing="redaction", started=started))
        number = _events.transaction(self.room, id, known.version, "redaction", known.edits)
        self.home.redact(known.place, known.event, number)
        edits = known.edits + 1
        self.memory.remember(
            self.room, id, known.at_rest(event=None, said=None, missing=0, edits=edits)
        )
