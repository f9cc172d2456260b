"""The targets of `python -m tests.fuzz`: bytes in, and what must hold whatever they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import atheris  # type: ignore[import-untyped]  # it carries no types

with atheris.instrument_imports(include=["feedserver", "feedparser"]):
    from feedserver.errors import FeedServerError
    from feedserver.foreign import joining, reading
    from feedserver.foreign.reading import Options
    from feedserver.formats import archive
    from feedserver.text import html

SEEDS = {
    "xml": (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><link href="https://a.example/"'
        b"/><entry><id>https://a.example/1</id><title>This Week in A</title><updated>2026-01-02T03:"
        b'04:05Z</updated><content type="html">&lt;h2>S&lt;/h2>&lt;h3>P&lt;/h3>&lt;p>x&lt;/p>'
        b"</content></entry></feed>",
        b"<rss version='2.0'><channel><link>https://a.example/</link><item><guid>https://a.example/"
        b"1</guid><pubDate>Fri, 02 Jan 2026 03:04:05 GMT</pubDate><description>x</description>"
        b"</item></channel></rss>",
    ),
    "json": (
        b'{"version":"https://jsonfeed.org/version/1.1","home_page_url":"https://a.example/","items'
        b'":[{"id":"https://a.example/1","title":"This Week in A","date_published":"2026-01-02T03:'
        b'04:05Z","content_html":"<h2>S</h2><p>x</p>"}]}',
    ),
    "html": (b"<h2>S</h2><h3>P</h3><p>x</p>",),
}


def _document(data: bytes) -> None:
    try:
        found = reading.read(data, Options(), "https://a.example/feed")
    except FeedServerError:
        return
    again = archive.parse(archive.serialise(found.archive))
    assert again == found.archive
    joining.join([again, again])
    for entry in again.entries:
        if entry.content:
            assert "<script" not in entry.content and "javascript:" not in entry.url


def _html(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    clean = html.sanitise(text, "https://a.example/")
    assert html.sanitise(clean, "https://a.example/") == clean
    assert "<script" not in clean and "<svg" not in clean


RUN: Mapping[str, Callable[[bytes], None]] = {"xml": _document, "json": _document, "html": _html}


if __name__ == "__main__":
    name, corpus, *rest = sys.argv[1:]
    for number, seed in enumerate(SEEDS[name]):
        with open(f"{corpus}/seed-{number}", "wb") as file:
            file.write(seed)
    atheris.Setup([sys.argv[0], corpus, *rest], RUN[name])
    atheris.Fuzz()
