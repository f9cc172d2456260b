"""The values of settings, made strict: each function takes what was written and gives the value.

All raise a `ValueError` whose message says what is expected.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from feedserver.text.slugs import slug_of
from feedserver.text.urls import absolute

_USER = re.compile(r"//[^/@\s]*@")
_HOST = re.compile(r"(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(?::\d{1,5})?", re.ASCII)
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[\w.-]+):(\d{1,5})", re.ASCII)


def text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("text")
    return value


def texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError("a list of texts")
    return tuple(text(each) for each in value)


def slugs(value: object) -> tuple[str, ...]:
    """Slugs, of which names may be given too, as in the plugin's options."""
    found = tuple(map(slug_of, texts(value)))
    if not all(found):
        raise ValueError("names or slugs, of letters or digits")
    return found


def slug_map(value: object) -> dict[str, str]:
    """Slugs that lead to slugs."""
    if not isinstance(value, dict):
        raise ValueError('a table of slugs, such as {apps = "clients"}')
    return dict(zip(slugs(list(value)), slugs(list(value.values())), strict=True))


def address(value: object) -> str:
    """An address that may be fetched, without secrets in it: it is shown and logged."""
    found = absolute(text(value), "")
    if found is None or not found.startswith(("http://", "https://")):
        raise ValueError("an address such as https://news.example/")
    if "@" in urlsplit(found).netloc or "#" in found:
        raise ValueError("an address without user and fragment")
    return found


def hosts(value: object) -> tuple[str, ...]:
    """Hosts, each with its port if that isn't the usual one."""
    found = tuple(each.lower() for each in texts(value))
    if not all(map(_HOST.fullmatch, found)):
        raise ValueError("hosts such as news.example")
    return found


def shown(value: object) -> str:
    """A value as a message shows it, without passwords of addresses."""
    found = _USER.sub("//…@", repr(value))
    return found if len(found) <= 60 else f"{found[:59]}…"


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def whole(least: int, most: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        # To Python a truth value is a number.
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return value

    return read


def seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 10**7:
        raise ValueError("a number of seconds above 0")
    return float(value)


def path(value: object) -> Path:
    return value if isinstance(value, Path) else Path(text(value)).expanduser()


def url(value: object) -> str:
    written = text(value)
    found = absolute(written if written.endswith("/") else f"{written}/", "")
    if found is None or not found.startswith(("http://", "https://")) or {*"?#@"} & {*found}:
        raise ValueError("an address such as https://feeds.example/")
    return found


def hub(value: object) -> str:
    found = absolute(value, "") if isinstance(value, str) else None
    if value in ("own", ""):
        return str(value)
    if found is None or not found.startswith(("http://", "https://")) or "#" in found:
        raise ValueError('"own", an address such as https://hub.example/, or "" for none')
    return found


def database(value: object) -> str:
    written = text(value)
    if not written.startswith(("postgresql://", "postgres://")):
        raise ValueError("an address postgresql://…")
    return written


def networks(value: object) -> tuple[str, ...]:
    found = texts(value)
    for each in found:
        try:
            # By a Unix socket come those that have no address.
            _ = each == "unix" or ipaddress.ip_network(each, strict=False)
        except ValueError as error:
            raise ValueError("addresses, networks such as 10.0.0.0/8, or unix") from error
    return found


def listening(value: object) -> str:
    written = text(value)
    host_and_port(written)
    return written


def choice(*choices: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return str(value)

    return read


def host_and_port(address: str) -> tuple[str, int]:
    """The two parts of an address to listen at.

    Raises:
        ValueError: it isn't one.
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or int(found[2]) > 65535:
        raise ValueError("an address such as 127.0.0.1:9100")
    return found[1].strip("[]"), int(found[2])
