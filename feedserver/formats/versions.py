"""By what a bot knows that an entry was edited: `_twim.version` of an item.

It stays what it is over releases, so what it is made of is not what anybody sees: markup, dates and
tags may change without.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from html import unescape

from feedserver.model import Entry
from feedserver.text.html import sanitised_text

_DIGITS = 12
_TARGET = re.compile(r'<(?:a|img)\s(?:[^">]|"[^"]*")*?\b(?:href|src)="([^"]*)"')


def version(entry: Entry) -> str:
    """Twelve hexadecimal digits of SHA-256: another version is another text.

    Over the titles of an update's section and project, or a post's title; the address; the text of
    the content; the addresses of its links and pictures, in order. Each ends in U+0000.
    """
    digest = hashlib.sha256()
    for part in _parts(entry):
        # A lone surrogate can't be written in UTF-8.
        digest.update(f"{part}\0".encode("utf-8", "replace"))
    return digest.hexdigest()[:_DIGITS]


def _parts(entry: Entry) -> Iterator[str]:
    of, content = entry.update, entry.content or ""
    if of is None:
        yield entry.title
    else:
        yield of.section.title if of.section else ""
        yield of.project.title if of.project else ""
    yield entry.url
    yield sanitised_text(content)
    yield from map(unescape, _TARGET.findall(content))
