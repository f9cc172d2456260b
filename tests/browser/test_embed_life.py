"""Components that are added, moved, changed and removed: what is asked for, and how often."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from itertools import pairwise

from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.chromium import errors, first, visit
from tests.browser.embedding import (
    Origin,
    answer,
    begin,
    feed,
    held,
    html,
    policy,
    rows,
    settled,
    update,
)
from tests.browser.embedding import show as show_page

FIRST = "const first = document.querySelector('twim-feed');"
# Five minutes are one second and a half; what is shorter than a minute stays as it is.
FAST = """
const [now, later, began] = [Date.now, setTimeout, Date.now()];
Date.now = () => began + (now() - began) * 200;
globalThis.setTimeout = (call, wait) => later(call, wait < 6e4 ? wait : wait / 200);
"""


def _until(browser: Chrome, condition: Callable[[], object]) -> None:
    WebDriverWait(browser, 60, 0.05).until(lambda _: condition())


def _titles(browser: Chrome) -> list[list[str]]:
    return [[row.split("\n")[0] for row in each] for each in rows(browser)]


def _hang(gone: list[bool], sent: list[int]) -> Callable[[BaseHTTPRequestHandler], None]:
    """Send an answer that never ends; note each part, and when nobody reads them any more."""

    def send(request: BaseHTTPRequestHandler) -> None:
        begin(request, 200, {"Content-Type": "application/feed+json"}, 10**9)
        try:
            while True:
                request.wfile.write(b" " * 1000)
                sent.append(1000)
                time.sleep(0.05)
        except OSError:
            gone.append(True)
            raise

    return send


def test_several_of_one_feed_are_one_request(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = far.feed("/feed.json", feed(*(update(n) for n in range(5))))
    body = "".join(f'<twim-feed src="{src}" limit="{n}"></twim-feed>' for n in (1, 2, 3))
    shown = show_page(browser, pages, far, body)
    assert [len(each) for each in shown] == [1, 2, 3]
    # And one that comes later asks for nothing.
    browser.execute_script(
        f"{FIRST} const more = document.createElement('twim-feed');"
        "more.setAttribute('src', first.getAttribute('src')); document.body.append(more)"
    )
    settled(browser)
    assert len(rows(browser)[3]) == 5
    assert far.asked["/feed.json"] == 1


def test_what_is_moved_asks_for_nothing(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = far.feed("/feed.json", feed(update(0)))
    show_page(browser, pages, far, f'<section></section><twim-feed src="{src}"></twim-feed>')
    link = "first.shadowRoot.querySelector('a')"
    same = browser.execute_async_script(
        f"{FIRST} const before = {link}; document.querySelector('section').append(first);"
        f"document.querySelector('main').moveBefore?.(first, null);"
        f"setTimeout(() => arguments[0](before === {link}), 100)"
    )
    assert same is True
    browser.execute_async_script(
        f"{FIRST} first.remove(); setTimeout(() => {{"
        "document.body.append(first); setTimeout(arguments[0], 100)}, 100)"
    )
    assert _titles(browser) == [["Seagull"]]
    assert far.asked["/feed.json"] == 1


def test_what_is_moved_while_it_loads_goes_on(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = far.feed("/feed.json", feed(update(0)))
    moved = threading.Event()
    far.answers["/feed.json"] = held(moved, far.answers["/feed.json"])
    visit(browser, pages.page("/", html(far, f'<twim-feed src="{src}"></twim-feed>')))
    browser.execute_script(f"{FIRST} document.body.append(first)")
    moved.set()
    settled(browser)
    assert _titles(browser) == [["Seagull"]]
    assert far.asked["/feed.json"] == 1


def test_what_nobody_waits_for_is_stopped(browser: Chrome, pages: Origin, far: Origin) -> None:
    gone: list[bool] = []
    sent: list[int] = []
    far.answers["/slow.json"] = _hang(gone, sent)
    body = f'<twim-feed src="{far.address}/slow.json"></twim-feed>'
    visit(browser, pages.page("/", html(far, body * 2), policy=policy(far)))
    _until(browser, lambda: far.asked["/slow.json"] == 1)
    browser.execute_script("document.querySelector('twim-feed').remove()")
    # Nothing of a connection that is closed goes through but for the first part or two.
    before = len(sent)
    _until(browser, lambda: gone or len(sent) >= before + 6)
    assert gone == []
    browser.execute_script("document.querySelector('twim-feed').remove()")
    _until(browser, lambda: gone == [True])
    # Who comes now begins anew.
    far.feed("/slow.json", feed(update(0)))
    browser.execute_script(
        "const more = document.createElement('twim-feed');"
        "more.setAttribute('src', arguments[0]); document.body.append(more)",
        f"{far.address}/slow.json",
    )
    settled(browser)
    assert _titles(browser) == [["Seagull"]]
    assert errors(browser) == []


def test_attributes_are_changed(browser: Chrome, pages: Origin, far: Origin) -> None:
    one = far.feed("/one.json", feed(*(update(n) for n in range(5))))
    two = far.feed("/two.json", feed(update(3), title="Another"))
    show_page(browser, pages, far, f'<twim-feed src="{one}"></twim-feed>')

    def change(name: str, value: str) -> object:
        return browser.execute_async_script(
            f"{FIRST} first.setAttribute(arguments[0], arguments[1]);"
            "setTimeout(() => arguments[2](first.shadowRoot.querySelector('ul').className), 50)",
            name,
            value,
        )

    assert change("limit", "2") == "list done"
    assert _titles(browser) == [
        ["Seagull", "A project whose name is as long as the mole of the old harbour"]
    ]
    assert change("layout", "cards") == "cards done"
    assert change("images", "") == "cards images done"
    assert change("show", "date") == "cards images brief done"
    change("target", "_blank")
    change("label", "News of the boats")
    change("heading", "4")
    script = (
        f"{FIRST} const root = first.shadowRoot; const link = root.querySelector('h4 a');"
        "return [link.target, root.querySelector('ul').ariaLabel]"
    )
    assert browser.execute_script(script) == ["_blank", "News of the boats"]
    assert far.asked["/one.json"] == 1
    change("src", two)
    settled(browser)
    assert _titles(browser) == [["Tern"]]
    # The first is still known.
    change("src", one)
    settled(browser)
    assert len(_titles(browser)[0]) == 2
    assert (far.asked["/one.json"], far.asked["/two.json"]) == (1, 1)
    browser.execute_script(f"{FIRST} first.removeAttribute('src')")
    _until(browser, lambda: rows(browser) == [[]])


def test_an_answer_for_an_old_address_is_not_shown(
    browser: Chrome, pages: Origin, far: Origin
) -> None:
    far.answers["/slow.json"] = _hang([], [])
    two = far.feed("/two.json", feed(update(3)))
    body = f'<twim-feed src="{far.address}/slow.json"></twim-feed>'
    visit(browser, pages.page("/", html(far, body), policy=policy(far)))
    browser.execute_script(f"{FIRST} first.setAttribute('src', arguments[0])", two)
    settled(browser)
    assert _titles(browser) == [["Tern"]]


def test_it_refreshes_politely(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = far.feed("/feed.json", feed(update(0)))
    still = far.feed("/still.json", feed(update(1)))
    body = (
        f'<twim-feed src="{src}" refresh="0.01"></twim-feed>'
        f'<twim-feed src="{src}" refresh="5"></twim-feed>'
        f'<twim-feed src="{still}"></twim-feed><twim-feed src="{still}" refresh="60"></twim-feed>'
    )
    with first(browser, FAST):
        show_page(browser, pages, far, body)
        far.feed("/feed.json", feed(update(3), update(0)))
        _until(browser, lambda: _titles(browser)[0] == ["Tern", "Seagull"])
        assert far.headers["/feed.json"]["Cache-Control"] == "max-age=0"
        # One that fails leaves what there is, and another follows. Neither component knows what
        # became of the other's.
        asked = far.asked["/feed.json"]
        del far.answers["/feed.json"]
        _until(browser, lambda: far.asked["/feed.json"] > asked)
        far.feed("/feed.json", feed(update(4)))
        again = far.asked["/feed.json"]
        assert _titles(browser)[0] == ["Tern", "Seagull"]
        _until(browser, lambda: _titles(browser)[0] == ["Anchor"])
    assert _titles(browser)[1] == ["Anchor"]
    # Both components ask together, five minutes after the last time at the earliest.
    asked_at = [when for path, when in far.when if path == "/feed.json"]
    for each in (asked_at[:asked], asked_at[again:]):
        assert all(later - before > 1.4 for before, later in pairwise(each))
    assert far.asked["/still.json"] == 1


def test_a_tab_that_nobody_sees_waits(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = far.feed("/feed.json", feed(update(0)))
    with first(browser, FAST):
        show_page(browser, pages, far, f'<twim-feed src="{src}" refresh="5"></twim-feed>')
        page = browser.current_window_handle
        browser.switch_to.new_window("tab")
        asked = far.asked["/feed.json"]
        far.feed("/feed.json", feed(update(3)))
        # One that is seen meanwhile begins later, and yet asks anew, twice.
        seen = far.feed("/seen.json", feed(update(1)))
        body = f'<twim-feed src="{seen}" refresh="5"></twim-feed>'
        with first(browser, FAST):
            visit(browser, pages.page("/seen", html(far, body), policy=policy(far)))
            _until(browser, lambda: far.asked["/seen.json"] >= 3)
        assert far.asked["/feed.json"] == asked
        browser.close()
        browser.switch_to.window(page)
        # When the tab is back it is late.
        _until(browser, lambda: _titles(browser) == [["Tern"]])
        assert far.asked["/feed.json"] > asked


def test_the_focus_stays_when_entries_change(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = far.feed("/feed.json", feed(update(0)))
    with first(browser, FAST):
        show_page(browser, pages, far, f'<twim-feed src="{src}" refresh="5"></twim-feed>')
        browser.execute_script(f"{FIRST} first.shadowRoot.querySelector('a').focus()")
        far.feed("/feed.json", feed(update(3), update(0)))
        _until(browser, lambda: len(_titles(browser)[0]) == 2)
    focused = f"{FIRST} return first.shadowRoot.activeElement.textContent"
    assert browser.execute_script(focused) == "Seagull"


def test_what_has_not_changed_is_not_made_anew(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = far.feed("/feed.json", feed(update(0)))
    with first(browser, FAST):
        show_page(browser, pages, far, f'<twim-feed src="{src}" refresh="5"></twim-feed>')
        browser.execute_script(f"{FIRST} first.was = first.shadowRoot.querySelector('a')")
        _until(browser, lambda: far.asked["/feed.json"] > 1)
        time.sleep(0.2)
    same = f"{FIRST} return first.was === first.shadowRoot.querySelector('a')"
    assert browser.execute_script(same) is True


def test_an_unchanged_feed_is_a_304(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = far.feed("/feed.json", feed(update(0)))
    sent: list[int] = []
    send = answer(json.dumps(feed(update(0))).encode(), "application/feed+json", {"ETag": '"1"'})

    def conditional(request: BaseHTTPRequestHandler) -> None:
        known = request.headers.get("If-None-Match") == '"1"'
        sent.append(304 if known else 200)
        if known:
            begin(request, 304, {"ETag": '"1"'})
        else:
            send(request)

    far.answers["/feed.json"] = conditional
    with first(browser, FAST):
        show_page(browser, pages, far, f'<twim-feed src="{src}" refresh="5"></twim-feed>')
        _until(browser, lambda: len(sent) > 1)
        time.sleep(0.2)
    assert sent[:2] == [200, 304]
    assert _titles(browser) == [["Seagull"]]
    assert errors(browser) == []


def test_the_script_may_be_there_twice(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = far.feed("/feed.json", feed(update(0)))
    head = f'<script type="module" src="{far.address}/embed.js?again"></script>'
    show_page(browser, pages, far, f'<twim-feed src="{src}"></twim-feed>', head=head)
    assert _titles(browser) == [["Seagull"]]
    assert far.asked["/embed.js"] == 2
    assert errors(browser) == []


def test_what_is_loaded_or_fails_is_told(browser: Chrome, pages: Origin, far: Origin) -> None:
    show_page(browser, pages, far, "<twim-feed></twim-feed>")
    src = far.feed("/feed.json", feed(update(0)))
    script = (
        f"{FIRST} for (const name of ['load', 'error'])"
        "first.addEventListener(name, ({type, detail}) => arguments[1]([type, detail]));"
        "first.setAttribute('src', arguments[0])"
    )
    assert browser.execute_async_script(script, src) == ["load", None]
    told = browser.execute_async_script(script, "mailto:cleo@a.example")
    assert told == ["error", "it is no web address"]
