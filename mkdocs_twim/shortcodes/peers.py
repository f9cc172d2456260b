"""Feeds of other sites in files that were fetched before: nothing is fetched in a build.

The paths are relative to the folder of mkdocs.yml, as those of the options are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from feedserver.errors import ArchiveError, ForeignError
from feedserver.foreign import reading
from feedserver.foreign.reading import Options
from feedserver.formats import archive, decoding
from feedserver.model import Entry, Site
from feedserver.newsletter.order import feed_order
from feedserver.text import html, urls
from mkdocs_twim.errors import PeerError
from mkdocs_twim.markup import addresses
from mkdocs_twim.templating.views import Link

# An issue is shown as the post that it is.
_OPTIONS = Options(issues=())
_NEAR = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Peer:
    """A feed of another site: what it is called, the page that it is of, and its entries.

    The entries are posts, newest first; of a feed of updates they are updates.
    """

    title: str
    url: str
    site: Site
    entries: tuple[Entry, ...]


class Peers:
    """The files of one build; each is read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Peer | PeerError] = {}

    def read(self, name: str) -> Peer:
        """Read a file.

        Raises:
            PeerError: it isn't there, lies elsewhere, or is no feed.
        """
        if name not in self._known:
            try:
                self._known[name] = self._peer(name)
            except PeerError as error:
                self._known[name] = error
        found = self._known[name]
        if isinstance(found, PeerError):
            raise PeerError(found.message)
        return found

    def link(self, permalink: Callable[[str], str], src: str, title: str) -> Link:
        """What stands in feeds for a call of `feed`: a link, so that no entry holds others.

        It says nothing of what is in the feed, or the entry would change with each of those.
        `permalink` makes an address of the site absolute.
        """
        folder = addresses.feed_folder(src)
        if folder is not None:
            return Link(title or permalink(folder), permalink(folder))
        try:
            peer = self.read(src)
        except PeerError:
            # `feedcalls` tells of it, and stops the build.
            return Link(title or src, None)
        return Link(title or peer.title, peer.url)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that were asked for, there or not."""
        return tuple(self._folder / name for name in self._known)

    def _peer(self, name: str) -> Peer:
        path = self._folder / name
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise PeerError(f"the file '{name}' is not below the folder of mkdocs.yml")
        if path.is_dir():
            raise PeerError(f"'{name}' is a folder: name a feed's file in it")
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise PeerError(f"there is no file '{name}' below the folder of mkdocs.yml") from None
        except OSError as error:
            raise PeerError(f"the file '{name}' can't be read: {error.strerror}") from error
        try:
            return _read(data)
        except (ArchiveError, ForeignError) as error:
            raise PeerError(f"the file '{name}' is no feed: {error}") from error


def _in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries that come newest first, but the parts of one page as they stand on it.

    The updates of one issue are dated a second after one another; Atom and RSS say nothing else of
    their order.
    """
    runs: list[list[Entry]] = []
    for entry in entries:
        if runs and entry.update is None and _are_parts(runs[-1][-1], entry):
            runs[-1].append(entry)
        else:
            runs.append([entry])
    return tuple(entry for run in runs for entry in reversed(run))


def _are_parts(later: Entry, earlier: Entry) -> bool:
    page, fragment, _ = earlier.url.partition("#")
    near = later.published - earlier.published < _NEAR
    return bool(fragment) and later.url.startswith(f"{page}#") and near


class _Top(Struct):
    title: str = ""
    home_page_url: str = ""


def _read(data: bytes) -> Peer:
    found = reading.read(data, _OPTIONS).archive
    posts = [entry for entry in found.entries if entry.update is None]
    entries = _in_order(feed_order(posts or found.entries))
    peer = Peer(found.site.title, found.site.url, found.site, entries)
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start.startswith(b"{") or archive.is_archive(start := decoding.mend(start)):
        return peer
    # Of one of our feeds `reading` tells the site.
    top = decoding.typed(decoding.read(start), _Top)
    title = html.one_line(top.title)
    url = urls.absolute(top.home_page_url, "")
    if url is None or not url.startswith(("http://", "https://")):
        url = peer.url
    return replace(peer, title=title or peer.title, url=url)
