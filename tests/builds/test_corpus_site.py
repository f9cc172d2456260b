"""A site of matrix.org's posts alone, with five lines of mkdocs.yml."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape
from pathlib import Path

import feedparser  # type: ignore[import-untyped]  # it carries no types
import pytest
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from reader import make_reader
from starlette.testclient import TestClient

from feedserver.check.check import check
from feedserver.settings.settings import Settings
from feedserver.web.app import create_app
from tests.conftest import MATRIX_YML
from tests.served import served, without_paging
from tests.sites import Built

MISSING = {
    "2018-06-08": ["/blog/wp-content/uploads/2018/06/neilalexander-osx-client-1.png"],
    "2019-06-28": ["/blog/img/2019-06-28-vis.avif"],
    "2020-11-06": [
        "/blog/img/2020-11-06-pC5bp-ScreenShot2020-11-06at12.23.37PM.png",
        "/blog/img/2020-11-06-w-Fgj-stacked_area_chart.png",
    ],
    "2021-05-28": [
        "/blog/img/2021-05-28-GwdUf-clipboard.png",
        "/blog/img/2021-05-28-Hlji9-image.png",
        "/blog/img/2021-05-28-jvofQ-image.png",
        "/blog/img/2021-05-28-u8l6Y-stacked_area_chart.png",
        "/blog/img/2021-05-28-wPAPg-scaled_screenshot_20210522-101152_fluffychat.jpg",
        "/blog/img/2021-05-28-y-Bs5-image.png",
    ],
    "2022-09-16": ["20220916-spec.png", "2c5afae81a1ee8d120cf71dce2d14fb66a5b5407.png"],
    "2023-09-08": ["/blog/img/matrix-logo.avif", "/blog/img/thib-never-learns.avif"],
    "2025-02-11": [
        "/blog/img/fosdem-25-booth.webp",
        "/blog/img/fosdem-25-group-picture.webp",
        "/blog/img/fosdem-25-recording-talks.webp",
    ],
    "2026-03-13": [
        "/blog/img/2026-03-13-cinny.webp",
        "@/blog/2026/03/2026-03-trademark-policy.md",
        "@/branding.md",
        "@/legal/trademark-policy/index.md",
        "@/twim-guide.md",
    ],
}
"""By post: its broken links, and the pictures that the corpus leaves out."""


@pytest.fixture
def site(matrix_site: Built) -> Built:
    return matrix_site


@pytest.mark.dependency
def test_it_warns_of_exactly_what_is_broken(site: Built) -> None:
    found: dict[str, list[str]] = {}
    for warning in site.warnings:
        match = re.fullmatch(
            r"blog/\S*?(\d{4}-\d\d-\d\d)\S*?\.md:\d+: "
            r"(?:the link to '(@.*)' leads nowhere(?:: write .*)?|the picture '(.*)' is not there)",
            warning,
        )
        assert match, warning
        found.setdefault(match[1], []).append(match[2] or match[3])
    assert {day: sorted(names) for day, names in found.items()} == MISSING


def test_warnings_name_the_line(site: Built, corpus: Path) -> None:
    for warning in site.warnings:
        match = re.match(r"(\S+?):(\d+): .*'(.*)'", warning)
        assert match
        line = (corpus / match[1]).read_text("utf-8").split("\n")[int(match[2]) - 1]
        assert match[3] in line


def test_posts_are_where_they_were(site: Built) -> None:
    for page in (
        "blog/2020/11/06/this-week-in-matrix-2020-11-06",
        "blog/2022/09/16/this-week-in-matrix-2022-09-16",
        "blog/2025/02/fosdem-wrap-up",
    ):
        assert (site.folder / page / "index.html").is_file()


@pytest.mark.dependency
def test_every_address_of_the_contract_has_its_page(site: Built) -> None:
    for page in (
        "",
        "blog/",
        "blog/page/2/",
        "author/",
        "author/ben-parsons/",
        "category/",
        "category/this-week-in-matrix/",
        "section/",
        "section/clients/",
        "section/clients/page/2/",
        "section/status-of-matrix/",
        "section/sdks-and-frameworks/",
        "section/matrix-live/",
        "project/",
        "project/hydrogen/",
        "project/fluffychat/",
        "updates/",
        "feeds/",
    ):
        assert (site.folder / page / "index.html").is_file(), page
    for feed in site.json("feeds.json")["feeds"]:
        page = feed["page"].removeprefix("https://matrix.example/")
        assert (site.folder / page / "index.html").is_file(), page


def test_every_update_stands_on_the_pages_of_its_section_and_project(site: Built) -> None:
    updates = [item for item in site.json("archive.json")["items"] if "issue" in item["_twim"]]
    assert len(updates) == 170
    for kind in ("section", "project"):
        pages: dict[str, str] = {}
        for path in sorted((site.folder / kind).glob("*/**/index.html")):
            slug = path.relative_to(site.folder / kind).parts[0]
            pages[slug] = pages.get(slug, "") + path.read_text("utf-8")
        for item in updates:
            if kind in item["_twim"]:
                address = item["url"].removeprefix("https://matrix.example/")
                links = re.findall(
                    rf'href="[./]*{re.escape(address)}"', pages[item["_twim"][kind]["slug"]]
                )
                assert len(links) == 1, address


def test_every_section_and_project_of_an_issue_leads_to_its_page(site: Built) -> None:
    for item in site.json("archive.json")["items"]:
        if "issue" not in item["_twim"]:
            continue
        issue, id = item["url"].removeprefix("https://matrix.example/").split("#")
        page = site.read(f"{issue}index.html")
        heading = re.search(rf'(?s)<h[23][^>]* id="{re.escape(id)}".*?</h[23]>', page)
        if heading is None:
            # Written in HTML, without an id.
            assert "2018" in issue, item["url"]
            continue
        link = re.search(r'class="twim-topic" href="[./]*(.*?)"', heading[0])
        of = item["_twim"]
        kind = "project" if "project" in of else "section"
        assert link and link[1] == f"{kind}/{of[kind]['slug']}/", item["url"]


@pytest.mark.parametrize(
    ("day", "id"),
    [
        ("2021/05/28", "dept-of-interesting-projects-satellite-orbital"),
        ("2024/05/17", "conduwuit-website"),
        ("2020/11/06", "fractal"),
        ("2020/11/06", "dept-of-clients-iphone"),
        ("2022/09/16", "synapse-website"),
    ],
)
def test_ids_that_other_sites_link_to(site: Built, day: str, id: str) -> None:
    page = f"blog/{day}/this-week-in-matrix-{day.replace('/', '-')}/index.html"
    assert f' id="{id}"' in site.read(page)


def test_the_section_clients_lists_all_its_updates(site: Built) -> None:
    feed = site.json("section/clients/feed.json")
    archive = site.json("archive.json")
    clients = [
        item["id"]
        for item in archive["items"]
        if item["_twim"].get("section", {}).get("slug") == "clients"
    ]
    issues = {id.split("#")[0] for id in clients}
    assert len(issues) == 8
    # The two newest issues as a whole, and older ones up to twenty entries, none of them cut.
    ids = [item["id"] for item in feed["items"]]
    assert ids == clients[: len(ids)] and len(ids) >= 20
    assert clients[len(ids)].split("#")[0] != ids[-1].split("#")[0]


def test_a_feed_without_limit_has_the_updates_of_all_issues(corpus: Path, tmp_path: Path) -> None:
    shutil.copytree(corpus / "blog", tmp_path / "docs" / "blog", copy_function=shutil.copyfile)
    text = MATRIX_YML.replace("[twim]", "[twim: {feed_limit: 0}]")
    text = text.replace("material, font: false", "mkdocs")
    (tmp_path / "mkdocs.yml").write_text(text)
    mkdocs_build(load_config(str(tmp_path / "mkdocs.yml")))
    feed = json.loads((tmp_path / "site/section/clients/feed.json").read_text("utf-8"))
    assert len({item["_twim"]["issue"]["id"] for item in feed["items"]}) == 8


def test_nothing_is_wrong_with_any_feed(site: Built) -> None:
    catalogue = site.json("feeds.json")["feeds"]
    assert len(catalogue) > 100
    for feed in catalogue:
        for address in feed["formats"].values():
            data = (site.folder / address.removeprefix("https://matrix.example/")).read_bytes()
            assert check(data, address=address, own=True) == ()


@pytest.mark.dependency
def test_feedparser_reads_back_what_went_in(site: Built) -> None:
    items = site.json("updates/feed.json")["items"]
    for name in ("atom.xml", "rss.xml"):
        parsed = feedparser.parse((site.folder / "updates" / name).read_bytes())
        assert not parsed.bozo
        assert [entry.id for entry in parsed.entries] == [item["id"] for item in items]
        # A title of Atom is HTML, and feedparser gives it so.
        assert [unescape(entry.title) for entry in parsed.entries] == [
            item["title"] for item in items
        ]


def test_reader_subscribes(site: Built) -> None:
    items = site.json("section/clients/feed.json")["items"]
    with make_reader(":memory:", feed_root=str(site.folder)) as reader:
        for name in ("atom.xml", "rss.xml", "feed.json"):
            reader.add_feed(f"section/clients/{name}")
            reader.update_feed(f"section/clients/{name}")
            entries = list(reader.get_entries(feed=f"section/clients/{name}"))
            assert {entry.id for entry in entries} == {item["id"] for item in items}


@pytest.mark.dependency
def test_the_server_answers_with_the_bytes_of_the_files(site: Built) -> None:
    store = served(site.folder)
    app = create_app(Settings(url="https://matrix.example/", folder=site.folder), store=store)
    with TestClient(app) as client:
        for feed in site.json("feeds.json")["feeds"][:40]:
            for name in ("atom.xml", "rss.xml", "feed.json"):
                path = f"{feed['path']}{name}"
                answer = without_paging(client.get(path).content)
                assert answer == (site.folder / path[1:]).read_bytes(), path
