"""When a source is due again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from feedserver.sources import slots
from feedserver.sources.slots import Slot


@pytest.mark.parametrize(
    ("poll", "told", "waits"),
    [
        # As often as it is said, then less, and four times less at most.
        (900, False, [900] * 23 + [1800] * 24 + [2700] * 24 + [3600] * 100),
        # Each six hours at least, unless it is said otherwise.
        (10_000, False, [10_000] * 23 + [20_000] * 24 + [21_600] * 100),
        (50_000, False, [50_000] * 200),
        (900, True, [10_800] * 200),
    ],
)
def test_what_seldom_changes_is_asked_less_often(poll: int, told: bool, waits: list[int]) -> None:
    slot, now = Slot("https://a.example/", told=told), datetime.now(UTC)

    def wait(is_new: bool) -> float:
        return (slots.following(slot, poll, now, is_new=is_new) - now).total_seconds()

    first = wait(True)
    assert [wait(False) for _ in waits] == waits
    assert wait(True) == first == waits[0]
