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
        ("漢字 and text", 2),
        ("한국어 글입니다", 2),
        ("مرحبا بالعالم", 2),
        ("one ```two three``` four", 2),
        ("one\n\n```python\nx = 1\n```\n\nfour", 2),
        ("one ``` never closed", 3),
        ("{{ figure(img='a.png') }}", 3),
    ],
)
def test_words_that_stand_apart_are_counted_as_zola_counts_them(text: str, count: int) -> None:
    assert reading.words(text) == count


@pytest.mark.parametrize(("count", "minutes"), [(0, 0), (1, 1), (200, 1), (201, 2), (400, 2)])
def test_minutes_are_rounded_up(count: int, minutes: int) -> None:
    assert reading.minutes("word " * count) == minutes


@pytest.mark.parametrize(
    "text",
    [
        "港口今天有风。" * 1000,
        "みなとにふねがはいります。" * 500,
        "ハーバーニフネ・アリ" * 700,
        "ท่าเรือวันนี้มีลม" * 350,
        "ທ່າເຮືອມື້ນີ້ມີລົມ" * 350,
        "កំពង់ផែថ្ងៃនេះមានខ្យល់" * 270,
        "ဆိပ်ကမ်းမှာလေတိုက်နေသည်" * 260,
        "𠀀𠀁𠀂𠀃" * 1500,
        "ꆈꌠꁱꂷ" * 1500,
        "ꦥꦭꦧꦸꦲꦤ꧀ꦥꦸꦤꦶꦏꦶ" * 400,
    ],
)
def test_scripts_without_spaces_are_read_by_characters(text: str) -> None:
    assert 300 <= len(text) / reading.minutes(text) <= 500


def test_a_text_of_two_scripts_takes_the_time_of_both() -> None:
    assert reading.minutes("word " * 100 + "港" * 200) == 1
    assert reading.minutes("word " * 101 + "港" * 200) == 2
    assert reading.minutes("word港" * 200) == 2


@given(st.text())
def test_any_text_can_be_counted(text: str) -> None:
    assert 0 <= reading.words(text) + reading.characters(text) <= len(text)
    assert reading.minutes(text) <= len(text)
