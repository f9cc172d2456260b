"""A browser, and sites served by the real server."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from tests.conftest import absent
from tests.sites import build, issue, post

VIDEO = "dQw4w9WgXcQ"
BODY = f"""\
## Video

{{{{ youtube_player(video_id="{VIDEO}", start=30) }}}}

{{{{ youtube_player(video_id="abcdefghijk", noscript_text="The second") }}}}

{{{{ figure(img="/img/a.svg" caption="A *caption*" alt="A square") }}}}

| {" | ".join(f"column {n}" for n in range(12))} |
|{"---|" * 12}
| {" | ".join("a value" for n in range(12))} |

```python
print("a line of code that is much wider than any telephone", "and goes on", "and on")
```
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"/>'
FILES: dict[str, str | bytes] = {
    "index.md": "# Home\n\n[The video](blog/video.md)\n",
    "blog/video.md": post("A video", BODY),
    "blog/one.md": issue(1),
    "img/a.svg": SVG,
    "img/a.png": b"",
}


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a built site on a free port; the address, without a slash at its end."""
    command = [sys.executable, "-m", "feedserver", "serve", str(folder), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
    assert process.stdout is not None
    try:
        match = re.search(r"http://[\d.]+:\d+", process.stdout.readline())
        assert match
        yield match[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()
        assert process.returncode == 0


@pytest.fixture(scope="session", params=["material", "mkdocs", "readthedocs"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site with a video, on each theme."""
    theme: dict[str, object] = {"name": request.param}
    if request.param == "material":
        theme |= {"font": False, "features": ["navigation.instant"]}
    else:
        # Their own code highlighting is fetched from elsewhere.
        theme |= {"highlightjs": False}
    built = build(tmp_path_factory.mktemp(request.param), FILES, theme=theme, strict=True)
    with served(built.folder) as address:
        yield address


def _options(folder: Path) -> Options:
    binary = shutil.which("chromium") or shutil.which("chromium-browser")
    if binary is None or shutil.which("chromedriver") is None:
        absent("Chromium with its driver")
    options = Options()
    options.binary_location = str(binary)
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--user-data-dir={folder}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    return options


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """Chromium, which can reach this machine alone."""
    options = _options(tmp_path_factory.mktemp("chromium"))
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    driver.set_page_load_timeout(60)
    yield driver
    driver.quit()
