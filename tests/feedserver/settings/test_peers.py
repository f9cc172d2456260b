"""Peers as the file of settings names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedserver.errors import SettingsError
from feedserver.settings.peers import Peer
from feedserver.settings.settings import load

WHOLE = """
sources = ["site"]

[[peers]]
url = "https://News.example"
title = "Owls"
hosts = ["owls.example", "localhost:8001"]
section = ["clients", "Matrix Live"]
not_category = ["weather"]
sections = {apps = "clients"}
history = false
entries = 100
bytes = 1000000

[[peers]]
url = "https://a.example/@owl/feed?format=atom"
[peers.projects]
c-lang = "C++"
"""


def peers(folder: Path, text: str) -> tuple[Peer, ...]:
    path = folder / "feedserver.toml"
    path.write_text(text, "utf-8")
    return load(path, {}, {}).peers


def test_all_that_can_be_said_of_a_peer(tmp_path: Path) -> None:
    assert peers(tmp_path, WHOLE) == (
        Peer(
            "https://news.example/",
            "Owls",
            ("owls.example", "localhost:8001"),
            {"section": ("clients", "matrix-live"), "not_category": ("weather",)},
            {"apps": "clients"},
            {},
            history=False,
            entries=100,
            bytes=1_000_000,
        ),
        Peer("https://a.example/@owl/feed?format=atom", projects={"c-lang": "c-plus-plus"}),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[peers]]\ntitle = 'x'", ":1: peers: expected a url"),
        ("[peers]\nurl = 'https://a.example/'", ":1: peers: expected tables [[peers]]"),
        ("peers = 'x'", ":1: peers: expected tables [[peers]]"),
        ("[[peers]]\nurl = 'https://a.example/'\nentries = 0", ":3: peers.entries: expected a"),
        ("[[peers]]\nurl = 'https://a.example/'\nbytes = '1'", ":3: peers.bytes: expected a"),
        ("peers = ['x']", ":1: peers: expected tables [[peers]]"),
        ("[[peers]]\nurl = 'ftp://a.example/'", ":2: peers.url: expected an address such as"),
        (
            "[[peers]]\nurl = 'https://me:secret@a.example/'",
            ":2: peers.url: expected an address without",
        ),
        ("[[peers]]\nurl = 3", ":2: peers.url: expected text, found 3"),
        ("[[peers]]\nurl = 'a.example'", ":2: peers.url: expected an address such as"),
        (
            "[[peers]]\nurl = 'https://a.example/'\n[[peers]]\nurl = 'https://b.example/'\n"
            "sectoin = ['x']",
            ":5: peers: there is no setting 'sectoin'; is 'section' meant?",
        ),
        (
            "[[peers]]\nurl = 'https://a.example/'\nhosts = ['https://b.example/']",
            ":3: peers.hosts: expected hosts such as news.example",
        ),
        (
            "[[peers]]\nurl = 'https://a.example/'\nsections = ['x']",
            ":3: peers.sections: expected a table of slugs",
        ),
        (
            "[[peers]]\nurl = 'https://a.example/'\n[peers.sections]\nx = 3",
            ":3: peers.sections: expected text, found {'x': 3}",
        ),
        (
            "[[peers]]\nurl = 'https://a.example/'\n\n[[peers]]\nurl = 'https://A.example'",
            ":5: peers: https://a.example/ stands there twice",
        ),
        ("peers = [{url = 'https://a.example/', x = 1}]", ":1: peers: there is no setting 'x'"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        peers(tmp_path, text)
    assert said in str(error.value) and "secret" not in str(error.value)
