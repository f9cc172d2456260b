"""What a build keeps for the next: the same bytes, sooner, and nothing breaks without it."""

from __future__ import annotations

import logging
import re
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader, meta, nodes
from material.plugins.search.plugin import SearchIndex  # type: ignore[import-untyped]
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config

import mkdocs_twim
from feedserver import documents, entries
from feedserver.model import Entry, Feed, Site
from feedserver.query import Index
from mkdocs_twim import cache, theme
from mkdocs_twim.cache import Cache
from mkdocs_twim.markdown import Renderer
from tests.sites import Built, build, issue, post

MATERIAL = {"theme": {"name": "material"}}
LONG = "A word. " * 400
FILES: dict[str, str | bytes] = {
    "index.md": "# Home\n",
    "blog/one.md": issue(1),
    "blog/two.md": issue(2, f"## Dept of Clients 📱\n\n### Fractal\n\n{LONG}\n"),
    "blog/plain.md": post("Plain", f"{LONG}\n\n```python\nx = 1\n```\n"),
    "img/a.png": b"png",
}


@pytest.fixture(autouse=True)
def _one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")


def _folder(root: Path) -> Path:
    return root / ".cache" / "plugin" / "twim"


def _afresh(tmp_path: Path, files: dict[str, str | bytes], **config: Any) -> dict[str, bytes]:
    """The files of a site that is built from nothing."""
    return build(tmp_path / "afresh", files, **config).files()


def _counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What is made from here on, by kind."""
    made: dict[str, list[str]] = {"markdown": [], "entries": [], "lists": [], "search": []}
    made["feeds"] = []
    render, of_post, part = Renderer.render, entries.of_post, theme.Parts.render
    add, document = SearchIndex.add_entry_from_context, documents.render

    def rendering(self: Renderer, text: str, *args: Any, **kwargs: Any) -> Any:
        made["markdown"].append(text)
        return render(self, text, *args, **kwargs)

    def making(post: entries.Post, site: Site, ignored: Sequence[str]) -> list[Entry]:
        made["entries"].append(post.title)
        return of_post(post, site, ignored)

    def parting(self: theme.Parts, name: str, page: Any, *args: Any, **kwargs: Any) -> str:
        if name != "post.html":
            made["lists"].append(page.url)
        return part(self, name, page, *args, **kwargs)

    def adding(self: Any, page: Any) -> None:
        made["search"].append(page.url)
        add(self, page)

    # Or it would be seen that this isn't Material's.
    adding.__module__ = SearchIndex.__module__

    def writing(index: Index, feed: Feed, file: str, *args: Any) -> bytes:
        made["feeds"].append(feed.path + file)
        return document(index, feed, file, *args)

    monkeypatch.setattr("mkdocs_twim.output._can_fork", lambda: False)
    monkeypatch.setattr(Renderer, "render", rendering)
    monkeypatch.setattr(entries, "of_post", making)
    monkeypatch.setattr(theme.Parts, "render", parting)
    monkeypatch.setattr(SearchIndex, "add_entry_from_context", adding)
    monkeypatch.setattr(documents, "render", writing)
    return made


@pytest.mark.parametrize("name", ["material", "mkdocs", "readthedocs"])
def test_a_rebuild_writes_the_bytes_of_a_build_from_nothing(tmp_path: Path, name: str) -> None:
    config: dict[str, Any] = {"theme": {"name": name}}
    first = build(tmp_path / "site", FILES, **config).files()
    assert build(tmp_path / "site", FILES, **config).files() == first
    edited = {**FILES, "blog/two.md": issue(2, "## Dept of Clients\n\n### Hydrogen\n\nNew.\n")}
    again = build(tmp_path / "site", edited, **config).files()
    assert again == _afresh(tmp_path, edited, **config)
    assert again != first


def test_only_what_has_changed_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, FILES, **MATERIAL)
    made = _counted(monkeypatch)
    build(tmp_path, FILES, **MATERIAL)
    # Short pages, which the search reads sooner than a cache, are read each time.
    assert not {"blog/two/", "blog/plain/"}.intersection(made["search"])
    assert made | {"search": []} == {kind: [] for kind in made}
    edited = FILES["blog/plain.md"]
    assert isinstance(edited, str)
    build(tmp_path, {**FILES, "blog/plain.md": edited.replace("x = 1", "x = 2")}, **MATERIAL)
    assert len(made["markdown"]) == 1
    assert made["entries"] == ["Plain"]
    assert made["lists"] == []
    assert "/atom.xml" in made["feeds"]
    assert "/section/clients/atom.xml" not in made["feeds"]


def test_what_mkdocs_serve_builds_again_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, FILES, **MATERIAL)
    config = load_config(str(tmp_path / "mkdocs.yml"))
    config.plugins.on_startup(command="serve", dirty=False)
    mkdocs_build(config)
    # A build between them changes nothing.
    build(tmp_path, FILES, **MATERIAL)
    config.plugins.on_startup(command="serve", dirty=False)
    made = _counted(monkeypatch)
    (tmp_path / "docs" / "blog" / "three.md").write_text(issue(3), "utf-8")
    mkdocs_build(load_config(str(tmp_path / "mkdocs.yml")))
    assert made["entries"] == ["This Week in Letters 3"]
    found = Built(tmp_path / "site").files()
    assert found == _afresh(tmp_path, {**FILES, "blog/three.md": issue(3)}, **MATERIAL)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"site_name": "Letters"}, {"site_name": "Sheets"}),
        ({"site_url": "https://a.example/"}, {"site_url": "https://b.example/x/"}),
        ({"theme": {"name": "material"}}, {"theme": {"name": "material", "language": "de"}}),
        ({"theme": {"name": "material"}}, {"theme": {"name": "mkdocs"}}),
        ({"twim": {}}, {"twim": {"ignore_sections": ["Dept of Clients*"]}}),
        ({"twim": {}}, {"twim": {"paginate_by": 1, "feed_limit": 1}}),
        ({"twim": {}}, {"twim": {"server_url": "https://feeds.example/"}}),
        ({"twim": {}}, {"twim": {"aliases": {"project": {"Fractal": ["Hydrogen"]}}}}),
        ({}, {"markdown_extensions": [{"toc": {"permalink": True}}]}),
    ],
)
def test_other_options_make_another_site(
    tmp_path: Path, before: dict[str, Any], after: dict[str, Any]
) -> None:
    build(tmp_path / "site", FILES, **before)
    again = build(tmp_path / "site", FILES, **after).files()
    assert again == _afresh(tmp_path, FILES, **after)


def test_parts_of_a_sites_own_are_rendered_each_time(tmp_path: Path) -> None:
    own = tmp_path / "site" / "own" / "twim" / "parts"
    own.mkdir(parents=True)
    config = {"theme": {"name": "material", "custom_dir": "own"}}
    (own / "updates.html").write_text("<p>First {{ config.extra.x }}</p>", "utf-8")
    build(tmp_path / "site", FILES, extra={"x": 1}, **config)
    again = build(tmp_path / "site", FILES, extra={"x": 2}, **config)
    assert "First 2" in again.read("updates/index.html")


def test_icons_of_a_sites_own_are_seen(tmp_path: Path) -> None:
    config = {"theme": {"name": "material", "custom_dir": "own"}}
    (tmp_path / "own" / ".icons" / "material").mkdir(parents=True)
    build(tmp_path, FILES, **config)
    (tmp_path / "own" / ".icons" / "material" / "rss.svg").write_text("<svg>mine</svg>", "utf-8")
    again = build(tmp_path, FILES, **config)
    assert "<svg>mine</svg>" in again.read("updates/index.html")


def test_pages_with_tags_or_words_for_the_search_are_read_each_time(tmp_path: Path) -> None:
    body = f"## Part\n\n{LONG}\n"
    files = {
        **FILES,
        "tagged.md": f"---\ntags: [a, b]\n---\n\n# Tagged\n\n{body}",
        "high.md": f"---\nsearch:\n  boost: 2\n---\n\n# High\n\n{body}",
    }
    build(tmp_path / "site", files, **MATERIAL)
    files["tagged.md"] = f"---\ntags: [c]\n---\n\n# Tagged\n\n{body}"
    files["high.md"] = f"---\nsearch:\n  exclude: true\n---\n\n# High\n\n{body}"
    again = build(tmp_path / "site", files, **MATERIAL)
    assert again.files() == _afresh(tmp_path, files, **MATERIAL)


def test_a_dictionary_of_the_search_is_asked_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = [{"search": {"jieba_dict": "none.txt"}}, "twim"]
    build(tmp_path, FILES, plugins=plugins, **MATERIAL)
    made = _counted(monkeypatch)
    build(tmp_path, FILES, plugins=plugins, **MATERIAL)
    assert "blog/two/" in made["search"]


def test_two_sites_in_one_folder_have_a_cache_each(tmp_path: Path) -> None:
    build(tmp_path, FILES)
    shutil.copy(tmp_path / "mkdocs.yml", tmp_path / "other.yml")
    mkdocs_build(load_config(str(tmp_path / "other.yml")))
    names = {path.name for path in _folder(tmp_path).glob("*.sqlite")}
    assert names == {
        *("mkdocs.yml-build-pages.sqlite", "mkdocs.yml-build-feeds.sqlite"),
        *("other.yml-build-pages.sqlite", "other.yml-build-feeds.sqlite"),
    }
    assert (_folder(tmp_path) / ".gitignore").read_text("utf-8") == "*\n"


def test_what_is_not_asked_for_is_forgotten(tmp_path: Path) -> None:
    build(tmp_path, FILES)
    before = _sizes(tmp_path)
    (tmp_path / "docs" / "blog" / "two.md").unlink()
    build(tmp_path, {})
    after = _sizes(tmp_path)
    # Its text and its entries; the site has the same lists and feeds.
    pages, feeds = "mkdocs.yml-build-pages.sqlite", "mkdocs.yml-build-feeds.sqlite"
    assert after == {pages: before[pages] - 2, feeds: before[feeds]}


def test_feeds_that_were_not_written_again_are_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(tmp_path, FILES).files()
    build(tmp_path, FILES)
    made = _counted(monkeypatch)
    shutil.rmtree(tmp_path / "site")
    assert build(tmp_path, FILES).files() == first
    assert made["feeds"] == []


def _sizes(root: Path) -> dict[str, int]:
    sizes = {}
    for path in _folder(root).glob("*.sqlite"):
        with sqlite3.connect(path) as database:
            [(sizes[path.name],)] = database.execute("SELECT count(*) FROM kept")
        database.close()
    return sizes


@pytest.mark.parametrize("spoilt", ["text", "cut", "other"])
def test_a_spoilt_cache_is_begun_anew(tmp_path: Path, spoilt: str) -> None:
    first = build(tmp_path, FILES).files()
    for path in _folder(tmp_path).glob("*.sqlite"):
        if spoilt == "text":
            path.write_text("no database " * 1000, "utf-8")
        elif spoilt == "cut":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        else:
            path.unlink()
            with sqlite3.connect(path) as database:
                database.execute("CREATE TABLE kept (something TEXT)")
            database.close()
    for _ in range(3):
        assert build(tmp_path, FILES).files() == first
    if spoilt != "other":
        assert all(_sizes(tmp_path).values())


def test_a_site_is_built_where_no_cache_can_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / ".cache").write_text("a file", "utf-8")
    caplog.set_level(logging.DEBUG, "mkdocs")
    build(tmp_path, FILES, strict=True)
    assert "there is no cache at" in caplog.text


def test_a_build_goes_on_without_a_cache_that_another_holds(tmp_path: Path) -> None:
    first = build(tmp_path, FILES).files()
    others = [
        sqlite3.connect(path, isolation_level=None) for path in _folder(tmp_path).glob("*.sqlite")
    ]
    for other in others:
        other.execute("BEGIN EXCLUSIVE")
    try:
        assert build(tmp_path, FILES).files() == first
    finally:
        for other in others:
            other.close()


def test_what_a_failed_build_has_made_is_there_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit):
        build(tmp_path, {**FILES, "blog/wrong.md": post("Wrong", "{{ nothing() }}\n")})
    (tmp_path / "docs" / "blog" / "wrong.md").unlink()
    made = _counted(monkeypatch)
    build(tmp_path, {})
    assert made["markdown"] == []


def test_values_are_kept_from_one_use_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite"
    first = Cache(path)
    one, two = cache.key("one"), cache.key("two")
    assert first.get(one) is None
    first.put(one, b"1")
    first.put(two, b"2" * 5_000_000)
    first.close(forget=False)
    second = Cache(path)
    assert second.get(one) == b"1"
    second.close()
    third = Cache(path)
    assert (third.get(one), third.get(two)) == (b"1", None)
    third.close()
    third.close()
    assert third.get(one) is None


@pytest.mark.parametrize("asks", [True, False])
def test_a_cache_that_another_takes_meanwhile_is_done_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, asks: bool
) -> None:
    caplog.set_level(logging.DEBUG, "mkdocs")
    path = tmp_path / "some.sqlite"
    one, two = cache.key("one"), cache.key("two")
    first = Cache(path)
    first.put(one, b"1")
    first.close()
    held = Cache(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    if asks:
        assert held.get(one) is None
    held.put(two, b"2")
    held.close()
    other.close()
    assert "is not used: database is locked" in caplog.text
    # What was there is there.
    last = Cache(path)
    assert (last.get(one), last.get(two)) == (b"1", None)
    last.close()


def test_a_cache_whose_table_is_gone_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite"
    found = Cache(path)
    with sqlite3.connect(path) as other:
        other.execute("DROP TABLE kept")
    other.close()
    found.close()
    again = Cache(path)
    again.put(cache.key("one"), b"1")
    again.close(forget=False)
    last = Cache(path)
    assert last.get(cache.key("one")) == b"1"
    last.close()


def test_without_a_path_nothing_is_kept() -> None:
    found = Cache()
    found.put(b"key", b"value")
    assert found.get(b"key") is None
    found.close()


@given(st.lists(st.text(st.characters())), st.lists(st.text(st.characters())))
def test_other_parts_have_another_key(one: list[str], other: list[str]) -> None:
    assert (cache.key(*one) == cache.key(*other)) == (one == other)


@pytest.mark.parametrize(
    ("files", "site_url"),
    [
        ({"blog/old.md": post("Old", date="0900-05-01")}, "https://letters.example/"),
        ({}, "ftp://letters.example/"),
    ],
)
def test_what_no_archive_of_strangers_may_have_is_made_anew(
    tmp_path: Path, files: dict[str, str | bytes], site_url: str
) -> None:
    first = build(tmp_path, {**FILES, **files}, site_url=site_url).files()
    assert build(tmp_path, {}, site_url=site_url).files() == first


def test_a_build_without_changes_writes_nothing(tmp_path: Path) -> None:
    # Or `mkdocs serve --watch .` would never come to an end.
    build(tmp_path, FILES, **MATERIAL)
    paths = list(_folder(tmp_path).iterdir())
    before = [path.stat().st_mtime_ns for path in paths]
    build(tmp_path, FILES, **MATERIAL)
    assert [path.stat().st_mtime_ns for path in paths] == before
    assert list(_folder(tmp_path).iterdir()) == paths


def test_damaged_values_are_made_anew(tmp_path: Path) -> None:
    first = build(tmp_path, FILES, **MATERIAL).files()
    for path in _folder(tmp_path).glob("*.sqlite"):
        with sqlite3.connect(path) as database:
            database.execute("UPDATE kept SET value = zeroblob(length(value))")
        database.close()
    for _ in range(2):
        assert build(tmp_path, FILES, **MATERIAL).files() == first


def test_a_spoilt_cache_that_can_not_be_removed_stops_no_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "some.sqlite"
    found = Cache(path)
    found.put(cache.key("one"), b"1" * 100_000)
    found.close(forget=False)
    again = Cache(path)
    path.write_bytes(path.read_bytes()[:8192] + b"x" * 100_000)

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError("no")

    monkeypatch.setattr(Path, "unlink", refuse)
    caplog.set_level(logging.DEBUG, "mkdocs")
    assert again.get(cache.key("one")) is None
    again.close()
    assert "is not used" in caplog.text


def test_hooks_that_change_jinja_or_the_search_are_seen(tmp_path: Path) -> None:
    build(tmp_path / "site", FILES, **MATERIAL)
    config: dict[str, Any] = {"hooks": ["hook.py"], **MATERIAL}
    (tmp_path / "site" / "hook.py").write_text(
        "def on_env(env, *, config, **kwargs):\n"
        "    env.trim_blocks = env.lstrip_blocks = True\n"
        "    env.filters['length'] = lambda value: 7\n"
        "    index = config.plugins['material/search'].search_index\n"
        "    add = index.create_entry_for_section\n"
        "    def adding(section, *args):\n"
        "        add(section, *args)\n"
        "        index.entries[-1]['boost'] = 2\n"
        "    index.create_entry_for_section = adding\n"
        "    return env\n",
        "utf-8",
    )
    again = build(tmp_path / "site", FILES, **config)
    docs = again.json("search/search_index.json")["docs"]
    assert {doc.get("boost") for doc in docs} == {2}
    (tmp_path / "afresh").mkdir()
    shutil.copy(tmp_path / "site" / "hook.py", tmp_path / "afresh")
    assert again.files() == _afresh(tmp_path, FILES, **config)


def test_files_shrink_with_what_is_in_them(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite"
    found = Cache(path)
    for number in range(50):
        found.put(cache.key(str(number)), bytes(100_000))
    found.close()
    large = path.stat().st_size
    again = Cache(path)
    assert again.get(cache.key("7")) == bytes(100_000)
    again.close()
    assert path.stat().st_size < large / 10


def test_lists_use_what_is_known_of_jinja() -> None:
    folder = Path(mkdocs_twim.__file__).parent / "templates"
    env = Environment()
    ours = ("url", "twim_date", "twim_title", "twim_below")
    env.filters |= dict.fromkeys(ours, str)
    used: dict[str, set[str]] = {"filters": set(), "tests": set()}
    for path in (folder / "twim" / "parts").glob("*.html"):
        if path.name not in ("post.html", "head.html", "feed.html"):
            tree = env.parse(path.read_text("utf-8"))
            used["filters"] |= {node.name for node in tree.find_all(nodes.Filter)}
            used["tests"] |= {node.name for node in tree.find_all(nodes.Test)}
    assert used == {"filters": {*theme.FILTERS, *ours}, "tests": set(theme.TESTS)}


def test_lists_show_nothing_that_their_key_does_not_hold() -> None:
    folder = Path(mkdocs_twim.__file__).parent / "templates"
    env = Environment(loader=FileSystemLoader(folder))
    env.filters |= dict.fromkeys(("url", "twim_date", "twim_title", "twim_below"), str)
    known = {
        *("listing", "up", "heading", "text", "root"),
        *("word", "script_words"),
        *("posts", "total", "about", "browse", "years", "author", "terms", "topics", "kind"),
        *("by_name", "topic", "groups"),
    }
    for path in (folder / "twim" / "parts").glob("*.html"):
        if path.name not in ("post.html", "head.html", "feed.html"):
            found = meta.find_undeclared_variables(env.parse(path.read_text("utf-8")))
            assert found <= known, path.name


def test_the_icons_of_lists_are_known() -> None:
    folder = Path(mkdocs_twim.__file__).parent / "templates" / "twim" / "parts"
    texts = "".join(path.read_text("utf-8") for path in folder.glob("*.html"))
    used = set(re.findall(r'(?:icon|mark)\("(\w+)"', texts))
    assert used == set(theme.ICONS)
