"""Pages that embed feeds, and the two origins they need: the page's, and that of the feeds.

The servers are small and do what a test tells them; one that is slow or sends what it shouldn't is
no other than these. Each counts what it is asked for.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait

from feedserver.embed import component
from tests.browser.chromium import visit

Answer = Callable[[BaseHTTPRequestHandler], None]
ICON = b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'


@dataclass
class Origin:
    """A server of this machine: what it answers, and what it was asked for."""

    address: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    when: list[tuple[str, float]] = field(default_factory=list)

    def feed(self, path: str, value: object) -> str:
        """Have JSON at a path, for pages of all origins; its address."""
        self.answers[path] = answer(json.dumps(value).encode(), "application/feed+json")
        return self.address + path

    def page(self, path: str, text: str, *, policy: str = "") -> str:
        """Have a page at a path, with this policy; its address."""
        headers = {"Content-Security-Policy": policy} if policy else {}
        self.answers[path] = answer(text.encode(), "text/html; charset=utf-8", headers)
        return self.address + path


def answer(
    body: bytes, media_type: str, headers: dict[str, str] | None = None, *, status: int = 200
) -> Answer:
    """What sends these bytes, to pages of all origins."""

    def send(request: BaseHTTPRequestHandler) -> None:
        begin(request, status, {"Content-Type": media_type, **(headers or {})}, len(body))
        request.wfile.write(body)

    return send


def held(go: threading.Event, send: Answer) -> Answer:
    """What sends when it is told to."""

    def wait(request: BaseHTTPRequestHandler) -> None:
        go.wait(60)
        send(request)

    return wait


def begin(
    request: BaseHTTPRequestHandler, status: int, headers: dict[str, str], length: int = 0
) -> None:
    """Send the head of an answer."""
    request.send_response(status)
    request.send_header("Access-Control-Allow-Origin", "*")
    request.send_header("Content-Length", str(length))
    for name, value in headers.items():
        request.send_header(name, value)
    request.end_headers()


@contextmanager
def origin() -> Iterator[Origin]:
    """Serve on a free port, until the test is over."""
    here = Origin()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            here.asked[path] += 1
            here.when.append((path, time.monotonic()))
            here.headers[path] = dict(self.headers.items())
            known = here.answers.get(path)
            try:
                (known or answer(b"", "text/plain", status=404))(self)
            except OSError:
                # Whoever asked has gone: so it shall, if an answer is too long or too slow.
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        here.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield here
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def feeds() -> Iterator[Origin]:
    """The origin of feeds, which has the component too."""
    script = component.component()
    with origin() as here:
        here.answers["/embed.js"] = answer(script.body, script.media_type)
        here.answers["/icon.svg"] = answer(ICON, "image/svg+xml")
        yield here


def policy(feeds: Origin) -> str:
    """The strict policy: nothing but what the feeds' origin has, and Trusted Types."""
    f = feeds.address
    return (
        f"default-src 'none'; script-src {f}; connect-src {f}; frame-src {f}; img-src {f}; "
        "require-trusted-types-for 'script'"
    )


def html(feeds: Origin, body: str, *, head: str = "", lang: str = "en", rtl: bool = False) -> str:
    """A page with the component's script."""
    return (
        f'<!doctype html>\n<html lang="{lang}"{" dir=rtl" if rtl else ""}>\n'
        f'<meta charset="utf-8"><title>A page of somebody</title>\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="color-scheme" content="light dark">'
        f'<link rel="icon" href="{feeds.address}/icon.svg">\n'
        f'<script type="module" src="{feeds.address}/embed.js"></script>\n{head}'
        f"<main><h1>News</h1>\n{body}\n<p id=below>What stands below.</p></main>\n</html>\n"
    )


def update(number: int, **members: object) -> dict[str, object]:
    """An item of one of our feeds."""
    project, section, reporters = PROJECTS[number % len(PROJECTS)]
    return {
        "id": f"https://news.example/issue/#{number}",
        "url": f"https://news.example/issue/#{number}",
        "title": f"{project} ({section[8:-2]}), 2026-05-{number + 10}",
        "content_html": f"<p>{SUMMARY}</p>",
        "summary": SUMMARY,
        "date_published": f"2026-05-{number + 10}T23:30:{number:02}+00:00",
        "date_modified": f"2026-05-{number + 10}T23:30:{number:02}+00:00",
        "authors": [{"name": name} for name in reporters],
        "tags": ["News"],
        "_twim": {
            "kind": "update",
            "issue": {"id": "x", "url": "https://news.example/issue/", "title": "This Week"},
            "section": {"slug": "boats", "title": section},
            "project": {"slug": project.lower(), "title": project},
            "reporters": [{"name": name, "id": f"@{name}:a.example"} for name in reporters],
            "position": number,
        },
        **members,
    }


def feed(*items: object, **members: object) -> dict[str, object]:
    """A JSON Feed."""
    top = {"version": "https://jsonfeed.org/version/1.1", "title": "Boats of the harbour"}
    return {**top, **members, "items": list(items)}


def pictured(far: Origin) -> str:
    """The address of a feed, of whose entries all but one have a picture."""
    far.answers["/a.svg"] = answer(
        b'<svg xmlns="http://www.w3.org/2000/svg" width="160" height="90"><path fill="#789" '
        b'd="M0 0h160v90H0z"/></svg>',
        "image/svg+xml",
    )
    image = {"image": f"{far.address}/a.svg"}
    return far.feed("/feed.json", feed(*(update(n, **(image if n != 2 else {})) for n in range(7))))


SUMMARY = (
    "The new version finds its way by the stars, keeps what was said while nobody was near, and "
    "asks before it throws anything overboard. Whoever steers with a keyboard can now do so "
    "without a chart. It is slower on old engines, and we know why."
)
PROJECTS = (
    ("Seagull", "Dept of Boats ⛵", ("Cleo",)),
    (
        "A project whose name is as long as the mole of the old harbour",
        "Dept of Boats ⛵",
        ("Ada",),
    ),
    ("Lighthouse", "Dept of Signals 📡", ("Ada", "Bo", "Cleo")),
    ("Tern", "Dept of Boats ⛵", ("Dario",)),
    ("Anchor", "Dept of Bots 🤖", ("Émile", "Ada", "Bo", "Cleo", "Dario")),
)

# Of each component of a page, the text of each of its entries.
_ROWS = """
return [...document.querySelectorAll("twim-feed")].map((each) =>
  [...each.shadowRoot.querySelectorAll("li[part=entry]")].map((row) => row.innerText.trim()));
"""
_BUSY = """
return [...document.querySelectorAll("twim-feed")].some((each) =>
  each.shadowRoot?.firstChild.ariaBusy !== "false");
"""


def rows(browser: Chrome) -> list[list[str]]:
    """What the components of the page show."""
    found: list[list[str]] = browser.execute_script(_ROWS)
    return [[re.sub(r"\s*\n\s*", "\n", row) for row in each] for each in found]


def settled(browser: Chrome) -> None:
    """Wait until no component of the page waits."""
    WebDriverWait(browser, 60, 0.05).until(lambda driver: not driver.execute_script(_BUSY))


def show(
    browser: Chrome, pages: Origin, feeds: Origin, body: str, **options: Any
) -> list[list[str]]:
    """Open a page with this body under the strict policy; what its components show in the end."""
    visit(browser, pages.page("/", html(feeds, body, **options), policy=policy(feeds)))
    settled(browser)
    return rows(browser)
