"""The how-to on hebbot: what its template makes of reports is an issue as it stands.

MiniJinja is the engine that hebbot has; what it adds to that is put here in few words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import minijinja
import pytest
from selectolax.lexbor import LexborHTMLParser

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


def _report(
    name: str, message: str, image: str = "", video: str = "", id: str = ""
) -> dict[str, object]:
    return {
        "reporter_display_name": name,
        "reporter_id": id or f"@{name[:2].lower()}:harbour.example",
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


def rendered(editor: str = "Ida", sections: Mapping[str, object] = SECTIONS) -> str:
    """What hebbot makes of some reports with our template."""
    environment = minijinja.Environment(templates={"template": _block("hebbot/template.md")})
    for name in ("dateformat", "datetimeformat"):
        environment.add_filter(name, _format)
    environment.add_filter("random", lambda values: values[0])
    text: str = environment.render_template(
        "template",
        timestamp="2026-03-06T18:00:00+00:00",
        sections=sections,
        projects=["seagull", "dinghy"],
        config={"verbs": ["reports"]},
        editor=editor,
    )
    return text


def _built(folder: Path, *reports: dict[str, object], files: Iterable[str] = ()) -> Built:
    """A site with the issue that has these reports, built strictly, so without a warning."""
    text = rendered(sections={"1-boats": _section(1, "Dept of Boats", [*reports])})
    posts: dict[str, str | bytes] = {"blog/2026-03-06.md": text}
    return build(folder, posts | {f"img/{name}": b"" for name in files}, strict=True)


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


NAMES = {
    "Cleo ]": "Cleo ]",
    "A [b": "A [b",
    "C` `d": "C` `d",
    "*E* _F_ ~~G~~ \\": "*E* _F_ ~~G~~ \\",
    "</a><script>alert(1)</script>": "</a><script>alert(1)</script>",
    "H &copy; {{ figure() }}": "H &copy; {{ figure() }}",
    "I\n\n## Dept of J\r\r": "I ## Dept of J",
}


def test_reporters_have_the_names_that_they_chose(tmp_path: Path) -> None:
    reports = [
        _report(name, "Wind.", id=f"@p{number}:harbour.example")
        for number, name in enumerate(NAMES)
    ]
    [update] = _built(tmp_path, *reports).json("section/boats/feed.json")["items"]
    people = update["_twim"]["reporters"]
    assert [person["name"] for person in people] == [*NAMES.values()]
    assert [person["id"] for person in people] == [report["reporter_id"] for report in reports]


def test_what_a_stranger_writes_puts_nothing_on_the_page_but_text(tmp_path: Path) -> None:
    message = (
        "<script>alert(1)</script> hello\n\n<ScRiPt>\n<img src=x onerror=alert(2)>\n"
        "<https://x<svg/onload=alert(3)> <https:// onclick=alert(4)>\r\r<iframe srcdoc=x>\r\n"
        "<httpx onclick=alert(5)>`<b onclick=alert(6)>` a < b\r## Dept of None"
    )
    id = "@a)<script>alert(7)</script>:harbour.example"
    image = "a><script>alert(8)</script>.png"
    reports = [_report("Mal", message), _report("Lory", "Hi.", image, id=id)]
    built = _built(tmp_path, *reports, files=[image])
    page = built.read("blog/this-week-in-the-harbour-2026-03-06/index.html")
    shown = LexborHTMLParser(page).css_first("article, [role=main]")
    assert shown is not None
    assert not shown.css("blockquote script, blockquote iframe, blockquote svg, blockquote b")
    for node in shown.css("*"):
        assert not [name for name in node.attributes if name.startswith("on")], node.html
    assert "alert(8)" not in "".join(script.text() for script in shown.css("script"))
    assert "<script>alert(1)</script> hello" in shown.text()


def test_the_markdown_of_reports_works(tmp_path: Path) -> None:
    message = (
        "**Seagull** 1.2 < 2 & so: <https://seagull.example/?a=1&b=2>, [sails](https://sail.example)"
        "\n\n- `mast`\n- sail\n\n```sh\nmake && make install\n```\n\n> quoted"
    )
    [update] = _built(tmp_path, _report("Bo", message)).json("section/boats/feed.json")["items"]
    found = LexborHTMLParser(update["content_html"])
    assert [link.attributes["href"] for link in found.css("blockquote a")] == [
        "https://seagull.example/?a=1&b=2",
        "https://sail.example/",
    ]
    texts = [
        node.text().strip() for node in found.css("strong, li code, pre, blockquote blockquote")
    ]
    assert texts == ["Seagull", "mast", "make && make install", "quoted"]
    assert "1.2 < 2 & so: " in found.text()


FILES_OF_ROOMS = (
    "aB_Screenshot from 2026-03-05 12-00-00.png",
    "aB_b (1).png",
    "aB_b(.png",
    "aB_c [d] `e`.png",
    "aB_mast #1 50% & more?.png",
    "aB_größe.heic",
)


def test_pictures_and_videos_keep_the_names_that_they_have_in_rooms(tmp_path: Path) -> None:
    reports = [_report("Bo", "Look.", name, f"{name}.webm") for name in FILES_OF_ROOMS]
    files = [each for name in FILES_OF_ROOMS for each in (name, f"{name}.webm")]
    built = _built(tmp_path, *reports, files=files)
    page = LexborHTMLParser(built.read("blog/this-week-in-the-harbour-2026-03-06/index.html"))
    shown = page.css("blockquote img, blockquote video, blockquote video source")
    found = {unquote(node.attributes.get("src") or "").rpartition("/")[2] for node in shown}
    assert found - {""} == {*files}


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
