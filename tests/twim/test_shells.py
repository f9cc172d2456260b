"""Pages that are joined from the shell of another are those that the theme would have made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File
from mkdocs.structure.pages import Page
from mkdocs.utils import normalize_url

from mkdocs_twim import shells
from mkdocs_twim.theme import Addresses
from tests.sites import Built, build, issue
from tests.twim.test_pages import THEMES

TITLES = (
    *(f"Project {number}" for number in range(40)),
    *(
        "R&D",
        "Vec<T>",
        'The "quoted"',
        "It's",
        "Éclair",
        "مشروع",
        "花火",
        "a / b",
        "Qtwim1Q",
        "{{x}}",
    ),
    *("Two words", "Two  spaces", "T" * 90, "x", "</title>", "&amp;", "100 %", "tab\there"),
)
WHOLE = "".join(f"### {title}\n\nSomething of it.\n\n" for title in TITLES)


def _files(more: Mapping[str, str] = {}) -> dict[str, str | bytes]:
    body = "## Dept of Clients\n\n" + WHOLE
    again = body.replace("Something", "Something new")
    return {"blog/one.md": issue(1, body), "blog/two.md": issue(2, again), **more}


def _pages(site: Built) -> dict[str, bytes]:
    return {name: data for name, data in site.files().items() if name.endswith(".html")}


def _compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **config: Any
) -> tuple[dict[str, bytes], int]:
    """Build a site with shells and without; its pages, and how many of them were joined."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    joined = 0
    through = shells.Shells.render

    def counted(self: shells.Shells, whole: shells.Render, context: Mapping[str, object]) -> str:
        nonlocal joined
        full = 0

        def counting(values: Mapping[str, object]) -> str:
            nonlocal full
            full += 1
            return whole(values)

        page = through(self, counting, context)
        joined += not full
        return page

    monkeypatch.setattr(shells.Shells, "render", counted)
    ours = _pages(build(tmp_path / "ours", _files(), **config))
    monkeypatch.setattr(shells, "install", lambda env, theme, renders: None)
    theirs = _pages(build(tmp_path / "theirs", _files(), **config))
    assert ours.keys() == theirs.keys()
    assert {name for name, data in ours.items() if data != theirs[name]} == set()
    return ours, joined


@pytest.mark.parametrize("theme", THEMES)
def test_pages_are_the_same_and_most_are_joined(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    pages, joined = _compare(tmp_path, monkeypatch, theme={"name": theme})
    assert joined > len(TITLES) // 4
    assert b"R&amp;D" in pages["project/r-d/index.html"]


@pytest.mark.parametrize(
    "block",
    [
        "<b>{{ page.title | truncate(12, true) }}</b>",
        "<b>{% if page.url == 'project/project-33/' %}the best{% endif %}</b>",
        "<b>{{ page.title | replace('Project 33', 'the best') }}</b>",
        "<b>{{ [][0].x if page.url.startswith('Q') }}</b>",
    ],
)
def test_a_theme_of_the_site_s_own_may_do_anything_with_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: str
) -> None:
    overrides = tmp_path / "overrides"
    overrides.mkdir()
    frame = '{% extends "base.html" %}{% block extrahead %}' + block + "{% endblock %}"
    (overrides / "main.html").write_text(frame, "utf-8")
    theme = {"name": "mkdocs", "custom_dir": str(overrides)}
    assert _compare(tmp_path, monkeypatch, theme=theme)[1] == 0


def test_what_changes_no_template_of_the_theme_is_no_theme_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    overrides = tmp_path / "overrides"
    overrides.mkdir()
    (overrides / "another.html").write_text("{{ page.title }}", "utf-8")
    (overrides / "own.css").write_text("p {}", "utf-8")
    theme = {"name": "mkdocs", "custom_dir": str(overrides)}
    assert _compare(tmp_path, monkeypatch, theme=theme)[1] > 0


@pytest.mark.parametrize(
    "line",
    [
        "config.extra['generator'] = len(page.title) % 2 == 0",
        "config.copyright = 'odd' * (len(page.title) % 2)",
        "nav.items[0].title = 'odd' * (len(page.title) % 2)",
        "config.theme['features'] = ['navigation.tabs'] * (len(page.title) % 2)",
        "page.meta['hide'] = ['toc'] * (len(page.title) % 2)",
        "context['tags'] = [{'name': page.title, 'url': 'x'}]",
    ],
)
def test_another_plugin_may_tell_the_theme_of_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    hook = tmp_path / "hook.py"
    text = f"def on_page_context(context, page, config, nav):\n    {line}\n    return context\n"
    hook.write_text(text, "utf-8")
    _compare(tmp_path, monkeypatch, theme={"name": "material"}, hooks=[str(hook)])


SEGMENT = st.text("ab.%-_é", min_size=1, max_size=4)
PATHS = st.lists(SEGMENT, max_size=4).map("/".join)
FOLDERS = st.lists(SEGMENT.filter(lambda name: set(name) != {"."}), max_size=4).map("/".join)


@given(PATHS, st.booleans(), st.sampled_from(["", "#x", "?q", "page/2/"]), FOLDERS)
def test_addresses_are_those_of_mkdocs(path: str, folder: bool, rest: str, page_path: str) -> None:
    file = File("index.md", src_dir="docs", dest_dir="site", use_directory_urls=True)
    file.url = f"{page_path}/" if page_path else "./"
    page = Page(None, file, MkDocsConfig())
    addresses = Addresses()
    addresses.look_from(page)
    address = path + "/" * folder + rest
    assert addresses.nearer(address) == normalize_url(address, page)
