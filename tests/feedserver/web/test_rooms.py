"""How a feed comes into a Matrix room, as its page says it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser
from starlette.testclient import TestClient

from feedserver.bot import config
from feedserver.embed import rooms
from feedserver.feeds import catalogue
from feedserver.formats import archive as archives
from feedserver.settings.settings import Settings
from feedserver.web.app import create_app
from tests.samples import SITE, archive, post, update
from tests.served import served

URL = "https://feeds.example/"


def _told(tmp_path: Path, address: str) -> list[str]:
    """What stands on a page, to be copied."""
    issue = post("week-1", sections=["clients"], tags=["Week"])
    entries = [issue, update(issue, 0)]
    folder = tmp_path / "site"
    folder.mkdir()
    written = archives.serialise(archive(entries, catalogue.feeds(entries, SITE)))
    (folder / "archive.json").write_bytes(written)
    app = create_app(Settings(url=URL), store=served(folder))
    with TestClient(app, base_url="https://feeds.example") as client:
        answer = client.get(address, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    page = LexborHTMLParser(answer.text)
    # It is there to be read, and a script shows the buttons.
    shown = [node.text() for node in page.css("details.room pre")]
    buttons = page.css("details.room button[hidden]")
    assert [button.attributes["data-copy"] for button in buttons] == shown
    return shown


@pytest.mark.parametrize(
    ("address", "path", "query", "mode"),
    [
        ("/section/clients/atom.xml", "section/clients/", "", "updates"),
        ("/updates/rss.xml", "updates/", "", "updates"),
        ("/feed.json", "", "", "issues"),
        ("/category/week/feed.json", "category/week/", "", "issues"),
        # How many entries are shown is nothing to a bot.
        ("/updates/feed.json?q=news&limit=3", "updates/", "?q=news", "updates"),
        ("/feeds/?kind=updates&section=clients", "updates/", "?section=clients", "updates"),
    ],
)
def test_a_page_says_how_its_feed_comes_into_a_room(
    tmp_path: Path, address: str, path: str, query: str, mode: str
) -> None:
    lines, maubot, hookshot = _told(tmp_path, address)
    assert lines == (
        "[[rooms]]\n"
        'room = "#room:matrix.example"\n'
        f'feed = "https://feeds.example/{path}feed.json{query}"\n'
        f'mode = "{mode}"'
    )
    assert maubot == f"!rss subscribe https://feeds.example/{path}atom.xml{query}"
    assert hookshot == f"!hookshot feed https://feeds.example/{path}atom.xml{query}"


def test_the_bot_takes_the_lines(tmp_path: Path) -> None:
    feed = catalogue.feeds([post("a")], SITE)[0]
    [lines, *_] = rooms.of(feed, 'https://feeds.example/"\\/')
    assert tomllib.loads(lines.text)["rooms"][0]["feed"] == 'https://feeds.example/"\\/feed.json'
    file = tmp_path / "bot.toml"
    file.write_text(
        f'homeserver = "https://matrix.example"\nuser = "@news:matrix.example"\n{lines.text}\n'
    )
    [room] = config.load(file).rooms
    assert (room.room, room.mode) == (rooms.ROOM, "issues")
