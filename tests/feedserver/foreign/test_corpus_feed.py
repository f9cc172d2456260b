"""The Atom file of matrix.org's posts, as Zola writes it, gives the section feeds of the plugin."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

import pytest

from feedserver.cli import main
from feedserver.formats import archive as archives
from feedserver.model import Archive
from feedserver.settings.settings import Settings
from feedserver.sources import source
from feedserver.text import html
from tests.feedserver.running import running
from tests.sites import Built


def zola_atom(archive: dict[str, Any]) -> str:
    """Zola's built-in atom.xml of all posts of an archive: no categories, full content."""
    site = archive["_twim"]["site"]
    posts = [item for item in archive["items"] if item["_twim"]["kind"] == "post"]
    entries = "".join(
        f"""
    <entry xml:lang="en">
        <title>{escape(post["title"])}</title>
        <published>{post["date_published"]}</published>
        <updated>{post["date_modified"]}</updated>
        <author>
          <name>{escape(post["authors"][0]["name"])}</name>
        </author>
        <link rel="alternate" type="text/html" href="{escape(post["url"])}"/>
        <id>{escape(post["id"])}</id>
        <content type="html" xml:base="{escape(post["url"])}">{
            escape(post["content_html"])
        }</content>
    </entry>"""
        for post in posts
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
    <title>{escape(site["title"])}</title>
    <link rel="self" type="application/atom+xml" href="{site["url"]}atom.xml"/>
    <link rel="alternate" type="text/html" href="{site["url"].removesuffix("/")}"/>
    <generator uri="https://www.getzola.org/">Zola</generator>
    <updated>{posts[0]["date_modified"]}</updated>
    <id>{site["url"]}atom.xml</id>{entries}
</feed>
"""


@pytest.fixture(scope="module")
def built(matrix_site: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("matrix.org")
    (folder / "site").symlink_to(matrix_site.folder)
    text = zola_atom(json.loads((folder / "site/archive.json").read_text("utf-8")))
    (folder / "atom.xml").write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def foreign(built: Path) -> Archive:
    return source.find(str(built / "atom.xml"), Settings()).read()


def _feeds(built: Path) -> list[str]:
    catalogue = json.loads((built / "site/feeds.json").read_text("utf-8"))["feeds"]
    feeds = [
        feed["path"] for feed in catalogue if feed["kind"] in ("section", "project", "updates")
    ]
    assert len(feeds) > 80
    return feeds


def _compare(built: Path, path: str, data: bytes) -> None:
    expected = json.loads((built / "site" / path[1:] / "feed.json").read_bytes())
    found = json.loads(data)
    assert found["title"] == expected["title"]
    assert len(found["items"]) == len(expected["items"]), path
    for item, wanted in zip(found["items"], expected["items"], strict=True):
        # Zola's feed has no categories.
        wanted.pop("tags")
        assert item == wanted, item["id"]


def test_it_gives_the_section_and_project_feeds_of_the_plugin(built: Path, tmp_path: Path) -> None:
    assert main(["export", str(built / "atom.xml"), str(tmp_path)]) == 0
    for path in _feeds(built):
        _compare(built, path, (tmp_path / path[1:] / "feed.json").read_bytes())


def test_a_server_gives_them_too(built: Path) -> None:
    with running(built / "atom.xml") as server:
        for path in _feeds(built):
            _compare(built, path, server.get(f"{path}feed.json").body)
        assert server.health()["status"] == "ok"


def test_the_other_posts_are_the_same_too(built: Path, foreign: Archive) -> None:
    expected = archives.parse((built / "site/archive.json").read_bytes())
    posts = {entry.id: entry for entry in expected.entries if entry.update is None}
    found = {entry.id: entry for entry in foreign.entries if entry.update is None}
    assert found.keys() == posts.keys()
    for id, entry in found.items():
        assert (entry.content or "") == (posts[id].content or "").strip()
        assert (entry.title, entry.published, entry.modified) == (
            posts[id].title,
            posts[id].published,
            posts[id].modified,
        )


def test_sanitising_an_archive_again_changes_nothing(built: Path) -> None:
    archive = archives.parse((built / "site/archive.json").read_bytes())
    for entry in archive.entries:
        assert entry.content is None or html.sanitise(entry.content, entry.url) == entry.content


def test_an_export_of_it_is_without_fault(
    built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(built / "atom.xml"), str(tmp_path)]) == 0
    assert main(["check", str(tmp_path)]) == 0, capsys.readouterr().out
