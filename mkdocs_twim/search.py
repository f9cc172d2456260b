"""What the search of Material finds on a post, kept for the next build.

Material parses the HTML of each page for it, which takes a sixth of a build of ours. Its index has
the method that is called for a page and the list that it adds to; where they aren't as they are
known here, nothing is kept.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mkdocs.structure.pages import Page

from mkdocs_twim.cache import Cache, key

_KNOWN = ("material.plugins.search.plugin", "materialx.plugins.search.plugin")
# Of shorter ones the search knows sooner what they hold than a cache does.
_WORTH = 2_000


def keep(plugins: Iterable[object], cache: Cache) -> None:
    """Let the search among these plugins ask the cache first, for one build."""
    for plugin in plugins:
        index: Any = getattr(plugin, "search_index", None)
        if type(plugin).__module__ not in _KNOWN or not _is_known(index):
            continue
        options = dict(getattr(plugin, "config", {}))
        if options.get("jieba_dict") or options.get("jieba_dict_user"):
            # What they say may have changed.
            continue
        source = Path(inspect.getfile(type(plugin))).read_bytes()
        # With this library Chinese words are parted.
        jieba = str(find_spec("jieba") is not None)
        stamp = key(source, repr(options), jieba)
        index.add_entry_from_context = _asking(index, cache, stamp)


def _is_known(index: Any) -> bool:
    """Whether an index is the plugin's own, and nobody has put a function of his into it."""
    if not isinstance(getattr(index, "entries", None), list) or len(vars(index)) != 2:
        return False
    module = type(index).__module__
    return all(
        getattr(member, "__module__", module) == module
        for owner in (type(index), getattr(sys.modules[module], "Parser", None))
        for member in vars(owner or object).values()
        if callable(member)
    )


def _asking(index: Any, cache: Cache, stamp: bytes) -> Callable[[Page], None]:
    add: Callable[[Page], None] = index.add_entry_from_context

    def asking(page: Page) -> None:
        content = page.content or ""
        if len(content) < _WORTH or page.meta.get("search") or page.meta.get("tags"):
            add(page)
            return
        anchors = [(link.id, link.url) for link in _all(page.toc)]
        named = str(page.meta.get("title", page.title))
        name = key(stamp, page.url, named, repr(anchors), content)
        known = cache.get(name)
        if known is not None:
            index.entries += json.loads(known)
            return
        before = len(index.entries)
        add(page)
        cache.put(name, json.dumps(index.entries[before:]).encode())

    return asking


def _all(toc: Iterable[Any]) -> Iterable[Any]:
    for link in toc:
        yield link
        yield from _all(link.children)
