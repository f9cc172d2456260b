"""The lines that a page shows for a shell, done as they are written, where there are no containers.

`docker compose` is pretended: what a service would do is done on this machine, in folders that
stand for its volumes. Services, options and commands that there aren't are refused.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def lines(text: str, sign: str = "$") -> list[str]:
    """What is typed behind a sign in the blocks of a page or of a part of it."""
    blocks = re.findall(r"(?ms)^```console.*?\n(.*?)^```$", text)
    return re.findall(rf"(?m)^{re.escape(sign)} (.*)$", "".join(blocks))


def part(text: str, heading: str) -> str:
    """What stands below a heading of the second level."""
    [found] = re.findall(rf"(?ms)^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text)
    return str(found)


class Shell:
    """Runs lines in a folder, with other folders in the place of those that they name."""

    def __init__(
        self, folder: Path, places: Mapping[str, Path | str], services: Mapping[str, Any]
    ) -> None:
        self._folder = folder
        self._places = {old: str(new) for old, new in places.items()}
        self._services = services

    def does(self, line: str) -> str:
        """What a line says that does well."""
        tools = self._folder.parent / "tools"
        tools.mkdir(exist_ok=True)
        docker = tools / "docker"
        docker.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {__name__} "$@"\n', "utf-8")
        docker.chmod(0o755)
        told = {"places": self._places, "services": self._services, "log": str(tools / "log")}
        environment = os.environ | {
            "PATH": os.pathsep.join(
                (str(tools), str(Path(sys.executable).parent), os.environ["PATH"])
            ),
            "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", ""))),
            "PRETENDED": json.dumps(told),
            "NO_MKDOCS_2_WARNING": "1",
        }
        if "docker" not in line:
            line = replaced(line, self._places)
        done = subprocess.run(
            ["bash", "-euc", line],
            cwd=self._folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def asked(self) -> list[str]:
        """What services were asked to do since the last time, without doing it here."""
        log = self._folder.parent / "tools" / "log"
        found = log.read_text("utf-8").splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return found


def replaced(text: str, places: Mapping[str, str]) -> str:
    """A text with other words in the place of those that are named."""
    if not places:
        return text
    # A path may begin as another does.
    longest = sorted(places, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest)), lambda found: places[found[0]], text)


def _parser(services: list[str]) -> argparse.ArgumentParser:
    """Of what compose's commands take, what the pages use."""
    docker = argparse.ArgumentParser(prog="docker", allow_abbrev=False)
    compose = docker.add_subparsers(required=True).add_parser("compose", allow_abbrev=False)
    compose.add_argument("--profile")
    commands = compose.add_subparsers(dest="command", required=True)
    options = {
        "build": ["--pull", "--no-cache"],
        "exec": [],
        "run": ["--rm", "--no-deps", "--no-TTY"],
        "start": [],
        "stop": [],
        "up": ["--detach", "--build"],
    }
    for name, flags in options.items():
        command = commands.add_parser(name, allow_abbrev=False)
        for flag in flags:
            command.add_argument(flag, action="store_true")
        if name == "run":
            command.add_argument("--volume")
        if name == "up":
            command.add_argument("--scale")
        if name in ("exec", "run"):
            command.add_argument("service", choices=services)
            command.add_argument("words", nargs=argparse.REMAINDER)
        else:
            command.add_argument("services", nargs="*")
    copy = commands.add_parser("cp", allow_abbrev=False)
    copy.add_argument("source")
    copy.add_argument("target")
    return docker


def main(arguments: list[str]) -> int:
    given = json.loads(os.environ["PRETENDED"])
    services, places = given["services"], given["places"]
    told = _parser([*services]).parse_args(arguments)
    profiles = [name for service in services.values() for name in service.get("profiles", ())]
    assert told.profile in (None, *profiles), told.profile
    if told.command == "cp":
        service, _, source = told.source.partition(":")
        assert service in services, service
        return subprocess.run(["cp", replaced(source, places), told.target]).returncode
    if told.command not in ("exec", "run"):
        assert {*told.services} <= {*services}, told.services
        with open(given["log"], "a", encoding="utf-8") as log:
            log.write(f"{' '.join([told.command, *told.services])}\n")
        return 0
    if getattr(told, "volume", None):
        here, there, _ = told.volume.split(":")
        places[there] = here
    words = told.words or shlex.split(services[told.service]["command"])
    return subprocess.run([replaced(word, places) for word in words]).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
