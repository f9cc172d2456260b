"""What generators leave to style sheets and scripts is plain HTML in entries."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedserver.text.html import sanitise
from tests.conftest import examples

PAGE = "https://news.example/blog/one/"


def _shown(html: str) -> str:
    """What a reader without styles shows."""
    return unescape(re.sub("<[^>]*>", "", sanitise(html, PAGE)))


TABLE = (
    '<div class="highlight"><table class="{}"><tbody><tr><td class="{}">{}</td>'
    '<td class="{}"><div><pre><code>tide = 7\n12\n</code></pre></div></td></tr></tbody></table>'
    "</div>"
)


@pytest.mark.parametrize(
    "html",
    [
        TABLE.format(
            "highlighttable",
            "linenos",
            '<div class="linenodiv"><pre><span class="normal">1</span>\n2</pre></div>',
            "code",
        ),
        TABLE.format("rouge-table", "gutter gl", '<pre class="lineno">1\n2\n</pre>', "code"),
        TABLE.format(
            "lntable", "lntd", '<pre><code><span class="lnt">1\n2\n</span></code></pre>', ""
        ),
        TABLE.format(
            "", "", '<pre><code><span style="user-select:none">1\n2</span></code></pre>', ""
        ),
        TABLE.format("hexo", "gutter", '<pre><span class="line">1</span><br>2</pre>', "code"),
        "<pre data-linenos><code><table><tbody><tr><td>1</td><td>tide = 7\n</td></tr>"
        "<tr><td>2</td><td>12\n</td></tr></tbody></table></code></pre>",
        "<pre data-linenos><code><table><tbody><tr><td>1</td><td>tide = 7</td></tr>"
        "<tr><td>2</td><td>12</td></tr></tbody></table></code></pre>",
        '<pre><span class="linenos">1</span>tide = 7\n<span class="linenos">2</span>12\n</pre>',
        '<pre><span class="lineno"> 1 </span>tide = 7\n<span class="lineno"> 2 </span>12\n</pre>',
        '<pre><code><span class="linenos" data-linenos="1 "></span>tide = 7\n12\n</code></pre>',
        '<pre><a class="linenos" href="#l-1">1</a>tide = 7\n<i class="ln">2</i>12\n</pre>',
        '<pre><span class="giallo-ln">1</span>tide = 7\n<span class="ln">2</span>12\n</pre>',
        '<pre><code><span style="-webkit-user-select:none;user-select: none">1</span>tide = 7\n12\n'
        "</code></pre>",
    ],
)
def test_code_has_no_line_numbers(html: str) -> None:
    assert _shown(html) == "tide = 7\n12\n"
    clean = sanitise(html, PAGE)
    assert "<table" not in clean and clean.count("<pre") == 1


@pytest.mark.parametrize(
    "html",
    [
        '<pre><span></span><code><a id="__codelineno-0-1" name="__codelineno-0-1"></a>'
        '<a href="#__codelineno-0-1"><span class="linenos">1</span></a>tide = 7\n</code></pre>',
        '<pre><span></span><code><a id="__codelineno-0-1" name="__codelineno-0-1"></a>'
        '<a href="#__codelineno-0-1"><span class="linenos" data-linenos="1 "></span></a>tide = 7\n'
        "</code></pre>",
        '<pre><span></span><code><a id="__codelineno-0-1" name="__codelineno-0-1"'
        ' href="#__codelineno-0-1"></a>tide = 7\n</code></pre>',
    ],
)
def test_of_links_to_lines_of_code_nothing_is_left(html: str) -> None:
    assert sanitise(html, PAGE) == "<pre><span></span><code>tide = 7\n</code></pre>"


def test_other_links_in_code_stay() -> None:
    html = '<pre><code><a href="https://a.example/">tide</a> <a id="lineno-1"> </a>= 7</code></pre>'
    assert sanitise(html, PAGE) == html
    assert '<a id="lineno"></a>' in sanitise('<p><a id="lineno"></a>Tide</p>', PAGE)


def test_the_name_of_a_file_stays_above_its_code() -> None:
    html = TABLE.format("highlighttable", "linenos", "<pre>1</pre>", "code").replace(
        "<tbody>", '<tbody><tr><th colspan="2"><span class="filename">tide.py</span></th></tr>'
    )
    assert _shown(html) == "tide.pytide = 7\n12\n"
    assert '<span class="filename">tide.py</span><div><pre>' in sanitise(html, PAGE)


@pytest.mark.parametrize(
    "html",
    [
        "<table><tbody><tr><td>1</td><td>Ada</td></tr></tbody></table>",
        '<table><tbody><tr><td>1</td><td class="icon-box">Ada</td></tr></tbody></table>',
        '<p class="gutter">1</p>',
        '<pre class="line-numbers"><code>42</code></pre>',
        '<pre><code><span class="ln">ln -s</span></code></pre>',
        "<p>Lineno 1 and <code>icon</code></p>",
        '<span id="continue-reading"></span><label class="task-list-control">'
        '<span class="task-list-indicator"></span></label>',
        '<p><i class="icon"><b>bold</b></i></p>',
    ],
)
def test_what_only_looks_like_it_stays(html: str) -> None:
    assert sanitise(html, PAGE) == html


TABS = (
    '<div class="tabbed-set tabbed-alternate" data-tabs="1:2"><input checked="checked" id="t1"'
    ' name="t" type="radio"><input id="t2" name="t" type="radio"><div class="tabbed-labels">'
    '<label for="t1">{}</label><label for="t2">{}</label></div><div class="tabbed-content">'
    '<div class="tabbed-block">{}</div><div class="tabbed-block">{}</div></div></div>'
)


@pytest.mark.parametrize(
    ("html", "order"),
    [
        (TABS.format("Sail", "Oar", "<p>wind</p>", "<p>arms</p>"), "Sail wind Oar arms"),
        (
            TABS.format("A", "B", TABS.format("c", "d", "<p>1</p>", "<p>2</p>"), "<p>3</p>"),
            "A c 1 d 2 B 3",
        ),
        (TABS.format("<code>x</code> y", " ", "<p>1</p>", "<p>2</p>"), "x y 1 2"),
        (
            '<div class="tabbed-set"><input id="a" type="radio"><label for="a">Sail</label>'
            '<div class="tabbed-content"><p>wind</p></div><input id="b" type="radio">'
            '<label for="b">Oar</label><div class="tabbed-content"><p>arms</p></div></div>',
            "Sail wind Oar arms",
        ),
        (
            '<div class="vp-code-group"><div class="tabs"><input type="radio"><label>Sail</label>'
            '<input type="radio"><label>Oar</label></div><div class="blocks"><div class="active">'
            "<pre>wind</pre></div><div><pre>arms</pre></div></div></div>",
            "Sail wind Oar arms",
        ),
        (
            '<div><ul role="tablist"><li role="tab">Sail</li><li role="tab">Oar</li></ul><div>'
            '<div role="tabpanel">wind</div><div role="tabpanel" hidden>arms</div></div></div>',
            "Sail wind Oar arms",
        ),
        (
            '<div class="tabbed-set"><div class="tabbed-labels"><label>Sail</label></div></div>',
            "Sail",
        ),
        ('<ul role="tablist"><li role="tab">Sail</li></ul>', "Sail"),
    ],
)
def test_the_label_of_a_tab_stands_before_its_content(html: str, order: str) -> None:
    clean = sanitise(f"{html}<!-- tabbed-set -->", PAGE)
    assert " ".join(re.sub("<[^>]*>", " ", clean).split()) == order
    assert "tabbed-block" not in clean and "<input" not in clean
    assert sanitise(clean, PAGE) == clean


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('<span class="twemoji"><svg><title>x</title><path d="M0"/></svg></span>!', "!"),
        ('<i class="fa-solid fa-anchor" title="Anchor"></i>!', "Anchor!"),
        ('<i class="fas fa-anchor" aria-label="Anchor"></i>!', "Anchor!"),
        ('<i class="fas fa-anchor" title="Anchor" aria-hidden="true"></i>!', "!"),
        ('<span class="icon">\ue001</span>!', "!"),
        ('<a href="/x" title="Anchor"><i class="mdi mdi-anchor"></i></a>!', "Anchor!"),
        ('<span class="material-icons">anchor</span>!', "anchor!"),
    ],
)
def test_icons_that_are_drawn_leave_their_name_or_nothing(html: str, shown: str) -> None:
    assert _shown(html) == shown


def test_a_paragraph_of_icons_alone_leaves_nothing() -> None:
    icon = '<i class="icon"></i>'
    assert sanitise(f"<p>a</p><p>{icon} {icon}</p><p>b</p>", PAGE) == "<p>a</p><p>b</p>"
    # A heading has its place in an issue, and a picture is to be seen.
    kept = sanitise(f"<h2>{icon}</h2><p>{icon}<img src='/a.png'></p>", PAGE)
    assert "<h2" in kept and "<img" in kept


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ('Sails<a class="headerlink" href="#s" title="Permanent link">Link</a>', "Sails"),
        ('Sails <a class="mine" href="/blog/one/#s">Permalink</a>', "Sails"),
        ('<a class="anchor" href="#s">link to this</a> Sails', "Sails"),
        ('⛵<a class="headerlink" href="#s">Link</a>', "⛵"),
        ('Sails<a class="headerlink" href="#s">§</a>', "Sails"),
    ],
)
def test_headings_have_no_links_to_themselves_whatever_they_say(
    heading: str, expected: str
) -> None:
    clean = sanitise(f'<h2 id="s">{heading}</h2>', PAGE)
    assert clean.replace("> ", ">") == f'<h2 id="s">{expected}</h2>'


@pytest.mark.parametrize(
    "heading",
    [
        '<a class="zola-anchor" href="https://news.example/blog/one/#s">Sails</a>',
        '1. <a class="anchor" href="https://news.example/blog/one/#s">Sails</a>',
        '<a class="toclink" href="https://news.example/blog/one/#s">Ö</a> <a href="https://x.example/">site</a>',
        '<a href="https://news.example/blog/one/#s">S</a>, <a href="https://x.example/">yes</a>',
        'Sails (<a href="https://sails.example/#s">website</a>)',
        'Sails, and <a href="https://news.example/blog/one/#oars">oars</a>',
    ],
)
def test_links_with_a_heading_s_own_words_stay(heading: str) -> None:
    html = f'<h2 id="s">{heading}</h2>'
    assert sanitise(html, PAGE) == html


_PIECES = st.sampled_from(
    """<div class=tabbed-set>|<div class=tabbed-labels>|<div class=tabbed-content>|</div>|<label>
</label>|<div class=tabbed-block>|<ul role=tablist>|<li role=tab>|<div role=tabpanel>|</ul>|<svg>
<table class=lntable>|<tr>|<td class=linenos>|<td>|</table>|<pre>|</pre>|<code>|</code>|1|x|</svg>
<span class=ln>|</span>|<i class=icon title=t>|</i>|<h2 id=s>|</h2>|<a href=#s>|</a>|<input>|&nbsp;
<div class=vp-code-group>|<div class=tabs>|<div class=blocks>|<input type=radio>|<img>|<b title="<">
""".replace("\n", "|").split("|")
)


@given(st.lists(_PIECES, max_size=40).map("".join))
@settings(max_examples=examples(300))
def test_any_nesting_of_them_is_made_plain_once(html: str) -> None:
    clean = sanitise(html, PAGE)
    assert sanitise(clean, PAGE) == clean
