"""The server's own pages in Chromium: for everybody, on every screen, with and without scripts."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from feedserver.embed.widget import LAYOUTS
from feedserver.feeds import catalogue
from feedserver.formats import archive as archives
from feedserver.pages.cards import LONG_GROUP
from tests.browser.chromium import (
    elsewhere,
    errors,
    forget,
    media,
    no_scripts,
    requests,
    screen,
    visit,
)
from tests.browser.conftest import looks
from tests.browser.letters import build_letters
from tests.browser.looks import ASTRAY, LEGENDS, SMALL, TORN
from tests.browser.serving import free_port, served
from tests.conftest import DEEP, ROOT, some
from tests.samples import SITE, archive, post, update

PAGES = {
    "a feed": "/section/clients/atom.xml",
    "a feed's folder": "/project/fractal/",
    "all posts": "/",
    "a slice": "/updates/atom.xml?section=clients&not_project=synapse&q=fractal&limit=3",
    "the catalogue": "/feeds/",
    "a search": "/feeds/?q=fractal",
    "a search for nothing": "/feeds/?q=zebrafish",
    "a selection": "/feeds/?kind=posts&not_category=old-news&author=ada&limit=2",
    "a wrong one": "/feeds/?limit=x",
    "what isn't there": "/section/nothing/",
}
KINDS = ("a feed", "the catalogue", "a search", "a selection", "a wrong one")
SHIPS = "/section/ships-from-2025-05-02-to-2025-06-02/"
FRAMES = [f"/embed/updates/?layout={layout}" for layout in LAYOUTS]
WRONG = ("a wrong one", "what isn't there")
AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, {selectors: false, resultTypes: ["violations"]}).then(
  ({violations}) =>
    done(violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id} ${html}`))),
  (error) => done([String(error)]),
);
"""


@pytest.fixture(scope="module")
def site(alone: str) -> str:
    """The newsletter that has everything, served without its pages."""
    return alone


def _all(browser: Chrome, selector: str) -> list[WebElement]:
    return browser.find_elements(By.CSS_SELECTOR, selector)


def _one(browser: Chrome, selector: str) -> WebElement:
    return browser.find_element(By.CSS_SELECTOR, selector)


def _shown(browser: Chrome, selector: str) -> list[str]:
    return [each.text for each in _all(browser, selector) if each.is_displayed()]


def _press(browser: Chrome, *keys: str) -> None:
    ActionChains(browser, duration=0).send_keys(*keys).perform()


def _tab_to(browser: Chrome, selector: str) -> WebElement:
    element = _one(browser, selector)
    for _ in range(200):
        if browser.switch_to.active_element == element:
            return element
        _press(browser, Keys.TAB)
    pytest.fail(f"the keyboard doesn't reach {selector}")


def _path(browser: Chrome) -> str:
    found = urlsplit(browser.current_url)
    return f"{found.path}?{found.query}"


def _wait_for(browser: Chrome, selector: str) -> None:
    WebDriverWait(browser, 60).until(lambda driver: _all(driver, selector))


@pytest.mark.parametrize(("colours", "width"), looks(320, 1280))
def test_nobody_is_kept_out(browser: Chrome, axe: str, site: str, colours: str, width: int) -> None:
    # All of them on the smallest screen, and one of each kind on the other.
    names = [*PAGES] if DEEP or width == 320 else KINDS
    with media(browser, prefers_color_scheme=colours), screen(browser, width):
        for name in names:
            visit(browser, site + PAGES[name])
            for details in _all(browser, "details"):
                browser.execute_script("arguments[0].open = true", details)
            browser.execute_script(axe)
            assert browser.execute_async_script(AXE) == [], name
            wide = "return document.documentElement.scrollWidth - innerWidth"
            assert browser.execute_script(wide) <= 0, name
            assert browser.execute_script(SMALL, "body") == [], name


def test_no_date_breaks(browser: Chrome, site: str) -> None:
    for path in (SHIPS, f"{SHIPS}atom.xml", "/feeds/?q=hulls", *FRAMES):
        visit(browser, site + path)
        assert browser.execute_script(TORN) == [], path


def test_dark_is_dark(browser: Chrome, site: str) -> None:
    seen = []
    for colours in ("light", "dark"):
        with media(browser, prefers_color_scheme=colours):
            visit(browser, site + PAGES["a feed"])
            seen.append(_one(browser, "body").value_of_css_property("background-color"))
    assert seen == ["rgba(251, 250, 247, 1)", "rgba(23, 21, 19, 1)"]


def test_nothing_is_refused_and_nothing_comes_from_elsewhere(browser: Chrome, site: str) -> None:
    for name, path in PAGES.items():
        visit(browser, site + path)
        assert elsewhere(browser, site) == set(), name
        # The status of a page that is an error is all that the console has.
        assert len(errors(browser)) == (1 if name in WRONG else 0), name


def test_the_html_checker_finds_nothing(nu: list[str], site: str, tmp_path: Path) -> None:
    for number, path in enumerate(PAGES.values()):
        request = urllib.request.Request(site + path, headers={"Accept": "text/html"})
        try:
            with urllib.request.urlopen(request) as answer:
                body = answer.read()
        except urllib.error.HTTPError as error:
            body = error.read()
        (tmp_path / f"{number}.html").write_bytes(body)
    pages = map(str, sorted(tmp_path.glob("*.html")))
    done = subprocess.run(
        [*nu, "--format", "json", "--stdout", *pages],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert json.loads(done.stdout)["messages"] == []


def test_the_stylesheets_are_css(nu: list[str]) -> None:
    paths = [ROOT / "feedserver" / name for name in ("pages/style.css", "embed/frame.css")]
    done = subprocess.run([*nu, "--css", *map(str, paths)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_keyboard_builds_a_feed(browser: Chrome, site: str) -> None:
    with screen(browser, 1280):
        visit(browser, site + PAGES["the catalogue"])
        _tab_to(browser, "#q").send_keys("fractal")
        _tab_to(browser, "summary")
        _press(browser, Keys.ENTER)
        box = _tab_to(browser, "input[name=section][value=clients]")
        assert box.accessible_name == "only Clients"
        _press(browser, Keys.SPACE)
        box = _tab_to(browser, "input[name=not_project][value=synapse]")
        assert box.accessible_name == "without Synapse"
        _press(browser, Keys.SPACE)
        _tab_to(browser, "#limit").send_keys("3")
        _tab_to(browser, ".go button")
        _press(browser, Keys.ENTER)
        _wait_for(browser, ".entries")
    expected = "/feeds/?q=fractal&kind=updates&section=clients&not_project=synapse&limit=3"
    assert _path(browser) == expected
    assert urlsplit(browser.current_url).fragment == "entries"
    titles = _shown(browser, ".entries h3")
    assert titles and all(title.startswith("Fractal (Clients)") for title in titles)
    query = "not_project=synapse&section=clients&q=fractal&limit=3"
    assert _shown(browser, ".address a") == [
        f"{site}/updates/{file}?{query}" for file in ("atom.xml", "rss.xml", "feed.json")
    ]
    assert _shown(browser, ".filters li") == [
        *("With the words “fractal”", "Only from Clients", "Not on Synapse", "At most 3 entries")
    ]


def test_it_is_seen_where_the_keyboard_is(browser: Chrome, site: str) -> None:
    visit(browser, site + PAGES["a feed"])
    skip = _one(browser, ".skip")
    assert skip.rect["y"] + skip.rect["height"] <= 0
    _press(browser, Keys.TAB)
    assert browser.switch_to.active_element == skip and skip.rect["y"] >= 0
    _press(browser, Keys.ENTER)
    assert browser.switch_to.active_element == _one(browser, "main")
    for selector in (".facts a, .entries a", ".address button"):
        element = _tab_to(browser, selector)
        assert element.value_of_css_property("outline-style") == "solid"
        assert element.value_of_css_property("outline-width") == "3px"


def test_without_scripts_it_all_works(browser: Chrome, site: str) -> None:
    with no_scripts(browser), screen(browser, 1280):
        visit(browser, site + PAGES["the catalogue"])
        # What would do nothing isn't shown.
        assert _shown(browser, "button") == ["Search"]
        assert _shown(browser, ".find") == []
        _one(browser, "#q").send_keys("fractal")
        _one(browser, "summary").click()
        _one(browser, "input[name=section][value=clients]").click()
        _one(browser, ".go button").click()
        _wait_for(browser, ".entries")
        titles = _shown(browser, ".entries h3")
        assert titles and all("Fractal" in title for title in titles)
        # The form sends what is empty too; the address to subscribe to has none of it.
        assert "project=" not in _one(browser, ".address a").text
        _one(browser, ".tabs a:not([aria-current])").click()
        _wait_for(browser, ".entries")
        assert "kind=posts" in browser.current_url
        _one(browser, ".top nav a").click()
        _wait_for(browser, ".group")
        _one(browser, ".group li a").click()
        _wait_for(browser, ".subscribe")
        assert _shown(browser, "button") == []
        _one(browser, "details.room summary").click()
        assert "!hookshot feed http" in _one(browser, "details.room").text


@pytest.mark.parametrize("page", ["a feed", "the catalogue"])
def test_an_address_is_copied(browser: Chrome, site: str, page: str) -> None:
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    command = {"permissions": permissions, "origin": site}
    browser.execute_cdp_cmd("Browser.grantPermissions", command)
    visit(browser, site + PAGES[page])
    button = _all(browser, ".subscribe [data-copy], .group [data-copy]")[1]
    address = button.get_attribute("data-copy")
    assert str(button.accessible_name).startswith("Copy the address: ")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()
    done = "button.copied"
    _wait_for(browser, done)
    read = "navigator.clipboard.readText().then(arguments[0], (e) => arguments[0](String(e)))"
    assert browser.execute_async_script(read) == address
    said = browser.execute_script(
        "return document.querySelector('.subscribe .said, .all > .said').textContent"
    )
    if page == "a feed":
        assert said == f"Copied: {address}" and button.text == "Copied"
    else:
        # One of each format: the second of the first feed.
        assert said == "Copied: All posts RSS" and str(address).endswith("/rss.xml")
    WebDriverWait(browser, 60).until(lambda driver: not _all(driver, done))
    assert button.text == ("Copy" if page == "a feed" else "")


def test_what_a_bot_is_told_is_copied(browser: Chrome, site: str) -> None:
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    command = {"permissions": permissions, "origin": site}
    browser.execute_cdp_cmd("Browser.grantPermissions", command)
    # The address opens the dialogue, as the button does.
    visit(browser, f"{site}{PAGES['a feed']}#room")
    dialog = _one(browser, "dialog:has(#room)")
    assert dialog.is_displayed() and dialog.accessible_name == "In a Matrix room: Clients, Letters"
    assert browser.switch_to.active_element.text == "In a Matrix room: Clients, Letters"
    _press(browser, Keys.ESCAPE)
    assert not dialog.is_displayed()
    _one(browser, "button.open-room").click()
    button = _all(browser, "#room [data-copy]")[0]
    assert button.accessible_name == "Copy: feedserver bot"
    button.click()
    _wait_for(browser, "#room button.copied")
    read = "navigator.clipboard.readText().then(arguments[0], (e) => arguments[0](String(e)))"
    assert browser.execute_async_script(read) == _one(browser, "#room pre").text
    assert browser.execute_script("return document.querySelector('#room > .said').textContent") == (
        "Copied: feedserver bot"
    )


def test_without_a_clipboard_what_is_told_is_marked(browser: Chrome, site: str) -> None:
    """A question of the browser would make one line of several."""
    visit(browser, f"{site}{PAGES['a feed']}#room")
    browser.execute_script(
        "navigator.clipboard.writeText = () => Promise.reject(new Error('none'));"
    )
    _all(browser, "#room [data-copy]")[0].click()
    marked = "return window.getSelection().toString().trim()"
    WebDriverWait(browser, 60).until(lambda driver: driver.execute_script(marked))
    assert browser.execute_script(marked) == _one(browser, "#room pre").text


def test_the_catalogue_is_searched_while_one_types(browser: Chrome, site: str) -> None:
    visit(browser, site + PAGES["the catalogue"])
    everything = _shown(browser, ".group > ul > li > a")
    field = _one(browser, "#find")
    field.send_keys("fract")
    assert _shown(browser, ".group > ul > li > a") == ["Fractal"]
    assert _shown(browser, ".group h3") == ["Projects 1"]
    assert _shown(browser, ".find output") == ["1 feed"]
    field.send_keys("x")
    assert _shown(browser, ".group > ul > li > a") == []
    assert _shown(browser, ".find output") == ["There is nothing that fits."]
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(Keys.DELETE)
    assert _shown(browser, ".group > ul > li > a") == everything


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with more projects than the catalogue says more of than their names."""
    issue = post("week", sections=["clients"])
    entries = [issue, *(update(issue, n, project=f"p{n}") for n in range(LONG_GROUP + 50))]
    folder = tmp_path_factory.mktemp("long")
    found = archive(entries, catalogue.feeds(entries, SITE))
    (folder / "archive.json").write_bytes(archives.serialise(found))
    with served(folder / "archive.json") as address:
        yield address


@pytest.mark.parametrize("width", some([320, 1280]))
def test_a_long_group_has_each_feed_s_dialogue(
    browser: Chrome, axe: str, long: str, width: int
) -> None:
    with urllib.request.urlopen(f"{long}/feeds/") as answer:
        size = len(answer.read())
    assert size < 100 * (LONG_GROUP + 50) + 20_000
    with screen(browser, width):
        visit(browser, f"{long}/feeds/")
        rows = browser.execute_script(
            "return [...document.querySelectorAll('.names > li')].map((row) =>"
            "[...row.querySelectorAll(':scope > a')].map((link) => link.getAttribute('href')))"
        )
        assert len(rows) == LONG_GROUP + 50
        assert all(link.endswith(f"{feed}#embed") for feed, link in rows)
        wide = "return document.documentElement.scrollWidth - innerWidth"
        assert browser.execute_script(wide) <= 0
        if DEEP or width == 320:
            browser.execute_script(axe)
            assert browser.execute_async_script(AXE) == []
        _one(browser, "#find").send_keys("p77")
        [shown] = _shown(browser, ".names > li")
        # Each format says of what, to who doesn't see the row.
        formats = ("Atom", "RSS", "JSON")
        assert shown.split() == ["P77", "1", "Embed", *(w for f in formats for w in ("P77", f))]
        link = _all(browser, ".names > li:not([hidden]) > a")[1]
        assert link.accessible_name == "Embed: P77"
        link.click()
        _wait_for(browser, "dialog[open]")
        assert _one(browser, "dialog").accessible_name == "Embed: P77, Letters"
        assert f"{long}/embed/project/p77/?" in _all(browser, "dialog pre")[1].text
        assert errors(browser) == []


def test_nothing_is_wanted_and_left_out(browser: Chrome, site: str) -> None:
    visit(browser, f"{site}/feeds/?section=clients")
    _one(browser, ".builder summary").click()
    only, without = _all(browser, ".choices [value=clients]")
    assert (only.is_selected(), without.is_selected()) == (True, False)
    without.click()
    assert (only.is_selected(), without.is_selected()) == (False, True)
    only.click()
    assert (only.is_selected(), without.is_selected()) == (True, False)


TOP = "return document.querySelector(arguments[0])?.getBoundingClientRect().top + scrollY"


def _comes_first(browser: Chrome, address: str) -> None:
    height = 844
    with screen(browser, 390, height):
        visit(browser, f"{address}/feeds/?q=fractal&section=clients")
        # The head, the field, and how to narrow it down further stand above.
        assert browser.execute_script(TOP, ".entries > li") < height
        assert not _shown(browser, ".choices") and _shown(browser, ".builder summary")
        visit(browser, f"{address}/feeds/?q=%22&limit=1000")
        said = browser.execute_script(TOP, "[role=alert]")
        assert said < height
        assert not [
            group
            for group in _all(browser, ".group, .twim-group")
            if group.is_displayed() and group.location["y"] < said
        ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The same with its pages, which are Material's."""
    port = free_port()
    built = build_letters("material", tmp_path_factory.mktemp("whole"), port)
    with served(built.folder, port) as address:
        yield address


def test_on_a_phone_what_was_asked_comes_first(browser: Chrome, site: str, whole: str) -> None:
    _comes_first(browser, site)
    _comes_first(browser, whole)


def test_nothing_leads_to_what_a_search_takes_the_place_of(browser: Chrome, whole: str) -> None:
    for width in (390, 1280):
        with screen(browser, width):
            visit(browser, f"{whole}/feeds/?q=fractal")
            if width == 390:
                # Where the menu is a drawer.
                _one(browser, "header [for=__drawer]").click()
                assert _shown(browser, ".md-nav__link--active") == ["Feeds"]
            assert browser.execute_script(ASTRAY) == []
            assert browser.execute_script(LEGENDS) == []


def test_the_way_back_leads_to_the_form_as_it_was(browser: Chrome, site: str) -> None:
    visit(browser, site + PAGES["the catalogue"])
    _one(browser, "#q").send_keys("fractal", Keys.ENTER)
    _wait_for(browser, ".entries")
    assert _path(browser) == "/feeds/?q=fractal&kind=updates"
    browser.back()
    _wait_for(browser, ".group")
    assert _one(browser, "#limit").is_enabled()


def test_who_narrows_a_feed_down_is_led_to_what_does_it(browser: Chrome, site: str) -> None:
    visit(browser, site + PAGES["a feed"])
    _one(browser, ".list-head a").click()
    _wait_for(browser, "details[open] #narrow")
    assert _one(browser, "input[name=section][value=clients]").is_selected()
    top = _one(browser, "#narrow").rect["y"] - browser.execute_script("return scrollY")
    assert 0 <= top < browser.execute_script("return innerHeight")


def test_the_site_s_page_of_feeds_has_the_search_in_it(browser: Chrome, whole: str) -> None:
    visit(browser, f"{whole}/")
    browser.execute_script("window.sinceHome = true")
    _one(browser, 'h1 ~ p a[href$="feeds/"]').click()
    _wait_for(browser, "#twim-catalogue .builder")
    # By Material's instant navigation, in its page.
    assert browser.execute_script("return window.sinceHome")
    assert _shown(browser, "h1") == ["Feeds"] and _all(browser, ".md-header")
    assert _shown(browser, ".twim-group")
    # It stands below all feeds, and is led to from above.
    _one(browser, ".twim-build a").click()
    WebDriverWait(browser, 60).until(
        lambda driver: driver.switch_to.active_element.get_attribute("id") == "build"
    )
    field = _one(browser, "#q")
    field.send_keys("fractal", Keys.ENTER)
    _wait_for(browser, "#twim-catalogue .entries")
    assert _shown(browser, ".entries mark")
    assert not _shown(browser, ".twim-group, .twim-build a")
    # The theme has a search of its own with such an address.
    assert not _shown(browser, ".md-search__output")
    assert "q=fractal" in browser.current_url
    assert errors(browser) == []
    maps = {url for url in requests(browser) if "sitemap" in url}
    assert maps <= {f"{whole}/sitemap.xml"}
    _one(browser, ".tabs a:not([aria-current])").click()
    WebDriverWait(browser, 60).until(lambda driver: "kind=posts" in driver.current_url)
    _wait_for(browser, '.tabs [aria-current][href*="kind=posts"]')


def test_the_search_has_the_colours_of_the_site_s_page(
    browser: Chrome, axe: str, whole: str
) -> None:
    seen = []
    for colours in ("light", "dark"):
        forget(browser, whole)
        with media(browser, prefers_color_scheme=colours):
            visit(browser, f"{whole}/feeds/?q=fractal")
            for details in _all(browser, "#twim-catalogue details"):
                browser.execute_script("arguments[0].open = true", details)
            browser.execute_script(axe)
            ours = AXE.replace("axe.run(document,", "axe.run('#twim-catalogue',")
            assert browser.execute_async_script(ours) == [], colours
            assert browser.execute_script(SMALL, "#twim-catalogue") == [], colours
            seen.append(_one(browser, "#twim-catalogue #q").value_of_css_property("color"))
    assert seen[0] != seen[1]


def test_on_paper_there_are_entries_and_addresses(browser: Chrome, site: str) -> None:
    visit(browser, site + PAGES["a search"])
    with media(browser, "print"):
        assert _shown(browser, "form, button, .top nav") == []
        assert len(_shown(browser, ".address a")) == 3
        assert _shown(browser, ".entries h3") != []
