"""maubot's plugin rss in a real room: what a plain bot makes of our feeds reads well.

The plugin's source can't be had from PyPI, and its licence doesn't allow a copy here: who runs this
names its folder in TWIM_MAUBOT_RSS (a checkout of maubot/rss), and in TWIM_MAUBOT a Python that has
maubot and feedparser, unless this one has.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from feedserver.embed import rooms
from tests.feedserver.running import until
from tests.rooms.newsletter import FEEDS, Newsletter, hosted
from tests.rooms.synapse import Member, homeserver

PLUGIN = os.environ.get("TWIM_MAUBOT_RSS")
PYTHON = os.environ.get("TWIM_MAUBOT", sys.executable)
TEMPLATE = "**[$title]($link)**: $summary"

pytestmark = pytest.mark.skipif(
    PLUGIN is None, reason="TWIM_MAUBOT_RSS names no folder with the source of maubot's plugin rss"
)


@contextmanager
def maubot(account: Member, folder: Path) -> Iterator[None]:
    """maubot with its plugin rss, which polls each second or so."""
    assert PLUGIN
    log = {"class": "logging.FileHandler", "filename": str(folder / "log")}
    config = {
        "user": {
            "credentials": {
                "id": account.user,
                "homeserver": account.server.address,
                "access_token": account.token,
                "device_id": None,
            },
            "sync": True,
            "autojoin": False,
            "appservice": False,
            "displayname": "disable",
            "avatar_url": "disable",
            # It hears what was said before it came.
            "ignore_initial_sync": False,
            "ignore_first_sync": False,
        },
        "database": f"sqlite:{folder / 'maubot.db'}",
        "plugin_config": {
            "update_interval": 0.02,
            "max_backoff": 1,
            "poll_parallelism_limit": 10,
            "spam_sleep": 0,
            "command_prefix": "rss",
            "notification_template": "New post in $feed_title: [$title]($link)",
            "allow_filter": False,
            "admins": [],
        },
        "logging": {
            "version": 1,
            "handlers": {"file": log},
            "root": {"level": "DEBUG", "handlers": ["file"]},
        },
    }
    told = folder / "config.yaml"
    # JSON is YAML.
    told.write_text(json.dumps(config), "utf-8")
    meta = Path(PLUGIN).resolve() / "maubot.yaml"
    process = subprocess.Popen(
        [PYTHON, "-m", "maubot.standalone", "-c", str(told), "-m", str(meta)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": ""},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
        assert process.poll() is None, (folder / "log").read_text("utf-8")[-3000:]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def test_a_plain_bot_posts_each_update_once_in_order_as_good_text(tmp_path: Path) -> None:
    folder = tmp_path / "synapse"
    folder.mkdir()
    news = Newsletter(tmp_path / "site")
    news.publish(1, {"Clients": {"Seagull": "It flies.", "Owl": "It hoots."}})
    with homeserver(folder) as server, hosted(news.folder) as address:
        ida, account = server.register("ida"), server.register("maubot")
        room = ida.create()
        account.ask("POST", f"join/{quote(room)}")

        def say(text: str) -> None:
            path = f"rooms/{quote(room)}/send/m.room.message/{os.urandom(4).hex()}"
            ida.ask("PUT", path, {"msgtype": "m.text", "body": text})

        def said() -> list[str]:
            """What the bot has said, but for its answers."""
            posts = [event for event in ida.events(room) if event["sender"] == account.user]
            return [
                event["content"]["formatted_body"]
                for event in posts
                if "m.relates_to" not in event["content"]
            ]

        def answers() -> int:
            events = [event for event in ida.events(room) if event["sender"] == account.user]
            return len(events) - len(said())

        # As the page of the feed says it.
        told = {each.bot: each.text for each in rooms.of(FEEDS[1], f"{address}/")}
        say(told["maubot"])
        with maubot(account, tmp_path):
            until(lambda: answers() == 1, seconds=60)
            news.publish(
                2,
                {
                    "Clients": {"Heron&lt;T&gt;": "It waits & looks.", "Seagull": "It *lands*."},
                    "Talks": {"Nests [new]": "Of twigs."},
                },
            )
            until(lambda: len(said()) == 3, seconds=60)
            # Its own wording, which also has the summary; of that, it only answers when asked.
            say(f"!rss template 1 {TEMPLATE}")
            say("!rss template 1")
            until(lambda: answers() == 2, seconds=60)
            # An edit is nothing new to it; the next issue is.
            news.publish(2, {**news.issues[2], "Talks": {"Nests [new]": "Of straw."}})
            news.publish(3, {"Clients": {"Seagull": "It swims. It dives, too."}})
            until(lambda: len(said()) == 4, seconds=60)
            assert said() == [
                f"<p>{said}</p>\n"
                for said in (
                    f"New post in Updates: {_link(2, 'heron%3Ct%3E', 'Heron&lt;T&gt; (Clients)')}",
                    f"New post in Updates: {_link(2, 'seagull', 'Seagull (Clients)')}",
                    f"New post in Updates: {_link(2, 'nests%20%5Bnew%5D', 'Nests [new] (Talks)')}",
                    f"<strong>{_link(3, 'seagull', 'Seagull (Clients)')}</strong>: "
                    "It swims. It dives, too.",
                )
            ]


def _link(number: int, heading: str, title: str) -> str:
    day = 2 + 7 * number
    return f'<a href="https://owls.example/{number}/#{heading}">{title}, 2026-01-{day:02}</a>'
