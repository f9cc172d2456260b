"""What a client would rather have, by the headers that real ones send."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedserver.http.negotiation import CODINGS, IDENTITY, coding, prefers_page


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("GZIP;Q=0.5", "gzip"),
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate, zstd", "zstd"),
        ("br;q=0.5, gzip;q=0.8, zstd;q=0.7", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0", "identity"),
        ("gzip;q=0.5, identity", "identity"),
        ("gzip, identity;q=0.5", "gzip"),
        ("gzip, identity", "gzip"),
        ("deflate", "identity"),
        ("deflate, identity;q=0", None),
        ("*", "identity"),
        ("*;q=0", None),
        ("*;q=0, gzip", "gzip"),
        ("*;q=0, identity", "identity"),
        ("identity;q=0", None),
        ("identity;q=0, *", "gzip"),
        ("identity;q=0, gzip;q=0, *", "zstd"),
        ("identity;q=0, gzip;q=0, zstd;q=0, br;q=0, *", None),
        ("*, br;q=0.2", "br"),
        ("gzip;q=2", "gzip"),
        (",, ;q=1 ,gzip;level=3", "gzip"),
    ],
)
def test_codings(header: str | None, expected: str | None) -> None:
    assert coding(header) == expected


def test_a_small_body_is_sent_as_it_is_unless_that_is_refused() -> None:
    assert coding("gzip, br", small=True) == IDENTITY
    assert coding("gzip, identity;q=0", small=True) == "gzip"
    assert coding("identity;q=0", small=True) is None
    assert coding("*;q=0", small=True) is None


@given(st.text() | st.from_regex(r"((br|gzip|\*|identity)(;q=[01](\.\d{1,3})?)?,? ?){0,6}"))
def test_any_header_gives_a_coding_that_it_does_not_refuse(header: str) -> None:
    found = coding(header)
    assert found is None or found in (*CODINGS, IDENTITY)
    if "q=0" not in header.lower():
        assert found is not None


@pytest.mark.parametrize(
    "accept",
    [
        # Firefox, Chrome, an old Safari.
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,"
        "*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
        "application/xml,application/xhtml+xml,text/html;q=0.9,text/plain;q=0.8,image/png,*/*;q=0.5",
        "text/html",
        "text/html, text/plain;q=0.5, image/*",
        "text/html, */*;q=0",
        "application/xhtml+xml",
        # Opera 12.
        "text/html, application/xml;q=0.9, application/xhtml+xml, image/png, */*;q=0.1",
        # KDE's Falkon and Konqueror, with KIO.
        "text/html, text/*;q=0.9, image/png;q=0.9, image/*;q=0.9, */*;q=0.8",
        "TEXT/HTML",
        # Internet Explorer.
        "text/html, application/xhtml+xml, */*",
        # What no feed is.
        "image/*",
        "image/png, image/svg+xml",
        "*/*;q=0",
        "text/html;q=0",
        "text/plain",
    ],
)
def test_browsers_get_a_page(accept: str) -> None:
    assert prefers_page(accept)


@pytest.mark.parametrize(
    "accept",
    [
        # Nothing; curl, newsboat, Python's requests and httpx, NetNewsWire, maubot, hebbot.
        "",
        "*/*",
        # feedparser.
        "application/atom+xml,application/rdf+xml,application/rss+xml,application/x-netcdf,"
        "application/xml;q=0.9,text/xml;q=0.2,*/*;q=0.1",
        # Miniflux.
        "application/xml, application/atom+xml, application/rss+xml, application/rdf+xml, "
        "application/feed+json, text/html, */*;q=0.9",
        # SimplePie, and so FreshRSS.
        "application/atom+xml, application/rss+xml, application/rdf+xml;q=0.9, "
        "application/xml;q=0.8, text/xml;q=0.8, text/html;q=0.7, unknown/unknown;q=0.1, "
        "application/unknown;q=0.1, */*;q=0.1",
        # Thunderbird.
        "application/atom+xml,application/rss+xml;q=0.9,application/rdf+xml;q=0.8,"
        "application/xml;q=0.7,text/xml;q=0.7,*/*;q=0.1",
        # The library reader.
        "application/atom+xml,application/rss+xml,application/feed+json;q=0.9,*/*;q=0.1",
        # Programs that look for the feed of a page, too.
        "text/html, application/rss+xml, application/xml;q=0.9, */*;q=0.8",
        "application/rss+xml, application/rdf+xml;q=0.8, application/atom+xml;q=0.6, "
        "application/xml;q=0.4, text/xml;q=0.4",
        "application/rss+xml, text/xml, */*",
        "application/json, text/plain, */*",
        "text/html;q=0, */*",
        "*/*, text/html;q=0.1",
        "application/*, text/html;q=0.5",
        "application/xml, text/html;q=0.5",
        "text/xml;q=1, text/html;q=0.9, */*;q=0.1",
        "text/*",
        "application/x-rss+xml",
        "text/json, text/plain",
        # HTML beside wildcards or XML: QuiteRSS, Java, HTTP libraries, a browser of text (lynx).
        "text/xml, text/html, */*",
        "text/html, */*",
        "text/html, image/png, *; q=.2, */*; q=.2",
        "text/html;q=1, *;q=0.1",
        "text/html, application/*;q=0.3",
        "text/html, text/*",
        "text/*",
        "text/html, text/plain, text/sgml, */*;q=0.01",
        "text/html, application/rss+xml;q=0.2",
        "text/html, text/xml;q=0.1",
        # What is no type counts as not written.
        "garbage",
        "html, xhtml;q=0.5",
        # Names all that there is.
        "application/atom+xml, application/xhtml+xml, text/html",
    ],
)
def test_feed_readers_and_bots_get_the_feed(accept: str) -> None:
    assert not prefers_page(accept)


@given(st.text())
def test_any_accept_is_read(accept: str) -> None:
    assert prefers_page(accept) in (True, False)
