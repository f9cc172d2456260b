"""Conditional requests, by RFC 9110, section 13."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedserver.http.conditions import evaluate

MODIFIED = datetime(2026, 3, 13, 16, 33, 36, tzinfo=UTC)
THEN = format_datetime(MODIFIED, usegmt=True)
BEFORE = format_datetime(MODIFIED - timedelta(seconds=1), usegmt=True)
AFTER = format_datetime(MODIFIED + timedelta(days=1), usegmt=True)


def _status(**headers: str) -> int:
    raw = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return evaluate(raw, b'"abc+br"', MODIFIED)


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ('"abc+br"', 304),
        ('W/"abc+br"', 304),
        ('"x", "abc+br"', 304),
        ('"x,y" , W/"abc+br"', 304),
        (" * ", 304),
        # Packed by Apache or Jetty on the way.
        ('"abc+br-gzip"', 304),
        ('W/"abc+br-gzip"', 304),
        ('"abc+br-br"', 304),
        ('"abc+br--gzip"', 304),
        ('"x-gzip", W/"abc+br-zstd"', 304),
        ('"abc"', 200),
        ('"abc-gzip"', 200),
        ('"abc+gzip"', 200),
        ('"abc+br-x"', 200),
        ('"-gzip"', 200),
        ('"ABC+BR"', 200),
        ("abc+br", 200),
        ('"abc+br', 200),
        ("", 200),
        ('"*"', 200),
    ],
)
def test_if_none_match(tags: str, status: int) -> None:
    assert _status(if_none_match=tags) == status
    # Where there are tags the time doesn't count.
    assert _status(if_none_match=tags, if_modified_since=THEN) == status
    assert _status(if_none_match=tags, if_modified_since=BEFORE) == status


@pytest.mark.parametrize(
    ("time", "status"),
    [
        (THEN, 304),
        (AFTER, 304),
        (BEFORE, 200),
        ("Friday, 13-Mar-26 16:33:36 GMT", 304),
        ("yesterday", 200),
        ("", 200),
        ("Fri, 13 Mar 2026 16:33:36", 200),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", 200),
        ("x" * 5000, 200),
    ],
)
def test_if_modified_since(time: str, status: int) -> None:
    assert _status(if_modified_since=time) == status


def test_preconditions_come_first() -> None:
    assert _status(if_match='"abc+br"') == 200
    assert _status(if_match="*") == 200
    assert _status(if_match='"x"') == 412
    assert _status(if_match='W/"abc+br"') == 412
    assert _status(if_match='"abc+br"', if_none_match='"abc+br"') == 304
    assert _status(if_unmodified_since=BEFORE) == 412
    assert _status(if_unmodified_since=THEN) == 200
    assert _status(if_unmodified_since="never") == 200
    assert _status(if_match='"abc+br"', if_unmodified_since=BEFORE) == 200


def test_what_has_no_time_is_compared_by_its_tag_alone() -> None:
    assert evaluate({b"if-modified-since": AFTER.encode()}, b'"a"', None) == 200
    assert evaluate({b"if-none-match": b'"a"'}, b'"a"', None) == 304


@given(st.dictionaries(st.sampled_from([b"if-none-match", b"if-modified-since"]), st.binary()))
def test_any_bytes_are_read(headers: dict[bytes, bytes]) -> None:
    assert evaluate(headers, b'"abc"', MODIFIED) in (200, 304)
