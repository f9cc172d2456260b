"""Internal links in posts and on ordinary pages, and links to headings that aren't there."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tests.sites import SITE_URL, build, issue, post

YAML = "---\ntitle: {}\ndate: 2024-01-01\n---\n\n{}\n"


def test_internal_links_work_on_ordinary_pages(tmp_path: Path) -> None:
    body = (
        "# P\n\n[a](@/blog/posts/one.md) [b](@/blog/_index.md) [c][] [d](@/a%20b.md#part)\n"
        "`[x](@/blog/posts/one.md)`\n\n```\n[y](@/gone.md)\n```\n\n[c]: @/other/index.md#there\n"
    )
    files: dict[str, str | bytes] = {
        "other/index.md": f"{body}\n## There\n",
        "a b.md": "## Part\n",
        "blog/_index.md": '+++\ntitle = "News"\n+++\n',
        "blog/posts/one.md": post("One", more='path = "/moved/"'),
    }
    built = build(tmp_path, files, strict=True)
    page = built.read("other/index.html")
    for name, to in (
        ("a", "../moved/"),
        ("b", "../blog/"),
        ("c", "./#there"),
        ("d", "../a%20b/#part"),
    ):
        assert f'<a href="{to}">{name}</a>' in page, name
    assert "[x](@/blog/posts/one.md)" in page and "[y](@/gone.md)" in page


def test_addresses_of_the_site_are_the_same_on_all_pages_of_a_site_below_a_path(
    tmp_path: Path,
) -> None:
    body = '[all](/section/) {{ figure(img="/img/mast.png" caption="x") }} ![](/img/mast.png)\n'
    files: dict[str, str | bytes] = {
        "index.md": f"# Home\n\n{body}\n[mine](/news/about/)\n",
        "blog/one.md": post("One", body, more='path = "/one/"'),
        "blog/yaml.md": YAML.format("Y", body),
        "img/mast.png": b"",
    }
    built = build(tmp_path, files, site_url=f"{SITE_URL}news/", strict=True)
    for path in ("index.html", "one/index.html", "blog/2024/01/01/y/index.html"):
        page = built.read(path)
        assert 'href="/news/section/"' in page and page.count('src="/news/img/mast.png"') == 2, path
    assert '<a href="/news/about/">mine</a>' in built.read("index.html")


def test_internal_links_in_what_shortcodes_show_on_ordinary_pages(tmp_path: Path) -> None:
    (tmp_path / "shortcodes").mkdir()
    (tmp_path / "shortcodes/to.html").write_text(
        '<a href="{{ get_url(path=path) }}">{{ text }}</a> at {{ get_url(path=path) }}\n'
    )
    (tmp_path / "shortcodes/md.md").write_text("[{{ text }}]({{ get_url(path=path) }})\n")
    body = (
        '{{ to(path="@/blog/one.md#part" text="a") }}\n\n'
        '{{ md(path="@/blog/one.md" text="b") }}\n\n'
        "{% notice_box() %}[c](@/blog/one.md){% end %}\n\n## Part\n"
    )
    files: dict[str, str | bytes] = {
        "index.md": body,
        "blog/one.md": post("One", body, more='path = "/moved/"'),
        "blog/yaml.md": YAML.format("Y", body),
    }
    built = build(tmp_path, files, strict=True)
    for path, to in (
        ("index.html", "moved/"),
        ("moved/index.html", "./"),
        ("blog/2024/01/01/y/index.html", "../../../../../moved/"),
    ):
        page = built.read(path)
        # As in Zola, `get_url` gives the whole address.
        assert f'<a href="{SITE_URL}moved/#part">a</a> at {SITE_URL}moved/#part' in page
        assert f'<a href="{to}">b</a>' in page and f'<a href="{to}">c</a>' in page
    assert "@/" not in built.read("feed.json")


def test_broken_internal_links_of_ordinary_pages_are_warnings(tmp_path: Path) -> None:
    (tmp_path / "shortcodes").mkdir()
    (tmp_path / "shortcodes/to.html").write_text("at {{ get_url(path=path) }}\n")
    files: dict[str, str | bytes] = {
        "index.md": (
            "---\ntitle: P\n---\n\n[a](@/gone.md) [b](@/gone.md) [c](@/blog/one.md#lost)\n\n"
            "{% notice_box() %}[d](@/no.md) [e](@/other.md#lost){% end %}\n\n"
            '{{ to(path="@/never.md") }}\n'
        ),
        "other.md": "# O\n",
        "blog/one.md": post("One"),
    }
    built = build(tmp_path, files)
    assert built.warnings == [
        "index.md:5: the link to '@/gone.md' leads nowhere",
        "index.md:9: the link to '@/never.md' leads nowhere",
        "index.md:7: the link to '@/no.md' leads nowhere",
        "index.md:5: the link to '@/blog/one.md#lost' leads to no heading",
        "index.md:7: the link to '@/other.md#lost' leads to no heading",
    ]
    page = built.read("index.html")
    assert "<span>a</span>" in page and "<a>d</a>" in page


def test_broken_anchors_of_yaml_posts_are_warnings(tmp_path: Path) -> None:
    body = (
        "# T\n\n[a](#nix) [b](../index.md#x) [c](../index.md#there) [d](@/index.md#y) [e](#t)\n"
        "[f](index.md#later) [g][^1]\n\n[^1]: Once.\n\n[^2]: Never.\n"
    )
    files: dict[str, str | bytes] = {
        "index.md": "## There\n\n[h](#nix)\n",
        "blog/one.md": YAML.format("Y", body),
    }
    built = build(tmp_path, files, markdown_extensions=["footnotes"])
    # Of ordinary pages MkDocs tells as the site's `validation` says.
    assert built.warnings == [
        "blog/one.md:8: the link to '#nix' leads to no heading",
        "blog/one.md:8: the link to '../index.md#x' leads to no heading",
        "blog/one.md:8: the link to '@/index.md#y' leads to no heading",
    ]


def test_calls_of_other_plugins_are_left_to_them(tmp_path: Path) -> None:
    body = (
        "```yaml\nmsg: \"{{ lookup('env', 'HOME') }}\"\n```\n\n"
        "{{ foo() }} {{ url_for('x') }} {% end %}\n"
    )
    files: dict[str, str | bytes] = {"other.md": body, "blog/one.md": YAML.format("Y", body)}
    built = build(tmp_path, files, strict=True)
    for path in ("other/index.html", "blog/2024/01/01/y/index.html"):
        page = built.read(path)
        assert "{{ foo() }} {{ url_for('x') }} {% end %}" in page and "lookup(" in page


def test_a_misspelt_shortcode_is_a_warning_where_other_plugins_may_have_calls(
    tmp_path: Path,
) -> None:
    body = 'x {{ figur(img="/a.png" caption="") }}\n'
    files: dict[str, str | bytes] = {
        "other.md": f"\n{body}",
        "blog/one.md": YAML.format("Y", body),
        "blog/_index.md": f"---\ntitle: T\n---\n{body}",
    }
    hint = "unknown shortcode 'figur'; did you mean 'figure'?"
    warnings = build(tmp_path, files).warnings
    assert [warning.split(" (")[0] for warning in warnings] == [
        f"other.md:2:3: {hint}",
        f"blog/one.md:6:3: {hint}",
        f"blog/_index.md:4:3: {hint}",
    ]
    assert all(warning.endswith("it is left as text") for warning in warnings)


def test_a_plugin_that_has_events_run_again_is_no_matter(tmp_path: Path) -> None:
    hook = tmp_path / "hook.py"
    hook.write_text(
        "def on_env(env, config, files):\n"
        "    page = files.get_file_from_path('index.md').page\n"
        "    page.content = config.plugins.on_page_content(\n"
        "        page.content, page=page, config=config, files=files\n"
        "    )\n"
    )
    files: dict[str, str | bytes] = {"index.md": "[a](@/blog/one.md)\n", "blog/one.md": post("One")}
    built = build(tmp_path, files, strict=True, hooks=[str(hook)])
    assert '<a href="blog/one/">a</a>' in built.read("index.html")


FILES: dict[str, str | bytes] = {
    "about.md": "# About\n\n## Who\n",
    "a b.md": "# A b\n",
    "übersicht.md": "# Ü\n",
    "blog/_index.md": '+++\ntitle = "News"\n+++\n',
    "blog/2024/two/index.md": post("Two", "## Part\n"),
    "blog/three.md": YAML.format("Three", "## Drei"),
}


def test_links_to_markdown_files_lead_to_their_pages(tmp_path: Path) -> None:
    body = """\
[about](../about.md) [who](../about.md#who) [two](2024/two/index.md#part) [three](./three.md)
[space](<../a b.md>) [coded](../a%20b.md) [umlaut](../übersicht.md) [root](/about.md)
[list](_index.md) [self](one.md) [named][] [query](../about.md?a=1&b=2) ![no page](../about.md)
[other](https://x.example/readme.md) [site](//x.example/readme.md) `[x](gone.md)`

> Quoted: [quoted](../about.md)

{% details(summary="More") %}[body](../about.md){% end %}

[named]: ../about.md "A title"
"""
    text = body.replace("![no page](../about.md)", "")
    built = build(tmp_path, {**FILES, "blog/one.md": post("One", text)}, strict=True)
    page = built.read("blog/one/index.html")
    [entry] = [item for item in built.json("feed.json")["items"] if item["title"] == "One"]
    for name, to in {
        "about": "about/",
        "who": "about/#who",
        "two": "blog/2024/two/#part",
        "three": "blog/2024/01/01/three/",
        "space": "a%20b/",
        "coded": "a%20b/",
        "umlaut": "%C3%BCbersicht/",
        "root": "about/",
        "list": "blog/",
        "self": "blog/one/",
        "named": "about/",
        "query": "about/?a=1&amp;b=2",
        "quoted": "about/",
        "body": "about/",
    }.items():
        [link] = re.findall(rf'<a href="([^"]*)"[^>]*>{name}</a>', page)
        assert urljoin(f"{SITE_URL}blog/one/", link) == SITE_URL + to, name
        assert f'<a href="{SITE_URL}{to}"' in entry["content_html"], name
    assert '<a href="https://x.example/readme.md">other</a>' in page
    assert '<a href="//x.example/readme.md">site</a>' in page
    assert "<code>[x](gone.md)</code>" in page


def test_links_to_markdown_files_that_are_not_there_are_told_with_their_lines(
    tmp_path: Path,
) -> None:
    body = """\
[a](../gone.md) and [b](other/index.md#x)

[c](../about.md#nobody), [d](../about.md#who)

{% details(summary="More") %}
[e](../lost.md)
{% end %}
"""
    built = build(tmp_path, {**FILES, "blog/one.md": post("One", body)})
    assert built.warnings == [
        "blog/one.md:9: the link to '../gone.md' leads nowhere",
        "blog/one.md:9: the link to 'other/index.md#x' leads nowhere",
        "blog/one.md:14: the link to '../lost.md' leads nowhere",
        "blog/one.md:11: the link to '../about.md#nobody' leads to no heading",
    ]
    assert "gone.md" not in built.read("blog/one/index.html")
    assert ".md" not in built.read("feed.json")


def test_links_in_html_to_markdown_files_lead_to_their_pages_or_are_told(tmp_path: Path) -> None:
    body = """\
<a href="../about.md#who">about</a> and <A class='x' href='2024/two/index.md'>two</A>

<p><a href="gone.md">gone</a> <a href="https://x.example/readme.md">other</a></p>

`<a href="code.md">` <a href="../about.md#nobody">nobody</a>
"""
    built = build(tmp_path, {**FILES, "blog/one.md": post("One", body)})
    assert built.warnings == [
        "blog/one.md:11: the link to 'gone.md' leads nowhere",
        "blog/one.md:13: the link to '../about.md#nobody' leads to no heading",
    ]
    page = built.read("blog/one/index.html")
    assert '<a href="../../about/#who">about</a>' in page
    assert "<A class='x' href=\"../2024/two/\">two</A>" in page
    assert "<a>gone</a>" in page and '"https://x.example/readme.md"' in page
    [entry] = [item for item in built.json("feed.json")["items"] if item["title"] == "One"]
    assert f'<a href="{SITE_URL}about/#who">about</a>' in entry["content_html"]
    assert "gone.md" not in entry["content_html"]


@pytest.mark.parametrize(
    "tag",
    [
        "<a href=TO>",
        "<A HREF=TO>",
        "<A HREF='TO'>",
        '<a class=x HREF = "TO" id="here">',
        "<a title='see href=\"none.md\"' href=TO class=y>",
        '<a title="1 > 0" href="TO">',
        "<a\n  rel=me\n  href=TO>",
    ],
)
def test_links_in_html_are_read_however_they_are_written(tag: str, tmp_path: Path) -> None:
    there, gone, file = (tag.replace("TO", to) for to in ("../about.md#who", "gone.md", "g.pdf"))
    body = f"Of gone.md and g.pdf.\n\n{there}about</a>\n\n{gone}gone</a>\n\n{file}file</a>\n"
    built = build(tmp_path, {**FILES, "blog/one.md": post("One", body)})
    lines = post("One", body).split("\n")
    [about, lost, pdf] = [
        next(at for at, line in enumerate(lines, 1) if re.search(rf"={to}|= ?[\"']{to}", line))
        for to in (r"\.\./about", r"gone\.md", r"g\.pdf")
    ]
    assert about < lost < pdf
    assert built.warnings == [
        f"blog/one.md:{lost}: the link to 'gone.md' leads nowhere",
        f"blog/one.md:{pdf}: the file 'g.pdf' is not there",
    ]
    page = built.read("blog/one/index.html")
    assert re.search(r'href="\.\./\.\./about/#who"[^<]*>about</a>', page)
    assert not re.search(r"<a\b[^<]*gone\.md", page, re.IGNORECASE)
    [entry] = [item for item in built.json("feed.json")["items"] if item["title"] == "One"]
    assert re.search(rf'<a [^<]*href="{SITE_URL}about/#who"[^<]*>about</a>', entry["content_html"])
    assert entry["content_html"].count("gone.md") == 1


def test_links_to_markdown_files_in_bodies_of_shortcodes_elsewhere(tmp_path: Path) -> None:
    body = (
        "[above](../gone.md)\n\n"
        '{% details(summary="More") %}\n[in](../about.md) [lost](../lost.md)\n{% end %}\n'
    )
    files = {**FILES, "blog/yaml.md": YAML.format("Y", body), "sub/page.md": body}
    built = build(tmp_path, files)
    ours = [message for message in built.warnings if "leads nowhere" in message]
    assert ours == [
        "blog/yaml.md:9: the link to '../lost.md' leads nowhere",
        "sub/page.md:4: the link to '../lost.md' leads nowhere",
    ]
    assert len(built.warnings) == 4, "MkDocs tells of what stands above"
    assert '<a href="../../about/">in</a>' in built.read("sub/page/index.html")
    page = built.read("blog/2024/01/01/y/index.html")
    assert '<a href="../../../../../about/">in</a>' in page


def test_links_to_headings_beyond_ascii_are_checked_everywhere(tmp_path: Path) -> None:
    body = """\
## Über uns 🚢 {#über-uns}

[1](#über-uns) [2](#%C3%BCber-uns) [3](#nirgends-ü) [4](#nix-%C3%BC) [5](#nix-⛵)
[6](#概述) [7][] [8](<#a b>) [9](#no(where)) [10](#a\\_b)

> [11](#zitat-ü)

{% details(summary="Mehr") %}[12](#körper) [13](#über-uns){% end %}

[7]: #verweis-ü
"""
    lost = ["nirgends-ü", "nix-%C3%BC", "nix-⛵", "概述", "a b", "no(where)", "a\\_b", "zitat-ü"]
    lost += ["körper", "verweis-ü"]
    built = build(tmp_path, {"blog/one.md": post("One", body)})
    assert sorted(built.warnings) == sorted(
        f"blog/one.md:{line}: the link to '#{fragment}' leads to no heading"
        for fragment, line in zip(lost, [11] * 3 + [12] * 4 + [14, 16, 18], strict=True)
    )


def test_links_to_headings_beyond_ascii_in_bodies_on_ordinary_pages(tmp_path: Path) -> None:
    body = '# Übersicht\n\n{% details(summary="M") %}[1](#nichts-ü) [2](#ubersicht){% end %}\n'
    built = build(tmp_path, {"index.md": body, "blog/one.md": post()})
    assert built.warnings == ["index.md:3: the link to '#nichts-ü' leads to no heading"]


LOST = {
    "nosuch": "",
    "nosuch.html": "",
    "../nosuch/": "",
    "../../project/none/": "",
    "two": "; is '../2024-01-02-two.md' meant?",
    "2024-01-02-two/": "; is '../2024-01-02-two.md' meant?",
    "../2024-01-03-three?x=1#y": "; is '../2024-01-03-three/index.md' meant?",
    "other.example/a": "; an address of another site begins with https://",
    "www.example.chat/": "; an address of another site begins with https://",
}
FOUND = (
    "../two/", "../two", "..", "../", "../../",
    "../page/2/", "../archive/2024/", "../../section/clients/", "../../project/fractal",
    "../old/", "../../category/news/", "../../updates/", "../../feeds/", "../../moved", "map.pdf",
    "../../embed/section/clients/", "../../network/", "../../../../forum/", "?x=1", "#part",
    "https://a.example/none", "//a.example/none", "mailto:a@b.example", "/none/",
)  # fmt: skip


@pytest.mark.parametrize(
    ("directories", "about"), [(True, "../../about/"), (False, "../../about.html")]
)
def test_relative_links_to_pages_that_are_not_there_are_told(
    tmp_path: Path, directories: bool, about: str
) -> None:
    lines = [f"[x]({link})" for link in (about, "../../about", *FOUND, *LOST)]
    text = "\n".join(["## Part", "", *lines, "", "`[y](none)`"])
    files: dict[str, str | bytes] = {
        "about.md": "# About\n",
        "blog/2024-01-01-one/index.md": post("One", text),
        "blog/2024-01-01-one/map.pdf": b"",
        "blog/2024-01-02-two.md": post("Two", more='aliases = ["/blog/old/", "/moved/"]'),
        "blog/2024-01-03-three/index.md": post("Three"),
        **{f"blog/n{day:02}.md": post(f"N{day}") for day in range(1, 12)},
        "blog/issue.md": issue(1),
        "img/a.png": b"",
    }
    built = build(tmp_path, files, site_url=f"{SITE_URL}news/", use_directory_urls=directories)
    first = 13 + len(FOUND)
    assert built.warnings == [
        f"blog/2024-01-01-one/index.md:{line}: the page '{link}' is not there{hint}"
        for line, (link, hint) in enumerate(LOST.items(), first)
    ]


def test_a_link_without_an_address_is_told(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "blog/a.md": post("A", "Text.\n\n[here]() and [b](<>)\n"),
        "blog/b.md": YAML.format("B", "See [there]( )."),
        "blog/c.md": post("C", "```\nx = calls[0]()\n```\n"),
    }
    assert sorted(build(tmp_path, files).warnings) == [
        "blog/a.md:11: the link '[here]()' has no address",
        "blog/b.md:6: the link '[there]( )' has no address",
    ]


def test_a_link_to_a_post_that_is_a_folder_is_told_with_its_file(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "about.md": "[a](@/blog/one.md)\n",
        "blog/one/index.md": post("One", "[b](../two/index.md#x)\n"),
        "blog/two.md": post("Two", "[c](one.md#part) [d](@/blog/one.md) [e](www.example.org)\n"),
    }
    assert sorted(build(tmp_path, files).warnings) == [
        "about.md:1: the link to '@/blog/one.md' leads nowhere; is '@/blog/one/index.md' meant?",
        "blog/one/index.md:9: the link to '../two/index.md#x' leads nowhere; is '../two.md' meant?",
        "blog/two.md:9: the file 'www.example.org' is not there; an address of another site "
        "begins with https://",
        "blog/two.md:9: the link to '@/blog/one.md' leads nowhere; is '@/blog/one/index.md' meant?",
        "blog/two.md:9: the link to 'one.md#part' leads nowhere; is 'one/index.md' meant?",
    ]
