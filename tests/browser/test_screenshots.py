"""The pictures in the documentation are those that `./run screenshots` takes."""

from __future__ import annotations

import re

from tests.conftest import ROOT
from tests.gallery import PIECES
from tests.screenshots import FOLDER, SHOTS

DOCS = ROOT / "docs"


def test_the_docs_show_every_screenshot_and_no_other() -> None:
    address = FOLDER.relative_to(DOCS).as_posix()
    shown = {
        name
        for page in DOCS.rglob("*.md")
        for name in re.findall(rf"{address}/([\w.-]+)", page.read_text("utf-8"))
    }
    assert shown == SHOTS.keys() | PIECES.keys()


def test_every_screenshot_is_there_and_small() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert sizes.keys() == SHOTS.keys() | PIECES.keys()
    assert max(sizes.values()) < 150_000
    # Light and dark, wide and narrow: no two are the same.
    assert len({path.read_bytes() for path in FOLDER.iterdir()}) == len(SHOTS) + len(PIECES)
