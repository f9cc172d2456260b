"""Shortcodes in whole sites: a site's own, and what feeds get of those of the package."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from mkdocs.livereload import LiveReloadServer

from feedserver.check.check import check
from mkdocs_twim.plugin import TwimPlugin
from tests.sites import SITE_URL, Built, build, messages, post

TEMPLATES = {
    "badge.html": '<b class="badge">{{ text }}</b>',
    "badge.feed.html": "<i>{{ text }}</i>",
    "hint.md": "## Hint {{ nth }}\n\n{{ body }}",
    "about.html": "{{ config.title }}|{{ config.base_url }}|{{ config.extra.mail }}"
    "|{{ page.title }}|{{ page.permalink }}|{{ page.path }}|{{ page.relative_path }}"
    "|{{ page.taxonomies.category | default(value=[]) | join(sep=', ') }}"
    "|{{ page.extra.mood | default(value='none') }}|{{ page.date | default(value='undated') }}"
    "|{{ page.year | default(value=0) }}",
}
CALLS = """\
{{ badge(text="<new>") }}

{% hint() %}
Mind *it*, {{ badge(text="x") }}.
{% end %}

{{ about() }}
"""


def with_templates(
    folder: Path, files: Mapping[str, str], templates: Mapping[str, str] = TEMPLATES, **more: object
) -> Built:
    (folder / "shortcodes").mkdir(parents=True)
    for name, text in templates.items():
        (folder / "shortcodes" / name).write_text(text, "utf-8")
    return build(folder, files, **more)  # type: ignore[arg-type]  # of every type


def errors(folder: Path, files: Mapping[str, str], templates: Mapping[str, str]) -> list[str]:
    with messages() as said, pytest.raises(Abort):
        with_templates(folder, files, templates)
    return said[0].splitlines()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    files = {
        "blog/zola.md": post(body=CALLS).replace(
            "[taxonomies]", '[extra]\nmood = "glad"\n\n[taxonomies]'
        ),
        "blog/yaml.md": f"---\ndate: 2024-05-18\n---\n\n# Yaml\n\n{CALLS}",
        "page.md": f"---\ntitle: Page\nmood: sad\n---\n\n{CALLS}",
    }
    folder = tmp_path_factory.mktemp("own")
    return with_templates(folder, files, extra={"mail": "a@b.example"}, strict=True)


@pytest.mark.parametrize(
    ("path", "about"),
    [
        (
            "blog/zola/index.html",
            f"Hello|{SITE_URL}blog/zola/|/blog/zola/|blog/zola.md|News|glad"
            "|2024-05-17T00:00:00+00:00|2024",
        ),
        (
            "blog/2024/05/18/yaml/index.html",
            f"Yaml|{SITE_URL}blog/2024/05/18/yaml/|/blog/2024/05/18/yaml/|blog/yaml.md||none"
            "|2024-05-18T00:00:00+00:00|2024",
        ),
        (
            "page/index.html",
            f"Page|{SITE_URL}page/|/page/|page.md||sad|undated|0",
        ),
    ],
)
def test_templates_know_the_page_and_the_site(site: Built, path: str, about: str) -> None:
    start = f"Letters|{SITE_URL.rstrip('/')}|a@b.example|"
    assert start + about in site.read(path)


@pytest.mark.parametrize("path", ["blog/zola", "blog/2024/05/18/yaml", "page"])
def test_html_and_markdown_templates_on_every_page(site: Built, path: str) -> None:
    page = site.read(f"{path}/index.html")
    assert '<b class="badge">&lt;new&gt;</b>' in page
    assert '<h2 id="hint-1">Hint 1' in page
    assert '<p>Mind <em>it</em>, <b class="badge">x</b>.</p>' in page
    # The heading is the page's own, so it is in its table of contents.
    assert 'href="#hint-1"' in page


def test_feeds_have_templates_of_their_own(site: Built) -> None:
    for item in site.json("feed.json")["items"]:
        html = item["content_html"]
        assert "<i>&lt;new&gt;</i>" in html and "badge" not in html
        assert "<p>Mind <em>it</em>, <i>x</i>.</p>" in html


def test_the_folder_may_have_another_name_and_must_then_be_there(tmp_path: Path) -> None:
    (tmp_path / "my" / "codes").mkdir(parents=True)
    (tmp_path / "my/codes/hi.html").write_text("<b>Hi</b>", "utf-8")
    twim = {"shortcodes_dir": "my/codes"}
    built = build(tmp_path, {"page.md": "{{ hi() }}"}, twim=twim, strict=True)
    assert "<b>Hi</b>" in built.read("page/index.html")
    with messages() as said, pytest.raises(Abort):
        build(tmp_path, {}, twim={"shortcodes_dir": "other"})
    assert said == ["mkdocs.yml: twim: shortcodes_dir: there is no folder 'other'"]
    # The usual one may be missing, named or not; a file isn't a folder.
    build(tmp_path / "usual", {}, twim={"shortcodes_dir": "shortcodes"}, strict=True)


def test_broken_templates_are_reported_together_with_file_and_line(tmp_path: Path) -> None:
    templates = {"a.html": "\n{% if %}", "b.md": "{{ 'x }}", "c.html": "fine"}
    lines = errors(tmp_path, {"page.md": "text"}, templates)
    assert [line.partition(": ")[0] for line in lines] == [
        "shortcodes/a.html:2",
        "shortcodes/b.md:1",
    ]


def test_templates_that_fail_are_reported_together_with_both_places(tmp_path: Path) -> None:
    templates = {"a.html": "\n{{ x }}", "b.md": "{{ x.y }}"}
    text = "{{ a() }}\n\n{{ b() }}\n\n{{ a(x=1) }}\n"
    files = {
        "blog/o.md": post(body="{{ a() }}\n\n{{ a(x=1) }}\n"),
        "blog/p.md": post(body="{{ b() }}\n"),
        "blog/_index.md": "+++\n+++\n{{ a() }}",
        "page.md": text,
    }
    assert errors(tmp_path, files, templates) == [
        *(
            "blog/_index.md:3:1: the shortcode 'a' fails: shortcodes/a.html:2: 'x' is undefined",
            "blog/o.md:9:1: the shortcode 'a' fails: shortcodes/a.html:2: 'x' is undefined",
            "blog/p.md:9:1: the shortcode 'b' fails: shortcodes/b.md:1: 'x' is undefined",
            "page.md:1:1: the shortcode 'a' fails: shortcodes/a.html:2: 'x' is undefined",
            "page.md:3:1: the shortcode 'b' fails: shortcodes/b.md:1: 'x' is undefined",
        )
    ]


BUILT_IN = """\
## Dept of Pictures

### Painter

[Ada](https://matrix.to/#/@ada:example.org) says

> Look:
>
> {{ figureGallery(images=["/img/a.png", "/img/b.png"],
captions=["One & [two](@/blog/other.md)", ""]) }}
>
> And {{ figure(img="/img/a.png" caption="*Three*") }} amid text.

{{ figureVideo(vid="/blog/img/demo.mov" caption="A film") }}

{{ youtube_player(video_id="dQw4w9WgXcQ") }}

## Dept of Ping

{% details(summary="All *results* & more") %}

First paragraph, `code` and **bold**.

### Painter

| rank | server |
|------|--------|
| 1 | `a.example` |

- one

- two with {{ figure(img="/img/a.png" caption="") }}

```
<pre>
```

See [other](@/blog/other.md#part) and [this](#painter).

{% end %}

{% notice_box() %}
Beware of the *dog*.

{% details(summary="Why?") %}It bites.{% end %}
{% end %}
"""


@pytest.fixture(scope="module", params=["", "news/"])
def built_in(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A site at the root of its host, and one below a path."""
    return build(
        tmp_path_factory.mktemp("built-in"),
        {
            "blog/a.md": post(body=BUILT_IN, category="This Week in Letters"),
            "blog/other.md": post(body="## Part\n"),
            "img/a.png": b"",
            "img/b.png": b"",
            "blog/img/demo.mov": b"",
        },
        site_url=f"{SITE_URL}{request.param}",
        strict=True,
    )


def test_feeds_of_all_built_in_shortcodes_are_valid(built_in: Built) -> None:
    count = 0
    for feed in built_in.json("feeds.json")["feeds"]:
        for address in feed["formats"].values():
            path = address.removeprefix(feed["page"].partition("example/")[0] + "example/")
            path = path.removeprefix("news/")
            assert check((built_in.folder / path).read_bytes(), address=address, own=True) == (), (
                path
            )
            count += 1
    assert count > 10


def test_in_feeds_they_are_plain_html_with_absolute_addresses(built_in: Built) -> None:
    root = built_in.json("feeds.json")["feeds"][0]["formats"]["json"].removesuffix("feed.json")
    items = built_in.json("feed.json")["items"]
    [html] = [item["content_html"] for item in items if item["url"].endswith("/blog/a/")]
    assert "class=" not in re.sub(r'class="language[^"]*"', "", html)
    for shown in (
        f'<img src="{root}img/b.png" alt="">',
        f'One &amp; <a href="{root}blog/other/">two</a>',
        f'<source src="{root}blog/img/av1/demo.webm" type="video/webm">',
        f'<source src="{root}blog/img/hevc/demo.mp4" type="video/mp4; codecs=hvc1">',
        f'<source src="{root}blog/img/demo.mov">',
        "<figcaption>A film</figcaption>",
        "<summary>All <em>results</em> &amp; more</summary>",
        "<p>First paragraph, <code>code</code> and <strong>bold</strong>.</p>",
        "<td><code>a.example</code></td>",
        f'<a href="{root}blog/other/#part">other</a>',
        "<p>Beware of the <em>dog</em>.</p>\n<details>\n<summary>Why?</summary>\n<p>It bites.</p>",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
    ):
        assert shown in html, shown


def test_a_body_with_blank_lines_stays_one_element_of_its_section(built_in: Built) -> None:
    """Z10.29, as in the issue of 2022-09-02: a heading in `details` is no project."""
    page = built_in.read("blog/a/index.html")
    body = page.partition('<details class="details">')[2].partition("</details>")[0]
    assert "All <em>results</em> &amp; more" in body and "<table>" in body and "<li>" in body
    assert '<h3 id="painter-1">Painter</h3>' in body and page.count('id="painter"') == 1
    [ping] = built_in.json("section/ping/feed.json")["items"]
    assert "First paragraph" in ping["content_html"] and "It bites." in ping["content_html"]
    assert len(built_in.json("project/painter/feed.json")["items"]) == 1


def test_a_broken_link_in_a_body_or_caption_is_one_warning(tmp_path: Path) -> None:
    """Z10.24: the filter resolves internal links."""
    body = '{{ figure(img="/a.png" caption="[x](@/blog/gone.md)") }}\n\n'
    body += "{% notice_box() %}[y](@/no.md){% end %}"
    warnings = build(tmp_path, {"blog/a.md": post(body=body), "a.png": b""}).warnings
    assert warnings == [
        "blog/a.md:9: the link to '@/blog/gone.md' leads nowhere",
        "blog/a.md:11: the link to '@/no.md' leads nowhere",
    ]


def test_links_in_bodies_to_their_own_page_are_checked(tmp_path: Path) -> None:
    body = "## Here\n\n[a](#here) [b](#gone)\n\n"
    body += "{% notice_box() %}\n### There\n\n[c](#here) [d](#there) [e](#gone) [f](#away)\n"
    body += "<a href='#html'>g</a>\n{% end %}\n\n[h](#there)\n"
    files: dict[str, str | bytes] = {
        "blog/a.md": post(body=body),
        "blog/b.md": f"---\ntitle: B\ndate: 2024-01-01\n---\n\n{body}",
        "page.md": f"---\ntitle: P\n---\n\n{body}",
        "other.md": "[x](page.md#there) {{ youtube_player(video_id='aqz-KE-bpKQ') }}",
    }
    warnings = build(tmp_path, files, validation={"anchors": "warn"}).warnings
    # What stands in the text of ordinary pages MkDocs tells itself.
    assert warnings == [
        "page.md:12: the link to '#away' leads to no heading",
        "page.md:13: the link to '#html' leads to no heading",
        "blog/a.md:11: the link to '#gone' leads to no heading",
        "blog/a.md:16: the link to '#away' leads to no heading",
        "blog/a.md:17: the link to '#html' leads to no heading",
        "blog/b.md:13: the link to '#away' leads to no heading",
        "blog/b.md:14: the link to '#html' leads to no heading",
        "blog/b.md:8: the link to '#gone' leads to no heading",
        "Doc file 'page.md' contains a link '#gone', but there is no such anchor on this page.",
    ]


@pytest.mark.parametrize("there", [False, True])
def test_serve_watches_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    build(tmp_path, {"page.md": "text"})
    if there:
        (tmp_path / "shortcodes").mkdir()
    config = load_config(str(tmp_path / "mkdocs.yml"))
    plugin = config.plugins["twim"]
    assert isinstance(plugin, TwimPlugin)
    server = LiveReloadServer(lambda: None, "127.0.0.1", 0, str(tmp_path / "site"))
    watched: list[str] = []
    monkeypatch.setattr(server, "watch", watched.append)
    plugin.on_serve(server, config=config, builder=None)
    server.server_close()
    assert watched == ([str(tmp_path / "shortcodes")] if there else [])
