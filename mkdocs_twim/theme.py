"""The site's theme with our templates in it.

They lie in a folder of their own, `twim/`, below those of the theme, so that a file of the same
name in `custom_dir` takes the place of one. A page's frame extends the theme's `main.html`; what
stands in the page, below `twim/parts/`, is rendered into its content, which every theme shows.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from babel.dates import format_date
from jinja2 import Environment
from markupsafe import Markup, escape
from mkdocs.structure.pages import Page
from mkdocs.theme import Theme
from mkdocs.utils import normalize_url

from mkdocs_twim import links
from mkdocs_twim.words import Words

PARTS = "twim/parts/"

TEMPLATES = Path(__file__).parent / "templates"
"""The folder of our templates."""

_ISO_DATE = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b")


def extend(theme: Theme) -> None:
    """Let a theme find our templates, after its own and those of `custom_dir`."""
    theme.dirs.append(str(TEMPLATES))


class Parts:
    """What stands in our pages, rendered by the environment of a build's theme.

    There are thousands of pages: what is the same for all is the environment's, so that pieces can
    be imported without a page's context, once.
    """

    def __init__(self, env: Environment, *, words: Words, site_url: str) -> None:
        # MkDocs escapes nothing by itself; ours do. The theme's own templates stay as they are.
        before = env.autoescape
        env.autoescape = lambda name: (
            (name is not None and name.startswith(PARTS))
            or (before(name) if callable(before) else before)
        )
        self._addresses = Addresses()
        self._env = env.overlay()
        self._env.filters = {
            **env.filters,
            "url": self._addresses.nearer,
            "twim_date": _dates(words),
            "twim_title": _title,
            "twim_below": lambda html, root: Markup(links.nearer(html, site_url, root)),
        }
        self._env.globals = {**env.globals, "word": words.html, "script_words": words.script()}
        self.words = words

    def render(self, name: str, page: Page, context: Mapping[str, object], **values: object) -> str:
        """Render a part ("post.html") in the context of a page."""
        self._addresses.look_from(page)
        return self._env.get_template(PARTS + name).render(context, **values)


class Addresses:
    """Addresses of the site as they are on the page that is rendered now.

    The same as MkDocs' filter `url` gives, which templates know, and several times as fast.
    """

    def __init__(self) -> None:
        self._page: Page | None = None
        self._folder = ""
        self._root = ""

    def look_from(self, page: Page) -> None:
        self._page = page
        self._folder = page.url.partition("/")[0]
        self._root = "../" * page.url.count("/")

    def nearer(self, address: object) -> str:
        """An address relative to the site's root, relative to the page."""
        text = str(address)
        folder, slash, _ = text.partition("/")
        if slash and folder.isalnum() and folder != self._folder and "/." not in text:
            return self._root + text
        return normalize_url(text, self._page)


def _dates(words: Words) -> Callable[..., str]:
    @functools.cache
    def on(day: date, form: str) -> str:
        return format_date(day, form, words.locale)

    return lambda value, form="long": on(value.date(), form)


def _title(text: str) -> Markup:
    """A title in which a date such as 2026-03-13 doesn't break at the end of a line."""
    return Markup(_ISO_DATE.sub(r'<span class="twim-whole">\g<0></span>', str(escape(text))))
