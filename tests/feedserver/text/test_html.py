"""An entry's HTML: what may stay, where addresses lead, what a person reads of it."""

from __future__ import annotations

import re

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedserver.text import summaries
from feedserver.text._nesting import nest
from feedserver.text.html import first_image, parse, plain, sanitise, serialise, text
from tests.conftest import ends, examples

BASE = "https://example.org/blog/post/"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<script>a()</script><p>b</p>", "<p>b</p>"),
        ("<style>p{}</style><noscript>x</noscript><template>y</template>z", "z"),
        ("<svg><path d='M0'/><text>x</text></svg><math><mi>y</mi></math>z", "z"),
        ("<mx-reply><b>old</b></mx-reply>new", "new"),
        ("<x-card><b>kept</b></x-card><font color=red>f</font>", "<b>kept</b>f"),
        ("a<!-- secret -->b", "ab"),
        ('<p onclick="x()" data-y="1" aria-label="z">a</p>', "<p>a</p>"),
        ("<a href='javascript:x()'>a</a>", "<a>a</a>"),
        ("<a href='java&#10;script:x()'>a</a>", "<a>a</a>"),
        ("<a href='&#1;javascript:x()'>a</a>", "<a>a</a>"),
        ("<a href='http://['>a</a>", "<a>a</a>"),
        ("<img src='data:image/png;base64,AA' alt=x>a", "a"),
        ("<form action=/x><input name=q><input type=text>a</form>", "a"),
        (
            "<ul><li><input type=checkbox checked> a</ul>",
            '<ul><li><input type="checkbox" checked="" disabled=""> a</li></ul>',
        ),
        (
            "<p style='color: RED; position:fixed; background-color:url(x)'>a</p>",
            '<p style="color: red">a</p>',
        ),
        ("<p style='position:fixed'>a</p>", "<p>a</p>"),
        ("<p id=x>a</p><p id=x>b</p><p id=''>c</p>", '<p id="x">a</p><p>b</p><p>c</p>'),
        ("a &lt; b & c", "a &lt; b &amp; c"),
    ],
)
def test_what_readers_refuse_is_taken_out(given: str, expected: str) -> None:
    assert sanitise(given, BASE) == expected


@pytest.mark.parametrize(
    "html",
    [
        '<h2 id="a" class="b" lang="de" dir="ltr" title="c">d</h2>',
        '<video controls="" loop="" poster="https://e.org/p.png" src="https://e.org/v.mp4"></video>',
        '<picture><source srcset="https://e.org/a.webp 2x"><img src="https://e.org/a.png" alt="">'
        "</picture>",
        "<details open=''><summary>a</summary>b</details>".replace("''", '""'),
        '<figure><img src="https://e.org/a.png"><figcaption>x</figcaption></figure>',
        "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>b</td></tr></tbody></table>",
        "<dl><dt>a</dt><dd>b</dd></dl><p><ins>a</ins><del>b</del><mark>c</mark><kbd>d</kbd></p>",
        '<pre><code class="language-rust">Vec&lt;T&gt;\n</code></pre>',
        "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>",
    ],
)
def test_ordinary_elements_stay_as_they_are(html: str) -> None:
    assert sanitise(html, BASE) == html


def test_stray_characters_go_however_they_are_written() -> None:
    raw = "a\0b\x01c\x7fd\x85e\ufffdf\ud800g\ufdd0h\U0001fffei"
    assert sanitise(raw, BASE) == "abcdefghi"
    references = "a&#0;b&#1;c&#x7f;d&#xfffd;e&#xd800;f&#xfffe;g&#13;h"
    assert sanitise(f"<p title='{references}'>{references}", BASE) == (
        '<p title="abcdefgh">abcdefgh</p>'
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<p>a<button><p>b</p></button></p>", "a<p>b</p>"),
        ("<p>a<button><div>b</div></button></p>", "a<div>b</div>"),
        (
            "<a href=/x>a<marquee><a href=/y>b</a></marquee></a>",
            '<a href="https://example.org/x">ab</a>',
        ),
        ("<li>a<button><li>b</button>", "<li>ab</li>"),
        ("<dd>a<button><dt>b</button>", "<dd>ab</dd>"),
        ("<h2>a<button><h3>b</h3></button></h2>", "<h2>ab</h2>"),
        ("<table><tr><td>a</table>", "<table><tbody><tr><td>a</td></tr></tbody></table>"),
        ("<rt>a</rt>", "a"),
        ("<pre>\n\n\na</pre>", "<pre>a</pre>"),
        ("<b>1<b>2<b>3<b>4", "<b>1<b>2<b>34</b></b></b>"),
    ],
)
def test_misplaced_elements_are_unwrapped(given: str, expected: str) -> None:
    assert sanitise(given, BASE) == expected


def test_a_link_in_a_cell_in_a_link_goes() -> None:
    out = sanitise("<a href=/x><table><tr><td><a href=/y>b</a></table></a>", BASE)
    assert out.count("<a ") == 1
    assert "<td>b</td>" in out


def test_nesting_has_a_limit() -> None:
    out = sanitise("<div>" * 500 + "deep", BASE)
    assert out.count("<div>") == 100
    assert "deep" in out


def test_nest_takes_what_no_table_can_hold() -> None:
    html = "<table>text<tbody><tr><p>a</p><td>b</td></tr></tbody></table>"
    assert nest(html) == "<table><tbody><tr><td>b</td></tr></tbody></table>"
    assert nest("<div><td>a</td></div>") == "<div>a</div>"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            '<iframe src="https://www.youtube.com/embed/AbC-_1?start=7" title="A talk"></iframe>',
            '<p><a href="https://www.youtube.com/watch?v=AbC-_1&amp;t=7s">A talk</a></p>',
        ),
        (
            "<p>See <iframe src='//www.youtube-nocookie.com/embed/AbC'></iframe></p>",
            '<p>See <a href="https://www.youtube.com/watch?v=AbC">Watch the video</a></p>',
        ),
        (
            '<iframe src="https://www.youtube.com/embed/videoseries?list=PL1"></iframe>',
            '<p><a href="https://www.youtube.com/playlist?list=PL1">Watch the video</a></p>',
        ),
        (
            "<noscript><a href=x>Live</a></noscript>"
            '<youtube-player video-id="AbC" start="90"></youtube-player>',
            '<p><a href="https://www.youtube.com/watch?v=AbC&amp;t=90s">Watch the video</a></p>',
        ),
        (
            '<youtube-player video-id="AbC"><p>after</p>',
            '<p><a href="https://www.youtube.com/watch?v=AbC">Watch the video</a></p><p>after</p>',
        ),
        ('<youtube-player video-id="a b"></youtube-player>c', "c"),
        (
            '<iframe src="/map.html"></iframe>',
            '<p><a href="https://example.org/map.html">https://example.org/map.html</a></p>',
        ),
        ("<iframe></iframe><iframe src='javascript:x'>y</iframe>z", "z"),
        ("<object><b>instead</b></object>", "<b>instead</b>"),
        (
            '<object data="/a.pdf">no <embed src="/b.swf"></object>',
            '<p><a href="https://example.org/a.pdf">https://example.org/a.pdf</a></p>',
        ),
        (
            '<object><param name="movie"><embed src="http://www.youtube.com/v/AbC"></object>',
            '<p><a href="https://www.youtube.com/watch?v=AbC">Watch the video</a></p>',
        ),
        (
            '<li><embed src="https://e.org/x" title="X &amp; &lt;b>"></li>',
            '<li><p><a href="https://e.org/x">X &amp; &lt;b&gt;</a></p></li>',
        ),
    ],
)
def test_embedded_players_become_links_that_are_known_for_it(given: str, expected: str) -> None:
    assert sanitise(given, BASE) == expected.replace('">', '" class="twim-embedded">')


def test_a_player_named_in_a_text_stays_text() -> None:
    assert sanitise("<code>&lt;iframe src=x></code>", BASE) == "<code>&lt;iframe src=x&gt;</code>"


def test_anchors_of_headings_go_and_links_in_headings_stay() -> None:
    html = (
        '<h2 id="a">A <a class="zola-anchor" href="#a">🔗</a></h2>'
        '<h3><a class="headerlink" href="#b">¶</a>B</h3>'
        '<h4><a class="anchor" href="/c">C</a> <a href="/d">#</a></h4>'
    )
    assert sanitise(html, BASE) == (
        '<h2 id="a">A</h2><h3>B</h3>'
        '<h4><a class="anchor" href="https://example.org/c">C</a>'
        ' <a href="https://example.org/d">#</a></h4>'
    )


def test_every_address_of_an_entry_is_absolute() -> None:
    html = (
        '<a href="#fn1">1</a><img src=" a b.png " longdesc="d" srcset="a.png 1x,'
        '/ü.png 2x, c.png nonsense, data:x,y 3x,//e.org/d.png,">'
        '<video poster="p.png" src="v.mp4"><track src="t.vtt"></video><q cite="/c">x</q>'
    )
    assert sanitise(html, BASE) == (
        '<a href="https://example.org/blog/post/#fn1">1</a>'
        '<img src="https://example.org/blog/post/a%20b.png"'
        ' longdesc="https://example.org/blog/post/d"'
        ' srcset="https://example.org/blog/post/a.png 1x, https://example.org/%C3%BC.png 2x,'
        ' https://e.org/d.png">'
        '<video poster="https://example.org/blog/post/p.png"'
        ' src="https://example.org/blog/post/v.mp4">'
        '<track src="https://example.org/blog/post/t.vtt"></video>'
        '<q cite="https://example.org/c">x</q>'
    )


SOUP = st.lists(
    st.one_of(
        st.builds(
            "<{}{}{}>".format,
            st.sampled_from(["", "", "", "/"]),
            st.sampled_from(
                "a b i em code p div h2 ul li dl dt dd table tbody tr td caption col pre ruby rt"
                " button object iframe form select option textarea title svg math mtext template"
                " x-a youtube-player img br input details blockquote".split()
            ),
            st.sampled_from(
                [
                    "",
                    " id=x",
                    " href='#y'",
                    " src=/z",
                    " type=checkbox",
                    ' title="a>b"',
                    " on=",
                    "/",
                ]
            ),
        ),
        st.sampled_from(
            [
                "x",
                "\n",
                "&",
                "&lt;",
                "&#0;",
                "&#13;",
                "<",
                "</",
                "<!--",
                "-->",
                "<![CDATA[",
                "\0",
                "é",
            ]
        ),
        st.text(max_size=3),
    ),
    max_size=25,
).map("".join)


@settings(max_examples=examples(300))
@given(SOUP)
def test_any_soup_becomes_html_without_errors(soup: str) -> None:
    html = sanitise(soup, BASE)
    html5lib.HTMLParser(strict=True).parseFragment(html)
    assert sanitise(html, BASE) == html
    ids = re.findall(r'<[^>]* id="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    nodes = parse(html)
    assert "  " not in text(nodes)
    summaries.summary(nodes)


@pytest.mark.parametrize(
    "html",
    [
        '<img srcset="' + "," * 20000 + '">',
        "<h2>" + " " * 20000,
        "<a href=x>" * 3000,
        "&#1;" * 9000,
    ],
)
def test_hostile_lengths_come_to_an_end(html: str) -> None:
    with ends():
        sanitise(html, BASE)


def test_a_fragment_is_held_as_its_top_level_nodes() -> None:
    html = "\n<p>a</p>\n\n<p>b</p> x &lt; <b>c</b> <i>d</i>\n"
    nodes = parse(html)
    assert [node.tag for node in nodes] == ["p", "p", "-text", "b", "-text", "i"]
    assert serialise(nodes) == "<p>a</p><p>b</p> x &lt; <b>c</b> <i>d</i>"
    assert serialise(nodes[1:2]) == "<p>b</p>"
    assert parse("") == []


def test_text_is_what_a_person_reads() -> None:
    html = (
        "<h2>One</h2><p>a<b>b</b>&nbsp;c<br>d,\n e</p><ul><li>f<li>g</ul>"
        '<table><tr><td>h<td>i</table><img src=x alt="not me"><pre>j\nk</pre>&lt;l&gt; &amp;amp;'
    )
    assert text(parse(html)) == "One ab c d, e f g h i j k <l> &amp;"
    assert text([]) == ""


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("R&amp;D", "R&D"),
        ("  a\n b ", "a b"),
        ("<b>Vec</b>&lt;T&gt;", "Vec<T>"),
        ("a<script>x</script><!-- y -->b", "ab"),
        ("a < b", "a < b"),
        ("a\x01b", "ab"),
    ],
)
def test_plain_text_of_a_snippet(given: str, expected: str) -> None:
    assert plain(given) == expected


def test_the_first_image_is_no_pixel_that_counts() -> None:
    html = (
        'text<p><img src="https://e.org/1.gif" width="1" height="1"><img alt="none">'
        '<img src="https://e.org/2.png"></p><img src="https://e.org/3.png">'
    )
    assert first_image(parse(html)) == "https://e.org/2.png"
    assert first_image(parse('<img src="https://e.org/a.png">')) == "https://e.org/a.png"
    assert first_image(parse("<p>none</p>")) is None


def test_nothing_ends_the_rounds_but_text_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedserver.text.html._ROUNDS", 1)
    assert sanitise("<p>a &lt;<button><p>b</button>", BASE) == "a &lt; b"
