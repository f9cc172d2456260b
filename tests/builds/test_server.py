"""The option `server_url`: what pages of feeds tell of the server, and how to embed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lxml import html as lxml_html
from mkdocs.exceptions import Abort
from selectolax.lexbor import LexborHTMLParser

from feedserver.embed import snippets
from mkdocs_twim.errors import OptionError
from mkdocs_twim.templating.server import read
from mkdocs_twim.templating.words import Words
from tests.sites import Built, build, issue, messages, post

FILES: dict[str, str | bytes] = {
    "blog/one.md": issue(1),
    "blog/x.md": post(),
    "a.md": "# A\n",
    "img/a.png": "",
}
SERVER = "https://feeds.example/news/"
TYPES = ("application/json+oembed", "text/xml+oembed")


def _site(folder: Path, theme: str, **twim: object) -> Built:
    return build(folder, FILES, twim=twim, theme={"name": theme}, strict=True)


@pytest.mark.parametrize("theme", ["material", "mkdocs", "readthedocs"])
def test_pages_of_feeds_tell_of_oembed(tmp_path: Path, theme: str) -> None:
    site = _site(tmp_path, theme, server_url=SERVER)
    for page in ("section/clients/", "project/fractal/", "category/news/", "updates/", "blog/"):
        # As Synapse looks for them.
        tree = lxml_html.document_fromstring(site.read(f"{page}index.html"))
        for kind, form in zip(TYPES, ("json", "xml"), strict=True):
            [link] = tree.findall(f".//link[@rel='alternate'][@type='{kind}']")
            address = f"https://letters.example/{page}".replace(":", "%3A").replace("/", "%2F")
            assert link.get("href") == f"{SERVER}oembed?url={address}&format={form}"
    for page in ("blog/one/", "section/", "feeds/", "a/", "author/"):
        assert "oembed" not in site.read(f"{page}index.html")
    # Material asks for a sitemap beside whatever its script sees of these.
    head = LexborHTMLParser(site.read("section/clients/index.html"))
    seen = [node for node in head.css("link[rel=alternate]") if "oembed" in (node.html or "")]
    hidden = [node for node in seen if node.parent and node.parent.tag == "noscript"]
    assert len(hidden) == (2 if theme == "material" else 0)


def test_later_pages_tell_of_the_first(tmp_path: Path) -> None:
    files = {f"blog/n{day:02}.md": post(date=f"2024-04-{day:02}") for day in range(1, 13)}
    site = build(tmp_path, files, twim={"server_url": SERVER})
    assert "url=https%3A%2F%2Fletters.example%2Fblog%2F&amp;" in site.read("blog/page/2/index.html")


def test_a_list_shows_how_to_embed_it(tmp_path: Path) -> None:
    site = _site(tmp_path, "mkdocs", server_url=SERVER.rstrip("/"))
    for page, of in (("section/clients/", "section/clients"), ("blog/", "")):
        tree = LexborHTMLParser(site.read(f"{page}index.html"))
        [link] = tree.css("a.twim-embed")
        folder = f"{of}/" if of else ""
        assert link.text() == "Embed" and link.attributes["href"] == f"{SERVER}embed/{folder}"
        assert json.loads(link.attributes["data-twim-embed"] or "") == {
            "title": "Clients, Letters" if of else "Letters",
            "url": f"https://letters.example/{page}",
            "script": f"{SERVER}embed.js",
            "feed": f"{SERVER}{folder}feed.json",
            "page": f"{SERVER}embed/{folder}",
            "picture": f"{SERVER}embed{'/' if of else ''}{of}.svg",
            "heights": {name: [*sizes] for name, sizes in snippets.HEIGHTS.items()},
        }
        words = json.loads(link.attributes["data-twim-words"] or "")
        assert words == json.loads(Words("en").script())
        assert tree.css('script[src$="assets/twim/embedding.js"]')
    assert not LexborHTMLParser(site.read("blog/one/index.html")).css(".twim-embed")
    assert (site.folder / "assets/twim/embedding.js").is_file()


def test_without_a_server_there_is_none_of_it(tmp_path: Path) -> None:
    site = _site(tmp_path, "mkdocs")
    text = site.read("section/clients/index.html")
    assert "oembed" not in text and "twim-embed" not in text and "embedding.js" not in text
    # A room needs none.
    assert "twim-room" in text
    assert not (site.folder / "assets/twim/embedding.js").exists()


@pytest.mark.parametrize(
    "address", ["feeds.example", "/feeds/", "ftp://a.example/", "https://a.example/?x", "", "http:"]
)
def test_what_is_no_address_of_a_server(address: str) -> None:
    with pytest.raises(OptionError, match="server_url: expected an address such as"):
        read(address, "material")


def test_a_wrong_address_stops_the_build(tmp_path: Path) -> None:
    with messages() as said, pytest.raises(Abort):
        build(tmp_path, FILES, twim={"server_url": "x"})
    assert "found 'x'" in said[-1]


@pytest.mark.parametrize("theme", ["material", "mkdocs", "readthedocs"])
def test_a_list_says_how_it_comes_into_a_room(tmp_path: Path, theme: str) -> None:
    site = _site(tmp_path, theme, feeds={"calm": {"title": "Calm", "category": ["news"]}})
    for page, of, mode in (
        ("section/clients/", "section/clients/", "updates"),
        ("project/fractal/", "project/fractal/", "updates"),
        ("updates/", "updates/", "updates"),
        ("blog/", "", "issues"),
        ("category/news/", "category/news/", "issues"),
        ("calm/", "calm/", "issues"),
    ):
        feed = f"https://letters.example/{of}"
        tree = LexborHTMLParser(site.read(f"{page}index.html"))
        assert [node.text() for node in tree.css("details.twim-room pre")] == [
            f'[[rooms]]\nroom = "#room:matrix.example"\nfeed = "{feed}feed.json"\nmode = "{mode}"',
            f"!rss subscribe {feed}atom.xml",
            f"!hookshot feed {feed}atom.xml",
        ]
    for page in ("blog/one/", "section/", "feeds/", "a/", "author/"):
        assert "twim-room" not in site.read(f"{page}index.html")


@pytest.mark.parametrize("language", ["de", "fr", "ar"])
def test_rooms_are_told_of_in_the_language_of_the_site(language: str) -> None:
    english = Words("en")
    for name in ("room", "room_hint", "room_maubot", "room_bot_hint", "room_say_hint"):
        assert Words(language).text(name) != english.text(name)
