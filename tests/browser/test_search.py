"""The search of the documentation, as Material does it in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.chromium import visit
from tests.browser.serving import hosted
from tests.sites import Built


@pytest.fixture(scope="module")
def docs(docs_site: Built) -> Iterator[str]:
    with hosted(docs_site.folder) as address:
        yield address


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("docker", "/how-to/docker/"),
        ("github pages", "/how-to/publish/"),
        ("hebbot", "/how-to/hebbot/"),
        ("matrix room", "/tutorial-room/"),
        ("opml", "/reference/addresses/"),
        ("no-twim", "/how-to/named-feeds/"),
        ("feed_redirects", "/reference/options/"),
        ("how to back up", "/how-to/back-up/"),
    ],
)
def test_the_search_finds_first_what_people_ask_for(
    browser: Chrome, docs: str, words: str, page: str
) -> None:
    visit(browser, f"{docs}/?q={quote(words)}")
    results = ".md-search-result__item a.md-search-result__link"
    WebDriverWait(browser, 60).until(lambda _: browser.find_elements(By.CSS_SELECTOR, results))
    found = [link.get_attribute("href") for link in browser.find_elements(By.CSS_SELECTOR, results)]
    assert urlsplit(found[0]).path == page, found
