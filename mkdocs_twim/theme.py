"""The site's theme with our templates in it.

They lie in a folder of their own, `twim/`, below those of the theme, so that a file of the same
name in `custom_dir` takes the place of one. A page's frame extends the theme's `main.html`; what
stands in the page, below `twim/parts/`, is rendered into its content, which every theme shows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from babel.dates import format_date
from jinja2 import Environment
from markupsafe import Markup, escape
from mkdocs.theme import Theme

from mkdocs_twim import links
from mkdocs_twim.words import Words

PARTS = "twim/parts/"
_ISO_DATE = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b")


def extend(theme: Theme) -> None:
    """Let a theme find our templates, after its own and those of `custom_dir`."""
    theme.dirs.append(str(Path(__file__).parent / "templates"))


class Parts:
    """What stands in our pages, rendered by the environment of a build's theme."""

    def __init__(self, env: Environment, *, words: Words, site_url: str) -> None:
        # MkDocs escapes nothing by itself; ours do. The theme's own templates stay as they are.
        before = env.autoescape
        env.autoescape = lambda name: (
            (name is not None and name.startswith(PARTS))
            or (before(name) if callable(before) else before)
        )
        locale = words.locale
        env.filters["twim_date"] = lambda date, form="long": format_date(date.date(), form, locale)
        env.filters["twim_title"] = _title
        env.filters["twim_below"] = lambda html, root: Markup(links.nearer(html, site_url, root))
        self._env = env
        self._words = words

    def render(self, name: str, context: Mapping[str, object], **values: object) -> str:
        """Render a part ("post.html") in the context of a page."""
        shown = {"word": self._words.html, "script_words": self._words.script(), **values}
        return self._env.get_template(PARTS + name).render(context, **shown)


def _title(text: str) -> Markup:
    """A title in which a date such as 2026-03-13 doesn't break at the end of a line."""
    return Markup(_ISO_DATE.sub(r'<span class="twim-whole">\g<0></span>', str(escape(text))))
