"""The files for containers: held against linters and schemas, and their steps done without them.

Where a container tool can be had, `./run deep` builds the image too. Elsewhere it does what the
file says in a new environment, and says so.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hatchling.build
import pytest
import yaml

from feedserver.bot import config
from tests.browser.serving import free_port
from tests.conftest import DEEP, ROOT, absent
from tests.docs.pretended import Shell, lines
from tests.feedserver.running import until

HOW_TO = ROOT / "docs" / "how-to"
TEXT = (HOW_TO / "docker.md").read_text("utf-8")
FILES = HOW_TO / "docker"
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text("utf-8")


def shown(text: str) -> dict[str, str]:
    """The files that a page shows, by their names."""
    return dict(re.findall(r'(?ms)^```\w+ title="(.*?)"\n(.*?)^```$', text))


def _steps() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile and what follows each, their lines joined."""
    text = re.sub(r"(?m)^#.*\n", "", (FILES / "Dockerfile").read_text("utf-8"))
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in lines if line]


def _step(name: str) -> str:
    [found] = [rest for instruction, rest in _steps() if instruction == name]
    return found


def _services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FILES / "compose.yaml").read_text("utf-8"))
    return found


def with_tutorial(folder: Path, page: str) -> Path:
    """A folder with the files that the tutorial and a page show."""
    for name, text in (shown(TUTORIAL) | shown(page)).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def newsletter(tmp_path: Path) -> Path:
    """The folder of the tutorial with the files of the page."""
    return with_tutorial(tmp_path / "newsletter", TEXT)


def test_the_page_shows_the_files_that_it_leads_to() -> None:
    for name in ("Dockerfile", "compose.yaml"):
        assert f"[{name}](docker/{name})" in TEXT
        assert shown(TEXT)[name] == (FILES / name).read_text("utf-8")


def test_linters_find_nothing(newsletter: Path) -> None:
    program = Path(sys.executable).parent / "hadolint"
    if not program.exists():
        absent("hadolint")
    done = subprocess.run([program, FILES / "Dockerfile"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    files = [str(FILES / "compose.yaml"), str(newsletter / "compose.override.yaml")]
    done = subprocess.run([*command, *files], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_no_container_is_root_or_writes_where_it_need_not() -> None:
    number = _step("USER")
    assert number.isdigit() and int(number) > 0
    made = next(rest for name, rest in _steps() if name == "RUN" and "useradd" in rest)
    assert f"--uid {number} " in made
    for name, service in _services()["services"].items():
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        # A volume belongs to whom its folder in the image does.
        for volume in service["volumes"]:
            source, target = volume.split(":")[:2]
            assert source == "." or f" {target}" in made, volume
    assert _step("VOLUME") in made
    state = dict(re.findall(r"(\w+)=(\S+)", _step("ENV")))["FEEDSERVER_STATE"]
    assert f"state:{state}" in _services()["services"]["server"]["volumes"]


def test_the_image_is_built_once_for_all() -> None:
    """Builds of one name beside each other stop each other."""
    services = _services()["services"]
    assert [name for name, service in services.items() if "build" in service] == ["site"]
    assert {service["image"] for service in services.values()} == {services["site"]["image"]}


def test_the_bot_s_settings_can_be_read(newsletter: Path) -> None:
    told = config.load(newsletter / "bot.toml")
    assert "bot:/var/lib/feedserver-bot" in _services()["services"]["bot"]["volumes"]
    assert str(told.state).startswith("/var/lib/feedserver-bot")


@contextmanager
def _done(
    newsletter: Path, site: Path, environment: Mapping[str, str]
) -> Iterator[tuple[Callable[[], bool], str]]:
    """Build, serve and ask for its health, by the commands of both files; then end it.

    While it is served, there is what builds it once more, and where it is.
    """
    services = _services()["services"]
    places = {"/srv/site": str(site), "/var/lib/feedserver": str(site.parent / "state")}

    def command(text: str) -> list[str]:
        for old, new in places.items():
            text = text.replace(old, new)
        name, *rest = shlex.split(text)
        return [str(shutil.which(name, path=environment["PATH"])), *rest]

    port = str(free_port())
    given = dict(re.findall(r"(\w+)=(\S+)", _step("ENV")))
    given = {name: places.get(value, value) for name, value in given.items()}
    given |= {**environment, "FEEDSERVER_HOST": "127.0.0.1", "FEEDSERVER_PORT": port}

    def build() -> bool:
        building = command(services["site"]["command"])
        return subprocess.run(building, cwd=newsletter, env=given).returncode == 0

    assert build()
    assert json.loads(_step("CMD")) == shlex.split(services["server"]["command"])
    check = json.loads(_step("HEALTHCHECK").partition("CMD ")[2])
    check = [part.replace(":8000/", f":{port}/") for part in check]
    check[0] = str(shutil.which(check[0], path=environment["PATH"]))

    # Docker's client hands its proxy to every container.
    proxied = os.environ | {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""}

    def healthy() -> bool:
        return subprocess.run(check, env=proxied, stderr=subprocess.DEVNULL).returncode == 0

    assert not healthy()
    server = subprocess.Popen(
        command(services["server"]["command"]), env=given, stdout=subprocess.DEVNULL
    )
    try:
        until(healthy)
        address = f"http://127.0.0.1:{port}"
        assert len(_items(f"{address}/section/boats/feed.json")) == 2
        yield build, address
    finally:
        server.terminate()
        assert server.wait(60) == 0
    assert not healthy()


def _items(address: str) -> list[Any]:
    with urllib.request.urlopen(address) as answer:
        found: list[Any] = json.load(answer)["items"]
        return found


@pytest.mark.skipif(os.name == "nt", reason="its container has a shell")
def test_the_steps_end_in_a_working_site(newsletter: Path, tmp_path: Path) -> None:
    """With the environment of the tests in place of the image's."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    inherited = {"PATH": path, "HOME": str(tmp_path)}
    inherited |= {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    (tmp_path / "site").mkdir()
    with _done(newsletter, tmp_path / "site", inherited) as (build, address):
        assert (tmp_path / "state").is_dir()
        [first] = (newsletter / "docs/blog").glob("*.md")
        text = first.read_text("utf-8")
        more = newsletter / "docs/blog/2026-05-15-this-week-2.md"
        served = tmp_path / "site/now/archive.json"
        before = served.read_bytes()
        # A picture that isn't there, and a shortcode: what is refused isn't put in place.
        for broken in ("![A mast](/img/none.png)", '{{ youtub_player(id="x") }}'):
            more.write_text(f"{text}\n\n{broken}\n", "utf-8")
            assert not build()
            with urllib.request.urlopen(f"{address}/blog/this-week-1/") as answer:
                assert b"Seagull" in answer.read()
            assert served.read_bytes() == before
        more.write_text(text, "utf-8")
        assert build()
        until(lambda: len(_items(f"{address}/feed.json")) == 2)


def test_a_new_site_takes_the_place_of_the_old_in_two_renames() -> None:
    """Whatever takes longer is done before: of what is missing meanwhile readers get a 404."""
    steps = shlex.split(_services()["services"]["site"]["command"])[-1].split(" && ")
    assert steps[0].startswith("mkdocs build ")
    assert steps[-2:] == ["mv now last", "mv next now"]


@pytest.mark.skipif(os.name == "nt", reason="its lines are for a shell")
def test_the_lines_of_the_page_do_what_it_says(newsletter: Path, tmp_path: Path) -> None:
    places: dict[str, Path | str] = {
        "/newsletter": newsletter,
        "/srv/site": tmp_path / "site",
        "/etc/newsletter": tmp_path / "secrets",
        "sudo ": "",
    }
    if os.geteuid() != 0:
        places["--owner=10018"] = f"--owner={os.geteuid()}"
    (tmp_path / "site").mkdir()
    (newsletter / "token").write_text("syt_secret\n", "utf-8")
    settings = newsletter / "bot.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("/var/lib/feedserver-bot", str(tmp_path / "bot")), "utf-8")
    for path in (newsletter, *newsletter.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    shell = Shell(newsletter, places, _services()["services"])
    health = "curl --silent http://127.0.0.1:8000/healthz"
    assert health in lines(TEXT)
    for line in lines(TEXT):
        if line != health:
            shell.does(line)
    assert shell.asked() == ["up", "up"]
    assert (tmp_path / "site/now/archive.json").is_file()
    for path in (newsletter, settings, *(newsletter / "docs").rglob("*")):
        assert path.stat().st_mode & 0o044 == 0o044, path
    # No plugin of a build can read the token, nor anybody of the host.
    assert not (newsletter / "token").exists()
    told = Path(_services()["secrets"]["token"]["file"])
    token = tmp_path / "secrets" / told.relative_to("/etc/newsletter")
    assert token.read_text("utf-8") == "syt_secret\n"
    assert token.stat().st_mode & 0o777 == 0o400
    assert token.stat().st_uid == (int(_step("USER")) if os.geteuid() == 0 else os.geteuid())


def test_what_is_no_wheel_is_kept_out_of_the_image(newsletter: Path) -> None:
    assert (newsletter / ".dockerignore").read_text("utf-8").splitlines() == ["*", "!*.whl"]
    assert "COPY *.whl /tmp/" in TEXT


@pytest.mark.skipif(not DEEP, reason="it makes an environment: ./run deep")
def test_the_image_s_steps_in_a_new_environment(newsletter: Path, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        wheel = tmp_path / hatchling.build.build_wheel(str(tmp_path))
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "info"], capture_output=True).returncode == 0:
        _by_docker(docker, newsletter, wheel)
        return
    print("there is no container tool: the steps are done in a new environment")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "environment"], check=True)
    programs = tmp_path / "environment" / "bin"
    [install] = [rest for name, rest in _steps() if name == "RUN" and rest.startswith("pip ")]
    name, *rest = shlex.split(install)
    rest = [str(wheel) if word == "mkdocs-twim" else word for word in rest]
    assert str(wheel) in rest
    subprocess.run([programs / name, *rest, "--quiet"], check=True)
    inherited = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    (tmp_path / "site").mkdir()
    with _done(newsletter, tmp_path / "site", inherited):
        pass


def _by_docker(docker: str, newsletter: Path, wheel: Path) -> None:
    """The image itself, of the wheel that is here, with the tutorial's site in it."""
    shutil.copy(wheel, newsletter / wheel.name)
    text = (newsletter / "Dockerfile").read_text("utf-8")
    text = text.replace("RUN pip", f"COPY {wheel.name} /tmp/\nRUN pip")
    text = text.replace('"mkdocs-twim"', f"/tmp/{wheel.name}")
    (newsletter / "Dockerfile").write_text(text, "utf-8")
    tag = f"twim-test-{os.getpid()}"
    subprocess.run([docker, "build", "--tag", tag, str(newsletter)], check=True)
    run = [docker, "run", "--rm", "--detach", "--read-only", "--tmpfs", "/tmp"]
    run += ["--volume", f"{newsletter}:/newsletter:ro", "--tmpfs", "/srv/site:mode=1777", tag]
    steps = "mkdocs build --strict --site-dir /srv/site/now && exec feedserver serve /srv/site/now"
    container = subprocess.run(
        [*run, "sh", "-c", steps], capture_output=True, text=True, check=True
    ).stdout.strip()
    try:
        found = "{{.State.Health.Status}}"
        status = [docker, "inspect", "--format", found, container]
        for _ in range(120):
            said = subprocess.run(status, capture_output=True, text=True).stdout.strip()
            if said == "healthy":
                return
            time.sleep(1)
        pytest.fail(f"the container is {said}")
    finally:
        subprocess.run([docker, "rm", "--force", container], capture_output=True)
        subprocess.run([docker, "rmi", "--force", tag], capture_output=True)
