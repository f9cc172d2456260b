"""The example of how-to/port-shortcodes.md, built as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mkdocs.exceptions import Abort

from feedserver.check.check import check
from tests.conftest import ROOT
from tests.sites import SITE_URL, Built, build, messages

# As the page shows it, without the marks that keep its calls from being made.
TEXT = (ROOT / "docs/how-to/port-shortcodes.md").read_text("utf-8")
SHOWN = re.sub(r"/\* | \*/", "", TEXT)
FILES = dict(re.findall(r'(?ms)^```\w+ title="([^"]+)"\n(.*?)^```$', SHOWN))


def _build(folder: Path, **templates: str) -> Built:
    (folder / "shortcodes").mkdir()
    for name, template in templates.items():
        (folder / "shortcodes" / f"{name.replace('_', '.')}.html").write_text(template, "utf-8")
    posts = {
        name.removeprefix("docs/"): text for name, text in FILES.items() if name.startswith("docs/")
    }
    return build(folder, posts, strict=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return _build(
        tmp_path_factory.mktemp("port"),
        talk=FILES["shortcodes/talk.html"],
        talk_feed=FILES["shortcodes/talk.feed.html"],
    )


def test_the_template_of_zola_fails_as_the_page_says(tmp_path: Path) -> None:
    [said] = re.findall(r"(?ms)^```text\n(.*?)\n```$", SHOWN)
    with messages() as logged, pytest.raises(Abort):
        _build(tmp_path, talk=FILES["templates/shortcodes/talk.html"])
    assert len(logged) == 1 and logged[0].startswith(said)


def test_the_ported_template_differs_in_a_line() -> None:
    before = FILES["templates/shortcodes/talk.html"].splitlines()
    after = FILES["shortcodes/talk.html"].splitlines()
    assert [line for line in before if line not in after] == ["  {% set_global seen = true %}"]
    assert [line for line in after if line not in before] == []


def test_the_page_has_what_is_shown(site: Built) -> None:
    [shown] = re.findall(r"(?ms)^```html\n(.*?)\n```$", SHOWN)
    assert shown in site.read("blog/conference/index.html")


def test_the_feed_has_its_own(site: Built) -> None:
    [item] = site.json("feed.json")["items"]
    assert item["content_html"].splitlines() == [
        "<p><strong>Rust &amp; boats</strong> (Ada, Bo)</p>",
        "<p>About <em>oars</em>, and why they are two.</p>",
    ]
    path = "atom.xml"
    assert check((site.folder / path).read_bytes(), address=SITE_URL + path, own=True) == ()
