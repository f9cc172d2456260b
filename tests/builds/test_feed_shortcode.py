"""The shortcode `feed`: a feed's entries on the pages of a site, as static HTML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from mkdocs.livereload import LiveReloadServer
from selectolax.lexbor import LexborHTMLParser, LexborNode

from mkdocs_twim.errors import PeerError
from mkdocs_twim.markup.addresses import feed_folder
from mkdocs_twim.shortcodes import tokens
from mkdocs_twim.shortcodes.peers import Peers
from mkdocs_twim.shortcodes.signatures import SIGNATURES
from tests.sites import Built, build, issue, messages, post
from tests.twim.shortcodes.test_library import problem

QUIET = {"feeds": {"quiet": {"title": "Quiet", "not_category": ["this-week-in-letters"]}}}
PICTURED = (
    post("Pictured", "Text.\n", date="2024-06-01")
    .rstrip("\n")
    .replace("\n+++\n\nText.", '\n[extra]\nimage = "/img/a.png"\n+++\n\nText.')
)
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x08\x08\2\0\0\0"
FILES: Mapping[str, str | bytes] = {
    "blog/one.md": issue(1),
    "blog/two.md": issue(2),
    "blog/hello.md": post("Hello & <b>bye</b>", "A text.\n"),
    "blog/pictured.md": PICTURED,
    "img/a.png": PNG,
}


def _site(folder: Path, page: str, more: Mapping[str, str | bytes] = {}, **config: object) -> Built:
    """A site whose home page is `page`."""
    files = {**FILES, "index.md": f"# Home\n\n{page}\n", **more}
    return build(folder, files, **{"twim": QUIET, "strict": True, **config})  # type: ignore[arg-type]  # of every type


def _feeds(site: Built, path: str = "index.html") -> list[LexborNode]:
    return LexborHTMLParser(site.read(path)).css("div.twim-feed")


def _titles(feed: LexborNode) -> list[str]:
    return [" ".join(node.text().split()) for node in feed.css(".twim-entry-title a")]


def _hrefs(feed: LexborNode) -> list[str]:
    return [str(node.attributes["href"]) for node in feed.css("a")]


def _fails(folder: Path, page: str, more: Mapping[str, str | bytes] = {}) -> list[str]:
    with messages() as said, pytest.raises(Abort):
        _site(folder, page, more)
    return said[-1].splitlines()


@pytest.mark.parametrize(
    ("src", "folder"),
    [
        ("/section/clients/", "/section/clients/"),
        ("/section/clients", "/section/clients/"),
        ("/section/clients/feed.json", "/section/clients/"),
        ("/section/clients/atom.xml", "/section/clients/"),
        ("section/clients", "/section/clients/"),
        ("no-twim", "/no-twim/"),
        ("/", "/"),
        ("/feed.json", "/"),
        ("/rss.xml", "/"),
        ("//", "/"),
        ("/other.json", "/other.json/"),
        ("section/clients/feed.json", None),
        ("archive.json", None),
        ("../peer/atom.xml", None),
    ],
)
def test_a_source_is_a_feed_of_the_site_or_a_file(src: str, folder: str | None) -> None:
    assert feed_folder(src) == folder


@pytest.mark.parametrize(
    ("src", "titles", "page"),
    [
        ("/section/clients/", ["Fractal", "Hydrogen 1.2.3"] * 2, "section/clients/"),
        ("/project/fractal/", [f"This Week in Letters {n}" for n in (2, 1)], "project/fractal/"),
        ("/category/news/", ["Pictured", "Hello & <b>bye</b>"], "category/news/"),
        ("/quiet/", ["Pictured", "Hello & <b>bye</b>"], "quiet/"),
        ("/updates/", ["Fractal", "Hydrogen 1.2.3", "Bots"] * 2, "updates/"),
        (
            "/",
            ["Pictured", "Hello & <b>bye</b>", *(f"This Week in Letters {n}" for n in (2, 1))],
            "blog/",
        ),
    ],
)
def test_each_kind_of_feed_is_shown(tmp_path: Path, src: str, titles: list[str], page: str) -> None:
    [feed] = _feeds(_site(tmp_path, f'{{{{ feed(src="{src}", limit=9) }}}}'))
    assert _titles(feed) == titles
    assert _hrefs(feed)[-1] == page
    assert feed.css_first("script") is None


def test_an_entry_says_when_where_and_who(tmp_path: Path) -> None:
    site = _site(
        tmp_path, '{{ feed(src="updates", limit=1) }}\n\n{{ feed(src="section/clients", limit=1) }}'
    )
    [entry, in_section] = (feed.css(".twim-entry")[0] for feed in _feeds(site))
    facts = [" ".join(item.text().split()) for item in entry.css(".twim-byline li")]
    assert facts == ["May 2, 2024", "in Clients", "reported by Ada"]
    assert "We have news." in entry.css(".twim-entry-summary")[0].text()
    assert "section/clients/" in _hrefs(entry) and "https://matrix.to/#/@ada:example.org" in _hrefs(
        entry
    )
    assert "in Clients" not in in_section.text()


def test_layouts_limits_titles_and_pictures(tmp_path: Path) -> None:
    site = _site(
        tmp_path,
        '{{ feed(src="/", limit="2", layout="compact", images=true) }}\n\n'
        '{{ feed(src="/", layout="cards", images=true, title="The *latest* <i>") }}\n\n'
        '{{ feed(src="/", title="No pictures") }}',
    )
    compact, cards, plain = _feeds(site)
    assert len(_titles(compact)) == 2 and not compact.css("img, .twim-entry-summary")
    assert "twim-feed-compact" in str(compact.attributes["class"])
    assert "twim-feed-cards" in str(cards.attributes["class"])
    assert cards.css(".twim-feed-title")[0].text() == "The *latest* <i>"
    assert cards.css("ul")[0].attributes["aria-label"] == "The *latest* <i>"
    [picture] = cards.css("img")
    assert picture.attributes["src"] == "img/a.png" and picture.attributes["loading"] == "lazy"
    assert picture.attributes["width"] == "16"
    assert not plain.css("img")


def test_calls_on_posts_in_quotes_lists_and_bodies(tmp_path: Path) -> None:
    call = '{{ feed(src="/quiet/", limit=1) }}'
    body = f"> {call}\n\n- one {call} two\n\n{{% details(summary='More') %}}\n{call}\n{{% end %}}\n"
    site = _site(
        tmp_path,
        call,
        {
            "blog/toml.md": post("In TOML", body, date="2020-01-01"),
            "blog/yaml.md": f"---\ntitle: In YAML\ndate: 2020-01-02\n---\n\n{body}",
            "section/clients.md": f"# Clients\n\n{call}\n",
            "blog/_index.md": f"+++\ntitle = 'Blog'\n+++\n\n{call}\n",
            "deep/er.md": f"# Deeper\n\n{call}\n",
        },
    )
    for path in ("blog/toml", "blog/2020/01/02/in-yaml"):
        feeds = _feeds(site, f"{path}/index.html")
        assert [_titles(feed) for feed in feeds] == [["Pictured"]] * 3, path
        text = site.read(f"{path}/index.html")
        assert "data-twim-feed" not in text
        for outer in ("blockquote", "li", "details"):
            assert LexborHTMLParser(text).css(f"{outer} .twim-feed"), outer
    for path in ("section/clients", "blog", "deep/er"):
        [feed] = _feeds(site, f"{path}/index.html")
        assert _titles(feed) == ["Pictured"]
    assert _hrefs(_feeds(site, "deep/er/index.html")[0])[0] == "../../blog/pictured/"


def test_a_post_with_a_feed_has_a_link_in_feeds(tmp_path: Path) -> None:
    """So an entry never holds itself, and stays the same when others come."""
    text = '{{ feed(src="/") }}\n\n{{ feed(src="section/clients", title="Clients <now>") }}\n'
    more = {"blog/all.md": post("All", text, date="2025-01-01")}
    site = _site(tmp_path / "one", "Text", more)
    [entry] = [each for each in site.json("feed.json")["items"] if each["title"] == "All"]
    assert (
        entry["content_html"].split()
        == (
            '<p><a href="https://letters.example/">https://letters.example/</a></p>\n'
            '<p><a href="https://letters.example/section/clients/">Clients &lt;now&gt;</a></p>'
        ).split()
    )
    assert len(_titles(_feeds(site, "blog/all/index.html")[0])) == 5
    later = _site(tmp_path / "two", "Text", {**more, "blog/new.md": post("New", date="2025-02-01")})
    assert entry in later.json("feed.json")["items"]


def test_the_search_and_the_table_of_contents_don_t_repeat_entries(tmp_path: Path) -> None:
    site = _site(tmp_path, '{{ feed(src="/section/clients/", title="Heading") }}')
    [home] = [doc for doc in site.json("search/search_index.json")["docs"] if doc["location"] == ""]
    assert "Hydrogen" not in home["text"] and "twim" not in home["text"]


def test_a_page_written_by_hand_has_no_place(tmp_path: Path) -> None:
    by_hand = '<div data-twim-feed="7 nowhere.md"></div>'
    site = _site(tmp_path, f'{{{{ feed(src="/", limit=1) }}}}\n\n{by_hand}\n')
    assert len(_feeds(site)) == 1
    assert "nowhere.md" not in site.read("index.html")


@pytest.mark.parametrize("key", ["1 index.md", "{0}1 index.md", "&#x10ff02;1 index.md"])
@pytest.mark.parametrize("call", ['{{ feed(src="/", limit=1) }}', ""])
def test_a_place_cannot_be_written_by_hand(tmp_path: Path, key: str, call: str) -> None:
    by_hand = f'<div data-twim-feed="{key.format(tokens.PLACE)}"></div>'
    other = {"other.md": '{{ feed(src="/", limit=2) }}\n'}
    site = _site(tmp_path, f"{call}\n\n{by_hand}\n", other)
    assert len(_feeds(site)) == (1 if call else 0)


CODE = """\
    {{ feed(src="/", limit=1) }}

```text
{{ feed(src="/", limit=1) }}
```

`{{ feed(src="/", limit=1) }}`

<a title='{{ feed(src="/", limit=1) }}' href="/">x</a>
"""


@pytest.mark.parametrize("name", ["index.md", "blog/toml.md", "blog/yaml.md"])
def test_in_code_a_call_is_shown_as_it_is_written(tmp_path: Path, name: str) -> None:
    files = {
        "index.md": f"# Home\n\n{CODE}",
        "blog/toml.md": post("In TOML", CODE, date="2020-01-01"),
        "blog/yaml.md": f"---\ntitle: In YAML\ndate: 2020-01-02\n---\n\n{CODE}",
    }
    site = _site(tmp_path, "Text", {name: files[name]})
    page = {"index.md": "", "blog/toml.md": "blog/toml/"}.get(name, "blog/2020/01/02/in-yaml/")
    tree = LexborHTMLParser(site.read(f"{page}index.html"))
    assert [node.text().strip() for node in tree.css("pre code, p code")] == [
        '{{ feed(src="/", limit=1) }}'
    ] * 3
    assert tree.css("a[title*=feed]")[0].attributes["title"] == '{{ feed(src="/", limit=1) }}'
    assert not tree.css(".twim-feed")
    for item in site.json("feed.json")["items"]:
        if item["title"].startswith("In "):
            entry = LexborHTMLParser(item["content_html"])
            assert [node.text().strip() for node in entry.css("pre, p code")] == [
                '{{ feed(src="/", limit=1) }}'
            ] * 3


def test_many_people_are_some(tmp_path: Path) -> None:
    names = [f"Person {number}" for number in range(300)]
    item = {
        **HOSTILE["items"][1],  # type: ignore[dict-item]  # of JSON
        "url": "https://peer.example/2",
        "title": "By many",
        "authors": [{"name": name} for name in names],
    }
    _write(tmp_path, {"peer.json": json.dumps({**HOSTILE, "items": [item]})})
    reported = "\n\n".join(
        f"[{name}](https://matrix.to/#/@p{n}:example.org) said:\n\n> News."
        for n, name in enumerate(names)
    )
    by_many = post("By many", "Text.\n", date="2025-01-01").replace('"Ada"', str(names[:4])[1:-1])
    more = {
        "blog/many.md": issue(3, f"## Dept of Clients\n\n### Fractal\n\n{reported}\n"),
        "blog/by.md": by_many,
    }
    calls = [("peer.json", 1), ("/section/clients/", 1), ("/quiet/", 1)]
    text = "\n\n".join(f'{{{{ feed(src="{src}", limit={limit}) }}}}' for src, limit in calls)
    lines = [
        " ".join(feed.css(".twim-byline li")[-1].text().split())
        for feed in _feeds(_site(tmp_path, text, more))
    ]
    assert lines == [
        "by Person 0, Person 1, +98",
        "reported by Person 0, Person 1, +298",
        "by Person 0, Person 1, +2",
    ]


def test_a_shortcode_of_the_site_s_own_replaces_it(tmp_path: Path) -> None:
    (tmp_path / "shortcodes").mkdir()
    (tmp_path / "shortcodes/feed.html").write_text("<b>{{ src }}, {{ nth }}</b>")
    site = _site(tmp_path, '{{ feed(src="no such", limit=1000) }}')
    assert "<b>no such, 1</b>" in site.read("index.html")


def _leads(site: Built, page: str, href: str, site_url: str) -> bool:
    """Whether a link of a page leads to a file of the site, and to an id of it."""
    parts = urlsplit(urljoin(site_url + page, href))
    base = urlsplit(site_url)
    if parts.netloc != base.netloc:
        return parts.scheme == "https"
    path = unquote(parts.path.removeprefix(base.path))
    file = site.folder / (f"{path}index.html" if path.endswith("/") or not path else path)
    return file.is_file() and (
        not parts.fragment or f'id="{unquote(parts.fragment)}"' in file.read_text("utf-8")
    )


@pytest.mark.parametrize("directories", [True, False])
@pytest.mark.parametrize("site_url", ["https://letters.example/", "https://x.example/a/news/"])
@pytest.mark.parametrize("theme", ["mkdocs", "material"])
def test_links_lead_somewhere(tmp_path: Path, directories: bool, site_url: str, theme: str) -> None:
    calls = "\n\n".join(
        f'{{{{ feed(src="{src}", limit=9, images=true) }}}}'
        for src in ("/", "/updates/", "/quiet/", "/author/ada/", "/project/fractal/")
    )
    site = _site(
        tmp_path,
        calls,
        {"deep/er.md": calls, "blog/all.md": post("All", calls)},
        use_directory_urls=directories,
        site_url=site_url,
        theme={"name": theme},
    )
    pages = ["", "blog/all/", "deep/er/" if directories else "deep/er.html"]
    for page in pages:
        file = f"{page}index.html" if page.endswith("/") or not page else page
        feeds = _feeds(site, file)
        assert len(feeds) == 5
        for feed in feeds:
            pictures = [str(node.attributes["src"]) for node in feed.css("img")]
            for href in [*_hrefs(feed), *pictures]:
                assert _leads(site, page, href, site_url), f"{page}: {href}"


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    calls = '{{ feed(src="/") }}\n\n{{ feed(src="/updates/", layout="cards") }}'
    one, two = (_site(tmp_path / name, calls) for name in ("one", "two"))
    assert (
        one.read("index.html").split("Build Date")[0]
        == two.read("index.html").split("Build Date")[0]
    )
    assert one.read("feed.json") == two.read("feed.json")


def test_words_and_direction_are_the_site_s(tmp_path: Path) -> None:
    theme = {"name": "material", "language": "ar"}
    site = _site(tmp_path, '{{ feed(src="/updates/", limit=1) }}', theme=theme)
    [feed] = _feeds(site)
    assert "reported by" not in feed.text() and "2024" in feed.text()
    assert not feed.css("[dir]")


HOSTILE = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "<script>alert(1)</script> Peer",
    "home_page_url": "javascript:alert(1)",
    "items": [
        {
            "id": "1",
            "url": "https://peer.example/1",
            "title": '</a><img src=x onerror="alert(1)"> {{ feed(src="/") }}',
            "content_html": "<script>alert(1)</script><p>Text <b>bold</b>",
            "summary": "<svg onload=alert(1)>",
            "image": "https://peer.example/a.png",
            "date_published": "2024-01-01T00:00:00Z",
            "authors": [{"name": "<i>Eve", "url": "javascript:alert(1)"}],
        },
        {"id": "2", "url": "javascript:alert(1)", "date_published": "2024-01-02T00:00:00Z"},
    ],
}


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def test_a_hostile_file_is_text(tmp_path: Path) -> None:
    _write(tmp_path, {"peers/evil.json": json.dumps(HOSTILE)})
    site = _site(tmp_path, '{{ feed(src="peers/evil.json", images=true) }}')
    [feed] = _feeds(site)
    assert _titles(feed) == ['</a><img src=x onerror="alert(1)"> {{ feed(src="/") }}']
    assert not feed.css("script, svg")
    assert all(href.startswith("https://peer.example/") for href in _hrefs(feed))
    [image] = feed.css("img")
    assert image.attributes == {
        "class": "twim-thumb-image",
        "src": "https://peer.example/a.png",
        "alt": "",
        "loading": "lazy",
    }


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Another site, whose files were fetched."""
    theme = {"name": "mkdocs", "locale": "de"}
    return _site(
        tmp_path_factory.mktemp("peer"),
        "Text",
        site_url="https://peer.example/",
        site_name="Peer",
        theme=theme,
    )


def test_files_of_a_peer(tmp_path: Path, peer: Built) -> None:
    names = [f"{of}/feed.json" for of in ("section/clients", "project/fractal", "updates")]
    names += ["feed.json", "archive.json", "atom.xml", "rss.xml"]
    _write(tmp_path, {f"peers/{name}": peer.read(name) for name in names})
    calls = "\n\n".join(f'{{{{ feed(src="peers/{name}", limit=9) }}}}' for name in names)
    site = _site(tmp_path, calls)
    clients, fractal, updates, posts, archive, atom, rss = _feeds(site)
    assert _titles(clients) == ["Fractal", "Hydrogen 1.2.3"] * 2
    assert _hrefs(clients)[0] == "https://peer.example/blog/two/#fractal-website"
    assert _hrefs(clients)[-1] == "https://peer.example/section/clients/"
    assert clients.css(".twim-feed-more")[0].text() == "Clients, Peer"
    assert _titles(fractal) == [f"This Week in Letters {n}" for n in (2, 1)]
    assert _titles(updates)[:3] == ["Fractal", "Hydrogen 1.2.3", "Bots"]
    assert "in Clients" in updates.text() and "in Clients" not in clients.text()
    for feed in (posts, archive, atom, rss):
        # RSS has no closing tags in titles (feed-rules 17).
        hello = "Hello & <b>bye‹/b›" if feed is rss else "Hello & <b>bye</b>"
        assert _titles(feed)[:2] == ["Pictured", hello]
        assert "by Ada" in feed.text()
        assert all(href.startswith("https://") for href in _hrefs(feed))
        assert feed.css(".twim-entry-title")[0].attributes["lang"] == "de"


def test_a_peers_atom_and_rss_have_the_order_of_its_json(tmp_path: Path, peer: Built) -> None:
    names = ("feed.json", "atom.xml", "rss.xml")
    _write(tmp_path, {f"peers/{name}": peer.read(f"updates/{name}") for name in names})
    calls = "\n\n".join(f'{{{{ feed(src="peers/{name}", limit=9) }}}}' for name in names)
    site = _site(tmp_path, calls)
    found = [_hrefs(feed)[:-1] for feed in _feeds(site)]
    updates = [[href for href in each if "peer.example/blog/" in href] for each in found]
    assert len(updates[0]) > 3 and updates[1] == updates[2] == updates[0]


def test_a_file_of_a_peer_in_the_feeds_of_a_post(tmp_path: Path, peer: Built) -> None:
    _write(tmp_path, {"clients.json": peer.read("section/clients/feed.json")})
    page = post("All", '{{ feed(src="clients.json") }}', date="2025-01-01")
    site = _site(tmp_path, "Text", {"blog/all.md": page})
    [entry] = [each for each in site.json("feed.json")["items"] if each["title"] == "All"]
    link = '<p><a href="https://peer.example/section/clients/">Clients, Peer</a></p>'
    assert entry["content_html"].strip() == link


def test_an_empty_file_has_no_entries(tmp_path: Path) -> None:
    empty = {**HOSTILE, "items": [], "title": "Empty", "home_page_url": "https://peer.example/x"}
    _write(tmp_path, {"empty.json": json.dumps(empty)})
    [feed] = _feeds(_site(tmp_path, '{{ feed(src="empty.json") }}'))
    assert "There are none yet." in feed.text() and not feed.css("ul")
    assert _hrefs(feed) == ["https://peer.example/x"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            'feed(src="/section/client/")',
            "the site has no feed '/section/client/'; did you mean '/section/clients/'?",
        ),
        (
            'feed(src="clients")',
            "the site has no feed '/clients/'; did you mean '/section/clients/'?",
        ),
        ('feed(src="/nothing/like/it/")', "the site has no feed '/nothing/like/it/'"),
        (
            'feed(src="section/clients/feed.json")',
            "there is no file 'section/clients/feed.json' below the folder of mkdocs.yml; did you "
            "mean '/section/clients/feed.json'?",
        ),
        ('feed(src="gone.json")', "there is no file 'gone.json' below the folder of mkdocs.yml"),
        (
            'feed(src="../x/feed.json")',
            "the file '../x/feed.json' is not below the folder of mkdocs.yml",
        ),
        ('feed(src="a.dir")', "'a.dir' is a folder: name a feed's file in it"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, call: str, message: str) -> None:
    (tmp_path / "a.dir").mkdir()
    [line] = _fails(tmp_path, f"Text\n\n> {{{{ {call} }}}}")
    assert line == f"index.md:5:3: 'feed': src: {message}"


def test_a_file_that_is_no_feed_is_told_in_posts_too(tmp_path: Path) -> None:
    _write(tmp_path, {"list.json": "[1]", "page.xml": "<p>Hello"})
    text = '{{ feed(src="list.json") }}\n\n{{ feed(src="page.xml") }}\n'
    lines = _fails(tmp_path, "Text", {"blog/x.md": post("X", text)})
    assert [line.partition(" is no feed: ")[0] for line in lines] == [
        "blog/x.md:9:1: 'feed': src: the file 'list.json'",
        "blog/x.md:11:1: 'feed': src: the file 'page.xml'",
    ]


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(PeerError, match="can't be read: Permission denied"):
        Peers(tmp_path).read("a.json")


@pytest.mark.parametrize("limit", ["0", "201", '"x"', "true", "1.5", "-1", '"1000"'])
def test_a_limit_out_of_range(limit: str) -> None:
    found = problem(f'{{{{ feed(src="/", limit={limit}) }}}}')
    assert found.startswith("'feed': limit: expected a number from 1 to 200, found ")


@pytest.mark.parametrize(
    "src", ["''", '"https://peer.example/feed.json"', '"//x/y"', "3", "'a\\b'"]
)
def test_a_source_that_cannot_be(src: str) -> None:
    assert "src: expected a feed of the site" in problem(f"{{{{ feed(src={src}) }}}}")


def test_a_layout_that_there_is_not() -> None:
    found = problem('{{ feed(src="/", layout="table") }}')
    assert "layout: expected a layout, one of list, compact, cards" in found
    assert problem("{{ feed() }}") == "'feed' needs the argument 'src'"
    assert SIGNATURES["feed"].parameters["limit"].default == 5


def test_an_alias_of_a_project_leads_to_its_feed(tmp_path: Path) -> None:
    twim = {**QUIET, "aliases": {"project": {"Fractal Next": ["fractal"]}}}
    more = {"blog/next.md": issue(3).replace("### Fractal", "### Fractal Next")}
    [feed] = _feeds(_site(tmp_path, '{{ feed(src="/project/fractal/") }}', more, twim=twim))
    assert len(_titles(feed)) == 3
    assert _hrefs(feed)[-1] == "project/fractal-next/"


def test_a_post_without_a_page_is_not_led_to(tmp_path: Path) -> None:
    more = {"blog/hidden.md": post("Hidden", date="2025-01-01", more="render = false")}
    [feed] = _feeds(_site(tmp_path, '{{ feed(src="/", limit=1) }}', more))
    assert feed.css(".twim-entry-title")[0].text().split() == ["Hidden"]
    assert not feed.css(".twim-entry-title a")


class _Watching(LiveReloadServer):
    """A server that notes what it is to watch; it doesn't run."""

    def __init__(self) -> None:
        self.watched: list[tuple[str, bool]] = []

    def watch(self, path: str, func: object = None, *, recursive: bool = True) -> None:
        self.watched.append((path, recursive))


def test_serve_sees_files_that_change(tmp_path: Path, peer: Built) -> None:
    _write(tmp_path, {"peers/a.json": peer.read("project/fractal/feed.json"), "docs/b.json": "x"})
    _site(tmp_path, '{{ feed(src="peers/a.json") }}')
    loaded = load_config(str(tmp_path / "mkdocs.yml"))
    loaded.plugins.on_startup(command="serve", dirty=False)
    server = _Watching()
    mkdocs_build(loaded)
    loaded.plugins.on_serve(server, config=loaded, builder=mkdocs_build)
    assert server.watched == [(str(tmp_path / "peers"), False)]
    built = Built(tmp_path / "site")
    assert len(_titles(_feeds(built)[0])) == 2
    # A second build watches nothing twice.
    mkdocs_build(loaded)
    assert len(server.watched) == 1
    # Another call, of a file in the docs, which are watched, and of one that is not yet there.
    page = tmp_path / "docs/index.md"
    _write(tmp_path, {"docs/b.json": peer.read("feed.json")})
    page.write_text("".join(f'{{{{ feed(src="{n}") }}}}\n\n' for n in ("docs/b.json", "c.json")))
    with pytest.raises(Abort):
        mkdocs_build(loaded)
    assert server.watched[1:] == [(str(tmp_path), False)]
    _write(tmp_path, {"c.json": peer.read("section/clients/feed.json")})
    mkdocs_build(loaded)
    assert [_titles(feed)[0] for feed in _feeds(built)] == ["Pictured", "Fractal"]


def test_a_template_of_the_theme_s_takes_its_place(tmp_path: Path) -> None:
    part = "<ol>{% for entry in feed.entries %}<li>{{ entry.title }}{% endfor %}</ol>"
    _write(tmp_path, {"theme/twim/parts/feed.html": part})
    theme = {"name": "mkdocs", "custom_dir": str(tmp_path / "theme")}
    site = _site(tmp_path, '{{ feed(src="/quiet/", limit=2) }}', theme=theme)
    assert "<ol><li>Pictured<li>Hello &amp; &lt;b&gt;bye&lt;/b&gt;</ol>" in site.read("index.html")
