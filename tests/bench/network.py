"""The work that a server has with others: sources that are polled, subscribers that are told.

All on one machine, others are simulated on loopback; on SQLite, and on PostgreSQL with two workers.
Sources are archives of one post. Subscriptions are made as if they had been verified: one is, by
the hub, and the others are copies of its row. Times are counted from when the site was written.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import TypeVar

from sqlalchemy import func, insert, select

from feedserver.feeds import export
from feedserver.ledger import ledger
from feedserver.ledger.ledger import METADATA, Ledger
from feedserver.ledger.runner import shard_of, shards
from feedserver.network.tables import SUBSCRIPTIONS
from tests.bench.loopback import Loopback, loopback
from tests.conftest import ROOT
from tests.feedserver.ledger import databases
from tests.feedserver.network.subscribers import post
from tests.feedserver.servers import small_archive
from tests.samples import SITE
from tests.served import free_ports

KINDS = {"sqlite": "SQLite", "postgresql": "PostgreSQL, two workers"}
SMALLER = 10
"""By how much the case is smaller from which a larger one is foretold."""
_MINUTE, _DAY = 60.0, 86_400.0
_BLOCK = 5000
_LONGEST = 3600.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")

Tell = Callable[[str], None]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Plan:
    """How many sources, of which one in a hundred changes a minute, and how many subscriptions.

    Sources are polled each `poll` seconds, and watched for `seconds`; subscribers are at so many
    hosts.
    """

    sources: int = 10_000
    subscriptions: int = 100_000
    hosts: int = 1000
    poll: float = 300.0
    seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Polled:
    """What polling came to: times in seconds, memory in bytes.

    `first` is how long it took until all had been read once, `late` how long each change took until
    it stood in the server's feed, `fetches` how many there were while it was watched for `seconds`.
    """

    first: float
    late: Sequence[float]
    changes: int
    fetches: int
    seconds: float
    cpu: float
    memory: int
    rows: int


@dataclass(frozen=True, slots=True)
class Told:
    """What telling so many subscribers came to: when, in seconds, each had it."""

    count: int
    times: Sequence[float]
    twice: int
    cpu: float
    memory: int
    rows: int
    bytes: int

    @property
    def rate(self) -> float:
        """How many were told in a second, of all that were told."""
        return self.count / (self.times[-1] - self.times[0] or 1.0)


@dataclass(frozen=True, slots=True)
class Both:
    """What telling some came to, and telling all."""

    some: Told
    all: Told


@dataclass(frozen=True, slots=True)
class Result:
    """By database: polling, telling some, and telling all."""

    plan: Plan
    polled: Mapping[str, Polled] = field(default_factory=dict)
    some: Mapping[str, Told] = field(default_factory=dict)
    all: Mapping[str, Told] = field(default_factory=dict)


def measure(folder: Path, plan: Plan, tell: Tell, kinds: Sequence[str] = (*KINDS,)) -> Result:
    """Measure on the databases, one after the other."""
    polled, some, all = {}, {}, {}
    for kind in kinds:
        with ExitStack() as stack:
            server = stack.enter_context(databases.postgresql()) if kind == "postgresql" else None

            def database(server: str | None = server, stack: ExitStack = stack) -> str | None:
                return stack.enter_context(databases.emptied(server)) if server else None

            tell(f"{kind}: {plan.sources} sources")
            polled[kind] = _poll(folder / f"{kind}-poll", database(), plan, tell)
            tell(f"{kind}: {plan.subscriptions} subscriptions")
            found = list(_deliver(folder / f"{kind}-tell", database(), plan, tell))
            some[kind], all[kind] = found
    return Result(plan, polled, some, all)


class Servers:
    """A server and its workers, as processes, and what they take."""

    def __init__(self, address: str, processes: Sequence[subprocess.Popen[bytes]]) -> None:
        self.address = address
        self._processes = processes

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.address}{path}", timeout=60) as answer:
            body: bytes = answer.read()
            return body

    def taken(self) -> tuple[float, int]:
        """Seconds of the processor, and bytes of memory, of all processes together."""
        cpu, memory = 0.0, 0
        for pid in self._all():
            stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            cpu += (int(stat[11]) + int(stat[12])) / _TICKS
            memory += int(stat[21]) * _PAGE
        return cpu, memory

    def _all(self) -> Iterator[int]:
        mine = {process.pid for process in self._processes}
        yield from mine
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(path.read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent in mine:
                yield int(path.parent.name)


@contextmanager
def _serving(folder: Path, database: str | None, **settings: object) -> Iterator[Servers]:
    [port] = free_ports(1)
    address = f"http://127.0.0.1:{port}/"
    settings |= {"url": address, "port": port, "state": str(folder / "state")}
    settings |= {"private_addresses": True} | ({"database": database} if database else {})
    config = folder / "feedserver.toml"
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    config.write_text("".join(lines), "utf-8")
    commands = [["serve"], ["worker"], ["worker"]] if database else [["serve"]]
    with ExitStack() as stack:
        processes = []
        log = stack.enter_context((folder / "log").open("wb"))
        for command in commands:
            process = subprocess.Popen(
                [sys.executable, "-m", "feedserver", *command, "--config", str(config)],
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
            processes.append(process)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        found = Servers(address, processes)
        _until(lambda: _answers(found))
        yield found


def _answers(servers: Servers) -> bool:
    try:
        return bool(servers.get("healthz"))
    except OSError:
        return False


def _until(holds: Callable[[], object], seconds: float = _LONGEST) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("it never came to that")
        time.sleep(0.05)


def _poll(folder: Path, database: str | None, plan: Plan, tell: Tell) -> Polled:
    folder.mkdir()
    with loopback() as others:
        sources = [others.source(number) for number in range(plan.sources)]
        began = time.monotonic()
        with _serving(folder, database, sources=sources, poll=plan.poll) as servers:
            first = time.monotonic() - began
            tell(f"  all were read after {first:.0f} s")
            _until(lambda: others.fetches >= plan.sources)
            # By then each has its turn again.
            time.sleep(plan.poll)
            cpu, _ = servers.taken()
            fetches, start = others.fetches, time.monotonic()
            seen: dict[int, float] = {}
            pause = _MINUTE / (plan.sources / 100)
            changing = iter(range(plan.sources))
            due = start
            while (now := time.monotonic()) - start < plan.seconds:
                while due <= now:
                    others.change(next(changing))
                    due += pause
                _look(servers, seen)
                time.sleep(0.5)
            spent, asked = time.monotonic() - start, others.fetches - fetches
            after, memory = servers.taken()
            # The last of them have yet to be fetched.
            _until(lambda: _look(servers, seen) >= len(others.changed), 10 * plan.poll)
            with ledger.opened(folder / "state", database) as found:
                rows = _rows(found)
        late = [seen[number] - when for number, when in others.changed.items()]
        return Polled(first, late, len(late), asked, spent, after - cpu, memory, rows)


def _look(servers: Servers, seen: dict[int, float]) -> int:
    """Note what of the changes stands in the feed; how many do."""
    now = time.monotonic()
    page = "feed.json?limit=200"
    while page:
        found = json.loads(servers.get(page))
        changed = [item["title"] for item in found["items"] if not item["title"].endswith(" 1")]
        numbers = [int(title.partition(" ")[0]) for title in changed]
        for number in numbers:
            seen.setdefault(number, now)
        # All that has changed stands first, and in any order.
        more = found.get("next_url", "") if len(numbers) == len(found["items"]) else ""
        page = more.removeprefix(servers.address)
    return len(seen)


def _deliver(folder: Path, database: str | None, plan: Plan, tell: Tell) -> Iterator[Told]:
    """Tell some, and then all."""
    folder.mkdir()
    _publish(folder / "site", 1)
    with loopback() as others, ExitStack() as stack:
        servers = stack.enter_context(_serving(folder, database, sources=[str(folder / "site")]))
        found = stack.enter_context(ledger.opened(folder / "state", database))
        wish = {"hub.mode": "subscribe", "hub.topic": f"{servers.address}atom.xml"}
        # It is asked for by one who is then told as all are.
        status, said = post(
            f"{servers.address}hub", wish | {"hub.callback": others.callback(0, plan.hosts)}
        )
        assert status == 202, said
        _until(lambda: _count(found) == 1)
        there = 1
        for version, count in enumerate((plan.subscriptions // SMALLER, plan.subscriptions), 2):
            _subscribe(found, others, range(there, count), plan.hosts)
            there = count
            others.told.clear()
            others.twice = 0
            cpu, _ = servers.taken()
            began = time.monotonic()
            _publish(folder / "site", version)
            _until(lambda count=count: len(others.told) >= count)  # type: ignore[misc]  # mypy can't infer it
            _until(lambda: not _due(found))
            after, memory = servers.taken()
            times = sorted(each - began for each in others.told.values())
            tell(f"  {count} told after {times[-1]:.1f} s")
            size = _bytes(found, folder)
            yield Told(count, times, others.twice, after - cpu, memory, _rows(found), size)


def _publish(site: Path, version: int) -> None:
    archive = small_archive()
    entries = tuple(
        replace(each, content=f"<p>It hoots {version}.</p>") for each in archive.entries
    )
    export.write(replace(archive, entries=entries), SITE.url, site)


def _subscribe(found: Ledger, others: Loopback, numbers: range, hosts: int) -> None:
    with found.reading() as connection:
        one = dict(connection.execute(select(SUBSCRIPTIONS).limit(1)).mappings().one())
    one.pop("id")
    for start in range(0, len(numbers), _BLOCK):
        rows = []
        for number in numbers[start : start + _BLOCK]:
            callback = others.callback(number, hosts)
            host = callback.split("/")[2].partition(":")[0]
            where = {"callback": callback, "host": host}
            rows.append(one | where | {"shard": shard_of(host, shards(found))})
        with found.writing() as connection:
            connection.execute(insert(SUBSCRIPTIONS), rows)


def _count(found: Ledger) -> int:
    with found.reading() as connection:
        return connection.scalar(select(func.count()).select_from(SUBSCRIPTIONS)) or 0


def _due(found: Ledger) -> int:
    late = select(func.count()).where(SUBSCRIPTIONS.c.due.is_not(None))
    with found.reading() as connection:
        return connection.scalar(late) or 0


def _rows(found: Ledger) -> int:
    tables = METADATA.tables.values()
    with found.reading() as connection:
        counts = (connection.scalar(select(func.count()).select_from(each)) for each in tables)
        return sum(count or 0 for count in counts)


def _bytes(found: Ledger, folder: Path) -> int:
    """How large the ledger is."""
    if not found.is_shared:
        return sum(path.stat().st_size for path in (folder / "state").glob("ledger.sqlite*"))
    with found.reading() as connection:
        return connection.scalar(select(func.pg_database_size(func.current_database()))) or 0


def markdown(result: Result) -> str:
    """The figures, as a table of Markdown."""
    names = (KINDS[kind] for kind in result.polled)
    head = ["| | " + " | ".join(names) + " |", "|---|" + "---:|" * len(result.polled)]
    polling = [_line(what, show, result.polled) for what, show in _of_polling(result.plan)]
    telling = [_line(what, show, _both(result)) for what, show in _of_telling(result.plan)]
    return "\n".join([*head, *polling, *telling])


def _line(what: str, show: Callable[[Found], str], found: Mapping[str, Found]) -> str:
    return "| " + " | ".join([what, *map(show, found.values())]) + " |"


def _of_polling(plan: Plan) -> Iterator[tuple[str, Callable[[Polled], str]]]:
    yield (
        f"**{plan.sources:,} sources**: all read for the first time, s",
        lambda it: f"{it.first:.0f}",
    )
    wanted = f"{plan.sources / plan.poll:.1f}"
    yield f"fetches a second, of {wanted} that are due", lambda it: f"{it.fetches / it.seconds:.1f}"

    def a_day(it: Polled) -> str:
        return f"{it.fetches / it.seconds * _DAY / plan.sources:,.0f}"

    yield f"requests a source a day, polled each {plan.poll:g} s", a_day
    yield (
        "a change stands in the server's feed after, s: median, last",
        lambda it: f"{median(it.late):.0f}, {max(it.late):.0f}" if it.late else "",
    )
    yield "processor, ms a fetch", lambda it: f"{1000 * it.cpu / max(1, it.fetches):.1f}"
    yield "memory of all processes, MB", lambda it: f"{it.memory / 1e6:.0f}"
    yield "rows of the ledger", lambda it: f"{it.rows:,}"


def _of_telling(plan: Plan) -> Iterator[tuple[str, Callable[[Both], str]]]:
    def when(it: Both) -> str:
        times = it.all.times
        return f"{times[0]:.1f}, {median(times):.1f}, {times[-1]:.1f}"

    def of_foretold(it: Both) -> str:
        return f"{it.all.times[-1] / foretold(it.some, it.all.count):.2f}"

    def a_row(it: Both) -> str:
        return f"{(it.all.bytes - it.some.bytes) / max(1, it.all.count - it.some.count):,.0f}"

    count = plan.subscriptions
    yield f"**{count:,} subscriptions**: told after, s: first, median, last", when
    yield "deliveries a second", lambda it: f"{it.all.rate:,.0f}"
    yield f"last told, to what {count // SMALLER:,} foretell", of_foretold
    yield "processor, ms a delivery", lambda it: f"{1000 * it.all.cpu / it.all.count:.1f}"
    yield "told twice", lambda it: f"{it.all.twice}"
    yield "memory of all processes, MB", lambda it: f"{it.all.memory / 1e6:.0f}"
    yield "rows of the ledger", lambda it: f"{it.all.rows:,}"
    yield "bytes of the ledger a subscription", a_row
    yield (
        "a million, by this: last told, minutes",
        lambda it: f"{foretold(it.all, 1_000_000) / _MINUTE:.0f}",
    )


def _both(result: Result) -> Mapping[str, Both]:
    return {kind: Both(some, result.all[kind]) for kind, some in result.some.items()}


def foretold(told: Told, count: int) -> float:
    """After how many seconds the last of so many would be told: the first, and as many a second."""
    return told.times[0] + count / told.rate
