"""Dates of other sites: the instant that is meant, or none."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feedserver.foreign.dates import instant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Tue, 03 Mar 2026 08:05:09 +05:30", "2026-03-03T02:35:09Z"),
        ("Tue, 03 Mar 2026 08:05:09 -0300", "2026-03-03T11:05:09Z"),
        ("Tue, 03 Mar 2026 08:05:09 GMT-3", "2026-03-03T11:05:09Z"),
        ("Tue, 03 Mar 2026 08:05:09 GMT+0545", "2026-03-03T02:20:09Z"),
        ("Tue, 03 Mar 2026 08:05:09 UTC+01:00", "2026-03-03T07:05:09Z"),
        ("Tue, 03 Mar 2026 08:05:09 UT", "2026-03-03T08:05:09Z"),
        ("Tue, 03 Mar 2026 08:05 Z", "2026-03-03T08:05:00Z"),
        ("Tue, 03 Mar 2026 08:05:09 -0000", "2026-03-03T08:05:09Z"),
        ("3 Mar 26 08:05:09 EST", "2026-03-03T13:05:09Z"),
        ("3 Mar 96 08:05:09 MDT", "1996-03-03T14:05:09Z"),
        ("3 Mar 96 08:05:09 EDT", "1996-03-03T12:05:09Z"),
        ("3 Mar 96 08:05:09 CDT", "1996-03-03T13:05:09Z"),
        ("3 Mar 96 08:05:09 CST", "1996-03-03T14:05:09Z"),
        ("3 Mar 96 08:05:09 MST", "1996-03-03T15:05:09Z"),
        ("3 Mar 96 08:05:09 PDT", "1996-03-03T15:05:09Z"),
        ("Tue, 03 Mar 2026 08:05:09 EET", "2026-03-03T06:05:09Z"),
        ("Fri, 03 Jul 2026 08:05:09 EEST", "2026-07-03T05:05:09Z"),
        ("Fri, 03 Jul 2026 08:05:09 BST", "2026-07-03T07:05:09Z"),
        ("Fri, 03 Jul 2026 08:05:09 +0200 (CEST)", "2026-07-03T06:05:09Z"),
        ("Fri, 03 Jul 2026 12:05:09 AM CEST", "2026-07-02T22:05:09Z"),
        ("Fri, 03 Jul 2026 12:05 pm JST", "2026-07-03T03:05:00Z"),
        ("July 3, 2026, 8:05 p.m.", "2026-07-03T20:05:00Z"),
        ("July 3rd, 2026", "2026-07-03T00:00:00Z"),
        ("3 September 2026", "2026-09-03T00:00:00Z"),
        ("Friday, 03-Jul-26 08:05:09 GMT", "2026-07-03T08:05:09Z"),
        ("Fri Jul  3 08:05:09 2026", "2026-07-03T08:05:09Z"),
        ("Fri Jul  3 08:05:09 CEST 2026", "2026-07-03T06:05:09Z"),
        ("Fri Jul 03 08:05:09 +0200 2026", "2026-07-03T06:05:09Z"),
        (
            "Fri Jul 03 2026 08:05:09 GMT+0200 (Central Europe)",
            "2026-07-03T06:05:09Z",
        ),
        ("2026-07-03 08:05:09.123456789 +0200 CEST", "2026-07-03T06:05:09Z"),
        # The offset tells, whatever name follows it.
        ("2026-07-03 08:05:09 +0300 MSK", "2026-07-03T05:05:09Z"),
        ("2026-07-03 08:05:09.1 -0300 -03 m=+0.000012", "2026-07-03T11:05:09Z"),
        ("2026/7/3 8:05:09", "2026-07-03T08:05:09Z"),
        ("2026/07/03", "2026-07-03T00:00:00Z"),
        ("2026-07-03", "2026-07-03T00:00:00Z"),
        ("2026-07-03 08:05 PST", "2026-07-03T16:05:00Z"),
        ("2026-07-03T08:05:09+02:00[Europe/Berlin]", "2026-07-03T06:05:09Z"),
        ("2026-07-03t08:05:09,5-03", "2026-07-03T11:05:09Z"),
        ("2026-07-03T08:05:09\u221203:00", "2026-07-03T11:05:09Z"),
        ("20260703T080509+0200", "2026-07-03T06:05:09Z"),
        ("20260703T0805Z", "2026-07-03T08:05:00Z"),
        ("20260703", "2026-07-03T00:00:00Z"),
        ("Tue,03 Mar 2026 08:05:09 +0530", "2026-03-03T02:35:09Z"),
        ("Tue , 03 Mar 2026 08:05:09 +0530", "2026-03-03T02:35:09Z"),
        ("Tuesday,March 3, 2026 08:05 UTC", "2026-03-03T08:05:00Z"),
        ("Tue, 03 Mar 2026 08:05:09 +0000 (GMT (of old))", "2026-03-03T08:05:09Z"),
        ("Tue, 03 Mar (sic \\)) 2026 08:05:09 -0300 (a) (b)", "2026-03-03T11:05:09Z"),
        ("Tue Mar 3 08:05:09 2026 -0300", "2026-03-03T11:05:09Z"),
        ("Tue Mar  3 08:05:09 2026 CET", "2026-03-03T07:05:09Z"),
        ("2015-06-30T23:59:60Z", "2015-06-30T23:59:59Z"),
        ("2015-06-30T20:59:60.5-03:00", "2015-06-30T23:59:59Z"),
        ("Tue, 30 Jun 2015 23:59:60 GMT", "2015-06-30T23:59:59Z"),
        ("20150630T235960Z", "2015-06-30T23:59:59Z"),
        ("2026-02-28T24:00:00Z", "2026-03-01T00:00:00Z"),
        ("2026-12-31 24:00 +0100", "2026-12-31T23:00:00Z"),
        ("20260703T2400Z", "2026-07-04T00:00:00Z"),
        # Of which the weekday is in another language.
        ("Vie, 03 Jul 2026 08:05:09 +0200", "2026-07-03T06:05:09Z"),
    ],
)
def test_the_instant_is_the_one_that_is_meant(written: str, meant: str) -> None:
    assert instant(written) == datetime.fromisoformat(meant)


@pytest.mark.parametrize(
    "written",
    [
        "06/07/2026",
        "06/25/2026 11:41:36",
        "25.06.2026",
        "2026-13-45",
        "2026-02-30",
        "2026-07-03T25:00:00Z",
        "2026-07-03T24:00:01Z",
        "2026-07-03T24:30:00Z",
        "2026-07-03T08:05:61Z",
        "2026-07-03T08:60:00Z",
        "Fri, 03 Jul 2026 24:00 AM",
        "Fri, 03 Jul 2026 08:05:09 (+0200)",
        "Fri, 03 Jul 2026 08:05:09 +0200 (CEST",
        "Fri,, 03 Jul 2026 08:05:09 +0200",
        "Fri Jul 3 08:05:09 +0200 2026 +0200",
        "2026-07-03T08:05:09+02:60",
        "2026-07-03T08:05:09+24:00",
        "2026-07-03T08:05:09+14:01",
        "2026-07-03T08:05:09-12:30",
        "Fri, 03 Jul 2026 08:05:09 GMT+15",
        "Fri, 03 Jul 2026 08:05:09 -1300",
        "Fri, 03 Jul 2026 08:05:09 IST",
        "Fri, 03 Jul 2026 08:05:09 Europe/Berlin",
        "Fri, 03 Jul 2026 08:05:09 A",
        "Fri, 03 Jul 2026 08:05:09 +130",
        "Fri, 03 Jul 2026 13:05 PM",
        "Fri, 03 Jul 2026 0:05 AM",
        "Fri, 03 Jul 2026 8:05 +0200 PM",
        "2026-07-03T08:05:09[Europe/Berlin]",
        "2026-07-03 08:05:09 (CEST)",
        "mar., 25 juin 2026",
        "mar. 25 juin 2026 11:41",
        "3 Jul",
        "July 2026",
        "2026-07",
        "2026",
        "08:05",
        "tomorrow",
        "1782387696",
        "",
        "2026-07-03 " * 20,
    ],
)
def test_what_could_be_another_instant_is_none(written: str) -> None:
    assert instant(written) is None


offsets = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
# Years of two digits are of this century or the one before.
moments = st.datetimes(datetime(1970, 1, 1), datetime(2049, 12, 30), timezones=offsets).map(
    lambda moment: moment.replace(microsecond=0)
)
_FORMS = [
    "%a, %d %b %Y %H:%M:%S %z",
    "%d %b %y %H:%M:%S %z",
    "%A, %d-%b-%y %H:%M:%S %z",
    "%a %b %d %H:%M:%S %z %Y",
    "%a %b %d %Y %H:%M:%S GMT%z",
    "%B %d, %Y %I:%M:%S %p %z",
    "%Y-%m-%d %H:%M:%S %z",
    "%Y/%m/%d %H:%M:%S %z",
    "%Y%m%dT%H%M%S%z",
    "%m/%d/%Y %H:%M:%S %z",
    "%d.%m.%Y %H:%M:%S %z",
    "%Y-W%V-%u %H:%M:%S %z",
    "%Y-%j %H:%M:%S %z",
    "%H:%M:%S %d %b %Y %z",
    "%s",
]


@given(moments, st.sampled_from(_FORMS))
def test_a_formatted_instant_is_read_back_or_none(moment: datetime, form: str) -> None:
    written = moment.strftime(form)
    # Seconds of the year 1970 that are a day of the calendar, too.
    assume(not re.fullmatch(r"(?:19|20)\d{6}", written))
    assert instant(written) in (moment, None)


@given(moments)
def test_what_the_standards_say_is_read(moment: datetime) -> None:
    for written in (moment.isoformat(), format_datetime(moment)):
        found = instant(written)
        assert found == moment
        assert found is not None and found.utcoffset() == moment.utcoffset()


@given(st.text(alphabet="0123456789:-+/., TZGMTUTCaAmMpPJunFri", max_size=40))
def test_any_text_is_an_instant_or_none(written: str) -> None:
    found = instant(written)
    assert found is None or (found.tzinfo is not None and found.astimezone(UTC))


@pytest.mark.parametrize("written", ["9999-12-31T23:59:59Z", "9999-12-31T24:00:00-12:00", "9999"])
def test_a_date_at_the_end_of_the_calendar_is_one_that_can_be_reckoned_with(written: str) -> None:
    found = instant(written if "-" in written else f"Fri, 31 Dec {written} 23:59:60 -0900")
    assert found is not None and found + timedelta(hours=24) > found > datetime(
        9998, 1, 1, tzinfo=UTC
    )
