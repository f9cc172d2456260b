"""A picture of a room that follows a section: the messages are those that the bot sends.

The look is nobody's client, but what all of them do: a name, a time, and the message's HTML.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path

ROOM = "#feeds:twim.example"
MOST = 3
NAME = "room.html"
_STYLE = """\
  * { box-sizing: border-box; }
  body { margin: 0; font: 16px/1.5 sans-serif; color: #1b1d22; background: #fff; }
  header { display: flex; gap: 12px; align-items: baseline; padding: 14px 28px;
    border-bottom: 1px solid #e3e5e8; }
  header b { font-size: 18px; }
  header span, time { color: #5c6470; font-size: 14px; }
  article { display: grid; grid-template-columns: 44px 1fr; gap: 4px 14px; padding: 16px 28px 0; }
  article > i { grid-row: span 2; width: 40px; height: 40px; border-radius: 50%; color: #fff;
    background: #3f51b5; font: 600 18px/40px sans-serif; text-align: center; }
  article > div > :first-child { margin-top: 0; }
  p { margin: 0 0 8px; }
  a { color: #2f4bb2; text-decoration: none; }
  blockquote { margin: 0 0 8px; padding: 2px 14px; border-left: 3px solid #c9cdd4; }
  code { font-size: 14px; background: #f0f1f3; padding: 1px 4px; border-radius: 3px; }
"""


def page(site: Path) -> str:
    """A page that shows the room, of the newest updates in a feed of a built site."""
    feed = json.loads((site / "section/feeds/feed.json").read_text("utf-8"))
    said = []
    # The bot sends an issue in its own order.
    for item in sorted(feed["items"][:MOST], key=lambda item: str(item["date_published"])):
        day, clock = item["date_published"][:10], item["date_published"][11:16]
        said.append(
            f"<article><i>n</i><span><b>news</b> <time>{day} {clock}</time></span>"
            f"<div>{item['_matrix']['content']['formatted_body']}</div></article>"
        )
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        # Else a browser asks for one.
        '<link rel="icon" href="data:,">\n'
        f"<title>{escape(ROOM)}</title>\n<style>\n{_STYLE}</style>\n"
        f"<header><b>{escape(ROOM)}</b> <span>{escape(feed['title'])}</span></header>\n"
        f"<main>{''.join(said)}</main>\n</html>\n"
    )
