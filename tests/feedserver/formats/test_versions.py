"""The version of an entry: what an edit is, and that it stays what it is over releases."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from feedserver.formats import archive as archives
from feedserver.formats import jsonfeed
from feedserver.formats.versions import version
from feedserver.model import Entry, Image, Project, Section
from feedserver.text.html import sanitise
from tests.samples import archive, post, update

CONTENT = (
    '<p>One &amp; <a href="https://x.example/?a=1&amp;b=2">two</a>.</p>\n'
    '<ul>\n<li>three <img src="https://x.example/a.png" alt="An owl"></li>\n</ul>'
)
POST = replace(post("week"), content=CONTENT)
UPDATE = replace(update(POST, 0, project="fractal"), content=CONTENT)


def _digest(*parts: str) -> str:
    return sha256("".join(f"{part}\0" for part in parts).encode()).hexdigest()[:12]


def test_golden() -> None:
    """These are kept by bots: whatever changes them makes each bot tell of everything again."""
    assert (version(POST), version(UPDATE)) == ("0cb0c143f213", "7ba69d2ecd11")


def test_it_is_made_of_what_the_reference_says() -> None:
    text = "One & two. three"
    addresses = ("https://x.example/?a=1&b=2", "https://x.example/a.png")
    assert version(POST) == _digest("Week", POST.url, text, *addresses)
    titles = ("Dept of Clients", "Fractal")
    assert version(UPDATE) == _digest(*titles, UPDATE.url, text, *addresses)
    bare = replace(update(POST, 1, section=None, project="fractal"), content=None)
    assert version(bare) == _digest("", "Fractal", bare.url, "")


def _moved(entry: Entry) -> Entry:
    later = timedelta(seconds=7)
    return replace(entry, published=entry.published + later, modified=entry.modified + later)


@pytest.mark.parametrize("entry", [POST, UPDATE])
def test_markup_dates_and_tags_are_no_edit(entry: Entry) -> None:
    markup = (
        '<div><p class="x">One &amp;\n<a title="a > b" href="https://x.example/?a=1&amp;b=2"><b>two'
        '</b></a>.<br><img alt="" src="https://x.example/a.png" width="7"></p><p>three</p></div>'
    )
    for same in (
        _moved(entry),
        replace(entry, tags=("News",), authors=(), summary="Other."),
        replace(entry, image=Image("https://x.example/other.png")),
        replace(entry, content=sanitise(markup, entry.url)),
    ):
        assert version(same) == version(entry)
    assert version(replace(UPDATE, title="Another")) == version(UPDATE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("three", "four"),
        ("a=1&amp;", ""),
        ("a.png", "b.png"),
        ("</li>", '<a href="https://x.example/"></a></li>'),
    ],
)
def test_text_links_and_pictures_are(old: str, new: str) -> None:
    assert version(replace(POST, content=CONTENT.replace(old, new))) != version(POST)


def test_titles_and_addresses_are() -> None:
    of = UPDATE.update
    assert of is not None
    versions = {
        version(UPDATE),
        version(replace(UPDATE, url="https://x.example/")),
        version(replace(UPDATE, update=replace(of, section=Section("clients", "Clients")))),
        version(replace(UPDATE, update=replace(of, project=Project("fractal", "Fractal 5")))),
        version(POST),
        version(replace(POST, title="Month")),
        version(replace(POST, content=None)),
    }
    assert len(versions) == 7


def test_items_have_it_in_feeds_and_in_the_archive() -> None:
    assert jsonfeed.item(POST)["_twim"] == {"kind": "post", "version": version(POST)}
    written = json.loads(archives.serialise(archive([POST, UPDATE])))
    assert [item["_twim"]["version"] for item in written["items"]] == [
        version(POST),
        version(UPDATE),
    ]
    assert jsonfeed.entry(written["items"][0]) == POST


def test_a_lone_surrogate_is_no_error() -> None:
    assert len(version(replace(POST, content="<p>\ud800</p>"))) == 12
