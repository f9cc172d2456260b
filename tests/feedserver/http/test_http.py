"""The server's answers as HTTP has them: codings, tags, caches, methods, proxies, the short way."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from weakref import ref

import pytest
from starlette.responses import HTMLResponse, Response
from starlette.testclient import TestClient

from feedserver.errors import AwayError, EntryNotFoundError
from feedserver.feeds.parameters import Slice
from feedserver.formats import archive as archives
from feedserver.http import problems
from feedserver.http.answers import FastPath
from feedserver.http.problems import Problem
from feedserver.http.representations import Content, Representations
from feedserver.model import Feed
from feedserver.settings.settings import Settings
from feedserver.store.snapshots import Snapshot
from feedserver.web import folder
from feedserver.web.app import create_app
from tests.feedserver.servers import app_of, write_site
from tests.samples import archive, post, update
from tests.served import served

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    write_site(tmp_path)
    with TestClient(app_of(tmp_path, url=None), follow_redirects=False) as found:
        found.headers["Accept-Encoding"] = "identity"
        yield found


@pytest.mark.parametrize("path", ["/atom.xml", "/feeds.json", "/openapi.json", "/atom.xml?limit=1"])
def test_each_coding_has_its_tag_and_the_same_content(client: TestClient, path: str) -> None:
    plain = client.get(path)
    assert "content-encoding" not in plain.headers
    tags = {plain.headers["etag"]}
    for coding in ("br", "zstd", "gzip"):
        asked = {"Accept-Encoding": coding}
        # The first answer is made, the second is remembered.
        for _ in range(2):
            answer = client.get(path, headers=asked)
            if len(plain.content) < 1000:
                assert "content-encoding" not in answer.headers
                continue
            assert answer.headers["content-encoding"] == coding
            assert int(answer.headers["content-length"]) < len(plain.content)
            tag = answer.headers["etag"]
            assert client.get(path, headers={**asked, "If-None-Match": tag}).status_code == 304
            assert client.get(path, headers={"If-None-Match": tag}).status_code == 200
            head = client.head(path, headers=asked)
            assert dict(head.headers) == dict(answer.headers)
            tags.add(tag)
            if coding == "gzip":
                assert answer.content == plain.content
    assert len(tags) == (1 if len(plain.content) < 1000 else 4)
    assert not any(tag.startswith("W/") for tag in tags)


def test_what_is_remembered_is_what_was_answered_first(client: TestClient) -> None:
    for headers in ({}, {"Accept-Encoding": "br"}, {"Host": "Other.Example"}, {"Accept": "x/y"}):
        answers = [client.get("/atom.xml", headers=headers) for _ in range(3)]
        first = answers[0]
        for answer in answers[1:]:
            assert (answer.content, answer.headers) == (first.content, first.headers)
    other = client.get("/atom.xml", headers={"Host": "other.example"})
    assert b'"http://other.example/atom.xml"' in other.content
    assert b"other.example" not in client.get("/atom.xml").content


def test_headers_of_caches(client: TestClient) -> None:
    full = client.get("/atom.xml")
    known = client.get("/atom.xml", headers={"If-None-Match": full.headers["etag"]})
    for answer in (full, known):
        assert answer.headers["cache-control"] == "public, max-age=300, stale-while-revalidate=600"
        assert answer.headers["vary"] == "Accept, Accept-Encoding"
        assert answer.headers["access-control-expose-headers"] == "ETag, Last-Modified"
    assert known.status_code == 304
    assert not {"content-type", "content-length", "content-encoding"} & known.headers.keys()


def test_headers_that_stand_there_twice_are_one_list(client: TestClient) -> None:
    tag = client.get("/atom.xml").headers["etag"]
    twice = [("If-None-Match", '"x"'), ("If-None-Match", tag), ("Accept-Encoding", "identity")]
    assert client.get("/atom.xml", headers=twice).status_code == 304


def test_a_range_gets_the_whole(client: TestClient) -> None:
    answer = client.get("/atom.xml", headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer.content) == (200, client.get("/atom.xml").content)


def test_preconditions(client: TestClient) -> None:
    tag = client.get("/atom.xml").headers["etag"]
    for path in ("/atom.xml", "/archive.json"):
        answer = client.get(path, headers={"If-Match": '"x"'})
        assert (answer.status_code, answer.json()["title"]) == (412, "Precondition Failed")
    assert client.get("/atom.xml", headers={"If-Match": tag}).status_code == 200


def test_who_refuses_all_codings_is_told(client: TestClient) -> None:
    for path in ("/atom.xml", "/archive.json"):
        answer = client.get(path, headers={"Accept-Encoding": "identity;q=0, deflate"})
        assert answer.status_code == 406
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_archive_is_streamed_by_the_same_rules(client: TestClient, tmp_path: Path) -> None:
    full, head = client.get("/archive.json"), client.head("/archive.json")
    assert full.content == (tmp_path / "archive.json").read_bytes()
    assert dict(full.headers) == dict(head.headers) and head.content == b""
    assert full.headers["content-length"] == str(len(full.content))
    for headers in (
        {"If-None-Match": full.headers["etag"]},
        {"If-Modified-Since": full.headers["last-modified"]},
    ):
        known = client.get("/archive.json", headers=headers)
        assert (known.status_code, known.content) == (304, b"")
        assert known.headers["etag"] == full.headers["etag"]


def test_slices(client: TestClient) -> None:
    found = client.get("/section/clients/feed.json?limit=1&q=news&utm_source=x").json()
    assert len(found["items"]) == 1
    assert found["feed_url"].endswith("/section/clients/feed.json?q=news&limit=1")
    assert client.get("/feed.json?since=2100-01-01T00:00:00Z").json()["items"] == []
    gone = client.get("/feed.json?before=x")
    assert (gone.status_code, gone.json()["parameter"]) == (404, "before")


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("limit=0", "The parameter 'limit': expected a number from 1 to 200."),
        ("limit=1&limit=2", "The parameter 'limit': expected to stand there once."),
        ("nope=1", "There is no parameter 'nope' here."),
        ("q=%FF", "The query isn't UTF-8."),
        ("&".join(["section=a"] * 51), "There are too many parameters: at most 50 are taken."),
    ],
)
def test_wrong_queries(client: TestClient, query: str, detail: str) -> None:
    answer = client.get(f"/feed.json?{query}")
    assert (answer.status_code, answer.json()["detail"]) == (400, detail)
    assert answer.headers["access-control-allow-origin"] == "*"


def test_documents_that_are_whole_take_no_parameters(client: TestClient) -> None:
    for path in ("/feeds.json", "/archive.json", "/openapi.json"):
        assert client.get(f"{path}?utm_source=x").status_code == 200
        answer = client.get(f"{path}?section=clients")
        assert (answer.status_code, answer.json()["parameter"]) == (400, "section")


def test_addresses_behind_a_proxy(tmp_path: Path) -> None:
    write_site(tmp_path)
    app = app_of(tmp_path, url=None)
    told = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "news.example",
        "X-Forwarded-Prefix": "/pre",
    }
    proxy = TestClient(app, client=("127.0.0.1", 5), follow_redirects=False)
    stranger = TestClient(app, client=("203.0.113.9", 5), follow_redirects=False)
    # Entered in turn, for both share the server's lifespan.
    with proxy:
        for _ in range(2):
            found = proxy.get("/feed.json", headers=told).json()
            assert found["feed_url"] == "https://news.example/pre/feed.json"
        for path, to in (
            ("/old.xml", "/pre/rss.xml"),
            ("/section/clients", "/pre/section/clients/"),
        ):
            assert proxy.get(path, headers=told).headers["location"] == to
        near = proxy.get("/section/client/atom.xml", headers=told).json()["near"]
        assert near == ["/pre/section/clients/atom.xml", "/pre/feeds.json"]
    with stranger:
        for _ in range(2):
            found = stranger.get("/feed.json", headers=told).json()
            assert found["feed_url"] == "http://testserver/feed.json"


def test_an_old_address_keeps_what_was_asked_of_it(client: TestClient) -> None:
    moved = client.get("/old.xml?limit=x&section=clients")
    assert (moved.status_code, moved.headers["location"]) == (
        308,
        "/rss.xml?limit=x&section=clients",
    )
    assert moved.headers["access-control-allow-origin"] == "*"


def test_other_methods(client: TestClient) -> None:
    for path in ("/atom.xml", "/nothing", "/a%0Ab"):
        answer = client.post(path)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert answer.json()["status"] == 405
        options = client.options(path)
        assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


def _page(snapshot: Snapshot, feed: Feed, base: str, name: str, part: Slice) -> Response:
    if part.before:
        raise EntryNotFoundError(part.before)
    return HTMLResponse(f"<h1>{feed.title}</h1><p>{base}{name}", headers={"X-Own": "yes"})


def test_a_browser_gets_a_page_of_a_feed_where_one_is_made(tmp_path: Path) -> None:
    write_site(tmp_path)
    app = create_app(Settings(), store=served(tmp_path), page=_page)
    with TestClient(app) as client:
        path, browser = "/section/clients/atom.xml", {"Accept": BROWSER}
        for _ in range(2):
            page, feed = client.get(path, headers=browser), client.get(path)
            assert page.text == f"<h1>C</h1><p>http://testserver{path}"
            assert page.headers["x-own"] == "yes"
            assert feed.headers["content-type"].startswith("application/atom+xml")
            assert page.headers["vary"] == feed.headers["vary"] == "Accept, Accept-Encoding"
            assert page.headers["etag"] != feed.headers["etag"]
            for headers, status in ((browser, 304), ({}, 200)):
                again = client.get(path, headers={**headers, "If-None-Match": page.headers["etag"]})
                assert again.status_code == status
        assert client.get("/feeds.json", headers=browser).headers["vary"] == "Accept-Encoding"
        assert client.get("/section/x/atom.xml", headers=browser).status_code == 404
        assert client.get(f"{path}?before=x", headers=browser).status_code == 404


def _content(text: str) -> Content:
    body = text.encode() * 1000
    return Content(body, "text/plain", f'"{hashlib.sha256(body).hexdigest()}"')


def test_representations_are_made_once_and_kept_within_a_limit() -> None:
    async def run() -> None:
        kept = Representations(capacity=15_000)
        one, two = await asyncio.gather(*(kept.of(_content("one "), "gzip") for _ in range(2)))
        assert one is two
        assert await kept.of(_content("one "), "gzip") is one
        for number in range(4):
            await kept.of(_content(f"{number:4}"), None)
        # It is still sent to somebody.
        assert await kept.of(_content("one "), "gzip") is one
        gone = ref(one)
        del one, two
        assert gone() is None
        with pytest.raises(Problem):
            await kept.of(_content("one "), "*;q=0")

    asyncio.run(run())


def test_what_slow_readers_hold_has_a_limit() -> None:
    async def run() -> None:
        kept = Representations(capacity=5000, most=10_000)
        held = [await kept.of(_content(f"{number:5}"), None) for number in range(3)]
        with pytest.raises(Problem) as refused:
            await kept.of(_content("other"), None)
        assert refused.value.status_code == 503
        # What they hold is there for others too.
        assert await kept.of(_content(f"{0:5}"), None) is held[0]
        del held[0]
        await kept.of(_content("other"), None)

    asyncio.run(run())


def test_strangers_can_not_fill_what_is_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedserver.http.answers._CAPACITY", 8)
    write_site(tmp_path)
    app = app_of(tmp_path, url=None)
    assert isinstance(app, FastPath)
    answers = app._answers("/atom.xml")
    assert answers
    known = answers._known
    with TestClient(app) as client:
        for number in range(30):
            client.get("/atom.xml", headers={"Host": f"a{number}.example"})
        assert client.get("/atom.xml", headers={"Accept": "x" * 5000}).status_code == 200
        assert 0 < len(known) <= 8


def test_a_search_that_takes_too_long_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedserver.store.snapshots._PATIENCE", -1.0)
    monkeypatch.setattr("feedserver.store.snapshots._INSTRUCTIONS", 1)
    write_site(tmp_path)
    with TestClient(app_of(tmp_path)) as client:
        answer = client.get("/feed.json?q=ne*")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert answer.json()["parameter"] == "q"
        assert client.get("/feeds/?q=ne*").status_code == 503
        assert client.get("/feed.json").status_code == 200


def test_what_may_have_been_meant_is_looked_for_within_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{'ab' * 15}{number}" for number in range(2000)]
    feeds = [
        Feed(f"/project/{name}/", name, name, "project", "/", {"project": (name,)})
        for name in ("fractal", *names, "x" * 180)
    ]
    issue = post("week")
    updates = [update(issue, n, project=feed.query["project"][0]) for n, feed in enumerate(feeds)]
    archive_file = tmp_path / "archive.json"
    archive_file.write_bytes(archives.serialise(archive([issue, *updates], feeds)))
    with TestClient(app_of(tmp_path)) as client:
        near = client.get("/project/fractel/atom.xml").json()["near"]
        assert near == ["/project/fractal/atom.xml", "/feeds.json"]
        compared: list[int] = []

        def close(word: str, known: list[str], count: int, cutoff: float) -> list[str]:
            compared.append(len(word) * sum(map(len, known)))
            return get_close_matches(word, known, count, cutoff)

        monkeypatch.setattr(folder, "get_close_matches", close)
        for path in (f"/project/{'ab' * 14}a/x", f"/project/{'x' * 179}/x", "/project/ab/x"):
            assert client.get(path).status_code == 404
        # The letters of all names, each beside those of what was asked for, would be millions.
        assert compared and max(compared) < 100_000


def test_who_asks_while_nothing_can_be_kept_is_told_to_come_again() -> None:
    found = problems.of(AwayError("postgresql://db.example/feeds: it is away"))
    assert found.status_code == 503
    assert (found.headers or {})["Retry-After"] == "30"
    assert "db.example" not in found.detail
