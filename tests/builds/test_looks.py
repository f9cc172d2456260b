"""What lists and bylines look like, as far as their HTML says it."""

from __future__ import annotations

from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.sites import Built, build, issue, post

# The smallest PNG there is.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fcff"
    "9fa11e000782027e3dc848ef0000000049454e44ae426082"
)
PROJECTS = "## Dept of Clients\n\n### Gull0 2.1\n\nNews.\n\n" + "".join(
    f"### Gull{n}\n\nNews {n}.\n\n" for n in range(1, 13)
)
FILES: dict[str, str | bytes] = {
    "blog/.authors.yml": (
        "authors:\n  ada: {name: Ada, description: A, avatar: /img/a.png}\n"
        "  bo: {name: Bo, description: B, avatar: /img/b.png}\n"
    ),
    "blog/one.md": issue(1, PROJECTS).replace("This Week in Letters 1", "Letters 2024-05-01"),
    "blog/posts/named.md": (
        "---\ndate: 2024-05-19\ncategories: [News]\n---\n\n# Week 2024-05-18/19\n\nText.\n\n"
        "## Since *2024-05-18* `2024-05-19`\n\nOn 2024-05-20.\n"
    ),
    "blog/posts/two.md": (
        "---\ndate: 2024-05-20\nauthors: [ada, bo, Cy]\ncategories: [News]\ntags: [Ink]\n"
        "title: Two\n---\n\n# Two\n\nText.\n"
    ),
    "blog/bare.md": (
        "---\ndate: 2024-05-21\ncategories: [News]\ntitle: Bare\n---\n\nHello.\n\n"
        "## Ink\n\n### Pens\n"
    ),
    "blog/parts.md": post("Parts", "# A\n\n## B\n\n# C\n\n## D\n"),
    "blog/three.md": post("Three").replace("[taxonomies]", '[taxonomies]\ntag = ["Ink"]'),
    "img/a.png": PIXEL,
    "img/b.png": PIXEL,
}
TWIM = {"taxonomies": {name: {"feed": True} for name in ("author", "category", "tag")}}


@pytest.fixture(scope="module", params=["material", "mkdocs"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp(request.param)
    return build(folder, FILES, twim=TWIM, theme={"name": request.param})


def _page(site: Built, path: str) -> LexborHTMLParser:
    return LexborHTMLParser(site.read(path))


def _alternates(page: LexborHTMLParser) -> list[str | None]:
    return [link.attributes["href"] for link in page.css('head link[rel="alternate"]')]


def _text(html: LexborHTMLParser, selector: str) -> str:
    [node] = html.css(selector)
    return " ".join(node.text().split())


def test_a_byline_has_each_avatar_before_its_author_and_no_colon(site: Built) -> None:
    page = _page(site, "blog/2024/05/20/two/index.html")
    by = page.css(".twim-byline li")[1]
    assert " ".join(by.text().split()) == "by Ada, Bo, Cy"
    people = by.css(".twim-person")
    pictures = [[image.attributes["src"] or "" for image in each.css("img")] for each in people]
    assert [[src.rpartition("/")[2] for src in each] for each in pictures] == [
        ["a.png"],
        ["b.png"],
        [],
    ]
    page = _page(site, "blog/three/index.html")
    texts = {" ".join(each.text().split()) for each in page.css(".twim-byline li")}
    assert {"by Ada", "in News", "tagged Ink"} <= texts


def test_lists_lead_on_in_one_form(site: Built) -> None:
    page = _page(site, "blog/index.html")
    assert [each.text().partition(" ")[0] for each in page.css(".twim-browse")] == [
        *("Browse:", "Archive:"),
    ]
    # A heading's version is its week's; all updates are of all versions.
    page = _page(site, "section/clients/index.html")
    assert page.css(".twim-update h3")[0].text() == "Gull0 2.1"
    assert page.css(".twim-update li a")[0].text() == "All updates: Gull0"


def test_a_date_in_a_table_of_contents_does_not_break(site: Built) -> None:
    page = _page(site, "section/clients/index.html")
    links = page.css('a[href^="#"] .twim-whole')
    assert links and {link.text() for link in links} == {"2024-05-01"}
    assert "&lt;span" not in site.read("section/clients/index.html")


def test_a_date_in_a_heading_of_a_post_does_not_break_and_feeds_have_it_as_it_is(
    site: Built,
) -> None:
    page = _page(site, "blog/2024/05/19/week-2024-05-1819/index.html")
    title, heading = (page.css(f".twim-{each}")[0] for each in ("header h1", "content h2"))
    assert [part.text() for part in title.css(".twim-whole")] == ["2024-05-18"]
    assert title.id == "week-2024-05-1819" and title.text().startswith("Week 2024-05-18/19")
    assert [part.text() for part in heading.css(".twim-whole")] == ["2024-05-18", "2024-05-19"]
    assert heading.css("em .twim-whole") and heading.css("code .twim-whole")
    assert heading.id == "since-2024-05-18-2024-05-19"
    contents = page.css('a[href="#since-2024-05-18-2024-05-19"] .twim-whole')
    assert [part.text() for part in contents][:2] == ["2024-05-18", "2024-05-19"]
    assert not page.css(".twim-content p .twim-whole")
    assert "twim-whole" not in site.read("archive.json") + site.read("search/search_index.json")


@pytest.mark.parametrize("path", ["category/index.html", "section/clients/index.html"])
def test_a_date_in_a_list_does_not_break(site: Built, path: str) -> None:
    page = _page(site, path)
    titles = [link for link in page.css("a[href]") if "2024-05-01" in link.text()]
    assert titles and all(link.css(".twim-whole") for link in titles)


def test_activity_of_one_year_is_not_drawn_and_a_long_table_has_a_filter(site: Built) -> None:
    projects, sections = (_page(site, f"{name}/index.html") for name in ("project", "section"))
    assert not projects.css(".twim-years") and "Activity" not in _text(
        projects, ".twim-table thead"
    )
    assert _text(projects, ".twim-search label") == "Find a project"
    assert not sections.css(".twim-search")


def test_activity_of_several_years_is_drawn(tmp_path: Path) -> None:
    later = issue(2).replace("2024-05-02", "2026-05-02")
    built = build(tmp_path, {"blog/one.md": issue(1), "blog/two.md": later})
    assert _page(built, "project/index.html").css(".twim-years")


def test_the_table_of_contents_of_a_list_begins_with_its_heading(site: Built) -> None:
    material = "md-main" in site.read("index.html")
    for path in ("blog", "section", "section/clients", "project/gull1", "author", "feeds"):
        page = _page(site, f"{path}/index.html")
        assert len(page.css("h1#twim-top")) == 1, path
        if material:
            assert _text(page, "a.md-skip") == "Skip to content"
        [skip] = page.css("a.md-skip" if material else "body > a.twim-skip:first-child")
        assert skip.attributes["href"] == "#twim-top"
        assert not material or not page.css("a.twim-skip")


@pytest.mark.parametrize(
    ("path", "top", "contents"),
    [
        (
            "blog/one",
            "twim-top",
            ["#dept-of-clients", *(f"#gull{n}" for n in ("0-2-1", *range(1, 13)))],
        ),
        ("blog/2024/05/20/two", "two", []),
        ("blog/2024/05/21/bare", "twim-top", ["#ink", "#pens"]),
        # Of several headings of level 1 Material shows what stands below the first.
        ("blog/parts", "twim-top", ["#b"]),
        ("blog/three", "twim-top", []),
    ],
)
def test_skip_to_content_leads_to_the_heading_of_a_post_and_its_contents_stay(
    site: Built, path: str, top: str, contents: list[str]
) -> None:
    page = _page(site, f"{path}/index.html")
    assert page.css("h1")[0].id == top
    if "md-main" in site.read("index.html"):
        [skip] = page.css("a.md-skip")
        assert skip.attributes["href"] == f"#{top}"
        shown = page.css(".md-sidebar--secondary .md-nav__link")
        assert [link.attributes["href"] for link in shown] == contents
    else:
        shown = page.css("#toc-collapse a")
        assert "#twim-top" not in [link.attributes["href"] for link in shown]


def test_a_page_that_is_not_there_leads_on(site: Built) -> None:
    page = _page(site, "404.html")
    # What the theme says comes first.
    *theirs, said = page.css("h1, h1 ~ p")
    assert [each.text() for each in theirs] in (["404 - Not found"], ["404", "Page not found"])
    assert "may be on" in said.text()
    assert [link.attributes["href"] for link in said.css("a")] == [
        *("/", "/blog/", "/section/", "/project/", "/feeds/"),
    ]
    assert [link.text() for link in said.css("a")] == [
        *("Letters", "Blog", "Sections", "Projects", "Feeds"),
    ]
    [skip] = page.css("body > a.twim-skip:first-child, [data-md-component=skip] > a.md-skip")
    assert skip.attributes["href"] == f"#{page.css('h1')[0].id}"
    assert _alternates(page) == ["/atom.xml", "/rss.xml", "/feed.json"]


def test_without_issues_it_leads_to_what_there_is(tmp_path: Path) -> None:
    built = build(
        tmp_path, {"blog/x.md": post(), "index.md": "# R\n"}, site_url="https://x.example/a/"
    )
    page = _page(built, "404.html")
    said = page.css(".twim-lost a")
    assert [link.attributes["href"] for link in said] == ["/a/", "/a/blog/", "/a/feeds/"]
    assert _alternates(page) == ["/a/atom.xml", "/a/rss.xml", "/a/feed.json"]


@pytest.mark.parametrize("theme", ["material", "mkdocs", "readthedocs"])
def test_a_page_that_is_called_as_the_site_has_that_name_once(tmp_path: Path, theme: str) -> None:
    files = {
        "index.md": "# Home\n",
        "blog/index.md": "# R&D\n\nOf us.\n",
        "blog/one.md": issue(
            1, "## R&D\n\n### R&D\n\nA.\n\n### Ink and pens\n\nB.\n\n### Q\n\nC.\n"
        ),
        "blog/two.md": post("R&D"),
    }
    built = build(tmp_path, files, theme={"name": theme}, site_name="R&D")
    for path in ("blog", "section/r-d", "project/r-d", "blog/two"):
        title = _text(_page(built, f"{path}/index.html"), "head title")
        assert title == "R&D", path
    assert _text(_page(built, "project/q/index.html"), "head title") == "Q - R&D"
    ways = [link.text() for link in _page(built, "404.html").css(".twim-lost a")]
    assert ways == ["R&D", "Blog", "Sections", "Projects", "Feeds"]


def test_where_the_blog_is_the_site_the_ways_on_name_it_once(tmp_path: Path) -> None:
    built = build(tmp_path, {"x.md": post()}, twim={"blog_dir": "."}, theme={"name": "mkdocs"})
    ways = [link.attributes["href"] for link in _page(built, "404.html").css(".twim-lost a")]
    assert ways == ["/", "/feeds/"]
