"""Links to the site's files, `[x](@/blog/x.md)`: where they lead, in posts and on ordinary pages.

A target is a file's path below docs_dir; `_index.md` is the page of its folder (zola.md Z12.1). In
CommonMark a path without `@/` is relative to the file that it stands in, as MkDocs has it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from html import unescape
from urllib.parse import quote, unquote, urljoin
from xml.etree.ElementTree import Element

from markdown import Extension, Markdown
from markdown.treeprocessors import Treeprocessor
from mkdocs.structure.files import File, Files

from mkdocs_twim.markup import links

MARK = "@/"


class PageLinks:
    """The links of one page to files of the site, resolved as they are met.

    `ailing` are files that will fail the build, and links to them are none of the page's faults.
    `broken` are the targets that aren't there, each with what is probably meant; `anchors` the
    headings that links name, to be looked for when all pages are rendered, with the links as they
    are written. `looked_at` are the relative addresses of Python-Markdown that MkDocs has checked
    itself: what of them isn't there, it has told.
    """

    def __init__(
        self, file: File, files: Files, site_url: str, ailing: Collection[str] = ()
    ) -> None:
        self.broken: dict[str, str] = {}
        self.anchors: dict[tuple[File, str, str], None] = {}
        self.looked_at: set[str] = set()
        self._file = file
        self._files = files
        self._site_url = site_url
        self._ailing = ailing

    def address(self, target: str) -> str | None:
        """The address of a target, relative to the page."""
        file, fragment = self._find(target)
        return file.url_relative_to(self._file) + fragment if file else None

    def beside(self, target: str) -> str | None:
        """The address of a Markdown file, relative to the page; `target` as in `[x](../about.md)`.

        One that begins with a slash is below docs_dir.
        """
        path, mark, fragment = target.partition("#")
        path, ask, query = unescape(path).partition("?")
        path = unquote(re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", path))
        folder = "" if path.startswith("/") else posixpath.dirname(self._file.src_uri)
        path = posixpath.normpath(posixpath.join(folder, path.lstrip("/")))
        file = self._named(path, unquote(unescape(fragment)), target)
        return file.url_relative_to(self._file) + ask + query + mark + fragment if file else None

    def absolute(self, target: str) -> str | None:
        """The absolute address of a target, as Zola's `get_url` gives it."""
        file, fragment = self._find(target)
        return urljoin(self._site_url, file.url) + fragment if file else None

    def source(self, target: str) -> str | None:
        """The path from the page's file to the target's, which MkDocs resolves."""
        file, fragment = self._find(target)
        if file is None:
            return None
        folder = posixpath.dirname(self._file.src_uri)
        return quote(posixpath.relpath(file.src_uri, folder or ".")) + fragment

    def note(self, file: File, fragment: str, link: str) -> None:
        """Remember a link to a heading, unless it is known by another spelling."""
        if not any(known[:2] == (file, fragment) for known in self.anchors):
            self.anchors[file, fragment, link] = None

    def lost(self) -> Iterator[str]:
        """The links to headings that aren't there; when all is rendered."""
        for file, fragment, link in self.anchors:
            if not links.leads(fragment, file.page.present_anchor_ids if file.page else None):
                yield link

    def _find(self, target: str) -> tuple[File | None, str]:
        path, mark, fragment = target.removeprefix(MARK).partition("#")
        return self._named(unquote(path), fragment, target), mark + fragment

    def _named(self, path: str, fragment: str, target: str) -> File | None:
        """The file that a target names, whose heading is looked for later, if it names one."""
        if path in self._ailing:
            return None
        if posixpath.basename(path) == "_index.md":
            path = posixpath.join(posixpath.dirname(path), "index.md")
        file = self._files.get_file_from_path(path)
        if file is None or file.inclusion.is_excluded() or not _is_page(file):
            self.broken[target] = self._near(path, target)
            return None
        if fragment:
            self.anchors[file, fragment, target] = None
        return file

    def _near(self, path: str, target: str) -> str:
        """What to say of a target that isn't there: a post is a file, or a folder's `index.md`."""
        ends = (".md", "/index.md") if not path.endswith("/index.md") else ("/index.md", ".md")
        written = target.partition("#")[0]
        is_there = self._files.get_file_from_path(path.removesuffix(ends[0]) + ends[1])
        is_named = is_there and written.endswith(ends[0])
        return f"; is '{written.removesuffix(ends[0])}{ends[1]}' meant?" if is_named else ""


def _is_page(file: File) -> bool:
    # A preview has something else in the place of posts that it doesn't render.
    return file.is_documentation_page() or file.page is not None


class InternalLinks(Extension):
    """Gives internal links in Python-Markdown paths that MkDocs resolves.

    As an extension, so that code which shows such links stays as it is. `page` is that of the text
    which is being rendered.
    """

    def __init__(self) -> None:
        super().__init__()
        self.page: PageLinks | None = None

    def extendMarkdown(self, md: Markdown) -> None:
        # Behind the inline patterns (20), before MkDocs resolves paths (0).
        md.treeprocessors.register(_Resolver(self), "twim_internal", 1)
        # Behind MkDocs: what it finds has another address then.
        md.treeprocessors.register(_LookedAt(self), "twim_looked_at", -1)


class _Resolver(Treeprocessor):
    def __init__(self, extension: InternalLinks) -> None:
        super().__init__()
        self._extension = extension

    def run(self, root: Element) -> None:
        page = self._extension.page
        for link in root.iter("a") if page else ():
            target = link.get("href", "")
            if page and target.startswith(MARK):
                if source := page.source(target):
                    link.set("href", source)
                else:
                    # MkDocs expects an address of every `a`.
                    link.tag = "span"
                    del link.attrib["href"]


class _LookedAt(Treeprocessor):
    """Notes what MkDocs looks at: HTML of the author's own and of shortcodes is not in the tree."""

    def __init__(self, extension: InternalLinks) -> None:
        super().__init__()
        self._extension = extension

    def run(self, root: Element) -> None:
        page = self._extension.page
        for element in root.iter() if page else ():
            address = element.get({"a": "href", "img": "src"}.get(element.tag, ""), "")
            if page and address and not address.startswith("/"):
                page.looked_at.add(address.strip())
