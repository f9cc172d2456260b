from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mkdocs_twim.content import frontmatter
from mkdocs_twim.content.keys import PostMeta, read_post, read_section

TAXONOMIES = ("author", "category")


def _meta(text: str, path: str = "blog/x.md", fence: str = "+++") -> PostMeta:
    meta, problems = _read(text, path, fence)
    assert not problems
    return meta


def _read(text: str, path: str = "blog/x.md", fence: str = "+++") -> tuple[PostMeta, list[str]]:
    front = frontmatter.read(f"{fence}\n{text}\n{fence}\n", path)
    meta, problems = read_post(front, path, TAXONOMIES)
    return meta, [str(problem) for problem in problems]


def test_all_keys_of_a_post() -> None:
    meta = _meta(
        """title = "T"
description = "D"
date = 2024-01-22T12:30:00+02:00
updated = "2024-01-20"
draft = true
render = false
slug = "s"
path = "blog/p"
weight = 3
authors = ["A"]
aliases = ["old", "/older.html"]
template = "page.html"
in_search_index = false
unknown = 1
[taxonomies]
author = ["Ben Parsons", "Ben Parsons"]
category = ["This Week in Matrix", "News"]
[extra]
image = "<https://x.example/a.png>"
other = 2024-01-01
"""
    )
    assert meta == PostMeta(
        title="T",
        description="D",
        date=datetime(2024, 1, 22, 12, 30, tzinfo=timezone(timedelta(hours=2))),
        updated=datetime(2024, 1, 20, tzinfo=UTC),
        draft=True,
        render=False,
        slug="s",
        path="/blog/p/",
        stem="x",
        taxonomies={"author": ("Ben Parsons",), "category": ("This Week in Matrix", "News")},
        weight=3,
        authors=("A",),
        aliases=("/old/", "/older.html"),
        template="page.html",
        in_search_index=False,
        image="https://x.example/a.png",
    )


def test_an_empty_front_matter_has_the_defaults() -> None:
    assert _meta("") == PostMeta(stem="x")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("title = 3", 2, "title: expected a string, found 3"),
        ("draft = 'yes'", 2, "draft: expected true or false, found 'yes'"),
        ("draft = 1", 2, "draft: expected true or false, found 1"),
        ("weight = true", 2, "weight: expected a whole number, found true"),
        ("weight = -1", 2, "weight: expected a number that is not negative, found -1"),
        ("slug = ' '", 2, "slug: expected a string that is not empty"),
        ("path = ''", 2, "path: expected a string that is not empty"),
        ("path = '/../x'", 2, "path: expected a path such as"),
        ("date = '22 Jan 2024'", 2, "date: expected a date such as 2024-01-22"),
        ("updated = 5", 2, "updated: expected a date"),
        ("aliases = 'x'", 2, "aliases: expected a list of strings, found 'x'"),
        ("aliases = ['a?b']", 2, "aliases: a path can't hold '?'"),
        ("authors = [1]", 2, "authors: expected strings that are not empty, found [1]"),
        ("taxonomies = 'x'", 2, "taxonomies: expected a table"),
        ("extra = 1", 2, "extra: expected a table"),
        ("[taxonomies]\n\ntags = ['x']", 4, "taxonomies.tags: no taxonomy of this site"),
        ("[taxonomies]\ncategory = 'x'", 3, "taxonomies.category: expected a list of strings"),
        ("[taxonomies]\ncategory = ['']", 3, "taxonomies.category: expected strings"),
        ("[taxonomies]\ncategory = ['-']", 3, "no address can be made of the term '-'"),
        ("[extra]\nimage = 1", 3, "extra.image: expected a string, found 1"),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_what_was_expected(
    text: str, line: int, words: str
) -> None:
    _, problems = _read(text)
    assert len(problems) == 1
    assert problems[0].startswith(f"blog/x.md:{line}: ")
    assert words in problems[0]


def test_all_that_is_wrong_is_named_at_once() -> None:
    _, problems = _read("title = 1\ndate = 2\nweight = 'x'")
    lines = sorted(problem.split(": ")[0] for problem in problems)
    assert lines == ["blog/x.md:2", "blog/x.md:3", "blog/x.md:4"]


def test_long_values_are_shortened_in_messages() -> None:
    _, problems = _read(f"draft = '{'x' * 200}'")
    assert problems[0].endswith("...")


def test_the_date_of_the_file_s_name_counts_where_there_is_none_in_the_front_matter() -> None:
    path = "blog/2014-09-03-hello-world.md"
    assert _meta("", path).date == datetime(2014, 9, 3, tzinfo=UTC)
    assert _meta("", path).stem == "hello-world"
    assert _meta("date = 2020-01-01", path).date == datetime(2020, 1, 1, tzinfo=UTC)
    bundle = _meta("", "blog/2014-09-03-week/index.md")
    assert (bundle.date, bundle.stem) == (datetime(2014, 9, 3, tzinfo=UTC), "week")


def test_yaml_posts_take_the_keys_of_materials_blog() -> None:
    meta = _meta(
        "date:\n  created: 2024-01-31\n  updated: 2024-02-02\nauthors: [ada]\ncategories: [News]",
        fence="---",
    )
    assert meta.date == datetime(2024, 1, 31, tzinfo=UTC)
    assert meta.updated == datetime(2024, 2, 2, tzinfo=UTC)
    assert meta.taxonomies == {"author": ("ada",), "category": ("News",)}


def test_zolas_taxonomies_win_over_materials_keys() -> None:
    meta = _meta("taxonomies:\n  category: [A]\ncategories: [B]", fence="---")
    assert meta.taxonomies == {"category": ("A",)}


def test_a_date_table_is_no_date_in_toml() -> None:
    _, problems = _read("[date]\ncreated = 2024-01-31")
    assert "expected a date" in problems[0]


def test_the_description_may_stand_in_extra() -> None:
    assert _meta("[extra]\nmeta_description = 'D'").description == "D"


def test_unknown_keys_of_a_section_are_errors() -> None:
    front = frontmatter.read("+++\nsort_by = 'date'\nnosuch = 1\npaginate_by = 'x'\n+++\n", "b.md")
    problems = [str(problem) for problem in read_section(front, "b.md")[1]]
    assert problems == [
        "b.md:3: nosuch: no key of a section",
        "b.md:4: paginate_by: expected a whole number, found 'x'",
    ]


@pytest.mark.parametrize(
    ("text", "authors"),
    [
        ("author: Ida", ("Ida",)),
        ("author: [Ida, Bo]", ("Ida", "Bo")),
        ("author: Ida\nauthors: [Bo]", ("Bo",)),
        ("author:", ()),
        # Another plugin's.
        ("author: {name: Ida}", ()),
    ],
)
def test_the_author_of_a_yaml_post(text: str, authors: tuple[str, ...]) -> None:
    meta = _meta(text, fence="---")
    assert meta.authors == authors
    assert meta.taxonomies.get("author", ()) == authors


def test_an_author_at_the_top_of_a_toml_post_is_none_of_ours() -> None:
    assert _meta('author = "Ida"').authors == ()


@pytest.mark.parametrize("name", ["tag", "tags"])
def test_tags_are_terms_where_they_are_a_taxonomy(name: str) -> None:
    front = frontmatter.read("---\ntags: [Heron, Pike]\n---\n", "blog/x.md")
    meta, problems = read_post(front, "blog/x.md", (*TAXONOMIES, name))
    assert (meta.taxonomies, problems) == ({name: ("Heron", "Pike")}, [])
    assert _meta("tags: [Heron]", fence="---").taxonomies == {}
