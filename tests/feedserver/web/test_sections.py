"""The page of all sections of a server without a site's pages, and of why there are none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser
from starlette.testclient import TestClient

from feedserver.feeds import catalogue
from feedserver.foreign import reading
from feedserver.foreign.reading import Options
from feedserver.formats import archive as archives
from feedserver.formats.formats import FORMATS
from feedserver.model import Archive, Channel
from feedserver.settings.settings import Settings
from feedserver.web.app import create_app
from tests.feedserver.foreign.test_reading import atom, content, entry
from tests.samples import SITE, archive, post, update
from tests.served import served

ISSUES = ("This Week in *",)


def client(tmp_path: Path, found: Archive, **settings: object) -> TestClient:
    source = tmp_path / "source"
    source.mkdir()
    (source / archives.FILE).write_bytes(archives.serialise(found))
    given = Settings(**{"issues": ISSUES, **settings})  # type: ignore[arg-type]  # of every type
    return TestClient(create_app(given, store=served(source)))


def test_a_source_without_issues_is_told_what_to_set(tmp_path: Path) -> None:
    found = reading.read(atom(entry(content("<h2>Ebb</h2>x"), title="Tides, 7")), Options())
    with client(tmp_path, found.archive) as server:
        answer = server.get("/section/")
        assert answer.status_code == 200
        assert "no entry here is an issue" in answer.text
        assert "issues = [&#34;This Week in *&#34;]" in answer.text
        assert server.get("/section", follow_redirects=False).headers["location"] == "/section/"
        assert server.head("/section/").text == ""
        assert server.get("/sections/").status_code == 404


@pytest.mark.parametrize("text", ["", "<p>All in one.</p>", "<h4>Ebb</h4>x"])
def test_issues_that_are_not_divided_are_told(tmp_path: Path, text: str) -> None:
    found = reading.read(atom(entry(content(text), title="This Week in Tides")), Options())
    with client(tmp_path, found.archive) as server:
        assert "none of them is divided" in server.get("/section/").text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "no update here stands below one"),
        ("de", "keine Neuigkeit steht hier unter einer"),
        ("fr", "aucune nouvelle n’est ici sous un tel titre"),
        ("ar", "لكل مشروع خلاصة"),
    ],
)
def test_projects_without_sections_are_told_of(tmp_path: Path, language: str, words: str) -> None:
    text = content("<h3>Gull 1.2.3</h3><p>x</p><h3>Tern</h3><p>y</p>")
    found = reading.read(atom(entry(text, title="This Week in Tides")), Options()).archive
    found = replace(found, site=replace(found.site, language=language))
    with client(tmp_path, found) as server:
        page = server.get("/section/").text
        assert words in page and "issues =" not in page
        assert '<a href="/feeds/">' in page
        assert "/project/gull/atom.xml" in server.get("/feeds/").text


def test_sections_that_there_are(tmp_path: Path) -> None:
    issue = post("week", sections=["clients"])
    entries = [issue, update(issue, 0)]
    found = archive(entries, catalogue.feeds(entries, SITE))
    with client(tmp_path, found) as server:
        assert '<a href="/section/clients/">' in server.get("/section/").text
        assert server.get("/section/clients/").status_code == 200


@pytest.mark.parametrize("path", ["/section/", "/nowhere/"])
def test_pages_that_are_of_no_feed_name_those_of_the_site(tmp_path: Path, path: str) -> None:
    entries = [post("one")]
    with client(tmp_path, archive(entries, catalogue.feeds(entries, SITE))) as server:
        page = LexborHTMLParser(server.get(path, headers={"Accept": "text/html"}).text)
        links = page.css("head link[rel=alternate]")
        hrefs = [link.attributes["href"] for link in links]
        assert hrefs == [f"http://testserver/{file}" for file in FORMATS]


@pytest.mark.parametrize("file", FORMATS)
def test_issues_of_each_format_of_ours_are_divided(tmp_path: Path, file: str) -> None:
    text = "<h2>Ebb</h2><h3>Gull 1.2.3</h3><p>x</p><h2>Flow</h2><p>y</p>"
    issue = replace(post("week", sections=["ebb", "flow"], tags=ISSUES), content=text)
    channel = Channel("All", "", SITE.url, SITE.url + "x.json", SITE, (issue, post("other")))
    found = reading.read(FORMATS[file].serialise(channel), Options())
    updates = [entry.id for entry in found.archive.entries if entry.update]
    assert updates == [f"{issue.url}#{id}" for id in ("gull-1-2-3", "flow")]
    assert found.findings == ()
    with client(tmp_path, found.archive) as server:
        assert '<a href="/section/flow/">' in server.get("/section/").text
        assert server.get("/project/gull/feed.json").json()["items"]


def test_a_page_of_the_site_s_own_wins(tmp_path: Path) -> None:
    (tmp_path / "site" / "section").mkdir(parents=True)
    (tmp_path / "site" / "section" / "index.html").write_text("own")
    with client(tmp_path, archive([post("one")]), folder=tmp_path / "site") as server:
        assert server.get("/section/").text == "own"
