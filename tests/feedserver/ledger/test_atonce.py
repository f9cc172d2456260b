"""Work that is done at once: who is slow holds up none of those that are quick."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import pytest
from sqlalchemy import Column, Float, Integer, Row, Table, Text, select, update

from feedserver.ledger import atonce
from feedserver.ledger.atonce import AtOnce
from feedserver.ledger.ledger import METADATA, Ledger
from tests.feedserver.ledger.databases import Place

CALLS = Table(
    "calls_of_a_test",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("host", Text, nullable=False),
    Column("shard", Integer, nullable=False, default=0),
    Column("due", Float),
    Column("attempts", Integer, nullable=False, default=0),
    info={"kind": "call"},
)


class Calls:
    table = CALLS

    def __init__(self, do: Callable[[str], None]) -> None:
        self._do = do

    def take(self, connection: Any, ids: Sequence[int]) -> Sequence[Row[Any]]:
        found = connection.execute(select(CALLS).where(CALLS.c.id.in_(ids)))
        rows: Sequence[Row[Any]] = found.all()
        return rows

    def do(self, piece: Row[Any]) -> None:
        self._do(piece.host)

    def note(self, connection: Any, piece: Row[Any], came: None) -> None:
        connection.execute(update(CALLS).where(CALLS.c.id == piece.id).values(due=None))


def add(ledger: Ledger, host: str, count: int = 1) -> None:
    with ledger.writing() as connection:
        connection.execute(CALLS.insert(), [{"host": host, "due": 0.0}] * count)


def test_places_are_kept_for_who_is_quick(place: Place) -> None:
    slow, called = threading.Event(), threading.Event()

    def do(host: str) -> None:
        if host == "quick.example":
            called.set()
        else:
            slow.wait(120)

    with place.opened() as ledger:
        work = AtOnce[Row[Any], None](ledger, Calls(do))
        add(ledger, "quick.example")
        work.sweep(0, 10.0)
        called.clear()
        for number in range(40):
            add(ledger, f"{number}.example", 4)
        add(ledger, "quick.example")
        sweep = threading.Thread(target=work.sweep, args=(0, 10.0))
        sweep.start()
        try:
            assert called.wait(60)
        finally:
            slow.set()
            sweep.join()


def test_who_was_slow_comes_behind_the_others(
    local: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    with local.opened() as ledger:
        work = AtOnce[Row[Any], None](ledger, Calls(order.append))
        monkeypatch.setattr(atonce, "_QUICK", -1.0)
        add(ledger, "slow.example")
        work.sweep(0, 10.0)
        monkeypatch.setattr(atonce, "_QUICK", 120.0)
        monkeypatch.setattr(atonce, "AT_ONCE", 1)
        add(ledger, "slow.example", 4)
        add(ledger, "new.example", 4)
        work.sweep(0, 10.0)
        assert order == ["slow.example"] + ["new.example"] * 4 + ["slow.example"] * 4


def test_what_is_under_way_is_waited_for_where_a_sweep_fails(local: Place) -> None:
    fails = threading.Event()
    ended: list[str] = []

    def do(host: str) -> None:
        if host == "slow.example":
            fails.wait(60)
            time.sleep(0.1)
        ended.append(host)

    class Failing(Calls):
        def note(self, connection: Any, piece: Row[Any], came: None) -> NoReturn:
            fails.set()
            raise ValueError("no owl is there")

    with local.opened() as ledger:
        add(ledger, "slow.example")
        add(ledger, "quick.example")
        with pytest.raises(ValueError, match="no owl"):
            AtOnce[Row[Any], None](ledger, Failing(do)).sweep(0, 10.0)
    assert ended == ["quick.example", "slow.example"]
