"""bot.toml: what is taken, and what is told of what can't be."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedserver.bot import config
from feedserver.errors import SettingsError

TOP = 'homeserver = "https://owls.test"\nuser = "@bot:owls.test"\n'
ROOM = '[[rooms]]\nroom = "#owls:owls.test"\nfeed = "https://owls.example/feed.json"\n'


def load(folder: Path, text: str) -> config.Config:
    (folder / "bot.toml").write_text(text, "utf-8")
    return config.load(folder / "bot.toml")


def test_what_is_told_is_taken_and_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    told = load(
        tmp_path,
        f'{TOP}token_file = "token"\nstate = "state"\ninvites = ["@ida:owls.test"]\n{ROOM}'
        'mode = "threads"\nwhole = true\nmost = 5\nnot_section = ["talks"]\n'
        'first_line = "{project} of {issue}"\n',
    )
    assert told.token_file == tmp_path / "token"
    assert told.state == tmp_path / "state"
    assert told.invites == ("@ida:owls.test",)
    (room,) = told.rooms
    assert (room.mode, room.whole, room.most) == ("threads", True, 5)
    assert list(room.query) == ["not_section"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TOP, "rooms: expected at least one [[rooms]]"),
        (f"{TOP}rooms = [1]", "rooms[1]: expected a table"),
        (ROOM, "homeserver: is missing"),
        (f"{TOP}{ROOM}mod = 1", "rooms[1].mod: there is no such setting: is mode meant?"),
        (f'{TOP}token = "secret"\n{ROOM}', "token: there is no such setting"),
        (f'{TOP}{ROOM}mode = "all"', "rooms[1].mode: expected"),
        (f"{TOP}{ROOM}most = 0", "rooms[1].most: expected"),
        (f'{TOP}{ROOM}first_line = "{{name}}"', "rooms[1].first_line: expected a line of text"),
        (f"{TOP}{ROOM}{ROOM}", "rooms[2]: #owls:owls.test has this feed twice"),
        (f'{TOP}[[rooms]]\nroom = "owls"\nfeed = "https://x/"', "rooms[1].room: expected a room"),
        (f'{TOP}[[rooms]]\nroom = "#o:x"\nfeed = "feed"', "rooms[1].feed: expected the address"),
        (f'{TOP}invites = ["ida"]\n{ROOM}', "invites: expected a list of users"),
        ("a = ?\n", "bot.toml:1: Invalid value"),
    ],
)
def test_what_cant_be_taken_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(tmp_path, text)
    assert said in str(raised.value)
    assert str(tmp_path / "bot.toml") in str(raised.value)
    assert "secret" not in str(raised.value)


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        config.load(tmp_path / "bot.toml")
    (tmp_path / "bot.toml").write_bytes(b"\xff")
    with pytest.raises(SettingsError, match="not in UTF-8"):
        config.load(tmp_path / "bot.toml")


def test_the_token_is_read_from_its_file_each_time(tmp_path: Path) -> None:
    told = load(tmp_path, f'{TOP}token_file = "token"\n{ROOM}')
    with pytest.raises(SettingsError, match="No such file"):
        config.token(told, {})
    for content, found in ((b"one\n", "one"), (b"two", "two")):
        (tmp_path / "token").write_bytes(content)
        assert config.token(told, {config.TOKEN: "another"}) == found
    for content in (b"", b"two words", b"\xc3\xa9", b"a\nb", b"\xff"):
        (tmp_path / "token").write_bytes(content)
        with pytest.raises(SettingsError) as raised:
            config.token(told, {})
        assert "two words" not in str(raised.value)
