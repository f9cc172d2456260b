"""A real homeserver for tests: Synapse on loopback, in a folder of its own, and who talks to it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.conftest import absent
from tests.feedserver.running import until

_SECRET = "s"
_UNLIMITED = {"per_second": 100_000, "burst_count": 100_000}


@dataclass(slots=True)
class Synapse:
    """A homeserver; `limited` lets few messages come at once."""

    folder: Path
    port: int
    limited: bool = False
    python: str = field(default_factory=lambda: os.environ.get("TWIM_SYNAPSE", sys.executable))
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        config = self.folder / "homeserver.yaml"
        # JSON is YAML.
        config.write_text(json.dumps(self._config()), "utf-8")
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [self.python, "-m", "synapse.app.homeserver", "-c", str(config)],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": ""},
            )
        until(self._answers, seconds=120)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
            self.process = None

    def register(self, name: str) -> Member:
        """Make an account; who has it can talk."""
        path = "/_synapse/admin/v1/register"
        nonce = self.ask("GET", path)["nonce"]
        told = "\0".join((nonce, name, "p", "notadmin")).encode()
        mac = hmac.new(_SECRET.encode(), told, hashlib.sha1).hexdigest()
        account = {"nonce": nonce, "username": name, "password": "p", "admin": False, "mac": mac}
        found = self.ask("POST", path, account)
        return Member(self, found["user_id"], found["access_token"])

    def ask(
        self, method: str, path: str, content: object = None, token: str | None = None
    ) -> dict[str, Any]:
        """Call the API; what is no success is an error."""
        data = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{self.address}{path}", data, method=method)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "log").read_text("utf-8")[-3000:]
        try:
            with urllib.request.urlopen(f"{self.address}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _config(self) -> dict[str, object]:
        seed = base64.b64encode(bytes(32)).decode().rstrip("=")
        config: dict[str, object] = {
            "server_name": "owls.test",
            "listeners": [
                {
                    "port": self.port,
                    "type": "http",
                    "tls": False,
                    "bind_addresses": ["127.0.0.1"],
                    "resources": [{"names": ["client"]}],
                }
            ],
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "hs.db")}},
            "signing_key": f"ed25519 a_t {seed}",
            "media_store_path": str(self.folder / "media"),
            "registration_shared_secret": _SECRET,
            "macaroon_secret_key": "m",
            "form_secret": "f",
            "report_stats": False,
            "trusted_key_servers": [],
            "federation_domain_whitelist": [],
            "bcrypt_rounds": 4,
            "presence": {"enabled": False},
            "rc_registration": _UNLIMITED,
            "rc_joins_per_room": _UNLIMITED,
            "rc_room_creation": _UNLIMITED,
            "rc_joins": {"local": _UNLIMITED, "remote": _UNLIMITED},
            "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), _UNLIMITED),
            "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), _UNLIMITED),
        }
        limits = {"per_second": 2, "burst_count": 3} if self.limited else _UNLIMITED
        return {**config, "rc_message": limits}


@dataclass(frozen=True, slots=True)
class Member:
    """An account, and what a person does with it."""

    server: Synapse
    user: str
    token: str

    def ask(self, method: str, path: str, content: object = None) -> dict[str, Any]:
        return self.server.ask(method, f"/_matrix/client/v3/{path}", content, self.token)

    def create(self, **more: object) -> str:
        """Make a room that anyone may join."""
        return str(self.ask("POST", "createRoom", {"preset": "public_chat", **more})["room_id"])

    def invite(self, room: str, who: Member) -> None:
        self.ask("POST", f"rooms/{quote(room)}/invite", {"user_id": who.user})

    def kick(self, room: str, who: Member) -> None:
        self.ask("POST", f"rooms/{quote(room)}/kick", {"user_id": who.user})

    def encrypted(self, room: str) -> list[dict[str, Any]]:
        """All encrypted messages of a room, as they are."""
        return self.events(room, "m.room.encrypted")

    def events(self, room: str, type: str = "m.room.message") -> list[dict[str, Any]]:
        """All messages of a room as `/messages` gives them, the oldest first."""
        kept = quote(json.dumps({"types": [type]}))
        found: list[dict[str, Any]] = []
        start = ""
        while True:
            path = f"rooms/{quote(room)}/messages?dir=b&limit=100&filter={kept}{start}"
            page = self.ask("GET", path)
            found += page["chunk"]
            if "end" not in page:
                return found[::-1]
            start = f"&from={quote(page['end'])}"

    def posted(self, room: str) -> list[dict[str, Any]]:
        """The messages of a room, without edits, and without what was redacted."""
        return [
            event
            for event in self.events(room)
            if event["content"]
            and event["content"].get("m.relates_to", {}).get("rel_type") != "m.replace"
        ]

    def shown(self, room: str) -> list[str]:
        """The first lines of the messages of a room, as they stand after edits."""
        return [str(self.newest(event)["body"]).split("\n")[0] for event in self.posted(room)]

    def newest(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The content of a message in its newest version, by its relations."""
        edits = self.edits(event)
        newest: dict[str, Any] = edits[0]["content"]["m.new_content"] if edits else event["content"]
        return newest

    def edits(self, event: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
        """The edits of a message, the newest first, as `/relations` gives them."""
        path = f"/rooms/{quote(event['room_id'])}/relations/{quote(event['event_id'])}/m.replace"
        found = self.server.ask("GET", f"/_matrix/client/v1{path}", None, self.token)
        chunk: list[dict[str, Any]] = found["chunk"]
        return chunk


@contextmanager
def homeserver(folder: Path, *, limited: bool = False) -> Iterator[Synapse]:
    """A running homeserver in a folder."""
    python = os.environ.get("TWIM_SYNAPSE")
    if python is None and find_spec("synapse") is None:
        absent("Synapse (pip install matrix-synapse)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Synapse(folder, port, limited)
    server.start()
    try:
        yield server
    finally:
        server.stop()
