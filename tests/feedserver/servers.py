"""Small servers for tests: a site's folder, and the app that serves it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from starlette.types import ASGIApp

from feedserver.feeds import export
from feedserver.model import Archive, Feed
from feedserver.settings.settings import Settings
from feedserver.web.app import create_app
from tests.conftest import ROOT
from tests.samples import SITE, archive, post, update
from tests.served import served

URL = "https://feeds.example/"
CLIENTS = Feed(
    "/section/clients/", "C", "C", "section", "/section/clients/", {"section": ("clients",)}
)
FEEDS = [Feed("/", "Letters", "All", "posts", "/blog/"), CLIENTS]


def small_archive() -> Archive:
    """An issue with an update in a section, and two old addresses."""
    issue = post("week", sections=["clients"])
    found = archive([issue, update(issue, 0, project="fractal")], FEEDS)
    redirects = {"/blog/feed/": "/atom.xml", "/old.xml": "/rss.xml"}
    return replace(found, redirects=redirects)


def write_site(folder: Path) -> None:
    """Write the feeds of a small archive, and the archive."""
    export.write(small_archive(), SITE.url, folder)


def app_of(folder: Path, *, url: str | None = URL, pages: bool = False) -> ASGIApp:
    """The app over the archive in a folder, with or without its pages."""
    settings = Settings(folder=folder if pages else None, url=url, interval=0.01)
    return create_app(settings, store=served(folder))


@contextmanager
def running(archive: Path) -> Iterator[str]:
    """The command `feedserver serve`, as a process; its address."""
    command = [sys.executable, "-m", "feedserver", "serve", str(archive), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().rpartition(" on ")[2].strip()
    finally:
        process.terminate()
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()
