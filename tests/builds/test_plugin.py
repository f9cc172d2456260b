"""Sites as their maintainers see them: built by MkDocs with the plugin."""

from __future__ import annotations

import datetime
import gc
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from feedserver.formats.archive import parse
from tests.sites import ISSUE, Built, build, issue, messages, post, said


def _error(tmp_path: Path, files: dict[str, str | bytes], **options: Any) -> str:
    with messages() as logged, pytest.raises(Abort):
        build(tmp_path, files, **options)
    return "\n".join(logged)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A site with two issues, a plain post, a post of Material's kind, and an ordinary page."""
    files: dict[str, str | bytes] = {
        "index.md": "# Home\n",
        "blog/one.md": issue(1),
        "blog/2024/05/two.md": issue(2, ISSUE + "\n[Home](@/index.md)\n"),
        "blog/plain.md": post("Plain & <simple>"),
        "blog/posts/yaml.md": (
            "---\ndate: 2024-05-20\nauthors: [Bo]\ncategories: [News]\ntitle: In YAML\n---\n\n"
            "# In YAML\n\nA [link](../plain.md).\n\n    code\n"
        ),
        "img/a.png": b"png",
        "about.md": "# About\n\n{{ youtube_player(video_id='dQw4w9WgXcQ') }}\n",
    }
    return build(
        tmp_path_factory.mktemp("site"),
        files,
        strict=True,
        twim={
            "feeds": {
                "no-letters": {"title": "No letters", "not_category": ["this-week-in-letters"]},
                "none": {"title": "None", "category": ["news"], "not_category": ["news"]},
            }
        },
    )


def test_posts_have_the_addresses_of_zola_and_of_material(site: Built) -> None:
    for page in ("blog/one", "blog/2024/05/two", "blog/plain", "blog/2024/05/20/in-yaml"):
        assert (site.folder / page / "index.html").is_file()


def test_posts_are_ordinary_pages_to_search_and_sitemap_and_not_in_the_nav(site: Built) -> None:
    titles = {doc["title"] for doc in site.json("search/search_index.json")["docs"]}
    assert {"This Week in Letters 1", "Dept of Clients 📱", "In YAML"} <= titles
    assert "https://letters.example/blog/one/</loc>" in site.read("sitemap.xml")
    assert 'href="https://letters.example/blog/one/"' in site.read("blog/one/index.html")
    assert "blog/one" not in site.read("index.html")


def test_the_sitemap_has_the_dates_of_posts(site: Built) -> None:
    entry = site.read("sitemap.xml").split("blog/plain/</loc>")[1]
    assert entry.lstrip().startswith("<lastmod>2024-05-17</lastmod>")


def test_links_between_posts_and_pages_are_resolved(site: Built) -> None:
    assert '<a href="../../../../">Home</a>' in site.read("blog/2024/05/two/index.html")
    assert '<a href="../../../../plain/">link</a>' in site.read(
        "blog/2024/05/20/in-yaml/index.html"
    )


def test_every_slice_has_its_feeds(site: Built) -> None:
    catalogue = site.json("feeds.json")
    paths = [feed["path"] for feed in catalogue["feeds"]]
    assert paths == [
        "/",
        "/updates/",
        "/no-letters/",
        "/section/bots/",
        "/section/clients/",
        "/project/fractal/",
        "/project/hydrogen/",
        "/author/ada/",
        "/author/bo/",
        "/category/news/",
        "/category/this-week-in-letters/",
    ]
    for path in paths:
        for name in ("atom.xml", "rss.xml", "feed.json"):
            assert (site.folder / path[1:] / name).is_file()


def test_a_section_feed_lists_the_updates_of_all_issues(site: Built) -> None:
    feed = site.json("section/clients/feed.json")
    assert [item["title"] for item in feed["items"]] == [
        "Fractal (Clients), 2024-05-02",
        "Hydrogen 1.2.3 (Clients), 2024-05-02",
        "Fractal (Clients), 2024-05-01",
        "Hydrogen 1.2.3 (Clients), 2024-05-01",
    ]
    first = feed["items"][0]
    assert first["id"] == "https://letters.example/blog/2024/05/two/#fractal-website"
    assert first["date_published"] == "2024-05-02T12:00:00+02:00"
    assert feed["items"][1]["date_published"] == "2024-05-02T12:00:01+02:00"
    assert first["_twim"]["reporters"] == [{"name": "Ada", "id": "@ada:example.org"}]
    assert first["authors"] == [{"name": "Ada", "url": "https://matrix.to/#/@ada:example.org"}]
    assert first["image"] == "https://letters.example/img/a.png"
    assert "<h3" not in first["content_html"]


def test_an_ignored_section_is_on_the_page_and_in_the_post_but_no_update(site: Built) -> None:
    assert "That&#39;s all" in site.read("blog/one/index.html").replace("'", "&#39;")
    archive = site.json("archive.json")
    assert not any("all I know" in item["title"] for item in archive["items"])
    whole = next(item for item in archive["items"] if item["id"].endswith("/blog/one/"))
    assert "See you." in whole["content_html"]


def test_a_named_feed_has_what_fits_it(site: Built) -> None:
    titles = [item["title"] for item in site.json("no-letters/feed.json")["items"]]
    assert titles == ["In YAML", "Plain & <simple>"]


def test_a_feed_without_an_entry_is_neither_written_nor_listed(site: Built) -> None:
    assert not (site.folder / "none").exists()
    listed = {feed["path"] for feed in site.json("archive.json")["_twim"]["feeds"]}
    assert listed == {feed["path"] for feed in site.json("feeds.json")["feeds"]}


def test_pages_name_their_feeds_in_the_head(site: Built) -> None:
    home = site.read("index.html")
    assert '<link rel="alternate" type="application/atom+xml" title="Letters" href="atom.xml">' in (
        home
    )
    page = site.read("blog/one/index.html")
    for name, kind in (
        ("atom.xml", "atom+xml"),
        ("rss.xml", "rss+xml"),
        ("feed.json", "feed+json"),
    ):
        assert f'type="application/{kind}" title="Letters" href="../../{name}"' in page


FEED_TYPES = ("/atom+xml", "/rss+xml", "/feed+json")


class _Links(HTMLParser):
    """The links of a page, as readers find them: without a script, each with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "link":
            self.found.append({name: value or "" for name, value in attrs})


def _feeds_of(page: str) -> list[str]:
    """As NetNewsWire's parser and Chromium on iOS read it, which compare the whole of `rel`."""
    found = [link for link in _Links(page).found if link.get("type", "").endswith(FEED_TYPES)]
    whole = [link["href"] for link in found if link["rel"].lower() == "alternate"]
    # Others take it for a list of words.
    assert whole == [link["href"] for link in found if "alternate" in link["rel"].lower().split()]
    return whole


@pytest.mark.parametrize("theme", ["material", "mkdocs", "readthedocs"])
def test_the_page_of_a_feed_names_that_feed_first(tmp_path: Path, theme: str) -> None:
    files = {f"blog/n{n:02}.md": issue(n) for n in range(1, 13)}
    files["section/clients.md"] = "# Clients"
    twim = {"feeds": {"all-but": {"title": "All but", "not_category": ["Other"]}}}
    built = build(tmp_path, files, theme={"name": theme}, twim=twim)
    for page, up in (
        ("section/clients/", ""),
        ("section/bots/", ""),
        ("project/fractal/", ""),
        ("category/this-week-in-letters/", ""),
        ("category/this-week-in-letters/page/2/", "../../"),
        ("author/ada/", ""),
        ("updates/", ""),
        ("all-but/", ""),
    ):
        root = "../" * page.count("/")
        assert _feeds_of(built.read(f"{page}index.html")) == [
            *(f"{up}atom.xml", f"{up}rss.xml", f"{up}feed.json"),
            *(f"{root}atom.xml", f"{root}rss.xml", f"{root}feed.json"),
        ]
    for page in ("", "blog/", "blog/n01/", "section/", "feeds/"):
        root = "../" * page.count("/")
        names = ("atom.xml", "rss.xml", "feed.json")
        assert _feeds_of(built.read(f"{page}index.html")) == [root + name for name in names]


def test_shortcodes_work_on_ordinary_pages_too(site: Built) -> None:
    page = site.read("about/index.html")
    assert "https://www.youtube.com/watch?v=dQw4w9WgXcQ" in page
    assert "<iframe" not in page
    assert (site.folder / "assets/twim/twim.js").is_file()


def test_the_same_input_gives_the_same_bytes(
    site: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"index.md": "# Home\n", "blog/one.md": issue(1), "blog/two.md": issue(2)}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    first = build(tmp_path / "a", files).files()
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    second = build(tmp_path / "b", files).files()
    assert first == second


def test_a_site_without_site_url_is_refused(tmp_path: Path) -> None:
    message = _error(tmp_path, {"blog/a.md": post()}, site_url=None)
    assert "site_url is missing" in message


def test_errors_of_a_build_are_reported_together(tmp_path: Path) -> None:
    message = _error(
        tmp_path,
        {
            "blog/a.md": "no front matter",
            "blog/b.md": "+++\ntitle = 1\ndate = 'x'\n+++\n",
            "blog/c.md": post(body="{{ nosuch() }}\n\n{{ youtube_player(video_id=) }}\n"),
            "blog/d.md": b"+++\n+++\n\xff",
            "blog/_index.md": "+++\nnosuch = 1\n+++\n",
            "page.md": "---\ntitle: x\n---\n\nline\n\n{{ youtube_player(video_id='bad') }}\n",
        },
    )
    for place in (
        "blog/a.md:1: ",
        "blog/b.md:2: title",
        "blog/b.md:3: date",
        "blog/c.md:9:1",
        "blog/c.md:11:1",
        "blog/d.md: can't be read",
        "blog/_index.md:2: nosuch",
        "page.md:7",
    ):
        assert place in message, place
    places = re.findall(r"(?m)^(\S+\.md)(?::(\d+))?", message)
    assert places == sorted(places, key=lambda place: (place[0], int(place[1] or 0)))


def test_two_posts_of_one_address_are_an_error_that_names_both(tmp_path: Path) -> None:
    message = _error(
        tmp_path,
        {
            "blog/a.md": post(more='path = "/blog/Same"'),
            "blog/b.md": post(more='path = "/blog/same"'),
        },
    )
    assert "blog/a.md" in message and "blog/b.md" in message


def test_an_alias_may_not_hide_a_page(tmp_path: Path) -> None:
    message = _error(tmp_path, {"about.md": "# A", "blog/b.md": post(more='aliases = ["about"]')})
    assert "about.md" in message and "/about/" in message


def test_a_file_may_not_hide_a_feed(tmp_path: Path) -> None:
    message = _error(tmp_path, {"blog/b.md": post(), "atom.xml": "<x/>"})
    assert "atom.xml" in message and "the feed 'Letters'" in message


def test_a_bundle_has_no_section_beside_it(tmp_path: Path) -> None:
    message = _error(
        tmp_path, {"blog/x/index.md": post(), "blog/x/_index.md": "+++\ntitle = 'x'\n+++\n"}
    )
    assert "blog/x/_index.md" in message and "blog/x/index.md" in message


def test_the_files_of_a_bundle_go_where_its_page_goes(tmp_path: Path) -> None:
    built = build(
        tmp_path,
        {
            "blog/2024-01-01-b/index.md": post(
                body="![x](a%20b.png) ![y](deep/c.svg)", more='path = "/news/b"'
            ),
            "blog/2024-01-01-b/a b.png": b"png",
            "blog/2024-01-01-b/deep/c.svg": b"<svg/>",
        },
        strict=True,
    )
    assert (built.folder / "news/b/a b.png").is_file()
    assert (built.folder / "news/b/deep/c.svg").is_file()
    item = built.json("feed.json")["items"][0]
    assert "https://letters.example/news/b/a%20b.png" in item["content_html"]


def test_broken_links_and_missing_pictures_are_warnings_with_file_and_line(tmp_path: Path) -> None:
    built = build(
        tmp_path,
        {
            "blog/a.md": post(
                body="[x](@/blog/gone.md)\n\n![](/img/gone.png)\n<img src='beside.png'>\n"
                "{{ figure(img='/img/also.webp' caption='') }}\n"
                "[here](https://x.example/y.png) ![](https://x.example/y.png)\n"
            ).replace("[taxonomies]", "[extra]\nimage = '/img/head.png'\n[taxonomies]"),
        },
    )
    assert sorted(built.warnings) == [
        "blog/a.md:11: the link to '@/blog/gone.md' leads nowhere",
        "blog/a.md:13: the picture '/img/gone.png' is not there",
        "blog/a.md:14: the picture 'beside.png' is not there",
        "blog/a.md:15: the picture '/img/also.webp' is not there",
        "blog/a.md:5: the picture '/img/head.png' is not there",
    ]
    assert "gone.md" not in built.read("feed.json")


def test_internal_links_in_python_markdown(tmp_path: Path) -> None:
    text = "---\ntitle: A\ndate: 2024-01-01\n---\n[x](@/page.md#part) [y](@/gone.md)\n\n[z]\n\n"
    files = {"blog/a.md": text + "[z]: @/page.md\n", "page.md": "# P\n\n## Part\n"}
    built = build(tmp_path, files)
    assert built.warnings == ["blog/a.md:5: the link to '@/gone.md' leads nowhere"]
    page = built.read("blog/2024/01/01/a/index.html")
    assert '<a href="../../../../../page/#part">x</a>' in page
    assert '<a href="../../../../../page/">z</a>' in page


def test_a_site_below_a_path(tmp_path: Path) -> None:
    body = "![a](/img/a.png) [b](/blog/)\n\n{{ figure(img='/img/a.png' caption='a *caption*') }}\n"
    built = build(
        tmp_path,
        {"blog/a.md": post(body=body), "img/a.png": b"x"},
        site_url="https://example.org/letters/",
        strict=True,
    )
    page = built.read("blog/a/index.html")
    assert page.count('src="/letters/img/a.png"') == 2
    assert "<figcaption>a <em>caption</em></figcaption>" in page
    assert 'href="/letters/blog/"' in page
    item = built.json("feed.json")["items"][0]
    assert item["id"] == "https://example.org/letters/blog/a/"
    assert item["content_html"].count("https://example.org/letters/img/a.png") == 2


def test_posts_keep_directory_addresses_without_directory_urls(tmp_path: Path) -> None:
    files = {"index.md": "[a](blog/a.md)", "blog/a.md": post(body="[i](@/index.md)")}
    built = build(tmp_path, files, use_directory_urls=False, strict=True)
    assert 'href="../../index.html"' in built.read("blog/a/index.html")
    assert 'href="blog/a/"' in built.read("index.html")
    assert built.json("feed.json")["items"][0]["url"] == "https://letters.example/blog/a/"


def test_zolas_template_is_not_taken_for_mkdocs_own(tmp_path: Path) -> None:
    built = build(tmp_path, {"blog/a.md": post(more='template = "page.html"')}, strict=True)
    assert (built.folder / "blog/a/index.html").is_file()


def test_a_post_without_a_title_has_that_of_its_first_heading_else_its_slug(tmp_path: Path) -> None:
    built = build(
        tmp_path,
        {
            "blog/a.md": post(None, "## Some `heading` 📜\n"),
            "blog/b-b.md": post(None, "Text.\n"),
            "blog/c.md": "---\ndate: 2024-01-01\n---\n# From *YAML*\n",
        },
    )
    titles = {item["title"] for item in built.json("feed.json")["items"]}
    assert titles == {"Some heading 📜", "b-b", "From YAML"}


def test_an_undated_post_is_built_and_in_no_feed(tmp_path: Path) -> None:
    built = build(tmp_path, {"blog/a.md": post(date=None), "blog/b.md": post("B")})
    assert (built.folder / "blog/a/index.html").is_file()
    assert len(built.warnings) == 1 and built.warnings[0].startswith("blog/a.md: no date")
    assert [item["title"] for item in built.json("archive.json")["items"]] == ["B"]


def test_a_date_in_the_future_is_published_with_a_warning(tmp_path: Path) -> None:
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=3)
    built = build(tmp_path, {"blog/a.md": post(date=later.isoformat(timespec="seconds"))})
    assert built.warnings == ["blog/a.md:3: the date is in the future"]
    assert len(built.json("feed.json")["items"]) == 1


def test_a_draft_is_not_built(tmp_path: Path) -> None:
    built = build(tmp_path, {"blog/a.md": post(more="draft = true"), "blog/b.md": post("B")})
    assert not (built.folder / "blog/a").exists()
    assert len(built.json("archive.json")["items"]) == 1


def test_a_post_that_is_not_rendered_is_in_the_feeds_and_has_no_page(tmp_path: Path) -> None:
    built = build(tmp_path, {"blog/a.md": post(more="render = false")}, strict=True)
    assert not (built.folder / "blog/a").exists()
    assert "blog/a/" not in built.read("sitemap.xml")
    assert "Text." in built.json("feed.json")["items"][0]["content_html"]


FIRST_PAGES = {
    "/author/ada/page/1/": "/author/ada/",
    "/blog/page/1/": "/",
    "/category/news/page/1/": "/category/news/",
}


def test_aliases_lead_to_the_post(tmp_path: Path) -> None:
    built = build(tmp_path, {"blog/a.md": post(more='aliases = ["/old", "older.html"]')})
    for path in ("old/index.html", "older.html"):
        assert 'content="0; url=https://letters.example/blog/a/"' in built.read(path)
    assert built.json("archive.json")["_twim"]["redirects"] == {
        "/old/": "/blog/a/",
        "/older.html": "/blog/a/",
        **FIRST_PAGES,
    }


def test_addresses_beyond_ascii(tmp_path: Path) -> None:
    text = post(more='path = "/Grüße 1"\naliases = ["/alte grüße"]')
    built = build(tmp_path, {"blog/a.md": text}, strict=True)
    assert (built.folder / "Grüße 1/index.html").is_file()
    to = "https://letters.example/Gr%C3%BC%C3%9Fe%201/"
    assert f"url={to}" in built.read("alte grüße/index.html")
    assert built.json("feed.json")["items"][0]["id"] == to
    assert parse((built.folder / "archive.json").read_bytes()).redirects == {
        "/alte%20gr%C3%BC%C3%9Fe/": "/Gr%C3%BC%C3%9Fe%201/",
        **FIRST_PAGES,
    }


def test_old_addresses_of_feeds(tmp_path: Path) -> None:
    built = build(
        tmp_path,
        {"blog/a.md": post(), "_redirects": "/x /y\n"},
        twim={"feed_redirects": {"/blog/feed/": "/atom.xml", "/blog/rss.xml": "/rss.xml"}},
    )
    assert built.read("blog/rss.xml") == built.read("rss.xml")
    assert "https://letters.example/atom.xml" in built.read("blog/feed/index.html")
    led = {"/blog/feed/": "/atom.xml", "/blog/rss.xml": "/rss.xml", **FIRST_PAGES}
    lines = [f"{old} {new} 301" for old, new in sorted(led.items())]
    assert built.read("_redirects").splitlines() == ["/x /y", *lines]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"feed_redirects": {"/old": "/nowhere.xml"}}, "there is no feed at /nowhere.xml"),
        ({"feed_redirects": {"old": "/atom.xml"}}, "expected an address"),
        ({"feed_redirects": {"/a/../b": "/atom.xml"}}, "expected an address"),
        ({"feed_redirects": {"/a b": "/atom.xml"}}, "expected an address"),
        ({"feeds": {"page": {"title": "x"}}}, "can't be called 'page'"),
        ({"taxonomies": {"section": {}}}, "can't be called 'section'"),
        ({"taxonomies": {"author": {}}, "feeds": {"author": {"title": "x"}}}, "'author'"),
        ({"feed_limit": -1}, "feed_limit"),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, options: dict[str, object], words: str) -> None:
    files: dict[str, str | bytes] = {"blog/a.md": "+++\ndate = 2024-01-01\n+++\nx"}
    assert words in _error(tmp_path, files, twim=options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"feeds": {"quiet": {"title": "Quiet", "not_categories": ["news"]}}},
            "'feeds.quiet.not_categories': there is no such option; is 'not_category' meant?",
        ),
        ({"feeds": {"quiet": {"titel": "Quiet"}}}, "is 'title' meant?"),
        (
            {"taxonomies": {"author": {"paginate": 5}}},
            "'taxonomies.author.paginate': there is no such option; is 'paginate_by' meant?",
        ),
        ({"taxonomies": {"series": {"feeds": True}}}, "is 'feed' meant?"),
        ({"taxonomies": {"series": {"xyz": 1}}}, "there are feed, paginate_by"),
        ({"taxonomies": {"series": {1: 1}}}, "there is no such option"),
        (
            {"aliases": {"sections": {"Boats": ["Ships"]}}},
            "'aliases.sections': there is no such option; is 'section' meant?",
        ),
    ],
)
def test_options_below_an_option_that_are_unknown_are_errors(
    tmp_path: Path, options: dict[str, object], words: str
) -> None:
    files: dict[str, str | bytes] = {"blog/a.md": "+++\ndate = 2024-01-01\n+++\nx"}
    with messages() as logged, pytest.raises(Abort):
        build(tmp_path, files, twim=options)
    [message] = [text for text in logged if "no such option" in text]
    assert words in message
    assert next(iter(options)) in message


def test_all_that_is_wrong_below_options_is_told_with_its_place(tmp_path: Path) -> None:
    options = {
        "taxonomies": {"series": {"feed": "yes", "paginates_by": 5}, "tag": None},
        "feeds": {"quiet": {"titel": "Quiet", "authors": ["Ada"]}, "loud": {}},
        "feed_limit": "all",
    }
    with messages() as logged, pytest.raises(Abort):
        build(tmp_path, {"blog/a.md": post()}, twim=options)
    lines = [line for text in logged for line in text.split("\n") if "option '" in line]
    assert [line.partition("option ")[2] for line in lines] == [
        "'taxonomies.series.paginates_by': there is no such option; is 'paginate_by' meant?",
        "'taxonomies.series.feed': Expected type: <class 'bool'> but received: <class 'str'>",
        "'taxonomies.tag': expected options below it, found None",
        "'feeds.loud.title': Required configuration not provided.",
        "'feeds.quiet.authors': there is no such option; is 'author' meant?",
        "'feeds.quiet.titel': there is no such option; is 'title' meant?",
        "'feed_limit': Expected type: <class 'int'> but received: <class 'str'>",
    ]


@pytest.mark.parametrize(
    ("name", "hints"),
    [("issue", ["is 'issues' meant?"]), ("feed_limits", ["is 'feed_limit' meant?"]), ("xyz", [])],
)
def test_an_unknown_option_is_told_with_the_one_that_may_be_meant(
    tmp_path: Path, name: str, hints: list[str]
) -> None:
    with messages() as logged:
        build(tmp_path, {"blog/a.md": "+++\ndate = 2024-01-01\n+++\nx"}, twim={name: ["x"]})
    of_name = [text for text in logged if f"'{name}'" in text]
    assert len(of_name) == 1 + len(hints)
    assert [hint for hint in hints if hint in of_name[-1]] == hints


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"feeds": {"q": {"title": "Q", "not_category": ["this-week-in-leters"]}}},
            "feeds: q: not_category: no post has the category 'this-week-in-leters'; "
            "is 'this-week-in-letters' meant?",
        ),
        (
            {"feeds": {"q": {"title": "Q", "not_author": ["Ada", "Zoe"]}}},
            "feeds: q: not_author: no post has the author 'Zoe'",
        ),
        (
            {"feeds": {"q": {"title": "Q", "section": ["client"]}}},
            "feeds: q: section: no post has the section 'client'; is 'clients' meant?",
        ),
        (
            {"feeds": {"q": {"title": "Q", "not_project": ["fractl"]}}},
            "feeds: q: not_project: no post has the project 'fractl'; is 'fractal' meant?",
        ),
        (
            {"aliases": {"project": {"Fractals": ["Frac"]}}},
            "aliases: project: there is no project 'Fractals'; is 'fractal' meant?",
        ),
        ({"aliases": {"project": {"Fractals": ["fractal"]}}}, None),
        ({"feeds": {"q": {"title": "Q", "section": ["Clients"], "author": ["ada"]}}}, None),
    ],
)
def test_values_that_nothing_has_are_told(
    tmp_path: Path, options: dict[str, object], said: str | None
) -> None:
    text = issue(1).replace("![shot](/img/a.png)", "none")
    built = build(tmp_path, {"blog/a.md": text}, twim=options)
    assert built.warnings == ([f"mkdocs.yml: twim: {said}"] if said else [])


def test_taxonomies_without_feeds_and_others_than_the_default(tmp_path: Path) -> None:
    text = "+++\ndate = 2024-01-01\n[taxonomies]\nauthor = ['A']\nseries = ['First Steps']\n+++\nx"
    built = build(
        tmp_path,
        {"blog/a.md": text},
        twim={"taxonomies": {"author": {"feed": False}, "series": {}}},
    )
    assert [feed["path"] for feed in built.json("feeds.json")["feeds"]] == [
        "/",
        "/series/first-steps/",
    ]


def test_markdown_may_be_one_for_all(tmp_path: Path) -> None:
    files = {
        "blog/a.md": post(body="a\n* b\n"),
        "blog/b.md": "---\ndate: 2024-01-01\n---\na\n* b\n",
    }
    for engine, lists in (("commonmark", 2), ("python-markdown", 0), ("auto", 1)):
        built = build(tmp_path / engine, files, twim={"markdown": engine})
        content = "".join(item["content_html"] for item in built.json("feed.json")["items"])
        assert content.count("<li>") == lists, engine


def test_the_page_and_the_feed_have_their_own_player(tmp_path: Path) -> None:
    body = "{{ youtube_player(video_id='dQw4w9WgXcQ', start=30) }}\n"
    text = post(body=body).replace(
        "[taxonomies]", "[extra]\nimage='https://x.example/p.png'\n[taxonomies]"
    )
    built = build(tmp_path, {"blog/a.md": text})
    item = built.json("feed.json")["items"][0]
    assert item["image"] == "https://x.example/p.png"
    assert 'href="https://www.youtube.com/watch?v=dQw4w9WgXcQ&amp;t=30s"' in item["content_html"]
    assert 'src="https://x.example/p.png"' in item["content_html"]
    assert "data-" not in item["content_html"]


def test_the_picture_of_an_entry_has_its_size_where_the_file_is_at_hand(tmp_path: Path) -> None:
    text = post().replace("[taxonomies]", "[extra]\nimage = '/img/a.webp'\n[taxonomies]")
    built = build(tmp_path, {"blog/a.md": text, "img/a.webp": b"12345"}, strict=True)
    assert re.search(r'<enclosure [^>]*length="5"', built.read("rss.xml"))
    assert 'type="image/webp"' in built.read("rss.xml")


def test_material_pages_have_one_title_and_highlighted_code(tmp_path: Path) -> None:
    built = build(
        tmp_path,
        {"blog/a.md": post(body="## Part\n\n```python\nx = 1\n```\n")},
        theme={"name": "material", "font": False},
        markdown_extensions=[{"toc": {"permalink": True}}],
        strict=True,
    )
    page = built.read("blog/a/index.html")
    assert page.count("<h1") == 1 and '<h1 tabindex="-1" id="twim-top">Hello</h1>' in page
    assert '<h2 id="part">Part<a class="headerlink" href="#part"' in page
    assert 'class="language-python highlight"' in page
    assert "headerlink" not in built.read("feed.json")


def test_a_heading_that_links_to_itself_keeps_its_name_beside_its_website(tmp_path: Path) -> None:
    body = "## Boats\n\n### Ölander ([website](https://oland.example))\n\nPainted.\n"
    built = build(
        tmp_path,
        {"blog/a.md": f"---\ndate: 2024-01-02\ncategories: [This Week in X]\n---\n\n{body}"},
        markdown_extensions=[{"toc": {"anchorlink": True}}],
        strict=True,
    )
    [update] = built.json("updates/feed.json")["items"]
    assert update["title"] == "Ölander (Boats), 2024-01-02"
    assert (tmp_path / "site/project/olander/feed.json").is_file()
    assert "https://oland.example" in built.read("project/olander/index.html")


def test_other_plugins_never_see_a_shortcode(tmp_path: Path) -> None:
    (tmp_path / "hook.py").write_text(
        "def on_page_markdown(markdown, **kw):\n"
        "    assert 'youtube_player' not in markdown, markdown\n"
        "    return markdown\n"
    )
    call = "{{ youtube_player(video_id='dQw4w9WgXcQ') }}"
    build(tmp_path, {"blog/a.md": post(body=call), "page.md": call}, hooks=["hook.py"], strict=True)


def test_a_site_without_posts_is_built(tmp_path: Path) -> None:
    built = build(tmp_path, {"index.md": "# Home"}, strict=True)
    assert built.json("feeds.json") == {"version": 1, "feeds": []}
    assert built.json("archive.json")["items"] == []
    assert "feeds" not in built.json("archive.json")["_twim"]
    assert "alternate" not in built.read("index.html")


def test_a_title_is_text_and_no_html(tmp_path: Path) -> None:
    files = {"blog/a.md": post("Vec<T> & R&D </h1>")}
    for theme in ("mkdocs", "material"):
        built = build(tmp_path / theme, files, theme={"name": theme})
        page = built.read("blog/a/index.html")
        assert "Vec<T>" not in page and "Vec&lt;T&gt; &amp; R&amp;D &lt;/h1&gt;" in page
        assert built.json("feed.json")["items"][0]["title"] == "Vec<T> & R&D </h1>"


def test_posts_have_edit_links_and_descriptions(tmp_path: Path) -> None:
    built = build(
        tmp_path,
        {"blog/a.md": post(more='description = "About letters"')},
        theme={"name": "material", "font": False, "features": ["content.action.edit"]},
        repo_url="https://git.example/letters",
        edit_uri="edit/main/docs/",
    )
    page = built.read("blog/a/index.html")
    assert 'href="https://git.example/letters/edit/main/docs/blog/a.md"' in page
    assert '<meta name="description" content="About letters">' in page
    assert '<meta name="author" content="Ada">' in page


def test_a_post_may_be_kept_out_of_the_search(tmp_path: Path) -> None:
    theme = {"name": "material", "font": False}
    files = {"blog/a.md": post(more="in_search_index = false"), "blog/b.md": post("B")}
    built = build(tmp_path, files, theme=theme)
    found = {
        doc["location"].split("#")[0] for doc in built.json("search/search_index.json")["docs"]
    }
    assert "blog/b/" in found and "blog/a/" not in found


def test_a_template_that_is_not_there_is_an_error_with_its_line(tmp_path: Path) -> None:
    yaml = "---\ndate: 2024-01-01\ntemplate: {}\n---\n# T\n"
    message = _error(tmp_path, {"blog/a.md": yaml.format("nosuch.html")})
    assert "blog/a.md:3: template: 'nosuch.html' can't be used" in message
    theme = {"name": "material", "font": False}
    built = build(tmp_path, {"blog/a.md": yaml.format("blog-post.html")}, theme=theme)
    assert 'class="twim-header"' in built.read("blog/2024/01/01/t/index.html")


def test_a_template_whose_parent_cannot_be_used_is_an_error_with_its_line(tmp_path: Path) -> None:
    yaml = "---\ntitle: T\ndate: 2024-01-01\ntemplate: {}\n---\nText.\n"
    folder = tmp_path / "overrides"
    folder.mkdir()
    for name, text in {
        "custom.html": '{% extends "mid.html" %}',
        "mid.html": '{% extends "blog-post.html" %}',
        "part.html": '{% extends "main.html" %}{% block content %}'
        '{% include "partials/post.html" %}{% endblock %}',
        "orphan.html": '{% extends "gone.html" %}',
        "fine.html": '{% extends "main.html" %}{% block content %}Mine.{% include "no.html" ignore '
        'missing %}{% if page.meta.x %}{% include "gone.html" %}{% endif %}{% endblock %}',
    }.items():
        (folder / name).write_text(text)
    theme = {"name": "material", "font": False, "custom_dir": str(folder)}
    names = ("custom", "part", "orphan", "fine")
    files: dict[str, str | bytes] = {
        f"blog/{name}.md": yaml.format(f"{name}.html").replace("T\n", f"{name}\n", 1)
        for name in names
    }
    message = _error(tmp_path, files, theme=theme)
    assert [re.sub(r":\d+: No", ": No", line) for line in message.splitlines()] == [
        "blog/custom.md:4: template: 'custom.html' can't be used: "
        "blog-post.html: No filter named 'date'.",
        "blog/orphan.md:4: template: 'orphan.html' can't be used: there is no gone.html",
        "blog/part.md:4: template: 'part.html' can't be used: "
        "partials/post.html: No filter named 'date'.",
    ]
    for name in names[:3]:
        (tmp_path / f"docs/blog/{name}.md").unlink()
    built = build(tmp_path, {}, theme=theme, strict=True)
    assert "Mine." in built.read("blog/2024/01/01/fine/index.html")


def test_a_draft_is_shown_as_a_post_in_a_preview(tmp_path: Path) -> None:
    build(tmp_path, {"blog/b.md": post("B"), "blog/a.md": post("A draft", more="draft = true")})
    config = load_config(str(tmp_path / "mkdocs.yml"))
    config.plugins.on_startup(command="serve", dirty=False)
    mkdocs_build(config, serve_url="http://127.0.0.1:8000/")
    page = (tmp_path / "site/blog/a/index.html").read_text("utf-8")
    assert '<h1 tabindex="-1" id="twim-top">A draft</h1>' in page and 'property="og:title"' in page
    assert "A draft" not in (tmp_path / "site/blog/index.html").read_text("utf-8")


def test_files_of_the_site_take_the_place_of_our_assets(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"blog/a.md": post(), "assets/twim/twim.css": "mine"}
    built = build(tmp_path, files, strict=True, extra_css=["css/own.css"])
    assert built.read("assets/twim/twim.css") == "mine"
    page = built.read("blog/a/index.html")
    assert page.index("twim.css") < page.index("css/own.css")


def test_the_nav_may_name_a_post(tmp_path: Path) -> None:
    files = {"index.md": "# Home", "blog/a.md": post("In the nav"), "blog/b.md": post("B")}
    built = build(tmp_path, files, nav=[{"Home": "index.md"}, {"Post": "blog/a.md"}])
    assert 'href="blog/a/"' in built.read("index.html")
    assert "blog/b/" not in built.read("index.html")


def test_a_page_at_the_blog_s_own_address_is_no_post(tmp_path: Path) -> None:
    built = build(tmp_path, {"blog/index.md": "# Our blog\n\n[a](a.md)", "blog/a.md": post()})
    assert "Our blog" in built.read("blog/index.html")
    assert [item["title"] for item in built.json("archive.json")["items"]] == ["Hello"]


def test_links_to_headings_of_posts_are_checked_by_mkdocs(tmp_path: Path) -> None:
    links = "[p](@/page.md#part) [q](@/page.md#lost) [r](@/blog/a.md#raw)"
    body = f"## There\n\n<a id='raw'></a>\n\n{links}"
    built = build(
        tmp_path,
        {
            "page.md": "[a](blog/a.md#there) [b](blog/a.md#gone) [c](blog/a.md#raw)\n\n# Part\n",
            "blog/a.md": post(body=body),
        },
        validation={"anchors": "warn"},
    )
    assert len(built.warnings) == 2
    assert "#gone" in built.warnings[0] + built.warnings[1]
    assert "@/page.md#lost" in built.warnings[0] + built.warnings[1]


def test_garbage_is_collected_as_before_when_a_build_has_ended(tmp_path: Path) -> None:
    build(tmp_path / "good", {"blog/one.md": issue(1)})
    assert gc.isenabled()
    _error(tmp_path / "bad", {"blog/one.md": post("Wrong", "{{ nothing() }}\n")})
    assert gc.isenabled()
    gc.disable()
    try:
        build(tmp_path / "good", {})
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_video_or_a_file_that_a_shortcode_names_has_to_be_there(tmp_path: Path) -> None:
    body = (
        "{{ figureVideo(vid='/img/there.webm' caption='') }}\n"
        "{{ figureVideo(vid='/img/gone.webm' caption='') }}\n"
        "{{ paper(of='/files/gone.pdf') }}\n{{ paper(of='/files/there.pdf') }}\n"
        "{{ paper(of='/about/') }}\n{{ paper(of='https://x.example/a.pdf') }}\n"
        "{{ figureVideo(vid='/blog/img/there.mp4' caption='') }}\n[no](/files/other.pdf)\n"
    )
    files: dict[str, str | bytes] = {
        "blog/a.md": post(body=body),
        "img/there.webm": b"",
        # The smaller forms beside it are matrix.org's, and nobody named them.
        "blog/img/there.mp4": b"",
        "files/there.pdf": b"",
        "../shortcodes/paper.html": '<a href="{{ of }}">The paper</a>',
    }
    assert sorted(build(tmp_path, files).warnings) == [
        "blog/a.md:10: the video '/img/gone.webm' is not there",
        "blog/a.md:11: the file '/files/gone.pdf' is not there",
    ]


def test_files_that_a_text_links_to_or_plays_have_to_be_there(tmp_path: Path) -> None:
    body = """\
[x](gone.pdf) [y](there.pdf#page=2) [z](<lost map.pdf>) [r](/files/other.pdf) [v](../r0.6.10)
[f](../../rss.xml) [c](../../feeds.json) [s](https://x.example/a.pdf) `[k](code.pdf)`
[![p](there.png)](full.png)

<video src="gone.mp4"></video> <audio src=there.ogg></audio>
<video controls><source src="/img/gone.webm"></video> <audio src='gone.ogg#t=3'></audio>
"""
    files: dict[str, str | bytes] = {
        "blog/a/index.md": post("A", body),
        **{f"blog/a/{name}": b"" for name in ("there.pdf", "there.png", "there.ogg")},
    }
    assert build(tmp_path, files).warnings == [
        "blog/a/index.md:9: the file 'gone.pdf' is not there",
        "blog/a/index.md:9: the file 'lost%20map.pdf' is not there",
        "blog/a/index.md:11: the file 'full.png' is not there",
        "blog/a/index.md:13: the video 'gone.mp4' is not there",
        "blog/a/index.md:14: the video '/img/gone.webm' is not there",
        "blog/a/index.md:14: the file 'gone.ogg#t=3' is not there",
        "blog/a/index.md:9: the page '../r0.6.10' is not there",
    ]


def test_files_of_posts_in_python_markdown_have_to_be_there_too(tmp_path: Path) -> None:
    bundle, post = "blog/2024-01-01-a/index.md", "blog/2024-01-01-b.md"
    body = """\
{{ figure(img="gone.png" caption="a") }}
{{ figure(img="2024-01-01-b/gone.png" caption="a") }}
{{ figureGallery(images=["lost.png", "/lost.png", "there.png"], captions=["", "", ""]) }}
{{ figureVideo(vid="gone.mp4" caption="a") }} {{ figureVideo(vid="there.mp4" caption="a") }}

<video src="away.mp4"></video> <audio src="away.ogg"></audio> <img src="away.png">
<video controls><source src="away.webm"></video> <img src="there.png"> <a href="away.pdf">x</a>

![](there.png) [x](there.mp4) ![](../beside.png) ![](b%20c.png)

<!-- <img src="quiet.png"> <video src="quiet.mp4"></video> -->
"""
    files: dict[str, str | bytes] = {
        bundle: f"---\ntitle: A\n---\n{body}",
        **{f"blog/2024-01-01-a/{name}": b"" for name in ("there.mp4", "there.png", "b c.png")},
        "blog/beside.png": b"",
        # Beside the file, and so not beside its page, where a browser looks for it.
        post: "---\ntitle: B\n---\n![](x.png) {{ figure(img='x.png' caption='') }}\n",
        "blog/x.png": b"",
    }
    assert sorted(build(tmp_path, files).warnings) == [
        f"{bundle}:10: the file 'away.pdf' is not there",
        f"{bundle}:10: the video 'away.webm' is not there",
        f"{bundle}:4: the picture 'gone.png' is not there",
        f"{bundle}:5: the picture '2024-01-01-b/gone.png' is not there",
        f"{bundle}:6: the picture '/lost.png' is not there",
        f"{bundle}:6: the picture 'lost.png' is not there",
        f"{bundle}:7: the video 'gone.mp4' is not there",
        f"{bundle}:9: the file 'away.ogg' is not there",
        f"{bundle}:9: the picture 'away.png' is not there",
        f"{bundle}:9: the video 'away.mp4' is not there",
        f"{post}:4: the picture 'x.png' is not there",
    ]


def test_what_mkdocs_tells_of_is_told_once(tmp_path: Path) -> None:
    body = (
        '![](gone.png) [x](gone.pdf)\n\n{{ figure(img="gone.png" caption="a") }}\n\n'
        '<img src="gone.png"> <a href="gone.pdf">x</a>\n\n'
        '![](a%20b.png) <img src="a b.png">\n'
    )
    files = {"blog/2024-01-01-a.md": f"---\ntitle: A\n---\n{body}"}
    told = build(tmp_path, files).warnings
    assert len(told) == 3
    assert all(line.startswith("Doc file 'blog/2024-01-01-a.md' contains a link") for line in told)


REPORT = "[Ada](https://matrix.to/#/@ada:example.org) says\n\n> News.\n\n"


def test_what_of_an_issue_is_in_no_update_is_told_with_its_line(tmp_path: Path) -> None:
    body = (
        f"# Boats ⛵\n\n### Heron\n\n{REPORT}# Weather 🌬️\n\n{REPORT}# That's all I know\n\nBye.\n"
    )
    built = build(tmp_path, {"blog/1.md": issue(1, body), "blog/a.md": post(body=body)})
    assert built.warnings == [
        "blog/1.md:17: what stands below '# Weather 🌬️' is in no update; sections are ##"
    ]


def test_a_report_below_a_small_heading_is_told_of_with_its_line(tmp_path: Path) -> None:
    with said() as lines:
        built = build(tmp_path, {"blog/1.md": issue(1, f"## Boats\n\n#### Heron\n\n{REPORT}")})
    assert built.warnings == []
    message = "the report below '#### Heron' is part of the section; projects are ###"
    assert f"blog/1.md:11: {message}" in lines


def test_tags_that_are_no_terms_are_told_of_once(tmp_path: Path) -> None:
    text = "---\ntitle: A\ndate: 2024-01-01\nauthor: Ida\ntags: [Heron]\n---\nText.\n"
    files: dict[str, str | bytes] = {"blog/a.md": text, "blog/b.md": text.replace(": A", ": B")}
    with said() as lines:
        built = build(tmp_path, files)
    assert built.warnings == []
    assert [line for line in lines if "tags:" in line] == [
        "blog/a.md:5: tags: these, and those of 1 more post, are no terms: "
        "the option taxonomies has no 'tags'"
    ]
    assert [item["authors"][0]["name"] for item in built.json("author/ida/feed.json")["items"]] == [
        "Ida",
        "Ida",
    ]
