"""ProperDocs, the fork that carries MkDocs 1.x on, builds the same site."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from tests.sites import SITE_URL, issue, post

CONFIG = {
    "site_name": "Letters",
    "site_url": SITE_URL,
    "theme": {"name": "mkdocs", "highlightjs": False},
    "plugins": ["search", {"twim": {}}],
    "strict": True,
}


def _build(folder: Path, program: str, name: str) -> dict[str, bytes]:
    (folder / name).write_text(yaml.safe_dump(CONFIG), "utf-8")
    command = [sys.executable, "-m", program, "build", "-q", "-f", str(folder / name)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    site = folder / "site"
    found = {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in site.rglob("*")
        if path.is_file()
    }
    shutil.rmtree(site)
    return found


def test_it_builds_the_same_pages_and_feeds(tmp_path: Path) -> None:
    for name, text in {
        "blog/one.md": issue(1),
        "blog/two.md": post(
            "Two", "[one](@/blog/one.md) {{ youtube_player(video_id='dQw4w9WgXcQ') }}\n"
        ),
        "section/clients.md": "Mine.\n",
        "img/a.png": "",
    }.items():
        path = tmp_path / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    by_mkdocs = _build(tmp_path, "mkdocs", "mkdocs.yml")
    by_properdocs = _build(tmp_path, "properdocs", "properdocs.yml")
    ours = {
        name
        for name in by_mkdocs
        if name.endswith(("index.html", "atom.xml", "rss.xml", ".json", ".opml"))
    }
    assert ours <= by_properdocs.keys()
    for name in ours:
        if not name.endswith(".html") and "search" not in name:
            assert by_properdocs[name] == by_mkdocs[name], name
    page = by_properdocs["section/clients/index.html"].decode()
    assert "Mine." in page and "twim-update" in page and 'property="og:title"' in page
