"""The page on PostgreSQL: its settings and commands, run against one that the tests start."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
import yaml

from feedserver.settings.settings import load
from tests.conftest import ROOT
from tests.docs.pretended import Shell, lines, part
from tests.feedserver.ledger import databases
from tests.feedserver.running import until
from tests.feedserver.servers import write_site

TEXT = (ROOT / "docs" / "how-to" / "scale-out.md").read_text("utf-8")


def block(name: str) -> str:
    [found] = re.findall(rf'(?ms)^```\w+ title="{re.escape(name)}"\n(.*?)^```', TEXT)
    return str(found)


class _Loader(yaml.SafeLoader):
    """Reads compose's own tag."""


_Loader.add_constructor("!reset", lambda loader, node: None)


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.load(block("compose.yaml"), _Loader)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Path]:
    """The page's file, with a database, a site and folders of this machine in it."""
    write_site(tmp_path / "site")
    (tmp_path / "password").write_text("owls-at-night\n", "utf-8")
    with databases.postgresql() as server, databases.emptied(server) as address:
        text = block("feedserver.toml")
        told = tomllib.loads(text)
        for name, value in {
            "database": address,
            "database_password_file": str(tmp_path / "password"),
            "state": str(tmp_path / "state"),
        }.items():
            text = text.replace(f'"{told[name]}"', f'"{value}"')
        text = text.replace(told["sources"][0], str(tmp_path / "site"))
        path = tmp_path / "feedserver.toml"
        path.write_text(text, "utf-8")
        yield path


@contextmanager
def started(command: str, settings: Path, log: Path) -> Iterator[subprocess.Popen[str]]:
    """A command of the page, with this file and any port."""
    words = shlex.split(command.replace("/etc/feedserver.toml", str(settings)))
    assert words[0] == "feedserver"
    port = ["--port", "0"] if words[1] == "serve" else []
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "feedserver", *words[1:], *port],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()


def first_line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


def test_the_commands_of_the_page_work(settings: Path, compose: Any, tmp_path: Path) -> None:
    services = compose["services"]
    logs = {name: tmp_path / f"{name}.log" for name in ("serve", "worker")}
    with ExitStack() as stack:
        server, worker = (
            stack.enter_context(started(services[name]["command"], settings, logs[name]))
            for name in logs
        )
        assert "Serving" in first_line(server.stdout), logs["serve"].read_text()
        until(lambda: "one more worker" in logs["worker"].read_text())
        [asked] = re.findall(r"(?m)^\$ (feedserver work .*)$", TEXT)
        with started(
            asked.replace("feedserver.toml", "/etc/feedserver.toml"), settings, tmp_path / "work"
        ) as shown:
            told, _ = shown.communicate(timeout=60)
        assert shown.returncode == 0
        assert "deliver: 0 due, 0 later\n" in told
        for process in (worker, server):
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
    assert not any("owls-at-night" in log.read_text() for log in logs.values())
    assert not any("ERROR" in log.read_text() for log in logs.values())


def test_the_settings_of_the_page_are_taken(tmp_path: Path, compose: Any) -> None:
    path = tmp_path / "feedserver.toml"
    path.write_text(block("feedserver.toml"), "utf-8")
    found = load(path, {}, {})
    assert found.database is not None
    services = compose["services"]
    host = re.findall(r"@(\w+)/", found.database)
    assert host[0] in services
    assert (
        str(found.database_password_file)
        == services["database"]["environment"]["POSTGRES_PASSWORD_FILE"]
    )
    volumes = services["serve"]["volumes"]
    assert volumes == ["./feedserver.toml:/etc/feedserver.toml:ro"]


@pytest.mark.skipif(os.name == "nt", reason="its lines are for a shell")
def test_the_password_is_made_for_the_containers_alone(tmp_path: Path, compose: Any) -> None:
    secrets, folder = tmp_path / "secrets", tmp_path / "newsletter"
    folder.mkdir()
    shell = Shell(folder, {"/etc/newsletter": secrets, "sudo ": ""}, compose["services"])
    for line in lines(part(TEXT, "With containers")):
        shell.does(line)
    assert shell.asked() == ["up", "up"]
    password = secrets / Path(compose["secrets"]["database"]["file"]).relative_to("/etc/newsletter")
    assert len(password.read_text("utf-8")) > 30
    # Two users read it, each in a container: so the folder is what keeps others of the host out.
    assert password.stat().st_mode & 0o777 == 0o444
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert [*folder.iterdir()] == []


def test_with_sqlite_there_is_no_worker(tmp_path: Path) -> None:
    path = tmp_path / "feedserver.toml"
    path.write_text(f'state = "{tmp_path.as_posix()}"\n', "utf-8")
    for command, said in {
        "feedserver worker --config /etc/feedserver.toml": "only on PostgreSQL",
        "feedserver work --config /etc/feedserver.toml": "no server that has these settings",
    }.items():
        with started(command, path, tmp_path / "log") as process:
            assert process.wait(60) == 2
        assert said in (tmp_path / "log").read_text()
