"""A browser, the checkers of npm, and sites that are served."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.browser import chromium
from tests.browser.embedding import Origin, feeds, origin
from tests.browser.letters import THEMES, build_letters
from tests.browser.serving import free_port, hosted, served
from tests.conftest import DEEP, ROOT, absent, some
from tests.sites import Built, once


def looks(narrow: int, wide: int) -> list[tuple[str, int]]:
    """Colours and widths of a screen: each of them once, or in `./run deep` with each other."""
    some = [("light", wide), ("dark", narrow)]
    return [*some, ("light", narrow), ("dark", wide)] if DEEP else some


one_theme = pytest.mark.parametrize("letters", some([*THEMES]), indirect=True)
"""For what our scripts do, which is the same on each theme: `./run deep` tries all."""


@dataclass(frozen=True, slots=True)
class Site:
    """A built site and where it is served, without a slash at its end."""

    theme: str
    folder: Path
    address: str


@pytest.fixture(scope="session", params=list(THEMES))
def letters(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The newsletter that has everything, on each theme."""
    port = free_port()
    built = build_letters(request.param, tmp_path_factory.mktemp(request.param), port)
    with hosted(built.folder, port) as address:
        yield Site(request.param, built.folder, address)


@pytest.fixture(scope="session")
def site(letters: Site) -> str:
    """Its address."""
    return letters.address


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same newsletter, served by the real server without its pages: the address."""

    def make(folder: Path) -> None:
        build_letters("mkdocs", folder, free_port()).folder.rename(folder / "site")

    with served(once(tmp_path_factory, "alone", make).folder / "archive.json") as address:
        yield address


@pytest.fixture(scope="session")
def matrix(matrix_site: Built) -> Iterator[Site]:
    """The posts of matrix.org."""
    with served(matrix_site.folder) as address:
        yield Site("material", matrix_site.folder, address)


@pytest.fixture
def pages() -> Iterator[Origin]:
    """An origin whose pages embed feeds."""
    with origin() as here:
        yield here


@pytest.fixture
def far() -> Iterator[Origin]:
    """Another, which has the feeds and the component."""
    with feeds() as here:
        yield here


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """Chromium, which can reach this machine alone."""
    found = chromium.binaries()
    if found is None:
        absent("Chromium with its driver")
        raise AssertionError
    driver = chromium.start(found, tmp_path_factory.mktemp("chromium"))
    yield driver
    driver.quit()


def component(path: str) -> Path:
    """A file of an npm package, as `./run test` installs them."""
    found = ROOT / ".node" / "node_modules" / path
    if not found.is_file():
        absent(f"{path} of npm")
    return found


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which finds what keeps people out of a page."""
    return component("axe-core/axe.min.js").read_text("utf-8")


@pytest.fixture(scope="session")
def nu() -> list[str]:
    """The command of the Nu HTML checker."""
    java = shutil.which("java")
    if java is None:
        absent("java")
    # For a run of seconds the second compiler costs more than it gains.
    quick = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss8m")
    return [str(java), *quick, "-jar", str(component("vnu-jar/build/dist/vnu.jar"))]
