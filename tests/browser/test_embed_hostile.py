"""Feeds that would do harm, and feeds that are none: the page stays as it was, and says so."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from tests.browser.chromium import errors, first, requests, visit
from tests.browser.embedding import (
    Answer,
    Origin,
    answer,
    begin,
    feed,
    html,
    policy,
    rows,
    settled,
    show,
    update,
)
from tests.conftest import DEEP

SCRIPT = "<script>document.title = 'broken'</script><img src=x onerror=\"document.title='broken'\">"
FIRST = "const root = document.querySelector('twim-feed').shadowRoot;"
SAID = f"{FIRST} return root.querySelector('[part=message]').innerText"
CANT = "This can’t be loaded right now."
AGAIN = "Try again"


def test_nothing_of_a_feed_is_run(browser: Chrome, pages: Origin, far: Origin) -> None:
    items = [
        {"id": "1", "title": SCRIPT, "url": "https://a.example/", "summary": SCRIPT, "image": "x"},
        {"id": "2", "content_html": f"<p>{SCRIPT}<svg/onload=alert(1)>Words &lt;b&gt;</p>"},
        {"id": "3", "title": "</li><h1>", "authors": [{"name": SCRIPT}], "language": '"><b>'},
        update(0, _twim={"issue": {}, "section": {"title": SCRIPT}, "project": {"title": SCRIPT}}),
        {"id": "5", "title": "{{ 7 * 7 }} ${alert(1)} `", "date_published": SCRIPT},
    ]
    src = far.feed("/feed.json", feed(*items, title=SCRIPT, language='" onclick="alert(1)'))
    [shown] = show(browser, pages, far, f'<twim-feed src="{src}"></twim-feed>')
    assert shown[0] == f"{SCRIPT}\n{SCRIPT}"
    assert shown[1] == "Words <b>"
    assert shown[2].split("\n")[:2] == ["</li><h1>", SCRIPT]
    assert shown[3].startswith(SCRIPT)
    made = browser.execute_script(
        f"{FIRST} return [...root.querySelectorAll('*')].map((each) => each.localName)"
    )
    known = {"div", "ul", "li", "a", "p", "small", "bdi", "time", "slot"}
    assert set(made) <= known
    assert browser.title == "A page of somebody"
    assert errors(browser) == []


@pytest.mark.parametrize(
    "address",
    [
        "javascript:document.title='broken'",
        " java\nscript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://a.example/1",
        "mailto:cleo@a.example",
        "http://",
        "https://[",
        "",
        "  ",
        None,
        7,
        ["https://a.example/"],
        {"href": "https://a.example/"},
    ],
)
def test_only_web_addresses_are_links(
    browser: Chrome, pages: Origin, far: Origin, address: object
) -> None:
    item = {"id": "1", "title": "Title", "url": address, "external_url": address, "image": address}
    src = far.feed("/feed.json", feed(item))
    body = f'<twim-feed src="{src}" images layout="cards"></twim-feed>'
    assert show(browser, pages, far, body) == [["Title"]]
    assert browser.execute_script(f"{FIRST} return root.querySelectorAll('a, img').length") == 0
    assert errors(browser) == []


def test_members_of_any_kind_are_borne(browser: Chrome, pages: Origin, far: Origin) -> None:
    strange: list[Any] = [None, True, 0, -1, 1e300, "", "x", [], [None], {}, {"name": 7}, [[[]]]]
    names = (
        *("id", "url", "external_url", "title", "content_html", "content_text", "summary", "image"),
        *("date_published", "date_modified", "author", "authors", "tags", "language", "_twim"),
    )
    inner = ("issue", "section", "project", "reporters", "kind")
    items: list[Any] = [
        *strange,
        *({"title": "T", name: value} for name in names for value in strange),
        *({"title": "T", "_twim": {"issue": {}, n: v}} for n in inner for v in strange),
        *({"title": "T", "_twim": {"issue": {}, n: {"title": v}}} for n in inner for v in strange),
    ]
    parts = [items[at : at + 100] for at in range(0, len(items), 100)]
    body = "".join(
        f'<twim-feed limit="100" src="{far.feed(f"/{n}.json", feed(*part))}"></twim-feed>'
        for n, part in enumerate(parts)
    )
    shown = show(browser, pages, far, body)
    assert len(parts) == len(shown) > 3
    assert sum(map(len, shown)) > 250
    assert errors(browser) == []


@pytest.mark.parametrize(
    "date",
    ["2026-02-31", "2026-99-99T00:00:00Z", "2026-05-10T99:99:99Z", "+275761-01-01", "yesterday"],
)
def test_dates_that_are_none(browser: Chrome, pages: Origin, far: Origin, date: str) -> None:
    src = far.feed("/feed.json", feed({"id": "1", "title": "Title", "date_published": date}))
    [[shown]] = show(browser, pages, far, f'<twim-feed src="{src}"></twim-feed>')
    assert shown.startswith("Title")
    assert errors(browser) == []


@pytest.mark.parametrize(
    ("date", "day"),
    [("2026-02-31", ""), ("2026-13-01", ""), ("1970-01-01T00:00:00Z", "Jan 1, 1970")],
)
def test_days_are_shown_if_there_are_such(
    browser: Chrome, pages: Origin, far: Origin, date: str, day: str
) -> None:
    src = far.feed("/feed.json", feed({"id": "1", "title": "Title", "date_published": date}))
    shown = show(browser, pages, far, f'<twim-feed src="{src}"></twim-feed>')
    assert shown == [["Title\n" + day if day else "Title"]]


def test_the_keyboard_stays_on_a_button_that_fails_again(
    browser: Chrome, pages: Origin, far: Origin
) -> None:
    show(browser, pages, far, f'<twim-feed src="{far.address}/gone"></twim-feed>')
    focused = f"{FIRST} return root.activeElement?.localName"
    browser.execute_script(f"{FIRST} root.querySelector('button').focus()")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    settled(browser)
    time.sleep(0.2)
    assert far.asked["/gone"] == 2
    assert browser.execute_script(focused) == "button"


def test_texts_of_any_length_keep_their_space(browser: Chrome, pages: Origin, far: Origin) -> None:
    wide, zalgo = "W" * 5000, "o" + "\u0489\u0310" * 200
    rtl = "\u202eevil\u2066 שלום " * 40
    items = [
        {"id": str(n), "title": text, "summary": text, "authors": [{"name": text}] * 50}
        for n, text in enumerate((wide, zalgo, rtl, "<" * 4000, "<script" * 700, "&#" * 2000))
    ]
    items += [{"id": "html", "content_html": "<script" * 100_000}]
    src = far.feed("/feed.json", feed(*items))
    body = "".join(
        f'<twim-feed src="{src}" limit="7" layout="{layout}"></twim-feed>'
        for layout in ("compact", "list", "cards")
    )
    show(browser, pages, far, body)
    heights = browser.execute_script(
        "return [...document.querySelectorAll('twim-feed')].map((each) => [...new Set("
        "[...each.shadowRoot.querySelectorAll("
        "each.getAttribute('layout') === 'list' ? '.box' : 'li')]"
        ".map((box) => box.offsetHeight))])"
    )
    compact, listed, cards = heights
    # A short text leaves room within its card, and none in a list.
    assert len(compact) == len(cards) == 1
    # Four lines of 1.5 em, and what stands between them.
    assert max(listed) <= 102
    wider = "return document.documentElement.scrollWidth - innerWidth"
    assert browser.execute_script(wider) <= 0
    assert errors(browser) == []


def _large(request: BaseHTTPRequestHandler) -> None:
    begin(request, 200, {"Content-Type": "application/feed+json"}, 10_000_000)
    for _ in range(1000):
        request.wfile.write(b" " * 10_000)


def _stops(request: BaseHTTPRequestHandler) -> None:
    begin(request, 200, {"Content-Type": "application/feed+json"}, 1000)
    request.wfile.write(b'{"items": [')
    request.wfile.flush()
    request.connection.close()


JSON = "application/feed+json"
FAILURES: dict[str, tuple[Answer, str]] = {
    "large": (_large, "it is too large"),
    "html": (answer(b"<!doctype html><p>No feed", "text/html"), "it is no JSON Feed"),
    "xml": (answer(b"<feed/>", "application/atom+xml"), "it is no JSON Feed"),
    "nothing": (answer(b"", JSON), "it is no JSON Feed"),
    "null": (answer(b"null", JSON), "it is no JSON Feed"),
    "other": (answer(b'{"items": {"length": 9}}', JSON), "it is no JSON Feed"),
    "deep": (answer(b"[" * 2_000_000, JSON), "it is no JSON Feed"),
    "cut": (answer(json.dumps(feed(update(0))).encode()[:-9], JSON), "it is no JSON Feed"),
    "binary": (answer(bytes(range(256)) * 99, JSON), "it is no JSON Feed"),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_what_is_no_feed_is_a_failure(
    browser: Chrome, pages: Origin, far: Origin, kind: str
) -> None:
    far.answers["/feed.json"], problem = FAILURES[kind]
    src = f"{far.address}/feed.json"
    assert show(browser, pages, far, f'<twim-feed src="{src}"></twim-feed>') == [[]]
    assert browser.execute_script(SAID) == f"{CANT} {AGAIN}"
    warned = [entry["message"] for entry in browser.get_log("browser")]
    assert len(warned) == 1 and f"twim-feed: {src}: {problem}" in warned[0]


# It waits a tenth of what it would, unless in `./run deep`; what that is is noted.
PATIENT = f"""
const later = setTimeout;
globalThis.waits = [];
globalThis.setTimeout = (call, wait) => {{
  waits.push(wait);
  return later(call, wait / {1 if DEEP else 10});
}};
"""


@pytest.mark.parametrize(
    "kind", ["gone", "forbidden", "broken", "stops", "unreachable", "elsewhere"]
)
def test_what_does_not_answer_is_a_failure(
    browser: Chrome, pages: Origin, far: Origin, kind: str
) -> None:
    found: dict[str, Answer] = {
        "gone": answer(b"", "text/plain", status=410),
        "broken": answer(b"{}", JSON, status=500),
        "stops": _stops,
    }
    body = answer(json.dumps(feed(update(0))).encode(), JSON)
    far.answers["/feed.json"] = found.get(kind, body)
    address = {"unreachable": "http://127.0.0.1:1", "forbidden": pages.address}.get(
        kind, far.address
    )
    if kind == "elsewhere":
        moved = {"Location": f"{pages.address}/feed.json"}
        far.answers["/feed.json"] = answer(b"", "text/plain", moved, status=302)
        pages.answers["/feed.json"] = body
    kept = "<p>The news of the boats</p>"
    src = f"{address}/feed.json"
    element = f'<twim-feed src="{src}">{{}}</twim-feed>'
    with first(browser, PATIENT):
        shown = show(browser, pages, far, element.format("\n") + element.format(kept))
    assert shown == [[], []]
    # What stands in it is shown instead of a message.
    said = browser.execute_script(
        "return [...document.querySelectorAll('twim-feed')].map((each) => "
        "each.shadowRoot.querySelector('[part=message]').innerText)"
    )
    assert CANT in said[0] and said[1] == ""
    visible = "return document.querySelector('twim-feed p').checkVisibility()"
    assert browser.execute_script(visible) is True
    assert pages.asked["/feed.json"] == 0


def test_what_is_too_slow_is_a_failure(browser: Chrome, pages: Origin, far: Origin) -> None:
    def slow(request: BaseHTTPRequestHandler) -> None:
        begin(request, 200, {"Content-Type": JSON}, 10**9)
        for _ in range(600):
            request.wfile.write(b" ")
            request.wfile.flush()
            time.sleep(0.05)

    far.answers["/feed.json"] = slow
    src = f"{far.address}/feed.json"
    with first(browser, PATIENT):
        assert show(browser, pages, far, f'<twim-feed src="{src}"></twim-feed>') == [[]]
    assert 15_000 in browser.execute_script("return waits")
    [warned] = [entry["message"] for entry in browser.get_log("browser")]
    assert "it takes too long" in warned


def test_what_is_too_large_is_not_read_to_its_end(
    browser: Chrome, pages: Origin, far: Origin
) -> None:
    sent: list[int] = []

    def endless(request: BaseHTTPRequestHandler) -> None:
        begin(request, 200, {"Content-Type": JSON}, 10**9)
        for _ in range(10_000):
            sent.append(request.wfile.write(b" " * 100_000))

    far.answers["/feed.json"] = endless
    show(browser, pages, far, f'<twim-feed src="{far.address}/feed.json"></twim-feed>')
    assert CANT in browser.execute_script(SAID)
    # What is on its way in buffers comes on top.
    assert sum(sent) < 100_000_000


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_followed(browser: Chrome, pages: Origin, far: Origin, status: int) -> None:
    far.feed("/new/feed.json", feed({"id": "1", "title": "Moved", "url": "one/"}))
    moved = {"Location": "/new/feed.json"}
    far.answers["/feed.json"] = answer(b"", "text/plain", moved, status=status)
    body = f'<twim-feed src="{far.address}/feed.json"></twim-feed>'
    assert show(browser, pages, far, body) == [["Moved"]]
    # Addresses in a feed are relative to where it was found.
    link = browser.execute_script(f"{FIRST} return root.querySelector('a').href")
    assert link == f"{far.address}/new/one/"
    assert errors(browser) == []


@pytest.mark.parametrize(
    "src", ["javascript:alert(1)", "data:application/json,{}", "mailto:a@b.example", "https://["]
)
def test_what_is_no_address_is_not_asked_for(
    browser: Chrome, pages: Origin, far: Origin, src: str
) -> None:
    assert show(browser, pages, far, f'<twim-feed src="{src}"></twim-feed>') == [[]]
    assert CANT in browser.execute_script(SAID)
    assert {url for url in requests(browser) if url.startswith("http")} == {
        f"{pages.address}/",
        f"{far.address}/embed.js",
        f"{far.address}/icon.svg",
    }
    [warned] = [entry["message"] for entry in browser.get_log("browser")]
    assert "it is no web address" in warned


def test_an_empty_feed_says_so(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = far.feed("/feed.json", feed())
    own = '<p slot="empty">Calm sea.</p><p>News of the boats</p>'
    shown = show(browser, pages, far, f'<twim-feed src="{src}">{own}</twim-feed>')
    assert shown == [[]]
    visible = (
        "return [...document.querySelectorAll('twim-feed p')].map((each) => each.checkVisibility())"
    )
    assert browser.execute_script(visible) == [True, False]
    show(browser, pages, far, f'<twim-feed src="{src}"></twim-feed>')
    assert browser.execute_script(SAID) == "Nothing here yet."
    assert errors(browser) == []


def test_a_failure_can_be_tried_again(browser: Chrome, pages: Origin, far: Origin) -> None:
    body = f'<twim-feed src="{far.address}/feed.json"></twim-feed>'
    show(browser, pages, far, body)
    button = browser.execute_script(f"{FIRST} return root.querySelector('button')")
    assert button.accessible_name == AGAIN
    far.feed("/feed.json", feed(update(0)))
    button.send_keys(Keys.ENTER)
    settled(browser)
    [[shown]] = rows(browser)
    assert shown.startswith("Seagull")
    assert browser.execute_script(f"{FIRST} return root.activeElement?.localName") == "ul"
    assert browser.execute_script(SAID) == ""


def test_what_is_wrong_with_one_is_nothing_to_the_others(
    browser: Chrome, pages: Origin, far: Origin
) -> None:
    good = far.feed("/good.json", feed(update(0)))
    body = (
        f'<twim-feed src="{far.address}/bad.json"></twim-feed><twim-feed src="{good}"></twim-feed>'
    )
    visit(browser, pages.page("/", html(far, body), policy=policy(far)))
    settled(browser)
    assert [len(each) for each in rows(browser)] == [0, 1]
