"""The bot in rooms of a real homeserver: what a member reads there is what is asserted."""

from __future__ import annotations

import itertools
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from feedserver.bot import config, memory
from feedserver.bot.bot import Bot
from feedserver.bot.homeserver import Homeserver
from feedserver.bot.memory import Memory
from feedserver.errors import FetchError
from feedserver.sources.fetching import Fetched, Validators
from tests.conftest import ROOT
from tests.feedserver.running import until
from tests.rooms.newsletter import Newsletter, hosted
from tests.rooms.synapse import Member, Synapse

FIRST = {"Clients": {"Seagull": "It flies.", "Owl": "It hoots."}, "Talks": {"Nests": "Of twigs."}}
SECOND = {"Clients": {"Seagull": "It lands.", "Heron": "It waits."}}


@dataclass(slots=True)
class Reposting:
    """A bot with a room and a feed of its own."""

    account: Member
    owner: Member
    folder: Path
    room: str
    news: Newsletter
    feed: str
    log: pytest.LogCaptureFixture
    more: str = ""
    top: str = ""

    def settings(self) -> Path:
        path = self.folder / "bot.toml"
        path.write_text(
            f'homeserver = "{self.account.server.address}"\nuser = "{self.account.user}"\n'
            f'state = "state"\n{self.top}\n[[rooms]]\nroom = "{self.room}"\nfeed = "{self.feed}"\n'
            f"{self.more}\n",
            "utf-8",
        )
        return path

    def once(self, well: bool = True, bot: type[Bot] = Bot) -> str:
        """Poll once; what is logged."""
        self.log.clear()
        told = config.load(self.settings())
        with memory.opened(self.folder / "state") as kept:
            found = bot(told, {config.TOKEN: self.account.token}, kept).poll(all_rooms=True)
        assert found is well, self.log.text
        assert self.account.token not in self.log.text
        return self.log.text

    def command(self, *options: str, code: int = 0) -> str:
        """Run the command; what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "feedserver", "bot", "--config", self.settings(), *options],
            env={**os.environ, config.TOKEN: self.account.token},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert self.account.token not in said
        return said


@pytest.fixture
def bot(
    server: Synapse, ida: Member, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Iterator[Reposting]:
    with reposting(server, ida, tmp_path, caplog) as found:
        yield found


@contextmanager
def reposting(
    server: Synapse, ida: Member, folder: Path, log: pytest.LogCaptureFixture
) -> Iterator[Reposting]:
    log.set_level(logging.INFO, "feedserver.bot")
    account = server.register(f"bot{os.urandom(4).hex()}")
    news = Newsletter(folder / "site")
    news.publish(1, FIRST)
    with hosted(news.folder) as address:
        feed = f"{address}/updates/feed.json"
        yield Reposting(account, ida, folder, ida.create(), news, feed, log)


def test_the_first_run_posts_nothing_and_then_each_update_comes_once(
    bot: Reposting, ida: Member
) -> None:
    bot.once()
    assert ida.shown(bot.room) == []
    bot.news.publish(2, SECOND)
    bot.once()
    bot.once()
    assert ida.shown(bot.room) == [
        "Seagull (Clients), Owl News 2 (https://owls.example/2/#seagull)",
        "Heron (Clients), Owl News 2 (https://owls.example/2/#heron)",
    ]
    event = ida.posted(bot.room)[0]
    assert event["sender"] == bot.account.user
    assert event["content"]["msgtype"] == "m.notice"
    assert event["content"]["org.twim.entry"]["id"] == "https://owls.example/2/#seagull"
    assert event["content"]["org.twim.entry"]["feed"] == bot.feed


def test_the_newest_issue_comes_first_where_that_is_wanted(bot: Reposting, ida: Member) -> None:
    bot.news.publish(2, SECOND)
    bot.more = 'first = "newest"'
    bot.once()
    assert [line.split(" ")[0] for line in ida.shown(bot.room)] == ["Seagull", "Heron"]


def test_an_edit_corrects_the_message_and_nothing_else(bot: Reposting, ida: Member) -> None:
    bot.more = 'first = "newest"'
    bot.once()
    changed = {**FIRST, "Talks": {"Nests": "Of <b>twigs</b> and moss."}}
    # What is put in above moves the dates of what follows.
    bot.news.publish(1, {"News": {"Lark": "It sings."}, **changed})
    bot.once()
    posted = ida.posted(bot.room)
    assert len(posted) == 4
    assert [len(ida.edits(event)) for event in posted] == [0, 0, 1, 0]
    edited = ida.newest(posted[2])
    assert edited["body"].endswith("> Of twigs and moss.")
    assert edited["org.twim.entry"]["version"] != posted[2]["content"]["org.twim.entry"]["version"]
    bot.news.publish(1, FIRST)
    bot.once()
    assert ida.newest(posted[2])["body"].endswith("> Of twigs.")


def test_threads_have_the_digest_as_their_root(bot: Reposting, ida: Member) -> None:
    bot.more = 'first = "newest"\nmode = "threads"'
    bot.once()
    root, *rest = ida.posted(bot.room)
    assert root["content"]["body"] == (
        "Owl News 1 (https://owls.example/1/)\n\n- Clients: Seagull, Owl\n- Talks: Nests"
    )
    assert len(rest) == 3
    for event in rest:
        assert event["content"]["m.relates_to"]["rel_type"] == "m.thread"
        assert event["content"]["m.relates_to"]["event_id"] == root["event_id"]
    bot.news.publish(1, {**FIRST, "Talks": {"Nests": "Of moss."}, "Music": {"Lark": "It sings."}})
    bot.once()
    posted = ida.posted(bot.room)
    assert len(posted) == 5
    assert posted[4]["content"]["m.relates_to"]["event_id"] == root["event_id"]
    assert ida.newest(root)["body"].endswith("- Music: Lark")
    assert ida.newest(posted[3])["body"].endswith("> Of moss.")


def test_issues_are_digests(bot: Reposting, ida: Member) -> None:
    bot.feed = bot.feed.replace("/updates/", "/")
    bot.more = 'mode = "issues"'
    bot.once()
    bot.news.publish(2, SECOND)
    bot.once()
    assert ida.posted(bot.room)[0]["content"]["body"].endswith("- Clients: Seagull, Heron")


def test_what_is_chosen_is_posted_alone(bot: Reposting, ida: Member) -> None:
    bot.more = 'first = "newest"\nnot_section = ["talks"]\nfirst_line = "{project}: {issue}"'
    bot.once()
    assert [line.partition(" (")[0] for line in ida.shown(bot.room)] == [
        "Seagull: Owl News 1",
        "Owl: Owl News 1",
    ]


def test_a_flood_is_told_and_not_posted(bot: Reposting, ida: Member) -> None:
    bot.more = "most = 5"
    bot.once()
    bot.news.publish(2, {"Clients": {f"Owl{number}": "It hoots." for number in range(6)}})
    assert "6 messages would be sent, of at most 5" in bot.once(well=False)
    assert ida.shown(bot.room) == []
    assert "6 messages would be sent" in bot.command("--status")
    assert "6 messages" not in bot.command("--once", code=1)
    bot.more = "most = 6"
    bot.once()
    assert len(ida.shown(bot.room)) == 6


@pytest.mark.parametrize(("more", "left"), [("", 3), ('gone = "redact"', 2)])
def test_an_entry_that_is_gone_is_left_or_redacted(
    bot: Reposting, ida: Member, more: str, left: int
) -> None:
    bot.more = f'first = "newest"\n{more}'
    bot.once()
    bot.news.publish(1, {"Clients": {"Seagull": "It flies."}, "Talks": {"Nests": "Of twigs."}})
    bot.once()
    assert len(ida.posted(bot.room)) == 3
    bot.once()
    bot.once()
    assert len(ida.posted(bot.room)) == left


def test_a_lost_memory_is_found_again_in_the_room(bot: Reposting, ida: Member) -> None:
    bot.more = 'first = "newest"'
    bot.once()
    for path in (bot.folder / "state").iterdir():
        path.unlink()
    bot.news.publish(1, {**FIRST, "Talks": {"Nests": "Of moss."}})
    bot.once()
    bot.once()
    posted = ida.posted(bot.room)
    assert len(posted) == 3
    assert ida.newest(posted[2])["body"].endswith("> Of moss.")


def test_a_room_that_was_replaced_is_followed(bot: Reposting, ida: Member) -> None:
    bot.once()
    new = ida.ask("POST", f"rooms/{bot.room}/upgrade", {"new_version": "12"})["replacement_room"]
    bot.news.publish(2, SECOND)
    bot.once()
    assert len(ida.posted(new)) == 2
    assert ida.posted(bot.room) == []


def test_who_was_thrown_out_waits_for_an_invitation(bot: Reposting, ida: Member) -> None:
    bot.top = f'invites = ["{ida.user}"]'
    bot.once()
    ida.kick(bot.room, bot.account)
    bot.news.publish(2, SECOND)
    assert "isn't in the room any more" in bot.once(well=False)
    # It is told once.
    assert "isn't in the room any more" not in bot.once(well=False)
    ida.invite(bot.room, bot.account)
    assert "it works again" in bot.once()
    assert len(ida.posted(bot.room)) == 2


def test_strangers_invite_in_vain(bot: Reposting, server: Synapse, ida: Member) -> None:
    eve = server.register(f"eve{os.urandom(4).hex()}")
    bot.top = f'invites = ["{ida.user}"]'
    bot.once()
    room = eve.create()
    eve.invite(room, bot.account)
    bot.once()
    joined = bot.account.ask("GET", "joined_rooms")["joined_rooms"]
    assert room not in joined


def test_an_alias_names_a_room(bot: Reposting, ida: Member) -> None:
    name = f"owls{os.urandom(4).hex()}"
    room = ida.create(room_alias_name=name)
    bot.room, bot.more = f"#{name}:owls.test", 'first = "newest"'
    bot.once()
    assert len(ida.posted(room)) == 3


def test_a_token_that_is_no_longer_valid_is_told(bot: Reposting, ida: Member) -> None:
    bot.account.ask("POST", "logout", {})
    assert "M_UNKNOWN_TOKEN" in bot.once(well=False)


def test_a_dry_run_shows_what_would_be_sent(bot: Reposting, ida: Member) -> None:
    bot.more = 'first = "newest"'
    said = bot.command("--dry-run")
    assert "new: Seagull (Clients), Owl News 1 (https://owls.example/1/#seagull)" in said
    assert ida.posted(bot.room) == []
    bot.command("--once")
    assert len(ida.posted(bot.room)) == 3
    assert "nothing is to be sent" in bot.command("--dry-run")


class Killed(BaseException):
    """What ends a bot here, between any two of its steps."""


def _dying(step: Callable[..., Any], at: int, count: Iterator[int], *, after: bool) -> Any:
    def called(*given: Any, **named: Any) -> Any:
        if next(count) != at:
            return step(*given, **named)
        if after:
            step(*given, **named)
        raise Killed

    return called


@pytest.mark.parametrize("after", [False, True], ids=["before", "behind"])
def test_whoever_is_killed_at_any_step_says_everything_once(
    bot: Reposting, ida: Member, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """Each step that is kept or sent, in turn: the bot ends there, and is started again."""
    bot.more = 'first = "newest"\nmode = "threads"'
    for at in itertools.count():
        count = itertools.count()
        with monkeypatch.context() as patched:
            for owner, name in (
                (Memory, "remember"),
                (Memory, "note"),
                (Memory, "forget"),
                (Homeserver, "send"),
            ):
                patched.setattr(owner, name, _dying(getattr(owner, name), at, count, after=after))
            bot.news.publish(1, {**FIRST, "Talks": {"Nests": f"Of twigs, {at}."}})
            try:
                bot.once()
                break
            except Killed:
                pass
        bot.once()
        posted = ida.posted(bot.room)
        assert len(posted) == 4, at
        assert f"Of twigs, {at}." in ida.newest(posted[3])["body"]
    # One that does nothing but poll has a few steps, and one that edits has more.
    assert at >= 5


def test_limits_of_a_homeserver_are_waited_for(
    strict: Synapse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ida = strict.register("iris")
    with reposting(strict, ida, tmp_path, caplog) as bot:
        bot.once()
        bot.news.publish(2, {"Clients": {f"Owl{number}": "It hoots." for number in range(9)}})
        bot.once()
        assert [line.partition(" ")[0] for line in ida.shown(bot.room)] == [
            f"Owl{number}" for number in range(9)
        ]


class Impatient(Bot):
    def _wait(self, seconds: float) -> None:
        """Go on at once."""


def test_a_homeserver_that_is_away_is_told_and_found_again(
    strict: Synapse, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ida = strict.register("ina")
    with reposting(strict, ida, tmp_path, caplog) as bot:
        bot.once()
        bot.news.publish(2, SECOND)
        strict.stop()
        assert "Connection refused" in bot.once(well=False, bot=Impatient)
        strict.start()
        assert "it works again" in bot.once()
        assert len(ida.posted(bot.room)) == 2


def test_a_bot_that_runs_posts_and_ends_when_it_is_told(bot: Reposting, ida: Member) -> None:
    bot.top, bot.more = "interval = 0.5", 'first = "newest"'
    command = [sys.executable, "-m", "feedserver", "bot", "--config", str(bot.settings())]
    process = subprocess.Popen(
        command, env={**os.environ, config.TOKEN: bot.account.token}, cwd=ROOT
    )
    try:
        until(lambda: len(ida.posted(bot.room)) == 3, seconds=60)
        bot.news.publish(2, SECOND)
        until(lambda: len(ida.posted(bot.room)) == 5, seconds=60)
    finally:
        process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


class Busy:
    """A site that asks not to be asked again for an hour."""

    asked = 0

    def fetch(self, address: str, validators: Validators) -> Fetched:
        self.asked += 1
        raise FetchError(f"{address}: it answers 503", 3600.0)


def test_a_site_that_asks_to_wait_is_not_asked_by_a_new_start(bot: Reposting) -> None:
    told, site = config.load(bot.settings()), Busy()
    for _ in range(2):
        with memory.opened(bot.folder / "state") as kept:
            token = {config.TOKEN: bot.account.token}
            Bot(told, token, kept, fetcher=site).poll(all_rooms=True)
    assert site.asked == 1
    assert "it answers 503" in bot.command("--status")


def test_whoever_starts_the_bot_sees_at_once_what_comes_of_it(bot: Reposting, ida: Member) -> None:
    bot.once()
    bot.news.publish(2, SECOND)
    # Its interval is a quarter of an hour, and it has looked just now.
    command = [sys.executable, "-m", "feedserver", "bot", "--config", str(bot.settings())]
    process = subprocess.Popen(
        command, env={**os.environ, config.TOKEN: bot.account.token}, cwd=ROOT
    )
    try:
        until(lambda: len(ida.posted(bot.room)) == 2, seconds=60)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
