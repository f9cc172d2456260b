"""Sites in a real browser: nothing is fetched from elsewhere before a click, and then one thing."""

from __future__ import annotations

import urllib.request
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.chromium import elsewhere, errors, no_scripts, screen, visit
from tests.browser.conftest import Site, one_theme
from tests.browser.letters import PAGES, VIDEO

FRAME = f"https://www.youtube-nocookie.com/embed/{VIDEO}?autoplay=1&start=30"
WATCH = f"https://www.youtube.com/watch?v={VIDEO}&t=30s"


def _player(browser: Chrome) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, f'a[data-twim-video="{VIDEO}"]')


def _frame(browser: Chrome) -> WebElement:
    return WebDriverWait(browser, 60).until(
        lambda driver: driver.find_element(By.CSS_SELECTOR, "iframe")
    )


def test_nothing_is_fetched_from_elsewhere_before_a_click(browser: Chrome, site: str) -> None:
    for path in ("/", "/blog/video/", "/blog/one/"):
        visit(browser, site + path)
        assert elsewhere(browser, site) == set(), path
        assert errors(browser) == [], path


@one_theme
def test_a_click_plays_the_video_in_its_place(browser: Chrome, site: str) -> None:
    visit(browser, f"{site}/blog/video/")
    before = _player(browser).size
    _player(browser).click()
    frame = _frame(browser)
    assert frame.get_attribute("src") == FRAME
    assert frame.get_attribute("title") == "Watch the video"
    assert browser.switch_to.active_element == frame
    assert len(browser.find_elements(By.CSS_SELECTOR, "iframe")) == 1
    assert frame.size["width"] == pytest.approx(before["width"], abs=2)
    assert elsewhere(browser, site) == {FRAME}
    assert urlsplit(browser.current_url).path == "/blog/video/"


@one_theme
def test_the_keyboard_does_the_same(browser: Chrome, site: str) -> None:
    visit(browser, f"{site}/blog/video/")
    player = _player(browser)
    for _ in range(60):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.switch_to.active_element == player:
            break
    assert browser.switch_to.active_element == player
    player.send_keys(Keys.ENTER)
    assert _frame(browser).get_attribute("src") == FRAME


def test_it_is_labelled_as_what_it_is(browser: Chrome, site: str) -> None:
    visit(browser, f"{site}/blog/video/")
    player = _player(browser)
    assert player.aria_role == "link"
    assert player.accessible_name == (
        "Watch the video Plays from youtube-nocookie.com after a click"
    )
    assert player.get_attribute("href") == WATCH


def test_without_scripts_it_is_a_link(browser: Chrome, site: str) -> None:
    with no_scripts(browser):
        visit(browser, f"{site}/blog/video/")
        assert _player(browser).get_attribute("href") == WATCH
        assert _player(browser).is_displayed()
        assert not browser.find_elements(By.CSS_SELECTOR, "iframe")


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_it_fits_every_screen(browser: Chrome, site: str, width: int) -> None:
    with screen(browser, width):
        visit(browser, f"{site}/blog/video/")
        size = _player(browser).size
        assert size["width"] / size["height"] == pytest.approx(16 / 9, abs=0.05)
        right = browser.execute_script(
            "return Math.max(...[...document.querySelectorAll('.twim-video, figure img')]"
            ".map(e => e.getBoundingClientRect().right))"
        )
        assert right <= width


def test_it_plays_after_instant_navigation(browser: Chrome, letters: Site) -> None:
    visit(browser, f"{letters.address}/")
    browser.execute_script("window.sinceHome = true")
    browser.find_element(By.LINK_TEXT, "The video").click()
    WebDriverWait(browser, 60).until(
        lambda driver: driver.find_elements(By.CSS_SELECTOR, ".twim-video")
    )
    instant = bool(browser.execute_script("return window.sinceHome"))
    assert instant == (letters.theme == "material")
    _player(browser).click()
    assert _frame(browser).get_attribute("src") == FRAME


def test_feeds_are_found_from_every_page(browser: Chrome, letters: Site) -> None:
    site = letters.address
    kinds = {"atom.xml": "atom+xml", "rss.xml": "rss+xml", "feed.json": "feed+json"}
    more = ("/search.html",) if letters.theme == "readthedocs" else ()
    for path in ("/", "/blog/one/", "/404.html", *more):
        visit(browser, site + path)
        links = browser.find_elements(By.CSS_SELECTOR, 'head link[rel~="alternate"]')
        found = {str(link.get_attribute("href")): link.get_attribute("type") for link in links}
        for name, kind in kinds.items():
            assert found.get(f"{site}/{name}") == f"application/{kind}"
            with urllib.request.urlopen(f"{site}/{name}") as answer:
                assert answer.headers["Content-Type"].startswith(f"application/{kind}")


def test_the_sign_on_a_player_is_round_and_nothing_of_it_is_cut_off(
    browser: Chrome, site: str
) -> None:
    with screen(browser, 320):
        visit(browser, site + PAGES["an issue"])
        [sign, *_] = browser.find_elements(By.CSS_SELECTOR, "blockquote .twim-video-play")
        assert sign.rect["width"] == sign.rect["height"] >= 48
        cut = "return arguments[0].scrollHeight - arguments[0].clientHeight"
        assert browser.execute_script(cut, sign.find_element(By.XPATH, "..")) <= 1


def test_the_number_of_a_footnote_stands_in_its_line(browser: Chrome, site: str) -> None:
    visit(browser, site + PAGES["an issue"])
    [number] = browser.find_elements(By.CSS_SELECTOR, ".footnote-definition > sup")
    [text] = browser.find_elements(By.CSS_SELECTOR, ".footnote-definition > p")
    assert abs(number.rect["y"] - text.rect["y"]) < 1
