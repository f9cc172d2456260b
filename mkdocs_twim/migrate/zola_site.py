"""A Zola site as a site of this plugin: what to write and what to tell.

Posts stay as they are, but for a `path` where the plugin would give another address. Pages outside
the blog become pages of MkDocs. What the rules of Zola are stands in zola.md, §§1 to 6 and 12.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch

from feedserver.feeds.export import redirect_file
from mkdocs_twim.content import frontmatter
from mkdocs_twim.content.keys import PostMeta, read_post
from mkdocs_twim.errors import AddressError, TwimError
from mkdocs_twim.markup import addresses
from mkdocs_twim.migrate import zola_config, zola_output, zola_pages, zola_slugs
from mkdocs_twim.migrate.migration import Expected, Folder, Migration, MigrationError, with_keys
from mkdocs_twim.migrate.zola_config import ZolaConfig
from mkdocs_twim.migrate.zola_pages import Content
from mkdocs_twim.posts.source import address_of
from mkdocs_twim.shortcodes import calls
from mkdocs_twim.shortcodes.library import Library


@dataclass(frozen=True, slots=True)
class _Names:
    """The plugin's shortcodes, and the names of the site's own, for finding wrong calls."""

    names: Collection[str]
    built_in: Library

    def problem(self, call: calls.Call) -> str | None:
        own = call.name in self.names and call.name not in self.built_in.names
        return None if own else self.built_in.problem(call)

    def misspelt(self, name: str) -> str | None:
        return self.built_in.misspelt(name)


def plan(site: Folder) -> Migration:
    """What moving a Zola site in comes to.

    Raises:
        MigrationError: its config.toml can't be used, a file can't be read, or no page has a date.
    """
    config = zola_config.read(site.text(zola_config.FILE))
    migration = Migration(taxonomies=tuple(taxonomy.name for taxonomy in config.taxonomies))
    migration.refuse(site.refused)
    names = [name for name in site.below("content") if _is_taken(name, config)]
    contents = list(_contents(site, names, config, migration))
    blog = _blog(contents)
    migration.blog_dir = blog or "."
    mover = _Mover(site, config, migration, contents, blog)
    mover.move(names)
    zola_output.add(site, config, migration, contents, blog, mover.moved)
    return migration


def _is_taken(name: str, config: ZolaConfig) -> bool:
    """Whether Zola reads a file of content/: none that is hidden or ignored."""
    hidden = any(part.startswith(".") for part in name.split("/"))
    return not hidden and not any(
        fnmatch(f"content/{name}", pattern) or fnmatch(name, pattern) for pattern in config.ignored
    )


def _contents(
    site: Folder, names: Collection[str], config: ZolaConfig, migration: Migration
) -> Iterator[Content]:
    bundles = {posixpath.dirname(name) for name in names if posixpath.basename(name) == "index.md"}
    for name in names:
        if not name.endswith(".md"):
            continue
        if _is_within(name, bundles):
            migration.hand(
                f"content/{name}", "below a page that is a folder: no page in Zola either"
            )
            continue
        text = site.text(f"content/{name}")
        try:
            front = frontmatter.read(text, f"content/{name}")
            own, prefix = _without_language(name, config)
            meta, problems = read_post(front, f"content/{own}", migration.taxonomies)
            address = prefix + _address(own, meta, config)
        except TwimError as error:
            migration.by_hand.append(f"{error.at(f'content/{name}', error.line)}: not taken over")
            continue
        # What a section has of its own is checked by the plugin.
        keys = [] if posixpath.basename(name) == "_index.md" else problems
        keys = [problem.at(f"content/{name}", problem.line) for problem in keys]
        yield Content(name, text, front, meta, address, tuple(keys))


def _is_within(name: str, bundles: Collection[str]) -> bool:
    folder = posixpath.dirname(name)
    if posixpath.basename(name) == "index.md":
        folder = posixpath.dirname(folder)
    while folder:
        if folder in bundles:
            return True
        folder = posixpath.dirname(folder)
    return False


def _without_language(name: str, config: ZolaConfig) -> tuple[str, str]:
    """A file's name without its language, and what its address begins with: `x.fr.md`, "/fr"."""
    stem, suffix = posixpath.splitext(name.removesuffix(".md"))
    if suffix[1:] in config.languages:
        return f"{stem}.md", f"/{suffix[1:]}"
    return name, ""


def _address(name: str, meta: PostMeta, config: ZolaConfig) -> str:
    """The address that Zola gives, with this site's `slugify`.

    Raises:
        AddressError: there can be none.
    """
    if posixpath.basename(name) == "_index.md":
        return addresses.blog(posixpath.dirname(name))
    if meta.path is not None:
        return meta.path
    at = posixpath.dirname(name) if addresses.is_bundle(name) else name[:-3]
    stem = posixpath.basename(at) if config.keep_dates else meta.stem
    if config.slugs != "on":
        slug = zola_slugs.path(meta.slug or stem, config.slugs)
        return addresses.explicit(posixpath.join(posixpath.dirname(at), slug))
    return addresses.zola(name, stem, meta.slug)


def _end(text: str, content: Content) -> str:
    """The body of a post's text, in which links may have been changed, with LF line ends."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(lines[-(content.front.body.count("\n") + 1) :])


def _blog(contents: Collection[Content]) -> str:
    """The folder of content/ with the most dated pages; empty if they stand in content/ itself.

    Raises:
        MigrationError: no page has a date.
    """
    dated = [
        content for content in contents if not content.is_section and content.meta.date is not None
    ]
    # Drafts count where nothing else has a date.
    shown = [content for content in dated if not content.is_draft]
    counts = Counter(
        content.name.rpartition("/")[0].partition("/")[0] for content in shown or dated
    )
    if not counts:
        raise MigrationError("no page has a date: there is no blog to move", path="content")
    return min(counts, key=lambda folder: (-counts[folder], folder))


class _Mover:
    """Goes through the files of content/."""

    def __init__(
        self,
        site: Folder,
        config: ZolaConfig,
        migration: Migration,
        contents: Collection[Content],
        blog: str,
    ) -> None:
        self._site = site
        self._config = config
        self._migration = migration
        self._contents = {content.name: content for content in contents}
        self._blog = blog
        self.moved: list[tuple[str, str, str]] = []
        self._places = {
            content.name: content.name
            if self._is_below_blog(content.name)
            else zola_pages.place(content.name, content.address)
            for content in contents
        }
        self._linked = {
            name: place
            for name, place in self._places.items()
            if self._has_page(self._contents[name])
        }
        own = {posixpath.splitext(name)[0] for name in site.below("templates/shortcodes")}
        library = Library()
        self._templates = _Names({*library.names, *own}, library)

    def move(self, names: Collection[str]) -> None:
        posts = pages = 0
        for name in names:
            content = self._contents.get(name)
            if content is None:
                if not name.endswith(".md"):
                    self._asset(name)
            elif self._is_below_blog(self._places[name]):
                posts += not content.is_section
                self._post(content)
            else:
                pages += 1
                self._page(content)
        self._check_aliases()
        blog = f"content/{self._blog}".rstrip("/")
        self._migration.taken.append(
            f"{posts} posts: {blog} is the blog, the folder with the most dated pages"
        )
        self._migration.taken.append(f"{pages} pages outside the blog, as pages of MkDocs")

    def _check_aliases(self) -> None:
        """Tell of aliases of posts that something else has."""
        for content in self._contents.values():
            if content.is_draft or not self._is_below_blog(self._places[content.name]):
                continue
            place = f"content/{content.name}:{content.front.line_of('aliases')}"
            for alias in content.meta.aliases:
                owner = f"the alias {alias} of {place}"
                if clash := self._migration.clash(redirect_file(alias), owner):
                    self._migration.by_hand.append(f"{clash.message}: take it out")

    def _is_taken(self, content: Content) -> bool:
        """Whether another page has a page's address, which is told then."""
        if content.is_draft or content.is_section or not content.meta.render:
            return False
        origin = f"content/{content.name}"
        clash = self._migration.clash(addresses.file(content.address), origin)
        if clash:
            self._migration.hand(origin, f"not taken over: {clash.message}")
            self._migration.gone.append(content.address)
        return clash is not None

    def _is_below_blog(self, name: str) -> bool:
        return not self._blog or name.startswith(f"{self._blog}/")

    def _has_page(self, content: Content) -> bool:
        """Whether there is something to link to; the list of the blog is always there."""
        if content.name == posixpath.join(self._blog, "_index.md"):
            return True
        values = content.front.values
        return values.get("render") is not False and not values.get("redirect_to")

    def _scan(self, content: Content) -> None:
        """Tell of what is wrong in a file: keys, and calls of shortcodes."""
        front = content.front
        found = calls.extract(
            front.body, f"content/{content.name}", front.body_line, self._templates
        )
        self._migration.by_hand += map(str, [*content.problems, *found.errors])

    def _missing(self, content: Content, offset: int, target: str, line: int) -> None:
        place = f"content/{content.name}:{offset + line - 1}"
        self._migration.hand(place, f"the link to '{target}' leads nowhere")

    def _post(self, content: Content) -> None:
        if self._is_taken(content):
            return
        self._scan(content)
        text = zola_pages.relink(
            content.text,
            zola_pages.to_internal(self._linked),
            lambda target, line: self._missing(content, 1, target, line),
        )
        place, origin = self._places[content.name], f"content/{content.name}"
        if not self._is_below_blog(content.name):
            self._migration.hand(
                origin, f"its address {content.address} makes it a post of the blog"
            )
        elif content.meta.date is None and not content.is_section:
            self._migration.hand(
                origin, "a page of the blog without a date: each build warns of it"
            )
        if not content.is_section:
            text = self._with_path(content, text, place)
        text, gone = zola_slugs.with_ids(text, _end(text, content), self._config.id_slugs)
        self._migration.gone += (
            f"{content.address}#{old} (slugify.anchors; now #{new})" for old, new in gone
        )
        copied = self._site.path(origin) if text == content.text else text
        if self._migration.put(f"docs/{place}", copied, origin) and not content.is_section:
            self._migration.posts.append(Expected(place, content.address))

    def _with_path(self, content: Content, text: str, place: str) -> str:
        """A post's text, with the key `path` where the plugin would give another address."""
        try:
            blog = addresses.blog(self._migration.blog_dir).strip("/")
            if address_of(place, content.front, content.meta, blog) == content.address:
                return text
        except AddressError:
            # Zola makes one by the name of the file, and so by a `path`.
            pass
        if "path" in content.front.values:
            place = f"content/{content.name}:{content.front.line_of('path')}"
            self._migration.hand(
                place, f"path: write {content.address!r}, which is the old address"
            )
            return text
        return with_keys(text, content.front, {"path": content.address})

    def _page(self, content: Content) -> None:
        if self._is_taken(content):
            return
        self._scan(content)
        front, migration = content.front, self._migration
        origin = f"content/{content.name}"
        self._old_addresses(content)
        if content.is_section and (
            front.values.get("render") is False or front.values.get("redirect_to")
        ):
            return
        if not content.meta.render:
            migration.hand(origin, "render = false: it had no page, and is not taken over")
            return
        if content.is_section and content.address == "/" and not front.body.strip():
            migration.hand(
                origin, "the home page was a template's: the list of posts is in its place"
            )
            return
        if content.meta.date is not None and not content.is_draft:
            migration.hand(origin, "a dated page outside the blog: it is in no feed")
            migration.gone.append(f"{content.address} (in the feeds; the page stays)")
        place = self._places[content.name]
        body = zola_pages.relink(
            front.body,
            zola_pages.to_relative(place, self._linked),
            lambda target, line: self._missing(content, front.body_line, target, line),
        )
        if content.is_draft:
            migration.drafts.append(place)
        migration.put(f"docs/{place}", zola_pages.page(front, content.meta, body), origin)

    def _old_addresses(self, content: Content) -> None:
        """Pages that lead from a page's old addresses to it."""
        if content.is_draft:
            return
        to = content.front.values.get("redirect_to") if content.is_section else None
        wanted = {alias: content.address for alias in content.meta.aliases}
        if isinstance(to, str) and to.strip():
            wanted[content.address] = to if to.startswith("http") else f"/{to.lstrip('/')}"
        taken = {other.address for other in self._contents.values()} - {
            content.address if to else ""
        }
        for old, new in wanted.items():
            if old not in taken:
                target = new if new.startswith("http") else self._config.base_url + new[1:]
                self.moved.append((old, new, target))

    def _asset(self, name: str) -> None:
        """A file that is no page: beside its page, or in its folder."""
        folder = posixpath.dirname(name)
        place = name
        while folder:
            bundle = self._places.get(posixpath.join(folder, "index.md"))
            if bundle is not None:
                if not self._is_below_blog(name):
                    place = posixpath.join(posixpath.dirname(bundle), name[len(folder) + 1 :])
                break
            folder = posixpath.dirname(folder)
        self._migration.put(f"docs/{place}", self._site.path(f"content/{name}"), f"content/{name}")
