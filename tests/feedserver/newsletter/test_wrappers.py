"""Issues of others, whose sections and projects stand in elements that only wrap them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from feedserver.newsletter.issues import divide
from feedserver.newsletter.wrappers import opened
from feedserver.text import html
from tests.conftest import steps

BASE = "https://letters.example/3/"
CLIENTS = "<h2>Dept of Clients</h2><p>Many.</p><h3>Fractal</h3><p>Faster.</p>"
BOTS = "<h2>Bots</h2><p>One.</p>"
FOUND = [
    ("dept-of-clients", "<p>Many.</p>"),
    ("fractal", "<p>Faster.</p>"),
    ("bots", "<p>One.</p>"),
]


def found(text: str) -> list[tuple[str, str | None]]:
    whole = opened(html.sanitise(text, BASE))
    assert html.sanitise(whole, BASE) == whole
    return [(each.heading_id, (each.content or "").strip()) for each in divide(whole)]


@pytest.mark.parametrize("tag", ["section", "article", "div", "main", "header"])
@pytest.mark.parametrize(
    "text",
    [
        f"<x>{CLIENTS}</x><x>{BOTS}</x>",
        f"<p>Hello.</p><x>{CLIENTS}</x>{BOTS}",
        f"<p>Hello.</p><x class='all'>{CLIENTS}{BOTS}</x>",
        f"<div>\n<x>{CLIENTS}</x>\n<x>{BOTS}</x>\n</div>",
        f"<p>Hello.</p><main><article><x>{CLIENTS}</x><x>{BOTS}</x></article></main>",
        f"{CLIENTS.replace('<h3>', '<x><h3>')}</x>{BOTS}",
        f"<x>{CLIENTS.replace('<h3>', '<div><h3>')}</div></x><x>{BOTS}</x>",
        f"<div><x><h1>Letters</h1><p>By Ada.</p></x><x>{CLIENTS}</x>{BOTS}</div>",
    ],
)
def test_what_only_wraps_sections_and_projects_is_looked_through(tag: str, text: str) -> None:
    text = text.replace("<x", f"<{tag}").replace("</x", f"</{tag}")
    assert found(text) == FOUND


def test_the_header_of_a_section_is_looked_into() -> None:
    text = "<section><header><h2>Clients</h2><p>By Ada.</p></header><p>Many.</p></section>"
    assert found(text * 2)[0] == ("clients", "<p>By Ada.</p><p>Many.</p>")


def test_a_tag_that_is_not_closed_in_a_section_loses_no_other() -> None:
    text = f"<section><h2>A</h2><p>Of <i>this</p></section>\n <section>{BOTS}</section>"
    assert [id for id, _ in found(text)] == ["a", "bots"]


@pytest.mark.parametrize(
    "tag", ["blockquote", "ul><li", "details", "figure", "aside", "table><tr><td", "dl><dd"]
)
def test_headings_in_a_quote_a_list_and_the_like_stay_there(tag: str) -> None:
    text = f"<{tag}><section>{CLIENTS}</section></{tag.partition('>')[0]}>"
    whole = html.sanitise(f"<section><h2>Bots</h2><p>One.</p>{text}</section><p>Bye.</p>", BASE)
    assert [each.heading_id for each in divide(opened(whole))] == ["bots"]
    alone = html.sanitise(text, BASE)
    assert opened(alone) == alone


@pytest.mark.parametrize(
    "text",
    [
        f"{CLIENTS}{BOTS}",
        f"<div>{CLIENTS}{BOTS}</div>",
        f'{CLIENTS}<div class="note"><p>Mind.</p><h4>Well</h4></div>',
        '<div class="heading"><h2>A</h2><a href="https://letters.example/3/#a"></a></div><p>x</p>',
        "<h2>A</h2><div><h1>B</h1></div>",
        "<p>Hello.</p>",
        "",
    ],
)
def test_what_needs_nothing_stays_as_it_is(text: str) -> None:
    assert opened(text) == text


def test_words_of_two_elements_do_not_become_one() -> None:
    assert found("<div><h3>A</h3>one</div><div>two<h3>B</h3></div>")[0] == ("a", "one\n\ntwo")


@pytest.mark.parametrize(
    "shape",
    [
        lambda n: "<div>" * n + CLIENTS,
        lambda n: f"<div>{CLIENTS * n}</div>{BOTS}",
        lambda n: f"<section>{CLIENTS}</section>" * n,
        lambda n: "<blockquote>" + "<div>" * 90 + CLIENTS * n,
    ],
)
def test_to_open_takes_no_longer_than_in_proportion(shape: Callable[[int], str]) -> None:
    short, long = (html.sanitise(shape(n), BASE) for n in (50, 100))
    assert steps(lambda: opened(long)) < 3 * steps(lambda: opened(short))
