"""How long it takes to read a text (Z9.9)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mkdocs_twim.content import reading


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("... --- !", 0),
        ("Hello, world", 2),
        ("can't won’t", 2),
        ("3.14 and 1:30", 3),
        ("Grüße aus Köln", 3),
        ("漢字です", 4),
        ("漢字 and text", 4),
        ("مرحبا بالعالم", 2),
        ("one ```two three``` four", 2),
        ("one\n\n```python\nx = 1\n```\n\nfour", 2),
        ("one ``` never closed", 3),
        ("{{ figure(img='a.png') }}", 3),
    ],
)
def test_words_are_counted_as_zola_counts_them(text: str, count: int) -> None:
    assert reading.words(text) == count


@pytest.mark.parametrize(("count", "minutes"), [(0, 0), (1, 1), (200, 1), (201, 2), (400, 2)])
def test_minutes_are_rounded_up(count: int, minutes: int) -> None:
    assert reading.minutes("word " * count) == minutes


@given(st.text())
def test_any_text_can_be_counted(text: str) -> None:
    assert 0 <= reading.words(text) <= len(text)
