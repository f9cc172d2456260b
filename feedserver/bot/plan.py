"""What is to be done in a room, decided from what stands in the feed and what is known.

Nothing here sends or keeps anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import groupby

from feedserver.bot.config import Room
from feedserver.bot.memory import Known
from feedserver.errors import ForeignError
from feedserver.feeds.index import Index
from feedserver.feeds.orders import positions
from feedserver.formats import message
from feedserver.formats.message import Content, Linked, Part
from feedserver.formats.versions import version
from feedserver.model import Entry
from feedserver.text.words import Words

_MISTAKEN = {
    True: "there are updates alone in this feed: is mode updates or threads meant?",
    False: "there are no updates in this feed: is mode issues meant?",
}
GONE_AFTER = 2
"""An entry that isn't there at one poll may be there at the next."""


@dataclass(frozen=True, slots=True)
class Post:
    """What stands in a feed to be posted; `thread` is the id of the one in whose thread it goes.

    `shorter` says the same in at most so many bytes.
    """

    id: str
    version: str
    published: datetime
    issue: str
    content: Content
    shorter: Callable[[int], Content | None] = field(compare=False)
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, in this order; `passed` is known from now on and not posted.

    `missing` are the numbers of polls that entries weren't there, where they change.
    """

    new: tuple[Post, ...] = ()
    edits: tuple[Post, ...] = ()
    gone: tuple[str, ...] = ()
    passed: tuple[Post, ...] = ()
    missing: Mapping[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many events it takes."""
        return len(self.new) + len(self.edits) + len(self.gone)


def posts(index: Index, room: Room, words: Words) -> tuple[Post, ...]:
    """What of a feed is to stand in a room, in the order in which it is to be posted.

    Raises:
        ForeignError: nothing that it has could ever stand there.
    """
    order, other = index.posts, index.updates
    if room.mode != "issues":
        order, other = other, order
    if other.entries and not order.entries:
        raise ForeignError(_MISTAKEN[room.mode == "issues"])
    chosen = [order.entries[place] for place in positions(order.having(room.query))]
    by_date = sorted(chosen, key=lambda entry: entry.published)
    if room.mode == "threads":
        return tuple(_threads(by_date, room, words))
    return tuple(_posts(by_date, room, words))


def decide(
    found: Sequence[Post], known: Mapping[str, Known], room: Room, begun: str | None, place: str
) -> Plan:
    """What is to be done; `begun` is the date of the oldest entry at the first run, if that was."""
    unknown = [post for post in found if _is_unsaid(known.get(post.id))]
    if begun is None:
        newest = found[-1].issue if found and room.first == "newest" else None
        # What stands in the room already was found there: the bot's memory was lost.
        return Plan(
            new=tuple(post for post in unknown if post.issue == newest),
            edits=tuple(_edits(found, known, place)),
            passed=tuple(post for post in unknown if post.issue != newest),
        )
    start = datetime.fromisoformat(begun)
    missing = dict(_missing(found, known))
    gone = (id for id, polls in missing.items() if polls >= GONE_AFTER and known[id].place == place)
    return Plan(
        new=tuple(post for post in unknown if post.published >= start),
        edits=tuple(_edits(found, known, place)),
        gone=tuple(gone) if room.gone == "redact" else (),
        passed=tuple(post for post in unknown if post.published < start),
        missing=missing,
    )


def _is_unsaid(known: Known | None) -> bool:
    """Whether an entry has no message: it is new, or its message was taken back and it returns."""
    return known is None or (known.event is None and known.edits > 0)


def _edits(found: Iterable[Post], known: Mapping[str, Known], place: str) -> Iterator[Post]:
    for post in found:
        of = known.get(post.id)
        # What stands in a room that was upgraded since can't be changed any more.
        if of and of.event and of.place == place and of.version != post.version:
            yield post


def _missing(found: Sequence[Post], known: Mapping[str, Known]) -> Iterator[tuple[str, int]]:
    """For how many polls the entries of messages haven't been there, where that has changed.

    What is older than all that is there has left the feed at its end, and isn't gone.
    """
    if not found:
        return
    here = {post.id for post in found}
    oldest = min(post.published for post in found)
    for id, of in known.items():
        if id in here:
            if of.missing:
                yield id, 0
        elif of.event and datetime.fromisoformat(of.published) > oldest:
            yield id, of.missing + 1


def _posts(entries: Iterable[Entry], room: Room, words: Words) -> Iterator[Post]:
    limit = message.WHOLE if room.whole else message.MOST
    for entry in entries:
        made = partial(_said, entry, words, room)
        content = made(limit)
        if content is None:
            continue
        issue = entry.update.issue.id if entry.update else entry.id
        thread = issue if room.mode == "threads" else None
        yield Post(entry.id, version(entry), entry.published, issue, content, made, thread)


def _said(entry: Entry, words: Words, room: Room, limit: int) -> Content | None:
    return message.of_entry(entry, words, limit, room.first_line)


def _threads(entries: Iterable[Entry], room: Room, words: Words) -> Iterator[Post]:
    """A digest of each issue, followed by its updates."""
    issues: dict[str, list[Entry]] = {}
    for entry in entries:
        # Issues of several sources may be of one minute, and their updates among each other.
        if entry.update:
            issues.setdefault(entry.update.issue.id, []).append(entry)
    for updates in issues.values():
        if digest := _digest(updates, words):
            yield digest
            yield from _posts(updates, room, words)


def _digest(updates: Sequence[Entry], words: Words) -> Post | None:
    """The message that the updates of an issue are in the thread of."""
    first = updates[0].update
    assert first is not None
    parts = []
    for section, group in groupby(updates, key=lambda entry: entry.update and entry.update.section):
        inside = list(group)
        projects = tuple(
            Linked(entry.update.project.title, entry.url)
            for entry in inside
            if entry.update and entry.update.project
        )
        parts.append(Part(Linked(section.title, inside[0].url) if section else None, projects))
    made = partial(message.digest, Linked(first.issue.title, first.issue.url), parts, words)
    content = made(message.MOST)
    if content is None:
        return None
    said = hashlib.sha256(content["formatted_body"].encode("utf-8", "replace")).hexdigest()[:12]
    id = first.issue.id
    return Post(id, said, updates[0].published, id, content, made)
