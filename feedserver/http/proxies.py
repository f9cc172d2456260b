"""Where a request was sent to: its scheme, host and prefix, as the client wrote them.

Behind a proxy that is what the proxy says, in X-Forwarded-Proto, -Host and -Prefix or in Forwarded
(RFC 7239), if it is a trusted one; from others these headers count for nothing. Proxies in a row
add to lists: the word of the outermost that is trusted counts. Where a proxy sets any
X-Forwarded header of ours, Forwarded isn't read: it may have come from the client.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from starlette.types import Scope

from feedserver.http.problems import Problem
from feedserver.settings.settings import Settings

UNIX = "unix"
"""What stands among the trusted proxies for those that come by a Unix socket."""

_PROTO = b"x-forwarded-proto"
_HOST = b"x-forwarded-host"
_PREFIX = b"x-forwarded-prefix"
_FORWARDED = b"forwarded"
_FOR = b"x-forwarded-for"
_ALL = (_PROTO, _HOST, _PREFIX, _FORWARDED, _FOR)

_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?"
_AUTHORITY = re.compile(rf"(?:{_NAME}|\[([0-9A-Fa-f:.]+)\])(?::(\d{{1,5}})?)?", re.ASCII)
_PATH = re.compile(
    r"(?:/(?!\.{1,2}(?:/|\Z))(?:[\w.~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)*/?", re.ASCII
)
# A quote that isn't closed takes what is left, so that nothing is looked at twice.
_QUOTED = r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)'
_PAIR = re.compile(rf'(?:{_QUOTED}|[^";])++', re.DOTALL)
_ITEM = re.compile(rf'(?:{_QUOTED}|[^",])++', re.DOTALL)
_PORT = re.compile(r"(?:\[([^\]]*)\]|([^:]*))(?::\S*)?")


class Origins:
    """Tells where requests were sent to; what the settings say wins."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.url
        self._unix = UNIX in settings.trusted_proxies
        self._networks = [
            ip_network(name, strict=False) for name in settings.trusted_proxies if name != UNIX
        ]
        self._trusts: Callable[[str], bool] = lru_cache(maxsize=1024)(self._trusted)

    def key(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Hashable:
        """All that `base` depends on."""
        if self._url is not None:
            return None
        if headers.keys().isdisjoint(_ALL) or not self._by_proxy(scope):
            return scope["scheme"], _asked(scope, headers)
        # Not the headers themselves: each reader has an address of its own in X-Forwarded-For.
        return scope["scheme"], _asked(scope, headers), tuple(sorted(self._told(headers).items()))

    def base(self, scope: Scope, headers: Mapping[bytes, bytes]) -> str:
        """The address of this server's root, with a slash at its end.

        Raises:
            Problem: the request's host is none, or a proxy says what can't be.
        """
        if self._url is not None:
            return self._url
        scheme, host, prefix = scope["scheme"], _asked(scope, headers), ""
        header = "Host"
        if not headers.keys().isdisjoint(_ALL) and self._by_proxy(scope):
            told = self._told(headers)
            scheme, prefix = told.get("proto", scheme).lower(), told.get("prefix", "")
            if "host" in told:
                header, host = "Forwarded host", told["host"]
        if not _is_authority(host):
            raise Problem(HTTPStatus.BAD_REQUEST, f"The header {header} names no host.")
        if scheme not in ("http", "https"):
            raise Problem(HTTPStatus.BAD_REQUEST, "The forwarded scheme is neither http nor https.")
        if not _PATH.fullmatch(prefix):
            raise Problem(HTTPStatus.BAD_REQUEST, "The forwarded prefix is no path.")
        return f"{scheme}://{host.lower().removesuffix(':')}{prefix.rstrip('/')}/"

    def _by_proxy(self, scope: Scope) -> bool:
        client = scope.get("client")
        return self._unix if client is None else self._trusts(client[0])

    def _trusted(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        if isinstance(found, IPv6Address) and found.ipv4_mapped:
            found = found.ipv4_mapped
        return any(found in network for network in self._networks)

    def _told(self, headers: Mapping[bytes, bytes]) -> Mapping[str, str]:
        if not any(name in headers for name in (_PROTO, _HOST, _PREFIX)):
            return self._forwarded(_text(headers, _FORWARDED))
        # Each proxy in a row has added the address that it was asked from.
        hops = 1 + self._rank(_list(headers, _FOR))
        names = (("proto", _PROTO), ("host", _HOST), ("prefix", _PREFIX))
        values = {name: _list(headers, header) for name, header in names}
        return {name: found[-min(hops, len(found))] for name, found in values.items() if found}

    def _rank(self, addresses: Sequence[str]) -> int:
        """How many addresses at the end of a list are trusted."""
        for count, address in enumerate(reversed(addresses)):
            found = _PORT.fullmatch(address)
            if found is None or not self._trusts(found[1] or found[2]):
                return count
        return len(addresses)

    def _forwarded(self, header: str) -> Mapping[str, str]:
        elements = [_element(found[0]) for found in _ITEM.finditer(header)]
        if not elements:
            return {}
        hops = 1 + self._rank([element.get("for", "") for element in elements])
        return elements[-min(hops, len(elements))]


def prefix_of(base: str) -> str:
    """The path of a server's root, without the slash at its end."""
    return urlsplit(base).path.rstrip("/")


def _element(text: str) -> Mapping[str, str]:
    pairs = {}
    for found in _PAIR.finditer(text):
        name, _, value = map(str.strip, found[0].partition("="))
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:].removesuffix('"'))
        pairs[name.lower()] = value
    return {name: pairs[name] for name in ("for", "proto", "host") if name in pairs}


def _asked(scope: Scope, headers: Mapping[bytes, bytes]) -> str:
    """The host that was asked; without the header, which HTTP/1.0 doesn't need, the listener."""
    if b"host" in headers or not scope.get("server"):
        return _text(headers, b"host")
    host, port = scope["server"]
    if port is None:
        # A Unix socket has no name that anybody else could use.
        return "localhost"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_authority(text: str) -> bool:
    found = _AUTHORITY.fullmatch(text)
    if found is None or int(found[2] or 0) > 65535:
        return False
    try:
        return found[1] is None or bool(IPv6Address(found[1]))
    except ValueError:
        return False


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")


def _list(headers: Mapping[bytes, bytes], name: bytes) -> list[str]:
    return [item.strip() for item in _text(headers, name).split(",") if item.strip()]
