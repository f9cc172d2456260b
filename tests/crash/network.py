"""Kills servers and workers that tell subscribers of changes, and looks what these got.

On SQLite a server with two processes that answer; on PostgreSQL the same, and two workers. The site
changes again and again. What came twice was at hand when something was killed.
"""

from __future__ import annotations

import hashlib
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
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from feedserver.feeds import export
from tests.conftest import ROOT
from tests.feedserver.ledger import databases
from tests.feedserver.network.subscribers import post
from tests.feedserver.running import until
from tests.feedserver.servers import small_archive
from tests.samples import SITE

_FEEDS = ("atom.xml", "section/clients/feed.json", "section/clients/rss.xml?project=fractal")
_HOSTS = 4
_CALLBACKS = 10
"""So many subscribers at each host have all of these feeds."""
_LOOK = 10
"""After so many kills all may settle, and it is looked what came."""
_LONGEST = 4.0
"""Within so many seconds something is killed, of which starting takes a part."""
_DELIVERING = 0.5
"""Half of the instants are within so many seconds of a first delivery."""
_AT_HAND = 2.0
"""For how many seconds what was acknowledged may not have been noted."""


@dataclass
class Subscribers:
    """All that was acknowledged, by callback: of which content and version, and when.

    `callbacks` are their addresses, by path.
    """

    got: dict[str, list[tuple[str, int, float]]] = field(default_factory=lambda: defaultdict(list))
    callbacks: dict[str, str] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)

    def newest(self) -> int:
        """The newest version that all have."""
        had = [max((told[1] for told in self.got[each]), default=0) for each in self.callbacks]
        return min(had)

    def wait(self, version: int) -> None:
        """Wait until one has a version, but not for long: who starts may need longer."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if any(told and told[-1][1] == version for told in list(self.got.values())):
                return
            time.sleep(0.01)

    def twice(self, kills: Sequence[float]) -> tuple[int, int]:
        """How often something came twice, and how often so without a kill that says why."""
        found = unexplained = 0
        for told in self.got.values():
            first: dict[str, float] = {}
            for content, _, at in told:
                if content in first:
                    found += 1
                    before = first[content]
                    unexplained += not any(-0.5 < kill - before < _AT_HAND for kill in kills)
                first[content] = at
        return found, unexplained


@contextmanager
def _subscribers() -> Iterator[Subscribers]:
    found = Subscribers()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            with lock:
                found.confirmed.add(urlsplit(self.path).path)
            self._answer(asked.get("hub.challenge", [""])[0].encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            version = max(map(int, re.findall(rb"hoots (\d+)", body)), default=0)
            with lock:
                told = (hashlib.sha256(body).hexdigest(), version, time.monotonic())
                found.got[self.path].append(told)
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ExitStack() as stack:
        for host in range(_HOSTS):
            server = ThreadingHTTPServer((f"127.0.0.{host + 1}", 0), Handler)
            stack.enter_context(server)
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            for callback in range(_CALLBACKS * len(_FEEDS)):
                path = f"/{host}/{callback}"
                found.callbacks[path] = f"http://127.0.0.{host + 1}:{server.server_port}{path}"
        yield found


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

    def kill(self, dice: random.Random) -> None:
        """Kill one: a server or a worker, or one of the processes by which a server answers."""
        process = dice.choice(self.running)
        assert process is not None
        below = _below(process.pid)
        if below and dice.random() < 0.3:
            os.kill(dice.choice(below), signal.SIGKILL)
            return
        process.kill()
        process.wait()

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
    _publish(folder / "site", 1)
    with _subscribers() as subscribers, _hosted(folder, database) as (processes, address):
        _subscribe(subscribers, address)
        times: list[float] = []
        version, started = 1, time.monotonic()
        for count in range(begun + 1, kills + 1):
            dice = random.Random(f"{seed}.{kind}.{count}")
            version += 1
            _publish(folder / "site", version)
            if dice.random() < 0.5:
                time.sleep(dice.uniform(0, _LONGEST))
            else:
                subscribers.wait(version)
                time.sleep(dice.uniform(0, _DELIVERING))
            times.append(time.monotonic())
            processes.kill(dice)
            processes.start()
            if count % _LOOK and count < kills:
                continue
            try:
                _settled(processes, subscribers, version)
            except AssertionError:
                print(f"{kind}: lost after {count} kills; see {processes.log}")
                return False
            found, unexplained = subscribers.twice(times)
            if unexplained:
                print(f"{kind}: {unexplained} twice after {count} kills, and no kill says why")
                return False
            note(kind, count)
            came = sum(map(len, subscribers.got.values()))
            seconds = time.monotonic() - started
            print(
                f"{kind}: {count} kills, nothing lost, {found} of {came} deliveries twice"
                f" ({seconds:.0f} s)",
                flush=True,
            )
    return True


def _settled(processes: Processes, subscribers: Subscribers, version: int) -> None:
    def all_have() -> bool:
        processes.start()
        return subscribers.newest() == version

    until(all_have, seconds=240)


def _publish(site: Path, version: int) -> None:
    archive = small_archive()
    entries = tuple(
        replace(entry, content=f"<p>It hoots {version}.</p>") for entry in archive.entries
    )
    export.write(replace(archive, entries=entries), SITE.url, site)


@contextmanager
def _hosted(folder: Path, database: str | None) -> Iterator[tuple[Processes, str]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as free:
        port = free.server_port
    address = f"http://127.0.0.1:{port}"
    config = folder / "feedserver.toml"
    lines = {
        "sources": [str(folder / "site")],
        "state": str(folder / "state"),
        "url": f"{address}/",
        "port": port,
        "workers": 2,
        "interval": 0.2,
        "private_addresses": True,
    } | ({"database": database} if database else {})
    config.write_text("".join(f"{k} = {json.dumps(v)}\n" for k, v in lines.items()), "utf-8")
    told = ("--config", str(config))
    workers = [("worker", *told)] * 2 if database else []
    processes = Processes([("serve", *told), *workers], folder / "log")
    processes.start()
    try:
        yield processes, address
    finally:
        processes.end()


def _subscribe(subscribers: Subscribers, address: str) -> None:
    deadline = time.monotonic() + 120
    for number, callback in enumerate(subscribers.callbacks.values()):
        wish = {
            "hub.mode": "subscribe",
            "hub.topic": f"{address}/{_FEEDS[number % len(_FEEDS)]}",
            "hub.callback": callback,
        }
        while not _accepted(f"{address}/hub", wish):
            assert time.monotonic() < deadline, "nobody can subscribe"
            time.sleep(0.1)
    until(lambda: len(subscribers.confirmed) == len(subscribers.callbacks))


def _accepted(hub: str, wish: dict[str, str]) -> bool:
    try:
        return post(hub, wish)[0] == 202
    except OSError:
        return False
