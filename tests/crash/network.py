"""Kills servers and workers that tell each other of changes, and looks what came of it.

On SQLite a server with two processes that answer; on PostgreSQL the same, and two workers. Before
each kill one thing is begun: a change is delivered, subscribers are asked back, the server's own
subscription is renewed, or a source is fetched whose oldest entry has left its feed. Behind each
all has to settle: nothing may be lost, and nothing come twice but what the process that was killed
had under way.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import func, select, update

from feedserver.feeds import export
from feedserver.ledger import ledger, work
from feedserver.ledger.ledger import Ledger
from feedserver.ledger.runner import shards
from feedserver.network.tables import PUSHES, REQUESTS, SUBSCRIPTIONS
from tests.conftest import ROOT
from tests.crash import others
from tests.crash.others import Site, Subscribers
from tests.feedserver.ledger import databases
from tests.feedserver.network.subscribers import post
from tests.feedserver.running import until
from tests.feedserver.servers import small_archive
from tests.samples import SITE

_FEEDS = ("atom.xml", "section/clients/feed.json", "section/clients/rss.xml?project=fractal")
_BEGUN = ("deliver", "deliver", "verify", "renew", "fetch")
"""What is begun before a kill, each as often as it stands here."""
_LONGEST = 4.0
"""Within so many seconds something is killed, of which starting takes a part."""
_CLOSE = 0.5
"""Half of the instants are within so many seconds of what was begun."""
_RENEWED = 20
"""So many subscribers renew at once."""
_TOLD = 10
"""After so many kills it is said how it stands."""


@dataclass
class Processes:
    """What is to run; what has ended is started anew."""

    commands: Sequence[Sequence[str]]
    log: Path
    running: list[subprocess.Popen[bytes] | None] = field(default_factory=list)

    def start(self) -> None:
        self.running = self.running or [None] * len(self.commands)
        for number, process in enumerate(self.running):
            if process is None or process.poll() is not None:
                with self.log.open("ab") as errors:
                    self.running[number] = subprocess.Popen(
                        [sys.executable, "-m", "feedserver", *self.commands[number]],
                        cwd=ROOT,
                        stdout=subprocess.DEVNULL,
                        stderr=errors,
                    )

    def ids(self) -> Sequence[int]:
        return [process.pid for process in self.running if process is not None]

    def kill(self, dice: random.Random) -> int:
        """Kill one: a server or a worker, or one of the processes by which a server answers."""
        process = dice.choice(self.running)
        assert process is not None
        below = _below(process.pid)
        if below and dice.random() < 0.3:
            killed = dice.choice(below)
            os.kill(killed, signal.SIGKILL)
            return killed
        process.kill()
        process.wait()
        return process.pid

    def end(self) -> None:
        for process in self.running:
            if process is not None:
                process.kill()
                process.wait()


def _below(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            command = (path.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == parent and b"spawn_main" in command:
            found.append(int(path.parent.name))
    return sorted(found)


def campaign(folder: Path, kills: int, seed: int | None) -> int:
    """Kill so often, in all runs together: half of it on each database; the exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "campaign.json"
    told = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    seed = told.get("seed", random.SystemRandom().randrange(10**6) if seed is None else seed)
    done = told.get("kills", {"sqlite": 0, "postgresql": 0})
    print(f"seed {seed}, {sum(done.values())} kills before this run", flush=True)

    def note(kind: str, count: int) -> None:
        done[kind] = count
        kept.write_text(json.dumps({"seed": seed, "kills": done}), "utf-8")

    for kind, wanted in (("sqlite", kills - kills // 2), ("postgresql", kills // 2)):
        with ExitStack() as stack:
            database = None
            if kind == "postgresql" and done[kind] < wanted:
                server = stack.enter_context(databases.postgresql())
                database = stack.enter_context(databases.emptied(server))
            if not _run(folder / kind, database, done[kind], wanted, seed, note):
                return 1
    return 0


def _run(
    folder: Path,
    database: str | None,
    begun: int,
    kills: int,
    seed: int,
    note: Callable[[str, int], None],
) -> bool:
    """Kill on one database; whether all is well."""
    if begun >= kills:
        return True
    kind = folder.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    started, twice = time.monotonic(), 0
    with _round(folder, database) as found:
        for count in range(begun + 1, kills + 1):
            dice = random.Random(f"{seed}.{kind}.{count}")
            what = dice.choice(_BEGUN)
            try:
                repeats, unexplained = found.kill(what, dice)
            except AssertionError:
                print(f"{kind}: lost at kill {count} ({what}): {found.missing()}")
                print(f"see {found.processes.log}")
                return False
            if unexplained:
                print(f"{kind}: {unexplained} twice at kill {count} ({what}), not under way")
                return False
            twice += repeats
            note(kind, count)
            if count % _TOLD == 0 or count == kills:
                seconds = time.monotonic() - started
                print(
                    f"{kind}: {count} kills, nothing lost, {twice} of"
                    f" {found.subscribers.count} deliveries twice ({seconds:.0f} s)",
                    flush=True,
                )
    return True


@dataclass
class _Round:
    """All that there is in a round, and how it is to be."""

    folder: Path
    address: str
    processes: Processes
    ledger: Ledger
    subscribers: Subscribers
    site: Site
    version: int = 1
    wanted: set[str] = field(default_factory=set)

    def kill(self, what: str, dice: random.Random) -> tuple[int, int]:
        """Begin something, kill, and let all settle; what came twice, and what of it is a fault.

        Raises:
            AssertionError: something is lost.
        """
        self.subscribers.repeats.clear()
        begin = {
            "deliver": self._deliver,
            "verify": self._verify,
            "renew": self._renew,
            "fetch": self._fetch,
        }
        going = begin[what](dice)
        if dice.random() < 0.5:
            time.sleep(dice.uniform(0, _LONGEST))
        else:
            self._close(what)
            time.sleep(dice.uniform(0, _CLOSE))
        killed = self.processes.kill(dice)
        under_way = self._due()
        self.processes.start()
        while going and going.is_alive():
            # One that finds the port of those before it still taken has ended again.
            going.join(0.5)
            self.processes.start()
        self.settle()
        excused = [
            each
            for each in self.subscribers.repeats
            if each.path in under_way and each.sender in (killed, None)
        ]
        # What came twice may do so once.
        paths = [each.path for each in excused]
        found = len(self.subscribers.repeats)
        return found, found - len(set(paths))

    def settle(self) -> None:
        """Wait until there is nothing more to be done. Raises an AssertionError if there always is.

        A worker that was killed is noticed by the others after half a minute.
        """

        def is_settled() -> bool:
            self.processes.start()
            return not self.missing()

        until(is_settled, seconds=240)

    def missing(self) -> str | None:
        """What isn't yet as it is to be."""
        try:
            documents = {feed: self._get(feed) for feed in _FEEDS}
            archive = self._get("archive.json").decode()
        except OSError as error:
            return f"an answer: {error}"
        for feed, body in documents.items():
            if f"hoots {self.version}.".encode() not in body:
                return f"the newest version in {feed}"
        lost = set(range(1, self.site.entries + 1)) - {
            int(number) for number in re.findall(rf'"{re.escape(others.SITE)}(\d+)/"', archive)
        }
        if lost:
            return f"the site's entries {sorted(lost)}"
        if unasked := self.wanted - self.subscribers.asked:
            return f"verifications of {sorted(unasked)}"
        for number, path in enumerate(self.subscribers.callbacks):
            if self.subscribers.last.get(path) != others.digest(documents[_feed(number)]):
                return f"the newest {_feed(number)} at {path}"
        return self._left()

    def _left(self) -> str | None:
        """What the ledger says that there is to be done."""
        if due := self._due():
            return f"deliveries to {sorted(due)}, by the ledger"
        with self.ledger.reading() as connection:
            if connection.scalar(select(func.count()).select_from(REQUESTS)):
                return "a verification, by the ledger"
            [push] = connection.execute(select(PUSHES)).all()
        if push.mode or not push.expires or push.due < time.time():
            return "the renewal of the server's subscription, by the ledger"
        if push.asked is not None:
            return "the fetching of the site, by the ledger"
        return None if self.site.push() == 204 else "the callback at which the hub tells"

    def _due(self) -> set[str]:
        """The callbacks that are to be told something, or have been, which isn't noted yet."""
        with self.ledger.reading() as connection:
            rows = select(SUBSCRIPTIONS.c.callback).where(SUBSCRIPTIONS.c.due.is_not(None))
            return {urlsplit(callback).path for callback in connection.scalars(rows)}

    def _deliver(self, dice: random.Random) -> None:
        self.version += 1
        _publish(self.folder / "site", self.version)

    def _verify(self, dice: random.Random) -> threading.Thread:
        """Let some subscribers renew, as often as it takes."""
        found = dice.sample(list(self.subscribers.callbacks), _RENEWED)
        self.subscribers.asked.clear()
        self.wanted = set(found)
        thread = threading.Thread(target=self.subscribe, args=[found])
        thread.start()
        return thread

    def _renew(self, dice: random.Random) -> None:
        """Let the server's own subscription come to its end."""
        self.site.fetched.clear()
        with self.ledger.writing() as connection:
            connection.execute(update(PUSHES).values(due=time.time()))
            runner = work.runner(self.ledger)
            runner.wake(connection, "subscribe", range(shards(self.ledger)))

    def _fetch(self, dice: random.Random) -> None:
        """Publish an entry, for which another one leaves the feed, and tell the server."""
        self.site.fetched.clear()
        self.site.entries += 1
        self.site.push()

    def _close(self, what: str) -> None:
        """Wait for what was begun, but not for long: who starts may need longer."""
        count, deadline = self.subscribers.count, time.monotonic() + 10
        is_there: dict[str, Callable[[], object]] = {
            "deliver": lambda: self.subscribers.count > count,
            "verify": lambda: self.subscribers.asked,
            "renew": self.site.fetched.is_set,
            "fetch": self.site.fetched.is_set,
        }
        while not is_there[what]() and time.monotonic() < deadline:
            time.sleep(0.01)

    def subscribe(self, paths: Sequence[str]) -> None:
        """Subscribe, until it is taken."""
        numbers = {path: number for number, path in enumerate(self.subscribers.callbacks)}
        for path in paths:
            wish = {
                "hub.mode": "subscribe",
                "hub.topic": f"{self.address}/{_feed(numbers[path])}",
                "hub.callback": self.subscribers.callbacks[path],
            }
            until(partial(_accepted, f"{self.address}/hub", wish), seconds=120)

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.address}/{path}", timeout=30) as answer:
            body: bytes = answer.read()
            return body


def _feed(number: int) -> str:
    return _FEEDS[number % len(_FEEDS)]


def _publish(site: Path, version: int) -> None:
    archive = small_archive()
    entries = tuple(
        replace(entry, content=f"<p>It hoots {version}.</p>") for entry in archive.entries
    )
    export.write(replace(archive, entries=entries), SITE.url, site)


@contextmanager
def _round(folder: Path, database: str | None) -> Iterator[_Round]:
    """Servers and all others, where everybody has had the newest once."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as free:
        port = free.server_port
    address, state = f"http://127.0.0.1:{port}", folder / "state"
    with others.subscribers() as subscribers, others.site() as site, ExitStack() as stack:
        lines = {
            "sources": [str(folder / "site"), site.feed],
            "state": str(state),
            "url": f"{address}/",
            "port": port,
            "workers": 2,
            "interval": 0.2,
            "private_addresses": True,
        } | ({"database": database} if database else {})
        config = folder / "feedserver.toml"
        text = "".join(f"{k} = {json.dumps(v)}\n" for k, v in lines.items())
        config.write_text(text, "utf-8")
        _publish(folder / "site", 1)
        told = ("--config", str(config))
        workers = [("worker", *told)] * 2 if database else []
        processes = Processes([("serve", *told), *workers], folder / "log")
        stack.callback(processes.end)
        processes.start()
        subscribers.processes = processes.ids
        found = stack.enter_context(ledger.opened(state, database))
        made = _Round(folder, address, processes, found, subscribers, site)
        made.subscribe(list(subscribers.callbacks))
        until(lambda: len(subscribers.asked) == len(subscribers.callbacks))
        made.version = 2
        _publish(folder / "site", 2)
        made.settle()
        yield made


def _accepted(hub: str, wish: dict[str, str]) -> bool:
    try:
        return post(hub, wish)[0] == 202
    except OSError:
        return False
