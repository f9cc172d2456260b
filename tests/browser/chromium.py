"""Chromium, as these tests and the screenshots start it, and what can be asked of its pages."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service


def binaries() -> tuple[str, str] | None:
    """Chromium and its driver; `None` if either is absent."""
    binary = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    return (binary, driver) if binary and driver else None


def start(found: tuple[str, str], folder: Path) -> Chrome:
    """Start what `binaries` found; it can reach this machine alone, and writes into `folder`."""
    binary, driver = found
    options = Options()
    options.binary_location = binary
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        # A page takes over the process of the one before, and none is kept in reserve.
        "--disable-features=RenderDocument,SpareRendererForSitePerProcess",
        "--force-device-scale-factor=1",
        # Or pages scroll smoothly, and what is to be clicked isn't yet where it will be.
        "--force-prefers-reduced-motion",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        f"--user-data-dir={folder}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    browser = Chrome(options, Service(driver))
    browser.set_page_load_timeout(60)
    return browser


def visit(browser: Chrome, address: str) -> None:
    """Open a page, with logs that begin there."""
    browser.get("about:blank")
    browser.get_log("performance")
    browser.get_log("browser")
    browser.get(address)


def forget(browser: Chrome, site: str) -> None:
    """Leave the page, and forget what pages of a site have remembered.

    Material keeps the colours in which it was seen first, whatever the browser says later.
    """
    browser.get("about:blank")
    command = {"origin": site, "storageTypes": "local_storage"}
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", command)


def requests(browser: Chrome) -> list[str]:
    """The addresses that were asked for since the last look."""
    messages: list[dict[str, Any]] = [
        json.loads(entry["message"])["message"] for entry in browser.get_log("performance")
    ]
    return [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]


def elsewhere(browser: Chrome, site: str) -> set[str]:
    """The addresses of other sites among them."""
    urls = {url for url in requests(browser) if url.startswith(("http:", "https:"))}
    return {url for url in urls if not url.startswith(site)}


def errors(browser: Chrome) -> list[str]:
    """What the console has of errors since the last look."""
    return [e["message"] for e in browser.get_log("browser") if e["level"] == "SEVERE"]


@contextmanager
def screen(browser: Chrome, width: int, height: int = 800) -> Iterator[None]:
    """A screen of this size, in CSS pixels."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@contextmanager
def media(browser: Chrome, kind: str = "", **features: str) -> Iterator[None]:
    """A medium ("print"), and features of it: `prefers_color_scheme="dark"`."""
    wanted = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
    command = "Emulation.setEmulatedMedia"
    browser.execute_cdp_cmd(command, {"media": kind, "features": wanted})
    try:
        yield
    finally:
        browser.execute_cdp_cmd(command, {"media": "", "features": []})


@contextmanager
def first(browser: Chrome, script: str) -> Iterator[None]:
    """Pages that are opened meanwhile run this script before all of theirs."""
    command = "Page.addScriptToEvaluateOnNewDocument"
    added = browser.execute_cdp_cmd(command, {"source": script})
    try:
        yield
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


@contextmanager
def no_scripts(browser: Chrome) -> Iterator[None]:
    """Pages that are opened meanwhile run none of their scripts."""
    command = "Emulation.setScriptExecutionDisabled"
    browser.execute_cdp_cmd(command, {"value": True})
    try:
        yield
    finally:
        browser.execute_cdp_cmd(command, {"value": False})
