"""The component on a page of another origin, under the strict policy: what it shows, and how."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.keys import Keys

from feedserver import embed
from tests.conftest import ROOT
from tests.e2e.chromium import errors, media, no_scripts, requests, screen, visit
from tests.e2e.embedding import (
    SUMMARY,
    Origin,
    answer,
    feed,
    feeds,
    html,
    origin,
    policy,
    rows,
    settled,
    show,
    update,
)
from tests.e2e.serving import served
from tests.e2e.test_accessibility import RUN
from tests.sites import build, issue

LAYOUTS = ("compact", "list", "list images", "cards", "cards images")
SHIFTS = """
const done = arguments[arguments.length - 1];
new PerformanceObserver((found) => done(found.getEntries().map((each) => each.value)))
  .observe({type: "layout-shift", buffered: true});
setTimeout(() => done([]), 300);
"""
HEIGHTS = """
const list = document.querySelector("twim-feed").shadowRoot.querySelector("ul");
return [list.getBoundingClientRect().height, document.querySelector("#below").offsetTop];
"""


@pytest.fixture
def pages() -> Iterator[Origin]:
    with origin() as here:
        yield here


@pytest.fixture
def far() -> Iterator[Origin]:
    with feeds() as here:
        yield here


def _attributes(layout: str) -> str:
    name, _, images = layout.partition(" ")
    return f'layout="{name}" {images}'


def _pictured(far: Origin) -> str:
    """The address of a feed, of whose entries all but one have a picture."""
    far.answers["/a.svg"] = answer(
        b'<svg xmlns="http://www.w3.org/2000/svg" width="160" height="90"><path fill="#789" '
        b'd="M0 0h160v90H0z"/></svg>',
        "image/svg+xml",
    )
    image = {"image": f"{far.address}/a.svg"}
    return far.feed("/feed.json", feed(*(update(n, **(image if n != 2 else {})) for n in range(7))))


def test_it_is_below_6_kb() -> None:
    script = embed.component()
    assert len(gzip.compress(script.body, 9, mtime=0)) < 6000
    assert script.media_type == "text/javascript; charset=utf-8"
    assert script == embed.component() and len(script.digest) == 64
    # What is left out is comments alone.
    source = (ROOT / "feedserver" / "assets" / "embed.js").read_text("utf-8")
    kept = [line.strip() for line in source.splitlines() if not line.strip().startswith("//")]
    assert script.body.decode().split() == " ".join(kept).split()


def test_it_has_no_sink_for_html() -> None:
    script = embed.component().body.decode()
    sinks = (
        r"innerHTML|outerHTML|insertAdjacent|DOMParser|setHTML|document\.write|\beval\b|Function"
    )
    assert not re.search(sinks, script)
    assert not re.search("localStorage|sessionStorage|indexedDB|cookie|sendBeacon", script)


def test_updates_are_shown(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = far.feed("/feed.json", feed(*(update(n) for n in range(7))))
    [shown] = show(browser, pages, far, f'<twim-feed src="{src}" limit="3"></twim-feed>')
    assert shown[0] == f"Seagull\nMay 10, 2026 Boats Cleo\n{SUMMARY}"
    assert shown[2].startswith("Lighthouse\nMay 12, 2026 Signals Ada, Bo, Cleo\n")
    assert len(shown) == 3
    made = browser.execute_script(
        "const root = document.querySelector('twim-feed').shadowRoot;"
        "const [link, time] = [root.querySelector('a'), root.querySelector('time')];"
        "const name = root.querySelector('ul').ariaLabel;"
        "return [link.href, link.target, link.rel, time.dateTime, name]"
    )
    written = "2026-05-10T23:30:00+00:00"
    assert made == ["https://news.example/issue/#0", "", "", written, "Boats of the harbour"]
    assert errors(browser) == []
    assert not {"Cookie", "Referer"} & far.headers["/feed.json"].keys()
    assert far.headers["/feed.json"]["Accept"] == "application/feed+json, application/json"


def test_it_asks_for_its_feed_and_nothing_else(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = _pictured(far)
    show(browser, pages, far, f'<twim-feed src="{src}"></twim-feed>')
    assert far.asked == {"/embed.js": 1, "/icon.svg": 1, "/feed.json": 1}
    assert {url.removeprefix(far.address) for url in requests(browser)} == {
        f"{pages.address}/",
        "/embed.js",
        "/icon.svg",
        "/feed.json",
    }
    storage = "return [document.cookie, localStorage.length, sessionStorage.length]"
    assert browser.execute_script(storage) == ["", 0, 0]


def test_feeds_of_the_server_and_of_a_file_host(
    browser: Chrome, pages: Origin, far: Origin, tmp_path: Path
) -> None:
    built = build(tmp_path, {"blog/one.md": issue(1), "blog/two.md": issue(2)})
    path = "/section/clients/feed.json"
    body = (built.folder / path[1:]).read_bytes()
    far.answers[path] = answer(body, "application/json")
    with served(built.folder) as server:
        pages.page(
            "/both/",
            html(
                far,
                f'<twim-feed src="{server}{path}"></twim-feed>'
                f'<twim-feed src="{far.address}{path}"></twim-feed>',
            ),
            policy=policy(far).replace("connect-src", f"connect-src {server}"),
        )
        visit(browser, f"{pages.address}/both/")
        settled(browser)
        of_server, of_file = rows(browser)
    assert of_server == of_file
    assert "Fractal" in of_server[0] and len(of_server) >= 2
    assert errors(browser) == []


def test_feeds_of_others(browser: Chrome, pages: Origin, far: Origin) -> None:
    old = {
        "version": "https://jsonfeed.org/version/1",
        "title": "Old",
        "items": [
            {
                "id": 7,
                "title": "Version 1.0",
                "url": "/posts/7",
                "content_html": "<p>It&#8217;s <b>bold</b> &amp; <script>not()</script>plain.</p>",
                "author": {"name": "One", "url": "https://one.example/"},
                "date_published": "2024-02-29T23:59:59-08:00",
            }
        ],
    }
    words = "A note that has no title and yet goes on for longer than any title would, as notes do."
    new = feed(
        {"id": "1", "external_url": "https://elsewhere.example/", "content_text": words},
        {"id": "2", "content_text": "Short."},
        {"id": "3", "title": "Of two", "authors": [{"name": "A"}, {"url": "https://b.example/"}]},
    )
    body = "".join(
        f'<twim-feed src="{far.feed(path, value)}"></twim-feed>'
        for path, value in (("/f/old.json", old), ("/f/new.json", new))
    )
    first, second = show(browser, pages, far, body)
    assert first == ["Version 1.0\nFeb 29, 2024 One\nIt’s bold & plain."]
    title = "A note that has no title and yet goes on for longer than any…"
    assert second == [f"{title}\n{words}", "Short.", "Of two\nA"]
    links = (
        "return [...document.querySelectorAll('twim-feed')].map((each) => "
        "[...each.shadowRoot.querySelectorAll('a')].map((link) => link.href))"
    )
    expected = [[f"{far.address}/posts/7"], ["https://elsewhere.example/"]]
    assert browser.execute_script(links) == expected
    assert errors(browser) == []


def test_dates_and_words_are_in_the_language_of_the_page(
    browser: Chrome, pages: Origin, far: Origin
) -> None:
    src, empty = far.feed("/feed.json", feed(update(2))), far.feed("/empty.json", feed())
    body = "".join(
        f'<div lang="{lang}"><twim-feed src="{src}" show="date people"></twim-feed>'
        f'<twim-feed src="{empty}"></twim-feed></div>'
        for lang in ("de-AT", "fr", "ja", "ar", "en_US", "")
    )
    shown = show(browser, pages, far, body, lang="de")
    arabic = shown[6][0].split("\n")[1].partition(" Ada")[0]
    assert [first.split("\n")[1].partition(" Ada")[0] for [first] in shown[::2]] == [
        "12.05.2026",
        "12 mai 2026",
        "2026/05/12",
        arabic,
        "May 12, 2026",
        "May 12, 2026",
    ]
    assert arabic not in ("12.05.2026", "May 12, 2026")
    said = browser.execute_script(
        "return [...document.querySelectorAll('twim-feed')]"
        ".map((each) => each.shadowRoot.querySelector('[part=message]').innerText)"
    )
    nothing = "Nothing here yet."
    assert said[1::2] == [
        "Noch nichts da.",
        "Rien pour l’instant.",
        nothing,
        "لا شيء هنا بعد.",
        nothing,
        nothing,
    ]


@pytest.mark.parametrize(
    ("own", "base", "expected"),
    [
        ("", "", ["", ""]),
        ('target="_blank"', "", ["_blank", "noopener"]),
        ("", "_blank", ["_blank", "noopener"]),
        ('target="_self"', "_blank", ["_self", ""]),
        ("", "_top", ["_top", ""]),
        ('target="reader"', "", ["reader", ""]),
        ('target="elsewhere"', "", ["elsewhere", "noopener"]),
    ],
)
def test_links_open_where_the_page_says(
    browser: Chrome, pages: Origin, far: Origin, own: str, base: str, expected: list[str]
) -> None:
    src = far.feed("/feed.json", feed(update(0)))
    body = f'<twim-feed src="{src}" {own}></twim-feed><iframe name="reader" title="R"></iframe>'
    head = f'<base target="{base}">' if base else ""
    show(browser, pages, far, body, head=head)
    script = "const a = document.querySelector('twim-feed').shadowRoot.querySelector('a');"
    assert browser.execute_script(f"{script} return [a.target, a.rel]") == expected


def test_addresses_are_relative_to_the_page(browser: Chrome, pages: Origin, far: Origin) -> None:
    far.feed("/section/clients/feed.json", feed(update(0)))
    head = f'<base href="{far.address}/section/">'
    body = '<twim-feed src="clients/feed.json"></twim-feed>'
    [[shown]] = show(browser, pages, far, body, head=head)
    assert shown.startswith("Seagull")


def test_what_is_shown_can_be_chosen(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = _pictured(far)
    body = (
        f'<twim-feed src="{src}" limit="1" show="date"></twim-feed>'
        f'<twim-feed src="{src}" limit="1" show="people summary" heading="2"></twim-feed>'
        f'<twim-feed src="{src}" limit="1" images></twim-feed>'
        f'<twim-feed src="{src}" limit="1" layout="compact" images></twim-feed>'
        f'<twim-feed src="{src}" limit="none" layout="grid" heading="9"></twim-feed>'
    )
    shown = show(browser, pages, far, body)
    assert shown[0] == ["Seagull\nMay 10, 2026"]
    assert shown[1] == [f"Seagull\nCleo\n{SUMMARY}"]
    assert [len(each) for each in shown] == [1, 1, 1, 1, 5]
    count = "return [...document.querySelectorAll('twim-feed')].map((each) => "
    found = count + "each.shadowRoot.querySelectorAll('h2, img').length)"
    assert browser.execute_script(found) == [0, 1, 1, 0, 0]
    picture = "return document.querySelectorAll('twim-feed')[2].shadowRoot.querySelector('img')"
    names = ("loading", "alt", "referrerPolicy")
    got = [browser.execute_script(f"{picture}.{name}") for name in names]
    assert got == ["lazy", "", "no-referrer"]


def test_a_picture_that_is_gone_leaves_no_hole(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = far.feed("/feed.json", feed(update(0, image=f"{far.address}/gone.png")))
    show(browser, pages, far, f'<twim-feed src="{src}" images layout="cards"></twim-feed>')
    for _ in range(50):
        left = browser.execute_script(
            "return document.querySelector('twim-feed').shadowRoot"
            ".querySelectorAll('img, .pictured').length"
        )
        if left == 0:
            return
        time.sleep(0.1)
    pytest.fail("the picture is still there")


def test_without_scripts_what_stands_in_it_stays(
    browser: Chrome, pages: Origin, far: Origin
) -> None:
    src = far.feed("/feed.json", feed(update(0)))
    body = f'<twim-feed src="{src}"><a href="/news/">News of the boats</a></twim-feed>'
    pages.page("/", html(far, body), policy=policy(far))
    with no_scripts(browser):
        visit(browser, f"{pages.address}/")
        [link] = browser.find_elements("css selector", "twim-feed a")
        assert link.is_displayed() and link.text == "News of the boats"
    assert show(browser, pages, far, body) == [[f"Seagull\nMay 10, 2026 Boats Cleo\n{SUMMARY}"]]
    visible = "return document.querySelector('twim-feed a').checkVisibility()"
    assert browser.execute_script(visible) is False


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_moves_when_the_feed_comes(
    browser: Chrome, pages: Origin, far: Origin, layout: str
) -> None:
    src = _pictured(far)
    send = far.answers["/feed.json"]

    def slowly(request: BaseHTTPRequestHandler) -> None:
        time.sleep(1)
        send(request)

    far.answers["/feed.json"] = slowly
    body = f'<twim-feed src="{src}" {_attributes(layout)}></twim-feed>'
    # So that the page isn't drawn before the component is there.
    text = html(far, body).replace('type="module"', 'type="module" blocking="render"')
    pages.page("/", text, policy=policy(far))
    with screen(browser, 390, 3000):
        visit(browser, f"{pages.address}/")
        busy = "return document.querySelector('twim-feed').shadowRoot.firstChild.ariaBusy"
        assert browser.execute_script(busy) == "true"
        before = browser.execute_script(HEIGHTS)
        settled(browser)
        assert len(rows(browser)[0]) == 5
        assert browser.execute_script(HEIGHTS) == before
        time.sleep(0.2)
        assert browser.execute_async_script(SHIFTS) == []


def test_shifts_are_found(browser: Chrome, pages: Origin, far: Origin) -> None:
    pages.page("/", html(far, "<p>Text</p>"))
    visit(browser, f"{pages.address}/")
    browser.execute_async_script("requestAnimationFrame(() => setTimeout(arguments[0], 100))")
    browser.execute_script("document.querySelector('h1').style.marginTop = '300px'")
    time.sleep(0.2)
    assert sum(browser.execute_async_script(SHIFTS)) > 0.01


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("colours", "width", "rtl"),
    [("light", 1280, False), ("dark", 360, False), ("light", 360, True)],
)
def test_nobody_is_kept_out(
    browser: Chrome,
    axe: str,
    pages: Origin,
    far: Origin,
    layout: str,
    colours: str,
    width: int,
    rtl: bool,
) -> None:
    src = _pictured(far)
    body = f'<twim-feed src="{src}" {_attributes(layout)} heading="2"></twim-feed>'
    with media(browser, prefers_color_scheme=colours), screen(browser, width):
        show(browser, pages, far, body, lang="ar" if rtl else "en", rtl=rtl)
        # Nothing is wider than the screen.
        wide = "return document.documentElement.scrollWidth - innerWidth"
        assert browser.execute_script(wide) <= 0
        assert _broken(browser, axe) == []
    assert errors(browser) == []


def _broken(browser: Chrome, axe: str) -> list[Any]:
    browser.execute_script(axe)
    found: list[Any] = browser.execute_async_script(RUN)
    return [(each["broken"], each["node"]) for each in found]


@pytest.mark.parametrize("state", ["loading", "empty", "failed", "kept"])
def test_nobody_is_kept_out_of_what_it_says(
    browser: Chrome, axe: str, pages: Origin, far: Origin, state: str
) -> None:
    far.feed("/empty", feed())
    far.answers["/loading"] = lambda request: time.sleep(5)
    kept = "<p>News of the boats</p>" if state == "kept" else ""
    body = f'<twim-feed src="{far.address}/{state}">{kept}</twim-feed>'
    pages.page("/", html(far, body), policy=policy(far))
    with media(browser, prefers_color_scheme="dark"):
        visit(browser, f"{pages.address}/")
        if state != "loading":
            settled(browser)
        assert _broken(browser, axe) == []


def test_the_keyboard_reaches_every_link(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = far.feed("/feed.json", feed(*(update(n) for n in range(3))))
    show(browser, pages, far, f'<twim-feed src="{src}" limit="3" layout="cards"></twim-feed>')
    reached = []
    for _ in range(3):
        ActionChains(browser, duration=0).send_keys(Keys.TAB).perform()
        reached.append(
            browser.execute_script(
                "const at = document.activeElement.shadowRoot.activeElement;"
                "return [at.href, getComputedStyle(at.closest('li')).outlineStyle]"
            )
        )
    assert reached == [[f"https://news.example/issue/#{n}", "solid"] for n in range(3)]


def test_nothing_moves_for_who_wants_no_motion(browser: Chrome, pages: Origin, far: Origin) -> None:
    far.answers["/slow"] = lambda request: time.sleep(2)
    pages.page("/", html(far, f'<twim-feed src="{far.address}/slow"></twim-feed>'))
    script = (
        "return getComputedStyle(document.querySelector('twim-feed').shadowRoot"
        ".querySelector('.box')).animationName"
    )
    for wanted, name in (("reduce", "none"), ("no-preference", "wait")):
        with media(browser, prefers_reduced_motion=wanted):
            visit(browser, f"{pages.address}/")
            assert browser.execute_script(script) == name
