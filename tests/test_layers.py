"""Modules import lower layers only, as docs/design.md says."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator

from tests.conftest import ROOT

FEEDSERVER = (
    {"model", "errors", "slugs", "members", "findings", "urls", "values", "streams", "words"}
    | {"lettering"},
    {"nesting", "html", "issues", "registry", "merges", "xml", "atom", "rss", "jsonfeed", "opml"}
    | {"check", "check_html", "check_json", "check_atom", "check_rss"}
    | {"slices"}
    | {"drafts", "foreign_json", "foreign_xml"},
    {"archive", "query", "entries", "catalogue", "documents", "export"}
    | {"topics", "dividing"}
    | {"orders"}
    | {"foreign", "natives", "sites", "choices", "cards"}
    | {"widgets", "drawings", "snippets", "oembed"},
    {"settings", "sources", "database", "snapshots", "store", "problems", "feeds", "pages"}
    | {"fetching", "reading", "keeping", "builder", "audit"}
    | {"negotiation", "encodings", "conditions", "proxies", "representations", "answers"}
    | {"fastpath", "openapi"}
    | {"assets", "rendering", "people", "browsers", "embed", "embedding"}
    | {"logs", "access", "limits", "observer", "operations", "protocol", "subscribers"}
    | {"reports", "metrics", "status", "statefolder", "rebuilding", "supervisor", "targets"},
    {"app", "worker", "serving", "cli", "__main__"},
)
MKDOCS_TWIM = (
    {"errors", "frontmatter", "dates", "addresses", "markdown", "links", "words", "reading"}
    | {"internal"}
    | {"tokens", "arguments", "calls", "shortcodes", "signatures", "tera", "pictures", "static"}
    | {"packed"}
    | {"migration", "porting", "zola_config", "mkdocs_yml", "material_options"},
    {"config", "postmeta", "views", "posts", "pagecalls", "contexts", "theme"}
    | {"authors", "related", "postviews", "zola_pages"}
    | {"peers", "entryviews", "server"},
    {"feeds", "output", "listings", "pages", "social", "frames", "collection"}
    | {"sections", "checks", "feedcalls"}
    | {"workshops", "topicpages", "previews"}
    | {"zola_output", "zola_site", "material_blog"},
    {"plugin", "migrate", "__main__"},
)


def _layer(name: str, layers: tuple[set[str], ...]) -> int:
    return next(number for number, names in enumerate(layers) if name in names)


def _imports(package: str, module: str) -> Iterator[tuple[str, str]]:
    tree = ast.parse((ROOT / package / f"{module}.py").read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            if "." not in node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            first, _, rest = name.partition(".")
            yield first, rest.partition(".")[0]


def _modules(package: str) -> list[str]:
    names = sorted(path.stem for path in (ROOT / package).glob("*.py"))
    return [name for name in names if name != "__init__"]


def test_every_module_has_a_layer() -> None:
    assert set(_modules("feedserver")) == set().union(*FEEDSERVER)
    assert set(_modules("mkdocs_twim")) == set().union(*MKDOCS_TWIM)


def test_modules_import_lower_layers_only() -> None:
    for package, layers in (("feedserver", FEEDSERVER), ("mkdocs_twim", MKDOCS_TWIM)):
        for module in _modules(package):
            for other, name in _imports(package, module):
                if other == package and name:
                    wrong = f"{package}.{module} imports {name}"
                    assert _layer(name, layers) <= _layer(module, layers), wrong


def test_there_are_no_cycles() -> None:
    for package in ("feedserver", "mkdocs_twim"):
        graph = {
            module: {name for other, name in _imports(package, module) if other == package}
            for module in _modules(package)
        }
        while leaves := {module for module, uses in graph.items() if not uses & graph.keys()}:
            graph = {module: uses for module, uses in graph.items() if module not in leaves}
        assert not graph


def test_feedserver_does_not_know_mkdocs() -> None:
    for module in _modules("feedserver"):
        used = {package for package, _ in _imports("feedserver", module)}
        assert not used & {"mkdocs", "mkdocs_twim", "material"}, module


def test_the_plugin_imports_no_server() -> None:
    for module in _modules("mkdocs_twim"):
        for package, name in _imports("mkdocs_twim", module):
            if package == "feedserver" and name:
                assert _layer(name, FEEDSERVER) <= 2, f"mkdocs_twim.{module} imports {name}"


def test_the_library_loads_neither_server_nor_mkdocs() -> None:
    code = "import sys, feedserver.export; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"mkdocs", "starlette", "uvicorn", "html5lib", "feedparser"}


def test_imports_stand_at_the_top() -> None:
    for package in ("feedserver", "mkdocs_twim"):
        for path in (ROOT / package).glob("*.py"):
            assert not re.search(
                r"(?m)^[ \t]+(from|import) (feedserver|mkdocs_twim)", path.read_text("utf-8")
            )
