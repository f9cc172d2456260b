"""Files are read if they are regular, up to a limit, and written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from feedserver.store import files
from tests.feedserver.faults import no_room


def test_a_regular_file_is_read_up_to_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert files.read(path, 5) == b"12345"
    with pytest.raises(OSError, match="it has more than 4 bytes"):
        files.read(path, 4)
    # It takes no room, and would take all memory.
    os.truncate(path, 10**13)
    with pytest.raises(OSError, match="it has more than 1,000,000 bytes"):
        files.read(path, 10**6)


def test_what_has_no_end_is_not_begun(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "null").symlink_to("/dev/null")
    for name in ("pipe", "zero", "null"):
        with pytest.raises(OSError, match="it is no regular file"):
            files.read(tmp_path / name, 1000)
    with pytest.raises(IsADirectoryError):
        files.read(tmp_path, 1000)
    # A link is as good as what it leads to.
    (tmp_path / "x").write_bytes(b"1")
    (tmp_path / "link").symlink_to("x")
    assert files.read(tmp_path / "link", 1) == b"1"


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "x"
    files.replace(path, b"old")
    with no_room(1000), pytest.raises(OSError):
        files.replace(path, b"new" * 1000)
    assert path.read_bytes() == b"old"
    assert [each.name for each in path.parent.iterdir()] == ["x"]
