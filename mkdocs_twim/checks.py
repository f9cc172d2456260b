"""What is wrong with a build, or probably not meant so: found when every page is rendered.

Links to headings, dates, authors, templates that posts name, and two outputs at one address. What
is wrong within one file is found where that is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from jinja2 import Environment, TemplateError
from mkdocs.structure.files import Files

from feedserver.export import redirect_file
from mkdocs_twim import addresses
from mkdocs_twim.authors import Authors
from mkdocs_twim.errors import AddressError, FrontMatterError
from mkdocs_twim.feeds import SiteFeeds
from mkdocs_twim.pages import GeneratedPages
from mkdocs_twim.posts import FRAME, PostPage
from mkdocs_twim.sections import Folder
from mkdocs_twim.static import StaticFile


def warnings(
    pages: Sequence[PostPage],
    intros: Sequence[PostPage],
    root: Folder | None,
    authors: Authors,
    future: Iterable[PostPage],
) -> Iterator[str]:
    """What to tell the authors of posts; each says file and line.

    `intros` are the texts above lists, `root` is what the `_index.md` of the blog says, `future`
    are the posts whose date is yet to come.
    """
    for page in pages:
        if page.source.meta.date is None and not page.source.meta.draft:
            yield (
                f"{page.file.src_uri}: no date, neither in the front matter nor in the file's "
                "name: the post is in no list and no feed"
            )
        yield from _unknown_authors(page, authors)
    for page in (*pages, *intros):
        yield from (f"{doubt}: it is left as text" for doubt in page.source.calls.doubts)
    yield from sorted(message for page in (*pages, *intros) for message in page.broken_anchors())
    if root and (root.meta.redirect_to or not root.meta.render):
        key = "redirect_to" if root.meta.redirect_to else "render"
        place = f"{root.intro.file.src_uri}:{root.intro.source.front.line_of(key)}"
        yield f"{place}: {key}: the list of the blog is written all the same"
    for page in future:
        line = page.source.front.line_of("date")
        yield f"{page.file.src_uri}:{line}: the date is in the future"


def _unknown_authors(page: PostPage, authors: Authors) -> Iterator[str]:
    """Authors of a `---` post that the file of authors doesn't have."""
    front = page.source.front
    for name in page.source.meta.authors if front.style == "yaml" else ():
        if not authors.knows(name):
            place = f"{page.file.src_uri}:{front.line_of('authors')}"
            yield f"{place}: authors: there is no '{name}' in {authors.path}"


def unusable_templates(pages: Iterable[PostPage], env: Environment) -> Iterator[FrontMatterError]:
    """The templates that posts name and that can't be used."""
    for page in pages:
        name = page.meta.get("template")
        try:
            if page.is_shown and name != FRAME:
                env.get_template(str(name))
        except TemplateError as error:
            line = page.source.front.line_of("template")
            message = f"template: {name!r} can't be used: {type(error).__name__} {error}"
            yield FrontMatterError(message, path=page.file.src_uri, line=line)


def clashes(
    files: Files,
    site_feeds: SiteFeeds,
    generated: GeneratedPages,
    templates: set[str],
    redirects: Iterable[tuple[str, str]],
) -> Iterator[AddressError]:
    """The outputs that have the address of another.

    `templates` are the files that the theme makes of its own; `redirects` are old addresses, and
    what to call each.
    """
    claims = addresses.Claims()
    wanted = [(name, f"the theme's {name}") for name in sorted(templates)]
    for file in files:
        if not file.inclusion.is_included():
            continue
        if file.is_documentation_page():
            wanted.append((file.dest_uri, generated.owner(file)))
        elif isinstance(file, StaticFile):
            wanted.append((file.dest_uri, file.shown))
        elif file.dest_uri not in templates:
            claims.note(file.dest_uri, file.src_uri)
    wanted += site_feeds.paths()
    wanted += [(name, "the plugin twim") for name in ("feeds.json", "feeds.opml", "archive.json")]
    wanted += [(redirect_file(old), owner) for old, owner in redirects]
    for file_path, owner in wanted:
        if error := claims.add(file_path, owner):
            yield error
