"""How long it takes to read a post: 200 words a minute, as Zola counts it (zola.md Z9.9).

Of scripts that put no spaces between words a minute has 400 characters.
"""

from __future__ import annotations

import re
from fractions import Fraction

WORDS_A_MINUTE = 200
CHARACTERS_A_MINUTE = 400
_FENCED = re.compile(r"```.*?```", re.DOTALL)
# Han, kana and bopomofo; Thai, Lao, Tibetan, Burmese, Khmer, Yi, Javanese. Korean has
# spaces.
_UNSPACED = (
    "\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e50-\u0e59\u0e81-\u0eff\u0f00\u0f20-\u0f33\u0f40-\u0fbc"
    "\u1000-\u1049\u1050-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f\u1780-\u17d3\u17e0-\u17e9\ua000-\ua48c"
    "\ua980-\ua9c0\ua9cf-\ua9d9"
)
_CHARACTER = re.compile(f"[{_UNSPACED}]")
# A word of letters and digits, with what may join two of them.
_WORD = re.compile(f"[^\\W{_UNSPACED}]+(?:['’.:][^\\W{_UNSPACED}]+)*")


def words(text: str) -> int:
    """The words of a Markdown text that stand apart, without those between pairs of ``` fences."""
    return sum(1 for _ in _WORD.finditer(_FENCED.sub(" ", text)))


def characters(text: str) -> int:
    """The characters of scripts without spaces, without those between fences."""
    return sum(1 for _ in _CHARACTER.finditer(_FENCED.sub(" ", text)))


def minutes(text: str) -> int:
    """The minutes that a text takes, rounded up; none without a word."""
    time = Fraction(words(text), WORDS_A_MINUTE) + Fraction(characters(text), CHARACTERS_A_MINUTE)
    return -(-time.numerator // time.denominator)
