"""The files of a site's feeds, written into the folder of the built site."""

from __future__ import annotations

import os
from pathlib import Path

from feedserver import export
from feedserver.model import Archive


def write(archive: Archive, site_dir: str) -> None:
    """Write all feeds, the catalogue, the redirects and, last and at once, the archive.

    A running server takes the archive as the sign that a build is complete. What a site's own
    `_redirects` says comes before ours.
    """
    root = Path(site_dir)
    for name, data in export.files(archive, archive.site.url):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name == "_redirects" and path.exists():
            data = path.read_bytes().rstrip(b"\n") + b"\n" + data
        unfinished = path.with_name(f".{path.name}.unfinished")
        unfinished.write_bytes(data)
        os.replace(unfinished, path)
