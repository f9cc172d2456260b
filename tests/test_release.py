"""What would be uploaded: the wheel's content, and what it says of itself.

`./run release`, which makes environments, is a part of `./run deep`.
"""

from __future__ import annotations

import re
import sys
import tomllib
import zipfile
from contextlib import nullcontext
from email.message import Message
from pathlib import Path
from typing import Any

import hatchling.build
import pytest
from trove_classifiers import classifiers, deprecated_classifiers

import mkdocs_twim
from tests import release
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return folder / hatchling.build.build_wheel(str(folder))


@pytest.fixture(scope="module")
def told(wheel: Path) -> Message:
    return release.metadata(wheel)


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return found


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: Path, tmp_path: Path) -> None:
    assert release.look_at_wheel(wheel) == mkdocs_twim.__version__
    held = zipfile.ZipFile(wheel).namelist()
    for name in ("feedserver/py.typed", "mkdocs_twim/py.typed", "feedserver/embed/embed.min.js"):
        assert name in held
    more = tmp_path / wheel.name
    more.write_bytes(wheel.read_bytes())
    with zipfile.ZipFile(more, "a") as archive:
        archive.writestr("feedserver/secret.txt", "")
    with pytest.raises(release.ReleaseError, match=r"too much: feedserver/secret\.txt"):
        release.look_at_wheel(more)


def test_it_is_made_again_to_the_byte(wheel: Path, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setenv("SOURCE_DATE_EPOCH", "1795478400")
        for name in ("one", "two"):
            hatchling.build.build_wheel(str(tmp_path / name))
    one, two = (tmp_path / name / wheel.name for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_its_classifiers_are_known_and_hold(told: Message) -> None:
    given = {*told.get_all("Classifier", [])}
    assert given <= classifiers and not given & deprecated_classifiers.keys()
    versions = {name.rpartition(" ")[2] for name in given if re.search(r":: 3\.\d+$", name)}
    # Those that the tests are run on.
    [tried] = re.findall(r"for version in ([\d. ]+); do", (ROOT / "run").read_text("utf-8"))
    assert versions <= {"3.11", *tried.split()} and "3.11" in versions
    assert told["Requires-Python"] == ">=3.11"


def test_it_leads_to_its_documentation_and_its_issues(told: Message) -> None:
    places = dict(line.split(", ", 1) for line in told.get_all("Project-URL", []))
    assert places.keys() == {"Documentation", "Source", "Issues", "Changelog"}
    assert all(place.startswith("https://") for place in places.values())
    [site] = re.findall(r"(?m)^site_url: (.*)$", (ROOT / "mkdocs.yml").read_text("utf-8"))
    assert places["Documentation"] == site
    assert told["Author"]


def test_its_page_has_no_links_that_lead_nowhere(told: Message) -> None:
    """What the README says of the folder docs/ is of no use where there is none."""
    text = str(told.get_payload())
    assert "# mkdocs-twim" in text
    targets = re.findall(r"\]\(([^)\s]+)", text)
    assert targets and all(re.match("https?://|#", target) for target in targets), targets
    for path in re.findall(r"\]\((docs/[^)#\s]+)", README):
        assert (ROOT / path).is_file(), path


def test_the_readme_names_every_extra_and_what_an_installation_takes(
    project: dict[str, Any],
) -> None:
    for extra in project["optional-dependencies"]:
        assert f"mkdocs-twim[{extra}]" in README, extra
    named = {re.split(r"[\[>=; ]", one)[0].replace("-", "_") for one in project["dependencies"]}
    assert {*release.SERVERS} - named == {"anyio", "h11", "truststore"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("12 packages and 29 MB; the server's are 11 packages and 11 MB", True),
        ("13 packages and 31 MB; the server's are 11 packages and 11 MB", False),
        ("12 packages and 3 MB; the server's are 11 packages and 11 MB", False),
        ("12 packages and 31 MB; the server's are 11 packages and 14 MB", False),
    ],
)
def test_the_readme_says_of_an_installation_what_is_measured(text: str, holds: bool) -> None:
    sizes = dict.fromkeys(release.SERVERS, 1_000_000) | {"mkdocs": 20_000_000}
    with nullcontext() if holds else pytest.raises(release.ReleaseError, match="not 12 packages"):
        release.look_at_readme(text, sizes)
    # The README says both.
    assert len(re.findall(r"\b\d+ packages and \d+ MB", README)) == 2


def test_a_warning_of_the_tutorial_s_site_fails_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    broken = text.replace("Good morning!", "[Good morning](no-such-page.md)!")
    assert broken != text
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "tutorial.md").write_text(broken, "utf-8")
    monkeypatch.setattr(release, "ROOT", tmp_path)
    with pytest.raises(release.ReleaseError, match=r"no-such-page\.md"):
        release._try(Path(sys.executable), tmp_path / "harbour")


@pytest.mark.parametrize(
    ("changes", "waits"),
    [("- A thing.\n\n", True), ("", False), ("### Added\n\n- A thing.\n\n", True)],
)
def test_it_tells_what_is_to_be_done_by_hand(
    wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: str, waits: bool
) -> None:
    text = f"# Changelog\n\n## [Unreleased]\n\n{changes}"
    for version in ("1.1.0", "1.0.0"):
        text += f"## [{version}] - 2026-01-01\n\n- One.\n\n"
    (tmp_path / "CHANGELOG.md").write_text(text, "utf-8")
    monkeypatch.setattr(release, "ROOT", tmp_path)
    told = release._before(wheel)
    assert any("[Unreleased]" in line for line in told) == waits
