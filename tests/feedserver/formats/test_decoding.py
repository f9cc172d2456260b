from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedserver.errors import ArchiveError
from feedserver.formats import decoding
from feedserver.formats.decoding import Address, WebAddress, typed
from tests.conftest import examples

pytestmark = pytest.mark.dependency

_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('items\\": é🦀'), inner, max_size=3)
    ),
    max_leaves=10,
)
_objects = st.dictionaries(st.sampled_from(["items", "a", "b"]), _values | st.lists(_values))


class _Addresses(msgspec.Struct):
    any: Address = Address("")
    web: WebAddress = WebAddress("")


def _split(data: bytes) -> dict[str, Any]:
    """An object read in parts, as one again."""
    parts = decoding.split(data)
    return {
        name: [decoding.read(each) for each in decoding.split_list(raw, name)]
        if bytes(raw).startswith(b"[")
        else decoding.read(raw)
        for name, raw in parts.items()
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the document is not JSON: "),
        (b"{", "the document is not JSON: "),
        (b"{} {}", "the document is not JSON: "),
        (b'{"a": 1', "the document is not JSON: "),
        (b'{"a" 1}', "the document is not JSON: "),
        (b'{"a": [1,]}', "the document is not JSON: "),
        (b"{a: 1}", "the document is not JSON: "),
        (b"\xff{}", "the document is not in UTF-8: invalid start byte at its byte 0"),
        ("{}".encode("utf-16"), "the document is not in UTF-8: "),
        (b'{"a": 1, "a": 2}', "the document is not JSON: 'a' stands twice in one object"),
        (b'{"a": NaN}', "the document is not JSON: NaN is no number"),
        (b'{"a": -Infinity}', "the document is not JSON: -Infinity is no number"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "the document is nested too deeply"),
        (
            rb'{"\ud800": 1}',
            "the document is not JSON: it has text that is no Unicode at its byte 2",
        ),
        (rb'{"a": "\ud800", "b": ' + b"9" * 5_000 + b"}", "the document is not JSON: Exceeds"),
        (rb'{"a": "\ud800", "b": ' + b"[" * 100_000, "the document is not JSON: maximum"),
        (
            rb'{"\u00e9": ["\ud83d\ude00\udc00"]}',
            "the document is not JSON: it has text that is no Unicode at its byte 25",
        ),
    ],
)
def test_what_is_no_document_is_an_error(data: bytes, message: str) -> None:
    for read in (decoding.read, decoding.split):
        with pytest.raises(ArchiveError) as raised:
            read(data)
        assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a": {"b": [], "c": 1, "b": 2}}', "'b' stands twice in one object"),
        (rb'{"a": {"b" : "\":", "\u0062": 2}}', "'b' stands twice in one object"),
        (b'{"a": [1, {"": 1, "" :2}]}', "'' stands twice in one object"),
        (b'{"a": "\xff"}', "not in UTF-8: .* at its byte [17]"),
        (b'{"a": "\xed\xa0\x80"}', "not in UTF-8"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "out of range"),
        (b'{"a": 1e999}', "out of range"),
    ],
)
def test_what_is_wrong_in_a_value_is_an_error(data: bytes, message: str) -> None:
    with pytest.raises(ArchiveError, match=message):
        decoding.read(data)
    with pytest.raises(ArchiveError, match=rf"^a.*{message}"):
        decoding.read(decoding.split(data)["a"], "a")


@pytest.mark.parametrize("data", [b"[]", b"null", b"1", b'"a"'])
def test_what_is_no_object_has_no_members(data: bytes) -> None:
    with pytest.raises(ArchiveError, match=r"^the document: expected `object`, got `\w+`$"):
        decoding.split(data)


@settings(max_examples=examples(100))
@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (decoding.read, decoding.split):
        try:
            read(data)
        except ArchiveError as error:
            assert str(error)


@settings(max_examples=examples(300))
@given(_objects, st.sampled_from([None, 2]), st.booleans())
def test_an_object_is_read_whole_and_in_parts(
    value: dict[str, object], indent: int | None, ascii: bool
) -> None:
    data = json.dumps(value, indent=indent, ensure_ascii=ascii).encode()
    try:
        whole = decoding.read(data)
    except ArchiveError as error:
        # A whole number may have more digits than are read.
        assert "out of range" in str(error)
    else:
        assert whole == _split(data) == value


@settings(max_examples=examples(300))
@given(_objects, st.data())
def test_a_broken_object_is_refused_in_parts_as_whole(
    value: dict[str, object], data: st.DataObject
) -> None:
    text = json.dumps(value, ensure_ascii=False)
    place = data.draw(st.integers(0, len(text)))
    broken = text[:place] + data.draw(st.text('{}[]:,"0a ', max_size=2)) + text[place + 1 :]
    try:
        expected = typed(decoding.read(broken.encode()), dict[str, Any])
    except ArchiveError:
        with pytest.raises(ArchiveError):
            _split(broken.encode())
    else:
        assert _split(broken.encode()) == expected


def test_a_mark_before_a_document_is_passed_over() -> None:
    assert decoding.read(b"\xef\xbb\xbf{}") == decoding.split(b"\xef\xbb\xbf{}") == {}


def test_halves_of_pairs_are_mended() -> None:
    given = rb'["\ud83e\udd80 \ud83e", "\udd80\ud83e\udd80", "\\ud83e\n", "\ud83e\\udd80"]'
    found = ["🦀 ?", "?🦀", "\\ud83e\n", "?\\udd80"]
    assert decoding.read(decoding.mend(given)) == found


@settings(max_examples=examples(200))
@given(st.text(st.characters(categories=["Cs", "Ll"]) | st.sampled_from('\\"u🦀')))
def test_what_is_mended_is_as_python_writes_it(text: str) -> None:
    data = json.dumps(text).encode()
    # Two halves side by side are a pair in JSON.
    expected = json.loads(data).encode("utf-8", "replace").decode()
    assert decoding.read(decoding.mend(data)) == expected


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
        None,
        7,
        [],
        "\ud800",
    ],
)
def test_addresses_that_are_none_or_scripts_are_refused(value: object) -> None:
    for name in ("any", "web"):
        with pytest.raises(ArchiveError, match=rf"^x\.{name}: expected an absolute address, found"):
            typed({name: value}, _Addresses, "x")


def test_a_mail_address_is_an_address_but_not_of_the_web() -> None:
    assert typed({"any": "mailto:ann@example.org"}, _Addresses).any == "mailto:ann@example.org"
    with pytest.raises(ArchiveError):
        typed({"web": "mailto:ann@example.org"}, _Addresses)


def test_what_was_found_is_not_quoted_at_length() -> None:
    with pytest.raises(ArchiveError) as raised:
        typed({"web": "x" * 10_000}, _Addresses)
    assert len(str(raised.value)) < 120


def test_a_place_is_told_whatever_was_found() -> None:
    with pytest.raises(ArchiveError, match=r'^items\[3\]\.web: expected .*, found "a - at `\$"$'):
        typed({"web": "a - at `$"}, _Addresses, "items[3]")
