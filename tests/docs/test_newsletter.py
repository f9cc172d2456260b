"""The how-to "Run a newsletter": from hebbot's template to what the bot says in rooms."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config

from feedserver.bot import config
from mkdocs_twim.cli import main
from tests.conftest import ROOT
from tests.docs.test_docker import shown
from tests.docs.test_hebbot import rendered
from tests.sites import Built, messages

PAGE = (ROOT / "docs" / "how-to" / "newsletter.md").read_text("utf-8")
FILES = shown(PAGE)
POST = "docs/blog/2026-03-06.md"

# What hebbot 2.1.0 reads, main at 557e88c of 2025-12-14: `Config` in src/config.rs, `Section` and
# `Project` beside it. It stops if a field is missing or of another type, and passes over others.
CONFIG = {
    "bot_user_id": str,
    "reporting_room_id": str,
    "admin_room_id": str,
    "notice_emoji": str,
    "restrict_notice": bool,
    "verbs": list,
    "min_length": int,
    "ack_text": str,
    "update_config_command": str,
    "editors": list,
    "sections": list,
    "projects": list,
}
SECTION = {"emoji": str, "name": str, "title": str, "order": int, "usual_reporters": list}
PROJECT = {
    "emoji": str,
    "name": str,
    "title": str,
    "description": str,
    "website": str,
    "default_section": str,
}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository as the page has it, with what hebbot makes of some reports."""
    monkeypatch.chdir(tmp_path)
    post = rendered()
    more = {POST: post, "docs/index.md": "# The Harbour News\n"}
    more["docs/blog/2026-03-13.md"] = post.replace("2026-03-06", "2026-03-13")
    for name, text in {**FILES, **more, "docs/img/a1.png": "", "docs/img/b2.webm": ""}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def test_what_hebbot_makes_is_checked_and_built(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", POST]) == 0
    told = capsys.readouterr().out
    assert "  Seagull: Cleo (@cl:harbour.example)" in told
    assert told.endswith("checked 1 post: nothing found\n")
    built = Built(site / "site")
    with messages() as built.warnings:
        mkdocs_build(load_config(str(site / "mkdocs.yml"), strict=True))
    assert built.warnings == []
    # The site says of a project what the list says that it shares with hebbot.
    feeds = {feed["path"]: feed for feed in built.json("feeds.json")["feeds"]}
    assert feeds["/project/seagull/"]["description"] == "A sailing boat."
    for address in re.findall(r"(?m)^feed = \"https://harbour.example(/.*)\"$", PAGE):
        assert len(built.json(address[1:])["items"]) >= 2
    for address in re.findall(r"`(/\S*)`", PAGE.split("## Publish")[1].split("\n## ")[0]):
        assert (site / "site" / address[1:]).exists(), address
    assert (site / "site/send-your-update/index.html").is_file()


def test_a_picture_that_was_forgotten_is_told(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "docs/img/a1.png").unlink()
    assert main(["check", POST]) == 1
    assert "the picture '/img/a1.png' is not there" in capsys.readouterr().out


def test_the_bot_understands_its_settings(site: Path) -> None:
    loaded = config.load(site / "bot.toml")
    assert [room.mode for room in loaded.rooms] == ["issues", "updates", "updates"]


@pytest.mark.parametrize("page", ["newsletter.md", "hebbot.md"])
def test_hebbot_finds_in_its_settings_all_that_it_reads(page: str) -> None:
    text = (ROOT / "docs/how-to" / page).read_text("utf-8")
    listed = tomllib.loads(shown(text)["hebbot/config.toml"])
    if page == "newsletter.md":
        assert {key: type(value) for key, value in listed.items()} == CONFIG
        rooms = listed["reporting_room_id"], listed["admin_room_id"]
        assert all(re.fullmatch(r"!\S+", room) for room in rooms)
        assert listed["verbs"] and all(isinstance(each, str) for each in listed["verbs"])
        for person in (listed["bot_user_id"], *listed["editors"]):
            assert re.fullmatch(r"@\S+:\S+", person)
    for wanted, tables in ((SECTION, listed["sections"]), (PROJECT, listed["projects"])):
        for table in tables:
            assert {key: type(value) for key, value in table.items()} == wanted
            for person in table.get("usual_reporters", []):
                assert re.fullmatch(r"@\S+:\S+", person)


def test_hebbot_and_the_site_have_one_list() -> None:
    listed = tomllib.loads(FILES["hebbot/config.toml"])
    assert {each["default_section"] for each in listed["projects"]} <= {
        each["name"] for each in listed["sections"]
    }
    site = yaml.safe_load(FILES["mkdocs.yml"])
    assert {"twim": {"registry": "hebbot/config.toml"}} in site["plugins"]
    [service] = yaml.safe_load(FILES["hebbot/compose.yaml"])["services"].values()
    told = dict(each.partition("=")[::2] for each in service["environment"])
    assert told["CONFIG_PATH"].endswith("/hebbot/config.toml")
    assert told["TEMPLATE_PATH"].endswith("/hebbot/template.md")
    # A password is in none of these files.
    assert told["BOT_PASSWORD"] == ""


def test_the_picture_says_in_words_what_it_shows() -> None:
    tree = ElementTree.parse(ROOT / "docs" / "img" / "newsletter.svg")
    words = [text.text or "" for text in tree.iter("{http://www.w3.org/2000/svg}text")]
    [told] = re.findall(r"!\[(.*?)\]\(\.\./img/newsletter\.svg\)", PAGE)
    for word in ("hebbot", "config.toml", "bot", "feeds", "pull request"):
        assert word in " ".join(words).lower() and word in told
