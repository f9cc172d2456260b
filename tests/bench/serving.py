"""Answers from the server's memory, beside those of servers that do nothing else.

All in one run, one after the other and again: a bare ASGI function, a bare route of Starlette and
ours, each on the same uvicorn and with the same bytes, and nginx with the file. Then ours alone,
quiet and among connections that are slow.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from feedserver.model import Archive, Entry, Feed, Person, Site
from feedserver.store import database
from tests.bench import newsletter, servers
from tests.bench.load import LoadError, Sample, SlowClients, require, wrk
from tests.conftest import ROOT

PATH = "/atom.xml"
KINDS = {
    "function": "a bare ASGI function",
    "route": "a bare route of Starlette",
    "ours": "ours",
    "nginx": "nginx, the file",
}
STATUSES = (200, 304)
CONNECTIONS = 32
"""At once, in the runs that compare."""
QUICK = 100
"""Connections at once, in the runs beside slow ones."""
_ENTRIES = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """How often, for how many seconds each time, and beside how many slow connections."""

    rounds: int = 12
    seconds: int = 2
    slow: int = 900


@dataclass(frozen=True, slots=True)
class Result:
    """The samples of each server and status, round by round; quiet ones and those among slow."""

    plan: Plan
    size: int
    samples: Mapping[tuple[str, int], list[Sample]] = field(default_factory=dict)
    quiet: list[Sample] = field(default_factory=list)
    among_slow: list[Sample] = field(default_factory=list)

    def rate(self, kind: str, status: int) -> float:
        return median(sample.rate for sample in self.samples[kind, status])

    def p99(self, kind: str, status: int) -> float:
        return median(sample.p99 for sample in self.samples[kind, status])

    def ratio(self, kind: str, status: int, of: Callable[[Sample], float]) -> float:
        """To the bare function: of the medians, which what else the machine does moves least."""
        mine, bare = (median(map(of, self.samples[name, status])) for name in (kind, "function"))
        return mine / bare

    @property
    def slowed(self) -> float:
        """How much longer 99 of 100 answers take among slow connections."""
        return median(map(p99, self.among_slow)) / median(map(p99, self.quiet))


def rate(sample: Sample) -> float:
    """Requests a second."""
    return sample.rate


def p99(sample: Sample) -> float:
    """How long 99 of 100 answers take at most."""
    return sample.p99


def measure(folder: Path, plan: Plan, tell: Callable[[str], object]) -> Result:
    """Start the servers, measure, and end them.

    Raises:
        LoadError: wrk or nginx isn't there, or a server fails.
    """
    require("wrk", "wrk")
    nginx = require("nginx", "nginx-light")
    database.write(_archive(), folder / servers.DATABASE)
    with ExitStack() as stack:
        ports = {"ours": stack.enter_context(_server("ours", folder))}
        tags = {"ours": _save(ports["ours"], folder)}
        for kind in ("function", "route"):
            ports[kind] = stack.enter_context(_server(kind, folder))
        ports["nginx"] = stack.enter_context(_nginx(nginx, folder))
        tags["nginx"] = _ask(ports["nginx"]).headers["etag"]
        result = Result(plan, (folder / "body").stat().st_size)
        samples: dict[tuple[str, int], list[Sample]] = {
            (kind, status): [] for kind in KINDS for status in STATUSES
        }
        for number in range(plan.rounds):
            tell(f"round {number + 1} of {plan.rounds}")
            for status in STATUSES:
                # Each comes first as often, and behind each other.
                turn = number % len(KINDS)
                for kind in (*list(KINDS)[turn:], *list(KINDS)[:turn]):
                    sample = _run(ports[kind], status, tags.get(kind), plan)
                    samples[kind, status].append(sample)
        result = Result(plan, result.size, samples)
        for number in range(plan.rounds):
            tell(f"slow connections, round {number + 1} of {plan.rounds}")
            result.quiet.append(_quick(ports["ours"], plan))
            with SlowClients(ports["ours"], plan.slow):
                result.among_slow.append(_quick(ports["ours"], plan))
        return result


def _run(port: int, status: int, tag: str | None, plan: Plan) -> Sample:
    path = servers.UNCHANGED if status == 304 and tag is None else PATH
    headers = [f"If-None-Match: {tag}"] if status == 304 else []
    url = f"http://127.0.0.1:{port}{path}"
    return wrk(url, seconds=plan.seconds, connections=CONNECTIONS, headers=headers)


def _quick(port: int, plan: Plan) -> Sample:
    url = f"http://127.0.0.1:{port}{PATH}"
    return wrk(url, seconds=plan.seconds, connections=QUICK)


def _archive() -> Archive:
    site = Site("The Harbour", "https://harbour.example/", "News of the harbour", "en")
    entries = []
    for issue in newsletter.issues(_ENTRIES):
        url = f"{site.url}{issue.slug}/"
        text = issue.body.replace("<", "").replace("&", "")[:10_000]
        content = f"<p>{text}</p>"
        authors = tuple(map(Person, issue.authors))
        entry = Entry(url, url, issue.title, issue.date, issue.date, "News.", content, authors)
        entries.append(entry)
    feeds = (Feed("/", site.title, "All", "posts", "/blog/"),)
    return Archive(site, ("author",), _ENTRIES, feeds, {}, tuple(entries))


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def _ask(port: int, tag: str | None = None) -> _Answer:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", PATH, headers={"If-None-Match": tag} if tag else {})
        found = connection.getresponse()
        headers = {name.lower(): value for name, value in found.getheaders()}
        return _Answer(found.status, headers, found.read())
    finally:
        connection.close()


def _save(port: int, folder: Path) -> str:
    """Keep our answers for the bare ones and nginx; the entity tag."""
    full = _ask(port)
    tag = full.headers["etag"]
    answers = {"200": full, "304": _ask(port, tag)}
    if (full.status, answers["304"].status) != (200, 304):
        raise LoadError(f"ours answers {full.status} and {answers['304'].status}")
    # uvicorn adds these itself.
    headers = {
        status: [pair for pair in answer.headers.items() if pair[0] not in ("date", "server")]
        for status, answer in answers.items()
    }
    (folder / "headers.json").write_text(json.dumps(headers), "utf-8")
    (folder / "body").write_bytes(full.body)
    (folder / "www").mkdir(exist_ok=True)
    (folder / "www" / PATH.removeprefix("/")).write_bytes(full.body)
    return tag


@contextmanager
def _server(kind: str, folder: Path) -> Iterator[int]:
    port = _free_port()
    command = [sys.executable, "-m", "tests.bench.servers", kind, str(port), str(folder)]
    with _running(command, port):
        yield port


@contextmanager
def _nginx(program: str, folder: Path) -> Iterator[int]:
    port = _free_port()
    folder.chmod(0o755)
    (folder / "nginx.conf").write_text(
        f"""daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 2000; }}
http {{
  access_log off;
  types {{ application/atom+xml xml; }}
  sendfile on;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/temp; proxy_temp_path {folder}/temp;
  fastcgi_temp_path {folder}/temp; uwsgi_temp_path {folder}/temp; scgi_temp_path {folder}/temp;
  server {{ listen 127.0.0.1:{port}; root {folder}/www; }}
}}
""",
        "utf-8",
    )
    with _running([program, "-p", str(folder), "-c", str(folder / "nginx.conf")], port):
        yield port


@contextmanager
def _running(command: Sequence[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None:
                raise LoadError(f"{' '.join(command)} ended with {process.returncode}")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
