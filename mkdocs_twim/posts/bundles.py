"""Posts that are folders: what is beside their `index.md` goes where they go (zola.md Z12.12)."""

from __future__ import annotations

import posixpath

from mkdocs.structure.files import File, Files

from mkdocs_twim.content import dates
from mkdocs_twim.errors import AddressError
from mkdocs_twim.markup import addresses
from mkdocs_twim.posts.source import PostSource


class Bundles:
    """The bundles of one build: the address of each folder."""

    def __init__(self) -> None:
        self._addresses: dict[str, str] = {}

    def note(self, file: File, source: PostSource | None) -> None:
        """Remember where the page of a post goes; of a broken one where it probably would.

        A link to what is beside it isn't to be told as one that leads nowhere.
        """
        if not addresses.is_bundle(file.src_uri):
            return
        folder = posixpath.dirname(file.src_uri)
        _, stem = dates.from_stem(posixpath.basename(folder))
        try:
            address = source.address if source else addresses.zola(file.src_uri, stem, None)
        except AddressError:
            # Then they stay where they are.
            return
        self._addresses[folder] = address

    def move(self, files: Files) -> None:
        """Give the files of bundles their addresses."""
        for file in files:
            if file.is_documentation_page():
                continue
            folder = self._around(file.src_uri)
            if folder is not None:
                address = self._addresses[folder] + file.src_uri.removeprefix(f"{folder}/")
                file.dest_uri = address[1:]
                file.url = addresses.url(address)

    def _around(self, src_uri: str) -> str | None:
        """The folder of the bundle that a file is in, at any depth; of two, the inner one."""
        folder = posixpath.dirname(src_uri)
        while folder and folder not in self._addresses:
            folder = posixpath.dirname(folder)
        return folder or None
