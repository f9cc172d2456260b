"""The options of Material's blog plugin and of mkdocs-rss-plugin, and the addresses they make."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

# Of pymdown-extensions, which isn't declared, for it must be the version that Material brings.
import pymdownx.slugs  # type: ignore[import-untyped]  # it carries no types
import yaml
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime

from mkdocs_twim.markup import addresses
from mkdocs_twim.migrate.mkdocs_yml import Plugin

Slugify = Callable[[str, str], str]

_DEFAULTS: Mapping[str, Any] = {
    "blog_dir": "blog",
    "post_dir": "{blog}/posts",
    "post_url_format": "{date}/{slug}",
    "post_url_date_format": "yyyy/MM/dd",
    "post_url_max_categories": 1,
    "post_slugify_separator": "-",
    "post_excerpt_separator": "<!-- more -->",
    "categories": True,
    "categories_url_format": "category/{slug}",
    "categories_slugify_separator": "-",
    "categories_pagination": None,
    "categories_pagination_per_page": None,
    "archive": True,
    "archive_url_format": "archive/{date}",
    "archive_url_date_format": "yyyy",
    "archive_pagination": None,
    "archive_pagination_per_page": None,
    "authors_file": "{blog}/.authors.yml",
    "authors_profiles": False,
    "authors_profiles_url_format": "author/{slug}",
    "authors_profiles_pagination": None,
    "authors_profiles_pagination_per_page": None,
    "pagination": True,
    "pagination_per_page": 10,
    "pagination_url_format": "page/{page}",
}
_FEEDS = {
    "rss_created": ("feed_rss_created.xml", "rss.xml", "rss_feed_enabled"),
    "rss_updated": ("feed_rss_updated.xml", "rss.xml", "rss_feed_enabled"),
    "json_created": ("feed_json_created.json", "feed.json", "json_feed_enabled"),
    "json_updated": ("feed_json_updated.json", "feed.json", "json_feed_enabled"),
}
# Those of the rss plugin that ours has no need of: dates, ids and texts are the posts' own.
_RSS = frozenset(
    "enabled length feeds_filenames rss_feed_enabled json_feed_enabled use_material_blog use_git "
    "date_from_meta cache_dir pretty_print abstract_chars_count abstract_delimiter".split()
)


@dataclass(frozen=True, slots=True)
class Post:
    """What a post's address is made of; `file` is its name without the ending."""

    title: str
    slug: str | None
    date: datetime
    file: str
    categories: tuple[str, ...] = ()


@dataclass(slots=True)
class BlogOptions:
    """The options of one blog; `unknown` are those that nothing stands for here, by line."""

    plugin: Plugin
    language: str = "en"
    directories: bool = True
    unknown: list[tuple[int, str]] = field(default_factory=list)
    _locale: Locale = field(default_factory=lambda: Locale("en"))

    def __post_init__(self) -> None:
        for key, line in self.plugin.lines.items():
            if key in ("post_slugify", "categories_slugify"):
                if _slugify(self.plugin.tags[key]) is None:
                    self.unknown.append((line, f"{key}: this can't be read; see the addresses"))
            elif key not in _DEFAULTS:
                self.unknown.append((line, f"{key}: there is nothing like it here"))
            elif type(self[key]) is not type(self.plugin.options[key]):
                self.unknown.append((line, f"{key}: this can't be read; the default is taken"))
        try:
            self._locale = Locale.parse(self.language.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            self.unknown.append((1, f"theme.language: there is no language {self.language!r}"))

    def __getitem__(self, key: str) -> Any:
        default, value = _DEFAULTS[key], self.plugin.options.get(key)
        kind = type(default)
        if default is None:
            kind = bool if key.endswith("_pagination") else int
        return value if type(value) is kind else default

    @property
    def blog_dir(self) -> str:
        return posixpath.normpath(str(self["blog_dir"]))

    @property
    def post_dir(self) -> str:
        return posixpath.normpath(str(self["post_dir"]).replace("{blog}", self.blog_dir))

    def address(self, post: Post) -> str:
        """A post's address, with both slashes."""
        slugify = self._slugs("categories")
        shown = post.categories[: self["post_url_max_categories"]]
        values = {
            "categories": "/".join(slugify(name, self._separator("categories")) for name in shown),
            "date": self._date(post.date, self["post_url_date_format"]),
            "file": post.file,
            "slug": post.slug or self._slugs("post")(post.title, self._separator("post")),
        }
        return self._filled("post_url_format", values)

    def category(self, name: str) -> str:
        slug = self._slugs("categories")(name, self._separator("categories"))
        return self._filled("categories_url_format", {"slug": slug})

    def profile(self, name: str, slug: str) -> str:
        return self._filled("authors_profiles_url_format", {"slug": slug, "name": name})

    def archive(self, date: datetime) -> str:
        shown = self._date(date, self["archive_url_date_format"])
        return self._filled("archive_url_format", {"date": shown})

    def paged(self, address: str, number: int) -> str:
        """The address of a list's page; `address` is that of the first."""
        last = self["pagination_url_format"].replace("{page}", str(number)).strip("/")
        return address if number == 1 else f"{address}{last}/"

    def per_page(self, kind: str = "") -> int:
        """How many posts stand on a page of a list; 0 is all. `kind` is such as `categories_`."""
        pages, size = self[f"{kind}pagination"], self[f"{kind}pagination_per_page"]
        pages = self["pagination"] if pages is None else pages
        return (self["pagination_per_page"] if size is None else size) if pages else 0

    def _filled(self, key: str, values: Mapping[str, str]) -> str:
        path = re.sub(r"\{(\w+)\}", lambda name: values.get(name[1], name[0]), self[key])
        path = posixpath.normpath(path.strip("/"))
        # Checked as any address that a stranger writes: it may lead out of the site.
        return addresses.explicit(posixpath.join(self.blog_dir, path).removeprefix("./"))

    def _slugs(self, of: str) -> Slugify:
        node = self.plugin.tags.get(f"{of}_slugify")
        found = _slugify(node) if node is not None else None
        return found or cast(Slugify, pymdownx.slugs.slugify(case="lower"))

    def _separator(self, of: str) -> str:
        return str(self[f"{of}_slugify_separator"])

    def _date(self, date: datetime, format: str) -> str:
        if format in ("full", "long", "medium", "short"):
            return format_date(date, format=format, locale=self._locale)
        return format_datetime(date, format=format, locale=self._locale)


def _slugify(node: yaml.Node) -> Slugify | None:
    """The function that an option names, if it is pymdownx.slugs.slugify; nothing is imported."""
    if not node.tag.endswith("python/object/apply:pymdownx.slugs.slugify"):
        return None
    given: dict[str, Any] = {}
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value == "kwds" and isinstance(value, yaml.MappingNode):
            given = {name.value: option.value for name, option in value.value}
    if "percent_encode" in given:
        given["percent_encode"] = given["percent_encode"].lower() == "true"
    known = {"case", "normalize", "percent_encode"}
    if not given.keys() <= known:
        return None
    return cast(Slugify, pymdownx.slugs.slugify(**given))


def feeds(plugin: Plugin) -> dict[str, str]:
    """The feeds of an rss plugin: old addresses, each with ours."""
    names = plugin.options.get("feeds_filenames") or {}
    return {
        f"/{str(names.get(key, default)).lstrip('/')}": f"/{ours}"
        for key, (default, ours, enabled) in _FEEDS.items()
        if plugin.options.get(enabled) is not False
    }


def unknown_of_feeds(plugin: Plugin) -> list[tuple[int, str]]:
    """The options of an rss plugin that nothing stands for, with their lines."""
    return [
        (line, f"{key}: there is nothing like it here")
        for key, line in plugin.lines.items()
        if key not in _RSS
    ]
