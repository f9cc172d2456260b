from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedserver.errors import ArchiveError
from feedserver.formats import streams
from feedserver.formats.members import parse
from feedserver.formats.streams import Stream

_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('items\\"é🦀'), inner, max_size=3)
    ),
    max_leaves=10,
)
_objects = st.dictionaries(st.sampled_from(["items", "a", "b"]), _values | st.lists(_values))


def _read(data: bytes, chunk: int) -> dict[str, object]:
    """What a stream gives, as one object again."""
    stream = Stream(io.BytesIO(data), "items", chunk=chunk)
    items = list(stream)
    found = dict(stream.members)
    if found.get("items") == []:
        found["items"] = items
    return found


@settings(max_examples=300, deadline=None)
@given(_objects, st.integers(1, 50), st.sampled_from([None, 2]), st.booleans())
def test_an_object_is_read_whatever_its_parts(
    value: dict[str, object], chunk: int, indent: int | None, ascii: bool
) -> None:
    data = json.dumps(value, indent=indent, ensure_ascii=ascii).encode()
    assert _read(data, chunk) == value


@settings(max_examples=300, deadline=None)
@given(_objects, st.data(), st.integers(1, 50))
def test_a_broken_object_is_refused_as_it_is_at_once(
    value: dict[str, object], data: st.DataObject, chunk: int
) -> None:
    text = json.dumps(value, ensure_ascii=False)
    place = data.draw(st.integers(0, len(text)))
    broken = text[:place] + data.draw(st.text('{}[]:,"0a ', max_size=2)) + text[place + 1 :]
    try:
        expected = dict(parse(broken.encode()).values)
    except ArchiveError:
        with pytest.raises(ArchiveError):
            _read(broken.encode(), chunk)
    else:
        assert _read(broken.encode(), chunk) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[1]",
        b"{",
        b"{} {}",
        b'{"a": 1, "a": 2}',
        b'{"items": [1], "items": [2]}',
        b'{"items": [{"a": 1, "a": 2}]}',
        b'{"items": [NaN]}',
        b'{"items": [1,]}',
        b'{"items": [1 2]}',
        b'{"items": [1',
        b'{"items" [1]}',
        b"{items: [1]}",
        b'{"a": "\xff"}',
        b'{"a": "\xc3',
        b'{"items": [' + b"[" * 100_000,
    ],
)
def test_what_is_no_json_is_refused(data: bytes) -> None:
    for chunk in (1, 7, 1000):
        with pytest.raises(ArchiveError):
            _read(data, chunk)


def test_a_value_without_an_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_MOST", 10_000)
    file = io.BytesIO(b'{"items": ["' + b"x" * 1_000_000)
    with pytest.raises(ArchiveError, match="more than 10,000 characters"):
        list(Stream(file, "items", chunk=1000))
    assert file.tell() < 100_000
