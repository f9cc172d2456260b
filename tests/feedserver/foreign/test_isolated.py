"""Processes that read foreign documents: which go on to the next one, and which end."""

from __future__ import annotations

import subprocess
import time
from typing import Any

import pytest

from feedserver.errors import ForeignError
from feedserver.foreign import isolated
from feedserver.foreign.reading import Options
from tests.conftest import ends
from tests.feedserver.foreign.test_reading import atom, entry


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that were started."""
    found: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def start(*arguments: Any, **keywords: Any) -> subprocess.Popen[bytes]:
        found.append(popen(*arguments, **keywords))
        return found[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    return found


def _title(room: isolated.Room, data: bytes) -> str:
    return isolated.read(data, Options(), room=room).archive.entries[0].title


def test_a_process_goes_on_to_the_next_document(started: list[subprocess.Popen[bytes]]) -> None:
    room = isolated.Room()
    titles = [_title(room, atom(entry(title=title))) for title in ("One", "Two", "Three")]
    assert titles == ["One", "Two", "Three"]
    assert len(started) == 1
    room.close()
    assert started[0].poll() is not None


@pytest.mark.parametrize("data", [b"no feed", b"<" * 100_000])
def test_one_that_could_not_read_a_document_reads_no_other(
    data: bytes, started: list[subprocess.Popen[bytes]]
) -> None:
    room = isolated.Room()
    with pytest.raises(ForeignError):
        isolated.read(data, Options(), room=room)
    assert started[0].poll() is not None
    assert _title(room, atom(entry(title="Two"))) == "Two"
    assert len(started) == 2


def test_one_that_has_read_a_large_document_reads_no_other(
    started: list[subprocess.Popen[bytes]],
) -> None:
    room = isolated.Room()
    assert _title(room, atom(entry(title="Large")) + b" " * 1_000_000) == "Large"
    assert started[0].poll() is not None


def test_one_that_was_killed_is_replaced(started: list[subprocess.Popen[bytes]]) -> None:
    room = isolated.Room()
    assert _title(room, atom(entry(title="One"))) == "One"
    started[0].kill()
    started[0].wait()
    assert _title(room, atom(entry(title="Two"))) == "Two"


def test_one_with_nothing_to_do_ends(
    started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolated, "_IDLE", 0.01)
    room = isolated.Room()
    assert _title(room, atom(entry(title="One"))) == "One"
    with ends():
        while started[0].returncode is None:
            time.sleep(0.01)
    assert _title(room, atom(entry(title="Two"))) == "Two"


def test_a_room_that_is_given_up_leaves_no_process(
    started: list[subprocess.Popen[bytes]],
) -> None:
    assert _title(isolated.Room(), atom(entry(title="One"))) == "One"
    with ends():
        while started[0].returncode is None:
            time.sleep(0.01)
