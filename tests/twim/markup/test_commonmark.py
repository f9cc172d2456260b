from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mkdocs_twim.markup.commonmark import Heading, Renderer, toc_tokens, with_more
from tests.conftest import examples

pytestmark = pytest.mark.dependency


def _ids(text: str) -> list[str]:
    return [heading.id for heading in Renderer().render(text).headings]


@pytest.mark.parametrize(
    ("heading", "id"),
    [
        # zola.md Z8.1 to Z8.9, and ids that other sites link to
        ("## Dept of Spec 📜", "dept-of-spec-scroll"),
        ("## Dept of *Status of Matrix* 🌡️", "dept-of-status-of-matrix-thermometer"),
        ("## Dept of Trust & Safety ⚖️", "dept-of-trust-safety-scales"),
        ("### Element X iOS ([website](https://x.example))", "element-x-ios-website"),
        ("## What’s planned", "what-s-planned"),
        ("## Dept of Interesting Projects 🛰️", "dept-of-interesting-projects-satellite-orbital"),
        ("## `code` and ![alt](x.png)", "code-and-alt"),
        ("## a<br>b <i>c</i>", "ab-c"),
        ("Heading\nTwo\n===", "headingtwo"),
        ("## x {#Own}", "Own"),
        ("## —", "heading"),
    ],
)
def test_heading_ids(heading: str, id: str) -> None:
    assert _ids(heading) == [id]


def test_equal_headings_are_numbered_and_manual_ids_are_taken_first() -> None:
    assert _ids("# Hello\n\n# Hello\n\n# x {#hello}") == ["hello-1", "hello-2", "hello"]


def test_headings_in_quotes_and_lists_count() -> None:
    assert _ids("## A\n\n> ## A\n\n* ### B\n\n## A") == ["a", "a-1", "b", "a-2"]


def test_raw_headings_have_no_id_and_are_not_in_the_contents() -> None:
    rendered = Renderer().render('<h2>Raw</h2>\n\n## Made\n\ntext <h3 class="x">r</h3>\n\n## Last')
    assert [heading.title for heading in rendered.headings] == ["Made", "Last"]
    assert "<h2>Raw</h2>" in rendered.html
    assert '<h2 id="made">Made</h2>' in rendered.html


def test_footnote_marks_are_no_part_of_an_id() -> None:
    assert _ids("## Title[^1]\n\n[^1]: note") == ["title"]


def test_classes_of_headings_are_kept() -> None:
    assert Renderer().render("## a {.b}").html == '<h2 id="a" class="b">a</h2>\n'


def test_headings_link_to_themselves_if_the_site_wants_it() -> None:
    html = Renderer(permalink="¶").render("## A & B").html
    link = '<a class="headerlink" href="#a-b" title="Permanent link">¶</a>'
    assert html == f'<h2 id="a-b">A &amp; B{link}</h2>\n'


def test_what_is_to_be_ignored_is_no_part_of_the_title() -> None:
    rendered = Renderer().render("## A \ue000x\ue001", ignore=re.compile("\ue000.*?\ue001"))
    assert rendered.headings == (Heading(2, "a", "A"),)
    assert "\ue000x\ue001" in rendered.html


def test_contents_nest_below_the_latest_entry_that_is_higher() -> None:
    # zola.md Z8.16: levels may be skipped
    headings = [Heading(n, f"h{i}", f"T{i} <x>") for i, n in enumerate((3, 1, 3, 2, 2, 1))]

    def shape(tokens: list[dict[str, Any]]) -> list[object]:
        return [(t["id"], shape(t["children"])) for t in tokens]

    assert shape(toc_tokens(headings)) == [
        ("h0", []),
        ("h1", [("h2", []), ("h3", []), ("h4", [])]),
        ("h5", []),
    ]
    assert toc_tokens(headings)[0]["name"] == "T0 &lt;x&gt;"


def test_fenced_code_is_highlighted_as_material_expects() -> None:
    html = Renderer().render("```python,linenos\nx = 1\n```").html
    assert html.startswith('<div class="language-python highlight"><pre><span></span><code>')
    assert '<span class="n">x</span>' in html


def test_code_without_or_of_unknown_language_is_plain() -> None:
    html = Renderer().render("```nosuch\n<x>\n```\n\n    y\n").html
    assert '<pre><code class="language-nosuch">&lt;x&gt;\n</code></pre>' in html
    assert "<pre><code>y\n</code></pre>" in html


def test_themes_that_highlight_in_the_browser_get_plain_code() -> None:
    html = Renderer(pygments=False).render("```python\nx = 1\n```").html
    assert html == '<pre><code class="language-python">x = 1\n</code></pre>\n'


@pytest.mark.parametrize("mark", ["<!-- more -->", "<!--more-->", "<!-- more-->", "<!--  MORE -->"])
def test_the_mark_more_becomes_an_anchor(mark: str) -> None:
    assert with_more(f"a{mark}b{mark}") == f'a<span id="continue-reading"></span>b{mark}'


@pytest.mark.parametrize("mark", ["<!-- more\n-->", "<!-- no more -->", "&lt;!-- more --&gt;"])
def test_other_comments_stay(mark: str) -> None:
    assert with_more(mark) == mark


def test_zolas_extensions_are_on_and_no_others() -> None:
    text = "~~a~~ ~b~ https://x.example 'q' :smile:\n\n- [x] c\n\n|a|\n|-:|\n|1|\n"
    html = Renderer().render(text).html
    assert "<del>a</del> <del>b</del> https://x.example 'q' :smile:" in html
    assert 'type="checkbox"' in html and "disabled" in html
    assert "text-align: right" in html


@settings(max_examples=examples(150))
@given(st.text(alphabet="#ab <h2>/{}\n`*_[](!)&;=-~|😀é", max_size=80))
def test_any_text_is_rendered_and_ids_are_unique(text: str) -> None:
    rendered = Renderer().render(text)
    automatic = [heading.id for heading in rendered.headings]
    if "{" not in text:
        assert len(set(automatic)) == len(automatic)
    assert all(automatic)


def test_snippets() -> None:
    snippet = Renderer().snippet
    assert snippet("a *b*", inline=True) == "a <em>b</em>"
    assert snippet("a *b*") == "<p>a <em>b</em></p>"
    assert snippet("a\n\nb", inline=True) == "<p>a</p>\n<p>b</p>"
    assert snippet("* a", inline=True) == "<ul>\n<li>a</li>\n</ul>"
