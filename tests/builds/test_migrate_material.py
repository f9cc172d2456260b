"""A Material blog moves in: its addresses before and after, both built."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config

from mkdocs_twim.cli import main
from mkdocs_twim.migrate.mkdocs_yml import MkDocsYml
from tests.builds.test_migrate_zola import build, contents, lay_out
from tests.sites import Built

MKDOCS_YML = """\
# Our site.
site_name: Letters   # as it is called
site_url: https://letters.example/

theme:
  name: material
  custom_dir: overrides

plugins:
  # Search comes first.
  - search
  - blog:
      pagination_per_page: 2
      categories_pagination_per_page: 1
      post_url_max_categories: 2
      archive_name: Old news
      authors_profiles: true
      archive_pagination_per_page: 1
      post_slugify: !!python/object/apply:pymdownx.slugs.slugify
        kwds:
          case: lower
  # Feeds.
  - rss:
      match_path: "blog/posts/.*"
      length: 50
      use_git: false
      feeds_filenames:
        rss_updated: changes.xml
  - tags

markdown_extensions:
  - attr_list
  - toc:
      slugify: !!python/object/apply:pymdownx.slugs.slugify {kwds: {case: lower}}

nav:
  - Home: index.md
  - Blog:
      - blog/index.md
extra:
  mark: !ENV [MARK, "x"]
"""

POST = "---\ndate: {date}\n{more}---\n\n# {title}\n\nText.\n\n<!-- more -->\n\n{body}\n"


def post(title: str, date: str, body: str = "More.", *, more: str = "") -> str:
    return POST.format(title=title, date=date, body=body, more=more)


FILES: dict[str, str | bytes] = {
    "mkdocs.yml": MKDOCS_YML,
    "overrides/blog-post.html": '{% extends "main.html" %}',
    "docs/index.md": "# Home\n\nThe [first](blog/posts/first.md) post.\n",
    "docs/blog/index.md": "# News\n\nHello.\n",
    "docs/blog/.authors.yml": (
        "authors:\n  ada:\n    name: Ada\n    description: Writes\n"
        "    avatar: https://pictures.example/ada.png\n"
    ),
    "docs/blog/archive/2023.md": "# The year 2023\n",
    "docs/blog/category/tips--tricks.md": "# Tips\n\nAll our tips.\n",
    "docs/blog/about.md": "# About the blog\n\nWhat it is.\n",
    "docs/blog/posts/first.md": post(
        "Hällo, Wörld & C++",
        "2024-05-01",
        "To [the second](2024/second.md), [home](../../index.md). ![dot](img/dot.svg)",
        more='authors: [ada]\ncategories: ["Tips & Tricks", "C++"]\n',
    ),
    "docs/blog/posts/img/dot.svg": "<svg/>",
    "docs/blog/posts/2024/second.md": post(
        "Second", "2024-05-02 10:30:00", more="title: A *title*\ncategories: [News]\n"
    ),
    "docs/blog/posts/my_notes-1.md": (
        "---\ndate:\n  created: 2024-05-03\n  updated: 2024-06-01\n"
        "slug: Third.Slug\ncategories: [News]\n---\n\nNo title.\n"
    ),
    "docs/blog/posts/no_title-at_all.md": "---\ndate: 2023-05-03\n---\n\nText.\n",
    "docs/blog/posts/straße.md": post("Straße 東京 🎉", "2024-05-04"),
    "docs/blog/posts/draft.md": post("Draft", "2024-05-05", more="draft: true\n"),
    "docs/blog/posts/bundle/index.md": post("Bundle", "2024-05-06", "![dot](dot.svg)"),
    "docs/blog/posts/bundle/dot.svg": "<svg/>",
    "site/index.html": "built",
}


def old_site(folder: Path) -> set[str]:
    """The files of a site as Material's blog builds it; the rss plugin needs a network."""
    text = (folder / "mkdocs.yml").read_text("utf-8")
    text = re.sub(r"(?ms)^  - rss:.*?(?=^  - tags|^$)", "", text)
    (folder / "built.yml").write_text(text, "utf-8")
    mkdocs_build(load_config(str(folder / "built.yml"), site_dir=str(folder.parent / "before")))
    (folder / "built.yml").unlink()
    before = folder.parent / "before"
    found = (path.relative_to(before).as_posix() for path in before.rglob("*") if path.is_file())
    return {path for path in found if not path.startswith("assets/")}


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("material")
    lay_out(folder / "old", FILES)
    before = contents(folder / "old")
    assert main(["migrate", str(folder / "old"), str(folder / "new")]) == 0
    assert contents(folder / "old") == before
    return folder


@pytest.fixture(scope="module")
def told(moved: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    with pytest.MonkeyPatch.context() as patch:
        said: list[str] = []
        patch.setattr("builtins.print", lambda *words, **_: said.append(" ".join(words)))
        main(["migrate", str(moved / "old"), str(tmp_path_factory.mktemp("again"))])
    return "\n".join(said)


@pytest.fixture(scope="module")
def site(moved: Path) -> Built:
    """The new site; its blog template needs the old plugin, as its report tells."""
    (moved / "new/overrides/blog-post.html").unlink()
    return build(moved / "new")


def test_mkdocs_yml_keeps_all_but_the_plugins(moved: Path) -> None:
    text = (moved / "new/mkdocs.yml").read_text("utf-8")
    head, _, rest = MKDOCS_YML.partition("  - blog:\n")
    assert text.startswith(head)
    tail = rest[rest.index("  - tags\n") :]
    assert text.endswith(f"  # Feeds.\n{tail}")
    entry = text.removeprefix(head).removesuffix(f"  # Feeds.\n{tail}")
    assert yaml.safe_load(entry) == [
        {
            "twim": {
                "static_dir": "static",
                "paginate_by": 2,
                "taxonomies": {"author": {"paginate_by": 2}, "category": {"paginate_by": 1}},
                "feed_limit": 50,
                "feed_redirects": {
                    "/feed_rss_created.xml": "/rss.xml",
                    "/changes.xml": "/rss.xml",
                    "/feed_json_created.json": "/feed.json",
                    "/feed_json_updated.json": "/feed.json",
                },
            }
        }
    ]


def test_all_files_stay_where_they_were(moved: Path) -> None:
    old, new = contents(moved / "old"), contents(moved / "new")
    # The template has been taken away, as the report says, for the site to be built.
    for name, data in old.items():
        if name.startswith("site/") or name == "overrides/blog-post.html":
            continue
        if name == "docs/blog/category/tips--tricks.md":
            assert new["docs/category/tips-tricks.md"] == data
        elif name not in ("mkdocs.yml", "docs/blog/about.md"):
            # But for a `path`, where the plugin would give another address.
            assert re.sub(rb'\A---\npath: "/blog/.*"\n', b"---\n", new[name]) == data, name


def test_every_address_of_before_is_there(site: Built, moved: Path, told: str) -> None:
    assert "Addresses that are gone:\n  nothing" in told
    before = old_site(moved / "old")
    assert {"blog/2024/05/01/hällo-wörld--c/index.html", "blog/img/dot.svg"} <= before
    assert "blog/category/news/page/2/index.html" in before and "blog/page/3/index.html" in before
    assert {"blog/author/ada/index.html", "blog/archive/2024/page/5/index.html"} <= before
    assert before - site.files().keys() <= {"objects.inv"}
    for feed in ("feed_rss_created.xml", "changes.xml", "feed_json_created.json"):
        assert (site.folder / feed).is_file()


def test_ids_are_the_addresses_of_before(site: Built, moved: Path) -> None:
    dated = re.compile(r"blog/\d{4}/\d\d/\d\d/(.*)index\.html")
    before = {name for name in old_site(moved / "old") if dated.fullmatch(name)}
    ids = {unquote(item["id"]) for item in site.json("feed.json")["items"]}
    assert ids == {f"https://letters.example/{name.removesuffix('index.html')}" for name in before}
    assert len(ids) == 6


def test_it_builds_with_no_more_warnings_than_were_told(site: Built, told: str) -> None:
    assert len(site.warnings) == 1 and "blog/about.md: no date" in site.warnings[0]
    assert "docs/blog/about.md: a page of the blog that is no post" in told


def test_lists_lead_to_ours(site: Built) -> None:
    page = site.read("blog/category/news/page/2/index.html")
    assert 'rel="canonical" href="https://letters.example/category/news/page/2/"' in page
    assert "https://letters.example/author/ada/" in site.read("blog/author/ada/index.html")
    assert "The year 2023</h1>" in site.read("blog/archive/2023/index.html")
    assert "All our tips." in site.read("category/tips-tricks/index.html")
    assert "Hello." in site.read("blog/index.html")


@pytest.mark.parametrize(
    "line",
    [
        "7 posts below docs/blog/posts",
        "mkdocs.yml: twim in the place of blog and rss",
        "mkdocs.yml:16: blog: archive_name: there is nothing like it",
        "mkdocs.yml:24: rss: match_path: there is nothing like it",
        "overrides/blog-post.html: a template of Material's blog",
        "docs/blog/category/tips--tricks.md: the text of a list, moved to category/tips-tricks.md",
        "/category/ and /author/",
    ],
)
def test_the_report_tells_it(told: str, line: str) -> None:
    assert line in told


def move(folder: Path, yml: str, files: Mapping[str, str]) -> dict[str, str]:
    """Move a site; the texts of the new one."""
    lay_out(folder / "old", {"mkdocs.yml": yml, **files})
    assert main(["migrate", str(folder / "old"), str(folder / "new")]) == 0
    return {name: data.decode() for name, data in contents(folder / "new").items()}


HEAD = (
    "site_name: X\nsite_url: https://x.example/\ntheme: {name: material}\n"
    "markdown_extensions: [attr_list]\n"
)
ONE = {"docs/blog/posts/x.md": post("One & Two", "2024-05-01", more="categories: [A B, C]\n")}


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ("{}", "/blog/2024/05/01/one--two/"),
        ("{post_url_format: '{slug}'}", "/blog/one--two/"),
        ("{post_url_format: 'n/{categories}/{file}'}", "/blog/n/a-b/x/"),
        (
            "{post_url_format: '{categories}/{slug}', post_url_max_categories: 2}",
            "/blog/a-b/c/one--two/",
        ),
        ("{post_url_date_format: 'yyyy/MMM'}", "/blog/2024/May/one--two/"),
        ("{post_url_date_format: short}", "/blog/5/1/24/one--two/"),
        ("{post_slugify_separator: _}", "/blog/2024/05/01/one__two/"),
    ],
)
def test_posts_keep_the_addresses_that_options_make(
    tmp_path: Path, options: str, path: str
) -> None:
    yml = f"{HEAD}plugins:\n- blog: {options}\n"
    text = move(tmp_path, yml, ONE)["docs/blog/posts/x.md"]
    assert (f'path: "{path}"\n' in text) is (options != "{}")
    assert f"{path[1:]}index.html" in old_site(tmp_path / "old")
    assert f"{path[1:]}index.html" in build(tmp_path / "new").files()


@pytest.mark.parametrize(
    "plugins",
    [
        "plugins: [search, blog, rss, tags]\n",
        "plugins:\n  search: {}\n  blog:\n    archive: false\n  rss:\n\n  tags: {}\n",
        "plugins:\n- search\n- blog\n- rss: {length: 5}  # five\n- tags\n",
        "plugins: [search, material/blog: {archive: false}, rss: {length: 5}, tags]\n",
        "plugins: {search: {}, blog: {archive: false}, rss: {}, tags: {}}\n",
        "plugins:\n- search\n- blog:\n    blog_dir: >-\n      blog\n\n# The end.\n- tags\n",
    ],
)
def test_every_way_to_write_plugins(tmp_path: Path, plugins: str) -> None:
    files = move(tmp_path, f"{HEAD}{plugins}extra: {{}}  # kept\n", ONE)
    loaded = yaml.safe_load(files["mkdocs.yml"])
    names = [next(iter(p)) if isinstance(p, dict) else p for p in loaded["plugins"]]
    assert names == ["search", "twim", "tags"]
    assert files["mkdocs.yml"].endswith("extra: {}  # kept\n")
    assert build(tmp_path / "new").warnings == []


def test_a_blog_that_is_all_of_the_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    yml = f"{HEAD}plugins: [blog: {{blog_dir: ., pagination_per_page: 1}}]\n"
    posts = {
        "docs/index.md": "# Blog\n\nWelcome.\n",
        "docs/about.md": "# About\n",
        "docs/posts/a.md": post("A", "2024-05-01", "![dot](a.svg)"),
        "docs/posts/b.md": post("B", "2024-05-02"),
        "docs/posts/a.svg": "<svg/>",
    }
    move(tmp_path, yml, posts)
    built = build(tmp_path / "new")
    assert "Welcome." in built.read("posts/index.html") and built.warnings == []
    assert "docs/index.md: its text stands above the list at /posts/" in capsys.readouterr().out
    assert 'href="blog' not in built.read("index.html")
    assert old_site(tmp_path / "old") <= built.files().keys()
    assert "posts/page/2/" in built.read("page/2/index.html")


def test_lists_by_month_lead_to_those_of_the_year(tmp_path: Path) -> None:
    yml = (
        f"{HEAD}plugins: [blog: {{archive_url_format: 'old/{{date}}', "
        "archive_url_date_format: yyyy-MM, pagination_url_format: 'p{page}', "
        "pagination_per_page: 1, authors_profiles: true, "
        "categories_url_format: 'c/{slug}', authors_profiles_url_format: 'by/{slug}'}]\n"
    )
    people = (
        "authors:\n  ada:\n    name: Ada L\n    description: x\n    avatar: https://a.example/a\n"
    )
    more = "authors: [ada]\ncategories: [A B]\n"
    posts = {
        "docs/blog/.authors.yml": people,
        "docs/blog/posts/a.md": post("A", "2024-05-01", more=more),
        "docs/blog/posts/b.md": post("B", "2024-05-02", more=more),
        "docs/blog/posts/c.md": post("C", "2024-06-02", more=more),
    }
    move(tmp_path, yml, posts)
    built = build(tmp_path / "new")
    assert built.warnings == []
    assert old_site(tmp_path / "old") - built.files().keys() <= {"objects.inv"}
    for old, new in {
        "blog/old/2024-05/p2": "blog/archive/2024/page/2",
        "blog/old/2024-06": "blog/archive/2024",
        "blog/p3": "blog/page/3",
        "blog/c/a-b/p2": "category/a-b/page/2",
        "blog/by/ada": "author/ada-l",
    }.items():
        assert f'href="https://x.example/{new}/"' in built.read(f"{old}/index.html"), old


@pytest.mark.parametrize(
    ("people", "line"),
    [
        ("authors: 3\n", "docs/blog/.authors.yml:1: authors: expected a table"),
        ("authors: [\n", "docs/blog/.authors.yml:2:1: invalid YAML"),
    ],
)
def test_authors_that_cannot_be_read_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], people: str, line: str
) -> None:
    move(tmp_path, f"{HEAD}plugins: [blog]\n", {**ONE, "docs/blog/.authors.yml": people})
    assert line in capsys.readouterr().out


def test_addresses_with_html(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = move(tmp_path, f"{HEAD}use_directory_urls: false\nplugins: [blog]\n", ONE)
    assert 'aliases: ["/blog/2024/05/01/one--two.html"]' in files["docs/blog/posts/x.md"]
    assert "one--two.html leads to /blog/2024/05/01/one--two/, a new id" in capsys.readouterr().out
    built = build(tmp_path / "new").files()
    assert "blog/2024/05/01/one--two.html" in built and "blog/category/a-b.html" in built


@pytest.mark.parametrize(
    ("front", "line"),
    [
        ("slug: ../../../../../x", "expected a path such as"),
        ("slug: a?b", "a path can't hold"),
        ("path: /elsewhere/", "docs/blog/posts/x.md:3: path: write '/blog/2024/05/01/t/'"),
    ],
)
def test_hostile_and_taken_keys_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], front: str, line: str
) -> None:
    lay_out(
        tmp_path / "old",
        {
            "mkdocs.yml": f"{HEAD}plugins: [blog]\n",
            "docs/blog/posts/x.md": post("T", "2024-05-01", more=f"{front}\n"),
            "docs/blog/posts/y.md": "no front matter\n",
            "docs/blog/posts/z.md": "---\ntitle: No date\n---\n\nText.\n",
            "docs/blog/posts/.meta.yml": "categories: [A]\n",
            "README.md": "Read me.\n",
        },
    )
    assert main(["migrate", str(tmp_path / "old"), str(tmp_path / "new")]) in (0, 1)
    out = capsys.readouterr().out
    assert line in out
    assert "docs/blog/posts/y.md:1: expected front matter" in out
    assert "docs/blog/posts/z.md: no date: Material's blog needs one" in out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old"]
    assert (tmp_path / "new/README.md").is_file()


CALLS = """\
```yaml
msg: "{{ lookup('env', 'HOME') }}"
```

{{ foo() }} {{ url_for('x') }} {% end %}
"""


def test_calls_of_other_plugins_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "docs/blog/posts/x.md": post("X", "2024-05-01", CALLS),
        "docs/other.md": CALLS,
        "docs/figures.md": "a\n\n{{ figure('x') }}\n{{ figur(img='a') }}\n",
    }
    move(tmp_path, f"{HEAD}plugins: [blog]\n", files)
    told = capsys.readouterr().out
    assert "docs/figures.md:3:1: this is no valid call of 'figure'" in told
    assert "docs/figures.md:4:1: unknown shortcode 'figur'; did you mean 'figure'?" in told
    assert "other.md" not in told and "posts/x.md" not in told
    (tmp_path / "new/docs/figures.md").unlink()
    assert build(tmp_path / "new").warnings == []
    page = (tmp_path / "new/site/other/index.html").read_text("utf-8")
    assert "{{ foo() }} {{ url_for('x') }} {% end %}" in page


def test_templates_that_need_the_blog_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "docs/blog/posts/x.md": post("X", "2024-05-01", more="template: custom.html\n"),
        "docs/blog/posts/y.md": post("Y", "2024-05-02", more="template: blog.html\n"),
        "docs/blog/posts/z.md": post("Z", "2024-05-03", more="template: blog-post.html\n"),
        "overrides/custom.html": '\n{% extends "blog-post.html" %}\n',
        "overrides/mine.html": '{% extends "main.html" %}\n\n{{ page.meta.date | date }}\n',
        "overrides/partials/post.html": "x",
        "overrides/main.html": '{% extends "base.html" %}\n',
    }
    yml = HEAD.replace("material}", "material, custom_dir: ./overrides}")
    move(tmp_path, f"{yml}plugins: [blog]\n", files)
    hand = capsys.readouterr().out.partition("Needs a hand:")[2].partition("New addresses")[0]
    lines = [line.strip().split(", and ")[0] for line in hand.strip().splitlines()]
    assert lines == [
        "docs/blog/posts/y.md:3: template: a template of Material's blog; leave the key out",
        "overrides/custom.html:2: 'blog-post.html' is of Material's blog",
        "overrides/mine.html:3: the filter 'date' is of Material's blog",
        "overrides/partials/post.html: a template of Material's blog; see twim/post.html",
    ]


def test_pages_that_are_no_text_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay_out(tmp_path / "old", {"mkdocs.yml": f"{HEAD}plugins: [blog]\n", **ONE})
    (tmp_path / "old/docs/latin.md").write_bytes(b"\xe9")
    assert main(["migrate", str(tmp_path / "old"), str(tmp_path / "new")]) == 0
    assert "docs/latin.md: can't be read" in capsys.readouterr().out


def test_what_else_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    yml = (
        "INHERIT: ../base.yml\nsite_name: X\ntheme: {name: material, language: xx-none}\n"
        "plugins:\n"
        "  - blog:\n      authors_file: people.yml\n      categories: false\n"
        "      pagination: 3\n      post_excerpt_separator: <!-- cut -->\n"
        "      post_slugify: !!python/name:evil.run\n"
        "  - blog:\n      blog_dir: other\n"
    )
    files = {
        "docs/blog/posts/x.md": "---\ndate: 2024-05-01\n---\n\nA.\n\n<!-- cut -->\n\nB.\n",
        "docs/blog/posts/.meta.yml": "categories: [A]\n",
    }
    move(tmp_path, yml, files)
    out = capsys.readouterr().out
    for line in (
        "docs/blog/posts/x.md:7: write <!-- more --> for it",
        "mkdocs.yml:8: blog: pagination: this can't be read",
        "mkdocs.yml:10: blog: post_slugify: this can't be read",
        "mkdocs.yml:11: a second blog",
        "theme.language: there is no language 'xx-none'",
        "mkdocs.yml:6: authors_file: move it to blog/.authors.yml",
        "mkdocs.yml: site_url: the plugin needs it",
        "mkdocs.yml: INHERIT",
        "docs/blog/posts/.meta.yml: posts take no keys from it",
        "which Material was told not to make",
    ):
        assert line in out, line


@pytest.mark.parametrize(
    ("yml", "message"),
    [
        ("plugins: [", "mkdocs.yml: invalid YAML"),
        ("- a\n", "mkdocs.yml: expected keys and values"),
        ("site_name: X\n", "mkdocs.yml: plugins: there is no blog"),
        ("plugins: [search]\n", "mkdocs.yml: plugins: there is no blog"),
        ("plugins: [blog]\ndocs_dir: ../x\n", "mkdocs.yml: docs_dir: this folder is not below"),
        ("plugins: [blog]\ndocs_dir: /etc\n", "mkdocs.yml: docs_dir: this folder is not below"),
    ],
)
def test_a_mkdocs_yml_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], yml: str, message: str
) -> None:
    lay_out(tmp_path / "old", {"mkdocs.yml": yml})
    assert main(["migrate", str(tmp_path / "old"), str(tmp_path / "new")]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"migrate: {message}") and err.count("\n") == 1


NAMES = st.text("abcdefgh", min_size=1, max_size=6).filter(lambda name: name not in ("blog", "rss"))
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), NAMES, st.lists(NAMES, max_size=2))
PLUGINS = st.lists(st.tuples(NAMES, st.dictionaries(NAMES, VALUES, max_size=3)), max_size=4)


@given(PLUGINS, PLUGINS, st.dictionaries(NAMES, VALUES, max_size=3), st.sampled_from([0, 2, None]))
def test_other_plugins_are_never_touched(
    before: list[tuple[str, dict[str, object]]],
    after: list[tuple[str, dict[str, object]]],
    options: dict[str, object],
    indent: int | None,
) -> None:
    entries = [{name: given} for name, given in before] + [{"blog": options}, "rss"]
    entries += [{name: given} for name, given in after]
    written = {"site_name": "X", "plugins": entries, "extra": {"a": 1}}
    text = yaml.safe_dump(written, sort_keys=False, default_flow_style=indent is None)
    if indent:
        text = (
            re.sub(r"(?m)^(- | )", " " * indent + r"\1", text.split("extra:")[0])
            + "extra: {a: 1}\n"
        )
    yml = MkDocsYml(text)
    [blog] = [plugin for plugin in yml.plugins if plugin.name == "blog"]
    feeds = tuple(plugin for plugin in yml.plugins if plugin.name == "rss")
    assert blog.options == options
    loaded = yaml.safe_load(yml.replaced(blog, {"feed_limit": 3}, feeds))
    expected = [{name: given} for name, given in before] + [{"twim": {"feed_limit": 3}}]
    expected += [{name: given} for name, given in after]
    assert loaded == {"site_name": "X", "plugins": expected, "extra": {"a": 1}}
