"""Real posts in the newsletter's place: what is read of them, and what each tool is given."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import frontmatter
import pytest

from mkdocs_twim.content.frontmatter import read
from tests.bench import corpus, runs, sites
from tests.bench.corpus import Corpus, Post

REAL = {
    "2024/05/news.md": """\
+++
title = "The news"
date = "2024-05-03T10:00:00Z"
path = "/blog/2024/05/03/news"
[taxonomies]
author = ["Ada"]
category = ["This Week in Letters"]
+++

## Dept of Owls

[ada](https://matrix.to/#/@ada:letters.example) reports

> An owl.
""",
    '2024/04/2024-04-01-"quoted"/index.md': """\
+++
title = 'A "bundle"'
+++

{{ youtube_player(video_id="owlowlowlow") }} and {% raw %}.
""",
    "_index.md": '+++\ntitle = "Letters"\n+++\n',
    "other.md": "No front matter of this kind.\n",
    "undated.md": '+++\ntitle = "Undated"\n+++\n',
    "broken.md": "+++\ntitle = \n+++\n",
    "unknown.md": '+++\ntitle = "Tags"\ndate = 2024-01-01\n[taxonomies]\ntag = ["a"]\n+++\n',
    "unclosed.md": '+++\ntitle = "Open"\ndate = 2024-01-01\n+++\n\n{{ youtube_player(\n',
}


def real(folder: Path, files: dict[str, str] = REAL) -> tuple[Corpus, list[str]]:
    """Posts of a folder, and what is told of those that are left out."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    told: list[str] = []
    return corpus.load(folder, told.append), told


def test_real_posts_are_read_as_ours_reads_them(tmp_path: Path) -> None:
    found, told = real(tmp_path)
    bundle, news = found.posts()
    assert bundle.title == 'A "bundle"' and bundle.date.date().isoformat() == "2024-04-01"
    assert news == Post(
        path="2024/05/news.md",
        title="The news",
        date=datetime(2024, 5, 3, 10, tzinfo=UTC),
        authors=("Ada",),
        categories=("This Week in Letters",),
        body=read(REAL["2024/05/news.md"], "").body,
        source=REAL["2024/05/news.md"],
    )
    assert found.sections == {"_index.md": REAL["_index.md"]}
    assert sites.page(news) == "blog/2024/05/03/news/"
    left_out = [line.split(": ")[2].partition(":")[0] for line in told]
    assert left_out == ["broken.md", "unclosed.md", "undated.md", "unknown.md"]
    with pytest.raises(corpus.CorpusError, match="no post"):
        real(tmp_path / "none", {"other.md": "Nothing.\n"})


def test_each_tool_gets_real_posts_as_it_wants_them(tmp_path: Path) -> None:
    found, _ = real(tmp_path / "real")
    for name, tool in sites.TOOLS.items():
        tool.write(tmp_path / name, found)
        # Only ours knows it; that of Hugo is its own.
        indexes = list((tmp_path / name).rglob("_index.md"))
        assert len(indexes) == (name in ("twim", "hugo"))
    for post in found.posts():
        assert (tmp_path / "twim" / sites.TWIM.post(post)).read_text("utf-8") == post.source
    bundle = next(found.posts())
    text = (tmp_path / "hugo" / sites.HUGO.post(bundle)).read_text("utf-8")
    assert '{ { youtube_player(video_id="owlowlowlow") }} and { % raw %}.' in text
    assert read(text, "").values["title"] == bundle.title
    material = frontmatter.load(str(tmp_path / "material" / sites.MATERIAL.post(bundle)))
    assert material.content == f"# {bundle.title}\n\n{bundle.body}".strip()


def test_real_posts_are_built(tmp_path: Path) -> None:
    found, _ = real(tmp_path / "real")
    sites.TWIM.write(tmp_path, found)
    runs.build(sites.TWIM.command(tmp_path), tmp_path)
    for post in found.posts():
        assert (tmp_path / "site" / sites.page(post) / "index.html").is_file()
