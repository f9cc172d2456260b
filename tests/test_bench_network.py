"""The measuring of the network itself: who is there, and what is made of the figures."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tests.bench import network
from tests.bench.__main__ import parser
from tests.bench.loopback import loopback
from tests.bench.network import Plan, Polled, Result, Told


def _get(address: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(address, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_the_others_answer_each_at_an_address_of_its_own() -> None:
    with loopback() as others:
        addresses = [others.source(number) for number in range(300)]
        assert len({address.split("/")[2] for address in addresses}) == 300
        status, body = _get(addresses[7])
        [item] = json.loads(body)["items"]
        assert status == 200 and item["title"] == "7 is 1"
        assert _get(addresses[7], {"If-None-Match": '"1"'})[0] == 304
        others.change(7)
        status, body = _get(addresses[7], {"If-None-Match": '"1"'})
        assert json.loads(body)["items"][0]["title"] == "7 is 2"
        # Who looks for a hub there asks for a feed.
        _get(addresses[7].replace("archive", "feed"))
        assert others.fetches == 3
        callbacks = [others.callback(number, 4) for number in range(8)]
        assert len({callback.split("/")[2] for callback in callbacks}) == 4
        assert _get(f"{callbacks[0]}?hub.challenge=owl") == (200, b"owl")
        for _ in range(2):
            urllib.request.urlopen(callbacks[0], b"x" * 100_000).close()
        assert [*others.told] == ["/to/0"] and others.twice == 1


def test_a_table_and_what_a_million_would_take() -> None:
    polled = Polled(60.0, [1.0, 2.0, 9.0], 3, 120, 60.0, 1.2, 200_000_000, 1234)
    some = Told(10, [1.0, 1.5, 2.0], 0, 0.1, 1, 20, 10_000)
    all = Told(100, [1.0, 6.0, 12.0], 1, 0.5, 300_000_000, 110, 100_000)
    both = dict.fromkeys(network.KINDS, polled), dict.fromkeys(network.KINDS, some)
    result = Result(Plan(200, 100, 10, 60, 60), *both, dict.fromkeys(network.KINDS, all))
    text = network.markdown(result)
    for what, figure in (
        ("fetches a second, of 3.3 that are due", "2.0"),
        ("requests a source a day, polled each 60 s", "864"),
        ("a change stands in the server's feed after, s: median, last", "2, 9"),
        ("processor, ms a fetch", "10.0"),
        ("**100 subscriptions**: told after, s: first, median, last", "1.0, 6.0, 12.0"),
        ("deliveries a second", "9"),
        # Ten in a second, behind the first.
        ("last told, to what 10 foretell", "1.09"),
        ("bytes of the ledger a subscription", "1,000"),
        ("a million, by this: last told, minutes", "1833"),
    ):
        assert f"| {what} | {figure} | {figure} |" in text
    text = network.markdown(replace(result, polled={"sqlite": polled}, some={"sqlite": some}))
    assert text.startswith("| | SQLite |\n|---|---:|\n") and "| deliveries a second | 9 |" in text


def test_its_command_line() -> None:
    options = parser().parse_args(["network", "--sources", "20"])
    assert (options.sources, options.subscriptions, options.poll) == (20, 100_000, 300)


def test_telling_is_measured(tmp_path: Path) -> None:
    plan = Plan(subscriptions=30, hosts=3)
    some, all = network._deliver(tmp_path / "state", None, plan, lambda text: None)
    assert (some.count, len(some.times)) == (3, 3)
    assert (all.count, len(all.times), all.twice) == (30, 30, 0)
    assert all.rows == some.rows + 27 and all.memory > 10_000_000
