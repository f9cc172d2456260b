"""Pictures of embedded feeds, for the gallery in the documentation; `tests.screenshots` takes them.

The pages that embed are of another origin than the feeds: one without any stylesheet but three
lines, and one on Material.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait

from tests.e2e import chromium
from tests.e2e.embedding import settled
from tests.e2e.serving import hosted, served

HEIGHTS: Mapping[str, int] = {
    "list": 640,
    "compact": 360,
    "cards": 560,
    "frame": 690,
    "picture": 430,
}
"""How high a picture of each is; the two last are on the bare page alone."""
COLOURS = ("light", "dark")
_WIDTH = 800
_LAYOUTS = ("list", "compact", "cards")
_TEXT = {
    "list": "What is new",
    "compact": "In short",
    "cards": "From the newsletter",
    "frame": "In a frame",
    "picture": "As a picture",
}
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
addEventListener("message", ({{ data }}) => {{
  document.querySelector("iframe").height = data.height;
}});
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
    for what in (HEIGHTS if page == "bare" else _LAYOUTS)
    for colours in COLOURS
}


def take(browser: Chrome, archive: Path, folder: Path) -> dict[str, bytes]:
    """All pictures, of a site's archive; `folder` is for what they need."""
    found: dict[str, bytes] = {}
    with served(archive) as server:
        _write(folder, server)
        with hosted(folder) as pages:
            for name, piece in PIECES.items():
                found[name] = _picture(browser, f"{pages}/{piece.page}/{piece.what}/", piece, pages)
    return found


def _picture(browser: Chrome, address: str, piece: Piece, site: str) -> bytes:
    chromium.forget(browser, site)
    media = chromium.media(browser, prefers_color_scheme=piece.colours)
    with media, chromium.screen(browser, _WIDTH, HEIGHTS[piece.what]):
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
            address = f"{server}/embed/updates/?limit=5"
            return f'<iframe src="{address}" title="News" width="100%" frameborder="0"></iframe>'
        case "picture":
            return f'<img src="{server}/embed/updates.svg" alt="News">'
    source = f"{server}/updates/feed.json"
    return (
        f'<script type="module" src="{server}/embed.js"></script>\n'
        f'<twim-feed src="{source}" layout="{what}" limit="{6 if what == "cards" else 4}">'
        "</twim-feed>"
    )


def _write(folder: Path, server: str) -> None:
    """Write the pages that embed what the server has."""
    for what in HEIGHTS:
        page = folder / "bare" / what / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(_BARE.format(title=_TEXT[what], body=_body(what, server)), "utf-8")
    source = folder.parent / "material"
    (source / "docs").mkdir(parents=True)
    for what in _LAYOUTS:
        text = f"---\nhide: [toc, navigation]\n---\n# {_TEXT[what]}\n\n{_body(what, server)}\n"
        (source / "docs" / f"{what}.md").write_text(text, "utf-8")
    schemes = {"light": "default", "dark": "slate"}
    palette = [
        {"media": f"(prefers-color-scheme: {colours})", "scheme": scheme, "primary": "teal"}
        for colours, scheme in schemes.items()
    ]
    config = {
        "site_name": "A site of somebody",
        "site_dir": str(folder / "material"),
        "theme": {"name": "material", "font": False, "palette": palette},
        "plugins": [],
    }
    (source / "mkdocs.yml").write_text(yaml.safe_dump(config), "utf-8")
    mkdocs_build(load_config(str(source / "mkdocs.yml")))
