"""The web component `<twim-feed>`, as it is served at `/embed.js`.

`./run component` makes it, `embed.min.js`, of `embed.js` beside it: small, and without its
comments. docs/reference/embed.md says what it does.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

MEDIA_TYPE = "text/javascript; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Component:
    """The script; `digest` is of its bytes, in hexadecimal digits."""

    body: bytes
    media_type: str
    digest: str


@cache
def component() -> Component:
    """Read the script; the same bytes for a version of this package."""
    body = files("feedserver").joinpath("embed", "embed.min.js").read_bytes()
    return Component(body, MEDIA_TYPE, hashlib.sha256(body).hexdigest())
