"""Which addresses a host has, which of them may be connected to, and a connection to one of them.

A connection is made to an address that was looked at, so that no name can lead to a private network
between the look and the connection.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable

from feedserver.errors import FetchError

Resolve = Callable[[str, int], list[str]]
"""The IP addresses of a host."""

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


class Dialler:
    """Connects to hosts; to those at `private` addresses only if that is allowed.

    For one host, `trusted`, it always is.
    """

    def __init__(
        self, *, private: bool, resolve: Resolve = resolve, trusted: str | None = None
    ) -> None:
        self._private = private
        self._trusted = trusted
        self._resolve = resolve

    def connect(self, host: str, port: int, deadline: float) -> socket.socket:
        """Connect to one of a host's addresses that may be connected to.

        `deadline` is a time of the monotonic clock.

        Raises:
            FetchError: none may, or none is found in time.
            OSError: none can; a `TimeoutError` if it is the time that is over.
        """
        found = self._addresses(host, port, deadline)
        private = self._private or host == self._trusted
        allowed = [ip for ip in found if private or is_public(ip)]
        if not allowed:
            raise FetchError(
                f"{host} is at a private address, which the settings don't allow;"
                " private_addresses = true does"
            )
        failed: OSError | None = None
        for ip in allowed:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                return socket.create_connection((ip, port), timeout=left)
            except OSError as error:
                failed = error
        if failed is None or time.monotonic() >= deadline:
            raise TimeoutError from failed
        raise failed

    def _addresses(self, host: str, port: int, deadline: float) -> list[str]:
        """The addresses of a host.

        Raises:
            FetchError: it takes too long; the system's own look-up knows no timeout.
            OSError: it has none.
        """
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
        try:
            thread.start()
        except RuntimeError as error:
            raise OSError(str(error)) from error
        thread.join(max(0.0, deadline - time.monotonic()))
        if failed:
            raise failed[0]
        if thread.is_alive():
            raise FetchError("it takes too long to find its host")
        return list(found)
