"""How the code is cut: folders and their doors, and who may import whom (docs/design.md)."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("feedserver", "mkdocs_twim")
ROWS: Mapping[str, tuple[set[str], ...]] = {
    "feedserver": (
        {"model", "errors"},
        {"text", "check"},
        {"newsletter"},
        {"formats"},
        {"feeds"},
        {"foreign", "embed", "settings", "store"},
        {"sources", "pages"},
        {"bot"},
        {"http"},
        {"web"},
        {"serving"},
        {"cli", "__main__"},
    ),
    "mkdocs_twim": (
        {"errors", "config"},
        {"markup"},
        {"templating"},
        {"content"},
        {"shortcodes"},
        {"posts"},
        {"lists", "migrate"},
        {"output"},
        {"collection", "checks", "plugin", "__main__"},
    ),
}
"""By row, from the lowest: a folder imports those of lower rows, and a root's module stands here by
name."""
PLUGIN_USES = {"model", "errors", "text", "newsletter", "formats", "feeds", "foreign", "embed"}
"""What the plugin has of the server's package: nothing that serves."""


def _files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def _name(path: Path) -> str:
    """A module by its path in dots."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _room(module: str) -> str:
    """The folder that a module stands in, or, in a package's root, its own name."""
    return module.split(".")[1]


def _imports(path: Path) -> Iterator[str]:
    """All modules of ours that a module imports, those within functions too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # What is imported from a folder is a module.
            folder = ROOT.joinpath(*node.module.split(".")).is_dir()
            names = [
                f"{node.module}.{alias.name}" if folder else node.module for alias in node.names
            ]
        else:
            continue
        yield from (name for name in names if name.split(".")[0] in PACKAGES)


def _row(package: str, room: str) -> int:
    return next(number for number, rooms in enumerate(ROWS[package]) if room in rooms)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_root_has_at_most_twenty_names(package: str) -> None:
    unseen = {"__init__.py", "__main__.py", "__pycache__", "py.typed"}
    names = {path.name for path in (ROOT / package).iterdir()} - unseen
    assert len(names) <= 20, sorted(names)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_folder_has_at_most_twelve_modules(package: str) -> None:
    for folder in {path.parent for path in _files(package)} - {ROOT / package}:
        modules = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert 0 < len(modules) <= 12, f"{folder.name}: {sorted(modules)}"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_has_more_than_400_lines(package: str) -> None:
    long = {_name(path): path.read_text("utf-8").count("\n") for path in _files(package)}
    assert not {name: lines for name, lines in long.items() if lines > 400}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_folder_says_what_it_is_for_and_which_module_is_its_door(package: str) -> None:
    for path in (ROOT / package).glob("*/__init__.py"):
        tree = ast.parse(path.read_text("utf-8"))
        assert len(tree.body) == 1, f"{path.parent.name}: a docstring is all"
        text = ast.get_docstring(tree) or ""
        modules = {each.stem for each in path.parent.glob("*.py")}
        doors = set(re.findall(r"`(\w+)`", text))
        assert doors & modules and doors <= modules, f"{path.parent.name}: {doors - modules}"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_has_a_row(package: str) -> None:
    rooms = {_room(_name(path)) for path in _files(package)} - {"__init__"}
    assert rooms == set().union(*ROWS[package])


@pytest.mark.parametrize("package", PACKAGES)
def test_folders_import_lower_rows_alone(package: str) -> None:
    wrong = []
    for path in _files(package):
        name = _name(path)
        if name == f"{package}.__init__":
            continue
        for other in _imports(path):
            if not other.startswith(f"{package}.") or _room(other) == _room(name):
                continue
            here, there = _row(package, _room(name)), _row(package, _room(other))
            # In the last row of all stand modules, not folders.
            last = here == there == len(ROWS[package]) - 1
            if there >= here and not last:
                wrong.append(f"{name} imports {other}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", PACKAGES)
def test_there_are_no_cycles(package: str) -> None:
    graph = {
        _name(path): {other for other in _imports(path) if other != _name(path)}
        for path in _files(package)
    }
    while leaves := {module for module, uses in graph.items() if not uses & graph.keys()}:
        graph = {module: uses for module, uses in graph.items() if module not in leaves}
    assert not graph


@pytest.mark.parametrize("package", PACKAGES)
def test_a_module_with_an_underscore_is_its_folder_s_own(package: str) -> None:
    for path in _files(package):
        for other in _imports(path):
            folder, _, leaf = other.rpartition(".")
            private = leaf.startswith("_") and leaf != "__main__"
            assert not private or _name(path).startswith(f"{folder}."), f"{path}: {other}"


def test_feedserver_does_not_know_mkdocs() -> None:
    for path in _files("feedserver"):
        text = path.read_text("utf-8")
        assert not re.search(r"(?m)^\s*(from|import) (mkdocs|mkdocs_twim|material)\b", text), path


def test_the_plugin_imports_nothing_that_serves() -> None:
    for path in _files("mkdocs_twim"):
        for other in _imports(path):
            assert not other.startswith("feedserver.") or _room(other) in PLUGIN_USES, (path, other)


def test_the_library_loads_neither_server_nor_mkdocs() -> None:
    code = "import sys, feedserver.feeds.export; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"mkdocs", "starlette", "uvicorn", "html5lib", "feedparser"}


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_stand_at_the_top(package: str) -> None:
    for path in _files(package):
        inner = re.search(
            r"(?m)^[ \t]+(from|import) (feedserver|mkdocs_twim)", path.read_text("utf-8")
        )
        assert not inner, path


def test_the_design_has_these_rows() -> None:
    text = (ROOT / "docs" / "design.md").read_text("utf-8")
    tables = re.findall(r"(?m)^\| row \|.*\n\|---.*\n((?:\|.*\n)+)", text)
    for package, table in zip(PACKAGES, tables, strict=True):
        rows: list[set[str]] = [set() for _ in ROWS[package]]
        for number, names in re.findall(r"(?m)^\| (\d+) \| ([^|]*) \|", table):
            rows[int(number)] |= {name.rstrip("/") for name in re.findall(r"`([^`]+)`", names)}
        assert tuple(rows) == ROWS[package]


def test_every_file_that_the_newcomer_s_page_names_is_there() -> None:
    text = (ROOT / "docs" / "contributing.md").read_text("utf-8")
    named = re.findall(r"`((?:feedserver|mkdocs_twim|tests|docs)/[^`<]*)`", text)
    assert len(named) > 40
    assert not [name for name in named if not (ROOT / name).exists()]
