"""What a request may not exceed, and the answers beyond it, on real connections."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from feedserver.feeds import export
from tests.feedserver.running import Running, running, until
from tests.processes.test_serving import small_archive
from tests.samples import SITE

SETTINGS = """
max_path = 500
max_headers = 2000
max_parameters = 3
max_connections = 5
head_timeout = 600
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("limits")
    export.write(small_archive(), SITE.url, folder)
    with running(folder, settings=SETTINGS) as found:
        yield found


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that doesn't wait long for a request: of its own, for a test may stall as long."""
    folder = tmp_path_factory.mktemp("hasty")
    export.write(small_archive(), SITE.url, folder)
    with running(folder, settings=SETTINGS.replace("600", "1")) as found:
        yield found


def _send(server: Running, *parts: bytes, pause: float = 0) -> tuple[int, dict[str, str], bytes]:
    """Send a request in parts; the status, headers and body of the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        return _answer(connection)


def _answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    got = b""
    while data := connection.recv(100_000):
        got += data
    head, _, body = got.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(status.split()[1]), headers, body


def _request(target: str, *headers: str) -> bytes:
    lines = [f"GET {target} HTTP/1.1", "Host: x", *headers, "Connection: close", "", ""]
    return "\r\n".join(lines).encode()


def _post(*headers: str) -> bytes:
    return "\r\n".join(["POST /feed.json HTTP/1.1", "Host: x", *headers, "", ""]).encode()


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        (_request(f"/{'x' * 600}"), 414, "at most 500 bytes"),
        (_request(f"/feed.json?q={'x' * 600}"), 414, "at most 500 bytes"),
        (_request(f"/{'x' * 3000}"), 414, "The request line is too long."),
        (_request(f"/{'x' * 300_000}"), 414, "The request line is too long."),
        (_request("/feed.json", f"X: {'x' * 3000}"), 431, "head of the request is too large"),
        (_request("/feed.json", *["X: y"] * 40_000), 431, "head of the request is too large"),
        (_request("/feed.json?utm_a&utm_b&utm_c&utm_d"), 400, "at most 3"),
        (b"HELLO\r\n\r\n", 400, "no request of HTTP/1.1"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "no request of HTTP/1.1"),
        (b"GET /feed.json HTTP/9.9\r\nHost: x\r\n\r\n", 505, "HTTP/1.1 and 1.0"),
        (b"GET /feed.json HTTP/0.9\r\n\r\n", 505, "HTTP/1.1 and 1.0"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP/1.1 and 1.0"),
        (
            _post("Content-Length: 5", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
            400,
            "no request of HTTP/1.1",
        ),
        (
            _post("Transfer-Encoding: chunked").replace(b"/1.1", b"/1.0"),
            400,
            "no request of HTTP/1.1",
        ),
        (_request("/feed.json", "X: a\x0bb"), 400, "no request of HTTP/1.1"),
        (_request("/feed.json", "X: a\rb"), 400, "no request of HTTP/1.1"),
    ],
)
def test_beyond_a_limit_is_a_problem_document(
    server: Running, sent: bytes, status: int, words: str
) -> None:
    got, headers, body = _send(server, sent)
    assert got == status
    assert headers["content-type"] == "application/problem+json"
    problem = json.loads(body)
    assert problem["status"] == status and words in problem["detail"]


@pytest.mark.parametrize(
    ("line", "headers", "status"),
    [
        ("HEAD /feed.json HTTP/9.9", "", 505),
        ("HEAD /feed.json HTTP/1.1", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400),
        ("HEAD /feed.json HTTP/1.1", "Host: y\r\n", 400),
        ("HEAD /feed.json HTTP/1.1", "X: a\x0bb\r\n", 400),
        (f"HEAD /{'x' * 3000} HTTP/1.1", "", 414),
        (f"HEAD /{'x' * 300_000} HTTP/1.1", "", 414),
        ("HEAD /feed.json HTTP/1.1", "X: y\r\n" * 40_000, 431),
    ],
)
def test_a_refused_request_for_a_head_gets_a_head(
    server: Running, line: str, headers: str, status: int
) -> None:
    got, answered, body = _send(server, f"{line}\r\nHost: x\r\n{headers}\r\n".encode())
    assert (got, body) == (status, b"")
    assert int(answered["content-length"]) > 10
    assert "Traceback" not in server.logged()


def test_a_head_that_grows_beyond_the_limit_is_refused(server: Running) -> None:
    part = b"X: " + b"x" * 990 + b"\r\n"
    status, _, body = _send(server, b"GET / HTTP/1.1\r\nHost: x\r\n", part, part, part, pause=0.05)
    assert status == 431 and b"too large" in body


def test_within_the_limits_all_is_well(server: Running) -> None:
    assert _send(server, _request("/feed.json?utm_a&utm_b&utm_c", f"X: {'x' * 1500}"))[0] == 200


def test_a_head_that_comes_slowly_is_timed_out(hasty: Running) -> None:
    status, headers, body = _send(hasty, b"GET /feed.json HTTP/1.1\r\n")
    assert status == 408 and headers["connection"] == "close"
    assert json.loads(body)["detail"] == "The request took too long to arrive."
    assert _send(hasty)[0] == 408


def test_so_is_the_second_one_of_a_connection(hasty: Running) -> None:
    with socket.create_connection(("127.0.0.1", hasty.port), timeout=20) as connection:
        connection.sendall(_request("/feed.json").replace(b"Connection: close\r\n", b""))
        got = b""
        while not got.endswith(b"]}\n"):
            got += connection.recv(100_000)
        connection.sendall(b"GET /feed.j")
        assert _answer(connection)[0] == 408


def test_too_many_connections_are_told_to_come_again(server: Running) -> None:
    with ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        status, headers, body = _send(server, _request("/feed.json"))
        assert (status, headers["retry-after"]) == (503, "5")
        assert json.loads(body)["title"] == "Service Unavailable"
        for _ in range(6):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        # Beyond twice as many a connection isn't worth an answer.
        with pytest.raises((ConnectionResetError, BrokenPipeError, IndexError)):
            _send(server, _request("/feed.json"), pause=0.2)
    until(lambda: server.get("/feed.json").status == 200)


def test_operations_take_get_and_head_alone(server: Running) -> None:
    head = _request("/healthz").replace(b"GET", b"HEAD")
    status, headers, body = _send(server, head)
    assert status == 200 and body == b"" and int(headers["content-length"]) > 10
    status, headers, body = _send(server, _request("/metrics").replace(b"GET", b"POST"))
    assert status == 405 and headers["allow"] == "GET, HEAD"
    assert json.loads(body)["status"] == 405


def test_a_target_may_be_a_whole_address(server: Running) -> None:
    status, _, body = _send(server, _request("http://other.example:8080/feed.json?limit=1"))
    assert status == 200
    assert b"http://other.example:8080/feed.json?limit=1" in body
    assert _send(server, _request("http://other.example/feed.json"))[0] == 200
    for strange in ("http://[x/feed.json", "ftp://other.example/feed.json", "feed.json"):
        assert _send(server, _request(strange))[0] == 400
    asked = b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert _send(server, asked)[0] == 204


def test_a_body_that_nobody_wants_is_not_waited_for(server: Running) -> None:
    for parts in (
        [_post("Content-Length: 1000000"), b"x"],
        [_post("Content-Length: 20000"), b"x" * 5000, b"x" * 5000],
        [_post("Transfer-Encoding: chunked"), b"5\r\nabcde\r\n"],
        [_post("Expect: 100-continue", "Content-Length: 10")],
        [_post("Content-Length: 10").replace(b"POST", b"GET")],
    ):
        # The connection is closed, though the client has more to say.
        status, _, _ = _send(server, *parts, pause=0.01)
        assert status == (200 if parts[0].startswith(b"GET") else 405)


def test_a_body_that_is_there_is_overlooked(server: Running) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(_post("Content-Length: 3") + b"abc")
        got = b""
        while b"405" not in got or not got.endswith(b"}"):
            got += connection.recv(100_000)
        connection.sendall(_request("/feed.json"))
        assert _answer(connection)[0] == 200


@pytest.mark.parametrize("between", [b"\r\n", b"\r\n\r\n", b"\n"])
def test_empty_lines_before_a_request_are_overlooked(server: Running, between: bytes) -> None:
    asked = _request("/healthz")
    assert _send(server, between + asked)[0] == 200
    assert _send(server, between[:1], between[1:] + asked, pause=0.05)[0] == 200
    first = asked.replace(b"Connection: close\r\n", b"")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(first + between + asked)
        got = b""
        while data := connection.recv(100_000):
            got += data
    assert got.count(b"HTTP/1.1 200") == 2


def test_a_later_version_counts_as_1_1(server: Running) -> None:
    assert _send(server, _request("/feed.json").replace(b"HTTP/1.1", b"HTTP/1.2"))[0] == 200


def test_http_1_0_needs_no_host(server: Running) -> None:
    status, _, body = _send(server, b"GET /feed.json HTTP/1.0\r\n\r\n")
    assert status == 200
    assert json.loads(body)["feed_url"] == f"http://127.0.0.1:{server.port}/feed.json"


def test_clients_that_are_gone_leave_nothing_in_the_log(hasty: Running) -> None:
    reset = struct.pack("ii", 1, 0)
    for sent in (b"", b"HELLO\r\n\r\n", b"GET /feed.j", _request("/archive.json"), _post("X: y")):
        for _ in range(10):
            connection = socket.create_connection(("127.0.0.1", hasty.port))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            connection.sendall(sent)
            connection.close()
    # So long are connections kept that were refused.
    time.sleep(1.5)
    assert hasty.get("/feed.json").status == 200
    assert "Traceback" not in hasty.logged()


def test_whoever_leaves_the_hub_halfway_is_no_fault_of_ours(hasty: Running) -> None:
    form = "Content-Type: application/x-www-form-urlencoded"
    half = _post("Content-Length: 1000", form).replace(b"/feed.json", b"/hub") + b"hub.mode="
    with socket.create_connection(("127.0.0.1", hasty.port)) as connection:
        connection.sendall(half)
        time.sleep(0.3)
    # So is one who is too slow.
    assert _send(hasty, half)[0] == 408
    counted = b'feedserver_requests_total{format="other",kind="other",status="408"} 2.0'
    until(lambda: counted in hasty.get("/metrics").body)
    assert b'status="500"' not in hasty.get("/metrics").body
    assert "Traceback" not in hasty.logged()
