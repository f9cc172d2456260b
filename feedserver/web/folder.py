"""The pages of a built site, from its folder; old addresses; and what to say of unknown ones."""

from __future__ import annotations

from bisect import bisect
from difflib import get_close_matches
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, unquote

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from feedserver.feeds import catalogue
from feedserver.feeds.index import Index
from feedserver.formats import archive
from feedserver.formats.formats import FORMATS
from feedserver.http.conditions import evaluate, joined
from feedserver.http.problems import CORS, Problem, wants_page
from feedserver.http.proxies import prefix_of
from feedserver.pages import pages
from feedserver.pages.around import Around, around
from feedserver.settings.settings import Settings
from feedserver.web import openapi
from feedserver.web.routes import Asked

_DOCUMENTS = (catalogue.JSON, catalogue.OPML, archive.FILE, openapi.NAME)
SAFE = "/~:@!$&'()*+,;="
_QUERY = f"{SAFE}?%"
_MAX_PATH = 1024
FRAMED = {"Content-Security-Policy": "frame-ancestors 'self'"}
"""A site's pages may frame one another; no other site may have them look like its own."""
# Likeness is computed on the event loop, by the square of the lengths: no more than milliseconds.
_MAX_LIKE = 80
_NEIGHBOURS = 50


class _Files(StaticFiles):
    """Files whose conditions are read as those of all other answers."""

    def is_not_modified(self, response_headers: Headers, request_headers: Headers) -> bool:
        modified = parsedate_to_datetime(response_headers["last-modified"])
        tag = response_headers["etag"].encode("latin-1")
        found = evaluate(joined(request_headers.raw), tag, modified)
        return found is HTTPStatus.NOT_MODIFIED


class Pages:
    """The files of a site's folder, if it has one."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.folder or Path()
        self._files = _Files(directory=self._folder, html=True) if settings.folder else None

    async def get(self, asked: Asked) -> Response | None:
        """The file at a path, or `None`."""
        request, path = asked.request, asked.path
        # A NUL or a name that is too long no file system takes.
        if self._files is None or "\0" in path or len(path) > _MAX_PATH:
            return None
        name = self._files.get_path({"path": path})
        if Path(name).as_posix() != (path.removeprefix("/").removesuffix("/") or "."):
            # "a//b", "a/./b": another address of a file, and of a feed an older self link.
            return None
        try:
            if path.endswith("/") and (self._folder / name).is_file():
                return None
            _without_ranges(request)
            # Its redirects, which aren't used, fail by a query that isn't UTF-8.
            scope = {**request.scope, "query_string": b""}
            response = await self._files.get_response(name, scope)
        except (HTTPException, OSError, RuntimeError):
            # What a file system refuses, such as a link that leads to itself, isn't there.
            return None
        if isinstance(response, RedirectResponse):
            # Starlette's own redirect to a folder trusts the Host header.
            return moved(request, f"{asked.prefix}{quote(path, safe=SAFE)}/")
        if response.status_code == HTTPStatus.NOT_FOUND:
            return None
        response.headers["Accept-Ranges"] = "none"
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.update(FRAMED)
        return response

    def around(self) -> Around | None:
        """The site's page of feeds, around the place of the server's; `None` if it has none."""
        if self._files is None:
            return None
        try:
            return around((self._folder / pages.CATALOGUE / "index.html").read_text("utf-8"))
        except (OSError, UnicodeDecodeError):
            return None

    def not_found(self, asked: Asked) -> Response:
        """Answer that nothing is here: a browser with the site's own page for that.

        Raises:
            Problem: for everybody else, with addresses that are near.
        """
        page = self._folder / "404.html"
        if self._files and wants_page(asked.request) and page.is_file():
            headers = {"Vary": "Accept", **FRAMED}
            return HTMLResponse(page.read_bytes(), HTTPStatus.NOT_FOUND, headers)
        near = [f"{asked.prefix}{address}" for address in _near(asked.path, asked.snapshot.index)]
        detail = "There is nothing at this address."
        if asked.path.rpartition("/")[2] in FORMATS:
            detail = "There is no such feed, or it has no entry."
        raise Problem(HTTPStatus.NOT_FOUND, detail, near)

    def redirect(self, asked: Asked) -> Response | None:
        """A permanent redirect from an old address, or from one with or without its slash."""
        request, path, prefix = asked.request, asked.path, asked.prefix
        index = asked.snapshot.index
        redirects = index.archive.redirects
        address = quote(path, safe=SAFE)
        for old in (address, f"{address}/", address.rstrip("/")):
            new = redirects.get(old)
            if new and new.rstrip("/") != address.rstrip("/"):
                return moved(request, prefix + new)
        if not path.endswith("/") and index.feed_at(f"{path}/"):
            return moved(request, f"{prefix}{address}/")
        if path.endswith("/") and _is_document(path.rstrip("/"), index):
            return moved(request, f"{prefix}{address.rstrip('/')}")
        return None

    def at_root(self, asked: Asked) -> Response | None:
        """To the root, from below the path of the site's own address, as links in pages lead there.

        Where a proxy takes a path off there is no such address. It isn't for good, for the site may
        get something there.
        """
        home = unquote(prefix_of(asked.snapshot.index.archive.site.url))
        if not home or not self._files or asked.prefix:
            return None
        if not f"{asked.path}/".startswith(f"{home}/"):
            return None
        # Two slashes would lead to another host.
        rest = asked.path.removeprefix(home).lstrip("/")
        to = f"/{quote(rest, safe=SAFE)}"
        return moved(asked.request, to, HTTPStatus.TEMPORARY_REDIRECT)


def _without_ranges(request: Request) -> None:
    """Let a file be answered whole, as everything else is."""
    headers = request.scope["headers"]
    request.scope["headers"] = [each for each in headers if each[0] not in (b"range", b"if-range")]


def _is_document(path: str, index: Index) -> bool:
    """Whether a path is that of a feed's file, or of another document."""
    folder, _, file = path.rpartition("/")
    return path.removeprefix(index.root) in _DOCUMENTS or (
        file in FORMATS and index.feed_at(f"{folder}/") is not None
    )


def moved(
    request: Request, address: str, status: HTTPStatus = HTTPStatus.PERMANENT_REDIRECT
) -> Response:
    """A redirect to an address of this server, for good unless `status` says otherwise.

    The query stays.
    """
    # As it was sent, which may be any bytes.
    query = quote(request.scope["query_string"], safe=_QUERY)
    query = f"?{query}" if query else ""
    # A script of another site follows only where it may read the redirect too.
    return RedirectResponse(address + query, status, CORS)


def _near(path: str, index: Index) -> list[str]:
    """Addresses that may have been meant: a feed's files, or those of one with a like name."""
    folder, _, file = path[:_MAX_PATH].rpartition("/")
    if index.feed_at(f"{folder}/") and file not in FORMATS:
        return [*(f"{folder}/{name}" for name in FORMATS), f"{index.root}{catalogue.JSON}"]
    kind = f"/{path.strip('/').partition('/')[0]}/"
    found: list[str] = []
    if len(folder) < _MAX_LIKE:
        known = sorted(feed.path for feed in index.feeds if feed.path.startswith(kind))
        found = get_close_matches(f"{folder}/", _neighbours(f"{folder}/", known), 3, cutoff=0.75)
    name = file if file in FORMATS else next(iter(FORMATS))
    return [*(f"{near}{name}" for near in found), f"{index.root}{catalogue.JSON}"]


def _neighbours(path: str, known: list[str]) -> list[str]:
    """Of many that are sorted those that stand about a path, and begin as it does."""
    place = bisect(known, path)
    some = known[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS]
    return [each for each in some if len(each) <= _MAX_LIKE]
