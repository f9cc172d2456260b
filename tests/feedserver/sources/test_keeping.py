"""What a server keeps of addresses: all that they have had, over restarts and new settings."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import platformdirs
import pytest

from feedserver.cli import main
from feedserver.errors import StateError
from feedserver.foreign import isolated, reading
from feedserver.foreign.reading import Options, Reading
from feedserver.formats import archive as archives
from feedserver.ledger import ledger
from feedserver.ledger.history import History
from feedserver.settings.settings import Settings
from feedserver.sources import keeping, statefolder
from tests.feedserver.foreign.test_reading import atom, content, entry
from tests.feedserver.ledger import databases
from tests.feedserver.origin import Answer, Web, serving
from tests.feedserver.sources.test_builder import FEEDS, Bench, Clock
from tests.samples import SITE, archive, post


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Feeds of these tests are read here: to start a process for each takes longer than all."""

    def read(
        data: bytes, options: Options, address: str | None, kind: str | None, **more: object
    ) -> Reading:
        return reading.read(data, options, address, kind)

    monkeypatch.setattr(isolated, "read", read)


def window(*days: int, text: str = "x", more: str = "") -> bytes:
    """A feed of posts of these days of March, each called by its day."""
    entries = (
        entry(
            f"{content(text)}<updated>2026-03-{day:02}T12:00:00Z</updated>",
            id=f"{SITE.url}blog/{day}/",
            title=f"Of the {day}.",
        )
        for day in days
    )
    return atom(*entries, head=more)


def poll(bench: Bench, web: Web, answer: Answer | bytes) -> bool:
    """Let an answer be fetched; whether anything is new."""
    web.says(answer)
    bench.clock.passes(900)
    return bench.refresh()


def test_what_has_left_a_feed_is_served_also_after_a_restart(
    tmp_path: Path, clock: Clock, web: Web
) -> None:
    bench = Bench(tmp_path, clock, web.origin)
    for first in range(1, 5):
        assert poll(bench, web, window(first + 1, first))
    assert bench.ids() == ["5/", "4/", "3/", "2/", "1/"]
    assert bench.status()[0]["posts"] == 5
    web.says(Answer(status=500))
    again = Bench(tmp_path, clock, web.origin)
    assert not again.refresh() or again.ids()
    assert again.ids() == ["5/", "4/", "3/", "2/", "1/"]


def test_what_was_withdrawn_goes(tmp_path: Path, clock: Clock, web: Web) -> None:
    """At the second good fetch, which may say that nothing has changed."""
    bench = Bench(tmp_path, clock, web.origin)
    poll(bench, web, window(3, 2, 1))
    assert not poll(bench, web, Answer(window(3, 1), headers={"ETag": '"1"'}))
    assert bench.ids() == ["3/", "2/", "1/"]
    assert poll(bench, web, Answer(status=304))
    assert bench.ids() == ["3/", "1/"]


def test_a_restart_is_no_fetch(tmp_path: Path, clock: Clock, web: Web) -> None:
    """What is missing once is not yet gone, however often the copy is read."""
    bench = Bench(tmp_path, clock, web.origin)
    poll(bench, web, window(3, 2, 1))
    poll(bench, web, window(3, 1))
    web.says(Answer(status=500))
    for _ in range(3):
        again = Bench(tmp_path, clock, web.origin)
        again.refresh()
        assert again.ids() == ["3/", "2/", "1/"]


def test_a_source_that_is_gone_is_asked_no_more(tmp_path: Path, clock: Clock, web: Web) -> None:
    bench = Bench(tmp_path, clock, web.origin)
    poll(bench, web, window(2, 1))
    assert not poll(bench, web, Answer(status=410))
    [status] = bench.status()
    assert status["state"] == "gone" and "asked no more" in status["error"]
    assert bench.builder.health.sources[0].current
    asked = len(web.requests)
    for _ in range(5):
        clock.passes(86_400)
        bench.refresh()
    again = Bench(tmp_path, clock, web.origin)
    for _ in range(3):
        again.refresh()
        clock.passes(86_400)
    assert len(web.requests) == asked
    assert again.ids() == ["2/", "1/"]
    assert again.status()[0]["state"] == "gone"
    # Who says that all is to be read now has a reason.
    again.builder.hurry()
    web.says(window(3, 2))
    again.refresh()
    again.refresh()
    assert again.ids() == ["3/", "2/", "1/"]
    assert again.status()[0]["state"] == "current"


@pytest.mark.parametrize("history", [True, False])
def test_a_source_that_has_moved_for_good_is_fetched_from_there(
    tmp_path: Path, clock: Clock, history: bool
) -> None:
    """Its first address is asked now and then, and when the other one fails."""
    there = {"/new": Answer(window(2, 1)), "/old": Answer(status=301, headers={"Location": "/new"})}
    with serving(lambda request: there[request.path]) as web:

        def asked(bench: Bench, seconds: float) -> list[str]:
            before = len(web.requests)
            clock.passes(seconds)
            bench.refresh()
            return [request.path for request in web.requests[before:]]

        bench = Bench(tmp_path, clock, f"{web.origin}/old", history=history)
        assert asked(bench, 0) == ["/old", "/new"]
        assert asked(bench, 900) == asked(bench, 900) == ["/new"]
        if history:
            bench = Bench(tmp_path, clock, f"{web.origin}/old")
            assert asked(bench, 0) == []
            assert asked(bench, 900) == ["/new"]
        assert bench.status()[0]["moved"] == f"{web.origin}/new"
        assert asked(bench, 86_400) == ["/old", "/new"]
        there["/old"] = Answer(status=500)
        assert asked(bench, 86_400) == ["/old", "/new"]
        assert asked(bench, 900) == ["/new"]
        # Who is asked to wait waits.
        there["/new"] = Answer(status=503, headers={"Retry-After": "60"})
        assert asked(bench, 900) == ["/new"]
        assert "/new: it answers 503" in bench.status()[0]["error"]
        there |= {"/new": Answer(status=410), "/old": Answer(window(3, 2))}
        assert asked(bench, 900) == ["/new", "/old"]
        assert bench.ids() == ["3/", "2/", "1/"][: 3 if history else 2]
        assert "moved" not in bench.status()[0]
        assert asked(bench, 900) == ["/old"]


def site(*names: str) -> bytes:
    """An archive of posts of these names."""
    return archives.serialise(archive([post(name) for name in names], FEEDS))


def test_a_restart_with_an_older_copy_takes_nothing_from_others(
    tmp_path: Path, clock: Clock, web: Web
) -> None:
    """Servers that share a history: one was off while another took what was new."""
    lasting = tmp_path / "lasting"
    address = f"{web.origin}/archive.json"
    first = Bench(tmp_path / "a", clock, address, lasting=lasting)
    poll(first, web, site("a"))
    old = Answer(site("a"), headers={"ETag": '"1"'})
    second = Bench(tmp_path / "b", clock, address, lasting=lasting)
    poll(second, web, old)
    second.refresh()
    poll(first, web, site("a", "b", "c"))
    web.says(Answer(status=500))
    second = Bench(tmp_path / "b", clock, address, lasting=lasting)
    second.refresh()
    assert sorted(second.ids()) == ["a/", "b/", "c/"]
    assert not first.refresh()
    assert sorted(first.ids()) == ["a/", "b/", "c/"]
    # It is what the source has that counts, also if that is what it had before.
    web.says(Answer(status=304))
    clock.passes(900)
    assert second.refresh()
    assert second.ids() == ["a/"]
    assert first.refresh()
    assert first.ids() == ["a/"]


def test_a_kill_before_the_copy_is_written_loses_nothing(
    tmp_path: Path, clock: Clock, web: Web
) -> None:
    address = f"{web.origin}/archive.json"
    bench = Bench(tmp_path, clock, address)
    poll(bench, web, site("a"))
    copies = shutil.copytree(bench.state / keeping.COPIES, tmp_path / "copies")
    poll(bench, web, site("a", "b"))
    bench.builder.close()
    shutil.copytree(copies, bench.state / keeping.COPIES, dirs_exist_ok=True)
    web.says(Answer(status=410))
    again = Bench(tmp_path, clock, address)
    for _ in range(3):
        again.refresh()
    assert sorted(again.ids()) == ["a/", "b/"]
    assert again.status()[0]["state"] == "gone"


def test_an_archive_at_an_address_is_complete(tmp_path: Path, clock: Clock, web: Web) -> None:
    bench = Bench(tmp_path, clock, f"{web.origin}/archive.json")
    poll(bench, web, site("a", "b"))
    assert poll(bench, web, site("b"))
    assert bench.ids() == ["b/"]


def test_without_history_a_source_is_its_feed(tmp_path: Path, clock: Clock, web: Web) -> None:
    bench = Bench(tmp_path, clock, web.origin, history=False)
    poll(bench, web, window(2, 1))
    assert poll(bench, web, window(3, 2))
    assert bench.ids() == ["3/", "2/"]
    assert not (bench.state / ledger.FILE).exists()


def test_sources_that_come_and_go_lose_nothing(tmp_path: Path, clock: Clock, web: Web) -> None:
    first, second = f"{web.origin}/a", f"{web.origin}/b"
    poll(Bench(tmp_path, clock, first), web, window(2, 1))
    poll(Bench(tmp_path, clock, second), web, window(4))
    both = Bench(tmp_path, clock, first, second)
    both.refresh()
    poll(both, web, window(5))
    assert both.ids() == ["5/", "4/", "2/", "1/"]


def test_settings_that_change_hold_for_what_stands_in_the_feed(
    tmp_path: Path, clock: Clock, web: Web
) -> None:
    poll(Bench(tmp_path, clock, web.origin), web, window(1, text="<h2>Nests</h2><p>Owls.</p>"))
    web.says(Answer(status=304))
    bench = Bench(tmp_path, clock, web.origin, issues=("Of the *",))
    bench.refresh()
    assert bench.status()[0]["updates"] == 1


def test_what_can_not_be_kept_is_served_and_told(tmp_path: Path, clock: Clock, web: Web) -> None:
    bench = Bench(tmp_path, clock, web.origin)
    bench.state.mkdir()
    (bench.state / ledger.FILE).write_text("No database. " * 1000)
    assert poll(bench, web, window(2, 1))
    assert bench.ids() == ["2/", "1/"]
    assert "file is not a database" in bench.builder.health.problems[0]
    (bench.state / ledger.FILE).unlink()
    poll(bench, web, window(2, 1))
    assert poll(bench, web, window(3, 2))
    assert bench.ids() == ["3/", "2/", "1/"]
    assert not bench.builder.health.problems


def test_what_can_not_be_taken_now_is_taken_later(
    tmp_path: Path, clock: Clock, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was kept is served meanwhile."""
    bench = Bench(tmp_path, clock, web.origin)
    poll(bench, web, window(2, 1))

    def fail(*given: object, **more: object) -> bool:
        raise StateError("ledger.sqlite: database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(History, "take", fail)
        for _ in range(5):
            assert not poll(bench, web, window(4, 3))
    [status] = bench.status()
    assert status["state"] == "stale" and "disk is full" in status["error"]
    assert bench.ids() == ["2/", "1/"]
    clock.passes(60)
    assert bench.refresh()
    assert bench.ids() == ["4/", "3/", "2/", "1/"]
    assert bench.status()[0]["state"] == "current"


def test_a_ledger_that_is_taken_away_is_begun_anew(tmp_path: Path, clock: Clock, web: Web) -> None:
    bench = Bench(tmp_path, clock, web.origin)
    poll(bench, web, window(2, 1))
    shutil.rmtree(bench.state)
    poll(bench, web, window(3, 2))
    assert (bench.state / ledger.FILE).exists()
    assert bench.ids() == ["3/", "2/"]


def test_a_restored_backup_is_all(tmp_path: Path, clock: Clock, web: Web) -> None:
    """A copy of the state folder, or of the ledger alone, by SQLite while the server runs."""
    bench = Bench(tmp_path, clock, web.origin)
    poll(bench, web, window(2, 1))
    poll(bench, web, window(4, 3))
    alone, folder = tmp_path / "alone", tmp_path / "folder"
    (alone / "state").mkdir(parents=True)
    with (
        closing(sqlite3.connect(bench.state / ledger.FILE)) as origin,
        closing(sqlite3.connect(alone / "state" / ledger.FILE)) as copy,
    ):
        origin.backup(copy)
    shutil.copytree(bench.state, folder / "state")
    poll(bench, web, window(6, 5))
    for place in (alone, folder):
        restored = Bench(place, clock, web.origin)
        web.says(Answer(status=500))
        restored.refresh()
        assert restored.ids() == ["4/", "3/", "2/", "1/"]
        poll(restored, web, window(6, 5))
        assert restored.ids() == ["6/", "5/", "4/", "3/", "2/", "1/"]


def test_what_an_earlier_version_has_fetched_is_taken_over(
    tmp_path: Path, clock: Clock, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It kept a copy below the user's cache, in a folder that other sources have no more."""
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
    before = Bench(tmp_path, clock, web.origin, history=False)
    poll(before, web, window(2, 1))
    old = tmp_path / "cache" / "feedserver" / "0123456789abcdef"
    old.mkdir(parents=True)
    (before.state / keeping.COPIES).rename(old / keeping.COPIES)
    shutil.rmtree(before.state)
    web.says(Answer(status=500))
    bench = Bench(tmp_path, clock, web.origin)
    assert bench.refresh()
    assert bench.ids() == ["2/", "1/"]
    poll(bench, web, window(4, 3))
    assert bench.ids() == ["4/", "3/", "2/", "1/"]


def test_without_a_state_histories_are_among_the_user_s_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: tmp_path / "data" / name)
    peer = Settings(sources=("https://peer.example/atom.xml",))
    with statefolder.held(peer) as first, statefolder.held(peer) as second:
        assert first.lasting == second.lasting == tmp_path / "data" / "feedserver"
    named = Settings(sources=("https://peer.example/atom.xml",), state=tmp_path / "state")
    with statefolder.held(named) as found:
        assert found.lasting == found.path == tmp_path / "state"


def test_servers_with_one_database_have_one_history(
    postgresql: str, tmp_path: Path, clock: Clock, web: Web
) -> None:
    """Each makes its own index of it."""
    with databases.emptied(postgresql) as url:
        first, second = (
            Bench(tmp_path / name, clock, web.origin, database=url) for name in ("a", "b")
        )
        poll(first, web, window(2, 1))
        poll(first, web, window(4, 3))
        assert poll(second, web, Answer(status=500))
        assert second.ids() == ["4/", "3/", "2/", "1/"]
        for bench in (first, second):
            bench.builder.close()
    assert not list(tmp_path.rglob(ledger.FILE))


def config(bench: Bench) -> str:
    """The settings of a bench, in a file."""
    path = bench.state.parent / "feedserver.toml"
    names = ", ".join(f'"{name}"' for name in bench.settings.sources)
    path.write_text(f'sources = [{names}]\nstate = "state"\n')
    return str(path)


def test_import_begins_a_history_while_the_server_runs(
    tmp_path: Path, clock: Clock, web: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(tmp_path, clock, web.origin)
    poll(bench, web, window(4, 3))
    old = tmp_path / "old.xml"
    old.write_bytes(window(3, 2, 1))
    for added in (2, 0):
        assert main(["import", str(old), "--config", config(bench)]) == 0
        told = f"added {added} entries to what is kept of {web.origin}\n"
        assert capsys.readouterr().out == told
    # No fetch is waited for.
    assert bench.refresh()
    assert bench.ids() == ["4/", "3/", "2/", "1/"]
    assert not bench.refresh()
    poll(bench, web, window(5, 4))
    assert bench.ids() == ["5/", "4/", "3/", "2/", "1/"]


def test_import_finds_the_source_of_the_entries(
    tmp_path: Path, clock: Clock, web: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the site that they are of."""
    other, ours = f"{web.origin}/other", f"{web.origin}/ours"
    poll(Bench(tmp_path, clock, ours), web, window(2))
    bench = Bench(tmp_path, clock, other, ours)
    old = tmp_path / "old.xml"
    old.write_bytes(window(1))
    assert main(["import", str(old), "--config", config(bench)]) == 0
    assert f"of {ours}\n" in capsys.readouterr().out
    old.write_bytes(window(1).replace(b"letters.example", b"herons.example"))
    assert main(["import", str(old), "--config", config(bench)]) == 2
    assert f"can't be told: {other}, {ours}" in capsys.readouterr().err


def test_import_says_why_it_adds_nothing(
    tmp_path: Path, clock: Clock, web: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old.xml"
    old.write_bytes(window(1))
    assert main(["import", str(old), "--config", config(Bench(tmp_path, clock, "site"))]) == 2
    assert "no source at an address whose history is kept" in capsys.readouterr().err
    bench = Bench(tmp_path, clock, web.origin)
    poll(bench, web, archives.serialise(archive([post("a")], FEEDS)))
    assert main(["import", str(old), "--config", config(bench)]) == 2
    assert "it is an archive, and has all that there is" in capsys.readouterr().err


def test_export_writes_all_that_is_kept(
    tmp_path: Path, clock: Clock, web: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what stands in the feed by now; nothing of that is kept."""
    bench = Bench(tmp_path, clock, web.origin)
    poll(bench, web, window(2, 1))
    poll(bench, web, window(4, 3))

    def exported() -> list[str]:
        command = ["export", web.origin, str(tmp_path / "out"), "--config", config(bench)]
        assert main(command) == 0
        found = archives.parse((tmp_path / "out" / "archive.json").read_bytes())
        return [entry.title for entry in found.entries]

    web.says(window(5, 4))
    assert exported() == [f"Of the {day}." for day in (5, 4, 3, 2, 1)]
    web.says(Answer(status=410))
    assert exported() == [f"Of the {day}." for day in (4, 3, 2, 1)]
    web.says(Answer(status=500))
    assert main(["export", web.origin, str(tmp_path / "out"), "--config", config(bench)]) == 2
    assert "it answers 500" in capsys.readouterr().err


def test_export_without_a_history_is_of_the_feed(tmp_path: Path, clock: Clock, web: Web) -> None:
    web.says(window(2, 1))
    bench = Bench(tmp_path, clock, web.origin)
    assert main(["export", web.origin, str(tmp_path / "out"), "--config", config(bench)]) == 0
    found = archives.parse((tmp_path / "out" / "archive.json").read_bytes())
    assert len(found.entries) == 2
    assert not bench.state.exists()


def test_an_entry_is_forgotten_at_once_and_for_ever(
    tmp_path: Path, clock: Clock, web: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(tmp_path, clock, web.origin)
    poll(bench, web, window(3, 2, 1))
    forget = ["peers", "forget", f"{SITE.url}blog/2/", "--config", config(bench)]
    assert main(forget) == 0
    assert capsys.readouterr().out == "forgot 1 entry\n"
    assert bench.refresh()
    poll(bench, web, window(4, 3, 2, 1))
    assert bench.ids() == ["4/", "3/", "1/"]
    assert main(forget) == 2
    assert "nothing of this id or address is kept" in capsys.readouterr().err


def test_all_of_a_source_is_forgotten_by_its_address(
    tmp_path: Path, clock: Clock, web: Web, capsys: pytest.CaptureFixture[str]
) -> None:
    poll(Bench(tmp_path, clock, web.origin), web, window(3, 2, 1))
    bench = Bench(tmp_path, clock, f"{web.origin}/other")
    assert main(["peers", "forget", web.origin, "--config", config(bench)]) == 0
    assert capsys.readouterr().out == "forgot 3 entries\n"
    web.says(window(4))
    bench = Bench(tmp_path, clock, web.origin)
    bench.refresh()
    assert bench.ids() == ["4/"]
