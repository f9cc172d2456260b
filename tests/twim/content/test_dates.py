from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mkdocs_twim.content import dates
from mkdocs_twim.errors import DateError, TwimError
from tests.conftest import examples

EAST = timezone(timedelta(hours=2))
NOON = datetime(2024, 1, 22, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-01-22", datetime(2024, 1, 22, tzinfo=UTC)),
        (date(2024, 1, 22), datetime(2024, 1, 22, tzinfo=UTC)),
        ("2024-01-22T12:30:00Z", NOON),
        ("2024-01-22T12:30:00z", NOON),
        ("2024-01-22T12:30:00", NOON),
        ("2024-01-22 12:30:00", NOON),
        ("2024-01-22T12:30:00.999Z", NOON),
        ("2024-01-22T12:30:00+00:00", NOON),
        (datetime(2024, 1, 22, 12, 30), NOON),
        (datetime(2024, 1, 22, 12, 30, 0, 999, tzinfo=UTC), NOON),
        ("2024-1-2", datetime(2024, 1, 2, tzinfo=UTC)),
        ("2024-1-2t3:04:05", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-22 \t12:30:00 Z", NOON),
        ("2016-02-29", datetime(2016, 2, 29, tzinfo=UTC)),
    ],
)
def test_dates_without_an_offset_are_in_utc(value: object, expected: datetime) -> None:
    found = dates.parse(value)
    assert found == expected
    assert found.isoformat() == expected.isoformat()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-01-22T12:30:00+02:00", "2024-01-22T12:30:00+02:00"),
        (datetime(2024, 1, 22, 12, 30, tzinfo=EAST), "2024-01-22T12:30:00+02:00"),
        ("2024-01-22 12:30:00.5 -5", "2024-01-22T12:30:00-05:00"),
        ("2024-01-22 12:30:00-3:30", "2024-01-22T12:30:00-03:30"),
        ("2024-01-22T12:30:00-00:00", "2024-01-22T12:30:00+00:00"),
    ],
)
def test_an_offset_is_kept(value: object, expected: str) -> None:
    assert dates.parse(value).isoformat() == expected


@pytest.mark.parametrize(
    "value",
    [
        *("", "yesterday", "2024-01-22T12:30", "2024/01/22", "22 Jan 2024", "2024-13-01"),
        *("2024-02-30", "2024-01-22T24:00:00Z", "2024-01-22T12:60:00Z", "2024-01-22T12:00:60Z"),
        *("2024-01-22T12:30:00+0200", "2024-01-22T12:30:00+24:00", "2024-01-22T12:30:00+02:60"),
        *("0000-01-01", "0001-01-01T00:00:00+02:00", "9999-12-31T23:59:59-01:00", "24-01-22"),
        *("٢٠٢٤-٠١-٢٢", "2024-01-22\n", " 2024-01-22", "2024-01-22T12:30:00ZZ"),
        *(None, 20240122, True, 1.5, ["2024-01-22"], {}, time(12, 30)),
        datetime(1, 1, 1, tzinfo=EAST),
    ],
)
def test_what_is_no_date_is_an_error(value: object) -> None:
    with pytest.raises(DateError, match=r"expected a date such as 2024-01-22 or .*, found "):
        dates.parse(value)


def test_an_error_shows_what_was_found() -> None:
    with pytest.raises(DateError, match=r"found 12:30:00$"):
        dates.parse(time(12, 30))
    with pytest.raises(DateError) as found:
        dates.parse("x" * 10_000)
    assert len(str(found.value)) < 200
    assert isinstance(found.value, ValueError)


def test_an_error_gets_its_place_from_who_knows_it() -> None:
    error = DateError("no date").at("blog/x.md", 12, 5)
    assert isinstance(error, DateError)
    assert str(error) == "blog/x.md:12:5: no date"
    assert str(TwimError("no date", path="blog/x.md")) == "blog/x.md: no date"
    assert str(TwimError("no date", line=3)) == "line 3: no date"
    assert str(TwimError("no date")) == "no date"


@pytest.mark.parametrize(
    ("stem", "day", "rest"),
    [
        ("2014-09-03-hello-world", "2014-09-03T00:00:00+00:00", "hello-world"),
        ("2014-09-03_hello", "2014-09-03T00:00:00+00:00", "hello"),
        ("2014-09-03 - hello", "2014-09-03T00:00:00+00:00", " hello"),
        ("2014-09-03T10:00:00+02:00-hello", "2014-09-03T10:00:00+02:00", "hello"),
        ("2014-09-03T10:00:00.5Z_x", "2014-09-03T10:00:00+00:00", "x"),
        ("2024-09-22", None, "2024-09-22"),
        ("2024-09-22-", None, "2024-09-22-"),
        ("2024-09-22hello", None, "2024-09-22hello"),
        ("2024-09-22  -x", None, "2024-09-22  -x"),
        ("2024-13-22-x", None, "2024-13-22-x"),
        ("2024-02-30-x", None, "x"),
        ("16-twim", None, "16-twim"),
        ("2026-03-trademark-policy", None, "2026-03-trademark-policy"),
        ("x-2024-09-22-y", None, "x-2024-09-22-y"),
        ("", None, ""),
    ],
)
def test_a_file_name_begins_with_a_whole_date(stem: str, day: str | None, rest: str) -> None:
    found, slug = dates.from_stem(stem)
    assert (found and found.isoformat(), slug) == (day, rest)


@given(st.one_of(st.text("0123456789-:TZ+. ", max_size=30), st.datetimes(), st.dates(), st.text()))
@settings(max_examples=examples(100))
def test_any_value_is_a_date_or_a_date_error(value: object) -> None:
    try:
        found = dates.parse(value)
    except DateError:
        return
    assert found.utcoffset() is not None
    assert found.microsecond == 0
    assert dates.parse(found.isoformat()) == found


@given(st.datetimes(timezones=st.sampled_from([UTC, EAST, timezone(timedelta(minutes=-210))])))
@settings(max_examples=examples(50))
def test_times_of_a_zone_keep_their_instant(value: datetime) -> None:
    try:
        assert dates.parse(value) == value.replace(microsecond=0)
    except DateError:
        assert value.year in (1, 9999)


@given(st.one_of(st.text(max_size=40), st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}[-_ ].*\Z")))
@settings(max_examples=examples(100))
def test_any_file_name_gives_a_rest(stem: str) -> None:
    found, rest = dates.from_stem(stem)
    assert stem.endswith(rest)
    assert bool(rest) == bool(stem)
    if found:
        assert stem.startswith(found.date().isoformat())
