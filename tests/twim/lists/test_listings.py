"""How lists are cut into pages, and what they are called."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mkdocs_twim.lists import listings
from mkdocs_twim.templating.words import Words


@given(st.integers(0, 300), st.integers(0, 40))
def test_every_item_stands_on_one_page_in_its_order(count: int, size: int) -> None:
    items = list(range(count))
    found = list(listings.pages(items, size, "/blog/"))
    assert [item for _, _, shown in found for item in shown] == items
    assert [address for address, _, _ in found] == [
        "/blog/" if number == 1 else f"/blog/page/{number}/" for number in range(1, len(found) + 1)
    ]
    for address, pager, shown in found:
        assert len(shown) <= (size or count)
        assert pager.count == len(found)
        assert (pager.previous is None) == (address == "/blog/")
        assert (pager.next is None) == (pager.number == pager.count)


@given(st.integers(1, 100), st.data())
def test_the_links_of_a_page_lead_to_first_last_and_near_ones(
    count: int, data: st.DataObject
) -> None:
    found = list(listings.pages(range(count), 1, "/blog/"))
    _, pager, _ = data.draw(st.sampled_from(found))
    numbers = [int(link.title) for link in pager.links if link]
    assert numbers == sorted(set(numbers)) and len(pager.links) <= 9
    near = range(max(1, pager.number - 1), min(count, pager.number + 1) + 1)
    assert {1, count, *near} <= set(numbers)
    # A gap stands for two pages or more.
    for before, link, after in zip(pager.links, pager.links[1:], pager.links[2:], strict=False):
        if link is None:
            assert before and after and int(after.title) - int(before.title) > 2


def test_a_gap_of_one_page_is_that_page() -> None:
    [*_, (_, pager, _)] = list(listings.pages(range(5), 1, "/"))[:4]
    assert [link.title if link else "…" for link in pager.links] == ["1", "2", "3", "4", "5"]
    [*_, (_, pager, _)] = list(listings.pages(range(9), 1, "/"))[:5]
    assert [link.title if link else "…" for link in pager.links] == [
        "1",
        "…",
        "4",
        "5",
        "6",
        "…",
        "9",
    ]
    assert pager.links[0] and pager.links[0].url == "."


def test_names_of_taxonomies() -> None:
    names = ("author", "category", "tag", "big topic")
    assert [listings.called(name, Words("en")) for name in names] == [
        "Authors",
        "Categories",
        "Tags",
        "Big topic",
    ]
