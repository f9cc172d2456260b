"""What stands behind a peer's address: a feed, or a page that leads to one.

A server of this project and a site that its plugin built both have an archive below their address;
of any other site it is the first feed that the page names in its head.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from feedserver.errors import FetchError
from feedserver.foreign.network import host_of
from feedserver.formats import archive, atom, jsonfeed, rss
from feedserver.sources.fetching import Fetched, Fetcher, Validators
from feedserver.text import urls

_MOST = 300_000
"""How many bytes of a page are looked at."""
_NO_MARKUP = re.compile(
    r"(?is)<!--.*?(?:-->|\Z)|<(script|style|title|noscript|template)\b.*?(?:</\1|\Z)"
)
_HEAD_END = re.compile(r"(?i)</head|<(?!(?:html|head|meta|link|base)[\s/>])[a-z]")
"""Any other element begins the body, in which anybody's may stand."""
_LINK = re.compile(r"(?i)<link\b([^<>]{0,1000})>")
_ATTRIBUTE = re.compile(r"""(?<![\w:-])([\w:-]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")
_TYPES = (jsonfeed.MEDIA_TYPE, atom.MEDIA_TYPE, rss.MEDIA_TYPE)
"""What a page may name, and of several what is taken."""
_PAGES = ("text/html", "application/xhtml+xml")
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
        for candidate in _candidates(found, address):
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


def is_own(home: str, address: str, fetcher: Fetcher) -> bool:
    """Whether a feed is that of the site of a home page: the page names it, at its own host.

    Raises:
        FetchError: the page can't be had.
    """
    page = fetcher.fetch(home, Validators())
    return host_of(page.address) == host_of(home) and _leads_to(page, address)


def _leads_to(page: Fetched, address: str) -> bool:
    """Whether a page names the feed at an address in its head; of an archive, anything beside it.

    A site names the feeds of its server, and not the archive.
    """
    folder, _, file = address.rpartition("/")
    return any(
        link == address or (file == archive.FILE and link.startswith(f"{folder}/"))
        for _, link in named(page)
    )


def is_page(fetched: Fetched) -> bool:
    """Whether what was fetched is a page for people; some servers say that of feeds, too."""
    start = (fetched.body or b"")[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<html" in start or start.startswith(b"<!doctype html"):
        return not start.startswith((b"{", b"<rss", b"<feed"))
    kind = (fetched.content_type or "").partition(";")[0].strip().lower()
    return kind in _PAGES and not start.startswith((b"{", b"<?xml", b"<rss", b"<feed", b"<rdf"))


def _candidates(fetched: Fetched, address: str) -> Iterator[str]:
    """Where the feed of a page may be, which was asked for at an address; none if it is a feed."""
    if not is_page(fetched):
        return
    for place in dict.fromkeys((fetched.address, address)):
        parts = urlsplit(place)
        yield f"{parts.scheme}://{parts.netloc}{parts.path.rpartition('/')[0]}/{archive.FILE}"
    feeds = [link for link in named(fetched) if link[0] in _TYPES]
    links = sorted(feeds, key=lambda link: _TYPES.index(link[0]))
    yield from (address for _, address in links[:_TRIES])


def named(fetched: Fetched) -> list[tuple[str, str]]:
    """The media types and addresses of what a page names in its head as another form of it."""
    found = []
    for given in links(fetched.body or b""):
        if "alternate" in given.get("rel", "").lower().split():
            media_type = given.get("type", "").partition(";")[0].strip().lower()
            if address := urls.absolute(given.get("href", ""), fetched.address):
                found.append((media_type, address))
    return found


def links(page: bytes) -> Iterator[Mapping[str, str]]:
    """The attributes of the links in a page's head, of which the first of a name counts.

    By patterns, and of its beginning: a parser of HTML can be made to take minutes.
    """
    text = page[:_MOST].decode("utf-8", "replace")
    head = _HEAD_END.split(_NO_MARKUP.sub("", text), maxsplit=1)[0]
    for link in _LINK.finditer(head):
        given: dict[str, str] = {}
        for each in _ATTRIBUTE.finditer(link[1]):
            value = html.unescape(each[2] or each[3] or each[4] or "").strip()
            given.setdefault(each[1].lower(), value)
        yield given
