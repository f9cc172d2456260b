"""A feed, in a format, at an address: the bytes that a reader gets.

The static files and the server's answers are both made here, so that they differ in links only:
a server's answer says where the feed goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from feedserver.feeds.catalogue import feed_address, page_address
from feedserver.feeds.index import Index, Page, newest
from feedserver.feeds.parameters import Slice
from feedserver.formats import message
from feedserver.formats.formats import FORMATS
from feedserver.model import Channel, Entry, Feed
from feedserver.text.urls import absolute

MAX_BYTES = 4_500_000
"""Readers and validators refuse feeds from 5,000,000 bytes on (feed-rules 24)."""
_FACTS = 8_000
"""Of an entry: names of members and elements, dates, a picture, an issue."""


def render(
    index: Index,
    feed: Feed,
    file: str,
    base: str,
    entries: tuple[Entry, ...] | None = None,
    hub: str | None = None,
) -> bytes:
    """Write a feed, which has an entry, as `file` ("atom.xml"), with self links below `base`.

    `entries` is what `contents` gives of it, for who has asked. `hub` is the address of its hub.
    """
    entries = contents(index, feed) if entries is None else entries
    channel = _channel(index, feed, base, feed_address(base, feed, file), entries, hub)
    return _within_limit(channel, lambda channel: channel, file)


def of_feed(
    index: Index, feed: Feed, base: str, hub: str | None = None
) -> Iterator[tuple[str, bytes]]:
    """The documents of a feed, which has an entry, with their files ("atom.xml")."""
    entries = contents(index, feed)
    for file in FORMATS:
        yield file, render(index, feed, file, base, entries, hub)


def contents(index: Index, feed: Feed) -> tuple[Entry, ...]:
    """The entries that stand in the documents of a feed, as many as fit."""
    return tuple(fitting(newest(index.entries(feed), index.archive.feed_limit)))


def render_page(
    index: Index,
    feed: Feed,
    file: str,
    base: str,
    slice: Slice,
    page: Page,
    hub: str | None = None,
) -> bytes:
    """Write one of the documents that a part of a feed comes in, with links to first and next.

    `page` is what `Index.page` gives of it, with its entries' content, as far as it is `fitting`.
    What doesn't fit into a document stands in the next. `hub` is the address of its hub.
    """

    def at(part: Slice) -> str:
        return address(feed, file, base, part)

    def finished(channel: Channel) -> Channel:
        last = channel.entries[-1].id if channel.entries else None
        behind = page.next if len(channel.entries) == len(page.entries) else last
        if behind is not None:
            channel = replace(channel, next_url=at(replace(slice, before=behind)))
        if behind is not None or slice.before is not None:
            channel = replace(channel, first_url=at(replace(slice, before=None)))
        return channel

    channel = _channel(index, feed, base, at(slice), page.entries, hub)
    if not channel.entries:
        channel = replace(channel, last_change=index.updated(feed))
    return _within_limit(channel, finished, file)


def address(feed: Feed, file: str, base: str, slice: Slice) -> str:
    """The address of a part of a feed, in the one form that it has."""
    query = slice.query_string()
    start = feed_address(base, feed, file)
    return f"{start}?{query}" if query else start


def links(hub: str, own: str) -> str:
    """A header Link with a document's hub, and its own address (WebSub, section 4)."""
    return f'<{absolute(hub, "")}>; rel="hub", <{absolute(own, "")}>; rel="self"'


def _channel(
    index: Index,
    feed: Feed,
    base: str,
    address: str,
    entries: tuple[Entry, ...],
    hub: str | None,
) -> Channel:
    return Channel(
        title=feed.title,
        description=feed.description,
        home_url=page_address(index.archive.site.url, feed, base),
        feed_url=address,
        site=index.archive.site,
        entries=entries,
        hub_url=hub,
    )


def fitting(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Leave out what can't fit anyway, so that a site of 100 MB isn't written to be cut."""
    size = 0
    for position, entry in enumerate(entries):
        size += len(entry.content or "")
        if size > MAX_BYTES and position > 0:
            return
        yield entry


def _within_limit(channel: Channel, finished: Callable[[Channel], Channel], file: str) -> bytes:
    """Write a channel as a file, with what is left of it when it has to be cut.

    All formats end at the same entry; messages for rooms go first.
    """
    serialise = FORMATS[file].serialise
    if sum(map(_at_most, channel.entries)) < MAX_BYTES:
        return serialise(finished(channel))
    bare = replace(channel, messages=False)
    while (size := _largest(finished(bare))) > MAX_BYTES and len(bare.entries) > 1:
        count = len(bare.entries)
        fitting = max(1, min(count - 1, count * MAX_BYTES // size))
        bare = replace(bare, entries=bare.entries[:fitting])
    if size > MAX_BYTES:
        # One post of that size: a reader still gets its title, summary and address.
        bare = replace(bare, entries=(replace(bare.entries[0], content=None),))
    data = serialise(finished(replace(bare, messages=True)))
    return data if len(data) <= MAX_BYTES else serialise(finished(bare))


def _largest(channel: Channel) -> int:
    """The size of a channel in the format that takes most."""
    return max(len(each.serialise(channel)) for each in FORMATS.values())


def _at_most(entry: Entry) -> int:
    """More bytes than an entry takes in any format, without writing it."""
    content = entry.content or ""
    escaped = 4 * sum(map(content.count, "<>&")) + sum(map(content.count, '"\\\n\t'))
    people = sum(len(person.name) + len(person.url or "") for person in entry.authors)
    facts = sum(map(len, (entry.id, entry.url, entry.title, entry.summary, *entry.tags)))
    return len(content.encode()) + escaped + 12 * (facts + people) + _FACTS + message.MOST
