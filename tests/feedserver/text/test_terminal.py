"""The line that says how far something is."""

from __future__ import annotations

import io
import sys

import pytest

from feedserver.text import terminal


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def _looking(monkeypatch: pytest.MonkeyPatch) -> _Screen:
    """Somebody before a terminal; pytest changes streams between fixtures and tests."""
    found = _Screen()
    monkeypatch.setattr(sys, "stderr", found)
    return found


def test_it_counts_what_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _looking(monkeypatch)
    monkeypatch.setattr(terminal, "_PAUSE", 0)
    assert list(terminal.counted("abc", "letters")) == ["a", "b", "c"]
    lines = [part for part in screen.getvalue().split("\r") if part.strip()]
    assert lines == ["letters: 0", "letters: 1", "letters: 2", "letters: 3"]
    # Nothing is left of it.
    assert screen.getvalue().endswith("\r          \r")


def test_it_is_cleared_when_something_goes_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _looking(monkeypatch)
    with pytest.raises(ValueError, match="no"), terminal.said("reading"):
        raise ValueError("no")
    assert screen.getvalue() == f"\rreading …\r{' ' * 9}\r"


def test_it_changes_no_more_often_than_anybody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _looking(monkeypatch)
    assert sum(terminal.counted(range(10_000), "numbers")) == sum(range(10_000))
    assert screen.getvalue().count("numbers") in range(1, 1000)


def test_where_nobody_looks_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    for stream in (pipe, None):
        monkeypatch.setattr(sys, "stderr", stream)
        assert list(terminal.counted("ab", "letters")) == ["a", "b"]
        with terminal.said("reading"):
            pass
    assert pipe.getvalue() == ""
