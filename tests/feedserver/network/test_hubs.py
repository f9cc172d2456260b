"""Which hub a document names: headers before elements, in each format."""

from __future__ import annotations

import json

import pytest

from feedserver.network.hubs import Advert, find

HERE = "https://news.example/feed"
HUB = "https://hub.example/"
SELF = "https://news.example/self"
ADVERT = Advert((HUB,), SELF)

ATOM = f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">
<link href="{HUB}" rel="hub"/><link rel="self" href="{SELF}"/><title>x</title>
<entry><link rel="hub" href="https://evil.example/"/></entry></feed>"""
RSS = f"""<rss version="2.0" xmlns:a="http://www.w3.org/2005/Atom"><channel>
<link>https://news.example/</link><a:link rel="self" href="{SELF}"/>
<a:link rel="HUB" href="{HUB}"/><item><a:link rel="hub" href="https://evil.example/"/></item>
</channel></rss>"""
PAGE = f"""<!doctype html><html><head><link rel="self" href="{SELF}">
<link rel="x hub" href="{HUB}"></head><body><link rel="hub" href="https://evil.example/">"""
JSON = json.dumps({"feed_url": SELF, "items": [], "hubs": [{"type": "WebSub", "url": HUB}]})


@pytest.mark.parametrize(
    "header",
    [
        f'<{HUB}>; rel="hub", <{SELF}>; rel="self"',
        f"<{HUB}>;rel=hub,<{SELF}>;rel=self",
        f'</self>; title="a, b; rel=hub"; rel="self", <{HUB}>; REL="HUB"',
        f'<{HUB}>; rel="hub", <self>; rel="other self", <https://x.example/>; rel=self',
    ],
)
def test_headers(header: str) -> None:
    assert find(HERE, header, b"", None) == ADVERT


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ATOM, "application/atom+xml"),
        (RSS, "application/rss+xml"),
        (PAGE, "text/html; charset=utf-8"),
        (JSON, "application/feed+json"),
        (ATOM, None),
        (RSS, "text/xml"),
        (f"\ufeff {PAGE}", None),
        (JSON, "text/plain"),
    ],
)
def test_elements(body: str, content_type: str | None) -> None:
    assert find(HERE, None, body.encode(), content_type) == ADVERT


@pytest.mark.parametrize(
    "text",
    [
        f"<head><noscript><img src=x></noscript><title><p></title><LINK REL=hub HREF={HUB}>",
        f"<meta charset=utf-8><link rel='hub' href='{HUB}' /></head><link rel=hub href=x>",
        f"<!-- <body> --><script>'<p>'</script><link title='a / b' rel=hub href='{HUB}'>",
        f"<link rel=hub href='{HUB}' href='https://evil.example/'>",
    ],
)
def test_a_page_s_head(text: str) -> None:
    found = find(HERE, None, f"<!doctype html>{text}".encode(), "text/html")
    assert found == Advert((HUB,), HERE)


def test_headers_come_first() -> None:
    header = '<https://first.example/>; rel="hub", </topic>; rel="self"'
    found = Advert(("https://first.example/",), "https://news.example/topic")
    assert find(HERE, header, ATOM.encode(), None) == found


def test_links_of_other_kinds_in_headers_leave_the_elements() -> None:
    assert find(HERE, '</style.css>; rel="preload"', ATOM.encode(), None) == ADVERT


def test_without_a_self_link_the_address_is_the_topic() -> None:
    assert find(HERE, f"<{HUB}>; rel=hub", b"", None) == Advert((HUB,), HERE)


def test_a_hub_of_https_is_preferred() -> None:
    header = '<http://plain.example/>; rel="hub", <https://safe.example/>; rel="hub"'
    found = find(HERE, header, b"", None)
    assert found and found.hubs == ("https://safe.example/", "http://plain.example/")


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (None, ""),
        (None, "nothing"),
        (None, "<feed"),
        (None, "{"),
        (None, "[]"),
        (None, '{"hubs": "x"}'),
        (None, '{"hubs": [{"type": "rssCloud", "url": "https://x.example/"}]}'),
        (None, "<!doctype html><p><link rel=hub href='https://evil.example/'>"),
        (None, "<html><header><link rel=hub href='https://evil.example/'>"),
        (None, "<html><link-x><link rel=hub href='https://evil.example/'>"),
        (None, "<html><!-- <link rel=hub href='https://evil.example/'>"),
        ("<javascript:alert(1)>; rel=hub", ""),
        ("<>; rel=hub", '<feed><link rel="hub" href="https://evil.example/"/></feed>'),
        ("<" * 100_000, ""),
        ('<x>; a="' + "," * 100_000, ""),
        (None, "<a>" * 100_000),
        (None, '<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY c "&b;&b;">]><a>&c;</a>'),
    ],
)
def test_what_names_no_hub(header: str | None, body: str) -> None:
    found = find(HERE, header, body.encode(), None)
    assert found is None or ("evil" not in str(found) and found.hubs == (HERE,))
