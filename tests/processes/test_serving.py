"""The server's processes: parent and workers, signals, what it tells its operators."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import pytest

from feedserver.errors import ServingError
from feedserver.feeds import export
from feedserver.formats import archive as archives
from feedserver.model import Archive, Feed
from feedserver.serving.rebuilding import Rebuilding
from feedserver.serving.supervisor import Supervisor
from feedserver.sources.statefolder import Health
from feedserver.web import openapi
from tests.conftest import ROOT
from tests.feedserver.running import Running, put, running, until
from tests.samples import SITE, archive, post, update

FEEDS = [
    Feed("/", "Letters", "All", "posts", "/blog/"),
    Feed("/section/clients/", "C", "C", "section", "/section/clients/", {"section": ("clients",)}),
]


_UPGRADE = b"Connection: upgrade\r\nUpgrade: websocket\r\n"


def small_archive(*names: str, content: str = "<p>Text.</p>") -> Archive:
    entries = []
    for days, name in enumerate(names or ("week",)):
        issue = replace(post(name, days=days, sections=["clients"]), content=content)
        entries += [issue, update(issue, 0, project="fractal")]
    return archive(entries, FEEDS)


def _titles(server: Running) -> list[str]:
    return [item["title"] for item in json.loads(server.get("/feed.json").body)["items"]]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    export.write(small_archive(), SITE.url, folder)
    return folder


def test_a_worker_that_dies_is_started_anew(site: Path) -> None:
    with running(site, workers=2) as server:
        before = server.workers()
        assert len(before) == 2
        os.kill(before[0], signal.SIGKILL)
        until(lambda: len(set(server.workers()) - set(before)) == 1)
        assert server.get("/feed.json").status == 200
        until(lambda: b"feedserver_worker_restarts_total 1.0" in server.get("/metrics").body)
        assert server.end() == 0
        assert f"worker {before[0]} has ended with -9; the next starts in 0.5 s" in server.logged()
        assert server.workers() == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are looked for in /proc")
def test_workers_end_when_their_parent_is_gone(site: Path) -> None:
    with running(site, workers=2) as server:
        workers = server.workers()
        server.process.kill()
        server.process.wait()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains(large: Path, number: int) -> None:
    # Whoever reads for longer is cut off, as on a machine that stands still meanwhile.
    with running(large, settings="drain = 600") as server:
        whole = server.get("/archive.json").body
        assert len(whole) > 8_000_000
        with _reading(server) as slow:
            got = slow.recv(1000)
            server.process.send_signal(number)
            until(lambda: _refused(server.port))
            assert server.process.poll() is None
            while data := slow.recv(1_000_000):
                got += data
        assert got.partition(b"\r\n\r\n")[2] == whole
        assert server.process.wait(60) == 0
        assert "Traceback" not in server.logged()


def test_a_second_signal_does_not_wait(large: Path) -> None:
    with running(large, settings="drain = 600") as server, _reading(server) as stuck:
        stuck.recv(1000)
        server.process.send_signal(signal.SIGTERM)
        until(lambda: _refused(server.port))
        assert server.end() == 0


def test_a_drain_has_a_limit(large: Path) -> None:
    with running(large, settings="drain = 1") as server, _reading(server) as stuck:
        stuck.recv(1000)
        assert server.end() == 0


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """An archive that is larger than what systems buffer of a connection."""
    path = tmp_path / "archive.json"
    content = f"<p>{'Text. ' * 10_000}</p>"
    names = [f"week-{number}" for number in range(160)]
    path.write_bytes(archives.serialise(small_archive(*names, content=content)))
    return path


def _reading(server: Running) -> socket.socket:
    """A connection that has asked for the archive."""
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.sendall(b"GET /archive.json HTTP/1.1\r\nHost: x\r\n\r\n")
    return connection


def _refused(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return False
    except ConnectionRefusedError:
        return True


def test_a_hangup_reads_the_sources_now(site: Path) -> None:
    with running(site, settings="interval = 1000") as server:
        assert _titles(server) == ["Week"]
        put(site / "archive.json", archives.serialise(small_archive("week", "newer")))
        server.process.send_signal(signal.SIGHUP)
        until(lambda: _titles(server) == ["Newer", "Week"])
        assert "the sources are read again" in server.logged()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, _Peer)
        # Whether it has a hub is asked of its feed.
        self.server.count += self.path == "/archive.json"
        self.send_response(200 if self.server.body else 503)
        self.send_header("Content-Type", "application/feed+json")
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *arguments: object) -> None:
        pass


class _Peer(HTTPServer):
    """Another site, whose archive is a source."""

    body = b""
    count = 0


@pytest.fixture
def peer() -> Iterator[_Peer]:
    server = _Peer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_was_fetched_survives_a_restart_and_a_hangup_fetches(
    peer: _Peer, tmp_path: Path
) -> None:
    peer.body = archives.serialise(small_archive())
    source = f"http://127.0.0.1:{peer.server_port}/archive.json"
    settings = f"private_addresses = true\npoll = 100000\nstate = '{tmp_path / 'state'}'\n"
    with running(source, settings=settings) as server:
        assert _titles(server) == ["Week"] and peer.count == 1
        peer.body = archives.serialise(small_archive("week", "newer"))
        server.process.send_signal(signal.SIGHUP)
        until(lambda: _titles(server) == ["Newer", "Week"])
    peer.body = b""
    with running(source, settings=settings) as server:
        assert _titles(server) == ["Newer", "Week"]
        # It isn't due, and a restart is no reason to ask.
        assert server.health()["status"] == "ok" and peer.count == 2
        server.process.send_signal(signal.SIGHUP)
        until(lambda: server.health()["status"] == "degraded")
        [found] = server.health()["sources"]
        assert found["state"] == "stale" and "503" in found["error"]


def test_a_failing_reload_keeps_the_answers_and_says_so(site: Path) -> None:
    with running(site, settings="interval = 0.1") as server:
        assert server.health()["status"] == "ok"
        put(site / "archive.json", b"broken")
        until(lambda: server.health()["status"] == "degraded")
        [source] = server.health()["sources"]
        assert source["name"] == str(site) and "not JSON" in source["error"]
        assert server.get("/healthz").status == 200
        assert server.get("/healthz").headers["Cache-Control"] == "no-store"
        described = json.loads(openapi.document())
        schemas = described["components"]["schemas"]
        jsonschema.validate(json.loads(server.get("/healthz").body), schemas["Health"])
        [figures] = described["paths"]["/metrics"]["get"]["responses"]["200"]["content"]
        assert server.get("/metrics").headers["Content-Type"] == figures
        assert _titles(server) == ["Week"]
        until(lambda: b"feedserver_source_current{" in server.get("/metrics").body)
        put(site / "archive.json", archives.serialise(small_archive("week", "newer")))
        until(lambda: server.health()["status"] == "ok")
        until(lambda: _titles(server) == ["Newer", "Week"])
        assert server.logged().count("not JSON") == 1


def test_two_servers_do_not_share_a_state_folder(site: Path, tmp_path: Path) -> None:
    settings = f"state = '{tmp_path / 'state'}'"
    with running(site, settings=settings) as server:
        command = [sys.executable, "-m", "feedserver", "serve", str(site), "--port", "0"]
        environ = {**os.environ, "FEEDSERVER_STATE": str(tmp_path / "state")}
        second = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environ)
        assert second.returncode == 2
        assert second.stderr == (
            f"feedserver: {tmp_path / 'state'}: another server uses this state folder\n"
        )
        assert server.get("/feed.json").status == 200
    with running(site, settings=settings) as server:
        assert server.get("/feed.json").status == 200


def test_a_port_that_is_taken_is_one_line(site: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "feedserver", "serve", str(site), "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2
    told = f"127.0.0.1:{port}: another program listens at this port; name another with --port"
    assert told in done.stderr and done.stderr.count("\n") == 1


def test_so_is_that_of_the_metrics_and_an_address_that_is_none(site: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        (tmp_path / "taken.toml").write_text(f"metrics = '{address}'")
        command = [sys.executable, "-m", "feedserver", "serve", str(site), "--port", "0"]
        config = ["--config", str(tmp_path / "taken.toml")]
        done = subprocess.run([*command, *config], capture_output=True, text=True, cwd=ROOT)
    assert f"{address}: another program listens" in done.stderr
    assert "name another with metrics" in done.stderr
    done = subprocess.run(
        [*command, "--host", "192.0.2.7"], capture_output=True, text=True, cwd=ROOT
    )
    assert "192.0.2.7:0: " in done.stderr and "with --host" in done.stderr


def test_a_source_that_is_none_is_told_before_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "feedserver", "serve", "nowhere", "--port", port]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.stderr == "feedserver: nowhere: there is no such folder or file\n"


def test_metrics_may_have_an_address_of_their_own(site: Path) -> None:
    with running(site, settings="metrics = '127.0.0.1:0'") as server:
        assert server.get("/metrics").status == 404
        until(lambda: "metrics are on http://" in server.logged())
        address = server.logged().partition("metrics are on ")[2].split()[0]
        own = Running(server.process, address.removesuffix("/metrics"), 0, server.log)
        until(lambda: b"feedserver_entries 2.0" in own.get("/metrics").body)
        assert server.end() == 0


def test_metrics_count_what_was_asked(site: Path) -> None:
    agent = {"User-Agent": "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 34 subscribers)"}
    with running(site, workers=2) as server:
        for _ in range(5):
            server.get("/section/clients/atom.xml", agent)
        server.get("/section/nothing/atom.xml", agent)
        expected = [
            'feedserver_requests_total{format="atom",kind="section",status="200"} 5.0',
            'feedserver_requests_total{format="atom",kind="other",status="404"} 1.0',
            "feedserver_feed_requests_total"
            '{feed="/section/clients/",format="atom",status="200"} 5.0',
            'feedserver_subscribers{feed="/section/clients/",reader="Feedly"} 34.0',
            "feedserver_entries 2.0",
            "feedserver_feeds 2.0",
            "feedserver_last_change_timestamp_seconds ",
            f'feedserver_source_last_success_timestamp_seconds{{source="{site}"}} ',
            f'feedserver_source_current{{source="{site}"}} 1.0',
        ]
        # Each worker has heard at another time what the others count.
        until(lambda: all(line.encode() in server.get("/metrics").body for line in expected))
        assert b"/section/nothing/" not in server.get("/metrics").body
        assert server.get("/metrics").headers["Content-Type"].startswith("text/plain; version=")


def test_the_log_of_requests_has_neither_addresses_nor_queries(site: Path) -> None:
    settings = "log_requests = true\nlog_format = 'json'\n"
    with running(site, settings=settings) as server:
        server.get("/feed.json?utm_source=secret", {"User-Agent": "bot/1"})
        until(lambda: "GET /feed.json 200" in server.logged())
        lines = [json.loads(line) for line in server.logged().splitlines()]
        [line] = [line for line in lines if line["logger"] == "feedserver.requests"]
        assert line["path"] == "/feed.json" and line["status"] == 200
        assert line["agent"] == "bot/1" and line["level"] == "info"
        assert "secret" not in server.logged() and "127.0.0.1" not in server.logged()
    with running(site, settings=f"{settings}log_clients = true") as server:
        server.get("/feed.json")
        until(lambda: '"client": "127.0.0.1"' in server.logged())


@pytest.mark.parametrize("level", ["info", "debug"])
def test_requests_that_are_none_do_not_fill_the_log(site: Path, level: str) -> None:
    with running(site, settings=f"log_level = '{level}'\n") as server:
        host = (str(urlsplit(server.address).hostname), urlsplit(server.address).port or 0)
        for head in (b"HOOT\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n%s\r\n" % _UPGRADE):
            with socket.create_connection(host, timeout=60) as connection:
                connection.sendall(head)
                assert connection.recv(100).startswith(b"HTTP/1.1 ")
        said = [line for line in server.logged().splitlines() if " request" in line]
        assert len(said) == (2 if level == "debug" else 0)
        assert all(line.startswith("DEBUG: ") for line in said)


def _fail(connection: Connection) -> None:
    raise SystemExit(3)


def test_workers_that_never_answer_end_the_server() -> None:
    supervisor = Supervisor(1, _fail, tuple)
    with pytest.raises(ServingError, match="before it answers"):
        while True:
            supervisor.start_due()
            for connection in supervisor.connections():
                connection.poll(1)
                assert list(supervisor.receive(connection)) == []
    assert list(supervisor.stop(1, lambda: False)) == []


class _Broken:
    """A builder that fails in a way that nobody thought of, but for the first time."""

    def __init__(self) -> None:
        self.calls = self.hurries = 0
        self.health = Health((), ("full",))

    def suspect(self) -> None:
        pass

    def hurry(self) -> None:
        self.hurries += 1

    def refresh(self) -> bool:
        self.calls += 1
        if self.calls > 1:
            raise RuntimeError("no such thing")
        return True


def test_a_reload_that_breaks_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    builder = _Broken()
    with Rebuilding(builder, 0.01) as rebuilding:
        rebuilding.now()
        until(lambda: builder.calls > 5)
        assert rebuilding.health().problems == ("full", "the sources can't be read: no such thing")
    assert builder.hurries == 1
    assert caplog.text.count("what was there stays") == 1


def test_a_signal_is_heard_while_the_sources_are_first_read(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        source = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        config = tmp_path / "feedserver.toml"
        config.write_text(
            f"private_addresses = true\nfetch_timeout = 600\nstate = '{tmp_path / 'state'}'\n"
        )
        command = [sys.executable, "-m", "feedserver", "serve", source, "--port", "0"]
        with subprocess.Popen([*command, "--config", str(config)], cwd=ROOT) as process:
            # It has connected, and waits for an answer.
            silent.settimeout(60)
            connection, _ = silent.accept()
            with connection:
                process.terminate()
                assert process.wait(60) == 0
