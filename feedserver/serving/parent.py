"""`feedserver serve`: a parent process that reads the sources, and workers that answer.

The workers share the listening socket and take up the database that the parent makes, so that
neither reading nor building takes anything from the answers.
"""

from __future__ import annotations

import errno
import logging
import multiprocessing
import signal
import socket
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection, wait
from pathlib import Path

from prometheus_client import start_http_server

from feedserver.errors import ServingError, SettingsError, SourceError
from feedserver.network.peers import Peers
from feedserver.serving import logs, networking, worker
from feedserver.serving.metrics import Metrics
from feedserver.serving.networking import Watch
from feedserver.serving.rebuilding import Rebuilding
from feedserver.serving.reports import Ready, Report, Told
from feedserver.serving.supervisor import Supervisor
from feedserver.settings.settings import Settings
from feedserver.settings.values import host_and_port
from feedserver.sources import source, statefolder
from feedserver.sources.builder import DATABASE, Builder
from feedserver.store.store import OWN

log = logging.getLogger("feedserver")

_PERIOD = 1.0
"""How often, in seconds, it is looked whether a worker is to be started."""


_LISTEN = 0.1
"""How soon, in seconds, a signal is heard while the sources are read for the first time."""


def serve(settings: Settings, announce: Callable[[Ready, str], None]) -> None:
    """Serve until a signal says to stop; `announce` is told of the address when all is ready.

    Raises:
        FeedServerError: a source, the state folder, the port or the workers can't be used.
    """
    _find_sources(settings)
    if settings.hub not in (OWN, "") and settings.url is None:
        raise SettingsError("hub: a hub elsewhere has to know where we are: set url", "settings")
    with ExitStack() as stack:
        stack.enter_context(logs.configured(settings))
        signals = stack.enter_context(_signals())
        listener = stack.enter_context(_bound(settings.host, settings.port))
        lasting = stack.enter_context(statefolder.subscribed(settings))
        folder = stack.enter_context(statefolder.held(settings))
        if lasting is None and settings.hub == OWN:
            settings = replace(settings, hub="")
        settings = replace(settings, state=folder.path)
        kept = stack.enter_context(networking.opened(settings, lasting))
        builder = Builder(settings, state=folder, turns=networking.turns(kept))
        rebuilding = stack.enter_context(Rebuilding(builder, settings.interval))
        # First of all what is being fetched is let go of, for which the thread waits.
        stack.callback(builder.close)
        while not rebuilding.wait(_LISTEN):
            if signals.stop:
                return
        peers = None
        if settings.peers:
            peers = Peers(
                settings,
                lambda: builder.archives,
                lasting=folder.lasting,
                turns=networking.turns(kept),
            )
        settings = replace(settings, folder=settings.folder or builder.folder)
        builders = (builder, peers) if peers else (builder,)
        site = folder.path / DATABASE
        watch = stack.enter_context(
            networking.at_work(settings, site, kept, builders, _origin(listener))
        )
        if lasting is not None and kept is None:
            watch.problem = f"{lasting}: the ledger can't be used; the log says why"
        network = _network(settings, peers, stack)
        metrics = Metrics(lambda: datetime.now(UTC))
        _serve_metrics(settings, metrics, stack)

        rebuilt = (rebuilding, *network)
        parent = _Parent(settings, lasting, listener, metrics, rebuilt, watch, signals)

        def begun(ready: Ready) -> None:
            watch.begin()
            announce(ready, _origin(listener))

        try:
            parent.run(begun)
        finally:
            # From here on connections are refused, and not left waiting.
            listener.close()
            parent.stop()


def _network(settings: Settings, peers: Peers | None, stack: ExitStack) -> Sequence[Rebuilding]:
    """What makes the network's database, in a thread of its own, if there are peers."""
    if peers is None:
        return ()
    rebuilding = stack.enter_context(Rebuilding(peers, settings.interval, needed=False))
    stack.callback(peers.close)
    return (rebuilding,)


def _find_sources(settings: Settings) -> None:
    """Say first of all what is no source, unless something else can be served.

    Raises:
        SourceError: there is none of them.
    """
    errors = []
    for name in settings.sources:
        try:
            source.find(name, settings)
        except SourceError as error:
            errors.append(str(error))
    # In a state folder may be what they were.
    if len(errors) == len(settings.sources) and settings.state is None:
        raise SourceError("; ".join(errors))


class _Signals:
    """Signals that have come; `wake` can be waited for."""

    def __init__(self) -> None:
        self.wake, self._ring = multiprocessing.Pipe(duplex=False)
        self.stop = self.hurry = self.reload = False

    def take(self, number: int, frame: object) -> None:
        if sys.platform != "win32" and number == signal.SIGHUP:
            self.reload = True
        else:
            self.hurry = self.stop
            self.stop = True
        self._ring.send_bytes(b"!")

    def close(self) -> None:
        self.wake.close()
        self._ring.close()


@contextmanager
def _signals() -> Iterator[_Signals]:
    signals = _Signals()
    numbers = [signal.SIGINT, signal.SIGTERM]
    if sys.platform != "win32":
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, signals.take) for number in numbers}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signals.close()


class _Parent:
    """What the parent does while it serves."""

    def __init__(
        self,
        settings: Settings,
        lasting: Path | None,
        listener: socket.socket,
        metrics: Metrics,
        rebuilding: Sequence[Rebuilding],
        watch: Watch,
        signals: _Signals,
    ) -> None:
        self._settings = settings
        self._lasting = lasting
        self._listener = listener
        self._supervisor = Supervisor(settings.workers, worker.run, self._arguments)
        self._metrics = metrics
        self._rebuilding = rebuilding
        self._watch = watch
        self._signals = signals
        self._latest: Told | None = None
        self._due = 0.0

    def run(self, announce: Callable[[Ready], None]) -> None:
        """Watch over the workers until a signal says to stop."""
        first: Ready | None = None
        told = False
        while not self._signals.stop:
            due = self._supervisor.start_due()
            timeout = _PERIOD if due is None else min(_PERIOD, max(0.0, due))
            for connection in wait([*self._supervisor.connections(), self._signals.wake], timeout):
                assert isinstance(connection, Connection)
                if connection is self._signals.wake:
                    self._on_signal(connection)
                    continue
                for message in self._supervisor.receive(connection):
                    first = first or (message if isinstance(message, Ready) else None)
                    self._on_report(message)
                self._supervisor.tell(connection, self._told())
            if first is not None and not told and self._supervisor.ready:
                told = True
                announce(first)

    def stop(self) -> None:
        """End the workers, when they have answered what is on its way."""
        patience = self._settings.drain + 2
        for message in self._supervisor.stop(patience, lambda: self._signals.hurry):
            self._on_report(message)

    def _on_signal(self, connection: Connection) -> None:
        connection.recv_bytes()
        if self._signals.reload:
            self._signals.reload = False
            log.info("the sources are read again")
            for each in self._rebuilding:
                each.now()

    def _arguments(self) -> tuple[object, ...]:
        """What a worker is started with."""
        assert self._settings.state is not None
        site = self._settings.state / DATABASE
        return self._settings, site, self._lasting, self._listener, self._told()

    def _told(self) -> Told:
        """What to tell a worker; the same to all that report within a moment."""
        now = time.monotonic()
        if self._latest is None or now >= self._due:
            health = statefolder.together(each.health() for each in self._rebuilding)
            if self._watch.problem is not None:
                health = replace(health, problems=(*health.problems, self._watch.problem))
            self._metrics.tell(
                (*health.sources, *health.peers), self._supervisor.restarts, self._watch.queues
            )
            # Those that have an address of their own are answered here.
            text = b"" if self._settings.metrics else self._metrics.text()
            self._latest = Told(health, zlib.compress(text))
            pause = statefolder.pause(len(health.sources) + len(health.peers))
            self._due = now + max(_PERIOD / 2, pause)
        return self._latest

    def _on_report(self, message: object) -> None:
        if isinstance(message, Report):
            self._metrics.add(message)
            if message.damaged:
                for each in self._rebuilding:
                    each.suspect()


def _serve_metrics(settings: Settings, metrics: Metrics, stack: ExitStack) -> None:
    if settings.metrics is None:
        return
    host, port = host_and_port(settings.metrics)
    with _listening(settings.metrics, "metrics", "metrics"):
        server, thread = start_http_server(port, host, registry=metrics.registry)
    stack.callback(thread.join)
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    log.info("metrics are on http://%s:%s/metrics", host, server.server_port)


@contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket with the address, on which workers listen; until one does, nobody waits there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as found:
        # Without it an answer's body waits for the client to acknowledge the headers, for 40 ms.
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if sys.platform != "win32":
            # Else the port would be taken for a minute after a restart.
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with _listening(
            f"[{host}]:{port}" if ":" in host else f"{host}:{port}", "--port", "--host"
        ):
            found.bind((host, port))
        yield found


@contextmanager
def _listening(address: str, port: str, host: str) -> Iterator[None]:
    """Say which option is to be changed, if nothing can listen at an address.

    Raises:
        ServingError: that is so.
    """
    try:
        yield
    except OSError as error:
        match error.errno:
            case errno.EADDRINUSE:
                advice = f"another program listens at this port; name another with {port}"
            case errno.EACCES:
                advice = f"ports below 1024 are for root alone; name another with {port}"
            case _:
                advice = f"{error.strerror}; name an address of this machine with {host}"
        raise ServingError(f"{address}: {advice}") from error


def _origin(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
