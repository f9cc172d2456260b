"""`python -m mkdocs_twim check`: what is wrong with posts, told without a build."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from mkdocs.exceptions import Abort

from mkdocs_twim.cli import main
from tests.conftest import ROOT
from tests.sites import build

ISSUE = """\
+++
title = "This Week in the Harbour {day}"
slug = "harbour-{day}"
date = {day}
[taxonomies]
author = ["Ida"]
category = ["This Week in the Harbour"]
+++
{text}"""
TEXT = """
Welcome aboard.

## Dept of Boats ⛵

### Seagull ([website](https://seagull.example))

[Ida](https://matrix.to/#/@ida:harbour.example) says

> Painted.

### Kite 1.2

> Nobody says.

## Dept of Weather

[Bo](https://matrix.to/#/@bo:harbour.example) and [Al](https://matrix.to/#/@al:harbour.example) say

> Rain.

## That's all I know 🏁

Bye.
"""

Check = Callable[..., tuple[int, str, str]]


def _issue(text: str = TEXT, day: str = "2026-03-06") -> str:
    return ISSUE.format(day=day, text=text)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Writes a site into the current folder."""
    monkeypatch.chdir(tmp_path)

    def write(files: Mapping[str, str | bytes], **config: object) -> None:
        for name, content in files.items():
            path = tmp_path / "docs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        settings = {
            "site_name": "Harbour",
            "site_url": "https://harbour.example/",
            "theme": {"name": "mkdocs"},
            "plugins": ["search", "twim"],
            **config,
        }
        (tmp_path / "mkdocs.yml").write_text(yaml.safe_dump(settings), "utf-8")

    return write


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs the command: its exit status, and what it writes to the two outputs."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["check", *arguments])
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


def _findings(check: Check, *posts: str) -> list[dict[str, Any]]:
    _, out, _ = check("--json", *posts)
    found: list[dict[str, Any]] = json.loads(out)["findings"]
    return found


def test_a_site_without_fault_is_told_in_one_line(site: Callable[..., None], check: Check) -> None:
    site({"blog/a.md": _issue()})
    assert check() == (0, "checked 1 post: nothing found\n", "")


def test_nothing_is_written(site: Callable[..., None], check: Check, tmp_path: Path) -> None:
    site({"blog/a.md": _issue()})
    (tmp_path / "site").mkdir()
    (tmp_path / "site/kept.txt").write_text("x")
    before = sorted(tmp_path.rglob("*"))
    check("docs/blog/a.md")
    assert sorted(tmp_path.rglob("*")) == before


def test_it_tells_how_an_issue_is_divided(site: Callable[..., None], check: Check) -> None:
    site({"blog/a.md": _issue(), "blog/b.md": _issue(day="2026-03-13"), "blog/c.md": _news()})
    _, out, _ = check("docs/blog/a.md", "docs/blog/c.md")
    assert out.splitlines() == [
        "docs/blog/a.md: This Week in the Harbour 2026-03-06: 3 updates",
        "    10 in no update: the text: above the first heading",
        "    12 Dept of Boats ⛵",
        "    14   Seagull: Ida (@ida:harbour.example)",
        "    20   Kite 1.2: no reporter",
        "    24 Dept of Weather: Bo (@bo:harbour.example), Al (@al:harbour.example)",
        "    30 in no update: '## That's all I know 🏁': ignore_sections leaves it out",
        "docs/blog/c.md: News: no issue, so it isn't divided",
        "checked 2 posts: nothing found",
    ]


def _news(text: str = "All is well.\n", title: str = "News", more: str = "") -> str:
    return f'+++\ntitle = "{title}"\ndate = 2026-03-01\n{more}+++\n\n{text}'


def test_what_a_warning_tells_of_a_heading_is_no_note_too(
    site: Callable[..., None], check: Check
) -> None:
    report = "\n[Cy](https://matrix.to/#/@cy:harbour.example) says\n\n> Lost.\n"
    site({"blog/a.md": _issue(f"{TEXT.partition('## That')[0]}# Bye\n{report}")})
    [told] = _findings(check)
    assert (told["line"], told["level"]) == (30, "warning")
    assert told["message"] == "what stands below '# Bye' is in no update; sections are ##"


def test_sections_with_one_sign_alone_stand_above_no_heading(
    site: Callable[..., None], check: Check
) -> None:
    report = "\n[Cy](https://matrix.to/#/@cy:harbour.example) says\n\n> Lost.\n\n"
    site({"blog/a.md": _issue(f"# Boats\n{report}# Weather\n{report}")})
    assert [(told["line"], told["level"], told["message"]) for told in _findings(check)] == [
        (9, "note", "what Cy reports is in no update: it stands below a '#'"),
        (15, "warning", "what stands below '# Weather' is in no update; sections are ##"),
    ]


def test_its_json_has_what_the_lines_say(site: Callable[..., None], check: Check) -> None:
    text = "\n[Cy](https://matrix.to/#/@cy:harbour.example) says\n\n> Lost.\n" + TEXT
    site({"blog/a.md": _issue(text), "blog/c.md": _news("![](/no.png)\n")})
    status, out, _ = check("--json")
    told = json.loads(out)
    assert status == 1 and "null" not in out
    assert told["version"] == 1
    assert told["counts"] == {"posts": 2, "errors": 0, "warnings": 1, "notes": 1}
    assert told["findings"] == [
        {
            "path": "docs/blog/a.md",
            "line": 10,
            "level": "note",
            "rule": "division",
            "message": "what Cy reports is in no update: it stands above the first heading",
        },
        {
            "path": "docs/blog/c.md",
            "line": 6,
            "level": "warning",
            "rule": "picture",
            "message": "the picture '/no.png' is not there",
        },
    ]
    issue, news = told["posts"]
    assert news == {
        "path": "docs/blog/c.md",
        "title": "News",
        "url": "/blog/c/",
        "draft": False,
        "issue": False,
    }
    assert issue["updates"] == 3
    assert issue["sections"][0]["projects"][0] == {
        "title": "Seagull",
        "slug": "seagull",
        "line": 18,
        "reporters": [{"name": "Ida", "id": "@ida:harbour.example"}],
    }
    assert [each["slug"] for each in issue["sections"]] == ["boats", "weather"]
    assert [each["name"] for each in issue["sections"][1]["reporters"]] == ["Bo", "Al"]
    assert [(each["why"], each["line"]) for each in issue["in_no_update"]] == [
        ("above", 10),
        ("ignored", 34),
    ]


def test_a_draft_that_is_named_is_told_as_one(site: Callable[..., None], check: Check) -> None:
    issue = _issue().replace("title =", "draft = true\ntitle =", 1)
    site({"blog/a.md": issue, "blog/b.md": _news(more="draft = true\n"), "blog/c.md": _news()})
    status, out, _ = check("docs/blog/a.md", "docs/blog/b.md", "docs/blog/c.md")
    assert status == 0
    titles = [line for line in out.splitlines() if line.startswith("docs/")]
    assert titles == [
        "docs/blog/a.md: This Week in the Harbour 2026-03-06 (draft: in no build): 3 updates",
        "docs/blog/b.md: News (draft: in no build): no issue, so it isn't divided",
        "docs/blog/c.md: News: no issue, so it isn't divided",
    ]


def test_headings_of_every_form_have_their_lines(site: Callable[..., None], check: Check) -> None:
    text = (
        "##\tBoats\n\nx\n\n###\tKite\n\nx\n\n###\n\nx\n\n### ###\n\nx\n\n"
        "##\n\n### Rain ###\n\nx\n\nWind\n---\n\nx\n"
    )
    post = _issue(text)
    site({"blog/a.md": post})
    _, out, _ = check("--json", "docs/blog/a.md")
    [found] = json.loads(out)["posts"]
    sections = found["sections"]
    lines = post.split("\n")
    assert [lines[each["line"] - 1] for each in sections] == ["##\tBoats", "##", "Wind"]
    projects = [each for section in sections for each in section["projects"]]
    headings = ["###\tKite", "###", "### ###", "### Rain ###"]
    assert [lines[each["line"] - 1] for each in projects] == headings


WRONG: dict[str, tuple[str, int, str, str]] = {
    "no front matter": ("Hello.\n", 1, "error", "front-matter"),
    "a wrong value": ("+++\ntitle = 5\n+++\n", 2, "error", "front-matter"),
    "broken front matter": ('+++\ntitle = "A\n+++\n', 2, "error", "front-matter"),
    "no date": ('+++\ntitle = "A"\n+++\n', 1, "warning", "date"),
    "a date to come": ('+++\ntitle = "A"\ndate = 2090-01-01\n+++\n', 3, "warning", "date"),
    "a wrong shortcode": (_news("x\n\n{{ figure(img=5) }}\n"), 8, "error", "shortcode"),
    "an unknown shortcode": (_news("{{ nothing(a=1) }}\n"), 6, "error", "shortcode"),
    "a link to nothing": (_news("[a](@/blog/none.md)\n"), 6, "warning", "link"),
    "a link to no heading": (_news("\n[a](#none)\n"), 7, "warning", "link"),
    "no picture": (_news("x\n![](/none.png)\n"), 7, "warning", "picture"),
    "a misplaced term": (_news(more='category = "News"\n'), 4, "warning", "terms"),
    "a stray report": (
        _issue(
            "\n## Boats\n\n### Kite\n\n> Up.\n\n# Weather\n\n> Rain.\n\n## More\n\n> So.\n",
            "2026-03-13",
        ),
        16,
        "warning",
        "division",
    ),
    "no template": (
        "---\ntitle: A\ndate: 2026-03-01\ntemplate: none.html\n---\nx\n",
        4,
        "error",
        "front-matter",
    ),
    "a link of a yaml post": (
        "---\ntitle: A\ndate: 2026-03-01\n---\n\nx [a](none.md)\n",
        6,
        "warning",
        "mkdocs",
    ),
    "a related link": (
        "---\ntitle: A\ndate: 2026-03-01\nlinks:\n  - none.md\n---\nx\n",
        4,
        "warning",
        "link",
    ),
    "a draft": (_news("![](/no.png)\n", more="draft = true\n"), 7, "warning", "picture"),
}


@pytest.mark.parametrize("name", WRONG)
def test_each_fault_has_its_line_its_level_and_its_rule(
    site: Callable[..., None], check: Check, name: str
) -> None:
    text, line, level, rule = WRONG[name]
    site({"blog/x.md": text, "blog/good.md": _issue()})
    [found] = _findings(check)
    assert (found["path"], found["line"]) == ("docs/blog/x.md", line)
    assert (found["level"], found["rule"]) == (level, rule)
    assert _findings(check, "docs/blog/x.md") == [found]
    assert _findings(check, "docs/blog/good.md") == []
    status, out, _ = check("docs/blog/x.md")
    assert status == 1
    assert out.startswith(f"docs/blog/x.md:{line}") and f" {level}: " in out
    assert f" ({rule})\n" in out


@pytest.mark.parametrize("name", [name for name in WRONG if name != "a draft"])
def test_it_finds_what_a_strict_build_stops_at(
    site: Callable[..., None], tmp_path: Path, name: str
) -> None:
    with pytest.raises(Abort):
        build(tmp_path, {"blog/x.md": WRONG[name][0], "blog/good.md": _issue()}, strict=True)


def test_a_post_beside_the_folder_of_posts_is_told(site: Callable[..., None], check: Check) -> None:
    site({"blog/good.md": _issue(), "2026-03-13-late.md": _issue(day="2026-03-13")})
    [found] = _findings(check)
    assert (found["path"], found["line"]) == ("docs/2026-03-13-late.md", 1)
    assert (found["level"], found["rule"]) == ("warning", "front-matter")
    assert _findings(check, "docs/blog/good.md") == []


def test_it_goes_on_with_the_other_posts(site: Callable[..., None], check: Check) -> None:
    files = {f"blog/{number}.md": text for number, (text, *_) in enumerate(WRONG.values())}
    site(files)
    found = {(each["path"], each["line"]) for each in _findings(check)}
    for number, (_, line, *_) in enumerate(WRONG.values()):
        assert (f"docs/blog/{number}.md", line) in found


def test_two_posts_at_one_address_are_told_of_both(site: Callable[..., None], check: Check) -> None:
    site({f"blog/{name}.md": _news(more='slug = "same"\n') for name in "ab"})
    assert [(each["path"], each["line"]) for each in _findings(check)] == [
        ("docs/blog/a.md", 4),
        ("docs/blog/b.md", 4),
    ]
    [found] = _findings(check, "docs/blog/b.md")
    assert (found["path"], found["rule"]) == ("docs/blog/b.md", "address")


def test_what_is_so_in_several_posts_is_told_of_each(
    site: Callable[..., None], check: Check
) -> None:
    site({f"blog/{name}.md": _news(more='category = "News"\n') for name in "abc"})
    assert [each["path"][-4] for each in _findings(check)] == ["a", "b", "c"]
    assert [each["path"][-4] for each in _findings(check, "docs/blog/b.md")] == ["b"]


def test_a_broken_post_makes_the_options_no_fault(site: Callable[..., None], check: Check) -> None:
    twim = {"feed_redirects": {"/old.xml": "/category/news/atom.xml"}}
    site({"blog/a.md": "+++\ntitle = 5\n+++\n", "blog/b.md": _news()}, plugins=[{"twim": twim}])
    status, out, err = check()
    assert (status, err) == (1, "")
    assert "checked 2 posts: 1 error found" in out


@pytest.mark.parametrize(
    "text",
    [
        _news("[a](b.md#mast)\n[b](@/blog/b.md#Mast)\n[c](b.md#keel)\n"),
        "---\ntitle: A\ndate: 2026-03-01\nlinks: [blog/b.md#keel, blog/b.md#mast]\n---\n\n"
        "[a](b.md#mast) [b](b.md#Mast) [c](b.md#keel)\n",
    ],
)
def test_links_to_headings_of_posts_that_are_not_named_are_checked(
    site: Callable[..., None], check: Check, text: str
) -> None:
    site({"blog/a.md": text, "blog/b.md": _news("## Mast\n\n![](/none.png)\n[x](a.md#none)\n")})
    told = [each for each in _findings(check) if each["path"] == "docs/blog/a.md"]
    assert len(told) == text.count("#keel") + text.count("#Mast")
    assert _findings(check, "docs/blog/a.md") == told


def test_the_page_above_a_list_may_be_named(site: Callable[..., None], check: Check) -> None:
    files = {"blog/a.md": _news(), "blog/index.md": "# Blog\n\n[x](@/blog/none.md)\n"}
    site({**files, "blog/old/_index.md": '+++\ntitle = "Old"\n+++\n\n![](/none.png)\n'})
    found = _findings(check, "docs/blog/index.md", "docs/blog/old/_index.md")
    assert [(each["path"], each["line"]) for each in found] == [
        ("docs/blog/index.md", 3),
        ("docs/blog/old/_index.md", 5),
    ]


@pytest.mark.parametrize(
    ("post", "said"),
    [
        ("docs/blog/none.md", "docs/blog/none.md: there is no such file"),
        ("docs/blog", "docs/blog: is a folder; name its posts"),
        ("docs/page.md", "docs/page.md: is no post of this site: those are below docs/blog"),
        ("mkdocs.yml", "mkdocs.yml: is no post of this site: those are below docs/blog"),
        ("docs/blog/a.txt", "docs/blog/a.txt: is no post: it is no Markdown file"),
    ],
)
def test_what_is_no_post_is_said_to_be_none(
    site: Callable[..., None], check: Check, post: str, said: str
) -> None:
    site({"blog/a.md": _news(), "page.md": "# P\n", "blog/a.txt": "x"})
    assert check(post) == (2, "", f"check: {said}\n")
    assert check("docs/blog/a.md", post)[0] == 2


def test_what_the_site_leaves_out_hides_nothing_of_the_rest(
    site: Callable[..., None], check: Check
) -> None:
    left_out = {"blog/.a.md": _news(), "blog/tmpl/x.md": "# A template\n"}
    site({**left_out, "blog/b.md": _news("![](/none.png)\n")}, exclude_docs="blog/tmpl/")
    notes = [
        f"docs/{path}:1: note: is no post of this site: mkdocs.yml leaves it out (file)\n"
        for path in left_out
    ]
    status, out, err = check("docs/blog/.a.md", "docs/blog/tmpl/x.md", "docs/blog/b.md")
    assert (status, err) == (1, "")
    assert all(note in out for note in notes)
    assert "the picture '/none.png' is not there" in out
    # A commit with such a file alone is no reason to refuse it.
    assert check("docs/blog/tmpl/x.md") == (0, f"{notes[1]}checked 0 posts: 1 note found\n", "")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"plugins": ["search"]}, "check: mkdocs.yml: its plugins have no 'twim'"),
        ({"plugins": [{"twim": {"feed_limit": "x"}}]}, "feed_limit"),
        ({"site_url": ""}, "check: mkdocs.yml: site_url is missing"),
        ({"plugins": [{"twim": {"feed_redirects": {"/x": "/y"}}}]}, "there is no feed at /y"),
    ],
)
def test_what_is_wrong_with_the_settings_is_told(
    site: Callable[..., None], check: Check, config: dict[str, object], said: str
) -> None:
    site({"blog/a.md": _news()}, **config)
    status, _, err = check()
    assert status == 2
    assert err.startswith("check: ") and said in err


def test_an_option_that_names_what_is_not_there_is_told_with_its_line(
    site: Callable[..., None], check: Check
) -> None:
    feeds = {"quiet": {"title": "Quiet", "category": ["none"]}}
    twim = {"default_image": "/x.png", "feeds": feeds}
    site({"blog/a.md": _news(), "blog/b.md": _news()}, plugins=[{"twim": twim}])
    picture, feed = _findings(check)
    assert picture == {
        "path": "mkdocs.yml",
        "line": 3,
        "level": "warning",
        "rule": "option",
        "message": "twim: default_image: the picture '/x.png' is not there",
    }
    assert (feed["line"], feed["rule"]) == (4, "option")
    assert _findings(check, "docs/blog/a.md") == [picture]


def test_without_settings_it_says_so(
    check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert check() == (2, "", "check: Config file 'mkdocs.yml' does not exist.\n")


def test_the_settings_may_be_elsewhere(
    site: Callable[..., None], check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site({"blog/a.md": _news("![](/no.png)\n")})
    (tmp_path / "docs/blog").joinpath("deep").mkdir()
    monkeypatch.chdir(tmp_path / "docs/blog")
    status, out, _ = check("-f", "../../mkdocs.yml", "a.md")
    assert status == 1
    assert out.startswith("a.md:6: warning: the picture '/no.png' is not there (picture)\n")


def test_a_wrong_shortcode_hides_no_other_fault_and_no_division(
    site: Callable[..., None], check: Check
) -> None:
    text = "\n{{ figure(img=5) }}\n\n[x](nosuch) ![](/no.png)\n" + TEXT
    site({"blog/a.md": _issue(text), "blog/b.md": _news("[a](a.md#none)\n")})
    status, out, _ = check("docs/blog/a.md")
    assert status == 1
    assert [line.partition(": ")[2] for line in out.splitlines()[:4]] == [
        "error: 'figure': img: expected the address of a picture, found 5 (shortcode)",
        "warning: the page 'nosuch' is not there (link)",
        "warning: the picture '/no.png' is not there (picture)",
        "This Week in the Harbour 2026-03-06: 3 updates",
    ]


def test_it_ends_silently_when_nobody_reads_on(site: Callable[..., None]) -> None:
    site({"blog/a.md": _issue()})
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "mkdocs_twim", "check"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, env=environ)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_what_a_site_prints_is_not_among_the_findings(
    site: Callable[..., None], check: Check, tmp_path: Path
) -> None:
    (tmp_path / "hook.py").write_text("def on_files(files, config):\n    print('files')\n")
    site({"blog/a.md": _news()}, hooks=["hook.py"])
    status, out, err = check("--json")
    assert (status, err) == (0, "files\n")
    assert json.loads(out)["counts"]["posts"] == 1


EXTENSION = """
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor


class Sink(Preprocessor):
    def run(self, lines):
        if "sink" in "".join(lines):
            raise LookupError("no water")
        return lines


class Sinking(Extension):
    def extendMarkdown(self, md):
        md.preprocessors.register(Sink(md), "sink", 100)


def makeExtension():
    return Sinking()
"""


def test_an_extension_that_fails_at_a_post_stops_no_other(
    site: Callable[..., None], check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sinking.py").write_text(EXTENSION)
    monkeypatch.syspath_prepend(tmp_path)
    posts = {
        f"blog/{name}.md": f"---\ntitle: {name}\ndate: 2026-03-01\n---\n{name} [x](#y)\n"
        for name in ("sink", "swim")
    }
    site(posts, markdown_extensions=["sinking"])
    sink, swim = _findings(check)
    assert (sink["path"], sink["line"], sink["level"]) == ("docs/blog/sink.md", 5, "error")
    assert sink["message"] == "can't be rendered: LookupError: no water"
    assert (swim["path"], swim["level"]) == ("docs/blog/swim.md", "warning")


def test_a_plugin_that_fails_is_told(
    site: Callable[..., None], check: Check, tmp_path: Path
) -> None:
    (tmp_path / "hook.py").write_text("def on_page_markdown(text, **more):\n    1 / 0\n")
    site({"blog/a.md": _news()}, hooks=["hook.py"])
    status, out, err = check()
    assert (status, out) == (2, "")
    assert err == "check: Error reading page 'blog/a.md': division by zero\n"


def test_a_broken_shortcode_of_the_site_s_own_is_told(
    site: Callable[..., None], check: Check, tmp_path: Path
) -> None:
    (tmp_path / "shortcodes").mkdir()
    (tmp_path / "shortcodes/boat.html").write_text("{% if %}")
    site({"blog/a.md": _news("{{ boat() }}\n")})
    status, _, err = check()
    assert status == 2 and err.startswith("check: shortcodes/boat.html:1: ")
    (tmp_path / "shortcodes/boat.html").write_text("x\n{{ throw(message='sunk') }}\n")
    [found] = _findings(check, "docs/blog/a.md")
    assert (found["level"], found["rule"], found["line"]) == ("error", "shortcode", 6)


@pytest.mark.parametrize("blog_dir", [".", "news/letters", "./news/"])
def test_posts_are_below_the_folder_of_the_option(
    site: Callable[..., None], check: Check, blog_dir: str
) -> None:
    folder = {"news/letters": "news/letters/", "./news/": "news/"}.get(blog_dir, "")
    files = {f"{folder}a.md": _news("![](/no.png)\n")}
    site(files, plugins=[{"twim": {"blog_dir": blog_dir}}])
    [found] = _findings(check, f"docs/{folder}a.md")
    assert found["path"] == f"docs/{folder}a.md"


def test_a_link_to_a_post_that_is_not_checked_holds(
    site: Callable[..., None], check: Check
) -> None:
    text = "[a](@/blog/b.md) [b](@/blog/b.md#part) [c](/blog/b/) ![](/blog/b.png)\n"
    files: dict[str, str | bytes] = {f"blog/{n}.md": _news("## Part\n", f"N {n}") for n in "bcde"}
    site({**files, "blog/a.md": _news(text), "blog/b.png": b"x"})
    assert check("docs/blog/a.md")[0] == check()[0] == 0


def test_a_wrong_flag_is_told_by_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["check", "--wrong"])
    assert stopped.value.code == 2


def test_it_runs_as_a_program_and_says_nothing_else(
    site: Callable[..., None], tmp_path: Path
) -> None:
    site({"blog/a.md": "---\ntitle: A\ndate: 2026-03-01\n---\n[a](none.md)\n"})
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs_twim", "check", "docs/blog/a.md"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=tmp_path,
    )
    assert done.returncode == 1 and done.stderr == ""
    assert done.stdout.startswith("docs/blog/a.md:5: warning: ")


def test_the_hook_for_pre_commit_checks_posts(site: Callable[..., None], tmp_path: Path) -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert hook.keys() >= {"id", "name", "entry", "language"}
    posts = ["docs/blog/a.md", "docs/blog/2026/b/index.md"]
    others = ["docs/page.md", "README.md", "docs/blog/a.png", "docs/blogs.md"]
    assert [path for path in (*posts, *others) if re.search(hook["files"], path)] == posts
    site({"blog/a.md": _news(), "blog/2026/b/index.md": "+++\ntitle = 5\n+++\n"})
    program, *arguments = shlex.split(hook["entry"])
    assert program == "python"
    for names, status in ((posts[:1], 0), (posts, 1)):
        run = [sys.executable, *arguments, *names]
        assert subprocess.run(run, cwd=tmp_path, capture_output=True).returncode == status


@pytest.mark.parametrize(
    ("arguments", "meant"), [(["chek"], "check"), (["check", "--jsn"], "--json")]
)
def test_what_may_have_been_meant_is_said(
    arguments: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert capsys.readouterr().err.endswith(f"; is {meant} meant?\n")
