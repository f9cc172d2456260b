"""What is in the documentation is found in two clicks; by words: `tests/browser/test_search.py`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.sites import Built

HOW_TO = ROOT / "docs" / "how-to"


@pytest.fixture
def site(docs_site: Built) -> Path:
    return docs_site.folder


def _links(page: Path, site: Path) -> set[Path]:
    """The pages of the site to which the text of a page leads, without what stands around it."""
    text = page.read_text("utf-8").partition("<article")[2].partition("</article>")[0]
    found = set()
    for target in re.findall(r'href="([^"#?:]+)', text):
        path = (page.parent / target).resolve()
        found.add(path / "index.html" if path.is_dir() else path)
    return {path for path in found if path.is_relative_to(site)}


def test_every_how_to_is_two_clicks_from_home(site: Path) -> None:
    """By links in the text: a menu may be folded away, as on a telephone."""
    site = site.resolve()
    first = _links(site / "index.html", site)
    second = first.union(*(_links(page, site) for page in first if page.suffix == ".html"))
    for page in HOW_TO.glob("*.md"):
        assert site / "how-to" / page.stem / "index.html" in second, page.name
