"""Shortcodes on the pages that are no posts."""

from __future__ import annotations

from functools import partial

from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.pages import Page

from mkdocs_twim import calls, contexts, links, shortcodes
from mkdocs_twim.contexts import Context
from mkdocs_twim.errors import TwimError
from mkdocs_twim.markdown import Renderer

log = get_plugin_logger("twim")


class PageCalls:
    """The calls of a build's ordinary pages, between their Markdown and their HTML."""

    def __init__(self, library: shortcodes.Library, renderer: Renderer, site: Context) -> None:
        self.problems: list[TwimError] = []
        self.found: list[calls.Call] = []
        self._library = library
        self._renderer = renderer
        self._site = site
        self._calls: dict[str, calls.Extraction] = {}

    def extract(self, markdown: str, page: Page) -> str:
        """Take the calls out of a page's Markdown; what is wrong with them goes to `problems`."""
        if "{{" not in markdown and "{%" not in markdown:
            return markdown
        path = page.file.src_uri
        found = calls.extract(markdown, path, _first_line(markdown, page), self._library)
        context = {**self._site, **contexts.of_page(page), "markdown": self._renderer.snippet}
        found = shortcodes.splice(found, context, self._library)
        self.problems += found.errors
        self._calls[path] = found
        self.found += found.calls
        return found.text

    def fill(self, html: str, page: Page) -> str:
        """Put what the calls of a page make of themselves into its HTML."""
        found = self._calls.pop(page.file.src_uri, None)
        if found is None or not found.calls:
            return html
        text = page.file.content_string
        above = links.own_anchors(html, text)
        snippet = partial(self._renderer.snippet, taken=set(links.anchors(html)))
        context = {**self._site, **contexts.of_page(page), "markdown": snippet}
        html, problems = shortcodes.fill(
            html, found, feed=False, context=context, library=self._library
        )
        self.problems += problems
        # MkDocs checks links to ids with these, and those of the page's own text to itself.
        present = {*(page.present_anchor_ids or ()), *links.anchors(html)}
        page.present_anchor_ids = present
        for fragment in links.own_anchors(html, text):
            if fragment not in above and not links.leads(fragment, present):
                place = f"{page.file.src_uri}:{links.line_of(text, f'#{fragment}') or 1}"
                log.warning(f"{place}: the link to '#{fragment}' leads to no heading")
        return html


def _first_line(markdown: str, page: Page) -> int:
    """The line of the file where the Markdown begins, below the metadata that MkDocs took off."""
    text = page.file.content_string
    position = text.rfind(markdown)
    return text.count("\n", 0, max(position, 0)) + 1
