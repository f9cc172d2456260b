"""What other sites show of a page: Open Graph, Twitter cards, JSON-LD."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import jsonschema
import pytest

from feedserver.model import Site
from mkdocs_twim.markup.pictures import Picture
from mkdocs_twim.templating import social
from mkdocs_twim.templating.views import Link, PostView, Terms
from tests.conftest import ROOT
from tests.sites import Built, build, issue, post

SCHEMA = json.loads((ROOT / "tests/data/news-article.schema.json").read_text("utf-8"))
FORMATS = jsonschema.Draft202012Validator.FORMAT_CHECKER
SITE = Site("Letters", "https://letters.example/news/", "Letters of a town", "en")
PICTURE = Picture(
    "https://x.example/a.png", "https://x.example/a.png", "A box", "image/png", 9, 4, 3
)


def _view(**more: object) -> PostView:
    values: dict[str, object] = {
        "title": "A title",
        "url": "blog/a/",
        "date": datetime(2024, 5, 17, tzinfo=UTC),
        "updated": None,
        "terms": (
            Terms("author", (Link("Ada", "author/ada/"), Link("Bo", "author/bo/"))),
            Terms("category", (Link("News", "category/news/"),)),
        ),
        "picture": None,
        "excerpt": None,
        "summary": "First sentence.",
        **more,
    }
    return PostView(**values)  # type: ignore[arg-type]  # of every type


def _article(found: social.Social) -> dict[str, object]:
    article: dict[str, object] = json.loads(found.article or "")
    jsonschema.validate(article, SCHEMA, format_checker=FORMATS)
    return article


def test_a_post_with_everything() -> None:
    updated = datetime(2024, 6, 1, tzinfo=UTC)
    url = "https://letters.example/news/blog/a/"
    found = social.of_post(_view(updated=updated, picture=PICTURE), url, SITE, None)
    assert found.twitter == (
        ("twitter:card", "summary_large_image"),
        ("twitter:title", "A title"),
        ("twitter:description", "First sentence."),
        ("twitter:image", "https://x.example/a.png"),
        ("twitter:image:alt", "A box"),
    )
    assert found.properties == (
        ("og:type", "article"),
        ("og:site_name", "Letters"),
        ("og:title", "A title"),
        ("og:url", url),
        ("og:description", "First sentence."),
        ("og:image", "https://x.example/a.png"),
        ("og:image:type", "image/png"),
        ("og:image:width", "4"),
        ("og:image:height", "3"),
        ("og:image:alt", "A box"),
        ("article:published_time", "2024-05-17T00:00:00+00:00"),
        ("article:modified_time", "2024-06-01T00:00:00+00:00"),
        ("article:author", "https://letters.example/news/author/ada/"),
        ("article:author", "https://letters.example/news/author/bo/"),
        ("article:tag", "News"),
    )
    article = _article(found)
    assert article["author"] == [
        {"@type": "Person", "name": "Ada", "url": "https://letters.example/news/author/ada/"},
        {"@type": "Person", "name": "Bo", "url": "https://letters.example/news/author/bo/"},
    ]
    assert article["image"] == ["https://x.example/a.png"]
    assert article["dateModified"] == "2024-06-01T00:00:00+00:00"


def test_a_post_with_nothing() -> None:
    bare = _view(date=None, terms=(), summary=None)
    found = social.of_post(bare, "https://letters.example/news/blog/a/", SITE, None)
    assert found.twitter == (("twitter:card", "summary"), ("twitter:title", "A title"))
    assert [name for name, _ in found.properties] == [
        "og:type",
        "og:site_name",
        "og:title",
        "og:url",
    ]
    article = _article(found)
    assert article["author"] == [{"@type": "Organization", "name": "Letters", "url": SITE.url}]
    assert not {"datePublished", "dateModified", "image", "description", "keywords"} & set(article)


def test_the_default_picture_stands_in() -> None:
    found = social.of_post(_view(), "https://letters.example/news/blog/a/", SITE, PICTURE)
    assert ("og:image", PICTURE.url) in found.properties
    listed = social.of_list("Blog", "https://letters.example/news/blog/", "All", SITE, PICTURE)
    assert ("og:image", PICTURE.url) in listed.properties
    assert ("og:type", "website") in listed.properties and listed.article is None


def test_nothing_ends_the_script_early() -> None:
    title = "</script><!--<script> \u2028 & 'x'"
    found = social.of_post(_view(title=title), "https://letters.example/news/a/", SITE, None)
    assert found.article and "<" not in found.article and "\u2028" not in found.article
    assert _article(found)["headline"] == title


@pytest.fixture(scope="module", params=["material", "mkdocs", "readthedocs"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    files: dict[str, str | bytes] = {
        "blog/a.md": post('R&D, "quoted" <b>', body="Text of it.\n").replace(
            '"quoted"', "'quoted'"
        ),
        "blog/one.md": issue(1),
        "img/a.png": b"",
    }
    return build(tmp_path_factory.mktemp("social"), files, theme={"name": request.param})


def _properties(page: str) -> dict[str, str]:
    found = re.findall(r'<meta property="([^"]+)" content="([^"]*)">', page.split("</head>")[0])
    return {name: unescape(content) for name, content in found}


def test_every_theme_has_it_in_the_head_of_posts(site: Built) -> None:
    page = site.read("blog/a/index.html")
    found = _properties(page)
    assert found["og:title"] == "R&D, 'quoted' <b>"
    assert found["og:url"] == "https://letters.example/blog/a/"
    assert found["og:description"] == "Text of it."
    assert '<meta name="twitter:card" content="summary">' in page
    [script] = re.findall(r'(?s)<script type="application/ld\+json">(.*?)</script>', page)
    article = json.loads(script)
    jsonschema.validate(article, SCHEMA, format_checker=FORMATS)
    assert article["headline"] == "R&D, 'quoted' <b>"


def test_every_theme_has_it_in_the_head_of_lists(site: Built) -> None:
    for path, title in (("", "Letters"), ("section/clients/", "Clients"), ("feeds/", "Feeds")):
        found = _properties(site.read(f"{path}index.html"))
        assert found["og:title"] == title and found["og:type"] == "website"
        assert found["og:url"] == f"https://letters.example/{path}"
        assert "ld+json" not in site.read(f"{path}index.html")


def test_ordinary_pages_are_left_alone(tmp_path: Path) -> None:
    built = build(tmp_path, {"index.md": "# Home\n", "about.md": "# About\n", "blog/a.md": post()})
    assert "og:title" not in built.read("about/index.html")
