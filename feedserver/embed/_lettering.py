"""How wide a text will be in a font that nobody knows yet, and texts cut to fit.

Who looks at a picture has fonts of their own. What is counted with are the widths of DejaVu Sans,
the widest of those that browsers take for `sans-serif`; in the others a line ends sooner.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split()))


# Of ASCII, from the space on, in hundredths of the font's size.
_REGULAR = _numbers(
    "32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 "
    "84 84 53 100 68 69 70 77 63 58 77 75 29 29 66 56 86 75 79 60 79 69 63 61 73 68 99 69 61 "
    "69 39 34 39 84 50 50 61 63 55 63 62 35 63 63 28 28 58 28 97 63 61 63 63 41 52 39 63 59 "
    "82 59 59 52 64 34 64 84"
)
_BOLD = _numbers(
    "35 46 52 84 70 100 87 31 46 46 52 84 38 42 38 37 70 70 70 70 70 70 70 70 70 70 40 40 84 "
    "84 84 58 100 77 76 73 83 68 68 82 84 37 37 77 64 100 84 85 73 85 77 72 68 81 77 110 77 "
    "72 73 46 37 46 84 50 50 67 72 59 72 68 44 72 71 34 34 67 34 104 71 69 72 72 49 60 48 71 "
    "65 92 65 65 58 71 37 71 84"
)
_LETTER, _BOLD_LETTER = 78, 86
"""Of the alphabets that are not measured: a little more than their letters are on average."""
_SIGN = 100
_WIDE = 100
"""Of the letters of East Asia."""
_EMOJI = 130
_MOST = 300
"""So many characters fit into no line that we have, but for those that take no room."""
_BACK = 32
"""How far back from there a cut may be for the sake of what is seen as one character."""
ELLIPSIS = "…"
_JOINER = "\u200d"


def width(text: str, size: float, *, bold: bool = False) -> float:
    """About the most that a text takes in a font of this size."""
    return sum(_of(char, bold) for char in text) * size / 100


def cut(text: str) -> str:
    """A text, or as much of it as anybody reads in a line, and an ellipsis."""
    if len(text) <= _MOST:
        return text
    end = next((at for at in range(_MOST, _MOST - _BACK, -1) if not _goes_on(text, at)), _MOST)
    return f"{text[:end].rstrip()}{ELLIPSIS}"


def shortened(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """A text, or as much of it as there is room for, and an ellipsis; "" if that is nothing.

    It is cut between words, if not much is lost by that, and never within what is seen as one
    character.
    """
    text = cut(text)
    if width(text, size, bold=bold) <= room:
        return text
    left = room - width(ELLIPSIS, size, bold=bold)
    end = 0
    while (left := left - width(text[end], size, bold=bold)) >= 0:
        end += 1
    while end and _goes_on(text, end):
        end -= 1
    kept = text[:end]
    words = kept if text[end : end + 1].isspace() else kept.rpartition(" ")[0]
    if len(words) * 3 > len(kept) * 2:
        kept = words
    kept = kept.rstrip(" ,;:.–—-(")
    return f"{kept}{ELLIPSIS}" if kept else ""


def _goes_on(text: str, end: int) -> bool:
    """Whether a cut here would be within a character."""
    here, before = text[end], text[end - 1]
    return (
        _JOINER in (here, before)
        or unicodedata.category(here) in ("Mn", "Me", "Mc", "Sk", "Cf")
        or (_is_flag(here) and _is_flag(before))
    )


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


@lru_cache(maxsize=4096)
def _of(char: str, bold: bool) -> int:
    if " " <= char <= "~":
        return (_BOLD if bold else _REGULAR)[ord(char) - 32]
    category = unicodedata.category(char)
    if category in ("Mn", "Me", "Cf"):
        return 0
    first = unicodedata.normalize("NFD", char)[0]
    if first != char and first.isascii():
        return _of(first, bold)
    if category == "So":
        return _EMOJI
    if unicodedata.east_asian_width(char) in ("W", "F"):
        return _WIDE
    if category[0] == "L":
        return _BOLD_LETTER if bold else _LETTER
    return _SIGN
