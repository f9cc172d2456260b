"""The pages of a built site, from its folder; old addresses; and what to say of unknown ones."""

from __future__ import annotations

from difflib import get_close_matches
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from feedserver.documents import FORMATS
from feedserver.problems import Problem, wants_page
from feedserver.query import Index

_MAX_PATH = 1024


class Pages:
    """The files of a site's folder, if it has one."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._files = StaticFiles(directory=folder, html=True) if folder else None

    async def get(self, request: Request, path: str) -> Response | None:
        """The file at a path, or `None`."""
        # A NUL or a name that is too long no file system takes.
        if self._files is None or "\0" in path or len(path) > _MAX_PATH:
            return None
        name = self._files.get_path({"path": path})
        if Path(name).as_posix() != (path.strip("/") or "."):
            # "a//b", "a/./b": another address of a file, and of a feed an older self link.
            return None
        if path.endswith("/") and self._folder and (self._folder / name).is_file():
            return None
        try:
            response = await self._files.get_response(name, request.scope)
        except HTTPException:
            return None
        return None if response.status_code == HTTPStatus.NOT_FOUND else response

    def not_found(self, request: Request, path: str, index: Index) -> Response:
        """Answer that nothing is here: a browser with the site's own page for that.

        Raises:
            Problem: for everybody else, with addresses that are near.
        """
        page = self._folder / "404.html" if self._folder else None
        if page and wants_page(request) and page.is_file():
            headers = {"Vary": "Accept"}
            return HTMLResponse(page.read_bytes(), HTTPStatus.NOT_FOUND, headers)
        raise missing(path, index)


def redirect(request: Request, path: str, index: Index) -> Response | None:
    """A permanent redirect from an old address, or from a folder without its slash."""
    redirects = index.archive.redirects
    address = quote(path, safe="/~:@!$&'()*+,;=")
    for old in (address, f"{address}/", address.rstrip("/")):
        if new := redirects.get(old):
            return _moved(request, new)
    if not path.endswith("/") and index.feed_at(f"{path}/"):
        return _moved(request, f"{address}/")
    return None


def missing(path: str, index: Index) -> Problem:
    """What to say of an address where nothing is."""
    known = [feed.path + file for feed in index.feeds for file in FORMATS]
    near = get_close_matches(path[:200], known, n=3, cutoff=0.75)
    if any(path == feed.path for feed in index.feeds):
        near = [path + file for file in FORMATS]
    detail = "There is nothing at this address."
    if path.rpartition("/")[2] in FORMATS:
        detail = "There is no such feed, or it has no entry."
    return Problem(HTTPStatus.NOT_FOUND, detail, [*near, "/feeds.json"])


def _moved(request: Request, address: str) -> Response:
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(address + query, HTTPStatus.PERMANENT_REDIRECT)
