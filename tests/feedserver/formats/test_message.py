"""Messages for rooms: of what clients permit, within their limit, and readable as plain text."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedserver.formats import message
from feedserver.formats.message import Content, Linked, Part
from feedserver.model import Entry, IssueRef, Person, Project, Section, UpdateOf
from feedserver.text import html
from feedserver.text.words import Words
from tests.feedserver.text.test_html import SOUP

WORDS = Words("en")
ISSUE = IssueRef("https://owls.example/7/", "https://owls.example/7/", "Owls weekly, the seventh")
NIGHT = Entry(
    id="https://owls.example/7/#seagull",
    url="https://owls.example/7/#seagull",
    title="Seagull (Clients), 2026-05-08",
    published=datetime(2026, 5, 8, tzinfo=UTC),
    modified=datetime(2026, 5, 8, tzinfo=UTC),
    summary="Seagull flies.",
    content="<p>Seagull flies.</p>",
    authors=(Person("Ida"),),
    update=UpdateOf(
        ISSUE,
        Section("clients", "Dept of Clients 📱"),
        Project("seagull", "Seagull 2.1"),
        (),
        0,
    ),
)
POST = replace(
    NIGHT, id=ISSUE.url, url=ISSUE.url, title=ISSUE.title, update=None, sections=("clients",)
)

# Client-Server API v1.18, "m.room.message msgtypes".
PERMITTED: dict[str, set[str]] = {
    **{
        tag: set()
        for tag in (
            "del h1 h2 h3 h4 h5 h6 blockquote p ul sup sub li b i u strong em s hr br table thead"
            " tbody tr th td caption pre details summary"
        ).split()
    },
    "a": {"href"},
    "code": {"class"},
    "ol": {"start"},
}
SCHEMES = ("https:", "http:", "ftp:", "mailto:", "magnet:")


def made(content: str | None, limit: int = message.MOST) -> Content:
    found = message.of_entry(replace(NIGHT, content=content), WORDS, limit)
    assert found is not None
    return found


def formatted(content: str) -> str:
    """What follows the first line."""
    first, _, rest = made(content)["formatted_body"].partition("</p>")
    assert first.startswith("<p><strong>")
    return rest


def body(content: str) -> str:
    first, _, rest = made(content)["body"].partition("\n\n")
    assert first.startswith("Seagull 2.1 (Clients), Owls weekly, the seventh (https://owls.e")
    return rest


def size(content: Content) -> int:
    written = json.dumps({"content": content}, ensure_ascii=False, separators=(",", ":"))
    return len(written.encode())


def test_an_update_is_its_names_with_links_and_its_report() -> None:
    report = (
        "<p>A client for the seaside.</p>"
        '<p><a href="https://matrix.to/#/@ida:owls.example">Ida</a> says</p>'
        '<blockquote><p>It <strong>flies</strong>, see <a href="https://s.example/x">notes</a>.</p>'
        "<ul><li>over water</li><li>over land<ol><li>low</li><li>high</li></ol></li></ul>"
        "</blockquote>"
    )
    assert made(report) == {
        "msgtype": "m.notice",
        "body": (
            "Seagull 2.1 (Clients), Owls weekly, the seventh (https://owls.example/7/#seagull)\n\n"
            "A client for the seaside.\n\n"
            "Ida says\n\n"
            "> It flies, see notes (https://s.example/x).\n"
            ">\n"
            "> - over water\n"
            "> - over land\n"
            ">   1. low\n"
            ">   2. high"
        ),
        "format": "org.matrix.custom.html",
        "formatted_body": (
            '<p><strong><a href="https://owls.example/7/#seagull">Seagull 2.1 (Clients)</a>'
            '</strong>, <a href="https://owls.example/7/">Owls weekly, the seventh</a></p>' + report
        ),
    }


@pytest.mark.parametrize(
    ("content", "shown", "plain"),
    [
        # Headings don't shout.
        ("<h1>One</h1><h5>Five</h5>", "<h4>One</h4><h5>Five</h5>", "One\n\nFive"),
        # A picture, a video, a sound: a link, whose words are known or stand for it.
        (
            '<p><img src="https://p.example/a.png" alt="An owl"></p>',
            '<p><a href="https://p.example/a.png">An owl</a></p>',
            "An owl (https://p.example/a.png)",
        ),
        (
            '<img src="https://p.example/a.png">',
            '<p><a href="https://p.example/a.png">picture</a></p>',
            "picture (https://p.example/a.png)",
        ),
        (
            '<video controls><source src="https://p.example/a.mp4"></video>',
            '<p><a href="https://p.example/a.mp4">video</a></p>',
            "video (https://p.example/a.mp4)",
        ),
        (
            '<p><a href="https://v.example/"><img src="https://p.example/a" alt="Live"></a></p>',
            '<p><a href="https://v.example/">Live</a></p>',
            "Live (https://v.example/)",
        ),
        # One without a name in a link that says something itself is an ornament.
        (
            '<p><a href="https://v.example/"><img src="https://p.example/a" alt=""><br>See</a></p>',
            '<p><a href="https://v.example/">See</a></p>',
            "See (https://v.example/)",
        ),
        ("<p>One<br>two<br></p><p><br></p>", "<p>One<br>two</p>", "One\ntwo"),
        # An address isn't said twice, and a scheme that clients don't follow is text.
        (
            '<p><a href="https://v.example/">v.example</a></p>',
            '<p><a href="https://v.example/">v.example</a></p>',
            "https://v.example/",
        ),
        ('<p><a href="xmpp:x@y.example">x</a></p>', "<p>x</p>", "x"),
        # Elements of other names, and those that have none here.
        (
            "<p><kbd>Esc</kbd> <ins>new</ins> <strike>old</strike> <mark>that</mark></p>",
            "<p><code>Esc</code> <u>new</u> <s>old</s> that</p>",
            "Esc new ~~old~~ that",
        ),
        (
            "<div><p>a</p>b <em>c</em><p>d</p></div>",
            "<p>a</p><p>b <em>c</em></p><p>d</p>",
            "a\n\nb c\n\nd",
        ),
        ("<p>a<br>b</p><hr><p>c</p>", "<p>a<br>b</p><hr><p>c</p>", "a\nb\n\n---\n\nc"),
        (
            '<pre class="x"><code class="hl language-c++">int a;\n\n  a &lt; 1;\n</code></pre>',
            '<pre><code class="language-c++">int a;\n\n  a &lt; 1;\n</code></pre>',
            "int a;\n\n  a < 1;",
        ),
        (
            "<table><thead><tr><th>a</th><th><b>b</b></th></tr></thead>"
            "<tbody><tr><td>1</td><td>2</td></tr></tbody></table>",
            "<table><tbody><tr><th>a</th><th><b>b</b></th></tr>"
            "<tr><td>1</td><td>2</td></tr></tbody></table>",
            "a | b\n1 | 2",
        ),
        (
            "<table><caption>Nests</caption><tr><td>1</td></tr></table>",
            "<table><caption>Nests</caption><tbody><tr><td>1</td></tr></tbody></table>",
            "Nests\n1",
        ),
        (
            '<ol start="4"><li><p>a</p><p>b</p></li><li>c</li></ol>',
            '<ol start="4"><li><p>a</p><p>b</p></li><li>c</li></ol>',
            "4. a\n   b\n5. c",
        ),
        (
            '<ul><li><input type="checkbox" disabled checked>done</li></ul>',
            "<ul><li>☑ done</li></ul>",
            "- ☑ done",
        ),
        (
            "<details><summary>More</summary><p>secret</p></details>",
            "<details><summary>More</summary><p>secret</p></details>",
            "More\n\nsecret",
        ),
        ("<dl><dt>owl</dt><dd>a bird</dd></dl>", "<p>owl</p><p>a bird</p>", "owl\n\na bird"),
        ("<p>1 &lt; 2 &amp; 3</p>", "<p>1 &lt; 2 &amp; 3</p>", "1 < 2 & 3"),
        # Nothing to see.
        ('<p>\n</p><p><a href="https://v.example/"></a></p>', "", ""),
    ],
)
def test_what_becomes_of_elements(content: str, shown: str, plain: str) -> None:
    assert formatted(content) == shown
    assert body(content) == plain


def test_a_long_update_ends_with_a_paragraph_and_leads_to_the_rest() -> None:
    said = [f"<p>{number}. {'word ' * 60}end {number}.</p>" for number in range(30)]
    found = made("".join(said))
    assert 5_000 < size(found) <= 6_000
    shown = found["formatted_body"]
    assert shown.endswith('.</p><p><a href="https://owls.example/7/#seagull">Read the rest</a></p>')
    assert found["body"].endswith("\n\nRead the rest: https://owls.example/7/#seagull")
    # Whole where there is room for it.
    whole = made("".join(said), message.WHOLE)
    assert "end 29." in whole["formatted_body"]
    assert "Read the rest" not in whole["body"]


def test_a_long_list_ends_with_an_item() -> None:
    items = "".join(f"<li>item {number} {'word ' * 30}</li>" for number in range(60))
    shown = formatted(f"<p>All of it:</p><blockquote><ul>{items}</ul></blockquote>")
    assert "word</li></ul></blockquote><p><a " in shown


def test_nobody_is_left_announced() -> None:
    """Neither a heading nor "Ida says:" stands at the end."""
    long = "<p>" + "A sentence of some length. " * 130 + "</p>"
    shown = formatted(f"<p>First.</p><h3>Then</h3><p>Ida says:</p><blockquote>{long}</blockquote>")
    assert shown.startswith("<p>First.</p><p><a ")


def test_a_first_paragraph_that_is_too_long_ends_with_a_sentence() -> None:
    long = "A sentence of some length & more. " * 300
    shown = formatted(f"<p>Ida says:</p><blockquote><p>{long}</p></blockquote>")
    assert shown.startswith("<p>Ida says:</p><blockquote><p>A sentence of some length &amp; more.")
    assert "more.</p></blockquote><p><a " in shown
    assert size(made(f"<p>{long}</p>")) <= 6_000
    # One without a sentence ends with a word, and without words anywhere.
    assert "word</p><p><a " in formatted(f"<p>{'word ' * 3000}</p>")
    assert size(made(f"<p>{'o' * 9000}</p>")) > 5_000


def test_a_report_that_is_one_long_paragraph_is_begun() -> None:
    """Whoever is announced says something, with a colon or without."""
    long = "A sentence of some length & more. " * 300
    shown = formatted(f"<p>Ida reports</p><blockquote><p>{long}</p></blockquote>")
    assert shown.startswith(
        "<p>Ida reports</p><blockquote><p>A sentence of some length &amp; more."
    )
    # What was said before it isn't left for that.
    shown = formatted(f"<p>A client.</p><p>Ida reports</p><blockquote><p>{long}</p></blockquote>")
    assert shown.startswith("<p>A client.</p><p><a ")


def test_code_that_is_too_long_ends_with_a_line_and_a_table_is_never_a_heap_of_words() -> None:
    code = "nest = find(owl, near=water)\n" * 400
    shown = formatted(f'<pre><code class="language-python">{code}</code></pre>')
    assert shown.startswith('<pre><code class="language-python">nest = find(owl, near=water)\nnest')
    assert "near=water)\n</code></pre><p><a " in shown
    assert 5_000 < size(made(f"<pre><code>{code}</code></pre>")) <= 6_000
    rows = "<tr><td>owl</td><td>nest</td></tr>" * 400
    assert formatted(f"<table>{rows}</table>").startswith("<p><a ")


def test_what_has_no_content_is_its_names() -> None:
    assert made(None)["body"] == (
        "Seagull 2.1 (Clients), Owls weekly, the seventh (https://owls.example/7/#seagull)"
    )


def test_names_that_are_too_long_are_cut_and_addresses_leave_nothing() -> None:
    title = Project("x", "x" * 9000)
    assert NIGHT.update
    long = replace(NIGHT, update=replace(NIGHT.update, project=title))
    found = message.of_entry(long, WORDS)
    assert found and len(found["body"]) < 1_000
    far = replace(NIGHT, url="https://owls.example/" + "x" * 9000)
    assert message.of_entry(far, WORDS) is None


def test_a_post_is_its_title_and_text() -> None:
    post = replace(POST, sections=(), content="<p>Hoo.</p>")
    found = message.of_entry(post, WORDS)
    assert found
    assert found["body"] == "Owls weekly, the seventh (https://owls.example/7/)\n\nHoo."


ISSUE_HTML = (
    '<p>Hello.</p><h3 id="spec">Matrix Spec</h3><p>s</p>'
    '<h2 id="dept-of-clients">Dept of Clients 📱</h2>'
    '<h3 id="seagull">Seagull (<a href="https://s.example/">website</a>)</h3><p>a</p>'
    '<h3 id="owl">Owl &amp; Co</h3><p>b</p>'
    '<h2 id="talks">Talks</h2><p>c</p><h2 id="gone">That\'s all I know</h2><p>d</p>'
)


def test_an_issue_is_a_digest_of_its_sections_and_projects() -> None:
    found = message.of_entry(
        replace(POST, sections=("clients", "talks"), content=ISSUE_HTML), WORDS
    )
    base = "https://owls.example/7/#"
    assert found
    assert found["formatted_body"] == (
        '<p><strong><a href="https://owls.example/7/">Owls weekly, the seventh</a></strong></p>'
        f'<ul><li><a href="{base}spec">Matrix Spec</a></li>'
        f'<li><a href="{base}dept-of-clients">Dept of Clients 📱</a>: '
        f'<a href="{base}seagull">Seagull</a>, <a href="{base}owl">Owl &amp; Co</a></li>'
        f'<li><a href="{base}talks">Talks</a></li></ul>'
    )
    assert found["body"] == (
        "Owls weekly, the seventh (https://owls.example/7/)\n\n"
        "- Matrix Spec\n- Dept of Clients 📱: Seagull, Owl & Co\n- Talks"
    )


def test_a_registry_that_gives_sections_other_slugs_hides_none() -> None:
    found = message.of_entry(replace(POST, sections=("apps", "talks"), content=ISSUE_HTML), WORDS)
    assert found and "Dept of Clients 📱: Seagull" in found["body"]


@pytest.mark.parametrize("projects", [30, 60, 150, 600])
def test_a_digest_links_projects_as_long_as_they_fit(projects: int) -> None:
    parts = [
        Part(
            Linked(f"Section {section}", f"https://owls.example/7/#s{section}"),
            tuple(
                Linked(f"Project {section}.{number}", f"https://owls.example/7/#p{number}")
                for number in range(projects // 10)
            ),
        )
        for section in range(10)
    ]
    found = message.digest(Linked("Seventh", "https://owls.example/7/"), parts, WORDS)
    assert found and size(found) <= 6_000
    shown = found["formatted_body"]
    assert all(f">Section {section}</a>" in shown for section in range(10))
    assert ("Project 9.2" in shown) is (projects <= 150)
    assert ("Read the rest" in shown) is (projects > 150)
    if projects == 30:
        assert shown.count("<a ") == 41
    if projects == 150:
        assert 12 < shown.count("<a ") < 100


def test_sections_that_are_too_many_end_too() -> None:
    parts = [Part(Linked(f"Section {n}", f"https://owls.example/7/#{n}"), ()) for n in range(500)]
    found = message.digest(Linked("Seventh", "https://owls.example/7/"), parts, WORDS)
    assert found and 5_000 < size(found) <= 6_000
    assert found["formatted_body"].endswith("Read the rest</a></p>")


def test_words_are_in_the_language_of_the_site() -> None:
    found = message.of_entry(
        replace(NIGHT, content='<img src="https://p.example/a.png">'), Words("de")
    )
    assert found and found["body"].endswith("Bild (https://p.example/a.png)")


class _Strict(HTMLParser):
    """Holds HTML against what clients permit."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.deepest = 0
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= PERMITTED[tag], (tag, attrs)
        for name, value in attrs:
            assert value is not None
            if name == "href":
                assert value.startswith(SCHEMES)
            elif name == "class":
                assert value.startswith("language-")
            elif name == "start":
                assert value.isdigit()
        if tag not in ("br", "hr"):
            self.open.append(tag)
            self.deepest = max(self.deepest, len(self.open))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@given(SOUP, st.sampled_from([600, 1_000, 6_000, 23_000]))
def test_any_html_gives_what_clients_permit(soup: str, limit: int) -> None:
    content = html.sanitise(soup * 3, "https://owls.example/7/")
    found = made(content, limit)
    assert size(found) <= limit
    checked = _Strict()
    checked.feed(found["formatted_body"])
    checked.close()
    assert not checked.open
    assert checked.deepest <= 100
    # It is the same HTML when a parser has read it.
    assert html.serialise(html.parse(found["formatted_body"])) == found["formatted_body"]
    assert made(content, limit) == found
    assert "m.mentions" not in found


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=400)))
def test_what_stands_before_the_rest_begins_the_text(paragraphs: list[str]) -> None:
    soup = "".join(f"<blockquote><p>{said}</p></blockquote>" for said in paragraphs)
    content = html.sanitise(soup.replace("<img", "<b"), "https://owls.example/7/")
    shown = html.parse(made(content, 1_500)["formatted_body"])
    if html.text(shown[-1:]) == "Read the rest":
        shown = shown[:-1]
    assert html.text(html.parse(content)).startswith(html.text(shown[1:]))
