"""The documents of the archive over HTTP: feeds, the catalogue, the archive itself.

Here a request is answered for the first time; `http/` answers those that are like it. A browser
that opens a feed's address gets a page about the feed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from feedserver.errors import ParameterError
from feedserver.feeds import documents, parameters
from feedserver.feeds.parameters import WHOLE, Slice
from feedserver.formats.formats import FORMATS
from feedserver.http.conditions import joined
from feedserver.http.problems import Problem, wants_page
from feedserver.http.representations import (
    BY_ENCODING,
    BY_TYPE,
    Also,
    Content,
    Representation,
    Representations,
    stream,
)
from feedserver.model import Feed
from feedserver.settings.settings import Settings
from feedserver.store.snapshots import Snapshot
from feedserver.web import openapi
from feedserver.web.limits import too_many_parameters
from feedserver.web.routes import Asked

FeedPage = Callable[[Snapshot, Feed, str, str, Slice], Response]
"""Makes the page of a slice: of the snapshot, the feed, the server's base, the document's name.

It is called in the thread that renders. Raises `EntryNotFoundError`.
"""

_MADE_HERE = frozenset({"content-type", "content-length", "etag", "cache-control", "vary"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A representation as the answer to a request."""

    representation: Representation
    headers: Mapping[bytes, bytes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.representation.answer(scope["method"], self.headers, send)


class Feeds:
    """Answers requests for documents, and remembers the answers."""

    def __init__(self, settings: Settings, page: FeedPage) -> None:
        self._settings = settings
        self._page = page
        self._representations = Representations()
        self._openapi = _content(openapi.document(), "application/json")

    async def feed(self, asked: Asked) -> ASGIApp | None:
        """A feed, to a person its page; `None` if there is none.

        Raises:
            ParameterError, EntryNotFoundError, Problem: the request is a wrong one.
        """
        part = self.part(asked)
        if wants_page(asked.request):
            content = await asked.made(partial(_page, self._page, asked, part), part)
        else:
            content = await self._document(asked, part, BY_TYPE)
        return None if content is None else await self._answer(asked, content)

    async def catalogue(self, asked: Asked) -> ASGIApp | None:
        """All feeds, for programs. Raises as `feed` does."""
        content = await self._document(asked, self._whole(asked), BY_ENCODING)
        return None if content is None else await self._answer(asked, content)

    async def archive(self, asked: Asked) -> ASGIApp:
        """All entries. Raises as `feed` does."""
        self._whole(asked)
        request, headers = asked.request, joined(asked.request.scope["headers"])
        return stream(asked.snapshot.archive, request.method, headers, _codings(request))

    async def description(self, asked: Asked) -> ASGIApp:
        """The description of all addresses. Raises as `feed` does."""
        self._whole(asked)
        return await self._answer(asked, self._openapi)

    async def answer_page(self, asked: Asked, page: Response, *, kept: bool = True) -> ASGIApp:
        """Answer with a page that was made of a snapshot, at an address that has nothing else.

        Unless it is `kept` it is made anew for the next, for it is made of something else too.
        """
        return await self._answer(asked, _content_of(asked, page, BY_ENCODING), kept=kept)

    async def _answer(self, asked: Asked, content: Content, *, kept: bool = True) -> Answer:
        request, headers = asked.request, joined(asked.request.scope["headers"])
        representation = await self._representations.of(content, _codings(request))
        if kept:
            answers = asked.served.answers
            answers.remember(request.scope, headers, asked.snapshot, representation)
        return Answer(representation, headers)

    async def _document(self, asked: Asked, part: Slice, also: Also) -> Content | None:
        wanted = (asked.snapshot, asked.name, asked.base, part)
        store = asked.served.store
        document = store.remembered(*wanted)
        if document is None:
            found = None
            if part.text is not None:
                look = partial(store.search, asked.snapshot, asked.name, part)
                found = await asked.made(look, part)
            document = await asked.made(partial(store.document, *wanted, found))
        if document is None:
            return None
        also = (*also, *self._links(asked, part))
        return Content(document.body, document.media_type, document.etag, document.modified, also)

    def _links(self, asked: Asked, part: Slice) -> Also:
        """Where a feed's changes can be subscribed to, and what it is called there (WebSub, 4)."""
        hub = asked.served.store.hub_of(asked.base, part)
        folder, _, file = asked.name.rpartition("/")
        feed = asked.snapshot.index.feed_at(f"/{folder}/" if folder else "/")
        if hub is None or feed is None or file not in FORMATS:
            return ()
        return (("Link", documents.links(hub, documents.address(feed, file, asked.base, part))),)

    def part(self, asked: Asked) -> Slice:
        """What is asked of a feed.

        Raises:
            ParameterError, Problem: the query can't be read.
        """
        if not asked.request.scope["query_string"]:
            return WHOLE
        network = asked.snapshot.index.is_network
        return parameters.parse(self.pairs(asked.request), network=network)

    def _whole(self, asked: Asked) -> Slice:
        if self.part(asked) != WHOLE:
            names = (name for name, _ in self.pairs(asked.request))
            name = next(name for name in names if name in parameters.OF_NETWORK)
            raise ParameterError(name, "no value here: the document is whole")
        return WHOLE

    def pairs(self, request: Request) -> list[tuple[str, str]]:
        """The parameters of a request, in their order.

        Raises:
            Problem: the query can't be read.
        """
        query = request.scope["query_string"]
        try:
            return parse_qsl(
                query.decode("utf-8"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=self._settings.max_parameters,
            )
        except UnicodeDecodeError as error:
            raise Problem(HTTPStatus.BAD_REQUEST, "The query isn't UTF-8.") from error
        except ValueError as error:
            raise too_many_parameters(self._settings.max_parameters) from error


def _codings(request: Request) -> str | None:
    codings = request.headers.getlist("accept-encoding")
    return ", ".join(codings) if codings else None


def _page(make: FeedPage, asked: Asked, part: Slice) -> Content | None:
    folder = asked.name.rpartition("/")[0]
    feed = asked.snapshot.index.feed_at(f"/{folder}/" if folder else "/")
    if feed is None:
        return None
    return _content_of(asked, make(asked.snapshot, feed, asked.base, asked.name, part), BY_TYPE)


def _content_of(asked: Asked, page: Response, also: Also) -> Content:
    asked.lead_home(page)
    own = [(header, value) for header, value in page.headers.items() if header not in _MADE_HERE]
    return _content(bytes(page.body), page.headers["content-type"], (*own, *also))


def _content(body: bytes, media_type: str, also: Also = BY_ENCODING) -> Content:
    return Content(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"', also=also)
