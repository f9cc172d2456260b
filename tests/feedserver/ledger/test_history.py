"""What of a source stays when its feed moves on, what goes, and what isn't news."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import event

from feedserver.errors import StateError
from feedserver.foreign import reading
from feedserver.formats import archive as archives
from feedserver.formats import jsonfeed
from feedserver.ledger import ledger
from feedserver.ledger.history import Fetched, History
from feedserver.ledger.ledger import METADATA
from feedserver.model import Archive, Entry
from tests.feedserver.ledger.databases import Place
from tests.samples import archive, post, update

ADDRESS = "https://owls.example/feed.json"
START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = 1_800_000_000.0
DAY = 86_400.0

Item = dict[str, object]


def item(number: int, text: str = "Text.", **members: object) -> Item:
    """An item of a feed, a day newer than the one of the number before."""
    return {
        "id": f"https://owls.example/{number}/",
        "url": f"https://owls.example/{number}/",
        "title": f"Owls {number}",
        "date_published": (START + timedelta(days=number)).isoformat(),
        "content_html": f"<p>{text}</p>",
        **members,
    }


def issue(number: int, *headings: str) -> Item:
    html = "".join(f"<h3>{heading}</h3><p>News of {heading}.</p>" for heading in headings)
    title = f"This Week in Owls {number}"
    return item(number, title=title, content_html=f"<h2>Dept of Nests</h2>{html}")


def fetched(*items: Item, withdrawn: Sequence[str] = ()) -> Fetched:
    """What a feed with these items brings, in this order."""
    top = {"version": "https://jsonfeed.org/version/1.1", "title": "Owls", "items": items}
    top["home_page_url"] = "https://owls.example/"
    found = reading.read(json.dumps(top).encode(), reading.Options(), ADDRESS)
    return Fetched(found.archive, found.complete, found.order, withdrawn)


def numbers(found: History, address: str = ADDRESS) -> list[int]:
    """The numbers of all posts in a history, the newest first."""
    kept = found.archive(address)
    posts = [entry for entry in kept.entries if not entry.update] if kept else []
    return [int(entry.url.split("/")[3]) for entry in posts]


def text_of(found: History, number: int) -> str | None:
    kept = found.archive(ADDRESS)
    assert kept is not None
    return next(each.content for each in kept.entries if each.url.endswith(f"/{number}/"))


@pytest.fixture
def kept(place: Place) -> Iterator[History]:
    """A history in either database."""
    with place.opened() as found:
        yield History(found)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[History]:
    """A history in SQLite."""
    with ledger.opened(tmp_path) as found:
        yield History(found)


def test_what_has_left_the_window_stays(kept: History) -> None:
    assert kept.take(ADDRESS, fetched(item(3), item(2), item(1)), NOW)
    for number in range(4, 8):
        window = fetched(*(item(each) for each in range(number, number - 3, -1)))
        assert kept.take(ADDRESS, window, NOW + number)
        assert not kept.take(ADDRESS, window, NOW + number)
    assert numbers(kept) == [7, 6, 5, 4, 3, 2, 1]


def test_what_is_missing_between_others_goes_at_the_second_fetch(kept: History) -> None:
    kept.take(ADDRESS, fetched(item(4), item(3), item(2), item(1)), NOW)
    without = fetched(item(4), item(2), item(1))
    assert not kept.take(ADDRESS, without, NOW + 1)
    assert numbers(kept) == [4, 3, 2, 1]
    assert kept.take(ADDRESS, without, NOW + 2)
    assert numbers(kept) == [4, 2, 1]
    kept.take(ADDRESS, fetched(item(4), item(3), item(2), item(1)), NOW + 3)
    assert numbers(kept) == [4, 3, 2, 1]


def test_what_was_missing_once_is_forgiven(kept: History) -> None:
    """Two fetches in a row: one between them that has it, or doesn't reach as far, counts."""
    whole = fetched(item(3), item(2), item(1))
    without = fetched(item(3), item(1))
    for between in (whole, fetched(item(3)), whole):
        kept.take(ADDRESS, between, NOW)
        kept.take(ADDRESS, without, NOW)
        assert numbers(kept) == [3, 2, 1]


def test_an_answer_that_nothing_has_changed_is_a_good_fetch(kept: History) -> None:
    kept.take(ADDRESS, fetched(item(3), item(2), item(1)), NOW)
    kept.take(ADDRESS, fetched(item(3), item(1)), NOW)
    assert kept.confirm(ADDRESS, NOW + 1)
    assert numbers(kept) == [3, 1]
    assert not kept.confirm(ADDRESS, NOW + 2)


def test_an_empty_or_a_shorter_feed_takes_nothing_away(here: History) -> None:
    here.take(ADDRESS, fetched(*(item(each) for each in range(9, 0, -1))), NOW)
    for _ in range(3):
        here.take(ADDRESS, fetched(), NOW)
        here.take(ADDRESS, fetched(item(9), item(8)), NOW)
    assert numbers(here) == [9, 8, 7, 6, 5, 4, 3, 2, 1]


def test_an_entry_that_is_pinned_to_the_top_makes_no_other_seem_withdrawn(here: History) -> None:
    """It is older than all, and stands in each fetch."""
    here.take(ADDRESS, fetched(item(1), item(5), item(4), item(3)), NOW)
    for number in range(6, 10):
        for _ in range(3):
            window = fetched(item(1), item(number), item(number - 1), item(number - 2))
            here.take(ADDRESS, window, NOW)
    assert numbers(here) == [9, 8, 7, 6, 5, 4, 3, 1]


def test_a_feed_in_the_order_of_edits(here: History) -> None:
    """An old entry that was edited is at the top: what left the window meanwhile is newer than
    it."""
    here.take(ADDRESS, fetched(item(6), item(5), item(4), item(3), item(2), item(1)), NOW)
    here.take(ADDRESS, fetched(item(9), item(8), item(7), item(6)), NOW)
    edited = item(1, "More.", date_modified=(START + timedelta(days=20)).isoformat())
    for _ in range(3):
        here.take(ADDRESS, fetched(edited, item(9), item(8), item(7)), NOW + 1)
    assert numbers(here) == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert text_of(here, 1) == "<p>More.</p>"


def test_an_oldest_first_feed(here: History) -> None:
    here.take(ADDRESS, fetched(item(1), item(2), item(3)), NOW)
    for _ in range(3):
        here.take(ADDRESS, fetched(item(2), item(3), item(4)), NOW)
    assert numbers(here) == [4, 3, 2, 1]
    for _ in range(2):
        here.take(ADDRESS, fetched(item(2), item(4)), NOW)
    assert numbers(here) == [4, 2, 1]


def test_of_a_feed_with_nothing_new_nothing_is_written(
    kept: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is most of them, most of the time."""
    kept.take(ADDRESS, fetched(item(2), item(1)), NOW)
    monkeypatch.setattr(ledger.Ledger, "writing", None)
    assert not kept.confirm(ADDRESS, NOW + 1)


def test_another_feed_at_the_address_takes_nothing_away(here: History) -> None:
    """A host that was given up, and has one old entry of somebody else."""
    here.take(ADDRESS, fetched(item(103), item(102), item(101)), NOW)
    for _ in range(4):
        here.take(ADDRESS, fetched(item(2), item(1)), NOW + 1)
    assert numbers(here) == [103, 102, 101, 2, 1]


def test_an_edit_is_taken_at_once(kept: History) -> None:
    kept.take(ADDRESS, fetched(item(2), item(1)), NOW)
    before = kept.about(ADDRESS)
    assert kept.take(ADDRESS, fetched(item(2, "Other."), item(1)), NOW + 60)
    assert text_of(kept, 2) == "<p>Other.</p>"
    after = kept.about(ADDRESS)
    assert before and after and after.revision > before.revision
    assert after.good == NOW + 60 and kept.count(ADDRESS) == 2


def test_updates_follow_their_issue(kept: History) -> None:
    """One that isn't in it any more is gone at once, and those behind it have other dates."""

    def found() -> list[tuple[str, int]]:
        here = kept.archive(ADDRESS)
        assert here is not None
        updates = [entry.update for entry in here.entries if entry.update]
        return [(each.project.slug, each.position) for each in updates if each.project]

    kept.take(ADDRESS, fetched(issue(2, "Barn", "Snowy"), issue(1, "Tawny", "Eagle")), NOW)
    assert found() == [("barn", 0), ("snowy", 1), ("tawny", 0), ("eagle", 1)]
    kept.take(ADDRESS, fetched(issue(2, "Little", "Snowy"), issue(1, "Tawny", "Eagle")), NOW + 60)
    assert found() == [("little", 0), ("snowy", 1), ("tawny", 0), ("eagle", 1)]
    for _ in range(2):
        kept.take(ADDRESS, fetched(issue(3, "Barn"), issue(1, "Tawny", "Eagle")), NOW + 120)
    assert found() == [("barn", 0), ("tawny", 0), ("eagle", 1)]


def test_a_feed_of_updates_alone(kept: History) -> None:
    """It may end within an issue: what is behind its last update has left it, unless an older
    issue stands there."""
    old, new = post("old"), post("new", days=7)
    first = [update(old, number, project=f"p{number}") for number in range(3)]
    second = [update(new, number, project=f"p{number}") for number in range(4)]

    def take(*entries: Entry) -> set[str]:
        for _ in range(2):
            ids = [entry.id for entry in entries]
            kept.take(ADDRESS, Fetched(archive(entries), order=ids), NOW)
        found = kept.archive(ADDRESS)
        assert found is not None
        return {entry.id for entry in found.entries}

    everything = {entry.id for entry in (*first, *second)}
    assert take(*first) == {entry.id for entry in first}
    assert take(*second, *first[:2]) == everything
    assert take(*second[:2]) == everything
    assert take(second[0], second[2], second[3]) == everything - {second[1].id}
    assert take(*second[:3], first[0]) == everything - {second[3].id}


def test_updates_of_another_feed_stay_with_their_post(here: History) -> None:
    """A feed has the posts alone, and what was imported has their updates."""
    one = post("one", sections=["clients"])
    parts = [update(one, 0), update(one, 1, project="hydrogen")]
    here.take(ADDRESS, Fetched(archive([one]), order=[one.id]), NOW)
    assert here.begin(ADDRESS, archive([one, *parts]), NOW) == 2
    edited = replace(one, title="Another")
    here.take(ADDRESS, Fetched(archive([edited]), order=[one.id]), NOW + 60)
    found = here.archive(ADDRESS)
    assert found is not None
    assert found.entries[0].title == "Another" and len(found.entries) == 3


def test_the_feeds_are_those_of_all_entries(kept: History) -> None:
    kept.take(ADDRESS, fetched(issue(1, "Barn")), NOW)
    kept.take(ADDRESS, fetched(issue(2, "Snowy")), NOW)
    found = kept.archive(ADDRESS)
    assert found is not None
    paths = {feed.path for feed in found.feeds}
    assert {"/", "/updates/", "/project/barn/", "/project/snowy/", "/section/nests/"} <= paths
    assert archives.parse(archives.serialise(found)) == replace(
        found, entries=archives.parse(archives.serialise(found)).entries
    )


def test_what_is_kept_is_what_was_read(kept: History) -> None:
    """To the byte: an item is stored as an archive has it."""
    brought = fetched(issue(2, "Barn 📱", "Snowy"), item(1, "Ünïcode <b>&amp;</b> 🦉"))
    kept.take(ADDRESS, brought, NOW)
    found = kept.archive(ADDRESS)
    assert found is not None
    assert archives.serialise(found) == archives.serialise(brought.archive)


def test_an_archive_is_complete(kept: History) -> None:
    one, two, three = (post(name, days=number) for number, name in enumerate(("a", "b", "c")))
    parts = [update(three, 0), update(three, 1, project="hydrogen")]
    whole = archive([three, *parts, two, one])
    kept.take(ADDRESS, Fetched(whole, complete=True), NOW)
    found = kept.archive(ADDRESS)
    assert found is not None and archives.serialise(found) == archives.serialise(whole)
    for entries in ([three, parts[1], one], [], [two]):
        assert kept.take(ADDRESS, Fetched(archive(entries), complete=True), NOW)
        found = kept.archive(ADDRESS)
        assert found is not None and [each.id for each in found.entries] == [e.id for e in entries]
    assert kept.begin(ADDRESS, whole, NOW) == 0


def test_a_tombstone_takes_away_at_once(kept: History) -> None:
    kept.take(ADDRESS, fetched(issue(2, "Barn"), item(1)), NOW)
    gone = ("https://owls.example/2/", "https://owls.example/9/")
    assert kept.take(ADDRESS, fetched(item(1), withdrawn=gone), NOW)
    found = kept.archive(ADDRESS)
    assert found is not None and [each.title for each in found.entries] == ["Owls 1"]


def test_what_is_forgotten_does_not_come_back(kept: History) -> None:
    feed = fetched(issue(2, "Barn"), item(1))
    kept.take(ADDRESS, feed, NOW)
    assert kept.forget("https://owls.example/2/") == 2
    assert kept.forget("https://owls.example/2/") == 0
    other_ids = [{**issue(2, "Barn"), "id": f"urn:{number}"} for number in range(3)]
    for again in (feed, *(fetched(each, item(1)) for each in other_ids)):
        kept.take(ADDRESS, again, NOW)
        assert numbers(kept) == [1]
    assert kept.begin(ADDRESS, feed.archive, NOW) == 0
    assert numbers(kept) == [1]


def test_an_update_is_forgotten_alone(here: History) -> None:
    feed = fetched(issue(1, "Barn", "Snowy"))
    here.take(ADDRESS, feed, NOW)
    barn = next(each.id for each in feed.archive.entries if each.title.startswith("Barn"))
    assert here.forget(barn, ADDRESS) == 1
    here.take(ADDRESS, fetched(issue(1, "Barn", "Snowy", "Eagle")), NOW + DAY)
    found = here.archive(ADDRESS)
    assert found is not None
    assert [each.title.split()[0] for each in found.entries] == ["This", "Snowy", "Eagle"]


def test_ids_that_change_at_every_fetch_are_no_news(kept: History) -> None:
    for number in range(4):
        items = [{**issue(each, "Barn"), "id": f"urn:{number}:{each}"} for each in (3, 2, 1)]
        assert kept.take(ADDRESS, fetched(*items), NOW + number) == (number == 0)
    found = kept.archive(ADDRESS)
    assert found is not None
    assert [each.id for each in found.entries if not each.update] == [
        "urn:0:3",
        "urn:0:2",
        "urn:0:1",
    ]
    assert [each.update.issue.id for each in found.entries if each.update] == [
        "urn:0:3",
        "urn:0:2",
        "urn:0:1",
    ]


def test_ids_and_dates_that_change_at_every_fetch_are_no_news(here: History) -> None:
    """The text tells which entry it is."""
    for number in range(30):
        items = []
        for each in (3, 2, 1):
            date = (START + timedelta(days=99, minutes=15 * number, seconds=each)).isoformat()
            items.append(
                item(each, f"Text {each}.", id=f"urn:{number}:{each}", date_published=date)
            )
        here.take(ADDRESS, fetched(*items), NOW + number * 900)
    assert sorted(numbers(here)) == [1, 2, 3]


def test_two_entries_that_look_the_same_stay_two(here: History) -> None:
    """Of one address, time and title: which is which can't be told."""
    same = {"title": "Hoot", "url": "https://owls.example/", "date_published": START.isoformat()}
    both = [item(each, f"Text {each}.", **same) for each in (1, 2)]
    here.take(ADDRESS, fetched(*both), NOW)
    here.take(ADDRESS, fetched(*both), NOW)
    found = here.archive(ADDRESS)
    assert found is not None and len(found.entries) == 2


def test_markup_that_changes_at_each_fetch_is_taken_once_a_day(here: History) -> None:
    """The version is the same, for nobody can read of it: nor of when it says it was modified."""
    changes = 0
    for number in range(48):
        html = f"<p>Text.</p>{'<p></p>' * (number % 2)}"
        when = (START + timedelta(days=40, minutes=number)).isoformat()
        noisy = item(1, content_html=html, date_modified=when)
        changes += here.take(ADDRESS, fetched(noisy), NOW + number * 3600.0)
    assert changes == 2


def test_text_that_changes_at_each_fetch_is_taken_more_and_more_seldom(here: History) -> None:
    changes = 0
    for number in range(100):
        changes += here.take(
            ADDRESS, fetched(item(1, f"Read {number} times.")), NOW + number * 1800
        )
    assert changes < 14
    last = NOW + 100 * 1800 + 2 * DAY
    assert here.take(ADDRESS, fetched(item(1, "At last.")), last)
    assert text_of(here, 1) == "<p>At last.</p>"
    # Who has been quiet is heard again.
    assert here.take(ADDRESS, fetched(item(1, "Once more.")), last + 900)


def test_a_change_of_tags_alone_is_taken(here: History) -> None:
    here.take(ADDRESS, fetched(item(1)), NOW)
    assert here.take(ADDRESS, fetched(item(1, tags=["Nests"])), NOW + 60)
    found = here.archive(ADDRESS)
    assert found is not None and found.entries[0].tags == ("Nests",)


def test_a_feed_that_comes_to_have_summaries_only_loses_no_text(here: History) -> None:
    here.take(ADDRESS, fetched(issue(1, "Barn")), NOW)
    bare = {name: each for name, each in issue(1).items() if name != "content_html"}
    for number in range(3):
        here.take(ADDRESS, fetched({**bare, "summary": "Owls."}), NOW + number * DAY)
    found = here.archive(ADDRESS)
    assert found is not None and len(found.entries) == 2
    assert "News of Barn" in (text_of(here, 1) or "")


def test_a_history_has_a_beginning(kept: History) -> None:
    """Entries that the source had before: what is there stays as it is."""
    kept.take(ADDRESS, fetched(item(4, "New."), item(3)), NOW)
    older = fetched(item(4, "Old."), issue(2, "Barn"), item(1))
    assert kept.begin(ADDRESS, older.archive, NOW) == 3
    assert kept.begin(ADDRESS, older.archive, NOW) == 0
    assert numbers(kept) == [4, 3, 2, 1]
    assert text_of(kept, 4) == "<p>New.</p>"
    for _ in range(3):
        kept.take(ADDRESS, fetched(item(5), item(4)), NOW)
    assert numbers(kept) == [5, 4, 3, 2, 1]


def test_a_history_may_begin_before_the_first_fetch(here: History) -> None:
    here.begin(ADDRESS, fetched(item(2), item(1)).archive, NOW)
    assert numbers(here) == [2, 1]
    here.take(ADDRESS, fetched(item(3), item(2)), NOW)
    assert numbers(here) == [3, 2, 1]


def test_there_are_no_more_entries_than_there_may_be(place: Place) -> None:
    """The oldest go, an issue with its updates."""
    with place.opened() as found:
        kept = History(found, most=5)
        kept.take(ADDRESS, fetched(issue(2, "Barn", "Snowy"), item(1)), NOW)
        kept.take(ADDRESS, fetched(item(4), item(3)), NOW)
        assert numbers(kept) == [4, 3, 2]
        kept.take(ADDRESS, fetched(item(5)), NOW)
        assert numbers(kept) == [5, 4, 3]
        kept.take(ADDRESS, fetched(*(item(each) for each in range(30, 5, -1))), NOW)
        assert numbers(kept) == [30, 29, 28, 27, 26]


def test_a_flood_is_written_by_and_by(here: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedserver.ledger._taking._MOST_WRITTEN", 10)
    here.take(ADDRESS, fetched(item(1)), NOW)
    flood = fetched(*(item(each) for each in range(25, 0, -1)))
    counts = []
    for number in range(4):
        here.take(ADDRESS, flood, NOW + number)
        counts.append(len(numbers(here)))
    assert counts == [11, 21, 25, 25]


def test_sources_have_nothing_to_do_with_each_other(kept: History) -> None:
    other = "https://herons.example/feed.json"
    for address in (ADDRESS, other):
        kept.take(address, fetched(item(2), item(1)), NOW)
    kept.forget("https://owls.example/2/", other)
    kept.take(other, fetched(withdrawn=["https://owls.example/1/"]), NOW)
    assert numbers(kept, other) == []
    assert numbers(kept) == [2, 1]
    assert kept.leave(ADDRESS) == 2
    about = kept.about(ADDRESS)
    assert about and about.good is None
    assert kept.count(ADDRESS) == 0 and kept.archive(ADDRESS) is None
    assert kept.about(other) is not None


def test_what_a_source_says_of_itself_is_remembered(kept: History) -> None:
    assert kept.about(ADDRESS) is None
    kept.take(ADDRESS, fetched(item(1)), NOW)
    kept.mark(ADDRESS, NOW + 5)
    kept.move(ADDRESS, "https://owls.example/new", NOW + 6)
    about = kept.about(ADDRESS)
    assert about and about.gone == NOW + 5 and about.moved == "https://owls.example/new"
    assert about.asked == NOW + 6
    assert numbers(kept) == [1]
    kept.confirm(ADDRESS, NOW + 9)
    about = kept.about(ADDRESS)
    assert about and about.gone is None


def test_an_entry_that_can_not_be_read_takes_no_other_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with ledger.opened(tmp_path) as found:
        kept = History(found)
        kept.take(ADDRESS, fetched(item(2), item(1)), NOW)
        with found.writing() as connection:
            table = METADATA.tables["history_entries"]
            damaged = table.c.id == "https://owls.example/1/"
            connection.execute(table.update().where(damaged).values(item=b"damaged"))
        assert numbers(kept) == [2]
    assert "https://owls.example/1/: what is kept of it can't be read" in caplog.text


def test_what_a_fetch_would_bring_is_shown_and_not_kept(kept: History) -> None:
    kept.take(ADDRESS, fetched(item(2), item(1)), NOW)
    shown = kept.preview(ADDRESS, fetched(item(3), item(2, "Other.")), NOW)
    assert shown is not None and len(shown.entries) == 3
    assert numbers(kept) == [2, 1]
    assert text_of(kept, 2) == "<p>Text.</p>"


def test_what_is_read_again_is_passed_over_where_something_newer_was_taken(kept: History) -> None:
    old = replace(fetched(item(1)), complete=True, digest="old")
    new = replace(fetched(item(2), item(1)), complete=True, digest="new")
    kept.take(ADDRESS, old, NOW)
    kept.take(ADDRESS, new, NOW + 1)
    assert not kept.take(ADDRESS, old, NOW + 2, again=True)
    assert numbers(kept) == [2, 1]
    edited = replace(fetched(item(2, "Other."), item(1)), complete=True, digest="new")
    assert kept.take(ADDRESS, edited, NOW + 3, again=True)
    assert text_of(kept, 2) == "<p>Other.</p>"
    assert kept.take(ADDRESS, old, NOW + 4)
    assert numbers(kept) == [1]


def test_what_another_server_changes_meanwhile_is_no_obstacle(
    kept: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at what is there and the transaction that writes."""
    kept.take(ADDRESS, fetched(item(1)), NOW)
    make = kept._made

    def late(address: str, found: Fetched) -> Any:
        made = make(address, found)
        monkeypatch.undo()
        kept.take(ADDRESS, fetched(item(2), item(1, "Other.")), NOW + 9 * DAY)
        return made

    monkeypatch.setattr(kept, "_made", late)
    assert kept.take(ADDRESS, fetched(item(2), item(1)), NOW + 19 * DAY)
    assert numbers(kept) == [2, 1]
    assert text_of(kept, 1) == "<p>Text.</p>"


def test_while_entries_are_packed_and_unpacked_others_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those of a feed that has other ids at each fetch."""
    with ledger.opened(tmp_path) as found:
        kept = History(found)
        wrote: list[str] = []

        def beside(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
            def called(*given: Any) -> Any:
                with closing(sqlite3.connect(tmp_path / ledger.FILE, timeout=0)) as connection:
                    # It fails at once where somebody else writes.
                    connection.execute("BEGIN IMMEDIATE")
                wrote.append(name)
                return call(*given)

            return called

        for module, name in (
            (jsonfeed, "item"),
            (jsonfeed, "entry"),
            (archives, "serialise"),
            (archives, "parse"),
        ):
            monkeypatch.setattr(module, name, beside(name, getattr(module, name)))
        assert kept.take(ADDRESS, fetched(item(2), item(1)), NOW)
        assert kept.take(ADDRESS, fetched(item(3), item(2, "Other.")), NOW + 9 * DAY)
        assert kept.take(ADDRESS, fetched(item(3, "New.", id="tag:3")), NOW + 19 * DAY)
        assert kept.begin(ADDRESS, fetched(item(0)).archive, NOW) == 1
        shown = kept.preview(ADDRESS, fetched(item(4)), NOW)
        assert shown and len(shown.entries) == 5
        assert {*wrote} == {"item", "entry", "serialise", "parse"}


def test_what_would_be_is_shown_while_somebody_writes(tmp_path: Path) -> None:
    with ledger.opened(tmp_path) as found, ledger.opened(tmp_path) as other:
        kept = History(found)
        kept.take(ADDRESS, fetched(item(1)), NOW)
        with other.writing():
            shown = kept.preview(ADDRESS, fetched(item(2)), NOW)
        assert shown and len(shown.entries) == 2
        assert kept.preview("https://foxes.example/", fetched(item(2)), NOW)
        assert kept.about("https://foxes.example/") is None


class Crash(Exception):
    """Raised in the middle of a transaction."""


class Feed(RuleBasedStateMachine):
    """A site with a feed of its newest entries, and a history of that feed beside it.

    What the site has of the entries that were ever in the feed, and what has left the feed before
    it was edited or withdrawn, is what the history has after two quiet fetches.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.ledger = self.stack.enter_context(ledger.opened(folder))
        self.history = History(self.ledger)
        self.site: dict[int, str] = {}
        self.expected: dict[int, str] = {}
        self.next = 1
        self.edits = 0
        self.window = 3
        self.now = NOW
        self.ids = 0
        self.noise = False

    def teardown(self) -> None:
        self.stack.close()

    @initialize(count=st.integers(3, 8), window=st.integers(3, 5))
    def begin(self, count: int, window: int) -> None:
        self.window = window
        for _ in range(count):
            self.publish()
        self.settle()

    def shown(self) -> list[int]:
        return sorted(self.site, reverse=True)[: self.window]

    def fetch(self) -> Fetched:
        self.ids += 1
        items = []
        for number in self.shown():
            found = item(number, self.site[number])
            if self.noise:
                found["id"] = f"urn:{self.ids}:{number}"
                found["date_modified"] = (START + timedelta(days=99, seconds=self.ids)).isoformat()
            items.append(found)
        return fetched(*items)

    @rule()
    def publish(self) -> None:
        self.site[self.next] = f"Text {self.next}."
        self.next += 1

    @precondition(lambda self: self.site)
    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        self.edits += 1
        number = data.draw(st.sampled_from(sorted(self.site)))
        self.site[number] = f"Edit {self.edits}."

    @precondition(lambda self: len(self.site) > 6)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        """One that isn't the last in the feed: that would seem to have left it."""
        del self.site[data.draw(st.sampled_from(self.shown()[:-1]))]

    @rule()
    def change_ids(self) -> None:
        self.noise = not self.noise

    @rule()
    def crash(self) -> None:
        """In the middle of a transaction: then nothing of it has happened."""
        before = numbers(self.history)

        def fail(*given: object) -> None:
            raise Crash

        engine = self.ledger.engine
        event.listen(engine, "commit", fail)
        try:
            with pytest.raises((Crash, StateError)):
                self.history.take(ADDRESS, self.fetch(), self.now)
        finally:
            event.remove(engine, "commit", fail)
        assert numbers(self.history) == before

    @rule()
    def settle(self) -> None:
        """Two good fetches in a row, after a quiet day."""
        for _ in range(2):
            self.now += 2 * DAY
            self.history.take(ADDRESS, self.fetch(), self.now)
        shown = self.shown()
        self.expected |= {number: self.site[number] for number in shown}
        for number in [each for each in self.expected if shown and each > shown[-1]]:
            if number not in self.site:
                del self.expected[number]

    @precondition(lambda self: self.site)
    @rule()
    def poll(self) -> None:
        """A fetch like any other."""
        self.now += 900
        self.history.take(ADDRESS, self.fetch(), self.now)
        self.settle()

    @invariant()
    def the_history_is_right(self) -> None:
        kept = self.history.archive(ADDRESS)
        found = {
            int(entry.url.split("/")[3]): (entry.content or "").removeprefix("<p>")[:-4]
            for entry in (kept.entries if kept else ())
        }
        assert found == self.expected


Feed.TestCase.settings = settings(max_examples=10, stateful_step_count=15, deadline=None)
test_any_feed = Feed.TestCase


def test_a_large_history_is_read_in_little_memory(here: History) -> None:
    """Content stays in UTF-8."""
    here.take(ADDRESS, fetched(item(1, "🦉" * 1000)), NOW)
    found = here.archive(ADDRESS)
    assert isinstance(found, Archive)
    assert len(getattr(found.entries[0], "utf8", b"")) == 4 * 1000 + len("<p></p>")
