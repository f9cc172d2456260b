"""What stands behind a peer's address: a feed, or a page that leads to one.

A server of this project and a site that its plugin built both have an archive below their address;
of any other site it is the first feed that the page names in its head.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from feedserver.errors import FetchError
from feedserver.formats import archive, atom, jsonfeed, rss
from feedserver.sources.fetching import Fetched, Fetcher, Validators

_MOST = 2_000_000
"""A page with more bytes isn't looked at."""
_TYPES = (jsonfeed.MEDIA_TYPE, atom.MEDIA_TYPE, rss.MEDIA_TYPE)
"""What a page may name, and of several what is taken."""
_TRIES = 3


class Looking:
    """A fetcher that fetches what stands behind an address, once it knows where that is."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._places: dict[str, str] = {}

    def fetch(self, address: str, known: Validators) -> Fetched:
        """Fetch the feed of a peer.

        Raises:
            FetchError: it can't be had, or there is none.
        """
        # What can't be had, or is a feed no more, is looked for again.
        if place := self._places.pop(address, None):
            found = self._fetcher.fetch(place, known)
            if not is_page(found):
                self._places[address] = place
                return found
        # What is known is of the feed, and not of the page that leads to it.
        found = self._fetcher.fetch(address, Validators())
        for candidate in _candidates(found):
            try:
                found = self._fetcher.fetch(candidate, Validators())
            except FetchError:
                continue
            if not is_page(found):
                break
        if is_page(found):
            raise FetchError(f"{address}: it has no feed, nor does it lead to one")
        self._places[address] = found.address
        return found


def is_page(fetched: Fetched) -> bool:
    """Whether what was fetched is a page for people."""
    kind = (fetched.content_type or "").partition(";")[0].strip().lower()
    if kind in ("text/html", "application/xhtml+xml"):
        return True
    start = (fetched.body or b"")[:500].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html"))


def _candidates(fetched: Fetched) -> Iterator[str]:
    """Where the feed of a page may be; nowhere else, if it is a feed itself."""
    if not is_page(fetched):
        return
    parts = urlsplit(fetched.address)
    folder = f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/')[0]}/"
    yield f"{folder}{archive.FILE}"
    links = sorted(named(fetched), key=lambda link: _TYPES.index(link[0]))
    yield from (address for _, address in links[:_TRIES])


def named(fetched: Fetched) -> list[tuple[str, str]]:
    """The media types and addresses of the feeds that a page names."""
    body = fetched.body or b""
    if len(body) > _MOST:
        return []
    found = []
    for link in LexborHTMLParser(body).css("link[rel][href]"):
        given = link.attributes
        relations = (given.get("rel") or "").lower().split()
        media_type = (given.get("type") or "").partition(";")[0].strip().lower()
        if "alternate" in relations and media_type in _TYPES:
            try:
                found.append((media_type, urljoin(fetched.address, given.get("href") or "")))
            except ValueError:
                continue
    return found
