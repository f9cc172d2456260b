"""A Zola site moves in: a small one with everything in it, by the rules of zola.md."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config

from mkdocs_twim.cli import main
from mkdocs_twim.migrate import zola_config
from mkdocs_twim.migrate.zola_pages import relink
from tests.sites import Built, messages

CONFIG = """\
base_url = "https://letters.example/"
title = "Letters"
description = "A newsletter"
default_language = "de"
generate_feeds = true
feed_filenames = ["atom.xml", "news.xml", "no-twil-rss.xml", "no-such-atom.xml"]
feed_limit = 30
ignored_content = ["*.secret.md"]
author = "Ada"
taxonomies = [
  {name = "author", paginate_by = 5},
  {name = "category", feed = true},
]

[languages.fr]

[markdown]
smart_punctuation = true

[extra]
logo = "x"
"""

POST = """\
+++
title = "{title}"
date = "{date}"
{more}
[taxonomies]
author = ["Ada"]
category = ["{category}"]
+++

{body}
"""


def post(
    title: str, date: str, body: str = "Text.", *, category: str = "News", more: str = ""
) -> str:
    return POST.format(title=title, date=date, body=body, category=category, more=more)


FILES: dict[str, str | bytes] = {
    "config.toml": CONFIG,
    "content/_index.md": '+++\ntitle = "Home"\n+++\n',
    "content/blog/_index.md": (
        '+++\ntitle = "News"\nsort_by = "date"\npaginate_by = 2\ngenerate_feeds = true\n+++\nHi.\n'
    ),
    # Z4.2, Z4.3: the folders as they are, the slug of the name without its date.
    "content/blog/2024/2024-05-01-Straße & Co.md": post(
        "Street", "2024-05-01", "See [about](@/Über_uns.md#us), [bundle](@/blog/b/index.md)."
    ),
    # Z4.1: `path` as it stands, with dots.
    "content/blog/2024/x.md": post("Two", "2024-05-02", more='path = "blog/2.0-is-here"'),
    # Z12.11, Z12.12: a bundle, whose files go where its page goes.
    "content/blog/b/index.md": post(
        "Bundle", "2024-05-03", "![a dot](dot.svg)", more='slug = "moved"'
    ),
    "content/blog/b/dot.svg": "<svg/>",
    "content/blog/b/more.md": "no page\n",
    # Z1.1: YAML is Zola's, too, and its address is not that of Material.
    "content/blog/yaml.md": (
        '---\ntitle: "YAML: yes"\ndate: 2024-05-04\n'
        'taxonomies: {category: ["This Week in Letters"]}\n---\n\nText with ~tilde~.\n'
    ),
    # Z5.1: an old address.
    "content/blog/old.md": post("Old", "2024-05-05", more='aliases = ["/was/here", "was.html"]'),
    # Z2.5
    "content/blog/draft.md": post("Draft", "2024-05-06", more="draft = true"),
    "content/blog/x.fr.md": post("Deux", "2024-05-07"),
    "content/blog/plan.secret.md": "ignored\n",
    "content/blog/.hidden.md": "hidden\n",
    "content/blog/calls.md": post(
        "Calls",
        "2024-05-08",
        '{{ figure(img="/blog/img/x.svg", caption="") }}\n\n{{ badge(text="a") }}\n\n{{ bagde() }}',
    ),
    "content/Über_uns.md": (
        '+++\ntitle = "Us: all"\ndescription = "Who"\naliases = ["/team"]\n'
        '[extra]\nmood = "good"\nsince = 12:30:00\n+++\n\n# Us\n\n'
        "A [post](@/blog/2024/x.md#top), [the guide](@/guide/_index.md), <b>[ref]</b>, "
        "[none](@/none.md)\n\n[ref]: @/guide/start/index.md\n\n"
        '{{ figure(img="/blog/img/x.svg", caption="A dot") }}\n'
    ),
    "content/guide/_index.md": '+++\ntitle = "Guide"\n+++\n\nRead it.\n',
    "content/guide/start/index.md": (
        '+++\ntitle = "Start"\npath = "guide/v1.0/begin"\n+++\n\n![a dot](dot.svg)\n'
    ),
    "content/guide/start/dot.svg": "<svg/>",
    "content/guide/dated.md": '+++\ntitle = "Dated"\ndate = 2020-01-01\n+++\n\nOnce.\n',
    "content/guide/draft.md": '+++\ntitle = "Draft"\ndraft = true\n+++\n\nNot yet.\n',
    "content/guide/hidden.md": "+++\nrender = false\n+++\n\nNever.\n",
    "content/join.md": '+++\ntitle = "Join"\npath = "/blog/join"\n+++\n\nJoin us.\n',
    # Z6.8, Z6.10
    "content/legal/_index.md": "+++\nrender = false\n+++\n",
    "content/legal/terms.md": '+++\ntitle = "Terms"\n+++\n\nBe nice.\n',
    "content/chat/_index.md": '+++\nredirect_to = "guide/"\n+++\n',
    "static/blog/img/x.svg": "<svg/>",
    "static/404.html": "gone",
    "templates/blog.html": "{% block a %}{% endblock %}",
    "templates/news.xml": "<rss></rss>",
    "templates/no-twil-rss.xml": "<rss></rss>",
    "templates/shortcodes/badge.html": (
        '<i>{{ text }}</i>\n{% if nth > 9 %}{{ load_data(path="x") }}\n'
        '{% import "macros.html" as m %}{% endif %}\n'
    ),
    "templates/shortcodes/broken.md": "{% set_global x = 1 %}\n",
    "templates/shortcodes/figure.html": "<img>",
    "templates/shortcodes/notes.txt": "hello",
    "sass/main.scss": "a {}",
    "themes/plain/theme.toml": "",
}


def lay_out(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def build(folder: Path) -> Built:
    built = Built(folder / "site")
    with messages() as built.warnings:
        mkdocs_build(load_config(str(folder / "mkdocs.yml")))
    return built


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zola")
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
    """The new site, when what its report tells of calls and links has been done."""
    new = moved / "new"
    path = new / "docs/blog/calls.md"
    path.write_text(path.read_text("utf-8").replace("{{ bagde() }}", ""), "utf-8")
    (new / "shortcodes/broken.md").unlink()
    about = new / "docs/uber-uns.md"
    about.write_text(about.read_text("utf-8").replace("[none](@/none.md)", ""), "utf-8")
    return build(new)


def test_the_options_are_those_of_the_config(moved: Path) -> None:
    yml = yaml.safe_load((moved / "new/mkdocs.yml").read_text("utf-8"))
    assert yml["site_name"] == "Letters" and yml["site_url"] == "https://letters.example/"
    assert yml["site_description"] == "A newsletter"
    assert yml["theme"] == {"name": "material", "language": "de"}
    assert yml["draft_docs"] == "/guide/draft.md\n"
    twim = yml["plugins"][1]["twim"]
    assert twim == {
        "blog_dir": "blog",
        "static_dir": "static",
        "paginate_by": 2,
        "taxonomies": {
            "author": {"feed": False, "paginate_by": 5},
            "category": {"feed": True, "paginate_by": 0},
        },
        "feed_limit": 30,
        "feeds": {
            "no-twil": {
                "title": "Without This Week in Letters",
                "not_category": ["this-week-in-letters"],
            }
        },
        "feed_redirects": {
            "/news.xml": "/rss.xml",
            "/category/news/news.xml": "/category/news/rss.xml",
            "/category/this-week-in-letters/news.xml": "/category/this-week-in-letters/rss.xml",
            "/no-twil-rss.xml": "/no-twil/rss.xml",
            "/category/news/no-twil-rss.xml": "/category/news/rss.xml",
            "/blog/atom.xml": "/atom.xml",
            "/blog/news.xml": "/rss.xml",
            # Without what they are named for; of the other nothing is known.
            "/blog/no-twil-rss.xml": "/no-twil/rss.xml",
        },
        "markdown": "commonmark",
    }


def test_posts_stay_as_they_are_but_for_a_path(moved: Path) -> None:
    old, new = moved / "old/content/blog", moved / "new/docs/blog"
    for name in ("2024/x.md", "b/index.md", "b/dot.svg", "old.md", "draft.md", "_index.md"):
        assert (new / name).read_bytes() == (old / name).read_bytes(), name
    yaml_post = (new / "yaml.md").read_text("utf-8")
    assert yaml_post == (old / "yaml.md").read_text("utf-8").replace(
        "---\n", '---\npath: "/blog/yaml/"\n', 1
    )
    assert '+++\npath = "/fr/blog/x/"\n' in (new / "x.fr.md").read_text("utf-8")
    for name in ("plan.secret.md", ".hidden.md", "b/more.md"):
        assert not (new / name).exists(), name
    # The target has another name here, and Zola's spelling of links stays.
    assert "(@/uber-uns.md#us)" in (new / "2024/2024-05-01-Straße & Co.md").read_text("utf-8")


def test_pages_outside_the_blog_are_pages_of_mkdocs(moved: Path) -> None:
    docs = moved / "new/docs"
    text = (docs / "uber-uns.md").read_text("utf-8")
    front, body = text.removeprefix("---\n").split("---\n\n", 1)
    assert yaml.safe_load(front) == {
        "title": "Us: all",
        "description": "Who",
        "extra": {"mood": "good", "since": "12:30:00"},
    }
    assert "[the guide](guide/index.md)" in body
    assert "[ref]: guide/v1.0/begin/index.md" in body
    assert (docs / "guide/v1.0/begin/dot.svg").is_file()
    for name in ("index.md", "guide/hidden.md", "legal/index.md", "chat/index.md"):
        assert not (docs / name).exists(), name


def test_every_address_is_kept(site: Built) -> None:
    for address in (
        "blog/2024/strasse-co/",
        "blog/2.0-is-here/",
        "blog/moved/",
        "blog/moved/dot.svg",
        "blog/yaml/",
        "blog/old/",
        "blog/calls/",
        "blog/join/",
        "fr/blog/x/",
        "was/here/",
        "was.html",
        "team/",
        "chat/",
        "uber-uns/",
        "guide/",
        "guide/v1.0/begin/",
        "guide/v1.0/begin/dot.svg",
        "guide/dated/",
        "legal/terms/",
        "blog/",
        "blog/page/2/",
        "blog/img/x.svg",
        "author/ada/",
        "category/news/",
        "robots.txt",
        "sitemap.xml",
        "404.html",
        *("atom.xml", "news.xml", "no-twil-rss.xml", "blog/atom.xml", "blog/news.xml"),
        *("category/news/atom.xml", "category/news/news.xml", "category/news/no-twil-rss.xml"),
    ):
        path = site.folder / address
        assert (path / "index.html" if address.endswith("/") else path).is_file(), address
    for address in ("blog/draft", "guide/draft", "guide/hidden", "legal/index.html"):
        assert not (site.folder / address).exists(), address


def test_every_id_of_a_feed_is_kept(site: Built) -> None:
    ids = [item["id"] for item in site.json("feed.json")["items"]]
    assert ids == [
        f"https://letters.example/{path}/"
        for path in (
            *("blog/calls", "fr/blog/x", "blog/old", "blog/yaml", "blog/moved"),
            *("blog/2.0-is-here", "blog/2024/strasse-co"),
        )
    ]
    without = json.loads(site.read("no-twil/feed.json"))["items"]
    assert {item["id"] for item in without} == set(ids) - {"https://letters.example/blog/yaml/"}


def test_it_builds_with_no_more_warnings_than_were_told(site: Built, told: str) -> None:
    assert len(site.warnings) == 1 and "blog/join.md: no date" in site.warnings[0]
    assert "content/join.md: its address /blog/join/ makes it a post of the blog" in told


def test_old_addresses_of_pages_lead_on(site: Built) -> None:
    assert 'rel="canonical" href="https://letters.example/uber-uns/"' in site.read(
        "team/index.html"
    )
    assert "https://letters.example/guide/" in site.read("chat/index.html")
    # Links of pages lead to posts, at their addresses.
    assert 'href="../blog/2.0-is-here/#top"' in site.read("uber-uns/index.html")
    assert "<figcaption" in site.read("uber-uns/index.html")


def test_shortcodes_of_the_site_work_as_they_are(site: Built) -> None:
    assert "<i>a</i>" in site.read("blog/calls/index.html")


@pytest.mark.parametrize(
    "line",
    [
        "9 posts: content/blog is the blog",
        "templates/shortcodes/badge.html is shortcodes/badge.html",
        "templates/shortcodes/badge.html:2: there is no function 'load_data'",
        "templates/shortcodes/badge.html:3: 'import' finds templates of shortcodes alone",
        "templates/shortcodes/broken.md:1: Jinja2 can't read it",
        "templates/shortcodes/figure.html: the plugin has a 'figure' of its own",
        "templates/shortcodes/notes.txt: no template of a shortcode",
        "content/blog/calls.md:14:1: unknown shortcode 'bagde'",
        "content/blog/b/more.md: below a page that is a folder",
        "content/Über_uns.md:12: the link to '@/none.md' leads nowhere",
        "content/guide/dated.md: a dated page outside the blog",
        "content/guide/hidden.md: render = false",
        "content/_index.md: the home page was a template's",
        "static/404.html: the theme or the plugin makes this file",
        "templates/blog.html: a template of Zola's",
        "sass/main.scss: not compiled",
        "themes/plain: a theme of Zola's",
        "config.toml:9: author: not taken over",
        "config.toml:18: markdown.smart_punctuation: there is nothing like it",
        "config.toml:20: [extra] was read by templates",
        "config.toml:15: languages: translations",
        "config.toml:6: feed_filenames: no-twil-rss.xml: see that it is what the feed 'no-twil' is",
        "no-such-atom.xml: name a feed in its stead",
        "/category/this-week-in-letters/no-twil-rss.xml",
        "/guide/dated/ (in the feeds; the page stays)",
        "no feeds below /author/",
        "python -m mkdocs build",
    ],
)
def test_the_report_tells_it(told: str, line: str) -> None:
    assert line in told


def small(folder: Path, files: Mapping[str, str | bytes], config: str = "") -> Path:
    base = f'base_url = "https://x.example"\n{config}'
    return lay_out(folder / "old", {"config.toml": base, **files})


def moved_posts(folder: Path, site: Path) -> dict[str, str]:
    assert main(["migrate", str(site), str(folder / "new")]) == 0
    docs = folder / "new/docs"
    return {
        path.relative_to(docs).as_posix(): path.read_text("utf-8") for path in docs.rglob("*.md")
    }


@pytest.mark.parametrize(
    ("slugify", "name", "path"),
    [
        ('paths = "off"', "Some Post", "/blog/Some Post/"),
        ('paths = "safe"', "Some (Post) .", "/blog/Some (Post)/"),
        ('paths = "safe"', "Why? Because*", "/blog/Why Because/"),
        ("paths_keep_dates = true", "2024-05-01-x", "/blog/2024-05-01-x/"),
    ],
)
def test_other_slugs_are_written_as_paths(
    tmp_path: Path, slugify: str, name: str, path: str
) -> None:
    text = '+++\ndate = "2024-05-01"\r\n+++\r\nText.\n'.replace("\r", "").replace("\n", "\r\n")
    site = small(tmp_path, {f"content/blog/{name}.md": text}, f"[slugify]\n{slugify}\n")
    [post] = moved_posts(tmp_path, site).values()
    assert post.replace("\r\n", "\n").startswith(f'+++\npath = "{path}"\ndate')
    assert (tmp_path / f"new/docs/blog/{name}.md").read_bytes().count(b"\r\n") == 5


def test_a_slug_of_a_post_s_own_stays_as_it_is_written(tmp_path: Path) -> None:
    text = '+++\ndate = 2024-05-01\nslug = "My_Third"\n+++\nText.\n'
    site = small(tmp_path, {"content/blog/third.md": text}, '[slugify]\npaths = "off"\n')
    [post] = moved_posts(tmp_path, site).values()
    assert post.startswith('+++\npath = "/blog/My_Third/"\n')


TERMS = """\
generate_feeds = true
taxonomies = [
  {name = "Tags", feed = true, paginate_by = 1, paginate_path = "seite"},
  {name = "none", feed = true},
  {name = "unseen", render = false, feed = true},
]
"""
TAGGED = """\
+++
title = "P"
date = 2024-05-0{}
[taxonomies]
Tags = ["Old_Boats", "Häfen", "Boats", "What?"]
unseen = ["X_Y"]
+++

## Über_uns? ⛵

### A b

> ## Über_uns? ⛵

Setext_b
--------

## Mine {{#mine_}}

`## No heading`
"""


def test_addresses_of_terms_that_were_no_slugs_lead_on_or_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = f'{TERMS}\n[slugify]\ntaxonomies = "off"\n'
    files = {f"content/blog/p{day}.md": TAGGED.format(day) for day in (1, 2)}
    moved_posts(tmp_path, small(tmp_path, files, config))
    told = capsys.readouterr().out.split("Addresses that are gone:\n")[1].split("\n\n")[0]
    assert told.split("\n") == [
        "  /Tags/ (now /tags/)",
        "  /Tags/Boats/ (now /tags/boats/)",
        "  /Tags/What?/ (now /tags/what/)",
        "  /Tags/What?/seite/2/ (now /tags/what/page/2/)",
        "  /Tags/What?/seite/1/ (now /tags/what/)",
        "  /Tags/Boats/atom.xml (now /tags/boats/atom.xml)",
        "  /Tags/What?/atom.xml (now /tags/what/atom.xml)",
    ]
    built = build(tmp_path / "new")
    for old, new in {
        "Tags/Old_Boats": "tags/old-boats/",
        "Tags/Old_Boats/seite/2": "tags/old-boats/page/2/",
        "Tags/Häfen": "tags/hafen/",
        "Tags/Boats/seite/2": "tags/boats/page/2/",
        "Tags/Boats/seite/1": "tags/boats/",
    }.items():
        assert f'href="https://x.example/{new}"' in built.read(f"{old}/index.html")
        assert (built.folder / new / "index.html").is_file()
    assert (built.folder / "Tags/Häfen/atom.xml").is_file()


@pytest.mark.parametrize(
    ("option", "first"),
    [(', paginate_path = "seite"', "seite/1"), (', paginate_path = ""', "1"), ("", "page/1")],
)
def test_the_first_pages_of_terms_lead_on(tmp_path: Path, option: str, first: str) -> None:
    config = f'taxonomies = [{{name = "tags", paginate_by = 1{option}}}]\n'
    text = '+++\ndate = 2024-05-0{}\n[taxonomies]\ntags = ["plain"]\n+++\nText.\n'
    files = {f"content/blog/p{day}.md": text.format(day) for day in (1, 2)}
    moved_posts(tmp_path, small(tmp_path, files, config))
    built = build(tmp_path / "new")
    for old, new in ((first, ""), (first.replace("1", "2"), "page/2/")):
        page = built.read(f"tags/plain/{old}/index.html")
        assert old == new.strip("/") or "refresh" in page
        assert f'href="https://x.example/tags/plain/{new}"' in page


@pytest.mark.parametrize("way", ["safe", "off"])
@pytest.mark.parametrize("count", [2, 12])
def test_first_pages_that_differ_in_case_alone_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], way: str, count: int
) -> None:
    config = (
        'taxonomies = [{name = "author", feed = true, paginate_by = 10}]\n'
        f'[slugify]\ntaxonomies = "{way}"\n'
    )
    text = '+++\ndate = 2024-05-{:02}\n[taxonomies]\nauthor = ["Thib"]\n+++\nText.\n'
    files = {f"content/blog/p{day}.md": text.format(day) for day in range(1, count + 1)}
    moved_posts(tmp_path, small(tmp_path, files, config))
    told = capsys.readouterr().out.split("Addresses that are gone:\n")[1]
    assert "  /author/Thib/ (now /author/thib/)\n" in told
    assert "  /author/Thib/page/1/ (now /author/thib/)\n" in told
    assert ("  /author/Thib/page/2/ (now /author/thib/page/2/)\n" in told) == (count > 10)
    built = build(tmp_path / "new")
    assert (built.folder / "author/thib/page/1/index.html").is_file()


def test_first_pages_whose_folder_differs_in_case_alone_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = 'taxonomies = [{name = "tags", paginate_by = 1, paginate_path = "Page"}]\n'
    text = '+++\ndate = 2024-05-0{}\n[taxonomies]\ntags = ["plain"]\n+++\nText.\n'
    files = {f"content/blog/p{day}.md": text.format(day) for day in (1, 2)}
    moved_posts(tmp_path, small(tmp_path, files, config))
    assert "  /tags/plain/Page/1/ (now /tags/plain/)\n" in capsys.readouterr().out
    build(tmp_path / "new")


def test_a_root_of_taxonomies_and_terms_that_are_only_safe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = f'taxonomy_root = "blog"\n{TERMS}\n[slugify]\ntaxonomies = "safe"\n'
    moved_posts(tmp_path, small(tmp_path, {"content/blog/p.md": TAGGED.format(1)}, config))
    assert "gone:\n  nothing" in capsys.readouterr().out
    built = build(tmp_path / "new")
    for old, new in (("Tags", "tags/"), ("Tags/What", "tags/what/"), ("Tags/Boats", "tags/boats/")):
        assert f'href="https://x.example/{new}"' in built.read(f"blog/{old}/index.html")
    assert (built.folder / "blog/Tags/Old_Boats/atom.xml").is_file()


TAGS = 'generate_feeds = true\ntaxonomies = [{name = "tags", feed = true, paginate_by = 1}]\n'


def tagged(*terms: str, more: str = "date = 2024-05-01") -> str:
    return (
        f"+++\n{more}\n[taxonomies]\ntags = {json.dumps(terms, ensure_ascii=False)}\n+++\nText.\n"
    )


def gone(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What the report tells as gone."""
    told = capsys.readouterr().out.split("Addresses that are gone:\n")[1].split("\n\n")[0]
    return [line.strip(" ") for line in told.split("\n")]


@pytest.mark.parametrize("way", ["safe", "off"])
@pytest.mark.parametrize(
    ("first", "second", "new"),
    [
        ("Big Boats", "big boats", "big-boats"),
        ("Ärmel Ö", "ärmel ö", "armel-o"),
        # One letter, and two that look and are stored the same on some systems.
        ("Caf\u00e9 X", "Cafe\u0301 X", "cafe-x"),
    ],
)
def test_of_terms_that_differ_in_case_alone_one_leads_on(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    way: str,
    first: str,
    second: str,
    new: str,
) -> None:
    config = f'{TAGS}[slugify]\ntaxonomies = "{way}"\n'
    files = {"content/blog/a.md": tagged(first), "content/blog/b.md": tagged(second)}
    moved_posts(tmp_path, small(tmp_path, files, config))
    kept, lost = sorted((first, second))
    assert gone(capsys) == [
        f"/tags/{lost}/ (now /tags/{new}/)",
        f"/tags/{lost}/page/1/ (now /tags/{new}/)",
        f"/tags/{lost}/atom.xml (now /tags/{new}/atom.xml)",
    ]
    built = build(tmp_path / "new")
    assert f"https://x.example/tags/{new}/" in built.read(f"tags/{kept}/index.html")
    assert (built.folder / f"tags/{kept}/atom.xml").is_file()


def test_terms_of_posts_without_a_date_lead_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = f'{TAGS}[slugify]\ntaxonomies = "safe"\n'
    files = {
        "content/blog/a.md": tagged("Two Boats"),
        "content/blog/b.md": tagged("Two Boats", "No Date", "D++", more=""),
        "content/blog/draft.md": tagged("Only Drafts", more="draft = true\ndate = 2024-05-01"),
        "content/blog/unseen.md": tagged("Two Boats", "Of None", more="render = false"),
    }
    moved_posts(tmp_path, small(tmp_path, files, config))
    assert gone(capsys) == ["/tags/Of None/", "/tags/Of None/page/1/"]
    built = build(tmp_path / "new")
    for old, new in {
        "Two Boats": "two-boats/",
        "Two Boats/page/2": "two-boats/page/2/",
        "No Date": "no-date/",
        "No Date/page/1": "no-date/",
        "D++": "d-plus-plus/",
    }.items():
        assert f'href="https://x.example/tags/{new}"' in built.read(f"tags/{old}/index.html")
        assert (built.folder / "tags" / new / "index.html").is_file()
    assert not (built.folder / "tags/Only Drafts").exists()
    # Zola has no feed of it either.
    assert not (built.folder / "tags/No Date/atom.xml").exists()


@pytest.mark.parametrize("names", ["", 'feed_filenames = ["news.xml"]\n'])
def test_feeds_of_terms_lead_on_where_the_site_has_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], names: str
) -> None:
    config = f'{names}taxonomies = [{{name = "tags", feed = true}}]\n'
    config += '[slugify]\ntaxonomies = "off"\n'
    files = {"content/blog/a.md": tagged("Two Boats", "What?")}
    moved_posts(tmp_path, small(tmp_path, files, config))
    name = "news.xml" if names else "atom.xml"
    assert gone(capsys) == [
        "/tags/What?/ (now /tags/what/)",
        f"/tags/What?/{name} (now /tags/what/atom.xml)",
    ]
    built = build(tmp_path / "new")
    assert (built.folder / f"tags/Two Boats/{name}").is_file()
    assert not (built.folder / "news.xml").exists()


def test_terms_of_pages_outside_the_blog_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "content/blog/a.md": tagged("boats", "many"),
        "content/blog/z.md": tagged("many"),
        "content/us/b.md": tagged("boats", "many", "elsewhere", more=""),
        "content/us/c.md": tagged("Dated There"),
    }
    moved_posts(tmp_path, small(tmp_path, files, TAGS))
    assert gone(capsys) == [
        "/us/c/ (in the feeds; the page stays)",
        *("/tags/dated-there/", "/tags/dated-there/page/1/"),
        *("/tags/elsewhere/", "/tags/elsewhere/page/1/"),
        "/tags/dated-there/atom.xml",
    ]
    built = build(tmp_path / "new")
    for old in ("boats/page/1", "boats/page/2", "many/page/1", "many/page/3"):
        page = built.read(f"tags/{old}/index.html")
        assert f'href="https://x.example/tags/{old.partition("/")[0]}/"' in page


@pytest.mark.parametrize(
    ("term", "told"),
    [
        ("../../x", "/tags/../../x/ (now /tags/x/)"),
        ("a//b", None),
        (" y", None),
        ("nul\0x", "/tags/nul%00x/ (now /tags/nul-x/)"),
        ("two\nlines", "/tags/two%0Alines/ (now /tags/two-lines/)"),
        ("ü" * 130, f"/tags/{'ü' * 130}/ (now /tags/{'u' * 130}/)"),
        ("index.html", "/tags/index.html/ (now /tags/index-html/)"),
        ("!!!", "/tags/!!!/"),
    ],
)
def test_terms_whose_address_no_file_can_have_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], term: str, told: str | None
) -> None:
    config = 'taxonomies = [{name = "tags"}]\n[slugify]\ntaxonomies = "off"\n'
    files = {"content/blog/a.md": tagged("boats", term)}
    moved_posts(tmp_path, small(tmp_path, files, config))
    assert gone(capsys) == [told or "nothing"]
    # No slug can be made of it, which is told with its line.
    if term != "!!!":
        built = build(tmp_path / "new")
        if told is None:
            assert "refresh" in built.read(f"tags/{term.replace('//', '/')}/index.html")


def test_terms_of_a_root_that_is_a_taxonomy_here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = f'taxonomy_root = "tags"\n{TAGS}[slugify]\ntaxonomies = "off"\n'
    files = {
        "content/blog/a.md": tagged("tags", "boats"),
        "content/blog/b.md": tagged("x", more='path = "tags/tags/X"\ndate = 2024-05-02'),
    }
    moved_posts(tmp_path, small(tmp_path, files, config))
    assert gone(capsys) == ["/tags/tags/ (now /tags/)", "/tags/tags/x/ (now /tags/x/)"]
    built = build(tmp_path / "new")
    assert "refresh" in built.read("tags/tags/boats/index.html")


def test_names_that_no_taxonomy_can_have_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = 'taxonomies = [{name = "tags"}, {name = "Tags"}, {name = "!"}, {name = "feeds"}]\n'
    moved_posts(tmp_path, small(tmp_path, {"content/blog/a.md": tagged("boats")}, config))
    told = capsys.readouterr().out
    assert "taxonomies: no taxonomy can be called 'Tags': another has its address\n" in told
    assert "'!'\n" in told and "'feeds'\n" in told and "'tags'" not in told


def test_a_term_whose_new_address_is_too_long_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = f'{TAGS}[slugify]\ntaxonomies = "off"\n'
    moved_posts(tmp_path, small(tmp_path, {"content/blog/a.md": tagged("⛵" * 60)}, config))
    told = capsys.readouterr().out
    assert "content/blog/a.md: the address /tags/boat-boat-" in told and "is too long" in told


def test_pages_whose_addresses_differ_in_case_alone_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "content/blog/a.md": tagged("x", more='path = "News/Boats"\ndate = 2024-05-01'),
        "content/blog/b.md": tagged("x", more='path = "news/boats"\ndate = 2024-05-02'),
        "content/blog/draft.md": tagged("x", more='path = "news/Boats"\ndraft = true'),
        "content/us/c.md": '+++\npath = "news/boatS"\n+++\n',
    }
    moved_posts(tmp_path, small(tmp_path, files, TAGS))
    told = capsys.readouterr().out
    for name, other in (("blog/b", "/news/boats/"), ("us/c", "/news/boatS/")):
        assert f"  content/{name}.md: not taken over: content/{name}.md and " in told
        assert f"\n  {other}\n" in told.split("gone:")[1]
    assert (build(tmp_path / "new").folder / "News/Boats/index.html").is_file()


def test_files_of_static_where_a_page_is_are_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("blog/a/index.html", "us/c/index.html", "tags/x/atom.xml", "feeds/index.html", "old")
    files: dict[str, str | bytes] = {f"static/{name}": "mine" for name in names}
    files["content/blog/a.md"] = tagged("x", more='aliases = ["old"]\ndate = 2024-05-01')
    files["content/us/c.md"] = "+++\n+++\n"
    files["static/us/c/dot.svg"] = "<svg/>"
    moved_posts(tmp_path, small(tmp_path, files, TAGS))
    told = capsys.readouterr().out
    assert all(f"  static/{name}: not taken over: " in told for name in names)
    built = build(tmp_path / "new")
    assert (built.folder / "us/c/dot.svg").is_file()
    assert all("mine" != data.decode() for name, data in built.files().items() if name in names)


def test_aliases_that_something_else_has_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aliases = 'aliases = ["{}"]\n'
    files = {
        "content/blog/a.md": tagged("x", more=f"{aliases.format('old/One')}date = 2024-05-01"),
        "content/us/b.md": f"+++\n{aliases.format('Old/one')}+++\n",
        "content/us/c.md": f"+++\n{aliases.format('feeds')}+++\n",
        "content/us/d.md": '+++\naliases = ["two", "Help:Us"]\n+++\n',
        "content/us/e.md": f"+++\n{aliases.format('Two')}+++\n",
    }
    moved_posts(tmp_path, small(tmp_path, files, TAGS))
    assert gone(capsys) == [
        "/Old/one/ (now /us/b/)",
        "/feeds/ (now /us/c/)",
        "/Two/ (now /us/e/)",
    ]
    built = build(tmp_path / "new")
    for name in ("two", "Help:Us"):
        assert "https://x.example/us/d/" in built.read(f"{name}/index.html")


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (
            'aliases = ["blog/A"]',
            "the alias /blog/A/ of content/blog/b.md:2 and content/blog/a",
        ),
        (
            'aliases = ["feeds"]',
            "the plugin and the alias /feeds/ of content/blog/b.md:2 both",
        ),
        ('path = "feeds"', "the plugin and content/blog/b.md both have the address /feeds/: give "),
    ],
)
def test_what_a_post_itself_must_change_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str, told: str
) -> None:
    files = {
        "content/blog/a.md": tagged("x"),
        "content/blog/b.md": tagged("x", more=f"{key}\ndate = 2024-05-02"),
    }
    moved_posts(tmp_path, small(tmp_path, files, TAGS))
    assert f"\n  {told}" in capsys.readouterr().out


def test_what_is_told_of_the_config_is_in_its_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = """\
zebra = 1
generate_feeds = true
feed_filenames = ["no-boats-rss.xml"]
default_language = "tlh"
author = "Ada"
taxonomies = [{name = "feeds"}]

[languages.fr]

[markdown]
smart_punctuation = true
render_emoji = true

[extra]
"""
    moved_posts(
        tmp_path, small(tmp_path, {"content/blog/a.md": "+++\ndate = 2024-05-01\n+++\n"}, config)
    )
    told = capsys.readouterr().out
    keys = re.findall(r"(?m)^  config\.toml:(\d+): \[?([\w.]+)", told)
    assert keys == [
        ("2", "zebra"),
        ("4", "feed_filenames"),
        ("5", "default_language"),
        ("6", "author"),
        ("7", "taxonomies"),
        ("9", "languages"),
        ("12", "markdown.smart_punctuation"),
        ("13", "markdown.render_emoji"),
        ("15", "extra"),
    ]


def test_a_folder_of_drafts_is_no_blog(tmp_path: Path) -> None:
    files = {
        "content/blog/a.md": tagged("x", more="draft = true\ndate = 2024-05-01"),
        "content/news/b.md": tagged("y"),
    }
    moved_posts(tmp_path, small(tmp_path, files, TAGS))
    yml = yaml.safe_load((tmp_path / "new/mkdocs.yml").read_text("utf-8"))
    assert yml["plugins"][1]["twim"]["blog_dir"] == "news"


@pytest.mark.parametrize("way", ["safe", "off"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_ids_of_headings_that_were_no_slugs_stay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], way: str, end: str
) -> None:
    text = TAGGED.format(1).replace("\n", end).encode()
    config = f'{TERMS}\n[slugify]\nanchors = "{way}"\n'
    moved_posts(tmp_path, small(tmp_path, {"content/blog/p.md": text}, config))
    assert "now #" not in capsys.readouterr().out
    new = (tmp_path / "new/docs/blog/p.md").read_bytes()
    assert new.count(b"\r") == text.count(b"\r")
    assert f"`## No heading`{end}".encode() in new
    page = build(tmp_path / "new").read("blog/p/index.html")
    for id in ("Über_uns?_⛵", "A_b", "Über_uns?_⛵-1", "Setext_b", "mine_"):
        assert f' id="{id}"' in page, id


def test_ids_of_headings_that_cannot_be_written_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = "+++\ndate = 2024-05-01\n+++\n\n## Two }lines{\n\nOne\nand_two\n-------\n\n## Old_er\n"
    site = small(tmp_path, {"content/blog/p.md": body}, '[slugify]\nanchors = "off"\n')
    moved_posts(tmp_path, site)
    told = capsys.readouterr().out.split("Addresses that are gone:\n")[1].split("\n\n")[0]
    assert "/blog/p/#Two_}lines{ (slugify.anchors; now #two-lines)" in told
    page = build(tmp_path / "new").read("blog/p/index.html")
    for line in told.splitlines():
        assert f' id="{line.split("now #")[1].rstrip(")")}"' in page
    assert ' id="Old_er"' in page and "Old_er" not in told
    assert "{" not in page.split("One")[1].split("Old_er")[0]


def test_what_zola_writes_by_its_own_settings_is_told_as_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = """\
build_search_index = true
ignored_static = ["*.psd"]
[languages.fr]
generate_feeds = true
taxonomies = [{name = "tags"}]
[markdown]
highlight_themes_css = [{theme = "x", filename = "code.css"}]
[markdown.highlighting]
style = "class"
theme = "x"
"""
    files = {
        "content/blog/p.md": "+++\ndate = 2024-05-01\n+++\n",
        "static/a.psd": "",
        "static/a.png": "",
    }
    moved_posts(tmp_path, small(tmp_path, files, config))
    told = capsys.readouterr().out.split("Addresses that are gone:\n")[1]
    for address in ("/search_index.en.js", "/fr/atom.xml", "/fr/tags/", "/code.css", "/giallo.css"):
        assert address in told, address
    assert [path.name for path in (tmp_path / "new/static").iterdir()] == ["a.png", "robots.txt"]


def test_two_themes_and_the_search_of_another_language_are_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = """\
[languages.fr]
build_search_index = true
[languages.nl]
[markdown.highlighting]
style = "class"
light_theme = "x"
dark_theme = "y"
"""
    files = {"content/blog/p.md": "+++\ndate = 2024-05-01\n+++\n"}
    moved_posts(tmp_path, small(tmp_path, files, config))
    told = capsys.readouterr().out.split("Addresses that are gone:\n")[1]
    gone = [line.strip() for line in told.partition("\n\n")[0].splitlines()]
    assert gone == [
        "/giallo-light.css, /giallo-dark.css: markdown.highlighting",
        "/search_index.fr.js (or .json): languages.fr",
    ]


ZOLAS = {
    "used": """base_url title description default_language languages taxonomies generate_feeds
        generate_feed feed_filenames feed_filename feed_limit ignored_content ignored_static
        slugify build_search_index generate_robots_txt taxonomy_root""",
    "works": """output_dir preserve_dotfiles_in_output link_checker compile_sass minify_html mode
        generate_sitemap exclude_paginated_pages_in_sitemap hard_link_static search""",
    "told": "theme author translations extra",
    "unlike": """smart_punctuation render_emoji definition_list bottom_footnotes lazy_async_image
        github_alerts external_links_target_blank external_links_no_follow external_links_class
        external_links_no_referrer""",
    "alike": """highlighting highlight_code highlight_theme highlight_themes_css insert_anchor_links
        error_on_missing_highlight extra_syntaxes_and_themes""",
}
"""The keys of Zola's config.toml, 0.20 and after, and what becomes of them; the last two are those
of `[markdown]`."""


def test_each_key_of_zola_is_told_or_has_its_place() -> None:
    keys = {what: names.split() for what, names in ZOLAS.items()}
    assert zola_config._USED == set(keys["used"])
    assert zola_config._ZOLAS_OWN == set(keys["works"])
    assert zola_config._UNLIKE == set(keys["unlike"])
    # None is in two places.
    every = [name for what in ("used", "works", "told") for name in keys[what]]
    assert len(every) == len(set(every))
    base = 'base_url = "https://x.example"'
    for name in keys["works"] + keys["told"]:
        told = [message for _, message in zola_config.read(f"{base}\n{name} = {{}}").others]
        assert [name in each for each in told] == [True] * (name in keys["told"]), name
    for name in keys["unlike"] + keys["alike"]:
        told = [message for _, message in zola_config.read(f"{base}\n[markdown]\n{name}=1").others]
        expected = [f"markdown.{name}: there is nothing like it here"]
        assert told == (expected if name in keys["unlike"] else []), name


def test_a_way_of_slugs_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {"content/blog/p.md": "+++\ndate = 2024-05-01\n+++\n"}
    site = small(tmp_path, files, '[slugify]\ntaxonomies = "of"\n')
    assert main(["migrate", str(site), str(tmp_path / "new")]) == 2
    message = "config.toml:3: slugify.taxonomies: expected on, safe or off"
    assert message in capsys.readouterr().err


def test_posts_at_the_root(tmp_path: Path) -> None:
    dated = '+++\ntitle = "A"\ndate = 2024-05-01\n+++\n\nText.\n'
    site = small(tmp_path, {"content/a.md": dated, "content/b.md": "+++\n+++\n\nUndated.\n"})
    assert moved_posts(tmp_path, site).keys() == {"a.md", "b.md"}
    built = build(tmp_path / "new")
    assert (built.folder / "a/index.html").is_file() and (built.folder / "b/index.html").is_file()
    yml = yaml.safe_load((tmp_path / "new/mkdocs.yml").read_text("utf-8"))
    assert yml["plugins"][1]["twim"]["blog_dir"] == "." and yml["site_name"] == "Blog"


def test_what_stands_at_one_place_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = '+++\ntitle = "P"\npath = "same"\n+++\n\nText.\n'
    dated = "+++\ndate = 2024-05-01\n+++\n\nText.\n"
    site = small(tmp_path, {"content/a.md": page, "content/b.md": page, "content/blog/x.md": dated})
    assert sorted(moved_posts(tmp_path, site), reverse=True) == ["same.md", "blog/x.md"]
    assert "content/b.md: not taken over: content/b.md and content/a.md" in capsys.readouterr().out


def test_links_to_lists_of_the_blog(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Z12.1: from a page outside the blog, to a list and to a folder without one."""
    text = "+++\n+++\n[b](@/blog/_index.md) [n](@/blog/n/_index.md#x) [d](@/docs/_index.md)"
    files: dict[str, str | bytes] = {
        "content/_index.md": f"{text} [h](@/blog/2024/_index.md)\n",
        "content/docs/_index.md": f"{text}\n",
        "content/blog/_index.md": '+++\ntitle = "News"\n+++\n',
        "content/blog/n/_index.md": '+++\ntitle = "N"\n+++\n## X\n',
        "content/blog/2024/_index.md": "+++\nrender = false\n+++\n",
        "content/blog/2024/x.md": post("X", "2024-05-01", "[h](@/blog/2024/_index.md)"),
    }
    taxonomies = 'taxonomies = [{name = "author"}, {name = "category"}]\n'
    moved_posts(tmp_path, small(tmp_path, files, taxonomies))
    told = capsys.readouterr().out
    assert "content/_index.md:3: the link to '@/blog/2024/_index.md' leads nowhere" in told
    assert "content/blog/2024/x.md:10: the link to '@/blog/2024/_index.md' leads nowhere" in told
    built = build(tmp_path / "new")
    assert built.warnings == [
        "index.md:1: the link to '@/blog/2024/_index.md' leads nowhere",
        "blog/2024/x.md:10: the link to '@/blog/2024/_index.md' leads nowhere",
    ]
    for path, up in (("index.html", ""), ("docs/index.html", "../")):
        page = built.read(path)
        assert f'href="{up}blog/">b</a>' in page and f'href="{up}blog/n/#x">n</a>' in page
    assert 'href="docs/">d</a>' in built.read("index.html")


def test_feeds_without_a_category_keep_what_they_leave_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = (
        'generate_feeds = true\nfeed_filenames = ["rss.xml", "no-twil-rss.xml"]\n'
        'taxonomies = [{name = "category", feed = true}, {name = "tags", feed = true}]\n'
    )
    twil = post("T", "2024-05-01", category="This Week in Letters")
    files: dict[str, str | bytes] = {
        # As Zola called it once.
        "content/blog/_index.md": "+++\ngenerate_feed = true\n+++\n",
        "content/blog/t.md": twil.replace("author =", "tags = ['X Y']\n#"),
        "content/blog/n.md": post("N", "2024-05-02").replace("author =", "tags = ['X Y', 'Z']\n#"),
    }
    moved_posts(tmp_path, small(tmp_path, files, config))
    yml = yaml.safe_load((tmp_path / "new/mkdocs.yml").read_text("utf-8"))
    assert yml["plugins"][1]["twim"]["feed_redirects"] == {
        "/no-twil-rss.xml": "/no-twil/rss.xml",
        "/category/news/no-twil-rss.xml": "/category/news/rss.xml",
        "/tags/z/no-twil-rss.xml": "/tags/z/rss.xml",
        "/blog/rss.xml": "/rss.xml",
        "/blog/no-twil-rss.xml": "/no-twil/rss.xml",
    }
    gone = capsys.readouterr().out.partition("Addresses that are gone:")[2]
    for path in ("category/this-week-in-letters", "tags/x-y"):
        assert f"/{path}/no-twil-rss.xml" in gone


@pytest.mark.parametrize("path", ["../../etc/passwd", "/a/../../b", "c:\\\\x", "a//b", "x?y"])
def test_a_path_never_leads_out_of_the_target(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    files = {
        "content/page.md": f'+++\npath = "{path}"\n+++\n\nText.\n',
        "content/blog/post.md": f'+++\ndate = 2024-05-01\npath = "{path}"\n+++\n\nText.\n',
        "content/alias.md": f'+++\naliases = ["{path}"]\n+++\n\nText.\n',
    }
    moved_posts(tmp_path, small(tmp_path, files))
    out = capsys.readouterr().out
    assert "content/page.md:2: path: expected" in out or "content/page.md:2: path: a path" in out
    assert contents(tmp_path).keys() == {
        *(f"old/{name}" for name in (*files, "config.toml")),
        *(f"new/docs/{name}" for name in ("page.md", "blog/post.md", "alias.md")),
        *("new/mkdocs.yml", "new/static/robots.txt"),
    }


def test_links_out_of_the_site_are_not_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/key").write_text("key")
    site = small(tmp_path, {"content/blog/x.md": "+++\ndate = 2024-05-01\n+++\n\nText.\n"})
    (site / "static").mkdir()
    (site / "static/key").symlink_to(tmp_path / "secret/key")
    (site / "static/all").symlink_to(tmp_path / "secret")
    assert main(["migrate", str(site), str(tmp_path / "new")]) == 0
    out = capsys.readouterr().out
    assert "static/key: a link out of the site" in out and "static/all: a link" in out
    assert not (tmp_path / "new/static/key").exists()


def test_a_post_that_cannot_be_read_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = "+++\ndate = 2024-05-01\n+++\n\nText.\n"
    site = small(
        tmp_path, {"content/blog/x.md": good, "content/blog/y.md": "+++\ntitle = \n+++\n\nT.\n"}
    )
    assert main(["migrate", str(site), str(tmp_path / "new")]) == 0
    assert "content/blog/y.md:2: invalid TOML" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("base_url = ", "config.toml: invalid TOML"),
        ('base_url = "/"', "config.toml:1: base_url: expected an address"),
        ("title = 3\nbase_url = 'https://x.example'", "config.toml:1: title: this is no value"),
        (
            "base_url = 'https://x.example'\ntaxonomies = [1]",
            "config.toml:2: taxonomies: each needs a name",
        ),
        (b"\xff\xfe", "config.toml: can't be read"),
        ("base_url = 'https://x.example'", "content: no page has a date"),
    ],
)
def test_a_config_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], config: str | bytes, message: str
) -> None:
    lay_out(tmp_path / "old", {"config.toml": config, "content/x.md": "+++\n+++\n\nText.\n"})
    assert main(["migrate", str(tmp_path / "old"), str(tmp_path / "new")]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"migrate: {message}") and err.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_feeds_of_terms_with_signs_lead_to_theirs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = (
        'generate_feeds = true\nfeed_filenames = ["news.xml"]\n'
        'taxonomies = [{name = "category", feed = true}]\n'
    )
    files: dict[str, str | bytes] = {
        f"content/blog/{name}.md": post(name, "2024-05-01", category=category).replace(
            "author =", "#"
        )
        for name, category in (("a", "C++"), ("b", "F#"), ("c", "F"))
    }
    moved_posts(tmp_path, small(tmp_path, files, config))
    yml = yaml.safe_load((tmp_path / "new/mkdocs.yml").read_text("utf-8"))
    assert yml["plugins"][1]["twim"]["feed_redirects"] == {
        "/news.xml": "/atom.xml",
        "/category/c/news.xml": "/category/c-plus-plus/atom.xml",
        "/category/f/news.xml": "/category/f/atom.xml",
    }


def test_a_link_may_have_brackets_in_it() -> None:
    missing: list[tuple[str, int]] = []
    text = "[a](@/blog/a(b).md#c)\n[d](<@/blog/(x.md>) [e](@/e.md)\n\n[f]: @/blog/a(b).md\n"
    moved = relink(
        text,
        {"blog/a(b).md": "x.md", "blog/(x.md": "y.md"}.get,
        lambda *found: missing.append(found),
    )
    assert moved == "[a](x.md#c)\n[d](<y.md>) [e](@/e.md)\n\n[f]: x.md\n"
    assert missing == [("@/e.md", 2)]
