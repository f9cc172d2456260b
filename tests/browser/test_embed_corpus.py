"""The latest client updates of a real newsletter: on plain pages of another origin, as component,
frame and picture, and on a page of another MkDocs site, as static HTML.
"""

from __future__ import annotations

import json
import re
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import pytest
from lxml import etree
from selectolax.lexbor import LexborHTMLParser
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from feedserver import cli
from feedserver.embed import snippets
from feedserver.embed.widget import LAYOUTS, Layout, Widget
from tests.browser.chromium import elsewhere, errors, screen, visit
from tests.browser.conftest import Site
from tests.browser.embedding import Origin, feeds, html, origin, policy, rows, settled
from tests.browser.serving import hosted
from tests.conftest import DEEP, some
from tests.sites import build

CLIENTS = "/section/clients/"
WIDTHS = (240, 320, 480, 600, 800, 1200) if DEEP else (240, 480, 1200)


@pytest.mark.parametrize("layout", ["compact", "list", "cards"])
def test_the_five_latest_client_updates(browser: Chrome, matrix: Site, layout: str) -> None:
    src = f"{matrix.address}/section/clients/feed.json"
    body = f'<twim-feed src="{src}" limit="5" layout="{layout}" heading="2"></twim-feed>'
    with origin() as pages, feeds() as far:
        allowed = policy(far).replace("connect-src", f"connect-src {matrix.address}")
        visit(browser, pages.page("/", html(far, body), policy=allowed))
        settled(browser)
        [shown] = rows(browser)
    assert len(shown) == 5
    # The page says of which section they are.
    assert all("Clients" not in row and "20" in row for row in shown)
    assert errors(browser) == []


@pytest.fixture(scope="module")
def latest(matrix: Site) -> list[str]:
    """The projects of the five latest updates, as the feed's file has them."""
    feed = json.loads((matrix.folder / "section/clients/feed.json").read_text("utf-8"))
    return [_line(item["_twim"]["project"]["title"]) for item in feed["items"][:5]]


def _line(text: object) -> str:
    return " ".join(str(text).split())


def _page(matrix: Site, pages: Origin, body: str) -> str:
    """A plain HTML file of ten lines or less, on another origin, under the strict policy."""
    file = (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>News</title>\n'
        f'<link rel="icon" href="{matrix.address}/feeds/icon.svg">\n<h1>News of clients</h1>\n'
        f"{body}\n</html>\n"
    )
    assert len(file.splitlines()) <= 10
    return pages.page("/", file, policy=policy(Origin(matrix.address)))


def _five(browser: Chrome) -> bool:
    return len(browser.find_elements(By.CSS_SELECTOR, "li")) == 5


def _framed(browser: Chrome) -> tuple[list[str], float, int]:
    """What the page's frame shows; how high its page is, and how much of it is out of sight."""
    browser.switch_to.frame(browser.find_element(By.TAG_NAME, "iframe"))
    WebDriverWait(browser, 60).until(_five)
    titles = browser.find_elements(By.CSS_SELECTOR, "h2")
    found = [_line(each.get_property("textContent")) for each in titles]
    high, hidden = browser.execute_script(
        "const {scrollHeight, scrollWidth} = document.documentElement;"
        "return [document.body.getBoundingClientRect().height,"
        "Math.max(scrollHeight - innerHeight, scrollWidth - innerWidth)]"
    )
    browser.switch_to.default_content()
    return found, high, hidden


def test_as_component(browser: Chrome, pages: Origin, matrix: Site, latest: list[str]) -> None:
    script = f'<script type="module" src="{matrix.address}/embed.js"></script>'
    src = f"{matrix.address}{CLIENTS}feed.json"
    body = f'{script}\n<twim-feed src="{src}" limit="5"></twim-feed>'
    visit(browser, _page(matrix, pages, body))
    settled(browser)
    [shown] = rows(browser)
    assert [row.split("\n")[0] for row in shown] == latest
    assert errors(browser) == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_as_frame(
    browser: Chrome, pages: Origin, matrix: Site, latest: list[str], layout: Layout
) -> None:
    """By the dialogue's text, which has one height for all widths."""
    visit(browser, f"{matrix.address}{CLIENTS}atom.xml#embed")
    browser.execute_script(
        "const form = document.querySelector('.embed-options'); form.layout.value = arguments[0];"
        "form.dispatchEvent(new Event('change'))",
        layout,
    )
    text = _line(browser.find_elements(By.CSS_SELECTOR, "dialog pre")[1].text)
    high = snippets.height(Widget(layout=layout))
    assert f"{CLIENTS}?layout={layout}&amp;" in text and f'height="{high}"' in text
    address = _page(matrix, pages, text)
    for width in WIDTHS:
        with screen(browser, width + 16):
            visit(browser, address)
            titles, _, hidden = _framed(browser)
            assert titles == latest
            assert hidden <= 0, width
        assert errors(browser) == []


@pytest.mark.parametrize("layout", some(LAYOUTS))
def test_as_frame_of_oembed(
    browser: Chrome, pages: Origin, matrix: Site, latest: list[str], layout: str
) -> None:
    """It has the height for its width: nothing is scrolled, and little is empty."""
    for width in WIDTHS:
        shown = f"{matrix.address}/embed{CLIENTS}?layout={layout}"
        query = urlencode({"url": shown, "maxwidth": width})
        with urllib.request.urlopen(f"{matrix.address}/oembed?{query}") as found:
            asked = json.load(found)
        assert asked["width"] == min(width, 640)
        visit(browser, _page(matrix, pages, asked["html"]))
        titles, high, hidden = _framed(browser)
        assert titles == latest
        assert hidden <= 0 and high > asked["height"] * 0.75, width
        assert errors(browser) == []


def test_as_picture(browser: Chrome, pages: Origin, matrix: Site, latest: list[str]) -> None:
    picture = f"{matrix.address}/embed/section/clients.svg?limit=5"
    body = f'<a href="https://matrix.example/"><img src="{picture}" alt="The latest"></a>'
    visit(browser, _page(matrix, pages, body))
    size = "const [image] = document.images; return [image.naturalWidth, image.naturalHeight]"
    assert browser.execute_script(size) == [640, 340]
    assert errors(browser) == []
    with urllib.request.urlopen(picture) as found:
        drawn = etree.parse(found)
    said = str(drawn.findtext("{*}desc"))
    assert re.findall(r"(?:^|; )(.*?) \([A-Z][a-z]+ \d+, \d{4}\)", said) == latest


@pytest.mark.parametrize("theme", ["mkdocs", "material"])
def test_as_static_html(
    browser: Chrome, matrix: Site, latest: list[str], tmp_path: Path, theme: str
) -> None:
    """On a site of somebody else's, from the files that `feedserver export` writes."""
    peer = tmp_path / "peers" / "matrix"
    assert cli.main(["export", str(matrix.folder / "archive.json"), str(peer)]) == 0
    call = '{{ feed(src="peers/matrix/section/clients/feed.json", limit=5) }}'
    # What themes would fetch from elsewhere.
    look = {"name": theme, "font" if theme == "material" else "highlightjs": False}
    built = build(tmp_path, {"news.md": f"# News\n\n{call}\n"}, theme=look)
    [feed] = LexborHTMLParser(built.read("news/index.html")).css(".twim-feed")
    titles = feed.css(".twim-entry-title a")
    links = [str(each.attributes["href"]) for each in titles]
    assert [_line(each.text()) for each in titles] == latest
    assert all(link.startswith("https://matrix.example/blog/") for link in links)
    assert feed.css("script, iframe, img") == []
    with hosted(built.folder) as address:
        visit(browser, f"{address}/news/")
        seen = browser.find_elements(By.CSS_SELECTOR, ".twim-entry-title a")
        assert [each.text for each in seen] == latest
        assert elsewhere(browser, address) == set()
