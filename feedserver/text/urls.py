"""Addresses as feeds have them: absolute, in ASCII, of a scheme that a reader may follow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, quote, urljoin, urlsplit

_WEB = {"http", "https"}
# Where others have a host these have a hash, in which case counts.
_OF_CONTENT = {"ipfs", "ipns"}
SCHEMES = {
    *(*_WEB, *_OF_CONTENT),
    *"ftp geo irc ircs magnet mailto matrix sip sips sms tel xmpp".split(),
}

_PLANE_ENDS = "".join(chr(last) + chr(last + 1) for last in range(0x1FFFE, 0x110000, 0x10000))
_GOOD = "\t\n -~\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffc\U00010000-\U0001fffd"
_BAD = "\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffd-\uffff" + _PLANE_ENDS
# What HTML calls a parse error, what XML can't hold, and the replacement character. The few ranges
# in front make it thirty times as fast as the set alone.
BAD = re.compile(f"[^{_GOOD}](?<=[{_BAD}])")
_PART = r"(?:[\w.~!$&'()*+,;=:@/-]++|%[0-9A-F]{2})*+"
_CANONICAL = re.compile(
    r"https?://[a-z0-9]+(?:(?:\.|-+)[a-z0-9]+)*/" + _PART + rf"(?:\?{_PART})?(?:\#{_PART})?",
    re.ASCII,
)
_HOST = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})?")
# One address of a `srcset`, with what is said of it.
CANDIDATE = re.compile(r"([^\s,]\S*+)(?:(?<=,)|[^,]*+)")
# What the end of a picture's name, and of what is asked of a host, says of its size.
_SIZE = re.compile(r"[-_@]?(?:\d+x\d*|\d*x\d+|\d+w|blur|large|low|lqip|small|thumb|tiny)\Z")
_SIZES = frozenset("blur dpr fit format h height q quality resize size w width".split())
_MAX_NAME = 100
_PORTS = {"http": 80, "https": 443, "ftp": 21}


def absolute(address: str, base: str) -> str | None:
    """The address in full, percent-encoded in ASCII with a punycode host, or `None`.

    `None` if it is no valid URL, or of a scheme that has no place in a feed (`javascript:`,
    `data:`). Scheme and host are in lower case, percent escapes in upper case, and a bare host
    has a slash. Applied again it changes nothing.
    """
    if _CANONICAL.fullmatch(address):
        return address
    address = BAD.sub("", address).strip().replace("\t", "").replace("\n", "")
    try:
        given = urlsplit(address)
        if given.scheme in _WEB and not given.netloc:
            return None
        if address.startswith(("/", "\\")):
            address = address.replace("\\", "/")
        is_full = given.scheme and given.netloc
        parts = given if is_full else urlsplit(urljoin(base, address))
        scheme = parts.scheme
        if scheme not in SCHEMES:
            return None
        if scheme in _OF_CONTENT and parts.netloc.isascii() and parts.netloc.isalnum():
            authority = parts.netloc
        else:
            authority = _authority(parts) if parts.netloc else ""
    except ValueError:
        return None
    if authority:
        authority = f"//{authority}"
    elif scheme in _WEB or not (parts.path or parts.query):
        return None
    path = _quoted(parts.path) or ("/" if scheme in _WEB else "")
    query = f"?{_quoted(parts.query, '?')}" if parts.query else ""
    fragment = f"#{_quoted(parts.fragment, '?')}" if parts.fragment else ""
    return f"{scheme}:{authority}{path}{query}{fragment}"


def fetched(address: str | None, base: str) -> str | None:
    """The address in full of what a page shows, such as a picture, if a reader can fetch it."""
    if not address or not address.strip() or address.lstrip().startswith("#"):
        return None
    found = absolute(address, base)
    return found if found and found.startswith("http") else None


def candidates(several: str, base: str) -> Iterator[str]:
    """The addresses in a `srcset` that a reader can fetch."""
    found = (each.rstrip(",") for each in CANDIDATE.findall(several))
    return (each for each in found if fetched(each, base))


def are_one_picture(one: str, other: str) -> bool:
    """Whether two addresses are those of one picture, but for its size."""
    first, second = (
        {part for part in urlsplit(each).query.split("&") if part.partition("=")[0] not in _SIZES}
        for each in (one, other)
    )
    name = picture(one)
    return bool(name) and name == picture(other) and (first == second or "" in first | second)


def file(address: str) -> str:
    """The name of a picture's file, with what asks for a size of it."""
    path, mark, asked = address.partition("#")[0].partition("?")
    return f"{path.rpartition('/')[2]}{mark}{asked}".lower()


def picture(address: str) -> str:
    """The name of a picture's file, less its ending and its size."""
    end = file(address.partition("?")[0])
    stem = (end.rpartition(".")[0] or end)[-_MAX_NAME:]
    return _SIZE.sub("", stem) or stem


def _authority(parts: SplitResult) -> str:
    """User, host and port, normalised.

    Raises:
        ValueError: the host or the port is no valid one.
    """
    host = parts.hostname or ""
    if not host.isascii():
        host = host.encode("idna").decode("ascii").lower()
    if ":" in host:
        host = f"[{host}]"
    if not _HOST.fullmatch(host):
        raise ValueError(host)
    user = ""
    if "@" in parts.netloc:
        user = (
            _quoted(parts.netloc.rpartition("@")[0].replace("@", "%40").replace("/", "%2F")) + "@"
        )
    port = parts.port
    return user + host + (f":{port}" if port and port != _PORTS.get(parts.scheme) else "")


def _quoted(part: str, also: str = "") -> str:
    part = quote(part, safe="%!$&'()*+,;=:@/~" + also)
    if "%" not in part:
        return part
    return _ESCAPE.sub(lambda match: f"%{match[1].upper()}" if match[1] else "%25", part)
