"""The measuring itself, with a small site."""

from __future__ import annotations

from pathlib import Path

from tests.bench import slices


def test_all_is_measured_and_compared_with_its_aim(tmp_path: Path) -> None:
    result = slices.measure(tmp_path, count=300, rounds=1)
    assert set(result.slices) == {"atom.xml", "rss.xml"}
    assert all(timed.ours > 0 and timed.feedgen > 0 for timed in result.slices.values())
    assert 10_000_000 < result.memory < slices.MEMORY
    table = slices.markdown(result)
    assert table.count("| yes |") + table.count("| no |") == 4
    assert "resident, a worker, MB | 300.00" in table
