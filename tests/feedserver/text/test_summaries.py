"""Summaries: the first sentences of what is said."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedserver.text import summaries
from feedserver.text.html import parse, sanitise
from feedserver.text.summaries import sanitised_summary, summary
from tests.steps import steps


def test_summary_is_the_first_sentences() -> None:
    sentence = "This sentence is, as one sees, of some seventy characters, e.g. of some."
    html = f"<h2>No</h2><table><tr><td>no</table><pre>no</pre><p>{sentence} </p>" * 9
    assert summary(parse(html), 150) == f"{sentence} {sentence}"


def test_summary_ends_at_a_word_if_no_sentence_ends() -> None:
    assert summary(parse("<p>Oh. " + "word " * 100), 72) == "Oh." + " word" * 13 + "…"
    assert summary(parse("<p>" + "word, " * 100), 12) == "word, word…"
    assert summary(parse("漢" * 400), 100) == "漢" * 99 + "…"
    assert summary(parse("漢。" * 400), 100) == "漢。" * 50


def test_summary_of_little() -> None:
    assert summary(parse("<p>Short.</p>")) == "Short."
    assert summary(parse("<h2>Only this</h2>")) == "Only this"
    assert summary(parse("<p><img src=x></p>")) is None


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<p><a href="https://x.example/">Owls 3</a>!</p><p>News.</p>', "Owls 3! News."),
        (
            '<p><a href="https://x.example/">Release notes</a></p><p>News.</p>',
            "Release notes. News.",
        ),
        ('<p><a href="https://x.example/b">b</a></p><p>p</p>', "b. p"),
        ('<p>(<a href="https://x.example/">Owls 3</a>)</p><p>News.</p>', "(Owls 3). News."),
        ('<p><a href="https://x.example/embedded-owls">Owls</a></p><p>News.</p>', "Owls. News."),
        (
            '<p><a href="https://x.example/">A</a> and <a href="https://x.example/">B</a></p>'
            "<p>News.</p>",
            "A and B. News.",
        ),
    ],
)
def test_a_link_that_says_something_counts(html: str, expected: str) -> None:
    assert summary(parse(html)) == expected
    assert summary(parse(f"<blockquote>{html}</blockquote>")) == expected


@pytest.mark.parametrize(
    ("link", "text"),
    [
        ("https://x.example/a/", "https://x.example/a/"),
        ("https://x.example/a/", "x.example/a"),
        ("https://x.example/%C3%A4", "https://x.example/ä"),
    ],
)
def test_an_address_counts_only_where_nothing_else_does(link: str, text: str) -> None:
    html = f'<p><a href="{link}">{text}</a></p>'
    assert summary(parse(f"{html}<p>News.</p>")) == "News."
    assert summary(parse(html)) == text


@pytest.mark.parametrize(
    ("player", "text"),
    [
        ('<iframe src="https://films.example/1"></iframe>', "https://films.example/1"),
        ('<iframe src="https://films.example/1" title="Owls"></iframe>', "Owls"),
        ('<p><embed src="https://films.example/1" title="a > b"></p>', "a > b"),
        ('<figure><object data="/owls.pdf" title="Owls"></object></figure>', "Owls"),
        ('<p><iframe src="/1" title="One"></iframe> <iframe src="/2" title="Two"></p>', "One Two"),
    ],
)
def test_what_was_embedded_counts_only_where_nothing_else_does(player: str, text: str) -> None:
    html = sanitise(player, "https://e.org/p/")
    assert sanitised_summary(html) == text
    assert sanitised_summary(f"{html}<p>News.</p>") == "News."
    assert sanitised_summary(f"{html}<h4>News</h4>") == "News"
    assert sanitised_summary(f"<blockquote>{html}</blockquote><pre>code</pre>") == "code"


def test_a_text_beside_what_was_embedded_is_all_that_counts() -> None:
    html = sanitise('<p>Look: <iframe src="https://films.example/1"></iframe></p>', "https://e.org")
    assert sanitised_summary(html) == "Look:"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One</p><p>Two.</p><p>Three</p>", "One. Two. Three"),
        (
            "<p>New:</p><ul><li>a thing</li><li>two; </li><li>three!</li></ul><p>End</p>",
            "New: a thing. two; three! End",
        ),
        (
            "<blockquote><p>Said “so.”</p><p>(Yes.)</p><p>(No)</p></blockquote><p>x</p>",
            "Said “so.” (Yes.) (No). x",
        ),
        ("<ul><li><p>deep</p></li></ul><p></p><p>y</p>", "deep. y"),
        ("<p>a<br>b</p><div>c</div>d", "a b. c. d"),
        ("<p></p><p>only</p>", "only"),
        ("<p>at https://x.example/a</p><p>and</p>", "at https://x.example/a and"),
        ("<details><summary>More</summary><p>hidden</p></details><p>z</p>", "More. hidden. z"),
        (
            "<ul><li>Many owls<ul><li>Barn</li></ul></li><li>Few:<ol><li>b</li></ol></li></ul>",
            "Many owls. Barn. Few: b",
        ),
        (
            'text<p class="x">paragraph</p>text<dl><dt>term</dt><dd>what</dd></dl>',
            "text. paragraph. text. term. what",
        ),
        ("<p>a <picture>b</picture> <param>c</p>", "a b c"),
    ],
)
def test_summary_keeps_paragraphs_apart(html: str, expected: str) -> None:
    assert summary(parse(html)) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>One.</p><table><tbody><tr><td>{long}</td></tr></tbody></table><p>Two</p>", "One. Two"),
        ("<h2><span>{long}</span></h2><p>Two</p>", "Two"),
        ("<blockquote>{far}<p>One</p></blockquote><p>Two</p>", "One. Two"),
        ("<p>{letters}</p><p>Two</p>", "x" * 299 + "…"),
    ],
)
def test_summary_of_a_long_text(html: str, expected: str) -> None:
    html = html.format(
        long="<p>Word word.</p>" * 300,
        far=f'<p><img src="https://e.org/{"x" * 900}.png"></p>' * 2,
        letters="x" * 3000,
    )
    assert summary(parse(html)) == expected


def test_summary_does_not_end_in_two_signs() -> None:
    text = summary(parse("<p>Oh. No. " + "word " * 100 + "</p>"), 8)
    assert text == "Oh. No. …"


@pytest.mark.parametrize(
    "html",
    [
        '<p>First.<sup class="footnote-reference"><a href="https://a.example/#1">1</a></sup></p>'
        '<div class="footnote-definition" id="1"><sup>1</sup><p>Note.</p></div>',
        '<p>First<sup id="r:1"><a class="footnote-ref" href="https://a.example/#n:1">1</a></sup>.'
        '</p><div class="footnote"><hr><ol><li id="n:1"><p>Note.</p></li></ol></div>',
        '<p>First.<sup><a href="https://a.example/#1" id="r">[12]</a></sup></p>',
    ],
)
def test_summary_without_footnotes(html: str) -> None:
    assert summary(parse(html)) == "First."


def test_summary_with_what_is_no_footnote() -> None:
    html = '<p>10<sup>2</sup> and <sup><a href="https://a.example/">3</a></sup>.</p>'
    assert summary(parse(html)) == "102 and 3."


@pytest.mark.parametrize(
    "player",
    [
        '<p><a href="https://x.example/"><img src="https://x.example/a.png"><br>Watch</a></p>',
        '<p><a href="https://www.youtube.com/watch?v=owls">Regarder la vidéo</a></p>',
        '<p> <a title="t" href="https://www.youtube.com/playlist?list=owls">Owls, live</a> </p>',
        '<figure><video controls=""><source src="https://x.example/a.mp4">'
        '<a href="https://x.example/a.mp4">Watch the video</a></video></figure>',
        '<audio src="https://x.example/a.ogg">No sound in this browser.</audio>',
        '<p><img src="https://x.example/a.png" alt="An owl"></p>',
    ],
)
def test_what_is_watched_or_looked_at_says_nothing(player: str) -> None:
    assert summary(parse(player)) is None
    assert summary(parse(f"<blockquote>{player}</blockquote>")) is None
    assert summary(parse(f"{player}<p>News.</p>")) == "News."
    assert summary(parse(f"{player}<h4>Owls</h4>")) == "Owls"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<blockquote><h2>Owls 2</h2><p>News.</p></blockquote>", "Owls 2. News."),
        ("<blockquote><h4>Owls at last!</h4><p>News.</p></blockquote>", "Owls at last! News."),
        (
            "<blockquote><p>Said</p><h5>New</h5><ul><li>a</li></ul></blockquote>",
            "Said. New. a",
        ),
        (
            "<blockquote><blockquote><h2>In</h2></blockquote><h2>Out</h2></blockquote>",
            "In. Out",
        ),
        ("<blockquote><p>One.</p></blockquote><h4>No</h4><p>Two</p>", "One. Two"),
        ("<h4>No</h4><blockquote><p>Two</p></blockquote>", "Two"),
        ("<blockquote><h2>Owls</h2>{long}</blockquote>", "Owls. " + " ".join(["Word word."] * 26)),
    ],
)
def test_headings_in_a_quote_are_part_of_it(html: str, expected: str) -> None:
    assert summary(parse(html.format(long="<p>Word word.</p>" * 300))) == expected


PIECES = (
    *("<p>Owls fly. ", "<p>some more words ", "<p>", "</p>", "<h2>", "</h2>", "<pre>", "</pre>"),
    *("<table><tr><td>", "</td></tr></table>", "<blockquote>", "</blockquote>", "<ul><li>"),
    *("<video src=v>", "</video>", '<div class="footnote">', "</div>", '<a href="/a">', "</a>"),
)


@given(st.lists(st.sampled_from(PIECES), min_size=10, max_size=40), st.sampled_from([8, 20]))
@example(["<table><tr><td>", *["<p>some more words "] * 9, "</td></tr></table>", "<p>Owls fly."], 8)
@settings(max_examples=100, deadline=None)
def test_how_much_of_a_text_is_read_makes_no_difference(pieces: list[str], limit: int) -> None:
    html = sanitise("".join(pieces), "https://e.org/p/")
    # Before a paragraph without a class a text may be cut.
    whole = re.sub(r"<p>(?!\W*<a\b)", '<p class="one">', html)
    assert sanitised_summary(html, limit) == sanitised_summary(whole, limit)


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("Out now 🎉", "Out now 🎉 News."),
        ("Out now ❤️", "Out now ❤️ News."),
        ("Out now!🚀", "Out now!🚀 News."),
        ("By Ada 👩‍💻", "By Ada 👩‍💻 News."),
        ("Aus Österreich 🇦🇹", "Aus Österreich 🇦🇹 News."),
        ("Out in C♯", "Out in C♯. News."),
        ("Take 2️⃣", "Take 2️⃣ News."),
        ("Call *⃣", "Call *⃣ News."),
        ("Owls™️", "Owls™️ News."),
        ("Owls ®️", "Owls ®️ News."),
        ("Owls™", "Owls™. News."),
        ("Take 2", "Take 2. News."),
        ("No more :(", "No more :( News."),
        ("Out now :-)", "Out now :-) News."),
        ("Out now :D", "Out now :D News."),
        ("Owls &lt;3", "Owls <3 News."),
        ("Owls ^^", "Owls ^^ News."),
        ("See you o/", "See you o/ News."),
        ("We use Adobe XD", "We use Adobe XD. News."),
        ("A ratio of 4:3", "A ratio of 4:3. News."),
        (
            'Hoot <img alt="🦉" class="twemoji" src="https://a.example/1f989.svg" title=":owl:">',
            "Hoot 🦉 News.",
        ),
        (
            '<img class="emoji" src="https://a.example/1f989.svg" alt=":owl:"> Hoot',
            ":owl: Hoot. News.",
        ),
        ('Hoot <img src="https://a.example/a.png" alt="An owl">', "Hoot. News."),
    ],
)
def test_an_emoji_at_the_end_is_no_end_without_a_stop(first: str, expected: str) -> None:
    assert summary(parse(f"<p>{first}</p><p>News.</p>")) == expected


@pytest.mark.parametrize(
    "heading",
    [
        *("क्या है।", "کیا ہے؟", "خبریں۔", "أخبار؛", "Նորություններ։", "ዜና።", "သတင်း။", "ព័ត៌មាន។"),
        *("终于！", "終わり。", "新しい：", "（終わり。）", "Νέα;", "„Neu.“", "(So “it is.”)"),
        *("「終わり」", "『終わり』", "【お知らせ】", "（終わり）", "《终于》"),
    ],
)
def test_a_stop_of_any_script_is_a_stop_and_a_bracket_of_japanese_needs_none(heading: str) -> None:
    html = f"<blockquote><h2>{heading}</h2><p>Next.</p></blockquote>"
    assert summary(parse(html)) == f"{heading} Next."


@pytest.mark.parametrize("heading", ["终于", "お知らせ", "ニュース"])
def test_chinese_and_japanese_get_a_full_stop_of_their_own(heading: str) -> None:
    html = f"<blockquote><h2>{heading}</h2><p>我们的新版本来了。</p></blockquote>"
    assert summary(parse(html)) == f"{heading}。 我们的新版本来了。"


@pytest.mark.parametrize("heading", ["Up by 5%", "[Owls]", "“Owls”", "2″", "A & B"])
def test_other_signs_are_no_stops(heading: str) -> None:
    assert summary(parse(f"<p>{heading}</p><p>Next.</p>")) == f"{heading}. Next."


@pytest.mark.parametrize("stop", "।؟۔։።။។")
def test_summary_ends_at_a_sentence_of_any_script(stop: str) -> None:
    sentence = "शब्द " * 15 + stop
    assert summary(parse(f"<p>{f'{sentence} ' * 4}</p>"), 200) == f"{sentence} {sentence}"


@pytest.mark.parametrize("quotes", ["“”", "„“", "»«", "«»", "‹›"])
def test_summary_ends_behind_what_is_quoted(quotes: str) -> None:
    sentence = f"{quotes[0]}{'Wort ' * 15}Ende.{quotes[1]}"
    assert summary(parse(f"<p>{f'{sentence} ' * 4}</p>"), 200) == f"{sentence} {sentence}"


@pytest.mark.parametrize("between", [" | ", " * ", ", ", " • ", "\n"])
def test_a_row_of_links_counts_only_where_there_is_nothing_else(between: str) -> None:
    row = between.join(
        f'<a href="https://x.example/{word}">{word}</a>' for word in ("site", "repo")
    )
    assert summary(parse(f"<blockquote><p>{row}</p><p>Owls fly.</p></blockquote>")) == "Owls fly."
    assert summary(parse(f"<p>See {row}</p><p>Owls fly.</p>")) != "Owls fly."
    assert "site" in (summary(parse(f"<p>{row}</p>")) or "")


def test_what_looks_for_rows_of_links_takes_steps_in_line_with_the_length() -> None:
    link = '<a href="https://x.example/">x</a> | '
    few, many = (
        steps(summaries._ASIDE, f"<p>{link * count}y</p>", anchored=False) for count in (20, 40)
    )
    assert many < 2.5 * few
