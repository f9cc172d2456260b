"""The pictures that posts name in their front matter: addresses, sizes, and where they are missing.

A picture's size is read from its file, where the site has it; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType

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
            file.url: file for file in files.media_files() if file.inclusion.is_included()
        }

    def picture(self, url: str, alt: str = "") -> Picture:
        """What is known of the picture at an absolute address."""
        kind = _TYPES.get(url.partition("?")[0].rpartition(".")[2].lower())
        if not url.startswith(self._site_url):
            return Picture(url, url, alt, kind)
        src = url.removeprefix(self._site_url)
        file = self._files.get(src)
        if file is None:
            return Picture(url, src, alt, kind)
        data = file.content_bytes
        width, height = imagesize.get(BytesIO(data))
        known = width > 0 and height > 0
        return Picture(
            url,
            src,
            alt,
            kind,
            len(data),
            round(width) if known else None,
            round(height) if known else None,
        )
