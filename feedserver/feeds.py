"""The documents of the archive over HTTP: feeds, the catalogue, the archive itself.

Conditional requests by RFC 9110, section 13: a strong entity tag, and the time of the bytes.
"""

from __future__ import annotations

import re
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from feedserver.problems import Problem
from feedserver.settings import Settings
from feedserver.snapshots import Stream
from feedserver.store import Document

_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?"
_HOST = re.compile(rf"(?:{_NAME}|\[[0-9A-Fa-f:.]+\])(?::(\d{{1,5}}))?", re.ASCII)
_ETAG = re.compile(r'(?:W/)?("[^"]*")')
_IGNORED = re.compile(r"utm_.*|fbclid")
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified",
}


def base_of(request: Request, settings: Settings) -> str:
    """Where the documents are fetched from: what the settings say, else the request's origin.

    Raises:
        Problem: the request's host is none.
    """
    if settings.url is not None:
        return settings.url
    host = request.headers.get("host", "")
    found = _HOST.fullmatch(host)
    if found is None or int(found[1] or 0) > 65535:
        raise Problem(HTTPStatus.BAD_REQUEST, "The header Host names no host.")
    return f"{request.url.scheme}://{host.lower()}/"


def check_parameters(request: Request) -> None:
    """See that nothing is asked for that would not be done.

    Raises:
        Problem: a parameter is unknown. Those that trackers add are ignored.
    """
    for name in request.query_params:
        if not _IGNORED.fullmatch(name):
            detail = f"The parameter {name!r} is unknown; feeds take no parameters."
            raise Problem(HTTPStatus.BAD_REQUEST, detail)


def respond(request: Request, document: Document | Stream) -> Response:
    """Answer with a document, or with 304 if the client has it."""
    headers = {
        "ETag": document.etag,
        "Last-Modified": format_datetime(document.modified, usegmt=True),
        "Cache-Control": "public, max-age=300",
        **_CORS,
    }
    if _is_known(request.headers, document):
        return Response(None, HTTPStatus.NOT_MODIFIED, headers)
    headers["Content-Type"] = document.media_type
    if isinstance(document, Stream):
        headers["Content-Length"] = str(document.length)
        chunks = iter(()) if request.method == "HEAD" else document.chunks()
        return StreamingResponse(chunks, headers=headers)
    headers["Content-Length"] = str(len(document.body))
    return Response(None if request.method == "HEAD" else document.body, headers=headers)


def preflight() -> Response:
    """Tell a browser that pages of other sites may fetch a document."""
    headers = {
        **_CORS,
        "Access-Control-Allow-Methods": "GET, HEAD",
        "Access-Control-Allow-Headers": "*",
        "Access-Control-Max-Age": "86400",
        "Allow": "GET, HEAD, OPTIONS",
    }
    return Response(None, HTTPStatus.NO_CONTENT, headers)


def _is_known(headers: Headers, document: Document | Stream) -> bool:
    tags = headers.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or document.etag in _ETAG.findall(tags)
    since = headers.get("if-modified-since")
    try:
        return since is not None and document.modified <= parsedate_to_datetime(since)
    except (TypeError, ValueError, OverflowError):
        # RFC 9110: what is no date is ignored; so is one without a zone.
        return False
