"""What a worker does: it answers requests, with the database that its parent made."""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from socket import socket

import uvicorn
from starlette.types import ASGIApp

from feedserver.ledger import work
from feedserver.ledger.ledger import Ledger
from feedserver.network.hub import Hub
from feedserver.network.pushes import Pushes
from feedserver.serving import logs, networking, reports
from feedserver.serving.logs import AccessLog
from feedserver.serving.operations import Operations
from feedserver.serving.protocol import limited
from feedserver.serving.reports import Observer, Told
from feedserver.settings.settings import Settings
from feedserver.sources.statefolder import NETWORK
from feedserver.store.store import OWN, Store
from feedserver.web.app import create_app
from feedserver.web.callback import WebSub
from feedserver.web.limits import Limits, Pieces, Targets

if sys.platform != "win32":
    import resource

log = logging.getLogger("feedserver")

_PERIOD = 1.0
"""How often, in seconds, a worker reports."""
_WATCH = 0.25
"""How often, in seconds, it looks whether there is a new version."""
_BUSY = 3.0
"""How long, in seconds, who asks something waits for the work that is being done."""


class _Ear:
    """Hears what the parent tells; the last of it counts."""

    def __init__(self, parent: Connection, told: Told) -> None:
        self.parent = parent
        self.told = told
        self._wakes, self._waker = Pipe(duplex=False)

    def listen(self, seconds: float) -> None:
        """Listen for a while, or until `wake` is called.

        Raises:
            EOFError, OSError: the parent is gone, or has ended the connection.
        """
        until = time.monotonic() + seconds
        while (rest := until - time.monotonic()) > 0:
            heard = wait([self.parent, self._wakes], rest)
            if self._wakes in heard:
                return
            if heard:
                self.told = self.parent.recv()

    def wake(self) -> None:
        """Listen no longer, now and from now on."""
        self._waker.close()


def run(
    settings: Settings,
    database: Path,
    lasting: Path | None,
    listener: socket,
    told: Told,
    parent: Connection,
) -> None:
    """Answer what comes to the listener, until the parent ends or closes the connection."""
    with logs.configured(settings), networking.opened(settings, lasting, _BUSY) as found:
        websub = _websub(settings, found) if found else None
        _allow_descriptors(2 * settings.max_connections + 100)
        store = Store(database, hub=settings.hub)
        ear = _Ear(parent, told)
        observer = Observer(_app(settings, store, websub, lambda: ear.told))
        server = uvicorn.Server(_config(settings, observer))
        _handle_signals(server)
        reporter = threading.Thread(
            target=_report, args=(server, observer, store, ear), daemon=True, name="reports"
        )
        reporter.start()
        server.run(sockets=[listener])
        ear.wake()
        reporter.join(timeout=2 * _PERIOD)


def _websub(settings: Settings, found: Ledger) -> WebSub:
    """What takes that which other servers say."""
    runner = work.runner(found)
    hub = Hub(found, runner) if settings.hub == OWN else None
    return WebSub(hub, Pushes(found, runner))


def _app(
    settings: Settings, store: Store, websub: WebSub | None, told: Callable[[], Told]
) -> ASGIApp:
    # To look whether there is a new version takes nothing, unlike looking at the sources.
    watching = replace(settings, interval=min(settings.interval, _WATCH))
    network = settings.state / NETWORK if settings.state and settings.peers else None
    app: ASGIApp = create_app(watching, store=store, network=network, websub=websub)
    if settings.state is not None:
        app = Operations(
            app,
            told,
            index=lambda: store.snapshot.index,
            problem=lambda: store.problem,
            public_metrics=settings.metrics is None,
        )
    app = Pieces(Targets(Limits(app, settings)))
    return AccessLog(app, clients=settings.log_clients) if settings.log_requests else app


def _config(settings: Settings, app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=limited(settings),
        ws="none",
        h11_max_incomplete_event_size=settings.max_headers,
        log_config=None,
        access_log=False,
        lifespan="on",
        # The app knows which proxies to trust.
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, round(settings.drain)),
    )


def _handle_signals(server: uvicorn.Server) -> None:
    def stop(number: int, frame: object) -> None:
        # uvicorn raises a signal again after its shutdown, and one may come before it has begun.
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    if sys.platform != "win32":
        # It is for the parent, but a terminal sends it to all.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _report(server: uvicorn.Server, observer: Observer, store: Store, ear: _Ear) -> None:
    """Tell the parent what was answered; when it closes the connection, end."""
    parent = ear.parent
    try:
        while not server.started and not parent.poll(0.01):
            pass
        parent.send(reports.ready(store.snapshot.index))
        going = True
        while going:
            ear.listen(_PERIOD)
            going = not server.should_exit
            snapshot = store.snapshot
            seen = [observer.seen.popleft() for _ in range(len(observer.seen))]
            modified, damaged = snapshot.archive.modified, snapshot.found_damage()
            parent.send(reports.report(seen, snapshot.index, modified, damaged=damaged))
    except (OSError, EOFError):
        log.debug("the parent process is gone")
    server.should_exit = True


def _allow_descriptors(count: int) -> None:
    """Let the process have as many connections as the settings say, if the system allows."""
    if sys.platform != "win32":
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
