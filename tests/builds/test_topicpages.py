"""The pages of sections and projects: written beside the feeds, as MkDocs would have made them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError
from mkdocs.exceptions import Abort

from mkdocs_twim.output import topicpages
from tests.builds.test_pages import THEMES
from tests.sites import Built, build, issue

TITLES = (
    *(f"Project {number}" for number in range(12)),
    *("R&D", "Vec<T>", 'The "quoted"', "It's", "Éclair", "مشروع", "花火", "a / b", "Qtwim1Q"),
    *("Since 2024-05-13/14", "Letters"),
    *("Two words", "T" * 90, "x", "</title>", "&amp;", "100 %", "{{x}}", "Qtwim2 “<&Q"),
)
COUNTS = """
import json
from pathlib import Path

HERE = Path(__file__).parent
seen = {"markdown": [], "content": [], "page": []}


def on_page_markdown(markdown, page, config, files):
    seen["markdown"].append(page.url)


def on_page_content(html, page, config, files):
    seen["content"].append(page.url)


def on_post_page(output, page, config):
    seen["page"].append(page.url)


def on_post_build(config):
    site = Path(config.site_dir)
    seen["files"] = [path.relative_to(site).as_posix() for path in site.rglob("*.*")]
    (HERE / "seen.json").write_text(json.dumps(seen))
"""


def _uneven(count: int) -> dict[str, str | bytes]:
    """Projects of which each stands in another number of issues, the first in all."""
    files: dict[str, str | bytes] = {}
    for number in range(1, count + 1):
        shown = "".join(f"### Number {n}\n\nText.\n\n" for n in range(1, number + 1))
        files[f"blog/{number:02}.md"] = issue(number, f"## Clients\n\n{shown}")
    return files


_PAGED = 22
"""As many issues as need two pages of the section and of the first four projects."""


def _files(
    more: Mapping[str, str] = {}, titles: Sequence[str] = TITLES, issues: int = _PAGED
) -> dict[str, str | bytes]:
    """Issues, of which two have all projects, and each the first four."""
    found: dict[str, str | bytes] = {}
    for number in range(1, issues + 1):
        there = titles if number < 3 else titles[:4]
        said = "".join(f"### {title}\n\nSome text.\n\n" for title in there)
        found[f"blog/{number:02}.md"] = issue(number, f"## Dept of Clients\n\n{said}")
    return {**found, **more}


def _hooked(folder: Path, text: str) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    (folder / "hook.py").write_text(text, "utf-8")
    return {"hooks": [str(folder / "hook.py")]}


def _topics(site: Built) -> dict[str, bytes]:
    return {
        name: data
        for name, data in site.files().items()
        if name.startswith(("section/", "project/")) and name.endswith(".html")
    }


def _same_in_full(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    titles: Sequence[str] = ("R&D", "It's", 'The "quoted" one of them', "x"),
    issues: int = 3,
    **config: Any,
) -> dict[str, bytes]:
    """Build a site as it is built, and with each page rendered in full: they are the same."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    files = _files(titles=titles, issues=issues)
    ours = _topics(build(tmp_path / "ours", files, **config))
    monkeypatch.setattr(topicpages.TopicPages, "_in_frames", lambda self, topics: None)
    theirs = _topics(build(tmp_path / "theirs", files, **config))
    assert ours.keys() == theirs.keys() and len(ours) > len(titles)
    assert {name for name, data in ours.items() if data != theirs[name]} == set()
    return ours


def _seen(tmp_path: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads((tmp_path / "seen.json").read_text())
    return found


@pytest.mark.parametrize("theme", THEMES)
def test_pages_are_those_that_the_theme_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theme: str
) -> None:
    pages = _same_in_full(tmp_path, monkeypatch, TITLES, _PAGED, theme={"name": theme})
    assert b"R&amp;D" in pages["project/r-d/index.html"]
    assert "project/project-1/page/2/index.html" in pages


@pytest.mark.parametrize("theme", THEMES)
def test_other_plugins_see_one_of_each_kind(tmp_path: Path, theme: str) -> None:
    site = build(tmp_path, _files(), theme={"name": theme}, **_hooked(tmp_path, COUNTS))
    seen = _seen(tmp_path)
    of_topics = [url for url in seen["page"] if url.startswith("project/") and url != "project/"]
    # A page of placeholders, and those with the shortest and the longest title, and later pages;
    # and the one that is called as the site is.
    assert len(set(of_topics)) == 7 and len(_topics(site)) > 40
    assert not [url for url in seen["markdown"] + seen["content"] if url in of_topics]


def test_they_see_one_for_each_number_of_issues(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    ours = build(tmp_path / "ours", _uneven(9), **_hooked(tmp_path, COUNTS))
    seen = [url for url in _seen(tmp_path)["page"] if url.startswith("project/")]
    # The list of all; nine patterns; one with the shortest title, which is the longest, too.
    assert len(seen) == 12 and seen.count("project/qtwim0q/") == 9
    monkeypatch.setattr(topicpages.TopicPages, "_in_frames", lambda self, topics: None)
    theirs = build(tmp_path / "theirs", _uneven(9), **_hooked(tmp_path, COUNTS))
    assert _topics(ours) == _topics(theirs)


def test_a_page_that_another_plugin_leaves_empty_is_not_written(tmp_path: Path) -> None:
    hook = (
        "def on_post_page(output, page, config):\n    return '' if 'project/' in page.url else None"
    )
    site = build(tmp_path, _files(titles=["x"], issues=2), **_hooked(tmp_path, hook))
    assert not (site.folder / "project/x/index.html").exists()
    assert (site.folder / "project/x/atom.xml").exists()


def test_other_plugins_find_all_in_the_folder_but_the_archive(tmp_path: Path) -> None:
    build(tmp_path, _files(titles=["R&D"], issues=2), **_hooked(tmp_path, COUNTS))
    files = _seen(tmp_path)["files"]
    assert "project/r-d/index.html" in files and "project/r-d/atom.xml" in files
    assert "archive.json" not in files


@pytest.mark.parametrize(
    "block",
    [
        "{{ page.title | upper }}",
        "{{ page.title | truncate(9, true) }}",
        "{{ page.title | urlencode | replace('%20', '+') }}",
        "{{ page.title | replace(' ', '-') }}",
        "{{ page.title | length }}",
        "{{ page.content | length }}",
        "{{ page.content | upper }}",
        "{% if page.title | length > 20 %}long{% endif %}",
        "{% for link in page.toc %}{{ link.title | first }}{% endfor %}",
        "{% if page.url == 'project/x/' %}the shortest{% endif %}",
        "{{ page.update_date }}",
    ],
)
def test_a_theme_that_changes_words_is_asked_for_each_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: str
) -> None:
    overrides = tmp_path / "overrides"
    overrides.mkdir()
    frame = '{% extends "base.html" %}{% block extrahead %}<b>' + block + "</b>{% endblock %}"
    (overrides / "main.html").write_text(frame, "utf-8")
    _same_in_full(tmp_path, monkeypatch, theme={"name": "mkdocs", "custom_dir": str(overrides)})


@pytest.mark.parametrize(
    "hook",
    [
        # As minifiers do.
        "def on_post_page(output, page, config):\n    return ' '.join(output.split())\n",
        "def on_post_page(output, page, config):\n    return output.replace('&#34;', '&quot;')\n",
        "def on_post_page(output, page, config):\n    return output.replace('&lt;', '&LT;')\n",
        "def on_page_context(context, page, config, nav):\n    page.title = page.title[::-1]\n",
        "def on_page_context(context, page, config, nav):\n    page.meta['hide'] = ['toc']\n",
        "def on_page_context(context, page, config, nav):\n    page.content += '<i>more</i>'\n",
        "def on_env(env, config, files):\n    env.filters['url'] = lambda url: f'/{url}'\n",
    ],
)
def test_other_plugins_may_change_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: str
) -> None:
    _same_in_full(tmp_path, monkeypatch, theme={"name": "material"}, **_hooked(tmp_path, hook))


@pytest.mark.parametrize(
    "block",
    [
        "<a href='?t={{ page.title | urlencode }}'></a>",
        "<script>const title = {{ page.title | tojson }}</script>",
        '<meta content="{{ page.title | striptags | e }}">',
        "<i>{{ page.update_date }}</i>",
        "{% for link in page.toc %}<i>{{ link.title }}</i>{% endfor %}",
    ],
)
def test_a_theme_may_write_words_in_many_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: str
) -> None:
    overrides = tmp_path / "overrides"
    overrides.mkdir()
    frame = '{% extends "base.html" %}{% block extrahead %}' + block + "{% endblock %}"
    (overrides / "main.html").write_text(frame, "utf-8")
    theme = {"name": "mkdocs", "custom_dir": str(overrides)}
    titles = ["R&D", "It's", "Neither short nor", "The longest of all"]
    files = _files(titles=titles, issues=3)
    build(tmp_path / "seen", files, theme=theme, **_hooked(tmp_path, COUNTS))
    # In full it would have been seen too.
    assert "project/neither-short-nor/" not in _seen(tmp_path)["page"]
    _same_in_full(tmp_path, monkeypatch, theme=theme)


def test_parts_of_the_site_s_own_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = tmp_path / "overrides" / "twim" / "parts"
    parts.mkdir(parents=True)
    own = "<h1>{{ page.title }}</h1><p>{{ config.site_name }}, {{ page.url }}, {{ base_url }}</p>"
    (parts / "updates.html").write_text(own)
    (parts / "head.html").write_text('<meta name="is" content="{{ page.canonical_url }}">')
    theme = {"name": "mkdocs", "custom_dir": str(tmp_path / "overrides")}
    pages = _same_in_full(tmp_path, monkeypatch, issues=_PAGED, theme=theme)
    page = pages["project/r-d/page/2/index.html"].decode()
    assert "<p>Letters, project/r-d/page/2/, ../../../..</p>" in page
    assert 'name="is" content="https://letters.example/project/r-d/page/2/"' in page


def test_a_part_that_fails_ends_the_build(tmp_path: Path) -> None:
    parts = tmp_path / "overrides" / "twim" / "parts"
    parts.mkdir(parents=True)
    # Neither the shortest nor the longest title.
    (parts / "updates.html").write_text("{{ [][0].x if page.title == 'Two words' }}")
    theme = {"name": "mkdocs", "custom_dir": str(tmp_path / "overrides")}
    with pytest.raises(UndefinedError, match="has no element 0") as raised:
        build(tmp_path, _files(issues=2), theme=theme)
    assert raised.value.__notes__ == ["Error building page 'project/two-words/index.md'"]
    assert not (tmp_path / "site" / "archive.json").exists()


def test_they_stand_in_the_map_of_the_site_with_the_date_of_their_newest_issue(
    tmp_path: Path,
) -> None:
    text = build(tmp_path, _files(titles=["R&D"])).read("sitemap.xml")
    for path in ("section/clients/", "project/r-d/", "project/r-d/page/2/"):
        found = text.partition(f"<loc>https://letters.example/{path}</loc>")[2]
        assert found.split("</url>")[0].strip() == "<lastmod>2024-05-22</lastmod>"


@pytest.mark.parametrize("theme", ["material", "mkdocs"])
def test_the_search_finds_their_titles_once(tmp_path: Path, theme: str) -> None:
    site = build(tmp_path, _files(issues=2), theme={"name": theme})
    index = site.json("search/search_index.json")["docs"]
    found = [item["location"] for item in index if item["location"].startswith("project/")]
    assert sorted(found) == sorted({*found}) and "project/r-d/" in found
    # Of the list of all too, and of "x" and "{{x}}" once.
    assert len(found) == len(TITLES) and not [path for path in found if "page" in path]


def test_a_search_that_is_told_of_no_page_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("mkdocs.contrib.search.SearchPlugin.on_page_context")
    caplog.set_level("INFO")
    build(tmp_path, {"blog/one.md": issue()})
    assert "the pages of sections and projects are not in the index of 'search'" in caplog.text


def test_a_topic_with_a_page_of_the_site_s_own_stays_a_page_of_mkdocs(tmp_path: Path) -> None:
    more = {"project/x.md": "# Mine\n\nText.\n", "index.md": "[x](project/x.md)\n"}
    site = build(tmp_path, _files(more, ["x"]), **_hooked(tmp_path, COUNTS))
    seen = _seen(tmp_path)
    assert "project/x/" in seen["markdown"] and "project/x/page/2/" in seen["page"]
    assert 'href="project/x/"' in site.read("index.html")
    assert "<p>Text.</p>" in site.read("project/x/index.html")


def test_another_output_at_the_address_of_one_is_an_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    body = 'path = "section/clients"'
    text = issue(2).replace("[taxonomies]", f"{body}\n[taxonomies]")
    with pytest.raises(Abort):
        build(tmp_path, {"blog/one.md": issue(1), "blog/two.md": text})
    assert "both have the address /section/clients/" in caplog.text
