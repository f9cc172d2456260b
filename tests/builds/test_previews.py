"""What `mkdocs serve` renders of a long blog, and what stands in the place of the rest."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from selectolax.lexbor import LexborHTMLParser

from tests.conftest import ROOT
from tests.sites import SITE_URL, Built, build, issue, messages, post

EVENTS = """
from pathlib import Path


def on_page_markdown(markdown, page, config, files):
    with Path(__file__).with_name("seen").open("a") as seen:
        seen.write(page.url + "\\n")


def on_post_page(output, page, config):
    with Path(__file__).with_name("seen").open("a") as seen:
        seen.write(page.url + "\\n")
"""


def _plain(number: int, body: str = "Text.\n", more: str = "") -> str:
    return post(f"Post {number}", body, date=f"2023-01-{number:02}", more=more)


def _files(more: Mapping[str, str] = {}) -> dict[str, str]:
    """Three old issues, the first with a project of its own, 10 posts and two new issues."""
    files = {f"blog/p{number:02}.md": _plain(number) for number in range(1, 11)}
    old = issue(1).replace("2024", "2022")
    files |= {f"blog/old{n}.md": old.replace("Letters 1", f"Letters {n}") for n in (1, 2, 3)}
    files["blog/old1.md"] = files["blog/old1.md"].replace("Hydrogen", "Neon")
    files |= {"blog/new1.md": issue(1), "blog/new2.md": issue(2), "index.md": "# Home\n"}
    return {**files, **more}


class Previews:
    """The builds of one `mkdocs serve`, whose plugins live as long as it does."""

    def __init__(self, folder: Path, newest: int, **config: object) -> None:
        self._folder = folder
        (folder / "hook.py").write_text(EVENTS)
        self._config: dict[str, object] = {
            "site_name": "Letters",
            "site_url": SITE_URL,
            "theme": {"name": "mkdocs"},
            "plugins": ["search", {"twim": {"preview_posts": newest}}],
            "hooks": ["hook.py"],
            **config,
        }
        self._loaded = False

    def build(self, files: Mapping[str, str]) -> Built:
        for name, text in files.items():
            path = self._folder / "docs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        (self._folder / "mkdocs.yml").write_text(yaml.safe_dump(self._config))
        (self._folder / "seen").write_text("")
        built = Built(self._folder / "site")
        if not self._loaded:
            self._site = load_config(str(self._folder / "mkdocs.yml"))
            self._site.plugins.on_startup(command="serve", dirty=False)
            self._loaded = True
        with messages() as built.warnings:
            # MkDocs reads its settings anew, and takes the plugins over.
            site = load_config(str(self._folder / "mkdocs.yml"))
            site.plugins = self._site.plugins
            mkdocs_build(site, serve_url=SITE_URL)
        return built

    def seen(self) -> set[str]:
        return {*(self._folder / "seen").read_text().split()}


def _is_rendered(site: Built, address: str) -> bool:
    return "isn't rendered in this preview" not in site.read(f"{address}index.html")


def test_the_newest_posts_are_rendered_the_others_stand_for_themselves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    previews = Previews(tmp_path, 3)
    site = previews.build(_files())
    assert _is_rendered(site, "blog/new1/") and _is_rendered(site, "blog/p10/")
    assert not _is_rendered(site, "blog/p09/") and not _is_rendered(site, "blog/old1/")
    page = site.read("blog/p09/index.html")
    assert "<title>Post 9</title>" in page and "<code>blog/p09.md</code>" in page
    assert "preview_posts: 0" in page
    assert not {"blog/p09/", "blog/old1/"} & previews.seen()
    assert caplog.text.count("this preview renders the 3 newest posts") == 1
    assert "12 older ones are listed only (preview_posts: 0 renders all)" in caplog.text
    # The others are listed below, by title and date, on one page.
    blog = LexborHTMLParser(site.read("blog/index.html"))
    assert len(blog.css(".twim-card")) == 3 and not (site.folder / "blog/page/2").exists()
    listed = [" ".join(item.text().split()) for item in blog.css("article ~ ul > li")]
    assert len(listed) == 12 and listed[-1] == "This Week in Letters 3, May 1, 2022"
    assert 'href="p09/"' in site.read("blog/index.html")
    # Feeds, sections, projects, search and archive have what is rendered.
    assert [item["title"] for item in site.json("feed.json")["items"]] == [
        "This Week in Letters 2",
        "This Week in Letters 1",
        "Post 10",
    ]
    assert (site.folder / "project/hydrogen").exists()
    assert not (site.folder / "project/neon").exists()
    assert "Neon" not in site.read("search/search_index.json")
    news = LexborHTMLParser(site.read("category/news/index.html"))
    assert (len(news.css(".twim-card")), len(news.css("article ~ ul > li"))) == (1, 9)
    assert site.warnings == [
        f"blog/new{n}.md:19: the picture '/img/a.png' is not there" for n in (1, 2)
    ]


def test_what_has_changed_since_it_began_is_rendered_from_then_on(tmp_path: Path) -> None:
    previews = Previews(tmp_path, 3)
    assert not _is_rendered(previews.build(_files()), "blog/p04/")
    changed = {"blog/p04.md": _plain(4, "Changed.\n"), "blog/p11.md": _plain(1, "New.\n")}
    site = previews.build(changed)
    assert _is_rendered(site, "blog/p04/") and _is_rendered(site, "blog/p11/")
    assert not _is_rendered(site, "blog/p05/")
    # As it was, it has still been worked on.
    assert _is_rendered(previews.build({"blog/p04.md": _plain(4)}), "blog/p04/")


def test_untitled_posts_are_listed_by_their_heading(tmp_path: Path) -> None:
    untitled = {
        "blog/u1.md": post(None, "# A *b* `c` &amp; [d](e.md)\n", date="2023-01-20"),
        "blog/u2.md": "---\ndate: 2023-01-21\n---\n\nSetext *title*\n===\n\nText.\n",
        "blog/u3.md": post(None, "Text.\n", date="2023-01-19"),
    }
    blog = LexborHTMLParser(Previews(tmp_path, 2).build(_files(untitled)).read("blog/index.html"))
    listed = [" ".join(item.text().split()) for item in blog.css("article ~ ul > li")]
    assert listed[:3] == [
        "Setext title, Jan 21, 2023",
        "A b c & d, Jan 20, 2023",
        "u3, Jan 19, 2023",
    ]


def test_a_preview_goes_on_when_a_mistake_is_mended(tmp_path: Path) -> None:
    previews = Previews(tmp_path, 3)
    previews.build(_files())
    with pytest.raises(Abort):
        previews.build({"blog/p04.md": _plain(4, "{{ nothing() }}\n").replace("2023", "2023")})
    site = previews.build({"blog/p04.md": _plain(4, "Mended.\n")})
    assert "Mended." in site.read("blog/p04/index.html")


def test_drafts_and_posts_of_the_nav_are_rendered(tmp_path: Path) -> None:
    files = _files({"blog/p02.md": _plain(2, more="draft = true")})
    site = Previews(tmp_path, 3, nav=["index.md", {"A": "./blog/p03.md"}]).build(files)
    assert _is_rendered(site, "blog/p02/") and _is_rendered(site, "blog/p03/")


@pytest.mark.parametrize("newest", [0, 8, 100])
def test_a_site_of_at_most_twice_as_many_is_rendered_whole(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, newest: int
) -> None:
    caplog.set_level(logging.INFO)
    site = Previews(tmp_path, newest).build(_files())
    assert _is_rendered(site, "blog/p01/") and _is_rendered(site, "blog/old1/")
    assert "this preview" not in caplog.text


def test_links_to_what_is_not_rendered_hold_and_others_are_told(tmp_path: Path) -> None:
    more = {
        "blog/new1.md": issue(1, "[a](@/blog/p01.md#x) [b](@/blog/gone.md)\n"),
        "index.md": "[a](blog/p01.md#x) [b](@/blog/p01.md) [c](blog/gone.md)\n",
        "blog/yaml.md": "---\ndate: 2024-06-01\nlinks: [blog/p01.md]\n---\n# T\n[a](p01.md)\n",
    }
    site = Previews(tmp_path, 3).build(_files(more))
    assert 'href="../p01/#x"' in site.read("blog/new1/index.html")
    assert site.read("index.html").count('href="blog/p01/') == 2
    assert any("leads nowhere" in warning and "gone" in warning for warning in site.warnings)
    assert len(site.warnings) == 3, site.warnings


def test_calls_and_redirects_to_feeds_that_a_preview_lacks_are_no_errors(tmp_path: Path) -> None:
    twim = {
        "preview_posts": 3,
        "feed_redirects": {"/neon.xml": "/project/neon/atom.xml"},
        "feeds": {"neon": {"title": "Neon", "project": ["neon"]}},
    }
    more = {
        "index.md": '# Home\n\n{{ feed(src="/project/neon/") }}\n\n{{ feed(src="/updates/") }}\n'
    }
    previews = Previews(tmp_path, 3, plugins=[{"twim": twim}])
    home = previews.build(_files(more)).read("index.html")
    assert home.count("twim-feed") >= 1 and "Neon" not in home


def test_mistakes_in_what_is_not_rendered_are_told(tmp_path: Path) -> None:
    with pytest.raises(Abort):
        Previews(tmp_path, 3).build(_files({"blog/p01.md": _plain(1, more="weight = -1")}))
    more = {"blog/p01.md": _plain(1, more='path = "blog/p02"')}
    with pytest.raises(Abort):
        Previews(tmp_path, 3).build(_files(more))


def test_a_build_is_never_cut(tmp_path: Path) -> None:
    site = build(tmp_path, dict(_files()), twim={"preview_posts": 3})
    assert all(_is_rendered(site, f"blog/p{number:02}/") for number in range(1, 11))


def test_a_negative_number_is_an_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Abort):
        Previews(tmp_path, -1).build(_files())
    assert "twim: preview_posts: expected 0 or more" in caplog.text


@dataclass(frozen=True, slots=True)
class Served:
    address: str

    def get(self, path: str) -> str:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{self.address}{path}", timeout=60) as answer:
            text: str = answer.read().decode()
        return text

    def has(self, path: str, words: str, seconds: float) -> bool:
        """Whether these words come to stand there, within so many seconds."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if words in self.get(path):
                    return True
            except OSError:
                # It has not yet begun to answer.
                pass
            time.sleep(0.1)
        return False


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """`mkdocs serve` on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "mkdocs", "serve", "--livereload", "--dev-addr", address]
    env = os.environ | {"PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    process = subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.PIPE, text=True)
    try:
        yield Served(f"http://{address}")
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def test_a_post_is_seen_when_it_is_saved(tmp_path: Path) -> None:
    """With processes that live as long as the preview."""
    for name, text in _files().items():
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    options = {"preview_posts": 3, "processes": 2}
    config = {"site_name": "Letters", "site_url": SITE_URL, "plugins": [{"twim": options}]}
    (tmp_path / "mkdocs.yml").write_text(yaml.safe_dump({**config, "theme": {"name": "mkdocs"}}))
    with serving(tmp_path) as served:
        assert served.has("/blog/p04/", "isn't rendered in this preview", 120)
        for words in ("Once changed.", "Twice changed."):
            for attempt in range(20):
                # What is changed before it looks at the folder is no change to it.
                (tmp_path / "docs/blog/p04.md").write_text(_plain(4, f"{words} {attempt}\n"))
                if served.has("/blog/p04/", words, 6):
                    break
            else:
                raise AssertionError(f"'{words}' was never seen")


STRAY = """
[Cy](https://matrix.to/#/@cy:example.org) says

> Above all.

## Dept of Clients 📱

### Fractal ([website](https://fractal.example)) 5.1

[Ada](https://matrix.to/#/@ada:example.org) reports

> <b>News</b>

## Dept of Bots 🤖

[Bo](https://matrix.to/#/@bo:example.org) says

> A bot.

## Dept of Silence

## That's all I know 🏁

See you.
"""


@pytest.mark.parametrize("theme", ["mkdocs", "readthedocs", "material"])
def test_a_preview_shows_how_an_issue_is_divided(tmp_path: Path, theme: str) -> None:
    previews = Previews(tmp_path, 50, theme={"name": theme})
    draft = issue(3, STRAY).replace("+++\n", "+++\ndraft = true\n", 1)
    files = {"blog/a.md": issue(1, STRAY), "blog/b.md": issue(2), "blog/c.md": draft}
    built = previews.build({**files, "blog/news.md": post(), "page.md": "# P\n"})
    for page in ("a", "c"):
        tree = LexborHTMLParser(built.read(f"blog/{page}/index.html"))
        [panel] = tree.css("details.twim-outline")
        [summary] = panel.css("summary")
        assert "open" not in panel.attributes
        assert _words(summary.text()) == (
            "How this issue is divided: 2 updates · 1 report in no update"
        )
        first = 10 if page == "a" else 11
        lines = {"Fractal 5.1": first + 6, "Dept of Bots 🤖": first + 12}
        said = [_words(each.text()) for each in panel.css("li")]
        assert f"Fractal 5.1 Ada · line {lines['Fractal 5.1']}" in said
        assert f"Dept of Bots 🤖 Bo · line {lines['Dept of Bots 🤖']}" in said
        assert f"the text above the first heading Cy · line {first}" in said
        assert f"Dept of Silence: nothing stands there line {first + 18}" in said
        assert any(each.startswith("That's all I know 🏁: left out") for each in said)
        ids = {each.id for each in tree.css("[id]")}
        assert {str(a.attributes["href"])[1:] for a in panel.css("a")} <= ids
    assert "in no update" not in built.read("blog/b/index.html").split("<summary>")[1][:90]
    for page in ("blog/news", "page", "blog"):
        assert "twim-outline" not in built.read(f"{page}/index.html")
    others = [path for path in built.files() if path.endswith((".json", ".xml", ".js"))]
    assert len(others) > 5
    for path in others:
        assert "How this issue" not in built.read(path) and "in no update" not in built.read(path)


def _words(text: str) -> str:
    return " ".join(text.split())


def test_only_a_preview_shows_how_an_issue_is_divided(tmp_path: Path) -> None:
    built = build(tmp_path, {"blog/a.md": issue(1, STRAY)})
    for path, content in built.files().items():
        assert path.endswith(".css") or b"twim-outline" not in content, path
