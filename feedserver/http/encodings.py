"""Bodies made smaller: RFC 7932 (br), 8878 (zstd) and 1952 (gzip).

The levels are those beyond which a feed takes several times as long for a few per cent. The same
body gives the same bytes.
"""

from __future__ import annotations

import gzip
import sys

import brotli  # type: ignore[import-untyped]  # it carries no types

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SMALL = 1000
"""Below so many bytes a body is sent as it is: it fits into a packet anyway."""

_BROTLI = 5
_ZSTD = 9
_GZIP = 6


def encode(body: bytes, coding: str) -> bytes:
    """The body in a coding of `negotiation.CODINGS`."""
    match coding:
        case "br":
            encoded: bytes = brotli.compress(body, mode=brotli.MODE_TEXT, quality=_BROTLI)
            return encoded
        case "zstd":
            return zstd.compress(body, _ZSTD)
    return gzip.compress(body, _GZIP, mtime=0)
