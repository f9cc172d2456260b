"""Shortcodes on the pages that are no posts."""

from __future__ import annotations

from mkdocs.structure.pages import Page

from mkdocs_twim import calls, shortcodes
from mkdocs_twim.errors import TwimError
from mkdocs_twim.markdown import Renderer


class PageCalls:
    """The calls of a build's ordinary pages, between their Markdown and their HTML."""

    def __init__(self, library: shortcodes.Library, renderer: Renderer) -> None:
        self.problems: list[TwimError] = []
        self._library = library
        self._context = {"markdown": renderer.snippet}
        self._calls: dict[str, tuple[calls.Call, ...]] = {}

    def extract(self, markdown: str, page: Page) -> str:
        """Take the calls out of a page's Markdown; what is wrong with them goes to `problems`."""
        if "{{" not in markdown and "{%" not in markdown:
            return markdown
        path = page.file.src_uri
        extraction = calls.extract(markdown, path, _first_line(markdown, page), self._library)
        self.problems += extraction.errors
        self._calls[path] = extraction.calls
        return extraction.text

    def fill(self, html: str, page: Page) -> str:
        """Put what the calls of a page make of themselves into its HTML."""
        found = self._calls.pop(page.file.src_uri, ())
        library, context = self._library, self._context
        return calls.fill(
            html,
            found,
            lambda call: shortcodes.render(call, feed=False, context=context, library=library),
        )


def _first_line(markdown: str, page: Page) -> int:
    """The line of the file where the Markdown begins, below the metadata that MkDocs took off."""
    text = page.file.content_string
    position = text.rfind(markdown)
    return text.count("\n", 0, max(position, 0)) + 1
