"""The rows that the route table is made of, and what an endpoint is asked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from feedserver.feeds.parameters import WHOLE, Slice
from feedserver.formats.formats import FORMATS
from feedserver.http.answers import Answers
from feedserver.http.problems import CORS
from feedserver.http.proxies import prefix_of
from feedserver.pages.templates import at_home
from feedserver.store.snapshots import Snapshot
from feedserver.store.store import Store

_Made = TypeVar("_Made")

READ = ("GET", "HEAD")
"""The methods of what is there to be read."""


@dataclass(frozen=True, slots=True)
class Served:
    """A store, and what was answered of it."""

    store: Store
    answers: Answers


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for what is served now; `base` is the server's root, as the client wrote it.

    `network` is what the network has, if it is there.
    """

    request: Request
    path: str
    base: str
    snapshot: Snapshot
    served: Served
    network: Served | None = None

    @property
    def name(self) -> str:
        """The path without its first slash: "section/clients/atom.xml"."""
        return self.path.removeprefix("/")

    @property
    def folder(self) -> str:
        """What stands in the place of `{folder}` of a row."""
        found: str = self.request.path_params["folder"]
        return found

    async def made(self, make: Callable[[], _Made], part: Slice = WHOLE) -> _Made:
        """What a function makes of a part of a feed.

        There is one thread for what is made, because feedgen sets the locale of the process, and
        one for searches, which may take seconds.
        """
        state = self.request.state
        thread = state.renderer if part.text is None else state.searcher
        return await asyncio.get_running_loop().run_in_executor(thread, make)

    def lead_home(self, page: Response) -> None:
        """Let a page's links to the site lead to its pages, if they are served here."""
        if self.request.state.home:
            at_home(page, self.snapshot.index.archive.site.url, self.base)

    @property
    def prefix(self) -> str:
        """What a proxy takes off a path before it comes here: our addresses begin with it."""
        return prefix_of(self.base)


Endpoint = Callable[[Asked], Awaitable[ASGIApp]]
"""Answers a request by a method of its row.

Raises ParameterError, EntryNotFoundError, Problem for a wrong one.
"""


class Row(Route):
    """An address with its methods and endpoint; whether `/openapi.json` has it, `described`.

    It answers OPTIONS by itself, with the methods.
    """

    def __init__(
        self,
        path: str,
        methods: Sequence[str],
        endpoint: Callable[[Request], Awaitable[ASGIApp]],
        *,
        described: bool,
    ) -> None:
        async def answered(request: Request) -> ASGIApp:
            return preflight(methods) if request.method == "OPTIONS" else await endpoint(request)

        super().__init__(path, answered, methods=(*methods, "OPTIONS"), include_in_schema=described)
        # Starlette's own takes an address with a line break behind it, too.
        self.path_regex = re.compile(self.path_regex.pattern.removesuffix("$") + r"\Z")


def preflight(methods: Sequence[str]) -> Response:
    """Tell a browser that pages of other sites may ask here, by these methods."""
    headers = {
        **CORS,
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": "*",
        "Access-Control-Max-Age": "86400",
        "Allow": ", ".join((*methods, "OPTIONS")),
    }
    return Response(None, HTTPStatus.NO_CONTENT, headers)


def readable(path: str) -> str:
    """A path, of which ASGI allows half characters."""
    return path.encode("utf-8", "replace").decode()


class _Anything(Convertor[str]):
    """Takes every path; Starlette's own ends where a line does."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return readable(value)

    def to_string(self, value: str) -> str:
        return value


class _Feed(Convertor[str]):
    """Takes the name of a feed's file, FEED in the contract."""

    regex = "|".join(map(re.escape, FORMATS))

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())
register_url_convertor("feed", _Feed())
