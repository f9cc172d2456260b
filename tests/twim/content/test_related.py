"""The key `links`: what it may hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mkdocs.structure.files import Files

from mkdocs_twim.content import related
from mkdocs_twim.content.related import Item
from mkdocs_twim.errors import LinkError


def test_items_are_those_of_a_nav() -> None:
    value = ["a.md", {"Title": "b.md#part"}, {"More": [{"Deep": "https://x.example/"}, "c.md"]}]
    assert related.parse(value) == (
        Item(None, "a.md"),
        Item("Title", "b.md#part"),
        Item("More", None, (Item("Deep", "https://x.example/"), Item(None, "c.md"))),
    )


@pytest.mark.parametrize(
    "value",
    ["a.md", 1, {}, {"a": "b"}, [1], [None], [""], [{}], [{"a": 1}], [{"a": "b", "c": "d"}], [[]]],
)
def test_anything_else_is_an_error(value: object) -> None:
    with pytest.raises(LinkError, match="expected a list of links as in nav:, found "):
        related.parse(value)


def test_links_are_not_nested_without_end() -> None:
    value: list[object] = ["a.md"]
    for _ in range(5):
        value = [{"more": value}]
    with pytest.raises(LinkError, match="nested too deeply"):
        related.parse(value)


def test_what_is_no_address_leads_nowhere() -> None:
    wrong: list[tuple[Item, bool]] = []
    items = related.parse(["http://[x", {"T": "data:text/html,x"}, "../up.md"])
    found = related.resolve(items, Files([]), lambda *told: wrong.append(told))
    assert [(link.title, link.url) for link in found] == [
        ("http://[x", None),
        ("T", None),
        ("../up.md", None),
    ]
    assert wrong == [(item, False) for item in items]


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_any_value_is_read_or_refused(value: object) -> None:
    try:
        found = related.parse(value)
    except LinkError:
        return
    assert all(item.target or item.title is not None for item in found)
