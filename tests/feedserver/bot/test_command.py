"""The command: how it ends, what it shows, where it keeps what it has sent."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
from pathlib import Path

import pytest

from feedserver.bot import command, config, memory
from feedserver.cli import main
from feedserver.errors import StateError

# Nobody listens at this port.
SETTINGS = """
homeserver = "http://127.0.0.1:9"
user = "@bot:owls.test"
state = "state"
[[rooms]]
room = "!nest"
feed = "http://127.0.0.1:9/feed.json"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "bot.toml"
    path.write_text(SETTINGS, "utf-8")
    return path


def test_one_poll_that_fails_ends_with_1(
    settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(config.TOKEN, raising=False)
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        assert main(["bot", "--config", str(settings), "--once"]) == 1
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), handlers, strict=True):
            signal.signal(number, handler)
    assert main(["bot", "--config", str(settings), "--status"]) == 0
    said = capsys.readouterr().out
    assert "!nest from http://127.0.0.1:9/feed.json\n  messages: 0\n" in said
    assert "problem: environment: no access token: set TWIM_MATRIX_TOKEN, or token_file" in said


def test_a_dry_run_says_what_cant_be_read(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = "http://127.0.0.1:9/feed.json"
    settings.write_text(f"{SETTINGS}[[rooms]]\nroom = '!other'\nfeed = '{address}'\n", "utf-8")
    assert main(["bot", "--config", str(settings), "--dry-run"]) == 2
    said = capsys.readouterr()
    assert said.out.count("Connection refused") == 2
    assert said.err.startswith(f"feedserver: no feed can be read: {address}: ")
    assert said.err.count("Connection refused") == said.err.count("\n") == 1


def test_it_runs_until_it_is_told(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(config.TOKEN, raising=False)
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    over = threading.Event()

    def tell() -> None:
        while not over.wait(0.5):
            os.kill(os.getpid(), signal.SIGTERM)

    # Until the bot listens, nobody ends.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    telling = threading.Thread(target=tell)
    telling.start()
    try:
        assert command.run(config.load(settings), {}, once=False)
    finally:
        over.set()
        telling.join()
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), handlers, strict=True):
            signal.signal(number, handler)


def test_what_was_sent_is_kept_with_the_users_data_by_account(
    settings: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.write_text(SETTINGS.replace('state = "state"', ""), "utf-8")
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *given: str(tmp_path / "data"))
    found = command.folder(config.load(settings))
    assert found.parent == tmp_path / "data" / "bot"
    assert "owls-test" in found.name


def test_what_was_kept_by_another_version_isnt_touched(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / memory.FILE) as database:
        database.execute("PRAGMA user_version = 7")
    database.close()
    with pytest.raises(StateError, match="of version 7"), memory.opened(tmp_path):
        pass


def test_what_is_no_database_and_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / memory.FILE).write_bytes(b"no database" * 100)
    with pytest.raises(StateError, match=memory.FILE), memory.opened(tmp_path):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="file"), memory.opened(tmp_path / "file"):
        pass
