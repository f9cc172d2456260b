"""The catalogue of feeds and the tables of sections and projects: searched, copied, sorted."""

from __future__ import annotations

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.chromium import no_scripts, screen, visit
from tests.browser.conftest import Site, one_theme
from tests.browser.letters import PAGES
from tests.conftest import DEEP

ROWS = ".twim-catalogue > li"


def _all(browser: Chrome, selector: str) -> list[WebElement]:
    return browser.find_elements(By.CSS_SELECTOR, selector)


def _shown(browser: Chrome, selector: str) -> list[str]:
    found: list[str] = browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])]"
        ".filter((each) => each.checkVisibility()).map((each) => each.innerText.trim())",
        selector,
    )
    return found


def _tab_to(browser: Chrome, element: WebElement) -> None:
    for _ in range(300):
        if browser.switch_to.active_element == element:
            return
        ActionChains(browser, duration=0).send_keys(Keys.TAB).perform()
    pytest.fail("the keyboard doesn't reach it")


def _search(browser: Chrome, text: str) -> str:
    field = browser.find_element(By.CSS_SELECTOR, "input[type=search][data-twim-search]")
    assert field.accessible_name == "Search the feeds"
    _tab_to(browser, field)
    assert field.value_of_css_property("outline-style") == "solid"
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(text if text else Keys.DELETE)
    return browser.find_element(By.CSS_SELECTOR, ".twim-search output").text


def _copied(browser: Chrome) -> str:
    WebDriverWait(browser, 60).until(lambda driver: _all(driver, ".twim-copy.twim-copied"))
    read = "navigator.clipboard.readText().then(arguments[0], (e) => arguments[0](String(e)))"
    return str(browser.execute_async_script(read))


def _grant(browser: Chrome, site: str) -> None:
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    command = {"permissions": permissions, "origin": site}
    browser.execute_cdp_cmd("Browser.grantPermissions", command)


def _open_catalogue(browser: Chrome, site: str, *, instantly: bool) -> None:
    _grant(browser, site)
    visit(browser, site + ("/" if instantly else PAGES["feeds"]))
    if instantly:
        [link, *_] = _all(browser, 'h1 ~ p a[href$="feeds/"]')
        link.click()
        WebDriverWait(browser, 60).until(lambda driver: _all(driver, ".twim-copy"))


@one_theme
@pytest.mark.parametrize("instantly", [False, True])
def test_the_catalogue_is_searched(browser: Chrome, site: str, instantly: bool) -> None:
    _open_catalogue(browser, site, instantly=instantly)
    everything = _shown(browser, ROWS)
    groups = _shown(browser, ".twim-group h2")
    assert len(everything) == len(_all(browser, ROWS)) > 8
    assert _search(browser, "frac") == "1 feed"
    [row] = _shown(browser, ROWS)
    assert row.startswith("Fractal")
    assert [group.split()[0] for group in _shown(browser, ".twim-group h2")] == ["Projects"]
    assert _search(browser, "sections") == "4 feeds"
    assert len(_shown(browser, ROWS)) == 4
    assert _search(browser, "no such feed") == "Nothing has these words."
    assert _shown(browser, ROWS) == []
    assert _search(browser, "") == ""
    assert _shown(browser, ROWS) == everything
    assert _shown(browser, ".twim-group h2") == groups


@one_theme
@pytest.mark.parametrize("instantly", [False, True])
def test_an_address_is_copied(browser: Chrome, site: str, instantly: bool) -> None:
    _open_catalogue(browser, site, instantly=instantly)
    buttons = _all(browser, ".twim-copy")
    assert len(buttons) == 3 * len(_all(browser, ROWS))
    [button, *others] = _all(browser, '.twim-formats a[href$="project/fractal/rss.xml"] + button')
    assert not others
    assert button.accessible_name == "Copy the address of Fractal as RSS"
    # Where a site's head stays on the screen, a click at its edge could meet that.
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()
    assert _copied(browser) == f"{site}/project/fractal/rss.xml"
    said = browser.find_element(By.CSS_SELECTOR, ".twim-search output").text
    assert said == "Copied the address of Fractal as RSS"


@one_theme
@pytest.mark.parametrize("key", [Keys.ENTER, Keys.SPACE] if DEEP else [Keys.SPACE])
def test_an_address_is_copied_by_the_keyboard(browser: Chrome, site: str, key: str) -> None:
    _open_catalogue(browser, site, instantly=False)
    [button] = _all(browser, '.twim-formats a[href$="/quiet/feed.json"] + button')
    _tab_to(browser, button)
    ActionChains(browser, duration=0).send_keys(key).perform()
    assert _copied(browser) == f"{site}/quiet/feed.json"


def test_without_scripts_the_catalogue_is_a_list_of_links(browser: Chrome, letters: Site) -> None:
    with no_scripts(browser):
        visit(browser, letters.address + PAGES["feeds"])
        assert not [each for each in _all(browser, ".twim-search") if each.is_displayed()]
        assert not _all(browser, ".twim-copy")
        links = {
            str(link.get_attribute("href")).removeprefix(letters.address)
            for link in _all(browser, ".twim-catalogue .twim-formats a")
            if link.is_displayed()
        }
    bare = letters.folder / "bare"
    names = ("atom.xml", "rss.xml", "feed.json")
    files = [path for path in letters.folder.rglob("*") if path.name in names]
    assert links == {
        f"/{path.relative_to(letters.folder).as_posix()}"
        for path in files
        if bare not in path.parents
    }


def _column(browser: Chrome, number: int) -> list[str]:
    return [each.text for each in _all(browser, f".twim-table tbody tr > :nth-child({number})")]


def _sorted_by(browser: Chrome) -> dict[str, str]:
    return {
        each.text.split()[0]: str(each.get_attribute("aria-sort"))
        for each in _all(browser, ".twim-table th[aria-sort]")
    }


@one_theme
@pytest.mark.parametrize("key", ["", Keys.ENTER, *([Keys.SPACE] if DEEP else [])])
def test_a_table_is_sorted(browser: Chrome, site: str, key: str) -> None:
    def press(number: int) -> None:
        button = _all(browser, ".twim-table thead th")[number - 1].find_element(
            By.TAG_NAME, "button"
        )
        if key:
            _tab_to(browser, button)
            ActionChains(browser, duration=0).send_keys(key).perform()
            assert browser.switch_to.active_element == button
        else:
            button.click()

    with screen(browser, 1280):
        visit(browser, site + PAGES["projects"])
        names = _column(browser, 1)
        assert len(names) == 6 and names == sorted(names)
        assert _sorted_by(browser) == {"Project": "ascending"}
        # Numbers begin with the greatest, as who sorts by them wants to see that.
        press(2)
        assert _sorted_by(browser) == {"Updates": "descending"}
        assert _column(browser, 1)[0] == "Fractal"
        assert _column(browser, 2) == ["3", *["1"] * 5]
        press(2)
        assert _sorted_by(browser) == {"Updates": "ascending"}
        assert _column(browser, 2) == [*["1"] * 5, "3"]
        press(6)
        assert _sorted_by(browser) == {"Latest": "ascending"}
        assert _column(browser, 1)[0].startswith("Hydrogen")
        press(6)
        assert _sorted_by(browser) == {"Latest": "descending"}
        assert _column(browser, 1)[-1].startswith("Hydrogen")
        press(1)
        assert _column(browser, 1) == names
        press(1)
        assert _column(browser, 1) == names[::-1]
