"""How an issue is divided, in a preview: by keyboard, on a telephone, in the dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By

from tests.browser.chromium import media, screen, visit
from tests.browser.serving import free_port, hosted
from tests.builds.test_previews import STRAY, Previews
from tests.sites import issue

PANEL = "details.twim-outline"
AXE = """
const done = arguments[arguments.length - 1];
axe.run("details.twim-outline", {resultTypes: ["violations"]}).then(
  (found) => done(found.violations.map(({id, nodes}) => [id, nodes[0].html])),
  (error) => done([error]));
"""


@pytest.fixture
def page(tmp_path: Path) -> Iterator[str]:
    previews = Previews(tmp_path, 50, theme={"name": "material", "font": False})
    port = free_port()
    built = previews.build({"blog/a.md": issue(1, STRAY)})
    with hosted(built.folder, port) as address:
        yield f"{address}/blog/a/"


def test_the_keyboard_opens_it_and_follows_its_links(browser: Chrome, axe: str, page: str) -> None:
    with media(browser, prefers_color_scheme="dark"), screen(browser, 320):
        visit(browser, page)
        panel = browser.find_element(By.CSS_SELECTOR, PANEL)
        summary = panel.find_element(By.TAG_NAME, "summary")
        keyboard = ActionChains(browser, duration=0)
        for _ in range(100):
            if browser.switch_to.active_element == summary:
                break
            keyboard.send_keys(Keys.TAB).perform()
        else:
            pytest.fail("the keyboard doesn't reach it")
        assert not panel.get_attribute("open")
        keyboard.send_keys(Keys.ENTER).perform()
        assert panel.get_attribute("open")

        browser.execute_script(axe)
        assert browser.execute_async_script(AXE) == []
        wide = "return document.documentElement.scrollWidth - innerWidth"
        assert browser.execute_script(wide) <= 0

        keyboard.send_keys(Keys.TAB).perform()
        link = browser.switch_to.active_element
        target = str(link.get_attribute("href")).partition("#")[2]
        keyboard.send_keys(Keys.ENTER).perform()
        assert target and browser.current_url == f"{page}#{target}"
        heading = browser.find_element(By.ID, target)
        assert (
            0
            <= browser.execute_script("return arguments[0].getBoundingClientRect().top", heading)
            < 800
        )
