"""The files that our pages need: stylesheets, scripts, an icon; at `/feeds/style.css` and so on.

A page names each with the digest of its bytes behind it, so a browser may keep it for a year.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

FOLDER = "feeds/"
_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Relative to the package: what frames need stands with the rest of what is embedded.
_FILES = (
    "pages/page.css",
    "pages/style.css",
    "pages/part.css",
    "pages/feeds.js",
    "pages/icon.svg",
    "embed/frame.css",
    "embed/frame.js",
)


@dataclass(frozen=True, slots=True)
class _Asset:
    body: bytes
    media_type: str
    digest: str


def _read(path: Path) -> _Asset:
    body = path.read_bytes()
    if path.name == "part.css":
        # The rules of our pages, nested, so that they are of the part alone.
        rules = path.with_name("style.css").read_bytes().replace(b"rem", b"em")
        body = body.replace(b"/* style.css */", rules)
    return _Asset(body, _TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:16])


_PATHS = [Path(__file__).parents[1] / name for name in _FILES]
_ASSETS = {f"{FOLDER}{path.name}": _read(path) for path in _PATHS}
NAMES = frozenset(_ASSETS)
"""The paths of all, without a slash before them."""


def address(name: str, prefix: str) -> str:
    """Where a page finds the asset `name`; `prefix` is the server's path, with its slashes."""
    path = f"{FOLDER}{name}"
    return f"{prefix}{path}?v={_ASSETS[path].digest}"


def etag(path: str) -> str:
    """The entity tag of one of `NAMES`."""
    return f'"{_ASSETS[path].digest}"'


def respond(path: str, *, known: bool = False) -> Response:
    """Answer with one of `NAMES`, or with 304 if it is `known` to who asks."""
    asset = _ASSETS[path]
    headers = {
        "ETag": etag(path),
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    if known:
        return Response(None, 304, headers)
    return Response(asset.body, headers=headers, media_type=asset.media_type)
