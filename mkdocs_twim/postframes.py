"""The theme around posts, as the last build made it.

Of a rebuild a fifth is the theme around the pages of posts. What a theme makes follows from its
templates, from what these use, and from what they are told. Where nobody but the theme has a hand
in the first two, and the last is values that can be compared, a page that is told the same is the
same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import cast

from jinja2 import Environment
from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure import StructureItem
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink

from mkdocs_twim import untouched
from mkdocs_twim.cache import Cache, key
from mkdocs_twim.posts import PostPage
from mkdocs_twim.shells import Render, settings
from mkdocs_twim.social import Social

log = get_plugin_logger("twim")

# What another plugin may give to pages and to links to headings, and they ask of them.
_GIVEN = ("authors", "categories", "config", "encrypted", "pages", "typeset")
# The time of a build stands on no post.
_NOT_SHOWN = {"nav", "config", "page", "pages", "build_date_utc"}
_DEPTH = 12


class PostFrames:
    """The frames of one build; `env` is as other plugins have left it."""

    def __init__(self, env: Environment, config: MkDocsConfig, cache: Cache) -> None:
        self._env = env
        self._config = config
        self._cache = cache
        # Our parts are escaped, see `theme.Parts`; nothing else is.
        self._is_plain = env.autoescape is False

    def render(self, whole: Render, context: Mapping[str, object]) -> str:
        """Render the page of a post; `whole` renders it in full."""
        page = context.get("page")
        if not isinstance(page, PostPage) or self._stamp is None or not (content := page.content):
            return whole(context)
        try:
            told = repr(_told(page, context))
        except _UnknownError:
            log.debug(f"{page.file.src_uri}: the theme around it is not kept")
            return whole(context)
        name = key("frame", self._stamp, told, content)
        known = self._cache.get(name)
        if known is not None:
            return content.join(json.loads(known))
        rendered = whole(context)
        parts = rendered.split(content)
        if len(parts) == 2:
            self._cache.put(name, json.dumps(parts).encode())
        return rendered

    @cached_property
    def _stamp(self) -> bytes | None:
        # First when a post is rendered: then the other plugins are done with the environment.
        return untouched.stamp(self._env, self._config) if self._is_plain else None


class _UnknownError(Exception):
    """A template is told something that can't be compared."""


def _told(page: PostPage, context: Mapping[str, object]) -> object:
    """All that a template is told, but for the page's content."""
    nav, config = context.get("nav"), context.get("config")
    if not isinstance(nav, Navigation) or not isinstance(config, MkDocsConfig):
        raise _UnknownError
    rest = {
        name: repr(value) if isinstance(value, Social) else _plain(value)
        for name, value in context.items()
        if name not in _NOT_SHOWN
    }
    beside = [_item(each) for each in (page.previous_page, page.next_page, nav.homepage) if each]
    above = [_item(each) for each in page.ancestors]
    of_page = (_item(page), page.canonical_url, page.edit_url, _plain(page.meta), _toc(page.toc))
    return rest, of_page, bool(page.previous_page), beside, above, _items(nav.items), _site(config)


def _plain(value: object, depth: int = _DEPTH) -> object:
    """What is equal, in two builds, for values that look alike to a template."""
    if value is None or isinstance(value, str | int | float | date):
        return value
    if depth and isinstance(value, list | tuple):
        return [_plain(each, depth - 1) for each in value]
    if depth and isinstance(value, Config | dict):
        items = [(name, _plain(each, depth - 1)) for name, each in value.items()]
        return type(value).__name__, items
    raise _UnknownError


def _roughly(value: object, depth: int = _DEPTH) -> object:
    """The same of a setting: of those that aren't plain, templates show nothing."""
    if depth and isinstance(value, list | tuple):
        return [_roughly(each, depth - 1) for each in value]
    if depth and isinstance(value, Config | dict):
        return [(name, _roughly(each, depth - 1)) for name, each in value.items()]
    try:
        return _plain(value, 0)
    except _UnknownError:
        return type(value).__qualname__


def _item(item: StructureItem) -> object:
    """What a theme shows of a page, a section or a link on any page."""
    kind, title = type(item).__name__, item.title
    given = [_plain(getattr(item, name, None)) for name in _GIVEN]
    if not isinstance(item, Page):
        return kind, title, _plain(getattr(item, "url", None)), given
    meta = [_plain(item.meta.get(name)) for name in untouched.META]
    return kind, title, item.url, item.is_homepage, item.is_index, meta, given


def _items(items: Iterable[StructureItem]) -> object:
    return [(_item(item), _items(getattr(item, "children", None) or ())) for item in items]


def _toc(links: Iterable[object]) -> object:
    return [
        (
            link.level,
            link.id,
            link.title,
            _plain(getattr(link, "typeset", None)),
            _toc(link.children),
        )
        for link in cast("Iterable[AnchorLink]", links)
    ]


def _site(config: MkDocsConfig) -> object:
    """What a theme shows of a site's settings, which another plugin may change for a page."""
    plugins = [
        # Hooks are modules, without settings.
        (name, type(plugin).__qualname__, _roughly(getattr(plugin, "config", None)))
        for name, plugin in config.plugins.items()
    ]
    return _roughly(config.mdx_configs.get("toc")), plugins, settings(config)
