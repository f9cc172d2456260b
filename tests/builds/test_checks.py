"""What a build says of posts that are wrong, or probably not meant so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mkdocs.exceptions import Abort

from tests.sites import ISSUE, build, messages, post

PNG = b"\x89PNG\r\n\x1a\n"


def _all(tmp_path: Path, files: dict[str, str | bytes], **options: Any) -> list[str]:
    """What a build that fails says, line by line."""
    with messages() as logged, pytest.raises(Abort):
        build(tmp_path, files, **options)
    return [line for text in logged for line in text.split("\n")]


def test_a_broken_post_causes_no_warnings_in_others(tmp_path: Path) -> None:
    links = (
        "[a](@/blog/bad.md) [b](bad.md#part) [c](@/blog/2024-01-01-folder/index.md#part)\n"
        "[d](@/blog/called.md) [e](@/blog/2024/_index.md) ![f](/blog/folder/f.png)\n\n"
        '{% details(summary="More") %}[g](bad.md) [h](@/blog/bad.md#x){% end %}\n'
    )
    files: dict[str, str | bytes] = {
        "blog/good.md": post("Good", links),
        "blog/yaml.md": f"---\ntitle: Y\ndate: 2024-01-01\nlinks:\n  - blog/bad.md\n---\n\n{links}",
        "page.md": links.replace("bad.md#part", "blog/bad.md#part").replace("(bad", "(blog/bad"),
        "blog/bad.md": "+++\ntitle = 5\n+++\n\n## Part\n",
        "blog/2024-01-01-folder/index.md": "+++\ntitle =\n+++\n",
        "blog/2024-01-01-folder/f.png": PNG,
        "blog/called.md": post("Called", "{{ figure(img=5) }}\n"),
        "blog/2024/_index.md": "+++\nnot_a_key = 1\n+++\n",
    }
    said = _all(tmp_path, files, validation={"anchors": "warn"})
    assert [line.partition(":")[0] for line in said] == [
        "blog/2024-01-01-folder/index.md",
        "blog/2024/_index.md",
        "blog/bad.md",
        "blog/called.md",
    ]


@pytest.mark.parametrize("plugins", [["search", "blog", "twim"], ["twim", "blog"]])
@pytest.mark.parametrize("front", ["+++\ndate = 2024-01-01\n+++\n", "---\ndate: 2024-01-01\n---\n"])
def test_the_plugin_blog_beside_ours_is_named(
    tmp_path: Path, plugins: list[str], front: str
) -> None:
    files: dict[str, str | bytes] = {"blog/posts/a.md": f"{front}\n# A\n"}
    assert _all(tmp_path, files, theme={"name": "material"}, plugins=plugins) == [
        "mkdocs.yml: plugins: 'blog' and 'twim' both make pages of the posts below 'blog': "
        "take 'blog' out"
    ]


def test_the_plugin_that_stands_twice_is_told(tmp_path: Path) -> None:
    said = _all(tmp_path, {"blog/a.md": post()}, plugins=["search", "twim", {"twim": {}}])
    assert said[-1] == "mkdocs.yml: plugins: 'twim' stands there twice: take one out"


def test_a_post_beside_the_folder_of_posts_is_told(tmp_path: Path) -> None:
    text = post("Lost").replace("\n", "\r\n")
    files: dict[str, str | bytes] = {
        "blog/a.md": post(),
        "lost.md": text,
        "news/lost.md": f"\n\n{text}",
        "section/clients.md": post("Clients"),
        "shown.md": f"# Front matter\n\n```\n{post()}```\n",
        "code.md": "".join(f"    {line}\n" for line in post().split("\n")),
        "signs.md": "+++\n\nThree signs.\n",
    }
    where = "'+++' begins no front matter here: posts are the pages below 'blog'"
    assert sorted(build(tmp_path, files).warnings) == [
        f"lost.md:1: {where}",
        f"news/lost.md:3: {where}",
        f"section/clients.md:1: {where}",
    ]


@pytest.mark.parametrize("options", [{"enabled": False}, {"blog_dir": "diary"}])
def test_the_plugin_blog_may_have_another_folder(
    tmp_path: Path, options: dict[str, object]
) -> None:
    files: dict[str, str | bytes] = {"blog/a.md": post(), "diary/index.md": "# Diary\n"}
    plugins = [{"blog": options}, "twim"]
    assert build(tmp_path, files, theme={"name": "material"}, plugins=plugins).warnings == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("2026-05-30", "a name that is a date alone gives none: write it '2026-05-30-title', or"),
        ("2026-05-30/index", "a name that is a date alone gives none"),
        ("2026-5-3-boats", "'2026-5-3-boats' begins with no date as it is to be written"),
        ("20260530-boats", "'20260530-boats' begins with no date as it is to be written"),
        ("2026-02-30-boats", "no calendar has the date that '2026-02-30-boats' begins with"),
        ("boats", "the post is in no list and no feed"),
        ("16-boats", "the post is in no list and no feed"),
    ],
)
def test_a_post_without_a_date_is_told_what_is_wrong_with_its_name(
    tmp_path: Path, name: str, hint: str
) -> None:
    built = build(tmp_path, {f"blog/{name}.md": '+++\ntitle = "B"\n+++\n'})
    [message] = built.warnings
    assert message.startswith(f"blog/{name}.md: no date, neither in the front matter nor in")
    assert hint in message
    assert (" feed;" in message) is ("boats" not in name or name.startswith("20"))


def test_terms_at_the_top_of_toml_posts_are_told_once(tmp_path: Path) -> None:
    wrong = '+++\ntitle = "{}"\ndate = 2024-01-0{}\nauthor = "Ida"\ncategories = ["News"]\n+++\n'
    files: dict[str, str | bytes] = {
        **{f"blog/{number}.md": wrong.format(number, number) for number in (1, 2, 3)},
        "blog/both.md": post("Both", more='author = "Ida"\ncategory = "News"'),
        "blog/yaml.md": "---\ntitle: Y\ndate: 2024-01-01\ncategories: [News]\n---\n",
        "blog/authors.md": post("A", more='authors = ["Ida"]').replace('author = ["Ada"]\n', ""),
    }
    assert build(tmp_path, files).warnings == [
        'blog/1.md:4: author: this is read below [taxonomies] alone: author = ["…"]; so in 3 more',
        'blog/1.md:5: categories: this is read below [taxonomies] alone: category = ["…"]; '
        "so in 2 more",
        # Where terms of that taxonomy stand in their place, these are lost all the same.
        'blog/both.md:5: category: this is read below [taxonomies] alone: category = ["…"]',
    ]


def test_authors_at_the_top_are_read_whatever_a_taxonomy_is_called(tmp_path: Path) -> None:
    ida = 'authors = ["Ida"]\n'
    text = f'+++\ntitle = "A"\ndate = 2024-01-01\n{ida}[taxonomies]\n{ida}+++\n'
    twim = {"taxonomies": {"authors": {"feed": True}}}
    assert build(tmp_path, {"blog/a.md": text}, twim=twim).warnings == []


def test_terms_of_yaml_posts_that_are_not_read_are_told_once(tmp_path: Path) -> None:
    wrong = "---\ntitle: Y{}\ndate: 2024-01-0{}\ncategory: News\ntag: [Ink]\nport: [Hull]\n---\n"
    right = (
        "---\ntitle: R\ndate: 2024-02-01\ncategories: [News]\ncategory: Else\nauthor: Ida\n"
        "tags: [Ink]\ntaxonomies: {port: [Hull]}\n---\n"
    )
    # Of another plugin's it may be anything.
    other = "---\ntitle: O\ndate: 2024-02-02\ncategory: {id: 3}\ntag:\n---\n"
    files: dict[str, str | bytes] = {
        **{f"blog/{number}.md": wrong.format(number, number) for number in (1, 2)},
        "blog/right.md": right,
        "blog/other.md": other,
        "blog/.authors.yml": "authors:\n  ida: {name: Ida, description: I, avatar: a.png}\n",
        "a.png": b"",
    }
    names = ("author", "category", "tags", "port")
    twim = {"taxonomies": {name: {"feed": True} for name in names}}
    built = build(tmp_path, files, twim=twim)
    assert [each for each in built.warnings if "isn't read" in each] == [
        "blog/1.md:4: category: this isn't read, 'categories' is: categories: [\"…\"]; "
        "so in 2 more",
        "blog/1.md:6: port: this isn't read, 'taxonomies' is: taxonomies: {port: [\"…\"]}; "
        "so in 1 more",
        "blog/1.md:5: tag: this isn't read, 'tags' is: tags: [\"…\"]; so in 1 more",
    ]


@pytest.mark.parametrize(
    ("key", "read"),
    [
        *((key, "categories") for key in ("category", "Category", "CATEGORIES", "Categories")),
        *((key, "tags") for key in ("tag", "Tag", "Tags")),
        *(("Author", "author"), ("AUTHORS", "authors"), ("Port", "taxonomies")),
        *((key, None) for key in ("categories", "tags", "author", "Title", "categorys")),
    ],
)
@pytest.mark.parametrize("beside", ["", "categories: [News]\n"])
def test_keys_of_terms_are_told_as_those_that_they_resemble(
    key: str, read: str | None, beside: str, tmp_path: Path
) -> None:
    beside = "" if key == "categories" else beside
    text = f"---\ntitle: Y\ndate: 2024-01-01\n{beside}{key}: [Ida]\n---\n"
    files: dict[str, str | bytes] = {
        **{f"blog/{name}.md": text.replace("Y", name) for name in "ab"},
        "blog/.authors.yml": "authors:\n  Ida: {name: Ida, description: I, avatar: a.png}\n",
        "a.png": b"",
    }
    names = ("author", "category", "tags", "port")
    built = build(tmp_path, files, twim={"taxonomies": {name: {"feed": True} for name in names}})
    told = [each for each in built.warnings if "isn't read" in each]
    if read is None:
        assert told == []
    else:
        how = 'taxonomies: {port: ["…"]}' if read == "taxonomies" else f'{read}: ["…"]'
        line = 5 if beside else 4
        assert told == [
            f"blog/a.md:{line}: {key}: this isn't read, '{read}' is: {how}; so in 1 more"
        ]


def test_an_empty_blog_dir_is_named_once(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "about.md": "# About\n",
        "guide/one.md": "# One\n",
        "guide/two.md": "# Two\n",
        "post.md": post(),
    }
    for blog_dir in ("", ".", "./"):
        assert _all(tmp_path, files, twim={"blog_dir": blog_dir}) == [
            "about.md:1: no front matter, though blog_dir makes every page a post: "
            "name a folder there; so in 2 more"
        ]


def test_a_folder_of_posts_that_is_not_there(tmp_path: Path) -> None:
    built = build(tmp_path, {"index.md": "# A\n"}, twim={"blog_dir": "posts"})
    assert built.warnings == ["mkdocs.yml: twim: blog_dir: there are no posts below 'posts'"]
    assert build(tmp_path, {"index.md": "# A\n"}).warnings == []


@pytest.mark.parametrize(
    ("category", "patterns", "near"),
    [
        ("This Weak in Boats", ["This Week in *"], True),
        ("this-week-in-boats", ["This Week in *"], True),
        ("Thisweek in Boats", ["This Week in *"], True),
        ("This Week in", ["This Week in *"], True),
        ("The Week in Boats", ["This Week in *"], True),
        ("Harbour Newsleter", ["Other *", "Harbour Newsletter"], True),
        ("This Week at Work", ["This Week in *"], False),
        ("This Month in Boats", ["This Week in *"], False),
        ("News", ["This Week in *"], False),
        ("Newt", ["News"], False),
        ("Fortnightly", ["Fortnightli"], True),
        ("Fortnihgtly 7", ["Fortnightly *"], True),
        ("Fortnightly", ["Fortnightly *"], True),
        ("Newsletters of Boats", ["Newsletter"], False),
        ("Harbour", ["Fortnightly"], False),
        ("Harbour", ["*boats*"], False),
        ("this week in BOATS", ["This Week in *"], False),
    ],
)
def test_a_category_that_is_nearly_one_of_issues_is_told_once(
    tmp_path: Path, category: str, patterns: list[str], near: bool
) -> None:
    body = ISSUE.replace("![shot](/img/a.png)", "none")
    files: dict[str, str | bytes] = {
        f"blog/{number}.md": post(f"P{number}", body, category=category) for number in (1, 2)
    }
    files["blog/plain.md"] = post("Plain", "No sections.\n", category=category)
    built = build(tmp_path, files, twim={"issues": patterns})
    said = (
        f"blog/1.md:6: the category '{category}' is nearly one of issues ('{patterns[-1]}'): "
        "the post isn't divided into updates; so in 2 more"
    )
    assert built.warnings == ([said] if near else [])
