"""What a page shows of a feed's entries where it calls `feed`: of the site's own, and of peers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from feedserver.embed.widget import few
from feedserver.feeds.index import Index
from feedserver.model import Entry, Feed, FeedKind, Reporter
from feedserver.newsletter import names
from feedserver.newsletter.registry import Registry
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
            authors = few(post.of("author") if post else (), _plain)
            url = views.relative(entry.url, site_url) if post else None
            summary = names.summary(entry)
            return EntryView(entry.title, url, entry.published, summary, authors=authors)
        update = views.update(entry, site_url, self.pageless)
        shown = names.shown(entry, kind, self.registry)
        return EntryView(
            title=shown.title,
            url=update.url,
            date=update.date,
            summary=update.summary,
            issue=_unless_shown(update.issue, shown.title),
            section=views.section_link(shown.about, self.registry) if shown.about else None,
            reporters=few(update.reporters, Reporter),
        )

    def _picture(self, entry: Entry) -> Picture | None:
        return self.gallery.picture(entry.image.url) if entry.image else None


def of_peer(peer: Peer, limit: int, *, images: bool) -> tuple[EntryView, ...]:
    """The first entries of another site's feed, named as in one of their section or project."""
    updates = [entry.update for entry in peer.entries if entry.update]
    projects = {of.project and of.project.slug for of in updates}
    sections = {of.section and of.section.slug for of in updates}
    kind: FeedKind | None = None
    if len(projects) == 1 and None not in projects:
        kind = "project"
    elif len(sections) == 1:
        kind = "section"
    found = [_foreign(entry, peer, kind, images) for entry in peer.entries[:limit]]
    return tuple(replace(view, section=None) if len(sections) == 1 else view for view in found)


def _foreign(entry: Entry, peer: Peer, kind: FeedKind | None, images: bool) -> EntryView:
    of = entry.update
    shown = names.shown(entry, kind)
    people = few([person.name for person in names.authors(entry, peer.site)], str)
    return EntryView(
        title=shown.title,
        url=entry.url,
        date=views.issue_date(entry),
        summary=names.summary(entry),
        picture=Picture(entry.image.url, entry.image.url) if images and entry.image else None,
        issue=_unless_shown(Link(of.issue.title, of.issue.url), shown.title) if of else None,
        section=Link(names.of_section(shown.about), None) if shown.about else None,
        reporters=few(of.reporters, Reporter) if of else (),
        authors=() if of else tuple(map(_plain, people)),
    )


def _plain(name: str) -> Link:
    return Link(name, None)


def _unless_shown(issue: Link, title: str) -> Link | None:
    return None if issue.title == title else issue
