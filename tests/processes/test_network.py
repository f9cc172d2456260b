"""A real server with peers of which one never answers: it is served as without it."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from feedserver.feeds import export
from tests.feedserver.foreign.test_joining import site
from tests.feedserver.network.test_peers import archive_of
from tests.feedserver.origin import Answer, serving
from tests.feedserver.running import running, until
from tests.samples import SITE, post


def _silent(connection: socket.socket) -> None:
    """Say nothing until the client has gone."""
    connection.recv(1)


def test_a_peer_that_never_answers_is_in_nobody_s_way(tmp_path: Path) -> None:
    export.write(site(post("mine")), SITE.url, tmp_path / "site")
    with (
        serving(lambda request: Answer(raw=_silent)) as slow,
        serving(lambda request: Answer(archive_of("one"))) as good,
    ):
        settings = (
            "private_addresses = true\npoll = 0.5\nfetch_timeout = 2\n"
            f'state = "{(tmp_path / "state").as_posix()}"\n'
            f'[[peers]]\nurl = "{slow.origin}/a"\n[[peers]]\nurl = "{good.origin}/archive.json"\n'
        )
        with running(tmp_path / "site", settings=settings) as server:
            assert server.get("/feed.json").status == 200
            until(lambda: b"papers.example" in server.get("/network/feed.json").body)
            titles = [
                e["title"] for e in json.loads(server.get("/network/feed.json").body)["items"]
            ]
            assert sorted(titles) == ["Mine", "One"]
            until(lambda: "error" in server.health()["peers"][0])
            first, second = server.health()["peers"]
            assert (first["state"], second["state"]) == ("missing", "current")
            # What is new of the site comes all the same.
            export.write(site(post("mine"), post("new", days=1)), SITE.url, tmp_path / "site")
            until(lambda: b"New" in server.get("/network/feed.json").body)
            assert b"New" in server.get("/feed.json").body
