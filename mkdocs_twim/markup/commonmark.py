"""CommonMark to HTML as Zola has it, by pyromark, Python bindings of the same parser.

Tables, footnotes, strikethrough, task lists and heading attributes are on; heading ids are Zola's
(all headings that Markdown makes, also in quotes and lists); fenced code goes through Pygments.
Shortcodes and links are others' concern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any, cast

import pyromark
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from feedserver.newsletter.entries import MORE
from feedserver.text.html import one_line, plain
from feedserver.text.slugs import HeadingIds

OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_HEADING_ATTRIBUTES
)

_MORE = re.compile(r"<!--[^\S\n]*more[^\S\n]*-->", re.IGNORECASE)
_HEADING = re.compile(r"<h([1-6])((?:\s[^>]*)?)>(.*?)</h\1>", re.DOTALL | re.IGNORECASE)
_H1 = re.compile(r"\s*<h1\b[^>]*>(.*?)</h1>", re.DOTALL | re.IGNORECASE)
_ANCHOR = re.compile(
    r'<a class="headerlink"[^>]*>[^<]*</a>|<a class="[^"]*" href="#[^"]*" title="[^"]*">[^<]*</a>'
    r'|<a class="zola-anchor"[^>]*>[^<\w]*</a>',
    re.ASCII,
)
_RAW_HEADING = re.compile(r"<h[1-6][\s>]", re.IGNORECASE)
_ID = re.compile(r'\sid="([^"]*)"')
_FOOTNOTE_MARK = re.compile(r'<sup class="footnote-reference">.*?</sup>')
# The search of Material takes such a mark into a heading's title, with its markup.
_NOTE_IN_HEADING = re.compile(r'<sup(?= (?:class="footnote-reference"|id="fnref))')
_ALT = re.compile(r'<img\s[^>]*?alt="([^"]*)"[^>]*>')
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that Markdown made; `title` is its plain text."""

    level: int
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Rendered:
    html: str
    headings: tuple[Heading, ...]


class Renderer:
    """How a site's CommonMark becomes HTML.

    `pygments` is off where the theme highlights in the browser; `permalink` is the sign of the
    link at each heading ("¶"), if the site wants one.
    """

    def __init__(self, *, pygments: bool = True, permalink: str | None = None) -> None:
        self._markdown = pyromark.Markdown(
            options=OPTIONS, highlight=_highlighted if pygments else _code
        )
        self._permalink = permalink

    def render(
        self, text: str, ignore: re.Pattern[str] | None = None, anchors: str | None = None
    ) -> Rendered:
        """Render a post's text; what `ignore` matches is no part of a heading's id and title.

        `anchors` is where headings have links to themselves: left, right, heading or none, as
        Zola's `insert_anchor_links`; `None` is as the site has it.
        """
        html = self._markdown.html(text)
        html = with_more(html)
        by_markdown = iter(_by_markdown(text)) if _RAW_HEADING.search(text) else None
        found = [
            match
            for match in _HEADING.finditer(html)
            if by_markdown is None or next(by_markdown, False)
        ]
        ids = HeadingIds()
        for match in found:
            if explicit := _ID.search(match[2]):
                ids.reserve(unescape(explicit[1]))
        parts: list[str] = []
        headings: list[Heading] = []
        end = 0
        for match in found:
            title = _heading_text(match[3], ignore)
            explicit = _ID.search(match[2])
            heading = Heading(
                int(match[1]), unescape(explicit[1]) if explicit else ids.take(title), title
            )
            headings.append(heading)
            parts += [html[end : match.start()], self._heading(heading, match, anchors)]
            end = match.end()
        parts.append(html[end:])
        return Rendered("".join(parts), tuple(headings))

    def snippet(self, text: str, *, inline: bool = False, taken: set[str] | None = None) -> str:
        """The HTML of a text within a page, such as a caption; `inline` takes its one `<p>` off.

        Its headings have ids, but none that is in `taken`, which gets them.
        """
        html = self._markdown.html(text).strip()
        if "<h" in html:
            html = _with_ids(html, set() if taken is None else taken)
        if inline and html.startswith("<p>") and html.find("</p>") == len(html) - 4:
            return html[3:-4]
        return html

    def _heading(self, heading: Heading, match: re.Match[str], anchors: str | None) -> str:
        attributes = match[2] if _ID.search(match[2]) else f' id="{heading.id}"{match[2]}'
        to = escape(heading.id)
        before = after = ""
        if anchors == "left":
            before = _anchor(to, "🔗")
        elif anchors == "right":
            after = _anchor(to, "🔗")
        elif anchors == "heading" and "<a " not in match[3]:
            before, after = f'<a class="zola-anchor" href="#{to}">', "</a>"
        elif anchors is None and self._permalink:
            title = "Permanent link"
            after = f'<a class="headerlink" href="#{to}" title="{title}">{self._permalink}</a>'
        return f"<h{heading.level}{attributes}>{before}{match[3]}{after}</h{heading.level}>"


def _anchor(id: str, sign: str) -> str:
    """A heading's link to itself, in Zola's words, so that its stylesheets still fit (Z8.15)."""
    label = f"Anchor link for: {id}"
    return f'<a class="zola-anchor" href="#{id}" aria-label="{label}">{sign}</a>'


def split(html: str, title: str | None) -> tuple[str | None, str]:
    """The heading of level 1 that HTML begins with, if it is `title` or that is `None`; the rest.

    What shows the title by itself would show it twice.
    """
    found = _H1.match(html)
    if found is None:
        return None, html
    if title is not None and plain(_ANCHOR.sub("", found[1])) != one_line(title):
        return None, html
    return found[0], html[found.end() :].lstrip("\n")


def with_more(html: str) -> str:
    """Put the anchor "continue-reading" for the first mark `<!-- more -->`."""
    return _MORE.sub(f"{MORE}</span>", html, count=1)


def without_searched_notes(html: str) -> str:
    """Have marks of footnotes in headings left out by the search of Material."""
    if not _NOTE_IN_HEADING.search(html):
        return html
    return _HEADING.sub(
        lambda heading: _NOTE_IN_HEADING.sub("<sup data-search-exclude", heading[0]), html
    )


def _with_ids(html: str, taken: set[str]) -> str:
    """Give headings of a text within a page the ids that Zola would, if the page has none such."""
    ids = HeadingIds()
    taken |= {unescape(own[1]) for tag in _HEADING.finditer(html) if (own := _ID.search(tag[2]))}
    for id in taken:
        ids.reserve(id)

    def heading(match: re.Match[str]) -> str:
        if _ID.search(match[2]):
            return match[0]
        id = ids.take(_heading_text(match[3], None))
        taken.add(id)
        return f'<h{match[1]} id="{id}"{match[2]}>{match[3]}</h{match[1]}>'

    return _HEADING.sub(heading, html)


def toc_tokens(headings: Sequence[Heading]) -> list[dict[str, Any]]:
    """Nest headings as Zola does, in the form that MkDocs' `get_toc` takes.

    An entry goes below the latest one that it is deeper than, else it starts anew.
    """
    roots: list[dict[str, Any]] = []
    path: list[dict[str, Any]] = []
    for heading in headings:
        token = {
            "level": heading.level,
            "id": heading.id,
            "name": escape(heading.title, quote=False),
            "html": escape(heading.title, quote=False),
            "children": [],
        }
        while path and path[-1]["level"] >= heading.level:
            path.pop()
        (path[-1]["children"] if path else roots).append(token)
        path.append(token)
    return roots


def _heading_text(html: str, ignore: re.Pattern[str] | None) -> str:
    """Text, code and pictures' alt texts of a heading; line breaks glue words, as in Zola."""
    if ignore is not None:
        html = ignore.sub("", html)
    html = _ALT.sub(r"\1", _FOOTNOTE_MARK.sub("", html))
    return unescape(_TAG.sub("", html).replace("\n", "")).strip()


def _by_markdown(text: str) -> Iterator[bool]:
    """For each heading of the HTML, in its order: whether Markdown made it, or the author's HTML.

    Raw headings get no id and are not in the table of contents (zola.md Z8.14).
    """
    for event in pyromark.events(text, options=OPTIONS):
        if not isinstance(event, dict):
            continue
        item = cast("dict[str, Any]", event)
        start = item.get("Start")
        if isinstance(start, dict) and "Heading" in start:
            yield True
        for kind in ("Html", "InlineHtml"):
            if kind in item:
                yield from (False for _ in _RAW_HEADING.finditer(item[kind]))


_formatters: dict[str, HtmlFormatter[str]] = {}


def _language(info: str | None) -> str:
    """The language of a code block: what stands first in its info string (zola.md Z11.6)."""
    return re.split(r"[,\s{]", info or "", maxsplit=1)[0]


def _code(info: str | None, code: str) -> str:
    """A code block as it is, for scripts of the theme to highlight."""
    language = _language(info)
    attribute = f' class="language-{escape(language)}"' if language else ""
    return f"<pre><code{attribute}>{escape(code, quote=False)}</code></pre>"


def _highlighted(info: str | None, code: str) -> str:
    """A code block by Pygments, in the markup that Material styles."""
    name = _language(info).lower()
    if not name:
        return _code(info, code)
    try:
        lexer = get_lexer_by_name(name, stripnl=False)
    except ClassNotFound:
        return _code(info, code)
    formatter = _formatters.get(name)
    if formatter is None:
        css = f"language-{name} highlight"
        formatter = _formatters[name] = HtmlFormatter(cssclass=css, wrapcode=True)
    return highlight(code, lexer, formatter)
