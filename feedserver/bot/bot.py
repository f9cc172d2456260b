"""The bot: asks feeds, posts what is new, corrects what has changed, room after room.

Each event carries `org.twim.entry` (the contract's): the entry's id, its version and the feed. What
was being sent when the bot was ended is looked for in the room by it, before it is sent again in
the same transaction, which a homeserver takes for the same message for a day.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from textwrap import indent

from feedserver.bot import _events as events
from feedserver.bot import plan
from feedserver.bot.config import Config, Room, token
from feedserver.bot.homeserver import Homeserver
from feedserver.bot.memory import Doing, Known, Memory, Status
from feedserver.bot.plan import Plan, Post
from feedserver.errors import FeedServerError, FetchError, HeldError, HomeserverError
from feedserver.feeds.index import Index
from feedserver.foreign import isolated
from feedserver.foreign.reading import Options
from feedserver.settings.settings import Settings
from feedserver.sources.addresses import Dialler
from feedserver.sources.client import Client, Limits
from feedserver.sources.fetching import Fetcher, Validators, WebFetcher
from feedserver.text.words import Words

log = logging.getLogger("feedserver.bot")
_PAGES = 20
"""Of a hundred messages of its own in which the bot looks for what it may have sent."""
_EVER = datetime(1000, 1, 1, tzinfo=UTC)
_UPGRADES = 10
_SKEW = 600_000
"""Milliseconds by which the homeserver's clock may be behind."""


class StoppedError(Exception):
    """The bot is told to end while it waits; what it waited for comes at the next start."""


class Bot:
    """Reposts as `config` says; `environment` may have the token."""

    def __init__(
        self,
        config: Config,
        environment: Mapping[str, str],
        kept: Memory,
        *,
        fetcher: Fetcher | None = None,
        client: Client | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        # Who writes the settings says where feeds and homeserver are: on this machine, too.
        settings = Settings(private_addresses=True)
        limits = Limits(settings.fetch_timeout, settings.fetch_bytes, settings.fetch_redirects)
        self._config = config
        self._environment = environment
        self._memory = kept
        self._fetcher = fetcher or WebFetcher(settings)
        self._client = client or Client(limits, Dialler(private=True).connect)
        self._now = now
        self._stop = threading.Event()

    def stop(self) -> None:
        """End behind the message at hand."""
        self._stop.set()

    def run(self) -> None:
        """Poll until it is told to stop, first at once: its settings may be others than before."""
        early = True
        while not self._stop.is_set():
            self.poll(all_rooms=early)
            early = False
            due = [self._memory.status(room).due or 0.0 for room in self._config.rooms]
            self._stop.wait(max(1.0, min(due) - self._now()))

    def poll(self, *, all_rooms: bool = False) -> bool:
        """Do what is to be done in each room whose time has come; whether all went well.

        With `all_rooms` it comes early, but where a feed's site has asked to wait.
        """
        rooms = [room for room in self._config.rooms if self._is_due(room, early=all_rooms)]
        if not rooms:
            return True
        try:
            home = self._homeserver()
            joined = self._joined(home)
        except StoppedError:
            return False
        except FeedServerError as error:
            for room in rooms:
                self._failed(room, error)
            return False
        return all([self._polled(room, home, joined) for room in rooms])

    def preview(self) -> Iterator[str]:
        """What the next poll would bring, in lines for people. Nothing is sent or noted."""
        for room in self._config.rooms:
            yield f"{room.room} from {room.feed}"
            try:
                _, found = self._read(room, Validators())
            except FeedServerError as error:
                yield f"  {error}"
                continue
            assert found is not None
            status, known = self._memory.status(room), self._memory.known(room)
            decided = plan.decide(found, known, room, status.begun, status.place or "")
            yield from (f"  {line}" for line in _told(decided, room))

    def _is_due(self, room: Room, *, early: bool) -> bool:
        status = self._memory.status(room)
        due = status.due or 0.0
        # Only who was asked to wait is to wait for longer than the interval.
        waits = (
            status.problem is not None and due - (status.asked or 0.0) > 1.2 * self._config.interval
        )
        return due <= self._now() or (early and not waits)

    def _homeserver(self) -> Homeserver:
        """The homeserver, if the token is the bot's own.

        Raises:
            SettingsError: there is no token.
            HomeserverError: it is no longer valid, or another account's.
        """
        found = token(self._config, self._environment)
        home = Homeserver(self._config.homeserver, found, self._client, self._wait)
        user, _ = home.whoami()
        if user != self._config.user:
            raise HomeserverError(f"the token is {user}'s, not {self._config.user}'s", "", None)
        return home

    def _joined(self, home: Homeserver) -> frozenset[str]:
        if self._config.invites:
            since, invitations = home.invitations(self._memory.since())
            for room, who in invitations:
                if who in self._config.invites:
                    home.join(room)
                    log.info("%s: joined, invited by %s", room, who)
            self._memory.seen(since)
        return home.joined()

    def _polled(self, room: Room, home: Homeserver, joined: frozenset[str]) -> bool:
        if self._stop.is_set():
            return False
        try:
            self._work(room, home, joined)
        except StoppedError:
            return False
        except FeedServerError as error:
            self._failed(room, error)
            return False
        if self._memory.status(room).problem:
            log.info("%s: it works again", room.room)
        self._memory.note(room, problem=None, held=0, due=self._next())
        return True

    def _failed(self, room: Room, error: FeedServerError) -> None:
        """Note what went wrong; it is logged when it begins."""
        problem = str(error)
        if self._memory.status(room).problem != problem:
            log.warning("%s: %s", room.room, problem)
        wait = error.retry_after if isinstance(error, FetchError) else None
        due = max(self._next(), self._now() + (wait or 0.0))
        held = error.count if isinstance(error, HeldError) else 0
        self._memory.note(room, problem=problem, held=held, asked=self._now(), due=due)

    def _next(self) -> float:
        """When to ask again: with many bots of one interval not all at once."""
        return self._now() + self._config.interval * random.uniform(0.9, 1.1)

    def _wait(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise StoppedError

    def _work(self, room: Room, home: Homeserver, joined: frozenset[str]) -> None:
        status = self._memory.status(room)
        place = self._place(room, status, home, joined)
        if home.state(place, "m.room.encryption") is not None:
            raise HomeserverError("the room is encrypted, and this bot can't encrypt", "", None)
        known = self._settled(room, home, place, status)
        settled = not any(each.doing for each in known.values())
        last = Validators(status.etag, status.modified) if settled else Validators()
        asked = self._now()
        validators, found = self._read(room, last)
        if found is None:
            self._memory.note(room, asked=asked)
            return
        decided = plan.decide(found, known, room, status.begun, place)
        if decided.size > room.most:
            raise HeldError(decided.size, room.most)
        self._begin(room, decided, known, found)
        for post in (*decided.new, *decided.edits):
            self._say(room, home, place, post)
        for id in decided.gone:
            self._take_back(room, home, place, id)
        self._memory.note(
            room, asked=asked, read=asked, etag=validators.etag, modified=validators.modified
        )
        if any(polls < plan.GONE_AFTER for polls in decided.missing.values() if polls):
            # The feed as it is has to be seen once more.
            self._memory.note(room, etag=None, modified=None)

    def _begin(
        self, room: Room, decided: Plan, known: Mapping[str, Known], found: tuple[Post, ...]
    ) -> None:
        """Put down what has been decided without anything to be sent."""
        status = self._memory.status(room)
        with self._memory.at_once():
            for post in decided.passed:
                passed = Known(post.version, post.published.isoformat())
                self._memory.remember(room, post.id, passed)
            for id, polls in decided.missing.items():
                self._memory.remember(room, id, replace(known[id], missing=polls))
            if status.begun is None:
                # In a feed that was empty all is new.
                start = min((post.published for post in found), default=_EVER)
                self._memory.note(room, begun=start.isoformat())

    def _place(self, room: Room, status: Status, home: Homeserver, joined: frozenset[str]) -> str:
        """The id of the room, at the end of its upgrades.

        Raises:
            HomeserverError: the bot isn't in it.
        """
        place = status.place
        if place is None:
            place = room.room if room.room.startswith("!") else home.resolve(room.room)
            if place not in joined:
                place = home.join(room.room)
        elif place not in joined:
            # Who was thrown out comes back when invited, not by itself.
            raise HomeserverError("the bot isn't in the room any more: invite it", "", None)
        for _ in range(_UPGRADES):
            tombstone = home.state(place, "m.room.tombstone")
            following = tombstone and tombstone.get("replacement_room")
            if not isinstance(following, str) or not following:
                break
            log.info("%s: the room was replaced, and is followed", room.room)
            place = home.join(following)
        if place != status.place:
            self._memory.note(room, place=place)
        return place

    def _settled(
        self, room: Room, home: Homeserver, place: str, status: Status
    ) -> Mapping[str, Known]:
        """What is known of a room, when what was being done has been looked for there.

        At the first run what stands in the room is the bot's own, if it has lost its memory.
        """
        known = dict(self._memory.known(room))
        open_ones = {id: each for id, each in known.items() if each.doing}
        if not open_ones and status.begun is not None:
            return known
        since = min((each.started or 0 for each in open_ones.values()), default=0) - _SKEW
        sent = home.own_messages(place, self._config.user, pages=_PAGES)
        there = events.read(sent, room, since)
        for id, each in open_ones.items():
            found = there.get(id)
            if each.doing != "redaction" and found and found.version == each.coming:
                event, edits = each.event or found.event, each.edits + 1
                self._memory.remember(
                    room,
                    id,
                    each.at_rest(version=found.version, event=event, edits=edits),
                )
            elif each.event is None:
                # As if it had never been begun: the same transaction comes of it again.
                self._memory.forget(room, id)
            else:
                self._memory.remember(room, id, each.at_rest(said=None))
        if status.begun is None:
            for id, found in there.items():
                if id not in known:
                    adopted = Known(found.version, found.published, found.event, place)
                    self._memory.remember(room, id, adopted)
        return self._memory.known(room)

    def _read(self, room: Room, last: Validators) -> tuple[Validators, tuple[Post, ...] | None]:
        """What of the feed is to stand in the room; `None` if the feed is as it was.

        Raises:
            FetchError: it can't be had.
            ForeignError: it is no feed.
        """
        fetched = self._fetcher.fetch(room.feed, last)
        if fetched.body is None:
            return fetched.validators, None
        read = isolated.read(fetched.body, Options(), fetched.address, fetched.content_type)
        words = Words(read.archive.site.language)
        return fetched.validators, plan.posts(Index(read.archive), room, words)

    def _say(self, room: Room, home: Homeserver, place: str, post: Post) -> None:
        """Send a message, or put it in the place of the one that stands there."""
        if self._stop.is_set():
            raise StoppedError
        known = self._memory.known_of(room, post.id) or Known("", post.published.isoformat())
        said = events.digest(post.content)
        if known.said == said:
            # What has changed is behind the end of the message.
            self._memory.remember(room, post.id, replace(known, version=post.version))
            return
        if known.event:
            event = events.edit(post, room, post.content, known.event)
        else:
            thread = self._memory.known_of(room, post.thread) if post.thread else None
            root = thread.event if thread and thread.place == place else None
            event = events.message(post, room, post.content, root)
        what: Doing = "edit" if known.event else "new"
        number = events.transaction(room, post.id, post.version, what, known.edits)
        begun = replace(
            known, doing=what, coming=post.version, started=int(self._now() * 1000), place=place
        )
        self._memory.remember(room, post.id, begun)
        sent = home.send(place, number, event)
        self._memory.remember(
            room,
            post.id,
            begun.at_rest(
                version=post.version,
                event=known.event or sent,
                said=said,
                edits=known.edits + 1,
            ),
        )

    def _take_back(self, room: Room, home: Homeserver, place: str, id: str) -> None:
        """Redact the message of an entry that is gone."""
        known = self._memory.known_of(room, id)
        assert known and known.event
        started = int(self._now() * 1000)
        self._memory.remember(room, id, replace(known, doing="redaction", started=started))
        number = events.transaction(room, id, known.version, "redaction", known.edits)
        home.redact(place, known.event, number)
        self._memory.remember(room, id, known.at_rest(event=None, missing=0))


def _told(decided: Plan, room: Room) -> Iterator[str]:
    if decided.size > room.most:
        yield str(HeldError(decided.size, room.most))
        return
    for name, found in (("new", decided.new), ("edited", decided.edits)):
        for post in found:
            yield f"{name}: {indent(post.content['body'], '    ').lstrip()}"
    for id in decided.gone:
        yield f"taken back: {id}"
    if not decided.size:
        yield "nothing is to be sent"
