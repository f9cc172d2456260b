"""The commands of ./run and .ci/run, tried on a project of nothing and with tools that pretend."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.feedserver.running import until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="./run is a script for bash")

UV = """\
if [ -e offline ]; then echo "uv: no network" >&2; exit 1; fi
echo "$1 $2" >>calls
[ "$1" = venv ] || exit 0
mkdir -p "$5/bin" && ln -s "$4" "$5/bin/python"
"""
PROJECT = """\
[project]
dependencies = ["one>=1.0"]
optional-dependencies = { more = ["two[extra]>=2.0"] }
"""


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
        self.tool("python3.11", f'[ "$1" = -c ] && echo 3.11 || exec {sys.executable} "$@"')

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
            "TWIM_SYNAPSE": sys.executable,
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
    # The README tells all of them.
    readme = (ROOT / "README.md").read_text("utf-8")
    for command in re.findall(r"(?m)^  (\./run .{14})", done.stdout):
        assert f"`{command.partition('[')[0].strip()}" in readme, command


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


def test_another_version_of_the_project_is_installed(made: Copy) -> None:
    """Else its commands would tell the version that it had."""
    (made.folder / "mkdocs_twim").mkdir()
    (made.folder / "mkdocs_twim" / "__init__.py").write_text('__version__ = "9.0"\n', "utf-8")
    assert made.run("./run", "environments").returncode == 0
    assert {*made.calls()} == {"pip install"}
    assert made.run("./run", "environments").returncode == 0 and made.calls() == []


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


@pytest.mark.parametrize("command", ["docs", "serve"])
def test_a_warning_fails_a_build_of_the_docs(project: Copy, command: str) -> None:
    project.tool("uv", UV)
    python = str(project.tool("python", f'exec {sys.executable} "$@"'))
    (project.folder / "mkdocs.yml").write_text("site_name: Nothing\nplugins: []\n", "utf-8")
    (project.folder / "docs").mkdir()
    page = project.folder / "docs" / "index.md"
    page.write_text("[A page](no-such-page.md)\n", "utf-8")
    done = project.run("./run", command, PYTHON=python)
    assert (done.returncode, done.stdout) == (1, "")
    assert "WARNING" in done.stderr and "no-such-page.md" in done.stderr
    page.write_text("A page.\n", "utf-8")
    project.tool("../.venv/bin/feedserver", 'echo "served: $*"')
    done = project.run("./run", command, PYTHON=python)
    told = {"docs": "run: the site is in site/\n", "serve": "served: serve site\n"}
    assert (done.returncode, done.stdout) == (0, told[command])
    # What goes well is told in a line.
    assert done.stderr == "run: building docs/ into site/\n"


def test_components_are_installed_once_and_tried_once_a_day(project: Copy) -> None:
    npm = 'echo "npm $1" >>calls; [ -e no-npm ] || exit 0; echo "npm: no route" >&2; exit 1'
    project.tool("npm", npm)
    project.tool("uv", UV)
    python = project.tool("python", f'[ "$2" = pytest ] || exec {sys.executable} "$@"')
    (project.folder / "no-npm").touch()
    done = project.run("./run", "test", "one", PYTHON=str(python))
    assert done.returncode == 0, done.stderr
    assert "the tests that need its packages are skipped" in done.stderr
    # By its own words.
    assert "npm: no route" in done.stderr
    assert "npm install failed today" in project.run("./run", "test", "one").stderr
    assert project.calls().count("npm install") == 1
    # In CI they are required; and once the network is back they come.
    project.run("./run", "test", "one", TWIM_REQUIRE_ALL="1")
    assert project.calls() == ["npm install"]
    (project.folder / "no-npm").unlink()
    (project.folder / ".node" / ".failed").unlink()
    for _ in range(2):
        done = project.run("./run", "test", PYTEST_XDIST_AUTO_NUM_WORKERS="3")
        assert "all tests in .venv, in 3 processes, with branch coverage" in done.stderr
    assert project.calls() == ["npm install"]


def test_what_is_covered_is_told_also_where_tests_fail(project: Copy) -> None:
    project.tool("npm", "")
    project.tool("uv", UV)
    python = f'[ "$2" != pytest ] || {{ echo "$*"; exit 1; }}; exec {sys.executable} "$@"'
    done = project.run("./run", "test", PYTHON=str(project.tool("python", python)))
    assert done.returncode == 1, done.stderr
    assert "--cov --cov-report=term" in done.stdout
    assert "--no-cov" not in done.stdout + (ROOT / "pyproject.toml").read_text("utf-8")


def test_a_homeserver_is_tried_once_a_day(project: Copy) -> None:
    project.tool("npm", "")
    project.tool("uv", f"[[ $* != *e2e* ]] || [ ! -e no-synapse ] || exit 1\n{UV}")
    shown = '[ "$2" = pytest ] && echo "$TWIM_SYNAPSE" ||'
    python = str(project.tool("python", f'{shown} exec {sys.executable} "$@"'))
    (project.folder / "no-synapse").touch()
    done = project.run("./run", "test", "one", PYTHON=python, TWIM_SYNAPSE="")
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr
    assert "Synapse can't be installed" in done.stderr
    (project.folder / "no-synapse").unlink()
    done = project.run("./run", "test", "one", PYTHON=python, TWIM_SYNAPSE="")
    assert "could not be installed today" in done.stderr and done.stdout == "\n"
    (project.folder / ".venv-synapse.failed").unlink()
    done = project.run("./run", "test", "one", PYTHON=python, TWIM_SYNAPSE="")
    assert done.stdout == f"{project.folder}/.venv-synapse/bin/python\n"


def _without(folder: Path) -> str:
    """A PATH with what the scripts need of a system, and with no other tool."""
    for name in ("bash", "cat", "cksum", "cp", "date", "dirname", "env", "mkdir", "mktemp", "rm"):
        found = shutil.which(name)
        assert found
        (folder / "few").mkdir(exist_ok=True)
        (folder / "few" / name).symlink_to(found)
    return str(folder / "few")


def test_the_component_is_not_made_without_npm(project: Copy) -> None:
    done = project.run("./run", "component", path=_without(project.folder))
    assert done.returncode == 1
    assert "run: there is no npm" in done.stderr
    assert "run: component needs terser, which npm installs" in done.stderr


def test_pythons_says_which_it_found(project: Copy) -> None:
    path = _without(project.folder)
    done = project.run("./run", "pythons", path=path)
    assert done.returncode == 0
    for version in ("3.12", "3.13"):
        assert f"run: Python {version} is not found" in done.stderr
    assert "run: tested on none" in done.stderr
    done = project.run("./run", "pythons", path=path, TWIM_REQUIRE_ALL="1")
    assert done.returncode == 1 and "required" in done.stderr
    # The environment's Python is the one that is found, which only says its version here.
    project.tool("uv", UV.replace("ln -s", "/bin/ln -s"))
    project.tool("python3.13", '[ "$1" = -c ] && echo 3.13; [ "$1" = -c ] || echo "$2 $3" >>calls')
    done = project.run("./run", "pythons", path=path, TWIM_REQUIRE_ALL="1")
    assert done.returncode == 0, done.stderr
    assert f"run: on Python 3.13, which is {project.folder}/bin/python3.13" in done.stderr
    assert "run: tested on 3.13" in done.stderr
    assert project.calls() == ["venv --quiet", "pip install", "pytest tests"]


def test_the_oldest_versions_are_tried_on_the_oldest_python(project: Copy) -> None:
    project.tool("uv", UV.replace('echo "$1 $2"', 'echo "$1 $4"'))
    for number in (11, 12, 13):
        project.tool(f"python3.{number}", f'[ "$1" = - ] || echo 3.{number}')
    assert project.run("./run", "environments", PYTHON="").returncode == 0
    oldest, newest = (call for call in project.calls() if call.startswith("venv"))
    assert oldest.endswith("/python3.11") and newest.endswith("/python3.13")


@pytest.fixture
def ci(project: Copy) -> Copy:
    """Whose checks succeed, and where nothing is to be installed."""
    (project.folder / "run").write_text(
        '#!/usr/bin/env bash\necho "run $1 $TWIM_REQUIRE_ALL" >>calls\n', "utf-8"
    )
    for name in ("apt-get", "dpkg", "npm", "uv"):
        project.tool(name, "")
    return project


def test_ci_tells_its_time_beside_what_it_may_take(ci: Copy) -> None:
    done = ci.run(".ci/run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("CI: done in ") and " s, of at most 720" in done.stdout
    assert sorted(ci.calls()) == [
        f"run {each} 1" for each in ("check", "environments", "lowest", "materialx", "test")
    ]


def test_a_step_of_ci_that_fails_ends_what_goes_on_beside_it(ci: Copy) -> None:
    script = """\
        case "$1" in
          environments) echo "one of many"; touch begun; sleep 1000 & echo $! >child; wait ;;
          *) until [ -s child ]; do sleep 0.05; done; exit 3 ;;
        esac
    """
    (ci.folder / "run").write_text(f"#!/usr/bin/env bash\n{script}", "utf-8")
    done = ci.run(".ci/run")
    assert done.returncode == 3
    assert "CI: failed after" in done.stderr and "one of many" in done.stderr
    child = (ci.folder / "child").read_text("utf-8").strip()
    until(lambda: subprocess.run(["kill", "-0", child], capture_output=True).returncode != 0)


def test_environments_that_fail_fail_ci(ci: Copy) -> None:
    script = '[ "$1" != environments ] || { echo "no network"; exit 4; }'
    (ci.folder / "run").write_text(f"#!/usr/bin/env bash\n{script}\n", "utf-8")
    done = ci.run(".ci/run")
    assert done.returncode == 4 and "no network" in done.stderr


@pytest.mark.parametrize("fetches", [True, False])
def test_ci_gets_uv_where_there_is_none(ci: Copy, fetches: bool) -> None:
    """And leaves it where it can't fetch what pip can."""
    (ci.folder / "bin" / "uv").unlink()
    made = "mkdir -p .venv-uv/bin; cp bin/python3 .venv-uv/bin/python; cp uv .venv-uv/bin/uv"
    ci.tool("python3", f'echo "python3 $*" >>calls; {made}')
    ci.tool("../uv", f"exit {0 if fetches else 1}")
    found = "command -v uv >>calls || true"
    (ci.folder / "run").write_text(f"#!/usr/bin/env bash\n{found}\n", "utf-8")
    done = ci.run(".ci/run", path=_without(ci.folder))
    assert done.returncode == 0, done.stderr
    calls = ci.calls()
    assert calls[0] == "python3 -m venv .venv-uv"
    assert calls[1].startswith("python3 -m pip install") and calls[1].endswith(" uv")
    assert {*calls[2:]} == ({f"{ci.folder}/.venv-uv/bin/uv"} if fetches else set())


def test_ci_installs_as_root_or_says_that_it_can_not(ci: Copy) -> None:
    ci.tool("dpkg", "exit 1")
    ci.tool("id", "echo 1000")
    ci.tool("sudo", 'echo "sudo $*" >>calls')
    assert ci.run(".ci/run").returncode == 0
    update, install = (call for call in ci.calls() if call.startswith("sudo"))
    assert update == "sudo apt-get update -qq"
    assert install.startswith("sudo env DEBIAN_FRONTEND=noninteractive apt-get install")
    (ci.folder / "bin" / "sudo").unlink()
    done = ci.run(".ci/run", path=_without(ci.folder))
    assert done.returncode == 1
    assert "needs root, and there is no sudo" in done.stderr
