"""Pictures of the documentation's site, for the documentation: `python -m tests.screenshots`.

They show the viewport and nothing that differs from run to run: the dates of the build are fixed,
nothing moves, and no scroll bars stand in them. Fonts are those of the machine.
"""

from __future__ import annotations

import base64
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from selenium.webdriver import Chrome

from tests import gallery, roomview
from tests.browser import chromium
from tests.browser.serving import hosted
from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "img" / "screenshots"
# When the newest of the posts has just come out.
BUILT_AT = "1795478400"
DESKTOP = (1280, 900)
PHONE = (390, 844)

READY = """
const done = arguments[arguments.length - 1];
const seen = [...document.images].filter((image) => {
  const {top, bottom} = image.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
});
Promise.all([document.fonts.ready, ...seen.map((image) => image.decode())]).then(
  () => requestAnimationFrame(() => requestAnimationFrame(() => done(""))),
  (error) => done(String(error)),
);
"""


@dataclass(frozen=True, slots=True)
class Shot:
    """A page of the site, the size of the screen, and "light" or "dark"."""

    path: str
    size: tuple[int, int] = DESKTOP
    colours: str = "light"


SHOTS: Mapping[str, Shot] = {
    "blog-light.png": Shot("/blog/"),
    "blog-dark.png": Shot("/blog/", colours="dark"),
    "blog-phone.png": Shot("/blog/", PHONE),
    "post-light.png": Shot("/blog/2026/11/13/this-month-in-twim/"),
    "section-light.png": Shot("/section/feeds/"),
    "projects-light.png": Shot("/project/"),
    "project-phone.png": Shot("/project/feedserver/", PHONE),
    "project-phone-dark.png": Shot("/project/feedserver/", PHONE, "dark"),
    "room-light.png": Shot(f"/{roomview.NAME}", (900, 590)),
    "feeds-light.png": Shot("/feeds/"),
    "feeds-dark.png": Shot("/feeds/", colours="dark"),
}


def picture(browser: Chrome, site: str, shot: Shot) -> bytes:
    """What a page looks like, as a PNG."""
    chromium.forget(browser, site)
    media = chromium.media(browser, prefers_color_scheme=shot.colours)
    with media, chromium.screen(browser, *shot.size):
        browser.execute_cdp_cmd("Emulation.setScrollbarsHidden", {"hidden": True})
        chromium.visit(browser, site + shot.path)
        if wrong := browser.execute_async_script(READY):
            raise RuntimeError(f"{shot.path}: {wrong}")
        if wrong := chromium.errors(browser):
            raise RuntimeError(f"{shot.path}: {wrong}")
        answer = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        return base64.b64decode(answer["data"])


def main() -> int:
    """Build the documentation, and write all pictures; the exit code."""
    found = chromium.binaries()
    if found is None:
        print("screenshots: Chromium with its driver is needed", file=sys.stderr)
        return 2
    os.environ["SOURCE_DATE_EPOCH"] = BUILT_AT
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        site = Path(temporary) / "site"
        mkdocs_build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(site)))
        (site / roomview.NAME).write_text(roomview.page(site), "utf-8")
        browser = chromium.start(found, Path(temporary) / "chromium")
        try:
            with hosted(site) as address:
                # The first page of a fresh browser is drawn a little differently.
                picture(browser, address, SHOTS["blog-light.png"])
                for name, shot in SHOTS.items():
                    (FOLDER / name).write_bytes(picture(browser, address, shot))
            embedded = gallery.take(browser, Path(temporary) / "gallery" / "site")
            for name, data in embedded.items():
                (FOLDER / name).write_bytes(data)
        finally:
            browser.quit()
    print(f"screenshots: {len(SHOTS) + len(embedded)} in {FOLDER.relative_to(ROOT)}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
