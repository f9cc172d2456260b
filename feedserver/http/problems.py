"""Answers that are no success: one body for all, as RFC 9457 has it, or a page for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from feedserver.errors import (
    DatabaseError,
    EntryNotFoundError,
    ParameterError,
    SearchTimeoutError,
    StateError,
)
from feedserver.http.negotiation import prefers_page
from feedserver.pages import templates

MEDIA_TYPE = "application/problem+json"
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified",
}
"""Pages of other sites may read all answers: nothing here is for one reader alone."""


class Problem(HTTPException):
    """What is wrong with a request, and addresses that its sender may have meant.

    `members` are those of the problem document beside the usual ones.
    """

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        near: Sequence[str] = (),
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(status, detail)
        self.near = tuple(near)
        self.members = {**(members or {}), **({"near": list(near)} if near else {})}


def of(error: Exception) -> HTTPException:
    """The problem that an error is to the sender of a request."""
    match error:
        case HTTPException():
            return error
        case ParameterError(parameter=name, expected=None, known=known):
            detail = f"There is no parameter {name!r} here."
            expected = f"one of {', '.join(known)}"
        case ParameterError(parameter=name, expected=str(expected)):
            detail = f"The parameter {name!r}: expected {expected}."
        case EntryNotFoundError():
            members = {"parameter": "before", "expected": "the id of an entry of this feed"}
            detail = "The feed has no entry with the id that 'before' names."
            return Problem(HTTPStatus.NOT_FOUND, detail, members=members)
        case SearchTimeoutError():
            members = {"parameter": "q", "expected": "fewer words, or longer beginnings of words"}
            detail = "The search has taken too long: ask for less in 'q'."
            slow = Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, members=members)
            slow.headers = {"Cache-Control": "no-store", "Retry-After": "60"}
            return slow
        case DatabaseError():
            detail = "The server's database is damaged, and is being made anew: ask again soon."
            broken = Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail)
            broken.headers = {"Cache-Control": "no-store", "Retry-After": "5"}
            return broken
        case StateError():
            detail = "What the server has to keep can't be kept at the moment: ask again soon."
            away = Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail)
            away.headers = {"Cache-Control": "no-store", "Retry-After": "30"}
            return away
        case ClientDisconnect():
            # Nobody reads it, but it is counted.
            return Problem(HTTPStatus.REQUEST_TIMEOUT, "The request did not arrive in full.")
        case _:
            return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "The server has failed.")
    members = {"parameter": name, "expected": expected}
    return Problem(HTTPStatus.BAD_REQUEST, detail, members=members)


async def answer(request: Request, error: Exception) -> Response:
    """Answer with a problem document; to a browser that looks for a page, with a page."""
    problem = of(error)
    status, title = problem.status_code, HTTPStatus(problem.status_code).phrase
    headers = {**(problem.headers or {}), **CORS}
    headers["Vary"] = "Accept"
    if status == HTTPStatus.NOT_ACCEPTABLE:
        headers["Vary"] += ", Accept-Encoding"
    if "Allow" in headers:
        # Starlette has it in a set's order, which is another one in each process.
        headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        headers["Cache-Control"] = "no-store"
    if wants_page(request):
        return _bodiless(request, _page(request, problem, title, headers))
    body: dict[str, object] = {"type": "about:blank", "title": title, "status": status}
    body["detail"] = problem.detail
    if isinstance(problem, Problem):
        body |= problem.members
    return _bodiless(request, JSONResponse(body, status, headers, media_type=MEDIA_TYPE))


def _bodiless(request: Request, response: Response) -> Response:
    """A response to HEAD has the headers of one to GET, and no body."""
    if request.method == "HEAD":
        response.body = b""
    return response


def wants_page(request: Request) -> bool:
    """Whether a person asks: browsers name HTML, feed readers and bots name feeds or nothing."""
    return prefers_page(", ".join(request.headers.getlist("accept")))


def _page(
    request: Request, problem: HTTPException, title: str, headers: Mapping[str, str]
) -> Response:
    """A page that looks as the others do, in the language of the site, if it is known by now."""
    site = getattr(request.state, "site", None)
    # Their addresses are known where that of the request is.
    feeds = getattr(request.state, "feeds", tuple)
    framing: Mapping[str, str] = getattr(request.state, "framing", {})
    near = problem.near if isinstance(problem, Problem) else ()
    page = templates.page(
        "problem.html",
        site.language if site else None,
        getattr(request.state, "prefix", "/"),
        {
            "site": site,
            "of_site": feeds(),
            "framed": bool(framing),
            "status": problem.status_code,
            "title": title,
            "detail": problem.detail,
            # Those for programs are of no use to who reads this.
            "near": [path for path in near if not path.endswith(".json")],
        },
        status=problem.status_code,
        headers={**headers, **framing},
    )
    if site and (home := getattr(request.state, "home", None)):
        templates.at_home(page, site.url, home)
    return page
