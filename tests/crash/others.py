"""Who has to do with the servers that are killed: their subscribers, and a site with a hub."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

HOSTS, CALLBACKS = 4, 30
"""How many hosts of subscribers there are, and callbacks at each."""
SITE = "https://far.example/"
_SHOWN = 3
"""How many entries the site's feed has: the others have left it."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"] or 0))

    def say(self, body: bytes = b"", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # Who has asked may have been killed.
        with suppress(OSError):
            self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def serving(handler: type[Handler], host: str, stack: ExitStack) -> str:
    """Serve on a host until the stack ends; the address."""
    server = ThreadingHTTPServer((host, 0), handler)
    stack.callback(server.server_close)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    stack.callback(thread.join)
    stack.callback(server.shutdown)
    return f"http://{host}:{server.server_port}"


@dataclass(frozen=True, slots=True)
class Repeat:
    """What a callback got twice, and which process had sent it first; `None` if that was dead."""

    path: str
    sender: int | None


@dataclass
class Subscribers:
    """What was acknowledged, by path of a callback; `processes` are who may have sent it.

    `callbacks` are their addresses, by path, and `asked` those that were asked back.
    """

    callbacks: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)
    senders: dict[tuple[str, str], int | None] = field(default_factory=dict)
    repeats: list[Repeat] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    count: int = 0
    processes: Callable[[], Sequence[int]] = tuple
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, path: str, body: bytes, sender: int | None) -> None:
        content = digest(body)
        with self.lock:
            self.count += 1
            self.last[path] = content
            if (path, content) in self.senders:
                self.repeats.append(Repeat(path, self.senders[path, content]))
            self.senders[path, content] = sender


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


@contextmanager
def subscribers() -> Iterator[Subscribers]:
    found = Subscribers()

    class Subscriber(Handler):
        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query)
            with found.lock:
                found.asked.add(urlsplit(self.path).path)
            self.say(asked.get("hub.challenge", [""])[0].encode())

        def do_POST(self) -> None:
            body = self.body()
            port, server = self.connection.getpeername()[1], self.connection.getsockname()[1]
            sender = _owner(port, server, found.processes())
            found.take(self.path, body, sender)
            self.say()

    with ExitStack() as stack:
        for host in range(HOSTS):
            address = serving(Subscriber, f"127.0.0.{host + 1}", stack)
            for number in range(CALLBACKS):
                path = f"/{host}/{number}"
                found.callbacks[path] = f"{address}{path}"
        yield found


def _owner(port: int, server: int, processes: Sequence[int]) -> int | None:
    """Which of some processes has the connection from a port to a server's; `None` if none has."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ports = [int(fields[number].rpartition(":")[2], 16) for number in (1, 2)]
        if ports == [port, server]:
            socket = f"socket:[{fields[9]}]"
            for process in processes:
                with suppress(OSError):
                    for each in Path(f"/proc/{process}/fd").iterdir():
                        # They come and go.
                        with suppress(OSError):
                            if str(each.readlink()) == socket:
                                return process
    return None


@dataclass
class Site:
    """A site of which the server has the feed, and its hub, which tells the server."""

    entries: int = 1
    address: str = ""
    fetched: threading.Event = field(default_factory=threading.Event)
    agreed: dict[str, str] = field(default_factory=dict)

    @property
    def feed(self) -> str:
        return f"{self.address}/feed"

    def document(self) -> bytes:
        newest = range(self.entries, max(self.entries - _SHOWN, 0), -1)
        items = [
            {
                "id": f"{SITE}{number}/",
                "url": f"{SITE}{number}/",
                "title": f"Screech {number}",
                "content_html": f"<p>It screeches {number}.</p>",
                "date_published": f"2026-01-01T{number // 60 % 24:02}:{number % 60:02}:00Z",
            }
            for number in newest
        ]
        about = {"version": "https://jsonfeed.org/version/1.1", "title": "Far owls"}
        return json.dumps(about | {"home_page_url": SITE, "items": items}).encode()

    def ask_back(self, form: dict[str, str]) -> None:
        """What a hub does before it agrees; for a while it tries to reach who is just starting."""
        fields = {
            "hub.mode": form["hub.mode"],
            "hub.topic": form["hub.topic"],
            "hub.challenge": "a challenge",
            "hub.lease_seconds": "864000",
        }
        for _ in range(60):
            try:
                with urlopen(f"{form['hub.callback']}?{urlencode(fields)}", timeout=30) as answer:
                    if answer.read() == b"a challenge":
                        self.agreed = form
                return
            except HTTPError as error:
                with error:
                    return
            except OSError:
                time.sleep(0.5)

    def push(self) -> int:
        """Tell the server; the status of its answer, 0 if there is none."""
        body, form = self.document(), self.agreed
        signature = hmac.new(form["hub.secret"].encode(), body, "sha256").hexdigest()
        headers = {"X-Hub-Signature": f"sha256={signature}", "Content-Type": "application/json"}
        try:
            with urlopen(Request(form["hub.callback"], body, headers), timeout=30) as answer:
                return int(answer.status)
        except HTTPError as error:
            with error:
                return error.code
        except OSError:
            return 0


@contextmanager
def site() -> Iterator[Site]:
    found = Site()

    class Hub(Handler):
        def do_GET(self) -> None:
            links = f'<{found.feed}>; rel="self", <{found.address}/hub>; rel="hub"'
            self.say(found.document(), Link=links)
            found.fetched.set()

        def do_POST(self) -> None:
            form = {name: values[0] for name, values in parse_qs(self.body().decode()).items()}
            self.say(status=202)
            threading.Thread(target=found.ask_back, args=(form,)).start()

    with ExitStack() as stack:
        found.address = serving(Hub, "127.0.0.9", stack)
        yield found
