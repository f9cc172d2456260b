"""What pages and lists show of a post, made of its page and its entry."""

from __future__ import annotations

from collections.abc import Mapping

from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import Files

from feedserver.model import Entry
from feedserver.newsletter import names
from feedserver.newsletter.entries import opening
from feedserver.text import html, summaries
from mkdocs_twim.content import reading, related
from mkdocs_twim.errors import Doubt, tell
from mkdocs_twim.markup.pictures import Gallery
from mkdocs_twim.posts.page import PostPage
from mkdocs_twim.templating import views
from mkdocs_twim.templating.views import AuthorView, PostView, RelatedLink

log = get_plugin_logger("twim")


class Views:
    """Makes views of posts when all pages are rendered; `authors` are by their pages."""

    def __init__(self, gallery: Gallery, files: Files, authors: Mapping[str, AuthorView]) -> None:
        self._gallery = gallery
        self._files = files
        self._authors = authors

    def of(self, page: PostPage, entry: Entry | None) -> PostView:
        """What to show of a post; an undated one has no entry."""
        meta = page.source.meta
        title = html.one_line(page.heading)
        terms = tuple(
            views.term_links(name, page.terms[name])
            for name in page.workshop.taxonomies
            if name in page.terms
        )
        url = views.relative(page.permalink, page.workshop.site_url)
        if page.is_left_out:
            return PostView(title, url, meta.date, None, terms, None, None, None, is_left_out=True)
        if entry is None:
            content = html.sanitise(page.feed_html or "", page.permalink)
            summary = meta.description or summaries.summary(html.parse(content))
        else:
            content, summary = entry.content or "", names.summary(entry)
        excerpt = opening(content)
        by = views.term_links("author", page.by).links
        return PostView(
            title=title,
            url=url,
            date=meta.date,
            updated=meta.updated,
            terms=terms,
            picture=page.picture(self._gallery),
            # The footnotes are on the post's page.
            excerpt=excerpt and summaries.without_note_marks(excerpt),
            summary=summary,
            authors=tuple(
                self._authors[link.url] for link in by if link.url and link.url in self._authors
            ),
            readtime=_readtime(page),
            pin=meta.pin,
            draft=meta.draft,
            links=self._links(page),
        )

    def _links(self, page: PostPage) -> tuple[RelatedLink, ...]:
        front = page.source.front

        def wrong(item: related.Item, is_there: bool) -> None:
            line = front.line_of(f"links.{item.title}" if item.title else "links")
            where = "to no heading" if is_there else "nowhere"
            message = f"links: the link to '{item.target}' leads {where}"
            tell(log, Doubt("link", message, page.file.src_uri, line))

        return related.resolve(page.source.meta.links, self._files, wrong, page.workshop.broken)


def _readtime(page: PostPage) -> int | None:
    """The minutes to read a post, if they are shown."""
    given = page.source.meta.readtime
    if not page.is_timed:
        return None
    return (reading.minutes(page.source.front.body) if given is None else given) or None
