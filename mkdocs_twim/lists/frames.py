"""What our templates put around a post's text, and into the generated pages.

A page's content is filled in when the search has read it: everything here repeats what stands
elsewhere on the site.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape, unescape
from typing import cast
from urllib.parse import urlsplit

from jinja2 import Environment
from markupsafe import Markup
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, TableOfContents
from mkdocs.theme import Theme
from mkdocs.utils import get_relative_url
from mkdocs.utils.templates import TemplateContext

from feedserver.feeds.index import Index
from feedserver.model import Entry
from feedserver.newsletter import names
from feedserver.newsletter.entries import fragment
from feedserver.newsletter.registry import Registry
from feedserver.text.html import plain
from feedserver.text.slugs import section_slug
from mkdocs_twim.lists.listings import Listing
from mkdocs_twim.lists.pages import HEADING, TOP, GeneratedPages
from mkdocs_twim.markup import commonmark
from mkdocs_twim.markup.pictures import Picture
from mkdocs_twim.posts.outlines import Outline
from mkdocs_twim.posts.page import PostPage
from mkdocs_twim.templating import social, views
from mkdocs_twim.templating.parts import MATERIAL, Parts, whole_dates, whole_dates_in_headings
from mkdocs_twim.templating.social import Social
from mkdocs_twim.templating.views import Link, PostView
from mkdocs_twim.templating.words import Words

# Up to the permalink that Markdown may have put at its end.
_HEADING = re.compile(
    r'(<h([23])\b[^>]*\sid="([^"]*)"[^>]*>.*?)(?=(?:<a class="headerlink"[^>]*>[^<]*</a>)?</h\2>)',
    re.DOTALL,
)
_WITH_ID = re.compile(r'<h([1-6])\b[^>]*\sid="([^"]*)"[^>]*>.*?</h\1>', re.DOTALL)
_MATERIAL_SKIP = re.compile(r'<div data-md-component="skip">')
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
# A heading and the paragraphs that follow it.
_SAID = re.compile(r"</h1>(?:\s*<p\b[^>]*>.*?</p>)*", re.DOTALL)
# Bootstrap's script fails where a link leads to an id that begins with a digit.
_LOST = re.compile(r'<h1(?: id="\d[^"]*"(?=[ >])|(?=>))')
_TOP_ID = re.compile(r'<h1\b[^>]*\sid="([^"]*)"')


class Frames:
    """Fills the pages of one build.

    `posts` are by id, `default` is the picture of who has none. `registry` names
    sections and projects. `parts` renders what stands in pages. `outlines` are shown in previews.
    """

    def __init__(
        self,
        env: Environment,
        theme: Theme,
        index: Index,
        posts: Mapping[str, PostView],
        generated: GeneratedPages,
        default: Picture | None,
        registry: Registry,
        parts: Parts,
        outlines: Mapping[str, Outline],
    ) -> None:
        self._site = index.archive.site
        self._shows_path = _shows_path(env, theme)
        self._is_material = theme.name in MATERIAL
        # Other themes may have such a link of their own.
        self._may_skip = theme.name in (*MATERIAL, "mkdocs", "readthedocs")
        self._posts = posts
        self._generated = generated
        self._default = default
        self._registry = registry
        self.parts = parts
        self._outlines = outlines
        self._issues: dict[str, list[Entry]] = {}
        for entry in index.archive.entries:
            if entry.update:
                self._issues.setdefault(entry.update.issue.id, []).append(entry)

    def fill(self, page: Page, context: TemplateContext) -> None:
        """Put what we have to say into a page's content, and into its context, for the head."""
        listing = self._generated.listing(page)
        if listing is not None:
            self._fill_list(page, listing, context)
        elif isinstance(page, PostPage) and page.permalink in self._posts:
            self._fill_post(page, self._posts[page.permalink], context)

    def _up(self, page: Page) -> Link | None:
        """The page that a page belongs to, where the theme doesn't show that itself."""
        above: object = page.parent
        if self._shows_path or not isinstance(above, Page):
            return None
        return Link(unescape(str(above.title)), above.url or ".")

    def lost(self, page: str) -> str:
        """The page of what isn't there, with a way on below its heading and what the theme says."""
        root, words = urlsplit(self._site.url).path, self.parts.words
        ways = [(escape(self._site.title), ""), *self._generated.ways_on()]
        links = words.text("comma").join(
            f'<a href="{escape(root + address)}">{title}</a>' for title, address in ways
        )
        said = f'<p class="twim-lost">{words.text("lost", links=links)}</p>'
        page = _LOST.sub(HEADING[:-1], page, count=1)
        return self.with_skip(_SAID.sub(lambda theme: f"{theme[0]}\n{said}", page, count=1))

    def with_skip(self, page: str) -> str:
        """The HTML of a page, with a link past the menus to its heading.

        Material has one itself, but for pages without a table of contents; MkDocs' own themes have
        none.
        """
        top = _TOP_ID.search(page)
        if not self._may_skip or top is None or "md-skip" in page:
            return page
        if "tabindex" not in top[0]:
            # A heading of the site's own.
            page = f'{page[: top.end()]} tabindex="-1"{page[top.end() :]}'
        # Where Material looks for it when it goes on to another page.
        place, name = (_MATERIAL_SKIP, "md-skip") if self._is_material else (_BODY, "twim-skip")
        link = f'<a class="{name}" href="#{top[1]}">{self.parts.words.html("skip")}</a>'
        return place.sub(lambda before: f"{before[0]}\n{link}", page, count=1)

    def _fill_list(self, page: Page, listing: Listing, context: TemplateContext) -> None:
        values = cast("dict[str, object]", context)
        values["social"] = self.social_of(page, listing)
        head_toc(page)
        page.content = self.content_of(page, listing, values)

    def social_of(self, page: Page, listing: Listing) -> Social:
        """What a generated page says to other sites."""
        feed = listing.feed
        about = page.meta.get("description") or (feed and feed.description)
        return self.social(page, str(about or self._site.description))

    def social(self, page: Page, about: str) -> Social:
        """The same of any page that is no post; `about` describes it."""
        title = plain(str(page.title))
        return social.of_list(title, page.canonical_url or "", about, self._site, self._default)

    def content_of(self, page: Page, listing: Listing, context: Mapping[str, object]) -> str:
        """The content of a generated page, below its own text."""
        # The search has it without: to that it is the page itself.
        text = (page.content or "").replace("<h1>", HEADING, 1)
        return self.parts.render(
            listing.template,
            page,
            context,
            listing=listing,
            **listing.values,
            up=self._up(page),
            heading=None if "<h1" in text else plain(str(page.title)),
            text=Markup(whole_dates_in_headings(text)),
            root=_root(page),
        )

    def _fill_post(self, page: PostPage, post: PostView, context: TemplateContext) -> None:
        # Python-Markdown's is the page's heading, even where the post has another title.
        named = None if page.source.engine == "python-markdown" else post.title
        heading, text = commonmark.split(page.content or "", named)
        heading = (heading or "").replace("<h1>", HEADING, 1)
        updates = self._issues.get(page.permalink, ())
        if page.is_issue:
            _leave_out_links(page.toc, page.content or "")
        topics = _topics(page.toc, updates, self._registry)
        _keep_dates_whole(page.toc)
        values = cast("dict[str, object]", context)
        values["social"] = social.of_post(post, page.permalink, self._site, self._default)
        page.content = self.parts.render(
            "post.html",
            page,
            values,
            post=post,
            up=self._up(page),
            heading=Markup(whole_dates_in_headings(heading)) if heading else None,
            text=Markup(
                whole_dates_in_headings(_with_topics(text, topics, page.url, self.parts.words))
            ),
            older=_neighbour(page.previous_page),
            newer=_neighbour(page.next_page),
            outline=self._outlines.get(page.file.src_uri),
        )
        top = _TOP_ID.search(page.content)
        if self._is_material and top:
            page.toc = _below_top(page.toc, str(page.title), unescape(top[1]))


def head_toc(page: Page) -> None:
    """Let a list's table of contents begin with the heading that the list is given.

    Material's "Skip to content" leads to the first that stands there.
    """
    own = list(page.toc)
    if own and own[0].id == TOP:
        # It is done.
        return
    text = page.content or ""
    if "<h1" not in text or text.startswith("<h1>"):
        top = AnchorLink(str(page.title), TOP, 1)
        top.children = own
        page.toc = TableOfContents([top])
    _keep_dates_whole(page.toc)


def _keep_dates_whole(toc: Iterable[AnchorLink]) -> None:
    for item in _all(toc):
        item.title = whole_dates(item.title)


def _below_top(toc: TableOfContents, title: str, id: str) -> TableOfContents:
    """A post's table of contents below its heading, for Material's "Skip to content".

    Material shows what stands below the first entry if that is of level 1: it looks as before.
    """
    own = list(toc)
    if own and own[0].id == id:
        return toc
    top = AnchorLink(title, id, 1)
    top.children = own[0].children if own and own[0].level == 1 else own
    return TableOfContents([top])


def _shows_path(env: Environment, theme: Theme) -> bool:
    """Whether a theme shows above a page where it belongs; not every Material has what it takes."""
    if theme.name == "readthedocs":
        return True
    wanted = "navigation.path" in (theme.get("features") or ())
    return wanted and "partials/path.html" in env.list_templates(extensions=["html"])


def _root(page: Page) -> str:
    """What leads from a page to the site's root."""
    return get_relative_url(".", page.url).rstrip("/") + "/"


def _neighbour(page: Page | None) -> Link | None:
    return Link(unescape(str(page.title)), page.url) if page else None


def _leave_out_links(toc: Iterable[AnchorLink], content: str) -> None:
    """Let no heading of an issue, in quotes too, end in "(website)" in its table of contents."""
    headings = {unescape(match[2]): match[0] for match in _WITH_ID.finditer(content)}
    for item in _all(toc):
        name = names.without_links(headings.get(item.id, ""))
        # By `data-toc-label` it may be called otherwise.
        if name and name in unescape(item.title):
            item.title = escape(name, quote=False)


def _topics(
    toc: Iterable[AnchorLink], updates: Sequence[Entry], registry: Registry
) -> dict[str, Link]:
    """The pages of an issue's sections and projects, by the ids of their headings.

    In the table of contents, too, these are called as in feeds.
    """
    by_id = {entry.id.partition("#")[2]: entry.update for entry in updates if entry.update}
    # Of these sections something stands above the first project: they are updates themselves.
    own = {of.section.slug for of in by_id.values() if of.section and not of.project}
    found: dict[str, Link] = {}
    before: AnchorLink | None = None
    for item in _all(toc):
        of = by_id.get(fragment(item.id))
        if of and of.project:
            found[item.id] = views.project_link(of.project, registry)
            item.title = escape(of.project.title, quote=False)
            if (
                of.section
                and of.section.slug not in own
                and before
                and fragment(before.id) not in by_id
            ):
                # By their titles: the registry may have given the section another slug.
                title, named = unescape(before.title) or before.id, of.section.title
                if title.startswith(named) or section_slug(title) == section_slug(named):
                    before.title = escape(named, quote=False)
                    found[before.id] = views.section_link(of.section, registry)
        elif of and of.section:
            found[item.id] = views.section_link(of.section, registry)
            item.title = escape(of.section.title, quote=False)
        before = item
    return found


def _all(toc: Iterable[AnchorLink]) -> Iterable[AnchorLink]:
    for item in toc:
        yield item
        yield from _all(item.children)


def _with_topics(html: str, topics: Mapping[str, Link], page_url: str, words: Words) -> str:
    """Put a link behind each heading of a section or a project, to its own page."""

    def heading(match: re.Match[str]) -> str:
        link = topics.get(unescape(match[3]))
        if link is None:
            return match[0]
        to = escape(get_relative_url(link.url or "", page_url))
        name = escape(words.text("all_updates_of", title=link.title))
        attributes = f'href="{to}" title="{name}" aria-label="{name}"'
        # The joiner keeps the sign on the line of the last word.
        return f'{match[1]}\u2060<a class="twim-topic" {attributes}></a>'

    return _HEADING.sub(heading, html) if topics else html
