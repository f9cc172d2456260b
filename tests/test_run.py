"""The commands of ./run and .ci/run, tried on a project of nothing and with tools that pretend."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="./run is a script for bash")

UV = """\
if [ -e offline ]; then echo "uv: no network" >&2; exit 1; fi
echo "$1 $2" >>calls
[ "$1" = venv ] || exit 0
mkdir -p "$5/bin" && ln -s "$4" "$5/bin/python"
"""
PROJECT = '[project]\ndependencies = ["one>=1.0"]\n'


class Copy:
    """./run and .ci/run in a folder of their own, before a PATH of tools that pretend."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / ".ci").mkdir()
        for name in ("run", ".ci/run"):
            shutil.copy(ROOT / name, folder / name)
        (folder / "pyproject.toml").write_text(PROJECT, "utf-8")
        (folder / "tests").mkdir()
        (folder / "tests" / "package.json").write_text("{}", "utf-8")

    def tool(self, name: str, script: str) -> Path:
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/usr/bin/env bash\n{script}", "utf-8")
        path.chmod(0o755)
        return path

    def run(
        self, *command: str, path: str = os.environ["PATH"], **variables: str
    ) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.folder / 'bin'}:{path}",
            "HOME": str(self.folder),
            "PYTHON": sys.executable,
            **variables,
        }
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=120
        )

    def calls(self) -> list[str]:
        """What was asked of the tools since the last time."""
        path = self.folder / "calls"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines


@pytest.fixture
def project(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


@pytest.fixture
def made(project: Copy) -> Copy:
    """With the two environments that `./run environments` makes."""
    project.tool("uv", UV)
    done = project.run("./run", "environments")
    assert done.returncode == 0, done.stderr
    assert project.calls().count("venv --quiet") == 2
    (project.folder / ".venv-lowest" / "mine").touch()
    return project


def test_a_command_that_is_not_known_is_refused(project: Copy) -> None:
    done = project.run("./run", "foo")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'foo'" in done.stderr and "./run help" in done.stderr


def test_the_help_tells_each_command(project: Copy) -> None:
    for command in (["./run"], ["./run", "help"]):
        done = project.run(*command)
        assert done.returncode == 0
        assert "./run serve" in done.stdout and "./run clean" in done.stdout


def test_a_checkout_that_changes_times_alone_makes_nothing_anew(made: Copy) -> None:
    later = (made.folder / "run").stat().st_mtime + 1000
    os.utime(made.folder / "pyproject.toml", (later, later))
    done = made.run("./run", "environments")
    assert (done.returncode, done.stderr, made.calls()) == (0, "", [])


def test_other_dependencies_are_installed_into_what_is_there(made: Copy) -> None:
    (made.folder / "pyproject.toml").write_text(PROJECT.replace("1.0", "1.1"), "utf-8")
    assert made.run("./run", "environments").returncode == 0
    calls = made.calls()
    assert calls and set(calls) == {"pip install"}
    assert (made.folder / ".venv-lowest" / "mine").exists()
    assert made.run("./run", "environments").stderr == ""


def test_offline_the_environment_stays(made: Copy) -> None:
    (made.folder / "offline").touch()
    (made.folder / "pyproject.toml").write_text(PROJECT.replace("1.0", "1.1"), "utf-8")
    done = made.run("./run", "environments")
    assert "no network" in done.stderr
    assert "the environment .venv-lowest is used as it was" in done.stderr
    assert (made.folder / ".venv-lowest" / "mine").exists()
    assert not (made.folder / ".venv-lowest.old").exists()
    # In CI what is tested is what pyproject.toml says.
    done = made.run("./run", "environments", TWIM_REQUIRE_ALL="1")
    assert done.returncode == 1 and "as it was" not in done.stderr
    assert (made.folder / ".venv-lowest" / "mine").exists()


def test_offline_nothing_is_left_of_an_environment_that_was_never_whole(project: Copy) -> None:
    project.tool("uv", UV)
    (project.folder / "offline").touch()
    assert project.run("./run", "environments").returncode == 1
    assert not [*project.folder.glob(".venv*/")]


def test_another_python_gets_another_environment(made: Copy) -> None:
    other = made.tool("other", "echo 3.99")
    (made.folder / "offline").touch()
    assert made.run("./run", "environments", PYTHON=str(other)).returncode == 1
    assert (made.folder / ".venv-lowest" / "mine").exists()
    (made.folder / "offline").unlink()
    assert made.run("./run", "environments", PYTHON=str(other)).returncode == 0
    assert made.calls().count("venv --quiet") == 2
    assert not (made.folder / ".venv-lowest" / "mine").exists()
    assert not [*made.folder.glob("*.old")]


def test_one_that_was_interrupted_comes_back(made: Copy) -> None:
    (made.folder / ".venv-lowest").rename(made.folder / ".venv-lowest.old")
    (made.folder / ".venv-lowest").mkdir()
    done = made.run("./run", "environments")
    assert (done.returncode, made.calls()) == (0, [])
    assert (made.folder / ".venv-lowest" / "mine").exists()
