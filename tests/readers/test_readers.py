"""Real readers and the real server: news once, an edit as an edit, a 304, a 308."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, product
from pathlib import Path

import pytest

from feedserver.formats import archive as archives
from feedserver.model import Archive, Feed
from tests.conftest import DEEP
from tests.feedserver.running import Running, put, running, until
from tests.readers.readers import READERS, FeedReader
from tests.samples import archive, post, update

FEEDS = [
    Feed("/", "Letters", "All", "posts", "/blog/"),
    Feed("/section/clients/", "C", "C", "section", "/section/clients/", {"section": ("clients",)}),
]
OLD = "/blog/feed.xml"


def _archive(weeks: int, *, text: str = "News.") -> Archive:
    """Issues of two updates each; `text` stands in those of the first week."""
    entries = []
    for week in range(weeks):
        issue = post(f"week-{week}", days=7 * week, sections=["clients"])
        entries.append(issue)
        for position, project in enumerate(("fractal", "hydrogen")):
            each = update(issue, position, project=project)
            content = f"<p>{text if week == 0 else 'News.'}</p>"
            entries.append(replace(each, content=content, title=f"{project} {week}"))
    return replace(archive(entries, FEEDS), redirects={OLD: "/section/clients/atom.xml"})


def _serve(server: Running, folder: Path, served: Archive) -> None:
    """Put an archive in the place of the one that is served, and wait for it."""
    before = server.get("/section/clients/feed.json").headers["ETag"]
    data = archives.serialise(served)
    if data != (folder / "archive.json").read_bytes():
        put(folder / "archive.json", data)
        until(lambda: server.get("/section/clients/feed.json").headers["ETag"] != before)


def _answers(server: Running, status: int) -> float:
    """How often the server has answered with this status."""
    found = re.findall(rf'status="{status}"\}} (\S+)', server.get("/metrics").body.decode())
    return sum(map(float, found))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("site")
    (found / "archive.json").write_bytes(archives.serialise(_archive(1)))
    return found


@pytest.fixture(scope="module")
def started(folder: Path) -> Iterator[Running]:
    with running(folder / "archive.json", settings="interval = 0.1") as found:
        yield found


@pytest.fixture
def server(started: Running, folder: Path) -> Running:
    """The server, with the first issue alone."""
    _serve(started, folder, _archive(1))
    return started


FILES = ("atom.xml", "rss.xml")


@pytest.mark.parametrize(
    ("kind", "file"),
    [*(product(READERS, FILES) if DEEP else zip(READERS, cycle(FILES)))],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_reader_follows_a_feed(
    server: Running, folder: Path, tmp_path: Path, kind: type[FeedReader], file: str
) -> None:
    own = tmp_path / "reader"
    own.mkdir()
    # A protocol says nothing of how its classes are made.
    subscription = kind(f"{server.address}/section/clients/{file}", own)  # type: ignore[call-arg]  # each takes both
    first = subscription.poll()
    assert len(first) == 2 and set(subscription.contents()) == first
    before = _answers(server, 304)

    # Nothing new: a 304, and no news. Newsboat keeps an ETag from the second time on.
    assert subscription.poll() == set()
    assert subscription.poll() == set()
    until(lambda: _answers(server, 304) > before)

    # An issue more: its two updates are news, once.
    _serve(server, folder, _archive(2))
    second = subscription.poll()
    assert len(second) == 2 and not second & first
    assert subscription.poll() == set()

    # An edit: no news, and the text is the new one.
    _serve(server, folder, _archive(2, text="News, corrected."))
    assert subscription.poll() == set()
    contents = subscription.contents()
    assert set(contents) == first | second
    assert all("corrected" in contents[id] for id in first)
    assert not any("corrected" in contents[id] for id in second)


@pytest.mark.parametrize("kind", READERS, ids=lambda kind: kind.__name__)
def test_a_reader_follows_an_old_address(
    server: Running, folder: Path, tmp_path: Path, kind: type[FeedReader]
) -> None:
    own = tmp_path / "reader"
    own.mkdir()
    # A protocol says nothing of how its classes are made.
    before = _answers(server, 308)
    subscription = kind(f"{server.address}{OLD}", own)  # type: ignore[call-arg]  # each takes both
    first = subscription.poll()
    assert len(first) == 2
    _serve(server, folder, _archive(2))
    assert len(subscription.poll() - first) == 2
    until(lambda: _answers(server, 308) > before)
