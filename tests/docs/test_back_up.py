"""The page on backups and upgrades: what it says, done with a server's own state folder."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests import states
from tests.conftest import ROOT
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


def test_a_backup_is_restored_as_the_page_says(tmp_path: Path) -> None:
    state, backup = tmp_path / "state", tmp_path / "ledger.sqlite"
    settings = f'{states.SETTINGS}state = "{state}"\n'
    [command] = re.findall(r'sqlite3 /var/lib/feedserver/(\S+) "(VACUUM INTO .*?)"', TEXT)[:1]
    with origin.serving() as web:
        web.says(origin.Answer(states.feed(states.WEEKS[:3]), headers=ATOM))
        with running(f"{web.origin}/atom.xml", settings=settings) as server:
            web.says(origin.Answer(states.feed(states.WEEKS[2:]), headers=ATOM))
            until(lambda: "week-4" in _ids(server))
            with closing(sqlite3.connect(state / command[0])) as ledger:
                ledger.execute(command[1].replace("/var/backups/ledger.sqlite", str(backup)))
        shutil.rmtree(state)
        state.mkdir()
        shutil.copy(backup, state / command[0])
        with running(f"{web.origin}/atom.xml", settings=settings) as server:
            assert _ids(server) == ["week-4", "week-3", "week-2", "week-1"]
