"""Nobody is kept out of the component, and nothing moves: each layout, light and dark."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.keys import Keys

from tests.browser.chromium import errors, media, screen, visit
from tests.browser.embedding import (
    Origin,
    feed,
    held,
    html,
    pictured,
    policy,
    rows,
    settled,
    show,
    update,
)
from tests.browser.test_accessibility import RUN
from tests.conftest import DEEP

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


def _attributes(layout: str) -> str:
    name, _, images = layout.partition(" ")
    return f'layout="{name}" {images}'


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_moves_when_the_feed_comes(
    browser: Chrome, pages: Origin, far: Origin, layout: str
) -> None:
    src = pictured(far)
    send = far.answers["/feed.json"]

    seen = threading.Event()
    far.answers["/feed.json"] = held(seen, send)
    body = f'<twim-feed src="{src}" {_attributes(layout)}></twim-feed>'
    # So that the page isn't drawn before the component is there.
    text = html(far, body).replace('type="module"', 'type="module" blocking="render"')
    pages.page("/", text, policy=policy(far))
    with screen(browser, 390, 3000):
        visit(browser, f"{pages.address}/")
        busy = "return document.querySelector('twim-feed').shadowRoot.firstChild.ariaBusy"
        assert browser.execute_script(busy) == "true"
        before = browser.execute_script(HEIGHTS)
        seen.set()
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


LOOKS = (("light", 1280, False), ("dark", 360, False), ("light", 360, True))


@pytest.mark.parametrize(
    ("layout", "colours", "width", "rtl"),
    [
        (layout, *look)
        for place, layout in enumerate(LAYOUTS)
        for number, look in enumerate(LOOKS)
        # Each of them at least once; with each other by `./run deep`.
        if DEEP or place % len(LOOKS) == number
    ],
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
    src = pictured(far)
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
    seen = threading.Event()
    far.answers["/loading"] = held(seen, far.answers["/empty"])
    kept = "<p>News of the boats</p>" if state == "kept" else ""
    body = f'<twim-feed src="{far.address}/{state}">{kept}</twim-feed>'
    pages.page("/", html(far, body), policy=policy(far))
    with media(browser, prefers_color_scheme="dark"):
        visit(browser, f"{pages.address}/")
        if state != "loading":
            settled(browser)
        assert _broken(browser, axe) == []
    seen.set()


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
    seen = threading.Event()
    far.feed("/slow", feed())
    far.answers["/slow"] = held(seen, far.answers["/slow"])
    pages.page("/", html(far, f'<twim-feed src="{far.address}/slow"></twim-feed>'))
    script = (
        "return getComputedStyle(document.querySelector('twim-feed').shadowRoot"
        ".querySelector('.box')).animationName"
    )
    for wanted, name in (("reduce", "none"), ("no-preference", "wait")):
        with media(browser, prefers_reduced_motion=wanted):
            visit(browser, f"{pages.address}/")
            assert browser.execute_script(script) == name
    seen.set()
