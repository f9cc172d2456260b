"""Internal links in posts and on ordinary pages, and links to headings that aren't there."""

from __future__ import annotations

from pathlib import Path

from tests.sites import SITE_URL, build, post

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
