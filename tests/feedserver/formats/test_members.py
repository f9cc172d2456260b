from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedserver.errors import ArchiveError
from feedserver.formats.members import Members, parse


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the document is not JSON: "),
        (b"{", "the document is not JSON: "),
        (b"\xff{}", "the document is not in UTF-8: "),
        ("{}".encode("utf-16"), "the document is not in UTF-8: "),
        (b"[]", "the document: expected an object, found a list"),
        (b"null", "the document: expected an object, found null"),
        (b'{"a": 1, "a": 2}', "'a': stands twice in one object"),
        (b'{"a": {"b": [], "c": 1, "b": 2}}', "'b': stands twice in one object"),
        (b'{"a": NaN}', "the document is not JSON: NaN is no number"),
        (b'{"a": -Infinity}', "the document is not JSON: -Infinity is no number"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "the document is not JSON: "),
    ],
)
def test_what_is_no_document_is_an_error(data: bytes, message: str) -> None:
    with pytest.raises(ArchiveError) as raised:
        parse(data)
    assert message in str(raised.value)


@settings(max_examples=100, deadline=None)
@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        parse(data)
    except ArchiveError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (None, "null"),
        (True, "true"),
        (7, "7"),
        (1.5, "1.5"),
        ([], "a list"),
        ({}, "an object"),
        ("", '""'),
        ("\ud800", r'"\ud800"'),
    ],
)
def test_a_wrong_text_is_named_with_its_place(value: object, found: str) -> None:
    with pytest.raises(ArchiveError) as raised:
        Members({"title": value}, "items[3]").text("title")
    assert str(raised.value) == f"items[3].title: expected text, found {found}"


def test_a_missing_member_is_named() -> None:
    with pytest.raises(ArchiveError, match=r"^title: expected text, found nothing$"):
        Members({}).text("title")


def test_what_was_found_is_not_quoted_at_length() -> None:
    with pytest.raises(ArchiveError) as raised:
        Members({"date": "x" * 10_000}).date("date")
    assert len(str(raised.value)) < 120


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2020-02-29T01:02:03Z", datetime(2020, 2, 29, 1, 2, 3, tzinfo=timezone(timedelta(0)))),
        ("2020-02-29t01:02:03.999z", datetime(2020, 2, 29, 1, 2, 3, tzinfo=timezone(timedelta(0)))),
        (
            "2020-02-29 01:02:03-03:30",
            datetime(2020, 2, 29, 1, 2, 3, tzinfo=timezone(timedelta(hours=-3.5))),
        ),
    ],
)
def test_dates_of_rfc_3339_are_read(text: str, date: datetime) -> None:
    read = Members({"date": text}).date("date")
    assert (read, read.utcoffset()) == (date, date.utcoffset())


@pytest.mark.parametrize(
    "value",
    [
        7,
        "",
        "20200229",
        "2020-02-29",
        "2020-02-29T01:02:03",
        "2020-02-29T25:02:03Z",
        "2020-02-29T01:02:03+99:00",
        "2021-02-29T01:02:03Z",
        "0001-01-01T00:00:00Z",
        "٢٠٢٠-02-29T01:02:03Z",
    ],
)
def test_other_dates_are_refused(value: object) -> None:
    with pytest.raises(ArchiveError, match=r"^date: expected an RFC 3339 date, found "):
        Members({"date": value}).date("date")


@pytest.mark.parametrize("value", [-1, 11, 1.0, True, "1", None, float("inf")])
def test_numbers_are_whole_and_in_bounds(value: object) -> None:
    with pytest.raises(ArchiveError, match=r"^n: expected a whole number from 0 to 10, found "):
        Members({"n": value}).number("n", 10)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "/a/",
        "example.org",
        "a b:c",
        "https:",
        "javascript:alert(1)",
        "JavaScript:x",
        "data:text/html,x",
        "https://example.org/\n",
        "https://example.org/<b>",
        'https://example.org/"',
    ],
)
def test_addresses_that_are_none_or_scripts_are_refused(value: str) -> None:
    with pytest.raises(ArchiveError, match=r"^url: expected an absolute address, found "):
        Members({"url": value}).optional_address("url")
    with pytest.raises(ArchiveError, match=r"^url: expected an absolute address, found "):
        Members({"url": value}).optional_web_address("url")


def test_a_mail_address_is_an_address_but_not_of_the_web() -> None:
    members = Members({"url": "mailto:ann@example.org"})
    assert members.optional_address("url") == "mailto:ann@example.org"
    with pytest.raises(ArchiveError):
        members.web_address("url")


def test_lists_name_the_wrong_value() -> None:
    with pytest.raises(ArchiveError, match=r"^a: expected a list, found 1$"):
        Members({"a": 1}).texts("a")
    with pytest.raises(ArchiveError, match=r"^a: expected a list of texts, found 1$"):
        Members({"a": ["x", 1]}).texts("a")
    with pytest.raises(ArchiveError, match=r"^x\.a\[1\]: expected an object, found null$"):
        list(Members({"a": [{}, None]}, "x").children("a"))


def test_objects_know_where_they_stand() -> None:
    members = parse(json.dumps({"a": {"b": [{}, {"c": {"d": 1}}]}}).encode())
    inner = list(members.child("a").children("b"))[1].child("c")
    with pytest.raises(ArchiveError, match=r"^a\.b\[1\]\.c\.d: expected text, found 1$"):
        inner.text("d")
    with pytest.raises(ArchiveError, match=r"^a\.b\[1\]\.c\.d: expected an object, found 1$"):
        inner.child("d")


def test_names_are_unicode() -> None:
    with pytest.raises(ArchiveError, match="expected a name in Unicode"):
        parse(rb'{"\ud800": 1}').names()
