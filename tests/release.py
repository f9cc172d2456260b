"""What is uploaded of a version, made and tried: `python -m tests.release`, in its environment.

It makes sdist and wheel in `dist/`, and looks at what stands in them; makes the wheel of the sdist
once more; installs the wheel alone, and does with it what the tutorial says. It uploads nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from email.message import Message
from email.parser import Parser
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("feedserver", "mkdocs_twim")
DIST_INFO = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
SERVERS = (
    *("anyio", "brotli", "h11", "html5lib", "httpcore2", "httpx2", "prometheus_client"),
    *("sqlalchemy", "starlette", "truststore", "uvicorn"),
)
"""What a build never imports, of what is installed: the README says how much it is."""
MEASURE = """
import importlib.metadata, json, os
found = {}
for one in importlib.metadata.distributions():
    paths = [one.locate_file(file) for file in one.files or () if file.suffix != ".pyc"]
    size = sum(os.path.getsize(path) for path in paths if os.path.exists(path))
    found[one.metadata["Name"].lower().replace("-", "_")] = size
print(json.dumps(found))
"""


class ReleaseError(Exception):
    """Something is not as it has to be in what would be uploaded."""


def expected(version: str) -> set[str]:
    """What a wheel holds: the two packages as they lie here, and what pip goes by."""
    files = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return files | {f"mkdocs_twim-{version}.dist-info/{name}" for name in DIST_INFO}


def metadata(wheel: Path) -> Message:
    """What a wheel says of itself."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode())


def look_at_wheel(wheel: Path) -> str:
    """Hold the content of a wheel against the list; its version.

    Raises:
        ReleaseError: something is missing, or is too much.
    """
    version = metadata(wheel)["Version"]
    with zipfile.ZipFile(wheel) as archive:
        held = {*archive.namelist()}
    if wrong := sorted(held ^ expected(version)):
        raise ReleaseError(f"{wheel.name}: missing or too much: {', '.join(wrong)}")
    return str(version)


def look_at_sdist(sdist: Path) -> None:
    """Hold the content of an sdist against what git knows: no more, and all of it.

    Raises:
        ReleaseError: something is missing, or is too much.
    """
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    known = {*_said("git", "ls-files").split("\n")} | {"PKG-INFO"}
    if wrong := sorted(held ^ known):
        raise ReleaseError(f"{sdist.name}: missing or too much: {', '.join(wrong)}")


def main() -> int:
    """Make it all, try it, and say what to upload; the exit code."""
    try:
        if changed := _said("git", "status", "--porcelain"):
            raise ReleaseError(f"commit first what git doesn't know:\n{changed}")
        # A wheel has the times of its files in it.
        os.environ.setdefault("SOURCE_DATE_EPOCH", _said("git", "log", "-1", "--format=%ct"))
        sdist, wheel = _make()
        version = look_at_wheel(wheel)
        look_at_sdist(sdist)
        _step("twine check")
        _run(sys.executable, "-m", "twine", "check", "--strict", str(sdist), str(wheel))
        with tempfile.TemporaryDirectory() as temporary:
            _again(sdist, wheel, Path(temporary))
            python = _install(wheel, Path(temporary))
            _try(python, Path(temporary) / "harbour")
    except (ReleaseError, subprocess.CalledProcessError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    print(f"\nmkdocs-twim {version} is ready. To upload, which this doesn't do:\n")
    for path in (sdist, wheel):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"  {path.relative_to(ROOT)}  {path.stat().st_size / 1000:.0f} kB  sha256 {digest}")
    print(f"\n  git tag v{version}\n  twine upload {sdist.relative_to(ROOT)} ", end="")
    print(wheel.relative_to(ROOT))
    for warning in _before(wheel):
        print(f"release: before that: {warning}", file=sys.stderr)
    return 0


def _make() -> tuple[Path, Path]:
    """Both files, of the folder as it is."""
    _step("sdist and wheel")
    folder = ROOT / "dist"
    for old in folder.glob("mkdocs_twim-*"):
        old.unlink()
    _run(sys.executable, "-m", "build", "--sdist", "--wheel", "--outdir", str(folder), str(ROOT))
    [sdist], [wheel] = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


def _again(sdist: Path, wheel: Path, folder: Path) -> None:
    """The wheel of the sdist, which has to be the same."""
    _step("the wheel of the sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    [source] = (folder / "unpacked").iterdir()
    command = ("--wheel", "--outdir", str(folder / "again"), str(source))
    _run(sys.executable, "-m", "build", *command)
    [again] = (folder / "again").iterdir()
    if again.name != wheel.name or again.read_bytes() != wheel.read_bytes():
        raise ReleaseError(f"{sdist.name} makes another wheel than the folder does")


def _install(wheel: Path, folder: Path) -> Path:
    """The Python of a new environment with the wheel and what it asks for, measured."""
    _step("an environment with the wheel alone")
    _run(sys.executable, "-m", "venv", str(folder / "environment"))
    python = folder / "environment" / ("Scripts" if os.name == "nt" else "bin") / "python"
    _run(str(python), "-m", "pip", "install", "--quiet", "--no-compile", str(wheel))
    sizes: dict[str, int] = json.loads(_said(str(python), "-I", "-c", MEASURE))
    for name in ("pip", "setuptools"):
        sizes.pop(name, None)
    look_at_readme((ROOT / "README.md").read_text("utf-8"), sizes)
    return python


def look_at_readme(text: str, sizes: Mapping[str, int]) -> None:
    """Hold what a README says of an installation against the sizes of its packages.

    Raises:
        ReleaseError: it says another number of packages, or a tenth more or fewer megabytes.
    """
    told = re.findall(r"\b(\d+) packages and (\d+) MB", text)
    found = (sizes, {name: sizes[name] for name in SERVERS if name in sizes})
    measured = [(len(one), sum(one.values()) / 1e6) for one in found]
    said = ", ".join(f"{count} packages and {size:.0f} MB" for count, size in measured)
    print(f"{said} for the server alone")
    for (packages, megabytes), (count, size) in zip(told, measured, strict=True):
        if int(packages) != count or abs(int(megabytes) - size) > size / 10:
            raise ReleaseError(f"README.md says {packages} packages and {megabytes} MB, not {said}")


def _try(python: Path, folder: Path) -> None:
    """The tutorial's site, built and served by what is installed."""
    _step("the tutorial")
    text = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    for name, content in re.findall(r'(?ms)^```\w+ title="(.*?)"\n(.*?)^```$', text):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, "utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    clean["NO_MKDOCS_2_WARNING"] = "1"
    _run(str(python), "-m", "mkdocs", "build", "--strict", cwd=folder, env=clean)
    _run(str(python), "-m", "feedserver", "check", "site", cwd=folder, env=clean)
    command = [str(python), "-m", "feedserver", "serve", "site", "--port", "0"]
    server = subprocess.Popen(
        command, cwd=folder, env=clean, stdout=subprocess.PIPE, encoding="utf-8"
    )
    try:
        assert server.stdout is not None
        told = ""
        while not told.endswith("Press Ctrl+C to stop.\n"):
            if not (line := server.stdout.readline()):
                raise ReleaseError(f"the server of the tutorial's site ended, and said: {told}")
            told += line
        [origin] = set(re.findall(r"http://127\.0\.0\.1:\d+", told))
        with urllib.request.urlopen(f"{origin}/section/boats/feed.json") as answer:
            titles = [item["title"] for item in json.load(answer)["items"]]
        with urllib.request.urlopen(f"{origin}/blog/this-week-1/") as answer:
            page = answer.read().decode()
    finally:
        with suppress(ProcessLookupError):
            server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)
    if len(titles) != 2 or "Seagull has a new mast" not in page:
        raise ReleaseError(f"the tutorial's site isn't served as it says: {titles}")


def _before(wheel: Path) -> list[str]:
    """What somebody has to do by hand."""
    found = []
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    waiting = changes.partition("\n## [Unreleased]\n")[2].partition("\n## ")[0]
    if re.search(r"(?m)^- ", waiting):
        found.append("CHANGELOG.md has lines under [Unreleased], which are in no version")
    places = [line.split(", ", 1)[1] for line in metadata(wheel).get_all("Project-URL", [])]
    if nowhere := [place for place in places if ".example/" in place]:
        found.append(f"put real addresses into pyproject.toml for {', '.join(nowhere)}")
    return found


def _step(name: str) -> None:
    print(f"release: {name}", flush=True)


def _said(*command: str) -> str:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    ).stdout.strip()


def _run(*command: str, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> None:
    """A command whose words are shown if it fails, and are too many otherwise."""
    done = subprocess.run(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        raise ReleaseError(f"{' '.join(command)} exited with {done.returncode}:\n{done.stdout}")


if __name__ == "__main__":
    sys.exit(main())
