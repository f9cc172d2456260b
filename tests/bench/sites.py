"""A corpus as a site of each of the tools that are compared.

All have the same posts, with the same body; front matter and settings are as each tool wants them.
Hugo's layouts are the least that shows a post, a list and a feed with full contents.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import yaml

from mkdocs_twim.content import frontmatter, keys
from mkdocs_twim.markup import addresses
from mkdocs_twim.markup.commonmark import Renderer
from tests.bench import newsletter
from tests.bench.corpus import TAXONOMIES, Corpus, Post

SITE_URL = "https://harbour.example/"

_HUGO_CONFIG = f"""\
baseURL = "{SITE_URL}"
title = "Harbour"
[taxonomies]
author = "author"
category = "category"
[pagination]
pagerSize = 10
[permalinks]
blog = "/blog/:year/:month/:day/:slug/"
[outputs]
home = ["html", "rss"]
section = ["html", "rss"]
taxonomy = ["html"]
term = ["html", "rss"]
[services.rss]
limit = 20
[markup.goldmark.renderer]
unsafe = true
"""
_HUGO_PAGE = """\
<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ .Title }}</title></head>
<body><h1>{{ .Title }}</h1>
%s
</body></html>
"""
_HUGO_POST = """\
<p>{{ .Date.Format "2006-01-02" }}</p>
{{ range .GetTerms "author" }}<a href="{{ .RelPermalink }}">{{ .LinkTitle }}</a>{{ end }}
{{ range .GetTerms "category" }}<a href="{{ .RelPermalink }}">{{ .LinkTitle }}</a>{{ end }}
{{ .Content }}"""
_HUGO_LIST = """\
{{ range .Paginator.Pages }}
<h2><a href="{{ .RelPermalink }}">{{ .Title }}</a></h2>{{ .Summary }}
{{ end }}
{{ with .Paginator.Prev }}<a href="{{ .URL }}">Newer</a>{{ end }}
{{ with .Paginator.Next }}<a href="{{ .URL }}">Older</a>{{ end }}"""
_HUGO_TERMS = """\
<ul>{{ range .Pages }}<li><a href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}</ul>"""
_HUGO_FEED = """\
{{ printf "<?xml version=\\"1.0\\" encoding=\\"utf-8\\"?>" | safeHTML }}
<rss version="2.0"><channel><title>{{ .Title }}</title><link>{{ .Permalink }}</link>
<description>{{ .Title }}</description>
{{ $posts := cond .IsHome .Site.RegularPages .RegularPages }}
{{ range first 20 $posts }}<item><title>{{ .Title }}</title>
<link>{{ .Permalink }}</link><guid>{{ .Permalink }}</guid>
<pubDate>{{ .Date.Format "Mon, 02 Jan 2006 15:04:05 -0700" }}</pubDate>
<description>{{ .Content | html }}</description></item>
{{ end }}</channel></rss>
"""


@dataclass(frozen=True, slots=True)
class Tool:
    """How a tool is given the posts, and how it is told to build them into `site/`.

    `command` gets the folder that `write` has filled; `post` is where in it a post stands.
    """

    title: str
    write: Callable[[Path, Corpus], None]
    command: Callable[[Path], list[str]]
    post: Callable[[Post], str]


def page(post: Post) -> str:
    """The address of a post's page on our site, without the slash at its start."""
    path = f"blog/{post.path}"
    meta, _ = keys.read_post(frontmatter.read(_ours(post), path), path, TAXONOMIES)
    return addresses.url(meta.path or addresses.zola(path, meta.stem, meta.slug))


def edit(file: Path, sentence: str) -> None:
    """Add a sentence to what a post quotes first; at its end, where it quotes nothing."""
    text = file.read_text("utf-8")
    changed = text.replace("\n> ", f"\n> {sentence} ", 1)
    file.write_text(f"{text}\n\n{sentence}\n" if changed == text else changed, "utf-8")


def _mkdocs(folder: Path) -> list[str]:
    return [sys.executable, "-m", "mkdocs", "build", "--quiet", "-f", str(folder / "mkdocs.yml")]


def _hugo(folder: Path) -> list[str]:
    hugo = Path(sys.executable).parent / ("hugo.exe" if sys.platform == "win32" else "hugo")
    return [str(hugo), "--quiet", "--source", str(folder), "--destination", "site"]


def _ours_at(post: Post) -> str:
    return f"docs/blog/{post.path}"


def _material_at(post: Post) -> str:
    return f"docs/blog/posts/{post.path}"


def _hugo_at(post: Post) -> str:
    return f"content/blog/{post.path}"


def _write(folder: Path, files: Iterable[tuple[str, str]], pictures: str) -> None:
    """Write files one by one: thousands of posts at once are more than a build needs itself."""
    for name, text in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (folder / pictures).mkdir(parents=True, exist_ok=True)
    for number in range(newsletter.PICTURES):
        (folder / pictures / f"{number}.png").write_bytes(newsletter.picture(number))


def _mkdocs_config(*plugins: object) -> str:
    return yaml.safe_dump(
        {
            "site_name": "Harbour",
            "site_url": SITE_URL,
            "theme": {"name": "material"},
            "plugins": ["search", *plugins],
        },
        sort_keys=False,
    )


def _toml(post: Post, body: str, *, table: bool) -> str:
    """A post with front matter of Zola, whose terms stand in a table, or of Hugo."""
    lines = [
        f"title = {_quoted(post.title)}",
        f"date = {post.date.isoformat()}",
        f"slug = {_quoted(post.slug)}",
        *(["[taxonomies]"] if table else []),
        f"author = [{', '.join(map(_quoted, post.authors))}]",
        f"category = [{', '.join(map(_quoted, post.categories))}]",
    ]
    return "+++\n" + "\n".join(lines) + f"\n+++\n\n{body}"


def _quoted(text: str) -> str:
    """A string of TOML, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)


def _titled(post: Post) -> str:
    return f"# {post.title}\n\n{post.body}"


def _ours(post: Post) -> str:
    return post.source or _toml(post, post.body, table=True)


def _write_twim(folder: Path, corpus: Corpus) -> None:
    def files() -> Iterator[tuple[str, str]]:
        yield "mkdocs.yml", _mkdocs_config("twim")
        yield from ((f"docs/blog/{path}", text) for path, text in corpus.sections.items())
        yield from ((_ours_at(post), _ours(post)) for post in corpus.posts())

    _write(folder, files(), "docs/img")


def _plain(corpus: Corpus) -> Iterator[tuple[str, str]]:
    yield "mkdocs.yml", _mkdocs_config() + "nav: [index.md]\nnot_in_nav: /blog/*\n"
    yield "docs/index.md", "# Harbour\n"
    yield from ((_ours_at(post), _titled(post)) for post in corpus.posts())


def _write_plain(folder: Path, corpus: Corpus) -> None:
    """The posts as ordinary pages: no blog, no lists, no feeds."""
    _write(folder, _plain(corpus), "docs/img")


def _write_material(folder: Path, corpus: Corpus) -> None:
    rss = {
        "match_path": "blog/posts/.*",
        "use_git": False,
        "date_from_meta": {"as_creation": "date", "datetime_format": "%Y-%m-%d"},
        "categories": ["categories"],
        "cache_dir": str(folder / ".cache" / "rss"),
    }

    def files() -> Iterator[tuple[str, str]]:
        yield "mkdocs.yml", _mkdocs_config({"blog": {"authors_profiles": True}}, {"rss": rss})
        yield "docs/index.md", "# Harbour\n"
        yield "docs/blog/index.md", "# Blog\n"
        ids: dict[str, str] = {}
        for post in corpus.posts():
            meta = {
                "date": post.date.date(),
                "slug": post.slug,
                "authors": [ids.setdefault(name, f"author-{len(ids)}") for name in post.authors],
                "categories": list(post.categories),
            }
            front = yaml.safe_dump(meta, sort_keys=False)
            yield _material_at(post), f"---\n{front}---\n\n{_titled(post)}"
        authors = {
            id: {"name": name, "description": "Writes.", "avatar": f"{SITE_URL}img/0.png"}
            for name, id in ids.items()
        }
        yield "docs/blog/.authors.yml", yaml.safe_dump({"authors": authors})

    _write(folder, files(), "docs/img")


def _write_hugo(folder: Path, corpus: Corpus) -> None:
    def files() -> Iterator[tuple[str, str]]:
        yield "hugo.toml", _HUGO_CONFIG
        yield "content/blog/_index.md", '+++\ntitle = "Blog"\n+++\n'
        yield "layouts/single.html", _HUGO_PAGE % _HUGO_POST
        yield "layouts/list.html", _HUGO_PAGE % _HUGO_LIST
        yield "layouts/taxonomy.html", _HUGO_PAGE % _HUGO_TERMS
        yield "layouts/term.html", _HUGO_PAGE % _HUGO_LIST
        yield "layouts/rss.xml", _HUGO_FEED
        for post in corpus.posts():
            # What it would take for its own shortcodes, of which it has none with these names.
            body = re.sub(r"\{(?=[{%])", "{ ", post.body)
            yield _hugo_at(post), _toml(post, body, table=False)

    _write(folder, files(), "static/img")


_HOOKS = '''\
"""No Markdown is left to be rendered: its HTML is at hand."""

from pathlib import Path


def on_page_markdown(markdown, page, config, files):
    return ""


def on_page_content(html, page, config, files):
    return Path("ready", page.file.src_uri).with_suffix(".html").read_text("utf-8")
'''


def _write_ready(folder: Path, corpus: Corpus) -> None:
    """The posts as ordinary pages whose HTML is at hand: what MkDocs and a theme do anyway."""
    renderer = Renderer()

    def files() -> Iterator[tuple[str, str]]:
        for name, text in _plain(corpus):
            yield name, f"{text}hooks: [hooks.py]\n" if name == "mkdocs.yml" else text
        yield "hooks.py", _HOOKS
        yield "ready/index.html", "<h1>Harbour</h1>\n"
        for post in corpus.posts():
            at = Path("ready", "blog", post.path).with_suffix(".html")
            yield at.as_posix(), renderer.render(_titled(post)).html

    _write(folder, files(), "docs/img")


TWIM = Tool("mkdocs-twim, Material", _write_twim, _mkdocs, _ours_at)
MATERIAL = Tool("Material's blog, mkdocs-rss-plugin", _write_material, _mkdocs, _material_at)
PLAIN = Tool("MkDocs and Material, posts alone", _write_plain, _mkdocs, _ours_at)
READY = Tool("MkDocs and Material, posts' HTML at hand", _write_ready, _mkdocs, _ours_at)
HUGO = Tool("Hugo, bare layouts", _write_hugo, _hugo, _hugo_at)
TOOLS: Mapping[str, Tool] = MappingProxyType(
    {"twim": TWIM, "ready": READY, "plain": PLAIN, "material": MATERIAL, "hugo": HUGO}
)
