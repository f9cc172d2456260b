"""What brings a feed into a Matrix room: lines for our bot, and what is said to bots of others.

maubot's plugin rss takes `!rss subscribe`, matrix-hookshot takes `!hookshot feed`: both in the room
itself, and from those who may change its settings. Of our formats Atom is the best for them: it
says of titles that they are text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Literal

from feedserver.feeds.catalogue import feed_address
from feedserver.feeds.index import UPDATE_FEEDS
from feedserver.feeds.parameters import WHOLE, Slice
from feedserver.model import Feed

Bot = Literal["bot", "maubot", "hookshot"]
ROOM = "#room:matrix.example"
"""The room in the lines for our bot, in whose place one's own is put."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a bot is told, to be copied."""

    bot: Bot
    text: str


def of(feed: Feed, base: str, part: Slice = WHOLE) -> tuple[Told, ...]:
    """What each bot is told of a part of a feed, which is found below `base`.

    How many entries the part may have is left out: a bot wants all that is new.
    """
    whole = replace(part, limit=None, before=None)
    query = "" if whole == WHOLE else f"?{whole.query_string()}"
    ours, theirs = (feed_address(base, feed, file) + query for file in ("feed.json", "atom.xml"))
    mode = "updates" if feed.kind in UPDATE_FEEDS else "issues"
    # A string of JSON is one of TOML.
    lines = f'[[rooms]]\nroom = "{ROOM}"\nfeed = {json.dumps(ours)}\nmode = "{mode}"'
    return (
        Told("bot", lines),
        Told("maubot", f"!rss subscribe {theirs}"),
        Told("hookshot", f"!hookshot feed {theirs}"),
    )
