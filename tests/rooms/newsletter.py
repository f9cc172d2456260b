"""A newsletter that changes while a bot reads it, and its feeds on a web server."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from feedserver.feeds import export
from feedserver.model import Archive, Feed, Site
from feedserver.newsletter import entries
from feedserver.newsletter.entries import Post

SITE = Site("Owl News", "https://owls.example/", "What owls do", "en")
FEEDS = (
    Feed("/", "Owl News", "All", "posts", "/blog/"),
    Feed("/updates/", "Updates", "All updates", "updates", "/updates/"),
)

Issue = Mapping[str, Mapping[str, str]]
"""By section: its projects, and what is said of each."""


class Newsletter:
    """Issues by number, written as feeds into a folder."""

    def __init__(self, folder: Path, feed_limit: int = 20) -> None:
        self.folder = folder
        self.issues: dict[int, Issue] = {}
        self.offsets: dict[int, timedelta] = {}
        self._feed_limit = feed_limit

    def publish(self, number: int, issue: Issue) -> None:
        """Put an issue in, or in the place of what it was."""
        self.issues[number] = issue
        posts = [
            _post(number, issue, self.offsets.get(number, timedelta()))
            for number, issue in self.issues.items()
        ]
        found = entries.build(posts, SITE, ())
        archive = Archive(SITE, ("author", "category"), self._feed_limit, FEEDS, {}, found)
        export.write(archive, SITE.url, self.folder)


def _post(number: int, issue: Issue, offset: timedelta) -> Post:
    said = [
        f'<h2 id="{section.lower()}">{section}</h2>'
        + "".join(
            f'<h3 id="{project.lower()}">{project}</h3>'
            '<p><a href="https://matrix.to/#/@ida:owls.test">Ida</a> says</p>'
            f"<blockquote><p>{text}</p></blockquote>"
            for project, text in projects.items()
        )
        for section, projects in issue.items()
    ]
    return Post(
        title=f"Owl News {number}",
        permalink=f"https://owls.example/{number}/",
        date=datetime(2026, 1, 2, tzinfo=UTC) + number * timedelta(weeks=1) + offset,
        html="".join(said),
        issue=True,
        categories=("Owl News",),
    )


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def hosted(folder: Path, port: int = 0) -> Iterator[str]:
    """A folder on a web server; its address, without a slash at its end."""
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
