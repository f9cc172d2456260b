"""WebSub between processes: servers that are hubs, and who subscribes there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

from feedserver.feeds import export
from tests.feedserver import origin
from tests.feedserver.network.subscribers import post, subscriber
from tests.feedserver.origin import Answer
from tests.feedserver.running import running, until
from tests.feedserver.servers import small_archive, write_site
from tests.samples import SITE, update

PRIVATE = "private_addresses = true\n"


def publish(site: Path) -> None:
    """One more update, of the project `owls`."""
    archive = small_archive()
    more = update(archive.entries[0], 1, project="owls")
    export.write(replace(archive, entries=(*archive.entries, more)), SITE.url, site)


def test_who_subscribes_is_told_of_a_change(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write_site(site)
    with running(site, settings=PRIVATE) as server, subscriber() as found:
        topic = f"{server.address}/section/clients/atom.xml"
        answer = server.get("/section/clients/atom.xml")
        links = answer.headers["Link"]
        assert links == f'<{server.address}/hub>; rel="hub", <{topic}>; rel="self"'
        wish = {"hub.mode": "subscribe", "hub.topic": topic, "hub.callback": found.callback}
        assert post(f"{server.address}/hub", wish)[0] == 202
        until(lambda: found.asked)
        publish(site)
        until(lambda: found.got)
        [request] = found.got
        assert b"owls" in request.body
        assert request.headers["Link"] == links
        assert request.headers["Content-Type"] == answer.headers["Content-Type"]
        assert request.body == server.get("/section/clients/atom.xml").body


def test_who_subscribes_after_the_state_folder_was_taken_away_is_told(tmp_path: Path) -> None:
    """By the server that runs, and by the next."""
    site, state = tmp_path / "site", tmp_path / "state"
    write_site(site)
    settings = f"{PRIVATE}state = '{state}'\nurl = 'https://feeds.example/'\n"
    with subscriber() as before, subscriber() as found:

        def subscribe(address: str, callback: str) -> None:
            topic = "https://feeds.example/section/clients/atom.xml"
            wish = {"hub.mode": "subscribe", "hub.topic": topic, "hub.callback": callback}
            assert post(f"{address}/hub", wish)[0] == 202

        with running(site, settings=settings) as server:
            subscribe(server.address, before.callback)
            until(lambda: before.asked)
            shutil.rmtree(state)
            until(lambda: "it was taken away, and is made anew" in server.logged())
            subscribe(server.address, found.callback)
            until(lambda: found.asked)
            publish(site)
            until(lambda: found.got)
            assert server.logged().count("is made anew") == 1
            assert server.health()["status"] == "ok"
        with running(site, settings=settings):
            write_site(site)
            until(lambda: len(found.got) == 2)
    assert not before.got


def test_a_server_is_told_by_the_hub_of_its_peer(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    write_site(first)
    write_site(second)
    with running(first, settings=PRIVATE) as owls:
        # Asked by itself it would come too late for this test.
        settings = f"{PRIVATE}poll = 86400\nstate = '{tmp_path / 'state'}'\n"
        settings += f"[[peers]]\nurl = '{owls.address}/'\ntitle = 'Owls'\n"
        with running(second, settings=settings) as foxes:
            until(lambda: b"subscribe: 0 due, 1 later" in _work(tmp_path))
            archive = small_archive()
            new = replace(archive.entries[0], id="https://owls.example/a", url="https://a.example/")
            export.write(replace(archive, entries=(*archive.entries, new)), SITE.url, first)
            until(lambda: b"https://owls.example/a" in foxes.get("/network/feed.json").body)
            links = foxes.get("/network/feed.json").headers["Link"]
            assert f'<{foxes.address}/network/feed.json>; rel="self"' in links


def _work(folder: Path) -> bytes:
    """What `feedserver work` says of the second server."""

    config = folder / "work.toml"
    config.write_text(f"state = '{folder / 'state'}'\n")
    command = [sys.executable, "-m", "feedserver", "work", "--config", str(config)]
    return subprocess.run(command, capture_output=True).stdout


def test_a_hub_elsewhere_is_told_of_what_has_changed(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write_site(site)
    told: list[str] = []
    with origin.serving() as hub:

        def answer(request: origin.Request) -> Answer:
            told.extend(parse_qs(request.body.decode())["hub.url"])
            return Answer(status=204)

        hub.answer = answer
        settings = f'{PRIVATE}hub = "{hub.origin}/"\nurl = "https://feeds.example/"\n'
        with running(site, settings=settings) as server:
            links = server.get("/atom.xml").headers["Link"]
            assert f'<{hub.origin}/>; rel="hub"' in links
            assert post(f"{server.address}/hub", {"hub.mode": "subscribe"})[0] == 405
            publish(site)
            base = "https://feeds.example/section/clients"
            until(lambda: len(told) >= 3)
            assert sorted(told) == [
                f"{base}/{file}" for file in ("atom.xml", "feed.json", "rss.xml")
            ]
