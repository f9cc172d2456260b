"""The bot: asks feeds, posts what is new, corrects what has changed, room after room.

Each event carries `org.twim.entry` (the contract's): the entry's id, its version and the feed.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from textwrap import indent

from feedserver.bot import _encrypted, plan
from feedserver.bot._posting import EVER, Poster, Rooms
from feedserver.bot.config import Config, Room, token
from feedserver.bot.homeserver import Homeserver
from feedserver.bot.memory import Known, Memory, Status
from feedserver.bot.plan import Plan, Post
from feedserver.errors import (
    FeedServerError,
    FetchError,
    HeldError,
    HomeserverError,
    SourceError,
)
from feedserver.feeds.index import Index
from feedserver.foreign import isolated
from feedserver.foreign.reading import Options
from feedserver.settings.settings import Settings
from feedserver.sources.addresses import Dialler
from feedserver.sources.client import Client, Limits
from feedserver.sources.fetching import Fetcher, Validators, WebFetcher
from feedserver.text.words import Words

log = logging.getLogger("feedserver.bot")
_UPGRADES = 10
_LONGEST_REST = 86_400.0
"""Seconds for which it may be asked to leave a server alone."""


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
        """Do what is to be done in each room whose time has come; whether all went well."""
        rooms = [room for room in self._config.rooms if self._is_due(room, all_rooms)]
        well = not all_rooms or len(rooms) == len(self._config.rooms)
        if not rooms:
            return well
        try:
            home = self._homeserver()
            joined = self._joined(home)
        except StoppedError:
            return False
        except FeedServerError as error:
            for room in rooms:
                self._failed(room, error)
            return False
        return all([self._polled(room, home, joined) for room in rooms]) and well

    def preview(self) -> Iterator[str]:
        """What the next poll would bring, in lines for people. Nothing is sent or noted.

        Raises:
            SourceError: no feed can be read; the lines have come all the same.
        """
        errors: list[str] = []
        for room in self._config.rooms:
            yield f"{room.room} from {room.feed}"
            try:
                _, found = self._read(room, Validators())
            except FeedServerError as error:
                errors.append(str(error))
                yield f"  {error}"
                continue
            assert found is not None
            status, known = self._memory.status(room), self._memory.known(room)
            decided = plan.decide(found, known, room, status.begun, status.place or "")
            yield from (f"  {line}" for line in _told(decided, room))
        if len(errors) == len(self._config.rooms):
            raise SourceError(f"no feed can be read: {'; '.join(dict.fromkeys(errors))}")

    def _is_due(self, room: Room, asked_for: bool = False) -> bool:
        status = self._memory.status(room)
        # Who asks to be left alone is, also by who comes once and is called by a clock.
        return ((status.rest if asked_for else status.due) or 0.0) <= self._now()

    def _homeserver(self) -> Homeserver:
        """The homeserver, if the token is the bot's own.

        Raises:
            SettingsError: there is no token.
            HomeserverError: it is no longer valid, or another account's.
        """
        found = token(self._config, self._environment)
        home = Homeserver(self._config.homeserver, found, self._client, self._wait)
        user, device = home.whoami()
        if user != self._config.user:
            raise HomeserverError(f"the token is {user}'s, not {self._config.user}'s", "", None)
        known = self._memory.device()
        if device != known:
            if known:
                log.warning("the token is of another device, %s: keep to one", device)
            self._memory.of_device(device)
        return home

    def _joined(self, home: Homeserver) -> frozenset[str]:
        if self._config.invites:
            since, invitations = home.invitations(self._config.user, self._memory.since())
            for room, who in invitations:
                if who and who <= {*self._config.invites}:
                    self._accept(home, room, ", ".join(sorted(who)))
            self._memory.seen(since)
        return home.joined()

    def _accept(self, home: Homeserver, room: str, who: str) -> None:
        try:
            home.join(room)
        except HomeserverError as error:
            if error.wait is not None:
                raise
            # It was taken back, say.
            log.warning("%s: the invitation by %s can't be accepted: %s", room, who, error)
        else:
            log.info("%s: joined, invited by %s", room, who)

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
        self._memory.note(room, problem=None, held=0, due=self._next(), rest=None)
        return True

    def _failed(self, room: Room, error: FeedServerError) -> None:
        """Note what went wrong; it is logged when it begins."""
        problem = str(error)
        if self._memory.status(room).problem != problem:
            log.warning("%s: %s", room.room, problem)
        wait = error.retry_after if isinstance(error, FetchError) else None
        if isinstance(error, HomeserverError):
            wait = error.wait
        rest = self._now() + min(wait, _LONGEST_REST) if wait else None
        due = max(self._next(), rest or 0.0)
        held = error.count if isinstance(error, HeldError) else 0
        asked = self._now()
        self._memory.note(room, problem=problem, held=held, asked=asked, due=due, rest=rest)

    def _next(self) -> float:
        """When to ask again: with many bots of one interval not all at once."""
        return self._now() + self._config.interval * random.uniform(0.9, 1.1)

    def _go_on(self) -> None:
        if self._stop.is_set():
            raise StoppedError

    def _wait(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise StoppedError

    def _work(self, room: Room, home: Homeserver, joined: frozenset[str]) -> None:
        status = self._memory.status(room)
        place = self._place(room, status, home, joined)
        with self._rooms(home, place) as rooms:
            poster = Poster(room, place, self._config.user, rooms, self._memory, self._now)
            self._repost(room, poster, joined)

    @contextmanager
    def _rooms(self, home: Homeserver, place: str) -> Iterator[Rooms]:
        if home.state(place, "m.room.encryption") is None:
            yield home
            return
        device = self._memory.device()
        with _encrypted.opened(home, self._config.user, device, self._memory.folder) as rooms:
            yield rooms

    def _repost(self, room: Room, poster: Poster, joined: frozenset[str]) -> None:
        status = self._memory.status(room)
        known = poster.settled(joined)
        asked = self._now()
        validators, found = self._read(room, Validators(status.etag, status.modified))
        if found is None:
            self._memory.note(room, asked=asked)
            return
        decided = plan.decide(found, known, room, status.begun, poster.place)
        if decided.size > room.most:
            raise HeldError(decided.size, room.most)
        self._begin(room, decided, known, found)
        for post in (*decided.new, *decided.edits):
            self._go_on()
            poster.say(post)
        for id in decided.gone:
            self._go_on()
            poster.take_back(id)
        if any(polls < plan.GONE_AFTER for polls in decided.missing.values() if polls):
            # The feed as it is has to be seen once more.
            validators = Validators()
        self._memory.note(
            room, asked=asked, read=asked, etag=validators.etag, modified=validators.modified
        )

    def _begin(
        self, room: Room, decided: Plan, known: Mapping[str, Known], found: tuple[Post, ...]
    ) -> None:
        """Put down what has been decided without anything to be sent."""
        status = self._memory.status(room)
        with self._memory.at_once():
            if decided.size:
                # Until all of it is sent the feed as it was is no reason to do nothing.
                self._memory.note(room, etag=None, modified=None)
            for post in decided.passed:
                passed = Known(post.version, post.published.isoformat())
                self._memory.remember(room, post.id, passed)
            for id, polls in decided.missing.items():
                self._memory.remember(room, id, replace(known[id], missing=polls))
            if status.begun is None:
                # In a feed that was empty all is new.
                start = min((post.published for post in found), default=EVER)
                self._memory.note(room, begun=start.isoformat())
                for post in found:
                    # What was found in the room doesn't say when it was published.
                    if adopted := known.get(post.id):
                        dated = replace(adopted, published=post.published.isoformat())
                        self._memory.remember(room, post.id, dated)

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
            raise HomeserverError(
                "the bot isn't in the room any more: one of invites has to invite it", "", None
            )
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
