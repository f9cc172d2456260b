"""Zola's config.toml (0.20), as far as a site that moves in needs it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mkdocs_twim.migrate.migration import MigrationError, line_of

FILE = "config.toml"

_USED = frozenset(
    "base_url title description default_language taxonomies generate_feeds generate_feed "
    "feed_filenames feed_filename feed_limit ignored_content slugify languages "
    "build_search_index generate_robots_txt".split()
)
# These say how Zola works, and nothing of the site.
_ZOLAS_OWN = frozenset(
    "output_dir preserve_dotfiles_in_output link_checker compile_sass minify_html "
    "generate_sitemap exclude_paginated_pages_in_sitemap hard_link_static mode search".split()
)
_UNLIKE = frozenset(
    "smart_punctuation render_emoji definition_list bottom_footnotes lazy_async_image "
    "github_alerts external_links_target_blank external_links_no_follow "
    "external_links_no_referrer".split()
)


@dataclass(frozen=True, slots=True)
class Taxonomy:
    name: str
    feed: bool
    paginate_by: int


@dataclass(frozen=True, slots=True)
class ZolaConfig:
    """`others` are keys that nothing stands for here, with what to say of them."""

    base_url: str
    title: str | None = None
    description: str | None = None
    language: str = "en"
    taxonomies: tuple[Taxonomy, ...] = ()
    feeds: tuple[str, ...] = ()
    feed_limit: int | None = None
    ignored: tuple[str, ...] = ()
    slugs: str = "on"
    keep_dates: bool = False
    languages: tuple[str, ...] = ()
    robots: bool = True
    others: tuple[tuple[int, str], ...] = field(default=(), repr=False)


def read(text: str) -> ZolaConfig:
    """Read a config.toml.

    Raises:
        MigrationError: it isn't one.
    """
    try:
        values: dict[str, Any] = tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise MigrationError(f"invalid TOML: {error}", path=FILE) from error
    reader = _Reader(values, text)
    base_url = reader.get("base_url", str, None)
    if base_url is None or not re.match(r"https?://[^/]", base_url):
        raise MigrationError(
            "base_url: expected an address such as https://blog.example, which ids are made with",
            path=FILE,
            line=line_of(text, "base_url"),
        )
    slugify = reader.get("slugify", dict, {})
    return ZolaConfig(
        base_url=base_url.rstrip("/") + "/",
        title=reader.get("title", str, None),
        description=reader.get("description", str, None),
        language=reader.get("default_language", str, "en"),
        taxonomies=tuple(reader.taxonomies()),
        feeds=reader.feeds(),
        feed_limit=reader.get("feed_limit", int, None),
        ignored=tuple(map(str, reader.get("ignored_content", list, []))),
        slugs=str(slugify.get("paths", "on")),
        keep_dates=slugify.get("paths_keep_dates") is True,
        languages=tuple(reader.get("languages", dict, {})),
        robots=reader.get("generate_robots_txt", bool, True),
        others=tuple(reader.others()),
    )


class _Reader:
    def __init__(self, values: Mapping[str, Any], text: str) -> None:
        self._values = values
        self._text = text

    def get(self, key: str, kind: type, default: Any) -> Any:
        value = self._values.get(key, default)
        if value is default or (
            isinstance(value, kind) and isinstance(value, bool) == (kind is bool)
        ):
            return value
        raise MigrationError(
            f"{key}: this is no value that Zola takes", path=FILE, line=line_of(self._text, key)
        )

    def taxonomies(self) -> list[Taxonomy]:
        found = []
        for table in self.get("taxonomies", list, []):
            if not isinstance(table, dict) or not isinstance(table.get("name"), str):
                raise MigrationError(
                    "taxonomies: each needs a name",
                    path=FILE,
                    line=line_of(self._text, "taxonomies"),
                )
            paged = table.get("paginate_by", 0)
            size = paged if isinstance(paged, int) and paged > 0 else 0
            found.append(Taxonomy(table["name"], table.get("feed") is True, size))
        return found

    def feeds(self) -> tuple[str, ...]:
        """The files of the feeds; none if there are none."""
        # Before 0.19 there was one, and the keys were in the singular.
        if not (self.get("generate_feeds", bool, False) or self.get("generate_feed", bool, False)):
            return ()
        older = self.get("feed_filename", str, None)
        names = self.get("feed_filenames", list, [older or "atom.xml"])
        return tuple(str(name) for name in names)

    def others(self) -> list[tuple[int, str]]:
        found = []
        for key, value in self._values.items():
            line = line_of(self._text, key)
            if key == "markdown" and isinstance(value, dict):
                for name in sorted(_UNLIKE & {name for name, on in value.items() if on}):
                    at = line_of(self._text, name)
                    found.append((at, f"markdown.{name}: there is nothing like it here"))
            elif key == "extra":
                found.append((line, "[extra] was read by templates, and is not taken over"))
            elif key not in _USED and key not in _ZOLAS_OWN:
                found.append((line, f"{key}: not taken over"))
        return found
