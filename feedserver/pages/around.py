"""A page of the site's, around a part that the server makes.

The place is the one empty element with the id `twim-catalogue`. A page of two, or with something in
it, isn't meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape

from feedserver.formats.formats import FORMATS

PLACE = "twim-catalogue"

_ID = re.compile(rf"""\sid=(?:"{PLACE}"|'{PLACE}'|{PLACE}(?=[\s>]))""")
_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9-]*)\s")
_ALTERNATE = re.compile(r"<link rel=[\"']?alternate\b")
_OWN_FEEDS = re.compile(
    r"<link(?=[^>]*\srel=[\"']?alternate\b)"
    rf"(?=[^>]*\shref=[\"']?\.\./(?:{'|'.join(map(re.escape, FORMATS))})[\"'\s/>])[^>]*>\s*"
)
_TITLE = re.compile(r"(<title\b[^>]*>)[^<]*", re.IGNORECASE)
_HEAD_END = re.compile(r"</head>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Around:
    """A page as text: up to its own feeds in the head, from there to the place, and the rest.

    The feeds of the whole site aren't in the head, for the server names those itself. `has_feeds`
    says that the page lists all feeds by itself.
    """

    start: str
    middle: str
    end: str
    has_feeds: bool

    def titled(self, title: str) -> Around:
        """The page with another title, which is plain text."""

        def named(text: str) -> str:
            return _TITLE.sub(lambda match: match[1] + escape(title), text, count=1)

        start = named(self.start)
        # What stands above the title is the theme's to choose.
        middle = self.middle if _TITLE.search(self.start) else named(self.middle)
        return replace(self, start=start, middle=middle)


def around(page: str) -> Around | None:
    """Cut a page at the place for the server's part; `None` if there isn't exactly one."""
    found = list(_ID.finditer(page))
    if len(found) != 1:
        return None
    at = page.rfind("<", 0, found[0].start() + 1)
    opens, closes = _TAG.match(page, at), page.find(">", found[0].end())
    if not opens or closes < 0 or ">" in page[at : found[0].start()]:
        return None
    rest = page[closes + 1 :].lstrip()
    if not rest.startswith(f"</{opens[1]}>"):
        return None
    head = _ALTERNATE.search(page, 0, at) or _HEAD_END.search(page, 0, at)
    cut = head.start() if head else 0
    has_feeds = "data-twim-feeds" in page[at : closes + 1]
    middle = _OWN_FEEDS.sub("", page[cut : closes + 1])
    return Around(page[:cut], middle, rest, has_feeds)
