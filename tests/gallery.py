"""Pictures of embedded feeds, for the gallery in the documentation; `tests.screenshots` takes them.

The pages that embed are of another origin than the feeds: one without any stylesheet but three
lines, and one on Material. The feed is that of a section of a small newsletter in `data/gallery`.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser import chromium
from tests.browser.embedding import settled
from tests.browser.serving import hosted, served
from tests.conftest import ROOT

HEIGHTS: Mapping[str, int] = {
    "list": 590,
    "compact": 225,
    "cards": 505,
    "frame": 690,
    "picture": 450,
    "static": 600,
}
"""How high a picture of each is on the bare page; the last is on Material alone."""
_HEAD_OF_MATERIAL = 90
COLOURS = ("light", "dark")
DATA = ROOT / "tests" / "data" / "gallery"
_WIDTH = 800
_TEXT = {
    "list": "What is new",
    "compact": "In short",
    "cards": "From the newsletter",
    "frame": "In a frame",
    "picture": "As a picture",
    "static": "Without a server",
}
_SCRIPT = """\
addEventListener("message", ({ data, source }) => {
  for (const frame of document.querySelectorAll("iframe")) {
    if (frame.contentWindow === source) frame.height = data.height;
  }
});
"""
_BARE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>A page of somebody</title>
<style>body {{ font-family: sans-serif; margin: 1.5rem 2rem; }}</style>
<h1>{title}</h1>
{body}
<script>
{script}
</script>
</html>
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """What is embedded, the kind of page that embeds it, and "light" or "dark"."""

    what: str
    page: str
    colours: str


PIECES: Mapping[str, Piece] = {
    f"embed-{what}-{page}-{colours}.png": Piece(what, page, colours)
    for page in ("bare", "material")
    for what in HEIGHTS
    for colours in COLOURS
    if (what, page) != ("static", "bare")
}


def take(browser: Chrome, folder: Path) -> dict[str, bytes]:
    """All pictures; `folder` is for what they need."""
    found: dict[str, bytes] = {}
    newsletter = _newsletter(folder.parent / "newsletter")
    with served(newsletter / "archive.json") as server:
        _write(folder, server, newsletter / "section" / "clients" / "feed.json")
        with hosted(folder) as pages:
            for name, piece in PIECES.items():
                found[name] = _picture(browser, f"{pages}/{piece.page}/{piece.what}/", piece, pages)
    return found


def _picture(browser: Chrome, address: str, piece: Piece, site: str) -> bytes:
    chromium.forget(browser, site)
    media = chromium.media(browser, prefers_color_scheme=piece.colours)
    height = HEIGHTS[piece.what] + (_HEAD_OF_MATERIAL if piece.page == "material" else 0)
    with media, chromium.screen(browser, _WIDTH, height):
        browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        chromium.visit(browser, address)
        settled(browser)
        script = "return [...document.querySelectorAll('iframe')].every((each) => each.height)"
        WebDriverWait(browser, 10).until(lambda driver: driver.execute_script(script))
        script = "document.fonts.ready.then(() => requestAnimationFrame(arguments[0]))"
        browser.execute_async_script(script)
        answer = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        return base64.b64decode(answer["data"])


def _body(what: str, server: str) -> str:
    match what:
        case "frame":
            address = f"{server}/embed/section/clients/?limit=5"
            return f'<iframe src="{address}" title="News" width="100%" frameborder="0"></iframe>'
        case "picture":
            return f'<img src="{server}/embed/section/clients.svg" alt="News">'
        case "static":
            return '{{ feed(src="feeds/clients.json", limit=4) }}'
    source = f"{server}/section/clients/feed.json"
    return (
        f'<script type="module" src="{server}/embed.js"></script>\n'
        f'<twim-feed src="{source}" layout="{what}" limit="4"></twim-feed>'
    )


def _newsletter(folder: Path) -> Path:
    """Build the newsletter; the folder of its site."""
    shutil.copytree(DATA, folder / "docs" / "blog")
    config: dict[str, object] = {
        "site_name": "This Week in Chat",
        "site_url": "https://chat.example/",
        "theme": {"name": "mkdocs"},
        "plugins": [{"twim": {}}],
    }
    return _built(folder, config)


def _built(folder: Path, config: dict[str, object]) -> Path:
    path = folder / "mkdocs.yml"
    path.write_text(yaml.safe_dump(config), "utf-8")
    loaded = load_config(str(path))
    loaded.plugins.on_startup(command="build", dirty=False)
    mkdocs_build(loaded)
    return Path(loaded.site_dir)


def _write(folder: Path, server: str, feed: Path) -> None:
    """Write the pages that embed what the server has, and what stands in a file of a feed."""
    for what in HEIGHTS:
        if what != "static":
            page = folder / "bare" / what / "index.html"
            page.parent.mkdir(parents=True)
            body = _body(what, server)
            page.write_text(_BARE.format(title=_TEXT[what], body=body, script=_SCRIPT), "utf-8")
    source = folder.parent / "material"
    (source / "docs").mkdir(parents=True)
    (source / "feeds").mkdir()
    shutil.copy(feed, source / "feeds" / "clients.json")
    (source / "docs" / "frames.js").write_text(_SCRIPT, "utf-8")
    for what in HEIGHTS:
        text = f"---\nhide: [toc, navigation]\n---\n# {_TEXT[what]}\n\n{_body(what, server)}\n"
        (source / "docs" / f"{what}.md").write_text(text, "utf-8")
    schemes = {"light": "default", "dark": "slate"}
    palette = [
        {"media": f"(prefers-color-scheme: {colours})", "scheme": scheme, "primary": "teal"}
        for colours, scheme in schemes.items()
    ]
    config: dict[str, object] = {
        "site_name": "A site of somebody",
        "site_url": "https://somebody.example/",
        "site_dir": str(folder / "material"),
        "theme": {"name": "material", "font": False, "palette": palette},
        "plugins": ["twim"],
        "extra_javascript": ["frames.js"],
    }
    _built(source, config)
