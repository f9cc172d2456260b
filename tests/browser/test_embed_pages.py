"""Frames, pictures and the dialogue in Chromium: on pages of another origin, and on the server's.

The page of another origin is written by the documentation's own snippets.
"""

from __future__ import annotations

import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from feedserver.embed import snippets
from feedserver.embed.widget import Layout, Widget
from tests.browser.chromium import elsewhere, errors, media, no_scripts, requests, screen, visit
from tests.browser.conftest import looks
from tests.browser.embedding import Origin, answer
from tests.browser.looks import CUT, ENDS, SMALL
from tests.browser.test_people import AXE
from tests.conftest import DEEP, ROOT

LAYOUTS = ("list", "compact", "cards")
CLIENTS = "/embed/section/clients/"
UPDATES = 4
"""So many has that section."""


# Where text begins.
EDGE = "return document.querySelector('main > ul, main > p').getBoundingClientRect().left"


@pytest.fixture(scope="module")
def site(alone: str) -> str:
    """The newsletter that has everything, served without its pages."""
    return alone


def _all(browser: Chrome, selector: str) -> list[WebElement]:
    return browser.find_elements(By.CSS_SELECTOR, selector)


def _one(browser: Chrome, selector: str) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, selector)


def _press(browser: Chrome, *keys: str) -> None:
    ActionChains(browser, duration=0).send_keys(*keys).perform()


def _policy(site: str, own: str = "") -> str:
    """The strict policy of a page that embeds; `own` is what else may run there."""
    return (
        f"default-src 'none'; script-src {site} {own}; connect-src {site}; frame-src {site}; "
        f"img-src {site} 'self'; require-trusted-types-for 'script'"
    )


def _write(pages: Origin, body: str, policy: str, path: str = "/") -> str:
    """Have a page with this body at the other origin; its address."""
    pages.answers["/favicon.ico"] = answer(b"", "image/x-icon")
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Mine</title>'
    viewport = '<meta name="viewport" content="width=device-width">'
    scheme = '<meta name="color-scheme" content="light dark">'
    text = f"{head}{viewport}{scheme}<main><h1>Mine</h1>{body}</main></html>"
    return pages.page(path, text, policy=policy)


def _frame(site: str, query: str = "", path: str = CLIENTS, height: int = 77) -> str:
    return (
        f'<iframe src="{site}{path}{query}" title="Clients" width="100%" height="{height}" '
        'frameborder="0"></iframe>'
    )


def _listens(pages: Origin, site: str) -> str:
    """The script of the documentation, for this server, as a file of the other origin."""
    text = (ROOT / "docs" / "reference" / "addresses.md").read_text("utf-8")
    [script] = re.findall(r'(?s)```js title="frames.js"\n(.*?)```', text)
    script = script.replace("https://feeds.example", site)
    pages.answers["/frames.js"] = answer(script.encode(), "text/javascript")
    return '<script src="/frames.js"></script>'


@contextmanager
def _inside(browser: Chrome, position: int = 0) -> Iterator[None]:
    browser.switch_to.frame(_all(browser, "iframe")[position])
    try:
        yield
    finally:
        browser.switch_to.default_content()


def _fits(browser: Chrome) -> bool:
    """Whether each frame is as high as what stands in it."""
    for position, frame in enumerate(_all(browser, "iframe")):
        with _inside(browser, position):
            high = browser.execute_script("return document.body.getBoundingClientRect().height")
        if not 0 <= frame.rect["height"] - high < 1:
            return False
    return True


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_frame_becomes_as_high_as_its_page(
    browser: Chrome, pages: Origin, site: str, layout: str
) -> None:
    frames = _frame(site, f"?layout={layout}") + _frame(site, f"?layout={layout}&amp;limit=2")
    body = frames + _listens(pages, site)
    address = _write(pages, body, _policy(site, "'self'"))
    heights = []
    for width in (320, 1000):
        with screen(browser, width):
            visit(browser, address)
            WebDriverWait(browser, 60).until(_fits)
            heights.append([frame.rect["height"] for frame in _all(browser, "iframe")])
            assert min(heights[-1]) > 77 and heights[-1][0] > heights[-1][1]
            # And when the window gets another size.
            with screen(browser, 600):
                WebDriverWait(browser, 60).until(_fits)
        assert errors(browser) == []
    if layout != "compact":
        assert heights[0] > heights[1]


WIDTHS = (240, 320, 480, 600, 800, 1200) if DEEP else (240, 480, 1200)
_SCROLLED = """
const root = document.documentElement;
return [innerHeight, root.scrollHeight - innerHeight, root.scrollWidth - innerWidth];
"""


def _oembed(site: str, address: str, **size: int) -> dict[str, Any]:
    query = urlencode({"url": site + address, **size})
    with urllib.request.urlopen(f"{site}/oembed?{query}") as found:
        answer: dict[str, Any] = json.load(found)
    return answer


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("path", [CLIENTS, "/embed/"])
def test_no_frame_has_to_be_scrolled(
    browser: Chrome, pages: Origin, site: str, layout: str, path: str
) -> None:
    """Those of oEmbed, and that of the dialogue, which may get any width."""
    # Colours make nothing higher; `./run deep` looks.
    for theme in ("auto", "dark") if DEEP else ("auto",):
        query = f"{path}?layout={layout}&limit={UPDATES}&theme={theme}"
        widget = Widget(limit=UPDATES, layout=cast("Layout", layout))
        for width in WIDTHS:
            asked = _oembed(site, query, maxwidth=width)
            assert asked["width"] == min(width, 640)
            fixed = _frame(site, query.replace("&", "&amp;"), "", snippets.height(widget))
            with screen(browser, width + 16):
                visit(browser, _write(pages, asked["html"] + fixed, _policy(site)))
                for position in range(2):
                    browser.execute_script(
                        "document.querySelectorAll('iframe')[arguments[0]].scrollIntoView()",
                        position,
                    )
                    with _inside(browser, position):
                        WebDriverWait(browser, 60).until(lambda driver: _all(driver, "li"))
                        shown, below, beside = browser.execute_script(_SCROLLED)
                        assert len(_all(browser, "li")) == UPDATES
                    assert below <= 0 and beside <= 0, (query, width, position)
                    assert position or shown == asked["height"]
                assert errors(browser) == []


@pytest.mark.parametrize(("tall", "shown"), [(430, 3), (150, 2), (100, 1), (60, 1)])
def test_a_low_frame_shows_fewer_and_is_scrolled_at_last(
    browser: Chrome, pages: Origin, site: str, tall: int, shown: int
) -> None:
    found = _oembed(site, CLIENTS, maxwidth=480, maxheight=tall)
    assert found["height"] <= tall
    visit(browser, _write(pages, found["html"], _policy(site)))
    with _inside(browser):
        WebDriverWait(browser, 60).until(lambda driver: _all(driver, "li"))
        assert len(_all(browser, "li")) == shown
        last = _one(browser, ".more a")
        if tall == 60:
            browser.execute_script("scrollTo(0, document.documentElement.scrollHeight)")
        seen = "const box = arguments[0].getBoundingClientRect();"
        seen += "return box.top >= 0 && box.bottom <= innerHeight"
        assert browser.execute_script(seen, last)


def test_only_the_height_is_told(browser: Chrome, pages: Origin, site: str) -> None:
    script = (
        b"window.heard = []; addEventListener('message', (e) => heard.push([e.origin, e.data]))"
    )
    pages.answers["/heard.js"] = answer(script, "text/javascript")
    body = f'<script src="/heard.js"></script>{_frame(site)}'
    visit(browser, _write(pages, body, _policy(site, "'self'")))
    heard = WebDriverWait(browser, 60).until(
        lambda driver: driver.execute_script("return window.heard.length && window.heard")
    )
    assert {origin for origin, _ in heard} == {site}
    assert all(data.keys() == {"type", "height"} for _, data in heard)
    assert all(data["type"] == "twim-embed" and data["height"] > 77 for _, data in heard)


def test_without_any_script_it_is_all_there(browser: Chrome, pages: Origin, site: str) -> None:
    address = _write(pages, _frame(site, height=200), _policy(site))
    with no_scripts(browser):
        visit(browser, address)
        with _inside(browser):
            assert len(_all(browser, "h2 a")) == UPDATES
            last = _all(browser, ".more a")[0]
            assert last.text.startswith("More from Clients")
            ActionChains(browser).scroll_to_element(last).perform()
            assert last.is_displayed()


def test_framing_is_refused_elsewhere(browser: Chrome, pages: Origin, site: str) -> None:
    for path in ("/feeds/", "/section/clients/", "/section/clients/atom.xml"):
        visit(browser, _write(pages, _frame(site, path=path), _policy(site)))
        # The console has the policy that was violated, and the frame nothing of the page.
        assert any("frame-ancestors 'none'" in each for each in errors(browser)), path
        with _inside(browser):
            assert _all(browser, ".feedserver") == []
    visit(browser, _write(pages, _frame(site), _policy(site)))
    with _inside(browser):
        assert len(_all(browser, "li")) == UPDATES
    assert errors(browser) == []


def test_links_leave_the_frame(browser: Chrome, pages: Origin, site: str) -> None:
    visit(browser, _write(pages, _frame(site, height=600), _policy(site)))
    here = browser.current_window_handle
    with _inside(browser):
        link = _one(browser, "h2 a")
        target = link.get_attribute("href")
        link.click()
    WebDriverWait(browser, 60).until(lambda driver: len(driver.window_handles) == 2)
    [there] = {*browser.window_handles} - {here}
    browser.switch_to.window(there)
    try:
        assert browser.current_url == target
        assert browser.execute_script("return window.opener") is None
    finally:
        browser.close()
        browser.switch_to.window(here)


@pytest.mark.parametrize(("colours", "width"), looks(320, 1000))
def test_nobody_is_kept_out_of_frames(
    browser: Chrome, axe: str, site: str, colours: str, width: int
) -> None:
    queries = [f"?layout={layout}" for layout in LAYOUTS]
    queries += ["?theme=light", "?theme=dark", "?q=zebrafish", "?layout=cards&theme=dark"]
    with media(browser, prefers_color_scheme=colours), screen(browser, width):
        for query in queries:
            visit(browser, f"{site}{CLIENTS}{query}")
            # What is behind a page without a background; axe-core takes it for white.
            browser.execute_script(
                "if (document.documentElement.className === 'auto')"
                "document.documentElement.style.background = 'canvas'"
            )
            browser.execute_script(axe)
            assert browser.execute_async_script(AXE) == [], query
            wide = "return document.documentElement.scrollWidth - innerWidth"
            assert browser.execute_script(wide) <= 0, query
            assert browser.execute_script(SMALL, "body") == [], query
            # It isn't flush with the frame's edge.
            assert browser.execute_script(EDGE) >= 16, query
            assert elsewhere(browser, site) == set()
            assert errors(browser) == []


def test_cards_fill_a_frame_that_is_wider_than_they_are(browser: Chrome, site: str) -> None:
    with screen(browser, 1400):
        visit(browser, f"{site}{CLIENTS}?layout=cards")
        assert browser.execute_script(ENDS, "", "ul.cards") == [0, 0]
        assert len(_all(browser, ".cards > li")) == UPDATES


def test_the_colours_of_a_frame(browser: Chrome, pages: Origin, site: str) -> None:
    frames = [_frame(site, f"?theme={theme}") for theme in ("auto", "light", "dark")]
    address = _write(pages, "".join(frames), _policy(site))
    seen = []
    for colours in ("light", "dark"):
        with media(browser, prefers_color_scheme=colours):
            visit(browser, address)
            for position in range(3):
                with _inside(browser, position):
                    root, body = _one(browser, "html"), _one(browser, "body")
                    behind = root.value_of_css_property("background-color")
                    seen.append((behind, body.value_of_css_property("color")))
    nothing, ink, chalk = "rgba(0, 0, 0, 0)", "rgba(28, 28, 30, 1)", "rgba(236, 236, 238, 1)"
    fixed = [("rgba(255, 255, 255, 1)", ink), ("rgba(24, 24, 26, 1)", chalk)]
    assert seen == [(nothing, ink), *fixed, (nothing, chalk), *fixed]


def test_the_html_checker_finds_nothing_in_frames(nu: list[str], site: str, tmp_path: Path) -> None:
    for number, query in enumerate([*(f"?layout={layout}" for layout in LAYOUTS), "?q=zebrafish"]):
        with urllib.request.urlopen(f"{site}{CLIENTS}{query}") as found:
            (tmp_path / f"{number}.html").write_bytes(found.read())
    for path in ("/embed/updates.svg", "/embed.svg?theme=dark"):
        with urllib.request.urlopen(site + path) as found:
            (tmp_path / f"{len(path)}.svg").write_bytes(found.read())
    files = map(str, sorted(tmp_path.iterdir()))
    done = subprocess.run(
        [*nu, "--also-check-svg", "--format", "json", "--stdout", *files],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert json.loads(done.stdout)["messages"] == []


@pytest.mark.parametrize("width", [320, 640, 1200])
def test_a_picture_is_shown(browser: Chrome, pages: Origin, site: str, width: int) -> None:
    image = f'<img src="{site}/embed/updates.svg" alt="Updates" width="{width}">'
    visit(browser, _write(pages, image, _policy(site)))
    measured = browser.execute_script(
        "const image = document.images[0];"
        "return [image.complete, image.naturalWidth, image.width, image.height]"
    )
    assert measured == [True, 640, width, round(340 * width / 640)]
    assert errors(browser) == []
    asked = {urlsplit(address).path for address in requests(browser)}
    assert asked <= {"/", "/embed/updates.svg", "/favicon.ico"}


def test_no_text_of_a_picture_is_wider_than_it_may_be(browser: Chrome, site: str) -> None:
    for path in ("/embed/updates.svg?limit=50", "/embed.svg?limit=50"):
        visit(browser, site + path)
        boxes = browser.execute_script(
            "return [...document.querySelectorAll('text')].map((text) => {"
            "const {x, width} = text.getBBox(), line = Number(text.getAttribute('y'));"
            "return [line, x, x + width]})"
        )
        lines: dict[int, list[tuple[float, float]]] = {}
        for line, begin, end in boxes:
            assert begin >= 19 and end <= 621
            lines.setdefault(line, []).append((begin, end))
        for pair in lines.values():
            first, *others = sorted(pair)
            assert all(first[1] <= other[0] for other in others)


def _tab_to(browser: Chrome, selector: str) -> WebElement:
    for _ in range(200):
        element = _one(browser, selector)
        if browser.switch_to.active_element == element:
            return element
        _press(browser, Keys.TAB)
    pytest.fail(f"the keyboard doesn't reach {selector}")


def _previewed(browser: Chrome) -> str:
    with _inside(browser):
        WebDriverWait(browser, 60).until(lambda driver: _all(driver, "li"))
        return str(browser.execute_script("return location.pathname + location.search"))


def test_the_dialogue_by_keyboard(browser: Chrome, axe: str, site: str) -> None:
    command = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": site}
    browser.execute_cdp_cmd("Browser.grantPermissions", command)
    visit(browser, f"{site}/section/clients/atom.xml")
    assert not any("/embed/" in urlsplit(each).path for each in requests(browser))
    opens = _tab_to(browser, ".open-embed")
    assert opens.text == "Embed"
    _press(browser, Keys.ENTER)
    dialog = _one(browser, "dialog")
    assert dialog.is_displayed() and dialog.aria_role == "dialog"
    assert dialog.accessible_name.startswith("Embed: Clients")
    assert _previewed(browser) == f"{CLIENTS}?layout=list&limit=5"
    for width in (360, 1280):
        with screen(browser, width):
            assert browser.execute_script(CUT) == [], width
    browser.execute_script(axe)
    assert browser.execute_async_script(AXE) == []
    layout = _tab_to(browser, "[name=layout]")
    assert layout.accessible_name == "Layout"
    _press(browser, Keys.DOWN)
    limit = _tab_to(browser, "[name=limit]")
    limit.send_keys(Keys.CONTROL, "a")
    _press(browser, "3", Keys.TAB)
    _tab_to(browser, "[name=theme]")
    _press(browser, "d", Keys.TAB)
    chosen = "?layout=compact&limit=3&theme=dark"
    WebDriverWait(browser, 60).until(lambda driver: _previewed(driver) == CLIENTS + chosen)
    component, frame, picture = (each.text for each in _all(browser, "dialog[open] pre"))
    assert 'layout="compact" limit="3">' in component
    assert f'src="{site}{CLIENTS}{chosen.replace("&", "&amp;")}"' in frame
    assert f"({site}/embed/section/clients.svg?limit=3&theme=dark)" in picture
    button = _tab_to(browser, "dialog[open] .snippet:last-of-type button")
    assert button.accessible_name == "Copy: Picture, as Markdown"
    _press(browser, Keys.ENTER)
    WebDriverWait(browser, 60).until(lambda driver: button.text == "Copied")
    read = "navigator.clipboard.readText().then(arguments[0], (e) => arguments[0](String(e)))"
    assert browser.execute_async_script(read) == picture
    said = browser.execute_script("return document.querySelector('dialog[open] .said').textContent")
    assert said == "Copied: Picture, as Markdown"
    _press(browser, Keys.ESCAPE)
    assert not dialog.is_displayed()
    assert browser.switch_to.active_element == opens
    assert errors(browser) == []


def test_what_the_dialogue_says_to_embed_is_embedded(
    browser: Chrome, pages: Origin, site: str
) -> None:
    visit(browser, f"{site}/section/clients/atom.xml#embed")
    dialog = _one(browser, "dialog")
    WebDriverWait(browser, 60).until(lambda driver: dialog.is_displayed())
    component, frame, picture = (each.text for each in _all(browser, "dialog[open] pre"))
    found = re.fullmatch(r"\[!\[(.*)\]\((.*)\)\]\((.*)\)", picture)
    assert found
    image = f'<img src="{found[2]}" alt="{found[1]}">'
    visit(browser, _write(pages, component + frame + image, _policy(site)))
    shown = "return document.querySelector('twim-feed').shadowRoot?.querySelectorAll('a').length"
    WebDriverWait(browser, 60).until(lambda driver: driver.execute_script(shown) == UPDATES)
    browser.execute_script("document.querySelector('iframe').scrollIntoView()")
    with _inside(browser):
        WebDriverWait(browser, 60).until(lambda driver: len(_all(driver, "li")) == UPDATES)
    assert browser.execute_script("return document.images[0].naturalWidth") == 640
    assert errors(browser) == []


def test_the_dialogue_is_closed_by_its_button_and_beside_it(browser: Chrome, site: str) -> None:
    with screen(browser, 1280, 900):
        visit(browser, f"{site}/feeds/?q=fractal")
        dialog = _one(browser, "dialog")
        _one(browser, ".open-embed").click()
        assert "q=fractal" in _previewed(browser)
        _one(browser, "dialog .close").click()
        assert not dialog.is_displayed()
        _one(browser, ".open-embed").click()
        assert dialog.is_displayed()
        ActionChains(browser).move_by_offset(5, 5).click().perform()
        assert not dialog.is_displayed()


@pytest.mark.parametrize("width", [320, 1280])
def test_without_scripts_the_snippets_are_unfolded(
    browser: Chrome, axe: str, site: str, width: int
) -> None:
    with screen(browser, width):
        with no_scripts(browser):
            visit(browser, f"{site}/section/clients/atom.xml")
            _one(browser, ".embed summary").click()
            assert [each.text.split()[0] for each in _all(browser, ".embed pre")] == [
                *("<script", "<iframe", "[![Clients,"),
            ]
            assert not any(each.is_displayed() for each in _all(browser, ".embed form, button"))
        wide = "return document.documentElement.scrollWidth - innerWidth"
        assert browser.execute_script(wide) <= 0
        browser.execute_script(axe)
        assert browser.execute_async_script(AXE) == []
