"""The calls of the shortcode `feed`: a feed's entries on a page of the site.

A call leaves its place in the page's HTML, which is filled late: the entries are known when all
posts are rendered, and the search isn't to find everything twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from html import unescape

from mkdocs.structure.pages import Page
from mkdocs.utils.templates import TemplateContext

from feedserver.feeds.index import Index
from feedserver.model import Feed
from mkdocs_twim.errors import PeerError, ShortcodeError, TwimError
from mkdocs_twim.markup import addresses
from mkdocs_twim.shortcodes import entryviews, tokens
from mkdocs_twim.shortcodes.arguments import Value
from mkdocs_twim.shortcodes.calls import Call
from mkdocs_twim.shortcodes.entryviews import OwnEntries
from mkdocs_twim.shortcodes.library import FEED, Library
from mkdocs_twim.shortcodes.peers import Peers
from mkdocs_twim.templating import views
from mkdocs_twim.templating.parts import Parts
from mkdocs_twim.templating.views import CalledFeed
from mkdocs_twim.templating.words import Words

_PLACE = re.compile(r'<div\b[^<>]*?\sdata-twim-feed=(["\'])([^"\'<>]*)\1[^<>]*>\s*</div>')


class FeedCalls:
    """The calls of one build. `problems` says what is wrong with them.

    A preview that `is_cut` may lack a feed: then nothing stands there.
    """

    def __init__(
        self,
        calls: Iterable[Call],
        library: Library,
        own: OwnEntries,
        peers: Peers,
        words: Words,
        is_cut: bool = False,
    ) -> None:
        self._own = own
        self._peers = peers
        self._words = words
        self._is_cut = is_cut
        self._feeds: dict[str, CalledFeed] = {}
        self.problems: list[TwimError] = []
        for call in calls if library.is_built_in(FEED) else ():
            if call.name == FEED:
                self._take(call, library.arguments(call))

    def fill(self, page: Page, context: TemplateContext, parts: Parts) -> None:
        """Put the entries into a page's content; it may be that of another, as in lists."""
        if not self._feeds or "data-twim-feed" not in (page.content or ""):
            return

        def entries(place: re.Match[str]) -> str:
            # What an author wrote by hand leads nowhere, with a reference to the character too.
            mark, key = place[2][:1], unescape(place[2][1:])
            feed = self._feeds.get(key) if mark == tokens.PLACE else None
            return parts.render("feed.html", page, dict(context), feed=feed) if feed else ""

        page.content = _PLACE.sub(entries, page.content or "")

    def _take(self, call: Call, arguments: Mapping[str, Value]) -> None:
        folder = addresses.feed_folder(str(arguments["src"]))
        if self._is_cut and folder is not None and _find(self._own.index, folder) is None:
            return
        try:
            feed = self._called(arguments)
        except PeerError as error:
            message = f"'{FEED}': src: {error.message}{self._hint(str(arguments['src']))}"
            self.problems.append(
                ShortcodeError(message, path=call.path, line=call.line, column=call.column)
            )
        else:
            self._feeds[f"{call.nth} {call.path}"] = feed

    def _called(self, arguments: Mapping[str, Value]) -> CalledFeed:
        src, limit = str(arguments["src"]), int(str(arguments["limit"]))
        images, layout = bool(arguments["images"]), str(arguments["layout"])
        heading = str(arguments["title"]) or None
        folder = addresses.feed_folder(src)
        if folder is None:
            peer = self._peers.read(src)
            entries = entryviews.of_peer(peer, limit, images=images)
            language = peer.site.language
            return CalledFeed(peer.title, peer.url, heading, layout, entries, language)
        feed = _find(self._own.index, folder)
        if feed is None:
            raise PeerError(f"the site has no feed '{folder}'")
        entries = self._own.of(feed, limit, images=images)
        view = views.feed(feed, self._own.index, self._words)
        return CalledFeed(view.title, view.url, heading, layout, entries)

    def _hint(self, src: str) -> str:
        """The feed or the file that was likely meant."""
        folder = addresses.feed_folder(src)
        file = src.rpartition("/")[2] if folder is None else ""
        named = addresses.feed_folder(f"/{src}") if folder is None else folder
        paths = [feed.path for feed in self._own.index.feeds]
        close = get_close_matches(named or "", paths, n=1, cutoff=0.7)
        if not close:
            close = list(_ending(folder or "", paths))[:1]
        shown = f"{close[0]}{file}" if close and file and close[0] == named else "".join(close)
        return f"; did you mean '{shown}'?" if shown else ""


def _find(index: Index, folder: str) -> Feed | None:
    """A feed by its folder, which may be that of a section or project that was joined to it."""
    return index.feed_at(folder) or index.feed_at(index.archive.redirects.get(folder, ""))


def _ending(folder: str, paths: Iterable[str]) -> Iterator[str]:
    """The feeds whose last part is that of a folder: "clients" is "/section/clients/"."""
    last = folder.rstrip("/").rpartition("/")[2]
    return (path for path in paths if last and path.endswith(f"/{last}/"))
