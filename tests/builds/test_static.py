"""The files of `static_dir`."""

from __future__ import annotations

from pathlib import Path

import pytest
from mkdocs.exceptions import Abort

from tests.sites import build, messages, post

pytestmark = pytest.mark.dependency


def _static(tmp_path: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        path = tmp_path / "static" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def test_they_go_to_the_root_as_they_are(tmp_path: Path) -> None:
    files = {"robots.txt": "x", "blog/img/a b.png": "png", "notes/x.md": "# No page\n", ".dot": "d"}
    _static(tmp_path, files)
    built = build(
        tmp_path,
        {"blog/a.md": post(body="![](/blog/img/a%20b.png)")},
        twim={"static_dir": "static"},
        strict=True,
    )
    for name, content in files.items():
        assert built.read(name) == content


def test_they_take_the_place_of_a_theme_s_file(tmp_path: Path) -> None:
    _static(tmp_path, {"css/base.css": "mine"})
    built = build(tmp_path, {"blog/a.md": post()}, twim={"static_dir": "static"}, strict=True)
    assert built.read("css/base.css") == "mine"


def test_the_folder_may_lie_in_that_of_the_docs(tmp_path: Path) -> None:
    options = {"static_dir": "docs/files"}
    files: dict[str, str | bytes] = {"blog/a.md": post(), "files/a.txt": "a"}
    built = build(tmp_path, files, twim=options, strict=True)
    assert built.read("a.txt") == "a"
    assert not (built.folder / "files").exists()


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with messages() as logged, pytest.raises(Abort):
        build(tmp_path, {"blog/a.md": post()}, twim={"static_dir": "gone"})
    assert "static_dir" in "\n".join(logged)
