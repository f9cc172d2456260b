"""The generated pages of a site: where they are, and what stands on them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from tests.sites import ISSUE, SITE_URL, Built, build, issue, post

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x08\x08\2\0\0\0"
MARKED = "What stands above. [Link](@/blog/one.md)\n\n<!-- more -->\n\nWhat stands below.\n"
# MaterialX carries Material's own package, and so has an environment to itself: ./run materialx.
INSTALLED = {theme.name for theme in entry_points(group="mkdocs.themes")}
MATERIALX = pytest.param("materialx", marks=pytest.mark.materialx)
THEMES = ("material", "mkdocs", "readthedocs", *([MATERIALX] if "materialx" in INSTALLED else []))


def _files(more: Mapping[str, str | bytes] = {}) -> dict[str, str | bytes]:
    """Twelve plain posts and three issues over two years, without a home page."""
    files: dict[str, str | bytes] = {
        f"blog/plain-{n:02}.md": post(f"Plain {n}", MARKED, date=f"2023-03-{n:02}")
        for n in range(1, 13)
    }
    files |= {"blog/one.md": issue(1), "blog/two.md": issue(2)}
    files["blog/2023/old.md"] = post(
        "This Week in Letters 0", ISSUE, date="2023-01-06", category="This Week in Letters"
    )
    return {**files, "img/a.png": PNG, **more}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(
        tmp_path_factory.mktemp("lists"),
        _files(),
        strict=True,
        twim={"feeds": {"plain": {"title": "Plain ones", "category": ["news"]}}},
    )


def _tree(site: Built, path: str) -> LexborHTMLParser:
    return LexborHTMLParser(site.read(f"{path}index.html"))


def _one(tree: LexborHTMLParser | LexborNode, selector: str) -> LexborNode:
    found = tree.css_first(selector)
    assert found is not None, selector
    return found


def _texts(nodes: list[LexborNode]) -> list[str]:
    return [" ".join(node.text().split()) for node in nodes]


def _titles(site: Built, path: str) -> list[str]:
    return _texts(_tree(site, path).css(".twim-card h2"))


def test_every_address_of_the_contract_has_its_page(site: Built) -> None:
    for path in (
        "",
        "blog/",
        "blog/page/2/",
        "author/",
        "author/ada/",
        "author/ada/page/2/",
        "category/",
        "category/news/",
        "category/news/page/2/",
        "category/this-week-in-letters/",
        "section/",
        "section/clients/",
        "section/bots/",
        "project/",
        "project/fractal/",
        "updates/",
        "plain/",
        "feeds/",
    ):
        assert (site.folder / path / "index.html").is_file(), path
    # The last has one page alone, and Zola has a redirect all the same.
    category = "category/this-week-in-letters/"
    for old, new in (("blog/", ""), ("author/ada/", "author/ada/"), (category, category)):
        moved = site.read(f"{old}page/1/index.html")
        assert f'<link rel="canonical" href="https://letters.example/{new}">' in moved
    assert not (site.folder / "section/clients/page/1").exists()
    assert not list((site.folder / "blog/archive").glob("*/page/1"))
    assert not (site.folder / "blog/page/3").exists()


def test_the_page_of_every_feed_is_there(site: Built) -> None:
    for feed in site.json("feeds.json")["feeds"]:
        path = feed["page"].removeprefix("https://letters.example/")
        assert (site.folder / path / "index.html").is_file(), path


def test_posts_are_listed_newest_first_ten_a_page(site: Built) -> None:
    first, second = _titles(site, "blog/"), _titles(site, "blog/page/2/")
    assert first == [
        "This Week in Letters 2",
        "This Week in Letters 1",
        *(f"Plain {n}" for n in range(12, 4, -1)),
    ]
    assert second == [*(f"Plain {n}" for n in range(4, 0, -1)), "This Week in Letters 0"]


def test_the_list_of_posts_is_the_home_page_where_there_is_none(site: Built) -> None:
    assert _titles(site, "") == _titles(site, "blog/")
    assert _one(_tree(site, ""), "h1").text() == "Letters"
    links = [a.attributes["href"] for a in _tree(site, "").css(".twim-pager a")]
    assert links == ["blog/page/2/", "blog/page/2/"]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("blog_dir", ["blog", "."])
def test_a_home_page_of_posts_has_a_title_once_and_the_address_of_their_list(
    tmp_path: Path, theme: str, blog_dir: str
) -> None:
    intro = '+++\ntitle = "Letters"\n+++\n'
    files = {"blog/a.md": post(), **({"_index.md": intro} if blog_dir == "." else {})}
    site = build(tmp_path, files, twim={"blog_dir": blog_dir}, theme={"name": theme})
    assert _one(_tree(site, ""), "title").text().strip() == "Letters"
    for path in ("", *(["blog/"] if blog_dir == "blog" else [])):
        assert _one(_tree(site, path), "link[rel=canonical]").attributes["href"] == SITE_URL
        assert _one(_tree(site, path), "h1").text() == ("Blog" if path else "Letters")
    cited = re.findall("<loc>(.*?)</loc>", site.read("sitemap.xml"))
    assert cited.count(SITE_URL) == 1
    assert f"{SITE_URL}blog/" not in cited
    assert len(set(cited)) == len(cited)


@pytest.mark.parametrize("index", [True, False])
def test_the_first_page_of_posts_leads_to_the_address_to_cite(tmp_path: Path, index: bool) -> None:
    files = {f"blog/{name}.md": post() for name in "ab"}
    files |= {"index.md": "# Welcome\n"} if index else {}
    site = build(tmp_path, files, twim={"paginate_by": 1})
    to = f"{SITE_URL}blog/" if index else SITE_URL
    assert f'<link rel="canonical" href="{to}">' in site.read("blog/page/1/index.html")


def test_a_list_of_posts_beside_a_home_page_has_its_own_address(tmp_path: Path) -> None:
    site = build(tmp_path, {"blog/a.md": post(), "index.md": "# Welcome\n"})
    canonical = _one(_tree(site, "blog/"), "link[rel=canonical]").attributes["href"]
    assert canonical == f"{SITE_URL}blog/"
    assert f"<loc>{SITE_URL}blog/</loc>" in site.read("sitemap.xml")


def test_a_page_says_where_it_is_among_its_pages(site: Built) -> None:
    pager = _one(_tree(site, "blog/page/2/"), ".twim-pager")
    assert _one(pager, "[aria-current=page]").text() == "Page 2"
    assert [a.attributes["href"] for a in pager.css("a")] == ["../../", "../../"]
    assert _one(pager, "a").attributes["rel"] == "prev"
    assert not _tree(site, "section/bots/").css(".twim-pager")


def test_a_card_shows_what_stands_above_the_mark_and_a_link_to_go_on(site: Built) -> None:
    card = _tree(site, "category/news/").css(".twim-card")[0]
    assert _one(card, ".twim-excerpt").text().strip() == "What stands above. Link"
    # The link in it was relative to the post.
    assert _one(card, ".twim-excerpt a").attributes["href"] == "../../blog/one/"
    go_on = _one(card, ".twim-go a").attributes["href"]
    assert go_on == "../../blog/plain-12/#continue-reading"
    assert 'id="continue-reading"' in site.read("blog/plain-12/index.html")


def test_a_card_of_a_post_without_a_mark_shows_its_summary(tmp_path: Path) -> None:
    built = build(tmp_path, {"blog/a.md": post(body="First. <b>Second</b> &amp; last.\n")})
    card = _one(_tree(built, "blog/"), ".twim-card")
    assert _one(card, ".twim-excerpt").text() == "First. Second & last."
    assert _one(card, ".twim-go a").attributes["href"] == "a/"


def test_cards_and_posts_have_date_author_and_category(site: Built) -> None:
    for path, root in (("blog/", "../"), ("blog/one/", "../../")):
        line = _one(_tree(site, path), ".twim-byline")
        shown = " ".join(line.text().split())
        assert re.fullmatch(r"May [12], 2024 by Ada in This Week in Letters", shown)
        assert str(_one(line, "time").attributes["datetime"]).startswith("2024-05-0")
        links = [a.attributes["href"] for a in line.css("a")]
        assert links == [f"{root}author/ada/", f"{root}category/this-week-in-letters/"]


def test_ids_of_posts_are_not_repeated_in_lists(tmp_path: Path) -> None:
    body = "## Part\n\n[text](#part)[^1]\n\n[^1]: note\n\n<!-- more -->\n\nrest\n"
    built = build(tmp_path, {f"blog/{n}.md": post(n, body) for n in ("a", "b")})
    ids = re.findall(r'\sid="([^"]*)"', built.read("blog/index.html"))
    assert len(ids) == len(set(ids))
    hrefs = [a.attributes["href"] for a in _tree(built, "blog/").css(".twim-excerpt a")]
    assert hrefs and hrefs == ["../blog/a/#part", "../blog/b/#part"]


def test_terms_have_counts_and_their_newest_post(site: Built) -> None:
    rows = _texts(_tree(site, "category/").css(".twim-terms li"))
    assert rows == [
        "News 12 posts Latest: Plain 12, March 12, 2023",
        "This Week in Letters 3 posts Latest: This Week in Letters 2, May 2, 2024",
    ]
    assert _one(_tree(site, "category/"), "h1").text() == "Categories"


def test_terms_of_one_slug_are_one(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "blog/a.md": post("A", category="GSoC"),
        "blog/b.md": post("B", category="GSOC", date="2024-06-01"),
    }
    built = build(tmp_path, files)
    assert _titles(built, "category/gsoc/") == ["B", "A"]
    assert _one(_tree(built, "category/gsoc/"), "h1").text() == "GSOC"
    assert len(built.json("category/gsoc/feed.json")["items"]) == 2


def test_any_taxonomy_has_pages_and_one_without_feeds_too(tmp_path: Path) -> None:
    taxonomies = {"author": {"feed": False, "paginate_by": 1}, "Big topic": {"paginate_by": 0}}
    text = '+++\ndate = 2024-01-0{}\n[taxonomies]\nauthor = ["Ada"]\n"Big topic" = ["A & B"]\n+++\n'
    files: dict[str, str | bytes] = {f"blog/{n}.md": text.format(n) + f"# P{n}\n" for n in "12"}
    built = build(tmp_path, files, twim={"taxonomies": taxonomies}, strict=True)
    assert _titles(built, "author/ada/") == ["P2"]
    assert _titles(built, "author/ada/page/2/") == ["P1"]
    assert not _tree(built, "author/ada/").css(".twim-feeds")
    assert not (built.folder / "author/ada/atom.xml").exists()
    assert _titles(built, "big-topic/a-b/") == ["P2", "P1"]
    assert _one(_tree(built, "big-topic/"), "h1").text() == "Big topic"
    assert "Big topic: A & B" in _texts(_tree(built, "blog/1/").css(".twim-byline li"))
    assert not (built.folder / "category").exists()


def test_undated_posts_stand_last_on_the_pages_of_their_terms_alone(tmp_path: Path) -> None:
    built = build(
        tmp_path,
        {"blog/a.md": post("None", date=None), "blog/b.md": post("Dated", date="2001-01-01")},
    )
    assert _titles(built, "category/news/") == ["Dated", "None"]
    assert _titles(built, "blog/") == ["Dated"]


def test_what_has_no_page_is_in_no_list(tmp_path: Path) -> None:
    built = build(
        tmp_path,
        {
            "blog/a.md": post("Draft", more="draft = true"),
            "blog/b.md": post("Bare", more="render = false"),
            "blog/c.md": post("C"),
        },
        twim={"feeds": {"all": {"title": "All", "category": ["news"]}}},
    )
    for path in ("blog/", "category/news/", "author/ada/", "all/"):
        assert _titles(built, path) == ["C"], path


def test_a_section_lists_its_updates_by_issue(site: Built) -> None:
    tree = _tree(site, "section/clients/")
    assert _texts(tree.css("h1, h2, .twim-update h3")) == [
        "Clients",
        "This Week in Letters 2",
        "Fractal",
        "Hydrogen 1.2.3",
        "This Week in Letters 1",
        "Fractal",
        "Hydrogen 1.2.3",
        "This Week in Letters 0",
        "Fractal",
        "Hydrogen 1.2.3",
    ]
    facts = " ".join(_one(tree, ".twim-byline").text().split())
    assert facts == "6 updates in 3 issues, since January 6, 2023"
    update = _one(tree, ".twim-update")
    assert _one(update, "h3 a").attributes["href"] == "../../blog/two/#fractal-website"
    assert _one(update, "p").text() == "We have news. And a picture:"
    assert _texts(update.css(".twim-byline li")) == ["reported by Ada", "All updates: Fractal"]
    links = [a.attributes["href"] for a in update.css(".twim-byline a")]
    assert links == ["https://matrix.to/#/@ada:example.org", "../../project/fractal/"]


def test_a_project_has_its_history_with_section_and_website(site: Built) -> None:
    tree = _tree(site, "project/fractal/")
    assert _texts(tree.css("h2")) == [f"This Week in Letters {n}" for n in (2, 1, 0)]
    facts = _one(tree, ".twim-byline")
    assert _one(facts, "a").attributes["href"] == "https://fractal.example/"
    assert _texts(tree.css(".twim-update .twim-byline li"))[:2] == ["reported by Ada", "in Clients"]


def test_updates_are_twenty_a_page(tmp_path: Path) -> None:
    body = "## Dept of Bots\n\n" + "".join(f"### Bot {n}\n\ntext {n}\n\n" for n in range(25))
    built = build(tmp_path, {"blog/a.md": issue(1, body)})
    assert len(_tree(built, "section/bots/").css(".twim-update")) == 20
    assert len(_tree(built, "section/bots/page/2/").css(".twim-update")) == 5
    # The newest updates of all never cut an issue, as feeds don't.
    assert len(_tree(built, "updates/").css(".twim-update")) == 25
    head = built.read("section/bots/page/2/index.html")
    assert 'title="Bots, Letters" href="../../atom.xml"' in head


def test_topics_can_be_browsed(site: Built) -> None:
    tree = _tree(site, "project/")
    rows = tree.css("tbody tr")
    assert _texts(rows[0].css("th, td")) == ["Fractal", "3", "3", "", "Jan 6, 2023", "May 2, 2024"]
    picture = _one(rows[0], "svg")
    assert picture.attributes["role"] == "img"
    assert picture.attributes["aria-label"] == "2023: 1, 2024: 2"
    assert 'd="M0 16v-8h4v8zM5 16v-16h4v16z"' in (picture.html or "")
    names = [a.attributes["href"] for a in tree.css("tbody th a")]
    assert names == ["fractal/", "hydrogen/"]
    latest = rows[0].css("td")[-1]
    assert latest.attributes["data-value"] == "2024-05-02T12:00:00+02:00"
    assert _one(latest, "a").attributes["href"] == "../blog/two/#fractal-website"
    sections = _texts(_tree(site, "section/").css("tbody th"))
    assert sections == ["Bots", "Clients"]


def test_a_list_shows_its_own_feeds(site: Built) -> None:
    for path, folder in (
        ("", "./"),
        ("blog/", "../"),
        ("blog/page/2/", "../../../"),
        ("section/clients/", ""),
        ("author/ada/page/2/", "../../"),
        ("plain/", ""),
        ("updates/", ""),
    ):
        links = [a.attributes["href"] for a in _tree(site, path).css(".twim-feeds a")]
        wanted = [f"{folder}{name}" for name in ("atom.xml", "rss.xml", "feed.json")]
        assert [str(link) for link in links] == [name.removeprefix("./") for name in wanted], path


def test_the_page_of_a_named_feed_says_what_it_is(site: Built) -> None:
    tree = _tree(site, "plain/")
    assert _one(tree, "h1").text() == "Plain ones"
    assert "Plain ones, from Letters" in _texts(tree.css("p"))
    assert _titles(site, "plain/") == [f"Plain {n}" for n in range(12, 0, -1)]


def test_the_catalogue_has_every_feed_in_three_formats(site: Built) -> None:
    tree = _tree(site, "feeds/")
    assert _texts(tree.css("h2")) == [
        "Posts 3",
        "Sections 2",
        "Projects 2",
        "Authors 1",
        "Categories 2",
    ]
    found = [str(a.attributes["href"]) for a in tree.css(".twim-formats a")]
    wanted = [
        address.replace("https://letters.example/", "../")
        for feed in site.json("feeds.json")["feeds"]
        for address in feed["formats"].values()
    ]
    assert sorted(found) == sorted(wanted)
    assert _one(tree, 'a[href="../feeds.opml"]') is not None
    names = _texts(tree.css(".twim-name"))
    assert names[:3] == ["All posts 15", "All updates 9", "Plain ones 12"]


def test_headings_of_an_issue_lead_to_their_pages(site: Built) -> None:
    links = _tree(site, "blog/one/").css("a.twim-topic")
    assert [(a.parent.id, a.attributes["href"]) for a in links if a.parent] == [
        ("dept-of-clients-iphone", "../../section/clients/"),
        ("fractal-website", "../../project/fractal/"),
        ("hydrogen-1-2-3", "../../project/hydrogen/"),
        ("dept-of-bots-robot", "../../section/bots/"),
    ]
    assert links[1].attributes["aria-label"] == "All updates: Fractal"
    assert "twim-topic" not in site.read("blog/plain-01/index.html")


def test_the_link_of_a_heading_stands_before_its_permalink(tmp_path: Path) -> None:
    yaml = "---\ndate: 2024-05-01\ncategories: [This Week in Letters]\n---\n# W\n" + ISSUE
    built = build(
        tmp_path,
        {"blog/one.md": issue(1), "blog/two.md": yaml},
        markdown_extensions=[{"toc": {"permalink": True}}],
    )
    for path in ("blog/one/", "blog/2024/05/01/w/"):
        for heading in _tree(built, path).css("h3"):
            classes = [a.attributes["class"] for a in heading.css("a") if "class" in a.attributes]
            assert classes == ["twim-topic", "headerlink"], path


def test_only_the_headings_of_sections_and_projects_lead_to_pages(tmp_path: Path) -> None:
    body = (
        "## Dept of Clients\n\n### One {#z#y}\n\n> ## Dept of Clients\n\n- ## Dept of Clients\n\n"
        "#### Clients\n\n## Dept of Bots\n\ntext\n\n> ## Dept of Bots\n\n### Two\n\ntext\n\n"
        "## That's all I know\n\n### Clients\n\ntext\n"
    )
    built = build(tmp_path, {"blog/one.md": issue(1, body)})
    found = [a.parent.id for a in _tree(built, "blog/one/").css("a.twim-topic") if a.parent]
    assert found == ["dept-of-clients", "z#y", "dept-of-bots", "two"]


def test_posts_of_one_date_lead_to_each_other_in_the_order_of_the_list(tmp_path: Path) -> None:
    names = ("a", "b", "c")
    built = build(tmp_path, {f"blog/{name}.md": post(name.upper()) for name in names})
    assert _titles(built, "blog/") == ["A", "B", "C"]
    links = {
        a.attributes["rel"]: a.attributes["href"] for a in _tree(built, "blog/b/").css("a[rel]")
    }
    assert (links["next"], links["prev"]) == ("../a/", "../c/")


@pytest.mark.parametrize(
    "body",
    [
        "> a\n>\n> <!-- more -->\n>\n> b\n",
        "- a\n\n  <!-- more -->\n\n- b\n",
        "see [a <!-- more --> b](https://x.example/)\n",
        "*emph <!-- more --> asis*\n",
        "<table><tr><td>a <!-- more --> b</td></tr></table>\n",
    ],
)
def test_an_excerpt_is_whole_wherever_the_mark_stands(tmp_path: Path, body: str) -> None:
    built = build(tmp_path, {"blog/a.md": post("A", body), "blog/b.md": post("B", "Text.\n")})
    tree = _tree(built, "blog/")
    assert len(tree.css("article.twim-card > .twim-go > a")) == 2
    assert len(tree.css(".twim-card .twim-card, .twim-excerpt .twim-go")) == 0
    page = built.read("blog/index.html")
    for tag in ("a", "em", "ul", "li", "blockquote", "table", "td", "div"):
        assert page.count(f"<{tag} ") + page.count(f"<{tag}>") == page.count(f"</{tag}>"), tag


def test_what_is_in_feeds_alone_is_shown_without_links(tmp_path: Path) -> None:
    text = (
        issue(1).replace("[taxonomies]", "render = false\n[taxonomies]").replace('Ada"]', 'Solo"]')
    )
    files: dict[str, str | bytes] = {"blog/one.md": text, "blog/two.md": issue(2), "img/a.png": PNG}
    built = build(tmp_path, files, strict=True)
    assert "There are no posts yet." in built.read("author/solo/index.html")
    tree = _tree(built, "project/fractal/")
    assert _texts(tree.css("h2")) == ["This Week in Letters 2", "This Week in Letters 1"]
    for path in ("project/fractal/", "project/", "section/clients/", "updates/"):
        assert "blog/one" not in built.read(f"{path}index.html"), path
    for feed in built.json("feeds.json")["feeds"]:
        path = feed["page"].removeprefix("https://letters.example/")
        assert (built.folder / path / "index.html").is_file(), path


def test_posts_lead_to_the_one_before_and_the_one_after(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        f"blog/{n}.md": post(f"P & {n}", date=f"2024-01-0{n}") for n in (1, 2, 3)
    }
    files["blog/4.md"] = post("None", date=None)
    built = build(tmp_path, files, theme={"name": "material", "font": False})
    links = _tree(built, "blog/2/").css(".twim-neighbours a")
    assert [(a.attributes["rel"], a.attributes["href"]) for a in links] == [
        ("prev", "../1/"),
        ("next", "../3/"),
    ]
    assert _texts(links) == ["Older P & 1", "Newer P & 3"]
    assert len(_tree(built, "blog/1/").css(".twim-neighbours a")) == 1
    assert not _tree(built, "blog/4/").css(".twim-neighbours")


def test_where_the_theme_leads_to_neighbours_we_do_not(site: Built, tmp_path: Path) -> None:
    # MkDocs' own theme has them in its bar.
    tree = _tree(site, "blog/plain-02/")
    assert not tree.css(".twim-neighbours")
    assert [a.attributes["href"] for a in tree.css('a[rel="prev"]')] == ["../plain-01/"]
    theme = {"name": "material", "font": False, "features": ["navigation.footer"]}
    files: dict[str, str | bytes] = {"blog/a.md": post("A"), "blog/b.md": post("B")}
    built = build(tmp_path, files, theme=theme)
    assert not _tree(built, "blog/a/").css(".twim-neighbours")
    assert _tree(built, "blog/a/").css(".md-footer__link")


def test_a_post_s_own_heading_is_not_repeated(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "blog/a.md": "---\ndate: 2024-01-01\n---\n\n# From *text*\n\nA.\n",
        "blog/b.md": post("Same", "# Same\n\nB.\n"),
        "blog/c.md": post("Title", "# Another\n\nC.\n"),
        "blog/d.md": post("No heading", "D.\n"),
    }
    built = build(tmp_path, files)
    shown = {
        path: _texts(_tree(built, path).css("h1"))
        for path in ("blog/2024/01/01/from-text/", "blog/b/", "blog/c/", "blog/d/")
    }
    assert list(shown.values()) == [["From text"], ["Same"], ["Title", "Another"], ["No heading"]]


def test_own_pages_become_the_text_above_what_is_generated(tmp_path: Path) -> None:
    files = _files(
        {
            "index.md": "# Home\n",
            "blog/index.md": "# Our *news*\n\nAbout the news.\n",
            "feeds.md": "How to subscribe.\n",
            "project.md": "# Work\n",
            "section/clients.md": "Software for people.\n",
            "author/ada.md": "# Ada Lovelace\n\nWrites.\n",
            "category/index.md": "All kinds.\n",
            "blog/archive/2023.md": "# The year\n\nIt was long.\n",
            "blog/archive/1999.md": "# Before us\n",
            "plain.md": "Just plain.\n",
        }
    )
    options = {"feeds": {"plain": {"title": "Plain ones", "category": ["news"]}}}
    built = build(tmp_path, files, strict=True, twim=options)
    for path, title, text, below in (
        ("blog/", "Our news", "About the news.", ".twim-card"),
        ("feeds/", "Feeds", "How to subscribe.", ".twim-catalogue"),
        ("project/", "Work", "", ".twim-table"),
        ("section/clients/", "Clients", "Software for people.", ".twim-update"),
        ("author/ada/", "Ada Lovelace", "Writes.", ".twim-card"),
        ("category/", "Categories", "All kinds.", ".twim-terms"),
        ("plain/", "Plain ones", "Just plain.", ".twim-card"),
        ("blog/archive/2023/", "The year", "It was long.", ".twim-card"),
    ):
        tree = _tree(built, path)
        assert _texts(tree.css("h1")) == [title], path
        page = built.read(f"{path}index.html")
        assert tree.css(below) and text in page
        assert page.index(text) < page.index(below[1:])
    assert built.read("author/ada/page/2/index.html").count("Writes.") == 0
    assert built.read("blog/archive/2023/page/2/index.html").count("It was long.") == 0
    # Of a year without posts it is an ordinary page.
    assert _texts(_tree(built, "blog/archive/1999/").css("h1")) == ["Before us"]
    assert _one(_tree(built, ""), "h1").text() == "Home"


def test_own_pages_keep_the_table_of_contents_of_what_is_generated(tmp_path: Path) -> None:
    files = _files(
        {
            "section/clients.md": "# Mine\n\n## Part\n",
            "section/bots.md": "Text.\n\n## Part\n",
            "feeds.md": "# Subscribe\n",
        }
    )
    built = build(tmp_path, files, strict=True)
    for path, ids in (
        ("section/clients/", ["part", "twim-issue-1", "twim-issue-2", "twim-issue-3"]),
        ("section/bots/", ["part", "twim-issue-1", "twim-issue-2", "twim-issue-3"]),
        ("feeds/", [f"twim-feeds-{key}" for key in ("site", "section", "project", "author")]),
    ):
        tree = _tree(built, path)
        links = [str(a.attributes["href"]) for a in tree.css(".bs-sidenav a, #toc-collapse a")]
        assert [f"#{id}" for id in ids] == [link for link in links if link[1:] in ids], path
        for id in ids:
            assert len(tree.css(f"[id='{id}']")) == 1


def test_an_own_page_without_a_heading_is_called_as_the_generated_one(tmp_path: Path) -> None:
    built = build(tmp_path, _files({"blog/index.md": "Our news.\n"}), strict=True)
    assert _one(_tree(built, "blog/"), "h1").text() == "Blog"
    assert _one(_tree(built, "blog/page/2/"), "h1").text() == "Blog, page 2"
    assert _texts(_tree(built, "feeds/").css(".navbar-nav .nav-link"))[:2] == ["Blog", "Feeds"]


def test_the_description_of_an_own_page_is_what_is_said_of_it(tmp_path: Path) -> None:
    files = _files(
        {
            "section/clients.md": "---\ndescription: My clients\n---\nText.\n",
            "blog/_index.md": "+++\ndescription = 'My blog'\n+++\n",
        }
    )
    built = build(tmp_path, files)
    for path, about in (("section/clients/", "My clients"), ("blog/", "My blog")):
        assert f'<meta property="og:description" content="{about}">' in built.read(
            f"{path}index.html"
        )


def test_a_page_of_another_plugin_s_takes_the_place_of_a_generated_one(tmp_path: Path) -> None:
    (tmp_path / "hook.py").write_text(
        "from mkdocs.plugins import event_priority\n"
        "from mkdocs.structure.files import File\n"
        "@event_priority(-75)\n"
        "def on_files(files, config):\n"
        "    files.remove(files.get_file_from_path('feeds.md'))\n"
        "    files.append(File.generated(config, 'feeds.md', content='# From a hook'))\n"
    )
    built = build(tmp_path, _files(), hooks=[str(tmp_path / "hook.py")], strict=True)
    page = built.read("feeds/index.html")
    assert "From a hook" in page and "twim-catalogue" in page


def test_a_blog_s_folder_may_have_any_name(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"my nöws/a.md": post("A"), "my nöws/b.md": post("B")}
    built = build(tmp_path, files, twim={"blog_dir": "my nöws", "paginate_by": 1}, strict=True)
    assert _titles(built, "my nöws/page/2/") == ["B"]
    page = "https://letters.example/my%20n%C3%B6ws/"
    assert built.json("feeds.json")["feeds"][0]["page"] == page
    assert built.json("feed.json")["home_page_url"] == page
    assert 'href="../my%20n%C3%B6ws/"' in built.read("feeds/index.html")


def test_taxonomies_of_the_names_of_groups_have_groups_of_their_own(tmp_path: Path) -> None:
    names = ("posts", "Authors", "author")
    terms = "".join(f"{name} = ['x']\n" for name in names)
    text = f"+++\ndate = 2024-01-01\n[taxonomies]\n{terms}+++\n"
    taxonomies: dict[str, object] = {name: {} for name in names}
    built = build(tmp_path, {"blog/a.md": text}, twim={"taxonomies": taxonomies})
    groups = _texts(_tree(built, "feeds/").css("h2"))
    assert sorted(groups) == ["Authors 1", "Authors 1", "Posts 1", "Posts 1"]
    ids = [h2.id for h2 in _tree(built, "feeds/").css("h2")]
    assert len(ids) == len(set(ids))


def test_the_text_of_a_section_s_index_stands_above_the_list(tmp_path: Path) -> None:
    text = (
        '+++\ntitle = "Our & news"\nsort_by = "date"\n+++\n\n## Welcome\n\nTo [one](@/blog/one.md)'
        " {{ youtube_player(video_id='dQw4w9WgXcQ') }}\n\n![](/gone.png)\n"
    )
    built = build(tmp_path, _files({"blog/_index.md": text}))
    assert built.warnings == ["blog/_index.md:10: the picture '/gone.png' is not there"]
    page = built.read("blog/index.html")
    tree = _tree(built, "blog/")
    assert _one(tree, "h1").text() == "Our & news"
    assert '<h2 id="welcome">' in page and 'href="one/"' in page and "data-twim-video" in page
    assert "Welcome" not in built.read("blog/page/2/index.html")
    assert _one(_tree(built, "blog/page/2/"), "h1").text() == "Our & news, page 2"
    nav = _texts(_tree(built, "feeds/").css(".nav-link"))
    assert nav[:2] == ["Our & news", "Feeds"]


def test_the_edit_button_leads_to_the_section_s_index(tmp_path: Path) -> None:
    files = _files({"blog/_index.md": "+++\n+++\nHello.\n"})
    built = build(tmp_path, files, repo_url="https://github.com/ada/letters", strict=True)
    edit = 'href="https://github.com/ada/letters/edit/master/docs/'
    assert f'{edit}blog/_index.md"' in built.read("blog/index.html")
    assert edit not in built.read("section/clients/index.html")


def test_what_is_wrong_with_a_section_s_index_names_the_line(tmp_path: Path) -> None:
    built = build(tmp_path, _files({"blog/_index.md": "+++\n+++\n[x](@/gone.md)\n"}))
    assert built.warnings == ["blog/_index.md:3: the link to '@/gone.md' leads nowhere"]


def test_blog_and_feeds_are_in_the_nav_that_nobody_wrote(site: Built, tmp_path: Path) -> None:
    nav = _tree(site, "section/clients/").css(".navbar-nav .nav-link")
    assert _texts(nav)[:2] == ["Blog", "Feeds"]
    assert nav[0].attributes["href"] == "../../blog/"
    files = _files({"index.md": "# Home\n", "about.md": "# About\n", "blog/index.md": "# News\n"})
    built = build(tmp_path, files)
    assert _texts(_tree(built, "").css(".navbar-nav .nav-link"))[:4] == [
        "Home",
        "About",
        "News",
        "Feeds",
    ]


def test_a_nav_may_name_generated_pages(tmp_path: Path) -> None:
    nav: list[Any] = [
        {"News": "blog/index.md"},
        {"Topics": ["section/index.md", {"Software": "project/index.md"}]},
        {"Who": "author/index.md"},
        "feeds.md",
    ]
    built = build(tmp_path, _files(), nav=nav, strict=True)
    page = built.read("updates/index.html")
    for address in ("blog/", "section/", "project/", "author/", "feeds/"):
        assert f'href="../{address}"' in page, address
    assert _one(_tree(built, "blog/"), "h1").text() == "News"
    assert _one(_tree(built, "project/"), "h1").text() == "Software"
    assert "Blog" not in _texts(_tree(built, "feeds/").css(".nav-link"))


@pytest.mark.parametrize("udu", [True, False])
def test_a_nav_may_name_generated_pages_whatever_the_own_ones_are_called(
    tmp_path: Path, udu: bool
) -> None:
    own = {"section.md": "# S\n", "feeds/index.md": "# F\n", "blog.md": "# B\n", "author.md": "A"}
    nav: list[Any] = ["blog/index.md", {"Who": ["author/index.md"]}, "section/index.md", "feeds.md"]
    built = build(
        tmp_path,
        _files(own),
        nav=nav,
        strict=True,
        use_directory_urls=udu,
        theme={"name": "mkdocs"},
    )
    links = _texts(_tree(built, "updates/").css(".navbar-nav a"))
    assert {"B", "S", "F"} <= set(links)


def test_pages_lead_to_the_ones_that_they_belong_to(site: Built) -> None:
    for path, to, title in (
        ("blog/one/", "../", "Blog"),
        ("blog/2023/old/", "../../", "Blog"),
        ("blog/page/2/", "../../", "Blog"),
        ("section/clients/", "../", "Sections"),
        ("section/", "../blog/", "Blog"),
        ("author/ada/page/2/", "../../", "Ada"),
        ("category/news/", "../", "Categories"),
        ("plain/", "../blog/", "Blog"),
        ("updates/", "../blog/", "Blog"),
    ):
        link = _one(_tree(site, path), ".twim-up a")
        assert (link.attributes["href"], link.text()) == (to, title), path
    for path in ("", "blog/", "feeds/"):
        assert not _tree(site, path).css(".twim-up"), path


def test_the_nav_shows_where_posts_and_lists_belong(site: Built, tmp_path: Path) -> None:
    for path in ("blog/one/", "section/clients/", "blog/page/2/"):
        active = _texts(_tree(site, path).css(".navbar-nav .nav-link.active"))
        assert active == ["Blog"], path
    theme = {"name": "material", "font": False, "features": ["navigation.tabs"]}
    nav: list[Any] = [
        {"Home": "index.md"},
        {"News": ["blog/index.md", {"All sections": "section/index.md"}]},
        {"Feeds": "feeds.md"},
    ]
    built = build(tmp_path, _files({"index.md": "# H\n"}), theme=theme, nav=nav, strict=True)
    for path in ("blog/one/", "section/clients/", "author/ada/"):
        tree = _tree(built, path)
        assert _texts(tree.css(".md-tabs__item--active")) == ["News"], path
    assert _one(_tree(built, "section/clients/"), ".twim-up a").text() == "All sections"


def test_the_theme_s_own_way_up_is_enough(tmp_path: Path) -> None:
    theme = {"name": "material", "font": False, "features": ["navigation.path"]}
    built = build(tmp_path, _files(), theme=theme, strict=True)
    tree = _tree(built, "section/clients/")
    # Older versions of Material have no such path; one of the two is there, and not both.
    shown = _texts(tree.css(".md-path__link"))[-2:] or ["Blog", *_texts(tree.css(".twim-up a"))]
    assert shown == ["Blog", "Sections"]
    assert bool(tree.css(".md-path__link")) != bool(tree.css(".twim-up"))
    built = build(tmp_path / "rtd", _files(), theme={"name": "readthedocs"}, strict=True)
    tree = _tree(built, "section/clients/")
    assert not tree.css(".twim-up")
    assert "Sections" in _one(tree, ".wy-breadcrumbs").text()


def test_the_newest_updates_say_that_there_are_more(site: Built, tmp_path: Path) -> None:
    assert "These are the newest" not in site.read("updates/index.html")
    body = "## Dept of Bots\n\n" + "".join(f"### Bot {n}\n\ntext {n}\n\n" for n in range(12))
    files: dict[str, str | bytes] = {f"blog/{n}.md": issue(n, body) for n in (1, 2, 3)}
    page = " ".join(build(tmp_path, files).read("updates/index.html").split())
    assert "These are the newest of 36 updates." in page


def test_dates_in_titles_do_not_break(tmp_path: Path) -> None:
    built = build(tmp_path, {"blog/a.md": post("Week 2024-05-17 & <x>")})
    whole = 'Week <span class="twim-whole">2024-05-17</span> &amp; &lt;x&gt;'
    assert f'<h1 tabindex="-1" id="twim-top">{whole}</h1>' in built.read("blog/a/index.html")
    assert f">{whole}</a></h2>" in built.read("blog/index.html")


def test_a_nav_may_name_what_is_empty_yet(tmp_path: Path) -> None:
    nav = ["blog/index.md", "section/index.md", "project/index.md", "category/index.md"]
    built = build(tmp_path, {"index.md": "# Home\n"}, nav=["index.md", *nav], strict=True)
    assert "There are no posts yet." in built.read("blog/index.html")
    for path in ("section/", "project/", "category/"):
        assert "There are none yet." in built.read(f"{path}index.html")
    assert "There are no feeds yet." in built.read("feeds/index.html")
    assert not (built.folder / "updates").exists()


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_shows_what_is_generated(theme: str, tmp_path: Path) -> None:
    built = build(tmp_path, _files(), theme={"name": theme}, strict=True)
    for path in ("", "blog/", "section/clients/", "project/", "feeds/", "blog/one/"):
        tree = _tree(built, path)
        assert len(tree.css("h1")) == 1, path
        assert _one(tree, "meta[property='og:title']") is not None, path
        main = _one(tree, "[role=main], main")
        assert main is not None and main.css(".twim-card, .twim-update, .twim-table, .twim-list")


def test_a_site_below_a_path(tmp_path: Path) -> None:
    built = build(tmp_path, _files(), site_url="https://letters.example/news/", strict=True)
    card = _one(_tree(built, "category/news/"), ".twim-card")
    assert _one(card, ".twim-excerpt a").attributes["href"] == "../../blog/one/"
    assert _one(card, "h2 a").attributes["href"] == "../../blog/plain-12/"
    page = built.read("section/clients/index.html")
    assert 'content="https://letters.example/news/section/clients/"' in page
    feeds = [a.attributes["href"] for a in _tree(built, "section/clients/").css(".twim-feeds a")]
    assert feeds == ["atom.xml", "rss.xml", "feed.json"]


def test_generated_pages_keep_directory_addresses(tmp_path: Path) -> None:
    files = _files({"index.md": "# Home\n", "section/clients.md": "Mine.", "feeds.md": "Yours."})
    files["about.md"] = "[c](section/clients.md) [f](feeds.md)\n"
    built = build(tmp_path, files, use_directory_urls=False, strict=True)
    for path in ("blog/", "blog/page/2/", "section/clients/", "project/", "feeds/", "author/ada/"):
        assert (built.folder / path / "index.html").is_file(), path
    assert "Mine." in built.read("section/clients/index.html")
    assert "Yours." in built.read("feeds/index.html")
    assert not (built.folder / "feeds.html").exists()
    about = built.read("about.html")
    assert 'href="section/clients/"' in about and 'href="feeds/"' in about
    assert 'href="../../index.html"' in built.read("section/clients/index.html")
    assert _titles(built, "blog/page/2/")[-1] == "This Week in Letters 0"


def test_a_blog_at_the_root_of_a_site(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.md": post("A"),
        "index.md": "Hello.\n",
        "feeds.md": "Subscribe.\n",
        "archive/2024.md": "This year.\n",
    }
    built = build(tmp_path, files, twim={"blog_dir": ".", "paginate_by": 1}, strict=True)
    assert _titles(built, "") == _titles(built, "archive/2024/") == ["A"]
    assert "This year." in built.read("archive/2024/index.html")
    assert "Hello." in built.read("index.html") and "Subscribe." in built.read("feeds/index.html")
    assert built.json("feeds.json")["feeds"][0]["page"] == "https://letters.example/"


def test_search_finds_posts_once(site: Built, tmp_path: Path) -> None:
    for built in (site, build(tmp_path, _files(), theme={"name": "material"})):
        docs = built.json("search/search_index.json")["docs"]
        repeated = [doc["location"] for doc in docs if "What stands above" in doc["text"]]
        assert repeated == [f"blog/plain-{n:02}/" for n in range(1, 13)]
        assert {doc["location"] for doc in docs} >= {"section/clients/", "project/fractal/"}


def test_pages_are_in_the_sitemap(site: Built) -> None:
    sitemap = site.read("sitemap.xml")
    for path in ("", "blog/page/2/", "section/clients/", "feeds/"):
        assert f"<loc>https://letters.example/{path}</loc>" in sitemap


def test_a_site_may_override_our_templates(tmp_path: Path) -> None:
    parts = tmp_path / "theme" / "twim" / "parts"
    parts.mkdir(parents=True)
    (parts / "terms.html").write_text("{% for term in terms %}[{{ term.title }}]{% endfor %}")
    (tmp_path / "theme/twim/post.html").write_text(
        '{% extends "main.html" %}{% block content %}<i>Mine</i>{{ super() }}{% endblock %}'
    )
    theme = {"name": "mkdocs", "custom_dir": str(tmp_path / "theme")}
    built = build(tmp_path, {"blog/a.md": post(category="R&D <x>")}, theme=theme)
    assert "[R&amp;D &lt;x&gt;]" in built.read("category/index.html")
    assert "<i>Mine</i>" in built.read("blog/a/index.html")


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    evil = "</script><script>alert(1)</script>"
    body = f"## Dept of {evil} & \"co\"\n\n### <img src=x onerror=alert(1)> 'P'\n\ntext\n"
    head = f"title = '{evil}'\ndate = 2024-01-01\ndescription = '{evil}'\n"
    tables = f"[taxonomies]\nauthor = ['{evil}']\ncategory = ['This Week in {evil}']\n"
    extra = f"[extra]\nimage = '/img/{evil}.png'\nimage_alt = '\"{evil}'\n"
    text = f"+++\n{head}{tables}{extra}+++\n{body}"
    built = build(
        tmp_path,
        {"blog/a.md": text},
        twim={"feeds": {"e": {"title": evil, "category": []}}},
    )
    for path in built.folder.rglob("*.html"):
        page = path.read_text("utf-8")
        if "twim-" in page:
            # Author's own HTML stands on the post's page as it is; nothing else may.
            own = page.count("alert(1)</script>") if path.match("blog/a/index.html") else 0
            scripts = re.findall(r"<script>alert\(1\)", page)
            assert len(scripts) <= min(own, 1), path
            assert "onerror=" not in page or path.match("blog/a/index.html"), path
