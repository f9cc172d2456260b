"""Where the words of a search stand in a text, and what stands around them.

A word is found as the search finds it (FTS5, `unicode61 remove_diacritics 2`): whole, whatever its
case and its accents; "word*" is the beginning of one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from markupsafe import Markup, escape

from feedserver.store.database import separated

Words = re.Pattern[str]

_BEFORE = 80
_LENGTH = 280


def words(text: str) -> Words | None:
    """What a search looks for, as a pattern of folded text; `None` if it looks for nothing."""
    found = []
    for word in map(_folded, text.split()):
        # Where words aren't parted, they are found within a text.
        apart = separated(word)
        parts = re.findall(r"\w+", apart)
        if parts:
            rest = r"\w*" if word.endswith("*") else ""
            joint, edge = (r"\W+", r"\b") if apart == word else (r"\W*", "")
            found.append(edge + joint.join(map(re.escape, parts)) + rest + edge)
    # The longer first, or "work" would be all that is marked of "works".
    found.sort(key=len, reverse=True)
    return re.compile("|".join(found)) if found else None


def marked(text: str, wanted: Words | None) -> Markup:
    """A text as HTML, with the words marked."""
    if wanted is None:
        return escape(text)
    html, end = Markup(), 0
    for match in wanted.finditer(_folded(text)):
        html += escape(text[end : match.start()])
        html += Markup("<mark>{}</mark>").format(text[match.start() : match.end()])
        end = match.end()
    return html + escape(text[end:])


def around(text: str, wanted: Words) -> str | None:
    """What stands around the first of the words; `None` if there is none."""
    match = wanted.search(_folded(text))
    if match is None:
        return None
    start = max(0, match.start() - _BEFORE)
    # From one space to another.
    start = text.find(" ", start, match.start()) + 1 if start else 0
    end = start + _LENGTH
    end = max(match.end(), text.rfind(" ", start, end)) if end < len(text) else len(text)
    return f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"


def _folded(text: str) -> str:
    """A text of the same length without case and accents."""
    return text.lower() if text.isascii() else "".join(map(_base, text))


@cache
def _base(sign: str) -> str:
    parts = unicodedata.normalize("NFD", sign)
    return (parts[0] if all(map(unicodedata.combining, parts[1:])) else sign).lower()[0]
