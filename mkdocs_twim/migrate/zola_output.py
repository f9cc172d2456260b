"""What else a Zola site has: static files, templates and feeds; and mkdocs.yml from all of it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from importlib.resources import files
from typing import Any

import yaml

from feedserver.feeds import catalogue
from feedserver.feeds.catalogue import RESERVED
from feedserver.formats import archive
from feedserver.formats.formats import FORMATS
from feedserver.text.slugs import slug_of, slugify
from feedserver.text.words import counted
from mkdocs_twim.markup import addresses
from mkdocs_twim.migrate import zola_addresses
from mkdocs_twim.migrate.migration import Folder, Migration
from mkdocs_twim.migrate.porting import unported
from mkdocs_twim.migrate.zola_addresses import Leads, Term, terms_of
from mkdocs_twim.migrate.zola_config import FILE, Taxonomy, ZolaConfig
from mkdocs_twim.migrate.zola_pages import Content
from mkdocs_twim.shortcodes.library import Library

# Files that the theme, MkDocs or the plugin makes, of which a site can't have its own here.
_TAKEN = {"404.html", "sitemap.xml", "sitemap.xml.gz", archive.FILE, catalogue.JSON, catalogue.OPML}
_TAKEN |= set(FORMATS)
_NAMED = re.compile(r"(?P<name>no[-_](?P<what>[\w-]+?))[-_.](?:atom|rss|feed|json)\b.*")
_EXTENSIONS: list[object] = [
    *("attr_list", "footnotes", "md_in_html", "sane_lists", "tables"),
    *("pymdownx.highlight", "pymdownx.superfences", "pymdownx.tilde"),
    {"pymdownx.tasklist": {"custom_checkbox": True}},
    {"toc": {"permalink": True}},
]


def add(
    site: Folder,
    config: ZolaConfig,
    migration: Migration,
    contents: Collection[Content],
    blog: str,
    moved: Iterable[tuple[str, str, str]],
) -> None:
    """Add all that isn't content to a migration; `moved` are old addresses of pages.

    Those come each with the new one, and with what a page there leads to.
    """
    places = {post.address for post in migration.posts}
    posts = [
        content
        for content in contents
        if content.address in places and not (content.is_section or content.is_draft)
    ]
    feeds = _Feeds(site, config, migration, contents, posts, blog)
    # What the plugin makes comes before static files, and those before what leads on.
    feeds.keep()
    _static(site, config, migration)
    for old, new, target in moved:
        feeds.leads.alias(old, new, target)
    _templates(site, migration)
    for line, what in config.others:
        migration.hand(f"{FILE}:{line}", what)
    migration.gone += config.gone
    yml = _mkdocs_yml(config, migration, feeds.options())
    text = yaml.safe_dump(yml, allow_unicode=True, sort_keys=False, width=1000)
    migration.put("mkdocs.yml", text, FILE)
    migration.taken.append(f"{FILE} is mkdocs.yml")
    _news(migration, config)
    # What is told of the file comes last, in the order of its lines.
    migration.by_hand.sort(key=_line)


def _line(entry: str) -> int:
    found = re.match(rf"{re.escape(FILE)}:(\d+):", entry)
    return int(found[1]) if found else 0


def _static(site: Folder, config: ZolaConfig, migration: Migration) -> None:
    names = [name for name in site.below("static") if not _is_ignored(name, config)]
    for name in names:
        if name in _TAKEN:
            migration.hand(f"static/{name}", "the theme or the plugin makes this file: left out")
        elif clash := migration.clash(name, f"static/{name}"):
            migration.hand(f"static/{name}", f"not taken over: {clash.message}")
        else:
            migration.put(f"static/{name}", site.path(f"static/{name}"), f"static/{name}")
    migration.taken.append(f"{counted(len(names), 'file')} of static/")
    if config.robots and "robots.txt" not in names:
        if "templates/robots.txt" in site:
            migration.hand("templates/robots.txt", "write static/robots.txt; this is Zola's own")
        text = f"User-agent: *\nDisallow:\nAllow: /\nSitemap: {config.base_url}sitemap.xml\n"
        migration.put("static/robots.txt", text, "robots.txt")


def _is_ignored(name: str, config: ZolaConfig) -> bool:
    patterns = config.ignored_static
    return any(fnmatch(f"static/{name}", each) or fnmatch(name, each) for each in patterns)


def _templates(site: Folder, migration: Migration) -> None:
    built_in = Library().names
    for name in site.below("templates/shortcodes"):
        origin = f"templates/shortcodes/{name}"
        stem, extension = posixpath.splitext(name)
        if extension not in (".html", ".md") or "/" in name:
            migration.hand(origin, "no template of a shortcode: not taken over")
        elif stem in built_in:
            migration.hand(origin, f"the plugin has a '{stem}' of its own: not taken over")
        else:
            migration.put(f"shortcodes/{name}", site.path(origin), origin)
            migration.taken.append(f"{origin} is shortcodes/{name}")
            for line, what in unported(site.text(origin)):
                migration.hand(f"{origin}:{line}", what)
    for folder, what in (
        ("templates", "a template of Zola's: the plugin and the theme have others"),
        ("sass", "not compiled: put the CSS into static/ and name it in extra_css"),
        ("themes", "a theme of Zola's, not taken over"),
    ):
        below = [name for name in site.below(folder) if not name.startswith("shortcodes/")]
        shown = sorted({name.partition("/")[0] for name in below}) if folder == "themes" else below
        for name in shown:
            if f"{folder}/{name}" not in ("templates/robots.txt",):
                migration.hand(f"{folder}/{name}", what)


@dataclass
class _Feeds:
    """The options of the plugin, of which the feeds are the most work."""

    site: Folder
    config: ZolaConfig
    migration: Migration
    contents: Collection[Content]
    posts: Collection[Content]
    blog: str
    named: dict[str, dict[str, object]] = field(default_factory=dict)
    # Where the files of `feed_filenames` are now; those that nothing stands for are left out.
    files: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dated = [content for content in self.posts if content.meta.date is not None]
        self.leads = Leads(self.migration, self.config.base_url)
        self.terms = {
            each.name: zola_addresses.terms(each, self.config, self.contents, self.posts)
            for each in self.config.taxonomies
            if each.render
        }

    def options(self) -> dict[str, Any]:
        config, options = self.config, dict[str, Any]()
        options["blog_dir"] = self.blog or "."
        for taxonomy in config.taxonomies:
            self._old_pages(taxonomy, self.terms.get(taxonomy.name, ()))
        if any(path.startswith("static/") for path in self.migration.outputs):
            options["static_dir"] = "static"
        options["paginate_by"] = self._paginate_by()
        options["taxonomies"] = {
            each.name: {"feed": each.feed, "paginate_by": each.paginate_by}
            for each in config.taxonomies
        }
        slugs = [slugify(each.name) for each in config.taxonomies]
        for position, (slug, each) in enumerate(zip(slugs, config.taxonomies, strict=True)):
            if slug in RESERVED or not slug or slug in slugs[:position]:
                taken = ": another has its address" if slug in slugs[:position] else ""
                said = f"taxonomies: no taxonomy can be called '{each.name}'{taken}"
                self.migration.hand(config.place("taxonomies"), said)
        for file in config.feeds:
            self._feed(file)
        self._of_sections()
        if config.feed_limit is not None:
            options["feed_limit"] = config.feed_limit
        if self.named:
            options["feeds"] = self.named
        if self.leads.redirects:
            options["feed_redirects"] = self.leads.redirects
        if any(content.front.style == "yaml" for content in self.posts):
            options["markdown"] = "commonmark"
        return options

    def _paginate_by(self) -> int:
        section = posixpath.join(self.blog, "_index.md")
        found = (content.front.values for content in self.contents if content.name == section)
        value = next((values.get("paginate_by") for values in found), None)
        return value if isinstance(value, int) and value > 0 else 0

    def _format(self, file: str) -> str:
        """Our file in the format of Zola's, which its template tells, else its name."""
        template = f"templates/{file}"
        text = self.site.text(template) if template in self.site else ""
        for mark, name in (("<rss", "rss.xml"), ("<feed", "atom.xml"), ('"version"', "feed.json")):
            if mark in text:
                return name
        if file.endswith(".json"):
            return "feed.json"
        return "rss.xml" if "rss" in file else "atom.xml"

    def _feed(self, file: str) -> None:
        """One of `feed_filenames`: at the root, and for each term of taxonomies with feeds."""
        if not self.dated:
            return
        ours = self._format(file)
        named = _NAMED.fullmatch(file)
        has_root = self.config.has_root_feeds
        without = self._name(named["name"], named["what"], file) if named and has_root else None
        if named is None:
            self.files[file] = f"/{ours}"
        elif without is not None:
            self.files[file] = f"/{slugify(named['name'])}/{ours}"
        if has_root:
            self.leads.feed(f"/{file}", self.files.get(file))
        for taxonomy in self.config.taxonomies:
            for term in self.terms.get(taxonomy.name, ()):
                if not (taxonomy.feed and term.has_feed):
                    continue
                if term.new is None or not term.has_new_feed:
                    self.leads.feed(f"{term.old}{file}", None)
                    continue
                slug = term.new.split("/")[-2]
                # A term's feed is no substitute if it has what was left out.
                same = named is None or (without and not self._has(taxonomy.name, slug, without))
                self.leads.feed(f"{term.old}{file}", f"{term.new}{ours}" if same else None)

    def keep(self) -> None:
        """Let nothing lead on from where the new site has a file of its own."""
        leads = self.leads
        for name in _TAKEN:
            leads.keep(name)
        leads.keep("index.html")
        leads.keep("feeds/index.html")
        blog, size = addresses.blog(self.blog), self._paginate_by()
        leads.keep_list(blog, zola_addresses.pages(self.dated, size), first=bool(size))
        years: dict[int, list[Content]] = {}
        for content in self.dated:
            if content.meta.date:
                years.setdefault(content.meta.date.year, []).append(content)
        for year, posts in years.items():
            count = zola_addresses.pages(posts, size)
            leads.keep_list(f"{blog}archive/{year:04}/", count, first=False)
        for taxonomy in self.config.taxonomies:
            leads.keep(addresses.file(zola_addresses.new_folder(taxonomy.name)))
            for folder, posts in zola_addresses.new_terms(taxonomy.name, self.posts).items():
                if len(folder.split("/")[-2]) > zola_addresses.MOST_BYTES:
                    said = f"the address {folder} is too long for a file: shorten the term"
                    self.migration.hand(f"content/{posts[0].name}", said)
                count = zola_addresses.pages(posts, taxonomy.paginate_by)
                leads.keep_list(folder, count, first=bool(taxonomy.paginate_by))
                if taxonomy.feed and any(content.meta.date for content in posts):
                    leads.keep_feed(folder)
        for content in self.contents:
            values = content.front.values
            shown = values.get("render") is not False and not values.get("redirect_to")
            if content.is_section and not content.is_draft and shown:
                leads.keep(addresses.file(content.address))

    def _old_pages(self, taxonomy: Taxonomy, terms: Sequence[Term]) -> None:
        """Lead from the pages of a taxonomy and its terms to where they are now."""
        old = zola_addresses.old_folder(self.config, taxonomy.name)
        here = zola_addresses.new_folder(taxonomy.name)
        if any(term.new for term in terms):
            self.leads.page(old, here)
        elif terms:
            self.leads.gone(old)
        names = [name for post in self.posts for name in terms_of(post, taxonomy.name)]
        # The plugin leads on from these by itself.
        led = {f"{here}{slugify(name)}/" for name in names}
        for term in terms:
            self._old_term(taxonomy, term, is_led=term.old in led)

    def _old_term(self, taxonomy: Taxonomy, term: Term, *, is_led: bool) -> None:
        folder = addresses.later(term.old, taxonomy.pages)
        later = {f"{folder}{number}/": number for number in range(2, term.pages + 1)}
        first = f"{folder}1/"
        if term.new is None:
            for old in (term.old, *later, *([first] if taxonomy.paginate_by else [])):
                self.leads.gone(old)
            return
        if not is_led:
            self.leads.page(term.old, term.new)
        for old, number in later.items():
            # Of pages outside the blog, which stand on none here, there may have been more.
            number = number if number <= term.new_pages else 1
            self.leads.page(old, addresses.paged(term.new, number))
        # From its own the plugin leads on.
        if taxonomy.paginate_by and first != f"{addresses.later(term.new)}1/":
            self.leads.page(first, term.new)

    def _name(self, name: str, what: str, file: str) -> str | None:
        """Name the feed that leaves a category out; its slug, if there is such a category."""
        terms = {
            term: content
            for content in self.dated
            for term in content.meta.taxonomies.get("category", ())
        }
        slugs = sorted({slug_of(term) for term in terms})
        short = {slug: "".join(word[:1] for word in slug.split("-")) for slug in slugs}
        found = next((slug for slug in slugs if slugify(what) in (slug, short[slug])), None)
        others = [
            content
            for content in self.dated
            if found and found not in map(slug_of, content.meta.taxonomies.get("category", ()))
        ]
        key = "feed_filenames" if "feed_filenames" in self.config.text else "feed_filename"
        place = f"{self.config.place(key)}: {key}"
        if found is None or not others:
            self.migration.hand(
                place,
                f"{file}: name a feed in its stead, such as feeds: {{{name}: {{title: …, "
                f"not_category: […]}}}}, and lead /{file} to it in feed_redirects",
            )
            return None
        title = next(term for term in sorted(terms) if slug_of(term) == found)
        self.leads.keep_feed(f"/{slugify(name)}/")
        self.named[slugify(name)] = {"title": f"Without {title}", "not_category": [found]}
        self.migration.hand(place, f"{file}: see that it is what the feed '{slugify(name)}' is")
        return found

    def _has(self, taxonomy: str, term: str, category: str) -> bool:
        """Whether a post of a term is of a category too; both are slugs."""
        return any(
            term in map(slug_of, taxonomies.get(taxonomy, ()))
            and category in map(slug_of, taxonomies.get("category", ()))
            for taxonomies in (content.meta.taxonomies for content in self.dated)
        )

    def _of_sections(self) -> None:
        for content in self.contents:
            keys = map(content.front.values.get, ("generate_feed", "generate_feeds"))
            if content.is_section and True in keys:
                blog = content.name == posixpath.join(self.blog, "_index.md")
                for file in self.config.feeds:
                    new = self.files.get(file) if blog else None
                    self.leads.feed(f"{content.address}{file}", new)


def _mkdocs_yml(
    config: ZolaConfig,
    migration: Migration,
    options: dict[str, Any],
) -> dict[str, Any]:
    if config.title is None:
        migration.hand(FILE, "title: there is none; give the site a name, site_name in mkdocs.yml")
    theme = {"name": "material"}
    if (language := _language(config.language)) != "en":
        theme["language"] = language
    if language.lower() != config.language.lower():
        migration.hand(
            config.place("default_language"),
            f"default_language: Material has no '{config.language}', only {language}",
        )
    if config.languages:
        said = "languages: translations are pages and posts among the others"
        migration.hand(config.place("languages"), said)
    values = {
        "site_name": config.title or "Blog",
        "site_url": config.base_url,
        "site_description": config.description,
        "theme": theme,
        "plugins": ["search", {"twim": options}],
        "markdown_extensions": _EXTENSIONS,
        "draft_docs": "".join(f"/{name}\n" for name in migration.drafts),
    }
    return {key: value for key, value in values.items() if value}


def _language(language: str) -> str:
    """The language of Material's that is nearest."""
    folder = files("material").joinpath("templates", "partials", "languages")
    known = {entry.name[:-5].lower(): entry.name[:-5] for entry in folder.iterdir()}
    wanted = language.replace("_", "-").lower()
    return known.get(wanted) or known.get(wanted.partition("-")[0]) or "en"


def _news(migration: Migration, config: ZolaConfig) -> None:
    without = [each.name for each in config.taxonomies if not each.feed]
    migration.new += [
        "/feeds/, /feeds.json, /feeds.opml, /archive.json",
        "/atom.xml, /rss.xml, /feed.json, and the same for each term of a taxonomy with feeds",
        "/section/, /project/, /updates/, each with its feeds, if posts are issues (option issues)",
    ]
    unseen = [f"/{slugify(each.name)}/" for each in config.taxonomies if not each.render]
    if unseen:
        shown = ", ".join(unseen)
        migration.new.append(f"{shown}: pages of terms; render = false isn't taken over")
    if without:
        shown = ", ".join(f"/{slugify(name)}/" for name in without)
        migration.new.append(f"no feeds below {shown}, as before")
