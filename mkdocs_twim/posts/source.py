"""A post's file, read and checked: its front matter, its address, the calls in its text."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace

from mkdocs.structure.files import File
from mkdocs.utils import get_markdown_title

from mkdocs_twim.content import keys
from mkdocs_twim.content.frontmatter import FrontMatter, read
from mkdocs_twim.content.keys import PostMeta, SectionMeta, read_post
from mkdocs_twim.errors import AddressError, FrontMatterError, TwimError
from mkdocs_twim.markup import addresses
from mkdocs_twim.posts.workshops import Engine, Workshop
from mkdocs_twim.shortcodes import calls, contexts, library


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

    @property
    def has_date_in_name(self) -> bool:
        """Whether the name of its file, or of a bundle's folder, begins with a date."""
        path = self.file.src_uri
        name = posixpath.dirname(path) if addresses.is_bundle(path) else path[:-3]
        return self.meta.stem != posixpath.basename(name)


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
    section, wrong = keys.read_section(front, file.src_uri)
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
    extraction = library.splice(extraction, {**context, **snippet}, workshop.library)
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


def without_pages(problems: list[TwimError]) -> list[TwimError]:
    """What is wrong with posts, less what is no post: of those the first alone, with the cause."""
    pages = [each for each in problems if each.message.startswith("expected front matter:")]
    if not pages:
        return problems
    first = pages[0]
    more = f"; so in {len(pages) - 1} more" if len(pages) > 1 else ""
    cause = FrontMatterError(
        f"no front matter, though blog_dir makes every page a post: name a folder there{more}",
        path=first.path,
        line=first.line,
    )
    return [cause, *(each for each in problems if each not in pages)]
