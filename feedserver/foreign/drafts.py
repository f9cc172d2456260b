"""A feed of another site as it stands there, whatever its format: nothing in it is checked yet.

`foreign_xml` and `foreign_json` make it, and `foreign` makes an archive of it.
"""

from __future__ import annotations

import calendar
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timezone
from email.utils import parsedate_to_datetime

from feedserver.check.findings import Finding
from feedserver.model import Image, Person

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d)?(?:\.\d+)?\s*([Zz]|[-+]\d\d:?\d\d)?", re.ASCII
)
# Before and after them the C library, or a sum of seconds, can't follow.
_YEARS = range(1000, 9999)


@dataclass(frozen=True, slots=True)
class Draft:
    """An item of a feed; what it hasn't is `None`.

    `where` names it in findings. `html` is its content and `description` its summary in plain
    text. Addresses in it are relative to `base`.
    """

    where: str
    id: str | None = None
    url: str | None = None
    base: str | None = None
    title: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    html: str | None = None
    description: str | None = None
    authors: tuple[Person, ...] = ()
    categories: tuple[str, ...] = ()
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class DraftFeed:
    """A feed's head, its items, and what is to be said of reading it."""

    title: str | None
    url: str | None
    description: str | None
    language: str | None
    authors: tuple[Person, ...]
    items: tuple[Draft, ...]
    findings: tuple[Finding, ...] = ()


def moment(text: object, parsed: object = None) -> datetime | None:
    """The moment that a date of RFC 3339 or RFC 822 says, with its offset; without one it is UTC.

    `parsed` is what a library made of a date in any other form, in UTC.
    """
    found = None
    if isinstance(text, str) and len(text) < 100:
        found = _written(text.strip())
    if found is None and isinstance(parsed, time.struct_time):
        found = _parsed(parsed)
    if found is None or found.year not in _YEARS:
        return None
    try:
        # Of the year 1000 or 9998 in another zone, which may be no year at all.
        found.astimezone(UTC)
    except OverflowError:
        return None
    offset = found.utcoffset()
    if offset is not None and offset.total_seconds() % 60:
        found = found.astimezone(UTC)
    return found.replace(microsecond=0)


def _written(text: str) -> datetime | None:
    match = _RFC3339.fullmatch(text)
    try:
        if match:
            day, minutes, seconds, offset = match.groups()
            zone = (offset or "Z").upper()
            return datetime.fromisoformat(f"{day}T{minutes}{seconds or ':00'}{zone}")
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if found.tzinfo is None:
        return found.replace(tzinfo=UTC)
    # Of the library's own kind of zone, whose name may be anything.
    return found.replace(tzinfo=timezone(found.utcoffset() or UTC.utcoffset(None)))


def _parsed(parsed: time.struct_time) -> datetime | None:
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None
