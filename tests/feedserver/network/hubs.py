"""A hub for tests, in this process: its app, and its work, which is done when a test says so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from starlette.testclient import TestClient

from feedserver.feeds import export
from feedserver.ledger import ledger, work
from feedserver.ledger.ledger import Ledger
from feedserver.network import delivering, verifying
from feedserver.network.delivering import Deliverer
from feedserver.network.hub import Bounds, Hub
from feedserver.network.pushes import Pushes
from feedserver.network.topics import Announcer
from feedserver.network.verifying import Verifier
from feedserver.settings.settings import Settings
from feedserver.sources.addresses import Dialler
from feedserver.sources.builder import DATABASE
from feedserver.sources.client import Client
from feedserver.store.store import OWN, Store
from feedserver.web.app import create_app
from feedserver.web.callback import WebSub
from tests.feedserver.ledger.databases import Place
from tests.feedserver.servers import URL, small_archive, write_site
from tests.samples import SITE, update
from tests.served import served

HUB = f"{URL}hub"
ATOM = f"{URL}section/clients/atom.xml"


class Clock:
    """A time that passes when a test says so."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time

    def pass_by(self, seconds: float) -> None:
        self.time += seconds


@dataclass
class Running:
    """A hub over a site's folder."""

    folder: Path
    client: TestClient
    ledger: Ledger
    announcer: Announcer
    verifier: Verifier
    deliverer: Deliverer
    clock: Clock
    changes: int = 0
    asked: dict[str, str] = field(default_factory=dict)

    def ask(self, callback: str, topic: str = ATOM, **more: str) -> tuple[int, str]:
        """Subscribe, or what `mode` says; status and text of the answer."""
        form = {"hub.mode": "subscribe", "hub.callback": callback, "hub.topic": topic}
        form |= {f"hub.{name}": value for name, value in more.items()}
        return self.send(form)

    def send(self, form: Mapping[str, str]) -> tuple[int, str]:
        answer = self.client.post("/hub", data=dict(form))
        return answer.status_code, answer.text

    def subscribe(self, callback: str, topic: str = ATOM, **more: str) -> None:
        """Subscribe, and be asked back."""
        status, text = self.ask(callback, topic, **more)
        assert status == 202, text
        self.work()

    def change(self) -> None:
        """Publish one more update of a project in the section `clients`, and find out."""
        self.changes += 1
        archive = small_archive()
        more = [
            update(archive.entries[0], 1 + number, project=f"owl{number}")
            for number in range(self.changes)
        ]
        export.write(replace(archive, entries=(*archive.entries, *more)), SITE.url, self.folder)
        # A file is read when it was found the same twice.
        for _ in range(3):
            self.announcer.look()
        # Nobody is told before all have taken it up.
        self.clock.pass_by(1)

    def work(self) -> None:
        """Do what is due."""
        for sweeper in (self.verifier, self.deliverer):
            for shard in range(sweeper.shards):
                sweeper.sweep(shard, 10.0)

    def get(self, path: str) -> bytes:
        return self.client.get(path).content


@contextmanager
def hub(
    folder: Path,
    *,
    bounds: Bounds | None = None,
    private: bool = True,
    place: Place | None = None,
    settings: Settings | None = None,
) -> Iterator[Running]:
    site = folder / "site"
    write_site(site)
    served_here = served(site)
    state = folder / "site.state"
    clock = Clock()
    connect = Dialler(private=private).connect
    store = Store(state / DATABASE, hub=OWN)
    with place.opened() if place else ledger.opened(folder / "ledger") as found:
        runner = work.runner(found)
        taking = Hub(found, runner, bounds=bounds, now=clock)
        websub = WebSub(taking, Pushes(found, runner, clock))
        settings = replace(settings or Settings(url=URL), interval=0.01)
        app = create_app(settings, store=store, websub=websub)

        def opened(of_network: bool) -> Store:
            class Fresh(Store):
                def refresh(self) -> bool:
                    served_here.refresh()
                    store.refresh()
                    return super().refresh()

            return Fresh(state / DATABASE, hub=OWN)

        with TestClient(app, base_url=URL) as client:
            yield Running(
                site,
                client,
                found,
                Announcer(found, runner, opened, clock),
                Verifier(
                    found, runner, Client(verifying.LIMITS, connect), bounds=bounds, now=clock
                ),
                Deliverer(found, Client(delivering.LIMITS, connect), clock),
                clock,
            )
