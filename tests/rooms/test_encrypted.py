"""The bot in encrypted rooms of a real homeserver: a member of them decrypts what comes."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nio
import pytest

from feedserver.bot import _encrypted
from tests.rooms.synapse import Member, Synapse
from tests.rooms.test_bot import FIRST, SECOND, Reposting, reposting

ENCRYPTION = {"algorithm": "m.megolm.v1.aes-sha2"}


@pytest.fixture
def bot(server: Synapse, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Reposting]:
    ida = server.register(f"ida{tmp_path.name[-12:].strip('_').lower()}")
    with reposting(server, ida, tmp_path, caplog) as found:
        found.more = 'first = "newest"'
        yield found


@pytest.fixture
def ida(bot: Reposting, tmp_path: Path) -> Reader:
    (tmp_path / "ida").mkdir()
    reader = Reader(bot.owner, bot.room, tmp_path / "ida")
    reader.read()
    bot.owner.ask("PUT", f"rooms/{bot.room}/state/m.room.encryption/", ENCRYPTION)
    return reader


class Reader:
    """A member with a client of another make, which keeps its keys in a folder."""

    def __init__(self, member: Member, room: str, folder: Path) -> None:
        self._member = member
        self._room = room
        self._folder = folder

    def read(self) -> list[dict[str, Any]]:
        """All messages of the room since the last look, decrypted, the oldest first."""
        return asyncio.run(self._read())

    async def _read(self) -> list[dict[str, Any]]:
        config = nio.AsyncClientConfig(store_sync_tokens=True)
        client = nio.AsyncClient(
            self._member.server.address,
            self._member.user,
            store_path=str(self._folder),
            config=config,
        )
        device = self._member.ask("GET", "account/whoami")["device_id"]
        client.restore_login(self._member.user, device, self._member.token)
        found = []
        try:
            answer = await client.sync(timeout=0)
            assert isinstance(answer, nio.SyncResponse), answer
            if client.should_upload_keys:
                await client.keys_upload()
            if self._room in answer.rooms.join:
                for event in answer.rooms.join[self._room].timeline.events:
                    if isinstance(event, nio.RoomMessage | nio.MegolmEvent):
                        found.append(event.source | {"decrypted": event.decrypted})
        finally:
            await client.close()
            client.store.database.close()
        return found


def _names(events: list[dict[str, Any]]) -> list[str]:
    return [event["content"]["body"].split(" ")[0] for event in events]


@pytest.mark.dependency
def test_a_member_decrypts_messages_and_edits_also_of_a_bot_that_was_started_anew(
    bot: Reposting, ida: Reader
) -> None:
    bot.command("--once")
    first = ida.read()
    assert _names(first) == [
        "Seagull",
        "Owl",
        "Nests",
    ]
    assert all(event["decrypted"] for event in first)
    assert {event["type"] for event in bot.owner.encrypted(bot.room)} == {"m.room.encrypted"}
    bot.news.publish(1, {**FIRST, "Talks": {"Nests": "Of moss."}})
    bot.command("--once")
    (edit,) = ida.read()
    assert edit["content"]["m.new_content"]["body"].endswith("> Of moss.")
    assert edit["content"]["m.relates_to"]["event_id"] == first[2]["event_id"]
    bot.news.publish(2, SECOND)
    bot.command("--once")
    bot.command("--once")
    assert _names(ida.read()) == ["Seagull", "Heron"]
    devices = bot.account.ask("POST", "keys/query", {"device_keys": {bot.account.user: []}})
    assert len(devices["device_keys"][bot.account.user]) == 1


def test_the_server_sees_threads_and_nothing_else(bot: Reposting, ida: Reader) -> None:
    bot.more += '\nmode = "threads"'
    bot.once()
    root, *rest = bot.owner.encrypted(bot.room)
    for event in rest:
        assert event["content"]["m.relates_to"]["event_id"] == root["event_id"]
        assert "org.twim.entry" not in event["content"]
    assert ida.read()[0]["content"]["org.twim.entry"]["id"] == "https://owls.example/1/"


def test_what_was_sent_before_the_end_is_found_in_the_room(
    bot: Reposting, ida: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    send = _encrypted.EncryptedRooms.send

    def killed(*given: Any) -> str:
        send(*given)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(_encrypted.EncryptedRooms, "send", killed)
        with pytest.raises(Killed):
            bot.once()
    # Other transactions: that nothing comes twice is the bot's doing.
    monkeypatch.setattr("feedserver.bot._events.transaction", lambda *told: os.urandom(9).hex())
    bot.once()
    assert _names(ida.read()) == [
        "Seagull",
        "Owl",
        "Nests",
    ]


def test_whoever_joins_later_reads_from_then_on(
    bot: Reposting, ida: Reader, server: Synapse
) -> None:
    bot.once()
    ina = server.register("ina")
    ina.ask("POST", f"join/{bot.room}", {})
    folder = bot.folder / "ina"
    folder.mkdir()
    reader = Reader(ina, bot.room, folder)
    reader.read()
    bot.news.publish(2, SECOND)
    bot.once()
    assert [event["decrypted"] for event in reader.read()] == [True, True]
    assert len(ida.read()) == 5


def test_the_keys_are_for_the_bots_account_alone(bot: Reposting, ida: Reader) -> None:
    bot.once()
    assert stat.S_IMODE((bot.folder / "state" / "keys").stat().st_mode) == 0o700


def test_without_the_extra_nothing_is_posted_and_that_is_told(
    bot: Reposting, ida: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_encrypted, "find_spec", lambda name: None)
    assert "can't encrypt: install mkdocs-twim[e2ee]" in bot.once(well=False)
    assert "can't encrypt" in bot.command("--status")
    assert bot.owner.encrypted(bot.room) == []
    assert ida.read() == []


def test_nio_is_read_for_encrypted_rooms_alone() -> None:
    code = "import sys, feedserver.bot.command; print('nio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_nio_says_nothing_in_the_log(bot: Reposting, ida: Reader) -> None:
    bot.log.set_level(logging.DEBUG)
    bot.once()
    assert not [record for record in bot.log.records if record.name.startswith("nio")]


@pytest.mark.parametrize("said", ["It hoots, & that < {} > times. ", "بومة تنعق {} مرات 🦉 "])
def test_a_whole_update_and_its_edit_fit_into_an_event(
    bot: Reposting, ida: Reader, said: str
) -> None:
    bot.more += "\nwhole = true"
    long = "</p><p>".join(said.format(number) * 3 for number in range(1000))
    bot.news.publish(1, {"Clients": {"Owl": long}})
    assert "too large" not in bot.once()
    bot.news.publish(1, {"Clients": {"Owl": f"Once. {long}"}})
    assert "too large" not in bot.once()
    first, edit = ida.read()
    assert len(json.dumps(first["content"], ensure_ascii=False).encode()) > 22_000
    assert len(json.dumps(edit["content"], ensure_ascii=False).encode()) > 44_000
