"""The work that servers have with each other, beside the answers: in a process of its own kind.

The parent of the workers does it; they put down what is asked of them. Where the ledger can't be
used the rest is served all the same.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from feedserver.errors import StateError
from feedserver.ledger import ledger, work
from feedserver.ledger.ledger import Ledger
from feedserver.ledger.runner import Runner, Sweeper
from feedserver.network import delivering, verifying
from feedserver.network.announcing import Announcer
from feedserver.network.delivering import Deliverer
from feedserver.network.hub import Hub
from feedserver.network.verifying import Verifier
from feedserver.settings.settings import Settings
from feedserver.sources.addresses import Dialler
from feedserver.sources.client import Client
from feedserver.store.store import OWN, Store

log = logging.getLogger("feedserver")


@contextmanager
def hub(settings: Settings) -> Iterator[Hub | None]:
    """What takes subscriptions, for a process that answers; `None` if the settings name no hub."""
    with ExitStack() as stack:
        found = _opened(settings, stack) if settings.hub == OWN else None
        yield Hub(found, work.runner(found)) if found else None


@contextmanager
def at_work(settings: Settings, database: Path) -> Iterator[None]:
    """Do what is due, in threads, while something else is done."""
    with ExitStack() as stack:
        found = _opened(settings, stack) if settings.hub == OWN else None
        if found:
            runner = work.runner(found, sweepers(settings, found))
            stop = threading.Event()
            announcer = Announcer(found, runner, lambda: Store(database, hub=settings.hub))
            _start(stack, lambda: announcer.run(stop), stop.set)
            _start(stack, lambda: _run(runner), runner.stop)
        yield


def sweepers(settings: Settings, found: Ledger) -> Sequence[Sweeper]:
    """All that is to be done."""
    connect = Dialler(private=settings.private_addresses).connect
    waking = work.runner(found)
    return (
        Verifier(found, waking, Client(verifying.LIMITS, connect)),
        Deliverer(found, Client(delivering.LIMITS, connect)),
    )


def _run(runner: Runner) -> None:
    try:
        runner.run()
    except StateError as error:
        log.error("%s: nothing is delivered", error)


def _opened(settings: Settings, stack: ExitStack) -> Ledger | None:
    assert settings.state is not None
    try:
        return stack.enter_context(ledger.opened(settings.state))
    except StateError as error:
        log.error("%s: nobody can subscribe", error)
        return None


def _start(stack: ExitStack, run: Callable[[], None], stop: Callable[[], None]) -> None:
    thread = threading.Thread(target=run, daemon=True, name="network")
    thread.start()
    # One that waits for another server isn't waited for long: it is a daemon.
    stack.callback(thread.join, 2)
    stack.callback(stop)
