"""Which posts a preview (`mkdocs serve`) renders, and what stands in the place of the others.

Whoever writes wants to see what he writes, soon: the newest posts, what has changed since the
preview began, and drafts. The others are read, so that their addresses and links to them hold.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from hashlib import blake2b
from html import escape

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import InclusionLevel

from mkdocs_twim.content.static import StaticFile
from mkdocs_twim.posts.folders import in_order
from mkdocs_twim.posts.page import PostPage

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>body {{ font: 18px/1.6 sans-serif; margin: 2em auto; max-width: 36em; padding: 1em }}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>This post isn't rendered in this preview: it is none of the newest {newest}, and hasn't changed
since the preview began. Save <code>{path}</code> to see it, or set <code>preview_posts: 0</code> in
<code>mkdocs.yml</code> to see all. <code>mkdocs build</code> renders all of them.</p>
<p><a href="{home}">Home</a></p>
</main>
</body>
</html>
"""


class Preview:
    """One preview, from build to build."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] | None = None
        self._changed: set[str] = set()

    def left_out(
        self, pages: Sequence[PostPage], newest: int, always: Collection[str]
    ) -> list[PostPage]:
        """The posts that aren't rendered; none where that would be less than every other.

        `newest` is how many are, 0 is all; `always` are the files of those that are in any case.
        """
        now = {page.file.src_uri: blake2b(page.file.content_bytes).digest() for page in pages}
        if self._known is None:
            self._known = now
        self._changed |= {path for path in now if self._known.get(path) != now[path]}
        if newest == 0 or len(pages) <= 2 * newest:
            return []
        dated = (page for page in pages if page.source.meta.date and not page.source.meta.draft)
        rendered = {page.file.src_uri for page in in_order(dated, None)[:newest]}
        rendered |= {*self._changed, *always}
        rest = (page for page in pages if page.file.src_uri not in rendered)
        return [page for page in rest if not page.source.meta.draft]


def linked(pages: Sequence[PostPage]) -> list[PostPage]:
    """The posts that are left out, and to whose headings others link."""
    files = {path for page in pages if not page.is_left_out for path in page.linked()}
    return [page for page in pages if page.is_left_out and page.file.src_uri in files]


def instead(page: PostPage, newest: int, config: MkDocsConfig) -> StaticFile:
    """What stands in the place of a post that isn't rendered: its title, and why."""
    file = StaticFile(
        page.file.src_uri,
        None,
        config.site_dir,
        config.use_directory_urls,
        dest_uri=page.file.dest_uri,
        inclusion=InclusionLevel.INCLUDED,
    )
    file.url, file.shown, file.page = page.file.url, page.file.src_uri, page
    file.content_string = _PAGE.format(
        title=page.title,
        newest=newest,
        path=escape(page.file.src_uri),
        home="../" * page.url.count("/") or "./",
    )
    return file
