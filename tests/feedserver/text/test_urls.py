"""Addresses made absolute, as feeds have them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedserver.text.urls import absolute

BASE = "https://example.org/blog/post/"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "https://example.org/blog/post/"),
        ("#fn1", "https://example.org/blog/post/#fn1"),
        ("?a=b c", "https://example.org/blog/post/?a=b%20c"),
        ("//Host.org/x", "https://host.org/x"),
        ("/r |[é", "https://example.org/r%20%7C%5B%C3%A9"),
        ("r/../s.png", "https://example.org/blog/post/s.png"),
        (r"\\evil.org\x", "https://evil.org/x"),
        (" https://EXAMPLE.org\n", "https://example.org/"),
        ("https://e.org?x", "https://e.org/?x"),
        ("https://e.org:443/", "https://e.org/"),
        ("https://e.org:8443/%c3%a9%zz%", "https://e.org:8443/%C3%A9%25zz%25"),
        ("https://u:p@e.org/", "https://u:p@e.org/"),
        ("https://u@v@e.org/", "https://u%40v@e.org/"),
        ("https://münchen.de/ä?ö#ü", "https://xn--mnchen-3ya.de/%C3%A4?%C3%B6#%C3%BC"),
        ("https://[::1]:80/x", "https://[::1]:80/x"),
        ("https://matrix.to/#/@a:b", "https://matrix.to/#/@a:b"),
        ("https://matrix.to/#/#room:b?via=c", "https://matrix.to/#/%23room:b?via=c"),
        ("mailto:A b@e.org", "mailto:A%20b@e.org"),
        ("MATRIX:u/a:b", "matrix:u/a:b"),
        ("xmpp:a@b?join", "xmpp:a@b?join"),
        ("ircs://H.org/#c", "ircs://h.org/#c"),
        ("tel:+1", "tel:+1"),
        ("IPFS://QmYwAPJzv5/a b.mp3", "ipfs://QmYwAPJzv5/a%20b.mp3"),
        ("ipns://docs.Tide.example/a", "ipns://docs.tide.example/a"),
        ("magnet:?xt=urn:btih:ab&dn=a b", "magnet:?xt=urn:btih:ab&dn=a%20b"),
        ("https://e.org/\udc00", "https://e.org/"),
    ],
)
def test_addresses_are_made_absolute(given: str, expected: str) -> None:
    assert absolute(given, BASE) == expected
    assert absolute(expected, BASE) == expected


@pytest.mark.parametrize(
    "address",
    [
        "http://[",
        "https://a b/",
        "https://e.org:x/",
        "https://e.org:99999/",
        "https://a..b/",
        f"https://{'é' * 70}.de/",
        "https:///x",
        "https:x",
        "javascript:x",
        " java\nscript:x",
        "\x01javascript:x",
        "vbscript:x",
        "data:text/html,x",
        "C:\\x",
        "mailto:",
    ],
)
def test_what_is_no_address_is_none(address: str) -> None:
    assert absolute(address, BASE) is None


def test_a_relative_address_needs_a_base() -> None:
    assert absolute("x", "") is None


@given(st.text())
def test_any_text_is_an_address_or_none(address: str) -> None:
    found = absolute(address, BASE)
    assert found is None or (found.isascii() and absolute(found, BASE) == found)
