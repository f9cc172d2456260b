"""The inline text of headings and paragraphs: its links, and what a heading is called by it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from selectolax.lexbor import LexborNode

from feedserver.text.slugs import BRACKETS, slugify, version_at, without_emoji, without_end

LETTER = re.compile(r"[^\W_]")
MATRIX = re.compile(r"https?://(?:www\.)?matrix\.to/|matrix:", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_USER = re.compile(r"(?i)(?:https?://(?:www\.)?matrix\.to/(?:#/*)?@|matrix:u(?:ser)?/@?)([^?]+)")
_PERMALINK = re.compile(r"(?:permalink|(?:anchor|direct)? ?link (?:to|for)\b.*)", re.IGNORECASE)
_NOTE_NUMBER = re.compile(r"\[?\d+\]?")
_EMOJI_CODE = re.compile(r":[a-z0-9_+-]{1,40}:")
_SIGNS = frozenset(("", "link", "room", "website"))
"""What a link at the end may say beside signs; an arrow is one."""
_OPENING, _CLOSING = tuple(BRACKETS), tuple(BRACKETS.values())


class Run(NamedTuple):
    """A piece of inline text that is one link, or none."""

    text: str
    href: str | None = None

    @property
    def user(self) -> str | None:
        """The Matrix user that it leads to, less the `@`."""
        found = _USER.match(unquote(self.href)) if self.href else None
        return found[1].rstrip("/") if found else None


def runs_of(nodes: Iterable[LexborNode], alternatives: bool = False) -> list[Run]:
    """The inline text of nodes, `alternatives` of pictures with it; each link is a piece of it.

    The numbers that lead to footnotes are no part of it.
    """
    # Each link is a tuple of its own: two that follow each other may lead to one place.
    found: list[tuple[tuple[str] | None, list[str]]] = []
    # A stack of ours: the markup may be nested deeper than Python's.
    stack: list[tuple[tuple[str] | None, Iterator[LexborNode]]] = [(None, iter(nodes))]
    while stack:
        link, below = stack[-1]
        for node in below:
            if node.is_text_node:
                text = node.text_content or ""
            elif (tag := node.tag) == "br":
                text = " "
            elif tag == "img" and alternatives:
                text = node.attributes.get("alt") or ""
            elif tag in ("a", "sup") and note_mark(node):
                continue
            elif node.is_element_node:
                if tag == "a" and (href := node.attributes.get("href")):
                    link = (href,)
                    found.append((link, []))
                stack.append((link, node.iter(include_text=True)))
                break
            else:
                continue
            if not found or found[-1][0] is not link:
                found.append((link, []))
            found[-1][1].append(text)
        else:
            stack.pop()
    return [Run("".join(texts), link[0] if link else None) for link, texts in found]


def note_mark(node: LexborNode) -> Run | None:
    """The raised number that leads to a footnote, if it is one; pandoc has the link around it."""
    inside = list(node.iter(include_text=True))
    if len(inside) != 1 or {node.tag, inside[0].tag} != {"a", "sup"}:
        return None
    text = node.text().strip()
    href = (node if node.tag == "a" else inside[0]).attributes.get("href") or ""
    return Run(text, href) if "#" in href and _NOTE_NUMBER.fullmatch(text) else None


def tidied(runs: Iterable[Run]) -> str:
    """The text of runs on one line."""
    return " ".join("".join(run.text for run in runs).split())


def without_permalink(runs: list[Run], id: str) -> list[Run]:
    """A heading's text less its links to itself; a link around all of it becomes text."""
    if not any(run.href for run in runs):
        return runs
    own = (run for run in runs if LETTER.search(run.text))
    known = {id or slugify(tidied(own)) or None}
    kept = []
    for run in runs:
        if run.href and unquote(run.href.partition("#")[2]) in known:
            if not LETTER.search(run.text) or _PERMALINK.fullmatch(run.text.strip()):
                continue
            run = Run(run.text)
        kept.append(run)
    return kept


def title_of(runs: Sequence[Run]) -> tuple[str, str | None]:
    """A heading's text less the links at its end, and the one that is its website.

    Such a link is a sign, an arrow, or one of a few words, or stands alone in brackets; emoji
    around it go with it. A version may follow it.
    """
    if not any(run.href for run in runs):
        return tidied(runs), None
    there = [index for index, run in enumerate(runs) if run.text.strip() or run.href]
    seen = runs[there[0] : there[-1] + 1] if there else []
    above, hrefs = _end(seen)
    title = without_end(tidied(seen[:above]))
    name, version = _around_version(seen[:above])
    before, more = _end(name)
    own = without_end(tidied(name[:before]))
    if more and LETTER.search(own):
        title, hrefs = f"{own} {version}", [*more, *hrefs]
    if hrefs and LETTER.search(title):
        # A room or a person is where a project is talked about, if there is more.
        return title, next((href for href in hrefs if not MATRIX.match(href)), hrefs[0])
    said = [run for run in seen if run.href or _said(run)]
    whole = said[0].href if len(said) == 1 else None
    return tidied(seen), None if whole is None or MATRIX.match(whole) else whole


def _around_version(runs: Sequence[Run]) -> tuple[Sequence[Run], str]:
    """What stands before the first version if that begins a run, and the text from it on."""
    for index, run in enumerate(runs):
        at = version_at(run.text)
        if at is not None:
            at -= run.text[:at].endswith(_OPENING)
            return [*runs[:index], Run(run.text[:at])], tidied(
                [Run(run.text[at:]), *runs[index + 1 :]]
            )
    return (), ""


def _end(runs: Sequence[Run]) -> tuple[int, list[str]]:
    """How many runs stand before the links at the end of a heading, and those links, in order."""
    above, hrefs = len(runs), list[str]()
    links: list[str] = []
    is_bracketed = False
    for index in range(len(runs) - 1, -1, -1):
        run = runs[index]
        if run.href:
            if not is_bracketed and not _is_sign(run.text):
                break
            links.insert(0, run.href)
            if not is_bracketed:
                above, hrefs = index, list(links)
            continue
        text = _said(run)
        if is_bracketed and text.endswith(_OPENING):
            is_bracketed, text = False, text[:-1]
            above, hrefs = index + 1, list(links)
        if LETTER.search(text):
            break
        is_bracketed = is_bracketed or text.startswith(_CLOSING)
    return above, hrefs


def _is_sign(text: str) -> bool:
    return " ".join(_WORD.findall(without_emoji(text))).casefold() in _SIGNS


def _said(run: Run) -> str:
    """The text of a run, less emoji."""
    return without_emoji(_EMOJI_CODE.sub(" ", run.text))
