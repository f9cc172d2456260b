"""Elements that the author of an issue didn't close, and the headings that they swallow.

In `<script>`, named in a report, all that follows is code to a browser, and to feeds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from feedserver.newsletter import issues
from feedserver.text import html as htmls
from mkdocs_twim.errors import Doubt
from mkdocs_twim.posts.outlines import HeadingLines
from mkdocs_twim.posts.page import PostPage

_COMMENT = re.compile(r"(?s)<!--.*?(?:-->|\Z)")
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)\b([^<>]*)>")
_ID = re.compile(r'\bid="([^"]*)"')
_CLOSED_BY_ITSELF = frozenset(
    "area base br col embed hr img input link meta param source track wbr"
    # What HTML needs no end of, and what a parser closes where a block ends.
    " dd dt li optgroup option p rp rt tbody td tfoot th thead tr"
    " a abbr b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike"
    " strong sub sup time tt u var".split()
)
# The end of the quote that they stand in doesn't end these.
_HOLDING = frozenset(
    "applet iframe marquee math noembed noframes noscript object plaintext script select style svg"
    " table template textarea title xmp".split()
)


@dataclass(slots=True)
class _Element:
    """An element of the written HTML; `is_closed` by its own end, within what it stands in."""

    tag: str
    is_quoted: bool
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class _Heading:
    """A section's or project's heading as it is written: in what, and below what since the last."""

    level: int
    title: str
    id: str
    inside: tuple[_Element, ...]
    below: tuple[_Element, ...]


def swallowed(page: PostPage, html: str) -> Iterator[Doubt]:
    """The first heading that begins no update because an element above it isn't closed."""
    written = list(_headings(_COMMENT.sub("", html)))
    if not any(_culprit(each.below) for each in written):
        return
    divided = issues.heading_ids(htmls.sanitise(html, page.permalink))
    below: list[_Element] = []
    for heading in written:
        below += heading.below
        if heading.id in divided:
            below.clear()
        elif not any(each.is_closed for each in heading.inside) and (tag := _culprit(below)):
            shown = f"{'#' * heading.level} {heading.title}"
            message = (
                f"the <{tag}> above '{shown}' isn't closed: headings within it begin no update"
            )
            line = HeadingLines(page.source.front).at(heading.level, heading.title)
            yield Doubt("division", message, page.file.src_uri, line)
            return


def _culprit(elements: list[_Element] | tuple[_Element, ...]) -> str | None:
    """The first of them that isn't closed, and holds what follows."""
    tags = (
        each.tag
        for each in elements
        if not each.is_closed and (each.tag in _HOLDING or not each.is_quoted)
    )
    return next(tags, None)


def _headings(html: str) -> Iterator[_Heading]:
    """The headings of sections and projects in HTML as it is written; whatever they stand in."""
    found: list[_Heading] = []
    is_open: list[_Element] = []
    below: list[_Element] = []
    for tag in _TAG.finditer(html):
        name = tag[2].lower()
        if name in ("h2", "h3") and not tag[1]:
            end = html.find(f"</{name}>", tag.end())
            title = htmls.plain(html[tag.end() : end])
            id = _ID.search(tag[3])
            inside = tuple(is_open)
            found.append(
                _Heading(int(name[1]), title, unescape(id[1]) if id else "", inside, tuple(below))
            )
            below = []
        elif name in _CLOSED_BY_ITSELF:
            continue
        elif not tag[1]:
            is_quoted = any(each.tag == "blockquote" for each in is_open)
            is_open.append(_Element(name, is_quoted))
            below.append(is_open[-1])
        elif name in (names := [each.tag for each in is_open]):
            at = len(names) - 1 - names[::-1].index(name)
            is_open[at].is_closed = True
            del is_open[at:]
    # Which are closed is known at the end.
    yield from found
