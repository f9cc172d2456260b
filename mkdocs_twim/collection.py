"""The posts among a site's files: read, checked, given their addresses; with all that is wrong."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from jinja2 import Environment, TemplateError
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files, InclusionLevel

from feedserver.catalogue import term_names
from feedserver.export import redirect_file
from feedserver.issues import is_issue
from feedserver.merges import Merge
from feedserver.query import Index
from mkdocs_twim import addresses, links
from mkdocs_twim.errors import AddressError, FrontMatterError, TwimError
from mkdocs_twim.feeds import SiteFeeds
from mkdocs_twim.pages import GeneratedPages
from mkdocs_twim.pictures import Gallery, Picture
from mkdocs_twim.posts import FRAME, PostPage, PostSource, Workshop, read_section, read_source
from mkdocs_twim.static import StaticFile
from mkdocs_twim.views import PostView

log = get_plugin_logger("twim")

_NEVER = datetime.min.replace(tzinfo=UTC)


class Collection:
    """The posts of one build."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.pages: list[PostPage] = []
        self.intro: PostPage | None = None
        self.problems: list[TwimError] = []

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
        for file in found:
            if posixpath.basename(file.src_uri) == "_index.md":
                self._take_section(file, names, config)
                files.remove(file)
            else:
                self._take_post(file, config)
        if not self.pages and not self.problems:
            log.info(f"there are no posts below '{self.workshop.blog_dir}'")
        self._move_bundles(files)

    def render_rest(self, config: MkDocsConfig, files: Files) -> None:
        """Render the posts that MkDocs leaves out: without a page of their own, or unchanged."""
        for page in (*self.pages, *([self.intro] if self.intro else [])):
            if page.content is None and not page.source.meta.draft:
                page.read_source(config)
                page.render(config, files)

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

    def views(self, index: Index, gallery: Gallery) -> dict[str, PostView]:
        """What to show of each post that has a page, by id, in the order of lists.

        Newest first, those without a date last.
        """
        entries = {entry.id: entry for entry in index.archive.entries if not entry.update}
        pages = self._in_order([page for page in self.pages if page.is_shown])
        return {page.permalink: page.view(entries.get(page.permalink), gallery) for page in pages}

    def drafts(self, gallery: Gallery) -> dict[str, PostView]:
        """What to show of the drafts that a preview renders, by id."""
        drafts = [page for page in self.pages if page.source.meta.draft and page.content]
        return {page.permalink: page.view(None, gallery) for page in drafts}

    @staticmethod
    def _in_order(pages: list[PostPage]) -> list[PostPage]:
        pages = sorted(pages, key=lambda page: page.permalink)
        return sorted(pages, key=lambda page: page.source.meta.date or _NEVER, reverse=True)

    def default_image(self, image: str | None, gallery: Gallery, files: Files) -> Picture | None:
        """The picture of posts that have none, by the option; a warning if it is missing."""
        if image is None:
            return None
        url = self.workshop.absolute(image, "/")
        names = {file.dest_uri for file in files}
        if url is None or links.is_missing(links.local(url, self.workshop.site_url), "/", names):
            log.warning(f"mkdocs.yml: twim: default_image: the picture '{image}' is not there")
        return gallery.picture(url) if url else None

    def link_neighbours(self) -> None:
        """Let each dated post lead to the one before and the one after it."""
        shown = [page for page in self.pages if page.is_shown and page.source.meta.date]
        for newer, older in pairwise(self._in_order(shown)):
            older.next_page, newer.previous_page = newer, older

    def warn(self, future: Iterable[PostPage]) -> None:
        """Tell the authors of what is built as they probably don't mean it."""
        for page in self.pages:
            if page.source.meta.date is None and not page.source.meta.draft:
                log.warning(
                    f"{page.file.src_uri}: no date, neither in the front matter nor in the file's "
                    "name: the post is in no list and no feed"
                )
        for page in future:
            line = page.source.front.line_of("date")
            log.warning(f"{page.file.src_uri}:{line}: the date is in the future")

    @staticmethod
    def tell(merges: Iterable[Merge]) -> None:
        """Say which sections and projects were joined, by the registry or the aliases."""
        for each in merges:
            if each.updates:
                log.info(str(each))

    def check_templates(self, env: Environment) -> None:
        """See that the templates that posts name are there; those that aren't go to `problems`."""
        for page in self.pages:
            name = page.meta.get("template")
            try:
                if page.is_shown and name != FRAME:
                    env.get_template(str(name))
            except TemplateError as error:
                line = page.source.front.line_of("template")
                message = f"template: {name!r} can't be used: {type(error).__name__} {error}"
                self.problems.append(FrontMatterError(message, path=page.file.src_uri, line=line))

    def check_addresses(
        self,
        files: Files,
        site_feeds: SiteFeeds,
        generated: GeneratedPages,
        *,
        templates: set[str],
        feed_redirects: Iterable[str],
    ) -> None:
        """See that no two outputs have one address; what does goes to `problems`.

        `templates` are the files that the theme makes of its own, `feed_redirects` old addresses.
        """
        claims = addresses.Claims()
        included = [file for file in files if file.inclusion.is_included()]
        wanted = [(name, f"the theme's {name}") for name in sorted(templates)]
        for file in included:
            if file.is_documentation_page():
                wanted.append((file.dest_uri, generated.owner(file)))
            elif isinstance(file, StaticFile):
                wanted.append((file.dest_uri, file.shown))
            elif file.dest_uri not in templates:
                claims.note(file.dest_uri, file.src_uri)
        wanted += site_feeds.paths()
        wanted += [(name, "the plugin twim") for name in ("feeds.json", "feeds.opml")]
        wanted += [("archive.json", "the plugin twim")]
        for page in self.pages:
            for alias in () if page.source.meta.draft else page.source.meta.aliases:
                file_path = redirect_file(f"/{addresses.url(alias)}")
                wanted.append((file_path, f"the alias {alias} of {page.file.src_uri}"))
        for old in feed_redirects:
            wanted.append((redirect_file(old), f"the redirect of {old}, from feed_redirects,"))
        for file_path, owner in wanted:
            if error := claims.add(file_path, owner):
                self.problems.append(error)

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
        source, problems = read_section(file, self.workshop)
        self.problems += problems
        if source and not problems and folder == self._folder:
            self.intro = PostPage(source, config, self.workshop)

    def _take_post(self, file: File, config: MkDocsConfig) -> None:
        source, problems = read_source(file, self.workshop)
        self.problems += problems
        if source is None or problems:
            # The build will fail; until then MkDocs must not stumble over the file by itself.
            file.inclusion = InclusionLevel.EXCLUDED
        else:
            self.pages.append(PostPage(source, config, self.workshop))

    def _move_bundles(self, files: Files) -> None:
        """Let the files beside a bundle's `index.md` go where its page goes."""
        bundles = [page.source for page in self.pages if addresses.is_bundle(page.file.src_uri)]
        folders = {posixpath.dirname(source.file.src_uri): source for source in bundles}
        for file in files:
            if file.is_documentation_page():
                continue
            source = _bundle_of(file.src_uri, folders)
            if source is not None:
                folder = posixpath.dirname(source.file.src_uri)
                address = source.address + file.src_uri.removeprefix(f"{folder}/")
                file.dest_uri = address[1:]
                file.url = addresses.url(address)


def _bundle_of(src_uri: str, folders: dict[str, PostSource]) -> PostSource | None:
    """The bundle whose folder a file is in, at any depth; of two, the inner one."""
    folder = posixpath.dirname(src_uri)
    while folder:
        if folder in folders:
            return folders[folder]
        folder = posixpath.dirname(folder)
    return None
