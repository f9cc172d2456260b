"""The work that servers have with each other, beside the answers: in a process of its own kind.

The parent of the workers does it; they put down what is asked of them. Where the ledger can't be
used the rest is served all the same.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from feedserver.errors import FeedServerError, ServingError, StateError
from feedserver.ledger import ledger, work
from feedserver.ledger.fetches import Fetches
from feedserver.ledger.ledger import Ledger
from feedserver.ledger.runner import Runner, Sweeper
from feedserver.ledger.work import Queue
from feedserver.network import delivering, hubs, topics, verifying
from feedserver.network.delivering import Deliverer
from feedserver.network.publishing import Publisher
from feedserver.network.pushes import Heard, Pushes
from feedserver.network.subscribing import Subscriber
from feedserver.network.verifying import Verifier
from feedserver.serving import logs
from feedserver.settings.settings import Settings
from feedserver.sources import statefolder
from feedserver.sources.addresses import Dialler
from feedserver.sources.builder import Builder
from feedserver.sources.client import Client
from feedserver.sources.keeping import ledger_of
from feedserver.sources.slots import Made, is_address
from feedserver.sources.statefolder import NETWORK
from feedserver.sources.written import Turns
from feedserver.store.store import OWN, Store

log = logging.getLogger("feedserver")


_LOOK = 5.0
"""How often, in seconds, it is counted what there is to be done: it takes a look at each row."""


class Watch:
    """Knows how much there is to be done; nothing is before `begin`, as others would come then."""

    def __init__(self, found: Ledger | None, listen: Callable[[], None] = lambda: None) -> None:
        self._ledger = found
        self._listen = listen
        self.begun = threading.Event()
        self._stop = threading.Event()
        self.queues: Sequence[Queue] = ()
        self.problem: str | None = None

    def run(self) -> None:
        losses = self._ledger.losses if self._ledger else 0
        while self._ledger is not None and not self._stop.is_set():
            # While the database is away it is what it was.
            with suppress(StateError):
                self.queues = work.queues(self._ledger)
            if losses != self._ledger.losses:
                losses = self._ledger.losses
                self._listen()
            self._stop.wait(_LOOK)

    def begin(self) -> None:
        """There is somebody here who answers."""
        self.begun.set()

    def stop(self) -> None:
        self._stop.set()
        self.begun.set()


@contextmanager
def opened(
    settings: Settings, lasting: Path | None, busy: float = ledger.BUSY
) -> Iterator[Ledger | None]:
    """The ledger in the folder of subscriptions, if that is ours and can be used.

    `busy` is how long, in seconds, it waits for what others write there.
    """
    with ExitStack() as stack:
        yield _opened(settings, lasting, stack, busy)


def turns(found: Ledger | None) -> Turns | None:
    """When sources are due, if there is a ledger; for one thread."""
    return Turns(Fetches(found)) if found else None


@contextmanager
def at_work(
    settings: Settings, site: Path, found: Ledger | None, builders: Sequence[Builder], origin: str
) -> Iterator[Watch]:
    """Do what is due, in threads, while something else is done.

    `site` is the database of the site, and `origin` where this server listens.
    """
    with ExitStack() as stack:
        watch = Watch(None)
        if found:
            base = settings.url or (f"{origin}/" if settings.private_addresses else None)
            kinds = sweepers(settings, found, base)
            runner = work.runner(found, kinds)
            listen = partial(
                _listen, found, runner, settings, builders, subscribing=base is not None
            )
            listen()
            watch = Watch(found, listen)
            places = {False: site, True: site.with_name(NETWORK)}

            def opened_store(of_network: bool = False) -> Store:
                return Store(places[of_network], hub=settings.hub)

            networked = bool(settings.peers)

            def made(of_network: bool) -> Made:
                # On one machine there is nobody else.
                return builders[of_network].made if found.is_shared else Made(0, 0)

            announcer = topics.Announcer(
                found, runner, opened_store, networked=networked, made=made
            )
            looks: list[Callable[[], object]] = [announcer.look]
            for each in kinds:
                if isinstance(each, Publisher):
                    looks.append(partial(each.look, runner, opened_store))
            stop = threading.Event()
            for look in looks:
                _start(stack, partial(topics.keep, look, stop), stop.set)
            _start(stack, lambda: _run(runner, watch.begun, stop), runner.stop)
            _start(stack, watch.run, watch.stop)
            # What is called first stands last.
            stack.callback(stop.set)
        yield watch


def _listen(
    found: Ledger,
    runner: Runner,
    settings: Settings,
    builders: Sequence[Builder],
    *,
    subscribing: bool,
) -> None:
    """Let what fetches sources hear of what others tell of them."""
    named = (*settings.sources, *(peer.url for peer in settings.peers))
    addresses = [name for name in named if is_address(name)]
    try:
        Fetches(found).keep(addresses)
        Pushes(found, runner).want(addresses, subscribing=subscribing)
    except StateError as error:
        log.error("%s: sources are polled, and not subscribed to", error)
    for builder in builders:
        mine = [name for name in builder.sources if name in addresses]
        if mine:
            builder.pushes = Heard(found, mine)


def sweepers(settings: Settings, found: Ledger, base: str | None) -> Sequence[Sweeper]:
    """All that is to be done; `base` is where other servers reach this one, if they can."""
    connect = Dialler(private=settings.private_addresses).connect
    waking = work.runner(found)
    kinds: list[Sweeper] = [
        Verifier(found, waking, Client(verifying.LIMITS, connect)),
        Deliverer(found, Client(delivering.LIMITS, connect)),
    ]
    if base is not None:
        limits = replace(hubs.LIMITS, size=settings.fetch_bytes)
        kinds.append(Subscriber(found, Client(limits, connect), base))
    if settings.hub not in (OWN, "") and settings.url:
        publishing = Client(hubs.LIMITS, connect)
        kinds.append(Publisher(found, publishing, settings.hub, settings.url))
    return kinds


def worker(settings: Settings) -> None:
    """Do what is due, beside others that do so, until a signal says to stop.

    Raises:
        FeedServerError: the ledger is one of SQLite, or can't be used.
    """
    if settings.database is None:
        raise ServingError(
            "worker: only on PostgreSQL there may be several; name a database in the settings."
            " With SQLite feedserver serve does all that is due"
        )
    with logs.configured(settings), ledger_of(settings, statefolder.lasting(settings)) as found:
        kinds = sweepers(settings, found, settings.url)
        runner = work.runner(found, kinds)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: runner.stop())
        log.info("one more worker works: %s", ", ".join(each.kind for each in kinds))
        runner.run()


def status(settings: Settings) -> Iterator[str]:
    """How the work stands, a line each.

    Raises:
        FeedServerError: there is no ledger, or it can't be used.
    """
    lasting = statefolder.lasting(settings)
    if settings.database is None and not ledger.is_there(lasting):
        raise StateError(f"work: {lasting}: no server that has these settings was started")
    with ledger_of(settings, lasting) as found:
        for queue in work.queues(found):
            line = f"{queue.kind}: {queue.due} due, {queue.waiting} later"
            if queue.retried:
                line += f"; {queue.retried} tried before, up to {queue.attempts} times"
            yield line
            for each in queue.broken:
                yield f"  shard {each.shard} has failed {each.failures} times: {each.error}"


def _run(runner: Runner, begun: threading.Event, stop: threading.Event) -> None:
    """Do what is due; while another process does it, see whether that ends."""
    begun.wait()
    told: str | None = None
    while not stop.is_set():
        try:
            runner.run()
        except StateError as error:
            if str(error) != told:
                log.warning("%s; this one waits for that", error)
            told = str(error)
            stop.wait(_LOOK)


def _opened(
    settings: Settings, lasting: Path | None, stack: ExitStack, busy: float
) -> Ledger | None:
    if lasting is None:
        return None
    try:
        return stack.enter_context(ledger_of(settings, lasting, patient=True, busy=busy))
    except FeedServerError as error:
        log.error("%s: nobody can subscribe", error)
        return None


def _start(stack: ExitStack, run: Callable[[], None], stop: Callable[[], None]) -> None:
    thread = threading.Thread(target=run, daemon=True, name="network")
    thread.start()
    # One that waits for another server isn't waited for long: it is a daemon.
    stack.callback(thread.join, 2)
    stack.callback(stop)
