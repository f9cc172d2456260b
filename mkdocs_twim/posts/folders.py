"""The folders of posts that an `_index.md` describes: Zola's sections (not those of an issue).

Which posts a folder's list has, in which order: those of the folder itself and, upward, those of
folders that are transparent. The list of the blog's own folder has every dated post.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from feedserver.text.slugs import slugify
from mkdocs_twim.content.keys import SectionMeta
from mkdocs_twim.markup.addresses import is_bundle
from mkdocs_twim.posts.page import PostPage

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder with an `_index.md`: its path below docs_dir, what that says, and its text."""

    path: str
    meta: SectionMeta
    intro: PostPage

    @property
    def address(self) -> str:
        """Where its list stands: the folder itself, never slugified (zola.md Z4.5)."""
        return f"/{self.path}/" if self.path else "/"


def folder_of(page: PostPage) -> str:
    """The folder that a post belongs to, by its file and never by its address (Z4.8)."""
    folder = posixpath.dirname(page.file.src_uri)
    return posixpath.dirname(folder) if is_bundle(page.file.src_uri) else folder


def posts_of(
    folder: Folder, folders: Mapping[str, Folder], pages: Iterable[PostPage]
) -> list[PostPage]:
    """The posts in a folder and, of those below it, in the transparent ones (Z6.9)."""

    def belongs(path: str) -> bool:
        while path != folder.path:
            below = folders.get(path)
            if below is None or not below.meta.transparent or not path:
                return False
            path = posixpath.dirname(path)
        return True

    return [page for page in pages if belongs(folder_of(page))]


def in_order(pages: Iterable[PostPage], meta: SectionMeta | None) -> list[PostPage]:
    """Sort posts as Zola does (Z6.2); those that lack what is sorted by come last, by date."""
    newest = sorted(pages, key=lambda page: page.permalink)
    newest.sort(key=lambda page: page.source.meta.date or _NEVER, reverse=True)
    by = meta.sort_by if meta else None
    key = _KEYS.get(by or "date")
    if key is not None:
        with_key = [page for page in newest if key(page) is not None]
        without = [page for page in newest if key(page) is None]
        newest = [*sorted(with_key, key=key, reverse=by == "update_date"), *without]
    return newest[::-1] if meta and meta.paginate_reversed else newest


def _updated(page: PostPage) -> datetime | None:
    dates = [date for date in (page.source.meta.updated, page.source.meta.date) if date]
    return max(dates) if dates else None


def _natural(page: PostPage) -> Sequence[Any]:
    """A title as people sort it: letters without case and accents."""
    return slugify(page.heading), page.heading


_KEYS: Mapping[str, Callable[[PostPage], Any]] = {
    "update_date": _updated,
    "title": _natural,
    "title_bytes": lambda page: page.heading.encode(),
    "weight": lambda page: page.source.meta.weight,
    "slug": lambda page: posixpath.basename(page.source.address.strip("/")),
}
"""By the value of `sort_by`; `date` and `none` are the order that posts have anyway."""
