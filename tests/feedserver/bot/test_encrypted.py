"""Encrypted rooms with a homeserver in memory; with a real one they are in tests/rooms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nio.crypto import Olm
from nio.events import MegolmEvent, ToDeviceEvent
from nio.store import SqliteStore

from feedserver.foreign import isolated, reading
from feedserver.sources.client import Request
from tests.feedserver.bot.fakes import IDA, ROOM, USER, Home, Reply, World

FIRST = {"Clients": {"Seagull": "It flies.", "Owl": "It hoots."}}


class KeyHome(Home):
    """A homeserver with the keys of a member, which it hands on."""

    def __init__(self, member: Olm) -> None:
        super().__init__()
        self.member = member
        self.keys = member.share_keys()
        self.handed: list[dict[str, Any]] = []
        self.states[(ROOM, "m.room.encryption")] = {"algorithm": "m.megolm.v1.aes-sha2"}

    def _answer(self, request: Request, path: str) -> Reply:
        told = json.loads(request.content or b"{}")
        match path.partition("?")[0].split("/"):
            case ["keys", "upload"]:
                assert "one_time_keys" not in told
                return Reply(200, {"one_time_key_counts": {"signed_curve25519": 0}})
            case ["rooms", _, "joined_members"]:
                return Reply(200, {"joined": {IDA: {}, USER: {}}})
            case ["keys", "query"]:
                assert sorted(told["device_keys"]) == [USER, IDA]
                return Reply(200, {"device_keys": {IDA: {"I": self.keys["device_keys"]}}})
            case ["keys", "claim"]:
                name, key = self.keys["one_time_keys"].popitem()
                return Reply(200, {"one_time_keys": {IDA: {"I": {name: key}}}, "failures": {}})
            case ["sendToDevice", kind, _]:
                content = told["messages"][IDA]["I"]
                event = {"type": kind, "sender": USER, "content": content}
                self.member.handle_to_device_event(ToDeviceEvent.parse_event(event))
                self.handed.append(content)
                return Reply(200, {})
        return super()._answer(request, path)

    def read(self) -> list[dict[str, Any]]:
        """The contents of all messages, decrypted by the member."""
        found = []
        for event in self.rooms[ROOM]:
            assert event["type"] == "m.room.encrypted"
            parsed = MegolmEvent.from_dict(event | {"room_id": ROOM})
            found.append(self.member.decrypt_megolm_event(parsed).source["content"])
        return found


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    def read(data: bytes, options: Any, address: str, kind: str) -> reading.Reading:
        return reading.read(data, options, address, kind)

    monkeypatch.setattr(isolated, "read", read)
    found = World(tmp_path)
    found.news.publish(1, FIRST)
    store = SqliteStore(IDA, "I", str(tmp_path), "", "ida.db")
    found.home = KeyHome(Olm(IDA, "I", store))
    yield found
    store.database.close()


def home(world: World) -> KeyHome:
    assert isinstance(world.home, KeyHome)
    return world.home


def test_messages_and_edits_are_decrypted_by_a_member(world: World) -> None:
    world.room = replace(world.room, mode="threads")
    assert world.poll()
    assert [said["body"].split(" ")[0] for said in home(world).read()] == ["Owl", "Seagull", "Owl"]
    assert len(home(world).handed) == 1
    world.news.publish(1, {"Clients": {"Seagull": "It sits.", "Owl": "It hoots."}})
    assert world.poll()
    edit = home(world).read()[3]
    assert edit["m.new_content"]["body"].endswith("> It sits.")
    assert home(world).rooms[ROOM][3]["content"]["m.relates_to"] == edit["m.relates_to"]
    # The key of one session for each poll that sends.
    assert len(home(world).handed) == 2


def test_what_was_sent_is_found_where_transactions_are_forgotten(world: World) -> None:
    world.killed_behind("/send/")
    world.home._transactions.clear()
    assert world.poll()
    assert [said["body"].split(" ")[0] for said in home(world).read()] == ["Seagull", "Owl"]


def test_a_message_is_redacted_and_what_was_is_no_message(world: World) -> None:
    world.room = replace(world.room, gone="redact")
    assert world.poll()
    world.news.publish(2, FIRST)
    world.poll()
    world.news.publish(1, {"Clients": {"Seagull": "It flies."}})
    world.poll()
    assert world.poll()
    assert world.home.rooms[ROOM][1]["content"] == {}
    (world.folder / "bot.sqlite").unlink()
    assert world.poll()
    assert len(world.home.rooms[ROOM]) == 4


def test_keys_that_are_gone_decrypt_nothing_and_hold_nothing_up(world: World) -> None:
    assert world.poll()
    for path in (world.folder / "keys").iterdir():
        path.unlink()
    (world.folder / "bot.sqlite").unlink()
    world.room = replace(world.room, first="none")
    assert world.poll()
    assert len(world.home.rooms[ROOM]) == 2


def test_an_answer_about_keys_that_is_none_is_told(world: World) -> None:
    world.home.fails["keys/query"] = [Reply(200, {"device_keys": 1})]
    assert not world.poll()
    assert world.status().problem == "its answer about keys/query is none"
    assert world.home.rooms[ROOM] == []
