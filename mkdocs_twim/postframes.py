"""The theme around posts, as the last build made it.

Of a rebuild a fifth is the theme around the pages of posts. What a theme makes follows from its
templates, from what these use, and from what they are told. Where nobody but the theme has a hand
in the first two, and the last is values that can be compared, a page that is told the same is the
same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import cast

from jinja2 import Environment
from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure import StructureItem
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink
from mkdocs.theme import Theme
from mkdocs.utils import get_theme_dir

from mkdocs_twim.cache import Cache, key
from mkdocs_twim.posts import PostPage
from mkdocs_twim.shells import Render, settings
from mkdocs_twim.social import Social
from mkdocs_twim.theme import reading

KNOWN = {"material": "mkdocs-material", "materialx": "mkdocs-materialx"}
"""The themes whose templates have been read, and the names of their packages."""

# The time of a build stands on no post.
_NOT_SHOWN = {"pages", "build_date_utc"}
LEFT_OUT = {
    *("_markdown_utf8", "_content_utf8", "_feed_html_utf8", "content", "markdown"),
    *("source", "workshop", "heading", "problems", "anchor_links", "permalink"),
    *("_image", "_links", "_headings", "present_anchor_ids", "links_to_anchors"),
    *("_title_from_render", "_Page__active", "_Section__active", "parent", "file"),
    *("previous_page", "next_page"),
}
# Made for each environment, and used by no template of these themes.
_OF_TRANSLATIONS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}


class PostFrames:
    """The frames of one build."""

    def __init__(self, env: Environment, theme: Theme, cache: Cache) -> None:
        self._cache = cache
        self._stamp = _stamp(env, theme)
        self._site: tuple[Navigation, MkDocsConfig, str] | None = None

    def render(self, whole: Render, context: Mapping[str, object]) -> str:
        """Render the page of a post; `whole` renders it in full."""
        page = context.get("page")
        if self._stamp is None or not isinstance(page, PostPage) or not page.content:
            return whole(context)
        try:
            told = self._told(page, context)
        except _UnknownError:
            return whole(context)
        name = key("frame", self._stamp, told, page.content)
        known = self._cache.get(name)
        if known is not None:
            return page.content.join(json.loads(known))
        rendered = whole(context)
        parts = rendered.split(page.content)
        if len(parts) == 2:
            self._cache.put(name, json.dumps(parts).encode())
        return rendered

    def _told(self, page: PostPage, context: Mapping[str, object]) -> str:
        nav, config = context["nav"], context["config"]
        assert isinstance(nav, Navigation)
        assert isinstance(config, MkDocsConfig)
        rest = {
            name: repr(value) if isinstance(value, Social) else _plain(value)
            for name, value in context.items()
            if name not in {"nav", "config", "page", *_NOT_SHOWN}
        }
        beside = [each and (each.title, each.url) for each in (page.previous_page, page.next_page)]
        above = [_item(each) for each in page.ancestors]
        of_page = (_item(page), list(_toc(page.toc)), page.file.src_uri, beside, above)
        if self._site is None or self._site[0] is not nav or self._site[1] is not config:
            # It is the same for all pages.
            self._site = nav, config, repr((list(_items(nav.items)), _config(config)))
        return repr((rest, of_page, settings(config), self._site[2]))


class _UnknownError(Exception):
    """A template is told something that can't be compared."""


def _plain(value: object) -> object:
    """What is equal, in two builds, for values that look alike to a template."""
    if value is None or isinstance(value, str | int | float | date):
        return value
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Config | dict):
        return type(value).__name__, [(name, _plain(each)) for name, each in value.items()]
    raise _UnknownError


def _roughly(value: object) -> object:
    """The same of a setting: of those that aren't plain, templates show nothing."""
    try:
        return _plain(value)
    except _UnknownError:
        if isinstance(value, Config | dict):
            return [(name, _roughly(each)) for name, each in value.items()]
        return type(value).__qualname__


def _item(item: StructureItem) -> object:
    """What a theme may show of a page, a section or a link on any page."""
    values = {
        name: _plain(value)
        for name, value in vars(item).items()
        if name not in LEFT_OUT and name not in ("toc", "children")
    }
    of_page = (item.url, item.is_homepage) if isinstance(item, Page) else ()
    return type(item).__name__, item.title, of_page, values


def _toc(links: Iterable[object]) -> Iterator[object]:
    for link in cast("Iterable[AnchorLink]", links):
        yield link.level, link.id, link.title, list(_toc(link.children))


def _items(items: Iterable[StructureItem]) -> Iterator[object]:
    for item in items:
        yield _item(item), list(_items(getattr(item, "children", None) or ()))


def _config(config: MkDocsConfig) -> object:
    # Hooks are modules, without any.
    plugins = [
        (name, type(plugin).__qualname__, _roughly(getattr(plugin, "config", None)))
        for name, plugin in config.plugins.items()
    ]
    rest = {name: _roughly(value) for name, value in config.items() if name != "plugins"}
    return plugins, rest


def _stamp(env: Environment, theme: Theme) -> bytes | None:
    """All that a page is made of beside what templates are told; `None` if that isn't known."""
    package = KNOWN.get(theme.name or "")
    if package is None or not _is_as(theme.get_env(), env):
        return None
    parts = [version(package)]
    own = get_theme_dir(theme.name or "")
    for folder in map(Path, theme.dirs):
        # The only other files that templates put into pages are icons, as their theme has them.
        files = folder.rglob("*.html" if str(folder) == own else ".icons/**/*.svg")
        for path in sorted(file for file in files if file.is_file()):
            parts += [str(path), key(path.read_bytes()).hex()]
    return key(*parts)


def _is_as(fresh: Environment, env: Environment) -> bool:
    """Whether an environment is as its theme has made it."""

    def has(name: str) -> bool:
        now, before = getattr(env, name), getattr(fresh, name)
        names = before.keys() - _OF_TRANSLATIONS
        return now.keys() == before.keys() and all(now[each] is before[each] for each in names)

    return (
        reading(env) == reading(fresh)
        and (env.autoescape, env.finalize) == (fresh.autoescape, fresh.finalize)
        and all(map(has, ("filters", "tests", "globals")))
    )
