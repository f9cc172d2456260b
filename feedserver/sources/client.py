"""The one client for addresses of the web: whatever we ask others for goes through it.

A request is followed through its redirects until an answer that is none, of which the body is read
within bounds; each address on the way is looked at when it is connected to, and one deadline holds
for all of it. TLS verifies names.

The transport is asked, not an `httpx2.Client`: that one reads each `Location` even if it follows
none, and fails at what is no address; nor is there anything here that reads proxies or passwords
from the environment (its `trust_env`) or keeps cookies. Left out are passwords in addresses,
connections kept for a next request, and HTTP/2.
"""

from __future__ import annotations

import email.utils
import io
import ssl
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpcore2
import httpx2

from feedserver.errors import FetchError
from feedserver.sources._transport import TOO_LONG, Connect, Transport
from feedserver.text.urls import absolute

AGENT = "feedserver (mkdocs-twim; https://pypi.org/project/mkdocs-twim/)"

_MOVED = {301, 302, 303, 307, 308}
_FOR_GOOD = {301, 308}
_FOLLOWED = {"GET", "HEAD"}
_CARRIED = {"Accept", "Accept-Language", "If-None-Match", "If-Modified-Since"}
"""The headers that another origin than the one they were meant for may see."""
_PIECE = 1_000_000
_FAILURES = (
    *(httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol),
    *(httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, zlib.error),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may take, with all its redirects.

    `timeout` is in seconds; `size` is in bytes, of an answer as it comes and unpacked.
    """

    timeout: float
    size: int
    redirects: int


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of an address. Its headers are in Latin-1 (RFC 9110, 5.5).

    Only `GET` and `HEAD` follow redirects: who sends something has to know where it goes.
    """

    address: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None


class Answer:
    """An answer, its body still to be read.

    `address` is where it came from at last, and `moved` the address that the first one was moved to
    for good, if it was.
    """

    def __init__(
        self, response: httpx2.Response, address: str, moved: str | None, size: int, deadline: float
    ) -> None:
        response.headers.encoding = "iso-8859-1"
        self._response = response
        self._size = size
        self._deadline = deadline
        self.address = address
        self.moved = moved
        self.status = response.status_code
        self.reason = response.reason_phrase

    def header(self, name: str) -> str | None:
        """The value of a header; several are joined by commas."""
        found = self._response.headers.get(name)
        return None if found is None else str(found)

    @property
    def retry_after(self) -> float | None:
        """For how many seconds it asks not to be asked again (RFC 9110, 10.2.3)."""
        value = self.header("Retry-After")
        if value is None or len(value) > 100:
            return None
        if value.strip().isascii() and value.strip().isdigit():
            return float(value)
        try:
            until = email.utils.parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max(0.0, (until - datetime.now(UTC)).total_seconds())

    def read(self) -> bytes:
        """The body, unpacked.

        Raises:
            FetchError: it has more bytes than the limit, or is packed in an unknown way.
        """
        encoding = (self.header("Content-Encoding") or "identity").strip().lower()
        if encoding not in ("identity", "gzip", "x-gzip"):
            raise FetchError(f"it is packed with {encoding[:40]!a}, which nobody asked for")
        received = self._received()
        if encoding == "identity":
            return b"".join(received)
        body = io.BytesIO()
        for piece in _unpacked(received, self._size + 1):
            body.write(piece)
            self._check(body.tell())
        return body.getvalue()

    def _received(self) -> Iterator[bytes]:
        received = 0
        for chunk in self._response.iter_raw():
            received += len(chunk)
            self._check(received)
            yield chunk

    def _check(self, size: int) -> None:
        """Raises `FetchError` for too many bytes, or for those of a bomb that takes its time."""
        if size > self._size:
            raise FetchError(f"it has more than {self._size:,} bytes")
        if time.monotonic() >= self._deadline:
            raise FetchError(TOO_LONG)


class Client:
    """Asks addresses of http and https, connecting by `connect`; for any number of threads."""

    def __init__(
        self, limits: Limits, connect: Connect, context: ssl.SSLContext | None = None
    ) -> None:
        self._limits = limits
        self._connect = connect
        self._context = context or ssl.create_default_context()

    @contextmanager
    def ask(self, request: Request) -> Iterator[Answer]:
        """The answer to a request, at the end of its redirects, and open for as long as it is used.

        Raises:
            FetchError: it can't be had, also while it is read; the message names the address, also
                of errors that are raised by who uses the answer.
        """
        deadline = time.monotonic() + self._limits.timeout
        address = _checked(request.address, "")
        with (
            _told(request.address),
            Transport(self._connect, self._context, deadline) as transport,
        ):
            yield self._followed(transport, request, address, deadline)

    def _followed(
        self, transport: Transport, request: Request, address: str, deadline: float
    ) -> Answer:
        headers = {name.title(): value for name, value in request.headers.items()}
        for_good, moved = True, None
        for _ in range(self._limits.redirects + 1):
            response = transport.handle_request(_request(request, address, headers))
            answer = Answer(response, address, moved, self._limits.size, deadline)
            location = answer.header("Location")
            if answer.status not in _MOVED or not location or request.method not in _FOLLOWED:
                return answer
            response.close()
            here, address = address, _checked(location, address)
            if _origin(address) != _origin(here):
                headers = {name: headers[name] for name in headers.keys() & _CARRIED}
            for_good = for_good and answer.status in _FOR_GOOD
            moved = address if for_good else moved
        raise FetchError(f"more than {self._limits.redirects} redirects")


def _request(request: Request, address: str, headers: Mapping[str, str]) -> httpx2.Request:
    told = {
        "User-Agent": AGENT,
        "Accept": "*/*",
        **headers,
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }
    encoded = {name.encode("ascii"): value.encode("latin-1") for name, value in told.items()}
    return httpx2.Request(request.method, address, headers=encoded, content=request.content)


def _unpacked(received: Iterator[bytes], most: int) -> Iterator[bytes]:
    """What was packed with gzip, in pieces of at most `most` bytes.

    Raises:
        FetchError: it isn't whole.
        zlib.error: it is none.
    """
    unpack = zlib.decompressobj(wbits=31)
    for chunk in received:
        while chunk:
            if unpack.eof:
                # Another member, of which gzip may have any number (RFC 1952, 2.2).
                unpack = zlib.decompressobj(wbits=31)
            yield unpack.decompress(chunk, min(most, _PIECE))
            chunk = unpack.unconsumed_tail or unpack.unused_data
    if not unpack.eof:
        raise FetchError("it ends before its end")


def _checked(address: str, base: str) -> str:
    """The address in full, less its fragment.

    Raises:
        FetchError: it isn't of the web, or has a user's name in it.
    """
    found = absolute(address, base)
    if found is None or not found.startswith(("http://", "https://")):
        raise FetchError(f"it leads to {address[:200]!a}, which is no address of the web")
    if "@" in urlsplit(found).netloc:
        raise FetchError("it has a user's name in it")
    return found.partition("#")[0]


def _origin(address: str) -> tuple[str, str]:
    """Scheme and authority; `_checked` leaves out a port that is the scheme's own."""
    parts = urlsplit(address)
    return parts.scheme, parts.netloc


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Turn what can go wrong on the way into an error that names the address."""
    try:
        yield
    except FetchError as error:
        raise type(error)(f"{address}: {error}", error.retry_after) from error
    except httpcore2.TimeoutException as error:
        raise FetchError(f"{address}: {str(error) or TOO_LONG}") from error
    except _FAILURES as error:
        raise FetchError(f"{address}: {str(error) or type(error).__name__}") from error
