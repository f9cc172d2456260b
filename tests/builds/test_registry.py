"""Sites with a registry and aliases: one page, one feed, and what leads there."""

from __future__ import annotations

import logging
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from starlette.testclient import TestClient

from feedserver.settings.settings import Settings
from feedserver.sources import source as sources
from feedserver.sources.audit import audit
from feedserver.sources.fetching import WebFetcher
from feedserver.web.app import create_app
from tests.served import served, without_paging
from tests.sites import Built, build, issue, messages, post, said

NOW = datetime(2026, 11, 24, tzinfo=UTC)

HEBBOT = """\
[[sections]]
name = "bots"
title = "Dept of Robots 🤖"
order = 1
usual_reporters = []

[[projects]]
name = "fractal"
title = "Fractal"
description = "An app for *GNOME*, <b>safe</b>."
website = "https://registry.example/fractal"

[[projects]]
name = "hydrogen"
title = "Hydrogen Web"
description = "A light client."
website = "https://registry.example/hydrogen"
aliases = ["Nitrogen"]
"""
FILES: dict[str, str | bytes] = {
    "blog/1.md": issue(1),
    "blog/2.md": issue(2).replace("Hydrogen 1.2.3", "Nitrogen 0.1").replace("Bots", "Robots"),
    "img/a.png": b"",
    "../hebbot.toml": HEBBOT,
}
OPTIONS: dict[str, object] = {
    "registry": "hebbot.toml",
    "aliases": {"section": {"clients": ["Dept of Apps"]}},
    "feeds": {
        "light": {"title": "Light", "project": ["nitrogen"]},
        "heavy": {"title": "Heavy", "not_section": ["apps"]},
    },
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("registry"), FILES, twim=OPTIONS, strict=True)


def _error(folder: Path, files: dict[str, str | bytes], **options: Any) -> str:
    with messages() as logged, pytest.raises(Abort):
        build(folder, files, **options)
    return "\n".join(logged)


def _faults(folder: Path) -> list[object]:
    """What is wrong with the feeds of a built site."""
    source = sources.find(str(folder), Settings())
    return [finding for _, found in audit(source, WebFetcher(Settings()), NOW) for finding in found]


def _slugs(built: Built, kind: str) -> set[str]:
    items = built.json("archive.json")["items"]
    return {item["_twim"][kind]["slug"] for item in items if kind in item["_twim"]}


def test_a_history_is_one_page_and_one_feed(site: Built) -> None:
    page = site.read("project/hydrogen-web/index.html")
    # Each update as its heading has it.
    assert "Hydrogen 1.2.3</a></h3>" in page and "Nitrogen 0.1</a></h3>" in page
    assert "<p>A light client.</p>" in page
    assert 'href="https://registry.example/hydrogen">Website</a>' in page
    feed = site.json("project/hydrogen-web/feed.json")
    assert (feed["title"], feed["description"]) == ("Hydrogen Web, Letters", "A light client.")
    assert [item["title"] for item in feed["items"]] == [
        "Nitrogen 0.1 (Clients), 2024-05-02",
        "Hydrogen 1.2.3 (Clients), 2024-05-01",
    ]
    assert {item["_twim"]["project"]["url"] for item in feed["items"]} == {
        "https://registry.example/hydrogen"
    }
    assert [item["_twim"]["project"]["title"] for item in feed["items"]] == [
        "Nitrogen 0.1",
        "Hydrogen 1.2.3",
    ]
    assert _slugs(site, "project") == {"fractal", "hydrogen-web"}
    assert _slugs(site, "section") == {"clients", "robots"}


def test_a_heading_keeps_its_own_link_in_its_entry(site: Built) -> None:
    [item, _] = site.json("project/fractal/feed.json")["items"]
    assert item["_twim"]["project"]["url"] == "https://fractal.example/"
    assert 'href="https://registry.example/fractal">Website' in site.read(
        "project/fractal/index.html"
    )


def test_descriptions_are_text(site: Built) -> None:
    for page in ("project/index.html", "project/fractal/index.html"):
        assert "An app for GNOME, safe." in site.read(page)
    assert "<description>An app for GNOME, safe.</description>" in site.read(
        "project/fractal/rss.xml"
    )
    feeds = {feed["path"]: feed for feed in site.json("feeds.json")["feeds"]}
    assert feeds["/project/fractal/"]["description"] == "An app for GNOME, safe."
    assert feeds["/section/clients/"]["description"] == "The section Clients of Letters"
    assert 'content="An app for GNOME, safe."' in site.read("project/fractal/index.html")


def test_sections_stand_in_the_order_of_the_registry(site: Built) -> None:
    page = site.read("section/index.html")
    assert re.findall(r'<th scope="row" data-value="(.*?)"', page) == ["Robots", "Clients"]
    # They are not sorted by their names, and the table doesn't say so.
    assert "aria-sort" not in page
    assert 'aria-sort="ascending"' in site.read("project/index.html")
    paths = [feed["path"] for feed in site.json("feeds.json")["feeds"]]
    assert paths.index("/section/robots/") < paths.index("/section/clients/")


def test_old_addresses_lead_to_it(site: Built) -> None:
    redirects = site.json("archive.json")["_twim"]["redirects"]
    for kind, old, new in (
        ("project", "hydrogen", "hydrogen-web"),
        ("project", "nitrogen", "hydrogen-web"),
        ("section", "bots", "robots"),
        ("section", "apps", "clients"),
    ):
        assert redirects[f"/{kind}/{old}/"] == f"/{kind}/{new}/"
        page = site.read(f"{kind}/{old}/index.html")
        assert f'rel="canonical" href="https://letters.example/{kind}/{new}/"' in page
        for file in ("atom.xml", "rss.xml", "feed.json"):
            assert redirects[f"/{kind}/{old}/{file}"] == f"/{kind}/{new}/{file}"
            copy = site.read(f"{kind}/{old}/{file}")
            assert copy == site.read(f"{kind}/{new}/{file}")
            line = f"/{kind}/{old}/{file} /{kind}/{new}/{file} 301\n"
            assert line in site.read("_redirects")
    assert len([old for old in redirects if not old.endswith("/page/1/")]) == 16
    assert "nitrogen" not in site.read("feeds.json") + site.read("sitemap.xml")


def test_headings_lead_to_the_page_that_has_them(site: Built) -> None:
    for name, project in (("1", "hydrogen-123"), ("2", "nitrogen-01")):
        page = site.read(f"blog/{name}/index.html")
        links = re.findall(r'class="twim-topic" href="[./]*(.*?)"', page)
        assert links == [
            "section/clients/",
            "project/fractal/",
            "project/hydrogen-web/",
            "section/robots/",
        ], project
        # Where they lead, and not what they stand behind.
        assert 'title="All updates: Hydrogen Web"' in page


def test_named_feeds_may_name_an_alias(site: Built) -> None:
    feeds = {feed["path"]: feed for feed in site.json("archive.json")["_twim"]["feeds"]}
    assert feeds["/light/"]["query"] == {"project": ["hydrogen-web"]}
    assert len(site.json("light/feed.json")["items"]) == 2
    assert "/heavy/" not in feeds


def test_the_server_answers_the_same_bytes_and_308(site: Built) -> None:
    store = served(site.folder)
    app = create_app(Settings(url="https://letters.example/"), store=store)
    with TestClient(app, follow_redirects=False) as client:
        for feed in site.json("feeds.json")["feeds"]:
            for name in ("atom.xml", "rss.xml", "feed.json"):
                path = f"{feed['path']}{name}"
                data = without_paging(client.get(path).content)
                assert data == (site.folder / path[1:]).read_bytes(), path
        for path in ("/project/nitrogen/atom.xml", "/section/bots/"):
            moved = client.get(path)
            assert moved.status_code == 308
            redirects = site.json("archive.json")["_twim"]["redirects"]
            assert moved.headers["location"] == redirects[path]


def test_nothing_is_wrong_with_the_files(site: Built) -> None:
    assert _faults(site.folder) == []


def test_the_build_says_what_it_joined(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "mkdocs.plugins.twim"):
        build(tmp_path, FILES, twim=OPTIONS)
    told = [each.getMessage() for each in caplog.records if " leads" in each.getMessage()]
    assert told == [
        "twim: the project 'Hydrogen 1.2.3' (1 update) is at /project/hydrogen-web/, "
        "where /project/hydrogen/ leads",
        "twim: the project 'Nitrogen 0.1' (1 update) is at /project/hydrogen-web/, "
        "where /project/nitrogen/ leads",
        "twim: the section 'Dept of Bots 🤖' (1 update) is at /section/robots/, "
        "where /section/bots/ leads",
    ]


@pytest.mark.parametrize(
    ("text", "aliases", "message"),
    [
        ("[[projects]]\ntitle = 1\n", {}, "hebbot.toml:1: project '1': title: expected text"),
        ("x", {}, "hebbot.toml:1: invalid TOML"),
        (
            HEBBOT,
            {"project": {"a": ["fractal"]}},
            "mkdocs.yml: twim: aliases: project 'a': the alias 'fractal' names 'Fractal'",
        ),
    ],
)
def test_errors_name_the_place(
    tmp_path: Path, text: str, aliases: dict[str, object], message: str
) -> None:
    files: dict[str, str | bytes] = {"blog/1.md": issue(), "../hebbot.toml": text}
    options = {"registry": "hebbot.toml", "aliases": aliases}
    assert _error(tmp_path, files, twim=options).startswith(message)


def test_a_registry_that_the_system_does_not_give(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", path.name)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    message = _error(tmp_path, FILES, twim=OPTIONS)
    assert message.startswith("mkdocs.yml: twim: registry: [Errno 13] Permission denied")


@pytest.mark.parametrize(
    "options",
    [
        {"registry": "nowhere.toml"},
        {"aliases": {"project": {"a": "b"}}},
        {"aliases": {"project": ["a"]}},
    ],
)
def test_options_of_another_type_are_refused(tmp_path: Path, options: dict[str, object]) -> None:
    with pytest.raises(Abort):
        build(tmp_path, {"blog/1.md": issue()}, twim=options)


def test_a_preview_is_built_anew_when_the_registry_changes(tmp_path: Path) -> None:
    build(tmp_path, FILES, twim=OPTIONS)
    watched: list[str] = []

    class Server:
        def watch(self, path: str) -> None:
            watched.append(path)

    config = load_config(str(tmp_path / "mkdocs.yml"))
    config.plugins.on_serve(Server(), config=config, builder=lambda: None)  # type: ignore[arg-type]  # a part of one
    assert watched == [str(tmp_path / "hebbot.toml")]


def test_a_registry_beside_the_project(tmp_path: Path) -> None:
    (tmp_path / "hebbot.toml").write_text("x")
    files: dict[str, str | bytes] = {"blog/1.md": issue()}
    (tmp_path / "site").mkdir()
    message = _error(tmp_path / "site", files, twim={"registry": "../hebbot.toml"})
    assert message.startswith(f"{tmp_path.as_posix()}/hebbot.toml:1: ")


def test_a_page_of_the_sites_own_at_an_old_address_is_an_error(tmp_path: Path) -> None:
    message = _error(tmp_path, {**FILES, "project/nitrogen.md": "# Nitrogen"}, twim=OPTIONS)
    assert "project/nitrogen.md" in message
    assert "the alias /project/nitrogen/ of /project/hydrogen-web/" in message


def test_a_text_above_the_page_that_has_all(tmp_path: Path) -> None:
    built = build(tmp_path, {**FILES, "project/hydrogen-web.md": "# H\n\nOwn words."}, twim=OPTIONS)
    page = built.read("project/hydrogen-web/index.html")
    assert page.index("Own words.") < page.index("Nitrogen 0.1")


def test_the_histories_of_element(corpus: Path, tmp_path: Path) -> None:
    shutil.copytree(corpus / "blog", tmp_path / "docs/blog", copy_function=shutil.copyfile)
    shutil.copyfile(corpus.parent / "hebbot-config.toml", tmp_path / "hebbot.toml")
    (tmp_path / "mkdocs.yml").write_text(
        "site_name: Matrix.org\n"
        "site_url: https://matrix.example/\n"
        "theme: mkdocs\n"
        "plugins:\n"
        "  - twim:\n"
        "      registry: hebbot.toml\n"
        "      aliases:\n"
        "        project:\n"
        "          element-web: [Riot Web]\n"
        "          element-android: [Element for Android 1.0.10, riot-android]\n"
    )
    mkdocs_build(load_config(str(tmp_path / "mkdocs.yml")))
    built = Built(tmp_path / "site")
    items = built.json("archive.json")["items"]
    ids: dict[str, list[str]] = {}
    for item in items:
        if project := item["_twim"].get("project"):
            ids.setdefault(project["slug"], []).append(project["title"])
    assert sorted(set(ids["element-web-desktop"])) == ["Element Web/Desktop", "riot-web"]
    assert len(set(ids["element-android"])) == 3
    assert not {"element-web", "riot-web", "riot-android", "element-for-android"} & ids.keys()
    feeds = built.json("feeds.json")["feeds"]
    described = [
        feed
        for feed in feeds
        if feed["kind"] == "project" and not feed["description"].startswith("The project ")
    ]
    assert len(described) == 38
    sections = [feed["path"] for feed in feeds if feed["kind"] == "section"]
    assert sections[:3] == [
        "/section/elections/",
        "/section/status-of-matrix/",
        "/section/events-and-talks/",
    ]
    assert _faults(built.folder) == []


SIGNS = """\
## SDKs

### C++ SDK

A.

### C# SDK 1.0 ([website](https://sharp.example))

B.
"""


@pytest.fixture(scope="module")
def signs(tmp_path_factory: pytest.TempPathFactory) -> Built:
    files: dict[str, str | bytes] = {
        "blog/a.md": post("On C", category="C"),
        "blog/b.md": post("On C++", category="C++", date="2024-05-18"),
        "blog/c.md": post("On F#", category="F#", date="2024-05-19"),
        # It has no feed, and no redirect of one.
        "blog/d.md": post("On J#", category="J#", date=None),
        "blog/g.md": post("On G++", category="G++", date="2024-05-20"),
        "category/g.md": "# G\n\nA page of the site's own.\n",
        "blog/1.md": issue(1, SIGNS),
    }
    return build(tmp_path_factory.mktemp("signs"), files, twim={"processes": 0})


def test_names_that_differ_in_signs_have_pages_and_feeds_of_their_own(signs: Built) -> None:
    feeds = {feed["path"]: feed["title"] for feed in signs.json("feeds.json")["feeds"]}
    assert feeds["/category/c/"] == "C, Letters"
    assert feeds["/category/c-plus-plus/"] == "C++, Letters"
    assert feeds["/project/c-plus-plus-sdk/"] == "C++ SDK, Letters"
    assert feeds["/project/c-sharp-sdk/"] == "C# SDK, Letters"
    assert [item["title"] for item in signs.json("category/c/feed.json")["items"]] == ["On C"]
    assert 'href="../../category/c-plus-plus/"' in signs.read("blog/b/index.html")


def test_addresses_without_words_for_signs_lead_on(signs: Built) -> None:
    redirects = signs.json("archive.json")["_twim"]["redirects"]
    for old, new in (
        ("/category/f/", "/category/f-sharp/"),
        # Of two the first.
        ("/project/c-sdk/", "/project/c-plus-plus-sdk/"),
    ):
        assert redirects[old] == new
        assert f"https://letters.example{new}" in signs.read(f"{old[1:]}index.html")
        for file in ("atom.xml", "rss.xml", "feed.json"):
            assert redirects[old + file] == new + file
            assert signs.read(old[1:] + file) == signs.read(new[1:] + file)
            assert f"{old}{file} {new}{file} 301\n" in signs.read("_redirects")
    assert redirects["/category/j/"] == "/category/j-sharp/"
    assert "/category/j/atom.xml" not in redirects
    # Something else has these.
    assert "/category/c/" not in redirects
    assert "/category/g/" not in redirects
    assert "A page of the site's own." in signs.read("category/g/index.html")


def test_the_server_leads_on_and_its_filters_take_the_old_slugs(signs: Built) -> None:
    app = create_app(Settings(url="https://letters.example/"), store=served(signs.folder))
    with TestClient(app, follow_redirects=False) as client:
        for path in ("/category/f/atom.xml", "/project/c-sdk/"):
            moved = client.get(path)
            assert moved.status_code == 308
            redirects = signs.json("archive.json")["_twim"]["redirects"]
            assert moved.headers["location"] == redirects[path]

        def titles(query: str, feed: str = "/feed.json") -> list[str]:
            return [item["title"] for item in client.get(f"{feed}?{query}").json()["items"]]

        assert titles("category=f") == titles("category=f-sharp") == ["On F#"]
        assert titles("category=c") == ["On C"]
        assert len(titles("project=c-sdk", "/updates/feed.json")) == 2
        assert len(titles("project=c-sharp-sdk", "/updates/feed.json")) == 1


def test_links_at_the_end_of_headings_are_not_in_the_table_of_contents(tmp_path: Path) -> None:
    more = "## Bots [↗](https://bots.example)\n\n### Heron & Co [↗](https://h.example) 🐦\n"
    body = f"{SIGNS}\n{more}"
    files: dict[str, str | bytes] = {"blog/1.md": issue(1, body)}
    built = build(tmp_path, files, twim={"processes": 0}, theme={"name": "material"})
    page = built.read("blog/1/index.html")
    links = re.findall(r'<a href="#([^"]*)" class="md-nav__link">(.*?)</a>', page, re.DOTALL)
    toc = {id: " ".join(re.sub("<.*?>", "", text).split()) for id, text in links}
    assert toc == {
        "sdks": "SDKs",
        "c-sdk": "C++ SDK",
        "c-sdk-1-0-website": "C# SDK 1.0",
        "bots": "Bots",
        "heron-co-bird": "Heron &amp; Co",
    }


@pytest.mark.parametrize("style", ["+++", "---"])
def test_nor_are_those_of_headings_in_quotes_and_of_smaller_ones(
    tmp_path: Path, style: str
) -> None:
    body = """\
## Bots

### Heron

[Ada](https://matrix.to/#/@ada:example.org) says

> # Heron 🐦 ([website](https://h.example))
>
> It waded.
>
> ## Egret & Co [↗](https://e.example) 🐦
>
> ### [Tern](https://t.example) flies

#### Parts [(room)](https://p.example)

##### Signs [🔗](https://s.example) for all

Text.
"""
    text = issue(1, body)
    if style == "---":
        text = f"---\ntitle: A\ndate: 2024-05-17\ncategories: [This Week in Letters]\n---\n{body}"
    theme = {"name": "material"}
    extensions = [{"toc": {"permalink": True}}]
    built = build(tmp_path, {"blog/1.md": text}, theme=theme, markdown_extensions=extensions)
    address = "blog/1" if style == "+++" else "blog/2024/05/17/a"
    page = built.read(f"{address}/index.html")
    links = re.findall(r'<a href="#[^"]*" class="md-nav__link">(.*?)</a>', page, re.DOTALL)
    assert [" ".join(re.sub("<.*?>", "", text).split()) for text in links] == [
        "Bots",
        "Heron",
        "Heron",
        "Egret &amp; Co",
        "Tern flies",
        "Parts",
        "Signs 🔗 for all",
    ]
    [update] = built.json("updates/feed.json")["items"]
    assert update["summary"] == "Heron. It waded. Egret & Co. Tern flies"


def test_a_label_of_a_table_of_contents_stays(tmp_path: Path) -> None:
    heading = '#### All parts of it ([website](https://h.example)) { data-toc-label="Parts" }'
    text = f"---\ntitle: A\ncategories: [This Week in Letters]\n---\n## Bots\n\n{heading}\n\n"
    text += "#### Signs ([website](https://s.example))\n\nText.\n"
    theme = {"name": "material"}
    # It has no date, and is an issue all the same.
    built = build(tmp_path, {"blog/a.md": text}, theme=theme, markdown_extensions=["attr_list"])
    page = built.read("blog/a/index.html")
    links = re.findall(r'<a href="#[^"]*" class="md-nav__link">(.*?)</a>', page, re.DOTALL)
    titles = [" ".join(re.sub("<.*?>", "", text).split()) for text in links]
    assert titles == ["Bots", "Parts", "Signs"]


def test_the_link_to_a_project_names_it_without_a_version(signs: Built) -> None:
    page = signs.read("blog/1/index.html")
    assert 'title="All updates: C# SDK"' in page
    # What is new in an update stays in its title.
    assert ">C# SDK 1.0</a></h3>" in signs.read("section/sdks/index.html")


def test_names_of_one_slug_are_told_once(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "blog/1.md": issue(1, "## A\n\n### Heron Web 1.0\n\nText.\n"),
        "blog/2.md": issue(2, "## A\n\n### Heron-Web 1.1\n\nText.\n"),
        "blog/3.md": issue(3, "## a\n\n### Heron-Web 1.2\n\nText.\n"),
    }
    with said() as lines:
        built = build(tmp_path, files, twim={"processes": 0})
    assert built.warnings == []
    told = [line for line in lines if "one slug" in line]
    assert told == ["the project 'Heron Web' is 'Heron-Web' too: they have one slug, heron-web"]
