"""The pages on rooms, done as they say: the tutorial, and the bots that are to be written."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import absent
from tests.feedserver.running import running, until
from tests.rooms import pages
from tests.rooms.newsletter import Newsletter, hosted
from tests.rooms.synapse import Member, Synapse

TUTORIAL = "tutorial-room"


@pytest.fixture(scope="module")
def server(strict: Synapse) -> Synapse:
    """A homeserver that lets few messages come at once, as others do."""
    return strict


@pytest.fixture(scope="module")
def ida(server: Synapse) -> Member:
    return server.register("ida")


def test_the_tutorial_does_what_it_says(server: Synapse, ida: Member, tmp_path: Path) -> None:
    for name, text in (pages.files("tutorial") | pages.files(TUTORIAL)).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    [build, look] = pages.commands(TUTORIAL, ".edit")
    pages.done(build, tmp_path)
    account, room = server.register("harbour-news"), ida.create(room_alias_name="harbour")
    with running(tmp_path / "site") as feeds:
        settings = tmp_path / "bot.toml"
        told = settings.read_text("utf-8").replace("http://127.0.0.1:8000", feeds.address)
        told = told.replace("https://matrix.example", server.address)
        settings.write_text(told.replace("matrix.example", "owls.test"), "utf-8")

        [login] = pages.commands(TUTORIAL, ".login")
        said = pages.done(login, tmp_path, "p\n")
        token = tmp_path / "token"
        assert said.endswith(f"The token of {account.user} is in the file token\n")
        assert token.read_text() not in said and token.stat().st_mode & 0o777 == 0o600

        [dry] = pages.commands(TUTORIAL, ".dry")
        shown = partial(_as_shown, replaced={feeds.address: "http://127.0.0.1:8000"})
        assert shown(pages.done(dry, tmp_path)) == pages.block(TUTORIAL, ".would")
        assert ida.posted(room) == []

        once, again, status = pages.commands(TUTORIAL, ".once")
        pages.done(once, tmp_path)
        pages.done(again, tmp_path)
        root, *updates = ida.posted(room)
        assert len(updates) == 3
        for update in updates:
            assert update["content"]["m.relates_to"]["event_id"] == root["event_id"]
        event = pages.block("reference/bot", ".event")
        assert root["content"].keys() == json.loads(event).keys()
        for one in (root, *updates):
            assert one["content"]["org.twim.entry"].keys() == _entry(event).keys()
        assert updates[0]["content"]["org.twim.entry"]["id"] == _entry(event)["id"]
        expected = _as_shown(pages.block(TUTORIAL, ".status"))
        assert shown(pages.done(status, tmp_path)) == expected

        [[name, after]] = re.findall(
            r"In `(docs/\S+)` write `(.*?)`", pages.path(TUTORIAL).read_text("utf-8")
        )
        issue = (tmp_path / name).read_text("utf-8")
        edited = issue.replace("The wind comes from the west.", after)
        assert edited != issue
        (tmp_path / name).write_text(edited, "utf-8")
        pages.done(build, tmp_path)
        until(lambda: after in feeds.get("/updates/feed.json").body.decode())
        pages.done(look, tmp_path)
        assert [len(ida.edits(event)) for event in ida.posted(room)] == [0, 0, 0, 1]
        assert after in ida.newest(updates[2])["body"]

        settings.write_text(f"interval = 0.5\n{settings.read_text('utf-8')}", "utf-8")
        [run] = pages.commands(TUTORIAL, ".run")
        process = subprocess.Popen(run, cwd=tmp_path, env=pages.ENVIRONMENT)
        try:
            second = tmp_path / "docs/blog/2026-05-15-this-week-2.md"
            second.write_text(issue.replace("2026-05-08", "2026-05-15"), "utf-8")
            pages.done(build, tmp_path)
            until(lambda: len(ida.posted(room)) == 8)
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0


def _entry(event: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(event)["org.twim.entry"]
    return found


def test_a_token_that_is_pasted_is_private(tmp_path: Path) -> None:
    pages.done(["sh", "-c", pages.block(TUTORIAL, ".paste")], tmp_path, "syt_secret\n")
    assert (tmp_path / "token").read_text() == "syt_secret\n"
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600


def _as_shown(said: str, replaced: dict[str, str] | None = None) -> str:
    """What a command has said, with the addresses of the page, and without times."""
    for found, written in (replaced or {}).items():
        said = said.replace(found, written)
    said = said.replace("owls.test", "matrix.example")
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:+]+", "…", said)


@pytest.fixture(params=["reposter.py", "reposter.mjs"])
def call(request: pytest.FixtureRequest) -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """Call a bot of the how-to in a folder that has it."""
    program = "python3" if request.param.endswith(".py") else "node"
    if shutil.which(program, path=pages.ENVIRONMENT["PATH"]) is None:
        absent(program)

    def called(folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, request.param],
            cwd=folder,
            env=pages.ENVIRONMENT,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )

    return called


def test_a_bot_of_one_s_own_does_what_it_says(
    server: Synapse,
    ida: Member,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    call: Callable[[Path], subprocess.CompletedProcess[str]],
) -> None:
    name = re.sub(r"\W", "", request.node.name[-6:])
    account, room = server.register(f"own{name}"), ida.create()
    account.ask("POST", f"join/{room}", {})
    news = Newsletter(tmp_path / "site")
    news.publish(1, {"Clients": {"Seagull": "It flies."}})
    (tmp_path / "token").write_text(f"{account.token}\n")
    with hosted(news.folder) as address:
        for file, text in pages.files("how-to/write-a-bot").items():
            text = text.replace("https://feeds.example", address)
            text = text.replace("https://matrix.example", server.address)
            (tmp_path / file).write_text(text.replace("!room:matrix.example", room), "utf-8")

        def well() -> None:
            ended = call(tmp_path)
            assert ended.returncode == 0, ended.stderr

        # The first call sends nothing.
        well()
        assert ida.posted(room) == []

        # New ones come once and in order, and a 429 is waited for.
        many = {"Clients": {f"Owl{number}": "It hoots." for number in range(5)}}
        news.publish(2, many)
        before = (tmp_path / "sent.json").read_bytes()
        well()
        well()
        messages = [event["content"] for event in ida.posted(room)]
        items = pages.json_items(news.folder / "updates/feed.json")
        assert messages == [item["_matrix"]["content"] for item in items[:5]]

        # Who ends before it has put down what was sent sends nothing twice.
        (tmp_path / "sent.json").write_bytes(before)
        well()
        assert len(ida.posted(room)) == 5

        # An edit edits, there and back; what is put in above edits nothing.
        for text in ("It sleeps.", "It hoots.", "It sleeps."):
            owls = {**many["Clients"], "Owl3": text}
            news.publish(2, {"Talks": {"Nests": "Of twigs."}, "Clients": owls})
            well()
            posted = ida.posted(room)
            assert ida.newest(posted[3])["body"].endswith(f"> {text}")
        assert [len(ida.edits(event)) for event in posted] == [0, 0, 0, 3, 0, 0]
        assert [event["content"]["body"].partition(" ")[0] for event in posted][5:] == ["Nests"]

        # Many at once are told, and not sent.
        news.publish(3, {"Clients": {f"Heron{number}": "It waits." for number in range(31)}})
        ended = call(tmp_path)
        assert ended.returncode == 1 and "31 messages at once" in ended.stderr
        assert len(ida.posted(room)) == 6
