"""Dates as feeds of others write them: the instant that is meant, or none.

RFC 822, RFC 3339 and ISO 8601, what programs print, and what people write in English. Nothing is
guessed: there is no day of today in it, and what could be two instants, such as 06/07/2026, is
none. No library is as strict: python-dateutil fills in what is missing, reads GMT+7 for -07:00 and
leaves out zones that it doesn't know, and `email.utils` passes over what it can't read.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_ZONES = {
    # Those of RFC 822, but for its letters: it has their signs wrong, so some read them so and
    # some otherwise.
    **dict.fromkeys(("Z", "UT", "UTC", "GMT"), 0),
    **{"EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8},
    # Others that have one meaning, or one that newsletters have.
    **{"BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "JST": 9},
}
# No place has a clock that is further from UTC.
_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)
_LONGEST = 100
# Before them the C library can't follow.
_YEARS = range(1000, 10_000)
# Behind it there are no more seconds to be added, nor zones; what is so late is not meant.
_LAST = datetime(9999, 12, 30, tzinfo=UTC)
# Eight digits alone may as well be a count of seconds.
_OF_DIGITS = range(1990, 2100)
# ISO 8601, 4.2.3.
_END_OF_DAY = (24, 0, 0)
# RFC 3339, 5.6, and RFC 5322, 3.3.
_LEAP = 60
# RFC 5322, 4.3.
_THIS_CENTURY = 50

_WEEKDAY = r"(?:[^\W\d_]{2,12}\.?(?:\s?,\s?|\s))?"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAY = r"(?P<day>[0-9]{1,2})"
_NTH = rf"{_DAY}(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>[0-9]{4})"
_CLOCK = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\b\.?)?"
)
_DIGITS = r"(?P<hour>[0-9]{2})(?P<minute>[0-9]{2})(?:(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
# An offset may be followed by its name, and by what Go knows of its own clock; both by what RFC
# 9557 adds: "[Europe/Berlin]".
_ZONE = (
    r"(?:\s*(?:(?:(?:GMT|UTC?)\s?)?(?P<sign>[+-])(?:(?P<hours>[0-9]{2})(?::?(?P<minutes>[0-9]{2}))?"
    r"|(?P<few>[0-9])(?::(?P<rest>[0-9]{2}))?)(?:\s+(?:(?![AP]M\b)[A-Z]{1,5}|[+-][0-9]{2,4}))?(?:\s+m=\S+)?"
    r"|(?P<name>Z|[A-Z]{2,5}))(?:\s*\[[^\[\]]*\])?)?"
)
_TIME = rf"(?:(?:,|,?\s+at)?\s+{_CLOCK}{_ZONE})?"
_SHAPES = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        # 2026-08-01T13:55:44+02:00, 2026/8/1 13:55, 2026-08-01 13:55:44.36 +0200 CEST
        rf"{_YEAR}(?P<mark>[-/])(?P<month>[0-9]{{1,2}})(?P=mark){_DAY}(?:(?:T|,?\s+){_CLOCK}{_ZONE})?",
        # 20260801T135544Z
        rf"{_YEAR}(?P<month>[0-9]{{2}})(?P<day>[0-9]{{2}})(?:[T ]{_DIGITS}{_ZONE})?",
        # Sat, 01 Aug 2026 13:55:44 +0200, Saturday, 01-Aug-26 13:55 GMT, 1st August 2026
        rf"{_WEEKDAY}{_NTH}[\s-]+{_MONTH},?[\s-]+(?P<year>[0-9]{{4}}|[0-9]{{2}}){_TIME}",
        # August 1, 2026, 1:55 p.m.; Sat Aug 01 2026 13:55:44 GMT+0200 (…)
        rf"{_WEEKDAY}{_MONTH}\s+{_NTH},?\s+{_YEAR}{_TIME}",
        # Sat Aug  1 13:55:44 CEST 2026
        rf"{_WEEKDAY}{_MONTH}\s+{_DAY}\s+{_CLOCK}{_ZONE}\s+{_YEAR}",
        # Sat Aug 1 13:55:44 2026 +0200
        rf"{_WEEKDAY}{_MONTH}\s+{_DAY}\s+{_CLOCK}\s+{_YEAR}{_ZONE}",
    )
)
# RFC 5322, 3.2.2: "(Central European Time)"; there may be others in it.
_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")


def instant(written: object) -> datetime | None:
    """The instant that a date says, in whole seconds and with its offset, or `None`.

    Without a zone it is in UTC, and without a time it is midnight. A zone that isn't known, or a
    day that isn't in the calendar, makes it none. A leap second is the end of the one before, and
    24:00 the midnight that follows.
    """
    if not isinstance(written, str) or len(written) > _LONGEST:
        return None
    text = plain = " ".join(written.replace("\u2212", "-").split())
    while (less := _COMMENT.sub(" ", plain)) != plain:
        plain = " ".join(less.split())
    match = next(filter(None, (shape.fullmatch(plain) for shape in _SHAPES)), None)
    if match is None:
        return None
    parts = match.groupdict(default="")
    if text.isdigit() and int(parts["year"]) not in _OF_DIGITS:
        return None
    if plain != text and not (parts["sign"] or parts["name"]):
        # A comment says nothing, but what stands in it may be the zone.
        return None
    clock = tuple(int(parts[name] or 0) for name in ("hour", "minute", "second"))
    is_end = clock == _END_OF_DAY and not parts.get("half")
    hour, minute, second = (0, 0, 0) if is_end else clock
    try:
        found = datetime(
            _year(parts["year"]),
            _month(parts["month"]),
            int(parts["day"]),
            _hour(hour, parts.get("half", "")),
            minute,
            59 if second == _LEAP else second,
            tzinfo=_zone(parts),
        )
        if found > _LAST:
            return _LAST
        found += timedelta(days=is_end)
        # Of the first or the last years in another zone, which may be no year at all.
        return found if found.astimezone(UTC).year in _YEARS and found.year in _YEARS else None
    except (ValueError, LookupError, OverflowError):
        return None


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (2000 if year < _THIS_CENTURY else 1900)


def _month(written: str) -> int:
    if written.isdigit():
        return int(written)
    return next(
        number for number, name in enumerate(_MONTHS, 1) if name.startswith(written[:3].lower())
    )


def _hour(hour: int, half: str) -> int:
    """An hour of 24; a clock of 12 has no others than 1 to 12.

    Raises:
        ValueError: it has another.
    """
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(hour)
    return hour % 12 + (12 if half.lower() == "p" else 0)


def _zone(parts: dict[str, str]) -> timezone:
    """The zone that is written; UTC if none is.

    Raises:
        LookupError, ValueError: its name isn't known, or its offset can be none.
    """
    if sign := parts["sign"]:
        hours = int(parts["hours"] or parts["few"] or 0)
        minutes = int(parts["minutes"] or parts["rest"] or 0)
        if minutes > 59:
            raise ValueError(minutes)
        offset = timedelta(hours=hours, minutes=minutes) * (1 if sign == "+" else -1)
        if not _WEST <= offset <= _EAST:
            raise ValueError(offset)
        return timezone(offset)
    if name := parts["name"]:
        return timezone(timedelta(hours=_ZONES[name.upper()]))
    return UTC
