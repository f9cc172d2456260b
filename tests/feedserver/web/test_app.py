"""The server, driven in process, as its clients see it."""

from __future__ import annotations

import json
import os
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from feedserver.check.check import check
from feedserver.feeds import export
from feedserver.feeds.parameters import PARAMETERS
from feedserver.formats import archive as archives
from feedserver.model import Archive, Feed
from feedserver.settings.settings import Settings
from feedserver.store.snapshots import Snapshot
from feedserver.store.store import Store
from feedserver.web.app import create_app
from feedserver.web.routes import Row
from tests.samples import SITE, archive, post, update
from tests.served import served

pytestmark = pytest.mark.dependency

URL = "https://feeds.example/"
FEEDS = [
    Feed("/", "Letters", "All", "posts", "/blog/"),
    Feed("/section/clients/", "C", "C", "section", "/section/clients/", {"section": ("clients",)}),
]


def _archive() -> Archive:
    issue = post("week", sections=["clients"])
    found = archive([issue, update(issue, 0, project="fractal")], FEEDS)
    redirects = {"/blog/feed/": "/atom.xml", "/old.xml": "/rss.xml"}
    return replace(found, redirects=redirects)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    export.write(_archive(), SITE.url, folder)
    (folder / "index.html").write_text("<h1>Home</h1>")
    (folder / "page").mkdir()
    (folder / "page" / "index.html").write_text("<h1>Page</h1>")
    (folder / "404.html").write_text("<h1>Gone</h1>")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "loop").symlink_to(folder / "loop")
    return folder


def _app(folder: Path, url: str | None = URL, pages: bool = True) -> ASGIApp:
    settings = Settings(folder=folder if pages else None, url=url, interval=0.01)
    return create_app(settings, store=served(folder))


@pytest.fixture
def client(site: Path) -> Iterator[TestClient]:
    with TestClient(_app(site), base_url="http://testserver", follow_redirects=False) as found:
        yield found


def test_feeds_are_the_static_files_with_the_server_s_self_link(
    client: TestClient, site: Path
) -> None:
    for name in ("atom.xml", "rss.xml", "feed.json"):
        path = f"section/clients/{name}"
        answer = client.get(f"/{path}")
        assert answer.status_code == 200
        static = (site / path).read_bytes()
        assert answer.content == static.replace(
            f"{SITE.url}{path}".encode(), f"{URL}{path}".encode()
        )
        kind = answer.headers["content-type"]
        found = check(answer.content, address=URL + path, content_type=kind, own=True)
        assert found == ()


def test_without_url_self_links_take_the_request_s_origin(site: Path) -> None:
    with TestClient(_app(site, url=None), base_url="http://LocalHost:8000") as client:
        assert client.get("/feed.json").json()["feed_url"] == "http://localhost:8000/feed.json"
        item = client.get("/feed.json").json()["items"][0]
        assert item["id"].startswith(SITE.url)


@pytest.mark.parametrize(
    "host", ["a.example:99999", "a b", "x/y", "evil.example/<script>", "", "a:b:c", "[x]"]
)
def test_a_host_that_is_none_is_refused(site: Path, host: str) -> None:
    with TestClient(_app(site, url=None)) as client:
        assert client.get("/atom.xml", headers={"Host": host}).status_code == 400


def test_types(client: TestClient) -> None:
    types = {
        path: client.get(path).headers["content-type"]
        for path in ("/atom.xml", "/rss.xml", "/feed.json", "/feeds.json", "/feeds.opml", "/")
    }
    assert types == {
        "/atom.xml": "application/atom+xml; charset=utf-8",
        "/rss.xml": "application/rss+xml; charset=utf-8",
        "/feed.json": "application/feed+json",
        "/feeds.json": "application/json",
        "/feeds.opml": "text/x-opml; charset=utf-8",
        "/": "text/html; charset=utf-8",
    }
    assert client.get("/archive.json").headers["content-type"] == "application/feed+json"


def test_what_the_client_has_is_not_sent_again(client: TestClient) -> None:
    answer = client.get("/atom.xml")
    etag, modified = answer.headers["etag"], answer.headers["last-modified"]
    assert etag.startswith('"') and len(etag) > 20
    for headers in (
        {"If-None-Match": etag},
        {"If-None-Match": f'"other", W/{etag}'},
        {"If-None-Match": "*"},
        {"If-Modified-Since": modified},
        {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    ):
        again = client.get("/atom.xml", headers=headers)
        assert (again.status_code, again.content) == (304, b""), headers
        assert again.headers["etag"] == etag
        assert again.headers["access-control-allow-origin"] == "*"
    for headers in (
        {"If-None-Match": '"other"'},
        {"If-None-Match": '"other"', "If-Modified-Since": modified},
        {"If-Modified-Since": "Fri, 01 Jan 1999 00:00:00 GMT"},
        {"If-Modified-Since": "yesterday"},
        {"If-Modified-Since": "Mon, 01 Jan 2024 00:00:00 +99999999999999999999"},
        {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00"},
    ):
        assert client.get("/atom.xml", headers=headers).status_code == 200, headers


def test_the_time_is_when_the_bytes_changed(client: TestClient, site: Path) -> None:
    modified = parsedate_to_datetime(client.get("/atom.xml").headers["last-modified"])
    # What was read in the next second has the next second's time.
    assert int((site / "archive.json").stat().st_mtime) <= modified.timestamp() <= time.time()


def test_head_has_the_headers_and_no_body(client: TestClient) -> None:
    for path in ("/atom.xml", "/feeds.json", "/page/", "/nothing"):
        full, head = client.get(path), client.head(path)
        assert head.status_code == full.status_code and head.content == b""
    full, head = client.get("/nothing"), client.head("/nothing")
    assert head.headers["content-type"] == full.headers["content-type"]
    full, head = client.get("/atom.xml"), client.head("/atom.xml")
    assert head.headers["content-length"] == full.headers["content-length"]
    assert head.headers["etag"] == full.headers["etag"]


def test_pages_of_other_sites_may_read_feeds(client: TestClient) -> None:
    answer = client.get("/feed.json", headers={"Origin": "https://other.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    headers = {
        "Origin": "https://other.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "If-None-Match",
    }
    preflight = client.options("/feed.json", headers=headers)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-headers"] == "*"


def test_a_row_answers_by_its_own_methods() -> None:
    async def endpoint(request: Request) -> ASGIApp:
        return Response(request.method)

    app = Starlette(routes=[Row("/inbox", ("POST",), endpoint, described=False)])
    with TestClient(app) as client:
        asked = client.options("/inbox")
        assert asked.status_code == 204 and not asked.content
        assert asked.headers["access-control-allow-methods"] == "POST"
        assert asked.headers["allow"] == "POST, OPTIONS"
        assert client.post("/inbox").text == "POST"
        refused = client.get("/inbox")
        assert refused.status_code == 405
        assert {*refused.headers["allow"].split(", ")} == {"POST", "OPTIONS"}


def test_pages_are_rows_of_the_table(site: Path) -> None:
    with TestClient(_app(site, pages=False), follow_redirects=False) as client:
        described = client.get("/openapi.json").json()["paths"]
        for path in ("/", "/section/", "/section/{slug}/", "/feeds/"):
            answer = client.get(path.replace("{slug}", "clients"))
            found = described[path]["get"]["responses"][f"{answer.status_code}"]
            assert answer.headers["content-type"] in found["content"]
        for path in ("/section", "/feeds"):
            answer = client.get(f"{path}?limit=2")
            assert (answer.status_code, answer.headers["location"]) == (308, f"{path}/?limit=2")
        assert client.get("/section/none/").status_code == 404


def test_hosts_of_every_kind(site: Path) -> None:
    with TestClient(_app(site, url=None)) as client:
        for host in ("feed_server:8000", "example.org.", "[::1]:8000", "127.0.0.1"):
            answer = client.get("/feed.json", headers={"Host": host})
            assert answer.json()["feed_url"] == f"http://{host}/feed.json"


def test_a_server_below_a_path_leads_to_addresses_below_it(site: Path) -> None:
    app = _app(site, url="https://x.example/pre/")
    with TestClient(app, follow_redirects=False) as client:
        assert client.get("/feed.json").json()["feed_url"] == "https://x.example/pre/feed.json"
        for path, to in (("/old.xml", "/pre/rss.xml"), ("/page", "/pre/page/")):
            assert client.get(path).headers["location"] == to
        near = client.get("/section/client/atom.xml").json()["near"]
        assert near == ["/pre/section/clients/atom.xml", "/pre/feeds.json"]


@pytest.fixture
def below(site: Path) -> Path:
    """The same site, whose own address has a path."""
    found = replace(_archive(), site=replace(SITE, url="https://letters.example/nêws/"))
    (site / "archive.json").write_bytes(archives.serialise(found))
    (site / "page" / "mast é.png").write_bytes(b"picture")
    return site


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/page/mast%20%C3%A9.png", "/page/mast%20%C3%A9.png"),
        ("/page/", "/page/"),
        ("/section/clients/atom.xml?limit=1", "/section/clients/atom.xml?limit=1"),
        ("/feeds.json", "/feeds.json"),
        ("/feeds/", "/feeds/"),
        ("/", "/"),
        ("", "/"),
        ("//evil.example/", "/evil.example/"),
        ("/%5Cevil.example/", "/%5Cevil.example/"),
    ],
)
def test_links_that_begin_with_the_path_of_the_site_lead_to_its_root(
    below: Path, path: str, to: str
) -> None:
    with TestClient(_app(below, url=None), follow_redirects=False) as client:
        answer = client.get(f"/n%C3%AAws{path}")
        assert (answer.status_code, answer.headers["location"]) == (307, to)
        if "evil" not in to:
            assert client.get(to).status_code == 200


def test_what_a_site_has_below_its_own_path_comes_first(below: Path) -> None:
    (below / "nêws").mkdir()
    (below / "nêws" / "index.html").write_text("<h1>News of the news</h1>")
    with TestClient(_app(below, url=None), follow_redirects=False) as client:
        assert "News of the news" in client.get("/n%C3%AAws/").text
        assert client.get("/n%C3%AAwspaper/").status_code == 404


def test_behind_a_proxy_that_takes_the_path_off_there_is_nothing_below_it(below: Path) -> None:
    app = _app(below, url="https://letters.example/n%C3%AAws/")
    with TestClient(app, follow_redirects=False) as client:
        assert client.get("/page/").status_code == 200
        assert client.get("/n%C3%AAws/page/").status_code == 404


def test_a_redirect_to_itself_is_none(tmp_path: Path) -> None:
    found = replace(_archive(), redirects={"/feed/": "/feed"})
    (tmp_path / "archive.json").write_bytes(archives.serialise(found))
    with TestClient(_app(tmp_path, pages=False), follow_redirects=False) as client:
        assert client.get("/feed/").status_code == client.get("/feed").status_code == 404


def test_a_failure_has_the_body_of_all_errors(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(Store, "document", fail)
    with TestClient(_app(site), raise_server_exceptions=False) as client:
        answer = client.get("/atom.xml")
        assert answer.status_code == 500
        assert answer.json()["detail"] == "The server has failed."
        assert "secret" not in answer.text


def test_other_methods_are_not_allowed(client: TestClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = client.request(method, "/atom.xml")
        assert answer.status_code == 405
        assert "GET" in answer.headers["allow"]


def test_the_pages_of_the_site(client: TestClient) -> None:
    assert "Home" in client.get("/").text
    assert "Page" in client.get("/page/").text
    moved = client.get("/page", headers={"Host": "evil.example"})
    assert (moved.status_code, moved.headers["location"]) == (308, "/page/")
    etag = client.get("/page/").headers["etag"]
    assert client.get("/page/", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/blog/feed/", "/atom.xml"),
        ("/blog/feed", "/atom.xml"),
        ("/old.xml", "/rss.xml"),
        ("/old.xml?utm_source=x", "/rss.xml?utm_source=x"),
        ("/section/clients", "/section/clients/"),
    ],
)
def test_old_addresses(client: TestClient, old: str, new: str) -> None:
    answer = client.get(old)
    assert (answer.status_code, answer.headers["location"]) == (308, new)


def test_wrong_parameters_are_refused_by_name(client: TestClient) -> None:
    assert client.get("/atom.xml?utm_source=x&fbclid=y").status_code == 200
    answer = client.get("/atom.xml?limt=5")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "There is no parameter 'limt' here.",
        "parameter": "limt",
        "expected": f"one of {', '.join(PARAMETERS)}",
    }
    answer = client.get("/atom.xml?limit=x")
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "limit"
    assert answer.json()["expected"] == "a number from 1 to 200"


def test_a_404_helps(client: TestClient) -> None:
    answer = client.get("/section/client/atom.xml")
    assert answer.status_code == 404
    problem = answer.json()
    assert problem["detail"] == "There is no such feed, or it has no entry."
    assert problem["near"][0] == "/section/clients/atom.xml"
    assert problem["near"][-1] == "/feeds.json"


def test_a_browser_gets_the_site_s_own_page_for_what_is_not_there(client: TestClient) -> None:
    answer = client.get("/nothing", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (answer.status_code, answer.text) == (404, "<h1>Gone</h1>")


def test_without_a_site_s_pages_a_browser_gets_a_page_of_ours(site: Path) -> None:
    with TestClient(_app(site, pages=False)) as client:
        answer = client.get("/section/client/", headers={"Accept": "text/html"})
        assert answer.status_code == 404
        assert '<a href="/section/clients/atom.xml">' in answer.text
        assert client.get("/atom.xml").status_code == 200
        evil = client.get("/<script>", headers={"Accept": "text/html"})
        assert "<script>" not in evil.text


async def _raw(app: ASGIApp, path: str, raw: bytes) -> tuple[int, bytes]:
    """A request whose path no client library has tidied."""
    messages: list[MutableMapping[str, Any]] = []

    asked = False

    async def receive() -> MutableMapping[str, Any]:
        nonlocal asked
        if asked:
            await anyio.sleep_forever()
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": raw,
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {"renderer": None},
    }
    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in messages)
    return messages[0]["status"], body


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/page/../../secret.txt",
        "//etc/passwd",
        "/..\\secret.txt",
        "/\0",
        "/page/\0/index.html",
        "/link.txt",
        "/" + "x" * 5000,
        "/" + "a/" * 400,
        "/" + "é" * 300,
        "/\ud800",
        "/.archive.json",
        "/section//clients/atom.xml",
        "//atom.xml",
        "/loop",
    ],
)
def test_odd_paths_are_harmless(site: Path, path: str) -> None:
    status, body = anyio.run(_raw, _app(site), path, b"/")
    assert status in (404, 400)
    assert b"secret" not in body and b"root:" not in body


def test_a_changed_archive_is_taken_up_without_a_restart(site: Path) -> None:
    with TestClient(_app(site)) as client:
        before = client.get("/atom.xml")
        found = _archive()
        newer = replace(found, entries=(post("newer", days=1), *found.entries))
        unfinished = site / "next.json"
        unfinished.write_bytes(archives.serialise(newer))
        os.replace(unfinished, site / "archive.json")
        with anyio.from_thread.start_blocking_portal() as portal:
            for _ in range(500):
                after = client.get("/atom.xml")
                if after.content != before.content:
                    break
                portal.call(anyio.sleep, 0.01)
        atom = "{http://www.w3.org/2005/Atom}"
        titles = [element.text for element in ET.fromstring(after.content).iter(f"{atom}title")]
        assert "Newer" in titles
        assert after.headers["etag"] != before.headers["etag"]
        assert json.loads(client.get("/archive.json").content)["items"][0]["title"] == "Newer"


def test_a_slash_too_many_is_taken_away(client: TestClient) -> None:
    for path in ("/feed.json", "/section/clients/atom.xml", "/feeds.json", "/archive.json"):
        answer = client.get(f"{path}/?utm_a=b", follow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (308, f"{path}?utm_a=b")
    assert client.get("/section/none/atom.xml/").status_code == 404


def test_files_are_served_whole(client: TestClient, site: Path) -> None:
    (site / "file.txt").write_text("0123456789")
    for asked in ("bytes=2-4", "bytes=50-60", "bytes=zz"):
        answer = client.get("/file.txt", headers={"Range": asked})
        assert (answer.status_code, answer.text) == (200, "0123456789")
        assert answer.headers["Accept-Ranges"] == "none"


@pytest.mark.parametrize(
    "path",
    [
        *("/atom.xml", "/archive.json", "/feeds.json", "/feeds/", "/feeds/style.css", "/embed.js"),
        *("/embed/", "/embed.svg", "/index.html", "/page/", "/openapi.json", "/feeds.opml"),
        f"/oembed?url={URL}atom.xml",
    ],
)
def test_a_tag_is_known_however_a_proxy_has_changed_it(site: Path, path: str) -> None:
    app = create_app(Settings(folder=site, url=URL), store=served(site))
    with TestClient(app) as client:
        tag = client.get(path).headers["etag"]
        for known in (tag, f"W/{tag}", f'{tag[:-1]}-gzip"', f'"x,y", W/{tag[:-1]}-gzip"', "*"):
            answer = client.get(path, headers={"If-None-Match": known})
            assert answer.status_code == 304 and not answer.content, known
        assert client.get(path, headers={"If-None-Match": '"x", W/"y-gzip"'}).status_code == 200


def test_a_search_that_takes_long_holds_no_other_slice(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = threading.Event(), threading.Event()
    search = Snapshot.search

    def slow(snapshot: Snapshot, text: str, *, updates: bool, behind: int) -> Iterator[int]:
        begun.set()
        assert ended.wait(60)
        return search(snapshot, text, updates=updates, behind=behind)

    monkeypatch.setattr(Snapshot, "search", slow)
    page = {"Accept": "application/xhtml+xml"}
    asked = [("/atom.xml?q=a*", {}), ("/atom.xml?q=b*", page), ("/feeds/?q=c", {})]
    asked += [("/embed/?q=d", {}), ("/embed.svg?q=e", {}), ("/section/clients/?q=f", {})]
    app = create_app(Settings(url=URL), store=served(site))
    with TestClient(app) as client, ThreadPoolExecutor(len(asked)) as others:
        waiting = [others.submit(client.get, path, headers=headers) for path, headers in asked]
        try:
            assert begun.wait(60)
            for path in ("/atom.xml?limit=1", "/rss.xml", "/feeds/", "/embed/", "/archive.json"):
                assert client.get(path).status_code == 200
            assert not any(each.done() for each in waiting)
        finally:
            ended.set()
        assert [each.result(60).status_code for each in waiting] == [200] * len(asked)


def test_pages_lead_to_the_site_where_it_is_served(site: Path) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml"}
    paths = ["/section/clients/atom.xml", "/feeds/", "/feeds/?q=text", "/feeds/?limit=x", "/embed/"]
    paths += ["/section/clients/", "/feed.json?limit=0"]
    for url, base in ((None, "http://testserver/"), (f"{URL}a/", f"{URL}a/")):
        with TestClient(create_app(Settings(folder=site, url=url), store=served(site))) as client:
            (site / "404.html").unlink(missing_ok=True)
            for path in paths:
                page = client.get(path, headers=browser)
                assert f'href="{SITE.url}' not in page.text, path
                assert f'href="{base}' in page.text, path
            item = client.get("/feed.json").json()["items"][0]
            assert item["id"].startswith(SITE.url) and item["url"].startswith(SITE.url)
    with TestClient(create_app(Settings(url=URL), store=served(site))) as client:
        # The feeds alone are served.
        assert f'href="{SITE.url}' in client.get("/section/clients/atom.xml", headers=browser).text
