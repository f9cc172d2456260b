"""Fetching a document, unless it is the one that is known: conditions, and what is no answer."""

from __future__ import annotations

import errno
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from feedserver.errors import FetchError, GoneError
from feedserver.settings.settings import Settings
from feedserver.sources.addresses import Dialler, Resolve, is_public, resolve
from feedserver.sources.client import Answer, Client, Limits, Request

# Who fetches has the look at addresses from here, too.
__all__ = ["Fetched", "Fetcher", "Threads", "Validators", "WebFetcher", "is_public", "resolve"]

ACCEPT = (
    "application/feed+json, application/atom+xml, application/rss+xml, application/json;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server said of a document, to ask whether it has another by now."""

    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer; `body` is `None` if the document is as it was.

    `address` is where it came from at last, and `moved` the address that the first one was moved to
    for good, if it was.
    """

    body: bytes | None
    address: str
    content_type: str | None = None
    validators: Validators = field(default_factory=Validators)
    moved: str | None = None


class Fetcher(Protocol):
    """What fetches addresses."""

    def fetch(self, address: str, known: Validators) -> Fetched:
        """Fetch a document, unless it is the one that is known.

        Raises:
            FetchError: it can't be had.
        """
        ...


class WebFetcher:
    """Fetches addresses of http and https."""

    def __init__(
        self,
        settings: Settings,
        *,
        resolve: Resolve = resolve,
        context: ssl.SSLContext | None = None,
    ) -> None:
        limits = Limits(settings.fetch_timeout, settings.fetch_bytes, settings.fetch_redirects)
        self._dialler = Dialler(private=settings.private_addresses, resolve=resolve)
        self._client = Client(limits, self._socket, context)

    def fetch(self, address: str, known: Validators) -> Fetched:
        headers = {"Accept": ACCEPT}
        if known.etag:
            headers["If-None-Match"] = known.etag
        if known.modified:
            headers["If-Modified-Since"] = known.modified
        with self._client.ask(Request(address, headers=headers)) as answer:
            return _taken(answer, known)

    def _socket(self, host: str, port: int, deadline: float) -> socket.socket:
        """Connect for the client; a subclass may answer for some hosts by itself."""
        return self._dialler.connect(host, port, deadline)


_Came = TypeVar("_Came")


class Threads:
    """Threads that do what is put to them, in its order, and end when there is no more.

    There are `most` at once. They are daemons, for the end of the process waits for nobody's site.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._work: deque[Callable[[], None]] = deque()
        self._count = 0

    def answer(self, call: Callable[[], _Came]) -> Future[_Came]:
        """Have something called; what comes of it. Unless it is cancelled before. Raises as `put`.

        What is being done isn't stopped, but nobody waits for it any more.
        """
        future: Future[_Came] = Future()

        def work() -> None:
            if future.cancelled():
                return
            try:
                came = call()
            except BaseException as error:
                # Raised again where it is waited for; unless nobody does any more.
                with suppress(InvalidStateError):
                    future.set_exception(error)
            else:
                with suppress(InvalidStateError):
                    future.set_result(came)

        self.put(work)
        return future

    def put(self, work: Callable[[], None]) -> None:
        """Have something done.

        Raises:
            OSError: there is no thread, and none can be started.
        """
        with self._lock:
            if self._count < self._most:
                try:
                    threading.Thread(target=self._run, daemon=True).start()
                    self._count += 1
                except RuntimeError as error:
                    if self._count == 0:
                        raise OSError(errno.EAGAIN, str(error)) from error
            self._work.append(work)

    def _run(self) -> None:
        while work := self._next():
            work()

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            if self._work:
                return self._work.popleft()
            self._count -= 1
            return None


def _taken(answer: Answer, known: Validators) -> Fetched:
    """What an answer says of a document.

    Raises:
        FetchError: nothing.
    """
    if answer.status == 304 and (known.etag or known.modified):
        return Fetched(None, answer.address, validators=known, moved=answer.moved)
    if answer.status == 410:
        raise GoneError("it answers 410 Gone")
    if answer.status != 200:
        message = f"it answers {answer.status} {answer.reason}".strip()
        raise FetchError(message, answer.retry_after)
    validators = Validators(answer.header("ETag"), _modified(answer))
    content_type = answer.header("Content-Type")
    return Fetched(answer.read(), answer.address, content_type, validators, answer.moved)


def _modified(answer: Answer) -> str | None:
    """The time of a document, unless it may yet change within that second (RFC 9110, 8.8.2.2)."""
    modified, date = answer.header("Last-Modified"), answer.header("Date")
    if modified and modified == date:
        return None
    return modified
