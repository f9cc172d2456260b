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
from mkdocs.utils import normalize_url

from feedserver.newsletter import names
from mkdocs_twim.markup import links
from mkdocs_twim.templating.words import Words

PARTS = "twim/parts/"

TEMPLATES = Path(__file__).parents[1] / "templates"
"""The folder of our templates; a theme finds them after its own and those of `custom_dir`."""

MATERIAL = ("material", "materialx")
"""The names of Material, and of what stands in its place."""

_WHOLE = '<span class="twim-whole">'
_ISO_DATE = r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b"
_TAG_OR_DATE = re.compile(rf"""<(?:[^"'>]|"[^"]*"|'[^']*')*>|{_ISO_DATE}""")
# With the id that all have that Markdown made: a script may write others.
_HEADING = re.compile(r"<h([1-6])\b[^>]*\sid=[^>]*>.*?</h\1>", re.DOTALL)


class Parts:
    """What stands in our pages, rendered by the environment of a build's theme.

    What is the same for all pages is the environment's, so that pieces can be imported once.
    `theme` is the name of the site's.
    """

    def __init__(self, env: Environment, *, words: Words, site_url: str, theme: str | None) -> None:
        # MkDocs escapes nothing by itself; ours do. The theme's own templates stay as they are.
        before = env.autoescape
        env.autoescape = lambda name: (
            (name is not None and name.startswith(PARTS))
            or (before(name) if callable(before) else before)
        )
        self._page: Page | None = None
        self._env = env.overlay()
        self._env.filters = {
            **env.filters,
            # MkDocs' own asks the context for the page, which imported pieces don't have.
            "url": lambda address: normalize_url(str(address), self._page),
            "twim_date": _dates(words),
            "twim_title": _title,
            "twim_name": _name,
            "twim_below": lambda html, root: Markup(links.nearer(html, site_url, root)),
        }
        self._env.globals = {
            **env.globals,
            "word": words.html,
            "script_words": words.script(),
            "is_material": theme in MATERIAL,
        }
        self.words = words

    def render(self, name: str, page: Page, context: Mapping[str, object], **values: object) -> str:
        """Render a part ("post.html") in the context of a page."""
        self._page = page
        return self._env.get_template(PARTS + name).render(context, **values)


def _dates(words: Words) -> Callable[..., str]:
    @functools.cache
    def on(day: date, form: str) -> str:
        return format_date(day, form, words.locale)

    return lambda value, form="long": on(value.date(), form)


def whole_dates(html: str) -> str:
    """A title, as HTML, in which no date such as 2026-03-13 breaks at the end of a line."""
    return _TAG_OR_DATE.sub(
        lambda found: found[0] if found[0][0] == "<" else f"{_WHOLE}{found[0]}</span>", html
    )


def whole_dates_in_headings(html: str) -> str:
    """The HTML of a page, in whose headings none does."""
    return _HEADING.sub(lambda heading: whole_dates(heading[0]), html)


def unwhole(html: str) -> str:
    """What `whole_dates` was given."""
    return html.replace(_WHOLE, "").replace("</span>", "") if _WHOLE in html else html


def _title(text: str) -> Markup:
    return Markup(whole_dates(str(escape(text))))


def _name(text: str) -> Markup:
    if narrow := names.width(text):
        return Markup('<span class="twim-{}">{}</span>').format(narrow, text)
    return _title(text)
