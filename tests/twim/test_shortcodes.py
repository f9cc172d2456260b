from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mkdocs_twim.calls import Call, fill
from mkdocs_twim.errors import ShortcodeError
from mkdocs_twim.shortcodes import Library, render
from mkdocs_twim.signatures import SIGNATURES
from tests.twim.test_calls import extract

DATA = Path(__file__).parent.parent / "data" / "shortcodes"
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
        ("figure", '{{ figure(img="/a.png" caption="Ann & <Bob>") }}'),
        ("figure-alt", """{{ figure(img='/a.png"x', caption="", alt='"Hi" & <b>') }}"""),
        ("video", f'{{{{ youtube_player(video_id="{ID}") }}}}'),
        (
            "video-start",
            f'{{{{ youtube_player(video_id="{ID}", start="90" noscript_text="Live & <b>") }}}}',
        ),
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
        ('{{ youtube_player(video_id="short") }}', "'-' and '_', found \"short\""),
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
        *("{{ missing }}", "{{ 1 / 0 }}", "{% if %}", "{{ 'a' + 1 }}", "{{ [1][3] }}"),
        *("{{ ''.__class__.__mro__ }}", "{{ range(10**9) }}", "{% include 'bad.html' %}"),
        *("{% include 'gone.html' %}", "{{ text.append(1) }}"),
    ],
)
def test_a_template_that_fails_is_an_error_with_a_place(tmp_path: Path, template: str) -> None:
    library = site(tmp_path, bad=template)
    with pytest.raises(ShortcodeError) as found:
        shown("{{ bad(text=[]) }}", library=library)
    assert str(found.value).startswith("blog/x.md:1:1: the shortcode 'bad' fails: ")


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
@settings(max_examples=60, deadline=None)
def test_whatever_the_arguments_hold_stays_text(
    img: str, caption: str, alt: str, feed: bool
) -> None:
    args = {"img": img, "caption": caption, "alt": alt}
    call = Call("figure", args, None, "blog/x.md", 1, 1, "", 1)
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
