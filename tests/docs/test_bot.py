"""The bot's pages say of its settings what the code does."""

from __future__ import annotations

import dataclasses
import json
import re
import tomllib
from pathlib import Path

import pytest

from feedserver import cli
from feedserver.bot import config
from feedserver.bot._events import ENTRY
from feedserver.bot.config import Config, Room
from feedserver.formats import message
from tests.conftest import ROOT
from tests.sites import build, issue

REFERENCE = (ROOT / "docs/reference/bot.md").read_text("utf-8")
HOW_TO = (ROOT / "docs/how-to/run-the-bot.md").read_text("utf-8")


def _shown(text: str, name: str) -> str:
    [found] = re.findall(rf'(?ms)^```\w+ title="{re.escape(name)}"\n(.*?)^```$', text)
    return str(found)


def _defaults(kind: type[Config | Room]) -> dict[str, object]:
    """The settings of a table, those that are asked for with nothing."""
    fields = {field.name: field.default for field in dataclasses.fields(kind)}
    none = (dataclasses.MISSING, None)
    return {name: None if value in none else value for name, value in fields.items()}


@pytest.mark.parametrize(("kind", "heading"), [(Config, "bot.toml"), (Room, "A room")])
def test_every_setting_is_documented_with_its_default(
    kind: type[Config | Room], heading: str
) -> None:
    [part] = re.findall(rf"(?ms)^##+ {re.escape(heading)}$(.*?)^##", REFERENCE)
    rows = dict(re.findall(r"(?m)^\| `(\w+)` \| ?(.*?) ?\|", part))
    expected = {name: value for name, value in _defaults(kind).items() if name != "query"}
    expected.pop("rooms", None)
    assert rows.keys() == expected.keys()
    for name, shown in rows.items():
        written = tomllib.loads(f"x = {shown.strip('`')}")["x"] if shown else None
        default = expected[name]
        assert written == (list(default) if isinstance(default, tuple) else default), name


def test_every_filter_and_name_is_documented() -> None:
    for name in config._FACETS:
        assert f"`{name}`" in REFERENCE
    for name in message.NAMES:
        assert f"`{{{name}}}`" in REFERENCE
    for limit in (message.MOST, message.WHOLE):
        assert f"{limit:,}" in REFERENCE
    assert f"`{ENTRY}`" in REFERENCE and f"`{config.TOKEN}`" in REFERENCE


def test_the_settings_that_are_shown_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "bot.toml"
    path.write_text(_shown(REFERENCE, "bot.toml"), "utf-8")
    found = config.load(path)
    assert [room.mode for room in found.rooms] == ["updates", "threads"]
    assert found.rooms[1].query == {"not_section": ("matrix-live",)}


def test_the_message_that_is_shown_is_that_of_an_item(tmp_path: Path) -> None:
    text = (ROOT / "docs/reference/archive.md").read_text("utf-8")
    [block] = re.findall(r"(?s)^## Messages for Matrix rooms.*?```json\n(.*?)```", text, re.M)
    feed = build(tmp_path, {"blog/one.md": issue(1)}).json("updates/feed.json")
    written, shown = feed["items"][0]["_matrix"], json.loads(block)
    assert written.keys() == shown.keys()
    assert written["content"].keys() == shown["content"].keys()
    for name in ("msgtype", "format"):
        assert written["content"][name] == shown["content"][name]
    for name, begins in (
        ("body", r"[\w .]+ \(\w+\), [\w -]+ \(http"),
        ("formatted_body", "<p><strong><a href"),
    ):
        assert re.match(begins, written["content"][name])
        assert re.match(begins, shown["content"][name])


def test_the_unit_s_command_finds_its_settings_and_its_token(tmp_path: Path) -> None:
    unit = _shown(HOW_TO, "/etc/systemd/system/feedserver-bot.service")
    [line] = re.findall(r"(?m)^ExecStart=\S+ (.*)$", unit)
    told = cli.parser().parse_args(line.split())
    path = tmp_path / "bot.toml"
    path.write_text(_shown(HOW_TO, str(told.config)), "utf-8")
    found = config.load(path)
    [credential] = re.findall(r"LoadCredential=(\w+):", unit)
    assert found.token_file == Path("/run/credentials/feedserver-bot.service") / credential
    [state] = re.findall(r"StateDirectory=(\S+)", unit)
    assert found.state == Path("/var/lib") / state


def test_cron_s_command_is_one() -> None:
    [line] = re.findall(r"(?m)feedserver (bot .*)$", _shown(HOW_TO, "crontab"))
    assert cli.parser().parse_args(line.split()).once
