"""What pages of others show of a feed, over HTTP: component, page for a frame, picture, oEmbed.

`/embed.js`, `/embed/<feed's folder>/`, `/embed/<feed's folder>.svg`, `/oembed`. A site's files
don't replace them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from urllib.parse import quote

from starlette.responses import Response
from starlette.types import ASGIApp

from feedserver.embed import component, oembed, picture, snippets
from feedserver.embed import widget as widgets
from feedserver.embed.widget import Row, Widget
from feedserver.errors import ParameterError
from feedserver.feeds import parameters
from feedserver.feeds.choices import short_title
from feedserver.feeds.parameters import WHOLE, Slice
from feedserver.http.problems import Problem
from feedserver.http.proxies import prefix_of
from feedserver.model import Feed
from feedserver.pages import templates
from feedserver.store.snapshots import Snapshot
from feedserver.text.words import FALLBACK, Words
from feedserver.web.feeds import Feeds
from feedserver.web.folder import SAFE, moved
from feedserver.web.routes import Asked

_PICTURE = ".svg"
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    # For pages that are isolated from others (COEP), and embed this all the same.
    "Cross-Origin-Resource-Policy": "cross-origin",
}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'none'; base-uri 'none'"
)
"""Of pages for frames and of those that say what is wrong with their address, which alone may stand
in others.

Nothing is said of `frame-ancestors`: even `*` would leave out files and applications, whose pages
aren't of http.
"""
FRAMING: Mapping[str, str] = {
    **HEADERS,
    # All that they show is the server's own, so pages that are isolated may frame them too.
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Content-Security-Policy": POLICY,
}
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
PICTURE_PARAMETERS = tuple(name for name in widgets.PARAMETERS if name != "layout")


class Embedding:
    """Answers requests for what is embedded."""

    def __init__(self, documents: Feeds) -> None:
        self._documents = documents

    async def script(self, asked: Asked) -> ASGIApp:
        """The component. A query is of no matter: some put one there to get past a cache."""
        script = component.component()
        answer = Response(script.body, headers=dict(HEADERS), media_type=script.media_type)
        return await self._documents.answer_page(asked, answer)

    async def oembed(self, asked: Asked) -> ASGIApp:
        """What embeds the feed at an address.

        Raises:
            ParameterError, EntryNotFoundError, Problem: the request is a wrong one.
        """
        wanted = oembed.parse(self._documents.pairs(asked.request))
        if asked.network is None or oembed.find(asked.snapshot.index, asked.base, wanted.url):
            return await self._made(asked, partial(_oembed, asked.snapshot, asked.base, wanted))
        make = partial(_oembed, asked.network.store.snapshot, asked.base, wanted)
        # It isn't of what is served at this address, and would outlive it.
        return await self._documents.answer_page(asked, await asked.made(make), kept=False)

    async def root(self, asked: Asked) -> ASGIApp:
        """To the page for frames of all posts, whose address ends in a slash.

        Raises:
            Problem: there are none.
        """
        return _elsewhere(asked, "", is_picture=False)

    async def page(self, asked: Asked) -> ASGIApp:
        """The page for frames of a feed.

        Raises:
            ParameterError, EntryNotFoundError, Problem: the request is a wrong one.
        """
        # What is wrong with a frame's address is said in the frame.
        asked.request.state.framing = FRAMING
        folder = f"/{asked.folder}"
        feed = asked.snapshot.index.feed_at(folder)
        if feed is None:
            return _elsewhere(asked, folder, is_picture=False)
        widget = self._widget(asked, widgets.PARAMETERS)
        make = partial(_page, asked.snapshot, feed, asked.base, widget)
        return await self._made(asked, make, widget.slice)

    async def picture(self, asked: Asked) -> ASGIApp:
        """The picture of a feed. Raises as `page` does."""
        return await self._pictured(asked, f"/{asked.folder}/")

    async def picture_of_all(self, asked: Asked) -> ASGIApp:
        """The picture of all posts. Raises as `page` does."""
        return await self._pictured(asked, "/")

    async def _pictured(self, asked: Asked, folder: str) -> ASGIApp:
        feed = asked.snapshot.index.feed_at(folder)
        if feed is None:
            return _elsewhere(asked, folder, is_picture=True)
        widget = self._widget(asked, PICTURE_PARAMETERS)
        make = partial(_picture, asked.snapshot, feed, asked.base, widget)
        return await self._made(asked, make, widget.slice)

    def _widget(self, asked: Asked, known: tuple[str, ...]) -> Widget:
        pairs = self._documents.pairs(asked.request)
        network = asked.snapshot.index.is_network
        known += parameters.OF_SOURCES if network else ()
        try:
            for name, _ in pairs:
                if name in widgets.PARAMETERS and name not in known:
                    raise ParameterError(name, None, known)
            return widgets.parse(pairs, network=network)
        except ParameterError as error:
            if error.expected is not None:
                raise
            detail = f"There is no parameter {error.parameter!r} here."
            members = {"parameter": error.parameter, "expected": f"one of {', '.join(known)}"}
            raise Problem(HTTPStatus.BAD_REQUEST, detail, members=members) from error

    async def _made(
        self, asked: Asked, make: Callable[[], Response], part: Slice = WHOLE
    ) -> ASGIApp:
        return await self._documents.answer_page(asked, await asked.made(make, part))


def _elsewhere(asked: Asked, folder: str, *, is_picture: bool) -> Response:
    """A redirect: a slash is missing, or the feed was joined to another.

    Raises:
        Problem: there is no such feed.
    """
    index = asked.snapshot.index
    whole = folder if folder.endswith("/") else f"{folder}/"
    target = whole if index.feed_at(whole) else index.archive.redirects.get(whole)
    if target is None or not index.feed_at(target):
        raise Problem(HTTPStatus.NOT_FOUND, "There is no such feed, or it has no entry.")
    end = f"{target.rstrip('/')}{_PICTURE}" if is_picture else target
    return moved(asked.request, f"{asked.prefix}/embed{quote(end, safe=SAFE)}")


def _rows(snapshot: Snapshot, feed: Feed, widget: Widget) -> tuple[Row, ...]:
    index, site = snapshot.index, snapshot.index.archive.site
    locale = Words(site.language).locale
    found = index.page(feed, widget.slice, snapshot.search).entries
    return tuple(widgets.row(entry, feed, site, locale) for entry in found)


def _page(snapshot: Snapshot, feed: Feed, base: str, widget: Widget) -> Response:
    site = snapshot.index.archive.site
    home = snippets.home_address(feed, site, base, widget.part)
    values = {
        "feed": feed,
        "widget": widget,
        "rows": _rows(snapshot, feed, widget),
        "home": home,
        "oembed": oembed.discovery(base, f"{snippets.page(feed, base)}?{widget.query_string()}"),
    }
    prefix = f"{prefix_of(base)}/"
    return templates.page("frame.html", site.language, prefix, values, headers=FRAMING)


def _picture(snapshot: Snapshot, feed: Feed, base: str, widget: Widget) -> Response:
    site = snapshot.index.archive.site
    words = Words(site.language)
    drawing = picture.draw(
        short_title(feed, site),
        site.title,
        _rows(snapshot, feed, widget),
        nothing=words.text("nothing"),
        language=site.language or FALLBACK,
        direction=words.direction,
        theme=widget.theme,
    )
    headers = {**HEADERS, "Content-Security-Policy": PICTURE_POLICY}
    return Response(drawing, headers=headers, media_type=picture.MEDIA_TYPE)


def _oembed(snapshot: Snapshot, base: str, asked: oembed.Request) -> Response:
    media_type = oembed.MEDIA_TYPES.get(asked.format)
    if media_type is None:
        raise Problem(HTTPStatus.NOT_IMPLEMENTED, "There is JSON and XML.")
    found = oembed.find(snapshot.index, base, asked.url)
    if found is None:
        raise Problem(HTTPStatus.NOT_FOUND, "There is no feed at this address.")
    feed, widget = found
    # What follows an entry that isn't there can't be shown.
    snapshot.index.page(feed, replace(widget.slice, text=None))
    body = oembed.document(snapshot.index, base, asked, found)
    return Response(body, headers=dict(HEADERS), media_type=media_type)
