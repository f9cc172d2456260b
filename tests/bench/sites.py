"""The newsletter as a site of each of the tools that are compared.

All have the same posts, with the same body; front matter and settings are as each tool wants them.
Hugo's layouts are the least that shows a post, a list and a feed with full contents.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import yaml

from mkdocs_twim.markdown import Renderer
from tests.bench import newsletter
from tests.bench.newsletter import Issue

SITE_URL = "https://harbour.example/"
_EDITED = "This sentence was added when the site had been built."

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
    """How a tool is given the newsletter, and how it is told to build it into `site/`.

    `command` gets the folder that `write` has filled; `post` is where in it an issue stands.
    """

    title: str
    write: Callable[[Path, int], None]
    command: Callable[[Path], list[str]]
    post: Callable[[Issue], str]


def edit(tool: Tool, folder: Path, count: int) -> None:
    """Change one post, in the middle of the newsletter: what its first project reports."""
    [issue] = [issue for issue in newsletter.issues(count) if issue.number == (count + 1) // 2]
    path = folder / tool.post(issue)
    path.write_text(path.read_text("utf-8").replace("\n> ", f"\n> {_EDITED} ", 1), "utf-8")


def _mkdocs(folder: Path) -> list[str]:
    return [sys.executable, "-m", "mkdocs", "build", "--quiet", "-f", str(folder / "mkdocs.yml")]


def _hugo(folder: Path) -> list[str]:
    hugo = Path(sys.executable).parent / ("hugo.exe" if sys.platform == "win32" else "hugo")
    return [str(hugo), "--quiet", "--source", str(folder), "--destination", "site"]


def _toml_post(issue: Issue) -> str:
    return f"docs/blog/{issue.slug}.md"


def _yaml_post(issue: Issue) -> str:
    return f"docs/blog/posts/{issue.slug}.md"


def _hugo_post(issue: Issue) -> str:
    return f"content/blog/{issue.slug}.md"


def _write(folder: Path, files: Mapping[str, str], pictures: str) -> None:
    for name, text in files.items():
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


def _toml(issue: Issue, *, table: bool) -> str:
    """Front matter of Zola, whose terms stand in a table, or of Hugo."""
    categories = ", ".join(f'"{name}"' for name in issue.categories)
    lines = [
        f'title = "{issue.title}"',
        f"date = {issue.date}T12:00:00Z",
        f'slug = "{issue.slug}"',
        *(["[taxonomies]"] if table else []),
        f'author = ["{issue.author}"]',
        f"category = [{categories}]",
    ]
    return "+++\n" + "\n".join(lines) + f"\n+++\n\n{issue.body}"


def _write_twim(folder: Path, count: int) -> None:
    files = {_toml_post(issue): _toml(issue, table=True) for issue in newsletter.issues(count)}
    _write(folder, {**files, "mkdocs.yml": _mkdocs_config("twim")}, "docs/img")


def _write_plain(folder: Path, count: int) -> None:
    """The posts as ordinary pages: no blog, no lists, no feeds."""
    files = {
        _toml_post(issue): f"# {issue.title}\n\n{issue.body}" for issue in newsletter.issues(count)
    }
    files["docs/index.md"] = "# Harbour\n"
    config = _mkdocs_config() + "nav: [index.md]\nnot_in_nav: /blog/*\n"
    _write(folder, {**files, "mkdocs.yml": config}, "docs/img")


def _write_material(folder: Path, count: int) -> None:
    ids = {name: re.sub(r"\W+", "-", name.lower()) for name in newsletter.authors()}
    files: dict[str, str] = {}
    for issue in newsletter.issues(count):
        meta = {
            "date": issue.date,
            "slug": issue.slug,
            "authors": [ids[issue.author]],
            "categories": list(issue.categories),
        }
        front = yaml.safe_dump(meta, sort_keys=False)
        files[_yaml_post(issue)] = f"---\n{front}---\n\n# {issue.title}\n\n{issue.body}"
    authors = {
        id: {"name": name, "description": "Writes.", "avatar": f"{SITE_URL}img/0.png"}
        for name, id in ids.items()
    }
    files["docs/blog/.authors.yml"] = yaml.safe_dump({"authors": authors})
    files["docs/blog/index.md"] = "# Blog\n"
    files["docs/index.md"] = "# Harbour\n"
    files["mkdocs.yml"] = _mkdocs_config(
        {"blog": {"authors_profiles": True}},
        {
            "rss": {
                "match_path": "blog/posts/.*",
                "use_git": False,
                "date_from_meta": {"as_creation": "date", "datetime_format": "%Y-%m-%d"},
                "categories": ["categories"],
                "cache_dir": str(folder / ".cache" / "rss"),
            }
        },
    )
    _write(folder, files, "docs/img")


def _write_hugo(folder: Path, count: int) -> None:
    files = {_hugo_post(issue): _toml(issue, table=False) for issue in newsletter.issues(count)}
    files |= {
        "hugo.toml": _HUGO_CONFIG,
        "content/blog/_index.md": '+++\ntitle = "Blog"\n+++\n',
        "layouts/single.html": _HUGO_PAGE % _HUGO_POST,
        "layouts/list.html": _HUGO_PAGE % _HUGO_LIST,
        "layouts/taxonomy.html": _HUGO_PAGE % _HUGO_TERMS,
        "layouts/term.html": _HUGO_PAGE % _HUGO_LIST,
        "layouts/rss.xml": _HUGO_FEED,
    }
    _write(folder, files, "static/img")


_HOOKS = '''\
"""No Markdown is left to be rendered: its HTML is at hand."""

from pathlib import Path


def on_page_markdown(markdown, page, config, files):
    return ""


def on_page_content(html, page, config, files):
    return Path("ready", page.file.src_uri).with_suffix(".html").read_text("utf-8")
'''


def _write_ready(folder: Path, count: int) -> None:
    """The posts as ordinary pages whose HTML is at hand: what MkDocs and a theme do anyway."""
    _write_plain(folder, count)
    renderer = Renderer()
    ready = {
        f"ready/blog/{issue.slug}.html": renderer.render(f"# {issue.title}\n\n{issue.body}").html
        for issue in newsletter.issues(count)
    }
    config = (folder / "mkdocs.yml").read_text("utf-8") + "hooks: [hooks.py]\n"
    more = {"ready/index.html": "<h1>Harbour</h1>\n", "hooks.py": _HOOKS, "mkdocs.yml": config}
    _write(folder, {**ready, **more}, "docs/img")


TWIM = Tool("mkdocs-twim, Material", _write_twim, _mkdocs, _toml_post)
MATERIAL = Tool("Material's blog, mkdocs-rss-plugin", _write_material, _mkdocs, _yaml_post)
PLAIN = Tool("MkDocs and Material, posts alone", _write_plain, _mkdocs, _toml_post)
READY = Tool("MkDocs and Material, posts' HTML at hand", _write_ready, _mkdocs, _toml_post)
HUGO = Tool("Hugo, bare layouts", _write_hugo, _hugo, _hugo_post)
TOOLS: Mapping[str, Tool] = MappingProxyType(
    {"twim": TWIM, "plain": PLAIN, "ready": READY, "material": MATERIAL, "hugo": HUGO}
)
