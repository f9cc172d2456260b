"""What the how-to says, done: each of its snippets on a page of another origin, and no more policy
than it asks for.
"""

from __future__ import annotations

import json
import re
import urllib.request

import pyromark
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.chromium import errors, screen, visit
from tests.browser.embedding import Origin, answer, rows, settled
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "how-to" / "embed.md").read_text("utf-8")
UPDATES = 4
"""So many has the section."""


@pytest.fixture(scope="module")
def site(alone: str) -> str:
    """The newsletter that has everything, served without its pages."""
    return alone


def _block(title: str, site: str) -> str:
    """A block of the how-to, for this server."""
    [text] = re.findall(rf'(?s)```\w+ title="{re.escape(title)}"\n(.*?)```', TEXT)
    return str(text).replace("https://feeds.example", site)


def _policy(site: str, *names: str) -> str:
    """What the how-to says that these need, and nothing else."""
    wanted = {"default-src": {"'none'"}, "img-src": {"'self'"}}
    for name in names:
        [policy] = re.findall(rf"(?m)^\| {name} \| `(.*?)`", TEXT)
        for directive in policy.replace("https://feeds.example", site).split("; "):
            kind, _, source = directive.partition(" ")
            wanted.setdefault(kind, set()).add(source)
    return "; ".join(f"{kind} {' '.join(sorted(sources))}" for kind, sources in wanted.items())


def _serve(pages: Origin, path: str, text: str, policy: str) -> str:
    pages.answers["/favicon.ico"] = answer(b"", "image/x-icon")
    return pages.page(path, text, policy=policy)


def _has_all(browser: Chrome) -> bool:
    return len(browser.find_elements(By.CSS_SELECTOR, "li h2")) == UPDATES


def test_the_component(browser: Chrome, pages: Origin, site: str) -> None:
    page = _block("clients.html", site)
    visit(browser, _serve(pages, "/clients.html", page, _policy(site, "the component")))
    settled(browser)
    assert len(rows(browser)[0]) == UPDATES
    assert errors(browser) == []


def test_the_component_from_one_s_own_site(browser: Chrome, pages: Origin, site: str) -> None:
    [body] = re.findall(r"(?s)```html\n(.*?)```", TEXT)
    with urllib.request.urlopen(f"{site}/embed.js") as found:
        pages.answers["/embed.js"] = answer(found.read(), "text/javascript")
    page = f'<!doctype html><html lang="en"><title>A</title>{body}</html>'
    page = page.replace("https://news.example", site)
    policy = f"default-src 'none'; img-src 'self'; script-src 'self'; connect-src {site}"
    visit(browser, _serve(pages, "/", page, policy))
    settled(browser)
    assert len(rows(browser)[0]) == UPDATES
    assert errors(browser) == []


@pytest.mark.parametrize("width", [320, 1000])
@pytest.mark.parametrize("lazy", [False, True])
def test_a_frame_and_its_height(
    browser: Chrome, pages: Origin, site: str, width: int, lazy: bool
) -> None:
    page = _block("frame.html", site)
    assert len(page.splitlines()) <= 10
    if lazy:
        # As the dialogue has it; and it is out of sight at first.
        far_below = '<svg width="10" height="9000"></svg>'
        page = page.replace("<iframe", f'{far_below}<iframe loading="lazy"')
    script = _block("frames.js", site)
    pages.answers["/frames.js"] = answer(script.encode(), "text/javascript")
    with screen(browser, width):
        policy = _policy(site, "a frame", "its height")
        visit(browser, _serve(pages, "/frame.html", page, policy))
        frame = browser.find_element(By.TAG_NAME, "iframe")
        browser.execute_script("arguments[0].scrollIntoView()", frame)

        def fits(browser: Chrome) -> bool:
            browser.switch_to.frame(frame)
            inside = "return [document.body.getBoundingClientRect().height, "
            inside += "document.querySelectorAll('li').length]"
            high, count = browser.execute_script(inside)
            browser.switch_to.default_content()
            return bool(count == UPDATES and 0 <= frame.rect["height"] - high < 1)

        WebDriverWait(browser, 60).until(fits)
    # Of a frame that isn't loaded yet there would be a warning.
    assert browser.get_log("browser") == []


def test_the_script_is_that_of_the_reference() -> None:
    reference = (ROOT / "docs" / "reference" / "addresses.md").read_text("utf-8")
    assert _block("frames.js", "https://feeds.example") in reference


def test_a_picture(browser: Chrome, pages: Origin, site: str) -> None:
    page = pyromark.html(_block("README.md", site))
    visit(browser, _serve(pages, "/", f"<!doctype html>{page}", _policy(site, "a picture")))
    shown = "return [document.images[0].naturalWidth, document.images[0].alt]"
    assert browser.execute_script(shown) == [640, "News of clients"]
    link = browser.find_element(By.CSS_SELECTOR, "a:has(> img)")
    assert link.get_attribute("href") == "https://news.example/section/clients/"
    assert errors(browser) == []


def test_an_address_that_unfolds(browser: Chrome, pages: Origin, site: str) -> None:
    [asked] = re.findall(r'\$ curl "(.*?)"', TEXT)
    with urllib.request.urlopen(f"{site}/feeds.json") as found:
        homes = {each["path"]: each["page"] for each in json.load(found)["feeds"]}
    home = homes["/section/clients/"]
    assert not home.startswith(site)
    [pasted] = re.findall(r"paste that of .*?`(https://feeds\.example/.*?)`", TEXT)
    for address in (asked, asked.replace("https://news.example/section/clients/", pasted)):
        address = address.replace("https://feeds.example", site)
        address = address.replace("https://news.example/section/clients/", home)
        with urllib.request.urlopen(address) as found:
            html = json.load(found)["html"]
        visit(browser, _serve(pages, "/", f"<!doctype html>{html}", _policy(site, "a frame")))
        frame = browser.find_element(By.TAG_NAME, "iframe")
        assert frame.rect["width"] == 480
        browser.switch_to.frame(frame)
        WebDriverWait(browser, 60).until(_has_all)
        browser.switch_to.default_content()
        assert errors(browser) == []
