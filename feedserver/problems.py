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
    """Answer with a problem: a page for a browser, else a problem document."""
    assert isinstance(error, HTTPException)
    near = error.near if isinstance(error, Problem) else ()
    title = HTTPStatus(error.status_code).phrase
    headers = {**(error.headers or {}), "Vary": "Accept", "Access-Control-Allow-Origin": "*"}
    if request.method == "HEAD":
        return Response(None, error.status_code, headers)
    if wants_page(request):
        return HTMLResponse(_page(title, error.detail, near), error.status_code, headers)
    body = {"type": "about:blank", "title": title, "status": error.status_code}
    body["detail"] = error.detail
    if near:
        body["near"] = list(near)
    return JSONResponse(body, error.status_code, headers, media_type=MEDIA_TYPE)


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
