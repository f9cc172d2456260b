"""The page on backups and upgrades: what it says, done with a server's own state folder."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Self

import pytest
import yaml

from tests import states
from tests.conftest import ROOT, absent
from tests.docs.pretended import Shell, lines, part
from tests.feedserver import origin
from tests.feedserver.running import Running, running, until

TEXT = (ROOT / "docs" / "how-to" / "back-up.md").read_text("utf-8")
ATOM = {"Content-Type": "application/atom+xml"}


def _ids(server: Running) -> list[str]:
    items = json.loads(server.get("/feed.json").body)["items"]
    return [item["id"].rstrip("/").rpartition("/")[2] for item in items]


@pytest.mark.parametrize("folder", sorted(states.FOLDER.glob("*/")), ids=lambda path: path.name)
def test_a_server_starts_on_the_state_of_a_version_before(folder: Path, tmp_path: Path) -> None:
    state = shutil.copytree(folder, tmp_path / "state")
    settings = f'{states.SETTINGS}state = "{state}"\n'
    with running(states.ADDRESS, settings=settings) as server:
        # Its source doesn't answer; what it had is there, and so is what had left it.
        assert _ids(server) == [f"week-{week}" for week in reversed(states.WEEKS)]
        updates = json.loads(server.get("/project/seagull/feed.json").body)["items"]
        assert len(updates) == len(states.WEEKS)
        assert server.health()["status"] in ("ok", "degraded")
        assert "damaged" not in server.logged()


class _Host:
    """A machine whose `systemctl` starts and ends the server of a test; its bot is a folder."""

    def __init__(self, folder: Path, source: str) -> None:
        self.state = folder / "state"
        self.bot = folder / "private" / "feedserver-bot"
        backups = folder / "backups"
        for each in (self.state, self.bot, backups):
            each.mkdir(parents=True)
        places = {
            "/var/lib/feedserver": self.state,
            "/var/lib/private": self.bot.parent,
            "/var/backups": backups,
        }
        self._shell = Shell(folder, places, {})
        self._source = source
        self._services: dict[str, ExitStack] = {}
        self.server: Running | None = None

    def __enter__(self) -> Self:
        for unit in ("feedserver", "feedserver-bot"):
            self._start(unit)
        return self

    def __exit__(self, *error: object) -> None:
        for service in self._services.values():
            service.close()

    def _start(self, unit: str) -> None:
        assert unit not in self._services
        service = self._services[unit] = ExitStack()
        if unit == "feedserver":
            settings = f'{states.SETTINGS}state = "{self.state}"\n'
            self.server = service.enter_context(running(self._source, settings=settings))

    def does(self, line: str) -> None:
        match line.split():
            case ["systemctl", "stop", unit]:
                self._services.pop(unit, ExitStack()).close()
            case ["systemctl", "start", unit]:
                assert unit in ("feedserver", "feedserver-bot")
                self._start(unit)
            case ["curl", "--silent", "http://127.0.0.1:8000/healthz"]:
                assert self.server is not None and self.server.health()["status"] == "ok"
            case _:
                # What a bot is writing can't be copied.
                assert "bot" not in line or "feedserver-bot" not in self._services
                self._shell.does(line)


@pytest.mark.skipif(os.name == "nt", reason="its pages are for Debian")
def test_a_backup_is_restored_as_the_page_says(tmp_path: Path) -> None:
    if shutil.which("sqlite3") is None:
        absent("sqlite3")
    with origin.serving() as web:
        web.says(origin.Answer(states.feed(states.WEEKS[:3]), headers=ATOM))
        with _Host(tmp_path, f"{web.origin}/atom.xml") as host:
            assert host.server is not None
            web.says(origin.Answer(states.feed(states.WEEKS[2:]), headers=ATOM))
            server = host.server
            until(lambda: "week-4" in _ids(server))
            (host.bot / "sent.json").write_text("as it was", "utf-8")
            for line in lines(part(TEXT, "Back up"), "#"):
                host.does(line)
            # The machine is lost.
            host.does("systemctl stop feedserver")
            shutil.rmtree(host.state)
            host.state.mkdir()
            (host.bot / "sent.json").unlink()
            (host.bot / "newer.json").write_text("", "utf-8")
            for line in lines(part(TEXT, "Restore"), "#"):
                host.does(line)
            assert _ids(host.server) == ["week-4", "week-3", "week-2", "week-1"]
            [found] = host.bot.iterdir()
            assert found.name == "sent.json" and found.read_text("utf-8") == "as it was"


@pytest.mark.skipif(os.name == "nt", reason="its container has a shell")
@pytest.mark.skipif(sys.version_info < (3, 12), reason="the image has a Python that has sqlite3")
def test_backups_of_containers_are_restored_as_the_page_says(tmp_path: Path) -> None:
    state, bot, folder = (tmp_path / name for name in ("state", "bot", "newsletter"))
    places = {"/var/lib/feedserver": state, "/var/lib/feedserver-bot": bot}
    services = yaml.safe_load((ROOT / "docs/how-to/docker/compose.yaml").read_text("utf-8"))
    shell = Shell(folder, places, services["services"])
    for each in (state, bot, folder):
        each.mkdir()
    with closing(sqlite3.connect(state / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("CREATE TABLE kept AS SELECT 'a mast' AS what")
    (bot / "sent.json").write_text("as it was", "utf-8")
    backup, restore = part(TEXT, "In containers").split("To restore")
    restore, upgrade = restore.split("To upgrade")
    for line in lines(backup):
        shell.does(line)
    assert {path.name for path in folder.iterdir()} == {"ledger.sqlite", "bot.tar.gz"}
    assert shell.asked() == ["stop bot", "up bot"]
    # Who else may log in reads no keys.
    assert (folder / "bot.tar.gz").stat().st_mode & 0o077 == 0
    for path in (*state.iterdir(), *bot.iterdir()):
        path.unlink()
    for path in (state / "ledger.sqlite-wal", bot / "newer.json"):
        path.touch()
    for line in lines(restore):
        shell.does(line)
    assert shell.asked() == ["stop server", "up server", "stop bot", "up bot"]
    assert [path.name for path in state.iterdir()] == ["ledger.sqlite"]
    with closing(sqlite3.connect(state / "ledger.sqlite")) as ledger:
        assert ledger.execute("SELECT what FROM kept").fetchall() == [("a mast",)]
    [found] = bot.iterdir()
    assert found.name == "sent.json" and found.read_text("utf-8") == "as it was"
    for line in lines(upgrade):
        shell.does(line)
    assert shell.asked() == ["build", "up"]


def test_an_upgrade_is_of_what_was_installed() -> None:
    install, restart, health = lines(part(TEXT, "Upgrade"), "#")
    page = (ROOT / "docs" / "how-to" / "run-the-bot.md").read_text("utf-8")
    assert install.replace(" --upgrade", "") in lines(page, "#")
    assert restart == "systemctl restart feedserver feedserver-bot"
    assert health in lines(part(TEXT, "Restore"), "#")
