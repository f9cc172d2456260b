"""The how-to on hebbot: what its template makes of reports is an issue as it stands.

MiniJinja is the engine that hebbot has; what it adds to that is put here in few words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import minijinja
import pytest

from tests.conftest import ROOT
from tests.sites import Built, build

PAGE = (ROOT / "docs" / "how-to" / "hebbot.md").read_text("utf-8")
_PARTS = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"}


def _block(title: str) -> str:
    found = re.search(rf'```\w+ title="{title}"\n(.*?)```', PAGE, re.DOTALL)
    assert found
    return found[1]


def _format(timestamp: str, format: str) -> str:
    when = datetime.fromisoformat(timestamp)
    return re.sub(r"\[(\w+)\]", lambda part: when.strftime(_PARTS[part[1]]), format)


def _report(name: str, message: str, image: str = "", video: str = "") -> dict[str, object]:
    return {
        "reporter_display_name": name,
        "reporter_id": f"@{name[:2].lower()}:harbour.example",
        "message": message,
        "images": [(image, "mxc://harbour.example/1")] if image else [],
        "videos": [(video, "mxc://harbour.example/2")] if video else [],
    }


def _project(title: str, website: str, *news: object) -> dict[str, object]:
    about = {"title": title, "website": website, "description": f"{title} floats.", "emoji": "🕊️"}
    return {"project": about, "news": news}


def _section(order: int, title: str, news: list[object], *projects: object) -> dict[str, object]:
    return {
        "section": {"order": order, "title": title, "emoji": "⛵"},
        "news": news,
        "projects": projects,
    }


# As hebbot hands them on: by texts that begin with the order.
SECTIONS: Mapping[str, object] = {
    "10-weather": _section(10, "Dept of Weather", [_report("Eve", "Wind from the west.\n")]),
    "2-boats": _section(
        2,
        "Dept of Boats",
        [_report("Bo [berth 4]", "The slip is free.\n\n# At last\n* on Mondays\n* for all")],
        _project("Seagull", "https://seagull.example", _report("Cleo", "A mast.", "a1.png")),
        _project("Dinghy", "", _report("Dan", "It floats.", video="b2.webm"), _report("Eve", "!")),
    ),
}


def rendered(editor: str = "Ida") -> str:
    """What hebbot makes of some reports with our template."""
    environment = minijinja.Environment(templates={"template": _block("hebbot/template.md")})
    for name in ("dateformat", "datetimeformat"):
        environment.add_filter(name, _format)
    environment.add_filter("random", lambda values: values[0])
    text: str = environment.render_template(
        "template",
        timestamp="2026-03-06T18:00:00+00:00",
        sections=SECTIONS,
        projects=["seagull", "dinghy"],
        config={"verbs": ["reports"]},
        editor=editor,
    )
    return text


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    files: dict[str, str | bytes] = {
        "blog/2026-03-06.md": rendered('Ida "the Ed\\itor"'),
        "blog/2026-03-13.md": rendered().replace("2026-03-06", "2026-03-13"),
        "img/a1.png": b"",
        "img/b2.webm": b"",
        "../hebbot/config.toml": _block("hebbot/config.toml"),
    }
    folder = tmp_path_factory.mktemp("hebbot")
    return build(folder, files, twim={"registry": "hebbot/config.toml"}, strict=True)


def test_what_the_template_makes_is_divided_as_the_room_meant_it(site: Built) -> None:
    items: list[dict[str, Any]] = site.json("archive.json")["items"]
    found = [
        (
            item["_twim"]["section"]["slug"],
            item["_twim"].get("project", {}).get("title"),
            item["_twim"].get("project", {}).get("url"),
            [person["name"] for person in item["authors"]],
        )
        for item in items
        if item["id"].startswith(
            "https://letters.example/blog/this-week-in-the-harbour-2026-03-13/#"
        )
    ]
    assert found == [
        ("boats", None, None, ["Bo [berth 4]"]),
        ("boats", "Dinghy", None, ["Dan", "Eve"]),
        ("boats", "Seagull", "https://seagull.example/", ["Cleo"]),
        ("weather", None, None, ["Eve"]),
    ]


def test_pictures_and_videos_of_reports_are_on_the_page(site: Built) -> None:
    assert site.warnings == []
    page = site.read("blog/this-week-in-the-harbour-2026-03-06/index.html")
    assert 'src="../../img/a1.png"' in page or 'src="/img/a1.png"' in page
    assert "b2.webm" in page and "<video" in page


def test_an_editor_with_quotes_in_his_name_is_an_author(site: Built) -> None:
    posts = [item for item in site.json("archive.json")["items"] if "#" not in item["id"]]
    assert posts[-1]["authors"][0]["name"] == 'Ida "the Ed\\itor"'


def test_the_registry_that_is_shared_names_the_project(site: Built) -> None:
    feeds = {feed["path"]: feed for feed in site.json("feeds.json")["feeds"]}
    assert feeds["/project/seagull/"]["description"] == "A sailing boat."


def test_the_posts_of_hebbot_s_own_template_work(tmp_path: Path) -> None:
    text = (
        '---\ntitle: "#10: This Week in Harbour"\nauthor: Ida\n'
        'date: 2026-03-06T18:00:00.123456789Z\ntags: ["seagull"]\n'
        'categories: ["weekly-update"]\ndraft: false\n---\n\n'
        "## Boats ⛵\n\n### Seagull [↗](https://seagull.example) 🕊️\n\nA boat.\n\n"
        "[Cleo](https://matrix.to/#@cleo:harbour.example) reports\n\n> A mast.\n\n"
        "# That’s all for this week!\n\nSee you.\n"
    )
    options = {
        "issues": ["weekly-update"],
        "taxonomies": {"author": {}, "category": {}, "tags": {}},
    }
    built = build(tmp_path, {"blog/10.md": text}, twim=options)
    assert built.warnings == []
    [item] = built.json("project/seagull/feed.json")["items"]
    project = {"slug": "seagull", "title": "Seagull", "url": "https://seagull.example/"}
    assert item["_twim"]["project"] == project
    assert "See you" not in item["content_html"]
    assert len(built.json("author/ida/feed.json")["items"]) == 1
    assert len(built.json("tags/seagull/feed.json")["items"]) == 1
