"""The search of the documentation, as Material does it in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

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


_WANTED = {
    "docker": "/how-to/docker/",
    "github pages": "/how-to/publish/",
    "hebbot": "/how-to/hebbot/",
    "matrix room": "/tutorial-room/",
    "opml": "/reference/addresses/",
    "no-twim": "/how-to/named-feeds/",
    "feed_redirects": "/reference/options/",
    "how to back up": "/how-to/back-up/",
}
"""What is looked for, and the page that is to be the first that is found."""


# Material looks at the field when a key is let go of.
_ASK = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('keyup'))"


def test_the_search_finds_first_what_people_ask_for(browser: Chrome, docs: str) -> None:
    visit(browser, f"{docs}/?q=opml")
    field = browser.find_element(By.CSS_SELECTOR, ".md-search__input")
    wait = WebDriverWait(browser, 60)

    def results() -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((each) => each.href)"
        links = ".md-search-result__item a.md-search-result__link"
        return list(map(str, browser.execute_script(script, links)))

    wait.until(lambda _: results())
    found = {}
    for words in _WANTED:
        browser.execute_script(_ASK, field, "")
        wait.until(lambda _: not results())
        browser.execute_script(_ASK, field, words)
        found[words] = urlsplit(wait.until(lambda _: results())[0]).path
    assert found == _WANTED
