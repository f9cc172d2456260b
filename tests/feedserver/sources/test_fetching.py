"""Fetching: what is asked, what is followed, and what nobody can lead it to do."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial

import pytest

from feedserver.errors import FetchError
from feedserver.settings.settings import Settings
from feedserver.sources.fetching import Fetched, Threads, Validators, WebFetcher, is_public, resolve
from tests.feedserver.origin import Answer, Request, Web, serving

OPEN = Settings(private_addresses=True, fetch_timeout=10)
NOTHING = Validators()


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as found:
        yield found


def fetch(address: str, known: Validators = NOTHING, **settings: object) -> Fetched:
    # Whatever fields of the settings a test names.
    return WebFetcher(replace(OPEN, **settings)).fetch(address, known)  # type: ignore[arg-type]  # of every type


def test_a_document_comes_with_what_its_server_said(web: Web) -> None:
    headers = {
        "ETag": '"1"',
        "Last-Modified": "Fri, 12 Dec 2025 17:19:38 GMT",
        "Content-Type": "x/y",
    }
    web.says(Answer(b"body", headers=headers))
    found = fetch(f"{web.origin}/feed?a=b#c")
    assert found == Fetched(
        b"body", f"{web.origin}/feed?a=b", "x/y", Validators('"1"', headers["Last-Modified"])
    )
    [request] = web.requests
    assert request.path == "/feed?a=b"
    assert request.headers["Host"] == web.origin.removeprefix("http://")
    assert "feedserver (mkdocs-twim; https://" in request.headers["User-Agent"]
    assert request.headers["Accept-Encoding"] == "gzip"


def test_a_known_document_is_asked_for_by_its_validators(web: Web) -> None:
    web.says(Answer(status=304, headers={"ETag": '"1"'}))
    known = Validators('"1"', "Fri, 12 Dec 2025 17:19:38 GMT")
    assert fetch(web.origin, known) == Fetched(None, f"{web.origin}/", validators=known)
    headers = web.requests[0].headers
    assert headers["If-None-Match"] == '"1"' and headers["If-Modified-Since"] == known.modified
    # Who was asked for no condition may not say so.
    with pytest.raises(FetchError, match="304"):
        fetch(web.origin)


@pytest.mark.parametrize("seconds", [0, 1])
def test_what_was_changed_within_this_second_may_change_in_it_again(web: Web, seconds: int) -> None:
    modified = "Fri, 12 Dec 2025 17:19:38 GMT"
    date = modified.replace("38", str(38 + seconds))
    head = f"HTTP/1.0 200 OK\r\nDate: {date}\r\nLast-Modified: {modified}\r\n\r\n"
    web.says(Answer(raw=lambda socket: socket.sendall(head.encode())))
    assert fetch(web.origin).validators == Validators(modified=modified if seconds else None)


def test_what_is_packed_is_unpacked(web: Web) -> None:
    web.says(Answer(gzip.compress(b"body" * 1000), headers={"Content-Encoding": "GZIP"}))
    assert fetch(web.origin).body == b"body" * 1000
    members = gzip.compress(b"one ") + gzip.compress(b"two")
    web.says(Answer(members, headers={"Content-Encoding": "gzip"}))
    assert fetch(web.origin).body == b"one two"
    web.says(Answer(members[:-9], headers={"Content-Encoding": "gzip"}))
    with pytest.raises(FetchError, match="ends before its end"):
        fetch(web.origin)
    with pytest.raises(FetchError, match="more than 5 bytes"):
        web.says(Answer(members, headers={"Content-Encoding": "gzip"}))
        fetch(web.origin, fetch_bytes=5)
    web.says(Answer(b"body", headers={"Content-Encoding": "br"}))
    with pytest.raises(FetchError, match="packed with 'br'"):
        fetch(web.origin)
    web.says(Answer(b"body", headers={"Content-Encoding": "gzip"}))
    with pytest.raises(FetchError, match="incorrect header"):
        fetch(web.origin)
    web.says(Answer(gzip.compress(b"body" * 1000)[:-9], headers={"Content-Encoding": "gzip"}))
    with pytest.raises(FetchError, match="ends before its end"):
        fetch(web.origin)


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [((301, 308), True), ((302, 301), False), ((307,), False), ((303,), False)],
)
def test_redirects_are_followed_and_those_for_good_are_told(
    web: Web, statuses: tuple[int, ...], moved: bool
) -> None:
    def answer(request: Request) -> Answer:
        hop = int(request.path[1:] or 0)
        if hop < len(statuses):
            return Answer(status=statuses[hop], headers={"Location": f"/{hop + 1}"})
        return Answer(b"there")

    web.answer = answer
    found = fetch(web.origin)
    last = f"{web.origin}/{len(statuses)}"
    assert (found.body, found.address) == (b"there", last)
    assert found.moved == (last if moved else None)


def test_what_was_moved_for_good_and_then_for_now_was_moved_to_the_first(web: Web) -> None:
    hops = {"/": (301, "/a"), "/a": (302, "/b")}

    def answer(request: Request) -> Answer:
        status, to = hops.get(request.path, (200, ""))
        return Answer(b"x", status, {"Location": to} if to else {})

    web.answer = answer
    assert fetch(web.origin).moved == f"{web.origin}/a"


def test_there_is_an_end_to_redirects(web: Web) -> None:
    web.says(Answer(status=302, headers={"Location": "/again"}))
    with pytest.raises(FetchError, match="more than 3 redirects"):
        fetch(web.origin, fetch_redirects=3)
    assert len(web.requests) == 4


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://a.example/x", "javascript:x", "gopher://a/", "http://["],
)
def test_redirects_stay_in_the_web(web: Web, location: str) -> None:
    web.says(Answer(status=302, headers={"Location": location}))
    with pytest.raises(FetchError, match=r"no address of the web|private|Name or service|host"):
        fetch(web.origin)


def test_an_address_with_a_user_is_refused() -> None:
    with pytest.raises(FetchError, match="user's name"):
        fetch("http://user:word@127.0.0.1/")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120), (None, None), ("soon", None), ("9" * 200, None), ("past", 0), ("date", 3600)],
)
def test_an_error_says_when_to_come_again(
    web: Web, value: str | None, seconds: float | None
) -> None:
    if value in ("date", "past"):
        then = datetime.now(UTC) + timedelta(hours=1 if value == "date" else -1)
        value = format_datetime(then, usegmt=True)
    web.says(Answer(status=503, headers={"Retry-After": value} if value else {}))
    with pytest.raises(FetchError, match="503") as error:
        fetch(web.origin)
    assert error.value.retry_after == (None if seconds is None else pytest.approx(seconds, abs=5))


def test_a_document_has_no_more_bytes_than_allowed(web: Web) -> None:
    web.says(b"x" * 5000)
    assert len(fetch(web.origin, fetch_bytes=5000).body or b"") == 5000
    with pytest.raises(FetchError, match="more than 4,999 bytes"):
        fetch(web.origin, fetch_bytes=4999)


def test_a_gzip_bomb_takes_no_more_memory_than_allowed(web: Web) -> None:
    bomb = gzip.compress(b"\0" * 100_000_000, 1)
    web.says(Answer(bomb, headers={"Content-Encoding": "gzip"}))
    tracemalloc.start()
    try:
        with pytest.raises(FetchError, match="more than 1,000,000 bytes"):
            fetch(web.origin, fetch_bytes=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def _drips(text: bytes) -> Callable[[socket.socket], None]:
    def raw(connection: socket.socket) -> None:
        connection.sendall(text)
        for _ in range(200):
            connection.sendall(b"x")
            time.sleep(0.05)

    return raw


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-A: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n",
    ],
)
def test_who_sends_a_byte_now_and_then_is_cut(web: Web, text: bytes) -> None:
    web.says(Answer(raw=_drips(text)))
    # It would go on for ten seconds, and end otherwise.
    with pytest.raises(FetchError, match="too long"):
        fetch(web.origin, fetch_timeout=0.5)


def test_a_handshake_that_never_ends_is_cut() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with pytest.raises(FetchError, match="too long"):
            fetch(f"https://127.0.0.1:{listener.getsockname()[1]}/", fetch_timeout=0.5)


def test_a_look_up_that_never_ends_is_left() -> None:
    def never(host: str, port: int) -> list[str]:
        time.sleep(3)
        return []

    settings = replace(OPEN, fetch_timeout=0.2)
    with pytest.raises(FetchError, match="too long to find its host"):
        WebFetcher(settings, resolve=never).fetch("http://a.example/", NOTHING)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500,
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000,
    ],
)
def test_broken_answers_are_errors(web: Web, raw: bytes) -> None:
    web.says(Answer(raw=lambda connection: connection.sendall(raw)))
    with pytest.raises(FetchError, match=web.origin):
        fetch(web.origin)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
        ),
        *("100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
        *(
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "fd00::1",
            "fec0::1",
        ),
        *("ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"),
        *(
            "64:ff9b:1::a00:1",
            "2002:7f00:1::",
            "2002:c0a8:101::1",
            "2001:db8::1",
            "2001:0::1",
            "100::1",
        ),
    ],
)
def test_private_addresses(address: str) -> None:
    assert not is_public(address)
    fetcher = WebFetcher(Settings(), resolve=lambda host, port: [address])
    with pytest.raises(FetchError, match="private address"):
        fetcher.fetch("http://a.example/", NOTHING)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{}/",
        "http://localhost:{}/",
        "http://2130706433:{}/",
        "http://127.1:{}/",
        "http://0x7f.0.0.1:{}/",
        "http://0:{}/",
        "http://[::ffff:127.0.0.1]:{}/",
    ],
)
def test_this_machine_is_not_reached_by_any_of_its_names(web: Web, address: str) -> None:
    web.says(b"secret")
    with pytest.raises(FetchError):
        fetch(address.format(web.origin.rpartition(":")[2]), private_addresses=False)
    assert web.requests == []


def test_every_hop_is_looked_at(web: Web) -> None:
    """The first hop may be made, and leads to a private address."""
    port = int(web.origin.rpartition(":")[2])
    web.says(Answer(status=302, headers={"Location": "http://inner.example/"}))
    looked: list[str] = []

    def names(host: str, port: int) -> list[str]:
        looked.append(host)
        return ["10.0.0.1"]

    # The settings allow this machine's own server alone, by its address.
    class OnlyThis(WebFetcher):
        def _socket(self, host: str, number: int, deadline: float) -> socket.socket:
            if number == port:
                return socket.create_connection(("127.0.0.1", port), timeout=5)
            return super()._socket(host, number, deadline)

    with pytest.raises(FetchError, match=r"inner\.example is at a private address"):
        OnlyThis(Settings(), resolve=names).fetch(web.origin, NOTHING)
    assert looked == ["inner.example"]


def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to(web: Web) -> None:
    """A name that leads elsewhere at the second look is looked up once."""
    looks: list[str] = []
    port = int(web.origin.rpartition(":")[2])
    web.says(b"here")

    def names(host: str, number: int) -> list[str]:
        looks.append(host)
        return ["127.0.0.1"] if len(looks) == 1 else ["10.0.0.1"]

    found = WebFetcher(OPEN, resolve=names).fetch(f"http://rebound.example:{port}/", NOTHING)
    assert found.body == b"here" and looks == ["rebound.example"]
    assert web.requests[0].headers["Host"] == f"rebound.example:{port}"


def test_of_several_addresses_the_private_are_left_out_and_the_next_is_tried(web: Web) -> None:
    port = int(web.origin.rpartition(":")[2])
    web.says(b"here")
    fetcher = WebFetcher(OPEN, resolve=lambda host, number: ["127.0.0.2", "127.0.0.1"])
    with socket.create_server(("127.0.0.2", 0)):
        # Nobody listens at that port of the first.
        assert fetcher.fetch(f"http://a.example:{port}/", NOTHING).body == b"here"


def test_the_system_s_look_up() -> None:
    assert "127.0.0.1" in resolve("localhost", 80) or "::1" in resolve("localhost", 80)
    with pytest.raises(FetchError, match=r"x\.invalid"):
        fetch("http://x.invalid/")
    with pytest.raises(FetchError, match="no such host"):
        fetch(f"http://{'x' * 70}.example/")


def test_few_threads_do_what_is_put_to_them_and_end() -> None:
    threads = Threads(3)
    may_end, done = threading.Event(), threading.Semaphore(0)
    before = {*threading.enumerate()}
    found: list[int] = []

    def work(number: int) -> None:
        may_end.wait()
        found.append(number)
        done.release()

    for number in range(50):
        threads.put(partial(work, number))
    begun = {*threading.enumerate()} - before
    assert len(begun) == 3
    may_end.set()
    for _ in range(50):
        done.acquire()
    assert sorted(found) == list(range(50))
    for thread in begun:
        thread.join()
    threads.put(done.release)
    done.acquire()
