"""The key `links` of a post: links that belong to it, written as MkDocs' `nav:` is.

An item is an address, an address with its title, or a title with a list of items below it.
"""

from __future__ import annotations

import posixpath
import reprlib
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import unquote, urlsplit

from mkdocs.structure.files import File, Files

from mkdocs_twim.errors import LinkError
from mkdocs_twim.markup import links
from mkdocs_twim.templating.views import RelatedLink

# Deeper than any nav is; aliases of YAML could make it as deep, and as wide, as they like.
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Item:
    """An item: what it leads to, or the items below it."""

    title: str | None
    target: str | None
    items: tuple[Item, ...] = ()


def parse(value: object, depth: int = 1) -> tuple[Item, ...]:
    """Read the items of a list.

    Raises:
        LinkError: it is none, or has what is no item.
    """
    if not isinstance(value, list):
        raise _no_links(value)
    if depth > _DEEPEST:
        raise LinkError("the links are nested too deeply")
    return tuple(_item(each, depth) for each in value)


def _item(value: object, depth: int) -> Item:
    if isinstance(value, str) and value.strip():
        return Item(None, value.strip())
    if isinstance(value, dict) and len(value) == 1:
        [(title, below)] = value.items()
        if isinstance(below, str) and below.strip():
            return Item(str(title), below.strip())
        if isinstance(below, list):
            return Item(str(title), None, parse(below, depth + 1))
    raise _no_links(value)


def _no_links(value: object) -> LinkError:
    return LinkError(f"expected a list of links as in nav:, found {reprlib.repr(value)}")


def resolve(
    items: Iterable[Item],
    files: Files,
    wrong: Callable[[Item, bool], None],
    broken: Container[str] = (),
) -> tuple[RelatedLink, ...]:
    """Make links of items when all pages are rendered.

    `wrong` is told which lead nowhere, and, with True, which lead to a page without that heading;
    but not of those to `broken` files, of which something else is told.
    """
    found = []
    for item in items:
        below = resolve(item.items, files, wrong, broken)
        title, url = _target(item, files)
        if item.target and url is None:
            if _path(item.target.partition("#")[0]) not in broken:
                wrong(item, False)
        elif item.target and not _leads(item.target, files):
            wrong(item, True)
        found.append(RelatedLink(title, url, below))
    return tuple(found)


def named(items: Iterable[Item]) -> Iterator[str]:
    """The files to whose headings items lead, by their paths."""
    for item in items:
        yield from named(item.items)
        path, mark, _ = (item.target or "").partition("#")
        if mark:
            yield _path(path)


def _target(item: Item, files: Files) -> tuple[str, str | None]:
    """A link's title and address, the latter relative to the site's root."""
    target = item.target or ""
    title = item.title or target
    try:
        parts = urlsplit(target)
    except ValueError:
        return title, None
    if parts.scheme or parts.netloc:
        return title, target if parts.scheme.lower() in ("", "http", "https", "mailto") else None
    file = _file(parts.path, files)
    if file is None or not file.inclusion.is_included():
        return title, None
    if file.page is not None and item.title is None:
        title = unescape(str(file.page.title))
    return title, file.url + (f"#{parts.fragment}" if parts.fragment else "")


def _leads(target: str, files: Files) -> bool:
    """Whether what stands behind the `#` of an address is on the page, if that is the site's."""
    parts = urlsplit(target)
    file = None if parts.scheme or parts.netloc else _file(parts.path, files)
    if not parts.fragment or file is None or file.page is None:
        return True
    return links.leads(parts.fragment, file.page.present_anchor_ids)


def _file(path: str, files: Files) -> File | None:
    return files.get_file_from_path(_path(path))


def _path(path: str) -> str:
    return posixpath.normpath(unquote(path.removeprefix("@/").lstrip("/")))
