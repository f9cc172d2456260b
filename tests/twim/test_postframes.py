"""The theme around posts is kept from build to build, and is what the theme would have made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from material import templates  # type: ignore[import-untyped]
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from feedserver import entries
from mkdocs_twim import postframes, untouched
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


HOME = "on_page_context(context, page, config, nav)"
PLUGIN = "on_env(env, config, files)"
OF_JINJA = [
    "env.filters['tojson'] = lambda value: str(WORDS)",
    "env.globals['lang'] = str(WORDS)",
    "env.trim_blocks = True",
    "env.autoescape = True",
    "env.loader.searchpath.insert(0, config.docs_dir + '/../more')",
    "env.template_class = type('Other', (env.template_class,), {})",
]


@pytest.mark.parametrize(
    ("event", "line", "kept", "priority"),
    [
        # What is told in plain values is part of what a page is known by.
        (HOME, "context['tags'] = WORDS", True, 0),
        (HOME, "page.meta['hide'] = [*WORDS]", True, 0),
        (HOME, "config.extra['x'] = WORDS", True, 0),
        (HOME, "config.copyright = str((WORDS, page.title))", True, 0),
        (HOME, "config.repo_url = f'https://{page.title[0]}.example/' + WORDS[0]['name']", True, 0),
        (HOME, "nav.items[0].title = str((WORDS, page.title))", True, 0),
        ("on_nav(nav, config, files)", "nav.items[0].title = str(WORDS)", True, 0),
        ("on_nav(nav, config, files)", "nav.homepage.title = str(WORDS)", True, 0),
        # What no template shows is no matter.
        (HOME, "config.watch = page.other = object()", True, 0),
        (HOME, "nav.items[0].meta['x'] = object()", True, 0),
        # The rest can't be compared with what another build had.
        (HOME, "context['tags'] = map(str, WORDS)", False, 0),
        (
            HOME,
            "context['nav'] = type('Other', (), {**vars(nav), '__iter__': nav.__iter__})()",
            False,
            0,
        ),
        (HOME, "page.meta['other'] = object()", False, 0),
        (HOME, "page.meta['other'] = page.meta", False, 0),
        (HOME, "page.authors = object()", False, 0),
        (HOME, "config.extra['config'] = config", False, 0),
        # Before ours, and after.
        *((PLUGIN, line, False, priority) for line in OF_JINJA for priority in (0, -200)),
    ],
)
def test_what_other_plugins_have_a_hand_in_is_theirs(
    tmp_path: Path, rendered: list[str], event: str, line: str, kept: bool, priority: int
) -> None:
    # MkDocs loads a hook once in a process.
    hook = f"""
import json, pathlib
from mkdocs.plugins import event_priority

@event_priority({priority})
def {event}:
    WORDS = json.loads(pathlib.Path(config.config_file_path).with_name("words.json").read_text())
    {line}
"""

    def tell(folder: Path, word: str) -> None:
        (folder / "more").mkdir(parents=True, exist_ok=True)
        (folder / "more" / "x.html").write_text(word, "utf-8")
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


def test_the_next_day_is_no_change(
    tmp_path: Path, rendered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _site(tmp_path)
    rendered.clear()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767312000")
    _site(tmp_path)
    assert rendered == []


def test_the_list_of_posts_may_become_the_home_page(tmp_path: Path) -> None:
    settings: Settings = {"theme": {"features": ["navigation.path"]}, "nav": ["about.md"]}
    _site(tmp_path / "site", **settings)
    (tmp_path / "site" / "docs" / "index.md").unlink()
    files = {name: text for name, text in FILES.items() if name != "index.md"}
    again = _site(tmp_path / "site", files, **settings)
    _assert_same(again, _site(tmp_path / "afresh", files, **settings))


def test_a_page_may_become_that_of_its_folder(tmp_path: Path) -> None:
    settings: Settings = {
        "theme": {"features": ["navigation.indexes"]},
        "nav": ["index.md", {"Guide": ["guide.md", "about.md"]}],
    }
    _site(tmp_path / "site", {**FILES, "guide.md": "# Guide\n"}, **settings)
    (tmp_path / "site" / "docs" / "guide.md").unlink()
    files = {**FILES, "guide/index.md": "# Guide\n"}
    settings["nav"] = ["index.md", {"Guide": ["guide/index.md", "about.md"]}]
    again = _site(tmp_path / "site", files, **settings)
    _assert_same(again, _site(tmp_path / "afresh", files, **settings))


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        (
            "partials/integrations/analytics/custom.html",
            {"extra": {"analytics": {"provider": "custom"}}},
        ),
        ("partials/languages/custom.html", {"theme": {"language": "custom"}}),
        ("partials/copyright.html", {}),
    ],
)
def test_templates_of_the_site_s_own_are_seen(
    tmp_path: Path, name: str, settings: Settings, linked: bool
) -> None:
    text = (
        '{% macro t(key) %}{{ {"language": "en", "direction": "ltr"}[key] or "ONE" }}{% endmacro %}'
    )
    theme = {"custom_dir": "own", **settings.get("theme", {})}
    for word in ("ONE", "TWO"):
        for folder in (tmp_path / "site", tmp_path / "afresh"):
            path = folder / "own" / name
            if linked and not path.exists():
                (folder / "shared").mkdir(parents=True)
                (folder / "own").mkdir()
                (folder / "own" / "partials").symlink_to(folder / "shared", True)
            path.parent.mkdir(parents=True, exist_ok=True)
            shown = text if "languages" in name else "ONE"
            path.write_text(shown.replace("ONE", word), "utf-8")
        again = _site(tmp_path / "site", **{**settings, "theme": theme})
    _assert_same(again, _site(tmp_path / "afresh", **{**settings, "theme": theme}))
    assert "TWO" in again.read("blog/one/index.html")


def test_icons_of_the_site_s_own_are_seen(tmp_path: Path) -> None:
    settings: Settings = {"theme": {"custom_dir": "own", "icon": {"logo": "mine"}}}
    icons = tmp_path / "site" / "own" / ".icons"
    icons.mkdir(parents=True)
    (icons / "mine.svg").write_text("<svg>one</svg>", "utf-8")
    assert "<svg>one</svg>" in _site(tmp_path / "site", **settings).read("blog/one/index.html")
    (icons / "mine.svg").write_text("<svg>two</svg>", "utf-8")
    assert "<svg>two</svg>" in _site(tmp_path / "site", **settings).read("blog/one/index.html")


@pytest.mark.parametrize(
    ("added", "known"),
    [
        ("{# another #}", True),
        ("{{ page.update_date }}", False),
        ("{{ page.file.name }}", False),
        ("{{ config.site_dir }}", False),
        ("{{ nav_item.meta.colour }}", False),
    ],
)
def test_a_theme_that_is_edited_in_its_place_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, added: str, known: bool
) -> None:
    folder = tmp_path / "theme"
    shutil.copytree(Path(templates.__file__).parent, folder, ignore=lambda *_: [".icons"])
    monkeypatch.setattr(untouched, "get_theme_dir", lambda name: str(folder))
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("site_name: x\ntheme:\n  name: material\n", "utf-8")
    config = load_config(str(tmp_path / "mkdocs.yml"))
    config.theme.dirs = [str(folder)]

    def stamp() -> bytes | None:
        env = config.theme.get_env()
        env.template_class = type("Ours", (env.template_class,), {})
        return untouched.stamp(env, config)

    before = stamp()
    assert before == stamp() is not None
    with (folder / "base.html").open("a", encoding="utf-8") as file:
        file.write(added)
    assert stamp() != before
    assert (stamp() is not None) is known


def test_a_theme_without_a_version_is_not_known(
    tmp_path: Path, rendered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(untouched.KNOWN, "material", "of-nobody")
    for _ in range(2):
        rendered.clear()
        _site(tmp_path)
        assert set(rendered) >= POSTS


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


def test_mkdocs_serve_remembers_over_a_build_that_fails(
    tmp_path: Path, rendered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    of_post = entries.of_post

    def making(post: entries.Post, *args: Any) -> Any:
        made.append(post.title)
        return of_post(post, *args)

    def loading(text: str) -> Any:
        made.append("loaded")
        return json.loads(text)

    _site(tmp_path)
    config = tmp_path / "mkdocs.yml"
    loaded = load_config(str(config))
    loaded.plugins.on_startup(command="serve", dirty=False)
    mkdocs_build(loaded)
    plain = tmp_path / "docs" / "blog" / "plain.md"
    text = plain.read_text("utf-8")
    plain.write_text("+++\ntitle = \n+++\n", "utf-8")
    with pytest.raises(Abort):
        mkdocs_build(load_config(str(config)))
    plain.write_text(text.replace("Some", "Other"), "utf-8")
    rendered.clear()
    monkeypatch.setattr(entries, "of_post", making)
    reading = SimpleNamespace(loads=loading, dumps=json.dumps)
    monkeypatch.setattr("mkdocs_twim.feeds.json", reading)
    mkdocs_build(load_config(str(config)))
    assert made == ["Plain"]
    assert rendered == ["blog/plain/"]
