"""Entries of other sites that are dated ahead have the time when they were first seen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feedserver import cli
from feedserver.foreign.reading import Reading
from feedserver.formats import archive as archives
from feedserver.model import Archive, Entry
from feedserver.settings.settings import Settings
from feedserver.sources.builder import Builder
from feedserver.sources.sightings import Sightings
from feedserver.store.store import Store
from tests.samples import SITE, archive, post, update

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
AHEAD = datetime(2062, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class Clock:
    now: datetime = FIRST

    def __call__(self) -> datetime:
        return self.now


def dated(date: str, **more: Any) -> bytes:
    item = {"id": "1", "url": "https://tide.example/1", "title": "Tide", "date_published": date}
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "Tides",
            "home_page_url": "https://tide.example/",
            "items": [{**item, "content_html": "<h2>Ebb</h2>x<h2>Flood</h2>y", **more}],
        }
    ).encode()


def served(folder: Path, data: bytes, clock: Clock) -> tuple[Entry, ...]:
    """What is served of a feed, by a server that has just been started."""
    source = folder / "feed.json"
    source.write_bytes(data)
    state = folder / "state"
    assert Builder(Settings(sources=(str(source),), state=state), now=clock).refresh()
    return Store(state / "site.sqlite").snapshot.index.archive.entries


def test_the_time_when_it_was_first_seen_stays(tmp_path: Path) -> None:
    clock = Clock()
    [entry] = served(tmp_path, dated("2062-05-01T00:00:00+02:00"), clock)
    assert entry.published == entry.modified == FIRST
    assert entry.published.utcoffset() == timedelta(hours=2)
    for later in (FIRST + DAY, AHEAD - DAY / 2, AHEAD + 100 * DAY):
        clock.now = later
        [entry] = served(tmp_path, dated("2062-05-01T00:00:00+02:00"), clock)
        assert entry.published == FIRST
    [status] = json.loads((tmp_path / "state" / "status.json").read_bytes())["sources"]
    assert "it has that when it was first seen" in status["notes"][0]


def test_a_date_that_is_mended_is_taken(tmp_path: Path) -> None:
    clock = Clock()
    served(tmp_path, dated("2062-05-01T00:00:00Z"), clock)
    clock.now += DAY
    [entry] = served(tmp_path, dated("2026-02-27T08:00:00Z"), clock)
    assert entry.published == datetime(2026, 2, 27, 8, tzinfo=UTC)
    # Another that is ahead doesn't make it new.
    served(tmp_path, dated("2062-05-01T00:00:00Z"), clock)
    clock.now += DAY
    [entry] = served(tmp_path, dated("2063-05-01T00:00:00Z"), clock)
    assert entry.published == FIRST + DAY


def test_updates_follow_their_issue(tmp_path: Path) -> None:
    data = dated("2062-05-01T00:00:00Z", title="This Week in Tides")
    issue, ebb, flood = served(tmp_path, data, Clock())
    assert [each.published for each in (issue, ebb, flood)] == [
        FIRST,
        FIRST,
        FIRST + timedelta(seconds=1),
    ]
    assert max(each.modified for each in (issue, ebb, flood)) < FIRST + timedelta(minutes=1)
    # They are called by the date that their issue has.
    assert all(each.title.endswith(f", {FIRST.date()}") for each in (ebb, flood))


def test_a_day_ahead_is_taken_and_so_is_an_edit(tmp_path: Path) -> None:
    [entry] = served(tmp_path, dated("2026-03-02T11:00:00Z"), Clock())
    assert entry.published == datetime(2026, 3, 2, 11, tzinfo=UTC)
    # An hour more than a day is ahead of every zone.
    (tmp_path / "later").mkdir()
    [entry] = served(tmp_path / "later", dated("2026-03-02T13:00:00Z"), Clock())
    assert entry.published == FIRST
    edited = dated("2026-02-27T08:00:00Z", date_modified="2062-01-01T00:00:00Z")
    [entry] = served(tmp_path, edited, Clock())
    assert (entry.published, entry.modified) == (datetime(2026, 2, 27, 8, tzinfo=UTC), FIRST)


def test_what_a_site_of_one_s_own_dates_ahead_stays(tmp_path: Path) -> None:
    own = post("one", days=20_000)
    [entry] = served(tmp_path, archives.serialise(archive([own])), Clock())
    assert entry.published == own.published > FIRST


def test_archives_and_updates_of_another_server(tmp_path: Path) -> None:
    issue = post("week", days=20_000, sections=["clients"])
    found: Archive = archive([update(issue, 4), update(issue, 2)])
    settled = Sightings(Clock()).settle(Reading(found)).archive.entries
    assert [each.published - FIRST for each in settled] == [
        timedelta(seconds=2),
        timedelta(seconds=4),
    ]
    assert settled[0].url.startswith(SITE.url)


def test_a_file_that_is_broken_or_can_not_be_written_changes_nothing(tmp_path: Path) -> None:
    found = Reading(archive([post("one", days=20_000)]))
    file = tmp_path / "x.json"
    file.write_bytes(b"{")
    assert Sightings(Clock(), file).settle(found).archive.entries[0].published == FIRST
    later = Sightings(Clock(FIRST + DAY), file).settle(found)
    assert later.archive.entries[0].published == FIRST
    (tmp_path / "file").write_bytes(b"")
    blocked = Sightings(Clock(), tmp_path / "file" / "x.json").settle(found)
    assert blocked.archive.entries[0].published == FIRST


def test_an_export_of_one_time_has_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(FIRST.timestamp())))
    source = tmp_path / "feed.json"
    source.write_bytes(dated("2062-05-01T00:00:00Z"))
    assert cli.main(["export", str(source), str(tmp_path / "out")]) == 0
    [item] = json.loads((tmp_path / "out" / "feed.json").read_bytes())["items"]
    assert item["date_published"] == FIRST.isoformat()
