"""`feedserver peers`: the peers with their health, and the lines for a new one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from feedserver import cli
from feedserver.serving import parent
from feedserver.serving.reports import Ready
from feedserver.settings.settings import Settings, load
from feedserver.sources import statefolder
from feedserver.sources.statefolder import PEERS
from tests.feedserver.network.test_peers import archive_of, html
from tests.feedserver.origin import Answer, serving


def _config(folder: Path, text: str) -> str:
    path = folder / "feedserver.toml"
    path.write_text(f'state = "{(folder / "state").as_posix()}"\n{text}', "utf-8")
    return str(path)


def test_peers_are_listed_with_their_health(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = [f"https://{name}.example/" for name in ("a", "b", "c")]
    text = "".join(f'[[peers]]\nurl = "{url}"\n' for url in urls)
    config = _config(tmp_path, f'{text}title = "Owls"')
    (tmp_path / "state").mkdir()
    sources = [
        {
            "name": urls[0],
            "kind": "address",
            "state": "current",
            "last_success": "2026-11-24T12:00:00+00:00",
        },
        {"name": urls[1], "kind": "address", "state": "stale", "error": "it answers 500"},
    ]
    (tmp_path / "state" / PEERS).write_text(json.dumps({"version": 1, "sources": sources}))
    assert cli.main(["peers", "--config", config]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "https://a.example/: current, read 2026-11-24T12:00:00+00:00",
        "https://b.example/: stale",
        "  it answers 500",
        f"https://c.example/ (Owls): not read yet, to the knowledge of {tmp_path / 'state'}",
    ]


def test_peers_are_listed_of_a_server_whose_source_is_not_in_its_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stood on the command line, and there is no state."""
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: tmp_path / "data" / name)
    config = tmp_path / "feedserver.toml"
    config.write_text('[[peers]]\nurl = "https://owls.example/"\n')

    def serve(settings: Settings, announce: Callable[[Ready, str], None]) -> None:
        with statefolder.held(settings) as held:
            sources = [{"name": "https://owls.example/", "kind": "address", "state": "current"}]
            (held.path / PEERS).write_text(json.dumps({"version": 1, "sources": sources}))
        announce(Ready("Letters", ()), "http://127.0.0.1:8000")

    monkeypatch.setattr(parent, "serve", serve)

    def listed() -> str:
        capsys.readouterr()
        assert cli.main(["peers", "--config", str(config)]) == 0
        return capsys.readouterr().out

    assert cli.main(["serve", "site", "--config", str(config)]) == 0
    assert listed() == "https://owls.example/: current\n"
    # What stands in the file holds for a server that is given nothing else.
    config.write_text(f'sources = ["other"]\n{config.read_text()}')
    assert cli.main(["serve", "--config", str(config)]) == 0
    assert listed() == "https://owls.example/: current\n"
    config.write_text(config.read_text().replace("other", "another"))
    assert "not read yet" in listed()


def test_without_peers_it_is_said_how_to_get_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["peers", "--config", _config(tmp_path, "")]) == 0
    assert "feedserver peers add URL" in capsys.readouterr().out


def test_what_is_printed_for_an_address_can_be_written_into_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = {"/": html("<!doctype html>"), "/archive.json": Answer(archive_of("one", "two"))}
    with serving(lambda request: pages.get(request.path, Answer(status=404))) as web:
        assert cli.main(["peers", "add", f"{web.origin}"]) == 0
    said = capsys.readouterr().out
    assert f"# {web.origin}/archive.json: an archive, 2 posts, 0 updates" in said
    assert '# hosts = ["papers.example"]' in said
    [peer] = load(Path(_config(tmp_path, said)), {}, {}).peers
    assert (peer.url, peer.title) == (f"{web.origin}/", "Papers")


def test_an_address_that_is_none_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with serving() as web:
        assert cli.main(["peers", "add", web.origin]) == 2
    assert "404" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main(["peers", "add", "https://me:secret@a.example/"])
    assert "secret" not in capsys.readouterr().err
