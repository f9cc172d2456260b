"""The pictures that posts name in their front matter: addresses, sizes, and where they are missing.

A picture's size is read from its file, where the site has it; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

import imagesize  # type: ignore[import-untyped]  # it carries no types
from mkdocs.structure.files import File, Files

# By extension: Python's own table lacks some of these on a bare machine.
_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "avif": "image/avif",
        "gif": "image/gif",
        "jpeg": "image/jpeg",
        "jpg": "image/jpeg",
        "png": "image/png",
        "svg": "image/svg+xml",
        "webp": "image/webp",
    }
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture at the head of a page.

    `url` is absolute, `src` what a page links: relative to the site's root where the site has the
    file, else absolute. `width` and `height` are in pixels, `length` in bytes; what isn't known is
    `None`. `alt` is empty if the picture only decorates.
    """

    url: str
    src: str
    alt: str = ""
    type: str | None = None
    length: int | None = None
    width: int | None = None
    height: int | None = None


class Gallery:
    """The pictures among a site's files; `site_url` ends in a slash."""

    def __init__(self, files: Files, site_url: str) -> None:
        self._site_url = site_url
        self._files: Mapping[str, File] = {
            file.dest_uri: file for file in files.media_files() if file.inclusion.is_included()
        }
        self._known: dict[str, Picture] = {}

    def picture(self, url: str, alt: str = "") -> Picture:
        """What is known of the picture at an absolute address."""
        if url not in self._known:
            self._known[url] = self._look(url)
        return replace(self._known[url], alt=alt)

    def _look(self, url: str) -> Picture:
        kind = _TYPES.get(url.partition("?")[0].rpartition(".")[2].lower())
        if not url.startswith(self._site_url):
            return Picture(url, url, type=kind)
        src = url.removeprefix(self._site_url)
        found = Picture(url, src, type=kind)
        file = self._files.get(unquote(urlsplit(src).path))
        if file is None:
            return found
        data = file.content_bytes
        found = replace(found, length=len(data))
        width, height = imagesize.get(BytesIO(data))
        if width > 0 and height > 0:
            found = replace(found, width=round(width), height=round(height))
        return found
