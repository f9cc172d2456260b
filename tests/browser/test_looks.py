"""How lists look on each theme, which has rules of its own for all that stands in them."""

from __future__ import annotations

import pytest
from selenium.webdriver import Chrome

from tests.browser.chromium import screen, visit
from tests.browser.conftest import Site
from tests.browser.letters import PAGES
from tests.browser.looks import ASTRAY, LEGENDS, SIGNS, SMALL, TORN
from tests.browser.serving import served

# Cards whose texts don't all begin at one edge, or reach below their picture.
CARDS = """
return [...document.querySelectorAll(".twim-card:has(> .twim-thumb)")].map((card) => {
  const boxes = [...card.children].map((each) => [each, each.getBoundingClientRect()]);
  const texts = boxes.filter(([each]) => !each.matches(".twim-thumb")).map(([, box]) => box);
  const picture = card.querySelector(".twim-thumb").getBoundingClientRect();
  return [
    new Set(texts.map(({left}) => left)).size,
    texts.every(({right}) => right < picture.left),
  ];
});
"""
# Of each line about a post: the marks of its list, and on how many lines it stands.
BYLINES = """
return [...document.querySelectorAll(".twim-list.twim-byline")].map(({children}) => [
  [...new Set([...children].map((each) => getComputedStyle(each).listStyleType))],
  new Set([...children].map((each) => each.getBoundingClientRect().top)).size,
]);
"""
# Of each heading that is a link: whether it has the colour of our links, and not that of headings.
LIKE_LINKS = """
const headings = document.querySelectorAll(".twim-card h2, .twim-issue h2, .twim-update h3");
const [ours] = document.querySelectorAll(".twim-formats a");
const colour = (element) => getComputedStyle(element).color;
return [...headings].map((heading) => {
  const link = colour(heading.querySelector("a"));
  return link === colour(ours) && link !== colour(heading);
});
"""

# Links of one line that lie over each other.
OVERLAPPING = """
const links = [...document.querySelectorAll(":is(.twim-byline, .twim-browse) a")];
return links.slice(1).flatMap((link, index) => {
  const before = [...links[index].getClientRects()].at(-1), [here] = link.getClientRects();
  return before.top === here.top && before.right > here.left + 1 ? [link.innerText] : [];
});
"""
# The margins of pictures of posts, whose links have what room there is.
MARGINS = """
const pictures = document.querySelectorAll(":is(.twim-thumb, .twim-entry-picture) img");
return [...new Set([...pictures].map((picture) => getComputedStyle(picture).margin))];
"""


def test_lists_of_posts_and_updates(browser: Chrome, site: str) -> None:
    with screen(browser, 1280):
        visit(browser, site + PAGES["posts"])
        # Texts beside a picture are one column, however long they are.
        assert browser.execute_script(CARDS) == [[1, True]] * 2
        # The first has an author of a long name.
        [long, *lines] = browser.execute_script(BYLINES)
        assert long[0] == ["none"] and lines == [[["none"], 1]] * 9
        assert browser.execute_script(LIKE_LINKS) == [True] * 10
        assert browser.execute_script(MARGINS) == ["0px"]
        assert browser.execute_script(OVERLAPPING) == []
        assert browser.execute_script(TORN) == []
        visit(browser, site + PAGES["a section"])
        assert browser.execute_script(LIKE_LINKS) == [True] * 6
        assert browser.execute_script(TORN) == []
        visit(browser, site + PAGES["a page with feeds"])
        assert browser.execute_script(MARGINS) == ["0px"]


@pytest.mark.parametrize("letters", ["mkdocs", "readthedocs"], indirect=True)
def test_what_is_looked_for_on_the_site_s_page_of_feeds(browser: Chrome, letters: Site) -> None:
    with served(letters.folder) as address, screen(browser, 1280):
        visit(browser, f"{address}/feeds/?q=fractal")
        assert browser.execute_script(ASTRAY) == []
        assert browser.execute_script(LEGENDS) == []
        assert browser.execute_script(SIGNS, "#twim-catalogue li") == []
        assert browser.execute_script(SMALL, "#twim-catalogue") == []
