"""Sites in a real browser: nothing is fetched from elsewhere before a click, and then one thing."""

from __future__ import annotations

import json
import re
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e.conftest import VIDEO, served

FRAME = f"https://www.youtube-nocookie.com/embed/{VIDEO}?autoplay=1&start=30"
WATCH = f"https://www.youtube.com/watch?v={VIDEO}&t=30s"


def _requests(browser: Chrome) -> list[str]:
    """The addresses that were asked for since the last look."""
    messages: list[dict[str, Any]] = [
        json.loads(entry["message"])["message"] for entry in browser.get_log("performance")
    ]
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]


def _elsewhere(browser: Chrome, site: str) -> set[str]:
    urls = {url for url in _requests(browser) if url.startswith(("http:", "https:"))}
    return {url for url in urls if not url.startswith(site)}


def _open(browser: Chrome, address: str) -> None:
    browser.get("about:blank")
    browser.get_log("performance")
    browser.get_log("browser")
    browser.get(address)


def _player(browser: Chrome) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, f'a[data-twim-video="{VIDEO}"]')


def _frame(browser: Chrome) -> WebElement:
    return WebDriverWait(browser, 10).until(
        lambda driver: driver.find_element(By.CSS_SELECTOR, "iframe")
    )


def _errors(browser: Chrome) -> list[str]:
    return [e["message"] for e in browser.get_log("browser") if e["level"] == "SEVERE"]


def test_nothing_is_fetched_from_elsewhere_before_a_click(browser: Chrome, site: str) -> None:
    for path in ("/", "/blog/video/", "/blog/one/"):
        _open(browser, site + path)
        assert _elsewhere(browser, site) == set(), path
        assert _errors(browser) == [], path


def test_a_click_plays_the_video_in_its_place(browser: Chrome, site: str) -> None:
    _open(browser, f"{site}/blog/video/")
    before = _player(browser).size
    _player(browser).click()
    frame = _frame(browser)
    assert frame.get_attribute("src") == FRAME
    assert frame.get_attribute("title") == "Watch the video"
    assert browser.switch_to.active_element == frame
    assert len(browser.find_elements(By.CSS_SELECTOR, "iframe")) == 1
    assert frame.size["width"] == pytest.approx(before["width"], abs=2)
    assert _elsewhere(browser, site) == {FRAME}
    assert urlsplit(browser.current_url).path == "/blog/video/"


def test_the_keyboard_does_the_same(browser: Chrome, site: str) -> None:
    _open(browser, f"{site}/blog/video/")
    player = _player(browser)
    for _ in range(60):
        browser.switch_to.active_element.send_keys(Keys.TAB)
        if browser.switch_to.active_element == player:
            break
    assert browser.switch_to.active_element == player
    player.send_keys(Keys.ENTER)
    assert _frame(browser).get_attribute("src") == FRAME


def test_it_is_labelled_as_what_it_is(browser: Chrome, site: str) -> None:
    _open(browser, f"{site}/blog/video/")
    player = _player(browser)
    assert player.aria_role == "link"
    assert player.accessible_name == "Watch the video (loads from YouTube)"
    assert player.get_attribute("href") == WATCH


def test_without_scripts_it_is_a_link(browser: Chrome, site: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        _open(browser, f"{site}/blog/video/")
        assert _player(browser).get_attribute("href") == WATCH
        assert _player(browser).is_displayed()
        assert not browser.find_elements(By.CSS_SELECTOR, "iframe")
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_it_fits_every_screen(browser: Chrome, site: str, width: int) -> None:
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        _open(browser, f"{site}/blog/video/")
        size = _player(browser).size
        assert size["width"] / size["height"] == pytest.approx(16 / 9, abs=0.05)
        right = browser.execute_script(
            "return Math.max(...[...document.querySelectorAll('.twim-video, figure img')]"
            ".map(e => e.getBoundingClientRect().right))"
        )
        assert right <= width
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_it_plays_after_instant_navigation(browser: Chrome, site: str) -> None:
    _open(browser, f"{site}/")
    browser.find_element(By.LINK_TEXT, "The video").click()
    WebDriverWait(browser, 10).until(
        lambda driver: driver.find_elements(By.CSS_SELECTOR, ".twim-video")
    )
    _player(browser).click()
    assert _frame(browser).get_attribute("src") == FRAME


def test_feeds_are_found_from_every_page(browser: Chrome, site: str) -> None:
    kinds = {"atom.xml": "atom+xml", "rss.xml": "rss+xml", "feed.json": "feed+json"}
    for path in ("/", "/blog/one/"):
        _open(browser, site + path)
        links = browser.find_elements(By.CSS_SELECTOR, 'head link[rel="alternate"]')
        found = {str(link.get_attribute("href")): link.get_attribute("type") for link in links}
        for name, kind in kinds.items():
            assert found.get(f"{site}/{name}") == f"application/{kind}"
            with urllib.request.urlopen(f"{site}/{name}") as answer:
                assert answer.headers["Content-Type"].startswith(f"application/{kind}")


@pytest.fixture(scope="module")
def matrix(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("corpus")
    shutil.copytree(corpus / "blog", folder / "docs" / "blog", copy_function=shutil.copyfile)
    (folder / "mkdocs.yml").write_text(
        "site_name: Matrix.org\nsite_url: https://matrix.example/\n"
        "theme: {name: material, font: false}\nplugins: [twim]\n"
    )
    mkdocs_build(load_config(str(folder / "mkdocs.yml")))
    with served(folder / "site") as address:
        yield address, folder / "site"


def test_real_posts_fetch_only_what_their_authors_put_there(
    browser: Chrome, matrix: tuple[str, Path]
) -> None:
    site, folder = matrix
    pages = sorted(folder.glob("blog/**/index.html"))
    assert len(pages) == 11
    for page in pages:
        path = f"/{page.parent.relative_to(folder).as_posix()}/"
        _open(browser, site + path)
        own = re.findall(r'<(?:img|iframe)[^>]*?\ssrc="([^"]+)"', page.read_text("utf-8"))
        allowed = {urlsplit(urljoin(site + path, address)).netloc for address in own}
        asked = {urlsplit(url).netloc for url in _elsewhere(browser, site)}
        # A frame of the author's fetches what it wants.
        assert asked <= allowed, path
