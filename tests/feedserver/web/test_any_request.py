"""No request is answered with 500: any method, target, query and headers, by the whole server."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import pytest
from starlette.types import ASGIApp, Message

from feedserver.feeds import export
from feedserver.model import Feed
from feedserver.serving import answering
from feedserver.serving.reports import Told
from feedserver.settings.settings import Settings
from feedserver.sources.statefolder import Health
from tests.feedserver.servers import FEEDS
from tests.samples import SITE, archive, post, update
from tests.served import served

Headers = list[tuple[bytes, bytes]]

_PATHS = (
    *("/", "/atom.xml", "/feed.json", "/section/clients/rss.xml", "/section/clients/", "/old.xml"),
    *("/feeds/", "/feeds", "/feeds.json", "/feeds.opml", "/archive.json", "/openapi.json"),
    *("/embed", "/embed/", "/embed.svg", "/embed/section/clients/", "/embed/section/clients.svg"),
    *("/embed.js", "/oembed", "/feeds/style.css", "/healthz", "/metrics", "/index.html", "/page"),
    *("/page/", "/none/atom.xml", "/none", "//", "/a//b", "/../x", "/%00", "/\udcff", "/\n", "*"),
    *("http://a.example/feed.json", "http://[1:2/", "http://[1:2]/feed.json", "x", "", "/é日本/"),
)
_VALUES = (
    *(
        "",
        " ",
        "*",
        "a",
        "0",
        "-1",
        "1",
        "200",
        "201",
        "1" * 400,
        "%",
        "%ff",
        "%00",
        "%d8%00",
        "\x00",
    ),
    *(
        "\xff",
        "é",
        "clients",
        "section",
        "week",
        "日本*",
        '"',
        '""',
        "*" * 9,
        "NEAR(a b)",
        "a:b",
        "-a",
    ),
    *(
        "https://letters.example/week/",
        "http://[1:2]/",
        "http://[1:2",
        "https://x:99999999/",
        "javascript:",
    ),
    *("2026-11-06T00:00:00+00:00", "0000-00-00T00:00:00Z", "9999-12-31T23:59:60+23:59"),
    *(
        "2026-11-06T00:00:00." + "9" * 50 + "Z",
        "[1:2]",
        "[...]",
        "[::1]:80",
        "a.example:0",
        "xn--a",
    ),
    *("0001-01-01T00:00:00+23:59", "cards", "dark", "xml", "json", "updates", "posts", "\ud800"),
    *("gzip", "br;q=0", "identity;q=0, *;q=0", "q=" * 99, "text/html", "text/html;q=\xb2", ",;,;"),
    *("application/xhtml+xml, text/html", "bytes=0-1", "bytes=5-", 'W/"a", "b-gzip"', 'for="\\"'),
    *(
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Thu, 01 Jan 0000 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:60 -2359",
    ),
    *(
        "https",
        "javascript",
        "/prefix",
        "//x",
        "/a/../b",
        "for=127.0.0.1;host=[1:2];proto=https",
        "\\" * 50,
    ),
    *("1 1 1 1 1 1 1 1 1", "Mon, 99 Xxx 99999999999999999999 1:1:1 +9999999999999999", "٣"),
)
_NAMES = (
    *("limit", "before", "since", "q", "category", "not_author", "section", "not_project", "kind"),
    *(
        "url",
        "format",
        "maxwidth",
        "layout",
        "theme",
        "utm_x",
        "fbclid",
        "x",
        "",
        "\x00",
        "\xff",
        "source",
    ),
)
_HEADERS = (
    *("host", "accept", "accept-encoding", "accept-language", "if-none-match", "if-match", "range"),
    *("if-modified-since", "if-unmodified-since", "if-range", "forwarded", "x-forwarded-for"),
    *("x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix", "origin", "user-agent"),
    *("access-control-request-method", "content-type", "content-length", "cookie", "referer"),
    *("authorization", "connection", "expect", "upgrade", "transfer-encoding", "x-\xff"),
)
_METHODS = (
    *["GET"] * 9,
    "HEAD",
    "HEAD",
    "OPTIONS",
    "POST",
    "PUT",
    "DELETE",
    "TRACE",
    "PATCH",
    "Ü",
    "",
)
_CLIENTS = (("127.0.0.1", 1), ("::1", 1), ("203.0.113.9", 1), ("no address", 1), None)


def _write(folder: Path) -> None:
    """A site whose archive says of a feed what ours never do."""
    issue = post("week", sections=["clients"])
    other = Feed("/section/other/", "O", "O", "section", "/section/other/", {})
    export.write(archive([issue, update(issue, 0)], [*FEEDS, other]), SITE.url, folder)
    (folder / "index.html").write_text("<h1>Home</h1>")
    (folder / "404.html").write_text("<h1>Gone</h1>")
    (folder / "page").mkdir()
    (folder / "page" / "index.html").write_text("<h1>Page</h1>")


class _Server:
    """The whole server, asked without a network, so that all can be said that a network lets by."""

    def __init__(self, app: ASGIApp, portal: anyio.from_thread.BlockingPortal) -> None:
        self._app = app
        self._portal = portal
        self._state: dict[str, Any] = {}

    @contextmanager
    def started(self) -> Iterator[None]:
        ready, ended = anyio.Event(), anyio.Event()
        told = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

        async def receive() -> Message:
            message = next(told)
            if message["type"] == "lifespan.shutdown":
                await ended.wait()
            return message

        async def send(message: Message) -> None:
            ready.set()

        scope = {"type": "lifespan", "state": self._state}
        running = self._portal.start_task_soon(self._app, scope, receive, send)
        self._portal.call(ready.wait)
        try:
            yield
        finally:
            self._portal.call(ended.set)
            running.result(20)

    def status(self, method: str, path: str, query: bytes, headers: Headers, client: Any) -> int:
        status: int = self._portal.call(self._ask, method, path, query, headers, client)
        return status

    async def _ask(
        self, method: str, path: str, query: bytes, headers: Headers, client: Any
    ) -> int:
        found: list[int] = []

        body = iter([{"type": "http.request", "body": b"x", "more_body": False}])

        async def receive() -> Message:
            for message in body:
                return message
            await anyio.sleep_forever()
            raise AssertionError

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                found.append(message["status"])

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8000),
            "client": client,
            "scheme": "http",
            "method": method,
            "root_path": "",
            "path": path,
            "raw_path": path.encode("utf-8", "surrogateescape"),
            "query_string": query,
            "headers": headers,
            "state": self._state.copy(),
        }
        await self._app(scope, receive, send)
        return found[0]


@pytest.fixture(scope="module", params=["with pages", "feeds alone", "with an address"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[_Server]:
    folder = tmp_path_factory.mktemp("any") / "site"
    _write(folder)
    settings = Settings(
        folder=folder if request.param == "with pages" else None,
        url="https://feeds.example/a/" if request.param == "with an address" else None,
        state=folder.parent / "site.state",
        log_requests=True,
    )
    app = answering._app(settings, served(folder), None, lambda: Told(Health(), b""))
    with anyio.from_thread.start_blocking_portal() as portal:
        found = _Server(app, portal)
        with found.started():
            yield found


def _any_query(some: random.Random) -> bytes:
    pairs = []
    for _ in range(some.choice((0, 0, 1, 1, 2, 3))):
        value = some.choice(_VALUES)
        coded = some.choice(("utf-8", "latin-1", "utf-16"))
        pairs.append(some.choice(_NAMES).encode("utf-8") + b"=" + value.encode(coded, "replace"))
    return some.choice((b"&", b"&", b";", b"&&")).join(pairs)


def _any_headers(some: random.Random) -> Headers:
    found: Headers = [] if some.random() < 0.1 else [(b"host", b"a.example")]
    for _ in range(some.choice((0, 1, 1, 2, 3))):
        name = some.choice(_HEADERS).encode("latin-1")
        value = ", ".join(some.choices(_VALUES, k=some.choice((1, 1, 2))))
        if name == b"host":
            found = [each for each in found if each[0] != b"host"]
        found.append((name, value.encode("latin-1", "replace")))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_any_request_is_answered(server: _Server, seed: int) -> None:
    some = random.Random(seed)
    for _ in range(100):
        asked = (
            some.choice(_METHODS),
            some.choice(_PATHS),
            _any_query(some),
            _any_headers(some),
            some.choice(_CLIENTS),
        )
        assert server.status(*asked) < 500 or asked[2].count(b"format="), asked
