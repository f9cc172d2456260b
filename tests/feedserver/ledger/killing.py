"""Kills worker processes at random instants, and counts what was lost, and what came twice."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass

from feedserver.ledger import work
from tests.conftest import ROOT
from tests.feedserver.ledger import errands
from tests.feedserver.ledger.databases import Place
from tests.feedserver.ledger.errands import TOLD, add, left
from tests.feedserver.running import until

_ERRANDS = 20
"""How many errands are due at once, five times before each kill."""
_LONGEST = 1.5
"""Within so many seconds a worker is killed, of which it takes a third to start."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Which errands were never done, and which more than once."""

    lost: frozenset[int]
    twice: frozenset[int]


def killed(place: Place, kills: int, dice: random.Random) -> Outcome:
    """Have errands done by workers of which one is killed so often: one, or two on PostgreSQL."""
    count = 0
    with place.opened() as ledger, ExitStack() as stack:
        waking = work.runner(ledger)
        workers = [_started(place, stack) for _ in range(2 if place.url else 1)]
        for kill in range(kills):
            now = time.time()
            for _ in range(5):
                due = now + dice.uniform(-_LONGEST, _LONGEST)
                add(ledger, waking, range(count, count + _ERRANDS), due)
                count += _ERRANDS
            time.sleep(dice.uniform(0, _LONGEST))
            place_of = kill % len(workers)
            workers[place_of].kill()
            workers[place_of].wait()
            workers[place_of] = _started(place, stack)
        until(lambda: left(ledger) == 0)
    told = Counter(map(int, (place.folder / TOLD).read_text().split()))
    return Outcome(
        frozenset(range(count)) - told.keys(),
        frozenset(number for number, times in told.items() if times > 1),
    )


def _started(place: Place, stack: ExitStack) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", errands.__name__, str(place.folder), place.url or ""]
    process = stack.enter_context(subprocess.Popen(command, cwd=ROOT))
    stack.callback(process.kill)
    return process
