"""Dates of posts, from front matter and file names, as Zola reads them.

What comes out is an aware datetime of whole seconds that keeps its offset; without an offset it is
in UTC, and a date alone is its midnight.
"""

from __future__ import annotations

import re
import reprlib
from datetime import UTC, date, datetime, time, timedelta, timezone

from mkdocs_twim.errors import DateError

# RFC 3339, and what YAML 1.1 allows beside it: one digit for month, day and hour, any blanks before
# the time and the offset, an offset of hours alone. A colonless offset (+0200) is in neither.
_DATE = re.compile(
    r"""
    (?P<year>[0-9]{4}) - (?P<month>[0-9]{1,2}) - (?P<day>[0-9]{1,2})
    (?:
        (?:[Tt]|[ \t]+)
        (?P<hour>[0-9]{1,2}) : (?P<minute>[0-9]{2}) : (?P<second>[0-9]{2}) (?:\.[0-9]*)?
        (?: [ \t]* (?: [Zz] | (?P<sign>[+-]) (?P<hours>[0-9]{1,2}) (?: : (?P<minutes>[0-9]{2}))?))?
    )?
    """,
    re.VERBOSE,
)
_PREFIX = re.compile(
    r"""
    (?P<date>
        [0-9]{4} - (?:0[1-9]|1[0-2]) - (?:0[1-9]|[12][0-9]|3[01])
        (?:
            T (?:[01][0-9]|2[0-3]) : [0-5][0-9] : (?:[0-5][0-9]|60) (?:\.[0-9]+)?
            (?: Z | [+-] (?:[01][0-9]|2[0-3]) : [0-5][0-9])
        )?
    )
    \s? [_-] (?P<rest>.+)
    """,
    re.VERBOSE,
)


def parse(value: object) -> datetime:
    """The instant that a value of front matter stands for: a date, a datetime or a string.

    Raises:
        DateError: it is no date, or none that a calendar has.
    """
    try:
        match value:
            case datetime():
                instant = value if value.tzinfo else value.replace(tzinfo=UTC)
            case date():
                instant = datetime(value.year, value.month, value.day, tzinfo=UTC)
            case str():
                instant = _from_text(value)
            case _:
                raise ValueError
        # Near the years 1 and 9999 an offset can lead out of the calendar.
        instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise DateError(
            "expected a date such as 2024-01-22 or 2024-01-22T12:30:00Z, "
            f"found {value.isoformat() if isinstance(value, time) else reprlib.repr(value)}"
        ) from None
    zone = timezone(instant.utcoffset() or timedelta())
    return instant.replace(microsecond=0, tzinfo=zone)


def from_stem(stem: str) -> tuple[datetime | None, str]:
    """The date that a file's name begins with, and the rest of the name, for the slug.

    A name without a whole date before a `-` or `_`, or with nothing behind it, has no date, and is
    the rest itself. A prefix that no calendar has (`2024-02-30-x`) is cut off, and gives no date.
    """
    match = _PREFIX.fullmatch(stem)
    if match is None:
        return None, stem
    try:
        return parse(match["date"]), match["rest"]
    except DateError:
        return None, match["rest"]


def _from_text(text: str) -> datetime:
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError
    names = ("year", "month", "day", "hour", "minute", "second", "hours", "minutes")
    year, month, day, hour, minute, second, hours, minutes = (
        int(match[name] or 0) for name in names
    )
    if minutes > 59:
        raise ValueError
    offset = timedelta(hours=hours, minutes=minutes)
    zone = timezone(-offset if match["sign"] == "-" else offset)
    return datetime(year, month, day, hour, minute, second, tzinfo=zone)
