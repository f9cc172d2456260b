"""The query parameters of the server's feeds, read strictly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedserver.errors import ParameterError
from feedserver.feeds.parameters import FACETS, MAX_LIMIT, WHOLE, Slice, parse

SLUGS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-é", min_size=1, max_size=20)
TIMES = st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC))
SLICES = st.builds(
    Slice,
    query=st.dictionaries(
        st.sampled_from([*FACETS, *(f"not_{name}" for name in FACETS)]),
        st.sets(SLUGS, min_size=1, max_size=3).map(lambda slugs: tuple(sorted(slugs))),
    ),
    limit=st.none() | st.integers(1, MAX_LIMIT),
    before=st.none() | st.text(min_size=1).filter(lambda text: text.isprintable()),
    since=st.none() | TIMES,
    text=st.none() | st.just("matrix & <friends>"),
)


def test_nothing_asked_is_the_whole_feed() -> None:
    assert parse([]) == WHOLE
    assert parse([("utm_source", "x"), ("fbclid", "y")]) == WHOLE


def test_values_of_one_parameter_are_collected() -> None:
    found = parse([("section", "sdks"), ("section", "clients"), ("section", "sdks")])
    assert found.query == {"section": ("clients", "sdks")}


def test_a_plus_that_was_not_encoded_is_understood() -> None:
    (name, value), *_ = parse_qsl("since=2026-11-06T00:00:00+02:00")
    since = parse([(name, value)]).since
    assert since is not None and since.utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize("rest", ["Z", ".5Z", "+00:00"])
def test_a_leap_second_is_a_time(rest: str) -> None:
    since = parse([("since", f"2016-12-31T23:59:60{rest}")]).since
    assert since is not None and since.year == 2016
    assert since == datetime(2016, 12, 31, 23, 59, 59, 999999, UTC)


def test_a_word_counts_once() -> None:
    assert parse([("q", "a* " * 100 + "b")]).text == "a* b"


@given(SLICES)
def test_the_query_string_says_the_same(asked: Slice) -> None:
    again = parse(parse_qsl(asked.query_string(), keep_blank_values=True))
    assert again == Slice(
        query=dict(sorted(asked.query.items())),
        limit=asked.limit,
        before=asked.before,
        since=asked.since,
        text=asked.text,
    )


@pytest.mark.parametrize(
    ("parameters", "name", "expected"),
    [
        ([("page", "2")], "page", None),
        ([("Limit", "2")], "Limit", None),
        ([("limit", "0")], "limit", "from 1 to 200"),
        ([("limit", "201")], "limit", "from 1 to 200"),
        ([("limit", "٣")], "limit", "from 1 to 200"),
        ([("limit", "-1")], "limit", "from 1 to 200"),
        ([("limit", "5"), ("limit", "5")], "limit", "once"),
        ([("before", "")], "before", "id of an entry"),
        ([("since", "yesterday")], "since", "RFC 3339"),
        ([("since", "2026-11-06")], "since", "RFC 3339"),
        ([("since", "2026-11-06T00:00:00")], "since", "RFC 3339"),
        ([("since", "2026-13-06T00:00:00Z")], "since", "RFC 3339"),
        ([("q", " ")], "q", "words"),
        ([("q", "x" * 501)], "q", "words"),
        ([("q", " ".join(map(str, range(21))))], "q", "at most 20, of which 3 may end in *"),
        ([("q", "a* b* c* d*")], "q", "of which 3 may end in *"),
        ([("section", "")], "section", "slug"),
        ([("not_author", "a/b")], "not_author", "slug"),
    ],
)
def test_what_cannot_be_taken_names_the_parameter(
    parameters: list[tuple[str, str]], name: str, expected: str | None
) -> None:
    with pytest.raises(ParameterError) as caught:
        parse(parameters)
    assert caught.value.parameter == name
    assert (expected is None) == (caught.value.expected is None)
    assert expected is None or expected in (caught.value.expected or "")
