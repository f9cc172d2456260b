"""The builder: what changes is taken up, what fails stays as it was, and both are said."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Collection, Iterator, Mapping
from concurrent import futures
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from feedserver.errors import FetchError, SourceError
from feedserver.feeds import export
from feedserver.formats import archive as archives
from feedserver.model import Feed
from feedserver.settings.settings import Settings
from feedserver.sources import statefolder
from feedserver.sources.builder import DATABASE, Builder
from feedserver.sources.fetching import Fetched, Validators, WebFetcher
from feedserver.sources.keeping import COPIES
from feedserver.sources.slots import Slot
from feedserver.sources.source import Source
from feedserver.sources.statefolder import STATUS
from feedserver.store.store import Store
from tests.feedserver.foreign.test_reading import ISSUE, atom, content, entry
from tests.feedserver.origin import Answer, Request, Web, serving
from tests.samples import SITE, archive, post

FEEDS = [Feed("/", "Letters", "All", "posts", "/blog/")]


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def passes(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    return Clock()


class _Waiting(Builder):
    """What was begun to be fetched has come when it is looked for."""

    def _visit(self, slot: Slot, source: Source) -> None:
        super()._visit(slot, source)
        if slot.visit:
            futures.wait([slot.visit])


class Bench:
    """A builder, its state folder, and the file of an archive."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *sources: str,
        lasting: Path | None = None,
        **settings: Any,
    ) -> None:
        self.state = folder / "state"
        self.settings = replace(
            Settings(sources=sources, state=self.state, private_addresses=True, fetch_timeout=60),
            **settings,
        )
        self.clock = clock
        self.builder = _Waiting(
            self.settings, fetcher=WebFetcher(self.settings), now=clock, lasting=lasting
        )

    def refresh(self) -> bool:
        return self.builder.refresh()

    def status(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.state / STATUS).read_bytes())["sources"]
        return found

    def ids(self) -> list[str]:
        store = Store(self.state / DATABASE)
        document = store.document(store.snapshot, "feed.json", SITE.url)
        assert document is not None
        return [
            item["id"].removeprefix(f"{SITE.url}blog/")
            for item in json.loads(document.body)["items"]
        ]


def test_a_source_is_fetched_as_soon_as_there_is_room_for_a_thread(
    tmp_path: Path, clock: Clock, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.says(archives.serialise(archive([post("one")], FEEDS)))
    other = put(tmp_path / "archive.json", "two")
    bench = Bench(tmp_path, clock, f"{web.origin}/archive.json", str(other))

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        assert bench.refresh() and bench.ids() == ["two/"]
    assert "can't start new thread" in bench.status()[0]["error"]
    assert bench.refresh() and {*bench.ids()} == {"one/", "two/"}
    assert "error" not in bench.status()[0]


def put(path: Path, *names: str) -> Path:
    posts = [post(name, days=days) for days, name in enumerate(names)]
    path.write_bytes(archives.serialise(archive(posts, FEEDS)))
    touched(path)
    return path


_TIME = iter(range(1_700_000_000, 1_800_000_000, 10))


def touched(path: Path) -> None:
    time = next(_TIME)
    os.utime(path, (time, time))


def feed(*names: str) -> bytes:
    return atom(*(entry(content("x"), id=f"{SITE.url}blog/{name}/", title=name) for name in names))


def test_a_file_is_taken_up_when_it_has_come_to_rest(tmp_path: Path, clock: Clock) -> None:
    path = put(tmp_path / "archive.json", "one")
    bench = Bench(tmp_path, clock, str(path))
    assert bench.refresh()
    assert bench.ids() == ["one/"]
    assert not bench.refresh()
    put(path, "one", "two")
    assert [bench.refresh() for _ in range(3)] == [False, True, False]
    assert bench.ids() == ["two/", "one/"]
    assert bench.status() == [
        {
            "name": str(path),
            "kind": "file",
            "state": "current",
            "checked": "2026-11-24T12:00:00+00:00",
            "last_success": "2026-11-24T12:00:00+00:00",
            "changed": "2026-11-24T12:00:00+00:00",
            "posts": 2,
            "updates": 0,
        }
    ]


def test_a_site_s_folder_and_its_pages(tmp_path: Path, clock: Clock) -> None:
    export.write(archive([post("one")], FEEDS), SITE.url, tmp_path / "site")
    path = put(tmp_path / "archive.json", "two")
    bench = Bench(tmp_path, clock, str(path), str(tmp_path / "site"))
    assert bench.refresh()
    assert bench.builder.folder == tmp_path / "site"
    assert [each["kind"] for each in bench.status()] == ["file", "site"]


def test_the_same_content_makes_no_new_database(tmp_path: Path, clock: Clock) -> None:
    path = put(tmp_path / "archive.json", "one")
    bench = Bench(tmp_path, clock, str(path))
    assert bench.refresh()
    touched(path)
    assert [bench.refresh() for _ in range(3)] == [False] * 3


def test_what_is_broken_is_refused_once_and_the_old_stays(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    path = put(tmp_path / "archive.json", "one")
    bench = Bench(tmp_path, clock, str(path))
    assert bench.refresh()
    path.write_bytes(b'{"version": 1')
    touched(path)
    assert [bench.refresh() for _ in range(4)] == [False] * 4
    assert bench.ids() == ["one/"]
    [status] = bench.status()
    assert status["state"] == "refused" and "is not JSON" in status["error"]
    assert len([each for each in caplog.records if "the old archive stays" in each.message]) == 1
    path.unlink()
    assert not bench.refresh()
    assert bench.status()[0]["state"] == "stale"
    put(path, "one", "two")
    assert [bench.refresh() for _ in range(2)] == [False, True]
    assert bench.status()[0]["state"] == "current"


def test_how_very_many_sources_are_is_told_less_often(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes long; what they have is served as soon as ever."""
    monkeypatch.setattr(statefolder, "_A_SECOND", 1)
    paths = [put(tmp_path / f"{name}.json", name) for name in ("one", "two")]
    bench = Bench(tmp_path, clock, *map(str, paths))
    assert bench.refresh()
    put(paths[0], "one", "three")
    assert [bench.refresh() for _ in range(2)] == [False, True] and len(bench.ids()) == 3
    assert [each["posts"] for each in bench.status()] == [1, 1]
    clock.passes(2)
    bench.refresh()
    assert [each["posts"] for each in bench.status()] == [2, 1]


def test_nothing_at_the_start_is_an_error(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "x").write_text("<html>")
    bench = Bench(tmp_path, clock, str(tmp_path / "nowhere"), str(tmp_path / "x"))
    with pytest.raises(SourceError, match=r"no such folder or file; .*no JSON Feed, Atom or RSS"):
        bench.refresh()
    assert [each["state"] for each in bench.status()] == ["missing", "refused"]
    # The same builder goes on when there is something.
    put(tmp_path / "nowhere", "one")
    assert bench.refresh()
    with pytest.raises(SourceError, match="no source is named"):
        Builder(Settings(state=tmp_path))
    with pytest.raises(SourceError, match="no state folder"):
        Builder(Settings(sources=("x",)))


def test_of_several_sources_one_may_fail(tmp_path: Path, clock: Clock) -> None:
    good = put(tmp_path / "good.json", "one")
    bad = tmp_path / "bad.json"
    bench = Bench(tmp_path, clock, str(bad), str(good))
    assert bench.refresh()
    assert bench.ids() == ["one/"]
    put(bad, "two")
    assert bench.refresh()
    assert bench.ids() == ["two/", "one/"] or set(bench.ids()) == {"one/", "two/"}


def test_an_address_is_fetched_when_it_is_due_and_on_condition(
    tmp_path: Path, clock: Clock, web: Web
) -> None:
    web.says(Answer(feed("one"), headers={"ETag": '"1"'}))
    bench = Bench(tmp_path, clock, f"{web.origin}/atom.xml")
    assert bench.refresh()
    assert bench.ids() == ["one/"]
    assert not bench.refresh() and len(web.requests) == 1
    clock.passes(900)
    web.says(Answer(status=304))
    assert not bench.refresh()
    assert web.requests[-1].headers["If-None-Match"] == '"1"'
    clock.passes(900)
    web.says(feed("one", "two"))
    assert bench.refresh()
    assert bench.ids() == ["one/", "two/"]
    assert "If-None-Match" in web.requests[-1].headers
    [status] = bench.status()
    assert (status["kind"], status["posts"], status["checked"]) == (
        "address",
        2,
        "2026-11-24T12:30:00+00:00",
    )


def test_failures_are_waited_out_longer_and_longer(tmp_path: Path, clock: Clock, web: Web) -> None:
    web.says(feed("one"))
    bench = Bench(tmp_path, clock, web.origin)
    assert bench.refresh()
    web.says(Answer(status=500))
    clock.passes(900)
    for seconds in (60, 120, 240):
        asked = len(web.requests)
        assert not bench.refresh()
        assert len(web.requests) == asked + 1
        clock.passes(seconds - 1)
        assert not bench.refresh() and len(web.requests) == asked + 1
        clock.passes(1)
    assert bench.status()[0]["state"] == "stale" and "500" in bench.status()[0]["error"]
    web.says(Answer(status=429, headers={"Retry-After": "5000"}))
    assert not bench.refresh()
    asked = len(web.requests)
    clock.passes(4999)
    assert not bench.refresh() and len(web.requests) == asked
    web.says(feed("one", "two"))
    clock.passes(1)
    assert bench.refresh()
    assert bench.status()[0]["state"] == "current"


def test_who_was_never_read_is_asked_again_sooner(tmp_path: Path, clock: Clock, web: Web) -> None:
    """Two servers that read each other are started one after the other."""
    web.says(Answer(status=500))
    other = put(tmp_path / "archive.json", "two")
    bench = Bench(tmp_path, clock, web.origin, str(other))
    for seconds in (5, 10, 20):
        asked = len(web.requests)
        bench.refresh()
        assert len(web.requests) == asked + 1
        clock.passes(seconds - 1)
        bench.refresh()
        assert len(web.requests) == asked + 1
        clock.passes(1)
    web.says(Answer(status=503, headers={"Retry-After": "600"}))
    bench.refresh()
    clock.passes(599)
    web.says(feed("one"))
    assert not bench.refresh()
    clock.passes(1)
    assert bench.refresh()


class _Told:
    """What hubs tell of sources, and what the builder says."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.said: list[str] = []

    def take(self) -> tuple[Collection[str], Collection[str]]:
        asked, self.asked = self.asked, []
        return asked, ()

    def fetched(self, source: str) -> None:
        self.said.append("fetched")

    def missed(self, source: str) -> None:
        self.said.append("missed")


def test_what_was_told_is_over_when_it_has_been_fetched(
    tmp_path: Path, clock: Clock, web: Web
) -> None:
    web.says(feed("one"))
    bench = Bench(tmp_path, clock, web.origin)
    bench.builder.pushes = told = _Told()
    bench.refresh()
    told.said = []
    web.says(Answer(status=500))
    told.asked = [web.origin]
    clock.passes(2)
    bench.refresh()
    assert len(web.requests) == 2 and not told.said
    web.says(feed("one", "two"))
    clock.passes(60)
    assert bench.refresh()
    assert told.said == ["fetched"]


def test_the_last_good_copy_survives_a_restart(tmp_path: Path, clock: Clock, web: Web) -> None:
    web.says(Answer(feed("one"), headers={"ETag": '"1"'}))
    assert Bench(tmp_path, clock, web.origin).refresh()
    web.says(Answer(status=503))
    bench = Bench(tmp_path, clock, web.origin)
    assert bench.refresh()
    assert bench.ids() == ["one/"]
    # The copy will do to begin with; then the peer is asked, and is dead.
    assert not bench.refresh()
    [status] = bench.status()
    assert status["state"] == "stale" and "503" in status["error"]
    assert web.requests[-1].headers["If-None-Match"] == '"1"'
    assert bench.ids() == ["one/"]


def test_a_copy_that_can_not_be_read_is_fetched_anew(
    tmp_path: Path, clock: Clock, web: Web
) -> None:
    web.says(Answer(feed("one"), headers={"ETag": '"1"'}))
    assert Bench(tmp_path, clock, web.origin).refresh()
    [copy] = (tmp_path / "state" / COPIES).iterdir()
    head, _, _ = copy.read_bytes().partition(b"\n")
    for broken in (b"", b"{}", b"nonsense\nx", head + b"\nno feed"):
        copy.write_bytes(broken)
        assert Bench(tmp_path, clock, web.origin).refresh()
        assert "If-None-Match" not in web.requests[-1].headers


def test_what_can_not_be_read_is_not_kept(tmp_path: Path, clock: Clock, web: Web) -> None:
    web.says(Answer(feed("one"), headers={"ETag": '"1"'}))
    bench = Bench(tmp_path, clock, web.origin)
    assert bench.refresh()
    web.says(Answer(b"<html>sold</html>", headers={"ETag": '"2"'}))
    clock.passes(900)
    assert not bench.refresh()
    assert bench.status()[0]["state"] == "refused"
    assert bench.ids() == ["one/"]
    again = Bench(tmp_path, clock, web.origin)
    assert again.refresh()
    assert again.ids() == ["one/"]


def test_a_move_for_good_is_told(
    tmp_path: Path, clock: Clock, web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(request: Request) -> Answer:
        moved = request.path == "/"
        return Answer(
            b"" if moved else feed("one"),
            301 if moved else 200,
            {"Location": "/new"} if moved else {},
        )

    web.answer = answer
    bench = Bench(tmp_path, clock, web.origin)
    assert bench.refresh()
    assert bench.status()[0]["moved"] == f"{web.origin}/new"
    assert "has moved for good" in caplog.text


def test_what_a_feed_lacks_is_in_the_status(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "atom.xml"
    path.write_bytes(atom(entry("<summary>x</summary>")))
    bench = Bench(tmp_path, clock, str(path))
    assert bench.refresh()
    assert bench.status()[0]["notes"] == [
        "feed: carries only summaries: there are no updates to be had of it"
    ]


class Slow:
    """A fetcher that answers when it is told to."""

    def __init__(self, answers: Mapping[str, bytes]) -> None:
        self.answers = dict(answers)

    def fetch(self, address: str, known: Validators) -> Fetched:
        if address not in self.answers:
            raise FetchError(f"{address}: nothing")
        return Fetched(self.answers[address], address)


def test_several_sources_of_all_kinds_make_one_site(tmp_path: Path, clock: Clock) -> None:
    first = put(tmp_path / "archive.json", "one")
    issue = atom(entry(content(ISSUE), id="https://b.example/i/", title="This Week in B"))
    fetcher = Slow({"https://b.example/atom.xml": issue, "https://c.example/": feed("one", "c")})
    settings = Settings(
        sources=(
            str(first),
            "https://b.example/atom.xml",
            "https://c.example/",
            "https://d.example/",
        ),
        state=tmp_path / "state",
    )
    builder = Builder(settings, fetcher=fetcher, now=clock)
    assert builder.refresh()
    store = Store(tmp_path / "state" / DATABASE)
    assert store.snapshot.index.archive.site == SITE
    ids = {each.id for each in store.snapshot.index.archive.entries}
    assert ids == {
        f"{SITE.url}blog/one/",
        f"{SITE.url}blog/c/",
        "https://b.example/i/",
        "https://b.example/i/#fractal-website",
        "https://b.example/i/#hydrogen-1-2-3",
    }
    builder.close()


def test_a_restart_with_a_broken_file_serves_what_was_there(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    path = put(tmp_path / "archive.json", "one")
    assert Bench(tmp_path, clock, str(path)).refresh()
    path.write_bytes(b"broken")
    bench = Bench(tmp_path, clock, str(path))
    assert not bench.refresh()
    assert bench.ids() == ["one/"]
    assert "what was served before stays" in caplog.text
    # And once more, for its status tells of it.
    bench = Bench(tmp_path, clock, str(path))
    assert not bench.refresh()
    put(path, "two")
    assert bench.refresh() or bench.refresh()
    assert bench.ids() == ["two/"]
    # Of another source it is not.
    other = tmp_path / "other.json"
    other.write_bytes(b"broken")
    with pytest.raises(SourceError):
        Bench(tmp_path, clock, str(other)).refresh()


@pytest.mark.parametrize("gone", ["site/archive.json", "site", "atom.xml"])
def test_what_is_missing_is_told_as_at_the_start(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture, gone: str
) -> None:
    source = tmp_path / gone.split("/")[0]
    if source.suffix:
        source.write_bytes(feed("one"))
    else:
        source.mkdir()
        put(source / "archive.json", "one")
    bench = Bench(tmp_path, clock, str(source))
    assert bench.refresh()
    (tmp_path / gone).rename(tmp_path / "aside")
    assert not bench.refresh()
    with pytest.raises(SourceError) as told:
        Bench(tmp_path / "new", clock, str(source)).refresh()
    assert [each.error for each in bench.builder.health.sources] == [str(told.value)]
    assert f"{told.value}; the old archive stays" in caplog.text
    (tmp_path / "aside").rename(tmp_path / gone)
    # It is read when two looks find it the same.
    bench.refresh()
    bench.refresh()
    assert [each.current for each in bench.builder.health.sources] == [True]


def test_in_a_hurry_all_is_read_again_but_for_who_asked_to_wait(
    tmp_path: Path, clock: Clock, web: Web
) -> None:
    registry = tmp_path / "registry.toml"
    registry.write_text("")
    path = tmp_path / "atom.xml"
    path.write_bytes(feed("one"))
    web.says(Answer(feed("two"), headers={"ETag": '"1"'}))
    bench = Bench(tmp_path, clock, str(path), web.origin, registry=registry)
    assert bench.refresh()
    web.says(Answer(status=304))
    registry.write_text("broken")
    bench.builder.hurry()
    bench.refresh()
    assert ["registry" in each.get("error", "") for each in bench.status()] == [True, True]
    registry.write_text("")
    bench.builder.hurry()
    bench.refresh()
    assert [each["state"] for each in bench.status()] == ["current", "current"]
    web.says(Answer(status=429, headers={"Retry-After": "5000"}))
    bench.builder.hurry()
    bench.refresh()
    asked = len(web.requests)
    bench.builder.hurry()
    bench.refresh()
    assert len(web.requests) == asked
