"""The line that says how far something is."""

from __future__ import annotations

import io
import sys

import pytest

from feedserver.text import progress


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _looking(monkeypatch: pytest.MonkeyPatch) -> _Terminal:
    """Somebody before a terminal; pytest changes streams between fixtures and tests."""
    found = _Terminal()
    monkeypatch.setattr(sys, "stderr", found)
    return found


def test_it_counts_what_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _looking(monkeypatch)
    monkeypatch.setattr(progress, "_PAUSE", 0)
    assert list(progress.counted("abc", "letters")) == ["a", "b", "c"]
    lines = [part for part in terminal.getvalue().split("\r") if part.strip()]
    assert lines == ["letters: 0", "letters: 1", "letters: 2", "letters: 3"]
    # Nothing is left of it.
    assert terminal.getvalue().endswith("\r          \r")


def test_it_is_cleared_when_something_goes_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _looking(monkeypatch)
    with pytest.raises(ValueError, match="no"), progress.said("reading"):
        raise ValueError("no")
    assert terminal.getvalue() == f"\rreading …\r{' ' * 9}\r"


def test_it_changes_no_more_often_than_anybody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _looking(monkeypatch)
    assert sum(progress.counted(range(10_000), "numbers")) == sum(range(10_000))
    assert terminal.getvalue().count("numbers") in range(1, 1000)


def test_where_nobody_looks_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    for stream in (pipe, None):
        monkeypatch.setattr(sys, "stderr", stream)
        assert list(progress.counted("ab", "letters")) == ["a", "b"]
        with progress.said("reading"):
            pass
    assert pipe.getvalue() == ""
