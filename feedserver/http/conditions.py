"""Conditional requests, by RFC 9110, section 13: is the answer what the client has?

Ranges are not served, so `If-Range` doesn't matter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus

_ETAG = re.compile(rb'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def evaluate(headers: Mapping[bytes, bytes], etag: bytes, modified: datetime | None) -> HTTPStatus:
    """What GET and HEAD are answered with: 200, 304 or 412, in the order of section 13.2.2."""
    if (tags := headers.get(b"if-match")) is not None:
        if tags.strip() != b"*" and etag not in _strong(tags):
            return HTTPStatus.PRECONDITION_FAILED
    elif (limit := _time(headers.get(b"if-unmodified-since"))) and modified and modified > limit:
        return HTTPStatus.PRECONDITION_FAILED
    if (tags := headers.get(b"if-none-match")) is not None:
        # Compared weakly: a proxy that packs an answer makes its tag a weak one.
        known = tags == etag or tags.strip() == b"*" or etag in _all(tags)
        return HTTPStatus.NOT_MODIFIED if known else HTTPStatus.OK
    since = _time(headers.get(b"if-modified-since"))
    if since and modified and modified <= since:
        return HTTPStatus.NOT_MODIFIED
    return HTTPStatus.OK


def _all(tags: bytes) -> list[bytes]:
    return [tag for _, tag in _ETAG.findall(tags)]


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
