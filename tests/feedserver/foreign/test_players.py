"""Players in the HTML of other sites, which scripts show late: each is a link, once."""

from __future__ import annotations

from collections.abc import Callable
from xml.sax.saxutils import escape

import pytest

from feedserver.foreign._content import prepare
from tests.feedserver.counting import steps
from tests.feedserver.foreign.test_reading import atom, content, entry, one, rss

PAGE = "https://letters.example/2026/tide/"
VIDEO = "https://www.youtube.com/embed/AbC-_1?start=7"
PLAYER = f'<iframe src="{VIDEO}" title="A talk"></iframe>'
CLASS = 'class="twim-embedded"'
LINK = f'<p><a href="https://www.youtube.com/watch?v=AbC-_1&amp;t=7s" {CLASS}>A talk</a></p>'
MAP = f'<p><a href="https://maps.example/7" {CLASS}>https://maps.example/7</a></p>'


def shown(text: str) -> str | None:
    """The content of an entry of Atom, which an RSS item of this description has too."""
    found = one(atom(entry(content(text), id=PAGE))).content
    item = f"<item><title>Tide</title><link>{PAGE}</link><description>{escape(text)}</description>"
    date = "<pubDate>Tue, 03 Mar 2026 08:00:00 GMT</pubDate></item>"
    assert one(rss(item + date)).content == found
    return found


@pytest.mark.parametrize(
    "written",
    [
        f'<iframe data-src="{VIDEO}" src="about:blank" title="A talk"></iframe>',
        f'<iframe data-lazy-src="{VIDEO}" src="about:blank" title="A talk"></iframe>',
        f"<noscript>{PLAYER}</noscript>",
        f"<noscript>{escape(PLAYER)}</noscript>",
        f"<noscript><div>{PLAYER}</div></noscript>",
        f"<noscript><noscript>{PLAYER}</noscript></noscript>",
        f'<iframe data-lazy-src="{VIDEO}" src="about:blank" title="A talk"></iframe>'
        f"<noscript>{PLAYER}</noscript>",
        f'<noscript>{PLAYER}</noscript><iframe data-src="{VIDEO}&amp;autoplay=1" title="A talk">'
        "</iframe>",
        f"{PLAYER}<noscript>{PLAYER}</noscript>",
        f'<noscript><iframe data-src="{VIDEO}" title="A talk"></iframe></noscript>',
        f'<noscript><object data="{VIDEO}" title="A talk"><embed src="{VIDEO}"></object>'
        "</noscript>",
        '<lite-youtube videoid="AbC-_1" params="start=7" title="A talk"></lite-youtube>',
        '<lite-youtube videoid="AbC-_1" params="start=7&amp;rel=0" title="A talk">'
        '<a href="https://youtube.com/watch?v=AbC-_1">Play</a></lite-youtube>',
        '<noscript><lite-youtube videoid="AbC-_1" params="start=7" title="A talk"></lite-youtube>'
        "</noscript>",
    ],
)
def test_a_lazy_player_is_a_link_to_the_video(written: str) -> None:
    assert shown(f"<p>Look:</p>{written}") == f"<p>Look:</p>{LINK}"


@pytest.mark.parametrize(
    "written",
    [
        '<iframe data-src="https://maps.example/7"></iframe>',
        '<noscript><iframe src="https://maps.example/7"></iframe></noscript>',
        '<embed data-src="https://maps.example/7">',
    ],
)
def test_a_lazy_page_of_another_site_is_a_link(written: str) -> None:
    assert shown(f"<p>Look:</p>{written}") == f"<p>Look:</p>{MAP}"


@pytest.mark.parametrize(
    "written",
    [
        '<video controls data-src="/7.mp4"></video>',
        '<noscript><video controls src="/7.mp4"></video></noscript>',
        '<noscript><video controls><source src="/7.mp4" type="video/mp4"></video></noscript>',
        '<video controls data-src="/7.mp4"></video>'
        '<noscript><video src="/7.mp4"></video></noscript>',
    ],
)
def test_a_lazy_recording_is_shown_once(written: str) -> None:
    video = '<video controls="" src="https://letters.example/7.mp4"></video>'
    assert (shown(f"<p>Look:</p>{written}") or "") == f"<p>Look:</p>{video}"


def test_two_players_in_noscript_are_two_links() -> None:
    other = '<iframe src="https://maps.example/7"></iframe>'
    found = shown(f"<p>Look:</p><noscript>{PLAYER}{other}</noscript><p>So far.</p>")
    assert found == f"<p>Look:</p>{LINK}{MAP}<p>So far.</p>"


def test_what_a_player_is_followed_by_stays() -> None:
    link = f'<p><a href="https://www.youtube.com/watch?v=AbC" {CLASS}>Watch the video</a></p>'
    found = shown('<p>Look:</p><lite-youtube videoid="AbC"><p>So far.</p>')
    assert found == f"<p>Look:</p>{link}<p>So far.</p>"
    assert shown('<p>Look: <a href="/x">x</a></p><lite-youtube videoid="a b"></lite-youtube>') == (
        '<p>Look: <a href="https://letters.example/x">x</a></p>'
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda n: f"<noscript>{PLAYER}</noscript> " * n,
        lambda n: "<noscript>" * n + PLAYER,
        lambda n: "<noscript>" + PLAYER * n + "</noscript>",
        lambda n: PLAYER * n + f"<noscript>{PLAYER}</noscript>" * n,
        lambda n: "<video>" * n + f"<noscript>{PLAYER}</noscript>",
    ],
)
def test_players_are_prepared_in_steps_that_grow_with_them(make: Callable[[int], str]) -> None:
    first, second = make(1_000), make(2_000)
    assert steps(lambda: prepare(second, PAGE, PAGE)) < 2.5 * steps(
        lambda: prepare(first, PAGE, PAGE)
    )
