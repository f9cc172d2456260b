"""What others put into their pages to show a feed there: the component, a frame, a picture.

A snippet comes in parts, so that a script can write it anew when another layout is chosen. Nothing
in it needs more than a strict Content-Security-Policy allows: no style, no handler.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal
from urllib.parse import quote

from feedserver.embed.widget import Layout, Widget
from feedserver.feeds.catalogue import feed_address, page_address
from feedserver.feeds.parameters import WHOLE, Slice
from feedserver.model import Feed, Site

Name = Literal["component", "frame", "picture"]
SCRIPT = "embed.js"
"""The path of the component."""

HEIGHTS: Mapping[Layout, tuple[int, int]] = {
    "list": (142, 84),
    "compact": (34, 84),
    "cards": (210, 74),
}
"""By layout, in a frame of any width: how high an entry is with lines that are broken, and what
stands around all, in pixels.
"""
_WIDE: Mapping[Layout, tuple[int, int]] = {
    "list": (122, 62),
    "compact": (34, 62),
    "cards": (206, 50),
}
"""The same from `_WIDE_FROM` pixels on."""
_WIDE_FROM = 440
_CARD, _AROUND_CARDS = 252, 28
"""The least width of a card with its gap, and what the page is wider than all of them."""
_MARKED = re.compile(r"[\\\[\]<>*_`~&]")
_ENDING = re.compile(r"[()<>\\\s]")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A text to be copied; each second part is the name of an option, see `options`."""

    name: Name
    parts: tuple[str, ...]

    def text(self, widget: Widget) -> str:
        """The snippet, for a layout and a number of entries."""
        values = options(widget)
        return "".join(values[part] if n % 2 else part for n, part in enumerate(self.parts))

    @property
    def json(self) -> str:
        """The parts, for a script."""
        return json.dumps(self.parts, ensure_ascii=False)


def options(widget: Widget) -> Mapping[str, str]:
    """What a snippet says of a widget; the script of our pages knows the same names."""
    theme = "" if widget.theme == "auto" else f"theme={widget.theme}"
    return {
        "layout": widget.layout,
        "limit": str(widget.limit),
        "height": str(height(widget)),
        "theme": theme and f"&{theme}",
        "theme_html": theme and f"&amp;{theme}",
    }


def height(widget: Widget, width: int | None = None) -> int:
    """How high a frame is best where no script hears how high its page is.

    Without a width it is one that does for any, so that nothing has to be scrolled on a telephone.
    """
    if width is None or width < _WIDE_FROM:
        each, rest = HEIGHTS[widget.layout]
        return widget.limit * each + rest
    each, rest = _WIDE[widget.layout]
    beside = (width - _AROUND_CARDS) // _CARD if widget.layout == "cards" else 1
    return -(-widget.limit // beside) * each + rest


def of(feed: Feed, site: Site, base: str, part: Slice) -> tuple[Snippet, ...]:
    """The snippets of a part of a feed."""
    title, home = escape(feed.title), home_address(feed, site, base, part)
    query = "" if part == WHOLE else part.query_string()
    source = feed_address(base, feed, "feed.json") + (f"?{query}" if query else "")
    rest = f"&{query}" if query else ""
    frame, picture = page(feed, base), picture_address(feed, base)
    return (
        Snippet(
            "component",
            (
                f'<script type="module" src="{escape(base)}{SCRIPT}"></script>\n'
                f'<twim-feed src="{escape(source)}" layout="',
                *("layout", '" limit="', "limit"),
                f'"><a href="{escape(home)}">{title}</a></twim-feed>',
            ),
        ),
        Snippet(
            "frame",
            (
                *(f'<iframe src="{escape(frame)}?layout=', "layout", "&amp;limit=", "limit"),
                *("", "theme_html", f'{escape(rest)}" title="{title}" width="100%" height="'),
                *("height", '" frameborder="0" loading="lazy"></iframe>'),
            ),
        ),
        Snippet(
            "picture",
            (
                *(f"[![{_marked(feed.title)}]({_target(picture)}?limit=", "limit", "", "theme"),
                f"{rest})]({_target(home)})",
            ),
        ),
    )


def inline_frame(feed: Feed, base: str, widget: Widget, width: int, tall: int) -> str:
    """A frame of a fixed size."""
    address = escape(f"{page(feed, base)}?{widget.query_string()}")
    return (
        f'<iframe src="{address}" title="{escape(feed.title)}" width="{width}" height="{tall}" '
        'frameborder="0" loading="lazy"></iframe>'
    )


def page(feed: Feed, base: str) -> str:
    """The address of a feed's page for frames; `base` ends in a slash."""
    return f"{base}embed{feed.path}"


def picture_address(feed: Feed, base: str) -> str:
    """The address of a picture of a feed's latest entries."""
    return f"{base}embed{feed.path.rstrip('/')}.svg"


def home_address(feed: Feed, site: Site, base: str, part: Slice) -> str:
    """Where all of it can be read: the feed's page on its site; of a part, that on the server."""
    on_site, here = page_address(site.url, feed, base), feed_address(base, feed, "atom.xml")
    if part != WHOLE:
        return f"{here}?{part.query_string()}"
    # What a source calls its address may be anything.
    return on_site if on_site.startswith(("http://", "https://")) else here


def _marked(text: str) -> str:
    """A text as Markdown, without what Markdown would take for more than that."""
    return _MARKED.sub(r"\\\g<0>", " ".join(text.split()))


def _target(address: str) -> str:
    """An address as Markdown, in which a bracket or a space would end it."""
    return _ENDING.sub(lambda sign: quote(sign[0], safe=""), address)
