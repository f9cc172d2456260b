"""A small web for tests: a server on this machine whose answers are functions."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Request:
    path: str
    headers: Mapping[str, str]
    client: tuple[str, int] = ("", 0)
    method: str = "GET"
    body: bytes = b""


@dataclass
class Answer:
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    # Given the socket, writes what it likes.
    raw: Callable[[socket.socket], None] | None = None


@dataclass
class Web:
    """A running server: `origin` is its address, `requests` what it was asked."""

    origin: str
    requests: list[Request]
    answer: Callable[[Request], Answer]

    def says(self, answer: Answer | bytes) -> None:
        found = Answer(answer) if isinstance(answer, bytes) else answer
        self.answer = lambda request: found


@contextmanager
def serving(answer: Callable[[Request], Answer] | None = None) -> Iterator[Web]:
    web = Web("", [], answer or (lambda request: Answer(status=404)))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = dict(self.headers.items())
            request = Request(self.path, headers, self.client_address, self.command, body)
            web.requests.append(request)
            found = web.answer(request)
            if found.raw is not None:
                found.raw(self.connection)
                return
            self.send_response(found.status)
            headers = {"Content-Length": str(len(found.body)), **found.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(found.body)

        def log_message(self, *arguments: object) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                # The client has gone, as tests of limits have it.
                self.close_connection = True

        def finish(self) -> None:
            try:
                super().finish()
            except OSError:
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    web.origin = f"http://127.0.0.1:{server.server_port}"
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
