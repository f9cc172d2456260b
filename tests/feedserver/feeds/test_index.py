from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from feedserver.feeds.index import Index, newest
from feedserver.model import Entry, Feed, FeedKind
from feedserver.newsletter.order import feed_order
from tests.samples import archive, post, update


def _issue(name: str, days: float, *projects: str) -> list[Entry]:
    issue = post(name, days=days, tags=["This Week"], sections=["clients"])
    return [issue, *(update(issue, n, project=slug) for n, slug in enumerate(projects))]


def _ask(
    entries: Sequence[Entry], kind: FeedKind, query: Mapping[str, tuple[str, ...]] | None = None
) -> list[str]:
    feed = Feed("/x/", "X", "X", kind, "/x/", query or {})
    return [entry.title for entry in Index(archive(entries, [feed])).entries(feed)]


def test_newest_issue_first_and_its_updates_as_in_the_document() -> None:
    entries = [*_issue("old", 0, "a", "b"), *_issue("new", 7, "c", "d")]
    assert _ask(entries, "updates") == [
        "clients-c, New",
        "clients-d, New",
        "clients-a, Old",
        "clients-b, Old",
    ]
    assert _ask(entries, "posts") == ["New", "Old"]


def test_posts_of_one_instant_stand_by_permalink() -> None:
    assert _ask([post("b"), post("a"), post("c")], "posts") == ["A", "B", "C"]


def test_values_of_a_parameter_are_alternatives_and_parameters_add_up() -> None:
    entries = [
        post("one", tags=["News"], authors=["Ada"]),
        post("two", days=1, tags=["Events"], authors=["Ada"]),
        post("three", days=2, tags=["News"], authors=["Bo"]),
    ]
    assert _ask(entries, "named", {"category": ("news", "events")}) == ["Three", "Two", "One"]
    assert _ask(entries, "named", {"category": ("news",), "author": ("ada",)}) == ["One"]
    assert _ask(entries, "named", {"not_category": ("news",)}) == ["Two"]
    assert _ask(entries, "named", {"category": ("news",), "not_author": ("bo",)}) == ["One"]
    assert _ask(entries, "named", {"category": ("nothing",)}) == []
    assert _ask(entries, "named", {"not_category": ("nothing",)}) == ["Three", "Two", "One"]


def test_author_and_category_of_an_update_are_those_of_its_issue() -> None:
    entries = [*_issue("one", 0, "a")]
    assert _ask(entries, "updates", {"author": ("ada",), "category": ("this-week",)}) != []
    assert _ask(entries, "updates", {"author": ("bo",)}) == []


def test_section_and_project_on_posts_select_the_issues_that_have_one() -> None:
    entries = [*_issue("one", 0, "fractal"), *_issue("two", 1, "hydrogen"), post("plain", days=2)]
    assert _ask(entries, "named", {"project": ("fractal",)}) == ["One"]
    assert _ask(entries, "named", {"section": ("clients",)}) == ["Two", "One"]
    assert _ask(entries, "named", {"not_section": ("clients",)}) == ["Plain"]


def test_the_site_stands_in_for_an_author_and_is_none() -> None:
    entries = [post("anonymous", authors=[]), post("signed", days=1, authors=["Letters"])]
    assert _ask(entries, "named", {"author": ("letters",)}) == ["Signed"]


def test_terms_of_other_taxonomies_are_parameters_too() -> None:
    entries = [post("one", terms={"series": ("First Steps",)}), post("two", days=1)]
    assert _ask(entries, "term", {"series": ("first-steps",)}) == ["One"]


def test_updates_whose_issue_is_not_in_the_archive_are_found() -> None:
    entries = _issue("gone", 0, "fractal")[1:]
    assert _ask(entries, "updates", {"category": ("this-week",)}) == ["clients-fractal, Gone"]


def test_feeds_without_an_entry_are_not_there() -> None:
    full = Feed("/section/clients/", "C", "C", "section", "/", {"section": ("clients",)})
    empty = Feed("/section/bots/", "B", "B", "section", "/", {"section": ("bots",)})
    index = Index(archive(_issue("one", 0, "a"), [full, empty]))
    assert index.feeds == (full,)
    assert index.feed_at("/section/clients/") == full
    assert index.feed_at("/section/bots/") is None
    assert index.feed_at("/elsewhere/") is None


def test_a_limit_cuts_posts() -> None:
    entries = feed_order(post(str(n), days=n) for n in range(5))
    assert [entry.title for entry in newest(entries, 2)] == ["4", "3"]
    assert newest(entries, 0) == entries
    assert newest((), 3) == ()


@given(st.lists(st.integers(1, 5), min_size=1, max_size=8), st.integers(1, 12))
def test_a_limit_never_cuts_an_issue_and_keeps_the_two_newest(sizes: list[int], limit: int) -> None:
    issues = [
        _issue(f"issue{n}", n, *(f"p{k}" for k in range(size))) for n, size in enumerate(sizes)
    ]
    entries = feed_order(entry for issue in issues for entry in issue[1:])
    kept = newest(entries, limit)
    assert kept == entries[: len(kept)]
    assert len(kept) >= min(limit, len(entries))
    whole = [len(issue) - 1 for issue in reversed(issues)]
    ends = [sum(whole[: n + 1]) for n in range(len(whole))]
    assert len(kept) in ends, "an issue is cut"
    needed = next(end for end in ends if end >= min(limit, len(entries)))
    assert len(kept) == max(needed, ends[min(1, len(ends) - 1)])
