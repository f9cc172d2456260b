"""What a page shows of a feed's entries where it calls `feed`: of the site's own, and of peers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from feedserver.embed.widget import few
from feedserver.feeds.index import Index
from feedserver.feeds.terms import authors_of
from feedserver.model import Entry, Feed, FeedKind, Reporter
from feedserver.newsletter.registry import Registry
from feedserver.text.slugs import section_title
from mkdocs_twim.markup.pictures import Gallery, Picture
from mkdocs_twim.shortcodes.peers import Peer
from mkdocs_twim.templating import views
from mkdocs_twim.templating.views import EntryView, Link, PostView


@dataclass(frozen=True, slots=True)
class OwnEntries:
    """The entries of the site; `posts` are by id, `pageless` the ids of those without a page."""

    index: Index
    posts: Mapping[str, PostView]
    gallery: Gallery
    registry: Registry
    pageless: Collection[str]

    def of(self, feed: Feed, limit: int, *, images: bool) -> tuple[EntryView, ...]:
        """The first entries of a feed."""
        return tuple(
            replace(self._view(entry, feed.kind), picture=self._picture(entry) if images else None)
            for entry in self.index.entries(feed)[:limit]
        )

    def _view(self, entry: Entry, kind: FeedKind) -> EntryView:
        site_url = self.index.archive.site.url
        if entry.update is None:
            post = self.posts.get(entry.id)
            summary = entry.summary if entry.summary != entry.title else None
            authors = few(post.of("author") if post else (), _plain)
            url = views.relative(entry.url, site_url) if post else None
            return EntryView(entry.title, url, entry.published, summary, authors=authors)
        shown = views.update(entry, site_url, self.pageless)
        of = entry.update
        section = views.section_link(of.section, self.registry) if of.section else None
        project = views.project_link(of.project, self.registry) if of.project else None
        topic = project or section
        assert topic is not None
        found = EntryView(
            title=topic.title,
            url=shown.url,
            date=shown.date,
            summary=shown.summary,
            issue=shown.issue,
            section=section if project and kind != "section" else None,
            reporters=few(shown.reporters, Reporter),
        )
        return _of_one_project(found) if kind == "project" else found

    def _picture(self, entry: Entry) -> Picture | None:
        return self.gallery.picture(entry.image.url) if entry.image else None


def of_peer(peer: Peer, limit: int, *, images: bool) -> tuple[EntryView, ...]:
    """The first entries of another site's feed; what is in one section doesn't say so."""
    entries = peer.entries[:limit]
    updates = [entry.update for entry in peer.entries if entry.update]
    one_section = len({of.section and of.section.slug for of in updates}) == 1
    one_project = len({of.project and of.project.slug for of in updates}) == 1
    found: Sequence[EntryView] = [_foreign(entry, peer, images) for entry in entries]
    if one_section:
        found = [replace(view, section=None) for view in found]
    if one_project and updates[0].project:
        found = [_of_one_project(view) for view in found]
    return tuple(found)


def _foreign(entry: Entry, peer: Peer, images: bool) -> EntryView:
    of = entry.update
    picture = Picture(entry.image.url, entry.image.url) if images and entry.image else None
    summary = entry.summary if entry.summary != entry.title else None
    if of is None:
        names = few([person.name for person in authors_of(entry, peer.site)], str)
        authors = tuple(map(_plain, names))
        return EntryView(entry.title, entry.url, entry.published, summary, picture, authors=authors)
    section = of.section and (section_title(of.section.title) or of.section.title)
    project = of.project and (of.project.title or of.project.slug)
    return EntryView(
        title=project or section or entry.title,
        url=entry.url,
        date=views.issue_date(entry),
        summary=summary,
        picture=picture,
        issue=Link(of.issue.title, of.issue.url),
        section=Link(section, None) if section and project else None,
        reporters=few(of.reporters, Reporter),
    )


def _plain(name: str) -> Link:
    return Link(name, None)


def _of_one_project(view: EntryView) -> EntryView:
    """An update among those of one project, which differ by their issues."""
    return replace(view, title=view.issue.title, issue=None) if view.issue else view
