"""What a build leaves in a site's folder is that build's alone, whatever stood there before."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mkdocs_twim.past import Past
from tests.sites import build, issue, post

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is kept on Windows")
FILES: dict[str, str | bytes] = {"index.md": "# Home\n", "blog/one.md": issue(1)}


@pytest.fixture(autouse=True)
def _one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")


def _afresh(tmp_path: Path, files: dict[str, str | bytes]) -> dict[str, bytes]:
    return build(tmp_path / "afresh", files).files()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_what_is_gone_from_the_site_is_gone_from_its_folder(tmp_path: Path) -> None:
    site = build(
        tmp_path / "site", {**FILES, "blog/two.md": issue(2, "## Bots\n\n### Once\n\nX\n")}
    )
    assert (site.folder / "project" / "once" / "atom.xml").is_file()
    _write(site.folder / "project" / "of-nobody" / "deep" / "index.html", "old")
    _write(site.folder / "section" / "stray.txt", "old")
    (tmp_path / "site" / "docs" / "blog" / "two.md").unlink()
    again = build(tmp_path / "site", {})
    assert again.files() == _afresh(tmp_path, FILES)
    # Empty folders go, too.
    assert not (site.folder / "project" / "once").exists()
    assert not (site.folder / "project" / "of-nobody").exists()
    assert [path.name for path in site.folder.glob(".*")] == []


def test_what_others_have_changed_is_made_right(tmp_path: Path) -> None:
    site = build(tmp_path / "site", FILES)
    for path in (site.folder / "project").rglob("*.*"):
        path.write_text("mine", "utf-8")
    assert build(tmp_path / "site", {}).files() == _afresh(tmp_path, FILES)


def test_redirects_that_are_as_they_were_stay(tmp_path: Path) -> None:
    moved = post("Moved", more='aliases = ["section/old/name"]')
    files: dict[str, str | bytes] = {**FILES, "blog/moved.md": moved}
    first = build(tmp_path, files)
    assert (first.folder / "section" / "old" / "name" / "index.html").is_file()
    before = first.files()
    assert build(tmp_path, {}).files() == before


def test_feeds_that_are_as_they_were_are_not_written_again(tmp_path: Path) -> None:
    site = build(tmp_path, FILES)
    path = site.folder / "project" / "fractal" / "atom.xml"
    os.utime(path, (1_000_000_000, 1_000_000_000))
    build(tmp_path, {"blog/plain.md": post("Plain")})
    assert path.stat().st_mtime == 1_000_000_000


def test_of_feeds_whatever_was_changed_or_lost_is_written_again(tmp_path: Path) -> None:
    first = build(tmp_path, FILES)
    before = first.files()
    folder = first.folder / "project" / "fractal"
    (folder / "atom.xml").unlink()
    # As many bytes, at the same time.
    feed = folder / "feed.json"
    times = feed.stat().st_atime_ns, feed.stat().st_mtime_ns
    feed.write_bytes(b"x" * feed.stat().st_size)
    os.utime(feed, ns=times)
    assert build(tmp_path, {}).files() == before


def test_copies_of_feeds_at_their_old_addresses_stay(tmp_path: Path) -> None:
    redirects = {"/fractal.xml": "/project/fractal/atom.xml"}
    first = build(tmp_path, FILES, twim={"feed_redirects": redirects})
    before = first.files()
    assert before["fractal.xml"] == before["project/fractal/atom.xml"]
    assert build(tmp_path, {}, twim={"feed_redirects": redirects}).files() == before


def test_files_that_are_elsewhere_too_are_left_alone(tmp_path: Path) -> None:
    site = build(tmp_path, FILES)
    kept = tmp_path / "kept.html"
    kept.hardlink_to(site.folder / "project" / "fractal" / "index.html")
    before = kept.read_bytes()
    build(tmp_path, {"blog/two.md": issue(2)})
    assert kept.read_bytes() == before
    assert (site.folder / "project" / "fractal" / "index.html").read_bytes() != before


def test_a_link_in_place_of_a_folder_is_not_followed(tmp_path: Path) -> None:
    site = build(tmp_path / "site", FILES)
    (tmp_path / "elsewhere").mkdir()
    _write(tmp_path / "elsewhere" / "x.txt", "mine")
    (site.folder / "project").rename(tmp_path / "away")
    (site.folder / "project").symlink_to(tmp_path / "elsewhere")
    build(tmp_path / "site", {})
    # MkDocs leaves such a link, and writes below it.
    assert (tmp_path / "elsewhere" / "fractal" / "index.html").is_file()
    assert (tmp_path / "elsewhere" / "x.txt").read_text("utf-8") == "mine"


def test_a_build_that_fails_leaves_nothing_of_the_last(tmp_path: Path) -> None:
    site = build(tmp_path, FILES)
    with pytest.raises(SystemExit):
        build(tmp_path, {"blog/wrong.md": post("Wrong", "{{ nothing() }}\n")})
    assert not (site.folder / "project").exists()
    assert [path.name for path in site.folder.glob(".*")] == []


@pytest.mark.parametrize("until", ["set aside", "put back"])
def test_a_build_that_was_killed_is_no_trouble(tmp_path: Path, until: str) -> None:
    site = build(
        tmp_path / "site", {**FILES, "blog/two.md": issue(2, "## Bots\n\n### Once\n\nX\n")}
    )
    past = Past(str(site.folder))
    past.set_aside()
    if until == "put back":
        past.put_back()
    (tmp_path / "site" / "docs" / "blog" / "two.md").unlink()
    again = build(tmp_path / "site", {})
    assert again.files() == _afresh(tmp_path, FILES)
    assert [path.name for path in site.folder.glob(".*")] == []


def test_nothing_is_kept_where_it_can_not_be_told_what_is_old(tmp_path: Path) -> None:
    _write(tmp_path / "project" / "x" / "index.html", "old")
    past = Past(str(tmp_path), keeps=False)
    past.set_aside()
    past.put_back()
    past.sweep(set())
    assert (tmp_path / "project" / "x" / "index.html").is_file()
