"""Zola's pages outside the blog as pages of MkDocs: their place, front matter and links."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote, unquote

import yaml

from mkdocs_twim.content.frontmatter import FrontMatter
from mkdocs_twim.content.keys import PostMeta
from mkdocs_twim.errors import TwimError
from mkdocs_twim.markup import addresses, links


@dataclass(frozen=True, slots=True)
class Content:
    """One Markdown file of content/; `name` is relative to it."""

    name: str
    text: str
    front: FrontMatter
    meta: PostMeta
    address: str
    problems: tuple[TwimError, ...] = ()

    @property
    def is_section(self) -> bool:
        return posixpath.basename(self.name) == "_index.md"

    @property
    def is_draft(self) -> bool:
        return self.meta.draft


def place(name: str, address: str) -> str:
    """The file, below docs_dir, which MkDocs shows at an address; `name` is the one in content/.

    It keeps its name where MkDocs and Zola agree.
    """
    bundled = posixpath.basename(name) in ("index.md", "_index.md")
    own = posixpath.join(posixpath.dirname(name), "index.md") if bundled else name
    if addresses.folder(own) == address:
        return own
    path = address.strip("/")
    if bundled or not path or posixpath.basename(path) in ("index", "README"):
        return posixpath.join(path, "index.md")
    return f"{path}.md"


def page(front: FrontMatter, meta: PostMeta, body: str) -> str:
    """A page's text with its front matter as MkDocs and its themes understand it."""
    values: dict[str, Any] = {}
    if meta.title is not None:
        values["title"] = meta.title
    if meta.description is not None:
        values["description"] = meta.description
    if meta.date is not None:
        values["date"] = _plain(front.values.get("date", meta.date.date()))
    if not meta.in_search_index:
        values["search"] = {"exclude": True}
    if front.values.get("extra"):
        # For templates of the site's own.
        values["extra"] = _plain(front.values["extra"])
    if not values:
        return body
    block = yaml.safe_dump(values, allow_unicode=True, sort_keys=False, width=1000)
    return f"---\n{block}---\n\n{body}"


def _plain(value: object) -> object:
    """A value of TOML as YAML can write it."""
    match value:
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case bool() | int() | float() | str() | date():
            return value
    return str(value)


def relink(
    text: str, moved: Callable[[str], str | None], missing: Callable[[str, int], None]
) -> str:
    """Put new targets for `@/` links.

    `moved` answers with the target's new spelling, `None` for a page that isn't there; of those
    `missing` is told, with the link and its line in the text, from 1.
    """

    def link(match: re.Match[str]) -> str:
        target, mark, fragment = match[2].removeprefix("@/").partition("#")
        to = moved(unquote(target))
        if to is None:
            missing(match[2], text.count("\n", 0, match.start(2)) + 1)
            return match[0]
        return match[1] + to + mark + fragment

    return links.INTERNAL_IN_MARKDOWN.sub(link, text)


def to_relative(source: str, places: Mapping[str, str]) -> Callable[[str], str | None]:
    """For `relink`, in an ordinary page at `source`: relative paths, which MkDocs resolves."""

    def moved(target: str) -> str | None:
        to = places.get(target)
        if to is None:
            return None
        # The plugin writes the list of a section of the blog, and that is an `index.md`.
        to = re.sub(r"(^|/)_index\.md$", r"\1index.md", to)
        return quote(posixpath.relpath(to, posixpath.dirname(source) or "."), safe="/~@!$&',;=+")

    return moved


def to_internal(places: Mapping[str, str]) -> Callable[[str], str | None]:
    """For `relink`, in a post: `@/` links to where a page now is."""

    def moved(target: str) -> str | None:
        to = places.get(target)
        # The plugin knows that a section's page is an `index.md` now.
        if (
            to is not None
            and target.endswith("_index.md")
            and to == target.replace("_index", "index")
        ):
            to = target
        return f"@/{quote(to, safe='/~@!$&,;=+')}" if to is not None else None

    return moved
