"""The files of a newsletter with one of everything that its pages can show, and what those are."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

from tests.sites import Built, build, issue, post

VIDEO = "dQw4w9WgXcQ"
WIDE = f"""\
| {" | ".join(f"column {n}" for n in range(12))} |
|{"---|" * 12}
| {" | ".join("a value" for n in range(12))} |

```python
print("a line of code that is much wider than any telephone", "and goes on", "and on")
```
"""
BODY = f"""\
## Video

{{{{ youtube_player(video_id="{VIDEO}", start=30) }}}}

{{{{ youtube_player(video_id="abcdefghijk", noscript_text="The second") }}}}

{{{{ figure(img="/img/a.svg" caption="A *caption*" alt="A square") }}}}

{WIDE}"""
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
LATER = f"""\
A year on. {LONG}.

{{{{ youtube_player(video_id="abcdefghijk") }}}}

<!-- more -->

## Dept of Clients 📱

### Fractal

[Ada](https://matrix.to/#/@ada:example.org) reports

> Fractal 12 is there.

### {LONG}

[Bo](https://matrix.to/#/@bo:example.org) says

> A project that has a name.

## Dept of Servers 🏢

### Synapse [↗](https://synapse.example)

[Cy](https://matrix.to/#/@cy:example.org) reports

> Faster.

## Dept of Bots 🤖

### Fractal

[Ada](https://matrix.to/#/@ada:example.org) reports

> It has a bot now.
>
> {{{{ youtube_player(video_id="abcdefghijk") }}}}

### X

[Y](https://matrix.to/#/@y:example.org) reports

> It is short.[^1]
>
> [Subscribe](https://x.example/)

[^1]: As this is.

## Dept of Ships 🚢 from 2025-05-02 to 2025-06-02

### Hulls and keels of 2025-05-02/03

[Ada](https://matrix.to/#/@ada:example.org) reports

> They swim.
"""
# What any site may have, for a page that no plugin has touched.
ORDINARY = f"""\
# An ordinary page

Text with a [link](last.md), `code` and **more**.

| of one | column |
|--------|--------|
| a [link](last.md) | `code` |
| a [link](last.md) | `code` |

![A square](img/a.svg)

- one
- two

> A quotation.

## A heading

{WIDE}"""
HOME = """\
# Home

[The video](blog/video.md), <a href="section/clients/">the clients</a>, <a href="feeds/">feeds</a>
"""


def _png(width: int, height: int) -> bytes:
    """A picture of one grey."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    parts = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in parts)


def _pictured(title: str, picture: str, date: str) -> str:
    text = f"Above the mark, with [a link](/feeds/).\n\n<!-- more -->\n\nBelow it.\n\n{WIDE}"
    front, body = post(title, text, date=date).split("\n+++\n", 1)
    return f'{front}\n[extra]\nimage = "{picture}"\nimage_alt = "A grey picture"\n+++\n{body}'


_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><path d="M0 0h40v40"/></svg>'
AUTHORS = f"""\
authors:
  ada:
    name: Ada
    description: Writes notes
    avatar: img/a.png
    url: https://ada.example/
  all:
    name: {" ".join(["The committee of the friends of letters"] * 3)}
    description: Write letters
    avatar: img/a.png
"""
YAML = """\
---
date: {created: 2024-04-01, updated: 2024-04-02}
authors: [ada, all]
categories: [Notes, C]
pin: true
links:
  - blog/video.md
  - Elsewhere:
    - A place: https://x.example/
---

# A pinned post

Text.

## What was pinned 2024-03-28/29

<img src="/img/a.png" alt="A grey picture" align="left" width="300">
Comprehensive documentation accompanies considerations everywhere.
"""
PEER = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "A peer",
    "home_page_url": "https://peer.example/",
    "language": "ar",
    "items": [
        {
            "id": f"https://peer.example/{n}",
            "url": f"https://peer.example/{n}",
            "title": title,
            "content_text": "نص قصير.",
            "date_published": f"2024-01-0{n}T00:00:00Z",
        }
        for n, title in ((1, "خبر"), (2, LONG))
    ],
}
SHOWN = """\
# Feeds on a page

{{ feed(src="/updates/", title="The newest updates") }}

## Compact

{{ feed(src="/", layout="compact", limit=3) }}

## Cards

{{ feed(src="/", layout="cards", images=true, limit=4) }}

## With pictures

{{ feed(src="/", images=true, limit=3) }}

## Of a peer

> {{ feed(src="docs/peer.json") }}
"""
FILES: Mapping[str, str | bytes] = {
    "index.md": HOME,
    "blog/.authors.yml": AUTHORS,
    "blog/pinned.md": YAML,
    "blog/video.md": post("A video", BODY),
    "blog/one.md": issue(1),
    "blog/later.md": issue(2, LATER).replace("2024-05-02", "2025-05-02"),
    "blog/beside/index.md": _pictured("A picture beside it", "beside.png", "2024-06-01"),
    "blog/beside/beside.png": _png(640, 320),
    "blog/below.md": _pictured("A picture below the site", "/img/a.png", "2024-06-02"),
    "blog/long.md": post(f"{LONG} & more", "Text.\n", date="2024-06-03", category="Old News"),
    "blog/undated.md": post("Undated", f"{LONG}\n", date=None),
    **{
        f"blog/n{day}.md": post(f"Number {day}", "Some text.\n", date=f"2023-01-{day:02}")
        for day in range(1, 10)
    },
    "img/a.svg": _SVG,
    "img/a.png": _png(320, 320),
    "peer.json": json.dumps(PEER),
    "shown.md": SHOWN,
}
PAGES: Mapping[str, str] = {
    "home": "/",
    "posts": "/blog/",
    "posts, page 2": "/blog/page/2/",
    "authors": "/author/",
    "an author": "/author/ada/",
    "categories": "/category/",
    "a category": "/category/old-news/",
    "sections": "/section/",
    "a section": "/section/clients/",
    "a section with dates": "/section/ships-from-2025-05-02-to-2025-06-02/",
    "projects": "/project/",
    "a project": "/project/fractal/",
    "updates": "/updates/",
    "a named feed": "/quiet/",
    "feeds": "/feeds/",
    "an issue": "/blog/later/",
    "a post with a wide table": "/blog/video/",
    "a post with a picture": "/blog/beside/",
    "a post with a long title": "/blog/long/",
    "an undated post": "/blog/undated/",
    "a pinned post": "/blog/2024/04/01/a-pinned-post/",
    "a year": "/blog/archive/2023/",
    "a page with feeds": "/shown/",
}
THEMES: Mapping[str, Mapping[str, object]] = {
    "material": {
        "font": False,
        "features": ["navigation.instant"],
        "palette": [
            {"media": f"(prefers-color-scheme: {colours})", "scheme": scheme}
            for colours, scheme in (("light", "default"), ("dark", "slate"))
        ],
    },
    # Their own code highlighting is fetched from elsewhere.
    "mkdocs": {"highlightjs": False},
    "readthedocs": {"highlightjs": False},
}
BARE = ("/bare/", "/bare/last/", "/bare/apart/")


def build_letters(theme: str, folder: Path, port: int) -> Built:
    """Build the newsletter, and at `BARE` ordinary pages of the theme without the plugin.

    Material's instant navigation follows links alone that its sitemap has, of which it takes the
    port as it is: so this must be the port where the site is served, by the server that it names.
    """
    site_url = f"https://letters.example:{port}/"
    settings = {"name": theme, **THEMES[theme]}
    quiet = {"quiet": {"title": "Quiet", "not_category": ["this-week-in-letters"]}}
    twim = {"feeds": quiet, "server_url": f"http://127.0.0.1:{port}/"}
    built = build(folder / "letters", FILES, twim=twim, theme=settings, site_url=site_url)
    [warning] = built.warnings
    assert warning.startswith("blog/undated.md: no date")
    bare = build(
        folder / "bare",
        {"index.md": ORDINARY, "last.md": "# Last\n", "apart.md": ORDINARY, "img/a.svg": _SVG},
        theme=settings,
        plugins=["search"],
        # Code in the theme's colours, as it is in posts.
        markdown_extensions=[{"codehilite": {"css_class": "highlight"}}],
        nav=["index.md", "last.md"],
        not_in_nav="/apart.md",
        strict=True,
    )
    bare.folder.rename(built.folder / BARE[0].strip("/"))
    return built
