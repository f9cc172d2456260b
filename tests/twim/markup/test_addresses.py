from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from material.plugins.blog.config import BlogConfig  # type: ignore[import-untyped]  # it carries no types

from mkdocs_twim.errors import AddressError
from mkdocs_twim.markup import addresses


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/blog/2024/10/29/matrix-2.0-is-here", "/blog/2024/10/29/matrix-2.0-is-here/"),
        ("blog/Über/", "/blog/Über/"),
        (" /Blog/X/ ", "/Blog/X/"),
    ],
)
def test_an_explicit_path_gets_slashes_and_is_verbatim_otherwise(path: str, address: str) -> None:
    assert addresses.explicit(path) == address


@pytest.mark.parametrize(
    "path", ["", "/", "../x", "/a/../b", "/a//b", "/a?b", "/a#b", "a\\b", "a\nb"]
)
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(AddressError):
        addresses.explicit(path)


@pytest.mark.parametrize(
    ("src_uri", "stem", "slug", "address"),
    [
        # zola.md Z4.2, Z4.3
        ("blog/2025/10/2025-10-29-wrap-up.md", "wrap-up", None, "/blog/2025/10/wrap-up/"),
        ("blog/2025-03-27-matrix-v1.14.md", "matrix-v1.14", None, "/blog/matrix-v1-14/"),
        ("blog/My Dir/x.md", "x", "Own Slug", "/blog/My Dir/own-slug/"),
        ("blog/2022/2022-09-16-week/index.md", "week", None, "/blog/2022/week/"),
        ("x.md", "x", None, "/x/"),
    ],
)
def test_zola_addresses(src_uri: str, stem: str, slug: str | None, address: str) -> None:
    assert addresses.zola(src_uri, stem, slug) == address


def test_a_name_that_leaves_no_slug_is_refused() -> None:
    with pytest.raises(AddressError):
        addresses.zola("blog/---.md", "---", None)
    with pytest.raises(AddressError):
        addresses.material("blog", None, None, "!!!")


@pytest.mark.parametrize(
    ("title", "slug", "address"),
    [
        ("Hello, World!", None, "/blog/2024/01/31/hello-world/"),
        ("Grüße aus <b>Köln</b>", None, "/blog/2024/01/31/grüße-aus-köln/"),
        ("Whatever", "my-slug", "/blog/2024/01/31/my-slug/"),
        ("We are live 🎉", None, "/blog/2024/01/31/we-are-live-/"),
        ("<b> Ä </b>", None, "/blog/2024/01/31/ä/"),
    ],
)
def test_addresses_of_materials_blog(title: str, slug: str | None, address: str) -> None:
    assert addresses.material("blog", datetime(2024, 1, 31, tzinfo=UTC), slug, title) == address


@given(st.text(st.sampled_from("aB  -_<>/bé́İß🎉‑\u00a0\t1!")) | st.text())
def test_slugs_are_those_that_materials_blog_makes_by_default(title: str) -> None:
    options = BlogConfig()
    slug = options.post_slugify(title, options.post_slugify_separator)
    if slug:
        assert addresses.material("blog", None, None, title) == f"/blog/{slug}/"
    else:
        with pytest.raises(AddressError, match="no slug can be made of"):
            addresses.material("blog", None, None, title)


def test_a_year_has_four_digits_on_every_system() -> None:
    date = datetime(476, 9, 4, tzinfo=UTC)
    assert addresses.material("blog", date, None, "The end") == "/blog/0476/09/04/the-end/"


@pytest.mark.parametrize(
    ("blog_dir", "address"),
    [
        ("blog", "/blog/"),
        (str(PureWindowsPath("news/letters")), "/news/letters/"),
        (".\\news\\", "/news/"),
        (".", "/"),
        ("", "/"),
    ],
)
def test_a_blog_s_folder_may_be_written_as_on_windows(blog_dir: str, address: str) -> None:
    assert addresses.blog(blog_dir) == address


def test_an_undated_post_of_materials_has_no_date_in_its_address() -> None:
    assert addresses.material("blog", None, None, "Now") == "/blog/now/"


def test_an_address_becomes_an_ascii_url() -> None:
    assert addresses.url("/blog/grüße 1/") == "blog/gr%C3%BC%C3%9Fe%201/"


def test_two_owners_of_one_address_are_both_named() -> None:
    claims = addresses.Claims()
    assert claims.add("blog/X/index.html", "blog/a.md") is None
    assert claims.add("blog/X/index.html", "blog/a.md") is None
    error = claims.add("blog/x/index.html", "blog/b.md")
    assert error is not None
    assert "blog/a.md" in str(error) and "blog/b.md" in str(error) and "/blog/x/" in str(error)


def test_files_that_are_copied_clash_with_ours_but_not_with_each_other() -> None:
    claims = addresses.Claims()
    claims.note("img/A.png", "img/A.png")
    claims.note("img/a.png", "img/a.png")
    assert claims.add("img/a.png", "the feed") is not None
