"""The Nu HTML checker finds no error on our pages that the theme alone doesn't make."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.browser.conftest import Site
from tests.browser.letters import BARE, PAGES


def _check(nu: list[str], paths: Iterable[Path]) -> list[tuple[Path, str, str]]:
    """The errors in files: where, what, and the piece of HTML that it is about."""
    command = [*nu, "--format", "json", "--errors-only", "--stdout", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    messages: list[dict[str, Any]] = json.loads(done.stdout)["messages"]
    assert done.returncode in (0, 1), done.stderr
    return [(_path(message), message["message"], _piece(message)) for message in messages]


def _path(message: dict[str, Any]) -> Path:
    return Path(unquote(urlsplit(message["url"]).path))


def _piece(message: dict[str, Any]) -> str:
    extract: str = message.get("extract", "")
    start = message.get("hiliteStart", 0)
    piece = extract[start : start + message.get("hiliteLength", len(extract))]
    # Addresses of the theme's own links are relative to the page that they stand on.
    return re.sub(r'"(?:\.\./|\./)*\.?/?', '"', " ".join(piece.split()))


def test_our_html_is_without_error(nu: list[str], letters: Site) -> None:
    bare = {letters.folder / path.strip("/") / "index.html" for path in BARE}
    pages = set(letters.folder.rglob("*.html"))
    assert bare < pages and len(pages) > len(BARE) + len(PAGES)
    found = _check(nu, sorted(pages))
    theirs = {(what, piece) for path, what, piece in found if path in bare}
    left = [
        f"{path.relative_to(letters.folder)}: {what}: {piece}"
        for path, what, piece in found
        if (what, piece) not in theirs
    ]
    assert left == [], "\n".join(left)


def test_an_error_is_found(nu: list[str], tmp_path: Path) -> None:
    page = tmp_path / "ä page.html"
    start = '<!doctype html><html lang="en"><title>A</title>'
    page.write_text(f'{start}<p><a href="../b"><a href="./c">x</a></a><ul><p>y</p></ul>', "utf-8")
    found = _check(nu, [page])
    assert {path for path, _, _ in found} == {page}
    assert any("Element “p” not allowed as child of element “ul”" in what for _, what, _ in found)
    assert all("./" not in piece for _, _, piece in found)
