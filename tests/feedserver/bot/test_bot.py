"""What the bot does when things go wrong; with a real homeserver it is in tests/rooms."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from feedserver.bot import command, memory
from feedserver.bot.bot import Bot
from feedserver.bot.config import TOKEN, Room
from feedserver.bot.memory import Memory
from feedserver.errors import FetchError, StateError
from feedserver.foreign import isolated, reading
from tests.feedserver.bot.fakes import FEED, IDA, ROOM, USER, Killed, Reply, World, refused

FIRST = {"Clients": {"Seagull": "It flies.", "Owl": "It hoots."}, "Talks": {"Nests": "Of twigs."}}
SECOND = {"Clients": {"Seagull": "It lands.", "Heron": "It waits."}}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    def read(data: bytes, options: Any, address: str, kind: str) -> reading.Reading:
        return reading.read(data, options, address, kind)

    monkeypatch.setattr(isolated, "read", read)
    found = World(tmp_path)
    found.news.publish(1, FIRST)
    return found


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "feedserver.bot")
    return caplog


def nests(text: str) -> dict[str, dict[str, str]]:
    return {**FIRST, "Talks": {"Nests": text}}


def names(world: World, room: str = ROOM) -> list[str]:
    return [body.split(" ")[0] for body in world.home.shown(room)]


def test_the_newest_issue_and_then_each_update_once(world: World) -> None:
    assert world.poll()
    assert names(world) == ["Seagull", "Owl", "Nests"]
    assert world.poll()
    assert world.feeds.unchanged == 1
    world.news.publish(2, SECOND)
    assert world.poll()
    assert names(world)[3:] == ["Seagull", "Heron"]


def test_an_edit_there_and_back_and_there_again_is_three(world: World) -> None:
    world.poll()
    for text in ("Of moss.", "Of twigs.", "Of moss."):
        world.news.publish(1, nests(text))
        assert world.poll()
        assert world.home.shown()[2].endswith(f"> {text}")


def test_who_is_killed_behind_an_edit_follows_a_feed_that_went_back(world: World) -> None:
    world.poll()
    world.news.publish(1, nests("Of moss."))

    world.killed_behind("/send/")
    assert world.home.shown()[2].endswith("> Of moss.")
    # The feed is what it was when it was read to its end.
    world.news.publish(1, FIRST)
    assert world.poll()
    assert world.home.shown()[2].endswith("> Of twigs.")


def test_an_edit_that_is_refused_leaves_none_of_the_others_behind(world: World) -> None:
    world.poll()
    world.home.fails["/send/"] = []
    world.news.publish(1, {"Clients": {"Seagull": "It sits.", "Owl": "It sits."}})
    count = itertools.count()

    def refuse_the_second(path: str) -> None:
        if "/send/" in path and next(count) == 0:
            world.home.fails["/send/"] = [refused(403, "M_FORBIDDEN")]

    world.home.behind = refuse_the_second
    assert not world.poll()
    assert world.home.shown()[0].endswith("> It sits.")
    world.news.publish(1, FIRST)
    assert world.poll()
    assert world.home.shown()[0].endswith("> It flies.")


@pytest.mark.parametrize("after", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("mode", ["updates", "threads"])
def test_whoever_is_killed_at_any_step_of_an_issue_says_everything_once(
    world: World, monkeypatch: pytest.MonkeyPatch, after: bool, mode: Any
) -> None:
    world.room = replace(world.room, mode=mode)
    world.poll()
    for at in range(100):
        step = at
        number = at + 2
        steps = itertools.count()

        def dying(call: Callable[..., Any], steps: Iterator[int], step: int) -> Any:
            def called(*given: Any, **named: Any) -> Any:
                if next(steps) != step:
                    return call(*given, **named)
                if after:
                    call(*given, **named)
                raise Killed

            return called

        with monkeypatch.context() as patched:
            for name in ("remember", "note", "forget"):
                patched.setattr(Memory, name, dying(getattr(Memory, name), steps, step))
            patched.setattr(world.home, "_sent", dying(world.home._sent, steps, step))
            world.news.publish(number, SECOND)
            try:
                world.poll()
                break
            except Killed:
                pass
        # By another device: transactions don't help.
        world.home.whoami["device_id"] = f"B{at}"
        assert world.poll()
        digests = 1 if mode == "threads" else 0
        assert len(world.home.shown()) == 3 + digests + (2 + digests) * (at + 1), at
    assert at > 8


def test_a_message_too_large_is_cut_and_an_edit_of_it_too(
    world: World, log: pytest.LogCaptureFixture
) -> None:
    world.room = replace(world.room, whole=True)
    world.home.largest = 7_000
    long = "</p><p>".join(f"It hoots {number} times." for number in range(400))
    world.news.publish(1, {"Clients": {"Owl": long, "Heron": "It waits."}})
    assert world.poll()
    assert names(world) == ["Owl", "Heron"]
    assert world.home.shown()[0].endswith("#owl")
    assert "is too large for the homeserver, and is cut" in log.text
    assert "and is cut" in (world.status().notice or "")
    assert any(
        "notice: https://owls.example/1/#owl" in line for line in command.status(world.config)
    )
    world.news.publish(1, {"Clients": {"Owl": f"Once. {long}", "Heron": "It waits."}})
    assert world.poll()
    assert "> Once. It hoots" in world.home.shown()[0]
    sent = len(world.home.rooms[ROOM])
    assert world.poll()
    assert len(world.home.rooms[ROOM]) == sent


def test_what_is_too_large_however_short_is_left_out_and_told_once(
    world: World, log: pytest.LogCaptureFixture
) -> None:
    world.home.largest = 200
    assert world.poll()
    assert world.home.shown() == []
    assert "and is left out" in log.text
    asked = len(world.home.asked)
    world.home.largest = 60_000
    world.news.publish(2, SECOND)
    assert world.poll()
    assert names(world) == ["Seagull", "Heron"]
    assert asked


def test_a_proxy_that_says_too_large_in_its_own_words_is_understood(world: World) -> None:
    long = "</p><p>".join(f"It hoots {number} times." for number in range(400))
    world.news.publish(1, nests(long))
    count = itertools.count()

    def refuse_the_third(path: str) -> None:
        if "/send/" in path and next(count) == 1:
            world.home.fails["/send/"] = [Reply(413, b"<h1>413</h1>")]

    world.home.behind = refuse_the_third
    assert world.poll()
    assert names(world) == ["Seagull", "Owl", "Nests"]
    assert "and is cut" in (world.status().notice or "")


def test_a_message_that_is_the_same_isnt_edited_unless_another_stands_there(world: World) -> None:
    world.room = replace(world.room, whole=False)
    world.poll()
    long = "</p><p>".join(f"It hoots {number} times." for number in range(400))
    world.news.publish(1, nests(long))
    world.poll()
    sent = len(world.home.rooms[ROOM])
    world.news.publish(1, nests(f"{long} And once more."))
    assert world.poll()
    assert len(world.home.rooms[ROOM]) == sent


def test_who_may_not_write_is_told_once_and_writes_when_he_may(
    world: World, log: pytest.LogCaptureFixture
) -> None:
    world.home.fails["/send/"] = [refused(403, "M_FORBIDDEN") for _ in range(2)]
    assert not world.poll()
    assert "M_FORBIDDEN" in log.text
    assert any("problem: it answers 403" in line for line in command.status(world.config))
    log.clear()
    assert not world.poll()
    assert log.text == ""
    assert world.poll()
    assert "it works again" in log.text
    assert names(world) == ["Seagull", "Owl", "Nests"]


def test_who_was_banned_says_so_and_what_helps(world: World, log: pytest.LogCaptureFixture) -> None:
    world.poll()
    world.home.joined.clear()
    assert not world.poll()
    assert "isn't in the room any more: one of invites has to invite it" in log.text


def invitation(who: str, **more: object) -> dict[str, object]:
    content = {"membership": "invite"}
    event = {"type": "m.room.member", "state_key": USER, "sender": who, "content": content}
    return {"invite_state": {"events": [event, {"type": "m.room.name"}, 1, {**event, **more}]}}


@pytest.mark.parametrize(
    ("told", "joined"),
    [
        (invitation(IDA), True),
        (invitation("@eve:owls.test"), False),
        # Of two that are said to invite one may be made up.
        (invitation(IDA, sender="@eve:owls.test"), False),
        (invitation(IDA, sender="@eve:owls.test", state_key="@ina:owls.test"), True),
        ({"invite_state": {"events": []}}, False),
        ([], False),
    ],
)
def test_invitations_of_those_on_the_list_are_accepted(
    world: World, told: object, joined: bool
) -> None:
    world.invites = (IDA,)
    world.home.invitations["!other"] = told
    assert world.poll()
    assert ("!other" in world.home.joined) is joined


def test_an_invitation_that_was_taken_back_holds_nothing_up(
    world: World, log: pytest.LogCaptureFixture
) -> None:
    world.invites = (IDA,)
    world.home.invitations["!other"] = invitation(IDA)
    world.home.fails["join/"] = [refused(403, "M_FORBIDDEN")]
    assert world.poll()
    assert len(world.home.shown()) == 3
    assert "the invitation by @ida:owls.test can't be accepted" in log.text


def replaced(world: World, by: str = "!tree") -> None:
    world.home.rooms.setdefault(by, [])
    world.home.states[(ROOM, "m.room.tombstone")] = {"replacement_room": by}


def test_what_stands_in_a_room_that_was_replaced_is_left_there(world: World) -> None:
    world.room = replace(world.room, gone="redact")
    world.poll()
    replaced(world)
    world.news.publish(1, {"Clients": {"Seagull": "It sits.", "Heron": "It waits."}})
    for _ in range(3):
        assert world.poll()
    assert len(world.home.shown()) == 3
    assert "> It flies." in world.home.shown()[0]
    assert names(world, "!tree") == ["Heron"]


def test_what_was_sent_before_the_room_was_replaced_is_found_there(world: World) -> None:
    world.killed_behind("/send/")
    replaced(world)
    assert world.poll()
    assert names(world) == ["Seagull"]
    assert names(world, "!tree") == ["Owl", "Nests"]


def test_an_entry_that_returns_when_its_message_was_taken_back_comes_again(world: World) -> None:
    world.room = replace(world.room, gone="redact")
    world.poll()
    for _ in range(2):
        world.news.publish(1, {"Clients": FIRST["Clients"]})
        world.news.publish(2, SECOND)
        world.poll()
        world.poll()
        assert "Nests" not in names(world)
        world.news.publish(1, FIRST)
        world.poll()
        assert world.poll()
        assert names(world).count("Nests") == 1


def test_a_killed_redaction_is_finished(world: World) -> None:
    world.room = replace(world.room, gone="redact")
    world.poll()
    world.news.publish(2, SECOND)
    world.poll()
    world.news.publish(1, {"Clients": FIRST["Clients"]})
    world.poll()

    world.killed_behind("/redact/")
    # Its text is another when it returns: what was taken back can't be edited.
    world.news.publish(1, nests("Of moss."))
    assert world.poll()
    assert world.home.shown()[-1].endswith("> Of moss.")


def test_a_lost_memory_takes_back_nothing_that_left_the_feed_at_its_end(world: World) -> None:
    world.room = replace(world.room, gone="redact")
    world.poll()
    world.news.publish(2, SECOND)
    world.poll()
    (world.folder / memory.FILE).unlink()
    world.news.issues = {2: SECOND}
    world.news.publish(3, {"Clients": {"Owl": "It sleeps."}})
    for _ in range(4):
        assert world.poll()
    assert names(world) == ["Seagull", "Owl", "Nests", "Seagull", "Heron", "Owl"]


def test_a_lost_memory_edits_again_what_it_has_edited_before(world: World) -> None:
    world.poll()
    for text in ("Of moss.", "Of twigs."):
        world.news.publish(1, nests(text))
        world.poll()
    (world.folder / memory.FILE).unlink()
    for text in ("Of moss.", "Of twigs.", "Of moss."):
        world.news.publish(1, nests(text))
        assert world.poll()
        assert world.home.shown()[2].endswith(f"> {text}")


def test_a_room_has_two_feeds(world: World) -> None:
    world.more = (replace(world.room, feed=FEED.replace("/updates/", "/"), mode="issues"),)
    assert world.poll()
    assert world.poll()
    assert len(world.home.shown()) == 4
    assert "- Talks: Nests" in world.home.shown()[3]


def test_a_mode_for_which_a_feed_has_nothing_is_told(world: World) -> None:
    world.room = replace(world.room, mode="issues")
    assert not world.poll()
    assert world.status().problem == (
        "there are updates alone in this feed: is mode updates or threads meant?"
    )


def test_a_flood_is_told_with_its_number(world: World) -> None:
    world.room = replace(world.room, most=2)
    assert not world.poll()
    assert world.status().held == 3
    assert world.home.shown() == []
    world.room = replace(world.room, most=3)
    assert world.poll()
    assert world.status().held == 0
    assert len(world.home.shown()) == 3


def test_a_token_of_another_device_is_told_once(
    world: World, log: pytest.LogCaptureFixture
) -> None:
    world.poll()
    assert "another device" not in log.text
    world.home.whoami["device_id"] = "B"
    assert world.poll()
    assert "the token is of another device, B" in log.text
    log.clear()
    assert world.poll()
    assert "another device" not in log.text
    assert len(world.home.shown()) == 3


def test_a_token_of_no_device_will_do(world: World) -> None:
    del world.home.whoami["device_id"]
    assert world.poll()
    world.home.states[(ROOM, "m.room.encryption")] = {"algorithm": "m.megolm.v1.aes-sha2"}
    assert not world.poll()
    assert world.status().problem == "the room is encrypted, and the token is of no device"


def test_a_token_of_another_account_posts_nothing(world: World) -> None:
    world.home.whoami["user_id"] = IDA
    assert not world.poll()
    assert world.status().problem == f"the token is {IDA}'s, not {USER}'s"


def test_no_token_and_what_is_none_are_told_without_it(
    world: World, log: pytest.LogCaptureFixture
) -> None:
    world.token = {}
    assert not world.poll()
    assert "set TWIM_MATRIX_TOKEN" in (world.status().problem or "")
    world.token = {TOKEN: "secret\nX-Other: 1"}
    assert not world.poll()
    assert "there is no access token in it" in (world.status().problem or "")
    assert "secret" not in log.text


def test_a_feed_that_asks_for_rest_gets_it_also_of_who_comes_once(world: World) -> None:
    world.feeds.fails = [FetchError("it answers 503", 7200.0)]
    assert not world.poll()
    world.now += 3600
    assert not world.poll()
    assert not world.home.shown()
    world.now += 3601
    assert world.poll()
    assert len(world.home.shown()) == 3


def test_a_homeserver_that_asks_for_a_long_rest_gets_it(world: World) -> None:
    limited = refused(429, "M_LIMIT_EXCEEDED", retry_after_ms=1_200_000)
    world.home.fails["/send/"] = [limited]
    assert not world.poll()
    assert not world.poll()
    assert world.home.fails["/send/"] == []
    world.now += 1201
    assert world.poll()
    assert len(world.home.shown()) == 3


def test_limits_and_lost_connections_are_waited_for(world: World) -> None:
    limited = refused(429, "M_LIMIT_EXCEEDED", retry_after_ms=4_300)
    world.home.fails["/send/"] = [limited, None, Reply(502, b"bad gateway"), Reply(429, {}, "3")]
    assert world.poll()
    assert names(world) == ["Seagull", "Owl", "Nests"]
    assert world.waited > 10


def test_a_homeserver_that_is_away_is_told(world: World) -> None:
    world.home.fails["account/whoami"] = [None] * 5
    assert not world.poll()
    assert "connection refused" in (world.status().problem or "")
    assert world.poll()


def test_what_is_no_homeserver_is_told(world: World) -> None:
    world.home.fails["account/whoami"] = [Reply(200, b"<html>")]
    assert not world.poll()
    assert "is it a homeserver?" in (world.status().problem or "")


def test_a_room_whose_time_has_not_come_isnt_asked(world: World) -> None:
    assert world.poll(all_rooms=False)
    asked = len(world.home.asked)
    assert world.poll(all_rooms=False)
    assert len(world.home.asked) == asked
    world.now += 1000
    assert world.poll(all_rooms=False)
    assert len(world.home.asked) > asked


def test_a_bot_that_is_stopped_finishes_the_message_at_hand(world: World) -> None:
    with memory.opened(world.folder) as kept:
        bot = Bot(world.config, world.token, kept, fetcher=world.feeds, client=world.home)
        world.home.behind = lambda path: bot.stop() if "/send/" in path else None
        bot.run()
    assert names(world) == ["Seagull"]
    world.home.behind = lambda path: None
    assert world.poll()
    assert names(world) == ["Seagull", "Owl", "Nests"]


def test_a_bot_that_is_stopped_while_it_waits_ends(world: World) -> None:
    with memory.opened(world.folder) as kept:
        bot = Bot(world.config, world.token, kept, fetcher=world.feeds, client=world.home)
        world.home.fails["account"] = [refused(429, "M_LIMIT_EXCEEDED", retry_after_ms=500_000)]
        bot.stop()
        assert not bot.poll(all_rooms=True)


def test_one_bot_at_a_time_has_a_state(world: World) -> None:
    with memory.opened(world.folder):
        with pytest.raises(StateError, match="another bot uses this state"):
            world.poll()
        assert list(command.status(world.config))


def test_a_first_run_that_was_cut_short_goes_on(world: World) -> None:
    world.news.publish(2, SECOND)
    count = itertools.count()

    def die(path: str) -> None:
        if "/send/" in path and next(count) == 0:
            raise Killed

    world.home.behind = die
    with pytest.raises(Killed):
        world.poll()
    assert world.poll()
    assert names(world) == ["Seagull", "Heron"]


def test_a_dry_run_says_what_is_wrong(world: World) -> None:
    world.feeds.fails = [FetchError("it answers 404")]
    world.more = (Room("!other", FEED, most=1, first="newest"),)
    with memory.opened(world.folder, reading=True) as kept:
        lines = list(Bot(world.config, {}, kept, fetcher=world.feeds, client=world.home).preview())
    assert lines[1] == "  it answers 404"
    assert "3 messages would be sent, of at most 1" in lines[3]


def test_issues_whose_updates_are_among_each_other_have_a_thread_each(world: World) -> None:
    """As in the feed of several sites, whose issues are of one minute."""
    world.room = replace(world.room, mode="threads", first="none")
    world.poll()
    world.news.offsets = {3: -timedelta(weeks=1) + timedelta(milliseconds=500)}
    world.news.publish(2, SECOND)
    world.news.publish(3, {"Clients": {"Owl": "It sleeps.", "Lark": "It sings."}})
    assert world.poll()
    assert world.poll()
    roots = [event for event in world.home.rooms[ROOM] if "m.relates_to" not in event["content"]]
    assert len(roots) == 2
    assert len(world.home.rooms[ROOM]) == 6
