"""A post as a MkDocs page: its own source and rendering, an ordinary page to everything else."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache, partial
from html import escape, unescape
from typing import Any, cast
from urllib.parse import unquote

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import Files, InclusionLevel
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import get_toc

from feedserver.newsletter.issues import is_issue
from feedserver.text import html as htmls
from mkdocs_twim.content import related
from mkdocs_twim.errors import Doubt, TwimError, tell
from mkdocs_twim.markup import addresses, commonmark, links
from mkdocs_twim.markup.commonmark import Heading
from mkdocs_twim.markup.internal import PageLinks
from mkdocs_twim.markup.packed import Packed
from mkdocs_twim.markup.pictures import Gallery, Picture
from mkdocs_twim.posts.source import PostSource
from mkdocs_twim.posts.workshops import Workshop
from mkdocs_twim.shortcodes import calls, library, tera
from mkdocs_twim.shortcodes.arguments import Value

log = get_plugin_logger("twim")

FRAME = "twim/post.html"
_VIDEO = re.compile(r"\.(?:m4v|mkv|mov|mp4|ogv|webm)$", re.IGNORECASE)
_COMMENT = re.compile(r"(?s)<!--.*?-->")
_MATERIAL_FRAME = "blog-post.html"

# What these keys of Zola say, MkDocs and its themes would take for something else.
_ZOLA_ONLY = frozenset({"template", "path", "slug", "weight", "render", "draft", "aliases"})


class PostPage(Page):
    """A post's page.

    `heading` is its title as plain text, where `title` is HTML. After `render`, `feed_html` is its
    content as feeds get it, `problems` has what is wrong with its shortcodes, by its words, and
    `linked_pages` the relative addresses of a `+++` post's links to pages. One that `is_left_out`
    of a preview is never rendered.
    """

    markdown = Packed()
    content = Packed()
    feed_html = Packed()

    def __init__(self, source: PostSource, config: MkDocsConfig, workshop: Workshop) -> None:
        file = source.file
        file.dest_uri = addresses.file(source.address)
        file.url = addresses.url(source.address)
        if source.meta.draft:
            file.inclusion = InclusionLevel.DRAFT
        elif not source.meta.render:
            file.inclusion = InclusionLevel.EXCLUDED
        elif file.inclusion.is_included():
            file.inclusion = InclusionLevel.NOT_IN_NAV
        super().__init__(None, file, config)
        self.source = source
        self.heading = source.meta.title or ""
        self.workshop = workshop
        self.feed_html = ""
        self.problems: dict[str, TwimError] = {}
        self.is_left_out = False
        self.linked_pages: tuple[str, ...] = ()
        self._image = source.meta.image
        self.anchor_links: str | None = None
        self.is_timed = source.meta.is_timed or False
        self._links: PageLinks | None = None
        modified = source.meta.updated or source.meta.date
        if modified is not None:
            self.update_date = modified.date().isoformat()

    @cached_property
    def permalink(self) -> str:
        """The post's id in feeds."""
        return self.workshop.permalink(self.source.address)

    @property
    def is_shown(self) -> bool:
        """Whether there is a page to lead to."""
        return self.source.meta.render and not self.source.meta.draft

    @property
    def picture_url(self) -> str | None:
        """The absolute address of `extra.image`."""
        image = self._image
        return self.workshop.absolute(image, self.source.address) if image else None

    @property
    def terms(self) -> Mapping[str, tuple[str, ...]]:
        """The post's terms by taxonomy, of those that it has terms of."""
        meta = self.source.meta
        if (
            "author" in self.workshop.taxonomies
            and meta.authors
            and "author" not in meta.taxonomies
        ):
            return {**meta.taxonomies, "author": meta.authors}
        return {name: terms for name, terms in meta.taxonomies.items() if terms}

    @property
    def by(self) -> tuple[str, ...]:
        """The terms of the taxonomy author."""
        return self.terms.get("author", ())

    @property
    def is_issue(self) -> bool:
        return is_issue(self.terms.get("category", ()), self.workshop.issues)

    def picture(self, gallery: Gallery) -> Picture | None:
        """The post's picture, with what is known of it."""
        url = self.picture_url
        return gallery.picture(url, self.source.meta.image_alt or "") if url else None

    def read_source(self, config: MkDocsConfig) -> None:
        # As `Packed` holds it: the same bytes.
        self._markdown_utf8 = self.source.utf8
        self.meta = _page_meta(self.source)

    def leave_out(self) -> None:
        """Be listed by title and date alone."""
        self.is_left_out = True
        self.meta = _page_meta(self.source)
        if self.source.meta.title is None:
            self._headings = self.workshop.renderer.render(self.source.front.body).headings
        self.heading = self.source.meta.title or self._untitled()
        self.title = escape(self.heading, quote=False)

    def render(self, config: MkDocsConfig, files: Files) -> None:
        self._image = self._beside(files) or self._image
        found = self._links = PageLinks(
            self.file, files, self.workshop.site_url, self.workshop.broken
        )
        if self.source.engine == "commonmark":
            html = self._render_commonmark(found)
        else:
            html = self._render_python_markdown(found, config, files)
        self.heading = self.source.meta.title or self._untitled()
        # Themes take a page's title for HTML, as MkDocs makes it of a heading.
        self.title = self.meta["title"] = escape(self.heading, quote=False)
        filled = self._filled(html, found, feed=False)
        self.content = commonmark.without_searched_notes(filled)
        if filled is not html or self.source.engine != "commonmark":
            self.present_anchor_ids = {*(self.present_anchor_ids or ()), *links.anchors(filled)}
        _, text = commonmark.split(self._filled(html, found, feed=True), self.heading)
        # What such a link says would be taken for a part of the heading.
        self.feed_html = htmls.without_anchors(text, "")
        for target, hint in found.broken.items():
            shown = links.as_written(self.source.front.body, target)
            self._tell("link", target, f"the link to '{shown}' leads nowhere{hint}")
        self._check_files(files)

    def _beside(self, files: Files) -> str | None:
        """The address of the picture, if its name is that of a file beside the post's own.

        The files of a folder that is a post move with it, those beside another post don't.
        """
        image = self.source.meta.image
        if not image or image.startswith("/") or addresses.is_bundle(self.file.src_uri):
            return None
        folder = posixpath.dirname(self.file.src_uri)
        file = files.get_file_from_path(posixpath.normpath(posixpath.join(folder, unquote(image))))
        return f"/{file.url}" if file else None

    def _render_python_markdown(self, found: PageLinks, config: MkDocsConfig, files: Files) -> str:
        self.workshop.internal.page = found
        try:
            super().render(config, files)
        except Exception as error:
            # Of an extension, such as one that reads files. What else is wrong is told with it.
            said = f"can't be rendered: {type(error).__name__}: {error}"
            place = self.file.src_uri, self.source.front.body_line
            self.problems[said] = TwimError(said, path=place[0], line=place[1])
            log.debug(said, exc_info=error)
            self.content, self.toc = "", get_toc([])
        finally:
            self.workshop.internal.page = None
        for file, written in (self.links_to_anchors or {}).items():
            for fragment, link in written.items():
                # Of a footnote that nothing refers to, and so no link of the author's.
                if not fragment.startswith("fnref:"):
                    found.note(file, fragment, link)
        return commonmark.with_more(self.content or "")

    def validate_anchor_links(self, *, files: Files, log_level: int) -> None:
        """Nothing: `broken_anchors` tells of these links, with their lines."""

    def _render_commonmark(self, found: PageLinks) -> str:
        rendered = self.workshop.renderer.render(
            self.markdown or "", ignore=calls.TOKEN, anchors=self.anchor_links
        )
        html = links.resolve_internal(rendered.html, found.address)
        html = links.resolve_files(html, self.markdown or "", found.beside)
        self._note_own(links.own_anchors(html, self.source.front.body), found)
        self.toc = get_toc(cast("list[Any]", commonmark.toc_tokens(rendered.headings)))
        self.present_anchor_ids = set(links.anchors(html))
        self._headings = rendered.headings
        return html

    _headings: tuple[Heading, ...] = ()

    def _untitled(self) -> str:
        if self._headings:
            return self._headings[0].title
        tokens = list(self.toc)
        return (
            unescape(tokens[0].title)
            if tokens
            else posixpath.basename(self.source.address.strip("/"))
        )

    def _filled(self, html: str, found: PageLinks, *, feed: bool) -> str:
        """Put what the shortcodes make of themselves, on the page or in a feed."""
        if self.source.calls.calls:
            text, unfilled = self.source.front.body, html
            shop = self.workshop
            snippet = partial(shop.renderer.snippet, taken=set(links.anchors(html)))
            context = {**self.source.context, "picture": self.picture_url, "markdown": snippet}
            context["feed_link"] = partial(shop.peers.link, shop.permalink)
            context[tera.INTERNAL] = found.absolute
            html, problems = library.fill(
                html, self.source.calls, feed=feed, context=context, library=shop.library
            )
            self.problems |= {str(problem): problem for problem in problems}
            html = links.resolve_internal(html, found.address)
            html = links.resolve_files(html, text, found.beside, told=unfilled)
            if not feed:
                # Those of the text itself are noted already.
                known, own = links.own_anchors(unfilled, text), links.own_anchors(html, text)
                self._note_own({key: own[key] for key in own if key not in known}, found)
        return links.below(html, self.workshop.site_path)

    def linked(self) -> set[str]:
        """The files to whose headings it links, when it is rendered."""
        found = {file.src_uri for file, *_ in self._links.anchors} if self._links else set()
        return found.union(related.named(self.source.meta.links))

    def broken_anchors(self) -> Iterator[Doubt]:
        """What is to be said of links to headings that aren't there; when all is rendered."""
        for link in self._links.lost() if self._links else ():
            shown = links.as_written(self.source.front.body, link)
            yield self.doubt("link", link, f"the link to '{shown}' leads to no heading")

    def _note_own(self, fragments: Mapping[str, str], found: PageLinks) -> None:
        """Remember links to the page itself, to be checked when all is rendered."""
        for fragment, written in fragments.items():
            found.note(self.file, fragment, f"#{written}")

    def _check_files(self, files: Files) -> None:
        """Warn of pictures that aren't there, and of other files that text or shortcodes name."""
        names = _outputs(files)
        address = self.source.address
        told = set(map(unquote, self._links.looked_at if self._links else ()))
        content = _COMMENT.sub("", self.content or "")

        def is_missing(file: str) -> bool:
            return unquote(file) not in told and links.is_missing(file, address, names)

        pictures = [self._local(picture) for picture in links.pictures(content)]
        for picture in pictures:
            if is_missing(picture):
                self._tell("picture", picture, f"the picture '{picture}' is not there")
        # Templates may name more, such as a smaller form of a video.
        called = {value for call in self.source.calls.calls for value in _texts(call.args.values())}
        others = called.difference(pictures)
        written = links.named_files(self.source.front.body)
        for file in map(self._local, links.files(content) if others or written else ()):
            is_written = unquote(file) in written and file not in pictures
            if (file in others or is_written) and is_missing(file):
                kind = "video" if _VIDEO.search(file) else "file"
                hint = links.elsewhere(file)
                self._tell("file", file, f"the {kind} '{file}' is not there{hint}")
        if empty := links.empty(self.content or "", self.source.front.body):
            self._tell("link", empty, f"the link '{empty}' has no address")
        if self.source.engine == "commonmark":
            to = links.named_pages(self.source.front.body)
            hrefs = links.hrefs(self.content or "") if to else ()
            self.linked_pages = tuple(each for each in hrefs if unquote(each) in to)
        image = self._image and links.local(self._image, self.workshop.site_url)
        if image and links.is_missing(image, address, names):
            line = self.source.front.line_of("extra.image")
            named = self.source.meta.image
            message = f"the picture '{named}' is not there"
            tell(log, Doubt("picture", message, self.file.src_uri, line))

    def _local(self, address: str) -> str:
        """An address without the site's path: what a post names is below the site."""
        path = self.workshop.site_path
        return address.removeprefix(path[:-1]) if address.startswith(path) else address

    def _tell(self, rule: str, address: str, message: str) -> None:
        tell(log, self.doubt(rule, address, message))

    def doubt(self, rule: str, address: str, message: str) -> Doubt:
        """What is to be said of an address, with the line of the post's text where it stands."""
        front = self.source.front
        line = links.line_of(front.body, address) or 1
        return Doubt(rule, message, self.file.src_uri, front.body_line + line - 1)


def _texts(values: Iterable[Value]) -> Iterator[str]:
    """The texts among a call's arguments, in lists too."""
    for value in values:
        if isinstance(value, str):
            yield value.strip()
        elif isinstance(value, tuple):
            yield from _texts(value)


@lru_cache(maxsize=1)
def _outputs(files: Files) -> frozenset[str]:
    """The files of a site, relative to its root; complete when the first page is rendered."""
    return frozenset(file.dest_uri for file in files)


def _page_meta(source: PostSource) -> dict[str, Any]:
    """A post's front matter as MkDocs, its themes and other plugins understand it."""
    meta = source.meta
    zola = source.front.style == "toml"
    values: dict[str, Any] = {
        key: value for key, value in source.front.values.items() if not (zola and key in _ZOLA_ONLY)
    }
    if meta.description is not None:
        values["description"] = meta.description
    if authors := meta.taxonomies.get("author") or meta.authors:
        values["author"] = ", ".join(authors)
    # A post's page has a frame of ours, unless its author names another, of this theme. That of
    # Material's blog plugin needs that plugin.
    if values.get("template", _MATERIAL_FRAME) == _MATERIAL_FRAME:
        values["template"] = FRAME
    if not meta.in_search_index:
        values["search"] = {"exclude": True}
    return values
