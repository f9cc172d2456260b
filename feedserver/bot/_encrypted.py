"""Messages into encrypted rooms, by the Olm machine of matrix-nio (the extra `e2ee`).

nio encrypts and keeps the keys, and `Homeserver` asks: so limits, lost connections and the end of
the bot are what they are elsewhere. Each poll that sends has a Megolm session of its own, whose key
all devices of the room's members get, verified or not (Client-Server API v1.18, "End-to-End
Encryption").

Left out is what nobody needs who only writes: one-time keys. So nobody can give this device the
keys of what others write, and none of it waits for the bot on the homeserver.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedserver.bot.homeserver import Homeserver, Json, Sent
from feedserver.errors import HomeserverError

if TYPE_CHECKING:
    from nio.crypto import Olm

ENCRYPTED = "m.room.encrypted"
_FILE = "keys.sqlite"
# The keys lie beside what they would be locked with: who may read the folder protects them.
_PASSPHRASE = "feedserver"
_WANTED = "signed_curve25519"


class EncryptedRooms:
    """What a homeserver does for plain rooms, for encrypted ones."""

    def __init__(self, home: Homeserver, machine: Olm) -> None:
        self._home = home
        self._machine = machine

    def send(self, room: str, transaction: str, content: Json) -> str:
        """Encrypt a message, and send it; its id."""
        if self._machine.should_share_group_session(room):
            self._share(room)
        encrypted = dict(self._encrypted(room, content))
        if "m.relates_to" in content:
            # Servers put threads and edits together, and see only this of them.
            encrypted["m.relates_to"] = content["m.relates_to"]
        return self._home.send(room, transaction, encrypted, ENCRYPTED)

    def _encrypted(self, room: str, content: Json) -> Json:
        """What the machine's `group_encrypt` gives, which has twelve bytes for each emoji."""
        message = {"type": "m.room.message", "room_id": room, "content": content}
        written = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        session = self._machine.outbound_group_sessions[room]
        return {
            "algorithm": "m.megolm.v1.aes-sha2",
            "sender_key": self._machine.account.identity_keys["curve25519"],
            "ciphertext": session.encrypt(written.encode("utf-8", "replace").decode()),
            "session_id": session.id,
            "device_id": self._machine.device_id,
        }

    def redact(self, room: str, event: str, transaction: str) -> str:
        """Take an event back; the id of the redaction."""
        return self._home.redact(room, event, transaction)

    def own_messages(self, room: str, user: str, *, pages: int) -> Iterator[Sent]:
        """A user's messages in a room, decrypted where the keys are known, the newest first."""
        for sent in self._home.own_messages(room, user, pages=pages):
            yield self._decrypted(sent, room) if sent.type == ENCRYPTED else sent

    def _decrypted(self, sent: Sent, room: str) -> Sent:
        from nio.events import MegolmEvent
        from nio.exceptions import EncryptionError

        told = {
            "event_id": sent.id,
            "sender": sent.sender,
            "origin_server_ts": sent.time,
            "type": sent.type,
            "room_id": room,
            "content": dict(sent.content),
        }
        event = MegolmEvent.from_dict(told)
        if not isinstance(event, MegolmEvent):
            # Taken back, say.
            return sent
        known = self._machine.inbound_group_store
        if not known.get(room, event.sender_key, event.session_id):
            return sent
        try:
            found = self._machine.decrypt_megolm_event(event, room)
        except EncryptionError:
            return sent
        return replace(sent, type="m.room.message", content=found.source["content"])

    def _share(self, room: str) -> None:
        """Begin a session, and give its key to all devices of the members."""
        from nio.responses import KeysClaimResponse, KeysQueryResponse, KeysUploadResponse

        machine = self._machine
        if not machine.account.shared:
            device = {"device_keys": machine.share_keys()["device_keys"]}
            self._ask(KeysUploadResponse, "keys/upload", device)
        users = sorted(self._home.members(room))
        everything: list[str] = []
        query = {"device_keys": dict.fromkeys(users, everything)}
        self._ask(KeysQueryResponse, "keys/query", query)
        if missing := machine.get_missing_sessions(users):
            claimed = {user: dict.fromkeys(devices, _WANTED) for user, devices in missing.items()}
            self._ask(KeysClaimResponse, "keys/claim", {"one_time_keys": claimed})
        shares = machine.share_group_session_parallel(room, users, ignore_unverified_devices=True)
        for devices, content in shares:
            path = f"sendToDevice/{ENCRYPTED}/{uuid.uuid4().hex}"
            self._home.ask("PUT", path, content)
            machine.outbound_group_sessions[room].users_shared_with.update(devices)
        machine.outbound_group_sessions[room].shared = True

    def _ask(self, kind: Any, path: str, content: Json) -> None:
        """Call the API for keys, and have the machine take the answer."""
        answer = kind.from_dict(dict(self._home.ask("POST", path, content)))
        if not isinstance(answer, kind):
            raise HomeserverError(f"its answer about {path} is none", "", None)
        self._machine.handle_response(answer)


@contextmanager
def opened(
    home: Homeserver, user: str, device: str | None, folder: Path
) -> Iterator[EncryptedRooms]:
    """The encrypted rooms of a device, whose keys are in a folder.

    Raises:
        HomeserverError: the extra isn't installed, or the token is of no device.
    """
    if find_spec("nio") is None or find_spec("vodozemac") is None:
        raise HomeserverError(
            "the room is encrypted, and this bot can't encrypt: install mkdocs-twim[e2ee]", "", None
        )
    if device is None:
        raise HomeserverError("the room is encrypted, and the token is of no device", "", None)
    from nio.crypto import Olm
    from nio.store import SqliteStore

    # It tells of each device what is no news here.
    logging.getLogger("nio").setLevel(logging.ERROR)
    keys = folder / "keys"
    keys.mkdir(mode=0o700, exist_ok=True)
    store = SqliteStore(user, device, str(keys), _PASSPHRASE, _FILE)
    try:
        yield EncryptedRooms(home, Olm(user, device, store))
    finally:
        store.database.close()
