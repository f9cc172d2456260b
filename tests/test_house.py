"""How the code is cut: folders and their doors, and who may import whom (docs/design.md)."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT, UNTRACED

PACKAGES = ("feedserver", "mkdocs_twim")
ROWS: Mapping[str, tuple[set[str], ...]] = {
    "feedserver": (
        {"model", "errors"},
        {"text", "check"},
        {"newsletter"},
        {"formats"},
        {"feeds"},
        {"foreign", "embed", "settings", "store", "ledger"},
        {"sources", "pages"},
        {"bot", "network"},
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
        {"checks"},
        {"collection"},
        {"build"},
        {"plugin"},
        {"check"},
        {"cli", "__main__"},
    ),
}
"""By row, from the lowest: a folder imports those of lower rows, and a root's module stands here by
name."""
PLUGIN_USES = {"model", "errors", "text", "newsletter", "formats", "feeds", "foreign", "embed"}
"""What the plugin has of the server's package: nothing that serves."""

OF_MKDOCS = {"mkdocs", "material", "materialx", "properdocs", "pymdownx"}
"""MkDocs, what takes its place, themes and their extensions."""


def _files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def _nodes(path: Path) -> tuple[ast.AST, ...]:
    """All of a module, which many rules look at."""
    return tuple(ast.walk(_tree(path)))


def _name(path: Path) -> str:
    """A module by its path in dots."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _room(module: str) -> str:
    """The folder that a module stands in, or, in a package's root, its own name."""
    return module.split(".")[1]


@cache
def _all_imports(path: Path) -> tuple[str, ...]:
    """All modules that a module imports, those within functions too."""
    return tuple(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in _nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # What is imported from a folder is a module.
            folder = ROOT.joinpath(*node.module.split(".")).is_dir()
            for alias in node.names:
                yield f"{node.module}.{alias.name}" if folder else node.module


def _imports(path: Path) -> Iterator[str]:
    """Those of them that are ours."""
    return (name for name in _all_imports(path) if name.split(".")[0] in PACKAGES)


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
def test_a_folder_is_described_and_has_no_folders_of_modules_in_it(package: str) -> None:
    for path in (ROOT / package).rglob("__init__.py"):
        tree = _tree(path)
        rest = tree.body[1:]
        assert ast.get_docstring(tree), path
        if path.parent == ROOT / package:
            version = [each for each in rest if isinstance(each, ast.Assign)]
            assert rest == version, f"{path}: a docstring and the version are all"
        else:
            assert not rest, f"{path}: a docstring is all"
    deep = [path for path in _files(package) if len(path.relative_to(ROOT).parts) > 3]
    assert not deep, "folders in folders"
    for folder in {path.parent for path in _files(package)}:
        assert (folder / "__init__.py").exists(), folder


@pytest.mark.parametrize("package", PACKAGES)
def test_a_folder_says_which_modules_are_its_doors(package: str) -> None:
    for path in (ROOT / package).glob("*/__init__.py"):
        text = ast.get_docstring(_tree(path)) or ""
        doors = re.search(r"(?m)^Doors?: `(\w+)`[^`]", text)
        assert doors, f"{path}: no line begins with 'Door: `module`'"
        modules = {each.stem for each in path.parent.glob("*.py")}
        named = set(re.findall(r"`(\w+)`", text))
        assert named <= modules, f"{path}: {named - modules}"


@pytest.mark.parametrize("package", PACKAGES)
def test_modules_are_imported_by_their_whole_names(package: str) -> None:
    """So that all rules here see an import."""
    wrong = []
    for path in _files(package):
        for node in _nodes(path):
            match node:
                case ast.ImportFrom(level=level) if level:
                    wrong.append(f"{path}:{node.lineno}: a relative import")
                case ast.Attribute(attr="import_module" | "__import__"):
                    wrong.append(f"{path}:{node.lineno}: {ast.unparse(node)}")
                case ast.Name(id="import_module" | "__import__"):
                    wrong.append(f"{path}:{node.lineno}: {ast.unparse(node)}")
                case ast.alias(name="import_module"):
                    wrong.append(f"{path}:{node.lineno}: {node.name}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", (*PACKAGES, "tests"))
def test_a_module_is_called_by_its_name(package: str) -> None:
    """Another name, the plural, is for where its own is that of a value."""
    for path in _files(package):
        for node in _nodes(path):
            if not isinstance(node, ast.ImportFrom) or not node.module:
                continue
            folder = ROOT.joinpath(*node.module.split("."))
            for alias in node.names:
                if folder.parent.name not in PACKAGES or not (folder / f"{alias.name}.py").exists():
                    continue
                if alias.asname:
                    assert alias.asname == f"{alias.name}s", f"{path}:{node.lineno}"
                    assert alias.name in _values(path), (
                        f"{path}:{node.lineno}: no need for an alias"
                    )


@cache
def _values(path: Path) -> set[str]:
    """The names of arguments and variables, and what else is imported or defined."""
    found: set[str] = set()
    for node in _nodes(path):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.alias(name=name, asname=None):
                found.add(name)
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_what_has_an_underscore_is_used_in_its_module_alone(package: str) -> None:
    wrong = []
    for path in _files(package):
        modules: set[str] = set()
        for node in _nodes(path):
            if not isinstance(node, ast.ImportFrom) or not node.module:
                continue
            if node.module.split(".")[0] not in PACKAGES:
                continue
            if ROOT.joinpath(*node.module.split(".")).is_dir():
                modules |= {alias.asname or alias.name for alias in node.names}
            else:
                names = [alias.name for alias in node.names if _is_private(alias.name)]
                wrong += [f"{path}:{node.lineno}: {node.module}.{name}" for name in names]
        for node in _nodes(path):
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in modules:
                    if _is_private(attr):
                        wrong.append(f"{path}:{node.lineno}: {name}.{attr}")
    assert not wrong, "\n".join(wrong)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _bound(node: ast.AST) -> list[str]:
    """The names that a statement of a module binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names]
    if isinstance(node, ast.Assign):
        targets: list[ast.expr] = node.targets
    elif isinstance(node, ast.AnnAssign) and node.value:
        targets = [node.target]
    else:
        return []
    inner = (each for target in targets for each in ast.walk(target))
    # A name that is only read is that of what a member or an item is given to.
    return [
        each.id for each in inner if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    ]


@pytest.mark.parametrize("package", (*PACKAGES, "tests"))
def test_no_name_of_a_module_or_a_class_is_bound_twice(package: str) -> None:
    twice = []
    for path in _files(package):
        for scope in _nodes(path):
            if not isinstance(scope, ast.Module | ast.ClassDef):
                continue
            seen: set[str] = set()
            for node in scope.body:
                names = [] if _is_setter(node) else _bound(node)
                twice += [f"{path}:{node.lineno}: {name}" for name in names if name in seen]
                seen.update(names)
    assert not twice, "\n".join(twice)


def _is_setter(node: ast.AST) -> bool:
    """Whether this is the second half of a property, or of a function with several signatures."""
    found = getattr(node, "decorator_list", [])
    ends = ("setter", "deleter", "overload")
    return any(ast.unparse(decorator).rpartition(".")[2] in ends for decorator in found)


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


def _knows_mkdocs(path: Path) -> bool:
    return any(name.split(".")[0] in OF_MKDOCS for name in _all_imports(path))


@pytest.mark.parametrize("package", PACKAGES)
def test_tests_lie_as_the_code_does(package: str) -> None:
    here = ROOT / "tests" / package.removeprefix("mkdocs_")
    folders = {path.parent.relative_to(here).as_posix() for path in here.rglob("test_*.py")} - {"."}
    assert len(folders) > 4
    assert not {folder for folder in folders if not (ROOT / package / folder).is_dir()}


def test_feedserver_does_not_know_mkdocs() -> None:
    for path in _files("feedserver"):
        assert not _knows_mkdocs(path), path
        assert not any(name.split(".")[0] == "mkdocs_twim" for name in _imports(path)), path


def test_the_design_names_the_modules_that_know_mkdocs() -> None:
    text = (ROOT / "docs" / "design.md").read_text("utf-8")
    found = re.search(r"(?m)^MkDocs is known to [^:]*:([^.]*)", text)
    assert found
    knowing = {_name(path) for path in _files("mkdocs_twim") if _knows_mkdocs(path)}
    names = re.findall(r"`([\w/]+)`", found[1])
    assert {f"mkdocs_twim.{name.replace('/', '.')}" for name in names} == knowing


def test_the_plugin_imports_nothing_that_serves() -> None:
    for path in _files("mkdocs_twim"):
        for other in _imports(path):
            assert not other.startswith("feedserver.") or _room(other) in PLUGIN_USES, (path, other)


def test_the_library_loads_neither_server_nor_mkdocs() -> None:
    code = "import sys, feedserver.feeds.export; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"mkdocs", "starlette", "uvicorn", "html5lib", "feedparser"}


@pytest.mark.parametrize(
    ("module", "unknown"),
    [
        # What it takes to be told the version, or that there is no such command.
        ("feedserver.cli", {"sqlalchemy", "httpx2", "starlette", "feedparser", "lxml"}),
        # The parent of the workers answers nothing itself.
        ("feedserver.serving.parent", {"uvicorn", "jinja2", "html5lib", "nio"}),
        ("feedserver.serving.worker", {"uvicorn", "sqlalchemy"}),
    ],
)
def test_a_process_loads_what_it_needs(module: str, unknown: set[str]) -> None:
    code = f"import sys, {module}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & unknown


BEGINNINGS = {"feedserver.cli", "feedserver.serving.worker"}
"""Where a command or a process begins, which is to load what it needs and no more."""


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_stand_at_the_top(package: str) -> None:
    for path in _files(package):
        inner = re.search(
            r"(?m)^[ \t]+(from|import) (feedserver|mkdocs_twim)\.", path.read_text("utf-8")
        )
        assert not inner or _name(path) in BEGINNINGS, path


def test_the_design_has_these_rows() -> None:
    text = (ROOT / "docs" / "design.md").read_text("utf-8")
    tables = re.findall(r"(?m)^\| row \|.*\n\|---.*\n((?:\|.*\n)+)", text)
    for package, table in zip(PACKAGES, tables, strict=True):
        rows: list[set[str]] = [set() for _ in ROWS[package]]
        for number, names in re.findall(r"(?m)^\| (\d+) \| ([^|]*) \|", table):
            rows[int(number)] |= {name.rstrip("/") for name in re.findall(r"`([^`]+)`", names)}
        assert tuple(rows) == ROWS[package]


def test_every_module_that_the_design_names_is_there() -> None:
    """A module is named with its folder, one of a root without."""
    text = (ROOT / "docs" / "design.md").read_text("utf-8")
    modules = [path.relative_to(ROOT) for package in PACKAGES for path in _files(package)]
    folders = {path.parts[1] for path in modules if len(path.parts) > 2}
    named = re.findall(r"`(?!tests/)(\w+)/(?:(\w+)(?:\.(\w+))?)?`", text)
    assert len(named) > 40
    for folder, module, symbol in named:
        if module:
            [path] = [each for each in modules if each.parts[1:] == (folder, f"{module}.py")]
            assert not symbol or symbol in _defined(ROOT / path), f"{folder}/{module}.{symbol}"
        else:
            assert folder in folders, f"{folder}/"
    below = {path.stem for path in modules if len(path.parts) > 2} - set().union(*_roots())
    assert not below & {*re.findall(r"`(\w+)`", text)}, "a module without its folder"


def _roots() -> Iterator[set[str]]:
    """The modules and folders of each root."""
    return (set().union(*ROWS[package]) for package in PACKAGES)


@cache
def _defined(path: Path) -> frozenset[str]:
    """What a module defines: functions, classes, constants, and members with their classes."""
    found: set[str] = set()
    for node in _tree(path).body:
        found |= {*_bound(node)}
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{name}" for each in node.body for name in _bound(each)}
    return frozenset(found)


def test_every_name_that_the_newcomer_s_page_and_the_design_give_is_there() -> None:
    text = (ROOT / "docs" / "contributing.md").read_text("utf-8")
    paths = [path for package in (*PACKAGES, "tests") for path in _files(package)]
    everywhere = frozenset().union(*map(_defined, paths))
    names = [name for name in re.findall(r"`([A-Za-z]\w*(?:\.\w+)?)`", text) if _is_code(name)]
    assert len(names) > 10
    assert not [name for name in names if name not in everywhere]
    placed = re.findall(r"`([\w.]+)` of `((?:feedserver|mkdocs_twim|tests)/[\w/]+\.py)`", text)
    assert len(placed) > 4
    assert not [(name, file) for name, file in placed if name not in _defined(ROOT / file)]
    text = (ROOT / "docs" / "design.md").read_text("utf-8")
    members = re.findall(r"`([A-Z]\w+\.\w+)`", text)
    assert members and not [name for name in members if name not in everywhere]


def _is_code(name: str) -> bool:
    """Whether it is neither a file nor a variable of the environment."""
    return not name.endswith((".opml", ".md", ".py", ".toml")) and not name.startswith("TWIM_")


def test_every_file_that_the_newcomer_s_page_names_is_there() -> None:
    text = (ROOT / "docs" / "contributing.md").read_text("utf-8")
    named = re.findall(r"`((?:feedserver|mkdocs_twim|tests|docs)/[^`<]*)`", text)
    assert len(named) > 40
    assert not [name for name in named if not (ROOT / name).exists()]


def test_what_is_not_counted_is_there() -> None:
    assert not [path for path in UNTRACED if not path.exists()]
