"""Answers that are no success: one body for all, as RFC 9457 has it, or a page for a person."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

MEDIA_TYPE = "application/problem+json"


class Problem(HTTPException):
    """What is wrong with a request, and addresses that its sender may have meant."""

    def __init__(self, status: HTTPStatus, detail: str, near: Sequence[str] = ()) -> None:
        super().__init__(status, detail)
        self.near = tuple(near)


async def answer(request: Request, error: Exception) -> Response:
    """Answer with a problem document; to a browser that looks for a page, with a page."""
    failed = not isinstance(error, HTTPException)
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "The server has failed."
    near = error.near if isinstance(error, Problem) else ()
    title = HTTPStatus(status).phrase
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    headers |= {"Access-Control-Allow-Origin": "*"}
    if status == HTTPStatus.NOT_FOUND and not failed:
        headers["Vary"] = "Accept"
        if wants_page(request):
            return _bodiless(request, HTMLResponse(_page(title, detail, near), status, headers))
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status}
    body["detail"] = detail
    if near:
        body["near"] = list(near)
    return _bodiless(request, JSONResponse(body, status, headers, media_type=MEDIA_TYPE))


def _bodiless(request: Request, response: Response) -> Response:
    """A response to HEAD has the headers of one to GET, and no body."""
    if request.method == "HEAD":
        response.body = b""
    return response


def wants_page(request: Request) -> bool:
    """Whether a person asks: browsers name HTML, feed readers and bots don't."""
    return "text/html" in request.headers.get("accept", "")


def _page(title: str, detail: str, near: Sequence[str]) -> str:
    links = "".join(f'<li><a href="{escape(path)}">{escape(path)}</a></li>\n' for path in near)
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        "<style>:root{color-scheme:light dark;font-family:sans-serif}"
        "body{margin:4em auto;max-width:40em;padding:0 1em}</style>\n"
        f"<title>{escape(title)}</title>\n<h1>{escape(title)}</h1>\n<p>{escape(detail)}</p>\n"
        f"{f'<ul>{links}</ul>' if links else ''}\n</html>\n"
    )
