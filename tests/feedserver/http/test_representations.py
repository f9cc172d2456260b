"""Bodies made smaller, and the same bytes each time."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]  # it carries no types
import pytest

from feedserver.http.representations import encode

pytestmark = pytest.mark.dependency

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BODY = "<p>News of the harbour, 📱 and more.</p>".encode() * 500


@pytest.mark.parametrize(
    ("coding", "decode"),
    [("br", brotli.decompress), ("zstd", zstd.decompress), ("gzip", gzip.decompress)],
)
def test_what_is_packed_is_smaller_and_can_be_unpacked(
    coding: str, decode: Callable[[bytes], bytes]
) -> None:
    packed = encode(BODY, coding)
    assert len(packed) < len(BODY) / 10
    assert decode(packed) == BODY
    assert encode(BODY, coding) == packed
    assert decode(encode(b"", coding)) == b""


def test_gzip_has_no_time() -> None:
    assert encode(BODY, "gzip")[4:8] == bytes(4)
