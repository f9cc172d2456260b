"""Conditional requests, by RFC 9110, section 13: is the answer what the client has?

Ranges are not served, so `If-Range` doesn't matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus

_ETAG = re.compile(rb'(W/)?("[\x21\x23-\x7e\x80-\xff]*+")')
_CODING = re.compile(rb'--?(?:br|deflate|gzip|zstd)"$')
"""What proxies that pack an answer add to its tag: Apache, and Jetty with one hyphen more."""


def evaluate(headers: Mapping[bytes, bytes], etag: bytes, modified: datetime | None) -> HTTPStatus:
    """What GET and HEAD are answered with: 200, 304 or 412, in the order of section 13.2.2."""
    if (tags := headers.get(b"if-match")) is not None:
        if tags.strip() != b"*" and etag not in _strong(tags):
            return HTTPStatus.PRECONDITION_FAILED
    elif (limit := _time(headers.get(b"if-unmodified-since"))) and modified and modified > limit:
        return HTTPStatus.PRECONDITION_FAILED
    if (tags := headers.get(b"if-none-match")) is not None:
        # Compared weakly: a proxy that packs an answer makes its tag a weak one, or adds to it.
        known = tags == etag or tags.strip() == b"*" or etag in _all(tags)
        return HTTPStatus.NOT_MODIFIED if known else HTTPStatus.OK
    since = _time(headers.get(b"if-modified-since"))
    if since and modified and modified <= since:
        return HTTPStatus.NOT_MODIFIED
    return HTTPStatus.OK


def joined(raw: Iterable[tuple[bytes, bytes]]) -> Mapping[bytes, bytes]:
    """The headers of a request; those that stand there twice are one list."""
    found: dict[bytes, list[bytes]] = {}
    for name, value in raw:
        found.setdefault(name, []).append(value)
    return {name: b", ".join(values) for name, values in found.items()}


def _all(tags: bytes) -> list[bytes]:
    found = [tag for _, tag in _ETAG.findall(tags)]
    return found + [_CODING.sub(b'"', tag) for tag in found]


def _strong(tags: bytes) -> list[bytes]:
    return [tag for weak, tag in _ETAG.findall(tags) if not weak]


@lru_cache(maxsize=1024)
def _time(text: bytes | None) -> datetime | None:
    """An HTTP date; what is none is ignored, and so is one without a zone."""
    if text is None or len(text) > 100:
        return None
    try:
        found = parsedate_to_datetime(text.decode("latin-1"))
        return found if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
