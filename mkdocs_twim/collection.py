"""The posts among a site's files: read, given their addresses, put into lists.

What is wrong with them is collected; what is found only when all is rendered stands in `checks`.
"""

from __future__ import annotations

import logging
import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files, InclusionLevel

from feedserver.feeds.catalogue import term_names
from feedserver.feeds.index import Index
from feedserver.newsletter.issues import is_issue
from feedserver.text.slugs import slug_of, slugify
from mkdocs_twim import checks
from mkdocs_twim.config import TwimConfig
from mkdocs_twim.errors import (
    AddressError,
    Doubt,
    ShortcodeError,
    TwimError,
    of_option,
    tell,
)
from mkdocs_twim.lists.listings import PostList
from mkdocs_twim.lists.pages import GeneratedPages
from mkdocs_twim.markup import addresses, links
from mkdocs_twim.markup.pictures import Gallery, Picture
from mkdocs_twim.output.feeds import SiteFeeds
from mkdocs_twim.posts import previews, slips
from mkdocs_twim.posts.bundles import Bundles
from mkdocs_twim.posts.folders import Folder, folder_of, in_order, posts_of
from mkdocs_twim.posts.page import PostPage
from mkdocs_twim.posts.postviews import Views
from mkdocs_twim.posts.source import read_section, read_source, without_pages
from mkdocs_twim.posts.workshops import Workshop
from mkdocs_twim.shortcodes.calls import Call
from mkdocs_twim.templating.views import AuthorView, PostView, linked

log = get_plugin_logger("twim")


class Collection:
    """The posts of one build."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.pages: list[PostPage] = []
        self.folders: dict[str, Folder] = {}
        self.problems: list[TwimError] = []
        self._bundles = Bundles()

    def take(self, files: Files, config: MkDocsConfig, is_generated: Callable[[str], bool]) -> None:
        """Turn the Markdown files below the blog's folder into posts.

        `is_generated` tells of an address whether pages there are texts above generated ones. What
        is wrong with posts is collected in `problems`, for a build to report at once.
        """
        found = [
            file
            for file in self._below_blog(files)
            if not is_generated(addresses.folder(file.src_uri))
        ]
        names = {file.src_uri for file in files}
        sections = [file for file in found if posixpath.basename(file.src_uri) == "_index.md"]
        for file in sections:
            self._take_section(file, names, config)
            files.remove(file)
        for file in found:
            if file not in sections:
                self._take_post(file, config)
        if not self.pages and not self.problems:
            self._tell_of_none(found)
        if not self._folder:
            self.problems = without_pages(self.problems)
        self._bundles.move(files)

    def _tell_of_none(self, found: Sequence[File]) -> None:
        """Say that there is no post; a folder that was named for nothing is a slip."""
        if found or self._folder == TwimConfig.blog_dir.default:
            log.info(f"there are no posts below '{self._folder}'")
        else:
            tell(log, of_option(f"blog_dir: there are no posts below '{self._folder}'"))

    def leave_out(
        self, pages: Sequence[PostPage], newest: int, files: Files, config: MkDocsConfig
    ) -> None:
        """Let posts be listed, but not rendered, in a preview of so many of the newest."""
        for page in pages:
            page.leave_out()
            if page.is_shown:
                files.remove(page.file)
                files.append(previews.instead(page, newest, config))
        if pages:
            shown = f"the {newest} newest posts, drafts and what has changed since it began"
            rest = f"{len(pages)} older ones are listed only (preview_posts: 0 renders all)"
            log.info(f"this preview renders {shown}; {rest}")

    @property
    def is_cut(self) -> bool:
        """Whether posts are left out, as those are of which something is wrong."""
        return bool(self.workshop.broken) or any(page.is_left_out for page in self.pages)

    def failures(self) -> Iterator[TwimError]:
        """What is wrong with shortcodes, found when posts were rendered."""
        for page in self.texts:
            yield from page.problems.values()

    def calls(self) -> Iterator[Call]:
        """The calls of shortcodes in posts."""
        for page in self.texts:
            yield from () if page.is_left_out else page.source.calls.calls

    def render_rest(
        self, config: MkDocsConfig, files: Files, *, drafts: bool = False
    ) -> Iterator[PostPage]:
        """Render the posts that MkDocs leaves out: without a page of their own, or unchanged."""
        for page in self.texts:
            is_wanted = drafts or not page.source.meta.draft
            if page.content is None and is_wanted and not page.is_left_out:
                page.read_source(config)
                page.render(config, files)
                yield page

    @property
    def taxonomies(self) -> set[str]:
        """The names of those that have terms."""
        return {name for page in self._listed for name in page.terms}

    def has_issues(self, patterns: Sequence[str]) -> bool:
        """Whether a post is an issue, by its categories."""
        return any(is_issue(page.terms.get("category", ()), patterns) for page in self._listed)

    def terms(self) -> dict[str, dict[str, str]]:
        """The name of each term by slug, by taxonomy; that of its feed, where it has one."""
        dated = [page.terms for page in self._listed if page.source.meta.date]
        undated = [page.terms for page in self._listed if not page.source.meta.date]
        return {
            name: dict(
                sorted(
                    {
                        **term_names(terms.get(name, ()) for terms in undated),
                        **term_names(terms.get(name, ()) for terms in dated),
                    }.items()
                )
            )
            for name in self.workshop.taxonomies
        }

    @property
    def pageless(self) -> set[str]:
        """The ids of the posts that are in feeds and have no page."""
        return {page.permalink for page in self._listed if not page.is_shown}

    @property
    def _listed(self) -> list[PostPage]:
        """The posts that are on a page or in a feed."""
        meta = ((page, page.source.meta) for page in self.pages)
        return [page for page, of in meta if page.is_shown or (of.date and not of.draft)]

    def authors(self, gallery: Gallery, files: Files) -> dict[str, AuthorView]:
        """The authors that are described, by their pages; warns of pictures that aren't there."""
        authors, site_url = self.workshop.authors, self.workshop.site_url
        if "author" not in self.workshop.taxonomies:
            return {}
        names = {file.dest_uri for file in files}
        for author in authors.by_id.values():
            url = self._below_site(author.avatar or "")
            if url and links.is_missing(links.local(url, site_url), "/", names):
                message = f"the picture '{author.avatar}' is not there"
                tell(log, Doubt("picture", message, str(authors.path), author.avatar_line))
        return authors.views(gallery, self._below_site)

    def _below_site(self, address: str) -> str | None:
        """An address as Material has it in the file of authors: absolute, or below the site."""
        return self.workshop.absolute(address, "/") if address else None

    def views(self, index: Index, views: Views) -> dict[str, PostView]:
        """What to show of each post that has a page, by id, in the order of lists.

        Newest first, those without a date last.
        """
        entries = {entry.id: entry for entry in index.archive.entries if not entry.update}
        pages = in_order([page for page in self.pages if page.is_shown], None)
        return {page.permalink: views.of(page, entries.get(page.permalink)) for page in pages}

    def lists(self, views: Mapping[str, PostView], title: str, size: int) -> list[PostList]:
        """The lists of posts, that of the blog first; `title` and `size` are what it has.

        Every dated post is in that; in the others are those of their folders.
        """
        dated = [page for page in self.pages if page.is_shown and page.source.meta.date]
        root = self.folders.get(self._folder)
        found = [self._list(root, addresses.blog(self._folder), title, size, dated, views)]
        for path, folder in sorted(self.folders.items()):
            if path != self._folder and self._has_list(folder):
                pages = posts_of(folder, self.folders, dated)
                # The last name alone, of a month such as "2025/09", would say nothing.
                name = folder.meta.title or path.removeprefix(f"{self._folder}/")
                found.append(self._list(folder, folder.address, name, 0, pages, views))
        return found

    def _list(
        self,
        folder: Folder | None,
        address: str,
        title: str,
        size: int,
        pages: Sequence[PostPage],
        views: Mapping[str, PostView],
    ) -> PostList:
        meta = folder.meta if folder else None
        if meta and meta.paginate_by is not None:
            size = meta.paginate_by
        shown = tuple(views[page.permalink] for page in in_order(pages, meta))
        return PostList(address, title, shown, size, meta.paginate_path if meta else "page")

    @property
    def intros(self) -> dict[str, PostPage]:
        """The texts above lists of posts, by the address of the list."""
        found = {}
        for path, folder in self.folders.items():
            if path == self._folder or self._has_list(folder):
                found[folder.address] = folder.intro
        return found

    @staticmethod
    def _has_list(folder: Folder) -> bool:
        return folder.meta.render and not folder.meta.draft and not folder.meta.redirect_to

    def redirects(self) -> Iterator[tuple[str, str, str]]:
        """The old addresses, the new ones, and who says so, of posts and of their folders."""
        for page in self.pages:
            if not page.source.meta.draft:
                to = page.source.address
                for alias in page.source.meta.aliases:
                    yield alias, to, f"the alias {alias} of {page.file.src_uri}"
        for folder in self.folders.values():
            source = folder.intro.file.src_uri
            for alias in folder.meta.aliases if not folder.meta.draft else ():
                yield alias, folder.address, f"the alias {alias} of {source}"
            if folder.meta.redirect_to and folder.path != self._folder:
                yield folder.address, folder.meta.redirect_to, f"the redirect of {source}"
        written = {f"/author/{slug_of(name)}/" for page in self._listed for name in page.by}
        for old, new, owner in self.workshop.authors.moved():
            if new in written:
                yield old, new, owner

    def drafts(self, views: Views) -> dict[str, PostView]:
        """What to show of the drafts that a preview renders, by id.

        Terms that no other post has are on no page.
        """
        drafts = [page for page in self.pages if page.source.meta.draft and page.content]
        known = {
            f"{slugify(name)}/{slug}/" for name, slugs in self.terms().items() for slug in slugs
        }
        return {page.permalink: linked(views.of(page, None), known) for page in drafts}

    def default_image(self, image: str | None, gallery: Gallery, files: Files) -> Picture | None:
        """The picture of posts that have none, by the option; a warning if it is missing."""
        if image is None:
            return None
        url = self.workshop.absolute(image, "/")
        names = {file.dest_uri for file in files}
        if url is None or links.is_missing(links.local(url, self.workshop.site_url), "/", names):
            tell(log, of_option(f"default_image: the picture '{image}' is not there"))
        return gallery.picture(url) if url else None

    def link_neighbours(self) -> None:
        """Let each dated post lead to the one before and the one after it."""
        shown = [page for page in self.pages if page.is_shown and page.source.meta.date]
        for newer, older in pairwise(in_order(shown, None)):
            older.next_page, newer.previous_page = newer, older

    def warn(self, future: Iterable[PostPage], options: TwimConfig) -> None:
        """Tell the authors of what is built as they probably don't mean it."""
        intros = [folder.intro for folder in self.folders.values()]
        root = self.folders.get(self._folder)
        authors = self.workshop.authors
        for doubt in checks.warnings(self.pages, intros, root, authors, future, options.issues):
            tell(log, doubt)
        for doubt in checks.remarks(self.pages, options.issues):
            tell(log, doubt, logging.INFO)
        for doubt, is_lost in checks.strays(self.pages, options.issues, options.ignore_sections):
            tell(log, doubt, logging.WARNING if is_lost else logging.INFO)
        for doubt, is_sure in slips.of(self.texts, options.issues):
            tell(log, doubt, logging.WARNING if is_sure else logging.INFO)

    def check_addresses(
        self,
        files: Files,
        site_feeds: SiteFeeds,
        generated: GeneratedPages,
        *,
        templates: set[str],
        feed_redirects: Iterable[str],
        first_pages: Iterable[str],
    ) -> None:
        """See that no two outputs have one address; what does goes to `problems`.

        Links to addresses where nothing is are told.
        `templates` are the files that the theme makes of its own, `feed_redirects` and
        `first_pages` old addresses.
        """
        wanted = [(f"/{addresses.url(old)}", owner) for old, _, owner in self.redirects()]
        wanted += [(old, f"the first page of a list, {old}") for old in first_pages]
        wanted += [(old, f"the redirect of {old}, from feed_redirects,") for old in feed_redirects]
        self.problems += checks.clashes(self.pages, files, site_feeds, generated, templates, wanted)
        # Of a preview, what of the rest is made of the posts that are left out isn't known.
        below = f"{self._folder}/" if self._folder and self.is_cut else ""
        unread = self.workshop.broken.difference(page.file.src_uri for page in self.texts)
        pages = [] if unread else self.texts
        for doubt in checks.lost_pages(pages, files, site_feeds, generated, below):
            tell(log, doubt)

    @property
    def texts(self) -> list[PostPage]:
        """The posts, and the texts above their lists."""
        return [*self.pages, *(folder.intro for folder in self.folders.values())]

    @property
    def _folder(self) -> str:
        return self.workshop.blog_dir

    def _below_blog(self, files: Files) -> Iterator[File]:
        prefix = f"{self._folder}/" if self._folder else ""
        for file in files:
            if (
                file.src_uri.startswith(prefix)
                and file.is_documentation_page()
                and not file.inclusion.is_excluded()
            ):
                yield file

    def _take_section(self, file: File, names: set[str], config: MkDocsConfig) -> None:
        folder = posixpath.dirname(file.src_uri)
        page = posixpath.join(folder, "index.md")
        if page in names:
            self.problems.append(
                AddressError(f"{file.src_uri} and {page} both have the address of their folder")
            )
        read, problems = read_section(file, self.workshop)
        self.problems += problems
        if problems:
            self.workshop.broken.add(file.src_uri)
        if read and not problems:
            meta, source = read
            intro = PostPage(source, config, self.workshop)
            intro.anchor_links = meta.insert_anchor_links
            self.folders[folder] = Folder(folder, meta, intro)

    def _take_post(self, file: File, config: MkDocsConfig) -> None:
        source, problems = read_source(file, self.workshop)
        is_left = any(folder.meta.draft for folder in self._folders_above(file.src_uri))
        if is_left:
            # Zola doesn't even read what is below such a folder: nothing there stops a build.
            for problem in problems:
                log.info(f"a draft is left out: {problem}")
            if source is not None:
                source = replace(source, meta=replace(source.meta, draft=True))
        else:
            self.problems += problems
        self._bundles.note(file, source)
        if problems:
            self.workshop.broken.add(file.src_uri)
        # Where shortcodes alone are wrong, what else is said of the text is true.
        is_text = all(isinstance(each, ShortcodeError) for each in problems)
        if source is None or (problems and (is_left or not is_text)):
            # The build fails later, or leaves it out: MkDocs must not stumble over the file.
            file.inclusion = InclusionLevel.EXCLUDED
            return
        page = PostPage(source, config, self.workshop)
        if own := self.folders.get(folder_of(page)):
            page.anchor_links = own.meta.insert_anchor_links
        if source.meta.is_timed is None:
            above = self._folders_above(file.src_uri)
            page.is_timed = any(folder.meta.is_timed for folder in above)
        self.pages.append(page)

    def _folders_above(self, src_uri: str) -> Iterator[Folder]:
        path = src_uri
        while path:
            path = posixpath.dirname(path)
            if path in self.folders:
                yield self.folders[path]
