"""What is wrong with a build, or probably not meant so: found when every page is rendered.

Links to headings, dates, authors, templates that posts name, and two outputs at one address. What
is wrong within one file is found where that is read.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import SequenceMatcher, get_close_matches
from typing import cast

from jinja2 import Environment, TemplateError, TemplateNotFound, TemplateSyntaxError, nodes
from mkdocs.structure.files import Files

from feedserver.feeds import catalogue
from feedserver.feeds.export import redirect_file
from feedserver.formats import archive
from feedserver.newsletter import issues
from feedserver.newsletter.issues import is_issue
from feedserver.text.words import counted
from mkdocs_twim.content import keys
from mkdocs_twim.content.authors import Authors
from mkdocs_twim.content.static import StaticFile
from mkdocs_twim.errors import AddressError, Doubt, FrontMatterError
from mkdocs_twim.lists.pages import GeneratedPages
from mkdocs_twim.markup import addresses, links
from mkdocs_twim.markup.addresses import is_bundle
from mkdocs_twim.output.feeds import SiteFeeds
from mkdocs_twim.posts import slips
from mkdocs_twim.posts.folders import Folder
from mkdocs_twim.posts.outlines import HeadingLines
from mkdocs_twim.posts.page import FRAME, PostPage


def warnings(
    pages: Sequence[PostPage],
    intros: Sequence[PostPage],
    root: Folder | None,
    authors: Authors,
    future: Iterable[PostPage],
    issues: Sequence[str],
) -> Iterator[Doubt]:
    """What to tell the authors of posts; each says file and line.

    `intros` are the texts above lists, `root` is what the `_index.md` of the blog says, `future`
    are the posts whose date is yet to come, `issues` the globs on categories of issues.
    """
    for page in pages:
        if page.source.meta.date is None and not page.source.meta.draft:
            message = (
                "no date, neither in the front matter nor in the file's name: the post is in no "
                f"list and no feed{_about_name(page)}"
            )
            yield Doubt("date", message, page.file.src_uri)
        yield from _unknown_authors(page, authors)
    yield from _misplaced_terms(pages)
    yield from _unread_terms(pages)
    yield from _nearly_issues(pages, issues)
    for page in (*pages, *intros):
        for doubt in page.source.calls.doubts:
            message = f"{doubt.message}: it is left as text"
            yield Doubt(doubt.rule, message, page.file.src_uri, doubt.line, doubt.column)
    broken = (doubt for page in (*pages, *intros) for doubt in page.broken_anchors())
    yield from sorted(broken, key=str)
    if root and (root.meta.redirect_to or not root.meta.render):
        key = "redirect_to" if root.meta.redirect_to else "render"
        message = f"{key}: the list of the blog is written all the same"
        yield _of_key("front-matter", key, message, [root.intro])
    for page in future:
        yield _of_key("date", "date", "the date is in the future", [page])


def _of_key(rule: str, key: str, message: str, pages: Sequence[PostPage]) -> Doubt:
    """What is to be said of a key of front matter, once for all posts in which it is so."""
    [(path, line), *others] = [
        (page.file.src_uri, page.source.front.line_of(key)) for page in pages
    ]
    return Doubt(rule, message, path, line, others=tuple(others))


def _about_name(page: PostPage) -> str:
    """What is wrong with a file's name that seems to have a date."""
    path = page.file.src_uri
    name = posixpath.basename(posixpath.dirname(path) if is_bundle(path) else path[:-3])
    if page.source.has_date_in_name:
        return f"; no calendar has the date that '{name}' begins with"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", name):
        return f"; a name that is a date alone gives none: write it '{name}-title', or set 'date'"
    if re.match(r"\d{4}[-_.]?\d{1,2}[-_.]?\d{1,2}(?!\d)", name):
        return f"; '{name}' begins with no date as it is to be written: 2024-01-22-title"
    return ""


def _misplaced_terms(pages: Iterable[PostPage]) -> Iterator[Doubt]:
    """Terms that stand at the top of `+++` posts, where Zola doesn't look; each key once."""
    found: dict[str, list[PostPage]] = {}
    for page in pages:
        source = page.source
        of = {name: name for name in page.workshop.taxonomies}
        of |= {"categories": "category"} if "category" in of else {}
        for key in source.front.values if source.front.style == "toml" else ():
            # `authors` are read at the top, whatever a taxonomy is called.
            if key in of and key not in keys.POST_KEYS:
                found.setdefault(key, []).append(page)
    for key, having in sorted(found.items()):
        name = "category" if key == "categories" else key
        message = f'{key}: this is read below [taxonomies] alone: {name} = ["…"]'
        yield _of_key("terms", key, message, having)


_READ = {"category": "categories", "tag": "tags", **{key: key for key in ("author", "authors")}}
"""The keys of terms that are read in `---` posts, by the others that they are taken for."""


def _unread_terms(pages: Iterable[PostPage]) -> Iterator[Doubt]:
    """Terms of `---` posts below a key that isn't read, such as Jekyll's `category`; each once."""
    found: dict[str, list[PostPage]] = {}
    wanted: dict[str, str] = {}
    for page in pages:
        front, declared = page.source.front, page.workshop.taxonomies
        for key in front.values if front.style == "yaml" else ():
            meant, name = _meant(key, declared)
            is_given = front.values[key] and isinstance(front.values[key], str | list)
            # At the top it may be another plugin's, if the terms are where they belong.
            if name and is_given and (meant != "taxonomies" or not page.terms.get(name)):
                found.setdefault(key, []).append(page)
                wanted[key] = meant if meant != "taxonomies" else name
    for key, having in sorted(found.items()):
        meant = wanted[key]
        is_own = meant not in _READ.values()
        how = f'taxonomies: {{{meant}: ["…"]}}' if is_own else f'{meant}: ["…"]'
        where = "taxonomies" if is_own else meant
        yield _of_key("terms", key, f"{key}: this isn't read, '{where}' is: {how}", having)


def _meant(key: str, declared: Collection[str]) -> tuple[str, str | None]:
    """The key that is read for one that isn't, whatever its case, and the taxonomy it is of."""
    folded = key.casefold()
    for name in declared:
        # A taxonomy may be called tag or tags, and posts have `tags` for it.
        plain = "tag" if name == "tags" else name
        keys = {read for other, read in _READ.items() if other.startswith(plain)}
        if folded in {plain, *keys}:
            best = folded if folded in keys else _READ.get(folded, "taxonomies")
            return best, name if key not in keys else None
        if folded == name.casefold():
            return "taxonomies", name
    return "taxonomies", None


def _nearly_issues(pages: Iterable[PostPage], patterns: Sequence[str]) -> Iterator[Doubt]:
    """Categories that are nearly those of issues; each once."""
    found: dict[tuple[str, str], list[PostPage]] = {}
    for page in pages:
        terms = page.terms.get("category", ())
        for term, near in () if is_issue(terms, patterns) else _near_terms(terms, patterns):
            found.setdefault((term, near), []).append(page)
    for (term, near), having in sorted(found.items()):
        front = having[0].source.front
        key = "taxonomies.category" if "category" in str(front.values.get("taxonomies")) else ""
        message = (
            f"the category '{term}' is nearly one of issues ('{near}'): the post isn't divided "
            "into updates"
        )
        yield _of_key("issue", key or "categories", message, having)


def _near_terms(terms: Iterable[str], patterns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Categories that are nearly those of issues, with the glob that each is near to."""
    for term in terms:
        if near := next((each for each in patterns if _is_near(term, each)), None):
            yield term, near


_ALIKE = 0.8
"""How alike two words are, of which one was probably meant to be the other."""


def _is_near(term: str, pattern: str) -> bool:
    """Whether a category that a glob doesn't match was probably meant to."""
    head = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
    wanted, words = (re.findall(r"\w+", text.casefold()) for text in (head, term))
    if not wanted or (len(wanted) == 1 and head == pattern and len(words) > 1):
        return False
    # Many words begin with another one.
    if len(wanted) > 1 and "".join(words).startswith("".join(wanted)):
        return True
    alike = [
        SequenceMatcher(None, word, want).ratio() for word, want in zip(words, wanted, strict=False)
    ]
    return len(alike) == len(wanted) and min(alike) >= 0.5 and sum(alike) >= _ALIKE * len(alike)


def remarks(pages: Sequence[PostPage], patterns: Sequence[str]) -> Iterator[Doubt]:
    """What to tell that is no fault; each is told once. `patterns` is the option `issues`."""
    tagged = [
        page
        for page in pages
        if page.source.front.style == "yaml"
        and page.source.front.values.get("tags")
        and {"tag", "tags"}.isdisjoint(page.workshop.taxonomies)
    ]
    if tagged:
        others = f", and those of {counted(len(tagged) - 1, 'more post')}," if tagged[1:] else ""
        message = f"tags: these{others} are no terms: the option taxonomies has no 'tags'"
        yield _of_key("terms", "tags", message, tagged[:1])
    yield from _nearly_keys(pages)
    undivided = [
        page
        for page in slips.undivided(pages, patterns)
        if not any(_near_terms(page.terms.get("category", ()), patterns))
    ]
    if undivided:
        wanted = ", ".join(f"'{each}'" for each in patterns)
        message = f"reports below ##, as issues have, but no category of {wanted}: it isn't divided"
        yield _of_key("issue", "taxonomies", message, undivided)


_ALIKE_KEY = 0.77
"""How alike a key is to the one that is meant: as `taxonomy` is to `taxonomies`."""


def _nearly_keys(pages: Iterable[PostPage]) -> Iterator[Doubt]:
    """Keys that aren't read, and are nearly one that is, or belong below [extra]; each once."""
    found: dict[tuple[str, str], list[PostPage]] = {}
    for page in pages:
        front, declared = page.source.front, page.workshop.taxonomies
        wanted = keys.POST_KEYS.difference(front.values)
        for key in front.values.keys() - keys.POST_KEYS - keys.TERM_KEYS - {*declared}:
            close = get_close_matches(key.casefold(), wanted, n=1, cutoff=_ALIKE_KEY)
            # A short one with two letters in the other's place is less alike.
            close = close or [each for each in wanted if sorted(each) == sorted(key.casefold())]
            # In `---` posts other plugins read these.
            if front.style == "toml" and key in ("image", "image_alt"):
                close = [] if page.source.meta.image else [f"extra.{key}"]
            for meant in close:
                found.setdefault((key, meant), []).append(page)
    for (key, meant), having in sorted(found.items()):
        message = f"{key}: this key isn't read; is '{meant}' meant?"
        yield _of_key("front-matter", key, message, having)


def strays(
    pages: Iterable[PostPage], patterns: Sequence[str], ignored: Sequence[str]
) -> Iterator[tuple[Doubt, bool]]:
    """What in issues isn't where its author may think it is; with whether it is in no update.

    `patterns` and `ignored` are the options `issues` and `ignore_sections`.
    """
    for page in pages:
        if page.is_left_out or not is_issue(page.terms.get("category", ()), patterns):
            continue
        lines = HeadingLines(page.source.front)
        for stray in issues.strays(page.feed_html or "", ignored):
            if stray.level == 1:
                message = f"what stands below '# {stray.title}' is in no update; sections are ##"
            else:
                sign = "#" * stray.level
                message = (
                    f"the report below '{sign} {stray.title}' is part of the section; projects "
                    "are ###"
                )
            line = lines.at(stray.level, stray.title)
            yield Doubt("division", message, page.file.src_uri, line), stray.level == 1


def _unknown_authors(page: PostPage, authors: Authors) -> Iterator[Doubt]:
    """Authors of a `---` post that the file of authors doesn't have."""
    front = page.source.front
    for name in page.source.meta.authors if front.style == "yaml" else ():
        if not authors.knows(name):
            key = "authors" if "authors" in front.values else "author"
            message = f"{key}: there is no '{name}' in {authors.path}"
            yield _of_key("author", key, message, [page])


def lost_pages(
    pages: Sequence[PostPage],
    files: Files,
    site_feeds: SiteFeeds,
    generated: GeneratedPages,
    below: str = "",
) -> Iterator[Doubt]:
    """Relative links of posts to pages that aren't there; `below` is the folder that is known."""
    outputs = [*files, *(page.file for page, _ in generated.topics)]
    there = {file.dest_uri for file in outputs}
    there |= {redirect_file(old) for old in site_feeds.archive.redirects}
    # What only a server has is not known here.
    others = catalogue.RESERVED.difference(name.partition("/")[0] for name in there)
    posts: dict[str, str] = {}
    for page in pages:
        path = page.file.src_uri
        name = posixpath.dirname(path) if is_bundle(path) else posixpath.splitext(path)[0]
        for each in (name, page.source.address[:-1]):
            posts[posixpath.basename(each)] = path
    for page in pages:
        for link in page.linked_pages:
            at = links.place(link, page.source.address)
            if not at or not at.startswith(below) or at.partition("/")[0] in others:
                continue
            # Hosts find each of these at an address.
            if there.isdisjoint((at, f"{at}/index.html", f"{at}.html")):
                meant = posts.get(posixpath.basename(at))
                file = meant and posixpath.relpath(meant, posixpath.dirname(page.file.src_uri))
                hint = f"; is '{file}' meant?" if file else links.elsewhere(link)
                yield page.doubt("link", link, f"the page '{link}' is not there{hint}")


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
    wanted += [(name, "the plugin twim") for name in (catalogue.JSON, catalogue.OPML, archive.FILE)]
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
