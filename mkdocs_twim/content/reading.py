"""How long it takes to read a post, as Zola counts it (zola.md Z9.9)."""

from __future__ import annotations

import re

WORDS_A_MINUTE = 200
_FENCED = re.compile(r"```.*?```", re.DOTALL)
# A word of letters and digits, with what may join two of them; scripts without spaces have a word
# a character, as the segmentation of Unicode has them.
_WORD = re.compile(
    "[\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
    "|(?:[^\\W\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)(?:['’.:](?=\\w)\\w+)*"
)


def words(text: str) -> int:
    """The words of a Markdown text, without those between pairs of ``` fences."""
    return sum(1 for _ in _WORD.finditer(_FENCED.sub(" ", text)))


def minutes(text: str) -> int:
    """The minutes that a text takes, rounded up; none without a word."""
    return -(-words(text) // WORDS_A_MINUTE)
