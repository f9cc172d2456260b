"""Who is there on the network, on one machine: sources that are fetched, subscribers that are told.

Each has a host of its own, or a part of one: all of 127.0.0.0/8 is this machine. It is a thread
with one loop, so that it takes little from what is measured.
"""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlsplit

from feedserver.feeds import catalogue
from feedserver.formats import archive
from feedserver.model import Archive, Site
from tests.samples import post

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_KNOWN = re.compile(rb'(?i)\r\nif-none-match: *"(\d+)"')
_HOSTS = 250


def host(network: int, number: int) -> str:
    """One of some 60,000 hosts, within 127.64.0.0 and what follows it."""
    return f"127.{64 + network}.{number // _HOSTS}.{1 + number % _HOSTS}"


@dataclass
class Loopback:
    """What was asked of it. Versions of sources and times are by number, of callbacks by path."""

    port: int = 0
    fetches: int = 0
    versions: dict[int, int] = field(default_factory=dict)
    changed: dict[int, float] = field(default_factory=dict)
    told: dict[str, float] = field(default_factory=dict)
    twice: int = 0

    def source(self, number: int) -> str:
        return f"http://{host(0, number)}:{self.port}/{number}/archive.json"

    def callback(self, number: int, hosts: int) -> str:
        return f"http://{host(1, number % hosts)}:{self.port}/to/{number}"

    def change(self, number: int) -> None:
        self.versions[number] = self.versions.get(number, 1) + 1
        self.changed[number] = time.monotonic()

    def answer(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b" ")
        target = rest.partition(b" ")[0].decode()
        if method == b"POST":
            if target in self.told:
                self.twice += 1
            self.told[target] = time.monotonic()
            return _answer()
        if target.startswith("/to/"):
            asked = parse_qs(urlsplit(target).query)
            return _answer(asked["hub.challenge"][0].encode())
        # Who looks for a hub asks for something else.
        self.fetches += target.endswith("/archive.json")
        number = int(target.split("/")[1])
        version = self.versions.get(number, 1)
        known = _KNOWN.search(head)
        tag = b'ETag: "%d"\r\n' % version
        if known and int(known[1]) == version:
            return b"HTTP/1.1 304 Not Modified\r\n%sConnection: close\r\n\r\n" % tag
        return _answer(document(number, version), tag + b"Content-Type: application/json\r\n")


def document(number: int, version: int) -> bytes:
    """An archive of one post, whose title says how often it was changed."""
    url = f"https://s{number}.example/"
    # What has changed stands first.
    found = replace(
        post("one", days=version), id=f"{url}one/", url=f"{url}one/", title=f"{number} is {version}"
    )
    site = Site(f"Source {number}", url, f"One of many, the {number}th")
    feeds = tuple(catalogue.feeds([found], site))
    return archive.serialise(Archive(site, ("author", "category"), 20, feeds, {}, (found,)))


def _answer(body: bytes = b"", more: bytes = b"") -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"HTTP/1.1 200 OK\r\n" + more + length + b"Connection: close\r\n\r\n" + body


@contextmanager
def loopback() -> Iterator[Loopback]:
    """Be there, in a thread."""
    found, ready, stop = Loopback(), threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if length := _LENGTH.search(head):
                await reader.readexactly(int(length[1]))
            writer.write(found.answer(head))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            # Who has asked has gone.
            pass
        finally:
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(take, "0.0.0.0", 0, backlog=4096)
        found.port = server.sockets[0].getsockname()[1]
        loops.append(asyncio.get_running_loop())
        ready.set()
        async with server:
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    ready.wait()
    try:
        yield found
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join()
