"""What holds nothing more to be seen once a picture or a link in it is gone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from selectolax.lexbor import LexborNode

PLACES = frozenset(
    "p a i b span figure picture div li em strong center section article header aside".split()
)
_AROUND = PLACES | frozenset(
    "blockquote dd details dl dt h1 h2 h3 h4 h5 h6 main mark nav ol s small summary u ul".split()
)
# What holds a picture with all that stands in for it.
_OF_ONE = frozenset("a div figure li p td".split())
_NEAR = 8
_BLANK = frozenset("br canvas noscript svg".split())
_EMPTIED = "data-emptied"
SEEN = (
    "img, video, audio, iframe, object, embed, table, hr, input, youtube-player, lite-youtube, svg,"
    " math"
)


def mark(node: LexborNode) -> None:
    """Mark what a node stands in, which may be empty once it is gone."""
    for parent in parents(node):
        if parent.tag not in _AROUND or _EMPTIED in parent.attributes:
            return
        parent.attrs[_EMPTIED] = ""


def take_out(body: LexborNode) -> None:
    """Take out what was marked, and is empty."""
    full: set[int] = set()
    for place in reversed(body.css(f"[{_EMPTIED}]")):
        if place.mem_id in full or holds(place):
            # What this stands in isn't empty, either.
            if place.parent is not None:
                full.add(place.parent.mem_id)
        else:
            place.decompose()


def holds(node: LexborNode) -> bool:
    """Whether there is anything to see in a node."""
    return bool(node.text().strip()) or node.css_first(SEEN) is not None


def is_blank(node: LexborNode) -> bool:
    """Whether a node is space, or nothing that parts pictures."""
    if node.is_text_node:
        return not (node.text_content or "").strip()
    return not node.is_element_node or node.tag in _BLANK


def parents(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def are_apart(one: LexborNode, other: LexborNode) -> bool:
    """Whether two nodes stand in places of their own, such as two paragraphs."""
    first, second = (
        {each.mem_id for each in islice(parents(node), _NEAR) if each.tag in _OF_ONE}
        for node in (one, other)
    )
    return not (first <= second or second <= first)
