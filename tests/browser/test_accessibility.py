"""axe-core finds nothing on our pages that is ours, in light and dark, wide and narrow."""

from __future__ import annotations

from itertools import product

import pytest
from selenium.webdriver import Chrome

from tests.browser.chromium import forget, media, screen, visit
from tests.browser.conftest import Site
from tests.browser.letters import BARE, PAGES, THEMES
from tests.conftest import DEEP

# Each node that breaks a rule: what is broken, the node, whether we made it. What stands in a
# post's text is Markdown, which the theme shows; how links look is the theme's wherever they are.
RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {elementRef: true, selectors: false, resultTypes: ["violations"]}).then(
  (found) => done(found.violations.flatMap(({id, nodes}) => nodes.map(({element, any, html}) => {
    const near = element.closest('[class*="twim-"]');
    const {fgColor, bgColor} = any.find((check) => check.data?.fgColor)?.data ?? {};
    const look = ["color-contrast", "link-in-text-block"].includes(id);
    return {
      broken: [id, ...(id === "color-contrast" ? [fgColor, bgColor] : [element.localName])],
      node: html.replace(/\\\\s+/g, " ").slice(0, 160),
      ours: !look && Boolean(near) && !near.matches(".twim-content, .twim-excerpt"),
    };
  }))),
  (error) => done([{broken: [String(error)], node: "", ours: true}]),
);
""".replace("\\\\", "\\")
# Material asks the browser; `color_mode: dark` of MkDocs' own theme is this attribute.
DARK = {
    "material": "return document.body.dataset.mdColorScheme === 'slate'",
    "mkdocs": "return document.documentElement.dataset.bsTheme = 'dark'",
}


# Pages that have between them all that we make: every page of a theme takes minutes. Those that
# themes may spoil are looked at on each of them, and the others on one.
MOST = ("home", "posts", "authors", "an author", "updates", "a post with a wide table")
SOME = ("sections", "a project", "feeds", "an issue", "a post with a picture", "a page with feeds")


def _pages(theme: str, colours: str) -> list[str]:
    """`./run deep` looks at each page on each theme in all colours."""
    if DEEP:
        return [*PAGES]
    return [*(MOST if (theme, colours) == ("material", "light") else SOME)]


def _findings(browser: Chrome, axe: str, address: str, dark: str) -> list[tuple[str, str, bool]]:
    visit(browser, address)
    assert not dark or browser.execute_script(dark)
    browser.execute_script(axe)
    found = browser.execute_async_script(RUN)
    return [(" ".join(each["broken"]), each["node"], each["ours"]) for each in found]


LOOKS = (
    *(("material", "light", 1280), ("material", "dark", 360)),
    *(("mkdocs", "light", 1280), ("readthedocs", "light", 360)),
)
"""Of themes, colours and widths: the theme readthedocs has no dark colours."""
ALL_LOOKS = tuple(product(THEMES, ("light", "dark"), (1280, 360)))


@pytest.mark.parametrize(
    ("letters", "colours", "width"), ALL_LOOKS if DEEP else LOOKS, indirect=["letters"]
)
def test_nothing_that_we_add_keeps_anybody_out(
    browser: Chrome, axe: str, letters: Site, colours: str, width: int
) -> None:
    dark = DARK.get(letters.theme, "") if colours == "dark" else ""
    left: dict[str, list[str]] = {}
    forget(browser, letters.address)
    with media(browser, prefers_color_scheme=colours), screen(browser, width):
        theirs = {
            broken
            for path in (BARE if DEEP else BARE[:1])
            for broken, _, _ in _findings(browser, axe, letters.address + path, dark)
        }
        for name in _pages(letters.theme, colours):
            for broken, node, ours in _findings(browser, axe, letters.address + PAGES[name], dark):
                if ours or broken not in theirs:
                    left.setdefault(broken, []).append(f"{name}: {node}")
    lines = [f"{broken} ({len(nodes)}): {' | '.join(nodes[:3])}" for broken, nodes in left.items()]
    assert not left, "\n".join(lines)


def test_what_keeps_people_out_is_found(browser: Chrome, axe: str, letters: Site) -> None:
    spoil = (
        "const table = document.querySelector('.twim-table');"
        "table.querySelector('tbody a').style.cssText = 'color: #c8c8c8; transition: none';"
        "table.querySelector('svg').removeAttribute('aria-label');"
        "return true"
    )
    forget(browser, letters.address)
    found = _findings(browser, axe, letters.address + PAGES["sections"], spoil)
    assert any(broken.startswith("color-contrast #c8c8c8") for broken, _, _ in found)
    assert ("svg-img-alt svg", True) in {(broken, ours) for broken, _, ours in found}
