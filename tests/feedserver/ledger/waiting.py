"""A process that ends while its work waits for what never comes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from feedserver.ledger import work
from feedserver.ledger.atonce import AtOnce
from feedserver.ledger.ledger import Ledger, opened
from tests.feedserver.ledger.test_atonce import Calls, add


class Sweeping(Calls):
    kind = "call"
    shards = 1

    def __init__(self, ledger: Ledger, do: Callable[[str], None]) -> None:
        super().__init__(do)
        self.sweep = AtOnce[Row[Any], None](ledger, self).sweep


def main(folder: str, url: str) -> None:
    waiting = threading.Event()

    def wait(host: str) -> None:
        waiting.set()
        threading.Event().wait()

    with opened(Path(folder), url or None) as ledger:
        add(ledger, "silent.example")
        runner = work.runner(ledger, [Sweeping(ledger, wait)])
        threading.Thread(target=runner.run, daemon=True).start()
        assert waiting.wait(60)
        runner.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
