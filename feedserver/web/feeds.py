"""The documents of the archive over HTTP: feeds, the catalogue, the archive itself.

Here a request is answered for the first time; `fastpath` answers those that are like it. A browser
that opens a feed's address gets a page about the feed, if there is one who makes it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from feedserver.errors import ParameterError
from feedserver.feeds import parameters as slices
from feedserver.feeds.parameters import WHOLE, Slice
from feedserver.formats import archive
from feedserver.formats.formats import FORMATS
from feedserver.http.answers import Answers
from feedserver.http.problems import CORS, Problem, wants_page
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
from feedserver.store.store import Store
from feedserver.web import openapi

FeedPage = Callable[[Snapshot, Feed, str, str, Slice], Response]
"""Makes the page of a slice: of the snapshot, the feed, the server's base, the document's name.

It is called in the thread that renders. Raises `EntryNotFoundError`.
"""

METHODS = ("GET", "HEAD", "OPTIONS")
_WHOLE_ONLY = frozenset({"feeds.json", "feeds.opml", archive.FILE, openapi.NAME})
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

    def __init__(
        self, settings: Settings, store: Store, answers: Answers, page: FeedPage | None = None
    ) -> None:
        self._settings = settings
        self._store = store
        self._answers = answers
        self._page = page
        self._representations = Representations()
        self._openapi = _content(openapi.document(), "application/json")

    async def get(
        self,
        request: Request,
        name: str,
        base: str,
        snapshot: Snapshot,
    ) -> Answer | Response | None:
        """The answer with the document of this name, or `None` if there is none.

        Raises:
            ParameterError, EntryNotFoundError, Problem: the request is a wrong one.
        """
        is_feed = name.rpartition("/")[2] in FORMATS
        if not is_feed and name not in _WHOLE_ONLY:
            return None
        part = self.part(request) if is_feed else self._whole(request)
        if name == archive.FILE:
            headers = joined(request.scope)
            return stream(snapshot.archive, request.method, headers, _codings(request))
        content = await self._content(request, name, base, snapshot, part)
        return None if content is None else await self._answer(request, snapshot, content)

    async def answer_page(self, request: Request, snapshot: Snapshot, page: Response) -> Answer:
        """Answer with a page that was made of a snapshot, at an address that has nothing else."""
        return await self._answer(request, snapshot, _content_of(page, BY_ENCODING))

    async def _answer(self, request: Request, snapshot: Snapshot, content: Content) -> Answer:
        headers = joined(request.scope)
        representation = await self._representations.of(content, _codings(request))
        self._answers.remember(request.scope, headers, snapshot, representation)
        return Answer(representation, headers)

    async def _content(
        self, request: Request, name: str, base: str, snapshot: Snapshot, part: Slice
    ) -> Content | None:
        if name == openapi.NAME:
            return self._openapi
        loop, renderer = asyncio.get_running_loop(), request.state.renderer
        also = BY_ENCODING
        if self._page is not None and name.rpartition("/")[2] in FORMATS:
            if wants_page(request):
                return await loop.run_in_executor(
                    renderer, _page, self._page, snapshot, name, base, part
                )
            also = BY_TYPE
        document = self._store.remembered(snapshot, name, base, part)
        if document is None:
            document = await loop.run_in_executor(
                renderer, self._store.document, snapshot, name, base, part
            )
        if document is None:
            return None
        return Content(document.body, document.media_type, document.etag, document.modified, also)

    def part(self, request: Request) -> Slice:
        """What is asked of a feed.

        Raises:
            ParameterError, Problem: the query can't be read.
        """
        return slices.parse(self.pairs(request)) if request.scope["query_string"] else WHOLE

    def _whole(self, request: Request) -> Slice:
        if self.part(request) != WHOLE:
            name = next(name for name, _ in self.pairs(request) if name in slices.PARAMETERS)
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
            detail = f"A query has at most {self._settings.max_parameters} parameters."
            raise Problem(HTTPStatus.BAD_REQUEST, detail) from error


def preflight() -> Response:
    """Tell a browser that pages of other sites may fetch this."""
    headers = {
        **CORS,
        "Access-Control-Allow-Methods": "GET, HEAD",
        "Access-Control-Allow-Headers": "*",
        "Access-Control-Max-Age": "86400",
        "Allow": ", ".join(METHODS),
    }
    return Response(None, HTTPStatus.NO_CONTENT, headers)


def _codings(request: Request) -> str | None:
    codings = request.headers.getlist("accept-encoding")
    return ", ".join(codings) if codings else None


def joined(scope: Scope) -> Mapping[bytes, bytes]:
    """The headers of a request; those that stand there twice are one list."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        found[name] = found[name] + b", " + value if name in found else value
    return found


def _page(make: FeedPage, snapshot: Snapshot, name: str, base: str, part: Slice) -> Content | None:
    folder = name.rpartition("/")[0]
    feed = snapshot.index.feed_at(f"/{folder}/" if folder else "/")
    if feed is None:
        return None
    return _content_of(make(snapshot, feed, base, name, part), BY_TYPE)


def _content_of(page: Response, also: Also) -> Content:
    own = [(header, value) for header, value in page.headers.items() if header not in _MADE_HERE]
    return _content(bytes(page.body), page.headers["content-type"], (*own, *also))


def _content(body: bytes, media_type: str, also: Also = BY_ENCODING) -> Content:
    return Content(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"', also=also)
