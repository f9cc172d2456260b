"""Two outputs for one address never pass in silence: each case of the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mkdocs.exceptions import Abort

from tests.sites import build, issue, messages, post

BASE: dict[str, str | bytes] = {"index.md": "# Home\n", "blog/one.md": issue(1), "img/a.png": b""}


def _clash(tmp_path: Path, files: dict[str, str | bytes], **options: Any) -> str:
    with messages() as logged, pytest.raises(Abort):
        build(tmp_path, {**BASE, **files}, **options)
    [message] = [line for text in logged for line in text.split("\n") if "the address" in line]
    return message


def _static(tmp_path: Path, name: str) -> dict[str, object]:
    path = tmp_path / "static" / name
    path.parent.mkdir(parents=True)
    path.write_text("static")
    return {"static_dir": "static"}


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/section/clients/", "Clients"),
        ("/Section/Clients/", "Clients"),
        ("/project/fractal/", "Fractal"),
        ("/author/ada/", "Ada"),
        ("/category/", "Categories"),
        ("/blog/", "Blog"),
        ("/blog/page/2/", "Blog, page 2"),
        ("/feeds/", "Feeds"),
        ("/updates/", "Updates"),
        ("/named/", "Named"),
    ],
)
def test_a_post_and_a_generated_page(tmp_path: Path, path: str, title: str) -> None:
    options = {"paginate_by": 1, "feeds": {"named": {"title": "Named", "category": ["news"]}}}
    files: dict[str, str | bytes] = {"blog/x.md": post(more=f'path = "{path}"')}
    message = _clash(tmp_path, files, twim=options)
    assert "blog/x.md" in message and f"the generated page '{title}'" in message


def test_two_posts(tmp_path: Path) -> None:
    message = _clash(
        tmp_path,
        {"blog/a.md": post(more='path = "/x/Y"'), "blog/b.md": post(more='path = "x/y/"')},
    )
    assert "blog/a.md" in message and "blog/b.md" in message


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2026-05-08-harbour.md", "2026-05-15-harbour.md"),
        ("2026-05-08-harbour.md", "2026-05-15_Harbour!.md"),
        ("2026-05-08-harbour/index.md", "2026-05-15-harbour.md"),
        ("2026-05-08-harbour.md", "harbour.md"),
    ],
)
def test_two_posts_whose_names_differ_in_the_date_alone(
    tmp_path: Path, one: str, other: str
) -> None:
    texts = {f"blog/{name}": '+++\ntitle = "Week"\n+++\n' for name in (one, other)}
    message = _clash(tmp_path, {**texts})
    assert f"blog/{one}" in message and f"blog/{other}" in message
    assert message.endswith(
        "both have the address /blog/harbour/: the date that a file's name begins with is no part "
        "of the address; set 'slug' or 'path' in one of them"
    )


@pytest.mark.parametrize(
    ("one", "other", "way"),
    [
        (
            "+++\nslug = 'x'\n+++\n",
            "+++\nslug = 'X'\n+++\n",
            ": set 'slug' or 'path' in one of them",
        ),
        (
            "---\ntitle: X\ndate: 2026-05-08\n---\n",
            "---\ntitle: x\ndate: 2026-05-08\n---\n",
            ": set 'slug' or 'path' in one of them",
        ),
        ("+++\npath = '/x'\n+++\n", "+++\npath = '/x/'\n+++\n", ""),
    ],
)
def test_what_to_do_about_two_posts(tmp_path: Path, one: str, other: str, way: str) -> None:
    message = _clash(tmp_path, {"blog/2026-05-08-a.md": one, "blog/2026-05-15-b.md": other})
    assert message.endswith(f"x/{way}")


def test_a_post_and_a_page(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"about.md": "", "blog/a.md": post(more='path = "/about"')}
    message = _clash(tmp_path, files)
    assert "about.md" in message and "blog/a.md" in message


def test_a_page_that_differs_in_case_from_a_generated_one(tmp_path: Path) -> None:
    message = _clash(tmp_path, {"section/Clients.md": "Mine."})
    assert "section/Clients.md" in message and "the generated page 'Clients'" in message


def test_two_own_pages_at_one_generated_address(tmp_path: Path) -> None:
    message = _clash(tmp_path, {"feeds.md": "1", "feeds/index.md": "2"}, use_directory_urls=False)
    assert "feeds.md" in message and "feeds/index.md" in message


def test_the_list_s_own_text_twice(tmp_path: Path) -> None:
    message = _clash(
        tmp_path, {"blog/_index.md": "+++\ntitle = 'a'\n+++\n", "blog/index.md": "# B\n"}
    )
    assert "blog/_index.md" in message and "blog/index.md" in message


def test_an_alias_and_a_generated_page(tmp_path: Path) -> None:
    message = _clash(tmp_path, {"blog/a.md": post(more='aliases = ["section/clients"]')})
    assert "the alias /section/clients/ of blog/a.md" in message
    assert "the generated page 'Clients'" in message


def test_two_aliases(tmp_path: Path) -> None:
    message = _clash(
        tmp_path,
        {
            "blog/a.md": post(more='aliases = ["old"]'),
            "blog/b.md": post(more='aliases = ["Old"]'),
        },
    )
    assert "/old/ of blog/a.md" in message and "/Old/ of blog/b.md" in message


def test_two_aliases_of_one_spelling(tmp_path: Path) -> None:
    message = _clash(
        tmp_path,
        {
            "blog/a.md": post(more='aliases = ["old"]'),
            "blog/b.md": post(more='aliases = ["/old/"]'),
        },
    )
    assert "blog/a.md" in message and "blog/b.md" in message and "/old/" in message


def test_an_alias_and_an_old_address_of_a_feed(tmp_path: Path) -> None:
    message = _clash(
        tmp_path,
        {"blog/a.md": post(more='aliases = ["feed"]')},
        twim={"feed_redirects": {"/feed/": "/atom.xml"}},
    )
    assert "/feed/" in message and "blog/a.md" in message and "feed_redirects" in message


def test_a_file_and_a_feed(tmp_path: Path) -> None:
    message = _clash(tmp_path, {"section/clients/Atom.xml": "<x/>"})
    assert "section/clients/Atom.xml" in message and "the feed 'Clients, Letters'" in message


def test_a_file_and_a_generated_page(tmp_path: Path) -> None:
    message = _clash(tmp_path, {"section/clients/index.html": "<p>"})
    assert "section/clients/index.html" in message and "the generated page 'Clients'" in message


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("img/A.png", "img/a.png"),
        ("blog/one/index.html", "blog/one.md"),
        ("section/clients/index.html", "the generated page 'Clients'"),
        ("feed.json", "the feed 'Letters'"),
        ("archive.json", "the plugin twim"),
        ("feeds.opml", "the plugin twim"),
        ("old/index.html", "the alias /old/ of blog/one.md"),
        ("404.html", "the theme's 404.html"),
        ("sitemap.xml", "the theme's sitemap.xml"),
    ],
)
def test_static_files_and_others(tmp_path: Path, name: str, owner: str) -> None:
    text = issue(1).replace("[taxonomies]", 'aliases = ["old"]\n[taxonomies]')
    message = _clash(tmp_path, {"blog/one.md": text}, twim=_static(tmp_path, name))
    assert f"static/{name}" in message and owner in message


def test_a_taxonomy_or_a_named_feed_of_a_reserved_name(tmp_path: Path) -> None:
    for options in (
        {"taxonomies": {"Section": {"feed": False}}},
        {"feeds": {"page": {"title": "x"}}},
        {"taxonomies": {"author": {}}, "feeds": {"author": {"title": "x"}}},
    ):
        with messages() as logged, pytest.raises(Abort):
            build(tmp_path, {"index.md": "# Home\n"}, twim=options)
        assert "called" in "\n".join(logged)


@pytest.mark.parametrize(
    ("options", "other"),
    [
        ({"blog_dir": "section"}, "Sections"),
        ({"blog_dir": "section/clients"}, "Clients"),
        ({"blog_dir": "project/fractal"}, "Fractal"),
        ({"blog_dir": "feeds"}, "Feeds"),
        ({"blog_dir": "author"}, "Authors"),
        ({"blog_dir": "category/this-week-in-letters"}, "This Week in Letters"),
        ({"blog_dir": "news", "feeds": {"news": {"title": "Blog"}}}, "Blog"),
        ({"blog_dir": "news", "taxonomies": {"author": {}, "category": {}, "News": {}}}, "News"),
    ],
)
def test_two_generated_pages(tmp_path: Path, options: dict[str, object], other: str) -> None:
    text = issue(1).replace("[taxonomies]", "[taxonomies]\nNews = ['x']")
    if "taxonomies" not in options:
        text = issue(1)
    files: dict[str, str | bytes] = {"index.md": "# Home\n", f"{options['blog_dir']}/one.md": text}
    with messages() as logged, pytest.raises(Abort):
        build(tmp_path, files, twim=options)
    message = "\n".join(logged)
    address = f"/{options['blog_dir']}/"
    pair = f"the generated page 'Blog' and the generated page '{other}'"
    assert f"{pair} both have the address {address}" in message


@pytest.mark.parametrize(
    ("name", "where"),
    [("section", "/section"), ("blog/one", "/blog/one"), ("feed.json/x", "/feed.json/x")],
)
def test_a_file_where_a_folder_is(tmp_path: Path, name: str, where: str) -> None:
    with messages() as logged, pytest.raises(Abort):
        build(tmp_path, BASE, twim=_static(tmp_path, name))
    message = "\n".join(logged)
    assert f"static/{name}" in message
    assert "one is a file and the other below it" in message
