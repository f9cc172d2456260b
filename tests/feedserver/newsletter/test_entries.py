from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from html import escape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedserver.model import Entry, Image, Person
from feedserver.newsletter.entries import Post, build
from tests.conftest import examples
from tests.samples import SITE

NOON = datetime(2024, 5, 17, 12, tzinfo=timezone(timedelta(hours=2)))
ISSUE = """
<p>Hello.</p>
<h2 id="c">Dept of Clients 📱</h2>
<p>All clients.</p>
<h3 id="f">Fractal (<a href="https://fractal.example">website</a>)</h3>
<p><a href="https://matrix.to/#/@ada:example.org">Ada</a> says</p>
<blockquote><p>News. <img src="/a.png" alt=""></p></blockquote>
<h3 id="e"></h3>
<h2 id="x">📱</h2>
<h3 id="h">Hydrogen</h3>
"""


def _post(name: str, *, date: datetime = NOON, html: str = "<p>Text.</p>", **more: Any) -> Post:
    values: dict[str, Any] = {"issue": False, **more}
    return Post(f"{SITE.url}{name}/", name, date, html, **values)


def _build(*posts: Post) -> tuple[Entry, ...]:
    return build(posts, SITE, ())


def test_a_post_is_an_entry_with_its_permalink_for_an_id() -> None:
    [entry] = _build(
        _post(
            "a",
            html='<p>Text <a href="b">b</a><script>x</script>.</p>',
            authors=(Person("Ada"),),
            categories=("News",),
            image=Image("https://x.example/a.png"),
            terms={"series": ("One",)},
        )
    )
    assert entry.id == entry.url == "https://letters.example/a/"
    assert entry.published == entry.modified == NOON
    assert entry.content == '<p>Text <a href="https://letters.example/a/b">b</a>.</p>'
    assert (entry.summary, entry.tags, entry.authors) == ("Text b.", ("News",), (Person("Ada"),))
    assert entry.image == Image("https://x.example/a.png")
    assert entry.terms == {"series": ("One",)}
    assert entry.kind == "post"


def test_what_a_post_does_not_say_is_filled_in() -> None:
    [entry] = _build(_post("a\n b", html=""))
    assert (entry.title, entry.summary, entry.content) == ("a b", "a b", None)
    assert entry.authors == (Person("Letters", "https://letters.example/"),)


def test_the_summary_is_the_authors_description_or_what_stands_above_the_mark() -> None:
    html = "<p>First.</p><p>Second.</p>"
    assert _build(_post("a", html=html, description="Own."))[0].summary == "Own."
    marked = '<p>First.</p><span id="continue-reading"></span><p>Second.</p>'
    assert _build(_post("a", html=marked))[0].summary == "First."
    unopened = '<span id="continue-reading"></span><p>Second.</p>'
    assert _build(_post("a", html=unopened))[0].summary == "Second."
    assert _build(_post("a", html=html))[0].summary == "First. Second."


def test_an_issue_is_followed_by_its_updates() -> None:
    issue, *updates = _build(_post("Week", html=ISSUE, issue=True, categories=("TWIM",)))
    assert issue.sections == ("clients", "x")
    assert [update.title for update in updates] == [
        "Clients, 2024-05-17",
        "Fractal (Clients), 2024-05-17",
        "e (Clients), 2024-05-17",
        "Hydrogen (📱), 2024-05-17",
    ]
    fractal = updates[1]
    assert fractal.id == fractal.url == "https://letters.example/Week/#f"
    assert fractal.published == NOON + timedelta(seconds=1)
    assert fractal.authors == (Person("Ada", "https://matrix.to/#/@ada:example.org"),)
    assert fractal.tags == ("TWIM",)
    assert fractal.image == Image("https://letters.example/a.png")
    assert fractal.summary == "News."
    assert fractal.update is not None and fractal.update.position == 1
    assert updates[0].authors == issue.authors
    assert (updates[3].content, updates[3].summary) == (None, "Hydrogen (📱), 2024-05-17")


def test_only_issues_are_divided() -> None:
    [post] = _build(_post("Post", html=ISSUE))
    assert post.sections == ()


def test_posts_stand_newest_first() -> None:
    entries = _build(_post("a"), _post("c", date=NOON + timedelta(days=1)), _post("b"))
    assert [entry.title for entry in entries] == ["c", "a", "b"]


def test_an_update_of_the_post_moves_the_modified_date_but_never_back() -> None:
    later, earlier = NOON + timedelta(hours=1), NOON - timedelta(hours=1)
    assert _build(_post("a", updated=later))[0].modified == later
    assert _build(_post("a", updated=earlier))[0].modified == NOON
    _, *updates = _build(_post("Week", html=ISSUE, issue=True, updated=later))
    assert [update.modified - later for update in updates] == [
        timedelta(seconds=n) for n in range(4)
    ]
    assert updates[0].published == NOON


def test_posts_of_one_instant_are_modified_in_seconds_of_their_own() -> None:
    utc = NOON.astimezone(UTC)
    entries = _build(_post("b"), _post("a", date=utc), _post("c", date=utc + timedelta(seconds=1)))
    by_title = {entry.title: entry for entry in entries}
    assert by_title["a"].modified == NOON
    assert by_title["b"].modified == NOON + timedelta(seconds=1)
    assert by_title["c"].modified == NOON + timedelta(seconds=2)
    assert by_title["b"].published == NOON
    assert by_title["b"].modified.utcoffset() == timedelta(hours=2)
    assert by_title["a"].modified.utcoffset() == timedelta(0)


@settings(max_examples=examples(50))
@given(st.lists(st.integers(0, 12), max_size=12))
def test_each_takes_the_first_second_that_is_free(offsets: list[int]) -> None:
    posts = [_post(f"p{n:02}", date=NOON + timedelta(seconds=s)) for n, s in enumerate(offsets)]
    expected: dict[str, datetime] = {}
    for post in sorted(posts, key=lambda post: (post.date, post.permalink)):
        second = post.date
        while second in expected.values():
            second += timedelta(seconds=1)
        expected[post.permalink] = second
    assert {entry.id: entry.modified for entry in _build(*posts)} == expected


@pytest.mark.parametrize(
    ("id", "fragment"),
    [
        ("my heading", "my%20heading"),
        ('a"b<c>', "a%22b%3Cc%3E"),
        ("a#b%c%20", "a%23b%25c%20"),
        ("größe-🦉", "gr%C3%B6%C3%9Fe-%F0%9F%A6%89"),
        ("gr%c3%b6ße", "gr%c3%b6%C3%9Fe"),
        ("a[1]{2}|`3`", "a%5B1%5D%7B2%7D%7C%603%60"),
        ("a_b.c-d~e!$&'()*+,/:;=?@", "a_b.c-d~e!$&'()*+,/:;=?@"),
    ],
)
def test_an_id_that_can_not_stand_in_an_address_is_escaped(id: str, fragment: str) -> None:
    text = f'<h2 id="{escape(id)}">Clients</h2><p>x</p>'
    issue = Post("https://h.example/7/#top", "Seven", NOON, text, issue=True)
    _, found = _build(issue)
    assert found.id == found.url == f"https://h.example/7/#{fragment}"


ICON = '<span class="twemoji"><svg viewBox="0 0 24 24"><path d="M1 1"></path></svg></span>'


def test_of_links_that_show_an_icon_alone_nothing_is_left() -> None:
    text = (
        f'<h2>Boats</h2><h3 id="g">Gull <a href="https://gull.example/">{ICON}</a></h3>'
        f'<p>Fast, <a href="/x">{ICON}</a> and <a href="/y"><b>so</b></a>.</p>'
        f'<ul><li><a href="/a"><i class="fa fa-fish"></i></a></li><li><a href="/b">B</a></li></ul>'
        f'<p><a href="/c"> {ICON}</a>&nbsp;<a href="/d"><svg></svg></a></p><p id="p">Last.</p>'
    )
    post, update = _build(_post("a", html=text, issue=True))
    # What the heading leads to is known all the same.
    assert update.update and update.update.project
    assert update.update.project.url == "https://gull.example/"
    below = (
        '<p>Fast,  and <a href="https://letters.example/y"><b>so</b></a>.</p>'
        '<ul><li><a href="https://letters.example/b">B</a></li></ul><p id="p">Last.</p>'
    )
    assert update.content == below
    assert post.content == f'<h2>Boats</h2><h3 id="g">Gull </h3>{below}'


@pytest.mark.parametrize(
    "html",
    [
        '<p>A <a href="https://a.example/"><img src="https://a.example/i.png"></a></p>',
        '<p>A <a href="https://a.example/" id="here"></a></p>',
        '<p>A <a name="here"></a><a href="https://a.example/">⚓</a></p>',
        "<p><span></span></p>",
    ],
)
def test_other_links_stay(html: str) -> None:
    [entry] = _build(_post("a", html=html))
    assert entry.content == html


def test_icons_with_a_name_are_links_of_that_name() -> None:
    [entry] = _build(_post("a", html=f'<a href="https://a.example/" title="Site">{ICON}</a>'))
    assert entry.content == '<a href="https://a.example/" title="Site">Site</a>'
    [entry] = _build(_post("a", html=f'<p><a href="https://a.example/">{ICON}</a></p>'))
    assert (entry.content, entry.summary) == (None, "a")
