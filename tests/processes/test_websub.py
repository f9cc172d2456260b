"""WebSub between processes: a server that is a hub, and who subscribes there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from feedserver.feeds import export
from tests.feedserver.network.subscribers import post, subscriber
from tests.feedserver.running import running, until
from tests.feedserver.servers import small_archive, write_site
from tests.samples import SITE, update


def test_who_subscribes_is_told_of_a_change(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write_site(site)
    with running(site, settings="private_addresses = true") as server, subscriber() as found:
        topic = f"{server.address}/section/clients/atom.xml"
        answer = server.get("/section/clients/atom.xml")
        links = answer.headers["Link"]
        assert links == f'<{server.address}/hub>; rel="hub", <{topic}>; rel="self"'
        wish = {"hub.mode": "subscribe", "hub.topic": topic, "hub.callback": found.callback}
        assert post(f"{server.address}/hub", wish)[0] == 202
        until(lambda: found.asked)
        archive = small_archive()
        issue = archive.entries[0]
        more = update(issue, 1, project="owls")
        export.write(replace(archive, entries=(*archive.entries, more)), SITE.url, site)
        until(lambda: found.got)
        [request] = found.got
        assert b"owls" in request.body
        assert request.headers["Link"] == links
        assert request.headers["Content-Type"] == answer.headers["Content-Type"]
        assert request.body == server.get("/section/clients/atom.xml").body
