from __future__ import annotations

import pytest

from mkdocs_twim.markup import links


def test_internal_links_are_resolved_and_broken_ones_lose_their_address() -> None:
    html = '<p><a href="@/a.md#x" title="t">a</a> <a href=\'@/b&amp;c.md\'>b</a> "@/a.md"</p>'
    known = {"@/a.md#x": "../a/#x"}
    resolved = links.resolve_internal(html, known.get)
    assert resolved == '<p><a href="../a/#x" title="t">a</a> <a>b</a> "@/a.md"</p>'


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<img src="/a.png" alt="/a">', '<img src="/news/a.png" alt="/a">'),
        ("<a href='/x/'>/x/</a>", "<a href='/news/x/'>/x/</a>"),
        ("<img src=/a.png>", "<img src=/news/a.png>"),
        ('<a href="//other.example/x">', '<a href="//other.example/x">'),
        ('<a href="https://o.example/x">', '<a href="https://o.example/x">'),
        ('<img srcset="/a.png 1x, /b.png 2x, c.png 3x">',
         '<img srcset="/news/a.png 1x, /news/b.png 2x, c.png 3x">'),
        ('<video poster="/p.png" SRC="/v.mp4">', '<video poster="/news/p.png" SRC="/news/v.mp4">'),
        ('<code>&lt;a href="/x"&gt;</code>', '<code>&lt;a href="/x"&gt;</code>'),
        ('<a data-src="/x">', '<a data-src="/x">'),
    ],
)  # fmt: skip
def test_root_relative_addresses_work_below_a_path(html: str, expected: str) -> None:
    assert links.below(html, "/news/") == expected
    assert links.below(html, "/") == html


def test_addresses_that_have_the_path_may_be_left() -> None:
    html = '<a href="/news/a/">a</a> <a href=/news>b</a> <a href="/newsletter/">c</a>'
    assert links.below(html, "/news/", but_own=True) == (
        '<a href="/news/a/">a</a> <a href=/news>b</a> <a href="/news/newsletter/">c</a>'
    )
    assert links.below('<a href="/news/a/">a</a>', "/news/") == '<a href="/news/news/a/">a</a>'


def test_pictures_are_listed_once_each() -> None:
    html = "<img src=\"a.png\"><IMG alt='' src='b.png'><img src=c.png><img src='a.png'><img alt=x>"
    assert links.pictures(html) == ("a.png", "b.png", "c.png")


@pytest.mark.parametrize(
    ("address", "missing"),
    [
        ("/img/there.png", False),
        ("/img/th%65re.png?x=1#y", False),
        ("/img/gone.png", True),
        ("beside.png", False),
        ("../other/gone.png", True),
        ("https://other.example/x.png", False),
        ("//other.example/x.png", False),
        ("data:image/png;base64,AAAA", False),
        ("#x", False),
        ("http://[broken", False),
    ],
)
def test_missing_pictures(address: str, missing: bool) -> None:
    files = {"img/there.png", "blog/x/beside.png"}
    assert links.is_missing(address, "/blog/x/", files) is missing


def test_the_line_of_an_address_is_found_however_it_is_escaped() -> None:
    text = "one\n<img src='/a&amp;b.png'>\n![](/ü x.png)\n"
    assert links.line_of(text, "/a&b.png") == 2
    assert links.line_of(text, "/%C3%BC%20x.png") == 3
    assert links.line_of(text, "nowhere") is None


def test_a_path_within_another_address_is_not_its_line() -> None:
    text = "![](https://x.example/img/a.png)\n![](/img/a.png)\n"
    assert links.line_of(text, "/img/a.png") == 2


@pytest.mark.parametrize(
    "code",
    [
        "`![](/img/a.png)`\n",
        "``[a](/img/a.png) [b](/img/a.png)``\n",
        "```\n![](/img/a.png)\n```\n",
        "> ~~~~ md\n> ![](/img/a.png)\n> ~~~~\n",
    ],
)
def test_the_line_of_an_address_is_not_one_of_code(code: str) -> None:
    lines = code.count("\n")
    assert links.line_of(f"{code}\n![](/img/a.png)\n", "/img/a.png") == lines + 2
    # Unless it is in code alone, as in that of a shortcode.
    assert links.line_of(code, "/img/a.png") is not None


def test_anchors_are_ids_and_names_of_elements() -> None:
    html = '<h2 id="a">x id="no"</h2><a name=\'b&amp;c\'></a><p data-id="d">'
    assert links.anchors(html) == ("a", "b&c")


@pytest.mark.parametrize(
    ("fragment", "present", "leads"),
    [
        ("a", {"a"}, True),
        ("%C3%BC", {"ü"}, True),
        ("%C3%BC", {"%C3%BC"}, True),
        ("top", set(), True),
        ("b", {"a"}, False),
        ("b", None, True),
    ],
)
def test_a_fragment_leads_to_an_id_of_its_page(
    fragment: str, present: set[str] | None, leads: bool
) -> None:
    assert links.leads(fragment, present) is leads
