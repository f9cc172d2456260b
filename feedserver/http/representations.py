"""Documents as they go over the wire: encoded, with all their headers, made once.

The codings are br (RFC 7932), zstd (8878) and gzip (1952); each has an entity tag of its own (RFC
9110, section 8.8.3.3): that of the document, with the coding's name. The same body gives the same
bytes. What was made is kept within a limit of bytes, and so is what slow readers hold of it.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import sys
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from weakref import WeakValueDictionary, finalize

import brotli  # type: ignore[import-untyped]  # it carries no types
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from feedserver.errors import DatabaseError
from feedserver.http import conditions
from feedserver.http.negotiation import IDENTITY, coding
from feedserver.http.problems import CORS, Problem
from feedserver.store.snapshots import Stream

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

log = logging.getLogger("feedserver")

Headers = tuple[tuple[bytes, bytes], ...]

Also = tuple[tuple[str, str], ...]

BY_ENCODING: Also = (("Vary", "Accept-Encoding"),)
BY_TYPE: Also = (("Vary", "Accept, Accept-Encoding"),)
_SMALL = 1000
"""Below so many bytes a body is sent as it is: it fits into a packet anyway."""
# The levels are those beyond which a feed takes several times as long for a few per cent.
_BROTLI = 5
_ZSTD = 9
_GZIP = 6
CACHE_CONTROL = "public, max-age=300, stale-while-revalidate=600"


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be answered with, in no coding yet; `also` are headers of its own."""

    body: bytes
    media_type: str
    etag: str
    modified: datetime | None = None
    also: Also = BY_ENCODING


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Representation:
    """A content in one coding: the headers of 200 and of 304, and the body."""

    etag: bytes
    modified: datetime | None
    headers: Headers
    unchanged: Headers
    body: bytes

    async def answer(self, method: str, headers: Mapping[bytes, bytes], send: Send) -> None:
        """Answer GET or HEAD, by the conditions that stand in the request's headers.

        Raises:
            Problem: what was to be changed by the request has been changed by others.
        """
        if changed(headers, self.etag, self.modified):
            status, start, body = 200, self.headers, self.body if method == "GET" else b""
        else:
            status, start, body = 304, self.unchanged, b""
        await send({"type": "http.response.start", "status": status, "headers": start})
        await send({"type": "http.response.body", "body": body})


_Key = tuple[str, str, datetime | None, Also, str]


class Representations:
    """Makes representations and keeps those that were asked for last; for one event loop.

    Of what isn't kept any more, and still being sent, there are `most` bytes.
    """

    def __init__(self, *, capacity: int = 48_000_000, most: int = 256_000_000) -> None:
        self._capacity = capacity
        self._most = capacity + most
        self._size = self._held = 0
        self._kept: OrderedDict[_Key, Representation] = OrderedDict()
        self._sent: WeakValueDictionary[_Key, Representation] = WeakValueDictionary()
        self._making: dict[_Key, asyncio.Task[Representation]] = {}

    async def of(self, content: Content, accept_encoding: str | None) -> Representation:
        """The representation that a client wants.

        Raises:
            Problem: it refuses all that there are, or slow readers hold too much of others.
        """
        chosen = coding(accept_encoding, small=len(content.body) < _SMALL)
        if chosen is None:
            detail = "Accept-Encoding refuses br, zstd, gzip and identity."
            raise Problem(HTTPStatus.NOT_ACCEPTABLE, detail)
        key = (content.etag, content.media_type, content.modified, content.also, chosen)
        if found := self._kept.get(key):
            self._kept.move_to_end(key)
            return found
        if found := self._sent.get(key):
            return found
        # Who asks for what is being made waits for it, and makes no second one.
        making = self._making.get(key)
        if making is None:
            if self._held >= self._most:
                problem = Problem(HTTPStatus.SERVICE_UNAVAILABLE, "Too much is read too slowly.")
                problem.headers = {"Cache-Control": "no-store", "Retry-After": "60"}
                raise problem
            making = asyncio.create_task(self._make(key, content, chosen))
            self._making[key] = making
            making.add_done_callback(lambda _: self._making.pop(key, None))
        return await asyncio.shield(making)

    async def _make(self, key: _Key, content: Content, chosen: str) -> Representation:
        body = content.body
        if chosen != IDENTITY:
            body = await asyncio.to_thread(encode, body, chosen)
        made = _representation(content, body, chosen)
        self._kept[key] = made
        self._sent[key] = made
        self._held += len(body)
        finalize(made, self._let_go, len(body)).atexit = False
        self._size += len(body)
        while self._size > self._capacity and len(self._kept) > 1:
            self._size -= len(self._kept.popitem(last=False)[1].body)
        return made

    def _let_go(self, size: int) -> None:
        self._held -= size


def changed(headers: Mapping[bytes, bytes], etag: bytes, modified: datetime | None) -> bool:
    """Whether the client has something else than this.

    Raises:
        Problem: it wants this only if it is something else.
    """
    status = conditions.evaluate(headers, etag, modified)
    if status is HTTPStatus.PRECONDITION_FAILED:
        raise Problem(status, "The document isn't the one that the condition names.")
    return status is HTTPStatus.OK


def stream(
    content: Stream, method: str, headers: Mapping[bytes, bytes], accept_encoding: str | None
) -> Response:
    """The answer with what is too large to be held. It is sent in no coding: packing takes longer
    than sending, and there would be no place to keep it.

    Raises:
        Problem: the client refuses it as it is, or wants it only if it is something else.
    """
    if coding(accept_encoding, small=True) != IDENTITY:
        raise Problem(HTTPStatus.NOT_ACCEPTABLE, "This document is sent in no coding.")
    full, always = _headers(
        content.etag, content.media_type, content.modified, content.length, BY_ENCODING, IDENTITY
    )
    if not changed(headers, content.etag.encode(), content.modified):
        answer, raw = Response(None, HTTPStatus.NOT_MODIFIED), always
    elif method == "HEAD":
        answer, raw = Response(None), full
    else:
        answer, raw = _Streamed(content.chunks()), full
    answer.raw_headers = list(raw)
    return answer


class _Streamed(StreamingResponse):
    """An answer that ends early, and its connection with it, if the database is damaged."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except DatabaseError as error:
            # The answer has begun, and can't say what has happened.
            log.error("%s: %s isn't sent to its end", error, ascii(scope["path"]))


def encode(body: bytes, coding: str) -> bytes:
    """The body in a coding of `negotiation.CODINGS`."""
    match coding:
        case "br":
            encoded: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=_BROTLI)
            return encoded
        case "zstd":
            return zstd.compress(body, _ZSTD)
    return gzip.compress(body, _GZIP, mtime=0)


def _representation(content: Content, body: bytes, chosen: str) -> Representation:
    # Not with "-", as proxies that pack an answer do: theirs is of what isn't packed here.
    etag = content.etag if chosen == IDENTITY else f'{content.etag[:-1]}+{chosen}"'
    full, always = _headers(
        etag, content.media_type, content.modified, len(body), content.also, chosen
    )
    return Representation(etag.encode(), content.modified, full, always, body)


def _headers(
    etag: str, media_type: str, modified: datetime | None, length: int, also: Also, chosen: str
) -> tuple[Headers, Headers]:
    """The headers of 200, and those of 304."""
    always = {"ETag": etag, "Cache-Control": CACHE_CONTROL, **dict(also), **CORS}
    if modified is not None:
        always["Last-Modified"] = format_datetime(modified, usegmt=True)
    full = {"Content-Type": media_type, "Content-Length": str(length), **always}
    if chosen != IDENTITY:
        full["Content-Encoding"] = chosen
    return _raw(full), _raw(always)


def _raw(headers: Mapping[str, str]) -> Headers:
    return tuple(
        (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
    )
