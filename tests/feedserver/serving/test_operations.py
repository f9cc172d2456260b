"""What operators are answered, and the folder of a server's state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import platformdirs
import pytest
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from feedserver.errors import StateError
from feedserver.feeds.index import Index
from feedserver.model import Feed
from feedserver.serving.operations import Operations
from feedserver.serving.reports import Told
from feedserver.settings.settings import Settings
from feedserver.sources import statefolder
from feedserver.sources.statefolder import Health, SourceStatus
from tests.samples import DAY, archive, post

pytestmark = pytest.mark.dependency


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """The app behind; only its start and end come here."""
    for _ in range(2):
        message = await receive()
        await send({"type": f"{message['type']}.complete"})


def test_without_a_feed_nothing_can_be_served() -> None:
    operations = Operations(
        _nothing, lambda: Told(Health(), b""), index=lambda: Index(archive([])), public_metrics=True
    )
    with TestClient(operations) as client:
        answer = client.get("/healthz")
        assert answer.status_code == 503
        assert answer.json() == {"status": "failing", "entries": 0, "feeds": 0, "sources": []}
        # Nothing has been counted yet.
        assert client.get("/metrics").content == b""


def test_peers_are_shown_with_what_is_wrong() -> None:
    good = SourceStatus("https://a.example/", "address", DAY, None, "current")
    bad = SourceStatus("https://b.example/", "address", None, "it answers 410 Gone", "missing")
    mine = Health((SourceStatus("site", "site", DAY, None, "current"),))

    def health(*peers: SourceStatus) -> Any:
        told = statefolder.together([mine, Health(peers=peers)])
        found = archive([post("one")], [Feed("/", "L", "L", "posts", "/")])
        operations = Operations(
            _nothing, lambda: Told(told, b""), index=lambda: Index(found), public_metrics=True
        )
        with TestClient(operations) as client:
            return client.get("/healthz").json()

    assert health(good)["status"] == "ok"
    found = health(good, bad)
    assert found["status"] == "degraded" and len(found["sources"]) == 1
    assert [each["state"] for each in found["peers"]] == ["current", "missing"]
    assert found["peers"][1]["error"] == "it answers 410 Gone"
    assert "peers" not in health()


def test_a_source_is_current_or_not(tmp_path: Path) -> None:
    assert statefolder.statuses(tmp_path) == ()
    (tmp_path / statefolder.STATUS).write_text(
        '{"sources": [{"name": "a", "kind": "feed", "state": "current", "posts": 1},'
        ' {"name": "b", "kind": "missing", "state": "missing", "error": "gone"}]}'
    )
    first, second = statefolder.statuses(tmp_path)
    assert first.current and first.last_success is None
    assert not second.current and second.error == "gone"


def test_what_is_fetched_is_kept_below_the_cache_by_one_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / name)
    peer = Settings(sources=("https://peer.example/atom.xml",))
    with statefolder.held(peer) as first, statefolder.held(peer) as second:
        assert first.path.parent == tmp_path / "feedserver"
        assert second.path.parent != first.path.parent
    assert first.path.is_dir() and not second.path.exists()
    with statefolder.held(peer) as again:
        assert again.path == first.path
    with statefolder.held(Settings(sources=("site",))) as temporary:
        assert temporary.path.parent != first.path.parent
    assert not temporary.path.exists()


def test_a_state_folder_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(StateError, match="file/state: the state folder: Not a directory"),
        statefolder.held(Settings(state=tmp_path / "file" / "state")),
    ):
        raise AssertionError
