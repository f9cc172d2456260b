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
    "page.css": "text/css; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "part.css": "text/css; charset=utf-8",
    "feeds.js": "text/javascript; charset=utf-8",
    "frame.css": "text/css; charset=utf-8",
    "frame.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class _Asset:
    body: bytes
    media_type: str
    digest: str


def _read(name: str, media_type: str) -> _Asset:
    folder = Path(__file__).parents[1] / "assets"
    body = (folder / name).read_bytes()
    if name == "part.css":
        # The rules of our pages, nested, so that they are of the part alone.
        rules = (folder / "style.css").read_bytes().replace(b"rem", b"em")
        body = body.replace(b"/* style.css */", rules)
    return _Asset(body, media_type, hashlib.sha256(body).hexdigest()[:16])


_ASSETS = {f"{FOLDER}{name}": _read(name, media_type) for name, media_type in _TYPES.items()}
NAMES = frozenset(_ASSETS)
"""The paths of all, without a slash before them."""


def address(name: str, prefix: str) -> str:
    """Where a page finds the asset `name`; `prefix` is the server's path, with its slashes."""
    path = f"{FOLDER}{name}"
    return f"{prefix}{path}?v={_ASSETS[path].digest}"


def respond(path: str, known: str | None = None) -> Response:
    """Answer with one of `NAMES`, or with 304 if `known`, the header If-None-Match, has it."""
    asset = _ASSETS[path]
    headers = {
        "ETag": f'"{asset.digest}"',
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    if known is not None and f'"{asset.digest}"' in known:
        return Response(None, 304, headers)
    return Response(asset.body, headers=headers, media_type=asset.media_type)
