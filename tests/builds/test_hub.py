"""The option `hub`: static feeds name it, and are what a server sends of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from mkdocs.exceptions import Abort

from feedserver.cli import main
from feedserver.network import hubs
from mkdocs_twim.errors import OptionError
from mkdocs_twim.templating.server import hub
from tests.sites import build, issue, messages

FILES: dict[str, str | bytes] = {"blog/one.md": issue(1)}
HUB = "https://feeds.example/hub"


def test_each_file_names_hub_and_topic(tmp_path: Path) -> None:
    site = build(tmp_path, FILES, twim={"hub": HUB})
    for folder in ("", "section/clients/", "updates/"):
        for file in ("atom.xml", "rss.xml", "feed.json"):
            body = (site.folder / folder / file).read_bytes()
            topic = f"https://letters.example/{folder}{file}"
            assert hubs.find("x", None, body, None) == hubs.Advert((HUB,), topic)
    assert HUB not in site.read("feeds.json") and HUB not in site.read("archive.json")


def test_check_finds_nothing_wrong_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = build(tmp_path, FILES, twim={"hub": HUB})
    assert main(["check", str(site.folder)]) == 0
    assert "nothing found" in capsys.readouterr().out
    # Each feed names the same.
    atom = site.folder / "updates/atom.xml"
    atom.write_text(atom.read_text("utf-8").replace(HUB, "https://other.example/"), "utf-8")
    assert main(["check", str(site.folder)]) == 1
    assert "updates/atom.xml: feed: differs" in capsys.readouterr().out


def test_without_it_none_is_named(tmp_path: Path) -> None:
    site = build(tmp_path, FILES)
    assert hubs.find("x", None, (site.folder / "atom.xml").read_bytes(), None) is None


@pytest.mark.parametrize("address", ["hub.example", "/hub", "ftp://a.example/", "", f"{HUB}#x"])
def test_what_is_no_address_of_a_hub(address: str) -> None:
    with pytest.raises(OptionError, match="hub: expected an address such as"):
        hub(address)


def test_a_wrong_address_stops_the_build(tmp_path: Path) -> None:
    with messages() as said, pytest.raises(Abort):
        build(tmp_path, FILES, twim={"hub": "own"})
    assert "found 'own'" in said[-1]
