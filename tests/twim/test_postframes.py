"""The theme around posts is kept from build to build, and is what the theme would have made."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from material import templates  # type: ignore[import-untyped]
from mkdocs.theme import Theme

from mkdocs_twim import postframes
from mkdocs_twim.shells import Render
from tests.sites import Built, build, issue, post

FILES: dict[str, str | bytes] = {
    "index.md": "# Home\n",
    "about.md": "# About\n",
    "blog/one.md": issue(1),
    "blog/two.md": issue(2),
    "blog/plain.md": post("Plain", "Some words.\n\n## Here\n\nMore.\n"),
}
POSTS = {"blog/one/", "blog/two/", "blog/plain/"}
Settings = dict[str, Any]


@pytest.fixture(autouse=True)
def _one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses of the posts that the theme has rendered, from here on."""
    urls: list[str] = []
    through = postframes.PostFrames.render

    def counted(self: postframes.PostFrames, whole: Render, context: Mapping[str, Any]) -> str:
        def counting(values: Mapping[str, Any]) -> str:
            urls.append(values["page"].url)
            return whole(values)

        return through(self, counting, context)

    monkeypatch.setattr(postframes.PostFrames, "render", counted)
    return urls


def _site(folder: Path, files: Mapping[str, str | bytes] = FILES, **settings: Any) -> Built:
    theme = {"name": "material", **settings.pop("theme", {})}
    return build(folder, files, theme=theme, **settings)


def _assert_same(one: Built, other: Built) -> None:
    ours, theirs = one.files(), other.files()
    assert ours.keys() == theirs.keys()
    for name, data in ours.items():
        assert data == theirs[name], name


def test_only_what_has_changed_is_rendered_again(tmp_path: Path, rendered: list[str]) -> None:
    first = _site(tmp_path / "site").files()
    assert POSTS <= set(rendered)
    rendered.clear()
    assert _site(tmp_path / "site").files() == first
    assert rendered == []
    edited = {**FILES, "blog/plain.md": post("Plain", "Other words.\n\n## Here\n\nMore.\n")}
    again = _site(tmp_path / "site", edited).files()
    assert rendered == ["blog/plain/"]
    assert again == _site(tmp_path / "afresh", edited).files()


@pytest.mark.parametrize(
    ("files", "settings"),
    [
        ({"blog/new.md": issue(3)}, {}),
        ({"blog/plain.md": post("Another", "Some words.\n\n## Here\n\nMore.\n")}, {}),
        ({"about.md": "# All of us\n"}, {}),
        ({"about.md": "---\nicon: material/pin\n---\n\n# About\n"}, {}),
        ({"news/more.md": "# More\n"}, {}),
        ({}, {"site_name": "Sheets"}),
        ({}, {"site_url": "https://sheets.example/below/"}),
        ({}, {"site_description": "All of it"}),
        ({}, {"copyright": "Nobody"}),
        ({}, {"repo_url": "https://code.example/letters", "edit_uri": "edit/main/docs/"}),
        ({}, {"nav": ["about.md", "index.md"]}),
        ({}, {"extra": {"generator": False}}),
        ({}, {"extra_css": ["other.css"]}),
        ({}, {"extra_javascript": [{"path": "other.js", "defer": True}]}),
        ({}, {"theme": {"language": "de"}}),
        ({}, {"theme": {"features": ["navigation.tabs", "toc.integrate"]}}),
        ({}, {"theme": {"palette": {"scheme": "slate"}}}),
        ({}, {"theme": {"icon": {"logo": "material/pin"}}}),
        ({}, {"markdown_extensions": [{"toc": {"title": "Within"}}]}),
        ({}, {"plugins": [{"search": {"pipeline": ["stemmer"]}}, "twim"]}),
        ({}, {"plugins": ["twim"]}),
    ],
)
def test_what_a_theme_shows_of_a_site_is_shown_as_it_is(
    tmp_path: Path, files: dict[str, str | bytes], settings: Settings
) -> None:
    _site(tmp_path / "site")
    changed = {**FILES, **files}
    again = _site(tmp_path / "site", changed, **settings)
    _assert_same(again, _site(tmp_path / "afresh", changed, **settings))


@pytest.mark.parametrize(
    ("event", "line", "kept"),
    [
        # What is told in plain values is part of what a page is known by.
        ("on_page_context(context, page, config, nav)", "context['tags'] = WORDS", True),
        ("on_page_context(context, page, config, nav)", "page.meta['hide'] = [*WORDS]", True),
        ("on_page_context(context, page, config, nav)", "config.extra['x'] = WORDS", True),
        ("on_nav(nav, config, files)", "nav.items[0].title = str(WORDS)", True),
        # The rest can't be compared with what another build had.
        ("on_page_context(context, page, config, nav)", "context['tags'] = map(str, WORDS)", False),
        ("on_page_context(context, page, config, nav)", "page.meta['other'] = object()", False),
        ("on_page_context(context, page, config, nav)", "page.authors = object()", False),
        ("on_env(env, config, files)", "env.filters['tojson'] = lambda value: str(WORDS)", False),
        ("on_env(env, config, files)", "env.globals['lang'] = str(WORDS)", False),
        ("on_env(env, config, files)", "env.trim_blocks = True", False),
        ("on_env(env, config, files)", "env.autoescape = True", False),
    ],
)
def test_what_other_plugins_have_a_hand_in_is_theirs(
    tmp_path: Path, rendered: list[str], event: str, line: str, kept: bool
) -> None:
    # MkDocs loads a hook once in a process.
    hook = f"""
import json, pathlib

def {event}:
    WORDS = json.loads(pathlib.Path(config.config_file_path).with_name("words.json").read_text())
    {line}
"""

    def tell(folder: Path, word: str) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "hook.py").write_text(hook, "utf-8")
        (folder / "words.json").write_text(f'[{{"name": "{word}"}}]', "utf-8")

    tell(tmp_path / "site", "one")
    _site(tmp_path / "site", hooks=["hook.py"])
    rendered.clear()
    _site(tmp_path / "site", hooks=["hook.py"])
    assert not POSTS.intersection(rendered) if kept else set(rendered) >= POSTS
    tell(tmp_path / "site", "two")
    tell(tmp_path / "afresh", "two")
    again = _site(tmp_path / "site", hooks=["hook.py"])
    _assert_same(again, _site(tmp_path / "afresh", hooks=["hook.py"]))


def test_icons_of_the_site_s_own_are_seen(tmp_path: Path) -> None:
    settings: Settings = {"theme": {"custom_dir": "own", "icon": {"logo": "mine"}}}
    icons = tmp_path / "site" / "own" / ".icons"
    icons.mkdir(parents=True)
    (icons / "mine.svg").write_text("<svg>one</svg>", "utf-8")
    assert "<svg>one</svg>" in _site(tmp_path / "site", **settings).read("blog/one/index.html")
    (icons / "mine.svg").write_text("<svg>two</svg>", "utf-8")
    assert "<svg>two</svg>" in _site(tmp_path / "site", **settings).read("blog/one/index.html")


def test_a_theme_that_is_edited_in_its_place_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "theme"
    shutil.copytree(Path(templates.__file__).parent, folder, ignore=lambda *_: [".icons"])
    monkeypatch.setattr(postframes, "get_theme_dir", lambda name: str(folder))
    theme = Theme("material")
    theme.dirs = [str(folder)]
    before = postframes._stamp(theme.get_env(), theme)
    assert before == postframes._stamp(theme.get_env(), theme) is not None
    with (folder / "base.html").open("a", encoding="utf-8") as file:
        file.write("{# another #}")
    assert postframes._stamp(theme.get_env(), theme) != before


def test_a_page_that_shows_its_content_twice_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    through = postframes.PostFrames.render
    urls: list[str] = []

    def twice(self: postframes.PostFrames, whole: Render, context: Mapping[str, Any]) -> str:
        def doubled(values: Mapping[str, Any]) -> str:
            urls.append(values["page"].url)
            return whole(values) + str(values["page"].content)

        return through(self, doubled, context)

    monkeypatch.setattr(postframes.PostFrames, "render", twice)
    for _ in range(2):
        urls.clear()
        _site(tmp_path)
        assert set(urls) >= POSTS


def test_of_a_page_templates_ask_nothing_that_is_left_out() -> None:
    # What the theme asks of any page but the one that is rendered is what `_item` has of it.
    text = "".join(
        path.read_text("utf-8") for path in Path(templates.__file__).parent.rglob("*.html")
    )
    asked = set(re.findall(r"\b(?:page|nav_item)\.([a-z_]+)", text))
    left_out = {name for name in postframes.LEFT_OUT if not name.startswith("_")}
    known = {"content", "parent", "previous_page", "next_page", "file", "toc", "children"}
    assert asked & left_out <= known
