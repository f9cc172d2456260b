"""Shortcodes and internal links on the pages that are no posts, and posts that stand there."""

from __future__ import annotations

import re
from functools import partial

from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from mkdocs_twim.errors import Doubt, TwimError, tell
from mkdocs_twim.markup import links
from mkdocs_twim.markup.internal import PageLinks
from mkdocs_twim.posts.workshops import Workshop
from mkdocs_twim.shortcodes import calls, contexts, library, tera, tokens
from mkdocs_twim.shortcodes.contexts import Context

log = get_plugin_logger("twim")

_FRONT = re.compile(r"(?:[ \t]*\n)*(\+\+\+[ \t]*\n(?:.*\n)*?\+\+\+[ \t]*(?:\n|\Z))")


class PageCalls:
    """The calls of a build's ordinary pages, between their Markdown and their HTML."""

    def __init__(self, workshop: Workshop) -> None:
        self.problems: list[TwimError] = []
        self.found: list[calls.Call] = []
        self._workshop = workshop
        self._library = workshop.library
        self._renderer = workshop.renderer
        self._site: Context = workshop.site
        self._calls: dict[str, calls.Extraction] = {}
        self._links: dict[str, PageLinks] = {}
        self._linking: list[tuple[Page, PageLinks]] = []

    def extract(self, markdown: str, page: Page, files: Files) -> str:
        """Take the calls out of a page's Markdown; what is wrong with them goes to `problems`."""
        path = page.file.src_uri
        internal = PageLinks(page.file, files, self._workshop.site_url, self._workshop.broken)
        self._links[path] = self._workshop.internal.page = internal
        if "{{" not in markdown and "{%" not in markdown:
            return tokens.cleaned(markdown)
        line = _first_line(markdown, page)
        found = calls.extract(markdown, path, line, self._library, shared=True)
        for doubt in found.doubts:
            said = f"{doubt.message}: it is left as text"
            tell(log, Doubt(doubt.rule, said, path, doubt.line, doubt.column))
        context = {**self._site, **contexts.of_page(page), "markdown": self._renderer.snippet}
        found = library.splice(found, context, self._library)
        self.problems += found.errors
        self._calls[path] = found
        self.found += found.calls
        return found.text

    def fill(self, html: str, page: Page) -> str:
        """Put what the calls of a page make of themselves into its HTML."""
        internal = self._links.pop(page.file.src_uri, None)
        self._workshop.internal.page = None
        if internal is None:
            # Another plugin has the events run once more.
            return html
        self._warn_of_front(page)
        found = self._calls.pop(page.file.src_uri, None)
        if found is not None and found.calls:
            html = self._filled(html, page, found, internal)
        for target, hint in internal.broken.items():
            shown = links.as_written(page.file.content_string, target)
            _tell(page, target, f"the link to '{shown}' leads nowhere{hint}")
        if internal.anchors:
            self._linking.append((page, internal))
        # MkDocs has such addresses written with the path of the site.
        return links.below(html, self._workshop.site_path, but_own=True)

    def _warn_of_front(self, page: Page) -> None:
        """Tell of a page that shows Zola's front matter, when all plugins have changed its text."""
        if found := _FRONT.match(page.markdown or ""):
            text = page.file.content_string
            line = text.count("\n", 0, max(text.find(found[1]), 0)) + 1
            folder = self._workshop.blog_dir or "."
            message = f"'+++' begins no front matter here: posts are the pages below '{folder}'"
            tell(log, Doubt("front-matter", message, page.file.src_uri, line))

    def warn_of_anchors(self) -> None:
        """Tell of internal links to headings that aren't there, when all pages are rendered."""
        for page, internal in self._linking:
            for link in internal.lost():
                shown = links.as_written(page.file.content_string, link)
                _tell(page, link, f"the link to '{shown}' leads to no heading")

    def _filled(self, html: str, page: Page, found: calls.Extraction, internal: PageLinks) -> str:
        text = page.file.content_string
        unfilled, above = html, links.own_anchors(html, text)
        snippet = partial(self._renderer.snippet, taken=set(links.anchors(html)))
        own = {"markdown": snippet, tera.INTERNAL: internal.absolute}
        context = {**self._site, **contexts.of_page(page), **own}
        html, problems = library.fill(
            html, found, feed=False, context=context, library=self._library
        )
        self.problems += problems
        html = links.resolve_internal(html, internal.address)
        html = links.resolve_files(html, text, internal.beside, told=unfilled)
        # MkDocs checks links to ids with these, and those of the page's own text to itself.
        present = {*(page.present_anchor_ids or ()), *links.anchors(html)}
        page.present_anchor_ids = present
        for fragment, written in links.own_anchors(html, text).items():
            if fragment not in above and not links.leads(fragment, present):
                link = f"#{written}"
                _tell(page, link, f"the link to '{link}' leads to no heading")
        return html


def _tell(page: Page, address: str, message: str) -> None:
    """Warn of an address, with the line of the page's text where it stands."""
    line = links.line_of(page.file.content_string, address) or 1
    tell(log, Doubt("link", message, page.file.src_uri, line))


def _first_line(markdown: str, page: Page) -> int:
    """The line of the file where the Markdown begins, below the metadata that MkDocs took off."""
    text = page.file.content_string
    position = text.rfind(markdown)
    return text.count("\n", 0, max(position, 0)) + 1
