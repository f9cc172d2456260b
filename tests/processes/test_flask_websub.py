"""WebSub with an implementation by others, flask-websub: as subscriber, and as hub."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask
from flask_websub import hub as hubs
from flask_websub import subscriber as subscribers
from werkzeug.serving import make_server

from feedserver.feeds import export
from tests.feedserver import origin
from tests.feedserver.origin import Answer, Request
from tests.feedserver.running import running, until
from tests.feedserver.servers import small_archive, write_site
from tests.processes.test_websub import PRIVATE, publish
from tests.samples import SITE


@contextmanager
def _serving(app: Any) -> Iterator[str]:
    """An app on this machine; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Queue:
    """In the place of celery, for which the hub is made: does in a thread what is put off."""

    def task(self, *, bind: bool = False, **options: object) -> Callable[..., Any]:
        def wrap(function: Callable[..., Any]) -> Any:
            class Task:
                @staticmethod
                def delay(*arguments: object) -> None:
                    given = (None, *arguments) if bind else arguments
                    threading.Thread(target=function, args=given, daemon=True).start()

            return Task

        return wrap


def test_its_subscriber_at_our_hub(tmp_path: Path) -> None:
    site = tmp_path / "site"
    write_site(site)
    app = Flask("subscriber")
    found = subscribers.Subscriber(
        subscribers.SQLite3SubscriberStorage(str(tmp_path / "s.sqlite")),
        subscribers.SQLite3TempSubscriberStorage(str(tmp_path / "t.sqlite")),
    )
    app.register_blueprint(found.build_blueprint(url_prefix="/callbacks"))
    agreed: list[str] = []
    told: list[bytes] = []

    def agree(topic: str, callback: str, mode: str) -> None:
        agreed.append(mode)

    def hear(topic: str, callback: str, body: bytes) -> None:
        told.append(body)

    found.add_success_handler(agree)
    found.add_listener(hear)
    with running(site, settings=PRIVATE) as server, _serving(app) as here:
        feed = f"{server.address}/section/clients/atom.xml"
        with app.test_request_context(base_url=here):
            advert = subscribers.discover(f"{feed}?utm_source=x")
            assert advert == {"hub_url": f"{server.address}/hub", "topic_url": feed}
            callback = found.subscribe(**advert, lease_seconds=5000)
            until(lambda: agreed == ["subscribe"])
            publish(site)
            until(lambda: told)
            assert told == [server.get("/section/clients/atom.xml").body]
            found.renew(callback)
            until(lambda: agreed == ["subscribe", "subscribe"])
            found.unsubscribe(callback)
            until(lambda: agreed[2:] == ["unsubscribe"])


def test_our_subscriber_at_its_hub(tmp_path: Path) -> None:
    write_site(tmp_path)
    app = Flask("hub")
    hub = hubs.Hub(hubs.SQLite3HubStorage(str(tmp_path / "h.sqlite")), _Queue())
    app.register_blueprint(hub.build_blueprint(url_prefix="/hub"))
    with _serving(app) as there, origin.serving() as web:
        feed = f"{web.origin}/atom.xml"

        def answer(request: Request) -> Answer:
            links = f'<{there}/hub>; rel="hub", <{feed}>; rel="self"'
            return Answer((tmp_path / "atom.xml").read_bytes(), headers={"Link": links})

        web.answer = answer
        # Asked by itself it would come too late for this test.
        with running(feed, settings=f"{PRIVATE}poll = 86400\n") as server:
            until(lambda: list(hub.storage.get_callbacks(feed)))
            [(callback, secret)] = hub.storage.get_callbacks(feed)
            assert callback.startswith(f"{server.address}/callback/") and secret
            archive = small_archive()
            issue = replace(archive.entries[0], title="Owls have come")
            changed = replace(archive, entries=(issue, *archive.entries[1:]))
            export.write(changed, SITE.url, tmp_path)
            hub.send_change_notification.delay(feed)
            until(lambda: b"Owls have come" in server.get("/atom.xml").body)
