"""The web component `<twim-feed>`, as it is served at `/embed.js`.

The script stands in `assets/embed.js` with its comments, which are for us: pages of others get it
without them, so that it is small. docs/reference/embed.md says what it does.
"""

from __future__ import annotations

import hashlib
import re
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
    text = files("feedserver").joinpath("assets", "embed.js").read_text("utf-8")
    # Lines that are a comment, and the space before all others.
    body = re.sub(r"(?m)^ *(?://.*\n)?", "", text).lstrip().encode("utf-8")
    return Component(body, MEDIA_TYPE, hashlib.sha256(body).hexdigest())
