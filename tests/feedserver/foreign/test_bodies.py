"""What of an item is its content, whatever element and type it has."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest

from tests.feedserver.foreign.test_reading import atom, content, entry, messages, one, read, rss

FILE = "https://files.letters.example/4.mp3"
ENCLOSURE = f'<enclosure url="{FILE}" length="9" type="audio/mpeg"/>'
BRIEF = "feed: carries only summaries: there are no updates to be had of it (source)"


def item(*elements: str) -> bytes:
    return rss(
        "<item><title>Tide</title><link>https://letters.example/4/</link>"
        f"<pubDate>Tue, 03 Mar 2026 08:00:00 GMT</pubDate>{''.join(elements)}</item>"
    )


def description(text: str, tag: str = "description") -> str:
    return f"<{tag}>{escape(text)}</{tag}>"


@pytest.mark.parametrize(
    "text",
    [
        'High water, <a href="https://tides.example/">a table</a>.',
        "<p>High <strong>water</strong> at <code>eight</code></p>",
        'High<br>water, <a href="https://tides.example/">a table</a>',
        '<div><p>High water, <a href="https://tides.example/">a table</a></p></div>',
        f'<p>{"High water. " * 200}<a href="https://tides.example/">A table</a></p>',
        f'<p>{"High water. " * 60}<a href="https://tides.example/">A table</a></p>',
        "<em>High</em> water",
        "High water. " * 100,
    ],
)
def test_a_description_of_one_block_keeps_what_is_in_it(text: str) -> None:
    found = one(item(description(text)))
    assert found.content == text.strip()
    assert found.summary.startswith("High")
    assert "<" not in found.summary


def test_an_enclosed_file_to_which_a_description_has_a_link_has_no_other() -> None:
    text = f'<p>Notes, <a href="{FILE}">download</a>.</p>'
    found = one(item(description(text), ENCLOSURE))
    assert found.content == text
    assert [each.url for each in found.attachments] == [FILE]


@pytest.mark.parametrize("text", ["High water.", "<p>High water.</p>", "High & low, 1 < 2"])
def test_a_description_of_text_alone_is_the_summary(text: str) -> None:
    found = read(item(description(text)))
    assert found.archive.entries[0].content is None
    assert messages(found) == [BRIEF]


def test_a_description_beside_content_is_the_summary() -> None:
    brief = description('High water. <a href="/4/">Read more</a>')
    found = one(item(brief, description("<p>All of it.</p>", "content:encoded")))
    assert (found.content, found.summary) == ("<p>All of it.</p>", "High water. Read more")


def test_a_description_beside_the_plain_one_of_itunes_keeps_its_links() -> None:
    name = "http://www.itunes.com/dtds/podcast-1.0.dtd"
    notes = '<p>Notes, <a href="https://tides.example/">a table</a>.</p>'
    plain = f'<itunes:summary xmlns:itunes="{name}">Notes, a table.</itunes:summary>'
    for elements in ((description(notes), plain), (plain, description(notes))):
        assert one(item(*elements)).content == notes


def test_issues_of_which_a_feed_has_a_few_words_are_told() -> None:
    week = item(description('In short. <a href="/4/">Read more</a>')).replace(
        b"Tide", b"This Week in Tides"
    )
    assert messages(read(week)) == [BRIEF]


@pytest.mark.parametrize("kind", ["text/markdown", "text/x-rst", "text/markdown; variant=GFM"])
def test_content_of_another_type_of_text_is_shown_as_plain_text(kind: str) -> None:
    text = f'<content type="{kind}">Some **tides** &lt;b&gt;.\n\nMore.</content>'
    found = one(atom(entry(text, title="")))
    assert found.content == "<p>Some **tides** &lt;b&gt;.</p><p>More.</p>"
    assert found.title == "Some **tides** <b>. More."


def test_content_that_can_not_be_shown_is_told() -> None:
    text = '<content type="application/json">{}</content>'
    found = read(atom(entry(text), entry(content("x"), id="https://letters.example/2/")))
    assert messages(found) == [
        "https://letters.example/1/: its content is application/json, which can't be shown, and"
        " left out (source)"
    ]


def test_content_that_is_empty_or_elsewhere_is_nothing_to_be_told() -> None:
    more = entry(content("x"), id="https://letters.example/2/")
    for element in (content(""), '<content type="image/png" src="/tide.png"/>'):
        assert messages(read(atom(entry(element), more))) == []


def test_a_summary_of_plain_text_is_no_markup() -> None:
    text = "<summary>The tag &lt;b&gt;b&lt;/b&gt; is bold.</summary>"
    found = one(atom(entry(text)))
    assert (found.content, found.summary) == (None, "The tag <b>b</b> is bold.")
