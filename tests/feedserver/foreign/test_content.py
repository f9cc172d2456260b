"""The HTML of other sites: what its addresses are relative to, lazy pictures, enclosed files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import escape, unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedserver.foreign import reading
from feedserver.foreign._content import prepare
from feedserver.foreign.reading import Options
from feedserver.formats import archive
from feedserver.formats.formats import FORMATS
from feedserver.model import Attachment, Channel, Image
from feedserver.text import html
from tests.feedserver.counting import steps
from tests.feedserver.foreign.test_reading import atom, content, entry, feed, one, read, rss
from tests.samples import SITE

PAGE = "https://letters.example/2026/tide/"
FEED = "https://letters.example/feeds/atom.xml"
DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="
GULL = '<img src="/gull.png" alt="A gull">'
ITEM = (
    f"<item><title>Tide</title><link>{PAGE}</link><pubDate>Tue, 03 Mar 2026 08:00:00 GMT</pubDate>"
)


def shown(text: str) -> str | None:
    return one(atom(entry(content(text), id=PAGE))).content


@pytest.mark.parametrize("address", [FEED, None])
@pytest.mark.parametrize(
    ("more", "base"),
    [
        ("", PAGE),
        (' xml:base="https://b.example/x/"', "https://b.example/x/"),
        (' xml:base="../media/"', "https://letters.example/media/"),
    ],
)
def test_addresses_are_relative_to_the_base_or_the_page(
    address: str | None, more: str, base: str
) -> None:
    text = '<p><a href="map/">m</a> <a href="#low">l</a> <img src="1.png"></p>'
    data = atom(
        entry(content(text, more=more), id=PAGE), head=f'<link rel="self" href="{FEED}"/>'
    ).replace(b'<link rel="self" href="https://letters.example/atom.xml"/>', b"")
    [found] = reading.read(data, Options(), address).archive.entries
    assert found.content == (
        f'<p><a href="{base}map/">m</a> <a href="{PAGE}#low">l</a> <img src="{base}1.png"></p>'
    )


def xhtml(text: str, *, of: str = "", more: str = "") -> str | None:
    """Content of XHTML, with attributes of the element `content` and of its one `div`."""
    name = "http://www.w3.org/1999/xhtml"
    body = f'<content type="xhtml"{of}>\n <div xmlns="{name}"{more}>{text}</div>\n</content>'
    return one(atom(entry(body, id=PAGE), head=f'<link rel="self" href="{FEED}"/>')).content


@pytest.mark.parametrize(
    ("of", "more", "base"),
    [
        ("", ' xml:base="https://b.example/x/"', "https://b.example/x/"),
        ("", " class='x' xml:base = 'https://b.example/?a&amp;b'", "https://b.example/"),
        ("", ' xml:base="/media/"', "https://letters.example/media/"),
        (' xml:base="https://b.example/x/"', ' xml:base="y/"', "https://b.example/x/y/"),
        (' xml:base="https://b.example/x/"', "", "https://b.example/x/"),
        ("", "", PAGE),
    ],
)
def test_addresses_in_xhtml_are_relative_to_the_base_of_its_element(
    of: str, more: str, base: str
) -> None:
    found = xhtml(
        '<p><a href="map/">m</a> <a href="#low">l</a><img src="1.png"/></p>', of=of, more=more
    )
    assert found == (
        f'<p><a href="{base}map/">m</a> <a href="{PAGE}#low">l</a><img src="{base}1.png"></p>'
    )


def test_addresses_in_xhtml_are_relative_to_the_nearest_base() -> None:
    found = xhtml(
        '<p><a href="a">a</a></p><section xml:base="https://c.example/y/"><p><a href="a">a</a></p>'
        '<p xml:base="../z/"><a href="a">a</a> <a href="#low">l</a>'
        '<img src="1.png" srcset="1.png 1x, 2.png 2x"/><img data-src="3.png"/></p>'
        '<p xml:base="javascript:x"><a href="https://d.example/">d</a><a href="b">b</a></p>'
        '</section><p><img xml:base="/media/" src="4.png"/><a href="c">c</a></p>',
        more=' xml:base="https://b.example/x/"',
    )
    assert found == (
        '<p><a href="https://b.example/x/a">a</a></p>'
        '<section><p><a href="https://c.example/y/a">a</a></p>'
        f'<p><a href="https://c.example/z/a">a</a> <a href="{PAGE}#low">l</a>'
        '<img src="https://c.example/z/1.png"'
        ' srcset="https://c.example/z/1.png 1x, https://c.example/z/2.png 2x">'
        '<img src="https://c.example/z/3.png"></p>'
        '<p><a href="https://d.example/">d</a><a href="https://c.example/y/b">b</a></p></section>'
        '<p><img src="https://b.example/media/4.png"><a href="https://b.example/x/c">c</a></p>'
    )


HOME = "https://letters.example/sub/"
BASES = ("https://cdn.example/files/", "z/", "../z/")


def file_of(*entries: str, head: str = "") -> bytes:
    """A feed that doesn't say where it stands."""
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Letters</title>{head}'
        f'<link href="{HOME}"/>{"".join(entries)}</feed>'
    ).encode()


SECOND = entry(
    '<link href="2/"/><link rel="enclosure" href="b.mp3" type="audio/mpeg"/>'
    + content('<p><a href="map/">m</a> <img src="b.png"></p>'),
    id="urn:letters:2",
)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("on", ["entry", "link", "title", "summary", "content", "div", "p"])
def test_the_base_of_one_entry_is_not_that_of_the_next(on: str, base: str) -> None:
    first = (
        '<entry><id>urn:letters:1</id><title>One</title><link href="1/"/><summary>s</summary>'
        "<updated>2026-03-14T16:33:36+02:00</updated>"
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>x</p></div></content>'
        "</entry>"
    ).replace(f"<{on}", f'<{on} xml:base="{base}"', 1)
    assert "xml:base" in first
    *_, found = reading.read(file_of(first, SECOND), Options()).archive.entries
    assert found == one(file_of(SECOND))
    assert found.url == f"{HOME}2/"
    assert found.attachments == (Attachment(f"{HOME}2/b.mp3", "audio/mpeg"),)
    assert (found.content or "").startswith(
        f'<p><a href="{HOME}2/map/">m</a> <img src="{HOME}2/b.png"></p>'
    )


def test_the_base_of_a_description_is_not_that_of_the_next_item() -> None:
    text = "<description{}>&lt;p>&lt;a href='map/'>m&lt;/a>&lt;/p></description></item>"
    first = ITEM + text.format(' xml:base="https://cdn.example/files/"')
    second = ITEM.replace("tide/", "ebb/") + text.format("")
    found = reading.read(rss(first, second), Options()).archive.entries
    assert {each.url: each.content for each in found} == {
        PAGE: '<p><a href="https://cdn.example/files/map/">m</a></p>',
        PAGE.replace("tide/", "ebb/"): (
            '<p><a href="https://letters.example/2026/ebb/map/">m</a></p>'
        ),
    }


@pytest.mark.parametrize(
    ("base", "full"),
    [
        ("https://cdn.example/files/", "https://cdn.example/files/"),
        ("z/", f"{HOME}z/"),
        ("../z/", "https://letters.example/z/"),
    ],
)
def test_a_base_in_a_file_is_relative_to_the_site_s_page(base: str, full: str) -> None:
    item = SECOND.replace("<entry>", f'<entry xml:base="{base}">')
    for head in ("", '<link rel="self" href="atom.xml"/>'):
        found = one(file_of(item, head=head))
        assert found.url == f"{full}2/"
        assert f'<a href="{full}map/">m</a> <img src="{full}b.png">' in (found.content or "")
        assert found.attachments == (Attachment(f"{full}b.mp3", "audio/mpeg"),)


@pytest.mark.parametrize("address", [FEED, None])
@pytest.mark.parametrize(
    ("of_item", "own", "base"),
    [
        ("", "", PAGE),
        (' xml:base="https://tides.example/x/"', "", "https://tides.example/x/"),
        ("", ' xml:base="https://files.example/"', "https://files.example/"),
        (' xml:base="https://tides.example/x/"', ' xml:base="y/"', "https://tides.example/x/y/"),
    ],
)
def test_the_base_of_a_text_is_not_that_of_the_files_beside_it(
    of_item: str, own: str, base: str, address: str | None
) -> None:
    text = "<description xml:base='https://texts.example/'>&lt;a href='m'>m&lt;/a></description>"
    files = (
        f'<enclosure{own} url="7.mp3" type="audio/mpeg"/>'
        f'<media:content{own} url="7.mp4" type="video/mp4"/><media:thumbnail{own} url="7.png"/>'
    )
    for parts in (text + files, files + text):
        data = rss(f"{ITEM}{parts}</item>".replace("<item", f"<item{of_item}"))
        [found] = reading.read(data, Options(), address).archive.entries
        assert [each.url for each in found.attachments] == [f"{base}7.mp3", f"{base}7.mp4"]
        assert found.image == Image(f"{base}7.png")
        assert '<a href="https://texts.example/m">' in (found.content or "")


@pytest.mark.parametrize("address", [FEED, None])
@pytest.mark.parametrize(
    ("of_feed", "of_entry", "of_link", "base"),
    [
        ("", "", "", PAGE),
        ("", ' xml:base="https://tides.example/x/"', "", "https://tides.example/x/"),
        (' xml:base="https://tides.example/"', ' xml:base="x/"', "", "https://tides.example/x/"),
        ("", "", ' xml:base="https://files.example/"', "https://files.example/"),
    ],
)
def test_files_and_authors_of_atom_are_where_they_are_wherever_it_was_read_from(
    address: str | None, of_feed: str, of_entry: str, of_link: str, base: str
) -> None:
    parts = (
        f'<link href="{PAGE}"/><author><name>Ida</name><uri>ida</uri></author>'
        f'<link{of_link} rel="enclosure" type="audio/mpeg" href="7.mp3"/>'
        f'<content type="text" xml:base="https://texts.example/">x</content>'
    )
    data = file_of(entry(parts, id="urn:letters:1").replace("<entry", f"<entry{of_entry}"))
    data = data.replace(b"<feed", f"<feed{of_feed}".encode(), 1)
    [found] = reading.read(data, Options(), address).archive.entries
    assert [each.url for each in found.attachments] == [f"{base}7.mp3"]
    assert f'<a href="{base}7.mp3">7.mp3</a>' in (found.content or "")
    [ida] = found.authors
    assert ida.url == (f"{PAGE}ida" if of_link else f"{base}ida")


@pytest.mark.parametrize("address", [FEED, None])
def test_an_author_of_a_whole_feed_is_at_its_site(address: str | None) -> None:
    for more, base in (
        ("", HOME),
        (' xml:base="https://tides.example/"', "https://tides.example/"),
    ):
        head = "<author><name>Ida</name><uri>/ida</uri></author>"
        data = file_of(SECOND, head=head).replace(b"<feed", f"<feed{more}".encode(), 1)
        [found] = reading.read(data, Options(), address).archive.entries
        [ida] = found.authors
        assert ida.url == f"https://{base.split('/')[2]}/ida"


def test_the_address_of_an_entry_s_source_is_not_the_feed_s() -> None:
    source = '<source><link rel="self" href="https://other.example/x/atom.xml"/></source>'
    found = one(file_of(SECOND.replace("<title>", f"{source}<title>")))
    assert found.url == f"{HOME}2/"


def test_addresses_in_rss_and_json_are_relative_to_the_page() -> None:
    data = rss(f"{ITEM}<content:encoded>&lt;img src='1.png'></content:encoded></item>")
    [found] = reading.read(data, Options(), "https://letters.example/rss.xml").archive.entries
    assert found.content == f'<img src="{PAGE}1.png">'
    item = {"url": PAGE, "date_published": "2026-03-03", "content_html": "<img src='1.png'>"}
    assert one(feed(item)).content == f'<img src="{PAGE}1.png">'


@pytest.mark.parametrize(
    "written",
    [
        f'<img src="{DOT}" data-src="/gull.png" alt="A gull">',
        '<img data-src="/gull.png" alt="A gull">',
        '<img src="/lazyload.gif" data-src="/gull.png" data-lazy="true" alt="A gull">',
        '<img src="#" data-lazy-src="/gull.png" alt="A gull">',
        '<img src="" data-original="/gull.png" alt="A gull">',
        f'<img src="{DOT}" data-lazyload="/gull.png" alt="A gull">',
        '<img src="/blank.gif" data-echo="/gull.png" alt="A gull">',
        f'<img src="{DOT}" data-cfsrc="/gull.png" alt="A gull">',
        '<img nitro-lazy-src="/gull.png" alt="A gull">',
        f'<img src="{DOT}" data-hi-res-src="/gull.png" alt="A gull">',
        '<img src="/grey.png" data-hi-res-src="/gull.png" alt="A gull">',
        f'<img src="{DOT}" data-src-small="/grey.png" data-src-large="/gull.png" alt="A gull">',
        '<img src="/1x1.png" data-permalink="/gull/" data-orig-file="/gull.png" alt="A gull">',
        '<img src="/blank.gif" data-srcset="/gull.png 300w, /gull-2.png 600w" alt="A gull">',
        '<img src="/grey.png" data-lazy-srcset="/gull.png 300w, /gull-2.png 600w" alt="A gull">',
        '<img src="/gull.png" data-srcset="/gull-2.png 600w, /gull.png 300w" alt="A gull">',
        '<img src="/grey.png" srcset="/grey.png 1x" data-src="/gull.png" alt="A gull">',
        '<img src="/blank.gif" data-srcset="/gull.png 1x" alt="A gull">'
        '<noscript><img src="/gull-2.png"></noscript>',
        f'<img src="{DOT}" data-src="/gull.png" alt="A gull"><noscript>{GULL}</noscript>',
        # What it shows is said in the noscript alone.
        f'<img src="/blank.gif" data-src="/gull.png"><noscript>{GULL}</noscript>',
        f'<img data-src="/gull.png" alt=""><b>So</b> <noscript>{GULL}</noscript>',
        '<img data-src="/gull.png"><noscript><img src="/gull-30x20.png" alt="A gull"></noscript>',
        '<img data-src="/gull.png" alt="A gull"><noscript><img src="/gull.png" alt="B"></noscript>',
        f'<img src="{DOT}"><noscript>{GULL}</noscript>',
        f'<img class="is-lazy" src="/grey.png"> <noscript>{GULL}</noscript>',
        f"<noscript>{GULL}</noscript>",
        f"<noscript>{escape(GULL)}</noscript>",
        f"<noscript><noscript>{GULL}</noscript></noscript>",
    ],
)
def test_a_lazy_picture_is_the_picture(written: str) -> None:
    found = shown(f"<p>Look:</p><p>{written}</p>") or ""
    assert found.count("<img") == 1
    assert 'src="https://letters.example/gull.png"' in found and 'alt="A gull"' in found
    assert "noscript" not in found and "data" not in found and "grey" not in found


@pytest.mark.parametrize(
    "written",
    [
        '<img data-src="/grey gull (1).png">',
        '<img data-original="../../grey gull (1).png" src="/blank.gif">',
        '<img data-lazy-src="https://letters.example/grey gull (1).png" src="/gull.png">',
        '<div data-bg="/grey gull (1).png"></div>',
        "<div data-background=\"url('/grey gull (1).png')\"></div>",
        '<span data-src=" /grey gull (1).png "></span>',
    ],
)
def test_the_address_of_a_lazy_picture_may_have_spaces(written: str) -> None:
    found = shown(f"<p>Look:</p>{written}") or ""
    assert re.findall(r'src="([^"]*)"', found) == ["https://letters.example/grey%20gull%20(1).png"]


@pytest.mark.parametrize("text", ["true", "Hello. My caption", "and / or, this"])
def test_words_are_no_address_of_a_lazy_picture(text: str) -> None:
    found = shown(f'<p>Look:</p><img data-lazy="{text}" data-original="{text}" src="/gull.png">')
    assert 'src="https://letters.example/gull.png"' in (found or "")


BLURRED = '<img class="c1 blur" src="https://cdn.example/max/60/gull.png?q=20" width="60">'
SHARP = '<img class="c2" src="https://cdn.example/max/1400/gull.png" alt="A gull">'


@pytest.mark.parametrize(
    "written",
    [
        f"{BLURRED}<noscript>{SHARP}</noscript>",
        f"<noscript>{SHARP}</noscript>{BLURRED}",
        f"<div>{BLURRED}</div><canvas></canvas>\n<noscript><p>{SHARP}</p></noscript>",
        f"<div><div>{BLURRED}</div><img class='c9'><noscript>{SHARP}</noscript></div>",
        f"<div><noscript>{SHARP}</noscript></div> <span>{BLURRED}</span>",
        f"<noscript>{escape(SHARP)}</noscript><a href='/big/'>{BLURRED}</a>",
        f"{BLURRED.replace('c1 blur', 'c1')}<noscript>{SHARP}</noscript>",
        f"{BLURRED.replace('gull.png', '0a3f')}<noscript>{SHARP}</noscript>",
        f"<noscript>{SHARP}</noscript><img src='https://cdn.example/gull-30x20.jpg'>",
        f"{BLURRED}<img data-src='https://cdn.example/max/1400/gull.png' alt='A gull'>"
        f"<noscript>{SHARP}</noscript>",
        f"<noscript>{SHARP}</noscript>"
        "<img data-src='https://cdn.example/max/1400/gull.png' alt='A gull'>",
        f"{BLURRED}<img data-src='https://cdn.example/max/1400/gull.png' alt='A gull'>",
        f"<picture><source data-srcset='/x 1x'>{BLURRED}</picture><noscript>{SHARP}</noscript>",
    ],
)
@pytest.mark.parametrize("frame", ["<p>{}</p>", "<figure><div>{}</div></figure>"])
def test_a_picture_that_stood_in_for_another_does_not_stand_beside_it(
    written: str, frame: str
) -> None:
    found = shown(f"<p>Look:</p>{frame.format(written)}<p>So far.</p>") or ""
    assert found.count("<img") == 1 and "/max/1400/gull.png" in found and "A gull" in found
    assert "max/60" not in found and "noscript" not in found


def test_pictures_of_one_name_or_with_others_in_noscript_all_stay() -> None:
    text = (
        '<p><img src="/1/photo.jpg"><img data-src="/2/photo.jpg">'
        '<noscript><img src="/2/photo.jpg"></noscript></p>'
        '<p><img src="/a.jpg"> and</p><noscript><img src="/b.jpg"></noscript><p><img src="/c.jpg">'
    )
    assert re.findall('src="https://letters.example/([^"]*)"', shown(text) or "") == [
        *("1/photo.jpg", "2/photo.jpg", "a.jpg", "b.jpg", "c.jpg")
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('<img src="/IMG_1993.jpg">', '<noscript><img src="/IMG_1994.jpg"></noscript>'),
        (
            '<noscript><img src="/IMG_1993.jpg"></noscript>',
            '<noscript><img src="/IMG_1994.jpg"></noscript>',
        ),
        ('<img src="/image.png">', '<noscript><img src="/image-1.png"></noscript>'),
        ('<img class="skip-lazy" src="/a.jpg">', '<noscript><img src="/b.jpg"></noscript>'),
        ('<img src="/small-boats.jpg">', '<noscript><img src="/harbour.jpg"></noscript>'),
        ('<img class="nolazy" src="/a.jpg">', '<noscript><img src="/b.jpg"></noscript>'),
        ('<img src="/lazygit.png">', '<noscript><img src="/freezer.png"></noscript>'),
        ('<img src="/i.php?id=1">', '<noscript><img src="/i.php?id=2"></noscript>'),
        ('<img src="/05/cover.png?v=1">', '<noscript><img src="/06/cover.png?v=2"></noscript>'),
        ('<img class="lazyloaded" src="/05/cover.png">', '<img data-src="/06/cover.png">'),
        ('<img src="/05/cover.png">', '<noscript><img src="/06/cover.png"></noscript>'),
        (
            f'<img src="{DOT}"><noscript><img src="/photo1.jpg"></noscript>',
            f'<img src="{DOT}"><noscript><img src="/photo2.jpg"></noscript>',
        ),
    ],
)
@pytest.mark.parametrize(
    "frame",
    ["<p>{}</p><p>{}</p>", "<p>{}{}</p>", "<figure>{}</figure><figure>{}</figure>", "{} {}"],
)
def test_pictures_of_a_series_all_stay(first: str, second: str, frame: str) -> None:
    found = shown(f"<p>x</p><div>{frame.format(first, second)}</div>") or ""
    pictures = re.findall('src="https://letters.example/([^"]*)"', found)
    assert pictures == re.findall('src="/([^"]*)"', first + second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('<img data-src="/05/one.jpg">', '<noscript><img src="/06/one.jpg"></noscript>'),
        ('<img class="lazy" src="/a.jpg">', '<noscript><img src="/b.jpg"></noscript>'),
        ('<img src="/a.jpg" width="48">', '<noscript><img src="/b.jpg"></noscript>'),
        ('<img data-src="/photo1.jpg">', '<noscript><img src="/photo2.jpg"></noscript>'),
        ('<img data-src="/a-800.jpg">', '<noscript><img src="/a.jpg"></noscript>'),
        ('<img src="/05/cover.png">', '<noscript><img src="/06/cover.jpg"></noscript>'),
    ],
)
@pytest.mark.parametrize(
    ("frame", "count"),
    [
        ("<p>{}</p><p>{}</p>", 2),
        ("<li>{}</li><li>{}</li>", 2),
        ("<div>{}</div><div>{}</div>", 2),
        ('<a href="/1">{}</a><a href="/2">{}</a>', 2),
        ("<p>{}</p>{}", 1),
        ("<p>{}{}</p>", 1),
    ],
)
def test_what_stands_in_for_a_picture_stands_beside_it(
    first: str, second: str, frame: str, count: int
) -> None:
    found = shown(f"<p>x</p><div>{frame.format(first, second)}</div>") or ""
    assert found.count("<img") == count


@pytest.mark.parametrize(
    "written",
    [
        "<p>{lazy}</p><p>{other}</p>",
        "<p>{other}</p><p>{lazy}</p>",
        "<div>{lazy}</div><div>{other}</div>",
        '<p><a href="/1/">{lazy}</a><a href="/2/">{other}</a></p>',
        "<p>{lazy}{other}</p>",
        "<p>{other}{lazy}</p>",
        "<p>{other} <span>{lazy}</span></p>",
    ],
)
def test_another_picture_in_noscript_stays_beside_a_lazy_one(written: str) -> None:
    lazy = '<img data-src="/gull.png" alt="A gull">'
    other = '<noscript><img src="/owl.png" alt="An owl"></noscript>'
    found = shown(f"<p>x</p>{written.format(lazy=lazy, other=other)}") or ""
    assert found.count("<img") == 2
    assert found.count('"https://letters.example/gull.png"') == 1
    assert found.count('"https://letters.example/owl.png"') == 1


def test_a_lazy_picture_of_several_sizes_is_that_of_its_noscript() -> None:
    lazy = '<img data-srcset="/a1.png 300w, /gull-600.png 600w" alt="A gull">'
    found = shown(f'<p>x</p><p>{lazy}<noscript><img src="/gull.png"></noscript></p>') or ""
    assert found.count("<img") == 1


def test_a_link_around_a_lazy_picture_stays() -> None:
    text = f'<a href="/full.jpg"><img src="{DOT}" data-lazyload="/t.jpg"></a>'
    assert shown(f"<p>x</p>{text}") == (
        '<p>x</p><a href="https://letters.example/full.jpg">'
        '<img src="https://letters.example/t.jpg"></a>'
    )


@pytest.mark.parametrize(
    "written",
    [
        '<div class="hero" data-bg="/gull.png"></div>',
        "<div class=\"hero\" data-bg=\"url('/gull.png')\" style='background:none'> </div>",
        '<div class="hero" data-bg="url( /gull.png ) no-repeat"></div>',
        "<div class='hero' data-bg='url(\"/gull.png\" ), none'></div>",
        '<div class="hero" data-background-image="/gull.png"><span></span></div>',
        '<div class="hero" data-bgset="/gull.png 300w, /gull-2.png 600w"></div>',
        '<section data-bg="https://letters.example/gull.png"></section>',
        '<section class="hero lazy" data-bg="/gull.png"><h2>Gulls</h2><p>Of the sea.</p></section>',
        '<header data-bg="/gull.png"><div data-bg="dark">Gulls</div></header>',
    ],
)
def test_a_lazy_background_of_nothing_else_is_a_picture(written: str) -> None:
    found = shown(f"<p>x</p>{written}") or ""
    assert found.count('<img src="https://letters.example/gull.png">') == found.count("<img") == 1


@pytest.mark.parametrize(
    "written",
    [
        '<span class="lazy-img" data-src="/gull.png"></span>',
        '<div data-original="/gull.png?w=300"> <b></b></div>',
        '<p><a href="/full" data-lazy-src="/gull.png"></a></p>',
        '<figure data-srcset="/gull.png 300w, /gull-2.png 600w"></figure>',
        '<span data-src="/gull.png"></span><noscript><img src="/gull.png"></noscript>',
        '<span data-src="/gull.png"></span><noscript><img src="/gull-300x200.png"></noscript>',
        '<img src="/gull-blur.png"><span data-src="/gull.png"></span>',
        '<amp-img src="/gull.png" width="3" height="2" layout="responsive"></amp-img>',
        '<p><amp-img src="/gull.png"/> a gull</p>',
        '<amp-anim src="/gull.png"><amp-img placeholder src="/grey.png"></amp-img></amp-anim>',
        '<amp-img src="/gull.png"><amp-img fallback src="/gull.jpg"></amp-img>'
        '<noscript><img src="/gull.png"></noscript></amp-img>',
    ],
)
def test_another_element_that_a_script_makes_a_picture_is_one(written: str) -> None:
    found = shown(f"<p>x</p>{written}") or ""
    assert re.findall('<img src="([^"?]*)', found) == ["https://letters.example/gull.png"]
    assert found.count("<img") == 1 and ("a gull" in found) == ("a gull" in written)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            '<a href="/x" data-src="/gull.png">Open</a>',
            '<a href="https://letters.example/x">Open</a>',
        ),
        ('<div data-src="/comments.html"></div>', ""),
        ('<div data-src="/gull.mp4"><b>Play</b></div>', "<div><b>Play</b></div>"),
    ],
)
def test_what_is_no_picture_or_has_a_text_becomes_none(written: str, expected: str) -> None:
    assert shown(f"<p>x</p>{written}") == f"<p>x</p>{expected}"


@pytest.mark.parametrize(
    "value", ["dark", "#fff", "true", "1.5", "rgba(0,0,0,.5)", "var(--sand)", "bg-sand.dark", ""]
)
@pytest.mark.parametrize("inner", ["", "<p>x</p>"])
def test_a_background_that_is_no_address_is_no_picture(value: str, inner: str) -> None:
    found = shown(f'<p>x</p><section data-bg="{value}">{inner}</section>') or ""
    assert "<img" not in found and found.count("<p>x</p>") == (2 if inner else 1)


def test_a_lazy_background_of_much_or_of_a_picture_is_none() -> None:
    long = f"<div><p>{'Sand. ' * 60}</p></div>"
    assert "<img" not in (shown(long.replace("<div>", '<div data-bg="/grain.png">')) or "")
    text = '<div><p>x</p><img src="https://letters.example/gull.png"></div>'
    assert shown(text.replace("<div>", '<div data-bg="/grain.png">')) == text


def test_a_picture_is_of_one_of_its_sources_where_it_has_no_other() -> None:
    found = shown(
        '<p>x</p><picture><source srcset="/a.webp 1x"><source data-srcset="/a.jpg, /b.jpg 2x">'
        f'<img src="{DOT}"></picture>'
    )
    assert '<img src="https://letters.example/a.jpg">' in (found or "")


def test_what_stands_in_for_a_picture_ends_no_paragraph() -> None:
    text = '<p><noscript><p>No scripts.</p><img src="/a.png"></noscript><img data-src="/b.png"></p>'
    assert shown(f"<!-- <noscript> --><p>x</p>{text}") == (
        '<p>x</p><p><img src="https://letters.example/a.png">'
        '<img src="https://letters.example/b.png"></p>'
    )


def test_lazy_sets_of_pictures() -> None:
    found = shown('<p>x</p><img data-srcset="/a.png 1x, /b.png 2x" alt="">') or ""
    assert (
        'srcset="https://letters.example/a.png 1x, https://letters.example/b.png 2x"' in found
        and 'src="https://letters.example/a.png"' in found
    )
    picture = shown(
        f'<p>x</p><picture><source data-srcset="/a.webp 1x" type="image/webp"><source srcset="{DOT}'
        f' 1x"><img src="{DOT}" data-src="/a.png"></picture>'
    )
    assert picture == (
        '<p>x</p><picture><source type="image/webp" srcset="https://letters.example/a.webp 1x">'
        '<img src="https://letters.example/a.png"></picture>'
    )


@pytest.mark.parametrize(
    "written",
    [
        f'<p><img src="{DOT}"></p>',
        '<p><a href="/x"><img alt="x"></a></p>',
        f'<ul><li><img src="{DOT}"></li></ul>',
        "<ol><li><ul><li><img></li><li><p><img></p></li></ul></li></ol>",
        "<blockquote><h2><small><img></small></h2></blockquote>",
        "<dl><dt><img></dt><dd><img></dd></dl>",
        "<details><summary><img></summary><img></details>",
        "<main><nav><img></nav></main>",
        '<figure><picture><source type="image/webp"><img></picture></figure>',
        "<p><noscript>Please let scripts run.</noscript></p>",
        "<p><noscript></noscript><noscript></noscript></p>",
        '<p><noscript><img src="https://count.example/p.gif" width="1" height="1"></noscript></p>',
        "<p><noscript><p>Please let scripts run.</p></noscript></p>",
        '<div class="hero" data-bg="data:,"></div>',
        '<p><span data-bg=""></span></p>',
    ],
)
def test_nothing_empty_is_left_of_a_picture(written: str) -> None:
    assert shown(f"<p>Look:</p>{written}<p></p>") == "<p>Look:</p><p></p>"


def test_what_stands_beside_an_empty_picture_stays() -> None:
    text = f'<ul><li>A gull</li><li><img src="{DOT}"></li></ul><blockquote>x<img></blockquote>'
    assert shown(text) == "<ul><li>A gull</li></ul><blockquote>x</blockquote>"


def test_a_picture_beside_one_that_counts_visitors_stays() -> None:
    found = shown('<p><img src="/gull.png"><noscript><img src="//c.example/" width="1"></noscript>')
    assert found == '<p><img src="https://letters.example/gull.png"></p>'


tags = st.sampled_from(
    "<p> </p> <noscript> </noscript> <picture> </picture> <source> <img> <div> </div> x <a> </a>"
    " <img|src=/a.png> <img|data-src=/b.png> <a|href=#c> <source|data-srcset=/d.png>"
    " <div|data-bg=/e.png> <p|xml:base=/f/> <img|src=/blank.gif|data-srcset=/g.png>"
    " <span|data-src=/h.png> </span> <amp-img|src=/i.png> </amp-img>".split()
)


@given(st.lists(tags, max_size=30))
def test_any_pictures_are_prepared(found: list[str]) -> None:
    text = "".join(found).replace("|", " ")
    clean = html.sanitise(prepare(text, PAGE, PAGE), PAGE)
    assert html.sanitise(clean, PAGE) == clean
    assert ("/b.png" in text) == (f'"{SITE_ROOT}b.png"' in clean)


SITE_ROOT = "https://letters.example/"


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "<noscript><img src=a.png></noscript> " * n,
        lambda n: "<noscript>" * n + "<img src=a.png>",
        lambda n: "<p><img></p>" * n,
        lambda n: "<p>" + "<img data-src=a.png>" * n,
        lambda n: "<div>" * 100 + "<p><img></p>" * n,
        lambda n: "<picture><source>" * n,
        lambda n: "<div>" * n + "<img>",
        lambda n: "<a href=#x>" * n,
        lambda n: f"<img data-srcset='{'a.png, ' * n}'>",
        lambda n: f"<p xml:base='/x/'><img data-srcset='{'a.png, ' * n}'>",
        lambda n: "<p xml:base='x/'><a href=a>" * n,
        lambda n: "<div data-bg=/a.png>" * n,
        lambda n: "<div><div data-bg=/a.png></div>" * n,
        lambda n: "<div data-src=/a.png>" * n,
        lambda n: "<amp-img src=/a.png />" * n,
        lambda n: "<noscript>" * n + "<p></noscript>",
        lambda n: "<noscript></noscript><!--" * n,
        lambda n: "<picture>" + "<source data-srcset=a.png><img>" * n,
        lambda n: "<div><img class=blur src=a.png></div><noscript><img src=b.png></noscript>" * n,
        lambda n: "<div>" * 100 + "<noscript><img src=b.png></noscript>" * n,
        lambda n: "<div data-bg=dark>" * n + "x",
        lambda n: f"<div data-bg='url({' ' * 50 * n}'>",
        lambda n: "<img class=blur src=a.png>" * n + "<noscript><img src=b.png></noscript>" * n,
        lambda n: "<div><noscript><img src=b.png></noscript>" * n + "<img src=a.png>" * n,
        lambda n: "<ul><li>" * n + "<img data-src=a.png><img src=c.png>" * n,
    ],
    ids=range(25),
)
def test_content_is_prepared_in_steps_that_grow_with_it(make: Callable[[int], str]) -> None:
    first, second = make(400), make(800)
    assert steps(lambda: prepare(second, PAGE, PAGE)) < 2.5 * steps(
        lambda: prepare(first, PAGE, PAGE)
    )


AUDIO = Attachment("https://radio.example/7.mp3", "audio/mpeg", 4_200)


def test_enclosed_files_are_kept_in_every_format() -> None:
    files = '<enclosure url="https://radio.example/7.mp3" length="4200" type="audio/mpeg"/>'
    found = one(rss(f"{ITEM}{files}<content:encoded>&lt;p>A talk.&lt;/p></content:encoded></item>"))
    assert (found.attachments, found.image) == ((AUDIO,), None)
    link = '<p><a href="https://radio.example/7.mp3">7.mp3</a></p>'
    assert found.content == f"<p>A talk.</p>{link}"
    assert found.summary == "A talk."
    channel = Channel("T", "", SITE.url, f"{SITE.url}x", SITE, (found,))
    atom_, rss_, json_ = (form.serialise(channel).decode() for form in FORMATS.values())
    assert (
        '<link rel="enclosure" href="https://radio.example/7.mp3" type="audio/mpeg" length="4200"/>'
        in atom_
    )
    assert '<enclosure url="https://radio.example/7.mp3" length="4200" type="audio/mpeg"/>' in rss_
    assert json.loads(json_)["items"][0]["attachments"] == [
        {
            "url": "https://radio.example/7.mp3",
            "mime_type": "audio/mpeg",
            "size_in_bytes": 4200,
        }
    ]
    for data in (atom_, rss_, json_):
        assert one(data.encode()).attachments == (AUDIO,)


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/html"])
def test_an_enclosed_file_keeps_the_type_that_it_is_given(kind: str) -> None:
    address = "https://radio.example/talk"
    found = one(rss(f'{ITEM}<enclosure url="{address}" length="5" type="{kind}"/>{TEXT}</item>'))
    channel = Channel("T", "", SITE.url, f"{SITE.url}x", SITE, (found,))
    atom_, rss_, json_ = (form.serialise(channel).decode() for form in FORMATS.values())
    assert f'<enclosure url="{address}" length="5" type="{kind}"/>' in rss_
    assert f'<link rel="enclosure" href="{address}" type="{kind}" length="5"/>' in atom_
    assert f'"mime_type":"{kind}"' in json_.replace('": ', '":')


def test_the_name_of_a_file_says_more_than_that_it_is_bytes() -> None:
    file = '<enclosure url="https://radio.example/7.mp3" length="4200" type="{}"/>'
    for kind in ("application/octet-stream", "Application/Octet-Stream; x=y", "mp3"):
        assert one(rss(f"{ITEM}{file.format(kind)}{TEXT}</item>")).attachments == (AUDIO,)


def test_an_enclosed_file_beside_a_picture_and_a_summary() -> None:
    picture = '<link rel="enclosure" type="image/png" length="7" href="/shot.png"/>'
    files = '<link rel="enclosure" href="/talk.ogg" title="The talk"/>' + picture
    found = one(atom(entry(f'<link href="{PAGE}"/><summary>A talk &amp; a song.</summary>{files}')))
    assert found.image == Image("https://letters.example/shot.png", "image/png", 7)
    [talk] = found.attachments
    assert talk == Attachment("https://letters.example/talk.ogg", "audio/ogg", None, "The talk")
    assert found.content == (f'<p>A talk &amp; a song.</p><p><a href="{talk.url}">The talk</a></p>')
    channel = Channel("T", "", SITE.url, f"{SITE.url}x", SITE, (found,))
    text = FORMATS["rss.xml"].serialise(channel).decode()
    # Its size isn't known, so it can't be an enclosure.
    assert '<enclosure url="https://letters.example/shot.png" length="7"' in text
    assert f'<media:content url="{talk.url}" medium="audio" type="audio/ogg"/>' in text


def test_attachments_of_json_and_where_the_content_links_to_them() -> None:
    given = {
        "url": "/7.mp3",
        "mime_type": "audio/mpeg; codecs=x",
        "size_in_bytes": 4200,
        "title": "Talk",
        "duration_in_seconds": 3,
    }
    text = '<p>x <audio src="/7.mp3" controls></audio></p>'
    found = one(
        feed(
            {
                "url": PAGE,
                "date_published": "2026-03-03",
                "content_html": text,
                "attachments": [given, {"url": "/a.jpg", "mime_type": "image/jpeg"}, {"url": 7}, 5],
            }
        )
    )
    assert found.attachments == (
        Attachment("https://letters.example/7.mp3", "audio/mpeg", 4200, "Talk", 3),
    )
    channel = Channel("T", "", SITE.url, f"{SITE.url}x", SITE, (found,))
    assert one(FORMATS["feed.json"].serialise(channel)).attachments == found.attachments
    assert found.image == Image("https://letters.example/a.jpg", "image/jpeg")
    assert (
        found.content == '<p>x <audio src="https://letters.example/7.mp3" controls=""></audio></p>'
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("4200", 4200),
        (" 4200 ", 4200),
        (4200.0, 4200),
        *((each, None) for each in ("many", "", "-4", "4e3", "9" * 16, 0, -4, True, None, [4200])),
    ],
)
def test_the_size_and_duration_of_a_file_may_be_written_as_text(
    written: object, read: int | None
) -> None:
    file = {"url": "/7.mp3", "size_in_bytes": written, "duration_in_seconds": written}
    item = {"url": PAGE, "date_published": "2026-03-03", "content_html": "<p>A talk.</p>"}
    [talk] = one(feed({**item, "attachments": [file]})).attachments
    assert (talk.length, talk.duration) == (read, read)


TEXT = "<content:encoded>&lt;p>A talk.&lt;/p></content:encoded>"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("magnet:?xt=urn:btih:ab&amp;dn=7", "magnet:?xt=urn:btih:ab&amp;dn=7"),
        ("ipfs://QmYwAPJzv5/talk.mp3", "talk.mp3"),
        ("ftp://radio.example/talk.mp3", "talk.mp3"),
    ],
)
@pytest.mark.parametrize("length", ["4", "0", "-1", "many", ""])
def test_a_file_that_is_not_on_the_web_has_a_link_in_the_content(
    address: str, name: str, length: str
) -> None:
    files = f'<enclosure url="{address}" length="{length}" type="a/torrent"/>'
    found = one(rss(f"{ITEM}{files}{TEXT}</item>"))
    assert found.content == f'<p>A talk.</p><p><a href="{address}">{name}</a></p>'
    assert (found.attachments, found.image) == ((), None)
    picture = one(rss(f"{ITEM}{files.replace('a/torrent', 'image/png')}{TEXT}</item>"))
    assert (picture.content, picture.image) == (found.content, None)
    item = {"url": PAGE, "date_published": "2026-03-03", "content_html": "<p>A talk.</p>"}
    file = {"url": unescape(address), "mime_type": "a/torrent", "size_in_bytes": length}
    json_ = one(feed({**item, "attachments": [file]}))
    assert (json_.content, json_.attachments) == (found.content, ())
    channel = Channel("T", "", SITE.url, f"{SITE.url}x", SITE, (found,))
    for form in FORMATS.values():
        text = form.serialise(channel).decode()
        assert not re.search("enclosure|media:content|attachments|length|size_in", text)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:,a", "https://[/", "file:///a"])
def test_an_enclosed_file_that_nobody_can_follow_is_told(address: str) -> None:
    found = read(
        rss(f'{ITEM}<enclosure url="{address}" length="4" type="audio/mpeg"/>{TEXT}</item>')
    )
    [talk] = found.archive.entries
    assert (talk.attachments, talk.content) == ((), "<p>A talk.</p>")
    [told] = found.findings
    assert told.where == "Tide" and told.message == (
        f"encloses what can't be followed, and is left out: {address}"
    )


def test_files_of_media_rss_are_enclosed() -> None:
    files = (
        '<media:group><media:content url="/7.mp4" type="video/mp4" fileSize="9"/>'
        '<media:content url="https://radio.example/7.webm"/></media:group>'
        '<media:content url="https://radio.example/7.mp3" medium="audio"/>'
        '<media:content url="https://radio.example/7" type="application/x-shockwave-flash"/>'
        '<media:content url="https://[/a.png"/><media:thumbnail url="/7.png"/>'
    )
    data = rss(
        f'{ITEM}<enclosure url="https://radio.example/7.mp3" length="4200"/>{files}{TEXT}</item>'
    )
    [found] = reading.read(data, Options(), "https://letters.example/rss.xml").archive.entries
    assert found.attachments == (
        AUDIO,
        Attachment("https://letters.example/7.mp4", "video/mp4", 9),
        Attachment("https://radio.example/7.webm", "video/webm"),
    )
    assert (found.content or "").count("<a href=") == 3


def test_what_media_rss_says_nothing_of_is_a_picture() -> None:
    found = one(rss(f'{ITEM}<media:content url="https://radio.example/see?id=7"/>{TEXT}</item>'))
    assert (found.image, found.attachments) == (Image("https://radio.example/see?id=7"), ())


def test_files_come_back_from_each_of_our_own_formats() -> None:
    files = (AUDIO, *(Attachment(f"https://radio.example/{name}") for name in ("7.ogg", "7.xyz")))
    talk = replace(one(rss(f"{ITEM}{TEXT}</item>")), attachments=files)
    channel = Channel("T", "", SITE.url, f"{SITE.url}x", SITE, (talk,))
    for form in FORMATS.values():
        found = one(form.serialise(channel))
        assert [file.url for file in found.attachments] == [file.url for file in files]
        assert found.image is None


@pytest.mark.parametrize("base", ["", ' xml:base="/7/"'])
def test_content_that_is_elsewhere_is_enclosed(base: str) -> None:
    text = f'<summary>A talk.</summary><content type="audio/mpeg"{base} src="talk.mp3"/>'
    found = one(atom(entry(text, id=PAGE)))
    address = f"https://letters.example{'/7/' if base else '/2026/tide/'}talk.mp3"
    assert found.attachments == (Attachment(address, "audio/mpeg"),)
    assert found.content == f'<p>A talk.</p><p><a href="{address}">talk.mp3</a></p>'
    page = one(atom(entry('<content type="text/html" src="talk.html"/>', id=PAGE)))
    assert (page.attachments, page.content) == ((), None)


def test_a_file_of_an_issue_stands_in_none_of_its_updates() -> None:
    text = "<div><h2>Boats</h2><p>Launched.</p></div>"
    files = '<link rel="enclosure" href="/talk.ogg"/>'
    link = f'<link href="{PAGE}"/>'
    found = read(atom(entry(link + content(text) + files, title="This Week in Boats")))
    issue, boats = found.archive.entries
    assert (issue.content or "").endswith(">talk.ogg</a></p>")
    assert (boats.content, boats.attachments) == ("<p>Launched.</p>", ())
    assert archive.parse(archive.serialise(found.archive)) == found.archive


@pytest.mark.parametrize("kind", ["text/html", "application/xhtml+xml"])
@pytest.mark.parametrize(
    ("more", "address"),
    [
        (' src="https://letters.example/2026/7.html"', "https://letters.example/2026/7.html"),
        (' xml:base="/2026/" src="7.html"', "https://letters.example/2026/7.html"),
    ],
)
def test_content_that_is_a_page_elsewhere_is_the_entry_s_address(
    kind: str, more: str, address: str
) -> None:
    text = f'<summary>A talk.</summary><content type="{kind}"{more}/>'
    found = one(atom(entry(text, id="urn:talk:7").replace('<link href="urn:talk:7"/>', "")))
    assert (found.url, found.attachments, found.summary) == (address, (), "A talk.")
    assert found.id == "urn:talk:7"
    linked = one(atom(entry(f'<link href="{PAGE}"/>{text}', id="urn:talk:7")))
    assert (linked.url, linked.attachments) == (PAGE, ())


@pytest.mark.parametrize("address", [FEED, None])
def test_a_page_elsewhere_is_relative_to_the_feed_as_a_link_is(address: str | None) -> None:
    """Of a file that doesn't say its address both are relative to the site's home page."""
    text = '<summary>A talk.</summary><content type="text/html" src="talk/7.html"/>'
    elsewhere = atom(entry(text, id="urn:7").replace('<link href="urn:7"/>', ""))
    linked = atom(entry('<link href="talk/7.html"/>', id="urn:7"))
    own = b'<link rel="self" href="https://letters.example/atom.xml"/>'
    full = "https://letters.example/" + ("feeds/" if address else "") + "talk/7.html"
    for data in (elsewhere, linked):
        assert own in data
        found = reading.read(data.replace(own, b""), Options(), address).archive.entries
        assert [each.url for each in found] == [full]
