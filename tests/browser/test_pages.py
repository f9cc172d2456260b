"""The generated pages in a browser: they fit, fetch nothing from elsewhere, and can be walked."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.expected_conditions import presence_of_element_located, url_to_be
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.chromium import elsewhere, errors, media, requests, screen, visit
from tests.browser.conftest import Site
from tests.browser.letters import LONG, PAGES
from tests.browser.looks import SMALL
from tests.conftest import DEEP

# Names in the lines about posts that are cut off.
CUT_OFF = """
return [...document.querySelectorAll(".twim-byline a")].flatMap((link) => {
  const range = document.createRange();
  range.selectNodeContents(link);
  const line = link.closest("ul").getBoundingClientRect();
  const cut = [...range.getClientRects()].some(({right}) => right > line.right + 1);
  return cut ? [link.innerText] : [];
});
"""
# Faces that stand on another line than what begins the name beside them, at any width.
FACES = """
const torn = new Set(), people = [...document.querySelectorAll(".twim-person:has(img)")];
for (let width = 160; width < 420; width += 8) {
  for (const person of people) {
    person.closest("ul").style.inlineSize = `${width}px`;
    const range = document.createRange(), [name] = person.querySelectorAll("a");
    range.selectNodeContents(name);
    const [first] = range.getClientRects(), face = person.firstChild.getBoundingClientRect();
    if (first.top > face.bottom) torn.add(`${name.innerText} at ${width}`);
  }
}
return people.length ? [...torn] : ["no faces"];
"""
# How far from a picture that floats words stand: on its left, and on its right.
BESIDE = """
const [picture] = document.querySelectorAll(".twim-content img[align=left]");
picture.removeAttribute("align");
if (arguments[0]) picture.setAttribute(...arguments[0]);
const {marginLeft, marginRight} = getComputedStyle(picture);
return [parseFloat(marginLeft) > 8, parseFloat(marginRight) > 8];
"""
# How far a page can be scrolled sideways, and what makes it so: texts and boxes that reach beyond
# the screen and stand in nothing that scrolls or cuts by itself.
SIDEWAYS = """
const root = document.scrollingElement, width = innerWidth;
if (root.scrollWidth <= width) return "";
const boxes = (element) => [...element.childNodes].map((node) => {
  const range = document.createRange();
  if (node.data?.trim()) range.selectNodeContents(node);
  return range.getBoundingClientRect();
});
const wide = [...document.body.querySelectorAll("*")].filter((element) => {
  const found = element.matches("img, svg, table, iframe") ? [element.getBoundingClientRect()] : [];
  if (![...found, ...boxes(element)].some(({right}) => right > width + 1)) return false;
  for (let up = element; up !== document.body; up = up.parentElement) {
    if (getComputedStyle(up).overflowX !== "visible") return false;
  }
  return true;
});
const name = (element) => element.localName + [...element.classList].map((c) => `.${c}`).join("");
const named = wide.map((element) => `${name(element.parentElement)} > ${name(element)}`);
return `${root.scrollWidth}: ${[...new Set(named)].join(", ")}`;
"""
# What has the focus: its kind, and whether something else lies over its middle.
FOCUSED = """
const element = document.activeElement;
if (!element || element === document.body) return null;
const boxes = [...element.getClientRects()];
const seen = boxes.some(({left, top, width, height}) => {
  const at = document.elementFromPoint(left + width / 2, top + height / 2);
  return at && (element.contains(at) || at.contains(element));
});
const {left, top, right, bottom} = element.getBoundingClientRect();
return {
  seen,
  box: [left, top, right, bottom],
  marked: getComputedStyle(element).outlineStyle !== "none",
  href: element.href ?? "",
  card: Boolean(element.closest(".twim-card")),
  thumb: element.matches(".twim-thumb"),
};
"""
# Dates that stand on two lines of a heading, a table of contents or a list of names, which all are
# on the page.
BROKEN_DATES = """
const names = "h1, h2, h3, h4, li a, .twim-table th, .twim-up";
return [...document.querySelectorAll(names)].flatMap((element) => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), found = [];
  while (texts.nextNode()) {
    const {currentNode: text} = texts;
    for (const {index} of text.data.matchAll(/\\d{4}-\\d{2}-\\d{2}/g)) {
      const range = document.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + 10);
      const lines = new Set([...range.getClientRects()].map(({top}) => Math.round(top)));
      if (lines.size > 1) found.push(`${element.localName}: ${text.data}`);
    }
  }
  return found;
});
""".replace("\\\\", "\\")
# Words of a post that stand on two lines.
BROKEN_WORDS = """
const texts = document.createTreeWalker(
  document.querySelector(".twim-content"), NodeFilter.SHOW_TEXT
), found = [];
while (texts.nextNode()) {
  const {currentNode: text} = texts;
  for (const {0: word, index} of text.data.matchAll(/[a-z]+/gi)) {
    const range = document.createRange();
    range.setStart(text, index);
    range.setEnd(text, index + word.length);
    if (new Set([...range.getClientRects()].map(({top}) => top)).size > 1) found.push(word);
  }
}
return found;
"""
HREFS = "return [...document.querySelectorAll(arguments[0])].map((link) => link.href)"
SHOWN = (
    "return [...document.querySelectorAll(arguments[0])]"
    ".filter((element) => element.checkVisibility()).length"
)


# What we make.
OURS = '[class*="twim-"]'
# Pages that have between them all that other themes than Material may show otherwise.
DIFFERENT = (
    *("posts", "authors", "an author", "a section", "projects", "feeds"),
    *("an issue", "a post with a wide table", "a post with a picture", "a post with a long title"),
    *("a pinned post", "a page with feeds"),
)
# What a page shows of its kind.
PROMISED = {
    "posts": ".twim-card:nth-of-type(10)",
    "posts, page 2": '.twim-pager [rel="prev"]',
    "authors": ".twim-terms a",
    "a category": ".twim-card",
    "sections": ".twim-table tbody tr:nth-child(3)",
    "a section": ".twim-issue:nth-of-type(2) .twim-update",
    "projects": ".twim-table .twim-years",
    "a project": ".twim-update",
    "updates": ".twim-update",
    "a named feed": ".twim-card",
    "feeds": ".twim-catalogue a",
    "an issue": "a.twim-topic",
    "a post with a wide table": ".twim-content table",
    "a post with a picture": ".twim-banner",
}


def _sideways(browser: Chrome, address: str) -> str:
    """Open a page on a screen of 360 pixels; what of it reaches beyond."""
    visit(browser, address)
    assert browser.execute_script("return innerWidth") == 360
    return str(browser.execute_script(SIDEWAYS))


def test_every_page_fits_a_phone_has_what_its_kind_promises_and_fetches_nothing_from_elsewhere(
    browser: Chrome, letters: Site
) -> None:
    names = [*PAGES] if DEEP or letters.theme == "material" else DIFFERENT
    for name in names:
        path = PAGES[name]
        address = letters.address + path
        with screen(browser, 360):
            assert _sideways(browser, address) == "", path
            assert browser.execute_script(SMALL, OURS) == [], path
            assert browser.execute_script(CUT_OFF) == [], path
            assert errors(browser) == [], path
            asked = requests(browser)
        assert address in asked
        assert any(url.endswith("/assets/twim/twim.js") for url in asked), path
        assert {url for url in asked if not url.startswith((letters.address, "data:"))} == set()
        maps = {url.removeprefix(letters.address) for url in asked if "sitemap" in url}
        assert maps <= {"/sitemap.xml"}, path
        assert not browser.find_elements(By.CSS_SELECTOR, 'head link[rel~="feed"]'), path
        if name in PROMISED:
            assert browser.execute_script(SHOWN, PROMISED[name]) > 0, name
        if name == "projects":
            assert LONG in browser.find_element(By.CSS_SELECTOR, ".twim-table").text


def test_pages_of_real_posts_fit_a_phone_and_fetch_only_what_their_authors_put_there(
    browser: Chrome, matrix: Site
) -> None:
    pages = sorted(matrix.folder.rglob("index.html"))
    paths = [
        f"/{page.parent.relative_to(matrix.folder).as_posix()}/"
        for page in pages
        # These lead on.
        if page.parts[-3:-1] != ("page", "1")
    ]
    lists = ["/author/", "/category/", "/section/", "/project/", "/updates/", "/feeds/"]
    topics = [path for path in paths if path.startswith(("/section/", "/project/"))]
    topics = topics[:: 10 if DEEP else 50]
    posts = [path for path in paths if path.startswith("/blog/")]
    wanted = [*posts[:: 1 if DEEP else 2], *lists, *topics]
    assert len(wanted) > 20
    with screen(browser, 360):
        for path in wanted:
            assert _sideways(browser, matrix.address + path) == "", path
            page = (matrix.folder / path.strip("/") / "index.html").read_text("utf-8")
            own = re.findall(r'<(?:img|iframe)[^>]*?\ssrc="([^"]+)"', page)
            allowed = {urlsplit(urljoin(matrix.address + path, address)).netloc for address in own}
            asked = {urlsplit(url).netloc for url in elsewhere(browser, matrix.address)}
            # A frame of the author's fetches what it wants.
            assert asked <= allowed, path


@pytest.mark.parametrize("letters", ["material"], indirect=True)
def test_instant_navigation_looks_for_no_sitemap_of_ours(browser: Chrome, letters: Site) -> None:
    visit(browser, f"{letters.address}/")
    browser.execute_script("window.sinceHome = true")
    for selector, path in (
        ('a[href$="section/clients/"]', "/section/clients/"),
        ('.twim-byline a[href$="project/fractal/"]', "/project/fractal/"),
        ('.md-tabs__link, .md-nav__link[href$="/feeds/"], a[href$="/feeds/"]', "/feeds/"),
    ):
        link = browser.find_element(By.CSS_SELECTOR, selector)
        browser.execute_script("arguments[0].click()", link)
        arrived = (By.CSS_SELECTOR, f'link[rel="canonical"][href$="{path}"]')
        WebDriverWait(browser, 60).until(presence_of_element_located(arrived))
        assert browser.current_url == letters.address + path
    assert browser.execute_script("return window.sinceHome")
    assert errors(browser) == []
    # Behind Material's script they are again what readers look for.
    links = browser.find_elements(By.CSS_SELECTOR, 'head link[rel="alternate"][type$="atom+xml"]')
    assert [link.get_attribute("href") for link in links] == [f"{letters.address}/atom.xml"]
    asked = requests(browser)
    maps = {url.removeprefix(letters.address) for url in asked if "sitemap" in url}
    assert maps == {"/sitemap.xml"}
    assert {url for url in asked if not url.startswith((letters.address, "data:"))} == set()


def test_the_keyboard_reaches_every_link_of_a_list_and_none_twice(
    browser: Chrome, site: str
) -> None:
    visit(browser, site + PAGES["posts"])
    wanted = browser.execute_script(HREFS, ".twim-card a:not(.twim-thumb)")
    assert len(wanted) > 30
    assert browser.execute_script(HREFS, ".twim-card a.twim-thumb")
    reached = []
    for _ in range(150):
        ActionChains(browser, duration=0).send_keys(Keys.TAB).perform()
        focused = browser.execute_script(FOCUSED)
        if focused and focused["card"]:
            assert not focused["thumb"]
            assert focused["seen"] and focused["marked"], focused
            reached.append(focused["href"])
        elif reached:
            break
    assert reached == wanted


def test_no_date_breaks_in_a_heading_a_table_of_contents_or_a_name(
    browser: Chrome, site: str
) -> None:
    for name in ("a pinned post", "an issue", "a section with dates", "sections", "feeds"):
        visit(browser, site + PAGES[name])
        for width in (260, 300, 360, 768, 1024, 1280) if DEEP else (260, 360, 768):
            with screen(browser, width):
                assert browser.execute_script(BROKEN_DATES) == [], (name, width)


def test_a_picture_that_floats_leaves_room_for_words(browser: Chrome, site: str) -> None:
    visit(browser, site + PAGES["a pinned post"])
    for width in (360, 420, 1280):
        with screen(browser, width):
            assert browser.execute_script(BROKEN_WORDS) == [], width
    for given, sides in (
        (["align", "left"], [False, True]),
        (["align", "right"], [True, False]),
        (["style", "float: left"], [False, True]),
        (["style", "float:right; padding-left: 0"], [True, False]),
        (["style", "float: left; margin-right: 0"], [False, False]),
        (None, [False, False]),
    ):
        visit(browser, site + PAGES["a pinned post"])
        assert browser.execute_script(BESIDE, given) == sides, given


def test_no_line_ends_between_a_face_and_a_name(browser: Chrome, site: str) -> None:
    visit(browser, site + PAGES["a pinned post"])
    assert browser.execute_script(FACES) == []


def _skips(browser: Chrome, address: str) -> bool:
    """Whether the first link of a page leads past its menus, to what stands behind the heading."""
    visit(browser, address)
    ActionChains(browser, duration=0).send_keys(Keys.TAB).perform()
    skip = browser.switch_to.active_element
    assert skip.text == "Skip to content", address
    assert browser.execute_script(FOCUSED)["seen"], address
    ActionChains(browser, duration=0).send_keys(Keys.ENTER).perform()
    id = browser.execute_script("return document.querySelector('h1').id")
    WebDriverWait(browser, 60).until(url_to_be(f"{address}#{id}"), address)
    ActionChains(browser, duration=0).send_keys(Keys.TAB).perform()
    behind = "const [heading, here] = [document.querySelector('h1'), document.activeElement];"
    behind += "const near = heading.parentElement.parentElement.contains(here);"
    behind += "return Boolean(near && heading.compareDocumentPosition(here) & 4)"
    return bool(browser.execute_script(behind))


def test_skip_to_content_leads_past_the_menus_to_the_heading(browser: Chrome, site: str) -> None:
    pages = [PAGES[name] for name in ("an issue", "a pinned post", "a section", "posts", "feeds")]
    for path in (*pages, "/404.html"):
        # Material's instant navigation may put the page in its own place meanwhile, and what had
        # the focus is gone.
        assert any(_skips(browser, site + path) for _ in range(3)), path
    # The last is the page of what isn't there.
    assert errors(browser) == []
    assert browser.execute_script(SMALL, ".twim-lost") == []


def test_on_paper_there_is_nothing_to_press(browser: Chrome, site: str) -> None:
    for name, selectors in (
        ("posts", (".twim-pager", ".twim-go", ".twim-feeds")),
        ("feeds", (".twim-copy", ".twim-search")),
        ("an issue", ("a.twim-topic",)),
    ):
        visit(browser, site + PAGES[name])
        for selector in selectors:
            assert browser.execute_script(SHOWN, selector) > 0, selector
            with media(browser, "print"):
                assert browser.execute_script(SHOWN, selector) == 0, selector
                assert browser.execute_script(SHOWN, "h1") > 0
    assert elsewhere(browser, site) == set()
