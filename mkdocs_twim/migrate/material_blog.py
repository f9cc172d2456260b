"""A site with Material's blog plugin as a site of this plugin: what to write and what to tell.

All files stay where they are, so that links between them hold. Posts get a `path` where the plugin
would give another address. What Material writes of its own elsewhere becomes pages that lead on.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mkdocs.utils import get_markdown_title

from feedserver.feeds.export import redirect_file, redirect_page
from feedserver.model import TAXONOMIES
from feedserver.text.slugs import slug_of
from feedserver.text.words import counted
from mkdocs_twim.content import authors, frontmatter
from mkdocs_twim.content.keys import PostMeta, read_post
from mkdocs_twim.errors import AddressError, TwimError
from mkdocs_twim.markup import addresses
from mkdocs_twim.migrate import material_options
from mkdocs_twim.migrate.material_options import BlogOptions, Post
from mkdocs_twim.migrate.migration import Expected, Folder, Migration, MigrationError, with_keys
from mkdocs_twim.migrate.mkdocs_yml import FILE, MkDocsYml, Plugin
from mkdocs_twim.migrate.porting import BLOG_TEMPLATES, needs_blog
from mkdocs_twim.posts.source import address_of
from mkdocs_twim.shortcodes import calls
from mkdocs_twim.shortcodes.library import Library

_BLOGS = ("blog", "material/blog")


@dataclass(frozen=True, slots=True)
class _Source:
    """A post's file: `name` is below docs_dir, `old` the address that Material gives it."""

    name: str
    text: str
    front: frontmatter.FrontMatter
    meta: PostMeta
    post: Post
    old: str


def plan(site: Folder) -> Migration:
    """What moving a Material blog in comes to.

    Raises:
        MigrationError: its mkdocs.yml can't be used, or a file can't be read.
    """
    yml = MkDocsYml(site.text(FILE))
    blogs = [plugin for plugin in yml.plugins if plugin.name in _BLOGS]
    if not blogs:
        raise MigrationError("plugins: there is no blog", path=FILE)
    theme = yml.get("theme")
    language = theme.get("language") if isinstance(theme, dict) else None
    options = BlogOptions(
        blogs[0], str(language or "en"), yml.get("use_directory_urls") is not False
    )
    migration = Migration(taxonomies=TAXONOMIES)
    migration.refuse(site.refused)
    _Mover(site, yml, options, migration).move(blogs[1:])
    return migration


@dataclass(slots=True)
class _Lists:
    """Material's lists: which of ours is each, and how many posts it has, by its address."""

    new: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)


class _Mover:
    def __init__(
        self, site: Folder, yml: MkDocsYml, options: BlogOptions, migration: Migration
    ) -> None:
        self._site = site
        self._yml = yml
        self._options = options
        self._migration = migration
        self._docs = self._folder("docs_dir", "docs")
        migration.docs = self._docs
        self._static = "static" if not site.below("static") else "static-of-blog"
        self._authors = self._known_authors()
        self._library = Library()
        # A blog that is all of the site would make posts of all its pages.
        at_root = options.blog_dir == "."
        migration.blog_dir = options.post_dir if at_root else options.blog_dir

    def move(self, others: list[Plugin]) -> None:
        migration = self._migration
        sources = list(self._sources())
        shown = [source for source in sources if not source.meta.draft]
        texts = self._lists(shown)
        for name in self._site.names:
            if name == FILE or name.startswith(f"{self._folder('site_dir', 'site')}/"):
                continue
            if name.startswith(f"{self._docs}/"):
                self._document(name, texts)
                if name.endswith(".md"):
                    self._calls(name)
            else:
                migration.put(name, self._site.path(name), name)
        for source in sources:
            self._post(source)
        posts = counted(len(sources), "post")
        migration.taken.append(f"{posts} below {self._docs}/{self._options.post_dir}")
        migration.taken.append("all other files, where they were")
        for plugin in others:
            migration.hand(
                f"{FILE}:{plugin.line}", "a second blog: there can be one; it stays as is"
            )
        self._mkdocs_yml()
        self._tell()

    def _folder(self, key: str, default: str) -> str:
        """A folder that mkdocs.yml names.

        Raises:
            MigrationError: it isn't within the site.
        """
        path = posixpath.normpath(str(self._yml.get(key) or default))
        if path.startswith(("/", "..")) or path == ".":
            raise MigrationError(f"{key}: this folder is not below that of mkdocs.yml", path=FILE)
        return path

    def _known_authors(self) -> authors.Authors:
        file = str(self._options["authors_file"]).replace("{blog}", self._options.blog_dir)
        places = [posixpath.join(at, authors.FILE) for at in (self._options.blog_dir, "")]
        if posixpath.normpath(file) not in map(posixpath.normpath, places):
            line = self._options.plugin.lines.get("authors_file", 1)
            self._migration.hand(f"{FILE}:{line}", f"authors_file: move it to {places[0]}")
        try:
            return authors.read(self._site.path(self._docs), self._options.blog_dir)
        except TwimError as error:
            file = f"{self._docs}/{error.path}"
            self._migration.by_hand.append(str(error.at(file, error.line, error.column)))
            return authors.Authors(None, {})

    def _sources(self) -> Iterator[_Source]:
        for name in self._site.below(posixpath.join(self._docs, self._options.post_dir)):
            if not name.endswith(".md"):
                continue
            path = posixpath.normpath(posixpath.join(self._options.post_dir, name))
            file = f"{self._docs}/{path}"
            text = self._site.text(file)
            try:
                front = frontmatter.read(text, file)
                meta, problems = read_post(front, file, TAXONOMIES, self._authors.names)
                self._migration.by_hand += map(str, problems)
                if meta.date is None:
                    raise AddressError("no date: Material's blog needs one", path=file)
                post = _post(front, meta, path)
                yield _Source(path, text, front, meta, post, self._options.address(post))
            except TwimError as error:
                self._migration.by_hand.append(str(error.at(file, error.line)))
                self._migration.put(file, self._site.path(file), file)

    def _post(self, source: _Source) -> None:
        """A post, with what keeps its address."""
        migration = self._migration
        file = f"{self._docs}/{source.name}"
        keys: dict[str, object] = {}
        blog = addresses.blog(migration.blog_dir).strip("/")
        try:
            ours = address_of(source.name, source.front, source.meta, blog)
        except AddressError:
            ours = None
        if ours != source.old:
            keys["path"] = source.old
        if not self._options.directories:
            keys["aliases"] = [f"{source.old.rstrip('/')}.html"]
            migration.gone.append(f"{source.old.rstrip('/')}.html leads to {source.old}, a new id")
        for key in [key for key in keys if key in source.front.values]:
            place = f"{file}:{source.front.line_of(key)}"
            migration.hand(place, f"{key}: write {keys.pop(key)!r}, which keeps its address")
        text = with_keys(source.text, source.front, keys) if keys else source.text
        copied = text if keys else self._site.path(file)
        if migration.put(file, copied, file):
            migration.posts.append(Expected(source.name, source.old))
        template = source.front.values.get("template")
        if template in BLOG_TEMPLATES and template != "blog-post.html":
            place = f"{file}:{source.front.line_of('template')}"
            migration.hand(place, "template: a template of Material's blog; leave the key out")
        mark = str(self._options["post_excerpt_separator"])
        if mark != "<!-- more -->" and mark in source.front.body:
            offset = source.front.body.count("\n", 0, source.front.body.index(mark))
            migration.hand(
                f"{file}:{source.front.body_line + offset}", "write <!-- more --> for it"
            )

    def _calls(self, file: str) -> None:
        """Tell of what the plugin would take for a call of a shortcode, and can't read as one."""
        text = self._readable(file)
        found = calls.extract(text, file, 1, self._library, shared=True)
        self._migration.by_hand += map(str, [*found.errors, *found.doubts])

    def _readable(self, file: str) -> str:
        """A file's text, if it is one."""
        try:
            return self._site.text(file)
        except MigrationError as error:
            self._migration.hand(file, error.message)
            return ""

    def _document(self, file: str, texts: dict[str, str]) -> None:
        """A file below docs_dir that is no post."""
        migration, options = self._migration, self._options
        name = file.removeprefix(f"{self._docs}/")
        within = f"{options.post_dir}/" if options.post_dir != "." else ""
        blog = f"{migration.blog_dir}/" if migration.blog_dir != "." else ""
        index = posixpath.normpath(posixpath.join(options.blog_dir, "index.md"))
        if name.startswith(within):
            if not name.endswith(".md"):
                self._media(file, name[len(within) :])
        elif name == index:
            place = f"{blog}index.md"
            if place != name:
                shown = addresses.folder(place)
                migration.hand(
                    file, f"its text stands above the list at {shown}, not on the home page"
                )
            migration.put(f"{self._docs}/{place}", self._site.path(file), file)
        elif name in texts:
            self._text(file, texts[name])
        elif name.endswith(".md") and name.startswith(blog):
            self._beside_posts(file, name)
        else:
            migration.put(file, self._site.path(file), file)
        if posixpath.basename(name) == ".meta.yml" and name.startswith(blog):
            migration.hand(file, "posts take no keys from it: write them into the posts")

    def _text(self, file: str, place: str) -> None:
        """The text of a list."""
        if file != f"{self._docs}/{place}":
            self._migration.hand(file, f"the text of a list, moved to {place}: see its links")
        self._migration.put(f"{self._docs}/{place}", self._site.path(file), file)

    def _media(self, file: str, name: str) -> None:
        """A file beside posts, which Material shows one folder up: it gets both addresses."""
        self._migration.put(file, self._site.path(file), file)
        old = posixpath.normpath(posixpath.join(self._options.blog_dir, name))
        if not posixpath.basename(name).startswith(".") and file != f"{self._docs}/{old}":
            self._migration.put(f"{self._static}/{old}", self._site.path(file), file)

    def _beside_posts(self, file: str, name: str) -> None:
        """A page below the blog's folder that is no post to Material, and is one to the plugin."""
        text = self._site.text(file)
        address = addresses.folder(name)
        self._migration.hand(
            file, "a page of the blog that is no post: each build warns of its date"
        )
        try:
            front = frontmatter.read(text, file)
        except TwimError:
            text = f"---\n---\n\n{text}"
            front = frontmatter.read(text, file)
        if "path" not in front.values:
            text = with_keys(text, front, {"path": address})
        if self._migration.put(file, text, file):
            self._migration.posts.append(Expected(name, address))

    def _lists(self, sources: list[_Source]) -> dict[str, str]:
        """Lead from Material's lists to ours; also where the texts of lists go."""
        options = self._options
        blog = addresses.blog(self._migration.blog_dir)
        lists = _Lists()
        for source in sources:
            post, written = source.post, source.front.values.get("authors")
            if options["archive"]:
                year = f"{blog}archive/{post.date.year:04}/"
                self._list(lists, options.archive, post.date, year)
            for name in post.categories if options["categories"] else ():
                self._list(lists, options.category, name, f"/category/{slug_of(name)}/")
            for id in written if options["authors_profiles"] and isinstance(written, list) else ():
                if author := self._authors.by_id.get(id):
                    profile = partial(options.profile, author.name)
                    new = f"/author/{slug_of(author.name)}/"
                    self._list(lists, profile, author.slug or id, new)
        old_blog = addresses.blog(options.blog_dir)
        lists.new |= {old_blog: blog}
        lists.counts.update({old_blog: len(sources)})
        for old, new in lists.new.items():
            of = sum(lists.counts[other] for other, to in lists.new.items() if to == new)
            self._redirects(old, new, lists.counts[old], of)
        return {
            f"{old.strip('/')}.md": f"{new.strip('/')}.md"
            for old, new in lists.new.items()
            if old != old_blog
        }

    def _list(self, lists: _Lists, address: Callable[[Any], str], name: Any, new: str) -> None:
        """Count a post in one of Material's lists, whose posts are at `new` here."""
        try:
            old = address(name)
        except AddressError as error:
            self._migration.hand(FILE, f"the list {name}: {error.message}")
            return
        lists.new.setdefault(old, new)
        lists.counts[old] += 1

    def _redirects(self, old: str, new: str, count: int, of: int) -> None:
        """Lead from the pages of a list to those of ours, but for the home page.

        `count` is how many posts it had, `of` how many ours has.
        """
        kinds = {"category": "categories_", "author": "authors_profiles_"}
        kind = kinds.get(new.split("/")[1], "")
        old_size = self._options.per_page("archive_" if "/archive/" in new else kind)
        pages = _pages(of, self._options.per_page(kind))
        site_url = str(self._yml.get("site_url") or "").rstrip("/")
        slugs = {moved for moved, _, _ in self._authors.moved()}
        for number in range(1, _pages(count, old_size) + 1):
            before = self._options.paged(old, number)
            after = addresses.paged(new, min(number, pages))
            if not self._options.directories:
                before = f"{before.rstrip('/')}.html"
            # The plugin itself leads from an author's `slug`.
            if before not in (after, "/", *slugs):
                text = redirect_page(f"{site_url}{after}").decode()
                path = f"{self._static}/{redirect_file(before)}"
                self._migration.put(path, text, f"the list {before}")

    def _mkdocs_yml(self) -> None:
        options, migration, yml = self._options, self._migration, self._yml
        feeds = tuple(plugin for plugin in yml.plugins if plugin.name == "rss")
        twim: dict[str, Any] = {}
        if migration.blog_dir != "blog":
            twim["blog_dir"] = migration.blog_dir
        if any(path.startswith(f"{self._static}/") for path in migration.outputs):
            twim["static_dir"] = self._static
        twim["paginate_by"] = options.per_page()
        twim["taxonomies"] = {
            "author": {"paginate_by": options.per_page("authors_profiles_")},
            "category": {"paginate_by": options.per_page("categories_")},
        }
        redirects: dict[str, str] = {}
        for plugin in feeds:
            redirects |= material_options.feeds(plugin)
            length = plugin.options.get("length")
            if type(length) is int and length > 0:
                twim["feed_limit"] = length
            for line, what in material_options.unknown_of_feeds(plugin):
                migration.hand(f"{FILE}:{line}", f"rss: {what}")
        redirects = {old: new for old, new in redirects.items() if old != new}
        if redirects and migration.posts:
            twim["feed_redirects"] = redirects
        for line, what in options.unknown:
            migration.hand(f"{FILE}:{line}", f"blog: {what}")
        migration.put(FILE, yml.replaced(options.plugin, twim, feeds), FILE)
        names = " and ".join(dict.fromkeys(plugin.name for plugin in (options.plugin, *feeds)))
        migration.taken.append(f"{FILE}: twim in the place of {names}, all else as it was")

    def _tell(self) -> None:
        migration, options = self._migration, self._options
        if self._yml.get("site_url") is None:
            migration.hand(FILE, "site_url: the plugin needs it as an absolute address")
        if self._yml.get("INHERIT"):
            migration.hand(FILE, "INHERIT: the file that it names may be outside of this folder")
        self._tell_of_templates()
        migration.new += [
            "/category/ and /author/, the list of each term and its feeds",
            "/atom.xml, /rss.xml, /feed.json, /feeds/, /feeds.json, /feeds.opml, /archive.json",
        ]
        if not options["categories"]:
            migration.new.append("/category/<slug>/, which Material was told not to make")

    def _tell_of_templates(self) -> None:
        """Tell of the site's own templates that need Material's blog plugin."""
        theme = self._yml.get("theme")
        folder = theme.get("custom_dir") if isinstance(theme, dict) else None
        below = posixpath.normpath(str(folder))
        for name in self._site.below(below) if folder else ():
            file = posixpath.join(below, name)
            if name in BLOG_TEMPLATES:
                self._migration.hand(file, "a template of Material's blog; see twim/post.html")
            elif name.endswith(".html"):
                for line, what in needs_blog(self._readable(file)):
                    self._migration.hand(f"{file}:{line}", what)


def _post(front: frontmatter.FrontMatter, meta: PostMeta, path: str) -> Post:
    assert meta.date is not None, "a post of Material's has one"
    file = posixpath.splitext(posixpath.basename(path))[0]
    # As MkDocs does it.
    name = file.replace("-", " ").replace("_", " ")
    name = name.capitalize() if name.lower() == name else name
    title = front.values.get("title") or get_markdown_title(front.body) or name
    return Post(str(title), meta.slug, meta.date, file, meta.taxonomies.get("category", ()))


def _pages(count: int, size: int) -> int:
    return max(1, -(-count // size)) if size else 1
