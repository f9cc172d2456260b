"""The configurations of the how-tos run as they are written, but for ports and folders."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from feedserver.cli import main
from feedserver.feeds import export
from feedserver.formats import archive
from tests.browser.serving import free_port
from tests.conftest import ROOT, absent
from tests.feedserver.running import Running, put, running, until
from tests.processes.test_serving import small_archive
from tests.samples import SITE

HOW_TO = ROOT / "docs" / "how-to"
BLOG = {"Host": "blog.example"}
FEEDS = {"Host": "feeds.example"}


def _shown(page: str, path: str) -> str:
    """A file that a how-to shows."""
    text = (HOW_TO / f"{page}.md").read_text("utf-8")
    [found] = re.findall(rf'(?ms)^```\w+ title="{re.escape(path)}"\n(.*?)^```$', text)
    assert isinstance(found, str)
    return found


def _changed(text: str, *changes: tuple[str, str]) -> str:
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        absent(name)
    return str(found)


@contextmanager
def _before(server: Running, command: Sequence[str], port: int) -> Iterator[Running]:
    """A program that stands before a server, once it answers."""
    process = subprocess.Popen(command, stdout=server.log, stderr=server.log, text=True)
    proxy = Running(process, f"http://127.0.0.1:{port}", port, server.log)
    try:
        until(lambda: _answers(proxy))
        yield proxy
    finally:
        process.terminate()
        process.wait(60)


def _answers(proxy: Running) -> bool:
    assert proxy.process.poll() is None, proxy.logged()
    try:
        return proxy.get("/healthz").status == 200
    except OSError:
        return False


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    export.write(small_archive(), SITE.url, folder)
    return folder


@contextmanager
def _nginx(server: Running, folder: Path) -> Iterator[Running]:
    port = free_port()
    feeds = _changed(
        _shown("operate", "/etc/nginx/conf.d/feeds.conf"),
        ("/var/cache/nginx/feeds", str(folder / "cache")),
        ("127.0.0.1:8000", f"127.0.0.1:{server.port}"),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
    )
    news = _shown("operate", "/etc/nginx/snippets/news.conf")
    blog = f"server {{ listen 127.0.0.1:{port}; server_name blog.example; {news} }}"
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; user {_user()};\nevents {{}}\n"
        f"http {{ access_log off;\n{_temporary(folder)}{feeds}\n{blog} }}\n"
    )
    command = [_program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with _before(server, command, port) as proxy:
        yield proxy


def _temporary(folder: Path) -> str:
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "".join(f"{name}_temp_path {folder}/{name};\n" for name in names)


def _user() -> str:
    # Where tests run as root, nginx would give its folders to another user.
    return Path.home().owner()


def test_nginx_caches_and_all_addresses_are_right(site: Path, tmp_path: Path) -> None:
    with running(site) as server, _nginx(server, tmp_path) as proxy:
        first = proxy.get("/section/clients/feed.json", FEEDS)
        assert first.headers["X-Cache"] == "MISS"
        feed = json.loads(first.body)
        assert feed["feed_url"] == "http://feeds.example/section/clients/feed.json"
        # Whoever isn't trusted can't tell the server where it is.
        lies = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"}
        lies |= {"Forwarded": "host=evil.example"}
        again = proxy.get("/section/clients/feed.json", FEEDS | lies)
        assert again.headers["X-Cache"] == "HIT" and again.body == first.body
        other = proxy.get("/feed.json", FEEDS | lies)
        assert json.loads(other.body)["feed_url"] == "http://feeds.example/feed.json"
        # A browser's page is another thing than the feed.
        assert "accept" in first.headers["Vary"].lower()
        condition = {"If-None-Match": first.headers["ETag"]}
        assert proxy.get("/section/clients/feed.json", FEEDS | condition).status == 304
        assert proxy.get("/feed.json", FEEDS | condition).status == 200
        server.end()
        assert proxy.get("/section/clients/feed.json", FEEDS).body == first.body


def test_nginx_takes_a_prefix_off(site: Path, tmp_path: Path) -> None:
    with running(site) as server, _nginx(server, tmp_path) as proxy:
        feed = json.loads(proxy.get("/news/section/clients/feed.json", BLOG).body)
        assert feed["feed_url"] == "http://blog.example/news/section/clients/feed.json"
        found = proxy.get("/news/section/nothing/atom.xml", BLOG)
        assert found.status == 404
        assert all(path.startswith("/news/") for path in json.loads(found.body)["near"])
        assert _led_to(proxy, "/news") == "/news/"


def _led_to(proxy: Running, path: str) -> str:
    """The path that an address of the blog is redirected to."""
    connection = HTTPConnection("127.0.0.1", proxy.port, timeout=60)
    connection.request("GET", path, headers=BLOG)
    answer = connection.getresponse()
    connection.close()
    assert answer.status in (301, 302)
    return urlsplit(answer.headers["Location"]).path


@contextmanager
def _caddy(blocks: str, server: Running, folder: Path, port: int) -> Iterator[Running]:
    """Caddy with blocks of the how-tos, where nothing asks for certificates."""
    alone = "{\nadmin off\nauto_https off\ndefault_bind 127.0.0.1\n}\n"
    (folder / "Caddyfile").write_text(f"{alone}{blocks}", "utf-8")
    command = [_program("caddy"), "run", "--adapter", "caddyfile"]
    with _before(server, [*command, "--config", str(folder / "Caddyfile")], port) as proxy:
        yield proxy


def test_caddy_tells_all_addresses(site: Path, tmp_path: Path) -> None:
    port = free_port()
    with running(site) as server:
        there = ("127.0.0.1:8000", f"127.0.0.1:{server.port}")
        feeds = _changed(
            _shown("operate", "/etc/caddy/Caddyfile"),
            there,
            ("feeds.example {", f"http://feeds.example:{port} {{"),
        )
        news = _changed(_shown("operate", "/etc/caddy/news.caddy"), there)
        blog = f"http://blog.example:{port} {{\n{news}\n}}\n"
        with _caddy(feeds + blog, server, tmp_path, port) as proxy:
            lies = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"}
            lies |= {"Forwarded": "host=evil.example", "X-Forwarded-Proto": "gopher"}
            feed = json.loads(proxy.get("/section/clients/feed.json", FEEDS | lies).body)
            assert feed["feed_url"] == "http://feeds.example/section/clients/feed.json"
            below = json.loads(proxy.get("/news/feed.json", BLOG | lies).body)
            assert below["feed_url"] == "http://blog.example/news/feed.json"
            # Without its last slash the path is led to that.
            assert _led_to(proxy, "/news") == "/news/"


@pytest.mark.parametrize("program", ["caddy", "nginx"])
def test_a_host_of_plain_files_names_their_types(site: Path, tmp_path: Path, program: str) -> None:
    port = free_port()
    text = (HOW_TO / "host.md").read_text("utf-8")
    types = dict(re.findall(r"(?m)^\| (`[a-z.]+`)(?:, `archive.json`)? \| `(.*)` \|$", text))
    assert len(types) == 5
    put(site / "404.html", b"It sank.")
    # What `_before` needs is the process of a server; there is none behind it.
    with running(site) as server:
        if program == "caddy":
            blocks = _changed(
                _shown("host", "/etc/caddy/Caddyfile"),
                ("news.example {", f"http://news.example:{port} {{"),
                ("/srv/news", str(site)),
            )
            around = _caddy(blocks, server, tmp_path, port)
        else:
            [places] = re.findall(r"(?ms)^```nginx\n(.*?)^```$", text)
            around = _files_by_nginx(places, server, site, tmp_path, port)
        with around as host:
            for name, shown in types.items():
                answer = host.get(f"/{name.strip('`')}", {"Host": "news.example"})
                assert answer.status == 200, name
                assert answer.headers["Content-Type"] == shown, name
                assert answer.headers["Access-Control-Allow-Origin"] == "*", name
            for none in ("/section/none/", "/section/none/atom.xml"):
                missing = host.get(none, {"Host": "news.example"})
                assert (missing.status, missing.body) == (404, b"It sank."), none
                assert missing.headers.get_content_type() == "text/html", none
            archived = host.get("/archive.json", {"Host": "news.example"})
            assert archived.headers["Content-Type"] == types["`feed.json`"]


@contextmanager
def _files_by_nginx(
    places: str, server: Running, site: Path, folder: Path, port: int
) -> Iterator[Running]:
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log stderr; user {_user()};\nevents {{}}\n"
        f"http {{ access_log off;\n{_temporary(folder)}"
        f"server {{ listen 127.0.0.1:{port}; root {site};\n"
        f"location = /healthz {{ return 200; }}\n{places} }} }}\n"
    )
    command = [_program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with _before(server, command, port) as proxy:
        yield proxy


@contextmanager
def _varnish(server: Running, folder: Path) -> Iterator[Running]:
    port = free_port()
    written = _changed(
        _shown("operate", "/etc/varnish/default.vcl"),
        ('.port = "8000"', f'.port = "{server.port}"'),
        (".interval = 5s", ".interval = 1s"),
    )
    # What is below is run after what is written: a test can't wait for five minutes.
    shorter = "sub vcl_backend_response { set beresp.ttl = 1s; }"
    (folder / "feeds.vcl").write_text(f"{written}\n{shorter}\n")
    command = [_program("varnishd"), "-F", "-n", str(folder / "varnish"), "-j", "none"]
    command += ["-a", f"127.0.0.1:{port}", "-f", str(folder / "feeds.vcl"), "-s", "malloc,16m"]
    with _before(server, command, port) as proxy:
        yield proxy


def test_varnish_serves_stale_while_it_revalidates(site: Path, tmp_path: Path) -> None:
    settings = 'url = "https://feeds.example/"\ninterval = 0.1\n'
    with running(site, settings=settings) as server, _varnish(server, tmp_path) as proxy:
        old = proxy.get("/feed.json", {"X-Forwarded-Host": "evil.example"})
        assert json.loads(old.body)["feed_url"] == "https://feeds.example/feed.json"
        assert int(old.headers["Age"]) == 0
        condition = {"If-None-Match": old.headers["ETag"]}
        assert proxy.get("/feed.json", condition).status == 304
        put(site / "archive.json", archive.serialise(small_archive("week", "newer")))
        until(lambda: server.get("/feed.json").body != old.body)
        time.sleep(1.5)
        # It is too old, and is answered with at once; what is new is fetched behind it.
        assert proxy.get("/feed.json").body == old.body
        until(lambda: proxy.get("/feed.json").body != old.body)
        new = proxy.get("/feed.json")
        server.end()
        time.sleep(1.5)
        assert proxy.get("/feed.json").body == new.body


def _units(folder: Path, page: str, *names: str) -> list[str]:
    ours = str(Path(sys.executable).parent / "feedserver")
    for name in names:
        text = _shown(page, f"/etc/systemd/system/{name}")
        (folder / name).write_text(text.replace("/opt/feedserver/bin/feedserver", ours))
    return [str(folder / name) for name in names]


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("operate", ["feedserver.service"]),
        ("host", ["feeds.service", "feeds.timer"]),
        ("run-the-bot", ["feedserver-bot.service"]),
    ],
)
def test_systemd_finds_nothing_wrong_with_the_units(
    tmp_path: Path, page: str, names: list[str]
) -> None:
    program = _program("systemd-analyze")
    command = [program, "verify", "--man=no", *_units(tmp_path, page, *names)]
    done = subprocess.run(command, capture_output=True, text=True)
    about_ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert done.returncode == 0 and about_ours == [], done.stderr


@pytest.mark.parametrize(
    ("page", "name"),
    [("operate", "feedserver.service"), ("run-the-bot", "feedserver-bot.service")],
)
def test_the_units_are_confined(tmp_path: Path, page: str, name: str) -> None:
    [unit] = _units(tmp_path, page, name)
    command = [_program("systemd-analyze"), "security", "--offline=true", "--threshold=20", unit]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_unit_s_command_serves_with_the_settings_shown(site: Path, tmp_path: Path) -> None:
    unit = _shown("operate", "/etc/systemd/system/feedserver.service")
    [arguments] = re.findall(r"(?m)^ExecStart=\S+ (.*)$", unit)
    assert arguments == "serve --config /etc/feedserver.toml"
    settings = _changed(
        _shown("operate", "/etc/feedserver.toml"),
        ("https://blog.example/atom.xml", str(site)),
        ("/var/lib/feedserver", str(tmp_path / "state")),
        ("127.0.0.1:9100", "127.0.0.1:0"),
    )
    with running(settings=settings) as server:
        feed = json.loads(server.get("/feed.json").body)
        assert feed["feed_url"] == "https://feeds.example/feed.json"
        assert server.end(signal.SIGTERM) == 0
        assert all(json.loads(line) for line in server.logged().splitlines())


def test_the_timer_s_command_writes_the_feeds(site: Path, tmp_path: Path) -> None:
    unit = _shown("host", "/etc/systemd/system/feeds.service")
    [line] = re.findall(r"(?m)^ExecStart=\S+ (.*)$", unit)
    arguments = _changed(
        line,
        ("https://blog.example/atom.xml", str(site / "archive.json")),
        ("/srv/feeds", str(tmp_path / "feeds")),
    )
    assert main(arguments.split()) == 0
    feed = json.loads((tmp_path / "feeds/section/clients/feed.json").read_text("utf-8"))
    assert feed["feed_url"] == "https://feeds.example/section/clients/feed.json"
