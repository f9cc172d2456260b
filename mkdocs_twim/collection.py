"""The posts among a site's files: read, checked, given their addresses; with all that is wrong."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files, InclusionLevel

from feedserver.export import redirect_file
from mkdocs_twim import addresses
from mkdocs_twim.errors import AddressError, FrontMatterError, TwimError
from mkdocs_twim.feeds import SiteFeeds
from mkdocs_twim.frontmatter import read
from mkdocs_twim.postmeta import check_section
from mkdocs_twim.posts import PostPage, PostSource, Workshop, read_source

log = get_plugin_logger("twim")


class Collection:
    """The posts of one build."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.pages: list[PostPage] = []
        self.problems: list[TwimError] = []

    def take(self, files: Files, config: MkDocsConfig) -> None:
        """Turn the Markdown files below the blog's folder into posts.

        What is wrong with them is collected in `problems`, for a build to report at once.
        """
        found = list(self._below_blog(files))
        names = {file.src_uri for file in found}
        for file in found:
            if posixpath.basename(file.src_uri) == "_index.md":
                self._take_section(file, names)
                files.remove(file)
            elif file.src_uri != posixpath.join(self._folder, "index.md"):
                self._take_post(file, config)
        if not self.pages and not self.problems:
            log.info(f"there are no posts below '{self.workshop.blog_dir}'")
        self._move_bundles(files)

    def render_rest(self, config: MkDocsConfig, files: Files) -> None:
        """Render the posts that MkDocs leaves out: without a page of their own, or unchanged."""
        for page in self.pages:
            if page.content is None and not page.source.meta.draft:
                page.read_source(config)
                page.render(config, files)

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

    def check_addresses(self, files: Files, site_feeds: SiteFeeds) -> None:
        """See that no two outputs have one address; what does goes to `problems`."""
        claims = addresses.Claims()
        included = [file for file in files if file.inclusion.is_included()]
        for file in included:
            if not file.is_documentation_page():
                claims.note(file.dest_uri, file.src_uri)
        wanted = [(f.dest_uri, f.src_uri) for f in included if f.is_documentation_page()]
        wanted += site_feeds.paths()
        wanted += [(name, "the plugin twim") for name in ("feeds.json", "feeds.opml")]
        wanted += [("archive.json", "the plugin twim")]
        for old, new in site_feeds.archive.redirects.items():
            wanted.append((redirect_file(old), f"the redirect of {old} to {new}"))
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

    def _take_section(self, file: File, names: set[str]) -> None:
        page = posixpath.join(posixpath.dirname(file.src_uri), "index.md")
        if page in names:
            self.problems.append(
                AddressError(f"{file.src_uri} and {page} both have the address of their folder")
            )
        try:
            front = read(file.content_string, file.src_uri)
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(FrontMatterError(f"can't be read: {error}", path=file.src_uri))
        except TwimError as error:
            self.problems.append(error)
        else:
            self.problems += check_section(front, file.src_uri)

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
