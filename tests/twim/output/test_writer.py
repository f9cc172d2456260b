"""The files of feeds, written beside the pages by another process, or after them."""

from __future__ import annotations

import multiprocessing
import sys
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from feedserver.feeds import export
from feedserver.model import Feed
from mkdocs_twim.output import writer
from mkdocs_twim.output.writer import Output
from tests.samples import archive, post, update

ISSUE = post("week", days=1, sections=["clients"])
ARCHIVE = replace(
    archive(
        [ISSUE, update(ISSUE, 0, project="fractal")],
        (
            Feed("/", "All", "All", "posts", "/blog/"),
            Feed("/updates/", "Updates", "Updates", "updates", "/updates/"),
        ),
    ),
    redirects={"/old.xml": "/atom.xml"},
)
FORKS = pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")


def _files(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize("forks", [True, False])
def test_the_files_are_those_of_an_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forks: bool
) -> None:
    monkeypatch.setattr(writer, "_can_fork", lambda: forks)
    export.write(ARCHIVE, ARCHIVE.site.url, tmp_path / "export")
    site = tmp_path / "site"
    site.mkdir()
    writing = Output(ARCHIVE, str(site))
    writing.start()
    assert not (site / "archive.json").exists()
    writing.finish()
    writing.publish()
    assert _files(site) == _files(tmp_path / "export")


@FORKS
def test_what_the_other_process_could_not_write_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_can_fork", lambda: True)
    (tmp_path / "updates").write_text("a file where a folder is to be")
    writing = Output(ARCHIVE, str(tmp_path))
    writing.start()
    with pytest.raises(OSError, match="updates"):
        writing.finish()
    assert not (tmp_path / "archive.json").exists()


@FORKS
def test_the_other_process_ends_with_a_failed_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_can_fork", lambda: True)
    writing = Output(ARCHIVE, str(tmp_path))
    writing.start()
    writing.stop()
    assert not (tmp_path / "archive.json").exists()
    # Of one that was never begun there is nothing to end.
    Output(ARCHIVE, str(tmp_path)).stop()


@FORKS
def test_where_no_process_can_be_made_the_build_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fork() -> int:
        raise OSError(11, "no more processes")

    monkeypatch.setattr(writer, "_can_fork", lambda: True)
    monkeypatch.setattr("os.fork", fork)
    writing = Output(ARCHIVE, str(tmp_path))
    writing.start()
    writing.finish()
    writing.publish()
    assert (tmp_path / "archive.json").is_file()


@FORKS
def test_nothing_is_forked_by_a_process_of_a_pool() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(writer._can_fork) is False


def test_nothing_is_forked_beside_other_threads() -> None:
    done = Event()
    thread = Thread(target=done.wait)
    thread.start()
    try:
        assert not writer._can_fork()
    finally:
        done.set()
        thread.join()
