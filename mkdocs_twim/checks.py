"""What is wrong with a build, or probably not meant so: found when every page is rendered.

Links to headings, dates, authors, templates that posts name, and two outputs at one address. What
is wrong within one file is found where that is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import cast

from jinja2 import Environment, TemplateError, TemplateNotFound, TemplateSyntaxError, nodes
from mkdocs.structure.files import Files

from feedserver.feeds.export import redirect_file
from feedserver.newsletter import issues
from feedserver.newsletter.issues import is_issue
from feedserver.text.slugs import slugify
from mkdocs_twim.content.authors import Authors
from mkdocs_twim.content.frontmatter import FrontMatter
from mkdocs_twim.content.static import StaticFile
from mkdocs_twim.errors import AddressError, FrontMatterError
from mkdocs_twim.lists.pages import GeneratedPages
from mkdocs_twim.markup import addresses
from mkdocs_twim.output.feeds import SiteFeeds
from mkdocs_twim.posts.folders import Folder
from mkdocs_twim.posts.page import FRAME, PostPage


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


def remarks(pages: Sequence[PostPage]) -> Iterator[str]:
    """What to tell that is no fault; each is told once."""
    tagged = [
        page
        for page in pages
        if page.source.front.style == "yaml"
        and page.source.front.values.get("tags")
        and {"tag", "tags"}.isdisjoint(page.workshop.taxonomies)
    ]
    if tagged:
        place = f"{tagged[0].file.src_uri}:{tagged[0].source.front.line_of('tags')}"
        others = f", and those of {len(tagged) - 1} more posts," if tagged[1:] else ""
        yield f"{place}: tags: these{others} are no terms: the option taxonomies has no 'tags'"


def strays(
    pages: Iterable[PostPage], patterns: Sequence[str], ignored: Sequence[str]
) -> Iterator[tuple[str, bool]]:
    """What in issues isn't where its author may think it is; with whether it is in no update.

    `patterns` and `ignored` are the options `issues` and `ignore_sections`.
    """
    for page in pages:
        if page.is_left_out or not is_issue(page.terms.get("category", ()), patterns):
            continue
        for stray in issues.strays(page.feed_html or "", ignored):
            place = f"{page.file.src_uri}:{_line(page.source.front, stray)}"
            if stray.level == 1:
                message = f"what stands below '# {stray.title}' is in no update; sections are ##"
            else:
                sign = "#" * stray.level
                message = (
                    f"the report below '{sign} {stray.title}' is part of the section; projects "
                    "are ###"
                )
            yield f"{place}: {message}", stray.level == 1


def _line(front: FrontMatter, stray: issues.Stray) -> int:
    """Where a heading stands in its file."""
    wanted = slugify(stray.title)
    lines = front.body.split("\n")
    for number, (line, below) in enumerate(zip_longest(lines, lines[1:], fillvalue="")):
        sign = line.lstrip(" ").partition(" ")[0]
        is_heading = sign == "#" * stray.level or (stray.level == 1 and below.startswith("="))
        if is_heading and slugify(line).startswith(wanted):
            return front.body_line + number
    return front.body_line


def _unknown_authors(page: PostPage, authors: Authors) -> Iterator[str]:
    """Authors of a `---` post that the file of authors doesn't have."""
    front = page.source.front
    for name in page.source.meta.authors if front.style == "yaml" else ():
        if not authors.knows(name):
            key = "authors" if "authors" in front.values else "author"
            place = f"{page.file.src_uri}:{front.line_of(key)}"
            yield f"{place}: {key}: there is no '{name}' in {authors.path}"


def unusable_templates(pages: Iterable[PostPage], env: Environment) -> Iterator[FrontMatterError]:
    """The templates that posts name and that can't be used."""
    found: dict[str, str | None] = {FRAME: None}
    for page in pages:
        name = str(page.meta.get("template"))
        if not page.is_shown:
            continue
        if name not in found:
            found[name] = _wrong_with(name, env, set())
        if wrong := found[name]:
            line = page.source.front.line_of("template")
            message = f"template: {name!r} can't be used: {wrong}"
            yield FrontMatterError(message, path=page.file.src_uri, line=line)


def _wrong_with(name: str, env: Environment, seen: set[str]) -> str | None:
    """Why a template, or one that it always needs, can't be used; Jinja would say it at the end."""
    seen.add(name)
    try:
        env.get_template(name)
        assert env.loader is not None, "a theme has templates"
        tree = env.parse(env.loader.get_source(env, name)[0])
    except TemplateSyntaxError as error:
        return f"{error.name or name}:{error.lineno}: {error.message}"
    except (TemplateError, OSError, UnicodeDecodeError) as error:
        missing = isinstance(error, TemplateNotFound)
        return f"there is no {name}" if missing else f"{name}: {error}"
    kinds = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
    perhaps = {id(node) for part in tree.find_all(nodes.If) for node in part.find_all(kinds)}
    for node in tree.find_all(kinds):
        template = cast("nodes.Extends", node).template
        other = template.value if isinstance(template, nodes.Const) else None
        optional = id(node) in perhaps or (isinstance(node, nodes.Include) and node.ignore_missing)
        if isinstance(other, str) and other not in seen and not optional:
            if wrong := _wrong_with(other, env, seen):
                return wrong
    return None


def clashes(
    pages: Iterable[PostPage],
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
    posts = {page.file.src_uri: page for page in pages}
    wanted = [(name, f"the theme's {name}") for name in sorted(templates)]
    for file in (*files, *(page.file for page, _ in generated.topics)):
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
            both = [posts[name] for name in (owner, claims.owner(file_path)) if name in posts]
            yield AddressError(error.message + _way_out(both)) if len(both) == 2 else error


def _way_out(pages: Sequence[PostPage]) -> str:
    """What to do about two posts with one address; nothing, if one says itself what it has."""
    sources = [page.source for page in pages]
    if any(source.meta.path for source in sources):
        return ""
    way = "set 'slug' or 'path' in one of them"
    if any(source.front.style == "yaml" or source.meta.slug for source in sources):
        return f": {way}"
    dated = any(source.has_date_in_name for source in sources)
    reason = "the date that a file's name begins with is no part of the address" if dated else ""
    return ": " + "; ".join(filter(None, (reason, way)))
