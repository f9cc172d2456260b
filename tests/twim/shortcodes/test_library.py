from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mkdocs_twim.errors import ShortcodeError
from mkdocs_twim.markup.commonmark import Renderer
from mkdocs_twim.shortcodes.calls import TOKEN, Call, fill
from mkdocs_twim.shortcodes.library import Library, render, splice
from mkdocs_twim.shortcodes.library import fill as fill_all
from mkdocs_twim.shortcodes.signatures import SIGNATURES
from tests.conftest import examples
from tests.twim.shortcodes.test_calls import extract

DATA = Path(__file__).parents[2] / "data" / "shortcodes"
VIDEO = "youtube_player"
ID = "lv26TYmLZvE"


def inline(text: str, *, inline: bool = False) -> str:
    """A stand-in for Markdown."""
    return f"<em>{escape(text)}</em>" if inline else f"<p>{escape(text)}</p>"


def shown(
    text: str,
    *,
    feed: bool = False,
    context: Mapping[str, object] | None = None,
    library: Library | None = None,
) -> str:
    library = library or Library()
    found = extract(text, library=library)
    assert not found.errors, found.errors
    values = {"markdown": inline, "picture": None} if context is None else context
    return render(found.calls[0], feed=feed, context=values, library=library)


def problem(text: str) -> str:
    (error,) = extract(text).errors
    assert str(error).startswith("blog/x.md:1:1: ")
    return error.message


@pytest.mark.parametrize("feed", [False, True])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        # Z10.26
        ("figure", '{{ figure(img="/a.png" caption="Ann & <Bob>") }}'),
        ("figure-alt", """{{ figure(img='/a.png"x', caption="", alt='"Hi" & <b>') }}"""),
        # Z10.25
        ("video", f'{{{{ youtube_player(video_id="{ID}") }}}}'),
        (
            "video-start",
            f'{{{{ youtube_player(video_id="{ID}", start="90" noscript_text="Live & <b>") }}}}',
        ),
        # Z10.27
        ("gallery", '{{ figureGallery(images=["/a.png", "/b&.png"], captions=["A <b>", ""]) }}'),
        # Z10.28: the ending begins at the first dot.
        ("film", '{{ figureVideo(vid="/blog/img/a/b.c.mov" caption="A & <b>") }}'),
        ("film-elsewhere", '{{ figureVideo(vid="https://a.example/blog/img/a.mov" caption="") }}'),
        # Z10.29
        ("details", '{% details(summary="A & <b>") %}\n\nOne & <b>.\n\n{% end %}'),
        ("details-open", '{% details(summary="A" open="true") %} One. {% end %}'),
        # Z10.30
        ("notice", "{% notice_box() %} One & <b>. {% end %}"),
    ],
)
def test_output(name: str, text: str, feed: bool) -> None:
    expected = (DATA / f"{name}{'.feed' if feed else ''}.html").read_text("utf-8")
    assert shown(text, feed=feed) + "\n" == expected


def test_a_feed_shows_the_posts_picture() -> None:
    context = {"picture": "https://example.org/a&b.png"}
    html = shown(f'{{{{ youtube_player(video_id="{ID}") }}}}', feed=True, context=context)
    assert '<img src="https://example.org/a&amp;b.png" alt="">' in html
    assert "<img" not in shown(f'{{{{ youtube_player(video_id="{ID}") }}}}', feed=True, context={})


@pytest.mark.parametrize("feed", [False, True])
def test_a_player_fetches_nothing(feed: bool) -> None:
    html = shown(f'{{{{ youtube_player(video_id="{ID}" start=5) }}}}', feed=feed)
    assert "<iframe" not in html
    assert "src=" not in html
    assert "youtube-nocookie.com/" not in html


def test_a_start_of_zero_is_none() -> None:
    html = shown(f'{{{{ youtube_player(video_id="{ID}" start="0") }}}}')
    assert "t=" not in html.replace("target=", "")
    assert "start" not in html


def test_a_caption_without_markdown_is_plain_text() -> None:
    assert "<figcaption>a &lt;b&gt;</figcaption>" in shown(
        '{{ figure(img="a" caption="a <b>") }}', context={}
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ figure() }}", "'figure' needs the argument 'img'"),
        ('{{ figure(img="a") }}', "'figure' needs the argument 'caption'"),
        (
            '{{ figure(img="a" caption="" wide=true b=1) }}',
            "'figure' has no argument 'wide'; it takes img, caption, alt",
        ),
        (
            '{{ figure(img=" " caption="") }}',
            "'figure': img: expected the address of a picture, found \" \"",
        ),
        ('{{ figure(img="a" caption=1.5) }}', "'figure': caption: expected a string, found 1.5"),
        ('{{ figure(img="a" caption=true) }}', "'figure': caption: expected a string, found true"),
        ('{{ figure(img=["a"] caption="") }}', "address of a picture, found a list"),
        ('{% figure(img="a" caption="") %}b{% end %}', "called as {{ figure(…) }}, without a body"),
        ('{% figure(img="a" caption="") %}', "called as {{ figure(…) }}, without a body"),
        ("{% details(open=true) %}", "'details' needs the argument 'summary'"),
        ('{% details(summary="a") %}', "'details' isn't closed by {% end %}"),
        ('{{ youtube_player(video_id="short") }}', "'-' and '_', found \"short\""),
        ("{{ figureGallery(images=[] captions=[]) }}", "expected a list of addresses of pictures"),
        ('{{ figureGallery(images="a" captions=[]) }}', "expected a list of addresses of pictures"),
        ('{{ figureGallery(images=["a", 1] captions=[]) }}', "found a list"),
        ('{{ figureGallery(images=["a"] captions=[1]) }}', "captions: expected a list of strings"),
        ('{{ figureGallery(images=["a"] captions="a") }}', "captions: expected a list of strings"),
        (
            '{{ figureGallery(images=["a", "b"] captions=["a"]) }}',
            "'figureGallery': images and captions need as many items each, "
            "found images 2, captions 1",
        ),
        ('{{ figureVideo(vid="" caption="") }}', "vid: expected the address of a video"),
        ('{{ figureVideo(vid=1 caption="") }}', "vid: expected the address of a video"),
        ('{{ figureVideo(vid="a") }}', "needs the argument 'caption'"),
        ("{% details() %} a {% end %}", "'details' needs the argument 'summary'"),
        ('{% details(summary="a" open=1) %} a {% end %}', "open: expected a flag, true or false"),
        ('{% details(summary="a" open="x") %} a {% end %}', "open: expected a flag"),
        ('{{ details(summary="a") }}', "called as {% details(…) %} … {% end %}"),
        ("{% notice_box(a=1) %} a {% end %}", "has no argument 'a'; it takes none"),
        ("{{ youtube_player(video_id=12345678901) }}", "the id of a video on YouTube"),
        (f'{{{{ youtube_player(video_id="{ID}/") }}}}', "the id of a video on YouTube"),
        (f'{{{{ youtube_player(video_id="{ID[1:]}é") }}}}', "the id of a video on YouTube"),
        *(
            (f'{{{{ youtube_player(video_id="{ID}" start={start}) }}}}', "a number of seconds")
            for start in ('"-1"', "-1", '""', '"1m"', "1.5", "true", "[]", "9999999999", '"٣"')
        ),
    ],
)
def test_wrong_arguments_are_errors(text: str, message: str) -> None:
    assert message in problem(text)


def test_an_unknown_name_is_an_error_with_a_suggestion() -> None:
    known = f"(there are: {', '.join(Library().names)})"
    assert problem('{{ figur(img="a") }}') == (
        f"unknown shortcode 'figur'; did you mean 'figure'? {known}"
    )
    # Capitals and underscores are what is most often wrong.
    for name, meant in (("figuregallery", "figureGallery"), ("YoutubePlayer", "youtube_player")):
        assert f"'{name}'; did you mean '{meant}'?" in problem(f"{{{{ {name}() }}}}")
    assert problem("{{ zzz() }}") == f"unknown shortcode 'zzz' {known}"


def test_every_shortcode_of_the_package_has_a_signature() -> None:
    assert set(Library().names) == set(SIGNATURES)


def site(folder: Path, **files: str) -> Library:
    for name, text in files.items():
        (folder / f"{name.replace('__', '.')}.html").write_text(text, "utf-8")
    return Library(folder)


def test_a_sites_own_shortcode(tmp_path: Path) -> None:
    library = site(tmp_path, box="<b>{{ text }}</b> {{ nth }}", box__feed="<i>{{ text }}</i>")
    (tmp_path / "no-name.html").touch()
    assert library.names == ("box", *Library().names)
    assert shown('{{ box(text="<") }}', library=library) == "<b>&lt;</b> 1"
    assert shown('{{ box(text="<") }}', library=library, feed=True) == "<i>&lt;</i>"


def test_a_sites_template_replaces_one_of_the_package(tmp_path: Path) -> None:
    library = site(tmp_path, figure="<b>{{ other }}</b>")
    assert shown("{{ figure(other=1) }}", library=library) == "<b>1</b>"
    assert shown("{{ figure(other=1) }}", library=library, feed=True) == "<b>1</b>"


def test_a_sites_template_for_feeds_alone(tmp_path: Path) -> None:
    library = site(tmp_path, figure__feed="<b>{{ img }}</b>")
    text = '{{ figure(img="a" caption="") }}'
    assert shown(text, library=library, feed=True) == "<b>a</b>"
    assert "<figure>" in shown(text, library=library)


def test_a_folder_that_is_not_there() -> None:
    assert Library(Path("/nowhere")).names == Library().names


def test_a_body_is_rendered_with_the_calls_in_it(tmp_path: Path) -> None:
    library = site(tmp_path, box="<div>{{ body | markdown }}</div>", hi="<b>{{ nth }}</b>")
    found = extract(
        "{% box() %} a {{ hi() }} {% box() %} {{ hi() }} {% end %}{% end %}", library=library
    )
    html = fill(
        f"<p>{found.text}</p>",
        found.calls,
        lambda call: render(call, feed=False, context={"markdown": inline}, library=library),
    )
    assert html == "<div><p>a <b>1</b> </p>\n<div><b>2</b></div></div>"


@pytest.mark.parametrize(
    "template",
    [
        *("{{ 'x' | date }}", "{{ throw(message='no') }}", "{{ text.x.y }}", "{{ text.a() }}"),
        *("{{ missing }}", "{{ 1 / 0 }}", "{% if %}", "{{ 'a' + 1 }}", "{{ [1][3] }}"),
        *("{{ ''.__class__.__mro__ }}", "{{ range(10**9) }}", "{% include 'bad.html' %}"),
        *("{% include 'gone.html' %}", "{{ text.append(1) }}"),
    ],
)
def test_a_template_that_fails_is_an_error_with_a_place(tmp_path: Path, template: str) -> None:
    library = site(tmp_path, bad=f"\n\n{template}")
    with pytest.raises(ShortcodeError) as found:
        shown("{{ bad(text=[]) }}", library=library)
    place = f"{tmp_path.name}/bad.html:3: "
    assert str(found.value).startswith(f"blog/x.md:1:1: the shortcode 'bad' fails: {place}")
    if template == "{% if %}":
        assert [str(error) for error in library.problems] == [
            f"{place}Expected an expression, got 'end of statement block'"
        ]
    else:
        assert not library.problems


def test_an_error_of_ours_within_a_template_passes() -> None:
    def refuse(text: str, *, inline: bool) -> str:
        raise ShortcodeError(text, path="other.md")

    with pytest.raises(ShortcodeError) as found:
        shown('{{ figure(img="a" caption="inner") }}', context={"markdown": refuse})
    assert str(found.value) == "other.md: inner"


def test_a_wrong_call_is_not_rendered() -> None:
    (call,) = extract('{{ figure(img="a" caption="") }}').calls
    with pytest.raises(ShortcodeError, match="needs the argument 'img'"):
        render(replace(call, args={}), feed=False, context={}, library=Library())


def test_the_corpus(corpus: Path) -> None:
    counts: dict[str, int] = {}
    for path in sorted(corpus.rglob("*.md")):
        text = path.read_text("utf-8")
        found = extract(text)
        assert not found.errors
        for call in found.calls:
            counts[call.name] = counts.get(call.name, 0) + 1
            assert call.name in text.split("\n")[call.line - 1]
            assert render(call, feed=False, context={}, library=Library())
        lines = text.split("\n")
        for number, line in enumerate(found.text.split("\n"), 1):
            assert line == lines[found.line_of(number) - 1] or any(
                call.token in line for call in found.calls
            )
    assert counts == {"youtube_player": 9, "figure": 3}


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30), st.booleans())
@settings(max_examples=examples(60))
def test_whatever_the_arguments_hold_stays_text(
    img: str, caption: str, alt: str, feed: bool
) -> None:
    args = {"img": img, "caption": caption, "alt": alt}
    call = Call("figure", args, None, "blog/x.md", 1, 1, "", 1, "")
    library = Library()
    if library.problem(call) is not None:
        assert not img.strip()
        return
    html = render(call, feed=feed, context={}, library=library)
    tags = ["<figure>", "<img ", "</figure>"]
    tags += ["<figcaption>", "</figcaption>"] if caption else []
    assert html.count("<") == len(tags)
    assert all(tag in html for tag in tags)
    assert html.count('"') == (4 if feed else 6)


def test_a_template_within_a_template_is_named_where_it_fails(tmp_path: Path) -> None:
    library = site(tmp_path, outer="{% include 'inner.html' %}", inner="\n{{ missing }}")
    with pytest.raises(ShortcodeError) as found:
        shown("{{ outer() }}", library=library)
    assert f"{tmp_path.name}/inner.html:2: 'missing' is undefined" in str(found.value)


def test_templates_that_can_not_be_are_errors_before_any_call(tmp_path: Path) -> None:
    for name in ("a.html", "a.md", "b.md", "b.feed.html", "c.feed.html", "d.feed.md", "e.txt"):
        (tmp_path / name).write_text("x", "utf-8")
    (tmp_path / "f.html").write_bytes(b"\xff")
    (tmp_path / "g.html").mkdir()
    library = Library(tmp_path, shown="own")
    assert [str(error).partition(": ")[0] for error in library.problems] == [
        *("own/a.html", "own/b.feed.html", "own/c.feed.html", "own/f.html"),
    ]
    assert "there is a.md too" in str(library.problems[0])
    assert not {"c", "d", "e", "g"} & set(library.names)


def markdown(text: str, folder: Path, *, feed: bool = False, **templates: str) -> str:
    """A text's HTML with a site's own shortcodes, "box_md" for `box.md`."""
    for name, template in templates.items():
        path = folder / ".".join(name.rsplit("_", 1))
        path.write_text(template, "utf-8")
    library = Library(folder)
    renderer = Renderer(pygments=False)
    context = {"markdown": renderer.snippet, "page": {"title": "T"}, "lang": "en"}
    found = splice(extract(text, library=library), context, library)
    assert not found.errors, [str(error) for error in found.errors]
    rendered = renderer.render(found.text, ignore=TOKEN)
    html, problems = fill_all(rendered.html, found, feed=feed, context=context, library=library)
    assert not problems
    return html


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Z10.20: before Markdown, so that its headings are the page's, and text goes on after it.
        ("{{ md(x='## A *b*') }}", '<h2 id="a-b">A <em>b</em></h2>'),
        ("x {{ md(x='*a*') }} y", "<p>x <em>a</em> y</p>"),
        ("> {{ md(x='a\n\nb') }}", "<blockquote>\n<p>a</p>\n</blockquote>\n<p>b</p>"),
        ("- {{ md(x='a') }}\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("{{ md(x='    code') }}", "<pre><code>code</code></pre>"),
        # Z10.21: as HTML, without Markdown.
        ("{{ html(x='*a*') }}", "<b>*a*</b>"),
        # Z10.23: HTML escapes, Markdown doesn't.
        ("{{ html(x='<&\"') }} {{ md(x='<i>') }}", "<p><b>&lt;&amp;&#34;</b> <i></p>"),
        # Z10.15
        ("```\n{{ md(x='<i>') }} {{ html(x='') }}\n```",
         "<pre><code>&lt;i&gt; &lt;b&gt;&lt;/b&gt;\n</code></pre>"),
        # Z10.16: here both kinds work.
        ("`{{ md(x='<i>') }}{{ html(x='') }}`", "<p><code>&lt;i&gt;&lt;b&gt;&lt;/b&gt;</code></p>"),
        ("[a]({{ md(x='/b') }})", '<p><a href="/b">a</a></p>'),
        # Z10.17
        ('<a title="{{ md(x=\'b\') }}">', '<a title="b">'),
        # Z10.10: of any kind within any kind, the inner one first.
        ("{% mdbody() %}*{{ md(x='a') }}* {{ html(x='b') }}{% end %}",
         "<blockquote>\n<p><em>a</em> <b>b</b></p>\n</blockquote>"),
        ("{% htmlbody() %}*{{ md(x='a') }}* {{ html(x='b') }}{% end %}",
         "<div><p><em>a</em> <b>b</b></p></div>"),
        ("{% htmlbody() %}{% mdbody() %}{% htmlbody() %}a{% end %}{% end %}{% end %}",
         "<div><blockquote>\n<div><p>a</p></div>\n</blockquote></div>"),
        # Z10.22: the number in the file, by name, outer before inner; `page` wins over an argument.
        ("{{ n() }}{% nbody() %}{{ n() }}{% nbody() %}x{% end %}{% end %}{{ n() }}",
         "<p>1(1 2(2 x))3</p>"),
        ("{{ told(page='x', lang='y') }}", "T en"),
        # Z10.24
        ("{% htmlbody() %}## A\n\n## A\n{% end %}",
         '<div><h2 id="a">A</h2>\n<h2 id="a-1">A</h2></div>'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("feed", [False, True])
def test_kinds_of_templates(tmp_path: Path, text: str, expected: str, feed: bool) -> None:
    html = markdown(
        text,
        tmp_path,
        feed=feed,
        md_md="{{ x }}\n",
        html_html="<b>{{ x }}</b>\n",
        mdbody_md="> {{ body }}",
        htmlbody_html="<div>{{ body | markdown }}</div>",
        n_md="{{ nth }}",
        nbody_md="({{ nth }} {{ body }})",
        told_html="{{ page.title }} {{ lang }}",
    )
    assert html.strip() == expected


def test_a_markdown_template_that_fails_has_a_place(tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_text("{{ missing }}", "utf-8")
    library = Library(tmp_path)
    found = splice(extract("a\n\n{{ bad() }} {{ bad() }}", library=library), {}, library)
    assert [str(error) for error in found.errors] == [
        f"blog/x.md:3:{column}: the shortcode 'bad' fails: {tmp_path.name}/bad.md:1: "
        "'missing' is undefined"
        for column in (1, 13)
    ]


def test_lines_keep_their_numbers_below_what_markdown_templates_make(tmp_path: Path) -> None:
    (tmp_path / "md.md").write_text("{{ x }}", "utf-8")
    library = Library(tmp_path)
    text = "one\n{{ md(\n  x='a\nb\nc\nd\ne\nf'\n) }} ten\neleven\n{{ md(x='') }}\nthirteen"
    found = splice(extract(text, library=library, first_line=1), {}, library)
    lines = found.text.split("\n")
    assert lines == ["one", "a", "b", "c", "d", "e", "f ten", "eleven", "", "thirteen"]
    assert found.line_of(1) == 1
    assert [found.line_of(lines.index(line) + 1) for line in ("eleven", "thirteen")] == [10, 12]


def test_a_heading_in_a_body_has_an_id_that_the_page_has_not() -> None:
    taken = {"a"}
    renderer = Renderer()
    assert renderer.snippet("# A\n\n# B {#c}\n\n# C", taken=taken) == (
        '<h1 id="a-1">A</h1>\n<h1 id="c">B</h1>\n<h1 id="c-1">C</h1>'
    )
    assert renderer.snippet("# A", taken=taken) == '<h1 id="a-2">A</h1>'


NESTED = st.recursive(
    st.sampled_from(["x\n\ny", "{{ md(x='a\n\nb') }}", "{{ html(x='<') }}", "> {{ md(x='') }}"]),
    lambda inner: st.tuples(
        st.sampled_from(["mdbody", "htmlbody"]), st.lists(inner, min_size=1, max_size=3)
    ).map(lambda pair: f"{{% {pair[0]}() %}}{' '.join(pair[1])} z{{% end %}}"),
    max_leaves=6,
)


@given(st.lists(NESTED, max_size=4))
@settings(max_examples=examples(60))
def test_however_calls_are_nested_all_are_made_and_lines_are_known(parts: list[str]) -> None:
    text = "\n\n".join([*parts, "last"])
    library = Library(DATA / "nested")
    context = {"markdown": Renderer().snippet}
    found = splice(extract(text, library=library), context, library)
    assert not found.errors
    assert all(not library.is_markdown(call.name) for call in found.calls)
    assert found.line_of(found.text.count("\n") + 1) == text.count("\n") + 1
    lines = [found.line_of(number) for number in range(1, found.text.count("\n") + 2)]
    assert lines == sorted(lines)
    html, problems = fill_all(
        Renderer().render(found.text).html, found, feed=True, context=context, library=library
    )
    assert not problems and not TOKEN.search(html) and "{%" not in html
