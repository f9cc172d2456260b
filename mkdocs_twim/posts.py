"""A post as a MkDocs page: its own source and rendering, an ordinary page to everything else."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from html import escape, unescape
from typing import Any, Literal, cast
from urllib.parse import quote, unquote, urlsplit

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import get_toc
from mkdocs.utils import get_markdown_title

from feedserver import urls
from mkdocs_twim import (
    addresses,
    calls,
    contexts,
    links,
    markdown,
    postmeta,
    shortcodes,
    tera,
)
from mkdocs_twim.authors import Authors
from mkdocs_twim.errors import AddressError, TwimError
from mkdocs_twim.frontmatter import FrontMatter, read
from mkdocs_twim.internal import InternalLinks, PageLinks
from mkdocs_twim.markdown import Heading
from mkdocs_twim.packed import Packed
from mkdocs_twim.peers import Peers
from mkdocs_twim.pictures import Gallery, Picture
from mkdocs_twim.postmeta import PostMeta, SectionMeta, read_post

Engine = Literal["commonmark", "python-markdown"]
log = get_plugin_logger("twim")

FRAME = "twim/post.html"
_MATERIAL_FRAME = "blog-post.html"

# What these keys of Zola say, MkDocs and its themes would take for something else.
_ZOLA_ONLY = frozenset({"template", "path", "slug", "weight", "render", "draft", "aliases"})


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all posts of a build are rendered with; `site_path` is the path of `site_url`."""

    site_url: str
    blog_dir: str
    taxonomies: Collection[str]
    engine: Literal["auto"] | Engine
    renderer: markdown.Renderer
    library: shortcodes.Library
    authors: Authors
    site: contexts.Context
    peers: Peers
    internal: InternalLinks

    @property
    def site_path(self) -> str:
        return urlsplit(self.site_url).path

    def permalink(self, address: str) -> str:
        """The absolute address of a page; `address` is relative to the site ("/blog/x/")."""
        return self.absolute(address, "/") or self.site_url

    def absolute(self, address: str, page: str) -> str | None:
        """An address that a post names, absolute; root-relative ones are below the site."""
        if address.startswith("/") and not address.startswith("//"):
            address = quote(self.site_path + address[1:], safe="/~:@!$&'()*+,;=%?#")
        return urls.absolute(address, self.site_url + addresses.url(page))


@dataclass(frozen=True, slots=True)
class PostSource:
    """A post's file, read and checked; `address` is relative to the site ("/blog/x/").

    `utf8` is its text without the calls of shortcodes, which `calls` has, without the text.
    """

    file: File
    front: FrontMatter
    meta: PostMeta
    address: str
    utf8: bytes
    calls: calls.Extraction
    engine: Engine
    context: contexts.Context


def read_source(file: File, workshop: Workshop) -> tuple[PostSource | None, list[TwimError]]:
    """Read a post's file; what is wrong with it comes beside it, and it is `None` if unreadable."""
    path = file.src_uri
    front, problems = _read_front(file)
    if front is None:
        return None, problems
    meta, problems = read_post(front, path, workshop.taxonomies, workshop.authors.names)
    try:
        address = address_of(path, front, meta, workshop.blog_dir)
    except AddressError as error:
        problems.append(AddressError(error.message, path=path, line=front.line_of("title")))
        return None, [*problems, *_calls(file, front, workshop).errors]
    return _source(file, front, meta, address, workshop, problems)


def read_section(
    file: File, workshop: Workshop
) -> tuple[tuple[SectionMeta, PostSource] | None, list[TwimError]]:
    """Read an `_index.md`, whose text stands above a list of posts; as `read_source` does."""
    front, problems = _read_front(file)
    if front is None:
        return None, problems
    section, wrong = postmeta.read_section(front, file.src_uri)
    meta = PostMeta(
        title=section.title,
        description=section.description,
        in_search_index=section.in_search_index,
    )
    folder = posixpath.dirname(file.src_uri)
    address = f"/{folder}/" if folder else "/"
    source, problems = _source(file, front, meta, address, workshop, wrong)
    return (section, source), problems


def _read_front(file: File) -> tuple[FrontMatter | None, list[TwimError]]:
    path = file.src_uri
    try:
        return read(file.content_string, path), []
    except (OSError, UnicodeDecodeError) as error:
        return None, [TwimError(f"can't be read: {error}", path=path)]
    except TwimError as error:
        return None, [error]


def _source(
    file: File,
    front: FrontMatter,
    meta: PostMeta,
    address: str,
    workshop: Workshop,
    problems: list[TwimError],
) -> tuple[PostSource, list[TwimError]]:
    extraction = _calls(file, front, workshop)
    engine: Engine = "commonmark" if front.style == "toml" else "python-markdown"
    if workshop.engine != "auto":
        engine = workshop.engine
    url = workshop.permalink(address)
    context = {**workshop.site, **contexts.of_post(meta, front, file.src_uri, address, url)}
    snippet = {"markdown": workshop.renderer.snippet}
    extraction = shortcodes.splice(extraction, {**context, **snippet}, workshop.library)
    text, rest = extraction.text.encode(), replace(extraction, text="")
    text = front.utf8 if text == front.utf8 else text
    source = PostSource(file, front, meta, address, text, rest, engine, context)
    return source, [*problems, *extraction.errors]


def _calls(file: File, front: FrontMatter, workshop: Workshop) -> calls.Extraction:
    """A text's calls; that of a `---` post may have some of other plugins."""
    shared = front.style == "yaml"
    path, line = file.src_uri, front.body_line
    return calls.extract(front.body, path, line, workshop.library, shared=shared)


def address_of(path: str, front: FrontMatter, meta: PostMeta, blog_dir: str) -> str:
    """A post's address, relative to the site; `path` is its file's below docs_dir.

    Raises:
        AddressError: it can have none.
    """
    if meta.path is not None:
        return meta.path
    if front.style == "toml":
        return addresses.zola(path, meta.stem, meta.slug)
    title = meta.title or get_markdown_title(front.body) or meta.stem
    return addresses.material(blog_dir, meta.date, meta.slug, title)


class PostPage(Page):
    """A post's page.

    `heading` is its title as plain text, where `title` is HTML. After `render`, `feed_html` is its
    content as feeds get it, and `problems` has what is wrong with its shortcodes, by its words. One
    that `is_left_out` of a preview is never rendered.
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
        self._image = source.meta.image
        self.anchor_links: str | None = None
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
        found = self._links = PageLinks(self.file, files, self.workshop.site_url)
        if self.source.engine == "commonmark":
            html = self._render_commonmark(found)
        else:
            html = self._render_python_markdown(found, config, files)
        self.heading = self.source.meta.title or self._untitled()
        # Themes take a page's title for HTML, as MkDocs makes it of a heading.
        self.title = self.meta["title"] = escape(self.heading, quote=False)
        self.content = filled = self._filled(html, found, feed=False)
        if filled is not html or self.source.engine != "commonmark":
            self.present_anchor_ids = {*(self.present_anchor_ids or ()), *links.anchors(filled)}
        _, self.feed_html = markdown.split(self._filled(html, found, feed=True), self.heading)
        for target in found.broken:
            log.warning(f"{self._place(target)}: the link to '{target}' leads nowhere")
        self._check_pictures(files)

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
        super().render(config, files)
        self.workshop.internal.page = None
        for file, written in (self.links_to_anchors or {}).items():
            for fragment, link in written.items():
                # Of a footnote that nothing refers to, and so no link of the author's.
                if not fragment.startswith("fnref:"):
                    found.note(file, fragment, link)
        return markdown.with_more(self.content or "")

    def validate_anchor_links(self, *, files: Files, log_level: int) -> None:
        """Nothing: `broken_anchors` tells of these links, with their lines."""

    def _render_commonmark(self, found: PageLinks) -> str:
        rendered = self.workshop.renderer.render(
            self.markdown or "", ignore=calls.TOKEN, anchors=self.anchor_links
        )
        html = links.resolve_internal(rendered.html, found.address)
        self._note_own(links.own_anchors(html, self.source.front.body), found)
        self.toc = get_toc(cast("list[Any]", markdown.toc_tokens(rendered.headings)))
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
            html, problems = shortcodes.fill(
                html, self.source.calls, feed=feed, context=context, library=shop.library
            )
            self.problems |= {str(problem): problem for problem in problems}
            html = links.resolve_internal(html, found.address)
            if not feed:
                # Those of the text itself are noted already.
                known = links.own_anchors(unfilled, text)
                self._note_own(set(links.own_anchors(html, text)).difference(known), found)
        return links.below(html, self.workshop.site_path)

    def broken_anchors(self) -> Iterator[str]:
        """What is to be said of links to headings that aren't there; when all is rendered."""
        for link in self._links.lost() if self._links else ():
            yield f"{self._place(link)}: the link to '{link}' leads to no heading"

    def _note_own(self, fragments: Iterable[str], found: PageLinks) -> None:
        """Remember links to the page itself, to be checked when all is rendered."""
        for fragment in fragments:
            found.note(self.file, fragment, f"#{fragment}")

    def _check_pictures(self, files: Files) -> None:
        names = _outputs(files)
        address = self.source.address
        relative = self.source.engine == "commonmark"
        # Without the site's path: what a post names is below the site, wherever that lives.
        found = links.pictures(self.content or "")
        for picture in found:
            local = picture
            if self.workshop.site_path != "/" and picture.startswith(self.workshop.site_path):
                local = picture.removeprefix(self.workshop.site_path[:-1])
            if links.is_missing(local, address, names, relative=relative):
                log.warning(f"{self._place(local)}: the picture '{local}' is not there")
        image = self._image and links.local(self._image, self.workshop.site_url)
        if image and links.is_missing(image, address, names):
            line = self.source.front.line_of("extra.image")
            named = self.source.meta.image
            log.warning(f"{self.file.src_uri}:{line}: the picture '{named}' is not there")

    def _place(self, address: str) -> str:
        """File and line of an address in the post's text."""
        front = self.source.front
        line = links.line_of(front.body, address) or 1
        return f"{self.file.src_uri}:{front.body_line + line - 1}"


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
