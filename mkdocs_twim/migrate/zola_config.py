"""Zola's config.toml (0.20), as far as a site that moves in needs it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mkdocs_twim.migrate.migration import MigrationError, line_of

FILE = "config.toml"

_USED = frozenset(
    "base_url title description default_language taxonomies generate_feeds generate_feed "
    "feed_filenames feed_filename feed_limit ignored_content slugify languages "
    "build_search_index generate_robots_txt taxonomy_root ignored_static".split()
)
# These say how Zola works, and nothing of the site.
_ZOLAS_OWN = frozenset(
    "output_dir preserve_dotfiles_in_output link_checker compile_sass minify_html "
    "generate_sitemap exclude_paginated_pages_in_sitemap hard_link_static mode search".split()
)
_UNLIKE = frozenset(
    "smart_punctuation render_emoji definition_list bottom_footnotes lazy_async_image "
    "github_alerts external_links_target_blank external_links_no_follow "
    "external_links_no_referrer external_links_class".split()
)


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """`pages` is what stands before the number of a later page; one may have no pages at all."""

    name: str
    feed: bool
    paginate_by: int
    pages: str = "page"
    render: bool = True


@dataclass(frozen=True, slots=True)
class ZolaConfig:
    """`others` are keys that nothing stands for here, with what to say of them.

    `slugs`, `term_slugs` and `id_slugs` are the ways of `[slugify]`; `gone` are addresses of what
    Zola writes by itself and is written here no more.
    """

    base_url: str
    title: str | None = None
    description: str | None = None
    language: str = "en"
    taxonomies: tuple[Taxonomy, ...] = ()
    feeds: tuple[str, ...] = ("atom.xml",)
    has_root_feeds: bool = False
    feed_limit: int | None = None
    ignored: tuple[str, ...] = ()
    ignored_static: tuple[str, ...] = ()
    taxonomy_root: str = ""
    slugs: str = "on"
    term_slugs: str = "on"
    id_slugs: str = "on"
    keep_dates: bool = False
    languages: tuple[str, ...] = ()
    robots: bool = True
    gone: tuple[str, ...] = ()
    others: tuple[tuple[int, str], ...] = field(default=(), repr=False)
    text: str = field(default="", repr=False)

    def place(self, key: str) -> str:
        """The file and the line on which a key stands."""
        return f"{FILE}:{line_of(self.text, key)}"


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
        # Before 0.19 there was one feed, and the keys were in the singular.
        has_root_feeds=reader.get("generate_feeds", bool, False)
        or reader.get("generate_feed", bool, False),
        feed_limit=reader.get("feed_limit", int, None),
        ignored=tuple(map(str, reader.get("ignored_content", list, []))),
        ignored_static=tuple(map(str, reader.get("ignored_static", list, []))),
        taxonomy_root=reader.get("taxonomy_root", str, "").strip("/"),
        slugs=reader.way(slugify, "paths"),
        term_slugs=reader.way(slugify, "taxonomies"),
        id_slugs=reader.way(slugify, "anchors"),
        keep_dates=slugify.get("paths_keep_dates") is True,
        languages=tuple(reader.get("languages", dict, {})),
        robots=reader.get("generate_robots_txt", bool, True),
        gone=tuple(reader.gone()),
        others=tuple(reader.others()),
        text=text,
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
            pages = str(table.get("paginate_path", "page")).strip("/")
            found.append(
                Taxonomy(
                    table["name"],
                    table.get("feed") is True,
                    size,
                    pages,
                    table.get("render") is not False,
                )
            )
        return found

    def way(self, slugify: Mapping[str, Any], key: str) -> str:
        """How `[slugify]` treats paths, taxonomies or anchors: on, safe or off."""
        way = slugify.get(key, "on")
        # Before 0.12 it was a boolean.
        way = {True: "on", False: "off"}[way] if isinstance(way, bool) else way
        if way not in ("on", "safe", "off"):
            place = line_of(self._text, key)
            message = f"slugify.{key}: expected on, safe or off"
            raise MigrationError(message, path=FILE, line=place)
        return str(way)

    def gone(self) -> Iterator[str]:
        """The addresses of files that Zola writes by its own settings."""
        language = self.get("default_language", str, "en")
        languages = self.get("languages", dict, {})
        if self._values.get("build_search_index") is True:
            yield f"/search_index.{language}.js (or .json), /elasticlunr.min.js: build_search_index"
        markdown = self.get("markdown", dict, {})
        for theme in _list(markdown.get("highlight_themes_css")):
            if isinstance(theme, dict) and isinstance(theme.get("filename"), str):
                yield f"/{theme['filename']}: markdown.highlight_themes_css"
        highlighting = markdown.get("highlighting")
        if isinstance(highlighting, dict) and highlighting.get("style") == "class":
            two = "light_theme" in highlighting
            names = "/giallo-light.css, /giallo-dark.css" if two else "/giallo.css"
            yield f"{names}: markdown.highlighting"
        for code, options in languages.items():
            if code == language or not isinstance(options, dict):
                continue
            if options.get("generate_feeds") or options.get("generate_feed"):
                for name in _list(options.get("feed_filenames")) or ["atom.xml"]:
                    yield f"/{code}/{name}: languages.{code}"
            for table in _list(options.get("taxonomies")):
                if isinstance(table, dict) and table.get("name"):
                    yield f"/{code}/{table['name']}/ and what is below it"
            if options.get("build_search_index"):
                yield f"/search_index.{code}.js (or .json): languages.{code}"

    def feeds(self) -> tuple[str, ...]:
        """The files of the feeds: of terms and sections too, where the site has none."""
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


def _list(value: object) -> list[Any]:
    """What Zola takes for a list; it refuses all else, which is none of ours."""
    return value if isinstance(value, list) else []
