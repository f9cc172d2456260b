"""The hub of our feeds, at `/hub`: what subscribers ask (WebSub, section 5.1)."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from feedserver.errors import HubError
from feedserver.network import topics
from feedserver.network.hub import Hub, Wish
from feedserver.network.topics import Topic
from feedserver.settings.settings import Settings
from feedserver.store.store import HUB
from feedserver.text.urls import absolute
from feedserver.web.callback import WebSub
from feedserver.web.routes import Asked

_FORM = "application/x-www-form-urlencoded"
_MAX_BODY = 16_384
_MAX_FIELDS = 50
_SAFE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class HubEndpoint:
    """Answers subscribers. Their errors are told in plain text, as the specification has it."""

    def __init__(self, hub: Hub, websub: WebSub, settings: Settings) -> None:
        self._hub = hub
        self._pushes = websub.pushes
        self._calls = websub.calls
        self._is_known = settings.url is not None
        # Peers are told of by their own hubs.
        self._sources = {
            source: origin for source in settings.sources if (origin := _origin(source))
        }

    async def answer(self, asked: Asked) -> Response:
        """Take what is asked for; whether it is wanted is found out when this is answered."""
        media_type = asked.request.headers.get("content-type", "").partition(";")[0]
        if media_type.strip().lower() != _FORM:
            detail = f"Expected the media type {_FORM}."
            return _told(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
        body = await _body(asked.request)
        if body is None:
            detail = f"Expected at most {_MAX_BODY} bytes."
            return _told(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
        try:
            pairs = parse_qsl(
                body.decode("utf-8"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=_MAX_FIELDS,
            )
        except ValueError:
            detail = f"Expected a form of at most {_MAX_FIELDS} fields in UTF-8."
            return _told(HTTPStatus.BAD_REQUEST, detail)
        try:
            named = self._hub.published(pairs)
            if named is not None:
                return await self._published(asked, named)
            await self._take(asked, self._hub.read(pairs))
        except HubError as error:
            busy, wrong = HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_REQUEST
            return _told(busy if error.is_busy else wrong, str(error))
        return _told(HTTPStatus.ACCEPTED, "The callback will be asked.")

    async def _published(self, asked: Asked, named: Collection[str]) -> Response:
        """Look whether a feed has changed that somebody says has; it may be a new one, too."""
        site = asked.snapshot.index.archive.site.url
        origins = {_origin(each) for each in named}
        mine = [source for source, origin in self._sources.items() if origin in origins]
        if not mine:
            if not any(each.startswith((site, asked.base)) for each in named):
                raise HubError("hub.url: it is no feed of this server, nor of its site.")
            if len(self._sources) == 1 and any(each.startswith(site) for each in named):
                # The site's archive may be kept elsewhere.
                mine = [*self._sources]
        await self._calls(self._pushes.published, mine)
        return _told(HTTPStatus.ACCEPTED, "The sources will be looked at.")

    async def _take(self, asked: Asked, wish: Wish) -> None:
        if wish.mode == "subscribe" and not (self._is_known or _is_listener(asked)):
            # Names that anybody makes up would be ever more topics.
            raise HubError(
                f"hub.topic: this server doesn't know that it is at {asked.base[:500]}: its setting"
                " url has to say so."
            )
        try:
            topic = topics.find(
                wish.topic,
                base=asked.base,
                hub=f"{asked.base}{HUB}",
                snapshot=asked.snapshot,
                network=asked.network.store.snapshot if asked.network else None,
            )
        except HubError:
            if wish.mode == "subscribe":
                raise
            # Of a feed that is no more, too, somebody wants to be told nothing.
            topic = Topic(wish.topic, "", "", "", False, "")
        version = ""
        if wish.mode == "subscribe":
            of_network = asked.network if topic.is_network else None
            store = of_network.store if of_network else asked.served.store
            snapshot, part, found = store.snapshot, topic.part, None
            if part.text is not None:
                found = await asked.made(partial(store.search, snapshot, topic.name, part), part)
            document = await asked.made(partial(topics.document, store, snapshot, topic, found))
            if document is None:
                raise HubError("hub.topic: the feed is empty.")
            version = document.etag
        await self._calls(self._hub.take, wish, topic, version)


async def _body(request: Request) -> bytes | None:
    """The body, unless it is too large."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MAX_BODY:
            return None
    return bytes(body)


def _origin(address: str) -> str | None:
    """Host and port of an address of the web; `None` of a file."""
    found = absolute(address, "") or ""
    return found.partition("://")[2].partition("/")[0] or None


def _is_listener(asked: Asked) -> bool:
    """Whether a request was sent to the very address at which it has come."""
    scope = asked.request.scope
    host, port = scope.get("server") or ("", None)
    if port is None:
        return False
    try:
        found = ip_address(host)
    except ValueError:
        names = {host}
    else:
        mapped = getattr(found, "ipv4_mapped", None) or found
        names = {f"[{mapped}]" if mapped.version == 6 else str(mapped)}
        if mapped.is_loopback:
            names.add("localhost")
    ports = {f":{port}", ""} if port == 80 else {f":{port}"}
    return asked.base in {f"http://{name}{end}/" for name in names for end in ports}


def _told(status: HTTPStatus, detail: str) -> Response:
    return PlainTextResponse(f"{detail}\n", status, _SAFE)
