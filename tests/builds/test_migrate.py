"""The command itself, and matrix.org's posts moved by it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import mkdocs_twim
from mkdocs_twim.cli import main
from mkdocs_twim.migrate.command import check, plan, write
from tests.builds.test_corpus_site import MISSING
from tests.builds.test_migrate_zola import build, contents, lay_out
from tests.conftest import ROOT

CONFIG = """\
base_url = "https://matrix.example"
title = "Matrix.org"
description = "The Matrix.org Foundation"
generate_feeds = true
feed_filenames = ["atom.xml", "rss.xml", "no-twim-rss.xml", "no-twim-atom.xml"]
taxonomies = [
    { name = "author", paginate_by = 10 },
    { name = "category", paginate_by = 10, feed = true },
]

[markdown]
highlight_code = true
highlight_theme = "visual-studio-dark"
"""
SMALL = {
    "config.toml": 'base_url = "https://x.example"\n',
    "content/blog/x.md": "+++\ndate = 2024-05-01\n+++\n\nText.\n",
}
# Of the corpus, in the order of its files: `path`, or by Zola's rules (Z4.1 to Z4.3, Z12.11).
ADDRESS = re.compile(r'(?m)^path = "/?(.*?)/?"')


@pytest.fixture(scope="module")
def matrix(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("matrix")
    shutil.copytree(corpus / "blog", folder / "old/content/blog", copy_function=shutil.copyfile)
    lay_out(folder / "old", {"config.toml": CONFIG})
    assert main(["migrate", str(folder / "old"), str(folder / "new")]) == 0
    return folder


def test_the_corpus_builds_with_exactly_its_known_warnings(matrix: Path) -> None:
    built = build(matrix / "new")
    found: dict[str, list[str]] = {}
    for warning in built.warnings:
        match = re.fullmatch(
            r"blog/\S*?(\d{4}-\d\d-\d\d)\S*?\.md:\d+: "
            r"(?:the link to '(@/.*)' leads nowhere|the picture '(.*)' is not there)",
            warning,
        )
        assert match, warning
        found.setdefault(match[1], []).append(match[2] or match[3])
    assert {day: sorted(names) for day, names in found.items()} == MISSING

    texts = [path.read_text("utf-8") for path in (matrix / "old/content/blog").rglob("*.md")]
    wanted = {match[1] for text in texts if (match := ADDRESS.search(text))}
    wanted |= {"blog/2025/02/fosdem-wrap-up"}
    assert len(wanted) >= 10
    items = built.json("archive.json")["items"]
    posts = {item["id"] for item in items if item["_twim"]["kind"] == "post"}
    assert {f"https://matrix.example/{path}/" for path in wanted} <= posts
    assert len(posts) == len([text for text in texts if "[taxonomies]" in text])
    for path in (*wanted, "blog", "blog/page/2", "category/this-week-in-matrix", "author"):
        assert (built.folder / path / "index.html").is_file(), path
    for feed in ("no-twim-rss.xml", "no-twim-atom.xml", "category/news/no-twim-rss.xml"):
        assert "<rss" in built.read(feed) or "<feed" in built.read(feed)
    without = built.json("no-twim/feed.json")["items"]
    assert without and all("This Week in Matrix" not in item["title"] for item in without)


def test_the_posts_of_the_corpus_are_copied_as_they_are(matrix: Path) -> None:
    assert contents(matrix / "new/docs/blog") == contents(matrix / "old/content/blog")


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    lay_out(tmp_path / "old", SMALL)
    command = [sys.executable, "-m", "mkdocs_twim", "migrate", "old", "new"]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Taken over:\n  1 posts: content/blog is the blog")
    assert done.stdout.endswith("Now: cd new && python -m mkdocs build\n")
    assert (tmp_path / "new/mkdocs.yml").is_file()


@pytest.mark.parametrize(
    ("site", "target", "message"),
    [
        ("none", "new", "there is no folder"),
        ("old", "old/new", "is within the site"),
        ("old", "old", "is within the site"),
        ("old", "full", "is there already, and is not empty"),
        ("old", "full/file", "is there already, and is not empty"),
        ("full", "new", "is no site: neither config.toml with content/, nor mkdocs.yml"),
    ],
)
def test_it_refuses(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    site: str,
    target: str,
    message: str,
) -> None:
    lay_out(tmp_path, {**{f"old/{name}": text for name, text in SMALL.items()}, "full/file": ""})
    before = contents(tmp_path)
    assert main(["migrate", str(tmp_path / site), str(tmp_path / target)]) == 2
    err = capsys.readouterr().err
    assert err.startswith("migrate: ") and message in err and err.count("\n") == 1
    assert contents(tmp_path) == before


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"mkdocs-twim {mkdocs_twim.__version__}\n"


def test_an_empty_folder_is_a_target(tmp_path: Path) -> None:
    lay_out(tmp_path / "old", SMALL)
    (tmp_path / "new").mkdir()
    assert main(["migrate", str(tmp_path / "old"), str(tmp_path / "new")]) == 0


def test_nothing_is_written_over(tmp_path: Path) -> None:
    site = lay_out(tmp_path / "old", SMALL)
    migration = plan(site, tmp_path / "new")
    write(migration, tmp_path / "new")
    with pytest.raises(FileExistsError):
        write(migration, tmp_path / "new")


def test_the_check_finds_a_post_that_is_elsewhere(tmp_path: Path) -> None:
    site = lay_out(tmp_path / "old", SMALL)
    migration = plan(site, tmp_path / "new")
    migration.outputs["docs/blog/x.md"] = '+++\npath = "/y/"\n+++\n\nText.\n'
    write(migration, tmp_path / "new")
    assert list(check(migration, tmp_path / "new")) == [
        "blog/x.md: it is at /y/, and was at /blog/x/"
    ]
    (tmp_path / "new/docs/blog/x.md").write_text("broken")
    [line] = check(migration, tmp_path / "new")
    assert "blog/x.md:1: expected front matter" in line


def test_it_moves_a_site_to_the_same_bytes(tmp_path: Path) -> None:
    site = lay_out(tmp_path / "old", SMALL)
    for name in ("a", "b"):
        assert main(["migrate", str(site), str(tmp_path / name)]) == 0
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
