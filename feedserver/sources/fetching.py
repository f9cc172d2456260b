"""Fetching an address for an operator who must not be led astray: politely, and within limits.

A connection is made to an address that was looked at, so that no name can lead to a private network
between the look and the connection; TLS still verifies the name. Left out are proxies, cookies,
passwords in addresses, and HTTP/2.
"""

from __future__ import annotations

import email.utils
import http.client
import io
import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlsplit

from feedserver.errors import FetchError
from feedserver.settings.settings import Settings
from feedserver.text.urls import absolute

AGENT = "feedserver (mkdocs-twim; https://pypi.org/project/mkdocs-twim/)"
ACCEPT = (
    "application/feed+json, application/atom+xml, application/rss+xml, application/json;q=0.9,"
    " application/xml;q=0.8, text/xml;q=0.8, */*;q=0.1"
)

_MOVED = {301, 302, 303, 307, 308}
_FOR_GOOD = {301, 308}
_CHUNK = 65_536
_MANY_ADDRESSES = 8
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
# What some versions of Python take for global.
_RESERVED = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15"),
        *("224.0.0.0/4", "240.0.0.0/4", "::/96", "100::/64", "2001::/23", "2001:db8::/32"),
        *("3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
)

Resolve = Callable[[str, int], list[str]]
"""The IP addresses of a host."""


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


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, also of what is wrapped in it."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip.teredo:
            return False
        if any(ip in network for network in _NAT64):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    reserved = any(ip.version == network.version and ip in network for network in _RESERVED)
    return ip.is_global and not ip.is_multicast and not reserved


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host, each once, in the system's order.

    Raises:
        OSError: it has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))[:_MANY_ADDRESSES]


class WebFetcher:
    """Fetches addresses of http and https."""

    def __init__(
        self,
        settings: Settings,
        *,
        resolve: Resolve = resolve,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._resolve = resolve
        self._context = context or ssl.create_default_context()

    def fetch(self, address: str, known: Validators) -> Fetched:
        deadline = time.monotonic() + self._settings.fetch_timeout
        hop = _checked(address, "")
        for_good = True
        moved: str | None = None
        for _ in range(self._settings.fetch_redirects + 1):
            with _told(address), ExitStack() as stack:
                connection = stack.enter_context(self._connected(hop, deadline))
                answer = stack.enter_context(_ask(connection, hop, known))
                if answer.status in _MOVED and (location := answer.getheader("Location")):
                    hop = _checked(location, hop)
                    for_good = for_good and answer.status in _FOR_GOOD
                    moved = hop if for_good else moved
                    continue
                return self._taken(answer, hop, known, moved)
        raise FetchError(f"{address}: more than {self._settings.fetch_redirects} redirects")

    def _taken(
        self, answer: http.client.HTTPResponse, hop: str, known: Validators, moved: str | None
    ) -> Fetched:
        validators = Validators(answer.getheader("ETag"), answer.getheader("Last-Modified"))
        if answer.status == 304 and (known.etag or known.modified):
            return Fetched(None, hop, validators=known, moved=moved)
        if answer.status != 200:
            message = f"it answers {answer.status} {answer.reason}".strip()
            raise FetchError(message, _retry_after(answer.getheader("Retry-After")))
        body = _body(answer, self._settings.fetch_bytes)
        return Fetched(body, hop, answer.getheader("Content-Type"), validators, moved)

    @contextmanager
    def _connected(self, address: str, deadline: float) -> Iterator[http.client.HTTPConnection]:
        """A connection that is cut at the deadline, whatever it is doing then."""
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        connection = http.client.HTTPConnection(host, port)
        # http.client lets go of a socket while its answer is still being read.
        live = [self._socket(host, port, deadline)]
        connection.sock = live[0]
        # A limit for each read doesn't help against who sends a byte a second.
        cut = threading.Timer(max(0.0, deadline - time.monotonic()), _cut, [live])
        cut.daemon = True
        cut.start()
        try:
            if parts.scheme == "https":
                secured = self._context.wrap_socket(
                    live[0], server_hostname=host, do_handshake_on_connect=False
                )
                connection.sock = live[0] = secured
                secured.do_handshake()
            yield connection
        except (OSError, http.client.HTTPException, ValueError) as error:
            if time.monotonic() >= deadline:
                raise TimeoutError("it takes too long") from error
            raise
        finally:
            cut.cancel()
            connection.close()
        if time.monotonic() >= deadline:
            # What was cut may look like the end of a body.
            raise TimeoutError("it takes too long")

    def _socket(self, host: str, port: int, deadline: float) -> socket.socket:
        """Connect to one of a host's addresses that may be connected to.

        Raises:
            FetchError: none may.
            OSError: none can.
        """
        found = self._addresses(host, port, deadline)
        allowed = [ip for ip in found if self._settings.private_addresses or is_public(ip)]
        if not allowed:
            raise FetchError(f"{host} is at a private address, which the settings don't allow")
        failed: OSError | None = None
        for ip in allowed:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                return socket.create_connection((ip, port), timeout=left)
            except OSError as error:
                failed = error
        raise failed or TimeoutError("it takes too long")

    def _addresses(self, host: str, port: int, deadline: float) -> list[str]:
        """The addresses of a host, or a timeout: the system's own look-up knows none."""
        found: list[str] = []
        failed: list[OSError] = []

        def look_up() -> None:
            try:
                found.extend(self._resolve(host, port))
            except OSError as error:
                failed.append(error)
            except UnicodeError as error:
                failed.append(OSError(f"no such host: {error}"))

        thread = threading.Thread(target=look_up, daemon=True)
        thread.start()
        thread.join(max(0.0, deadline - time.monotonic()))
        if failed:
            raise failed[0]
        if thread.is_alive():
            raise TimeoutError("it takes too long to find its host")
        return list(found)


def _cut(live: list[socket.socket]) -> None:
    with suppress(OSError):
        # Not TLS's own way to end, which waits for the other side.
        socket.socket.shutdown(live[0], socket.SHUT_RDWR)


@contextmanager
def _told(address: str) -> Iterator[None]:
    """Turn what can go wrong on the way into an error that names the address."""
    try:
        yield
    except FetchError as error:
        raise FetchError(f"{address}: {error}", error.retry_after) from error
    except (OSError, http.client.HTTPException, zlib.error, ValueError) as error:
        raise FetchError(f"{address}: {error or type(error).__name__}") from error


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


def _ask(
    connection: http.client.HTTPConnection, address: str, known: Validators
) -> http.client.HTTPResponse:
    parts = urlsplit(address)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {
        "Host": parts.netloc,
        "User-Agent": AGENT,
        "Accept": ACCEPT,
        "Accept-Encoding": "gzip",
        "Connection": "close",
    }
    if known.etag:
        headers["If-None-Match"] = known.etag
    if known.modified:
        headers["If-Modified-Since"] = known.modified
    connection.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    return connection.getresponse()


def _body(answer: http.client.HTTPResponse, limit: int) -> bytes:
    """The bytes of an answer, unpacked.

    Raises:
        FetchError: there are more than the limit, or they are packed in an unknown way.
    """
    encoding = (answer.getheader("Content-Encoding") or "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise FetchError(f"it is packed with {encoding[:40]!a}, which nobody asked for")
    unpack = None if encoding == "identity" else _gunzip()
    body = io.BytesIO()
    while chunk := answer.read(_CHUNK):
        while chunk:
            piece = chunk if unpack is None else unpack.decompress(chunk, _CHUNK * 16)
            chunk = b"" if unpack is None else unpack.unconsumed_tail or unpack.unused_data
            if unpack and unpack.eof and chunk:
                # Another member, of which gzip may have any number.
                unpack = _gunzip()
            body.write(piece)
            if body.tell() > limit:
                raise FetchError(f"it has more than {limit:,} bytes")
    if answer.length or (unpack is not None and not unpack.eof):
        raise FetchError("it ends before its end")
    return body.getvalue()


def _gunzip() -> zlib._Decompress:
    return zlib.decompressobj(wbits=31)


def _retry_after(value: str | None) -> float | None:
    """Seconds, or the date until which to wait (RFC 9110, 10.2.3)."""
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
