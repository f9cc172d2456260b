"""The dialogue that shows how to embed a list's feed, and feeds that stand on a page."""

from __future__ import annotations

import json

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from feedserver.embed import snippets, widget
from feedserver.embed.widget import Widget
from mkdocs_twim.templating.words import Words
from tests.browser.chromium import elsewhere, forget, media, no_scripts, requests, screen, visit
from tests.browser.conftest import Site, one_theme
from tests.browser.letters import PAGES
from tests.browser.looks import CUT, SMALL
from tests.browser.test_accessibility import DARK, RUN
from tests.conftest import some

CLIENTS = PAGES["a section"]


def _one(browser: Chrome, selector: str) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, selector)


def _open(browser: Chrome, site: str, page: str = CLIENTS) -> WebElement:
    visit(browser, site + page)
    _one(browser, "button.twim-embed").click()
    return _one(browser, "dialog.twim-embed-dialog")


def _texts(browser: Chrome) -> list[str]:
    fields = browser.find_elements(By.CSS_SELECTOR, ".twim-embed-snippet textarea")
    return [str(field.get_property("value")) for field in fields]


def test_nothing_is_fetched_of_the_server_before_it_is_opened(browser: Chrome, site: str) -> None:
    visit(browser, site + CLIENTS)
    assert not [url for url in requests(browser) if "/embed" in url.removeprefix(site)[:7]]
    assert not browser.find_elements(By.TAG_NAME, "iframe")


@one_theme
def test_the_dialogue_shows_three_snippets_and_a_preview(browser: Chrome, site: str) -> None:
    dialog = _open(browser, site)
    assert dialog.aria_role == "dialog" and dialog.accessible_name == "Embed: Clients, Letters"
    component, frame, picture = _texts(browser)
    letters = (site + CLIENTS).replace("http://127.0.0.1", "https://letters.example")
    assert component == (
        f'<script type="module" src="{site}/embed.js"></script>\n'
        f'<twim-feed src="{site}{CLIENTS}feed.json" layout="list" limit="5">'
        f'<a href="{letters}">Clients, Letters</a></twim-feed>'
    )
    address = f"{site}/embed{CLIENTS}?layout=list&limit=5"
    assert f'<iframe src="{address.replace("&", "&amp;")}" title="Clients, Letters"' in frame
    assert picture == f"[![Clients, Letters]({site}/embed/section/clients.svg?limit=5)]({letters})"
    preview = _one(browser, ".twim-embed-preview")
    assert preview.get_property("src") == address
    # Something is seen in it, and of what stands below it too.
    tall = browser.execute_script("return innerHeight")
    assert 200 < preview.rect["height"] <= tall / 2 + 1
    assert elsewhere(browser, site) == set()


@one_theme
def test_options_change_them(browser: Chrome, site: str) -> None:
    _open(browser, site)
    Select(_one(browser, "select[name=layout]")).select_by_value("cards")
    Select(_one(browser, "select[name=theme]")).select_by_visible_text("Dark")
    limit = _one(browser, "input[name=limit]")
    limit.send_keys(Keys.CONTROL, "a")
    limit.send_keys("999", Keys.TAB)
    component, frame, picture = _texts(browser)
    assert 'layout="cards" limit="50">' in component
    assert "?layout=cards&amp;limit=50&amp;theme=dark" in frame
    assert "clients.svg?limit=50&theme=dark)" in picture
    assert limit.get_property("value") == "50"
    wanted = f"{site}/embed{CLIENTS}?layout=cards&limit=50&theme=dark"
    WebDriverWait(browser, 60).until(lambda _: wanted in requests(browser))


@one_theme
@pytest.mark.parametrize(("system", "page"), [("light", "dark"), ("dark", "light")])
def test_colours_that_nobody_has_chosen_are_said_to_be_those_of_the_reader_s_system(
    browser: Chrome, site: str, system: str, page: str
) -> None:
    with media(browser, prefers_color_scheme=system):
        visit(browser, site + CLIENTS)
        browser.execute_script("document.documentElement.style.colorScheme = arguments[0]", page)
        _one(browser, "button.twim-embed").click()
        chosen = Select(_one(browser, "select[name=theme]")).first_selected_option
        assert chosen.text == "As the reader’s system"
        assert "theme=" not in _texts(browser)[1]
        browser.switch_to.frame(_one(browser, ".twim-embed-preview"))
        follows = f"return matchMedia('(prefers-color-scheme: {system})').matches"
        assert browser.execute_script(follows)
        browser.switch_to.default_content()


@one_theme
def test_brackets_in_addresses_end_no_link(browser: Chrome, site: str) -> None:
    visit(browser, site + CLIENTS)
    browser.execute_script(
        "const link = document.createElement('a'), button = document.querySelector('.twim-embed');"
        "link.className = 'twim-embed'; link.textContent = 'Embed';"
        "link.dataset.twimWords = arguments[0]; link.dataset.twimEmbed = arguments[1];"
        "button.replaceWith(link);",
        Words("en").script(),
        json.dumps(
            {
                **{"title": "A (b)", "script": f"{site}/embed.js", "feed": f"{site}/feed.json"},
                "url": "https://x.example/a_(b)/",
                "page": f"{site}/embed/",
                "picture": f"{site}/(c)/embed.svg",
                "heights": snippets.HEIGHTS,
            }
        ),
    )
    WebDriverWait(browser, 60).until(
        lambda driver: driver.find_elements(By.CSS_SELECTOR, "button.twim-embed")
    )
    _one(browser, "button.twim-embed").click()
    picture = f"{site}/%28c%29/embed.svg?limit=5"
    assert _texts(browser)[2] == f"[![A (b)]({picture})](https://x.example/a_%28b%29/)"


@one_theme
def test_the_frame_s_height_is_that_of_the_server_s_snippet(browser: Chrome, site: str) -> None:
    _open(browser, site)
    for layout in widget.LAYOUTS:
        Select(_one(browser, "select[name=layout]")).select_by_value(layout)
        height = snippets.height(Widget(limit=5, layout=layout))
        assert f'width="100%" height="{height}" frameborder="0"' in _texts(browser)[1]


@one_theme
def test_a_snippet_is_copied(browser: Chrome, site: str) -> None:
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    command = {"permissions": permissions, "origin": site}
    browser.execute_cdp_cmd("Browser.grantPermissions", command)
    dialog = _open(browser, site)
    buttons = browser.find_elements(By.CSS_SELECTOR, ".twim-embed-copy")
    names = [button.accessible_name for button in buttons]
    assert names == [
        "Copy: Web component",
        "Copy: Frame, without scripts",
        "Copy: Picture, as Markdown",
    ]
    buttons[2].click()
    said = dialog.find_element(By.CSS_SELECTOR, "[role=status]")
    WebDriverWait(browser, 60).until(lambda _: said.text == "Copied: Picture, as Markdown")
    read = "navigator.clipboard.readText().then(arguments[0], (e) => arguments[0](String(e)))"
    assert browser.execute_async_script(read) == _texts(browser)[2]
    # It is seen from the first button too, whose dialogue is longer than the window.
    browser.execute_script("arguments[0].scrollTop = 0", dialog)
    with screen(browser, 360):
        buttons[0].click()
        WebDriverWait(browser, 60).until(lambda _: said.text == "Copied: Web component")
        below = "return arguments[0].getBoundingClientRect().bottom > innerHeight"
        assert (
            browser.execute_script("return arguments[0].scrollHeight", dialog)
            > dialog.rect["height"]
        )
        assert not browser.execute_script(below, said)


def test_the_keyboard_opens_walks_and_closes_it(browser: Chrome, site: str) -> None:
    visit(browser, site + CLIENTS)
    button = _one(browser, "button.twim-embed")
    for _ in range(200):
        if browser.switch_to.active_element == button:
            break
        ActionChains(browser, duration=0).send_keys(Keys.TAB).perform()
    ActionChains(browser, duration=0).send_keys(Keys.ENTER).perform()
    dialog = _one(browser, "dialog")
    assert dialog.is_displayed()
    # What it is comes first.
    assert browser.switch_to.active_element.text == "Embed: Clients, Letters"
    inside = "return arguments[0].contains(document.activeElement)"
    ActionChains(browser, duration=0).send_keys(Keys.TAB).perform()
    reached = set()
    rings = set()
    wanted = {"button", "select", "input", "iframe", "textarea"}
    for _ in range(80):
        # At its end the focus may go to the browser itself, never to the page below.
        if browser.execute_script(inside, dialog):
            at = browser.switch_to.active_element
            reached.add(at.tag_name)
            # In a frame the focus is its page's.
            if at.tag_name != "iframe":
                rings.add(at.value_of_css_property("outline"))
        else:
            assert browser.switch_to.active_element.tag_name == "body"
        if reached == wanted:
            break
        ActionChains(browser, duration=0).send_keys(Keys.TAB).perform()
    assert reached == wanted
    # They all have the same, which is in the colour of links.
    assert len(rings) == 1, rings
    [ring] = rings
    assert ring.endswith(" solid 2px")
    ActionChains(browser, duration=0).send_keys(Keys.ESCAPE).perform()
    assert not dialog.is_displayed()
    assert browser.switch_to.active_element == button
    button.click()
    _one(browser, ".twim-embed-close").click()
    assert not dialog.is_displayed()


def test_without_scripts_it_is_a_link(browser: Chrome, site: str) -> None:
    with no_scripts(browser):
        visit(browser, site + CLIENTS)
        link = _one(browser, "a.twim-embed")
        assert link.is_displayed() and link.text == "Embed"
        assert link.get_property("href") == f"{site}/embed{CLIENTS}"


@pytest.mark.parametrize("letters", ["material"], indirect=True)
def test_it_is_there_after_instant_navigation(browser: Chrome, letters: Site) -> None:
    visit(browser, f"{letters.address}/")
    link = _one(browser, 'a[href$="section/clients/"]')
    browser.execute_script("arguments[0].click()", link)
    WebDriverWait(browser, 60).until(
        lambda driver: driver.find_elements(By.CSS_SELECTOR, "button.twim-embed")
    )
    _one(browser, "button.twim-embed").click()
    assert _one(browser, "dialog").is_displayed()


@pytest.mark.parametrize(("colours", "width"), some([("dark", 360), ("light", 1280)]))
def test_nothing_of_the_dialogue_keeps_anybody_out(
    browser: Chrome, axe: str, letters: Site, colours: str, width: int
) -> None:
    dark = DARK.get(letters.theme, "") if colours == "dark" else ""
    forget(browser, letters.address)
    with media(browser, prefers_color_scheme=colours), screen(browser, width):
        visit(browser, letters.address + CLIENTS)
        assert not dark or browser.execute_script(dark)
        _one(browser, "button.twim-embed").click()
        wide = "return document.querySelector('dialog').scrollWidth <= innerWidth"
        assert browser.execute_script(wide)
        assert browser.execute_script(SMALL, "dialog") == []
        for each in (320, 360, 1280):
            with screen(browser, each):
                assert browser.execute_script(CUT) == [], each
        # The frame is the server's page.
        run = RUN.replace("axe.run(document,", "axe.run({include: ['dialog']},").replace(
            "{elementRef: true}", "{elementRef: true, iframes: false}"
        )
        browser.execute_script(axe)
        found = browser.execute_async_script(run)
    assert found == [], found


@one_theme
def test_what_a_bot_is_told_is_copied(browser: Chrome, site: str) -> None:
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    command = {"permissions": permissions, "origin": site}
    browser.execute_cdp_cmd("Browser.grantPermissions", command)
    visit(browser, site + CLIENTS)
    summary = _one(browser, ".twim-room summary")
    place = summary.rect
    assert summary.text == "In a Matrix room" and not _one(browser, ".twim-room pre").is_displayed()
    summary.click()
    # It stays under the pointer.
    assert summary.rect == place
    buttons = browser.find_elements(By.CSS_SELECTOR, ".twim-room .twim-copy")
    assert [button.accessible_name for button in buttons] == [
        "Copy: feedserver bot",
        "Copy: maubot with the plugin rss",
        "Copy: matrix-hookshot",
    ]
    buttons[0].click()
    said = _one(browser, ".twim-room output")
    WebDriverWait(browser, 60).until(
        lambda _: said.get_property("textContent") == "Copied: feedserver bot"
    )
    read = "navigator.clipboard.readText().then(arguments[0], (e) => arguments[0](String(e)))"
    letters = (site + CLIENTS).replace("http://127.0.0.1", "https://letters.example")
    assert browser.execute_async_script(read) == (
        f'[[rooms]]\nroom = "#room:matrix.example"\nfeed = "{letters}feed.json"\nmode = "updates"'
    )


def test_without_scripts_it_is_read(browser: Chrome, site: str) -> None:
    with no_scripts(browser):
        visit(browser, site + CLIENTS)
        _one(browser, ".twim-room summary").click()
        assert "!rss subscribe https://" in _one(browser, ".twim-room").text
        assert not browser.find_elements(By.CSS_SELECTOR, ".twim-room button")


@pytest.mark.parametrize(("colours", "width"), some([("dark", 360), ("light", 1280)]))
def test_what_bots_are_told_keeps_nobody_out(
    browser: Chrome, axe: str, letters: Site, colours: str, width: int
) -> None:
    dark = DARK.get(letters.theme, "") if colours == "dark" else ""
    forget(browser, letters.address)
    with media(browser, prefers_color_scheme=colours), screen(browser, width):
        visit(browser, letters.address + CLIENTS)
        assert not dark or browser.execute_script(dark)
        _one(browser, ".twim-room summary").click()
        wide = "return document.documentElement.scrollWidth <= innerWidth"
        assert browser.execute_script(wide)
        browser.execute_script(axe)
        found = browser.execute_async_script(RUN)
        assert [each["node"] for each in found if "twim-room" in each["node"] or each["ours"]] == []
