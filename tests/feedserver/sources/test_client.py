"""The client: what of a request goes where, and what no answer can do; see also test_fetching."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedserver.errors import FetchError
from feedserver.sources.addresses import Dialler
from feedserver.sources.client import Client, Limits, Request
from tests.feedserver.origin import Answer, Web, serving

pytestmark = pytest.mark.dependency

LIMITS = Limits(timeout=10, size=10_000, redirects=3)
OPEN = Dialler(private=True)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as found:
        yield found


@pytest.fixture
def other() -> Iterator[Web]:
    with serving() as found:
        yield found


def ask(request: Request, limits: Limits = LIMITS) -> tuple[int, bytes]:
    with Client(limits, OPEN.connect).ask(request) as answer:
        return answer.status, answer.read()


def _heard(listener: socket.socket, heard: list[bytes], answer: bytes) -> None:
    with listener.accept()[0] as connection:
        while not heard or not heard[0].endswith(b"body"):
            heard[:] = [b"".join(heard) + connection.recv(65_536)]
        connection.sendall(answer)


@pytest.mark.parametrize("status", [b"202 Accepted", b"307 Temporary Redirect"])
def test_what_is_sent_goes_to_its_address_alone(status: bytes) -> None:
    heard: list[bytes] = []
    answer = b"HTTP/1.1 %s\r\nLocation: /on\r\nContent-Length: 2\r\n\r\nok" % status
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/hub"
        thread = threading.Thread(target=_heard, args=(listener, heard, answer))
        thread.start()
        request = Request(address, "POST", {"authorization": "Bearer x", "X-Y": "ü"}, b"a body")
        assert ask(request) == (int(status[:3]), b"ok")
        thread.join()
    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hub HTTP/1.1\r\n") and body == b"a body"
    for line in (b"Authorization: Bearer x", b"X-Y: \xfc", b"Content-Length: 6"):
        assert line in head.split(b"\r\n")


def test_credentials_stay_with_their_origin(web: Web, other: Web) -> None:
    hops = {"/": "/within", "/within": f"{other.origin}/out"}
    web.answer = lambda request: Answer(status=302, headers={"Location": hops[request.path]})
    # Who was left gets nothing back either.
    back = {"/out": f"{web.origin}/back"}
    other.answer = lambda request: Answer(status=302, headers={"Location": back[request.path]})
    hops["/back"] = f"{other.origin}/end"
    back["/end"] = f"{other.origin}/end"
    headers = {"Authorization": "Bearer x", "X-Key": "x", "Accept": "text/plain"}
    with pytest.raises(FetchError, match="more than 3 redirects"):
        ask(Request(web.origin, headers=headers))
    seen = [*web.requests[:2], other.requests[0], web.requests[2]]
    assert [each.path for each in seen] == ["/", "/within", "/out", "/back"]
    assert [each.headers.get("Authorization") for each in seen] == ["Bearer x"] * 2 + [None] * 2
    assert [each.headers.get("X-Key") for each in seen] == ["x"] * 2 + [None] * 2
    assert {each.headers["Accept"] for each in seen} == {"text/plain"}


def test_cookies_are_not_kept(web: Web) -> None:
    cookie = {"Set-Cookie": "a=b; Path=/", "Location": "/next"}
    web.answer = lambda request: Answer(
        b"x", 302 if request.path == "/" else 200, cookie if request.path == "/" else {}
    )
    assert ask(Request(web.origin)) == (200, b"x")
    assert len(web.requests) == 2
    assert all("Cookie" not in each.headers for each in web.requests)


def test_the_environment_says_nothing_of_proxies(
    web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password word\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    web.says(b"here")
    assert ask(Request(web.origin)) == (200, b"here")
    assert "Authorization" not in web.requests[0].headers


def test_what_comes_is_bounded_too(web: Web) -> None:
    """Of members with nothing in them there may be any number."""
    empty = gzip.compress(b"")
    web.says(Answer(empty * 100, headers={"Content-Encoding": "gzip"}))
    assert ask(Request(web.origin)) == (200, b"")
    web.says(Answer(empty * 1000, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(FetchError, match="more than 10,000 bytes"):
        ask(Request(web.origin))


def test_the_deadline_holds_for_what_is_unpacked(web: Web) -> None:
    """Which never comes to an end, and to no other limit."""

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        while True:
            connection.sendall(empty)

    empty = gzip.compress(b"") * 1000
    web.says(Answer(raw=endless))
    with pytest.raises(FetchError, match="too long"):
        ask(Request(web.origin), Limits(timeout=0.5, size=10**12, redirects=0))


def test_the_deadline_holds_for_all_hops(web: Web) -> None:
    def answer(connection: socket.socket) -> None:
        time.sleep(0.3)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")

    web.says(Answer(raw=answer))
    # There would be too many of them after half a minute.
    with pytest.raises(FetchError, match="too long"):
        ask(Request(web.origin), Limits(timeout=1, size=10, redirects=100))


def test_who_reads_nothing_of_what_is_sent_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(FetchError, match="too long"):
            ask(Request(address, "POST", content=b"x" * 50_000_000), Limits(0.5, 10, 0))


def test_names_are_verified_of_the_address_that_was_looked_at(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=a.example"
    names = ("-addext", "subjectAltName=DNS:a.example")
    files = ("-keyout", str(key), "-out", str(certificate))
    try:
        subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no openssl")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    names_asked: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: names_asked.append(name)

    def serve(listener: socket.socket) -> None:
        for _ in range(2):
            with listener.accept()[0] as plain:
                try:
                    with server.wrap_socket(plain, server_side=True) as secured:
                        secured.recv(65_536)
                        secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhere")
                except OSError:
                    # The client doesn't know this name.
                    continue

    dialler = Dialler(private=True, resolve=lambda host, port: ["127.0.0.1"])
    trusting = ssl.create_default_context(cafile=str(certificate))
    client = Client(LIMITS, dialler.connect, trusting)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        with client.ask(Request(f"https://a.example:{port}/")) as answer:
            assert answer.read() == b"here"
        with (
            pytest.raises(FetchError, match="verify failed"),
            client.ask(Request(f"https://b.example:{port}/")),
        ):
            pass
        thread.join()
    assert names_asked == ["a.example", "b.example"]
