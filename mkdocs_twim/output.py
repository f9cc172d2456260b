"""The files of a site's feeds, written into the folder of the built site."""

from __future__ import annotations

from pathlib import Path

from feedserver import export
from feedserver.model import Archive


def write(archive: Archive, site_dir: str) -> None:
    """Write all feeds, the catalogue, the redirects and, last, the archive.

    What a site's own `_redirects` says comes before ours.
    """
    folder = Path(site_dir)
    path = folder / "_redirects"
    own = path.read_bytes().rstrip(b"\n") + b"\n" if path.is_file() else b""
    export.write(archive, archive.site.url, folder)
    if own and archive.redirects:
        path.write_bytes(own + path.read_bytes())
