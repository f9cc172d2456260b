"""`feedserver publish`: the hub of a site is told of each of its feeds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from feedserver.cli import main
from feedserver.feeds import export
from tests.feedserver import origin
from tests.feedserver.origin import Answer, Request, Web
from tests.feedserver.servers import small_archive


class Hub:
    """A hub that notes what it is told; `web` is where it is."""

    def __init__(self, web: Web) -> None:
        self.web = web
        self.told: list[dict[str, list[str]]] = []
        self.status = 202
        web.answer = self.answer

    def answer(self, request: Request) -> Answer:
        if request.path == "/moved":
            return Answer(status=308, headers={"Location": "/hub"})
        self.told.append(parse_qs(request.body.decode()))
        return Answer(b"wait a bit", self.status)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with origin.serving() as web:
        yield Hub(web)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Web, Path]]:
    """A host of plain files, and their folder."""

    def answer(request: Request) -> Answer:
        path = tmp_path / request.path.lstrip("/")
        path = path / "index.html" if path.is_dir() else path
        return Answer(path.read_bytes()) if path.is_file() else Answer(status=404)

    (tmp_path / "index.html").write_text("<!doctype html><h1>News</h1>")
    with origin.serving(answer) as web:
        yield web, tmp_path


def _written(site: tuple[Web, Path], hub: str | None) -> str:
    web, folder = site
    export.write_aside(small_archive(), f"{web.origin}/", folder, hub=hub)
    return web.origin


@pytest.mark.parametrize("path", ["hub", "moved"])
def test_a_site(
    site: tuple[Web, Path], hub: Hub, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    here = _written(site, f"{hub.web.origin}/{path}")
    assert main(["publish", f"{here}/"]) == 0
    assert capsys.readouterr().out == f"told {hub.web.origin}/{path} of 6 feeds\n"
    topics = sorted(told["hub.url"][0] for told in hub.told)
    folders = ("", "section/clients/")
    files = ("atom.xml", "feed.json", "rss.xml")
    assert topics == [f"{here}/{folder}{file}" for folder in folders for file in files]
    assert all(told["hub.mode"] == ["publish"] for told in hub.told)
    assert all(told["hub.topic"] == told["hub.url"] for told in hub.told)


@pytest.mark.parametrize("file", ["atom.xml", "rss.xml", "feed.json"])
def test_a_feed(site: tuple[Web, Path], hub: Hub, file: str) -> None:
    here = _written(site, f"{hub.web.origin}/hub")
    assert main(["publish", f"{here}/section/clients/{file}"]) == 0
    [told] = hub.told
    assert told["hub.url"] == [f"{here}/section/clients/{file}"]


def test_a_site_leads_to_no_private_address_but_its_own(
    site: tuple[Web, Path],
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    port = hub.web.origin.rpartition(":")[2]
    here = _written(site, f"http://localhost:{port}/hub")
    assert main(["publish", f"{here}/"]) == 1
    assert hub.told == []
    assert "private_addresses" in capsys.readouterr().err
    monkeypatch.setenv("FEEDSERVER_PRIVATE_ADDRESSES", "true")
    assert main(["publish", f"{here}/"]) == 0
    assert len(hub.told) == 6


def test_what_fails_is_told(
    site: tuple[Web, Path], hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    here = _written(site, f"{hub.web.origin}/hub")
    hub.status = 503
    assert main(["publish", f"{here}/atom.xml"]) == 1
    said = capsys.readouterr()
    assert "of 0 feeds" in said.out
    assert f"{here}/atom.xml: {hub.web.origin}/hub: it answers 503" in said.err
    assert "wait a bit" in said.err


def test_a_site_without_hub(site: tuple[Web, Path], capsys: pytest.CaptureFixture[str]) -> None:
    here = _written(site, None)
    assert main(["publish", f"{here}/"]) == 2
    assert "it names no hub" in capsys.readouterr().err
    assert main(["publish", f"{here}/none/"]) == 2
    assert "404" in capsys.readouterr().err
