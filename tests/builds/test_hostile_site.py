"""A site whose posts hold everything that has ever broken a feed."""

from __future__ import annotations

from pathlib import Path

import feedparser  # type: ignore[import-untyped]  # it carries no types
import pytest
from starlette.testclient import TestClient

from feedserver.check.check import check
from feedserver.settings.settings import Settings
from feedserver.web.app import create_app
from tests.served import served
from tests.sites import SITE_URL, Built, build, issue

TITLES = (
    r"Vec<T> & R&D </b>",
    r"Tom &amp; Jerry ]]>",
    "🎉",
    "a\\tb\\u0001c \\u0085 \\uFFFD",
    "x" * 3000,
)
BODY = """\
Before <!-- more --> after.

## 🎉

### 🎊🎊

[Ann](https://matrix.to/#/@ann:example.org) and [Bo <b>](https://matrix.to/#/@bo:example.org) say

> <a href="rel?x=1&y=2">a</a> [b](#here) [c](../up "t")
> <img src="pic|ture[1].png" srcset="a.png 1x, /b ü.png 2x">
> <video src="v.mp4" poster="p.png"><source src="s.webm"><track src="t.vtt"></video>

## Vec<T> & R&D </b>

### `Vec<T>`

<iframe src="https://www.youtube.com/embed/9uwd35KhWsw"></iframe>
<script>alert(1)</script><style>p{}</style><x-thing onclick="x()">custom</x-thing>
<a href="javascript:alert(1)" onclick="x()">j</a> <p style="position:fixed;color:red">s</p>
<svg><script>1</script></svg> <math><mi>x</mi></math> <mx-reply>r</mx-reply>
<form action="/x"><input name="a"><button>b</button></form> <object data="o.swf"></object>

<table><tr><td><p>open <b>never <i>closed
<div><p>in <div>p</div></p>

&nbsp; &copy; &#x80; &#0; &bogus; AT&T a<b RGB<->BGR \x01\x7f\x85 ￾

* [x] no
* [ ] task

- [x] done[^1]

[^1]: note with [link](/root)

### Empty

### [](x)

###

## Matrix Live: everything

{{ youtube_player(video_id="dQw4w9WgXcQ", start="90", noscript_text="<b>") }}

{{ figure(img="/i<m>g.png" caption="<script>x</script> *c* [l](rel)" alt='"><') }}

## Dept of &lt;nothing&gt;
"""


def _post(title: str, n: int, *, authors: str = '["Ann", "Bo & Co <x>"]', body: str = BODY) -> str:
    return (
        f'+++\ntitle = "{title}"\ndate = "2024-05-17"\npath = "/blog/p {n} ü"\n[taxonomies]\n'
        f'author = {authors}\ncategory = ["This Week in <X> & Y", "</b>"]\n'
        f'[extra]\nimage = "pic {n}.avif"\n+++\n{body}'
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    files: dict[str, str | bytes] = {
        f"blog/p{n}.md": _post(title, n) for n, title in enumerate(TITLES)
    }
    files["blog/none.md"] = _post("No author", 50, authors="[]")
    files["blog/2014-01-01-plain.md"] = "+++\n+++\n"
    files["blog/y.md"] = (
        "---\ntitle: 'Y <a href=\"x\">'\ndate: 2024-05-17 10:00:00\n---\n"
        "# T\n\n<iframe src=x></iframe>\n\n[a](#b)\n\n```js\n</script>\n```\n"
    )
    return build(tmp_path_factory.mktemp("hostile"), files)


def test_nothing_is_wrong_with_any_feed(site: Built) -> None:
    catalogue = site.json("feeds.json")["feeds"]
    assert len(catalogue) > 8
    for feed in catalogue:
        for address in feed["formats"].values():
            data = (site.folder / address.removeprefix("https://letters.example/")).read_bytes()
            assert check(data, address=address, own=True) == ()


def test_a_reader_gets_the_titles_as_they_are(site: Built) -> None:
    titles = {item["title"] for item in site.json("feed.json")["items"]}
    assert {"Vec<T> & R&D </b>", "Tom &amp; Jerry ]]>", "🎉", "a bc", "x" * 3000} <= titles
    atom = feedparser.parse((site.folder / "atom.xml").read_bytes(), sanitize_html=False)
    assert not atom.bozo
    # feedparser gives Atom's titles of type "html" as HTML.
    escaped = {entry.title.replace("&lt;", "<").replace("&gt;", ">") for entry in atom.entries}
    assert any("Vec<T> &" in title for title in escaped)


def test_no_script_reaches_a_feed(site: Built) -> None:
    for path, data in site.files().items():
        if path.endswith(("feed.json", "archive.json")):
            for bad in (b"<script", b"onclick", b"javascript:", b"<iframe", b"<style", b"x-thing"):
                assert bad not in data.replace(b"&lt;script", b""), path


def test_posts_of_one_date_are_modified_in_seconds_of_their_own(site: Built) -> None:
    items = site.json("archive.json")["items"]
    for kind in ("post", "update"):
        modified = [i["date_modified"] for i in items if i["_twim"]["kind"] == kind]
        assert len(set(modified)) == len(modified)


def test_headings_without_letters_have_slugs_and_ids(site: Built) -> None:
    updates = [i for i in site.json("archive.json")["items"] if i["_twim"]["kind"] == "update"]
    sections = {u["_twim"]["section"]["slug"] for u in updates}
    projects = {u["_twim"]["project"]["slug"] for u in updates if "project" in u["_twim"]}
    assert "tada" in sections and "" not in sections | projects
    assert all(update["title"].strip() for update in updates)
    ids = [item["id"] for item in site.json("archive.json")["items"]]
    assert len(set(ids)) == len(ids)


def test_control_characters_in_a_path_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(BaseException, match="Aborted"):
        build(tmp_path, {"blog/a.md": '+++\npath = "a\\u0001b"\ndate = 2024-01-01\n+++\n'})


def test_ids_of_headings_beyond_ascii_are_percent_encoded_in_addresses(tmp_path: Path) -> None:
    body = "## Größe {#größe}\n\nText.\n\n### Pömelo [1] {#pömelo[1]}\n\nMore: [above](#größe).\n"
    yaml = (
        "---\ntitle: Two\ndate: 2024-05-18\ncategories: [This Week in Letters]\n---\n"
        "## Zählung {#zählung}\n\nText.\n\n### 概述 {#概述}\n\nMore.\n"
    )
    files: dict[str, str | bytes] = {"blog/one.md": issue(1, body), "blog/two.md": yaml}
    built = build(tmp_path, files, strict=True, markdown_extensions=["attr_list"])
    updates = built.json("updates/feed.json")["items"]
    one, two = f"{SITE_URL}blog/one/", f"{SITE_URL}blog/2024/05/18/two/"
    assert [item["id"] for item in updates] == [item["url"] for item in updates]
    assert [item["id"] for item in updates] == [
        f"{two}#z%C3%A4hlung",
        f"{two}#%E6%A6%82%E8%BF%B0",
        f"{one}#gr%C3%B6%C3%9Fe",
        f"{one}#p%C3%B6melo%5B1%5D",
    ]
    for name in ("atom.xml", "rss.xml", "feed.json"):
        data = (built.folder / "updates" / name).read_bytes()
        assert check(data, address=f"{SITE_URL}updates/{name}", own=True) == ()
    page = built.read("blog/one/index.html")
    assert 'id="größe"' in page and 'id="pömelo[1]"' in page
    assert page.count('class="twim-topic"') == 2
    # What is known by such an id is found by it on the server too.
    app = create_app(Settings(folder=built.folder), store=served(built.folder))
    with TestClient(app) as client:
        rest = client.get("/updates/feed.json", params={"before": updates[2]["id"]}).json()
    assert [item["id"] for item in rest["items"]] == [updates[3]["id"]]
